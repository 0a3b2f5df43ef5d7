package watcher

import (
	"context"
	"fmt"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/rules"
	"newswatch/rules/backtest"
)

const (
	compareSpan = 24 * time.Hour   // of items that new rules are held against
	compareMost = 30 * time.Second // for doing so
)

// compare says what new rules would have told of the last day's items that the
// old ones did not, and the other way round: to the log, and to the operators
// where there is anything to say.
func (w *Watcher) compare(ctx context.Context, before, after *rules.Ruleset) {
	ctx, cancel := context.WithTimeout(ctx, compareMost)
	defer cancel()
	now := w.cfg.Now()
	report, err := backtest.Run(ctx, backtest.Config{
		Archive: w.cfg.Store, Since: now.Add(-compareSpan), Until: now, Location: after.File.Settings.Timezone,
		Before: backtest.Side{Judge: backtest.Rules(before), File: before.File},
		After:  backtest.Side{Judge: backtest.Rules(after), File: after.File},
	})
	if err != nil {
		w.cfg.Log.Warn("cannot say what the new rules change", "err", err)
		return
	}
	var lines []string
	for i := range report.Rules {
		if r := &report.Rules[i]; r.Changed() {
			w.cfg.Log.Info("rule changed", "rule", r.ID, "gone", r.Gone, "items", report.Items, "new", r.New, "lost", r.Lost, "higher", r.Higher, "lower", r.Lower)
			lines = append(lines, describe(r)...)
		}
	}
	if len(lines) == 0 {
		return
	}
	n := news.Notice{
		DeliveryID: news.NoticeID("rules_loaded", after.Hash, now.UTC().Format(time.DateTime)), Kind: "rules_loaded",
		Headline: "Rules loaded", Subject: fmt.Sprintf("what they change on the %d items of the last 24 hours", report.Items),
		Detail: clipLines(strings.Join(lines, "\n"), 20), Footer: "They hold from now on; what came before is not told anew.",
	}
	d, wanted := w.notice(n)
	if !wanted {
		return
	}
	if err := w.cfg.Store.EnqueueNotice(ctx, d); err != nil {
		w.cfg.Log.Warn("cannot tell the operators what the new rules change", "err", err)
	}
}

// describe is what becomes of a rule, with the newest headline of each kind.
func describe(r *backtest.RuleDelta) []string {
	head := fmt.Sprintf("%s: %d -> %d items", r.ID, r.Before, r.After)
	if r.Gone {
		head += " (gone)"
	}
	lines := []string{head}
	for _, kind := range []struct {
		mark  string
		count int
		items []backtest.Example
	}{{"+", r.New, r.NewItems}, {"-", r.Lost, r.LostItems}} {
		if len(kind.items) > 0 {
			lines = append(lines, fmt.Sprintf("  %s%d, such as: %s", kind.mark, kind.count, kind.items[0].Title))
		}
	}
	return lines
}
