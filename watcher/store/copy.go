package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
)

// What a copy can be refused for.
var (
	ErrNotEmpty = errors.New("there is a state already")
	ErrUnequal  = errors.New("the copy is not equal to what it was made of")
)

// CopyOptions say which state is copied where.
type CopyOptions struct {
	From, To string // URLs, see Options
	Log      *slog.Logger
	Progress func(CopyProgress) // called each few thousand rows; nil: nobody wants to know
}

// CopyProgress is how far a copy is. Each row is written first and read back later.
type CopyProgress struct {
	Table    string
	Checking bool  // rows are read back
	Done, Of int64 // rows written and rows read back
}

// Copied is a copy that stands, and equals what it was made of.
type Copied struct {
	From, To string // without secrets
	Schema   int
	Rows     int64
	Cleaned  int64 // texts that lost bytes which the database refuses
	Tables   []CopiedTable
}

// CopiedTable is a table of a copy.
type CopiedTable struct {
	Name    string
	Rows    int64
	Cleaned int64
	Hash    string // of all its rows, in whatever order, on both sides; hexadecimal
}

// copyErrand tells the sessions of a copy from those that work on the state.
const copyErrand = " store copy"

// CopyState copies a whole state into an empty database, of the other kind or the same,
// while nobody works on it. The leases in the copy are void. The source's schema is
// brought up to date as by any start. All of it appears at once, after it was read
// back and found equal; until then, and when anything fails, there is nothing, save
// empty tables in PostgreSQL.
//
// Errors: ErrNotFound when there is no source, ErrNotEmpty when the target holds a
// state, ErrLocked when somebody works on one of them, ErrUnequal.
func CopyState(ctx context.Context, o CopyOptions) (_ *Copied, err error) {
	src, err := Open(ctx, Options{URL: o.From, Beside: true, Log: o.Log, errand: copyErrand})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	release, err := src.engine.still(ctx)
	if err != nil {
		return nil, fmt.Errorf("copy %s: %w", src.engine.place(), err)
	}
	defer func() { err = errors.Join(err, release()) }()
	to, err := engineOf(Options{URL: o.To, errand: copyErrand})
	if err != nil {
		return nil, err
	}
	if o.From == o.To || sameFile(src.engine, to) {
		return nil, fmt.Errorf("copy %s to itself: %w", to.place(), ErrNotEmpty)
	}
	c := &copying{CopyOptions: o, src: src, to: to, result: Copied{From: src.engine.place(), To: to.place()}}
	if err := src.snapshot(ctx, "copy "+src.engine.place(), func(tx conn) error { return c.run(ctx, tx) }); err != nil {
		return nil, err
	}
	return &c.result, nil
}

// intake is an empty database that a copy is written into. Nobody sees any of it
// before keep.
type intake struct {
	*Store
	tx *sql.Tx // in which it is written and read back
	// load writes the rows that next gives, until it gives none.
	load func(ctx context.Context, t table, next func() ([]any, error)) error
	keep func(ctx context.Context) error // makes it the database
	drop func() error                    // leaves nothing of it, unless it was kept
}

// copying is a copy that is being made.
type copying struct {
	CopyOptions
	src    *Store
	to     engine
	dst    *intake
	said   CopyProgress
	result Copied
}

// run copies one state of the source. It is read first, so that a target which is
// the same under another name is found to be in use.
func (c *copying) run(ctx context.Context, from conn) (err error) {
	tables, err := c.src.tables(ctx, from)
	if err != nil {
		return err
	}
	if c.result.Schema, err = c.src.schemaVersion(ctx, from); err != nil {
		return err
	}
	for _, t := range tables {
		var rows int64
		if err := c.src.one(ctx, from, `SELECT COUNT(*) FROM `+t.name, nil, &rows); err != nil {
			return err
		}
		c.said.Of += 2 * rows
	}
	if c.dst, err = c.to.receive(ctx, c.CopyOptions); err != nil {
		return explainBy(c.to, "into "+c.to.place(), err)
	}
	err = c.all(ctx, from, tables)
	if err == nil {
		err = explainBy(c.to, "keep it", c.dst.keep(ctx))
	}
	return errors.Join(err, c.dst.drop())
}

// explainBy explains an error of an engine, which another one would misread, unless it
// was explained where it came up.
func explainBy(e engine, what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrUnwritable), errors.Is(err, ErrUnreachable):
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w", what, e.explain(err))
}

