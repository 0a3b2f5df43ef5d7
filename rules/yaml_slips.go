package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// oddIndent moves to a character that looks like a space and is none for YAML,
// in the indentation of the line at hand or of one shortly before it.
func (s *stumble) oddIndent() bool {
	for line := s.line; line >= 1 && line > s.line-3; line-- {
		text := []rune(s.doc.lines[line-1])
		for i, c := range text {
			if c == ' ' || c == '-' {
				continue
			}
			if c != '\t' && unicode.IsSpace(c) || c == '\u200b' {
				s.line, s.column, s.text = line, i+1, text
				return true
			}
			break
		}
	}
	return false
}

// plainIndent puts plain spaces in the place of those that are none.
func (s stumble) plainIndent() func() {
	return func() {
		s.doc.mended[s.line] = true
		for i, c := range s.text {
			if c != ' ' && c != '-' && !unicode.IsSpace(c) && c != '\u200b' {
				break
			}
			if c != '-' {
				s.text[i] = ' '
			}
		}
		s.doc.lines[s.line-1] = string(s.text)
	}
}

// openQuote moves to a double quote that is not closed in its line, when the
// next quote, which closes it, stands in the line of the stumble, or none does.
func (s *stumble) openQuote() bool {
	const reach = 30 // lines back
	from := max(1, s.line-reach)
	if s.from.Line > 0 {
		from = min(from, s.from.Line)
	}
	line, column, inBlock := 0, 0, -1
	for n := from; n <= s.line; n++ {
		text := []rune(s.doc.lines[n-1])
		indent := len(leading(string(text)))
		if inBlock >= 0 && (indent > inBlock || strings.TrimSpace(string(text)) == "") {
			continue
		}
		inBlock = -1
		if line != 0 { // within a quoted text that began in a line above
			closing := closingQuote(text, 0)
			if closing < 0 {
				continue
			}
			if n == s.line {
				break
			}
			line = 0
			continue
		}
		if i := unclosedQuote(text); i >= 0 {
			line, column = n, i+1
		}
		if blockHead.MatchString(string(text)) {
			inBlock = indent
		}
	}
	inKey := strings.Contains(s.message, "could not find expected ':'")
	if line == 0 || line == s.line && !inKey && !strings.Contains(s.message, "end of stream") {
		return false
	}
	s.line, s.column, s.text = line, column, []rune(s.doc.lines[line-1])
	return true
}

var blockHead = regexp.MustCompile(`:\s+[|>][-+0-9]*\s*(#.*)?$`)

// unclosedQuote is the index of a double quote that begins a value and is not
// closed in its line, -1 when there is none.
func unclosedQuote(text []rune) int {
	for i := 0; i < len(text); i++ {
		begins := i == 0 || strings.ContainsRune(" [{,", text[i-1])
		switch {
		case text[i] == '#' && begins:
			return -1
		case text[i] == '\'' && begins:
			for i++; i < len(text) && text[i] != '\''; i++ {
			}
		case text[i] == '"' && begins && opensValue(text[:i]):
			closing := closingQuote(text, i+1)
			if closing < 0 {
				return i
			}
			i = closing
		}
	}
	return -1
}

// opensValue says whether a value may begin after this part of a line.
func opensValue(before []rune) bool {
	t := strings.TrimRight(string(before), " ")
	return t == "" || strings.ContainsRune(":-[{,", rune(t[len(t)-1]))
}

