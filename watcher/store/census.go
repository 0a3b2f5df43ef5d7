package store

import (
	"context"
	"database/sql"
	"time"

	"newswatch/news"
)

// Census is how the state stands, for those who watch over newswatch.
type Census struct {
	At time.Time // by the clock of the state
	// Deliveries counts them by state. Of those in state Sending some are Uncertain,
	// of those Held some are Undecided; these count there alone.
	Deliveries map[news.DeliveryState]int
	Oldest     time.Time    // when the oldest was frozen that is neither sent nor waits for a person; zero: there is none
	Stories    int          // that took in a report lately
	Feeds      []FeedCensus // those with the smallest ids
	Others     *FeedCensus  // the worst that can be said of the other feeds; nil: there are none
	Plans      []PlanCensus
	Due        map[news.Unit]time.Time // when the work that waits longest fell due; zero: none waits
	Bytes      int64                   // size of the database, without its log
}

// What a census tells apart beyond the states of deliveries.
const (
	Uncertain news.DeliveryState = "uncertain" // sent without a certain answer, to be looked up
	Undecided news.DeliveryState = "undecided" // held for a person's word alone
)

// FeedCensus is how a feed stands that is switched on.
type FeedCensus struct {
	ID    string
	OKAt  time.Time // of its last good poll; zero: none yet
	Fails int       // polls that failed since
}

// PlanCensus is how a digest or an alert stands.
type PlanCensus struct {
	ID     string
	Kind   news.PlanKind
	NextAt time.Time // when it is to be looked at; zero: when it is woken
	LastAt time.Time // when it was last built
}

// Of the deliveries the open ones are few, and the others stand in an index that
// has their states.
const (
	openQuery = `
		SELECT CASE WHEN state = 'sending' AND not_before > 0 THEN 'uncertain' WHEN state = 'held' AND undecided = 1 THEN 'undecided' ELSE state END AS s,
			COUNT(*), COALESCE(MIN(CASE WHEN state IN ('pending', 'sending') THEN created_at END), 0)
		FROM deliveries WHERE state IN ('pending', 'sending', 'held') GROUP BY s`
	settledQuery = `SELECT state, COUNT(*) FROM deliveries WHERE state IN ('sent', 'dropped', 'superseded') GROUP BY state`
	livelyQuery  = `SELECT COUNT(*) FROM stories WHERE merged_into = '' AND last_at > $1`
)

// Census counts. Stories are those with a report of that time; so many feeds are
// listed by themselves. It reads every feed's row: not for each second.
func (s *Store) Census(ctx context.Context, lately time.Duration, feeds int) (c Census, err error) {
	c.At = s.now()
	c.Deliveries = map[news.DeliveryState]int{}
	err = s.snapshot(ctx, "census", func(tx conn) error {
		if err := s.countDeliveries(ctx, tx, &c); err != nil {
			return err
		}
		if err := s.listFeeds(ctx, tx, feeds, &c); err != nil {
			return err
		}
		if err := s.listPlans(ctx, tx, &c); err != nil {
			return err
		}
		if err := s.one(ctx, tx, livelyQuery, []any{ms(c.At.Add(-lately))}, &c.Stories); err != nil {
			return err
		}
		return s.one(ctx, tx, s.dialect.size, nil, &c.Bytes)
	})
	c.Due = map[news.Unit]time.Time{}
	for _, u := range units() {
		if err == nil {
			c.Due[u], err = s.NextAt(ctx, u)
		}
	}
	return c, err
}

func (s *Store) countDeliveries(ctx context.Context, tx conn, c *Census) error {
	err := s.query(ctx, tx, func(r *sql.Rows) error {
		var state news.DeliveryState
		var n int
		var oldest time.Time
		err := r.Scan(&state, &n, at{&oldest})
		c.Deliveries[state] = n
		if !oldest.IsZero() && (c.Oldest.IsZero() || oldest.Before(c.Oldest)) {
			c.Oldest = oldest
		}
		return err
	}, openQuery)
	if err != nil {
		return err
	}
	return s.query(ctx, tx, func(r *sql.Rows) error {
		var state news.DeliveryState
		var n int
		err := r.Scan(&state, &n)
		c.Deliveries[state] = n
		return err
	}, settledQuery)
}

func (s *Store) listFeeds(ctx context.Context, tx conn, most int, c *Census) error {
	err := s.query(ctx, tx, func(r *sql.Rows) error {
		var f FeedCensus
		err := r.Scan(&f.ID, at{&f.OKAt}, &f.Fails)
		c.Feeds = append(c.Feeds, f)
		return err
	}, `SELECT id, ok_at, fails FROM feeds WHERE active = 1 ORDER BY id LIMIT $1`, most)
	if err != nil || len(c.Feeds) < most || most == 0 {
		return err
	}
	var n int
	var others FeedCensus
	err = s.one(ctx, tx, `SELECT COUNT(*), COALESCE(MIN(ok_at), 0), COALESCE(MAX(fails), 0) FROM feeds WHERE active = 1 AND id > $1`,
		[]any{c.Feeds[most-1].ID}, &n, at{&others.OKAt}, &others.Fails)
	if n > 0 {
		c.Others = &others
	}
	return err
}

func (s *Store) listPlans(ctx context.Context, tx conn, c *Census) error {
	return s.query(ctx, tx, func(r *sql.Rows) error {
		var p PlanCensus
		err := r.Scan(&p.ID, &p.Kind, at{&p.NextAt}, at{&p.LastAt})
		c.Plans = append(c.Plans, p)
		return err
	}, `SELECT key, kind, next_at, last_at FROM plans WHERE active = 1 ORDER BY key`)
}

const newestReportQuery = `SELECT COALESCE(MAX(fetched), 0) FROM items WHERE story_id IN ({{list 1}}) AND place > 0 AND fetched <= $2`

// NewestReport is when the last report of some stories was fetched that came no
// later than a time; zero: none did.
func (s *Store) NewestReport(ctx context.Context, storyIDs []string, until time.Time) (fetched time.Time, err error) {
	err = s.one(ctx, s.reader, newestReportQuery, []any{list(storyIDs), ms(until)}, at{&fetched})
	return fetched, s.explain("newest report", err)
}
