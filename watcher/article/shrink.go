package article

import (
	"bytes"
	"strings"

	"golang.org/x/net/html/atom"
)

// Bounds of what is left of a page.
const (
	maxTags  = 20_000  // start tags; the page is cut behind. The largest of 130 had 8,600
	maxSmall = 1 << 20 // bytes; the largest of 130 had 0.9 MB, nine of ten below 0.17
	maxName  = 32      // bytes of an element's name
	maxAttrs = 16      // attributes of a tag
	maxValue = 200     // bytes of an attribute: classes and addresses
	maxData  = 512 << 10
	maxDatas = 16 // blocks of linked data
)

// shrunk is a page without what holds no text for readers.
type shrunk struct {
	out  []byte
	data [][]byte // JSON-LD
}

// shrinker copies a page in one pass and leaves scripts, styles, comments,
// drawings, inline formatting and most attributes out. So the tree that is
// made of it is small however large the page is, and cannot be made to grow:
// browsers, and the HTML parser as they do, open formatting elements again in
// each paragraph.
type shrinker struct {
	shrunk
	src   []byte
	at    int
	tags  int
	never map[string]bool // elements whose end tag is known not to come any more
}

func shrink(src []byte) shrunk {
	s := shrinker{src: src, never: map[string]bool{}}
	s.out = make([]byte, 0, min(len(src), maxSmall)/2)
	for s.at < len(s.src) && s.tags < maxTags && len(s.out) < maxSmall {
		i := bytes.IndexByte(s.src[s.at:], '<')
		if i < 0 {
			s.text(s.src[s.at:])
			break
		}
		s.text(s.src[s.at : s.at+i])
		s.at += i
		s.markup()
	}
	return s.shrunk
}

func (s *shrinker) text(b []byte) {
	s.out = append(s.out, b[:min(len(b), maxSmall-len(s.out))]...)
}

// markup handles what stands behind a "<".
func (s *shrinker) markup() {
	rest := s.src[s.at:]
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		// "<!-->" is a whole comment.
		s.skip(bytes.Index(rest[2:], []byte("-->")), 2+3)
	case len(rest) > 1 && (rest[1] == '!' || rest[1] == '?'):
		s.skip(bytes.IndexByte(rest, '>'), 1)
	case len(rest) > 2 && rest[1] == '/' && letter(rest[2]):
		name := tagName(rest[2:])
		s.skip(bytes.IndexByte(rest, '>'), 1)
		if r := roleOf(name); r == kept || r == verbatim {
			s.out = append(append(append(s.out, "</"...), name...), '>')
		}
	case len(rest) > 1 && letter(rest[1]):
		s.open()
	default:
		s.out = append(s.out, "&lt;"...)
		s.at++
	}
}

// skip moves behind something found n bytes ahead; to the end without it.
func (s *shrinker) skip(n, size int) {
	if n < 0 {
		s.at = len(s.src)
		return
	}
	s.at += n + size
}

// open handles a start tag.
func (s *shrinker) open() {
	s.tags++
	name := tagName(s.src[s.at+1:])
	mark := len(s.out)
	s.out = append(append(s.out, '<'), name...)
	s.at += 1 + len(name)
	isData := s.attributes()
	s.out = append(s.out, '>')
	switch roleOf(name) {
	case kept:
		return
	case verbatim: // it ends before the next tag of its name, whatever stands in it
		s.text(bytes.ReplaceAll(s.contents(name), []byte("<"), []byte("&lt;")))
		return
	case dropped:
		s.out = s.out[:mark]
		inside := s.contents(name)
		if isData && len(inside) <= maxData && len(s.data) < maxDatas {
			s.data = append(s.data, inside)
		}
	default:
		s.out = s.out[:mark]
	}
}

// contents moves to the end tag of an element and gives what stands before it.
// Without an end tag the element holds nothing, but for a script, which holds
// all the rest, as in browsers.
func (s *shrinker) contents(name string) []byte {
	rest := s.src[s.at:]
	for i := 0; !s.never[name]; {
		n := bytes.Index(rest[i:], []byte("</"))
		if n < 0 {
			s.never[name] = true
			break
		}
		i += n + 2
		if len(rest) >= i+len(name) && strings.EqualFold(string(rest[i:i+len(name)]), name) {
			s.at += i - 2
			return rest[:i-2]
		}
	}
	if name == "script" || name == "style" {
		s.at = len(s.src)
		return rest
	}
	return nil
}

