package feed

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// The envelopes hold mended items for gofeed. They declare no namespaces, and
// nothing else does: goxpp, below gofeed, copies its table of them at every
// element, which lets 152 KB of nested declarations take 1 GB. An undeclared
// prefix stands for itself, and names gives each its usual one.
const (
	rssHead  = `<rss version="2.0"><channel>`
	rssTail  = `</channel></rss>`
	atomHead = `<feed>`
	atomTail = `</feed>`
)

// longText is from how many bytes on a text waits outside of the markup. The
// decoder below gofeed reads text byte by byte and copies it five times, which
// is most of the cost of a feed; so it gets a ticket instead.
const longText = 128

// ticket marks a number that stands for a text. It is a noncharacter, which
// legalise never lets through, so no feed can write a ticket.
const ticket = "\ufdd0"

// writer writes mended elements.
type writer struct {
	bytes.Buffer
	seen  []string // single elements that the open item already has
	texts []string // what tickets stand for
}

// leaf writes an element once an item: the first that says something counts.
func (w *writer) leaf(name, value string) {
	if value == "" || slices.Contains(w.seen, name) {
		return
	}
	w.seen = append(w.seen, name)
	if len(value) >= longText {
		w.texts = append(w.texts, value)
		value = ticket + strconv.Itoa(len(w.texts)-1)
	}
	w.also(name, "", value)
}

// redeem puts the text back for its ticket.
func (w *writer) redeem(s *string) {
	number, ok := strings.CutPrefix(*s, ticket)
	if !ok {
		return
	}
	if i, err := strconv.Atoi(number); err == nil && i >= 0 && i < len(w.texts) {
		*s = w.texts[i]
	}
}

// also writes an element that an item may have many times.
func (w *writer) also(name, attrs, value string) {
	w.WriteByte('<')
	w.WriteString(name)
	w.WriteString(attrs)
	w.WriteByte('>')
	escape(&w.Buffer, value)
	w.WriteString("</")
	w.WriteString(name)
	w.WriteByte('>')
}

// attribute writes name="value" when there is a value.
func (w *writer) attribute(name, value string) {
	if value == "" {
		return
	}
	w.WriteByte(' ')
	w.WriteString(name)
	w.WriteString(`="`)
	escape(&w.Buffer, value)
	w.WriteByte('"')
}

// head mends what stands around the items. It also learns the base of the
// document's relative links and its language.
func (m *mender) head(w *writer) {
	w.seen = w.seen[:0]
	m.enter(m.root)
	m.children(m.header, func(e element) bool {
		switch e.key {
		case "title", "dc:title", "atom:title":
			w.leaf(e.key, m.textOf(e))
		case "language", "dc:language":
			w.leaf(e.key, m.plain(e.inner))
		case "author":
			if m.names.atom {
				m.person(w, e)
			}
		case "dc:creator", "itunes:author", "googleplay:author":
			w.leaf(e.key, m.text(e.inner))
		case "ttl", "sy:updateperiod", "sy:updatefrequency", "skiphours", "skipdays":
			m.wishes.note(m, e)
		case "fh:archive":
			m.archive = true
		case "link", "atom:link":
			m.link(w, e, m.base)
			m.relation(e)
			if e.key == "link" && m.site == "" {
				m.site = resolve(m.base, m.siteLink(e))
			}
		}
		return true
	})
	m.relative = m.base
	if isWeb(m.site) && (m.base == "" || m.base == m.address && !m.names.atom) {
		m.relative = m.site
	}
}

// relation notes where else a link of the document leads.
func (m *mender) relation(e element) {
	rel, _ := attr(e.attrs, "rel", m.ents)
	href, _ := attr(e.attrs, "href", m.ents)
	if rel != "" && href != "" {
		m.links.note(rel, resolve(m.elementBase(e, m.base), href))
	}
}

// siteLink is what a channel's or feed's link says of its site.
func (m *mender) siteLink(e element) string {
	if !m.names.atom {
		return m.plain(e.inner)
	}
	if rel, _ := attr(e.attrs, "rel", m.ents); rel != "" && rel != "alternate" {
		return ""
	}
	href, _ := attr(e.attrs, "href", m.ents)
	return href
}

