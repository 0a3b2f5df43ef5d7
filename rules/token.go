package rules

import (
	"cmp"
	"math"
	"slices"

	"newswatch/news"
)

// token is a word of an item: the hash of its folded form, and where it stands.
// Positions of tokens count through all fields of an item. An item has hundreds
// and few of them matter, so a token says no more than that: all else is read
// from the text again where somebody asks.
type token struct {
	hash  uint64
	start int32 // byte in its field's text
	// end is the byte behind it. Below 0 it is a special word: ^end is its number
	// in reader.words.
	end int32
}

// word is what is kept of a token that is no plain word of ASCII letters and
// digits.
type word struct {
	token    int32
	end      int32
	from, to int32 // its folded form in the arena
	marks    marks
}

// marks are what is known of a token.
type marks uint16

const (
	linked     marks = 1 << iota // a phrase may run from the token before into this one
	joined                       // a hyphen or a change of case parts it from the one before
	spaced                       // only white space parts it from the one before
	lone                         // a character of a script without spaces
	allLetters                   // it has no digits
	initial                      // it is one letter, or letters with dots
	possessive                   // an apostrophe follows its final s
	hashtag                      // it begins behind a #
	asciiOnly                    // it was written in ASCII
	odd                          // other words may stand for it, see speller
)

// before are the marks that tell of what parts a token from the one before.
const before = linked | joined | spaced

// reader cuts text into tokens. Its slices are kept between items.
//
// It knows two ways of reading. readRuns finds plain words many at a time and
// hashes them where they stand. All else is for step, one character at a time,
// which says what a text means: readRuns only ever agrees with it, faster. What
// stands between plain words is not read at all until somebody asks for marks or
// layout.
type reader struct {
	f     *folder
	terms bool // reading a term: no addresses in it
	// suffixes says that endings stand behind an apostrophe, see suffix.
	suffixes bool
	tokens   []token
	words    []word // special ones, in order
	arena    []byte // folded forms of special words
	// candidates are the tokens at which a term may begin, in order once sorted.
	candidates []int32
	unsorted   bool
	layout     layout

	texts     [len(fields)]string
	firsts    [len(fields) + 1]int32 // by field: its first token
	addresses [len(fields)][]address // by field, in order

	// Of the field that is being read:
	text  string
	field uint8
	last  int32 // the token before the point of reading; -1 in front of the first
	gap   gap   // what stands between that token and the byte at
	at    int
	camel bool // CamelCase parts words here
	// suspect says that there may be an address in the field, looked that nobody
	// need look for one: they are rare, and looking costs every text.
	suspect, looked bool

	runs   runs
	buf    []byte   // of folded
	joined []byte   // of whole
	places []place  // of parseTerm
	forms  []string // of places
	signed []byte   // of sign
}

// gap is what lies between two tokens.
type gap struct {
	broken bool // no phrase runs over it
	join   bool
	other  bool // something but white space
	hash   bool // it ends in a #
	lines  int
}

// marks returns the marks that a token has from what stands before it.
func (g gap) marks() marks {
	switch {
	case g.broken:
		return 0
	case g.join && g.other:
		return linked | joined
	case g.join:
		return linked | joined | spaced
	case g.other:
		return linked
	}
	return linked | spaced
}

func (r *reader) reset() {
	r.rewind()
	for i := range r.addresses {
		r.addresses[i] = r.addresses[i][:0]
	}
}

// rewind forgets all of an item but its addresses.
func (r *reader) rewind() {
	r.tokens, r.words, r.arena = r.tokens[:0], r.words[:0], r.arena[:0]
	r.candidates, r.unsorted = r.candidates[:0], false
	r.layout.reset()
	r.texts = [len(fields)]string{}
	r.firsts = [len(fields) + 1]int32{}
}

// read appends the tokens of one field. Fields are read in order.
func (r *reader) read(field uint8, text string) {
	for i := int(field) + 1; i < len(r.firsts); i++ {
		r.firsts[i] = math.MaxInt32
	}
	r.texts[field] = text
	r.looked = r.terms || fields[field] == news.URL || len(r.addresses[field]) > 0
	r.enter(field)
	from := [...]int{len(r.tokens), len(r.words), len(r.arena)}
	r.readRuns()
	if r.suspect && !r.looked {
		r.looked = true
		r.tokens, r.words, r.arena = r.tokens[:from[0]], r.words[:from[1]], r.arena[:from[2]]
		r.findAddresses()
		r.enter(field)
		r.readRuns()
	}
	for i := int(field) + 1; i < len(r.firsts); i++ {
		r.firsts[i] = int32(len(r.tokens))
	}
}

// enter goes to the beginning of a field.
func (r *reader) enter(field uint8) {
	r.text, r.field = r.texts[field], field
	r.last, r.gap, r.at = -1, gap{broken: true}, 0
	r.camel, r.suspect = false, false
}

// fieldOf returns the field of a token.
func (r *reader) fieldOf(i int32) uint8 {
	for f := len(fields) - 1; f > 0; f-- {
		if i >= r.firsts[f] {
			return uint8(f)
		}
	}
	return 0
}

// end returns the byte behind a token.
func (r *reader) end(i int32) int {
	if e := r.tokens[i].end; e >= 0 {
		return int(e)
	}
	return int(r.words[^r.tokens[i].end].end)
}

