package story

import (
	"slices"
	"time"
)

const (
	// mergeFrom is the least score of a second story that an item fits too for the
	// two stories to be compared.
	mergeFrom = 0.3
	// mergeAt is the least score of two stories that are one. It is higher than that
	// of an item: a false merge hurts more than a missed one.
	mergeAt = 0.7
	// maxBridges bounds the stories that are compared with the one an item is put in:
	// a stream may keep many of them just short of a merge.
	maxBridges = 3
	// sampled is how many members of each of two stories are compared.
	sampled = 12
)

// bridge is what speaks for and against two stories being one. An item that fits
// both has shown it.
type bridge struct {
	into, from   *story // into was there first
	centre, mean likeness
	best         likeness // of the two members most alike
	headMost     float64  // likeness of any two headlines
	strangers    float64  // share of the pairs whose headlines name others
	fits, other  float64  // scores of the item in the story it fits better, and in the other
	silent       time.Duration
	small, big   int // members
	texts        bool
	why          string
}

// bridges are the stories that may be one with the first of all. It is asked
// while the item is under comparison that fits them all.
func (g *Grouper) bridges(all []choice) []bridge {
	var found []bridge
	for _, c := range all[1:] {
		if c.score < mergeFrom || len(found) == maxBridges {
			break // all are in the order of their scores
		}
		if g.isApart(all[0].story, c.story) {
			continue
		}
		found = append(found, bridge{
			into: all[0].story, from: c.story, why: "a report fits both: " + g.query.why(c.ev),
			fits: max(all[0].score, c.score), other: min(all[0].score, c.score),
		})
	}
	item, at := g.query.draft, g.query.at
	for i := range found {
		g.span(&found[i])
	}
	g.query.load(item, at)
	return found
}

// bridgesFrom are the bridges of an item that is a copy of a report in s.
func (g *Grouper) bridgesFrom(s *story, found []candidate) []bridge {
	all := g.choices(found)
	i := slices.IndexFunc(all, func(c choice) bool { return c.story == s })
	if i < 0 {
		return nil
	}
	own := all[i]
	return g.bridges(slices.Insert(slices.Delete(all, i, i+1), 0, own))
}

// span compares the two stories of a bridge.
func (g *Grouper) span(b *bridge) {
	if b.from.rank < b.into.rank {
		b.into, b.from = b.from, b.into
	}
	big, small := b.into, b.from
	if len(small.members) > len(big.members) {
		big, small = small, big
	}
	b.small, b.big, b.silent = len(small.members), len(big.members), between(big, small)
	g.compareMembers(b, sample(small.members), sample(big.members))
	pairs := float64(b.small * b.big)
	b.centre = likeness{
		text: pairs * b.mean.text / (root(big.norm.text) * root(small.norm.text)),
		head: pairs * b.mean.head / (root(big.norm.head) * root(small.norm.head)),
		name: pairs * b.mean.name / (root(big.norm.name) * root(small.norm.name)),
	}
}

func (g *Grouper) compareMembers(b *bridge, some, others []*member) {
	top := -1.0
	for _, m := range some {
		g.query.load(&draft{lex: g.lex, doc: m.doc}, time.Time{})
		for _, o := range others {
			l := g.query.compare(&o.doc)
			b.mean.text, b.mean.head, b.mean.name = b.mean.text+l.text, b.mean.head+l.head, b.mean.name+l.name
			b.strangers += indicator(l.strangers)
			b.headMost = max(b.headMost, l.head)
			if rank := l.rank(); rank > top {
				top, b.best, b.texts = rank, l, m.doc.text && o.doc.text
			}
		}
	}
	n := float64(len(some) * len(others))
	b.mean = likeness{text: b.mean.text / n, head: b.mean.head / n, name: b.mean.name / n}
	b.strangers /= n
}

// between is the time between two stories, 0 when they overlap, negative when it
// is not known.
func between(a, b *story) time.Duration {
	switch {
	case a.first.IsZero() || b.first.IsZero():
		return -1
	case a.first.After(b.last):
		return a.first.Sub(b.last)
	case b.first.After(a.last):
		return b.first.Sub(a.last)
	}
	return 0
}

// sample are the members by which a story is compared with another: the first,
// which say what it is about, and the last.
func sample(members []*member) []*member {
	if len(members) <= sampled {
		return members
	}
	return slices.Concat(members[:sampled/3], members[len(members)-(sampled-sampled/3):])
}

// mergeAll makes one of the stories that are. Earlier merges may have moved what a
// bridge joins.
func (g *Grouper) mergeAll(found []bridge) []Merge {
	var done []Merge
	for i := range found {
		b := &found[i]
		g.query.asked = g.query.merges.of(b, g.query.asked[:0])
		score := g.query.model.Merge.Score(g.query.asked)
		into, from := b.into.living(), b.from.living()
		if score < g.needed(mergeAt, b.silent) || into == from || g.isApart(into, from) {
			continue
		}
		if from.rank < into.rank {
			into, from = from, into
		}
		g.merge(into, from)
		done = append(done, Merge{Into: into.id, From: from.id, Score: score, Why: b.why})
	}
	return done
}

// living is the story itself, or the one that took it in.
func (s *story) living() *story {
	for s.merged != nil {
		s = s.merged
	}
	return s
}

// merge moves the members of from to into.
func (g *Grouper) merge(into, from *story) {
	into.norm = g.normOfBoth(into, from)
	for _, m := range from.members {
		m.story = into
	}
	for _, r := range from.reports {
		r.story = into
	}
	into.members = append(into.members, from.members...)
	slices.SortFunc(into.members, func(a, b *member) int { return int(a.slot) - int(b.slot) })
	into.reports = append(into.reports, from.reports...)
	into.saw(from.first)
	into.saw(from.last)
	if from.seen.After(into.seen) {
		into.seen = from.seen
	}
	for len(into.members) > maxMembers {
		g.thin(into)
	}
	from.merged, from.members, from.reports = into, nil, nil
	delete(g.stories, from.id)
	g.moveApart(from.id, into.id)
}

// normOfBoth is the squared length of the sum of the members' vectors of two stories.
func (g *Grouper) normOfBoth(into, from *story) likeness {
	sum := likeness{
		text: into.norm.text + from.norm.text, head: into.norm.head + from.norm.head, name: into.norm.name + from.norm.name,
	}
	for _, m := range from.members {
		g.query.load(&draft{lex: g.lex, doc: m.doc}, time.Time{})
		for _, o := range into.members {
			l := g.query.compare(&o.doc)
			sum.text, sum.head, sum.name = sum.text+2*l.text, sum.head+2*l.head, sum.name+2*l.name
		}
	}
	return sum
}

// moveApart keeps apart from a story what was kept apart from one that it took in.
func (g *Grouper) moveApart(from, into string) {
	for pair := range g.apart {
		switch from {
		case pair[0]:
			g.KeepApart(into, pair[1])
		case pair[1]:
			g.KeepApart(into, pair[0])
		default:
			continue
		}
		delete(g.apart, pair)
	}
}

func (g *Grouper) isApart(a, b *story) bool {
	return g.apart[pairOf(a.id, b.id)]
}
