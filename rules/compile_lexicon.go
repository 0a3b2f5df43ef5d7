package rules

import "math/bits"

// lexicon gives words numbers, in the order in which they come. While compiling,
// the number of a word is what it stands for.
type lexicon struct {
	dictionary
	hashes []uint64 // by number
}

// newLexicon makes a lexicon with room for so many words, and more.
func newLexicon(words int) lexicon {
	size := bits.Len(uint(max(words, 32)))
	return lexicon{
		dictionary: dictionary{slots: make([]meaning, 1<<size), shift: uint8(64 - size)},
		hashes:     make([]uint64, 0, words),
	}
}

// intern returns the number of a word, which it adds when it is new.
func (l *lexicon) intern(word []byte) int32 {
	h := hash(word)
	if n, ok := l.find(h, word); ok {
		return n
	}
	if 4*len(l.hashes) >= 3*len(l.slots) {
		l.grow()
	}
	n := int32(len(l.hashes))
	l.hashes = append(l.hashes, h)
	l.put(h, word, n)
	return n
}

func (l *lexicon) grow() {
	old := l.slots
	l.slots = make([]meaning, 2*len(old))
	l.shift--
	for i := range old {
		if m := &old[i]; m.word != 0 {
			l.place(l.hashes[m.symbol], *m)
		}
	}
}

// translate replaces the numbers of words by what they stand for.
func (l *lexicon) translate(symbols []int32) dictionary {
	for i := range l.slots {
		if m := &l.slots[i]; m.word != 0 {
			m.symbol = symbols[m.symbol]
		}
	}
	return l.dictionary
}

// links is a hash table from a node and a label to the node behind it, used
// while compiling. Node 0 is the root.
type links struct {
	slots []step
	shift uint8
	size  int32 // nodes so far
}

// step leads from a node behind a label to another node.
type step struct {
	key  uint64 // node and label; the label is kept as label + 1, so none is 0
	node int32
}

func newLinks(nodes int) links {
	size := bits.Len(uint(max(nodes, 32)))
	return links{slots: make([]step, 1<<size), shift: uint8(64 - size), size: 1}
}

// child returns the node behind a label, and whether it is new.
func (l *links) child(node, label int32) (int32, bool) {
	key := uint64(node)<<32 | uint64(uint32(label+1))
	s := l.slot(key)
	if s.key == key {
		return s.node, false
	}
	if 4*int(l.size) >= 3*len(l.slots) {
		l.grow()
		s = l.slot(key)
	}
	*s = step{key, l.size}
	l.size++
	return s.node, true
}

func (l *links) slot(key uint64) *step {
	mask := uint64(len(l.slots) - 1)
	at := mix(key, 0) >> l.shift
	for l.slots[at&mask].key != 0 && l.slots[at&mask].key != key {
		at++
	}
	return &l.slots[at&mask]
}

func (l *links) grow() {
	old := l.slots
	l.slots = make([]step, 2*len(old))
	l.shift--
	for i := range old {
		if old[i].key != 0 {
			*l.slot(old[i].key) = old[i]
		}
	}
}
