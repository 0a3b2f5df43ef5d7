package store_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"newswatch/watcher/store"
)

// Commits beside each other share what is remembered of statements.
func TestCommitsBesideEachOther(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "s.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 20 {
				if err := s.SetMeta(t.Context(), fmt.Sprint(i), fmt.Sprint(n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
