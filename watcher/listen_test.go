package watcher_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/watcher"
)

// What a verb makes due in a process of its own is done within a second: each unit
// that verbs wake has a bell that rings for them.
func TestVerbsAreHeard(t *testing.T) {
	t.Parallel()
	for _, unit := range []news.Unit{news.Plans, news.Desk, news.Destinations} {
		t.Run(string(unit), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newReported(t, 1, time.UTC)
				stop := p.start(func(w *watcher.Watcher, ctx context.Context) error { return w.Run(ctx, []news.Unit{unit}) })
				time.Sleep(10*time.Second + 100*time.Millisecond)
				if err := p.store.Wake(t.Context(), unit); err != nil {
					t.Fatal(err)
				}
				woken := time.Now()
				time.Sleep(time.Second)
				synctest.Wait()
				next, err := p.store.NextAt(t.Context(), unit)
				if err != nil || !next.IsZero() && !next.After(woken) {
					t.Errorf("a second later it is still due since %v, %v", time.Since(next), err)
				}
				stop()
			})
		})
	}
}
