package rules

import (
	"unicode"
	"unicode/utf8"
)

// step reads one token or one character between tokens, and returns where to go
// on.
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
		r.seekMail(i)
		r.gap.other, r.camel, r.gap.hash = true, true, c == '#' || c == '＃'
		return i + size
	case stop:
		r.stop(i, size)
	case terminator:
		r.gap.broken = true
		r.layout.endSentence(r, i+size)
	default:
		r.seekURL(i)
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

func (r *reader) lineEnd(i, size int) int {
	r.camel = false
	if r.text[i] == '\r' && i+1 < len(r.text) && r.text[i+1] == '\n' {
		size = 2
	}
	if r.gap.lines++; r.gap.lines == 2 {
		r.gap.broken = true
		r.layout.endParagraph(r, i, i+size)
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
	if r.last < 0 || r.end(r.last) != i || !r.is(r.last, allLetters) {
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
	if r.last >= 0 && r.end(r.last) == i && r.isShort(r.last) {
		return
	}
	r.gap.broken = true
	if !r.layout.open {
		return
	}
	end := i + size
	for j := end; ; {
		c, s := r.decode(j)
		cl := r.f.classOf(c)
		if s == 0 || cl == lineEnd {
			r.layout.endSentence(r, end)
			return
		}
		if cl == space {
			if next, n := r.decode(j + s); n > 0 && unicode.IsLower(next) {
				return
			}
			r.layout.endSentence(r, end)
			return
		}
		if cl != quote && cl != apostrophe && c != ')' && c != ']' || j > end+8 {
			return
		}
		j += s
	}
}

// isShort says whether a full stop behind a token ends no phrase.
func (r *reader) isShort(i int32) bool { return r.is(i, initial) || isAbbreviation(r.folded(i)) }

// isAbbreviation knows words that a full stop follows without ending a
// sentence, in folded form. A sentence that does end there is the price.
func isAbbreviation(word []byte) bool {
	switch string(word) {
	case "mr", "mrs", "ms", "dr", "prof", "gen", "lt", "col", "maj", "sgt", "capt", "cmdr", "cpl",
		"brig", "adm", "sen", "rep", "gov", "pres", "hon", "rev", "amb", "sec", "min", "st", "mt",
		"jr", "sr", "vs", "inc", "ltd", "corp", "dept", "est", "approx", "etc", "jan", "feb", "aug",
		"sept", "oct", "nov", "dec", "fr", "hr", "usw", "bzw", "mme", "mlle", "sra", "srta",
		"ген", "гр", "им", "ім", "ул", "вул", "тыс", "тис", "млн", "млрд", "проф", "акад", "др",
		"обл", "гос", "зам", "пер", "просп", "чл", "см":
		return true
	}
	return false
}
