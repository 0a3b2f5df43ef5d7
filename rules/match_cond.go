package rules

import "slices"

// evidence is a hit that makes a condition hold, and what found it.
type evidence struct {
	at span
	by string // "entity:witkoff", "topic:ceasefire", or the term
}

// hits returns where a leaf's source stands in the item.
func (s *scratch) hits(src source) []span {
	switch {
	case src.index < 0:
		return nil
	case src.kind == entitySource:
		return s.mentions[src.index]
	case src.kind == topicSource:
		return s.topics[src.index]
	}
	return s.slots[src.index]
}

func (s *scratch) label(k *cond) string {
	switch {
	case k.src.index < 0:
		return k.text
	case k.src.kind == entitySource:
		return s.rs.entities[k.src.index].label
	case k.src.kind == topicSource:
		return s.rs.topics[k.src.index].label
	}
	return s.rs.slots[k.src.index].label
}

// bound says whether the item is of the languages and feeds of a condition.
func (s *scratch) bound(k *cond) bool {
	if len(k.lang) > 0 && !slices.Contains(k.lang, s.lang) {
		return false
	}
	return k.feeds == nil || k.feeds[s.item.FeedID]
}

// holds evaluates a condition in the given fields, and keeps the evidence for
// it in s.evidence when it holds.
func (s *scratch) holds(k *cond, in fieldSet) bool {
	if k.in != 0 {
		in = k.in
	}
	mark := len(s.evidence)
	if s.bound(k) && s.leafHolds(k, in) && s.allHold(k, in) && s.anyHolds(k, in) &&
		s.nearHolds(k, in) && s.leastHolds(k, in) && s.noneHolds(k, in) {
		return true
	}
	s.evidence = s.evidence[:mark]
	return false
}

func (s *scratch) leafHolds(k *cond, in fieldSet) bool {
	if !k.leaf {
		return true
	}
	mark, label := len(s.evidence), s.label(k)
	for _, at := range s.hits(k.src) {
		if in.has(s.field(at)) {
			s.evidence = append(s.evidence, evidence{at, label})
		}
	}
	return len(s.evidence) > mark
}

func (s *scratch) allHold(k *cond, in fieldSet) bool {
	for i := range k.all {
		if !s.holds(&k.all[i], in) {
			return false
		}
	}
	return true
}

// anyHolds asks every line, not only the first that holds: a reader wants to
// see all that matched.
func (s *scratch) anyHolds(k *cond, in fieldSet) bool {
	found := len(k.any) == 0
	for i := range k.any {
		if s.holds(&k.any[i], in) {
			found = true
		}
	}
	return found
}

func (s *scratch) noneHolds(k *cond, in fieldSet) bool {
	mark := len(s.evidence)
	for i := range k.none {
		if s.holds(&k.none[i], in) {
			s.evidence = s.evidence[:mark]
			return false
		}
	}
	return true
}

func (s *scratch) nearHolds(k *cond, in fieldSet) bool {
	if k.near == nil {
		return true
	}
	mark := len(s.evidence)
	s.nearPairs(k.near, in, func(a, b evidence) { s.evidence = append(s.evidence, a, b) })
	return len(s.evidence) > mark
}

func (s *scratch) leastHolds(k *cond, in fieldSet) bool {
	if k.least == nil {
		return true
	}
	mark := len(s.evidence)
	s.evidence = s.gather(k.least.of, in, s.evidence)
	return s.count(s.evidence[mark:]) >= k.least.times
}

// count returns how many of the hits stand side by side: "peace plan" is one
// match, though "peace" and "peace plan" are both asked for.
func (s *scratch) count(list []evidence) int {
	sortEvidence(list)
	n, end := 0, int32(0)
	for _, e := range list {
		if e.at.start >= end {
			n++
			end = e.at.end
		}
	}
	return n
}
