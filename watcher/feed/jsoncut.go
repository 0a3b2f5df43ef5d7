package feed

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// maxJSONDepth is how deep values may nest; feeds need five levels.
const maxJSONDepth = 64

// jsonScanner walks over JSON and over what publishers send for it: with
// comments, single quotes, bare names, commas too many or too few, quotes inside
// of strings. Values are cut out as they stand.
type jsonScanner struct {
	b  []byte
	at int
}

// peek is the byte at the scanner's place, 0 at the end.
func (s *jsonScanner) peek() byte {
	if s.at < len(s.b) {
		return s.b[s.at]
	}
	return 0
}

// space skips white space, comments and what is no ASCII.
func (s *jsonScanner) space() {
	for s.at < len(s.b) {
		c := s.b[s.at]
		switch {
		case c <= ' ' || c >= 0x7f:
			s.at++
		case c == '/' && bytes.HasPrefix(s.b[s.at:], []byte("//")):
			s.skipPast("\n")
		case c == '/' && bytes.HasPrefix(s.b[s.at:], []byte("/*")):
			s.skipPast("*/")
		default:
			return
		}
	}
}

func (s *jsonScanner) skipPast(mark string) {
	const opening = len("/*")
	if i := bytes.Index(s.b[s.at+opening:], []byte(mark)); i >= 0 {
		s.at += opening + i + len(mark)
		return
	}
	s.at = len(s.b)
}

// separators skips commas, however many, and what else may stand between values.
func (s *jsonScanner) separators() {
	for s.space(); s.at < len(s.b); s.space() {
		switch s.b[s.at] {
		case ',', ':', ';', ')', '(':
			s.at++
		default:
			return
		}
	}
}

// value walks over the value at the scanner's place; false when the document
// ends in it, or it is too deep.
func (s *jsonScanner) value(depth int) (raw []byte, ok bool) {
	from := s.at
	switch c := s.peek(); {
	case c == 0:
		return nil, false
	case depth > maxJSONDepth:
		ok = s.deep()
	case c == '{':
		ok = s.object(depth, func(_, _ []byte) {})
	case c == '[':
		ok = s.array(depth, func([]byte) {})
	case c == '"' || c == '\'':
		ok = s.str()
	default:
		s.word()
		ok = true
	}
	return s.b[from:s.at], ok
}

// deep walks over a value that is nested too deep to be of use, by counting.
func (s *jsonScanner) deep() bool {
	for open := 0; s.at < len(s.b); {
		switch s.b[s.at] {
		case '"', '\'':
			if !s.str() {
				return false
			}
			continue
		case '{', '[':
			open++
		case '}', ']':
			open--
		}
		if open < 0 {
			return true // the end of what it stands in
		}
		s.at++
		if open == 0 {
			return true
		}
	}
	return false
}

// object walks over an object and its members. A "{" where a name belongs means
// that the object was never closed: another one starts.
func (s *jsonScanner) object(depth int, each func(name, value []byte)) bool {
	s.at++
	for {
		s.separators()
		switch s.peek() {
		case 0:
			return false
		case '}':
			s.at++
			return true
		case ']', '{':
			return true
		}
		name, ok := s.name()
		if !ok {
			return false
		}
		s.space()
		if c := s.peek(); c == ':' || c == '=' {
			s.at++
			s.space()
		}
		switch s.peek() {
		case ',', '}', ']': // no value
			continue
		}
		value, ok := s.value(depth + 1)
		if !ok {
			return false
		}
		each(name, value)
	}
}

// array walks over a list and its values.
func (s *jsonScanner) array(depth int, each func(value []byte)) bool {
	s.at++
	for {
		s.separators()
		switch s.peek() {
		case 0:
			return false
		case ']':
			s.at++
			return true
		case '}':
			return true
		}
		value, ok := s.value(depth + 1)
		if !ok {
			return false
		}
		each(value)
	}
}

// name walks over the name of a member and returns it without its quotes.
func (s *jsonScanner) name() (name []byte, ok bool) {
	from := s.at
	if c := s.peek(); c == '"' || c == '\'' {
		ok = s.str()
		return bytes.Trim(s.b[from:s.at], `"'`), ok
	}
	s.word()
	return s.b[from:s.at], s.at < len(s.b)
}

// word walks over a number, true, false, null, a bare name, or a stray sign.
func (s *jsonScanner) word() {
	from := s.at
	for s.at < len(s.b) && isWordByte(s.b[s.at]) {
		s.at++
	}
	if s.at == from {
		s.at++
	}
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 ||
		c == '_' || c == '-' || c == '+' || c == '.' || c == '$'
}

// str walks over a string. A quote only ends it where something follows that can
// stand behind a string: others were not escaped.
func (s *jsonScanner) str() bool {
	quote := s.b[s.at]
	s.at++
	from := s.at
	for {
		n := bytes.IndexByte(s.b[s.at:], quote)
		if n < 0 {
			s.at = len(s.b)
			return false
		}
		s.at += n + 1
		if !escaped(s.b[from:s.at-1]) && s.endsHere() {
			return true
		}
	}
}

