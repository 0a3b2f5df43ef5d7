package text

import (
	"strings"

	"golang.org/x/net/html"
)

// part is what the walker found: text, or the start or end of a known element.
type part uint8

const (
	textPart part = iota
	openPart
	closePart
)

// walker goes through HTML once and tells known elements from text. It keeps no
// tree, so no input can make it deep. Text and well-formed tags, which feeds
// consist of, it reads itself; at all else it asks the tokenizer of x/net/html,
// which knows what browsers make of it, and follows it for as long as needed.
type walker struct {
	z     *html.Tokenizer // nil while it is not needed
	keep  bool            // it is needed to the end
	asked int             // how often it was needed
	src   string
	at    int // bytes of src that are consumed
	kind  part
	role  role
	name  string
	text  string // of a textPart, decoded
	inRaw bool   // the text is the contents of a raw element
}

func newWalker(s string) *walker { return &walker{src: s} }

// maxAsked bounds how often a tokenizer is made anew, each with 4 KB of its own.
const maxAsked = 64

func tokenizer(s string) *html.Tokenizer {
	z := html.NewTokenizer(strings.NewReader(s))
	z.AllowCDATA(true)
	return z
}

// next moves to the next part and reports whether there is one.
func (w *walker) next() bool {
	for w.at < len(w.src) {
		if w.z == nil && w.plain() {
			return true
		}
		if w.z == nil {
			w.z = tokenizer(w.src[w.at:])
			w.asked++
			w.keep = w.keep || w.asked == maxAsked
		}
		found := w.ask()
		if !w.inRaw && !w.keep {
			w.z = nil
		}
		if found {
			return true
		}
	}
	return false
}

// plain reads text, or a well-formed tag of a known element that is not raw. It
// reports false, and moves nothing, before anything else.
func (w *walker) plain() bool {
	s := w.src[w.at:]
	if n := textLen(s); n > 0 {
		w.at += n
		w.setText(s[:n])
		return true
	}
	name, size := plainTag(s)
	if size == 0 {
		return false
	}
	r := roleOf(name)
	if r == unknown || r == raw || name == "plaintext" {
		return false
	}
	w.at += size
	w.name, w.role, w.kind = name, r, openPart
	if s[1] == '/' {
		w.kind = closePart
	}
	return true
}

// textLen returns how many bytes of text s begins with: up to what looks like a
// tag or a comment.
func textLen(s string) int {
	n := 0
	for {
		i := strings.IndexByte(s[n:], '<')
		if i < 0 || n+i+1 == len(s) {
			return len(s)
		}
		n += i
		if c := s[n+1]; isLetter(c) || c == '/' || c == '!' || c == '?' {
			return n
		}
		n++
	}
}

// plainTag reads the well-formed tag at the start of s and returns the name of
// its element in lower case and its length; 0 when it is not well-formed.
func plainTag(s string) (name string, size int) {
	from := 1
	if s[1] == '/' {
		from = 2
	}
	i := from
	for i < len(s) && (isLetter(s[i]) || i > from && '0' <= s[i] && s[i] <= '9') {
		i++
	}
	if i == from {
		return "", 0
	}
	name = strings.ToLower(s[from:i])
	for i < len(s) {
		i = skipSpace(s, i)
		switch {
		case i == len(s):
			return "", 0
		case s[i] == '>':
			return name, i + 1
		case strings.HasPrefix(s[i:], "/>"):
			return name, i + 2
		case !isSpace(s[i-1]):
			return "", 0
		}
		if i = plainAttribute(s, i); i == 0 {
			break
		}
	}
	return "", 0
}

// plainAttribute returns where the attribute at byte i of s ends: a name, or a
// name and a value in quotes; 0 for other kinds.
func plainAttribute(s string, i int) int {
	from := i
	for i < len(s) && (isLetter(s[i]) || i > from && ('0' <= s[i] && s[i] <= '9' || s[i] == '-' || s[i] == ':' || s[i] == '_')) {
		i++
	}
	if i == from || i == len(s) {
		return 0
	}
	if s[i] != '=' {
		return i
	}
	i++
	if i == len(s) || s[i] != '"' && s[i] != '\'' {
		return 0
	}
	n := strings.IndexByte(s[i+1:], s[i])
	if n < 0 {
		return 0
	}
	return i + n + 2
}

func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isSpace knows the white space of HTML (https://html.spec.whatwg.org, section
// 2.3.1, ASCII whitespace).
func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' }

// ask moves to the next part that the tokenizer finds.
func (w *walker) ask() bool {
	for w.at < len(w.src) {
		tt := w.z.Next()
		from := w.at
		w.at = min(from+len(w.z.Raw()), len(w.src))
		source := w.src[from:w.at]
		switch tt {
		case html.ErrorToken:
			return w.rest(source)
		case html.TextToken:
			if w.inRaw || strings.HasPrefix(source, "<![CDATA[") {
				w.kind, w.text = textPart, string(w.z.Text())
			} else {
				w.setText(source)
			}
			return true
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			w.tag(tt, source)
			return true
		case html.CommentToken:
			// The tokenizer calls "</3" and "<?" comments too; only real ones go.
			if !strings.HasPrefix(source, "<!") {
				w.setText(source)
				return true
			}
		}
	}
	return false
}

// rest handles what the input's end cut off: "a <b" is text unless it is the
// beginning of a known tag.
func (w *walker) rest(source string) bool {
	left := source + w.src[w.at:]
	w.at = len(w.src)
	name, _, _ := strings.Cut(strings.TrimLeft(left, "</"), " ")
	if left == "" || strings.HasPrefix(left, "<!") || roleOf(strings.ToLower(name)) != unknown {
		return false
	}
	w.setText(left)
	return true
}

func (w *walker) tag(tt html.TokenType, source string) {
	name, attributes := w.z.TagName()
	w.name = string(name)
	w.keep = w.keep || w.name == "plaintext" && tt != html.EndTagToken // all behind it is text
	w.role = roleOf(w.name)
	wasRaw := w.inRaw
	w.inRaw = false
	if w.role == unknown {
		if attributes && strings.ContainsRune(source, '=') {
			w.kind, w.role = openPart, inline // attributes are never text
			return
		}
		w.inRaw = wasRaw
		w.setText(source)
		return
	}
	w.kind = openPart
	if tt == html.EndTagToken {
		w.kind = closePart
		return
	}
	w.inRaw = w.role == raw
}

func (w *walker) setText(source string) {
	w.kind, w.text = textPart, source
	if strings.IndexByte(source, '&') >= 0 {
		w.text = html.UnescapeString(source)
	}
}

// holdsEntity reports whether s still has a character reference in it.
func holdsEntity(s string) bool {
	return strings.Contains(s, "&") && html.UnescapeString(s) != s
}
