package rules

import "math/bits"

// run reads plain words from the one at byte i on, which must begin with an
// ASCII letter or digit, and returns where step has to go on. Nine of ten words
// of an English news text are plain: up to sixteen ASCII letters and digits, and
// what parts them is common punctuation. They are found, folded and hashed eight
// bytes at a time, without copying them. All else is for step and word, which
// say what a text means: run only ever agrees with them, faster.
func (r *reader) run(i, limit int) int {
	text := r.text
	m := r.opening()
	last := min(len(text)-wordLoad, limit-1)
	for i <= last {
		x := load(text[i:])
		stops := notWord(x)
		size := bits.TrailingZeros64(stops) >> 3
		below := (stops ^ (stops - 1)) >> 8 // the bytes before the first stop
		a, b := (x|0x20*eachByte)&below, uint64(0)
		digits := ^x & below & (0x40 * eachByte) // letters have this bit
		if stops == 0 {
			y := load(text[i+8:])
			if stops = notWord(y); stops == 0 {
				break
			}
			size = 8 + bits.TrailingZeros64(stops)>>3
			below = (stops ^ (stops - 1)) >> 8
			a, b = x|0x20*eachByte, (y|0x20*eachByte)&below
			digits = (^x | ^y&below) & (0x40 * eachByte)
		} else if size == 0 {
			r.gap = m.gap()
			return i
		}
		c := text[i+size]
		if c != ' ' && (mayGoOn(c) && (size == 1 || r.goesOn(i+size)) || c == '.' && size == 1) {
			break
		}
		r.tokens = append(r.tokens, token{})
		t := &r.tokens[len(r.tokens)-1]
		t.hash, t.start, t.end = mix(a, b), int32(i), int32(i+size)
		t.sentence, t.para, t.field = int32(len(r.sentences)), int32(len(r.paras)-1), r.field
		t.marks = m | plainMarks(digits, size)
		i += size
		if c == ' ' {
			i, m = i+1, linked|spaced
			continue
		}
		var ok bool
		if i, m, ok = r.plainGap(i, t); !ok {
			r.gap = gap{}
			return i
		}
	}
	r.gap = m.gap()
	if i < limit && i < len(text) && asciiWord(text[i]) {
		return r.word(i)
	}
	return i
}

// plainMarks returns the marks of a plain word, without a branch that nobody
// could foretell.
func plainMarks(digits uint64, size int) marks {
	letters := marks((digits - 1) >> 63) // the high bit of digits is never set
	return asciiOnly | letters*allLetters | letters*marks(uint64(size-2)>>63)*initial
}

// wordLoad is how many bytes from a word's first one run may read.
const wordLoad = 17

// mayGoOn says whether a word may go on, or end in another way, at a character
// that is no ASCII letter or digit.
func mayGoOn(c byte) bool { return c >= 0x80 || c == '\'' || c == '`' }

// goesOn says the same of the characters at byte i, but knows the quotes and
// dashes of print, and the 's that ends a word.
func (r *reader) goesOn(i int) bool {
	size := 1
	if r.text[i] >= 0x80 {
		if len(r.text) < i+3 || r.text[i] != 0xE2 || r.text[i+1] != 0x80 {
			return true
		}
		switch r.text[i+2] {
		case 0x93, 0x94, 0x9C, 0x9D, 0xA6: // – — “ ” …
			return false
		case 0x99: // ’
			size = 3
		default:
			return true
		}
	}
	return !isGenitive(r.text[i+size:])
}

// isGenitive says whether what stands behind an apostrophe is an s that ends a
// plain word.
func isGenitive(s string) bool {
	return len(s) > 1 && s[0]|0x20 == 's' && !asciiWord(s[1]) && !mayGoOn(s[1])
}

// plainGap reads what stands between the token t, which ends before byte i, and
// a plain word that follows. It gives up on what is not common, and says where.
func (r *reader) plainGap(i int, t *token) (next int, m marks, ok bool) {
	s := r.text[i:]
	if mayGoOn(s[0]) {
		size := 1
		if s[0] == 0xE2 {
			size = 3
			if s[2] != 0x99 {
				return i, 0, false
			}
		}
		// goesOn has seen a genitive: nothing of it is left.
		i, s = i+size+1, s[size+1:]
		if s[0] == ' ' {
			return i + 1, linked | spaced, true
		}
	}
	switch {
	case len(s) < 3:
	case s[0] == ',' && s[1] == ' ':
		return i + 2, 0, true
	case s[0] == '-' && asciiWord(s[1]):
		if t.is(allLetters) && s[1] >= 'A' && int(t.end) == i {
			return i + 1, linked | joined, true
		}
		return i + 1, linked, true
	case s[0] == '.' && s[1] == ' ' && asciiWord(s[2]):
		return r.plainStop(i, t)
	}
	return i, 0, false
}

// plainStop reads a full stop at byte i that a space and a plain word follow.
func (r *reader) plainStop(i int, t *token) (next int, m marks, ok bool) {
	if int(t.end) != i || r.text[i-1] == 'w' {
		return i, 0, false
	}
	if t.is(initial) || i-int(t.start) <= maxAbbreviation && isAbbreviation(r.folded(t)) {
		return i + 2, linked, true
	}
	if c := r.text[i+2]; c < 'a' {
		r.sentences = append(r.sentences, stretch{r.sentAt, int32(i + 1), r.field})
		r.sentAt = int32(i + 1)
	}
	return i + 2, 0, true
}

// gap returns what stands before a token with these marks, for reader.opening.
func (m marks) gap() gap {
	return gap{broken: m&linked == 0, join: m&joined != 0, other: m&spaced == 0}
}
