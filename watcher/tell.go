package watcher

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"newswatch/news"
	"newswatch/watcher/store"
)

const (
	claims  = 16 // plans or destinations worked on at the same time
	forever = 365 * 24 * time.Hour
)

// plan builds the digests whose slot has come and the alerts that are ready.
func (w *Watcher) plan(ctx context.Context) (sum Summary, err error) {
	d := w.desk.Load()
	if w.cfg.AtOnce {
		if err := w.cfg.Store.Wake(ctx, news.Plans); err != nil {
			return sum, fmt.Errorf("wake the plans: %w", err)
		}
	}
	leases, err := w.cfg.Store.Claim(ctx, news.Plans, len(d.plans)+claims, lease)
	if err != nil {
		return sum, fmt.Errorf("claim plans: %w", err)
	}
	for _, l := range leases {
		next := w.cfg.Now().Add(forever)
		if plan, known := d.plans[l.Key]; known {
			out, err := d.planner.Run(ctx, l, plan, w.cfg.AtOnce)
			if errors.Is(err, store.ErrFenced) {
				continue
			}
			if err != nil {
				return sum, err
			}
			sum.Built += out.Deliveries
			sum.Told += out.Stories
			next = out.Next
			if out.Deliveries > 0 || out.Slot != "" {
				w.cfg.Log.Info("planned", "plan", plan.ID, "slot", out.Slot, "stories", out.Stories, "messages", out.Deliveries, "next", next)
			}
		}
		if err := w.cfg.Store.Release(ctx, l, next); err != nil && !errors.Is(err, store.ErrFenced) {
			return sum, fmt.Errorf("release plan %s: %w", l.Key, err)
		}
	}
	if sum.Built > 0 {
		w.ring(news.Destinations)
	}
	return sum, nil
}

// send works off the destinations that are due, each by itself.
func (w *Watcher) send(ctx context.Context) (sum Summary, err error) {
	var mu sync.Mutex
	leases, err := w.cfg.Store.Claim(ctx, news.Destinations, claims, lease)
	if err != nil {
		return sum, fmt.Errorf("claim destinations: %w", err)
	}
	g, gctx := errgroup.WithContext(ctx)
	for _, l := range leases {
		g.Go(func() error {
			one, err := w.sendTo(gctx, l)
			mu.Lock()
			defer mu.Unlock()
			sum.Add(one)
			return err
		})
	}
	return sum, g.Wait()
}

func (w *Watcher) sendTo(ctx context.Context, l news.Lease) (sum Summary, err error) {
	next, done, err := w.outbox.Send(ctx, l)
	for _, d := range done {
		switch d.State {
		case news.Sent:
			sum.Posted++
		case news.Held:
			sum.Held++
		case news.Sending:
			sum.Uncertain++
		case news.Pending:
			sum.Waiting++
		}
	}
	if errors.Is(err, store.ErrFenced) || errors.Is(err, store.ErrUnwritable) {
		return sum, ignoreFence(err)
	}
	if err != nil && ctx.Err() == nil {
		w.cfg.Log.Error("sending failed, trying again", "destination", l.Key, "err", err)
	}
	if next.IsZero() {
		next = w.cfg.Now().Add(forever)
	}
	return sum, ignoreFence(w.cfg.Store.Release(context.WithoutCancel(ctx), l, next))
}

// ignoreFence forgets that another worker took over: that is not an error, its
// work goes on there.
func ignoreFence(err error) error {
	if errors.Is(err, store.ErrFenced) {
		return nil
	}
	return err
}
