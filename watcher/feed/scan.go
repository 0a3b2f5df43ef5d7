package feed

import "bytes"

// kind tells what a token of markup is.
type kind uint8

const (
	textToken  kind = iota
	startToken      // <name ...> or <name .../>
	endToken        // </name>
	cdataToken      // <![CDATA[...]]>
	otherToken      // comment, processing instruction, declaration
)

// token is one piece of markup, cut from the document without copying.
type token struct {
	kind     kind
	from, to int    // byte range in the scanned bytes
	name     []byte // of a tag, with its prefix
	attrs    []byte // of a start tag, unparsed
	closed   bool   // a start tag that ends itself
	text     []byte // of a text or CDATA section
}

// scanner cuts markup into tokens and never fails: what cannot be a tag is
// text. It needs no well-formed document, which is the point of it.
type scanner struct {
	b    []byte
	at   int
	ends [3]int // where the next "]]>", "-->" and "?>" are, so that none is searched twice; 0: not known
}

// The marks whose places a scanner remembers.
const (
	cdataEnd = iota
	commentEnd
	instructionEnd
)

// ahead finds a mark at or behind from, -1 when there is none. Remembering the
// answer keeps a document of a million unclosed sections linear.
func (s *scanner) ahead(mark, from int) int {
	text := [...]string{"]]>", "-->", "?>"}[mark]
	if at := s.ends[mark]; at < 0 || at >= from && at > 0 {
		return at
	}
	at := bytes.Index(s.b[from:], []byte(text))
	if at >= 0 {
		at += from
	}
	s.ends[mark] = at
	return at
}

// next reads the token at the scanner's place into t; false at the end. Only the
// fields of the token's kind are set, as this is called for every tag.
func (s *scanner) next(t *token) bool {
	if s.at >= len(s.b) {
		return false
	}
	if s.b[s.at] == '<' && s.markup(t) {
		s.at = t.to
		return true
	}
	t.kind, t.from, t.to = textToken, s.at, len(s.b)
	if end := bytes.IndexByte(s.b[s.at+1:], '<'); end >= 0 {
		t.to = s.at + 1 + end
	}
	t.text = s.b[t.from:t.to]
	s.at = t.to
	return true
}

// markup reads the tag, comment or section that starts here; false when the "<"
// is only text.
func (s *scanner) markup(t *token) bool {
	rest := s.b[s.at:]
	if len(rest) < 2 {
		return false
	}
	t.from = s.at
	switch c := rest[1]; {
	case c == '/':
		return s.endTag(rest, t)
	case c == '!':
		s.declaration(rest, t)
		return true
	case c == '?':
		s.until(instructionEnd, len("<?"), t)
		return true
	case isNameStart(c):
		s.startTag(rest, t)
		return true
	}
	return false
}

func (s *scanner) endTag(rest []byte, t *token) bool {
	if len(rest) < 3 || !isNameStart(rest[2]) {
		return false
	}
	n := nameLen(rest[2:])
	end := 2 + n
	for end < len(rest) && rest[end] != '>' && rest[end] != '<' {
		end++
	}
	if end < len(rest) && rest[end] == '>' { // else "</title" is cut by the next tag
		end++
	}
	t.kind, t.to, t.name = endToken, s.at+end, rest[2:2+n]
	return true
}

func (s *scanner) startTag(rest []byte, t *token) {
	n := nameLen(rest[1:])
	end, closed := tagEnd(rest, 1+n)
	t.kind, t.to, t.name, t.closed = startToken, s.at+end, rest[1:1+n], closed
	stop := end
	if stop > 0 && rest[stop-1] == '>' {
		stop--
	}
	if closed {
		stop--
	}
	t.attrs = rest[1+n : max(stop, 1+n)]
}

// tagEnd finds where a start tag ends, with quotes in mind. A "<" inside of
// quotes is illegal there (XML 1.0, production 10) and mostly means that a
// quote was lost, so the tag then ends at its first ">".
func tagEnd(rest []byte, i int) (end int, closed bool) {
	for ; i < len(rest); i++ {
		c := rest[i]
		if c > '>' { // most are letters
			continue
		}
		switch c {
		case '"', '\'':
			if rest[i-1] != '=' && rest[i-1] > ' ' {
				continue
			}
			n := bytes.IndexByte(rest[i+1:], c)
			if n < 0 || bytes.IndexByte(rest[i+1:i+1+n], '<') >= 0 {
				return firstTagEnd(rest)
			}
			i += 1 + n
		case '>':
			return i + 1, rest[i-1] == '/'
		case '<':
			return i, false
		}
	}
	return len(rest), false
}

// firstTagEnd ends a tag at its first ">", whatever quotes say.
func firstTagEnd(rest []byte) (end int, closed bool) {
	if gt := bytes.IndexByte(rest, '>'); gt >= 0 {
		return gt + 1, rest[gt-1] == '/'
	}
	return len(rest), false
}

func (s *scanner) declaration(rest []byte, t *token) {
	switch {
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		s.cdata(t)
	case bytes.HasPrefix(rest, []byte("<!--")):
		s.until(commentEnd, len("<!--"), t)
	case hasPrefixFold(rest, "<!doctype"):
		t.kind, t.to = otherToken, s.at+doctypeEnd(rest)
	default:
		t.kind, t.to = otherToken, s.at+firstEnd(rest)
	}
}

