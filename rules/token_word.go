package rules

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// word reads a word of letters and digits.
func (r *reader) word(at int) int {
	t := r.begin(at)
	i, lower, wasDigit := at, false, false
	if !r.camel {
		i = r.ascii(&t, at)
	}
	runes := i - at
	for i < len(r.text) {
		if r.text[i] >= utf8.RuneSelf && !r.camel {
			if n := r.letters(&t, i); n > 0 {
				i, runes = i+2*n, runes+n
				continue
			}
		}
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
		if cl == stop && t.is(allLetters) && r.acronym(i, runes, t.is(initial)) {
			t.marks |= initial
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
		if r.camel {
			lower, wasDigit = cl == letter && !unicode.IsUpper(c), cl == digit
		}
		if cl != letter {
			t.marks &^= allLetters
		}
	}
	if runes == 1 && t.is(allLetters) {
		t.marks |= initial
	}
	r.end(t, i)
	return i
}

// ascii reads the ASCII letters and digits at i, which most words are made of.
func (r *reader) ascii(t *token, i int) int {
	from := i
	for i < len(r.text) && asciiWord(r.text[i]) {
		if r.text[i] <= '9' {
			t.marks &^= allLetters
		}
		i++
	}
	r.arena = appendLower(r.arena, r.text[from:i])
	return i
}

// letters folds the letters of two bytes at i that stand for one letter and have
// nothing to combine with, and returns how many they are: most of a Cyrillic or
// Greek word.
func (r *reader) letters(t *token, i int) int {
	text, n := r.text, 0
	for ; i+3 < len(text); i += 2 {
		lead, next := text[i], text[i+2]
		// Marks that combine begin with 0xCC or with three bytes.
		if lead < 0xC3 || lead >= 0xE0 || next == 0xCC || next >= 0xE0 {
			break
		}
		c := r.f.quick[(int(lead&0x1F)<<6|int(text[i+1]&0x3F))&(tableSize-1)]
		if c == 0 {
			break
		}
		if c >= 1<<8 {
			r.arena = append(r.arena, byte(c>>8))
		}
		r.arena = append(r.arena, byte(c))
		n++
	}
	if n > 0 {
		t.marks &^= asciiOnly
	}
	return n
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
	t.marks &^= asciiOnly
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
	t := r.begin(at)
	c, size := r.decode(at)
	next := r.fold(&t, at, c, size)
	t.marks |= lone
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
		if len(r.arena) > int(t.fold)+3 && r.arena[len(r.arena)-1] == 's' {
			t.marks |= possessive
		}
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