// enter takes the base and the language from a root or channel.
func (m *mender) enter(attrs []byte) {
	if base, ok := attr(attrs, "xml:base", m.ents); ok {
		m.base = rebase(m.base, base)
	}
	if lang, ok := attr(attrs, "xml:lang", m.ents); ok {
		m.lang = lang
	}
}

// item mends one item and keeps aside what gofeed has no place for.
func (m *mender) item(w *writer, s span) aside {
	w.seen = w.seen[:0]
	a := aside{base: m.base, relative: m.relative}
	a.id, _ = attr(s.attrs, "rdf:about", m.ents)
	a.lang, _ = attr(s.attrs, "xml:lang", m.ents)
	if base, ok := attr(s.attrs, "xml:base", m.ents); ok {
		a.base = rebase(m.base, base)
		a.relative = a.base
	}
	if m.names.atom {
		w.WriteString("<entry>")
		m.children(s.body, func(e element) bool { m.atomChild(w, e, &a); return true })
		w.WriteString("</entry>")
	} else {
		w.WriteString("<item>")
		m.children(s.body, func(e element) bool { m.rssChild(w, e, &a); return true })
		w.WriteString("</item>")
	}
	return a
}

func (m *mender) rssChild(w *writer, e element, a *aside) {
	switch e.key {
	case "title", "description", "content:encoded", "body", "fullitem", "xhtml:body", "xhtml:div",
		"summary", "content", "dc:title", "dc:description", "media:title", "media:description",
		"atom:title", "atom:summary", "atom:content", "itunes:summary", "itunes:title", "itunes:subtitle",
		"googleplay:description", "abstract":
		w.leaf(e.key, m.textOf(e))
	case "dc:creator", "dc:author", "itunes:author", "googleplay:author":
		w.leaf(e.key, m.text(e.inner))
	case "author", "atom:author":
		m.rssAuthor(w, e)
	case "pubdate":
		// Not under its own name: gofeed would try 120 layouts on it.
		w.leaf("published", m.plain(e.inner))
	case "published", "updated", "issued", "modified", "created", "dc:date",
		"dcterms:issued", "dcterms:created", "dcterms:modified", "atom:published", "atom:updated",
		"dc:identifier", "atom:id", "id":
		w.leaf(e.key, m.plain(e.inner))
	case "feedburner:origlink":
		w.leaf(e.key, resolve(a.relative, m.plain(e.inner)))
	case "guid":
		m.guid(w, e, a)
	case "link", "atom:link":
		m.link(w, e, a.relative)
	case "category":
		w.also("category", "", m.text(e.inner))
	case "dc:subject":
		w.also("dc:subject", "", m.text(e.inner))
	case "media:group", "media:content":
		m.media(e.inner, 1, func(c element) { m.rssChild(w, c, a) })
	}
}

func (m *mender) atomChild(w *writer, e element, a *aside) {
	switch e.key {
	case "title", "summary", "content":
		w.leaf(e.key, m.construct(e))
	case "description":
		w.leaf("summary", m.text(e.inner))
	case "content:encoded":
		w.leaf("content", m.text(e.inner))
	case "xhtml:body", "xhtml:div", "dc:title", "dc:description", "media:title", "media:description",
		"itunes:summary":
		w.leaf(e.key, m.text(e.inner))
	case "id", "guid":
		if a.id == "" {
			a.id = m.atomID(e, a.base)
		}
	case "published", "updated", "issued", "modified", "created", "pubdate", "dc:date",
		"dcterms:issued", "dcterms:created", "dcterms:modified":
		m.atomDate(w, e)
	case "feedburner:origlink":
		w.leaf(e.key, resolve(a.base, m.plain(e.inner)))
	case "author":
		m.person(w, e)
	case "dc:creator":
		w.leaf(e.key, m.text(e.inner))
	case "link":
		m.link(w, e, a.relative)
	case "category":
		term, _ := attr(e.attrs, "term", m.ents)
		label, _ := attr(e.attrs, "label", m.ents)
		if term == "" {
			term = m.plain(e.inner)
		}
		w.WriteString("<category")
		w.attribute("term", term)
		w.attribute("label", label)
		w.WriteString("/>")
	case "dc:subject":
		w.also("dc:subject", "", m.text(e.inner))
	case "media:group", "media:content":
		m.media(e.inner, 1, func(c element) { m.atomChild(w, c, a) })
	}
}

