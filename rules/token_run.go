package rules

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// runs finds the runs of a field: the longest pieces in which words can stand.
// Most are plain words: up to sixteen ASCII letters and digits. A run with
// anything else in it is special, and read by step.
type runs struct {
	text    []byte   // the field, with zeros behind it
	special []uint64 // a bit for each byte that makes its run special
	word    []uint64 // a bit for each byte of a run
	edges   []uint32 // where runs begin and end, in turn
}

const (
	block = 64 // bytes that one word of bits tells of
	// chunk is how many blocks are cut into words at a time: what they need stays
	// in the fastest cache, however long the text is.
	chunk = 64
	// plainSize is the length of the longest plain word, which is hashed in one step.
	plainSize = 16
)

// load takes the text of a field and finds the bytes of runs.
func (u *runs) load(text string) {
	blocks := len(text)/block + 1 // the last byte of the last block is a zero
	if size := blocks*block + plainSize; size > len(u.text) {
		u.text = make([]byte, 2*size)
		u.special, u.word = make([]uint64, 2*blocks), make([]uint64, 2*blocks)
	}
	if u.edges == nil {
		u.edges = make([]uint32, 0, chunk*block+edgesAtOnce+2)
	}
	n := copy(u.text, text)
	clear(u.text[n : blocks*block+plainSize])
	u.special, u.word = u.special[:cap(u.special)], u.word[:cap(u.word)]
	u.special, u.word = u.special[:blocks], u.word[:blocks]
	findRuns(u.text[:blocks*block], u.word, u.special)
}

// edgesAtOnce is how many edges are written before anybody looks whether there
// are so many: that is faster than to look at each.
const edgesAtOnce = 8

// cut finds the runs that end in a chunk of blocks, from block first on. A run
// that has begun before is the only one in edges.
func (u *runs) cut(first int) {
	edges := u.edges[:cap(u.edges)]
	k := len(u.edges)
	before := uint64(k) // 1 inside a run
	for b, m := range u.word[first:min(first+chunk, len(u.word))] {
		at := uint32((first + b) * block)
		bit := m ^ (m<<1 | before)
		before = m >> 63
		n := bits.OnesCount64(bit)
		for done := 0; done < n; done += edgesAtOnce {
			out := edges[k+done : k+done+edgesAtOnce]
			for j := range out {
				out[j] = at + uint32(bits.TrailingZeros64(bit))
				bit &= bit - 1
			}
		}
		k += n
	}
	u.edges = edges[:k]
}

// nextSpecial returns the first byte from at on that makes its run special.
func (u *runs) nextSpecial(at int) int {
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
	u.edges = u.edges[:0]
	next, done := r.nextStop(0), 0
	for b := 0; b < len(u.word); b += chunk {
		u.cut(b)
		edges := u.edges
		for len(edges) > 1 {
			if edges = r.plain(edges, next); len(edges) < 2 {
				break
			}
			// Reading may go on behind the run: over the line end behind a hyphen.
			for done = int(edges[0]); len(edges) > 1 && int(edges[0]) <= done; edges = edges[2:] {
				if from, to := int(edges[0]), int(edges[1]); to > done {
					if from == done {
						done = r.pieces(from, to)
					}
					done = r.special(done, to)
				}
			}
			if r.suspect && !r.looked {
				return
			}
			next = r.nextStop(done)
		}
		u.edges = append(u.edges[:0], edges...)
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

// plain reads plain words, given by their edges, up to the one that contains the
// byte next, and returns the edges from there on. It hashes them where they
// stand, in lower case, sixteen bytes at a time.
func (r *reader) plain(edges []uint32, next int) []uint32 {
	if free := cap(r.tokens) - len(r.tokens); free < len(edges)/2 {
		r.tokens = append(make([]token, 0, 2*cap(r.tokens)+len(edges)), r.tokens...)
	}
	text := r.runs.text
	tokens := r.tokens[len(r.tokens) : len(r.tokens)+len(edges)/2]
	n := 0
	for len(edges) > 1 && n < len(tokens) {
		from, to := int(edges[0]), int(edges[1])
		size := to - from
		if to > next || size > plainSize || size-1|int(text[to]^'.') == 0 { // initials are special
			break
		}
		edges = edges[2:]
		x := text[from : from+plainSize]
		m := &lengths[size&31]
		a := (binary.LittleEndian.Uint64(x) | 0x20*eachByte) & m[0]
		b := (binary.LittleEndian.Uint64(x[8:]) | 0x20*eachByte) & m[1]
		tokens[n] = token{mix(a, b), int32(from), int32(to)}
		n++
	}
	r.tokens = r.tokens[:len(r.tokens)+n]
	return edges
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
	if from == to {
		return to
	}
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
		r.last, r.gap, r.at = last, gap{}, r.behind(last)
	}
	r.camel = false
	r.skim(to)
}
