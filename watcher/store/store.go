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
	"log/slog"
	"strings"
	"sync"
	"time"

	"newswatch/news"
)

// What callers tell apart.
var (
	ErrLocked      = errors.New("another instance holds the state")
	ErrFenced      = errors.New("the lease is no longer held")
	ErrUnwritable  = errors.New("the database cannot be written")
	ErrUnreachable = errors.New("the database server cannot be reached or does not serve now")
	ErrURL         = errors.New("no URL of a database")
	ErrNewerSchema = errors.New("the database was written by a newer version")
	ErrNotFound    = errors.New("not found")
	ErrNotHere     = errors.New("this database does that itself")
)

// Options say where the state is.
type Options struct {
	// URL is sqlite://relative.db, sqlite:///absolute.db or postgres://user@host/database;
	// of PostgreSQL it may hold a password.
	URL string
	// Now is the clock of all that is stored, due and leased. nil: the machine's, or
	// with PostgreSQL the server's, so that replicas agree.
	Now func() time.Time
	// Beside opens the state while another process holds it: to read, and for the
	// short writes of the outbox and story verbs. It never makes a database.
	Beside bool
	Log    *slog.Logger // of keys that turn out to identify nothing; nil: nothing is logged
	// Wrote is told of each commit, and how long it took with the wait for its turn;
	// nil: nobody wants to know.
	Wrote func(took time.Duration)

	errand string // added to the name of sessions that do not work on the state
}

// Store is the state. It is safe for concurrent use.
type Store struct {
	engine         engine
	writer, reader *sql.DB
	fragments      *strings.Replacer
	dialect        dialect
	now            func() time.Time
	given          bool // ... by Options
	server         serverClock
	began          time.Time // by our own clock
	log            *slog.Logger
	wrote          func(took time.Duration)
	prepared       *prepared
	line           line // of those who wait to commit
	pruneSize      pruneSize

	mu     sync.Mutex
	looked map[string]news.Looked // by plan: what Untold need not look at again
	era    era
}

// Open opens the state and makes it when there is none: of SQLite the folder for
// its owner alone. A file is locked until Close, which proves that nobody else
// works: leases that a killed process left behind are void at once. A PostgreSQL
// database is shared by as many as open it.
func Open(ctx context.Context, o Options) (*Store, error) {
	e, err := engineOf(o)
	if err != nil {
		return nil, err
	}
	return openEngine(ctx, e, o)
}

func openEngine(ctx context.Context, e engine, o Options) (*Store, error) {
	s := &Store{
		engine: e, dialect: e.dialect(), now: o.Now, given: o.Now != nil, began: time.Now(), log: o.Log, wrote: o.Wrote,
		prepared: newPrepared(), looked: map[string]news.Looked{},
	}
	s.fragments = s.dialect.replacer()
	s.line.turns = make(chan struct{}, s.dialect.turns)
	switch {
	case s.given:
	case s.dialect.serverNow == "":
		s.now = time.Now
	default:
		s.now = s.server.now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.wrote == nil {
		s.wrote = func(time.Duration) {}
	}
	if err := s.open(ctx, o.Beside); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, beside bool) (err error) {
	if s.writer, s.reader, err = s.engine.open(ctx, beside); err != nil {
		return err
	}
	s.dialect = s.engine.dialect() // as the server turned out to be
	s.fragments = s.dialect.replacer()
	if err := s.askTime(ctx); err != nil {
		return s.explain("open "+s.engine.place(), err)
	}
	if err := s.migrate(ctx, beside); err != nil {
		return s.explain("open "+s.engine.place(), err)
	}
	if !s.engine.alone() {
		return nil
	}
	return s.voidLeases(ctx)
}

// Alone says that no other process works on the state as long as it is open here.
func (s *Store) Alone() bool { return s.engine.alone() }

// Now is the clock that the state is kept by; see Options.
func (s *Store) Now() time.Time { return s.now() }

// Close gives the state free.
func (s *Store) Close() error {
	var errs []error
	for i, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil && (i == 0 || db != s.reader) {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, s.engine.close())...)
}

// Ping says whether a write is possible, by writing: only a commit finds out
// that the disk is full.
func (s *Store) Ping(ctx context.Context) error {
	return s.SetMeta(ctx, "ping", s.now().UTC().Format(time.RFC3339))
}
