package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// explainSyntax says in our own words what the YAML parser stumbled over, and
// how to read on, when that is safe.
func explainSyntax(doc *document, err error) (Finding, func()) {
	var second secondDocument
	if errors.As(err, &second) {
		return doc.at(second.line, second.column, "yaml-documents",
			"a second document begins above; one file holds one, a folder of files is read as one", ""), nil
	}
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return doc.at(1, 1, "yaml-syntax", plainError(err), ""), nil
	}
	s := stumble{doc: doc, line: le.Mark.Line, column: le.Mark.Column, from: le.ContextMark, message: le.Message}
	if s.line < 1 || s.line > len(doc.lines) { // the end of the file
		s.line = len(doc.lines)
		s.column = utf8.RuneCountInString(doc.lines[s.line-1]) + 1
	}
	s.text = []rune(doc.lines[s.line-1])
	switch {
	case s.oddIndent():
		return s.finding("a space that is none for YAML indents this line (no-break or full-width); use plain spaces", ""), s.plainIndent()
	case strings.Contains(le.Message, "max depth"):
		return doc.at(s.line, s.column, "too-deep", tooDeep, ""), nil
	case strings.Contains(le.Message, "tab character that violates"):
		s.column = 1
		return s.badStart()
	case s.openQuote():
		return s.finding("this quote is never closed in its line", ""), nil
	case s.starred():
		return s.finding("a value that begins with * must be quoted", inQuotes(s.value(s.column))), s.unstar()
	case strings.Contains(le.Message, "cannot start any token"):
		return s.badStart()
	case strings.Contains(le.Message, "alphabetic or numeric character"):
		s.open() // the * or & that YAML takes for an alias or an anchor
		return s.badStart()
	case strings.Contains(le.Message, "could not find expected ':'"):
		return s.gluedColon(), nil
	case strings.Contains(le.Message, "unknown anchor"):
		return s.unknownAnchor()
	case strings.Contains(le.Message, "mapping values are not allowed"):
		return s.strayColon()
	}
	return s.structure(), nil
}

// stumble is where the parser stopped, and what it was within (from).
type stumble struct {
	doc          *document
	line, column int
	text         []rune // of the line
	from         yaml.Mark
	message      string
}

func (s stumble) finding(message, suggestion string) Finding {
	return s.doc.at(s.line, s.column, "yaml-syntax", message, suggestion)
}

// replace mends the line by one character that means nothing in YAML.
func (s stumble) replace() func() {
	return func() {
		s.doc.mended[s.line] = true
		s.text[s.column-1] = 'x'
		s.doc.lines[s.line-1] = string(s.text)
	}
}

// starred moves to the begin of a value such as */5 * * * *.
func (s *stumble) starred() bool {
	m := regexp.MustCompile(`^(.*?:\s+)\*[ /]`).FindStringSubmatch(string(s.text))
	if m != nil {
		s.column = utf8.RuneCountInString(m[1]) + 1
	}
	return m != nil
}

// unstar mends all stars of the rest of the line.
func (s stumble) unstar() func() {
	return func() {
		s.doc.mended[s.line] = true
		before, rest := s.text[:s.column-1], s.text[s.column-1:]
		s.doc.lines[s.line-1] = string(before) + strings.ReplaceAll(string(rest), "*", "x")
	}
}

// value is the plain value that begins at the given column: up to a comment, or
// in a flow list up to the next comma or bracket.
func (s stumble) value(column int) string {
	rest := string(s.text[min(max(column-1, 0), len(s.text)):])
	if i := strings.Index(rest, " #"); i >= 0 {
		rest = rest[:i]
	}
	if before := string(s.text[:min(column-1, len(s.text))]); strings.Count(before, "[") > strings.Count(before, "]") ||
		strings.Count(before, "{") > strings.Count(before, "}") {
		if i := strings.IndexAny(rest, ",]}"); i >= 0 {
			rest = rest[:i]
		}
	}
	return strings.TrimSpace(rest)
}

