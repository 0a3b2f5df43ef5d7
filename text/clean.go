package text

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"
)

// soft marks a line break of the source that HTML may fold into a space. It is
// a control character, so no text that comes out can hold it.
const soft = '\x01'

// cut bounds s to at most n bytes, on a character's edge.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// unwanted reports characters that must not come out: controls, which databases
// and terminals refuse, and what stands for bytes that are no UTF-8.
func unwanted(r rune, size int) bool {
	return r == utf8.RuneError && size <= 1 || unicode.IsControl(r)
}

// isBreak reports the characters that end a line.
func isBreak(r rune) bool {
	return r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// oneLine folds all white space into single spaces and drops what is unwanted.
func oneLine(s string) string {
	if isClean(s) {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	space := false
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsSpace(r):
			space = true
		case unwanted(r, size) && fromWindows(r) == 0:
		default:
			if space && out.Len() > 0 {
				out.WriteByte(' ')
			}
			space = false
			if w := fromWindows(r); w != 0 {
				r = w
			}
			out.WriteRune(r)
		}
		i += size
	}
	return out.String()
}

// isClean reports plain ASCII on one line that oneLine would not change.
func isClean(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && last == ' ' {
			return false
		}
		last = c
	}
	return last != ' ' || s == ""
}

// layout writes text with at most one space between words, one line break, or
// one blank line between blocks.
type layout struct {
	out   []byte
	space bool
	lines int  // line breaks that are due before the next word
	parts bool // a soft break parts a word behind a hyphen
	hard  bool // the last line break is not of the source
	fold  bool
	last  rune // the last character written
}

// softHyphen is where a word may be parted, and is when a line ends there.
const softHyphen = '\u00AD'

// write lays out s. Soft breaks are spaces when l.fold is set, unless they part
// a word behind a hyphen, which the matcher joins again.
func (l *layout) write(s []byte) {
	for i := 0; i < len(s); {
		if n := solid(s[i:]); n > 0 {
			l.gap()
			l.out = append(l.out, s[i:i+n]...)
			i += n
			l.last, _ = utf8.DecodeLastRune(s[i-n : i])
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		switch {
		case r == soft && l.fold && (l.last == '-' || l.last == '‐' || l.last == softHyphen):
			l.parts = true
		case r == soft && l.fold:
			l.space = true
		case r == soft && l.hard:
			l.hard = false // "<br>\n" is one break
		case r == soft:
			l.lines++
		case isBreak(r):
			l.lines++
			l.hard = true
		case unicode.IsSpace(r):
			l.space = true
		case unwanted(r, size) && fromWindows(r) == 0:
		default:
			l.gap()
			if w := fromWindows(r); w != 0 {
				r = w
			}
			l.out = utf8.AppendRune(l.out, r)
			l.last = r
		}
		i += size
	}
}

// solid counts the bytes that s begins with and that stay as they are: words in
// ASCII, or in letters of two bytes, with one space between them. It looks at
// eight bytes at a time where it can.
func solid(s []byte) int {
	n := 0
	for n+8 <= len(s) && isSolid(binary.LittleEndian.Uint64(s[n:])) && (s[n] != ' ' || n > 0 && s[n-1] != ' ') {
		n += 8
	}
	if n > 0 && s[n-1] == ' ' {
		n--
	}
	for n < len(s) {
		switch c := s[n]; {
		case c > ' ' && c < 0x7F:
			n++
		case c == ' ' && n > 0 && n+1 < len(s) && s[n+1] > ' ' && s[n+1] < 0x7F:
			n += 2
		case c > 0xC2 && c < 0xE0 && n+1 < len(s) && s[n+1]&0xC0 == 0x80:
			n += 2
		default:
			return n
		}
	}
	return n
}

// isSolid reports eight printable ASCII characters without two spaces side by
// side.
func isSolid(x uint64) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	if x&high != 0 || (x+each)&high != 0 || (x+0x60*each)&high != high {
		return false // not ASCII, 0x7F, under 0x20
	}
	spaces := ^((x ^ 0x20*each) + 0x7F*each) & high
	return spaces&(spaces<<8) == 0
}

func (l *layout) gap() {
	switch {
	case len(l.out) == 0:
	case l.lines > 1:
		l.out = append(l.out, "\n\n"...)
	case l.last == softHyphen && (l.lines == 1 || l.parts): // the word goes on
	case l.lines == 1 || l.parts:
		l.out = append(l.out, '\n')
	case l.space:
		l.out = append(l.out, ' ')
	}
	l.space, l.lines, l.parts, l.hard = false, 0, false, false
}
