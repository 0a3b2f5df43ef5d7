package backtest

import (
	"cmp"
	"slices"
	"time"

	"newswatch/news"
)

// maxExamples is how many items are shown of those that are new, lost, or have
// another score.
const maxExamples = 5

// sum is what one worker has added up.
type sum struct {
	items, unlisted int
	all             tally
	rules, plans    map[string]*tally
}

func newSum() *sum {
	return &sum{rules: map[string]*tally{}, plans: map[string]*tally{}}
}

func (s *sum) rule(id string) *tally { return entry(s.rules, id) }
func (s *sum) plan(id string) *tally { return entry(s.plans, id) }

func entry[K comparable, V any](m map[K]*V, id K) *V {
	if m[id] == nil {
		m[id] = new(V)
	}
	return m[id]
}

// add takes over what another worker has added up.
func (s *sum) add(o *sum) {
	s.items += o.items
	s.unlisted += o.unlisted
	s.all.add(&o.all)
	for id, t := range o.rules {
		s.rule(id).add(t)
	}
	for id, t := range o.plans {
		s.plan(id).add(t)
	}
}

// sight is an item on the day on which it came.
type sight struct {
	item *news.Item
	day  int // since 1970-01-01, in the desk's time zone
}

func dayOf(t time.Time, loc *time.Location) int {
	_, offset := t.In(loc).Zone()
	seconds, day := t.Unix()+int64(offset), int64(24*60*60)
	return int((seconds - (seconds%day+day)%day) / day)
}

// tally counts the items of one rule, of one plan, or of all.
type tally struct {
	Counts
	higher, lower       int
	days                map[int]*Counts
	fresh, lost, scored newest
}

// see takes in an item that at least one side has a hit on; the hit of the other
// is nil then.
func (t *tally) see(s sight, before, after *news.Hit) {
	var c Counts
	switch {
	case before == nil:
		c.After, c.New = 1, 1
		t.fresh.show(s.item, after, nil)
	case after == nil:
		c.Before, c.Lost = 1, 1
		t.lost.show(s.item, before, nil)
	default:
		c.Before, c.After = 1, 1
		if before.Score != after.Score {
			t.scored.show(s.item, after, &before.Score)
		}
		if after.Score > before.Score {
			t.higher++
		} else if after.Score < before.Score {
			t.lower++
		}
	}
	t.count(s.day, c)
}

func (t *tally) count(day int, c Counts) {
	t.Counts.add(c)
	if t.days == nil {
		t.days = map[int]*Counts{}
	}
	entry(t.days, day).add(c)
}

func (t *tally) add(o *tally) {
	for day, c := range o.days {
		t.count(day, *c)
	}
	t.higher += o.higher
	t.lower += o.lower
	t.fresh.add(o.fresh)
	t.lost.add(o.lost)
	t.scored.add(o.scored)
}

// newest are the examples that are kept: the newest first, equals by id, so that
// it does not matter in which order they came.
type newest []Example

// show keeps an item if it is among the newest.
func (n *newest) show(it *news.Item, h *news.Hit, was *int) {
	e := Example{
		Item: it.ID, Title: it.Title, URL: it.URL, Source: it.FeedName, Fetched: it.Fetched.UTC(), Score: h.Score, Why: h.Why,
	}
	if was != nil {
		score := *was
		e.Was = &score
	}
	n.keep(e)
}

func (n *newest) keep(e Example) {
	at, _ := slices.BinarySearchFunc(*n, e, newer)
	if at == maxExamples {
		return
	}
	*n = slices.Insert(*n, at, e)
	*n = (*n)[:min(len(*n), maxExamples)]
}

func (n *newest) add(o newest) {
	for _, e := range o {
		n.keep(e)
	}
}

func newer(a, b Example) int {
	return cmp.Or(b.Fetched.Compare(a.Fetched), cmp.Compare(b.Item, a.Item))
}