func inQuotes(s string) string { return `"` + strings.ReplaceAll(s, `"`, `'`) + `"` }

// badStart explains a character that cannot begin a value: a tab, @, ` or %.
func (s stumble) badStart() (Finding, func()) {
	if s.column > len(s.text) {
		return s.finding("nothing can begin here", ""), nil
	}
	c := s.text[s.column-1]
	if c == '\t' || strings.ContainsRune(leading(string(s.text)), '\t') {
		s.column = strings.IndexRune(string(s.text), '\t') + 1
		return s.finding("a tab indents this line; YAML wants spaces", s.untabbed()), nil
	}
	return s.finding(fmt.Sprintf("no value can begin with %c; quote it", c), inQuotes(s.value(s.column))), s.replace()
}

// untabbed is the line at the indentation that the line above asks for.
func (s stumble) untabbed() string {
	above, _ := s.above()
	indent := leading(above)
	if strings.Contains(indent, "\t") {
		return ""
	}
	if strings.HasSuffix(strings.TrimSpace(above), ":") {
		indent += "  "
		if strings.HasPrefix(strings.TrimSpace(above), "- ") {
			indent += "  "
		}
	}
	return indent + strings.TrimLeft(string(s.text), " \t")
}

func leading(s string) string { return s[:len(s)-len(strings.TrimLeft(s, " \t"))] }

// unknownAnchor explains a * at the beginning of a value, which YAML takes for
// a reference.
func (s stumble) unknownAnchor() (Finding, func()) {
	term := s.value(s.column)
	suggestion := ""
	if word := strings.Trim(term, "*"); strings.HasPrefix(term, "*") && word != "" {
		suggestion = word + "*"
	}
	if s.column > len(s.text) || s.text[s.column-1] != '*' {
		return s.finding("a * refers to an anchor that does not exist", suggestion), nil
	}
	return s.finding("a * cannot begin a value, it stands only at the end of a word", suggestion), s.replace()
}

// strayColon explains a second colon in a line, or one where a value ran on.
func (s stumble) strayColon() (Finding, func()) {
	key := regexp.MustCompile(`^\s*(?:- +)*[^\s:#'"\[{][^:#'"\[{]*:\s+([^\s'"\[{|>#].*)$`)
	if m := key.FindStringSubmatchIndex(string(s.text)); m != nil {
		start := utf8.RuneCountInString(string(s.text)[:m[2]]) + 1
		if start < s.column && s.column <= len(s.text) {
			value := s.value(start)
			if key, _, _ := strings.Cut(value, ":"); anyKey(key) {
				return s.finding("two keys in one line; put the second into braces", "{"+value+"}"), s.replace()
			}
			return s.finding("a second colon in one line; quote the value", inQuotes(value)), s.replace()
		}
	}
	if s.unclosed() {
		return s.finding("this bracket is never closed", ""), nil
	}
	if above, ok := s.above(); ok {
		if word, ok := s.gluedDash(); ok {
			return s.finding("a space is missing after the dash", "- "+word), nil
		}
		key, value, found := strings.Cut(strings.TrimSpace(above), ":")
		at := stumble{doc: s.doc, line: s.line - 1, column: len([]rune(leading(above))) + 1}
		switch {
		case !found && strings.HasPrefix(key, "- "):
			at.column += 2
			return at.finding("a key is missing after this dash", "- id: "+strings.TrimSpace(key[2:])), nil
		case found && key == "id":
			return at.finding("a dash is missing before this entry", "- "+brief(strings.TrimSpace(above))), nil
		case !found && !strings.HasPrefix(key, "- "):
			return at.finding(fmt.Sprintf("%q has no colon after it, so the next line runs on from it", key), strings.TrimRight(key, ";,.")+":"), nil
		case found && strings.TrimSpace(value) != "" && len(leading(string(s.text))) > len(leading(above)):
			s.column = len(leading(string(s.text))) + 1
			return s.finding(fmt.Sprintf("this line is indented below %q, which already has a value", strings.TrimSpace(key)), ""), nil
		}
	}
	return s.finding("no colon can stand here; quote the text or mend the indentation", ""), nil
}

