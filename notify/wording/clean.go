package wording

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes foreign text one line: white space folded and nothing left that a
// reader cannot see, so that it can neither turn the text around it (Unicode
// TR9) nor move a terminal's cursor nor hide letters.
func Line(s string) string {
	if isLine(s) {
		return s
	}
	return strings.TrimSuffix(clean(s, false), " ")
}

// isLine says whether a text is one line of visible ASCII as it is.
func isLine(s string) bool {
	before := byte(' ')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && before == ' ' {
			return false
		}
		before = s[i]
	}
	return s == "" || before != ' '
}

// Fragment is Line for a piece of a line: white space at its ends stays.
func Fragment(s string) string {
	line := Line(s)
	if line == "" {
		if s != "" && strings.TrimSpace(s) == "" {
			return " "
		}
		return ""
	}
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	if unicode.IsSpace(first) {
		line = " " + line
	}
	if unicode.IsSpace(last) {
		line += " "
	}
	return line
}

// Block is clean text that keeps its lines and its columns, at most so many
// lines.
func Block(s string, lines int) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\t", "    ")
	list := strings.Split(strings.Trim(clean(s, true), "\n"), "\n")
	if len(list) > lines {
		list = append(list[:lines], "…")
	}
	for i := range list {
		list[i] = strings.TrimRightFunc(list[i], unicode.IsSpace)
	}
	return strings.Join(list, "\n")
}

// Clip cuts s to at most limit characters (code points: Slack counts so), after
// a word where there is one near, with an ellipsis.
func Clip(s string, limit int) string {
	if limit < 1 {
		return ""
	}
	n, cut, word := 0, 0, 0 // characters so far, bytes to keep, bytes up to the last space
	for i, r := range s {
		if n == limit-1 {
			cut = i
		}
		if n == limit {
			if word > 0 {
				cut = word
			}
			return strings.TrimRightFunc(s[:cut], unicode.IsSpace) + "…"
		}
		if n > (limit-1)*4/5 && n < limit-1 && unicode.IsSpace(r) {
			word = i
		}
		n++
	}
	return s
}

// clean takes out what does not show. Without lines, white space is folded, up to one
// space at the end.
func clean(s string, lines bool) string {
	var b strings.Builder
	b.Grow(len(s))
	var before rune
	marks := 0
	for _, r := range strings.ToValidUTF8(s, "") {
		mark := r >= firstMark && unicode.Is(unicode.M, r)
		switch {
		case lines && r == '\n':
		case unicode.IsSpace(r):
			if r = ' '; !lines && (b.Len() == 0 || before == ' ') {
				continue
			}
		case !visible(r, before) || mark && marks == maxMarks:
			continue
		}
		marks++
		if !mark { // only what shows parts two stacks
			marks = 0
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// maxMarks bounds the marks stacked on one letter: no script needs more, and
// more of them paint over the lines above and below.
const (
	maxMarks  = 6
	firstMark = 0x300
)

// visible says whether a character shows. The joiners U+200C and U+200D are
// kept where writing needs them: between letters of Arabic and Indic scripts,
// and in emoji.
func visible(r, before rune) bool {
	if r == 0x200c || r == 0x200d {
		return unicode.In(before, unicode.Arabic, unicode.Syriac, unicode.Devanagari, unicode.Bengali, unicode.Tamil,
			unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Gujarati, unicode.Gurmukhi, unicode.Oriya) ||
			r == 0x200d && (unicode.Is(unicode.So, before) || before == 0xfe0f || before >= 0x1f3fb && before <= 0x1f3ff)
	}
	if !strconv.IsPrint(r) && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point) {
		return unicode.Is(unicode.Prepended_Concatenation_Mark, r) // Arabic number signs: they do show
	}
	return r != 0x034f && r != 0x115f && r != 0x1160 && r != 0x3164 && r != 0xffa0 // fillers: letters without ink
}
