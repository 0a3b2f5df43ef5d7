package rules

import (
	"cmp"
	"slices"
)

// neighbours are hits among which the one closest to another is looked for, in
// logarithmic time each.
type neighbours struct {
	byStart, byEnd []evidence
}

func newNeighbours(list []evidence) neighbours {
	n := neighbours{list, slices.Clone(list)}
	slices.SortFunc(n.byStart, func(a, b evidence) int { return cmp.Compare(a.at.start, b.at.start) })
	slices.SortFunc(n.byEnd, func(a, b evidence) int { return cmp.Compare(a.at.end, b.at.end) })
	return n
}

// around returns the closest hits before and behind at that do not touch it.
func (n neighbours) around(at span) (before, behind evidence, hasBefore, hasBehind bool) {
	j, _ := slices.BinarySearchFunc(n.byStart, at.end, func(m evidence, end int32) int { return cmp.Compare(m.at.start, end) })
	if j < len(n.byStart) {
		behind, hasBehind = n.byStart[j], true
	}
	k, _ := slices.BinarySearchFunc(n.byEnd, at.start+1, func(m evidence, end int32) int { return cmp.Compare(m.at.end, end) })
	if k > 0 {
		before, hasBefore = n.byEnd[k-1], true
	}
	return before, behind, hasBefore, hasBehind
}

// closest returns the hit closest to at that is within the bound; ordered asks
// for one behind it. Words count inside a paragraph, or inside a field when
// sameParagraph is not asked for.
func (n neighbours) closest(s *scratch, at span, within Within, ordered, sameParagraph bool) (evidence, bool) {
	before, behind, hasBefore, hasBehind := n.around(at)
	best, found, least := evidence{}, false, int32(0)
	if hasBehind && s.within(at, behind.at, within, sameParagraph) {
		best, found, least = behind, true, distance(at, behind.at)
	}
	if hasBefore && !ordered && s.within(before.at, at, within, sameParagraph) {
		if d := distance(before.at, at); !found || d < least {
			best, found = before, true
		}
	}
	return best, found
}

// distance counts from the last word of a to the first of b: neighbours have 1.
func distance(a, b span) int32 { return b.start - a.end + 1 }

// within says whether b, which stands behind a, is near enough.
func (s *scratch) within(a, b span, w Within, sameParagraph bool) bool {
	r, x, y := &s.reader, a.end-1, b.start
	switch {
	case w.Words > 0:
		return distance(a, b) <= int32(w.Words) && r.fieldOf(x) == r.fieldOf(y) && (!sameParagraph || r.paragraph(x) == r.paragraph(y))
	case w.Unit == Sentence:
		return r.sentence(x) == r.sentence(y) && r.fieldOf(x) == r.fieldOf(y)
	case w.Unit == Paragraph:
		return r.paragraph(x) == r.paragraph(y)
	}
	return true
}

// nearPairs calls f for each hit of a that has one of b near enough, with the
// closest one.
func (s *scratch) nearPairs(n *near, in fieldSet, f func(a, b evidence)) {
	as := s.gather(n.a, in, nil)
	if len(as) == 0 {
		return
	}
	bs := s.gather(n.b, in, nil)
	if len(bs) == 0 {
		return
	}
	others := newNeighbours(bs)
	for _, a := range as {
		if b, ok := others.closest(s, a.at, n.within, n.ordered, true); ok {
			f(a, b)
		}
	}
}

// gather appends the hits of leaves.
func (s *scratch) gather(leaves []cond, in fieldSet, out []evidence) []evidence {
	for i := range leaves {
		k := &leaves[i]
		if !k.leaf || !s.bound(k) {
			continue
		}
		within := in
		if k.in != 0 {
			within = k.in
		}
		label := s.label(k)
		for _, at := range s.hits(k.src) {
			if within.has(s.field(at)) {
				out = append(out, evidence{at, label})
			}
		}
	}
	return out
}
