package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// still: who works on a database has sessions there all the time. One that has just
// ended may take a moment to go.
func (e *postgresEngine) still(ctx context.Context) (release func() error, err error) {
	others := 1
	for end := time.Now().Add(stillPatience); others > 0 && time.Now().Before(end); time.Sleep(stillPatience / 50) {
		if err := e.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = $1`, e.session).Scan(&others); err != nil {
			return nil, e.explain(err)
		}
		if others == 0 {
			return func() error { return nil }, nil
		}
	}
	return nil, fmt.Errorf("%w: stop every replica first, or what they write meanwhile is lost; open sessions of %q in pg_stat_activity: %d", ErrLocked, e.session, others)
}

// stillPatience is how long sessions may take to go.
const stillPatience = 2 * time.Second

// receive begins the one transaction that brings everything. Who wants to work on the
// database meanwhile waits for its end.
func (e *postgresEngine) receive(ctx context.Context, o CopyOptions) (_ *intake, err error) {
	s, err := openEngine(ctx, e, Options{Log: o.Log})
	if err != nil {
		return nil, err
	}
	in := &intake{Store: s}
	in.drop = s.Close
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(err, conn.Close(), s.Close())
	}
	in.tx = tx
	in.drop = func() error { _ = tx.Rollback(); return errors.Join(conn.Close(), s.Close()) }
	in.keep = func(ctx context.Context) error { return in.finish(ctx, tx) }
	in.load = func(ctx context.Context, t table, next func() ([]any, error)) error {
		return copyFrom(ctx, conn, t, next)
	}
	if err := in.take(ctx); err != nil {
		return nil, errors.Join(err, in.drop())
	}
	return in, nil
}

// take keeps everybody out of the tables, and finds them empty.
func (in *intake) take(ctx context.Context) error {
	tables, err := in.tables(ctx, in.tx)
	if err != nil {
		return err
	}
	var names []string
	for _, t := range tables {
		names = append(names, t.name)
	}
	for _, query := range []string{
		`SET LOCAL lock_timeout = '2s'`, // who works there does not stop so soon
		`LOCK TABLE ` + strings.Join(names, ", ") + ` IN ACCESS EXCLUSIVE MODE`,
	} {
		var failed *pgconn.PgError
		_, err := in.tx.ExecContext(ctx, query)
		if errors.As(err, &failed) && failed.Code == "55P03" { // lock_not_available
			return fmt.Errorf("%w: its tables are in use: %w", ErrLocked, err)
		}
		if err != nil {
			return err
		}
	}
	if empty, err := in.isEmpty(ctx, in.tx); err != nil || empty {
		return err
	}
	return ErrNotEmpty
}

// copyFrom writes rows by COPY.
func copyFrom(ctx context.Context, conn *sql.Conn, t table, next func() ([]any, error)) error {
	return conn.Raw(func(driver any) error {
		c := driver.(*stdlib.Conn).Conn()
		_, err := c.CopyFrom(ctx, pgx.Identifier{t.name}, t.names(), pgx.CopyFromFunc(next))
		return err
	})
}

// finish tells the planner what there is, which it would learn only later by itself.
func (in *intake) finish(ctx context.Context, tx *sql.Tx) error {
	tables, err := in.tables(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := tx.ExecContext(ctx, `ANALYZE `+t.name); err != nil {
			return err
		}
	}
	return tx.Commit()
}
