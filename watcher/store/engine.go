package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// engine is a database that the state lives in: all of it that SQL does not say.
type engine interface {
	dialect() dialect
	// open gives a pool that writes and one that reads, which may be the same. Beside
	// makes nothing; see Options.
	open(ctx context.Context, beside bool) (writer, reader *sql.DB, err error)
	// alone says that nobody else works on the state as long as it is open: leases
	// that somebody left behind are void.
	alone() bool
	// migrating keeps others from working on a schema that changes under them, until
	// the release, and sees that there is a way back to the schema as it is.
	migrating(ctx context.Context, beside bool, have int) (release func() error, err error)
	// still makes sure that nobody works on the state, until the release; else
	// ErrLocked. The state is open already, beside.
	still(ctx context.Context) (release func() error, err error)
	// receive prepares for a copy that is to become the state. ErrNotEmpty: there is
	// one already.
	receive(ctx context.Context, o CopyOptions) (*intake, error)
	// explain says of an error of the database what it means and what to do; other
	// errors it gives back.
	explain(err error) error
	// passing says that a transaction failed by no fault of its own and was not
	// committed: it may be run again.
	passing(err error) bool
	// place names the database to people, without a secret.
	place() string
	// file is where the state lies, ErrNotHere where that is a matter of a server.
	file() (path string, err error)
	close() error
}

// engineOf is the engine behind a URL.
func engineOf(o Options) (engine, error) {
	switch scheme, _, _ := strings.Cut(o.URL, "://"); scheme {
	case "sqlite":
		return newSQLite(o)
	case "postgres", "postgresql":
		return newPostgres(o)
	}
	return nil, fmt.Errorf("open %q: %w: the form is sqlite://relative.db, sqlite:///absolute.db or postgres://user@host/database", scheme(o.URL), ErrURL)
}

// Place names the database behind a URL to people, without a secret.
func Place(rawURL string) string {
	e, err := engineOf(Options{URL: rawURL})
	if err != nil {
		return scheme(rawURL)
	}
	return e.place()
}

// scheme is all of a foreign URL that may be shown: the rest can hold a password.
func scheme(rawURL string) string {
	if s, _, ok := strings.Cut(rawURL, "://"); ok {
		return s + "://..."
	}
	if strings.Contains(rawURL, "@") {
		return "..." // a URL whose scheme was forgotten
	}
	return rawURL
}
