package store_test

import (
	"database/sql"
	"testing"
	"time"

	"newswatch/watcher/store"
	"newswatch/watcher/store/pgtest"
	"newswatch/watcher/store/storetest"
)

// TestRaces holds what replicas do at once on PostgreSQL to what would come of one
// after the other.
func TestRaces(t *testing.T) {
	c := pgtest.Start(t, "deadlock_timeout=1h") // who waits for each other waits for ever
	storetest.Races(t, func(t *testing.T, now func() time.Time) (a, b *store.Store, raw *sql.DB) {
		url := c.Database(t)
		open := opener(func(*testing.T) string { return url })
		a, b = open(t, now), open(t, now)
		raw, err := sql.Open("pgx", url)
		must(t, err)
		t.Cleanup(func() { _ = raw.Close() })
		return a, b, raw
	})
}
