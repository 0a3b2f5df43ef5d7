package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"newswatch/news"
)

// conn is what a statement runs on: a pool or a transaction.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// reading is a transaction on a connection that only reads.
type reading struct{ *sql.Tx }

// tx runs fn in one write transaction. A caller that goes away does not stop it:
// it lasts a millisecond, and an interrupted commit leaves its outcome unknown.
// The deferred rollback also covers a panic, which would otherwise keep the only
// writing connection for ever. Where replicas stand in each other's way fn runs
// again, so it must begin anew each time.
func (s *Store) tx(ctx context.Context, what string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	ctx = context.WithoutCancel(ctx)
	began := time.Now()
	err := s.attempt(ctx, fn)
	for n := 1; n < maxAttempts && err != nil && s.engine.passing(err); n++ {
		time.Sleep(rand.N(retryPause << n)) // those who met must not meet again
		err = s.attempt(ctx, fn)
	}
	if err != nil {
		return s.explain(what, err)
	}
	s.wrote(time.Since(began))
	s.prepareMissing(ctx)
	return nil
}

const (
	// maxAttempts is how often a transaction is run when others stand in its way.
	maxAttempts = 8
	// retryPause is half of the longest pause before the second run; it doubles.
	retryPause = 2 * time.Millisecond
)

// attempt runs fn in a transaction, once.
func (s *Store) attempt(ctx context.Context, fn func(ctx context.Context, tx *sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := fn(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// fenced is a write transaction under a lease. The fence is one row-conditional
// update: in it the database itself decides whether the lease is still held.
func (s *Store) fenced(ctx context.Context, l news.Lease, u news.Unit, what string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if l.Unit != u {
		return fmt.Errorf("%s: a lease on %s does not cover it", what, l.Unit)
	}
	return s.tx(ctx, what, s.behindFence(l, fn))
}

func (s *Store) behindFence(l news.Lease, fn func(ctx context.Context, tx *sql.Tx) error) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		if err := s.fence(ctx, tx, l); err != nil {
			return err
		}
		return fn(ctx, tx)
	}
}

// snapshot runs fn on one state of the database.
func (s *Store) snapshot(ctx context.Context, what string, fn func(tx conn) error) error {
	tx, err := s.reader.BeginTx(ctx, s.dialect.snapshot)
	if err != nil {
		return s.explain(what, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return s.explain(what, fn(reading{tx}))
}

// Locks that keep replicas from doing the same at once. The numbers are those of
// PostgreSQL's advisory locks, which are of one database: another program there
// would have to choose the same.
const (
	migrationLock = 0x6e77_0001 + iota
	syncLock
	eraLock
	clockLock
)

// alone waits until no other transaction holds a lock, and holds it until this one
// ends.
func (s *Store) alone(ctx context.Context, tx *sql.Tx, lock int64) error {
	if s.dialect.exclusive == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, s.dialect.exclusive, lock)
	return err
}

// exec runs a statement and says how many rows it changed.
func (s *Store) exec(ctx context.Context, c conn, query string, args ...any) (int64, error) {
	stmt, err := s.statement(ctx, c, query)
	if err != nil {
		return 0, err
	}
	res, err := stmt.ExecContext(ctx, s.dialect.clean(args)...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// query runs a statement and gives scan each row.
func (s *Store) query(ctx context.Context, c conn, scan func(*sql.Rows) error, query string, args ...any) error {
	stmt, err := s.statement(ctx, c, query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, s.dialect.clean(args)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one reads a single row; sql.ErrNoRows when there is none.
func (s *Store) one(ctx context.Context, c conn, query string, args []any, into ...any) error {
	found := false
	err := s.query(ctx, c, func(r *sql.Rows) error {
		found = true
		return r.Scan(into...)
	}, query, args...)
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

// texts reads the one column of all rows.
func (s *Store) texts(ctx context.Context, c conn, query string, args ...any) (list []string, err error) {
	err = s.query(ctx, c, func(r *sql.Rows) error {
		var t string
		err := r.Scan(&t)
		list = append(list, t)
		return err
	}, query, args...)
	return list, err
}

// explain says what was attempted, and tells a database that cannot be written,
// read or reached from all other errors.
func (s *Store) explain(what string, err error) error {
	return explainBy(s.engine, what, err)
}

// ms is a time as it is stored: milliseconds UTC, 0 for the zero time.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// at scans stored milliseconds into a time.
type at struct{ t *time.Time }

// Scan implements sql.Scanner.
func (a at) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time is %T, not milliseconds", src)
	}
	*a.t = timeOf(n)
	return nil
}

// bit is a truth value as it is stored.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// asJSON is a value as it is stored. Only lists and structs of texts and numbers
// are, which always encode.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: encode %T: %v", v, err))
	}
	return string(b)
}

// fromJSON scans stored JSON into a value.
type fromJSON struct{ v any }

// Scan implements sql.Scanner.
func (j fromJSON) Scan(src any) error {
	switch text := src.(type) {
	case string:
		return json.Unmarshal([]byte(text), j.v)
	case []byte:
		return json.Unmarshal(text, j.v)
	}
	return fmt.Errorf("JSON is stored as %T", src)
}

// list is a parameter for the fragment "list": never null, as a JSON null would
// be a list with one null in it.
func list(texts []string) string {
	if texts == nil {
		return "[]"
	}
	return asJSON(texts)
}
