package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// still: who works on the file holds its lock.
func (e *sqliteEngine) still(context.Context) (release func() error, err error) {
	lock, err := lockFile(e.path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("what is written meanwhile would be lost, stop the daemon first: %w", err)
	}
	return lock.Close, nil
}

func sameFile(a, b engine) bool {
	x, xFile := a.(*sqliteEngine)
	y, yFile := b.(*sqliteEngine)
	return xFile && yFile && x.path == y.path
}

// receive prepares a file beside the database, which takes its place at the end.
func (e *sqliteEngine) receive(ctx context.Context, o CopyOptions) (_ *intake, err error) {
	if err := os.MkdirAll(filepath.Dir(e.path), 0o700); err != nil {
		return nil, fmt.Errorf("%w: make its folder: %w", ErrUnwritable, err)
	}
	lock, err := lockFile(e.path + ".lock")
	if err != nil {
		return nil, err
	}
	failed := func(err error) (*intake, error) { return nil, errors.Join(err, lock.Close()) }
	if err := e.mustBeEmpty(ctx); err != nil {
		return failed(err)
	}
	tmp := &sqliteEngine{path: e.path + ".copying"}
	if err := tmp.remove(); err != nil { // of a copy that was broken off
		return failed(err)
	}
	s, err := openEngine(ctx, tmp, Options{Log: o.Log})
	if err != nil {
		return failed(errors.Join(err, tmp.remove()))
	}
	in := &intake{Store: s}
	if err := in.loadFast(ctx); err != nil {
		return failed(errors.Join(err, s.Close(), tmp.remove()))
	}
	in.keep = func(ctx context.Context) error { return in.become(ctx, tmp, e) }
	in.drop = func() error {
		_ = in.tx.Rollback() // after a commit it does nothing
		return errors.Join(in.Close(), tmp.remove(), lock.Close())
	}
	return in, nil
}

// mustBeEmpty opens and closes the file, if there is one, which also puts an end
// to what lies beside it.
func (e *sqliteEngine) mustBeEmpty(ctx context.Context) error {
	if info, err := os.Stat(e.path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	db, err := sql.Open("sqlite", e.dsn(url.Values{"_pragma": {"busy_timeout(10000)"}}))
	if err != nil {
		return err
	}
	s := &Store{engine: e, dialect: e.dialect(), prepared: newPrepared()}
	s.fragments = s.dialect.replacer()
	_, err = s.schemaVersion(ctx, db) // not of another program
	empty := false
	if err == nil {
		empty, err = s.isEmpty(ctx, db)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if !empty {
		return ErrNotEmpty
	}
	if _, err := os.Stat(e.path + "-wal"); err == nil {
		return fmt.Errorf("%w: it is open elsewhere", ErrLocked)
	}
	return nil
}

// loadFast begins to write without a journal: what fails is thrown away whole.
func (in *intake) loadFast(ctx context.Context) error {
	for _, pragma := range []string{"journal_mode(OFF)", "synchronous(OFF)", "cache_size(-131072)"} { // KiB
		if err := in.one(ctx, plainly{in.writer}, "PRAGMA "+pragma, nil, new(any)); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	tx, err := in.writer.BeginTx(ctx, nil)
	in.tx, in.load = tx, func(ctx context.Context, t table, next func() ([]any, error)) error { return insert(ctx, tx, t, next) }
	return err
}

// insertParams is how many values one statement inserts: SQLite takes 32,766.
const insertParams = 2000

// insert writes rows, many in a statement.
func insert(ctx context.Context, tx *sql.Tx, t table, next func() ([]any, error)) error {
	width := len(t.columns)
	many := max(1, insertParams/width)
	stmt, err := tx.PrepareContext(ctx, insertQuery(t, many))
	if err != nil {
		return err
	}
	defer stmt.Close()
	args := make([]any, 0, many*width)
	for {
		row, err := next()
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		if args = append(args, row...); len(args) < many*width {
			continue
		}
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			return err
		}
		args = args[:0]
	}
	if len(args) == 0 {
		return nil
	}
	_, err = tx.ExecContext(ctx, insertQuery(t, len(args)/width), args...)
	return err
}

func insertQuery(t table, rows int) string {
	row := "(?" + strings.Repeat(", ?", len(t.columns)-1) + ")"
	return "INSERT INTO " + t.name + " (" + strings.Join(t.names(), ", ") + ") VALUES " + row + strings.Repeat(", "+row, rows-1)
}

// become ends the writing and puts the file into its place.
func (in *intake) become(ctx context.Context, tmp, e *sqliteEngine) error {
	if err := in.tx.Commit(); err != nil {
		return err
	}
	var mode string
	if err := in.one(ctx, plainly{in.writer}, "PRAGMA journal_mode(WAL)", nil, &mode); err != nil {
		return err
	}
	if err := in.Close(); err != nil {
		return err
	}
	if err := durable(tmp.path); err != nil {
		return err
	}
	if err := os.Rename(tmp.path, e.path); err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	return durable(filepath.Dir(e.path))
}

// durable waits until a file, or the names in a folder, are on the disk.
func durable(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// remove removes the file and what lies beside it.
func (e *sqliteEngine) remove() error {
	var errs []error
	for _, part := range []string{"", "-wal", "-shm", "-journal", ".lock"} {
		if err := os.Remove(e.path + part); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// plainly runs a statement without keeping it.
type plainly struct{ *sql.DB }
