package feed

import (
	"bytes"
	"encoding/base64"
	"hash/maphash"
	"html"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxMedia is how deep groups of media may nest; Media RSS knows two levels.
const maxMedia = 3

// maxUnclosed is how many elements of one span may lack their end tag before
// the rest of them count as empty: looking for an end costs a pass.
const maxUnclosed = 12

// Bounds on what is kept of a document, so that a hostile one costs no more than
// its own size. Past maxKept each value is clipped to minKept.
const (
	maxKept     = 4 << 20 // bytes of all values
	minKept     = 2 << 10
	maxSubjects = 64 // categories of one item
)

// mender writes the markup of a document anew so that gofeed reads it: only
// elements that we use, under their usual names, every text escaped, nothing
// nested that need not be. What gofeed has no place for, it keeps aside.
type mender struct {
	*layout
	address  string // where the document came from
	stated   bool   // the server stated that address itself, in Content-Location
	base     string // of the document: xml:base, else its address
	site     string // the link of the channel
	relative string // what the links of its items refer to: xml:base, else the site's link, else its address
	lang     string // xml:lang of the document
	wishes   wishes
	links    Relations
	archive  bool   // fh:archive
	about    fields // of the document
	acts     string // what gofeed reads of the document that its items inherit
	author   string // of the document, who stands for all entries without one

	doc        *Document // what it says of itself, once gofeed has read that
	w          writer
	own        fields // of the open item
	categories int    // of the open item
	room       int    // bytes that may still be kept
}

// aside is what gofeed drops from an item or alters.
type aside struct {
	id       string // rdf:about, or atom:id made absolute
	base     string // the item's xml:base, else the document's
	relative string // what its links refer to
	lang     string // xml:lang
	origin   string // the link before somebody counted its readers
	summary  string // of RSS's items that have both that and a description
	subjects []string
	rest     Entry // of all else
}

var _ source = (*mender)(nil)

func (m *mender) count() int { return len(m.items) }

func (m *mender) block(i int) []byte { return m.src[m.items[i].from:m.items[i].to] }

// bearing writes what names, bases, languages and authors the items inherit. A
// title or a date of the document is not among it: these change with each poll.
func (m *mender) bearing(h *maphash.Hash) {
	for _, s := range [...]string{m.base, m.site, m.relative, m.lang, m.acts, m.about.creator(), m.about[feedLanguage],
		m.about[atomLink]} {
		h.WriteString(s)
		h.WriteByte(0)
	}
	for _, b := range [...]bool{m.names.atom, m.stated, m.base == m.address} {
		h.WriteString(strconv.FormatBool(b))
	}
	writeTable(h, m.names.prefixes)
	writeTable(h, m.ents)
}

func writeTable(h *maphash.Hash, table map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(table)) {
		h.WriteString(k)
		h.WriteByte(0)
		h.WriteString(table[k])
		h.WriteByte(0)
	}
}

// fit clips a value to what may still be kept.
func (m *mender) fit(value string) string { return fit(value, &m.room) }

func fit(value string, room *int) string {
	if most := max(*room, minKept); len(value) > most {
		value = strings.Clone(clip(value, most)) // not the rest with it
	}
	*room -= len(value)
	return value
}

// clipBytes cuts b at a character's border.
func clipBytes(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}

// element is a child of a channel, feed or item.
type element struct {
	key   string // its usual name
	attrs []byte
	inner []byte
}

// children walks over the elements of a span at its top level. An element
// without an end tag runs up to the next element that we know.
func (m *mender) children(b []byte, yield func(element) bool) {
	s := scanner{b: b}
	unclosed := 0
	var t token
	for s.next(&t) {
		if t.kind != startToken {
			continue
		}
		key := m.names.key(t.name, t.attrs)
		if wrapper(key) {
			m.enter(t.attrs)
			continue
		}
		var inner []byte
		if !t.closed {
			from, to, found := t.to, t.to, false
			if unclosed < maxUnclosed {
				if to, s.at, found = m.closing(b, &t); !found {
					unclosed++
				}
			}
			inner = b[from:to]
		}
		if known(key) && !yield(element{key, t.attrs, inner}) {
			return
		}
	}
}

