package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"newswatch/news"
)

// token is a word of an item: where it stands, and the hash of its folded form.
// Positions of tokens count through all fields of an item. An item has hundreds
// and few of them matter, so a token is half a cache line.
type token struct {
	hash           uint64
	start, end     int32 // bytes in the field's text
	fold           int32 // its number in reader.folds; 0: its bytes in lower case
	sentence, para int32
	marks          marks
	field          uint8
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

func (t *token) is(m marks) bool { return t.marks&m != 0 }

// stretch is a sentence or a paragraph of a field, in bytes.
type stretch struct {
	start, end int32
	field      uint8
}

// reader cuts text into tokens. Its slices are kept between items.
type reader struct {
	f      *folder
	terms  bool // reading a term: no addresses in it
	tokens []token
	arena  []byte
	folds  []fold // folded forms in the arena; the first is none
	// candidates are the tokens at which a term may begin, in order once sorted.
	candidates []int32
	unsorted   bool
	sentences  []stretch
	paras      []stretch
	blanks     [][2]int
	web        web

	texts  [len(fields)]string
	text   string
	field  uint8
	buf    []byte // of folded
	joined []byte // of whole
	camel  bool
	gap    gap
	sentAt int32 // where the sentence began
	block  block // where the paragraph began
	// skip says whether a paragraph of the body is not to be searched.
	skip func(text string, tokens []token) bool
}

// web says what is known of addresses in a field that begin with "www.". They are
// rare, and looking for them would cost every text a tenth of the time: a field
// in which one turns up is read again.
type web uint8

const (
	webUnseen web = iota
	webSeen
	webIgnored // they are known, or are no addresses here
)

// fold is where in the arena the folded form of a token stands.
type fold struct{ from, to int32 }

// block remembers the lengths of the reader's slices at a paragraph's start.
type block struct{ tokens, sentences, arena, folds int }

// gap is what lies between two tokens.
type gap struct {
	broken bool // no phrase runs over it
	join   bool
	other  bool // something but white space
	hash   bool // it ends in a #
	lines  int
}

func (r *reader) reset() {
	r.tokens, r.arena = r.tokens[:0], r.arena[:0]
	r.folds = append(r.folds[:0], fold{})
	r.candidates, r.unsorted = r.candidates[:0], false
	r.sentences, r.paras = r.sentences[:0], r.paras[:0]
}

// read appends the tokens of one field.
func (r *reader) read(field uint8, text string) {
	if len(text) == 0 {
		return
	}
	r.text, r.field = text, field
	r.texts[field] = text
	r.blanks, r.web = r.blanks[:0], webIgnored
	if !r.terms && fields[field] != news.URL {
		r.findAddresses()
		r.web = webUnseen
	}
	from, paras := r.here(), len(r.paras)
	r.readAll()
	if r.web == webSeen {
		r.rewind(from)
		r.paras, r.web = r.paras[:paras], webIgnored
		r.findWeb()
		r.readAll()
	}
}

// readAll reads the field between its addresses.
func (r *reader) readAll() {
	r.sentAt, r.camel = 0, false
	r.block = r.here()
	r.paras = append(r.paras, stretch{0, int32(len(r.text)), r.field})
	r.gap = gap{broken: true}
	blank, limit := 0, r.nextBlank(0)
	for i := 0; i < len(r.text); {
		switch {
		case i >= limit:
			b := r.blanks[blank]
			r.seekWeb(r.text[b[0]:b[1]])
			i = max(i, b[1])
			r.gap.broken, r.gap.other = true, true
			blank++
			limit = r.nextBlank(blank)
		case asciiWord(r.text[i]) && !r.camel:
			i = r.run(i, limit)
		default:
			i = r.step(i)
		}
	}
	r.endParagraph(len(r.text), len(r.text))
}

// nextBlank returns where an address begins; the text's end behind the last.
func (r *reader) nextBlank(n int) int {
	if n < len(r.blanks) {
		return r.blanks[n][0]
	}
	return len(r.text)
}

func (r *reader) here() block {
	return block{len(r.tokens), len(r.sentences), len(r.arena), len(r.folds)}
}

// rewind forgets what was read since b.
func (r *reader) rewind(b block) {
	r.tokens, r.arena, r.folds = r.tokens[:b.tokens], r.arena[:b.arena], r.folds[:b.folds]
	r.sentences = r.sentences[:b.sentences]
}

// step reads one token or one character between tokens.
func (r *reader) step(i int) int {
	c, size := r.decode(i)
	switch r.f.classOf(c) {
	case letter, digit:
		return r.word(i)
	case single:
		return r.singleton(i)
	case ignorable:
		return i + size
	case space:
		r.camel = false
		return i + size
	case lineEnd:
		return r.lineEnd(i, size)
	case hyphen:
		r.hyphen(i, size)
	case enDash:
		if r.openBefore(i) || r.openAfter(i+size) {
			r.gap.broken = true
		}
	case quote, apostrophe:
	case connector:
		r.gap.other = true
		return i + size
	case tag:
		r.gap.other, r.camel, r.gap.hash = true, true, c == '#' || c == '＃'
		return i + size
	case stop:
		if i >= 3 && r.text[i-1] == 'w' {
			r.seekWeb(r.text[i-3 : i+size])
		}
		r.stop(i, size)
	case terminator:
		r.gap.broken = true
		r.endSentence(i + size)
	default:
		r.gap.broken = true
	}
	r.gap.other, r.gap.lines, r.camel = true, 0, false
	return i + size
}

func (r *reader) decode(i int) (rune, int) {
	if i >= len(r.text) {
		return 0, 0
	}
	c := r.text[i]
	if c < utf8.RuneSelf {
		return rune(c), 1
	}
	if c >= 0xC2 && c < 0xE0 && i+1 < len(r.text) && r.text[i+1]&0xC0 == 0x80 {
		return rune(c&0x1F)<<6 | rune(r.text[i+1]&0x3F), 2
	}
	if c == printLead0 && i+2 < len(r.text) && r.text[i+1] == printLead1 && r.text[i+2]&0xC0 == 0x80 {
		return printStart | rune(r.text[i+2]&0x3F), 3
	}
	return utf8.DecodeRuneInString(r.text[i:])
}

// classAt returns the class of the character at i; a separator at the end.
func (r *reader) classAt(i int) class {
	c, size := r.decode(i)
	if size == 0 {
		return separator
	}
	return r.f.classOf(c)
}

// openBefore and openAfter report white space, or the text's edge.
func (r *reader) openBefore(i int) bool {
	c, size := utf8.DecodeLastRuneInString(r.text[:i])
	return size == 0 || unicode.IsSpace(c)
}

func (r *reader) openAfter(i int) bool {
	c, size := r.decode(i)
	return size == 0 || unicode.IsSpace(c)
}

// begin starts a token.
func (r *reader) begin(at int) token {
	t := token{start: int32(at), fold: int32(len(r.arena)), field: r.field, marks: r.opening() | allLetters | asciiOnly}
	if r.gap.hash && r.camel {
		t.marks |= hashtag
	}
	return t
}

// opening returns the marks that a token has from what stands before it.
func (r *reader) opening() marks {
	switch {
	case r.gap.broken:
		return 0
	case r.gap.join && r.gap.other:
		return linked | joined
	case r.gap.join:
		return linked | joined | spaced
	case r.gap.other:
		return linked
	}
	return linked | spaced
}

// end appends the token if anything of it is left. Until here its fold is where
// its folded form begins in the arena.
func (r *reader) end(t token, at int) {
	f := fold{t.fold, int32(len(r.arena))}
	if f.from == f.to {
		return
	}
	t.fold = int32(len(r.folds))
	r.folds = append(r.folds, f)
	t.hash, t.end = hash(r.arena[f.from:]), int32(at)
	t.sentence, t.para = int32(len(r.sentences)), int32(len(r.paras)-1)
	if isOdd(&t, r.arena[f.from:]) {
		t.marks |= odd
	}
	r.tokens = append(r.tokens, t)
	r.gap = gap{}
}

func (r *reader) lineEnd(i, size int) int {
	r.camel = false
	if r.text[i] == '\r' && strings.HasPrefix(r.text[i:], "\r\n") {
		size = 2
	}
	if r.gap.lines++; r.gap.lines == 2 {
		r.endParagraph(i, i+size)
	}
	return i + size
}

// hyphen decides about the hyphen at i: between letters it joins, also over a
// line end; with space around it is a dash.
func (r *reader) hyphen(i, size int) {
	if r.openBefore(i) {
		if r.openAfter(i + size) {
			r.gap.broken = true
		}
		return
	}
	n := len(r.tokens)
	if n == 0 || int(r.tokens[n-1].end) != i || !r.tokens[n-1].is(allLetters) || r.tokens[n-1].field != r.field {
		return
	}
	next := i + size
	for lines := 0; next < i+8 && (r.classAt(next) == lineEnd || lines > 0 && r.classAt(next) == space); next++ {
		if r.text[next] == '\n' {
			lines++
		}
		if lines > 1 {
			return
		}
	}
	r.gap.join = r.classAt(next) == letter || r.classAt(next) == ignorable
}

// stop decides about the full stop at i.
func (r *reader) stop(i, size int) {
	n := len(r.tokens)
	if n > 0 && int(r.tokens[n-1].end) == i && r.tokens[n-1].field == r.field {
		if t := &r.tokens[n-1]; t.is(initial) || isAbbreviation(r.folded(t)) {
			return
		}
	}
	r.gap.broken = true
	end := i + size
	for j := end; ; {
		c, s := r.decode(j)
		cl := r.f.classOf(c)
		if s == 0 || cl == lineEnd {
			r.endSentence(end)
			return
		}
		if cl == space {
			if next, n := r.decode(j + s); n > 0 && unicode.IsLower(next) {
				return
			}
			r.endSentence(end)
			return
		}
		if cl != quote && cl != apostrophe && c != ')' && c != ']' || j > end+8 {
			return
		}
		j += s
	}
}

// endSentence ends the sentence that runs up to byte at, and takes the quotes
// and brackets that close behind it.
func (r *reader) endSentence(at int) {
	n := len(r.tokens)
	if n == 0 || r.tokens[n-1].field != r.field || int(r.tokens[n-1].sentence) != len(r.sentences) {
		r.sentAt = int32(at)
		return
	}
	for {
		c, size := r.decode(at)
		cl := r.f.classOf(c)
		if size == 0 || cl != terminator && cl != stop && c != '”' && c != '’' && c != '"' && c != '»' && c != ')' && c != '」' && c != '』' {
			break
		}
		at += size
	}
	r.sentences = append(r.sentences, stretch{r.sentAt, int32(at), r.field})
	r.sentAt = int32(at)
}

// endParagraph ends the sentence and the paragraph at byte at; the next one
// begins at byte next.
func (r *reader) endParagraph(at, next int) {
	r.gap.broken = true
	if int(r.sentAt) < at {
		r.endSentence(at)
	}
	p := &r.paras[len(r.paras)-1]
	p.end = int32(at)
	if r.skip != nil && fields[r.field] == news.Body && r.skip(r.text[p.start:p.end], r.tokens[r.block.tokens:]) {
		r.rewind(r.block)
	}
	r.block = r.here()
	if next < len(r.text) {
		r.paras = append(r.paras, stretch{int32(next), int32(len(r.text)), r.field})
	}
}

// folded returns the folded form of a token; it is good until the next call.
func (r *reader) folded(t *token) []byte {
	if t.fold > 0 {
		f := r.folds[t.fold]
		return r.arena[f.from:f.to]
	}
	r.buf = appendLower(r.buf[:0], r.texts[t.field][t.start:t.end])
	return r.buf
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
