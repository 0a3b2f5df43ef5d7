package main_test

import (
	"net/url"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"newswatch/watcher/store/pgtest"
)

// TestScriptsOnPostgres runs the scripts that need a PostgreSQL: $DB is an empty
// database, without the password, which $PGPASSWORD has.
func TestScriptsOnPostgres(t *testing.T) {
	c := pgtest.Start(t)
	db, err := url.Parse(c.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	db.User = url.User(db.User.Username())
	testscript.Run(t, scripts("testdata/postgres", "DB", db.String(), "PGPASSWORD", c.Password()))
}