// closing finds where an element ends and where the scan goes on. Without an
// end tag it ends before the next element that we know, or where it began when
// there is no use for it.
func (m *mender) closing(b []byte, start *token) (end, next int, found bool) {
	s := scanner{b: b, at: start.to}
	depth, last, after := 0, -1, 0
	var t token
	for s.next(&t) {
		switch t.kind {
		case startToken:
			if !t.closed && bytes.Equal(t.name, start.name) {
				depth++
			}
		case endToken:
			if len(t.name) != len(start.name) || !bytes.EqualFold(t.name, start.name) {
				continue
			}
			if last, after = t.from, t.to; depth == 0 {
				return last, after, true
			}
			depth--
		}
	}
	if last >= 0 { // an inner one of the same name was not closed
		return last, after, true
	}
	border := m.nextField(b, start.to)
	return border, border, false
}

// nextField is where the next element starts that we know, else the end.
func (m *mender) nextField(b []byte, from int) int {
	s := scanner{b: b, at: from}
	var t token
	for s.next(&t) {
		if t.kind == startToken && m.starts(&t) {
			return t.from
		}
	}
	return len(b)
}

// media walks over what a media group or content says of itself.
func (m *mender) media(b []byte, depth int, yield func(element)) {
	m.children(b, func(e element) bool {
		switch {
		case e.key != "media:group" && e.key != "media:content":
			if strings.HasPrefix(e.key, "media:") {
				yield(e)
			}
		case depth < maxMedia:
			m.media(e.inner, depth+1, yield)
		}
		return true
	})
}

// starts says that a tag begins a new field of an item, not markup in a text.
func (m *mender) starts(t *token) bool {
	key := m.names.key(t.name, t.attrs)
	return known(key) && !strings.HasPrefix(key, "xhtml:")
}

// wrapper says that an element's children count as if it were not there.
func wrapper(key string) bool {
	return key == "rss" || key == "channel" || key == "rdf" || key == "feed"
}

// known says that we use an element, or must not mistake its children for
// those of what it stands in.
func known(key string) bool {
	switch key {
	case "title", "link", "guid", "id", "description", "summary", "content", "pubdate",
		"published", "updated", "author", "category", "language", "source",
		"ttl", "skiphours", "skipdays", "sy:updateperiod", "sy:updatefrequency", "fh:archive",
		"issued", "modified", "created", "body", "fullitem", "xhtml:body", "xhtml:div",
		"content:encoded", "feedburner:origlink", "image", "textinput", "comments",
		"enclosure", "dc:creator", "dc:author", "dc:date", "dc:title", "dc:description",
		"dc:subject", "dc:language", "dc:identifier", "dcterms:issued", "dcterms:created",
		"dcterms:modified", "media:description", "media:title", "media:group",
		"media:content", "atom:link", "atom:title", "atom:summary", "atom:content",
		"atom:published", "atom:updated", "atom:author", "atom:id", "itunes:summary",
		"itunes:author", "itunes:title", "itunes:subtitle", "googleplay:author",
		"googleplay:description", "abstract":
		return true
	}
	return false
}

// text is the value of an element: its character data, or its markup as HTML
// when it holds elements.
func (m *mender) text(inner []byte) string {
	inner = bytes.TrimSpace(inner)
	inner = clipBytes(inner, max(m.room, minKept))
	if bytes.IndexByte(inner, '<') < 0 {
		return m.ents.decode(inner)
	}
	if s, ok := wholeCDATA(inner); ok {
		return string(s)
	}
	s := scanner{b: inner}
	marked := false
	for t := (token{}); !marked && s.next(&t); {
		marked = t.kind == startToken || t.kind == endToken
	}
	return m.collect(inner, marked && m.ents == nil)
}

// collect glues the pieces of an element together. In markup, references are
// HTML's own and stay.
func (m *mender) collect(inner []byte, asIs bool) string {
	var out strings.Builder
	s := scanner{b: inner}
	for t := (token{}); s.next(&t); {
		switch t.kind {
		case textToken:
			if asIs {
				out.Write(t.text)
			} else {
				out.WriteString(m.ents.decode(t.text))
			}
		case cdataToken:
			out.Write(t.text)
		case startToken:
			out.WriteByte('<')
			out.Write(localName(t.name))
			out.Write(t.attrs)
			if t.closed {
				out.WriteByte('/')
			}
			out.WriteByte('>')
		case endToken:
			out.WriteString("</")
			out.Write(localName(t.name))
			out.WriteByte('>')
		}
	}
	return strings.TrimSpace(out.String())
}

