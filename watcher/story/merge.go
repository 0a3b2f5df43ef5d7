package story

import (
	"math"
	"slices"
	"time"
)

const (
	// mergeFrom is the least score of a second story that an item fits too for the
	// two stories to be compared.
	mergeFrom = 0.3
	// mergeAt is the least score of two stories that are one.
	mergeAt = 0.7
	// sampled is how many members of each of two stories are compared.
	sampled = 12
)

// bridge is what speaks for two stories being one.
type bridge struct {
	into, from           *story // into was there first
	centre, mean         likeness
	best                 likeness
	headMost             float64
	intoScore, fromScore float64 // of the item that showed it
	silent               time.Duration
	small, big           int // members
	texts                bool
	score                float64
	bestA, bestB         *member
	strangers            float64 // share of the pairs
}

// bridgesFrom are the bridges of an item that is a copy of a report in s.
func (g *Grouper) bridgesFrom(s *story, found []candidate) []bridge {
	all := g.choices(found)
	i := slices.IndexFunc(all, func(c choice) bool { return c.story == s })
	if i < 0 {
		return nil
	}
	own := all[i]
	return g.bridges(append([]choice{own}, slices.Delete(all, i, i+1)...))
}

// living is the story itself, or the one that took it in.
func (s *story) living() *story {
	for s.merged != nil {
		s = s.merged
	}
	return s
}

// bridges are the stories that may be one with the first of all, with what speaks
// for that. It is asked while the item is under comparison that fits them all.
func (g *Grouper) bridges(all []choice) []bridge {
	var found []bridge
	for _, c := range all[1:] {
		if c.score < mergeFrom || g.isApart(all[0].story, c.story) {
			continue
		}
		b := bridge{into: all[0].story, from: c.story, intoScore: all[0].score, fromScore: c.score}
		found = append(found, b)
	}
	for i := range found {
		g.span(&found[i])
	}
	return found
}

// span compares the two stories of a bridge.
func (g *Grouper) span(b *bridge) {
	item := g.query.draft
	at := g.query.at
	big, small := b.into, b.from
	if len(small.members) > len(big.members) {
		big, small = small, big
	}
	var sum likeness
	n := 0.0
	top := -1.0
	others := sample(big.members)
	for _, m := range sample(small.members) {
		g.query.load(&draft{lex: g.lex, doc: m.doc}, time.Time{})
		for _, o := range others {
			l := g.query.compare(&o.doc)
			sum.text, sum.head, sum.name = sum.text+l.text, sum.head+l.head, sum.name+l.name
			b.strangers += indicator(l.strangers)
			b.headMost = max(b.headMost, l.head)
			n++
			if rank := l.text + l.head/2 + l.name/4; rank > top {
				top, b.best, b.bestA, b.bestB = rank, l, m, o
			}
		}
	}
	b.mean = likeness{text: sum.text / n, head: sum.head / n, name: sum.name / n}
	b.strangers /= n
	pairs := float64(len(big.members) * len(small.members))
	b.centre = likeness{
		text: pairs * b.mean.text / (root(big.norm.text) * root(small.norm.text)),
		head: pairs * b.mean.head / (root(big.norm.head) * root(small.norm.head)),
		name: pairs * b.mean.name / (root(big.norm.name) * root(small.norm.name)),
	}
	b.small, b.big = len(small.members), len(big.members)
	b.texts = b.bestA.doc.text && b.bestB.doc.text
	b.silent = apartBy(big, small)
	if b.from.rank < b.into.rank {
		b.into, b.from = b.from, b.into
	}
	g.query.load(item, at)
}

// apartBy is the time between two stories, 0 when they overlap, negative when it
// is not known.
func apartBy(a, b *story) time.Duration {
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

// mergeFeatures are what speaks for and against two stories being one.
func mergeFeatures() []mergeFeature {
	return []mergeFeature{
		{"text centre", func(b *bridge) float64 { return b.centre.text }},
		{"head centre", func(b *bridge) float64 { return b.centre.head }},
		{"name centre", func(b *bridge) float64 { return b.centre.name }},
		{"text mean", func(b *bridge) float64 { return b.mean.text }},
		{"head mean", func(b *bridge) float64 { return b.mean.head }},
		{"name mean", func(b *bridge) float64 { return b.mean.name }},
		{"text best", func(b *bridge) float64 { return b.best.text }},
		{"head best", func(b *bridge) float64 { return b.best.head }},
		{"head most", func(b *bridge) float64 { return b.headMost }},
		{"name best", func(b *bridge) float64 { return b.best.name }},
		{"shared", func(b *bridge) float64 { return b.best.shared }},
		{"rarest shared", func(b *bridge) float64 { return b.best.rare }},
		{"cover", func(b *bridge) float64 { return b.best.cover }},
		{"name cover", func(b *bridge) float64 { return b.best.nameCover }},
		{"strangers", func(b *bridge) float64 { return b.strangers }},
		{"numbers clash", func(b *bridge) float64 { return indicator(b.best.clash) }},
		{"item in one", func(b *bridge) float64 { return max(b.intoScore, b.fromScore) }},
		{"item in other", func(b *bridge) float64 { return min(b.intoScore, b.fromScore) }},
		{"timed", func(b *bridge) float64 { return indicator(b.silent >= 0) }},
		{"silence", func(b *bridge) float64 { return logHours(b.silent) }},
		{"small", func(b *bridge) float64 { return math.Log2(float64(b.small)) }},
		{"big", func(b *bridge) float64 { return math.Log2(float64(b.big)) }},
		{"both texts", func(b *bridge) float64 { return indicator(b.texts) }},
	}
}

type mergeFeature struct {
	name string
	of   func(b *bridge) float64
}

// MergeFeatures names what a Forest for Merge is asked with.
func MergeFeatures() []string {
	var names []string
	for _, f := range mergeFeatures() {
		names = append(names, f.name)
	}
	return names
}

func (b *bridge) features() []float64 {
	var out []float64
	for _, f := range mergeFeatures() {
		out = append(out, f.of(b))
	}
	return out
}

// mergeAll makes one of the stories that are.
func (g *Grouper) mergeAll(found []bridge) []Merge {
	var done []Merge
	for i := range found {
		b := &found[i]
		b.score = g.query.model.Merge.Score(b.features())
		if b.score < mergeAt {
			continue
		}
		into, from := b.into.living(), b.from.living()
		if into == from || g.isApart(into, from) {
			continue
		}
		if from.rank < into.rank {
			into, from = from, into
		}
		g.merge(into, from)
		done = append(done, Merge{Into: into.id, From: from.id, Score: b.score, Why: "alike"})
	}
	return done
}

// merge moves the members of from to into.
func (g *Grouper) merge(into, from *story) {
	var cross likeness
	for _, m := range from.members {
		g.query.load(&draft{lex: g.lex, doc: m.doc}, time.Time{})
		for _, o := range into.members {
			l := g.query.compare(&o.doc)
			cross.text, cross.head, cross.name = cross.text+l.text, cross.head+l.head, cross.name+l.name
		}
	}
	into.norm.text += from.norm.text + 2*cross.text
	into.norm.head += from.norm.head + 2*cross.head
	into.norm.name += from.norm.name + 2*cross.name
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
	for pair := range g.apart {
		if pair[0] == from.id || pair[1] == from.id {
			other := pair[0]
			if other == from.id {
				other = pair[1]
			}
			g.KeepApart(into.id, other)
		}
	}
}

func (g *Grouper) isApart(a, b *story) bool {
	return g.apart[[2]string{min(a.id, b.id), max(a.id, b.id)}]
}
