package backtest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"newswatch/news"
	"newswatch/rules"
)

// Report is the outcome of a backtest. As JSON it is one object; lists are never
// null, times are RFC 3339 in UTC. Other keys may be added.
type Report struct {
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until"` // items fetched from since until before this
	Items    int       `json:"items"`
	Unlisted int       `json:"unlisted"` // items of feeds that the new file does not have; they were matched too
	Matched  Delta     `json:"matched"`  // items that any rule matched; their scores are the best ones
	// Plans are the digests and alerts of the new file in its order, then those
	// that only the other has. They count single items with a score that is high
	// enough, not stories, and none that came as a baseline.
	Plans []PlanDelta `json:"plans"`
	// Rules are those of the new file in its order, then those that only the other
	// side has.
	Rules []RuleDelta `json:"rules"`
}

// PlanDelta is what becomes of a digest or an alert.
type PlanDelta struct {
	ID    string        `json:"id"`
	Title string        `json:"title"`
	Kind  news.PlanKind `json:"kind"` // "digest" or "alert"
	Gone  bool          `json:"gone"` // the new file does not have it
	Delta
}

// RuleDelta is what becomes of a rule.
type RuleDelta struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Gone  bool   `json:"gone"` // the new file does not have it
	Delta
}

// Delta is the difference between the two sides, in items.
type Delta struct {
	Counts
	Higher int   `json:"higher"` // items of both sides whose score rises
	Lower  int   `json:"lower"`
	Days   []Day `json:"days"` // those with a hit of either side, the oldest first
	// At most five items each, the newest first.
	NewItems    []Example `json:"new_items"`
	LostItems   []Example `json:"lost_items"`
	ScoredItems []Example `json:"scored_items"` // whose score differs
}

// Changed says whether the two sides differ at all.
func (d *Delta) Changed() bool { return d.New+d.Lost+d.Higher+d.Lower > 0 }

// Counts count items: after = before + new - lost.
type Counts struct {
	Before int `json:"before"`
	After  int `json:"after"`
	New    int `json:"new"`
	Lost   int `json:"lost"`
}

func (c *Counts) add(o Counts) {
	c.Before += o.Before
	c.After += o.After
	c.New += o.New
	c.Lost += o.Lost
}

// Day counts the items fetched on one day of the desk's time zone.
type Day struct {
	Date string `json:"date"` // 2006-01-02
	Counts
}

// Example is an item, and why a rule matches or matched it.
type Example struct {
	Item    string    `json:"item"`
	Title   string    `json:"title"`
	URL     string    `json:"url"`
	Source  string    `json:"source"` // the feed's name when the item came
	Fetched time.Time `json:"fetched"`
	Score   int       `json:"score"`         // the new one; of a lost item its last
	Was     *int      `json:"was,omitempty"` // the old one, where both sides match
	Why     string    `json:"why"`
}

// report puts what was added up into the order of the rule files. Every rule and
// plan that is known is in it, also one without a single hit.
func (r *run) report(s *sum) *Report {
	out := &Report{
		Since: r.Since.UTC(), Until: r.Until.UTC(), Items: s.items, Unlisted: s.unlisted, Matched: s.all.delta(),
		Plans: []PlanDelta{}, Rules: []RuleDelta{},
	}
	rulesDone, plansDone := map[string]bool{}, map[string]bool{}
	list := func(file *rules.File, gone bool) {
		for _, p := range file.Plans {
			if !plansDone[p.ID] {
				plansDone[p.ID] = true
				out.Plans = append(out.Plans, PlanDelta{p.ID, cmp.Or(p.Title, p.ID), p.Kind, gone, s.plan(p.ID).delta()})
			}
		}
		for _, rule := range file.Rules {
			if !rulesDone[rule.ID] {
				rulesDone[rule.ID] = true
				out.Rules = append(out.Rules, RuleDelta{rule.ID, cmp.Or(rule.Title, rule.ID), gone, s.rule(rule.ID).delta()})
			}
		}
	}
	list(r.After.File, false)
	if r.Before.File != nil {
		list(r.Before.File, true)
	}
	for _, id := range slices.Sorted(maps.Keys(s.rules)) { // of some only hits are known
		if !rulesDone[id] {
			out.Rules = append(out.Rules, RuleDelta{id, id, true, s.rules[id].delta()})
		}
	}
	return out
}

func (t *tally) delta() Delta {
	d := Delta{
		Counts: t.Counts, Higher: t.higher, Lower: t.lower, Days: []Day{},
		NewItems: t.fresh.list(), LostItems: t.lost.list(), ScoredItems: t.scored.list(),
	}
	for _, day := range slices.Sorted(maps.Keys(t.days)) {
		date := time.Unix(int64(day)*24*60*60, 0).UTC().Format(time.DateOnly)
		d.Days = append(d.Days, Day{date, *t.days[day]})
	}
	return d
}

func (n newest) list() []Example { return append([]Example{}, n...) }