// closingQuote is the index of the next double quote that is not escaped.
func closingQuote(text []rune, from int) int {
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// gluedDash moves to "-word" in the lines above: YAML takes it, and the lines
// after it, for one text.
func (s *stumble) gluedDash() (word string, ok bool) {
	for line := s.line - 1; line >= 1 && line > s.line-20; line-- {
		text := s.doc.lines[line-1]
		t := strings.TrimSpace(text)
		if len(t) > 1 && t[0] == '-' && t[1] != ' ' && t[1] != '-' {
			s.line, s.column = line, len(leading(text))+1
			return t[1:], true
		}
		if t == "" || t[0] != '-' {
			return "", false
		}
	}
	return "", false
}

// hiddenBracket finds a # in the lines from the given one on that hides the
// closing bracket of its line.
func (s stumble) hiddenBracket(from int) (Finding, bool) {
	for n := from; n <= s.line; n++ {
		text := s.doc.lines[n-1]
		i := strings.Index(text, " #")
		if i < 0 || strings.HasPrefix(text[i:], " # ") || openBracket([]rune(text[:i])) == 0 {
			continue
		}
		at := stumble{doc: s.doc, line: n, column: utf8.RuneCountInString(text[:i]) + 2, text: []rune(text)}
		return at.finding("everything from # on is a comment, the closing bracket too; quote it", at.uncommented()), true
	}
	return Finding{}, false
}

// uncommented is the value that # hides: a channel without it, all else quoted.
func (s stumble) uncommented() string {
	value := s.value(s.column)
	if regexp.MustCompile(`\b(slack|channel)\s*:\s*$`).MatchString(string(s.text[:s.column-1])) {
		return channelShape{}.uncomment(value)
	}
	return inQuotes(value)
}

// sibling explains a line by the one before it at the same indentation, which
// is an entry of another form; or by one that stands too far left in between.
func (s stumble) sibling(indent int) (Finding, bool) {
	for line := s.line - 1; line >= 1; line-- {
		text := s.doc.lines[line-1]
		t := strings.TrimSpace(text)
		own := len(leading(text))
		if t == "" || t[0] == '#' || own > indent {
			continue
		}
		if own < indent {
			return s.tooFarLeft(line, indent)
		}
		here, above := strings.HasPrefix(strings.TrimSpace(string(s.text)), "- "), strings.HasPrefix(t, "- ")
		word, _, _ := strings.Cut(strings.TrimSpace(string(s.text)), ":")
		at := stumble{doc: s.doc, line: line, column: own + 1}
		switch {
		case here && !above && s.hasSibling(line, own):
			s.column = indent + 1
			return s.finding("this dash is one too many: the entries above have none", brief(strings.TrimSpace(string(s.text))[2:])), true
		case here && !above:
			return at.finding("a dash is missing before this entry", "- "+brief(t)), true
		case !here && above && anyKey(word):
			s.column = indent + 1
			inner := own + 1 + len(leading(t[1:]))
			return s.finding(fmt.Sprintf("%s belongs to the entry above: indent it by %d", word, inner), strings.Repeat(" ", inner)+word+":"), true
		case !here && above:
			s.column = indent + 1
			return s.finding("a dash is missing before this entry", "- "+brief(strings.TrimSpace(string(s.text)))), true
		case t[0] == '"' || t[0] == '\'':
			return at.finding("a dash is missing before each line of this list", "- "+brief(t)), true
		case t[0] == '[':
			return at.finding("a key is missing before this list", ""), true
		}
		return Finding{}, false
	}
	return Finding{}, false
}

// hasSibling tells whether a line without a dash stands above another one at
// the same indentation, in the same section.
func (s stumble) hasSibling(line, indent int) bool {
	for line--; line >= 1; line-- {
		text := s.doc.lines[line-1]
		t := strings.TrimSpace(text)
		if own := len(leading(text)); t == "" || t[0] == '#' || own > indent {
			continue
		} else if own < indent {
			return false
		}
		return t[0] != '-'
	}
	return false
}

// beforeColon moves from a colon to the word before it.
func (s stumble) beforeColon() stumble {
	if s.column <= len(s.text) && s.text[s.column-1] == ':' {
		for s.column > 1 && (unicode.IsLetter(s.text[s.column-2]) || s.text[s.column-2] == '_') {
			s.column--
		}
	}
	return s
}

// tooFarLeft explains a line by a heading above it that lost its indentation,
// and so ended the section.
func (s stumble) tooFarLeft(line, indent int) (Finding, bool) {
	text := s.doc.lines[line-1]
	word, value, found := strings.Cut(strings.TrimSpace(text), ":")
	before := slices.ContainsFunc(s.doc.lines[:line-1], func(l string) bool { // the section that it ended
		return len(leading(l)) == indent && len(l) > indent && l[indent] != '#' && l[indent] != '-'
	})
	if !before || !found || strings.TrimSpace(value) != "" || anyKey(word) || strings.HasPrefix(word, "-") {
		return Finding{}, false
	}
	at := stumble{doc: s.doc, line: line, column: len(leading(text)) + 1}
	return at.finding(fmt.Sprintf("%q stands too far left: it ends the section above; indent it by %d", word, indent), strings.Repeat(" ", indent)+word+":"), true
}

// brief is a line, or its begin, as far as it fits a suggestion.
func brief(s string) string {
	const most = 40
	if chars := []rune(s); len(chars) > most {
		return string(chars[:most]) + "…"
	}
	return s
}

// afterApostrophe tells whether the stumble is right after a single quote.
func (s stumble) afterApostrophe() bool {
	before := s.column - 2
	return before >= 0 && before < len(s.text) && s.text[before] == '\''
}

// requote is the text in single quotes that an apostrophe cuts, in double ones:
// from the quote that opens it to the last one before the next value.
func (s stumble) requote() string {
	line := string(s.text)
	cut := len(string(s.text[:s.column-1]))
	first := strings.LastIndexByte(line[:cut], '\'')
	if first < 0 {
		return ""
	}
	rest := line[cut+1:]
	last := strings.IndexByte(rest, '\'')
	for last >= 0 && last+1 < len(rest) && !strings.ContainsRune(" ,]}", rune(rest[last+1])) {
		next := strings.IndexByte(rest[last+1:], '\'')
		if next < 0 {
			break
		}
		last += 1 + next
	}
	if last < 0 {
		return ""
	}
	return inQuotes(line[first+1 : cut+1+last])
}
