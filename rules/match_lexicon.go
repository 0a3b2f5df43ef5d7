package rules

import (
	"math/bits"
	"slices"
)

// lexicon holds words and gives each a number. It keeps them in one piece of
// memory: with 100,000 terms, a map of strings would be most of a Ruleset.
type lexicon struct {
	slots []uint64 // upper half: part of the hash, lower half: number of the word + 1
	shift uint8
	ends  []wordEnd // by number
	text  []byte
}

// wordEnd is where a word ends in the lexicon's text, and what it stands for:
// side by side, because memory is what a look-up waits for.
type wordEnd struct {
	at     uint32
	symbol int32 // its only one; below 0: row -1-symbol of trie.several
}

// newLexicon makes a lexicon with room for so many words, and more.
func newLexicon(words int) lexicon {
	size := bits.Len(uint(max(words, 32)))
	return lexicon{slots: make([]uint64, 1<<size), shift: uint8(64 - size)}
}

// find returns the number of a word with its hash; false when it is not there.
func (l *lexicon) find(h uint64, word []byte) (int32, bool) {
	mask := uint64(len(l.slots) - 1)
	for at := h >> l.shift; ; at = (at + 1) & mask {
		slot := l.slots[at]
		if slot == 0 {
			return 0, false
		}
		if n := int32(uint32(slot)) - 1; slot>>32 == h&0xFFFFFFFF && string(l.word(n)) == string(word) {
			return n, true
		}
	}
}

func (l *lexicon) word(n int32) []byte {
	from := uint32(0)
	if n > 0 {
		from = l.ends[n-1].at
	}
	return l.text[from:l.ends[n].at]
}

// intern returns the number of a word, which it adds when it is new.
func (l *lexicon) intern(word []byte) int32 {
	h := hash(word)
	n, ok := l.find(h, word)
	if ok {
		return n
	}
	if 4*len(l.ends) >= 3*len(l.slots) {
		l.resize(2 * len(l.slots))
	}
	n = int32(len(l.ends))
	l.text = append(l.text, word...)
	l.ends = append(l.ends, wordEnd{at: uint32(len(l.text))})
	l.place(h, n)
	return n
}

func (l *lexicon) place(h uint64, n int32) {
	mask := uint64(len(l.slots) - 1)
	at := h >> l.shift
	for l.slots[at] != 0 {
		at = (at + 1) & mask
	}
	l.slots[at] = h<<32 | uint64(n+1)
}

// resize makes room for more words; size is a power of two.
func (l *lexicon) resize(size int) {
	l.slots, l.shift = make([]uint64, size), uint8(64-bits.Len(uint(size-1)))
	for n := range l.ends {
		l.place(hash(l.word(int32(n))), int32(n))
	}
}

// links is a hash table from a node and a label to the node behind it, used
// while compiling. Node 0 is the root.
type links struct {
	keys  []uint64 // node and label; the label is kept as label + 1, so none is 0
	nodes []int32
	shift uint8
	size  int32 // nodes so far
}

func newLinks(nodes int) links {
	size := bits.Len(uint(max(nodes, 32)))
	return links{keys: make([]uint64, 1<<size), nodes: make([]int32, 1<<size), shift: uint8(64 - size), size: 1}
}

// child returns the node behind a label, and whether it is new.
func (l *links) child(node, label int32) (int32, bool) {
	key := uint64(node)<<32 | uint64(uint32(label+1))
	at := l.slot(key)
	if l.keys[at] == key {
		return l.nodes[at], false
	}
	if 4*int(l.size) >= 3*len(l.keys) {
		l.grow()
		at = l.slot(key)
	}
	n := l.size
	l.keys[at], l.nodes[at] = key, n
	l.size++
	return n, true
}

func (l *links) slot(key uint64) uint64 {
	mask := uint64(len(l.keys) - 1)
	at := mix(key, 0) >> l.shift
	for l.keys[at] != 0 && l.keys[at] != key {
		at = (at + 1) & mask
	}
	return at
}

func (l *links) grow() {
	keys, nodes := l.keys, l.nodes
	l.keys, l.nodes = make([]uint64, 2*len(keys)), make([]int32, 2*len(keys))
	l.shift--
	for i, key := range keys {
		if key != 0 {
			at := l.slot(key)
			l.keys[at], l.nodes[at] = key, nodes[i]
		}
	}
}

// hashes returns the hashes of all words by their numbers.
func (l *lexicon) hashes() []uint64 {
	out := make([]uint64, len(l.ends))
	for n := range out {
		out[n] = hash(l.word(int32(n)))
	}
	return out
}

// packed returns the lexicon without room for more words.
func (l *lexicon) packed() lexicon {
	return lexicon{slots: l.slots, shift: l.shift, ends: slices.Clone(l.ends), text: slices.Clone(l.text)}
}
