package rules

import (
	"math/bits"
)

// dictionary tells what words of texts stand for. All that a look-up needs is side
// by side: with 100,000 terms, memory is what it waits for.
type dictionary struct {
	slots []meaning
	shift uint8
	long  []byte // words that do not fit into a slot
}

// meaning is a word and what it stands for.
type meaning struct {
	lo, hi uint64 // its letters, the first one lowest; of a long word its hash and its place in long
	size   int32  // its bytes; 0: an empty slot
	symbol int32  // its only one; below 0: row -1-symbol of trie.several
}

// find returns what a word with its hash stands for; false when it is not there.
func (d *dictionary) find(h uint64, word []byte) (symbol int32, ok bool) {
	lo, hi := h, uint64(0)
	if len(word) <= plainSize {
		lo, hi = letters(word)
	}
	mask := uint64(len(d.slots) - 1)
	for at := h >> d.shift; ; at++ {
		m := &d.slots[at&mask]
		switch {
		case m.size == 0:
			return 0, false
		case m.lo != lo || int(m.size) != len(word):
		case m.hi == hi && len(word) <= plainSize, len(word) > plainSize && string(d.long[m.hi:][:m.size]) == string(word):
			return m.symbol, true
		}
	}
}

// first returns the slot at which the look-up of a hash begins.
func (d *dictionary) first(h uint64) *meaning { return &d.slots[h>>d.shift&uint64(len(d.slots)-1)] }

// put adds a word that is not there, with its hash.
func (d *dictionary) put(h uint64, word []byte, symbol int32) {
	mask := uint64(len(d.slots) - 1)
	at := h >> d.shift
	for d.slots[at&mask].size != 0 {
		at++
	}
	m := meaning{lo: h, hi: uint64(len(d.long)), size: int32(len(word)), symbol: symbol}
	if len(word) <= plainSize {
		m.lo, m.hi = letters(word)
	} else {
		d.long = append(d.long, word...)
	}
	d.slots[at&mask] = m
}

// letters packs a word of up to sixteen bytes.
func letters(word []byte) (lo, hi uint64) {
	if len(word) > 8 {
		hi = loadTail(word[8:])
	}
	return loadTail(word), hi
}

// lexicon holds words and gives each a number, while compiling. It keeps them in
// one piece of memory: a map of strings would be most of the work.
type lexicon struct {
	slots []uint64 // upper half: part of the hash, lower half: number of the word + 1
	shift uint8
	ends  []uint32 // by number, in text
	text  []byte
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
		from = l.ends[n-1]
	}
	return l.text[from:l.ends[n]]
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
	l.ends = append(l.ends, uint32(len(l.text)))
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

// dictionary returns the words with what they stand for, by their numbers.
func (l *lexicon) dictionary(symbols []int32) dictionary {
	size := bits.Len(uint(max(len(l.ends)*4/3, 32)))
	d := dictionary{slots: make([]meaning, 1<<size), shift: uint8(64 - size)}
	for n := range l.ends {
		w := l.word(int32(n))
		d.put(hash(w), w, symbols[n])
	}
	return d
}