// escaped says that what follows b is escaped: b ends with an odd number of
// backslashes.
func escaped(b []byte) bool {
	n := len(b)
	for n > 0 && b[n-1] == '\\' {
		n--
	}
	return (len(b)-n)%2 == 1
}

// endsHere looks at what follows a quote.
func (s *jsonScanner) endsHere() bool {
	line := false
	for _, c := range s.b[s.at:] {
		switch {
		case c == '\n':
			line = true
		case c <= ' ':
		case c == '"' || c == '\'':
			return line // the comma is missing
		default:
			return c == ',' || c == ':' || c == '}' || c == ']' || c == '/' || c == ';' || c == ')'
		}
	}
	return true
}

// jsonMembers walks over the members of an object that was cut out.
func jsonMembers(raw []byte, each func(name string, value []byte)) bool {
	s := jsonScanner{b: raw}
	if s.peek() != '{' {
		return false
	}
	s.object(0, func(name, value []byte) { each(string(name), value) })
	return true
}

// jsonValues are the values of a list that was cut out.
func jsonValues(raw []byte, most int) (all [][]byte) {
	s := jsonScanner{b: raw}
	if s.peek() != '[' {
		return nil
	}
	s.array(0, func(value []byte) {
		if len(all) < most {
			all = append(all, value)
		}
	})
	return all
}

// jsonText is the text of a string, or a number where a string belongs.
func jsonText(raw []byte) (text string, ok bool) {
	if len(raw) == 0 {
		return "", false
	}
	switch c := raw[0]; {
	case c == '"' || c == '\'':
		raw = raw[1:]
		if n := len(raw); n > 0 && raw[n-1] == c {
			raw = raw[:n-1]
		}
		return string(bytes.TrimSpace(unescape(raw))), true
	case c >= '0' && c <= '9' || c == '-':
		return string(raw), true
	}
	return "", false
}

// unescape undoes the escapes of a string, those of JavaScript besides JSON's.
func unescape(b []byte) []byte {
	i := bytes.IndexByte(b, '\\')
	if i < 0 {
		return b
	}
	out := append(make([]byte, 0, len(b)), b[:i]...)
	for ; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			out = append(out, b[i])
			continue
		}
		i++
		switch c := b[i]; c {
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'b', 'f', 'v', '0':
		case 'u', 'x':
			r, n := unicodeEscape(b[i:])
			if !illegal(r) {
				out = utf8.AppendRune(out, r)
			}
			i += n - 1
		default:
			out = append(out, c)
		}
	}
	return out
}

// unicodeEscape reads uXXXX, a pair of them, or xXX.
func unicodeEscape(b []byte) (r rune, n int) {
	digits := 4
	if b[0] == 'x' {
		digits = 2
	}
	r, ok := hexRune(b[1:], digits)
	if !ok {
		return rune(b[0]), 1
	}
	n = 1 + digits
	if r >= 0xd800 && r < 0xdc00 && bytes.HasPrefix(b[n:], []byte(`\u`)) {
		if low, ok := hexRune(b[n+2:], digits); ok && low >= 0xdc00 && low < 0xe000 {
			return 0x10000 + (r-0xd800)<<10 + (low - 0xdc00), n + 6
		}
	}
	return r, n
}

func hexRune(b []byte, digits int) (rune, bool) {
	if len(b) < digits {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[:digits]), 16, 32)
	return rune(n), err == nil
}

// jsonCutter cuts a JSON Feed into its members and items.
type jsonCutter struct {
	jsonScanner
	head  map[string][]byte
	items [][]byte
	found bool // there is a list of items
	whole bool
}

// cut walks over the members of the document; false when it is no object.
func (c *jsonCutter) cut() bool {
	if c.space(); c.peek() != '{' {
		return false
	}
	c.at++
	for {
		c.separators()
		switch c.peek() {
		case 0:
			return true
		case '}', ']':
			c.whole = true
			return true
		}
		if !c.member() {
			return true
		}
	}
}

// member walks over a member of the document; false when the document ends in it.
func (c *jsonCutter) member() bool {
	name, ok := c.name()
	if !ok {
		return false
	}
	c.separators()
	if string(name) == "items" && !c.found && c.peek() == '[' {
		c.found = true
		return c.cutItems()
	}
	raw, ok := c.value(1)
	if ok && len(c.head) < maxSeen {
		c.head[string(name)] = raw
	}
	return ok
}

// cutItems walks over the list of items; false when the document ends in it.
func (c *jsonCutter) cutItems() bool {
	c.at++
	for {
		c.separators()
		switch c.peek() {
		case 0:
			return false
		case ']', '}':
			c.at++
			if c.separators(); c.peek() != '{' {
				return true
			}
			// Closed too early: no object stands among the members.
		}
		raw, ok := c.value(1)
		if !ok {
			return false
		}
		if len(c.items) == maxItems {
			c.at, c.whole = len(c.b), true // the rest of a huge archive is left alone
			return false
		}
		if len(raw) <= maxItemBytes {
			c.items = append(c.items, raw)
		}
	}
}
