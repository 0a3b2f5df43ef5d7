package watcher

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	if ready, err := w.ready(ctx); err != nil || !ready {
		return sum, err
	}
	d := w.desk.Load()
	if w.cfg.AtOnce {
		if err := w.cfg.Store.Wake(ctx, news.Plans); err != nil {
			return sum, fmt.Errorf("wake the plans: %w", err)
		}
	}
	leases, err := w.cfg.Store.Claim(ctx, news.Plans, max(len(d.plans), 1), w.cfg.Lease)
	if err != nil {
		return sum, fmt.Errorf("claim plans: %w", err)
	}
	if back, err := w.leftToRecovery(ctx, leases); back || err != nil {
		return sum, err
	}
	var errs []error // a plan that fails holds up no other
	for _, l := range leases {
		if ctx.Err() != nil {
			errs = append(errs, w.retryLater(ctx, l, nil))
			continue
		}
		one, err := w.runPlan(ctx, d, l)
		sum.Add(one)
		errs = append(errs, err)
	}
	if sum.Built > 0 {
		w.ring(news.Destinations)
	}
	return sum, errors.Join(errs...)
}

// runPlan looks at one plan.
func (w *Watcher) runPlan(ctx context.Context, d *desk, l news.Lease) (sum Summary, err error) {
	w.cfg.At(BeforeBind)
	plan, known := d.plans[l.Key]
	if !known {
		// A reload is under way, or a replica has newer rules: soon it is its turn.
		return sum, w.giveBack(ctx, l, w.cfg.Now().Add(time.Second))
	}
	if until, held := w.clock.holds(); held && plan.Kind == news.DigestPlan && !w.cfg.AtOnce {
		w.cfg.Log.Info("held back, the clock was set back", "plan", plan.ID, "until", until)
		return sum, w.giveBack(ctx, l, until.Add(clockLook)) // by then it has been looked whether they go on
	}
	out, err := d.planner.Run(ctx, l, plan, w.cfg.AtOnce)
	w.cfg.At(AfterBind)
	switch {
	case errors.Is(err, store.ErrFenced):
		return sum, nil
	case errors.Is(err, store.ErrMoved): // nothing was told: it is looked at again, at once
		return sum, w.giveBack(ctx, l, w.cfg.Now())
	case err != nil:
		return sum, w.retryLater(ctx, l, err)
	}
	sum.Built, sum.Told = out.Deliveries, out.Stories
	if out.Deliveries > 0 || out.Slot != "" {
		if out.Slot != "" {
			w.observe.Built(plan, out)
		}
		w.cfg.Log.Info("planned", "plan", plan.ID, "slot", out.Slot, "stories", out.Stories, "messages", out.Deliveries, "next", out.Next)
	}
	return sum, w.giveBack(ctx, l, out.Next)
}

// sendTo works on one destination. A failure there is no failure of ours: what
// is due waits for the next try.
func (w *Watcher) sendTo(ctx context.Context, l news.Lease) (sum Summary, err error) {
	next, done, err := w.outbox.Send(ctx, l)
	for _, d := range done {
		switch d.State {
		case news.Sent:
			w.delivered(ctx, d)
			if d.Kind == news.KindUpdate {
				sum.Rewritten++
			} else {
				sum.Posted++
			}
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
	if err != nil && ctx.Err() == nil && !w.away(err) {
		if soon := w.cfg.Now().Add(failPause); next.Before(soon) { // else the outbox knows better
			next = soon
		}
		w.cfg.Log.Error("sending failed, trying again", "destination", l.Key, "next", next, "err", err)
	}
	if next.IsZero() {
		next = w.cfg.Now().Add(forever)
	}
	if slices.Contains(w.notYet(l.Unit), l.Key) {
		next = w.cfg.Now()
	}
	return sum, w.giveBack(ctx, l, next)
}
