package watcher

import "context"

// Report runs the loop that tells the operators of feeds, by itself: a week of
// the other loops takes a test a minute.
func (w *Watcher) Report(ctx context.Context) error { return w.report(ctx) }

// Audit runs the loop that looks for yesterday's messages, by itself.
func (w *Watcher) Audit(ctx context.Context) error { return w.audit(ctx) }

// BackUp runs the loop that copies the state, by itself.
func (w *Watcher) BackUp(ctx context.Context) error { return w.backUp(ctx) }

// Prune is one round of forgetting.
func (w *Watcher) Prune(ctx context.Context) error { return w.pruneOnce(ctx) }

// Grouper decides which story an item belongs to.
type Grouper = grouper

// GroupBy lets another grouper decide from now on.
func (w *Watcher) GroupBy(knowsNothing func() Grouper) { w.forget = knowsNothing }

// Group is one look of the desk at its work.
func (w *Watcher) Group(ctx context.Context) (Summary, error) { return w.group(ctx) }

// Steady says whether the clock can be trusted with what is to be forgotten.
func (w *Watcher) Steady() bool { return w.clock.steady(w.cfg.Now()) }

// KeepTime is one look at the clock.
func KeepTime(ctx context.Context, w *Watcher) error { return w.keepTime(ctx) }
