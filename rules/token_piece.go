package rules

import (
	"encoding/binary"
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
		isPlain := end > i && end-i <= plainSize && !hyphened && !isPair(r.runs.text[end:])
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
			r.addWord(foldHash(r.arena, from), i, end, from, m)
			r.at = r.genitive(end)
		}
		i, hyphened = next, joins
	}
	return i
}

// letterWords reads words of letters with one space between them from the run at
// byte at on: most of a Cyrillic or Greek text. It returns where something else
// begins.
func (r *reader) letterWords(at int) int {
	if len(r.addresses[r.field]) > 0 {
		return at
	}
	text := r.runs.text
	for opening := before; isPair(text[at:]); opening = linked | spaced {
		from := len(r.arena)
		end, m := r.foldLetters(at, len(r.text))
		if r.runs.has(end) || text[end] == '.' && isLetter(text[at:end]) {
			r.arena = r.arena[:from]
			return at
		}
		if opening == before {
			opening = r.openingAt(at, false)
		}
		r.addWord(foldHash(r.arena, from), at, end, from, m|opening)
		if at, r.at = end, end; text[end] != ' ' {
			r.at = r.genitive(end)
			return end
		}
		at++
	}
	return at
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
func isPair(s []byte) bool { return s[0] >= 0xC3 && s[0] < 0xE0 }

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
// Cyrillic and Greek, and with accents. It returns where it ended, and the marks
// but how it opens. Its folded form is left in the arena, with zeros behind it: it
// is written eight bytes at a time, so that hashing need not wait for single bytes.
func (r *reader) foldLetters(i, to int) (end int, m marks) {
	text, from := r.runs.text, len(r.arena)
	r.arena = slices.Grow(r.arena, to-i+plainSize)
	fold := r.arena[from : from+to-i+plainSize]
	m = allLetters
	at, n, latin, wide := i, 0, 0, 0
	for x, bit := uint64(0), 0; ; {
		c, size := uint64(text[at]), 1
		switch {
		case at == to:
			binary.LittleEndian.PutUint64(fold[n&^7:], x)
			binary.LittleEndian.PutUint64(fold[n&^7+8:], 0)
			r.arena = r.arena[:from+n]
			return at, m | wordMarks(text[i:at], fold[:n], latin, wide)
		case asciiWord(byte(c)):
			if c <= '9' {
				m &^= allLetters
			} else {
				latin++
			}
			c |= 0x20
			at++
		default:
			if c = uint64(r.pairAt(at)); c == 0 || combines(text[at+2]) {
				to = at
				continue
			}
			at += 2
			if c < utf8.RuneSelf {
				latin++
			} else {
				wide++
				size = 2
			}
		}
		x |= c << bit
		if n, bit = n+size, bit+8*size; bit >= 64 {
			binary.LittleEndian.PutUint64(fold[n&^7-8:], x)
			bit -= 64
			x = c >> (8*size - bit)
		}
	}
}

// wordMarks returns the marks that a word has from its letters.
func wordMarks(written, fold []byte, latin, wide int) (m marks) {
	if isLetter(written) && (len(written) == 2 || written[0] > '9') {
		m |= initial
	}
	switch {
	case wide == 0 && len(fold) == len(written):
		m |= asciiOnly
	case latin > 0 && wide > 0 || isArabic(fold):
		m |= odd
	}
	return m
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
