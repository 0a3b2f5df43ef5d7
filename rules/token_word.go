package rules

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// draft is a special word that is being read.
type draft struct {
	start, from int // in the text, and in the arena
	marks       marks
}

// begin starts a word.
func (r *reader) begin(at int) draft {
	d := draft{at, len(r.arena), r.gap.marks() | allLetters | asciiOnly}
	if r.gap.hash && r.camel {
		d.marks |= hashtag
	}
	return d
}

// word reads a word of letters and digits.
func (r *reader) word(at int) int {
	d := r.begin(at)
	i, lower, wasDigit := at, false, false
	if !r.camel {
		i = r.ascii(&d, at)
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
			next, ends := r.apostrophe(&d, i, i+size)
			if ends {
				r.finish(d, i)
				return next
			}
			i = next
			continue
		}
		if cl == stop && d.marks&allLetters != 0 && r.acronym(i, runes, d.marks&initial != 0) {
			d.marks |= initial
			i += size
			continue
		}
		if cl != letter && cl != digit {
			break
		}
		if r.camel && runes > 0 && r.splits(c, i+size, lower, wasDigit, cl == digit) {
			r.finish(d, i)
			r.gap.join = true
			return r.word(i)
		}
		i = r.fold(&d, i, c, size)
		runes++
		if r.camel {
			lower, wasDigit = cl == letter && !unicode.IsUpper(c), cl == digit
		}
		if cl != letter {
			d.marks &^= allLetters
		}
	}
	if runes == 1 && d.marks&allLetters != 0 {
		d.marks |= initial
	}
	r.finish(d, i)
	return i
}

// finish ends a word before the byte at, if anything is left of it.
func (r *reader) finish(d draft, at int) {
	fold := r.arena[d.from:]
	if len(fold) == 0 {
		return
	}
	if isOdd(d.marks, fold) {
		d.marks |= odd
	}
	r.addWord(hash(fold), d.start, at, d.from, d.marks)
}

// ascii reads the ASCII letters and digits at i.
func (r *reader) ascii(d *draft, i int) int {
	from := i
	for i < len(r.text) && asciiWord(r.text[i]) {
		if r.text[i] <= '9' {
			d.marks &^= allLetters
		}
		i++
	}
	r.arena = appendLower(r.arena, r.text[from:i])
	return i
}

func asciiWord(c byte) bool {
	return c-'0' <= 9 || (c|0x20)-'a' <= 'z'-'a'
}

// fold appends the folded form of the character at i, with what combines with
// it, and returns where the next one stands.
func (r *reader) fold(d *draft, i int, c rune, size int) int {
	if c < utf8.RuneSelf {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		r.arena = append(r.arena, byte(c))
		return i + size
	}
	d.marks &^= asciiOnly
	if next, n := r.decode(i + size); n > 0 && next >= utf8.RuneSelf && isCombining(next) {
		end := i + norm.NFKC.NextBoundaryInString(r.text[i:], true)
		if end > i {
			r.arena = append(r.arena, r.f.foldSegment(r.text[i:end])...)
			return end
		}
	}
	r.arena = r.f.appendRune(r.arena, c)
	return i + size
}

// singleton reads one character of a script without spaces.
func (r *reader) singleton(at int) int {
	d := r.begin(at)
	c, size := r.decode(at)
	next := r.fold(&d, at, c, size)
	d.marks |= lone
	r.finish(d, next)
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
func (r *reader) apostrophe(d *draft, i, after int) (next int, ends bool) {
	after = r.visible(after)
	if r.classAt(after) != letter {
		if len(r.arena) > d.from+3 && r.arena[len(r.arena)-1] == 's' {
			d.marks |= possessive
		}
		return i, true
	}
	if end := r.genitive(i); end > i {
		return end, true
	}
	if isElision(r.arena[d.from:]) {
		return after, true
	}
	return after, false
}

// genitive returns the byte behind an apostrophe and the s that ends the word
// before byte i, or the ending that stands there in Turkish; i when there is none.
func (r *reader) genitive(i int) int {
	_, size := r.decode(i)
	if r.classAt(i) != apostrophe {
		return i
	}
	after := r.visible(i + size)
	c, size := r.decode(after)
	if next := after + size; !r.goesOn(next) && r.f.isS(c) {
		return next
	}
	if r.suffixes && r.mayInflect(i, c) {
		return r.suffix(i, after)
	}
	return i
}

// visible returns the first byte from i on where a reader sees something.
func (r *reader) visible(i int) int {
	for r.classAt(i) == ignorable {
		_, size := r.decode(i)
		i += size
	}
	return i
}

// maxSuffix bounds the letters of Turkish endings: -ndakilerden.
const maxSuffix = 12

// suffix returns the byte behind the Turkish ending at byte after, i when there is
// none: Ankara'nın.
func (r *reader) suffix(i, after int) int {
	at := after
	for n := 0; r.classAt(at) == letter; n++ {
		if n == maxSuffix {
			return i
		}
		_, size := r.decode(at)
		at = r.visible(at + size)
	}
	if at == after || r.goesOn(at) {
		return i
	}
	return at
}

// mayInflect says whether an ending may begin with c behind the apostrophe at byte
// i. Two letters or digits stand before it, and no capital behind a small letter:
// neither O'Neill nor dell'Ucraina.
func (r *reader) mayInflect(i int, c rune) bool {
	last, size := utf8.DecodeLastRuneInString(r.text[:i])
	first, _ := utf8.DecodeLastRuneInString(r.text[:i-size])
	for _, c := range [...]rune{first, last} {
		if cl := r.f.classOf(c); cl != letter && cl != digit {
			return false
		}
	}
	return !unicode.IsUpper(c) || unicode.IsUpper(last)
}

// goesOn says whether a word could go on with the character at i.
func (r *reader) goesOn(i int) bool {
	cl := r.classAt(i)
	return cl == letter || cl == digit || cl == apostrophe
}

// isElision knows the short words of French, Italian and Catalan that lose
// their vowel before another: l’Ukraine, d’après, lorsqu’il, dell’Ucraina. Not
// O’Neill.
func isElision(word []byte) bool {
	switch string(word) {
	case "l", "d", "j", "m", "n", "s", "t", "c", "qu", "lorsqu", "jusqu", "puisqu", "quoiqu", "presqu",
		"un", "dell", "nell", "sull", "all", "dall", "quell":
		return true
	}
	return false
}
