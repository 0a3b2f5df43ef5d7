package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"newswatch/news"
)

// token is a word of an item: where it stands, and its folded form in
// reader.arena. Positions of tokens count through all fields of an item.
type token struct {
	start, end       int32 // bytes in the field's text
	fold, foldEnd    int32 // bytes in the arena
	sentence, para   int32
	edge             int32 // first of its edges, see scan
	field            uint8
	linked           bool // a phrase may run from the token before into this one
	joined           bool // a hyphen or a change of case parts it from the one before
	spaced           bool // only white space parts it from the one before
	single           bool // a character of a script without spaces
	letters, initial bool // it has no digits; it is one letter, or letters with dots
	plural           bool // an apostrophe follows its final s
	hashtag          bool // it begins behind a #
	ascii            bool
}

// stretch is a sentence or a paragraph of a field, in bytes.
type stretch struct {
	start, end int32
	field      uint8
}

// reader cuts text into tokens. Its slices are kept between items.
type reader struct {
	f         *folder
	terms     bool // reading a term: no addresses in it
	tokens    []token
	arena     []byte
	sentences []stretch
	paras     []stretch
	blanks    [][2]int

	text   string
	field  uint8
	camel  bool
	gap    gap
	sentAt int32 // where the sentence began
	block  block // where the paragraph began
	// skip says whether a paragraph of the body is not to be searched.
	skip func(text string, tokens []token) bool
}

// block remembers the lengths of the reader's slices at a paragraph's start.
type block struct{ tokens, sentences, arena int }

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
	r.sentences, r.paras = r.sentences[:0], r.paras[:0]
}

