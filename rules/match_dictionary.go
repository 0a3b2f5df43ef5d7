package rules

// dictionary tells what words of texts stand for. All that a look-up needs is side
// by side: with 100,000 terms, memory is what it waits for.
type dictionary struct {
	slots []meaning
	shift uint8
	long  []byte // words that do not fit into a slot, each with a zero behind it
}

// meaning is a word and what it stands for. It is small, because with 100,000
// terms the slots do not all fit into a cache.
type meaning struct {
	key    uint64 // the letters of a short word, the first one lowest; the hash of a long one
	word   uint32 // bytes of a short word; place of a long one in dictionary.long; 0: an empty slot
	symbol int32  // its only one; below 0: row -1-symbol of trie.several
}

// shortWord is the most bytes of a word that is its own key.
const shortWord = 8

// find returns what a word with its hash stands for; false when it is not there.
func (d *dictionary) find(h uint64, word []byte) (symbol int32, ok bool) {
	key, size := h, uint32(0)
	if len(word) <= shortWord {
		key, size = loadTail(word), uint32(len(word))
	}
	mask := uint64(len(d.slots) - 1)
	for at := h >> d.shift; ; at++ {
		switch m := &d.slots[at&mask]; {
		case m.word == 0:
			return 0, false
		case m.key != key:
		case m.word == size, size == 0 && m.word > shortWord && d.spells(m.word, word):
			return m.symbol, true
		}
	}
}

// spells says whether a long word has the letters at its place: two may have one
// hash.
func (d *dictionary) spells(place uint32, word []byte) bool {
	at := int(place) + len(word)
	return at < len(d.long) && d.long[at] == 0 && string(d.long[place:at]) == string(word)
}

// put adds a word that is not there, with its hash.
func (d *dictionary) put(h uint64, word []byte, symbol int32) {
	if len(word) <= shortWord {
		d.place(h, meaning{loadTail(word), uint32(len(word)), symbol})
		return
	}
	if len(d.long) == 0 {
		d.long = make([]byte, shortWord+1) // so that no place is taken for a size
	}
	d.place(h, meaning{h, uint32(len(d.long)), symbol})
	d.long = append(append(d.long, word...), 0)
}

func (d *dictionary) place(h uint64, m meaning) {
	mask := uint64(len(d.slots) - 1)
	at := h >> d.shift
	for d.slots[at&mask].word != 0 {
		at++
	}
	d.slots[at&mask] = m
}

// first returns the slot at which the look-up of a hash begins.
func (d *dictionary) first(h uint64) *meaning { return &d.slots[h>>d.shift&uint64(len(d.slots)-1)] }
