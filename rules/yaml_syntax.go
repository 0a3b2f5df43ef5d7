package rules

import (
	"errors"
	"fmt"
	"regexp"
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
	case strings.Contains(le.Message, "cannot start any token"):
		return s.badStart()
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
		return s.finding("a tab indents this line; YAML wants spaces", ""), nil
	}
	return s.finding(fmt.Sprintf("no value can begin with %c; quote it", c), inQuotes(s.value(s.column))), s.replace()
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
	return s.finding("a * cannot begin a value, and stands only at the end of a word", suggestion), s.replace()
}

// strayColon explains a second colon in a line, or one where a value ran on.
func (s stumble) strayColon() (Finding, func()) {
	key := regexp.MustCompile(`^\s*(?:- +)*[^\s:#'"\[{][^:#'"\[{]*:\s+([^\s'"\[{|>#].*)$`)
	if m := key.FindStringSubmatchIndex(string(s.text)); m != nil {
		start := utf8.RuneCountInString(string(s.text)[:m[2]]) + 1
		if start < s.column && s.column <= len(s.text) {
			return s.finding("a second colon in one line; quote the value", inQuotes(s.value(start))), s.replace()
		}
	}
	if above, ok := s.above(); ok {
		key, value, found := strings.Cut(strings.TrimSpace(above), ":")
		switch {
		case !found && !strings.HasPrefix(key, "- "):
			s.line--
			s.column = len([]rune(leading(above))) + 1
			return s.finding(fmt.Sprintf("%q has no colon after it, so the next line runs on from it", key), key+":"), nil
		case found && strings.TrimSpace(value) != "" && len(leading(string(s.text))) > len(leading(above)):
			s.column = len(leading(string(s.text))) + 1
			return s.finding(fmt.Sprintf("this line is indented below %q, which already has a value", strings.TrimSpace(key)), ""), nil
		}
	}
	return s.finding("no colon can stand here; quote the text or mend the indentation", ""), nil
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
		return s.finding("a value is missing here, or a bracket is closed that was never opened", "")
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
	if inner.line == at.line {
		return at.finding("a comma is missing before this", "")
	}
	for n := inner.line; n <= at.line; n++ {
		if i := strings.Index(s.doc.lines[n-1], " #"); i >= 0 {
			at.line, at.column = n, utf8.RuneCountInString(s.doc.lines[n-1][:i])+2
			if !strings.HasPrefix(s.doc.lines[n-1][i:], " # ") {
				at.text = []rune(s.doc.lines[n-1])
				return at.finding("everything from # on is a comment, the closing bracket too; quote it", inQuotes(at.value(at.column)))
			}
		}
	}
	return inner.finding("this bracket is never closed", "")
}

// neighbour explains a line that stands at no level of those above it, or text
// after a closing quote.
func (s stumble) neighbour() Finding {
	indent := len(leading(string(s.text)))
	if before := s.column - 2; before >= 0 && before < len(s.text) && s.text[before] == '\'' {
		s.column--
		return s.finding("an apostrophe ends a text in single quotes; use double quotes", s.requote())
	}
	if s.column-1 > indent {
		return s.finding("nothing may follow a closing quote or bracket", "")
	}
	return s.finding(fmt.Sprintf("this line is indented by %d, which fits no line above it", indent), "")
}

// requote is a text in single quotes with an apostrophe in it, in double ones.
func (s stumble) requote() string {
	line := string(s.text)
	first, last := strings.IndexByte(line, '\''), strings.LastIndexByte(line, '\'')
	if first < 0 || last <= first+1 {
		return ""
	}
	return inQuotes(line[first+1 : last])
}

// plainError is a YAML error without the library's name and places.
func plainError(err error) string {
	m := strings.TrimPrefix(err.Error(), "yaml: ")
	m = strings.TrimPrefix(m, "construct errors: <unknown position>: yaml: ")
	return "not YAML: " + m
}
