package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"newswatch/watcher/store"
	"newswatch/watcher/store/pgtest"
	"newswatch/watcher/store/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, opener(func(t *testing.T) string { return "sqlite://" + filepath.Join(t.TempDir(), "n.db") }))
}

func TestPostgres(t *testing.T) {
	c := pgtest.Start(t)
	storetest.Run(t, opener(func(t *testing.T) string { return c.Empty(t) }))
}

// TestPostgresBehindAPooler holds what a pooler between us needs that gives each
// transaction another connection: no statement is kept on one.
func TestPostgresBehindAPooler(t *testing.T) {
	c := pgtest.Start(t)
	storetest.Run(t, opener(func(t *testing.T) string { return c.Empty(t, "default_query_exec_mode=exec") }))
}

func opener(url func(t *testing.T) string) storetest.Opener {
	return func(t *testing.T, now func() time.Time) *store.Store {
		s, err := store.Open(t.Context(), store.Options{URL: url(t), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
}