// written returns the bytes of a token as its field has them.
func (r *reader) written(i int32) string {
	return r.texts[r.fieldOf(i)][r.tokens[i].start:r.end(i)]
}

// folded returns the folded form of a token; it is good until the next call.
func (r *reader) folded(i int32) []byte {
	t := &r.tokens[i]
	if t.end < 0 {
		w := &r.words[^t.end]
		return r.arena[w.from:w.to]
	}
	r.buf = appendLower(r.buf[:0], r.texts[r.fieldOf(i)][t.start:t.end])
	return r.buf
}

// is says whether a token has one of some marks.
func (r *reader) is(i int32, m marks) bool {
	if e := r.tokens[i].end; e < 0 {
		return r.words[^e].marks&m != 0
	}
	return r.plainMarks(i, m)&m != 0
}

// isJoined says whether a hyphen or a change of case parts a token from the one
// before: never a plain word.
func (r *reader) isJoined(i int32) bool {
	e := r.tokens[i].end
	return e < 0 && r.words[^e].marks&joined != 0
}

// marksOf returns what is known of a token but how it opens.
func (r *reader) marksOf(i int32) marks {
	if e := r.tokens[i].end; e < 0 {
		return r.words[^e].marks
	}
	return r.plainMarks(i, allLetters|initial)
}

// plainMarks returns those of the marks asked for that a plain word has.
func (r *reader) plainMarks(i int32, asked marks) marks {
	m := asciiOnly
	if asked&(allLetters|initial) != 0 {
		w := r.written(i)
		if isAlphabetic(w) {
			m |= allLetters
			if len(w) == 1 {
				m |= initial
			}
		}
	}
	if asked&before != 0 {
		m |= r.opening(i)
	}
	return m
}

// isAlphabetic says of a plain word whether it has no digits.
func isAlphabetic(w string) bool {
	for i := range len(w) {
		if w[i] <= '9' {
			return false
		}
	}
	return true
}

// opening returns the marks that a plain word has from what stands before it.
func (r *reader) opening(i int32) marks {
	f := r.fieldOf(i)
	if i == r.firsts[f] {
		return 0
	}
	text, end, start := r.texts[f], r.end(i-1), int(r.tokens[i].start)
	if start == end+1 && text[end] == ' ' {
		return linked | spaced
	}
	r.enter(f)
	r.approach(i-1, start)
	return r.gap.marks()
}

// approach reads what stands between the token last, or the beginning of the
// field, and the byte to, into r.gap. There is no token in it.
func (r *reader) approach(last int32, to int) {
	r.last, r.gap, r.camel, r.at = last, gap{broken: last < 0}, false, 0
	if last >= 0 {
		r.at = r.behind(last)
	}
	r.skim(to)
}

// behind returns the byte behind a token, and behind the 's that was cut from it.
func (r *reader) behind(i int32) int {
	at := r.end(i)
	end := r.genitive(at)
	if next := i + 1; next < r.firsts[r.field+1] && int(next) < len(r.tokens) && end > int(r.tokens[next].start) {
		return at // the s is a word
	}
	return end
}

// skim reads up to the byte to, in front of which there is no token.
func (r *reader) skim(to int) {
	for r.at < to {
		r.at = r.stepOver(r.at)
	}
}

// stepOver is step, but knows of addresses.
func (r *reader) stepOver(i int) int {
	if from, to, ok := r.nextAddress(i); ok && from <= i {
		r.gap.broken, r.gap.other, r.gap.hash, r.camel = true, true, false, false
		return r.genitive(to)
	}
	return r.step(i)
}

// nextAddress returns the first address of the field that ends behind the byte i.
func (r *reader) nextAddress(i int) (from, to int, ok bool) {
	list := r.addresses[r.field]
	if len(list) == 0 {
		return 0, 0, false
	}
	k, _ := slices.BinarySearchFunc(list, i+1, func(a address, at int) int { return cmp.Compare(a.to, at) })
	if k == len(list) {
		return 0, 0, false
	}
	return list[k].from, list[k].to, true
}

// addWord appends a special token with its hash and the folded form that the arena
// has from byte from on, which is not empty. The gap begins anew behind it.
func (r *reader) addWord(h uint64, start, end, from int, m marks) {
	n := int32(len(r.tokens))
	r.tokens = append(r.tokens, token{h, int32(start), ^int32(len(r.words))})
	// Field by field: to copy a word that was just put together waits for it.
	r.words = append(r.words, word{})
	w := &r.words[len(r.words)-1]
	w.token, w.end, w.from, w.to, w.marks = n, int32(end), int32(from), int32(len(r.arena)), m
	r.last, r.gap = n, gap{}
}

// whole returns the folded forms of tokens from..to as one word; it is good
// until the next call.
func (r *reader) whole(from, to int32) []byte {
	r.joined = r.joined[:0]
	text := r.texts[r.fieldOf(from)]
	for i := from; i <= to; i++ {
		if t := &r.tokens[i]; t.end >= 0 {
			r.joined = appendLower(r.joined, text[t.start:t.end])
		} else {
			w := &r.words[^t.end]
			r.joined = append(r.joined, r.arena[w.from:w.to]...)
		}
	}
	return r.joined
}

// appendLower appends ASCII letters and digits in lower case.
func appendLower(out []byte, s string) []byte {
	n := len(out)
	out = append(out, s...)
	for i, c := range out[n:] {
		out[n+i] = c | 0x20
	}
	return out
}
