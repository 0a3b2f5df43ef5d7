// Package store keeps everything that outlives the process: what was seen, the
// items, hits and stories, what each plan has told, and the outbox. It stands
// under every step of the pipeline, and its tables are the queue between them:
// a row that is due is claimed under a lease, and each commit is fenced by it.
// It is the only package that speaks SQL.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"newswatch/news"
)

// What callers tell apart.
var (
	ErrLocked      = errors.New("another instance holds the state")
	ErrFenced      = errors.New("the lease is no longer held")
	ErrUnwritable  = errors.New("the database cannot be written")
	ErrNewerSchema = errors.New("the database was written by a newer version")
	ErrNotFound    = errors.New("not found")
)

// Options say where the state is.
type Options struct {
	URL string           // sqlite://relative.db or sqlite:///absolute.db
	Now func() time.Time // the clock of leases and of what is due; nil: time.Now
	// Beside opens the state while another process holds it: to read, and for the
	// short writes of the outbox and story verbs. It never makes a database.
	Beside bool
	Log    *slog.Logger // of keys that turn out to identify nothing; nil: nothing is logged
}

// Store is the state. It is safe for concurrent use.
type Store struct {
	writer, reader *sql.DB
	fragments      *strings.Replacer
	dialect        dialect
	now            func() time.Time
	log            *slog.Logger
	path           string
	lock           io.Closer // nil when opened beside
	prepared       *prepared
	line           line // of those who wait to commit

	mu     sync.Mutex
	looked map[string]news.Looked // by plan: what Untold need not look at again
}

// Open opens the state and makes it when there is none, the folder for its
// owner alone. It holds a lock on it until Close, which proves that nobody else
// works: leases that a killed process left behind are void at once.
func Open(ctx context.Context, o Options) (*Store, error) {
	path, err := sqlitePath(o.URL)
	if err != nil {
		return nil, err
	}
	s := &Store{dialect: sqliteDialect(), now: o.Now, log: o.Log, path: path, prepared: newPrepared(), looked: map[string]news.Looked{}}
	s.fragments = s.dialect.replacer()
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.open(ctx, o.Beside); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, beside bool) error {
	if !beside {
		if err := s.hold(); err != nil {
			return err
		}
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return fmt.Errorf("open %s: %w: no database there yet, newswatch run makes one", s.path, ErrNotFound)
	}
	if err := s.connect(beside, info.Size() == 0); err != nil {
		return err
	}
	if err := s.migrate(ctx, beside); err != nil {
		return s.explain("open "+s.path, err)
	}
	if beside {
		return nil
	}
	return s.voidLeases(ctx)
}

// hold makes folder and file, and takes the lock.
func (s *Store) hold() (err error) {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return fmt.Errorf("%w: make its folder: %w", ErrUnwritable, err)
	}
	if s.lock, err = lockFile(s.path + ".lock"); err != nil {
		return err
	}
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	return f.Close()
}

// connect opens one connection that writes, whose transactions take the write
// lock at once, and some that only read. A pool that does both fails with
// SQLITE_BUSY whenever a reader turns writer.
func (s *Store) connect(beside, empty bool) (err error) {
	busy := "busy_timeout(10000)" // ms
	if beside {
		busy = "busy_timeout(5000)"
	}
	common := []string{busy, "temp_store(MEMORY)"}
	writer := url.Values{"_txlock": {"immediate"}, "_pragma": append(slices.Clone(common),
		"cache_size(-24576)", // KiB
		"journal_mode(WAL)",
		// FULL: with NORMAL a loss of power takes the last commits back, and a
		// "sent" that is forgotten is a message sent twice.
		"synchronous(FULL)",
		"journal_size_limit(67108864)", // bytes
	)}
	if empty {
		writer.Set("_auto_vacuum", "incremental") // counts only before the first page is written
	}
	reader := url.Values{"_pragma": append(common, "query_only(1)", "cache_size(-8192)")}
	if s.writer, err = sql.Open("sqlite", s.dsn(writer)); err != nil {
		return fmt.Errorf("open %s: %w", s.path, err)
	}
	s.writer.SetMaxOpenConns(1)
	if s.reader, err = sql.Open("sqlite", s.dsn(reader)); err != nil {
		return fmt.Errorf("open %s: %w", s.path, err)
	}
	readers := max(2, runtime.NumCPU())
	s.reader.SetMaxOpenConns(readers)
	s.reader.SetMaxIdleConns(readers)
	return nil
}

// dsn names the state's file to the driver.
func (s *Store) dsn(options url.Values) string {
	return fileURI(s.path, options)
}

// Close gives the state free.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
		s.lock = nil
	}
	return errors.Join(errs...)
}

// Ping says whether a write is possible, by writing: only a commit finds out
// that the disk is full.
func (s *Store) Ping(ctx context.Context) error {
	return s.SetMeta(ctx, "ping", s.now().UTC().Format(time.RFC3339))
}

// sqlitePath is the file that a URL names. What follows sqlite:// is a path as
// it is, nothing in it is decoded.
func sqlitePath(rawURL string) (string, error) {
	path, ok := strings.CutPrefix(rawURL, "sqlite://")
	if strings.HasPrefix(rawURL, "postgres") {
		return "", errors.New("open the database: PostgreSQL is not supported yet; use sqlite://relative.db or sqlite:///absolute.db")
	}
	if !ok {
		return "", fmt.Errorf("open %q: the form is sqlite://relative.db or sqlite:///absolute.db", scheme(rawURL))
	}
	if path == "" || strings.HasSuffix(path, "/") {
		return "", fmt.Errorf("open %q: no file is named", rawURL)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("open %q: %w", rawURL, err)
	}
	return abs, nil
}

// scheme is all of a foreign URL that may be shown: the rest can hold a password.
func scheme(rawURL string) string {
	if s, _, ok := strings.Cut(rawURL, "://"); ok {
		return s + "://..."
	}
	return rawURL
}
