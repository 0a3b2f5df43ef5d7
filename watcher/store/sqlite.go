package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteEngine keeps the state in a file of this machine.
type sqliteEngine struct {
	path string
	lock io.Closer // nil when opened beside
}

func newSQLite(o Options) (*sqliteEngine, error) {
	path, err := sqlitePath(o.URL)
	return &sqliteEngine{path: path}, err
}

// sqlitePath is the file that a URL names. What follows sqlite:// is a path as
// it is, nothing in it is decoded.
func sqlitePath(rawURL string) (string, error) {
	path := strings.TrimPrefix(rawURL, "sqlite://")
	if path == "" || strings.HasSuffix(path, "/") {
		return "", fmt.Errorf("open %q: %w: no file is named", rawURL, ErrURL)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("open %q: %w", rawURL, err)
	}
	return abs, nil
}

func (e *sqliteEngine) place() string { return e.path }

// alone: the lock on the file proves that whoever held a lease is gone.
func (e *sqliteEngine) alone() bool { return e.lock != nil }

func (e *sqliteEngine) open(_ context.Context, beside bool) (writer, reader *sql.DB, err error) {
	if !beside {
		if err := e.hold(); err != nil {
			return nil, nil, err
		}
	}
	info, err := os.Stat(e.path)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w: no database there yet, newswatch run makes one", e.path, ErrNotFound)
	}
	if err := e.refuseForeignLog(); err != nil {
		return nil, nil, err
	}
	return e.connect(beside, info.Size() == 0)
}

// refuseForeignLog finds the write-ahead log of another database beside ours: that of
// one which a backup took the place of. SQLite would play it back into the backup and
// spoil it. Ours is in WAL mode from its first commit on, a backup is not before it is
// opened; the header's bytes 18 and 19 say so (https://sqlite.org/fileformat2.html).
func (e *sqliteEngine) refuseForeignLog() error {
	if info, err := os.Stat(e.path + "-wal"); err != nil || info.Size() == 0 {
		return nil
	}
	f, err := os.Open(e.path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	defer f.Close()
	const legacy = 1
	var header [20]byte
	if _, err := f.ReadAt(header[:], 0); err != nil || header[18] != legacy || header[19] != legacy {
		return nil // what is wrong with it otherwise SQLite will say
	}
	return fmt.Errorf("%w: %s was put in the place of another database, whose files %[2]s-wal and %[2]s-shm are still there and would spoil it: move those two away", ErrUnwritable, e.path)
}

// hold makes folder and file, and takes the lock.
func (e *sqliteEngine) hold() (err error) {
	if err := os.MkdirAll(filepath.Dir(e.path), 0o700); err != nil {
		return fmt.Errorf("%w: make its folder: %w", ErrUnwritable, err)
	}
	if e.lock, err = lockFile(e.path + ".lock"); err != nil {
		return err
	}
	f, err := os.OpenFile(e.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	keepPrivate(f)
	return f.Close()
}

// keepPrivate closes a file to strangers that was there before, such as a copy of a
// backup. What its owner gave to a group stays. SQLite makes its other files likewise.
// Where the file is another user's it stays as that one wants it.
func keepPrivate(f *os.File) {
	if info, err := f.Stat(); err == nil && info.Mode().Perm()&0o007 != 0 {
		_ = f.Chmod(info.Mode().Perm() &^ 0o007)
	}
}

// connect opens one connection that writes, whose transactions take the write
// lock at once, and some that only read. A pool that does both fails with
// SQLITE_BUSY whenever a reader turns writer.
func (e *sqliteEngine) connect(beside, empty bool) (w, r *sql.DB, err error) {
	busy := "busy_timeout(10000)" // ms
	if beside {
		busy = "busy_timeout(5000)"
	}
	common := []string{busy, "temp_store(MEMORY)", "trusted_schema(0)"} // a file from elsewhere may hold triggers
	writer := url.Values{"_txlock": {"immediate"}, "_pragma": append(slices.Clone(common),
		"cache_size(-4096)", // KiB; the system keeps the rest of the file in its own
		"journal_mode(WAL)",
		// FULL: with NORMAL a loss of power takes the last commits back, and a
		// "sent" that is forgotten is a message sent twice.
		"synchronous(FULL)",
		"journal_size_limit(67108864)", // bytes
	)}
	if empty {
		writer.Set("_auto_vacuum", "incremental") // counts only before the first page is written
	}
	reader := url.Values{"_pragma": append(common, "query_only(1)", "cache_size(-1024)")}
	if w, err = sql.Open("sqlite", e.dsn(writer)); err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", e.path, err)
	}
	w.SetMaxOpenConns(1)
	if r, err = sql.Open("sqlite", e.dsn(reader)); err != nil {
		return w, nil, fmt.Errorf("open %s: %w", e.path, err)
	}
	readers := max(2, runtime.NumCPU())
	r.SetMaxOpenConns(readers)
	r.SetMaxIdleConns(readers)
	return w, r, nil
}

// dsn names the state's file to the driver.
func (e *sqliteEngine) dsn(options url.Values) string {
	return fileURI(e.path, options)
}

func (e *sqliteEngine) migrating(ctx context.Context, beside bool, have int) (release func() error, err error) {
	release = func() error { return nil } // whoever is not beside holds the lock already
	if beside {
		lock, err := lockFile(e.path + ".lock")
		if err != nil {
			return nil, fmt.Errorf("its schema is older than this program and cannot change now: %w", err)
		}
		release = lock.Close
	}
	if have == 0 {
		return release, nil
	}
	if err := e.keepSchema(ctx, have); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: nothing was changed, the version before still runs with it: a copy must be kept before the schema changes: %w", ErrUnwritable, err), release())
	}
	return release, nil
}

// passing: the only connection that writes waits for its turn as long as it takes.
func (e *sqliteEngine) passing(error) bool { return false }

func (e *sqliteEngine) explain(err error) error {
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return err
	}
	switch failed.Code() & 0xff { // the low byte is the primary result code, https://sqlite.org/rescode.html
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: the disk under %s is full: %w", ErrUnwritable, e.path, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%w: check owner, mode and disk of %s and its folder: %w", ErrUnwritable, e.path, err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %s is damaged or not a database; it was left as it is: restore a backup, or move it away to begin anew: %w",
			ErrUnwritable, e.path, err)
	}
	return err
}

// file is the state's. Whoever only copies it would play a foreign log back as well.
func (e *sqliteEngine) file() (string, error) { return e.path, e.refuseForeignLog() }

func (e *sqliteEngine) close() error {
	if e.lock == nil {
		return nil
	}
	lock := e.lock
	e.lock = nil
	return lock.Close()
}
