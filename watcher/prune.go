package watcher

import (
	"context"
	"fmt"
	"time"
)

const (
	pruneEvery = time.Hour
	pruneBatch = 1000            // rows in one transaction, so that no poll waits for long
	pruneRest  = time.Second / 5 // between two of them
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
	forgotten := 0
	for {
		n, err := w.cfg.Store.Prune(ctx, now.Add(-keep.KeepItems), now.Add(-keep.KeepStories), pruneBatch)
		if err != nil {
			return fmt.Errorf("prune: %w", err)
		}
		forgotten += n
		if n == 0 {
			break
		}
		if err := sleep(ctx, pruneRest); err != nil {
			return err
		}
	}
	if forgotten > 0 {
		w.cfg.Log.Info("forgot what is old", "rows", forgotten, "items_before", now.Add(-keep.KeepItems), "stories_before", now.Add(-keep.KeepStories))
	}
	return nil
}