// wholeCDATA is the text of an element that holds one CDATA section and nothing
// else.
func wholeCDATA(b []byte) ([]byte, bool) {
	b, ok := bytes.CutPrefix(b, []byte("<![CDATA["))
	if !ok {
		return nil, false
	}
	b, ok = bytes.CutSuffix(b, []byte("]]>"))
	if !ok || bytes.Contains(b, []byte("]]>")) {
		return nil, false
	}
	return bytes.TrimSpace(b), true
}

// plain is the character data of an element that holds no markup by its
// meaning: an id, a link, a date.
func (m *mender) plain(inner []byte) string {
	if bytes.IndexByte(inner, '<') < 0 {
		return strings.TrimSpace(m.ents.decode(bytes.TrimSpace(inner)))
	}
	var out strings.Builder
	s := scanner{b: inner}
	for t := (token{}); s.next(&t); {
		switch t.kind {
		case textToken:
			out.WriteString(m.ents.decode(t.text))
		case cdataToken:
			out.Write(t.text)
		}
	}
	return strings.TrimSpace(out.String())
}

// construct is the value of an Atom text construct (RFC 4287, section 3.1) as
// HTML, whatever its type says it is.
func (m *mender) construct(e element) string {
	typ, _ := attr(e.attrs, "type", m.ents)
	mode, _ := attr(e.attrs, "mode", m.ents) // Atom 0.3
	typ = strings.ToLower(strings.TrimSpace(typ))
	value := m.text(e.inner)
	switch {
	case strings.EqualFold(mode, "base64") || mode == "" && isBinary(typ):
		if raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), "")); err == nil {
			return string(legalise(decodeWith(nil, raw)))
		}
		return value
	case typ == "html" || typ == "text/html":
		// Tags around what is escaped besides: publishers who mistook html for
		// xhtml, and did both.
		return m.collect(bytes.TrimSpace(e.inner), false)
	case typ == "" || typ == "text" || typ == "text/plain":
		if looksLikeHTML(value) || holdsMarkup(e.inner) {
			return value
		}
		return html.EscapeString(value)
	}
	return value
}

// isBinary says that content of a media type is base64 (RFC 4287, section
// 4.1.3.3, point 6).
func isBinary(typ string) bool {
	return strings.Contains(typ, "/") && !strings.HasPrefix(typ, "text/") &&
		!strings.Contains(typ, "xml") && !strings.Contains(typ, "html")
}

// holdsMarkup says that an element has elements in it.
func holdsMarkup(inner []byte) bool {
	s := scanner{b: inner}
	for t := (token{}); s.next(&t); {
		if t.kind == startToken {
			return true
		}
	}
	return false
}

// looksLikeHTML recognises HTML in a text that is labelled plain: publishers
// leave the label out far more often than they write about tags.
func looksLikeHTML(s string) bool {
	if i := strings.Index(s, "</"); i >= 0 && i+2 < len(s) && isNameStart(s[i+2]) {
		return true
	}
	for i := strings.IndexByte(s, '&'); i >= 0; {
		if _, n := entities(nil).reference([]byte(s[i:min(len(s), i+maxReference)])); n > 1 {
			return true
		}
		next := strings.IndexByte(s[i+1:], '&')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return false
}

// rebase applies an xml:base to the one around it.
func rebase(base, own string) string {
	own = strings.TrimSpace(own)
	if abs := resolve(base, own); abs != "" {
		return abs
	}
	return own
}

// resolve makes a link absolute. What cannot be parsed stays as it is.
func resolve(base, link string) string {
	link = strings.TrimSpace(link)
	if base == "" || link == "" {
		return link
	}
	if isWeb(link) {
		return link
	}
	ref, err := url.Parse(link)
	if err != nil || ref.IsAbs() {
		return link
	}
	b, err := url.Parse(base)
	if err != nil || b.Scheme == "" && b.Host == "" && b.Path == "" {
		return link
	}
	return b.ResolveReference(ref).String()
}
