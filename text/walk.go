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
// tree, so no input can make it deep.
type walker struct {
	z     *html.Tokenizer
	src   string
	at    int // bytes of src that are consumed
	kind  part
	role  role
	name  string
	text  string // of a textPart, decoded
	inRaw bool   // the text is the contents of a raw element
}

func newWalker(s string) *walker {
	w := &walker{z: html.NewTokenizer(strings.NewReader(s)), src: s}
	w.z.AllowCDATA(true)
	return w
}

// next moves to the next part and reports whether there is one.
func (w *walker) next() bool {
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
	w.kind, w.text = textPart, html.UnescapeString(source)
}

// holdsEntity reports whether s still has a character reference in it.
func holdsEntity(s string) bool {
	return strings.Contains(s, "&") && html.UnescapeString(s) != s
}
