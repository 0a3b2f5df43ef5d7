package watcher

import (
	"context"
	"fmt"
	"time"

	"newswatch/watcher/story"
)

const (
	pruneEvery = time.Hour
	pruneBatch = 5000 // rows of a kind in one transaction at most: the store takes fewer, so that no poll waits for long
	// Between two of them lies so much rest for each time that one took, and so much at
	// least: it is no work that anybody waits for.
	pruneRest      = 4
	pruneRestMost  = time.Second
	pruneRestLeast = 20 * time.Millisecond
	// storiesLeast is how long stories are kept at least after their last report: the
	// desk takes in reports for as long as its memory, and a story that it was told to
	// forget meanwhile would be told as if it were new.
	storiesLeast = story.Memory + 24*time.Hour
)

// prune forgets, hour by hour, what is older than the desk keeps it.
func (w *Watcher) prune(ctx context.Context) error {
	for ctx.Err() == nil {
		if !w.clock.steady(w.cfg.Now()) {
			w.cfg.Log.Info("forgetting nothing yet, the clock has just gone far ahead")
		} else if err := w.pruneOnce(ctx); err != nil && ctx.Err() == nil && !w.away(err) {
			w.cfg.Log.Error("forgetting what is old failed, trying again", "err", err)
		}
		if err := sleep(ctx, pruneEvery); err != nil {
			return nil
		}
	}
	return nil
}

func (w *Watcher) pruneOnce(ctx context.Context) error {
	keep := w.Rules().File.Settings
	now := w.cfg.Now()
	items, stories := now.Add(-keep.KeepItems), now.Add(-max(keep.KeepStories, storiesLeast))
	forgotten := 0
	for {
		began := time.Now()
		n, err := w.cfg.Store.Prune(ctx, items, stories, pruneBatch)
		if err != nil {
			return fmt.Errorf("prune: %w", err)
		}
		forgotten += n
		if n == 0 {
			break
		}
		if err := sleep(ctx, max(pruneRestLeast, min(pruneRest*time.Since(began), pruneRestMost))); err != nil {
			return err
		}
	}
	if forgotten > 0 {
		w.cfg.Log.Info("forgot what is old", "rows", forgotten, "items_before", items, "stories_before", stories)
	}
	return nil
}
