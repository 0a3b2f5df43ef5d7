package watcher

import (
	"context"
	"errors"
	"sync"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

// awayAgain is how long a database that is away is left alone.
const awayAgain = time.Second

// giveBack ends a lease, whatever became of the work: also when the program is to stop,
// so that others need not wait until it is over. While the database is away it is tried
// again, as long as there is a lease to end.
func (w *Watcher) giveBack(ctx context.Context, l news.Lease, next time.Time) error {
	for {
		err := w.cfg.Store.Release(context.WithoutCancel(ctx), l, next)
		if !w.away(err) || !w.cfg.Now().Before(l.Until) || sleep(ctx, awayAgain) != nil {
			return ignoreFence(err)
		}
	}
}

// retryLater gives back work that failed, for another try soon: at once, by somebody
// else, when it is we who stop. That the database is away has been said.
func (w *Watcher) retryLater(ctx context.Context, l news.Lease, err error) error {
	next := w.cfg.Now()
	switch {
	case w.away(err):
		err = nil
	case ctx.Err() == nil:
		next = next.Add(failPause)
	}
	return errors.Join(err, w.giveBack(ctx, l, next))
}

// under ends a context with a lease, so that a worker which stood still for longer asks
// nobody for anything any more: another one is at it.
func (w *Watcher) under(ctx context.Context, l news.Lease) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, l.Until.Sub(w.cfg.Now()), store.ErrFenced)
}

// notYet are the rows of a unit that this program leaves to others for now: after a start
// it may send nothing to a destination before it has read what stands there, which takes
// turns, and they have read it.
func (w *Watcher) notYet(u news.Unit) []string {
	if u != news.Destinations || !w.together {
		return nil
	}
	return w.outbox.Unready()
}

// ignoreFence forgets that another worker took over: that is not an error, its
// work goes on there.
func ignoreFence(err error) error {
	if errors.Is(err, store.ErrFenced) {
		return nil
	}
	return err
}

// absence is a time in which the database is away.
type absence struct {
	mu    sync.Mutex
	since time.Time // zero: it is there
}

// away says whether an error means that the database is away, and logs that once: all
// loops meet it, again and again.
func (w *Watcher) away(err error) bool { return w.awaySince(err, w.cfg.Now()) }

// awaySince is for who has waited for the database since a time.
func (w *Watcher) awaySince(err error, since time.Time) bool {
	if !errors.Is(err, store.ErrUnreachable) {
		return false
	}
	a := &w.absence
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.since.IsZero() {
		a.since = since
		w.cfg.Log.Error("the database is away: nothing is lost, all goes on when it is back", "since", since, "err", err)
	}
	return true
}

// served notes that the database did what was begun at a time.
func (w *Watcher) served(began time.Time) {
	a := &w.absence
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.since.IsZero() && began.After(a.since) {
		w.cfg.Log.Warn("the database is back", "after", w.cfg.Now().Sub(a.since).Round(time.Millisecond))
		a.since = time.Time{}
	}
}
