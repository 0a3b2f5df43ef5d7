package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"newswatch/news"
)

// deskKey is the one row of the desk.
const deskKey = "desk"

// units are the tables that can be claimed from, each named after its unit.
func units() []news.Unit {
	return []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations}
}

// on puts the table of a unit into a statement.
func on(u news.Unit, query string) (string, error) {
	if !slices.Contains(units(), u) {
		return "", fmt.Errorf("%q is no unit of work", u)
	}
	return strings.ReplaceAll(query, "{{unit}}", string(u)), nil
}

// clock is parameter 1 of statements that use the fragment "now": the process's
// time on SQLite, where only one process works; 0 where the server's holds.
func (s *Store) clock() int64 {
	if s.dialect.serverNow != "" && !s.given {
		return 0
	}
	return ms(s.now())
}

// Without MATERIALIZED a planner may run the sub-select again and pass the limit.
// SQLite plans a statement anew, which takes longer than to run it, whenever a bare
// parameter of its LIMIT is bound: hence the CAST.
const (
	claimQuery    = claimDue + claimFirst
	claimButQuery = claimDue + ` AND key NOT IN ({{list 5}})` + claimFirst

	claimDue = `
	WITH due AS MATERIALIZED (
		SELECT key AS k FROM {{unit}}
		WHERE active = 1 AND next_at > 0 AND next_at <= {{now}} AND lease_until <= {{now}}`
	claimFirst = `
		ORDER BY next_at, key LIMIT CAST($2 AS BIGINT) {{skip_locked}})
	UPDATE {{unit}} SET lease_until = {{now}} + $3, lease_token = $4, woken = 0
	FROM due WHERE {{unit}}.key = due.k
	RETURNING key, lease_until, next_at, {{era}}, {{boot}}`
)

// Claim takes up to limit rows of a unit that are due and free, the longest due
// first, for a time. Nobody else gets them until then or until their release. Those in
// but are left to others.
func (s *Store) Claim(ctx context.Context, u news.Unit, limit int, d time.Duration, but ...string) ([]news.Lease, error) {
	what := "claim " + string(u)
	text, more := claimQuery, []any{}
	if len(but) > 0 {
		text, more = claimButQuery, []any{list(but)}
	}
	query, err := on(u, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	type claimed struct {
		news.Lease
		due int64
	}
	var got []claimed
	var met era
	token := rand.Text()
	if err := s.askTime(ctx); err != nil {
		return nil, s.explain(what, err)
	}
	err = s.tx(ctx, what, func(ctx context.Context, tx *sql.Tx) error {
		got = got[:0]
		err := s.query(ctx, tx, func(r *sql.Rows) error {
			c := claimed{Lease: news.Lease{Unit: u, Token: token}}
			err := r.Scan(&c.Key, at{&c.Until}, &c.due, &met.id, &met.boot)
			got = append(got, c)
			return err
		}, query, append([]any{s.clock(), max(limit, 0), d.Milliseconds(), token}, more...)...)
		if err == nil && len(got) > 0 {
			met, err = s.enterEra(ctx, tx, met)
		}
		return err
	})
	if err != nil || len(got) == 0 {
		return nil, err
	}
	s.entered(met)
	// RETURNING promises no order.
	slices.SortFunc(got, func(a, b claimed) int {
		return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.Key, b.Key))
	})
	leases := make([]news.Lease, len(got))
	for i, c := range got {
		leases[i] = met.lease(c.Lease)
	}
	return leases, nil
}

// fence is the first statement of every commit under a lease, but for locks that come
// before it. A lease ends with its era: what was read under it may never have been.
func (s *Store) fence(ctx context.Context, tx *sql.Tx, l news.Lease) error {
	query, err := on(l.Unit, `
		UPDATE {{unit}} SET lease_token = lease_token
		WHERE key = $2 AND lease_token = $3 AND lease_until > {{now}} AND {{era}} = $4`)
	if err != nil {
		return err
	}
	return held(s.exec(ctx, tx, query, s.clock(), l.Key, l.Token, l.Era))
}

// held is ErrFenced when a statement under a lease found no row.
func held(rows int64, err error) error {
	if err == nil && rows == 0 {
		return ErrFenced
	}
	return err
}

// Release gives a row back and sets when it is due next. The zero time lets it
// rest until it is woken; of a host it means when the first of its feeds is due.
// A wake that came after the claim is not forgotten: the earlier time holds.
func (s *Store) Release(ctx context.Context, l news.Lease, next time.Time) error {
	what := "release " + string(l.Unit) + " " + l.Key
	release := func(ctx context.Context, tx *sql.Tx) error { return s.release(ctx, tx, l, next) }
	if l.Unit == news.Hosts { // they are many
		return s.shared(ctx, l, what, release)
	}
	return s.tx(ctx, what, release)
}

func (s *Store) release(ctx context.Context, tx *sql.Tx, l news.Lease, next time.Time) error {
	due, args := "$5", []any{s.clock(), l.Key, l.Token, l.Era, ms(next)}
	if l.Unit == news.Hosts && next.IsZero() {
		due, args = firstDue, args[:4]
	}
	query, err := on(l.Unit, releaseQuery(due))
	if err != nil {
		return err
	}
	return held(s.exec(ctx, tx, query, args...))
}

