package feed

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// maxJSONDepth is how deep values may nest; feeds need five levels.
const maxJSONDepth = 64

// jsonScanner walks over JSON and what publishers send for it: with comments,
// single quotes, bare names, commas too many or too few, quotes inside of
// strings. With an out it writes the same as proper JSON.
type jsonScanner struct {
	b   []byte
	at  int
	out *bytes.Buffer
}

// mendJSON writes a value anew as proper JSON.
func mendJSON(raw []byte) []byte {
	s := jsonScanner{b: raw, out: &bytes.Buffer{}}
	s.space()
	s.value(0)
	return s.out.Bytes()
}

func (s *jsonScanner) write(text string) {
	if s.out != nil {
		s.out.WriteString(text)
	}
}

// peek is the byte at the scanner's place, 0 at the end.
func (s *jsonScanner) peek() byte {
	if s.at < len(s.b) {
		return s.b[s.at]
	}
	return 0
}

// space skips white space and comments.
func (s *jsonScanner) space() {
	for s.at < len(s.b) {
		rest := s.b[s.at:]
		switch {
		case rest[0] <= ' ' || rest[0] >= 0x7f:
			s.at++
		case bytes.HasPrefix(rest, []byte("//")):
			s.skipPast("\n", len("//"))
		case bytes.HasPrefix(rest, []byte("/*")):
			s.skipPast("*/", len("/*"))
		default:
			return
		}
	}
}

func (s *jsonScanner) skipPast(mark string, from int) {
	if i := bytes.Index(s.b[s.at+from:], []byte(mark)); i >= 0 {
		s.at += from + i + len(mark)
		return
	}
	s.at = len(s.b)
}

// value walks over the value at the scanner's place; false when the document
// ends in it, or it is too deep.
func (s *jsonScanner) value(depth int) bool {
	if depth > maxJSONDepth {
		return false
	}
	switch c := s.peek(); c {
	case 0:
		return false
	case '{':
		return s.object(depth)
	case '[':
		return s.array(depth)
	case '"', '\'':
		return s.str()
	}
	return s.word()
}

// object walks over an object. A "{" where a name belongs means that the object
// was never closed: another one starts.
func (s *jsonScanner) object(depth int) bool {
	s.at++
	s.write("{")
	for first := true; ; first = false {
		s.separators()
		switch c := s.peek(); c {
		case 0:
			s.write("}")
			return false
		case '}', ']', '{':
			if c == '}' {
				s.at++
			}
			s.write("}")
			return true
		}
		if !first {
			s.write(",")
		}
		if !s.name() || !s.member(depth) {
			s.write("}")
			return false
		}
	}
}

// member walks over the colon and the value behind a name.
func (s *jsonScanner) member(depth int) bool {
	s.space()
	if c := s.peek(); c == ':' || c == '=' {
		s.at++
		s.space()
	}
	s.write(":")
	switch s.peek() {
	case ',', '}', ']', 0: // nothing there
		s.write("null")
		return s.at < len(s.b)
	}
	return s.value(depth + 1)
}

