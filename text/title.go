package text

import (
	"strings"

	"golang.org/x/net/html"
)

// maxTitle bounds the bytes of a title that are read. The longest headline of a
// public feed seen so far has under 2,000.
const maxTitle = 32 << 10

// Title turns a headline, HTML or plain text, into plain text on one line.
// Known HTML elements go, anything else in angle brackets is text: a headline
// may be about "</kubernetes>". Entities are decoded once more when some are
// left, because feeds escape twice.
func Title(s string) string {
	s = repair(cut(s, maxTitle))
	if strings.ContainsAny(s, "<&") {
		s = stripTitle(s)
		if holdsEntity(s) {
			s = html.UnescapeString(s)
		}
	}
	return oneLine(s)
}

func stripTitle(s string) string {
	var out strings.Builder
	held := "" // the contents of a raw element, dropped once it is closed
	w := newWalker(s)
	for w.next() {
		switch w.kind {
		case textPart:
			if w.inRaw {
				held = w.text
			} else {
				out.WriteString(w.text)
			}
		case openPart:
			if w.role != inline {
				out.WriteByte(' ')
			}
		case closePart:
			held = ""
			if w.role != inline {
				out.WriteByte(' ')
			}
		}
	}
	out.WriteString(held)
	return out.String()
}
