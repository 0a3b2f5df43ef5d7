package feed

import (
	"bytes"
	"cmp"
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

// ticketMark marks a number that stands for a text. It is a noncharacter, which
// legalise never lets through, so no feed can write a ticket.
const ticketMark = "\ufdd0"

// writer writes mended elements.
type writer struct {
	bytes.Buffer
	seen  []string // single elements that the open item already has
	texts []string // what tickets stand for
}

// reset empties the writer for the next batch of items.
func (w *writer) reset() {
	w.Reset()
	clear(w.texts) // the entries have them now
	w.texts = w.texts[:0]
}

// leaf writes an element once an item: the first that says something counts.
func (w *writer) leaf(name, value string) {
	if value == "" || slices.Contains(w.seen, name) {
		return
	}
	w.seen = append(w.seen, name)
	w.also(name, "", w.ticket(value))
}

// ticket keeps a long text and returns what stands for it.
func (w *writer) ticket(text string) string {
	if len(text) < longText {
		return text
	}
	w.texts = append(w.texts, text)
	return ticketMark + strconv.Itoa(len(w.texts)-1)
}

// redeem puts the text back for its ticket.
func (w *writer) redeem(all ...*string) {
	for _, s := range all {
		number, ok := strings.CutPrefix(*s, ticketMark)
		if !ok {
			continue
		}
		if i, err := strconv.Atoi(number); err == nil && i >= 0 && i < len(w.texts) {
			*s = w.texts[i]
		}
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
func (m *mender) head() {
	m.enter(m.root)
	var to choice
	title := ""
	m.children(m.header, func(e element) bool {
		switch e.key {
		case "title":
			title = cmp.Or(title, m.fit(m.textOf(e)))
		case "dc:title", "atom:title", "dc:creator", "dc:author", "itunes:author", "googleplay:author":
			m.about.set(fieldOf(e.key), m.fit(m.textOf(e)))
		case "language":
			m.w.leaf("language", m.fit(m.plain(e.inner)))
		case "dc:language":
			m.about.set(feedLanguage, m.fit(m.plain(e.inner)))
		case "author":
			if m.names.atom {
				m.person(e)
			}
		case "ttl", "sy:updateperiod", "sy:updatefrequency", "skiphours", "skipdays":
			m.wishes.note(m, e)
		case "fh:archive":
			m.archive = true
		case "link", "atom:link":
			m.link(e, m.base, &to, &m.about)
			m.relation(e)
			if e.key == "link" && m.site == "" {
				m.site = resolve(m.base, m.siteLink(e))
			}
		}
		return true
	})
	to.write(&m.w)
	m.acts = m.w.String() + strings.Join(m.w.texts, "\x00")
	m.w.leaf("title", title)
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
func (m *mender) item(s span) aside {
	m.w.seen = m.w.seen[:0]
	m.own = fields{}
	m.categories = 0
	a := aside{base: m.base, relative: m.relative}
	if len(s.attrs) > 0 {
		about, _ := attr(s.attrs, "rdf:about", m.ents)
		a.id = m.fit(clip(about, maxLink))
		a.lang, _ = attr(s.attrs, "xml:lang", m.ents)
		if base, ok := attr(s.attrs, "xml:base", m.ents); ok {
			a.base = rebase(m.base, base)
			a.relative = a.base
		}
	}
	if m.names.atom {
		var to choice
		m.w.WriteString("<entry>")
		m.children(s.body, func(e element) bool { m.atomChild(e, &a, &to); return true })
		to.write(&m.w)
		m.w.WriteString("</entry>")
		a.rest = m.own.atom()
	} else {
		m.w.WriteString("<item>")
		m.channelDefinition(s.attrs, a.relative)
		m.children(s.body, func(e element) bool { m.rssChild(e, &a); return true })
		m.w.WriteString("</item>")
		a.rest = m.own.rss(a.id)
	}
	a.origin, a.summary = m.own[origLink], m.own[plainSummary]
	return a
}

// channelDefinition reads what an item of a Channel Definition Format (W3C note
// NOTE-CDFsubmit, 1997) says in its attributes.
func (m *mender) channelDefinition(attrs []byte, base string) {
	if len(attrs) == 0 {
		return
	}
	if at, ok := attr(attrs, "lastmod", m.ents); ok {
		m.own.set(plainUpdated, clip(at, maxDate))
	}
	if href, ok := attr(attrs, "href", m.ents); ok && len(href) <= maxLink {
		m.own.set(atomLink, m.fit(resolve(base, href)))
	}
}

func (m *mender) rssChild(e element, a *aside) {
	switch e.key {
	case "title", "description", "content:encoded":
		m.w.leaf(e.key, m.fit(m.textOf(e)))
	case "author", "atom:author":
		m.rssAuthor(e)
	case "guid":
		m.guid(e)
	case "link", "atom:link":
		m.link(e, a.relative, nil, &m.own)
	case "category":
		if m.another() {
			m.w.also("category", "", m.fit(m.text(e.inner)))
		}
	case "dc:subject":
		m.subject(e, a)
	case "media:group", "media:content":
		m.media(e.inner, 1, func(c element) { m.rssChild(c, a) })
	default:
		m.aside(e, a.relative)
	}
}

func (m *mender) atomChild(e element, a *aside, to *choice) {
	switch e.key {
	case "title", "summary", "content":
		m.w.leaf(e.key, m.fit(m.construct(e)))
	case "description":
		m.w.leaf("summary", m.fit(m.text(e.inner)))
	case "content:encoded":
		m.w.leaf("content", m.fit(m.text(e.inner)))
	case "id", "guid":
		if a.id == "" {
			a.id = m.fit(clip(m.atomID(e, a.base), maxLink))
		}
	case "author":
		m.person(e)
	case "link":
		m.link(e, a.relative, to, nil)
	case "category":
		m.category(e)
	case "dc:subject":
		m.subject(e, a)
	case "media:group", "media:content":
		m.media(e.inner, 1, func(c element) { m.atomChild(c, a, to) })
	default:
		m.aside(e, a.base)
	}
}

// aside keeps the value of an element that is ours to read.
func (m *mender) aside(e element, base string) {
	at := fieldOf(e.key)
	if at == noField || m.own[at] != "" && at != plainUpdated && at != atomUpdated {
		return
	}
	var value string
	switch {
	case at == origLink:
		value = resolve(base, m.plain(e.inner))
	case at >= plainPublished:
		value = m.plain(e.inner)
	case m.names.atom || at >= dcCreator:
		value = m.text(e.inner)
	default:
		value = m.textOf(e)
	}
	m.own.set(at, m.fit(value))
}

// another counts the categories of an item, and says whether one more is read.
func (m *mender) another() bool {
	m.categories++
	return m.categories <= maxSubjects
}

func (m *mender) subject(e element, a *aside) {
	if value := m.text(e.inner); value != "" && m.another() {
		a.subjects = append(a.subjects, m.fit(value))
	}
}

// category writes a category of Atom, whose name is in attributes.
func (m *mender) category(e element) {
	if !m.another() {
		return
	}
	term, _ := attr(e.attrs, "term", m.ents)
	label, _ := attr(e.attrs, "label", m.ents)
	if term == "" {
		term = m.plain(e.inner)
	}
	m.w.WriteString("<category")
	m.w.attribute("term", m.fit(term))
	m.w.attribute("label", m.fit(label))
	m.w.WriteString("/>")
}

func (m *mender) textOf(e element) string {
	if strings.HasPrefix(e.key, "atom:") || m.names.atom {
		return m.construct(e)
	}
	return m.text(e.inner)
}

func (m *mender) guid(e element) {
	value := m.fit(clip(m.plain(e.inner), maxLink))
	if value == "" || slices.Contains(m.w.seen, "guid") {
		return
	}
	m.w.seen = append(m.w.seen, "guid")
	permalink, given := attr(e.attrs, "isPermaLink", m.ents)
	if given && !strings.EqualFold(strings.TrimSpace(permalink), "true") {
		m.w.also("guid", ` isPermaLink="false"`, value)
		return
	}
	m.w.also("guid", "", value)
}

// choice is the link to what an entry is about: the first alternate one, else
// the first of a relation that comes near.
type choice struct {
	href string
	sure bool
}

// wants says whether a link of the relation would be taken.
func (c *choice) wants(rel string) bool {
	switch {
	case c.sure:
		return false
	case alternate(rel):
		return true
	}
	return c.href == "" && (strings.EqualFold(rel, "self") || strings.EqualFold(rel, "related") || strings.EqualFold(rel, "via"))
}

func (c *choice) write(w *writer) {
	if c.href != "" {
		w.WriteString("<link")
		w.attribute("href", c.href)
		w.WriteString("/>")
	}
}

// alternate says that a link leads to the page of what it stands in.
func alternate(rel string) bool {
	return rel == "" || strings.EqualFold(rel[strings.LastIndexByte(rel, '/')+1:], "alternate")
}

// link reads RSS's <link>text</link>, which goes to gofeed, and Atom's
// <link href="..."/>, of which the best one goes there. In RSS, Atom's are kept
// aside.
func (m *mender) link(e element, base string, to *choice, own *fields) {
	rel, _ := attr(e.attrs, "rel", m.ents)
	rel = strings.TrimSpace(rel)
	if e.key == "link" && !m.names.atom {
		value := m.plain(e.inner)
		if value == "" && alternate(rel) {
			value, _ = attr(e.attrs, "href", m.ents)
		}
		if len(value) <= maxLink {
			m.w.leaf("link", m.fit(resolve(m.elementBase(e, base), value)))
		}
		return
	}
	if e.key == "link" && !to.wants(rel) || e.key != "link" && (!alternate(rel) || own == nil) {
		return
	}
	href, _ := attr(e.attrs, "href", m.ents)
	if href == "" {
		href = m.plain(e.inner)
	}
	if href == "" || len(href) > maxLink {
		return
	}
	href = m.fit(resolve(m.elementBase(e, base), href))
	if e.key == "link" {
		to.href, to.sure = href, alternate(rel)
		return
	}
	own.set(atomLink, href)
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
func (m *mender) person(e element) {
	if slices.Contains(m.w.seen, "author") {
		return
	}
	name, email := m.personParts(e)
	if name == "" && email == "" {
		return
	}
	m.w.seen = append(m.w.seen, "author")
	m.w.WriteString("<author>")
	m.w.also("name", "", m.fit(cmp.Or(name, email)))
	m.w.WriteString("</author>")
}

func (m *mender) rssAuthor(e element) {
	name, email := m.personParts(e)
	m.w.leaf("author", m.fit(cmp.Or(name, email)))
}

// personParts reads the elements of a person; without any, all of it is a name.
func (m *mender) personParts(e element) (name, email string) {
	const most = 8 // elements; Atom has three
	s := scanner{b: e.inner}
	var t token
	for n := 0; n < most && s.next(&t); {
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
		if end, _, _ := m.closing(e.inner, &t); *into == "" {
			*into = m.plain(e.inner[t.to:end])
		}
	}
	if name == "" && email == "" {
		name = m.text(e.inner)
	}
	return name, email
}
