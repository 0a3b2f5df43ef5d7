package rules

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// cutMention says why a name that stands in the text is not a mention. It is
// kept only when somebody asks for an explanation.
type cutMention struct {
	entity int32
	at     span
	why    string
}

// findEntities turns the hits of names into mentions: masks, other people's
// given names and missing company cut some.
func (s *scratch) findEntities() {
	s.entities.each(func(i int32) {
		e := &s.rs.entities[i]
		full := s.kept(i, e.full)
		short := s.kept(i, e.short)
		if e.need >= 0 && len(full) == 0 && !slices.ContainsFunc(short, func(at span) bool { return s.isFull(e, at) }) {
			short = s.accompanied(i, short)
		}
		s.mentions[i] = mergeSpans(s.mentions[i], full, short)
		if len(s.mentions[i]) == 0 {
			return
		}
		s.ask(e.rules)
		for _, t := range e.topics {
			s.asked.add(s.rs.topics[t].rank)
		}
	})
}

// kept returns the hits of a slot that no mask and no other name cuts. It
// overwrites the slot.
func (s *scratch) kept(i, slotID int32) []span {
	e := &s.rs.entities[i]
	list := s.slots[slotID]
	if len(list) == 0 {
		return nil
	}
	var masks []span
	if e.mask >= 0 {
		masks = s.slots[e.mask]
	}
	kept := list[:0]
	for _, at := range list {
		switch {
		case s.masked(at, masks):
			s.note(i, at, "it is part of a phrase under except")
		case s.isGlued(at):
			s.note(i, at, "it is part of a longer word")
		case e.isPerson && s.isJunior(at):
			s.note(i, at, "it is a junior")
		case e.isPerson && slotID == e.short && s.isOther(e, at):
			s.note(i, at, "another given name, initial or title stands by it")
		default:
			kept = append(kept, at)
		}
	}
	s.slots[slotID] = kept
	return kept
}

func (s *scratch) note(i int32, at span, why string) {
	if s.wantNotes {
		s.cuts = append(s.cuts, cutMention{i, at, why})
	}
}

// bytesOf returns the length of a hit in the text.
func (s *scratch) bytesOf(at span) int32 {
	return int32(s.reader.end(at.end-1)) - s.reader.tokens[at.start].start
}

// masked says whether a mask touches a hit. The longer text wins: "Crimean War
// Museum" stands although "Crimean War" is masked.
func (s *scratch) masked(at span, masks []span) bool {
	if len(masks) == 0 {
		return false
	}
	from, _ := slices.BinarySearchFunc(masks, at.start-maxSpan, func(m span, start int32) int { return cmp.Compare(m.start, start) })
	for _, m := range masks[from:] {
		if m.start >= at.end {
			return false
		}
		if m.overlaps(at) && s.bytesOf(m) >= s.bytesOf(at) {
			return true
		}
	}
	return false
}

// isGlued says whether a name in katakana or Hangul begins inside a word: Putin
// in Rasputin. What follows a name may be a particle.
func (s *scratch) isGlued(at span) bool {
	r, i := &s.reader, at.start
	if i == r.firsts[r.fieldOf(i)] || !r.is(i, lone) || !r.is(i-1, lone) || r.end(i-1) != int(r.tokens[i].start) {
		return false
	}
	first, _ := utf8.DecodeRuneInString(r.written(i))
	last, _ := utf8.DecodeRuneInString(r.written(i - 1))
	return isKatakana(first) && isKatakana(last) || isHangul(first) && isHangul(last)
}

func isKatakana(r rune) bool { return r == 'ー' || unicode.Is(unicode.Katakana, r) }
func isHangul(r rune) bool   { return unicode.Is(unicode.Hangul, r) }

// accompanied returns the surnames that have the company they need.
func (s *scratch) accompanied(i int32, short []span) []span {
	e := &s.rs.entities[i]
	near := s.company(e)
	kept := short[:0]
	for _, at := range short {
		if _, ok := near.closest(s, at, e.Needs.Within, false, false); ok {
			kept = append(kept, at)
		} else {
			s.note(i, at, "nothing that surname_needs asks for stands near")
		}
	}
	return kept
}

// company returns where the words stand that an entity's surnames need. Other
// entities among them count as their names do, without needs of their own, so
// that two may need each other.
func (s *scratch) company(e *entity) neighbours {
	var list []evidence
	for _, at := range s.slots[e.need] {
		list = append(list, evidence{at: at})
	}
	for _, src := range e.needs {
		for _, at := range s.unfiltered(src) {
			list = append(list, evidence{at: at})
		}
	}
	return newNeighbours(list)
}

func (s *scratch) unfiltered(src source) []span {
	if src.kind == entitySource {
		e := &s.rs.entities[src.index]
		return slices.Concat(s.slots[e.full], s.slots[e.short])
	}
	t := &s.rs.topics[src.index]
	list := slices.Clone(s.slots[t.any])
	for _, sub := range t.sources {
		list = append(list, s.unfiltered(sub)...)
	}
	return list
}

// mergeSpans appends both lists to out in the order of the text, without hits
// that lie inside another.
func mergeSpans(out []span, lists ...[]span) []span {
	for _, list := range lists {
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	kept := out[:0]
	for _, at := range out {
		if n := len(kept); n == 0 || at.end > kept[n-1].end {
			kept = append(kept, at)
		}
	}
	return kept
}

// findTopics gathers the hits of topics, those that others build on first.
func (s *scratch) findTopics() {
	s.asked.each(func(rank int32) {
		i := s.rs.order[rank]
		t := &s.rs.topics[i]
		list := append(s.topics[i][:0], s.slots[t.any]...)
		for _, src := range t.sources {
			if src.kind == entitySource {
				list = append(list, s.mentions[src.index]...)
			} else {
				list = append(list, s.topics[src.index]...)
			}
		}
		list = mergeSpans(list)
		if t.mask >= 0 && len(s.slots[t.mask]) > 0 {
			masks := s.slots[t.mask]
			list = slices.DeleteFunc(list, func(at span) bool { return s.masked(at, masks) })
		}
		s.topics[i] = list
		if len(list) == 0 {
			return
		}
		s.ask(t.rules)
		for _, up := range t.topics {
			s.asked.add(s.rs.topics[up].rank)
		}
	})
}