func (s *jsonScanner) array(depth int) bool {
	s.at++
	s.write("[")
	for first := true; ; first = false {
		s.separators()
		switch c := s.peek(); c {
		case 0:
			s.write("]")
			return false
		case ']', '}':
			if c == ']' {
				s.at++
			}
			s.write("]")
			return true
		}
		if !first {
			s.write(",")
		}
		if !s.value(depth + 1) {
			s.write("]")
			return false
		}
	}
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

// name walks over the name of a member.
func (s *jsonScanner) name() bool {
	if c := s.peek(); c == '"' || c == '\'' {
		return s.str()
	}
	from := s.at
	for s.at < len(s.b) && isWordByte(s.b[s.at]) {
		s.at++
	}
	if s.at == from {
		s.at++ // a stray sign
	}
	if s.out != nil {
		s.out.Write(quoted(s.b[from:s.at]))
	}
	return s.at < len(s.b)
}

// word walks over a number, true, false, null, or something else that stands for
// no value.
func (s *jsonScanner) word() bool {
	from := s.at
	for s.at < len(s.b) && isWordByte(s.b[s.at]) {
		s.at++
	}
	if s.at == from {
		s.at++
	}
	if s.out == nil {
		return true
	}
	word := s.b[from:s.at]
	switch {
	case json.Valid(word):
		s.out.Write(word)
	case len(word) > 0 && (word[0] == '-' || word[0] == '+' || word[0] >= '0' && word[0] <= '9'):
		s.out.Write(quoted(word)) // such as 007: an id rather than a number
	default:
		s.write("null") // NaN, undefined, None
	}
	return true
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '+' ||
		c == '.' || c == '$' || c >= 0x80
}

// str walks over a string. A quote only ends it where something may follow that
// can stand behind a string: others were not escaped.
func (s *jsonScanner) str() bool {
	quote := s.b[s.at]
	s.at++
	from := s.at
	for {
		n := bytes.IndexByte(s.b[s.at:], quote)
		if n < 0 {
			s.writeString(s.b[from:])
			s.at = len(s.b)
			return false
		}
		s.at += n + 1
		if !escapedAt(s.b[from:s.at-1]) && s.endsHere() {
			s.writeString(s.b[from : s.at-1])
			return true
		}
	}
}

// escapedAt says that what follows b is escaped: b ends with an odd number of
// backslashes.
func escapedAt(b []byte) bool {
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

func (s *jsonScanner) writeString(text []byte) {
	if s.out != nil {
		s.out.Write(quoted(unescaped(text)))
	}
}

// unescaped undoes the escapes of a string, those of JavaScript besides JSON's.
func unescaped(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
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
			out = utf8.AppendRune(out, r)
			i += n - 1
		default:
			out = append(out, c)
		}
	}
	return out
}

// unicodeEscape reads uXXXX, a pair of them, or xXX.
func unicodeEscape(b []byte) (r rune, n int) {
	digits := map[byte]int{'u': 4, 'x': 2}[b[0]]
	r, ok := hexRune(b[1:], digits)
	if !ok {
		return rune(b[0]), 1
	}
	n = 1 + digits
	if r >= 0xd800 && r < 0xdc00 && bytes.HasPrefix(b[n:], []byte("\\u")) {
		if low, ok := hexRune(b[n+2:], 4); ok && low >= 0xdc00 && low < 0xe000 {
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

// quoted writes a string of JSON.
func quoted(text []byte) []byte {
	out, err := json.Marshal(string(text))
	if err != nil {
		return []byte(`""`)
	}
	return out
}

// jsonCutter cuts a JSON Feed into its members and items.
type jsonCutter struct {
	jsonScanner
	head  map[string]json.RawMessage
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
		if !c.oneMember() {
			return true
		}
	}
}

// oneMember walks over a member of the document; false when the document ends in
// it.
func (c *jsonCutter) oneMember() bool {
	from := c.at
	if !c.name() {
		return false
	}
	name := string(bytes.Trim(c.b[from:c.at], `"'`))
	c.space()
	if c.peek() == ':' {
		c.at++
		c.space()
	}
	if name == "items" && !c.found && c.peek() == '[' {
		c.found = true
		return c.cutItems()
	}
	from = c.at
	if !c.value(1) {
		return false
	}
	if raw := c.b[from:c.at]; len(raw) <= maxItemBytes && len(c.head) < maxSeen {
		if !json.Valid(raw) {
			raw = mendJSON(raw)
		}
		c.head[name] = raw
	}
	return true
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
			return true
		}
		from := c.at
		if !c.value(1) {
			return false
		}
		if raw := c.b[from:c.at]; len(c.items) < maxItems && len(raw) <= maxItemBytes {
			c.items = append(c.items, raw)
		}
	}
}
