package rules

import (
	"slices"
	"unicode/utf8"
)

// pieces reads what is common in special runs, piece by piece: plain words
// between quotes, dashes, hyphens and genitives, and words of alphabets that have
// two bytes a letter. It returns where something else begins, which step must
// read. Like readRuns it only ever agrees with step.
func (r *reader) pieces(i, to int) int {
	hyphened := false // a hyphen joins the piece at i to the one before
	if len(r.addresses[r.field]) > 0 {
		return i
	}
	for i < to {
		if n := r.printed(i); n > 0 && !hyphened {
			i += n
			continue
		}
		end := min(r.runs.nextSpecial(i), to)
		isPlain := end > i && end-i <= plainSize && !hyphened && !isPair(r.text[end:to])
		w := word{from: int32(len(r.arena))}
		if !isPlain {
			w = r.foldLetters(i, to)
			end = int(w.end)
		}
		next, joins, ok := r.pieceEnd(i, end, to)
		switch {
		case !ok:
			r.arena = r.arena[:w.from]
			return i
		case isPlain:
			r.plainWord(i, end)
		default:
			w.marks |= r.openingAt(i, hyphened)
			r.addLetters(i, w)
		}
		i, hyphened = next, joins
	}
	return i
}

// printed returns the size of a quote or dash at byte i; 0 for all else.
func (r *reader) printed(i int) int {
	text := r.runs.text
	switch text[i] {
	case 0xE2:
		if text[i+1] == 0x80 && (isPrinted(text[i+2]) || text[i+2] == 0x98 || text[i+2] == 0x99) {
			return 3
		}
	case 0xC2:
		if isSided(text[i+1]) {
			return 2
		}
	case '\'':
		return 1
	}
	return 0
}

// isPrinted knows, by their third byte, the marks of print that end any word:
// – — “ ” „ …
func isPrinted(c byte) bool {
	return c == 0x93 || c == 0x94 || c == 0x9C || c == 0x9D || c == 0x9E || c == 0xA6
}

// isSided knows, by their second byte, « » and the space that breaks no line.
func isSided(c byte) bool { return c == 0xAB || c == 0xBB || c == 0xA0 }

// endsWord says whether the byte at, in a run that ends at to, ends a word.
func (r *reader) endsWord(at, to int) bool {
	text := r.runs.text
	switch {
	case at == to:
		return true
	case text[at] == 0xE2:
		return text[at+1] == 0x80 && isPrinted(text[at+2])
	case text[at] == 0xC2:
		return isSided(text[at+1])
	}
	return false
}

// pieceEnd says whether the word from i to end ends there, where to go on behind
// it, and whether a hyphen joins the next word to it.
func (r *reader) pieceEnd(i, end, to int) (next int, joins, ok bool) {
	text := r.runs.text
	c := text[end]
	switch {
	case end == i, c != '-' && c != ' ' && isLetter(text[i:end]):
		return end, false, false
	case r.endsWord(end, to):
		return end, false, true
	case c == '-' && end+1 < to && asciiWord(text[end+1]):
		return end + 1, text[end+1] > '9' && isAlphabetic(r.text[i:end]), true
	case c == '-' && end+1 < to && r.pairAt(end+1) != 0:
		return end + 1, isAlphabetic(r.text[i:end]), true
	}
	after := end + 1
	if c == 0xE2 && text[end+1] == 0x80 && text[end+2] == 0x99 { // ’
		after = end + 3
	} else if c != '\'' {
		return end, false, false
	}
	if after == to { // of an s, it may be the genitive of a plural
		last := text[end-1] | 0x20
		return after, false, last != 's' && last < utf8.RuneSelf
	}
	if text[after]|0x20 == 's' && r.endsWord(after+1, to) {
		return after + 1, false, true
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
	c := r.runs.text[i]
	if c < 0xC3 || c >= 0xE0 {
		return 0
	}
	return r.f.quick[(int(c&0x1F)<<6|int(r.runs.text[i+1]&0x3F))&(tableSize-1)]
}

// foldLetters reads the word at byte i as long as it has only ASCII letters and
// digits and letters of two bytes with nothing to combine with: most words in
// Cyrillic and Greek, and with accents. Its folded form is left in the arena.
func (r *reader) foldLetters(i, to int) word {
	text, from := r.runs.text, len(r.arena)
	r.arena = slices.Grow(r.arena, to-i)
	fold := r.arena[from : from+to-i]
	m, n, at, pairs, latin, other := allLetters, 0, i, 0, 0, 0
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
	return word{end: int32(at), from: int32(from), to: int32(from + n), marks: m}
}

// combines says of the first byte behind a letter whether what begins so may
// change the letter, see isCombining.
func combines(c byte) bool { return c == 0xCC || c == 0xE1 || c == 0xE3 || c == 0xEF }

// addLetters appends what foldLetters has read.
func (r *reader) addLetters(i int, w word) {
	w.token = int32(len(r.tokens))
	r.tokens = append(r.tokens, token{hash(r.arena[w.from:]), int32(i), ^int32(len(r.words))})
	r.words = append(r.words, w)
	r.last, r.gap, r.at = w.token, gap{}, r.genitive(int(w.end))
}

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
