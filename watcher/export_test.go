package watcher

import "context"

// Report runs the loop that tells the operators of feeds, by itself: a week of
// the other loops takes a test a minute.
func (w *Watcher) Report(ctx context.Context) error { return w.report(ctx) }