// unclosed moves to a bracket in the lines above that is open still.
func (s *stumble) unclosed() bool {
	for line := s.line - 1; line >= 1 && line > s.line-20; line-- {
		text := []rune(s.doc.lines[line-1])
		if column := openBracket(text); column > 0 {
			s.line, s.column, s.text = line, column, text
			return true
		}
		if strings.Contains(string(text), ":") {
			return false
		}
	}
	return false
}

// openBracket is the column of the last bracket of a line that is not closed in it.
func openBracket(text []rune) int {
	var open []int
	var quote rune
	for i, c := range text {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"', c == '\'' && (i == 0 || strings.ContainsRune(" [{,", text[i-1])):
			quote = c
		case c == '#' && i > 0 && text[i-1] == ' ':
			text = nil
		case c == '[', c == '{':
			open = append(open, i+1)
		case (c == ']' || c == '}') && len(open) > 0:
			open = open[:len(open)-1]
		}
		if text == nil {
			break
		}
	}
	if len(open) == 0 {
		return 0
	}
	return open[len(open)-1]
}

// gluedColon explains a line that is no key because its colon has no space
// after it, or is not there at all.
func (s stumble) gluedColon() Finding {
	for line := min(s.line, s.from.Line+1); line >= 1 && line >= s.from.Line-1; line-- {
		text := s.doc.lines[line-1]
		m := regexp.MustCompile(`^(\s*(?:- +)?)([a-z_]+)(:| *： *| *= *| +)(\S.*)$`).FindStringSubmatch(text)
		if m != nil && anyKey(m[2]) && (m[3] != ":" || !strings.HasPrefix(m[4], " ")) {
			s.line, s.column = line, utf8.RuneCountInString(m[1])+1
			if m[3] == ":" {
				return s.finding(fmt.Sprintf("a space is missing after the colon of %q", m[2]), m[2]+": "+m[4])
			}
			return s.finding(fmt.Sprintf("a colon is missing after %q", m[2]), m[2]+": "+m[4])
		}
	}
	if s.from.Line > 0 {
		s.open()
	}
	return s.finding("this line has no colon, so it is neither a key nor a value", "")
}

// anyKey tells whether a word is a key of some mapping.
func anyKey(word string) bool {
	for _, k := range kinds() {
		if _, ok := k.key(word); ok {
			return true
		}
	}
	return false
}

// above is the last line before the stumble that is no comment and not empty.
func (s stumble) above() (string, bool) {
	if s.line < 2 {
		return "", false
	}
	line := s.doc.lines[s.line-2]
	t := strings.TrimSpace(line)
	return line, t != "" && !strings.HasPrefix(t, "#")
}

// structure explains brackets, quotes and indentation that do not fit.
func (s stumble) structure() Finding {
	problem := s.message
	switch {
	case strings.Contains(problem, "unexpected end of stream") && s.from.Line > 0:
		s.open()
		return s.finding("this quote is never closed", "")
	case strings.Contains(problem, "expected ',' or"):
		return s.bracket()
	case strings.Contains(problem, "unknown escape"):
		return s.finding(`an unknown \ in double quotes; use single quotes`, "")
	case strings.Contains(problem, "block sequence entries are not allowed"):
		return s.finding("a - must begin its line; for a list in one line write [a, b]", "")
	case strings.Contains(problem, "expected comment or line break"):
		return s.finding("nothing may stand in the line after | or >; begin the text in the next line", "")
	case strings.Contains(problem, "node content"):
		return s.noValue()
	case strings.Contains(problem, "expected key"), strings.Contains(problem, "'-' indicator"):
		return s.neighbour()
	case strings.Contains(problem, "simple key"):
		return s.finding("a colon is missing after this, or it belongs to the line above", "")
	}
	return s.finding("not YAML: "+problem, "")
}

// open moves to where the construct began that the parser was in.
func (s *stumble) open() {
	s.line, s.column = min(s.from.Line, len(s.doc.lines)), s.from.Column
	s.text = []rune(s.doc.lines[s.line-1])
}

// bracket tells a bracket that is never closed from a comma that is missing
// between two values.
func (s stumble) bracket() Finding {
	inner, at := s, s
	inner.open()
	if at.column <= len(at.text) && at.text[at.column-1] == ']' {
		return at.finding("this ] was never opened", "")
	}
	if inner.line == at.line {
		if at.afterApostrophe() {
			at.column--
			return at.finding("an apostrophe ends a text in single quotes; use double quotes", at.requote())
		}
		if at.column <= len(at.text) && at.text[at.column-1] == '}' {
			return at.finding("a ] is missing before this }", "]")
		}
		return at.beforeColon().finding("a comma is missing before this", "")
	}
	if f, ok := at.hiddenBracket(inner.line); ok {
		return f
	}
	return inner.finding("this bracket is never closed", "")
}

// neighbour explains a line that stands at no level of those above it, or text
// after a closing quote.
func (s stumble) neighbour() Finding {
	indent := len(leading(string(s.text)))
	if s.afterApostrophe() {
		s.column--
		return s.finding("an apostrophe ends a text in single quotes; use double quotes", s.requote())
	}
	if s.column-1 > indent {
		return s.finding("nothing may follow a closing quote or bracket", s.singleQuoted())
	}
	if f, ok := s.sibling(indent); ok {
		return f
	}
	return s.finding(fmt.Sprintf("this line is indented by %d, which fits no line above it; %s would", indent, s.levels(indent)), "")
}

// noValue explains a comma or bracket where a value must stand.
func (s stumble) noValue() Finding {
	c := ' '
	if s.column <= len(s.text) {
		c = s.text[s.column-1]
	}
	switch c {
	case ',':
		return s.finding("an entry is missing before this comma", "")
	case ']', '}':
		return s.finding(fmt.Sprintf("this %c was never opened", c), "")
	}
	if f, ok := s.hiddenBracket(max(1, s.line-20)); ok {
		return f
	}
	return s.finding("a value is missing here", "")
}

// levels names the indentations that a line could have here.
func (s stumble) levels(indent int) string {
	var fits []string
	least := 1 << 30
	for line := s.line - 1; line >= 1 && least > 0; line-- {
		text := s.doc.lines[line-1]
		if t := strings.TrimSpace(text); t == "" || t[0] == '#' {
			continue
		}
		own := len(leading(text))
		if after, ok := strings.CutPrefix(text[own:], "-"); ok {
			if inner := own + 1 + len(leading(after)); inner < least {
				fits, least = append(fits, strconv.Itoa(inner)), inner
			}
		}
		if own < least {
			fits, least = append(fits, strconv.Itoa(own)), own
		}
	}
	fits = slices.DeleteFunc(fits, func(fit string) bool { return fit == strconv.Itoa(indent) })
	if len(fits) == 0 {
		return "0"
	}
	return strings.Join(fits, " or ")
}

// singleQuoted is a value with double quotes within it, in single ones.
func (s stumble) singleQuoted() string {
	line := strings.TrimRight(string(s.text), " ")
	first := strings.IndexByte(line, '"')
	if first < 0 || strings.ContainsAny(line, "'[{#") {
		return ""
	}
	value := line[first:]
	if strings.Count(value, `"`) > 2 && strings.HasSuffix(value, `"`) {
		value = value[1 : len(value)-1]
	}
	return "'" + value + "'"
}

// plainError is a YAML error without the library's name and places.
func plainError(err error) string {
	m := strings.TrimPrefix(err.Error(), "yaml: ")
	m = strings.TrimPrefix(m, "construct errors: <unknown position>: yaml: ")
	return "not YAML: " + m
}
