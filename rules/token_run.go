package rules

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// runs finds the runs of a field: the longest pieces in which words can stand.
// Most are plain words: up to sixteen ASCII letters and digits. A run with
// anything else in it is special, and read by step.
type runs struct {
	text    []byte   // the field, with zeros behind it
	word    []uint64 // a bit for each byte of a run, and zeros behind them
	special []uint64 // a bit for each byte that makes its run special
	print   []uint64 // a bit for each byte with which a mark of print may begin
	// next is what nextSpecial found last. It is asked in order, and most stops are
	// before it: to look again each time would be quadratic.
	next int
}

const (
	block = 64 // bytes that one word of bits tells of
	// plainSize is the length of the longest plain word, which is hashed in one step.
	plainSize = 16
)

// load takes the text of a field and finds the bytes of runs.
func (u *runs) load(text string) {
	blocks := len(text)/block + 1 // the last byte of the last block is a zero
	if size := blocks*block + plainSize; size > len(u.text) {
		u.text = make([]byte, 2*size)
		u.word, u.special, u.print = make([]uint64, 2*blocks+1), make([]uint64, 2*blocks), make([]uint64, 2*blocks)
	}
	n := copy(u.text, text)
	clear(u.text[n : blocks*block+plainSize])
	u.word, u.special, u.print = u.word[:blocks+1], u.special[:blocks], u.print[:blocks]
	findRuns(u.text[:blocks*block], u.word[:blocks], u.special, u.print)
	u.word[blocks] = 0
	u.next = -1
	for b, x := range u.print {
		for ; x != 0; x &= x - 1 {
			u.part(b*block + bits.TrailingZeros64(x))
		}
	}
}

// part takes the mark of print at byte i out of its run, when step would find
// that no word goes over it: quotes, dashes, the 's that ends a word. What they
// mean is read where somebody asks what parts two words.
func (u *runs) part(i int) {
	text := u.text
	size := 1
	switch {
	case text[i] == 0xC2:
		if isSided(text[i+1]) {
			u.drop(i, 2)
		}
		return
	case text[i] == 0xE2:
		if text[i+1] != 0x80 {
			return
		}
		if isPrinted(text[i+2]) {
			u.drop(i, 3)
		}
		if text[i+2] != 0x99 { // ’
			return
		}
		size = 3
	}
	after := i + size
	switch {
	case i == 0 || !u.has(i-1): // a quote that opens
		u.drop(i, size)
	case i < 2 || !asciiWord(text[i-1]) || !asciiWord(text[i-2]): // of an initial, or nothing plain
	case !u.has(after) && text[i-1]|0x20 != 's': // a quote that closes, but no genitive of a plural
		u.drop(i, size)
	case text[after]|0x20 == 's' && !u.has(after+1):
		u.drop(i, size+1)
	}
}

// drop takes so many bytes out of runs.
func (u *runs) drop(i, size int) {
	for ; size > 0; i, size = i+1, size-1 {
		bit := uint64(1) << (i % block)
		u.word[i/block] &^= bit
		u.special[i/block] &^= bit
	}
}

// isPrinted knows, by their third byte, the marks of print that end any word:
// – — “ ” „ …
func isPrinted(c byte) bool {
	return c == 0x93 || c == 0x94 || c == 0x9C || c == 0x9D || c == 0x9E || c == 0xA6
}

// isSided knows, by their second byte, « » and the space that breaks no line.
func isSided(c byte) bool { return c == 0xAB || c == 0xBB || c == 0xA0 }

// end returns the end of the run that byte at is in; at when it is in none.
func (u *runs) end(at int) int {
	b := at / block
	x := ^u.word[b] >> (at % block) << (at % block)
	for x == 0 {
		b++
		x = ^u.word[b]
	}
	return b*block + bits.TrailingZeros64(x)
}

// goesOn says whether byte at is in a run that has begun before it.
func (u *runs) goesOn(at int) bool {
	return at > 0 && u.has(at) && u.has(at-1)
}

func (u *runs) has(at int) bool { return u.word[at/block]>>(at%block)&1 != 0 }

// nextSpecial returns the first byte from at on that makes its run special.
func (u *runs) nextSpecial(at int) int {
	if at > u.next {
		u.next = u.findSpecial(at)
	}
	return u.next
}

