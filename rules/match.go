package rules

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"newswatch/news"
)

// maxText bounds the bytes of an item that are searched. The longest articles
// have a tenth of it.
const maxText = 1 << 20

// Result is what the rules say of an item.
type Result struct {
	Hits     []news.Hit // by score, the highest first, then in the file's order
	Entities []string   // ids in the order of their first mention
	Topics   []string   // ids in the file's order
}

// Match says which rules an item meets. It is pure: equal items give equal
// results.
func (rs *Ruleset) Match(it *news.Item) Result {
	s := rs.scratch.Get().(*scratch)
	defer rs.scratch.Put(s)
	s.find(it)
	return s.result()
}

// span is a hit in tokens; end is behind the last one.
type span struct{ start, end int32 }

func (a span) overlaps(b span) bool { return a.start < b.end && b.start < a.end }

// scratch is the memory of one call, kept for the next.
type scratch struct {
	rs     *Ruleset
	reader reader
	edges  []edge // a stack, see walk
	base   int    // where those of the token begin whose words are looked up
	found  []found
	// whispered are names in lower case that wait for company.
	whispered []found

	item    *news.Item
	lang    string
	speller speller
	cut     bool // the text was longer than maxText

	slots     [][]span
	mentions  [][]span
	topics    [][]span
	active    []int32 // slots in use
	ranks     []int32 // of topicIDs
	entities  bitset
	asked     bitset // topics
	rules     bitset
	loud      []uint8 // by paragraph: what its letters are, once known
	evidence  []evidence
	cuts      []cutMention
	wantNotes bool  // somebody asks why names were cut
	fetched   int32 // see trie.fetch
}

// bitset is a set of small numbers that is walked in order.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }
func (b bitset) add(i int32) { b[i/64] |= 1 << (i % 64) }
func (b bitset) clear()      { clear(b) }

// each calls f for the members in order. Members that f adds behind the present
// one are seen too.
func (b bitset) each(f func(i int32)) {
	for w := range b {
		for done := uint64(0); b[w]&^done != 0; {
			bit := bits.TrailingZeros64(b[w] &^ done)
			done |= 1 << bit
			f(int32(w*64 + bit))
		}
	}
}

func newScratch(rs *Ruleset) *scratch {
	s := &scratch{
		rs: rs, slots: make([][]span, len(rs.slots)), mentions: make([][]span, len(rs.entities)),
		topics: make([][]span, len(rs.topics)), entities: newBitset(len(rs.entities)),
		asked: newBitset(len(rs.topics)), rules: newBitset(len(rs.rules)),
	}
	s.reader.f = rs.folder
	s.speller.known = func(w []byte) bool {
		_, ok := rs.trie.words.find(hash(w), w)
		return ok
	}
	s.speller.add = func(w []byte) { s.addWord(hash(w), w, 1) }
	return s
}

// find reads an item and evaluates everything in it up to the topics; rules
// that are worth asking are in s.rules.
func (s *scratch) find(it *news.Item) {
	s.reset(it)
	s.readItem()
	s.scan()
	s.distribute()
	s.findEntities()
	s.findTopics()
	for _, r := range s.rs.always {
		s.rules.add(r)
	}
}

func (s *scratch) reset(it *news.Item) {
	s.item, s.cut = it, false
	s.reader.reset()
	for _, i := range s.active {
		s.slots[i] = s.slots[i][:0]
	}
	s.active = s.active[:0]
	s.entities.each(func(i int32) { s.mentions[i] = s.mentions[i][:0] })
	s.asked.each(func(i int32) { s.topics[s.rs.order[i]] = s.topics[s.rs.order[i]][:0] })
	s.entities.clear()
	s.asked.clear()
	s.rules.clear()
	s.loud, s.evidence, s.cuts = s.loud[:0], s.evidence[:0], s.cuts[:0]
	s.whispered = s.whispered[:0]
	s.lang = s.language()
	s.speller.endings, s.reader.suffixes = endingsOf(s.lang), s.lang == "tr"
}

// readItem reads the fields that rules ask for, and notes where terms may begin.
func (s *scratch) readItem() {
	s.readFields()
	if s.reader.hasWeb() {
		s.reader.findWeb()
		s.readFields()
	}
	if s.ignoreBlocks() {
		s.readFields()
	}
}

func (s *scratch) readFields() {
	s.reader.rewind()
	left := maxText
	for i, name := range fields {
		if !s.rs.read.has(uint8(i)) {
			continue
		}
		text := s.item.Text(name)
		if len(text) > left {
			s.cut = true
			for left > 0 && !utf8.RuneStart(text[left]) {
				left--
			}
			text = text[:left]
		}
		left -= len(text)
		s.reader.read(uint8(i), text)
	}
	s.reader.sift(s.rs.sieves)
	if len(s.speller.endings) > 0 {
		s.reader.siftEndings(s.rs.sieves, s.speller.endings)
	}
}

