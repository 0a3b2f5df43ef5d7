package watcher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

const (
	posts     = 16 // destinations worked on at the same time
	failPause = 5 * time.Second
	forever   = 365 * 24 * time.Hour
)

// plan builds the digests whose slot has come and the alerts that are ready.
func (w *Watcher) plan(ctx context.Context) (sum Summary, err error) {
	d := w.desk.Load()
	if w.cfg.AtOnce {
		if err := w.cfg.Store.Wake(ctx, news.Plans); err != nil {
			return sum, fmt.Errorf("wake the plans: %w", err)
		}
	}
	leases, err := w.cfg.Store.Claim(ctx, news.Plans, max(len(d.plans), 1), lease)
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

// sendTo works on one destination. A failure there is no failure of ours: what
// is due waits for the next try.
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
		next = w.cfg.Now().Add(failPause)
		w.cfg.Log.Error("sending failed, trying again", "destination", l.Key, "next", next, "err", err)
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