// until reads a token that ends with a mark. When the mark was lost, it ends
// with the next ">", or before the next "<".
func (s *scanner) until(mark, opening int, t *token) {
	t.kind, t.to = otherToken, s.at+opening
	if s.ahead(mark, t.to) < 0 {
		t.to += lostEnd(s.b[t.to:])
		return
	}
	inner, end := s.section(mark, opening)
	if t.to += len(inner); end >= 0 {
		t.to = end
	}
}

// lostEnd is where markup ends that was never closed.
func lostEnd(b []byte) int {
	i := bytes.IndexAny(b, "<>")
	switch {
	case i < 0:
		return len(b)
	case b[i] == '>':
		i++
	}
	return i
}

// firstEnd is the offset behind the first ">".
func firstEnd(b []byte) int {
	if gt := bytes.IndexByte(b, '>'); gt >= 0 {
		return gt + 1
	}
	return len(b)
}

// cdata reads a CDATA section.
func (s *scanner) cdata(t *token) {
	t.kind = cdataToken
	t.text, t.to = s.section(cdataEnd, len("<![CDATA["))
	if t.to < 0 {
		t.to = s.at + len("<![CDATA[") + len(t.text)
	}
}

// section returns what stands in a section with a mark of its own, and the end of
// the section, -1 when it has none. One that lost its end would swallow the next
// items up to the end of another section, so one that holds the border of an item
// and then another section ends at that border.
func (s *scanner) section(mark, opening int) (inner []byte, end int) {
	from := s.at + opening
	inner, end = s.b[from:], s.ahead(mark, from)
	again := len(inner)
	if end >= 0 {
		inner = s.b[from:end]
		if again = bytes.Index(inner, s.b[s.at:from]); again < 0 {
			return inner, end + len([...]string{"]]>", "-->", "?>"}[mark])
		}
	}
	if cut := itemBorder(inner[:again]); cut >= 0 {
		return inner[:cut], -1
	}
	if end >= 0 {
		end += len([...]string{"]]>", "-->", "?>"}[mark])
	}
	return inner, end
}

// itemBorder finds the start or end of an item in text, -1 when there is none.
func itemBorder(b []byte) int {
	for from := 0; ; from++ {
		i := bytes.IndexByte(b[from:], '<')
		if i < 0 {
			return -1
		}
		from += i
		name := b[from+1:]
		if len(name) > 0 && name[0] == '/' {
			name = name[1:]
		}
		n := nameLen(name)
		if n < len(name) && isOneOf(localName(name[:n]), "item", "entry") {
			return from
		}
	}
}

// doctypeEnd finds the end of a document type declaration with its internal
// subset, whose declarations hold ">" of their own.
func doctypeEnd(rest []byte) int {
	const longest = 64 << 10 // bytes
	depth := 0
	for i, c := range rest[:min(len(rest), longest)] {
		switch c {
		case '[':
			depth++
		case ']':
			depth--
		case '>':
			if depth <= 0 {
				return i + 1
			}
		}
	}
	return firstEnd(rest)
}

func isNameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':' || c >= 0x80
}

// nameEnds has a bit for each character that ends a name.
const nameEnds uint64 = 1<<' ' | 1<<'\t' | 1<<'\n' | 1<<'\r' | 1<<'/' | 1<<'>' | 1<<'<' | 1<<'=' | 1<<'"' | 1<<'\''

func nameLen(b []byte) int {
	for i, c := range b {
		if c <= '>' && nameEnds>>c&1 == 1 {
			return i
		}
	}
	return len(b)
}

// hasPrefixFold compares in any case of ASCII letters; prefix is in lower case.
func hasPrefixFold(b []byte, prefix string) bool {
	if len(b) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != prefix[i] {
			return false
		}
	}
	return true
}

// attr finds an attribute by its name, any case, and decodes its value.
func attr(attrs []byte, name string, ents entities) (string, bool) {
	for k, v := range eachAttr(attrs) {
		if len(k) == len(name) && bytes.EqualFold(k, []byte(name)) {
			return ents.decode(v), true
		}
	}
	return "", false
}

// eachAttr walks over the attributes of a start tag: quoted, bare or without a
// value.
func eachAttr(b []byte) func(yield func(name, value []byte) bool) {
	return func(yield func(name, value []byte) bool) {
		for i := 0; i < len(b); {
			for i < len(b) && (b[i] <= ' ' || b[i] == '/') {
				i++
			}
			n := nameLen(b[i:])
			if n == 0 {
				i++
				continue
			}
			name := b[i : i+n]
			value, next := attrValue(b, i+n)
			if !yield(name, value) {
				return
			}
			i = next
		}
	}
}

func attrValue(b []byte, i int) (value []byte, next int) {
	j := i
	for j < len(b) && b[j] <= ' ' {
		j++
	}
	if j >= len(b) || b[j] != '=' {
		return nil, i
	}
	j++
	for j < len(b) && b[j] <= ' ' {
		j++
	}
	if j < len(b) && (b[j] == '"' || b[j] == '\'') {
		end := bytes.IndexByte(b[j+1:], b[j])
		if end < 0 {
			return b[j+1:], len(b)
		}
		return b[j+1 : j+1+end], j + 1 + end + 1
	}
	end := bytes.IndexAny(b[j:], " \t\r\n>")
	if end < 0 {
		return b[j:], len(b)
	}
	return b[j : j+end], j + end
}
