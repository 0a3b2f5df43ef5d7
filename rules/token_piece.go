package rules

import (
	"slices"
	"unicode/utf8"
)

// pieces reads what is common in special runs, piece by piece: words parted by
// hyphens, plain or of alphabets that have two bytes a letter. It returns where
// something else begins, which step must read. Like readRuns it only ever agrees
// with step.
func (r *reader) pieces(i, to int) int {
	hyphened := false // a hyphen joins the piece at i to the one before
	if len(r.addresses[r.field]) > 0 {
		return i
	}
	for i < to {
		end := min(r.runs.nextSpecial(i), to)
		isPlain := end > i && end-i <= plainSize && !hyphened && !isPair(r.text[end:to])
		from, m := len(r.arena), marks(0)
		if !isPlain {
			end, m = r.foldLetters(i, to)
		}
		next, joins, ok := r.pieceEnd(i, end, to)
		switch {
		case !ok:
			r.arena = r.arena[:from]
			return i
		case isPlain:
			r.plainWord(i, end)
		default:
			m |= r.openingAt(i, hyphened)
			r.addWord(i, end, from, m)
			r.at = r.genitive(end)
		}
		i, hyphened = next, joins
	}
	return i
}

// pieceEnd says whether the word from i to end ends there, where to go on behind
// it, and whether a hyphen joins the next word to it.
func (r *reader) pieceEnd(i, end, to int) (next int, joins, ok bool) {
	text := r.runs.text
	switch {
	case end == i, text[end] == '.' && isLetter(text[i:end]):
		return end, false, false
	case end == to:
		return end, false, true
	case text[end] != '-' || end+1 == to:
		return end, false, false
	case asciiWord(text[end+1]):
		return end + 1, text[end+1] > '9' && isAlphabetic(r.text[i:end]), true
	case r.pairAt(end+1) != 0:
		return end + 1, isAlphabetic(r.text[i:end]), true
	}
	return end, false, false
}

// isLetter says of a word whether it is one letter or digit.
func isLetter(w []byte) bool { return len(w) == 1 || len(w) == 2 && w[0] >= utf8.RuneSelf }

// plainWord appends a plain word.
func (r *reader) plainWord(from, to int) {
	x := r.runs.text[from : from+plainSize]
	r.tokens = append(r.tokens, token{plainHash(x, to-from), int32(from), int32(to)})
}

// isPair says whether a text begins with the first of two bytes of a letter.
func isPair(s string) bool { return s != "" && s[0] >= 0xC3 && s[0] < 0xE0 }

// pairAt returns the folded form of the letter of two bytes at byte i; 0 where
// there is none.
func (r *reader) pairAt(i int) uint16 {
	c, next := r.runs.text[i], r.runs.text[i+1]
	if c < 0xC3 || c >= 0xE0 || next&0xC0 != 0x80 {
		return 0
	}
	return r.f.quick[(int(c&0x1F)<<6|int(next&0x3F))&(tableSize-1)]
}

// foldLetters reads the word at byte i as long as it has only ASCII letters and
// digits and letters of two bytes with nothing to combine with: most words in
// Cyrillic and Greek, and with accents. Its folded form is left in the
// arena. It returns where it ended, and the marks but how it opens.
func (r *reader) foldLetters(i, to int) (end int, m marks) {
	text, from := r.runs.text, len(r.arena)
	r.arena = slices.Grow(r.arena, to-i)
	fold := r.arena[from : from+to-i]
	m = allLetters
	n, at, pairs, latin, other := 0, i, 0, 0, 0
	for at < to {
		c := text[at]
		if asciiWord(c) {
			if c <= '9' {
				m &^= allLetters
			} else {
				latin++
			}
			fold[n] = c | 0x20
			at, n = at+1, n+1
			continue
		}
		pair := r.pairAt(at)
		if pair == 0 || combines(text[at+2]) {
			break
		}
		if pair < utf8.RuneSelf {
			fold[n] = byte(pair)
			n, latin = n+1, latin+1
		} else {
			fold[n], fold[n+1] = byte(pair>>8), byte(pair)
			n, other = n+2, other+1
		}
		at, pairs = at+2, pairs+1
	}
	if m&allLetters != 0 && isLetter(text[i:at]) {
		m |= initial
	}
	switch {
	case pairs == 0:
		m |= asciiOnly
	case latin > 0 && other > 0 || isArabic(fold):
		m |= odd
	}
	r.arena = r.arena[:from+n]
	return at, m
}

// combines says of the first byte behind a letter whether what begins so may
// change the letter, see isCombining.
func combines(c byte) bool { return c == 0xCC || c == 0xE1 || c == 0xE3 || c == 0xEF }

// openingAt returns the marks that a token at byte i has from what stands before it.
func (r *reader) openingAt(i int, hyphened bool) marks {
	if hyphened {
		return linked | joined
	}
	last := int32(len(r.tokens)) - 1
	if last >= r.firsts[r.field] && r.follows(last, i) {
		return linked | spaced
	}
	r.reach(i)
	return r.gap.marks()
}