func releaseQuery(due string) string {
	return `UPDATE {{unit}} SET lease_until = 0, lease_token = '', woken = 0,
		next_at = {{greatest}}(hold_until, CASE
			WHEN woken = 1 AND next_at > 0 AND (next_at < ` + due + ` OR ` + due + ` = 0) THEN next_at
			ELSE ` + due + ` END)
	WHERE key = $2 AND lease_token = $3 AND lease_until > {{now}} AND {{era}} = $4`
}

// firstDue is when the first feed of a host is due, in releaseQuery.
const firstDue = `(SELECT COALESCE(MIN(f.next_at), 0) FROM feeds f WHERE f.host = $2 AND f.active = 1)`

// Wake makes rows of a unit due now, all of them when no key is given. A host
// is not woken before its server's Retry-After.
func (s *Store) Wake(ctx context.Context, u news.Unit, keys ...string) error {
	return s.tx(ctx, "wake "+string(u), func(ctx context.Context, tx *sql.Tx) error {
		if len(keys) > 0 {
			return s.wake(ctx, tx, u, keys)
		}
		if err := s.alone(ctx, tx, syncLock); err != nil { // a reload goes through all hosts too
			return err
		}
		return s.wakeWhere(ctx, tx, u, `active = 1`)
	})
}

func (s *Store) wake(ctx context.Context, tx *sql.Tx, u news.Unit, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	return s.wakeWhere(ctx, tx, u, `key IN ({{list 2}})`, list(keys))
}

// wakeWhere keeps the place in the queue of a row that was due before.
func (s *Store) wakeWhere(ctx context.Context, tx *sql.Tx, u news.Unit, where string, args ...any) error {
	query, err := on(u, `
		WITH these AS MATERIALIZED (SELECT key AS k FROM {{unit}} WHERE `+where+` ORDER BY key {{for_update}})
		UPDATE {{unit}} SET woken = 1, next_at = {{greatest}}(hold_until,
			CASE WHEN next_at > 0 AND next_at < {{now}} THEN next_at ELSE {{now}} END)
		FROM these WHERE {{unit}}.key = these.k`)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, tx, query, append([]any{s.clock()}, args...)...)
	return err
}

const dueQuery = `SELECT '{{unit}}' WHERE EXISTS (
	SELECT 1 FROM {{unit}} WHERE active = 1 AND next_at > 0 AND next_at <= {{now}} AND lease_until <= {{now}})`

// Due are those of the units of which a row can be claimed now.
func (s *Store) Due(ctx context.Context, units ...news.Unit) (due []news.Unit, err error) {
	queries := make([]string, len(units))
	for i, u := range units {
		if queries[i], err = on(u, dueQuery); err != nil {
			return nil, fmt.Errorf("what is due: %w", err)
		}
	}
	if len(queries) == 0 {
		return nil, nil
	}
	names, err := s.texts(ctx, s.reader, strings.Join(queries, " UNION ALL "), s.clock())
	for _, name := range names {
		due = append(due, news.Unit(name))
	}
	return due, s.explain("what is due", err)
}

const (
	nextFreeQuery = `
		SELECT next_at FROM {{unit}}
		WHERE active = 1 AND next_at > 0 AND lease_until <= {{now}} ORDER BY next_at LIMIT 1`
	nextLeasedQuery = `
		SELECT COALESCE(MIN({{greatest}}(next_at, lease_until)), 0) FROM {{unit}}
		WHERE active = 1 AND next_at > 0 AND next_at < $2 AND lease_until > {{now}}`
)

// NextAt is the earliest time at which a row of a unit can be claimed: a row
// under a lease counts from its end. It is zero when all rows rest.
func (s *Store) NextAt(ctx context.Context, u news.Unit) (time.Time, error) {
	now := s.clock()
	next, err := s.earliest(ctx, u, nextFreeQuery, now)
	if err != nil || next > 0 && next <= now { // no row under a lease is earlier
		return timeOf(next), s.explain("next of "+string(u), err)
	}
	before := next
	if next == 0 {
		before = math.MaxInt64
	}
	leased, err := s.earliest(ctx, u, nextLeasedQuery, now, before)
	if leased > 0 && leased < before {
		next = leased
	}
	return timeOf(next), s.explain("next of "+string(u), err)
}

func (s *Store) earliest(ctx context.Context, u news.Unit, query string, args ...any) (next int64, err error) {
	query, err = on(u, query)
	if err != nil {
		return 0, err
	}
	err = s.one(ctx, s.reader, query, args, &next)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return next, err
}

// voidLeases ends all leases: the lock on the file proves that whoever held
// them is gone.
func (s *Store) voidLeases(ctx context.Context) error {
	return s.tx(ctx, "void leases", func(ctx context.Context, tx *sql.Tx) error {
		for _, u := range units() {
			query, err := on(u, `UPDATE {{unit}} SET lease_until = 0, lease_token = '' WHERE lease_until > 0`)
			if err != nil {
				return err
			}
			if _, err := s.exec(ctx, tx, query); err != nil {
				return err
			}
		}
		return nil
	})
}
