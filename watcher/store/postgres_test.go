package store_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
	"newswatch/watcher/store/pgtest"
)

// openPG opens a PostgreSQL database and closes it when the test ends.
func openPG(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // may be closed by the test
	return s
}

// A daemon with settings.backup says so soon after its start, not when the first is due.
func TestPostgresBacksUpByItself(t *testing.T) {
	s := openPG(t, pgtest.Start(t).Empty(t))
	err := s.BacksUp()
	if !errors.Is(err, store.ErrNotHere) || !strings.Contains(err.Error(), "pg_dump") {
		t.Errorf("got %v, want how pg_dump is called", err)
	}
	if err := open(t, filepath.Join(t.TempDir(), "n.db")).BacksUp(); err != nil {
		t.Errorf("SQLite: %v", err)
	}
}

func TestPostgresOpenRefuses(t *testing.T) {
	c := pgtest.Start(t)
	with := func(t *testing.T, change func(u *url.URL)) string {
		u, err := url.Parse(c.Empty(t))
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	for name, m := range map[string]struct {
		url    func(t *testing.T) string
		beside bool
		want   error
		says   string
	}{
		"a port on which nobody listens": {url: func(t *testing.T) string {
			return with(t, func(u *url.URL) { u.Host = "127.0.0.1:1" })
		}, want: store.ErrUnreachable, says: "`: 127.0.0.1:1 (127.0.0.1): dial error: dial tcp 127.0.0.1:1: connect: connection refused"},
		"with TLS or without": {url: func(t *testing.T) string {
			return with(t, func(u *url.URL) { u.Host, u.RawQuery = "127.0.0.1:1", "sslmode=prefer" })
		}, want: store.ErrUnreachable, says: "`: 127.0.0.1:1 (127.0.0.1): dial error: dial tcp 127.0.0.1:1: connect: connection refused"},
		"another password": {url: func(t *testing.T) string {
			return with(t, func(u *url.URL) { u.User = url.UserPassword("newswatch", "wrong-"+c.Password()) })
		}, want: store.ErrUnwritable, says: "check user and password"},
		"a database that is not there": {url: func(t *testing.T) string {
			return with(t, func(u *url.URL) { u.Path = "/nothing" })
		}, want: store.ErrUnreachable, says: "createdb"},
		"a schema that is not there": {url: func(t *testing.T) string {
			return with(t, func(u *url.URL) { u.RawQuery = "sslmode=disable&search_path=nowhere" })
		}, want: store.ErrUnwritable, says: "search_path"},
		"an empty database, beside": {url: func(t *testing.T) string { return c.Empty(t) }, beside: true,
			want: store.ErrNotFound, says: "newswatch run"},
		"the tables of another program": {url: func(t *testing.T) string {
			u := c.Empty(t)
			execPG(t, u, "CREATE TABLE recipes (name TEXT)")
			return u
		}, want: store.ErrUnwritable, says: "another program"},
		"a newer schema": {url: func(t *testing.T) string {
			u := c.Empty(t)
			if err := openPG(t, u).Close(); err != nil {
				t.Fatal(err)
			}
			execPG(t, u, "INSERT INTO schema_version VALUES (99, 0)")
			return u
		}, want: store.ErrNewerSchema, says: "99"},
		"no URL":              {url: func(*testing.T) string { return "postgres://a:" + c.Password() + "@[::1/x" }, want: store.ErrURL, says: "postgres://user@host"},
		"a port that is none": {url: func(*testing.T) string { return "postgres://a:" + c.Password() + "@h:seven/x" }, want: store.ErrURL},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := store.Open(t.Context(), store.Options{URL: m.url(t), Beside: m.beside})
			if err == nil {
				_ = s.Close()
				t.Fatal("it was opened")
			}
			if !errors.Is(err, m.want) || !strings.Contains(err.Error(), m.says) {
				t.Errorf("got error %v, want %v with %q", err, m.want, m.says)
			}
			if strings.Contains(err.Error(), c.Password()) {
				t.Errorf("the error shows a password: %v", err)
			}
			t.Log(err)
		})
	}
}

func TestPlaceShowsNoPassword(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://ida:secret@db.example:6000/desk":   "postgres://db.example:6000/desk",
		"postgres://ida:secret@db.example:x/desk":      "postgres://...",
		"sqlite:///var/lib/n.db":                       "/var/lib/n.db",
		"mysql://ida:secret@db.example/desk?x=secret2": "mysql://...",
		"ida:secret@db.example/desk":                   "...",
		"/var/lib/n.db":                                "/var/lib/n.db",
	} {
		if got := store.Place(url); got != want {
			t.Errorf("got place %q of %q, want %q", got, url, want)
		}
	}
}

// Many open an empty database at once: one makes the tables, all can work.
func TestPostgresOpenedByManyAtOnce(t *testing.T) {
	url := pgtest.Start(t).Empty(t)
	errs := make(chan error)
	const many = 8
	for range many {
		go func() {
			s, err := store.Open(t.Context(), store.Options{URL: url})
			if err == nil {
				err = errors.Join(s.Ping(t.Context()), s.Close())
			}
			errs <- err
		}()
	}
	for range many {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// A server that crashed and is back takes the next transaction.
func TestPostgresRestart(t *testing.T) {
	c := pgtest.Start(t)
	s := openPG(t, c.Empty(t))
	ctx := t.Context()
	if err := s.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(ctx); !errors.Is(err, store.ErrUnreachable) {
		t.Errorf("got error %v from a server that is gone, want %v", err, store.ErrUnreachable)
	}
	if err := c.Restart(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(ctx); err != nil {
		t.Errorf("got error %v after the server came back", err)
	}
	if _, err := s.Claim(ctx, news.Desk, 1, time.Minute); err != nil {
		t.Error(err)
	}
}

// The times of leases are the server's, whatever the clock of this machine shows.
func TestPostgresGoesByTheServersClock(t *testing.T) {
	s := openPG(t, pgtest.Start(t).Empty(t))
	var server time.Time
	if err := s.Writer().QueryRow("SELECT clock_timestamp()").Scan(&server); err != nil {
		t.Fatal(err)
	}
	if off := s.Now().Sub(server).Abs(); off > time.Second {
		t.Errorf("the store's clock is %v off the server's", off)
	}
}

func execPG(t *testing.T, url, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}

// A replica that vanishes in the middle of a transaction, as by a loss of power, does
// not keep its locks for the hours that a network takes to notice.
func TestPostgresEndsAbandonedTransactions(t *testing.T) {
	c := pgtest.Start(t)
	s := openPG(t, c.Database(t))
	tx, err := s.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	var shown string
	if err := tx.QueryRowContext(t.Context(), "SHOW idle_in_transaction_session_timeout").Scan(&shown); err != nil {
		t.Fatal(err)
	}
	if bound, err := time.ParseDuration(shown); err != nil || bound <= 0 || bound > time.Minute {
		t.Errorf("the server waits %q for the next statement, want no longer than a lease", shown)
	}
}