// attributes copies those of a start tag that say what its element is for, and
// moves behind the tag. It reports a script that holds linked data.
func (s *shrinker) attributes() (isData bool) {
	copied := 0
	for s.at < len(s.src) {
		switch c := s.src[s.at]; {
		case c == '>':
			s.at++
			return isData
		case c == '/' || space(c):
			s.at++
			continue
		}
		key, value := s.attribute()
		if len(key) > len("aria-hidden") {
			continue
		}
		name := strings.ToLower(string(key))
		isData = isData || name == "type" && bytes.EqualFold(value, []byte("application/ld+json"))
		if telling(name) && copied < maxAttrs && len(s.out) < maxSmall {
			copied++
			value = bytes.ReplaceAll(value[:min(len(value), maxValue)], []byte(`"`), []byte("&#34;"))
			s.out = append(append(append(append(s.out, ' '), name...), `="`...), value...)
			s.out = append(s.out, '"')
		}
	}
	return isData
}

// attribute reads one attribute (https://html.spec.whatwg.org, section 13.1.2.3)
// and moves behind it.
func (s *shrinker) attribute() (key, value []byte) {
	rest := s.src[s.at:]
	n := 1 + end(rest[1:], func(c byte) bool { return space(c) || c == '/' || c == '>' || c == '=' })
	key = rest[:n]
	v := n + end(rest[n:], func(c byte) bool { return !space(c) })
	if v == len(rest) || rest[v] != '=' {
		s.at += n
		return key, nil
	}
	v++
	v += end(rest[v:], func(c byte) bool { return !space(c) })
	if v < len(rest) && (rest[v] == '"' || rest[v] == '\'') {
		n := bytes.IndexByte(rest[v+1:], rest[v])
		if n < 0 {
			s.at = len(s.src)
			return key, nil
		}
		s.at += v + 1 + n + 1
		return key, rest[v+1 : v+1+n]
	}
	n = v + end(rest[v:], func(c byte) bool { return space(c) || c == '>' })
	s.at += n
	return key, rest[v:n]
}

// end is how many bytes come before one that is meant.
func end(b []byte, meant func(byte) bool) int {
	for i, c := range b {
		if meant(c) {
			return i
		}
	}
	return len(b)
}

// telling says that an attribute tells what an element is for.
func telling(name string) bool {
	switch name {
	case "class", "id", "role", "style", "hidden", "aria-hidden", "itemprop",
		"href", "rel", "property", "name", "content":
		return true
	}
	return false
}

// role is what becomes of an element.
type role uint8

const (
	kept     role = iota
	opened        // its tags go, its contents stay
	verbatim      // its contents are text, whatever they look like
	dropped       // goes with its contents
)

func roleOf(name string) role {
	switch atom.Lookup([]byte(name)) {
	case atom.B, atom.Big, atom.Code, atom.Em, atom.Font, atom.I, atom.Nobr, atom.S,
		atom.Small, atom.Strike, atom.Strong, atom.Tt, atom.U, atom.Plaintext,
		atom.Img, atom.Input, atom.Source, atom.Track, atom.Wbr, atom.Param, atom.Embed, atom.Area,
		atom.Frameset, atom.Frame, atom.Form:
		return opened
	case atom.Title:
		return verbatim
	case atom.Script, atom.Style, atom.Noscript, atom.Iframe, atom.Noembed, atom.Noframes,
		atom.Textarea, atom.Xmp, atom.Svg, atom.Math, atom.Select, atom.Button, atom.Template,
		atom.Object, atom.Audio, atom.Video, atom.Canvas, atom.Map, atom.Datalist:
		return dropped
	}
	return kept
}

// tagName is the name at the start of a tag, in lower case.
func tagName(b []byte) string {
	n := min(end(b, func(c byte) bool { return space(c) || c == '/' || c == '>' || c >= 0x80 }), maxName)
	return strings.ToLower(string(b[:n]))
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func space(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }
