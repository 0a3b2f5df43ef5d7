package watcher

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wording"
	"newswatch/rules"
	"newswatch/rules/backtest"
)

const (
	compareSpan = 24 * time.Hour   // of items that new rules are held against
	compareMost = 30 * time.Second // for doing so
)

// rulesKey is where the database keeps the hash of the rules of which the operators
// know that they hold; "" after they were told of a broken file.
const rulesKey = "rules_told"

// ruleEdit is what an edit did to the rules themselves, and to the digests and
// alerts that tell what they find.
type ruleEdit struct {
	total        int // rules
	rules, plans edit
}

// edit is what became of a list, by ids.
type edit struct{ added, changed, gone []string }

func compareRules(before, after *rules.File) ruleEdit {
	return ruleEdit{
		total: len(after.Rules),
		rules: compareLists(byID(before.Rules), byID(after.Rules)),
		plans: compareLists(plansByID(before.Plans), plansByID(after.Plans)),
	}
}

func compareLists(old, now map[string]string) (e edit) {
	for _, id := range slices.Sorted(maps.Keys(now)) {
		switch o, known := old[id]; {
		case !known:
			e.added = append(e.added, id)
		case o != now[id]:
			e.changed = append(e.changed, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(old)) {
		if _, stays := now[id]; !stays {
			e.gone = append(e.gone, id)
		}
	}
	return e
}

// byID indexes rules without their places in the file: a rule that only moved
// has not changed.
func byID(list []rules.Rule) map[string]string {
	m := make(map[string]string, len(list))
	for _, r := range list {
		m[r.ID] = r.Fingerprint()
	}
	return m
}

// plansByID indexes digests and alerts by all that they say.
func plansByID(list []news.Plan) map[string]string {
	m := make(map[string]string, len(list))
	for _, p := range list {
		spec := notify.Spec(p)
		p.Timezone = nil // JSON does not show it, the schedule does
		all, err := json.Marshal(p)
		if err != nil {
			all = []byte(err.Error()) // cannot be: strings and numbers
		}
		m[p.ID] = spec + string(all)
	}
	return m
}

// attrs are for the log.
func (e ruleEdit) attrs() []any {
	list := func(ids []string) string { return strings.Join(ids, " ") }
	return []any{
		"rules", e.total, "added", list(e.rules.added), "changed", list(e.rules.changed), "gone", list(e.rules.gone),
		"plans_added", list(e.plans.added), "plans_changed", list(e.plans.changed), "plans_gone", list(e.plans.gone),
	}
}

// lines are for people.
func (e ruleEdit) lines() []string {
	return append(e.rules.lines(""), e.plans.lines("digests and alerts ")...)
}

func (e edit) lines(of string) []string {
	var lines []string
	for _, part := range []struct {
		what string
		ids  []string
	}{{"added", e.added}, {"changed", e.changed}, {"gone", e.gone}} {
		if len(part.ids) > 0 {
			lines = append(lines, of+part.what+": "+strings.Join(part.ids, ", "))
		}
	}
	return lines
}

// compare says what an edit changed, and what the new rules would have told of
// the last day's items that the old ones did not, and the other way round: to
// the log, and to the operators where there is anything to say. mended tells
// that they have heard of a refused file: then they hear of its end as well.
func (w *Watcher) compare(ctx context.Context, before, after *rules.Ruleset, edit ruleEdit, mended bool) {
	now := w.cfg.Now()
	last, err := w.cfg.Store.Meta(ctx, rulesKey)
	if err != nil || last == after.Hash { // another replica has told
		return
	}
	lines := edit.lines()
	subject, changes := w.changes(ctx, now, before, after)
	if ctx.Err() != nil || len(lines)+len(changes) == 0 && !mended {
		return
	}
	lines = append(lines, changes...)
	if len(changes) == 0 {
		lines = append(lines, "the same items match as before")
	}
	n := news.Notice{
		DeliveryID: news.NoticeID("rules_loaded", after.Hash, now.UTC().Format(time.DateTime)), Kind: "rules_loaded",
		Headline: "Rules loaded", Subject: subject,
		Detail: clipLines(strings.Join(lines, "\n"), 20), Footer: "They hold from now on; what came before is not told anew.",
	}
	d, wanted := w.notice(n)
	if !wanted {
		return
	}
	if _, err := w.cfg.Store.Note(ctx, rulesKey, last, after.Hash, d); err != nil {
		w.cfg.Log.Warn("cannot tell the operators what the new rules change", "err", err)
	}
}

// changes says what new rules change on the items of the last day: the subject of
// a notice, and its lines, none when all is as before.
func (w *Watcher) changes(ctx context.Context, now time.Time, before, after *rules.Ruleset) (subject string, lines []string) {
	ctx, cancel := context.WithTimeout(ctx, compareMost)
	defer cancel()
	report, err := backtest.Run(ctx, backtest.Config{
		Archive: w.cfg.Store, Since: now.Add(-compareSpan), Until: now, Location: after.File.Settings.Timezone,
		Before: backtest.Side{Judge: backtest.Rules(before), File: before.File},
		After:  backtest.Side{Judge: backtest.Rules(after), File: after.File},
	})
	if err != nil {
		w.cfg.Log.Warn("cannot say what the new rules change", "err", err)
		return "new rules hold", []string{"what they change on the items of the last 24 hours could not be worked out"}
	}
	for i := range report.Rules {
		if r := &report.Rules[i]; r.Changed() {
			w.cfg.Log.Info("rule changed", "rule", r.ID, "gone", r.Gone, "items", report.Items, "new", r.New, "lost", r.Lost, "higher", r.Higher, "lower", r.Lower)
			lines = append(lines, describe(r)...)
		}
	}
	return fmt.Sprintf("what they change on the %s of the last 24 hours", wording.Count(report.Items, "item", "items")), lines
}

// describe is what becomes of a rule, with the newest headline of each kind.
func describe(r *backtest.RuleDelta) []string {
	head := fmt.Sprintf("%s: %d -> %s", r.ID, r.Before, wording.Count(r.After, "item", "items"))
	if r.Gone {
		head += " (gone)"
	}
	if n := r.Higher + r.Lower; n > 0 {
		head += fmt.Sprintf(", %d with another score", n)
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