// all writes all tables and reads them back.
func (c *copying) all(ctx context.Context, from conn, tables []table) error {
	into, err := c.dst.tables(ctx, c.dst.tx)
	if err != nil {
		return explainBy(c.to, "tables", err)
	}
	if err := sameTables(tables, into); err != nil {
		return err
	}
	indexes, err := c.dst.dropIndexes(ctx)
	if err != nil {
		return explainBy(c.to, "drop indexes", err)
	}
	for _, t := range tables {
		if err := c.write(ctx, from, t); err != nil {
			return err
		}
	}
	for _, x := range indexes {
		if _, err := c.dst.tx.ExecContext(ctx, x.made); err != nil {
			return explainBy(c.to, "make index "+x.name, err)
		}
	}
	for i, t := range tables {
		if err := c.check(ctx, t, c.result.Tables[i]); err != nil {
			return explainBy(c.to, "read table "+t.name+" back", err)
		}
	}
	return nil
}

// dropIndexes drops those that are made at the end, which is much faster.
func (in *intake) dropIndexes(ctx context.Context) ([]index, error) {
	list, err := in.indexes(ctx, in.tx)
	for i := 0; err == nil && i < len(list); i++ {
		_, err = in.tx.ExecContext(ctx, `DROP INDEX `+list[i].name)
	}
	return list, err
}

// write copies the rows of a table, in the place of what a new database has in it.
func (c *copying) write(ctx context.Context, from conn, t table) error {
	what := "write table " + t.name
	if _, err := c.dst.tx.ExecContext(ctx, `DELETE FROM `+t.name); err != nil {
		return explainBy(c.to, what, err)
	}
	rows, err := from.QueryContext(ctx, t.selected())
	if err != nil {
		return fmt.Errorf("read table %s: %w", t.name, err)
	}
	defer rows.Close()
	done, sum, in := CopiedTable{Name: t.name}, digest{}, newRowReader(t, rows)
	err = c.dst.load(ctx, t, func() ([]any, error) {
		row, err := in.next()
		if row == nil || err != nil {
			return nil, err
		}
		t.voidLease(row)
		done.Cleaned += c.dst.dialect.cleanRow(row)
		sum.add(row)
		c.step(t.name, false, sum.rows)
		return row, nil
	})
	if in.err != nil {
		return fmt.Errorf("read table %s: %w", t.name, in.err)
	}
	done.Rows, done.Hash = sum.rows, sum.String()
	c.result.Rows, c.result.Cleaned = c.result.Rows+done.Rows, c.result.Cleaned+done.Cleaned
	c.result.Tables = append(c.result.Tables, done)
	return explainBy(c.to, what, err)
}

// check reads a table back and compares it with what was read from the source.
func (c *copying) check(ctx context.Context, t table, want CopiedTable) error {
	rows, err := c.dst.tx.QueryContext(ctx, t.selected())
	if err != nil {
		return err
	}
	defer rows.Close()
	sum, in := digest{}, newRowReader(t, rows)
	for {
		row, err := in.next()
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		sum.add(row)
		c.step(t.name, true, sum.rows)
	}
	if got := sum.String(); sum.rows != want.Rows || got != want.Hash {
		return fmt.Errorf("%w: table %s: %d rows with the hash %s were read, %d with %s were written", ErrUnequal, t.name, want.Rows, want.Hash, sum.rows, got)
	}
	return nil
}

// progressEvery is after how many rows of a table progress is told.
const progressEvery = 4096

func (c *copying) step(table string, checking bool, rows int64) {
	c.said.Done++
	if c.Progress == nil || rows%progressEvery != 1 {
		return
	}
	c.said.Table, c.said.Checking = table, checking
	c.Progress(c.said)
}

// isEmpty says whether a database holds no more than a new one: the desk's row,
// and notes of the process.
func (s *Store) isEmpty(ctx context.Context, c conn) (bool, error) {
	tables, err := s.tables(ctx, c)
	if err != nil {
		return false, err
	}
	for _, t := range tables {
		query := `SELECT COUNT(*) FROM (SELECT 1 FROM ` + t.name + ` LIMIT 1) AS f`
		switch t.name {
		case "meta":
			continue
		case "desk":
			query = `SELECT seq FROM desk`
		}
		var n int64
		if err := s.one(ctx, c, query, nil, &n); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return false, err
		}
		if n > 0 {
			return false, nil
		}
	}
	return true, nil
}