// atomDate writes a date under the one name of each kind that gofeed keeps:
// Atom 0.3 and borrowed vocabularies have others.
func (m *mender) atomDate(w *writer, e element) {
	name := e.key
	switch e.key {
	case "issued", "pubdate":
		name = "published"
	case "modified":
		name = "updated"
	case "created":
		name = "dcterms:created"
	}
	w.leaf(name, m.plain(e.inner))
}

func (m *mender) textOf(e element) string {
	if strings.HasPrefix(e.key, "atom:") || m.names.atom {
		return m.construct(e)
	}
	return m.text(e.inner)
}

func (m *mender) guid(w *writer, e element, a *aside) {
	value := m.plain(e.inner)
	if value == "" || slices.Contains(w.seen, "guid") {
		return
	}
	w.seen = append(w.seen, "guid")
	permalink, given := attr(e.attrs, "isPermaLink", m.ents)
	if given && !strings.EqualFold(strings.TrimSpace(permalink), "true") {
		w.also("guid", ` isPermaLink="false"`, value)
		return
	}
	w.also("guid", "", value)
}

// link writes RSS's <link>text</link> and Atom's <link href="..."/>.
func (m *mender) link(w *writer, e element, base string) {
	base = m.elementBase(e, base)
	href, _ := attr(e.attrs, "href", m.ents)
	if e.key == "link" && !m.names.atom {
		value := m.plain(e.inner)
		if value == "" {
			if rel, _ := attr(e.attrs, "rel", m.ents); rel != "" && rel != "alternate" {
				return
			}
			value = href
		}
		w.leaf("link", resolve(base, value))
		return
	}
	if href == "" {
		href = m.plain(e.inner)
	}
	if href == "" {
		return
	}
	rel, _ := attr(e.attrs, "rel", m.ents)
	typ, _ := attr(e.attrs, "type", m.ents)
	w.WriteByte('<')
	w.WriteString(e.key)
	w.attribute("href", resolve(base, href))
	w.attribute("rel", rel)
	w.attribute("type", typ)
	w.WriteString("/>")
}

// atomID is an id as it stands; a relative one is made absolute where the
// document states its base. Our own idea of its address does not count: it
// changes with redirects, and the identity of every item would change with it.
func (m *mender) atomID(e element, base string) string {
	id := m.plain(e.inner)
	if base = m.elementBase(e, base); base == m.address && !m.stated {
		return id
	}
	return resolve(base, id)
}

// elementBase is the base for the links of one element.
func (m *mender) elementBase(e element, base string) string {
	if own, ok := attr(e.attrs, "xml:base", m.ents); ok {
		return rebase(base, own)
	}
	return base
}

// person writes an Atom author; some give only text, without a name element.
func (m *mender) person(w *writer, e element) {
	name, email := m.personParts(e)
	if name == "" && email == "" {
		return
	}
	w.WriteString("<author>")
	if name != "" {
		w.also("name", "", name)
	}
	if email != "" {
		w.also("email", "", email)
	}
	w.WriteString("</author>")
}

func (m *mender) rssAuthor(w *writer, e element) {
	name, email := m.personParts(e)
	if name == "" {
		name = email
	}
	w.leaf("author", name)
}

// personParts reads the elements of a person; without any, all of it is a name.
func (m *mender) personParts(e element) (name, email string) {
	const most = 8 // elements; Atom has three
	s := scanner{b: e.inner}
	for n := 0; n < most; {
		t, ok := s.next()
		if !ok {
			break
		}
		if t.kind != startToken || t.closed {
			continue
		}
		n++
		into := &name
		switch {
		case isOneOf(localName(t.name), "email"):
			into = &email
		case !isOneOf(localName(t.name), "name"):
			continue
		}
		if end, _, _ := m.closing(e.inner, t); *into == "" {
			*into = m.plain(e.inner[t.to:end])
		}
	}
	if name == "" && email == "" {
		name = m.text(e.inner)
	}
	return name, email
}