func (u *runs) findSpecial(at int) int {
	b := at / block
	if b >= len(u.special) {
		return math.MaxInt
	}
	x := u.special[b] &^ (1<<(at%block) - 1)
	for x == 0 {
		if b++; b == len(u.special) {
			return math.MaxInt
		}
		x = u.special[b]
	}
	return b*block + bits.TrailingZeros64(x)
}

// readRuns reads the field.
func (r *reader) readRuns() {
	u := &r.runs
	u.load(r.text)
	next := r.nextStop(0)
	for at := r.plain(0, next); at < len(r.text); at = r.plain(at, next) {
		if at = r.letterWords(at); u.has(at) {
			to := u.end(at)
			if at = r.pieces(at, to); at < to {
				at = r.special(at, to)
			}
		}
		// Reading may go on behind the run: over the line end behind a hyphen.
		for at < len(r.text) && u.goesOn(at) {
			at = r.special(at, u.end(at))
		}
		if r.suspect && !r.looked {
			return
		}
		next = r.nextStop(at)
	}
}

// nextStop returns the first byte from at on whose run is no plain word.
func (r *reader) nextStop(at int) int {
	next := r.runs.nextSpecial(at)
	if from, _, ok := r.nextAddress(at); ok {
		return min(next, from)
	}
	return next
}

// plain reads plain words from byte at on, where no run goes on, and returns where
// the first run begins that is none; at the latest it is the one with the byte
// next. It hashes words where they stand, in lower case, sixteen bytes at a time.
func (r *reader) plain(at, next int) int {
	text, words := r.runs.text, r.runs.word
	before := uint64(0) // 1 when a run goes on over the block's first byte
	within := ^uint64(0) << (at % block)
	for b := at / block; b+1 < len(words); b++ {
		m, ahead := words[b]&within, words[b+1]
		edges := m ^ (m<<1 | before)
		edges &= edges - before // without the end of a run that has begun before
		before, within = m>>(block-1), ^uint64(0)
		tokens := r.room(block / 2)
		n := 0
		for edges != 0 && n < len(tokens) {
			from := b*block + bits.TrailingZeros64(edges)
			edges &= edges - 1
			to := b*block + bits.TrailingZeros64(edges)
			if edges == 0 {
				to += bits.TrailingZeros64(^ahead)
			}
			edges &= edges - 1
			size := to - from
			if to > next || size > plainSize || size-1|int(text[to]^'.') == 0 { // initials are special
				r.tokens = r.tokens[:len(r.tokens)+n]
				return from
			}
			tokens[n] = token{plainHash(text[from:from+plainSize], size), int32(from), int32(to)}
			n++
		}
		r.tokens = r.tokens[:len(r.tokens)+n]
	}
	return len(r.text)
}

// plainHash returns the hash of a plain word of some size in lower case.
func plainHash(x []byte, size int) uint64 {
	k := &lengths[size&(2*plainSize-1)]
	lo := (binary.LittleEndian.Uint64(x) | 0x20*eachByte) & k[0]
	hi := (binary.LittleEndian.Uint64(x[8:]) | 0x20*eachByte) & k[1]
	return mix(lo, hi)
}

// room makes room for n more tokens, and returns it.
func (r *reader) room(n int) []token {
	if cap(r.tokens)-len(r.tokens) < n {
		r.tokens = slices.Grow(r.tokens, cap(r.tokens)+n)
	}
	return r.tokens[len(r.tokens) : len(r.tokens)+n]
}

// lengths are the masks of the first bytes of two words of eight.
var lengths = func() (m [2 * plainSize][2]uint64) {
	for size := range m {
		for i := range min(size, plainSize) {
			m[size][i/8] |= 0xFF << (i % 8 * 8)
		}
	}
	return m
}()

// special reads a run that is no plain word, or what is left of it, and returns
// where it ended: that may be behind the run.
func (r *reader) special(from, to int) int {
	r.reach(from)
	i := max(from, r.at)
	for i < to || r.gap.join && i < len(r.text) {
		i = r.stepOver(i)
	}
	r.at = i
	return i
}

// reach reads what stands between the last token and the byte to.
func (r *reader) reach(to int) {
	last := int32(len(r.tokens)) - 1
	if last < r.firsts[r.field] {
		last = -1
	}
	if last != r.last {
		r.last, r.gap, r.at, r.camel = last, gap{}, r.behind(last), false
	}
	r.skim(to)
}
