package watcher

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"newswatch/rules"
	"newswatch/watcher/store"
)

// auditHour is the hour of the desk's day from which on yesterday's messages are
// looked for: few are posted then.
const auditHour = 4

// auditKey is where the database keeps the day of a destination's last audit: its
// name follows.
const auditKey = "audited "

const (
	auditBegan = " begun at "     // between the day and the time, while one is at it
	auditMost  = 10 * time.Minute // it takes no longer
)

// audit looks once a day whether what Slack took stands where it was posted.
func (w *Watcher) audit(ctx context.Context) error {
	for sleep(ctx, reportLook) == nil {
		now := w.cfg.Now().In(w.zone())
		if now.Hour() < auditHour {
			continue
		}
		switch err := w.auditOnce(ctx, now.Format(time.DateOnly)); {
		case errors.Is(err, store.ErrUnwritable):
			return err
		case err != nil && ctx.Err() == nil:
			w.cfg.Log.Warn("the audit of yesterday's messages failed, trying again", "err", err)
			_ = sleep(ctx, time.Hour) // the loop sees to a context that ended
		}
	}
	return nil
}

// auditOnce audits each destination, unless that was done this day. One that fails
// holds up no other.
func (w *Watcher) auditOnce(ctx context.Context, day string) error {
	var errs []error
	for _, destination := range w.destinations(w.Rules()) {
		errs = append(errs, w.auditOf(ctx, destination, day))
	}
	return errors.Join(errs...)
}

// auditOf audits a destination, unless another replica does or has done it. One that
// died at it is followed by another after a while.
func (w *Watcher) auditOf(ctx context.Context, destination, day string) error {
	done, err := w.cfg.Store.Meta(ctx, auditKey+destination)
	if err != nil || done == day {
		return err
	}
	if of, at, ok := strings.Cut(done, auditBegan); ok && of == day {
		if t, err := time.Parse(time.RFC3339, at); err == nil && w.cfg.Now().Sub(t).Abs() < auditMost {
			return nil
		}
	}
	began := day + auditBegan + w.cfg.Now().UTC().Format(time.RFC3339)
	if ours, err := w.cfg.Store.Note(ctx, auditKey+destination, done, began); err != nil || !ours {
		return err
	}
	if _, err := w.outbox.Audit(ctx, destination); err != nil {
		return errors.Join(err, w.cfg.Store.SetMeta(context.WithoutCancel(ctx), auditKey+destination, ""))
	}
	return w.cfg.Store.SetMeta(ctx, auditKey+destination, day)
}

// destinations are where the plans of a rule file send to, and its operators.
func (w *Watcher) destinations(rs *rules.Ruleset) []string {
	var all []string
	for _, p := range rs.File.Plans {
		all = append(all, w.cfg.Route(p.To))
	}
	if rs.File.Operators != nil {
		all = append(all, w.cfg.Route(*rs.File.Operators))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