// distribute gives the hits to the slots that want them.
func (s *scratch) distribute() {
	for _, f := range s.found {
		t := &s.rs.terms[f.term]
		if t.lang != 0 && s.rs.langs[t.lang-1] != s.lang {
			continue
		}
		if t.cased != 0 && !s.isCased(&s.rs.cased[t.cased-1], f) {
			continue
		}
		s.put(t.slot, span{f.start, f.end})
	}
	s.hearWhispers()
}

// isCased says whether a hit has the letter case that its term asks for. Names
// without a capital may get a second hearing.
func (s *scratch) isCased(k *casing, f found) bool {
	if k.exact != nil && !s.isExact(k.exact, f) {
		if s.letters(f.start) == quiet && s.isName(f.term) {
			s.whispered = append(s.whispered, f)
		}
		return false
	}
	return k.caps == nil || !s.isLowered(k.caps, f)
}

// isName says whether a term names an entity.
func (s *scratch) isName(term int32) bool {
	kind := s.rs.slots[s.rs.terms[term].slot].kind
	return kind == fullSlot || kind == shortSlot
}

// hearWhispers lets names count whose case matters, but that stand in a
// paragraph without any capital beside another name, "trump and putin talk", or
// beside a word of a topic. That is too little for an acronym, which is mostly
// another word without its capitals: "truce talks on ice".
func (s *scratch) hearWhispers() {
	if len(s.whispered) == 0 {
		return
	}
	named, topical := map[int]bool{}, map[int]bool{}
	for _, i := range s.active {
		company := named
		switch s.rs.slots[i].kind {
		case fullSlot, shortSlot:
		case topicSlot:
			company = topical
		default:
			continue
		}
		for _, at := range s.slots[i] {
			company[s.reader.paragraph(at.start)] = true
		}
	}
	for _, f := range s.whispered {
		if n := s.reader.paragraph(f.start); named[n] || topical[n] && !s.isAcronym(f.term) {
			s.put(s.rs.terms[f.term].slot, span{f.start, f.end})
		}
	}
	for _, i := range s.active {
		slices.SortFunc(s.slots[i], func(a, b span) int { return cmp.Compare(a.start, b.start) })
	}
}

// isAcronym says whether a term whose case matters is written in capitals alone.
func (s *scratch) isAcronym(term int32) bool {
	return !slices.ContainsFunc(s.rs.cased[s.rs.terms[term].cased-1].exact, func(p place) bool {
		return slices.ContainsFunc(p.forms, func(form string) bool { return form != strings.ToUpper(form) })
	})
}

func (s *scratch) put(i int32, at span) {
	sl := &s.rs.slots[i]
	if len(s.slots[i]) == 0 {
		s.active = append(s.active, i)
		switch sl.kind {
		case fullSlot, shortSlot:
			s.entities.add(sl.owner)
		case topicSlot:
			s.asked.add(s.rs.topics[sl.owner].rank)
		case leafSlot:
			s.ask(sl.rules)
		}
	}
	s.slots[i] = append(s.slots[i], at)
}

func (s *scratch) ask(rules []int32) {
	for _, r := range rules {
		s.rules.add(r)
	}
}

// result asks the rules and writes down what holds.
func (s *scratch) result() Result {
	var out Result
	out.Entities = s.mentioned()
	s.rules.each(func(i int32) {
		if h, ok := s.hit(&s.rs.rules[i], out.Entities); ok {
			out.Hits = append(out.Hits, h)
		}
	})
	slices.SortStableFunc(out.Hits, func(a, b news.Hit) int { return cmp.Compare(b.Score, a.Score) })
	out.Topics = s.topicIDs()
	return out
}

// topicIDs returns the topics in the searched fields, in the file's order.
func (s *scratch) topicIDs() []string {
	list := s.ranks[:0]
	s.asked.each(func(rank int32) {
		if i := s.rs.order[rank]; s.anySearched(s.topics[i]) {
			list = append(list, i)
		}
	})
	s.ranks = list
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	ids := make([]string, len(list))
	for k, i := range list {
		ids[k] = s.rs.topics[i].ID
	}
	return ids
}

func (s *scratch) anySearched(list []span) bool {
	return slices.ContainsFunc(list, func(at span) bool { return s.rs.searched.has(s.field(at)) })
}

func (s *scratch) field(at span) uint8 { return s.reader.fieldOf(at.start) }

// mentioned returns the ids of the entities in the searched fields, in the
// order of their first mention.
func (s *scratch) mentioned() []string {
	type first struct{ entity, at int32 }
	var order []first
	s.entities.each(func(i int32) {
		for _, at := range s.mentions[i] {
			if s.rs.searched.has(s.field(at)) {
				order = append(order, first{i, at.start})
				return
			}
		}
	})
	slices.SortStableFunc(order, func(a, b first) int { return cmp.Compare(a.at, b.at) })
	var ids []string
	for _, f := range order {
		ids = append(ids, s.rs.entities[f.entity].ID)
	}
	return ids
}
