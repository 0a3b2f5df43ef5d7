package watcher

import (
	"context"
	"errors"
	"slices"
	"time"

	"newswatch/rules"
	"newswatch/watcher/store"
)

// auditHour is the hour of the desk's day from which on yesterday's messages are
// looked for: few are posted then.
const auditHour = 4

// auditKey is where the database keeps the day of the last audit.
const auditKey = "audited"

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

// auditOnce audits each destination, unless that was done this day.
func (w *Watcher) auditOnce(ctx context.Context, day string) error {
	done, err := w.cfg.Store.Meta(ctx, auditKey)
	if err != nil || done == day {
		return err
	}
	var errs []error
	for _, destination := range w.destinations(w.Rules()) {
		_, err := w.outbox.Audit(ctx, destination)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return w.cfg.Store.SetMeta(ctx, auditKey, day)
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