// read appends the tokens of one field.
func (r *reader) read(field uint8, text string) {
	if len(text) == 0 {
		return
	}
	r.text, r.field, r.sentAt = text, field, 0
	r.block = block{len(r.tokens), len(r.sentences), len(r.arena)}
	r.paras = append(r.paras, stretch{0, int32(len(text)), field})
	r.gap = gap{broken: true}
	r.blanks = r.blanks[:0]
	if !r.terms && fields[field] != news.URL {
		r.findAddresses()
	}
	blank := 0
	for i := 0; i < len(text); {
		if blank < len(r.blanks) && i >= r.blanks[blank][0] {
			i = max(i, r.blanks[blank][1])
			r.gap.broken, r.gap.other = true, true
			blank++
			continue
		}
		i = r.step(i)
	}
	r.endParagraph(len(text), len(text))
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
	if c := r.text[i]; c < utf8.RuneSelf {
		return rune(c), 1
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
	t := token{
		start: int32(at), fold: int32(len(r.arena)), field: r.field,
		linked: !r.gap.broken, joined: r.gap.join && !r.gap.broken,
		spaced:  !r.gap.other && !r.gap.broken,
		letters: true, ascii: true, hashtag: r.gap.hash && r.camel,
	}
	return t
}

// end appends the token if anything of it is left.
func (r *reader) end(t token, at int) {
	t.end, t.foldEnd = int32(at), int32(len(r.arena))
	if t.foldEnd == t.fold {
		return
	}
	t.sentence, t.para = int32(len(r.sentences)), int32(len(r.paras)-1)
	r.tokens = append(r.tokens, t)
	r.gap = gap{}
}

// word reads a word of letters and digits.
func (r *reader) word(at int) int {
	t := r.begin(at)
	i, lower, wasDigit := at, false, false
	if !r.camel {
		i = r.ascii(&t, at)
	}
	runes := i - at
	for i < len(r.text) {
		c, size := r.decode(i)
		cl := r.f.classOf(c)
		if cl == ignorable {
			i += size
			continue
		}
		if cl == apostrophe && runes > 0 {
			next, ends := r.apostrophe(&t, i, i+size)
			if ends {
				r.end(t, i)
				return next
			}
			i = next
			continue
		}
		if cl == stop && t.letters && r.acronym(i, runes, t.initial) {
			t.initial = true
			i += size
			continue
		}
		if cl != letter && cl != digit {
			break
		}
		if r.camel && runes > 0 && r.splits(c, i+size, lower, wasDigit, cl == digit) {
			r.end(t, i)
			r.gap.join = true
			return r.word(i)
		}
		i = r.fold(&t, i, c, size)
		runes++
		lower, wasDigit = cl == letter && !unicode.IsUpper(c), cl == digit
		t.letters = t.letters && cl == letter
	}
	t.initial = t.initial || runes == 1 && t.letters
	r.end(t, i)
	return i
}

// ascii reads the ASCII letters and digits at i, which most words are made of.
func (r *reader) ascii(t *token, i int) int {
	from := i
	for i < len(r.text) && asciiWord(r.text[i]) {
		i++
	}
	n := len(r.arena)
	r.arena = append(r.arena, r.text[from:i]...)
	for k, c := range r.arena[n:] {
		switch {
		case c <= '9':
			t.letters = false
		case c <= 'Z':
			r.arena[n+k] = c | 0x20
		}
	}
	return i
}

func asciiWord(c byte) bool {
	return c-'0' <= 9 || (c|0x20)-'a' <= 'z'-'a'
}

// fold appends the folded form of the character at i, with what combines with
// it, and returns where the next one stands.
func (r *reader) fold(t *token, i int, c rune, size int) int {
	if c < utf8.RuneSelf {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		r.arena = append(r.arena, byte(c))
		return i + size
	}
	t.ascii = false
	if next, n := r.decode(i + size); n > 0 && next >= utf8.RuneSelf && isCombining(next) {
		end := i + norm.NFKC.NextBoundaryInString(r.text[i:], true)
		if end > i {
			r.arena = append(r.arena, r.f.foldSegment(r.text[i:end])...)
			return end
		}
	}
	r.arena = append(r.arena, r.f.foldRune(c)...)
	return i + size
}

// singleton reads one character of a script without spaces.
func (r *reader) singleton(at int) int {
	t := r.begin(at)
	c, size := r.decode(at)
	next := r.fold(&t, at, c, size)
	t.single = true
	r.end(t, next)
	return next
}

// splits says where CamelCase behind # or @ parts: aB, ABc, a1, 1a.
func (r *reader) splits(c rune, next int, lower, wasDigit, isDigit bool) bool {
	if wasDigit != isDigit {
		return true
	}
	if !unicode.IsUpper(c) {
		return false
	}
	if lower {
		return true
	}
	n, size := r.decode(next)
	return size > 0 && unicode.IsLower(n)
}

// acronym says whether the full stop at i belongs to letters with dots: U.S.
func (r *reader) acronym(i, runes int, already bool) bool {
	if runes != 1 && !already {
		return false
	}
	_, size := r.decode(i + 1)
	after := r.classAt(i + 1 + size)
	return r.classAt(i+1) == letter && after != letter && after != digit && after != apostrophe && after != ignorable
}

// apostrophe decides about the apostrophe at i inside a word: a final 's is
// cut, an elision splits, a quote ends the word, any other vanishes. It returns
// where reading goes on, and whether the word ends.
func (r *reader) apostrophe(t *token, i, after int) (next int, ends bool) {
	for r.classAt(after) == ignorable {
		_, size := r.decode(after)
		after += size
	}
	c, size := r.decode(after)
	if size == 0 || r.f.classOf(c) != letter {
		t.plural = len(r.arena) > int(t.fold)+3 && r.arena[len(r.arena)-1] == 's'
		return i, true
	}
	if c == 's' || c == 'S' {
		if next := r.classAt(after + size); next != letter && next != digit && next != apostrophe {
			return after + size, true
		}
	}
	if isElision(r.arena[t.fold:]) {
		return after, true
	}
	return after, false
}

// isElision knows the short words of French, Italian and Catalan that lose
// their vowel before another: l’Ukraine, d’après, dell’Ucraina. Not O’Neill.
func isElision(word []byte) bool {
	switch string(word) {
	case "l", "d", "j", "m", "n", "s", "t", "c", "qu", "un", "dell", "nell", "sull", "all", "dall", "quell":
		return true
	}
	return false
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
	if n == 0 || int(r.tokens[n-1].end) != i || !r.tokens[n-1].letters || r.tokens[n-1].field != r.field {
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
		if t := r.tokens[n-1]; t.initial || isAbbreviation(r.arena[t.fold:t.foldEnd]) {
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
		r.tokens, r.arena = r.tokens[:r.block.tokens], r.arena[:r.block.arena]
		r.sentences = r.sentences[:r.block.sentences]
	}
	r.block = block{len(r.tokens), len(r.sentences), len(r.arena)}
	if next < len(r.text) {
		r.paras = append(r.paras, stretch{int32(next), int32(len(r.text)), r.field})
	}
}

// folded returns the folded form of a token.
func (r *reader) folded(t token) []byte { return r.arena[t.fold:t.foldEnd] }
