package text

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// maxVisible bounds the bytes of a body that are read. An article has 10 KB,
// the longest of live blogs under 1 MB.
const maxVisible = 4 << 20

// Visible turns HTML or plain text into what a reader sees: blocks parted by a
// blank line, line breaks kept, nothing of scripts, navigation, forms, figures
// or attributes. Plain text keeps its lines and its paragraphs.
func Visible(s string) string {
	s = repair(cut(s, maxVisible))
	r := rough{out: make([]byte, 0, len(s)+len(s)/16)}
	r.read(s)
	if !r.markup && mayBeMarkup(r.out) {
		// Escaped twice: what came out is the HTML that the author wrote.
		again := rough{}
		again.read(strings.ReplaceAll(string(r.out), string(soft), "\n"))
		if again.markup {
			r = again
		}
	}
	if bytes.IndexByte(r.out, '&') >= 0 {
		r.out = []byte(html.UnescapeString(string(r.out)))
	}
	l := layout{out: make([]byte, 0, len(r.out)), fold: r.blocks}
	l.write(r.out)
	return string(l.out)
}

// rough is the first stage: text without tags, its breaks marked but not laid
// out.
type rough struct {
	out    []byte
	markup bool // a known element was seen
	blocks bool // one of them parts paragraphs
	pre    int  // depth in <pre>, where line breaks count

	skip  string // the dropped element that we are in
	depth int    // of elements with that name
	mark  int    // where out stood before it
}

func (r *rough) read(s string) {
	if !strings.ContainsAny(s, "<&") {
		r.text(s)
		return
	}
	for w := newWalker(s); w.next(); {
		switch w.kind {
		case textPart:
			if !w.inRaw {
				r.text(w.text)
			}
		case openPart:
			r.open(w)
		case closePart:
			r.close(w)
		}
	}
}

func (r *rough) text(s string) {
	mark := byte(soft)
	if r.pre > 0 {
		mark = '\n'
	}
	for {
		i := strings.IndexByte(s, '\n')
		if i < 0 {
			r.out = append(r.out, s...)
			return
		}
		r.out = append(r.out, strings.TrimSuffix(s[:i], "\r")...)
		r.out = append(r.out, mark)
		s = s[i+1:]
	}
}

func (r *rough) open(w *walker) {
	r.markup = true
	switch w.role {
	case line:
		r.out = append(r.out, '\n')
	case block:
		r.part(w.name, 1)
	case dropped:
		r.drop(w.name)
	}
}

func (r *rough) close(w *walker) {
	r.markup = true
	switch w.role {
	case block:
		r.part(w.name, -1)
	case dropped:
		if w.name != r.skip {
			return
		}
		if r.depth--; r.depth == 0 {
			r.skip = ""
			r.out = append(r.out[:r.mark], "\n\n"...)
		}
	}
}

func (r *rough) part(name string, by int) {
	r.blocks = true
	r.out = append(r.out, "\n\n"...)
	if name == "pre" {
		r.pre = max(0, r.pre+by)
	}
}

// drop enters an element whose contents are not the article's. They are written
// and taken back at its end, so that one that is never closed loses nothing.
func (r *rough) drop(name string) {
	switch r.skip {
	case "":
		r.skip, r.depth, r.mark = name, 1, len(r.out)
	case name:
		r.depth++
	}
}

// mayBeMarkup reports text that looks like HTML which was escaped twice: it has
// an end tag, a line break or an element with attributes.
func mayBeMarkup(b []byte) bool {
	if bytes.IndexByte(b, '<') < 0 {
		return false
	}
	s := string(b)
	for _, sign := range []string{"</", "<br", "<p>", "<img ", "<a href", "<hr"} {
		if strings.Contains(s, sign) {
			return true
		}
	}
	return false
}
