package feed

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"
)

// original is a feed as gofeed read it, before it is made uniform: that step
// loses whether a guid is a link, and looks for images in every text.
type original struct {
	rss  *rss.Feed
	atom *atom.Feed
}

// parse gives mended markup to gofeed, whose detection of the format would read
// it twice.
func (m *mender) parse(markup []byte) (o original, err error) {
	if m.names.atom {
		o.atom, err = (&atom.Parser{}).Parse(bytes.NewReader(append(markup, atomTail...)))
	} else {
		o.rss, err = (&rss.Parser{}).Parse(bytes.NewReader(append(markup, rssTail...)))
	}
	return o, err
}

// What is given to gofeed at once. A batch keeps the mended markup of a huge
// document small; most feeds are one batch.
const (
	batchItems = 128
	batchBytes = 256 << 10
)

// batch is a part of a document, mended: some of its items.
type batch struct {
	places []int // in the document
	asides []aside
	from   int   // where the first one starts in the markup
	ends   []int // where each of them ends
}

// read has gofeed read the items at the given places. It returns the entries
// and where each of them stands; an item that cannot be read is in neither.
func (m *mender) read(places []int) (entries []Entry, at []int) {
	for len(places) > 0 {
		b := m.mend(places)
		places = places[len(b.places):]
		for i, e := range m.readBatch(b) {
			if e != nil {
				entries, at = append(entries, *e), append(at, b.places[i])
			}
		}
	}
	return entries, at
}

// mend writes the next batch into the writer, behind the document's head when
// that is still to be read.
func (m *mender) mend(places []int) batch {
	if m.doc != nil {
		m.w.reset()
		m.w.WriteString(m.envelope())
	}
	b := batch{from: m.w.Len()}
	for _, place := range places {
		if len(b.places) == batchItems || m.w.Len() > batchBytes {
			break
		}
		b.places = append(b.places, place)
		b.asides = append(b.asides, m.item(m.items[place]))
		b.ends = append(b.ends, m.w.Len())
	}
	return b
}

// readBatch gives a batch to gofeed. When gofeed refuses it, each item is read by
// itself and only the bad ones are lost: they are nil.
func (m *mender) readBatch(b batch) []*Entry {
	entries := make([]*Entry, len(b.places))
	o, err := m.parse(m.w.Bytes())
	if err != nil || o.count() != len(b.places) {
		return m.readApart(b, entries)
	}
	m.describe(o)
	for i := range entries {
		entries[i] = m.entry(o, i, &b.asides[i])
	}
	return entries
}

func (m *mender) readApart(b batch, entries []*Entry) []*Entry {
	markup := m.w.Bytes()
	if m.doc == nil {
		o, err := m.parse(bytes.Clone(markup[:b.from]))
		if err != nil {
			o = original{}
		}
		m.describe(o)
	}
	for i, end := range b.ends {
		one := append([]byte(m.envelope()), markup[b.from:end]...)
		b.from = end
		if o, err := m.parse(one); err == nil && o.count() == 1 {
			entries[i] = m.entry(o, 0, &b.asides[i])
		}
	}
	return entries
}

// envelope starts the markup of a batch.
func (m *mender) envelope() string {
	if m.names.atom {
		return atomHead
	}
	return rssHead
}

// document is what the document says of itself, without its entries.
func (m *mender) document() *Document {
	if m.doc == nil {
		m.readBatch(m.mend(nil))
	}
	return m.doc
}

// describe fills in what a document says of itself, when gofeed has just read it.
func (m *mender) describe(o original) {
	if m.doc != nil {
		return
	}
	doc := &Document{Lang: primaryLang(m.lang), Hints: m.wishes.hints(), Relations: m.links, Archive: m.archive,
		Recovered: !m.whole}
	language := primaryLang(m.about[feedLanguage])
	switch {
	case o.rss != nil:
		doc.Title, doc.Link = o.rss.Title, cmp.Or(o.rss.Link, m.about[atomLink])
		doc.Lang = cmp.Or(primaryLang(o.rss.Language), language, doc.Lang)
		m.author = m.about.creator()
	case o.atom != nil:
		doc.Title, m.author = o.atom.Title, author(o.atom.Authors) // for entries too: RFC 4287, section 4.2.1
		for _, l := range o.atom.Links {
			doc.Link = l.Href
		}
		doc.Lang = cmp.Or(doc.Lang, language)
	}
	doc.Title = cmp.Or(doc.Title, m.about[dcTitle], m.about[atomTitle])
	m.w.redeem(&doc.Title, &doc.Link, &m.author)
	m.doc = doc
}

func (o original) count() int {
	if o.rss != nil {
		return len(o.rss.Items)
	}
	return len(o.atom.Entries)
}

// entry puts together what gofeed read of an item and what was kept aside.
func (m *mender) entry(o original, i int, a *aside) *Entry {
	e := &a.rest
	if o.rss != nil {
		m.rssEntry(e, o.rss.Items[i], a)
	} else {
		m.atomEntry(e, o.atom.Entries[i], a)
	}
	m.w.redeem(&e.GUID, &e.Link, &e.Title, &e.Summary, &e.Content, &e.Author)
	e.Author = cmp.Or(e.Author, m.author)
	e.Categories = append(e.Categories, a.subjects...)
	e.Lang = primaryLang(a.lang)
	return e
}

func (m *mender) rssEntry(e *Entry, it *rss.Item, a *aside) {
	e.Title = cmp.Or(it.Title, e.Title)
	e.Summary = cmp.Or(it.Description, e.Summary)
	e.Content = cmp.Or(it.Content, e.Content)
	e.Author = cmp.Or(it.Author, e.Author)
	if e.Content == "" && e.Summary != a.summary {
		e.Content = a.summary
	}
	for _, c := range it.Categories {
		e.Categories = append(e.Categories, c.Value)
	}
	// A guid is a link when it says so, or says nothing and looks like one.
	e.Link = cmp.Or(it.Link, e.Link)
	if it.GUID != nil && it.GUID.Value != "" {
		e.GUID = it.GUID.Value
		if e.Link == "" && it.GUID.IsPermalink == "true" {
			e.Link = resolve(a.relative, e.GUID)
		}
	}
	e.Link = cmp.Or(a.origin, e.Link)
	if e.Link == "" && isWeb(a.id) {
		e.Link = a.id
	}
}

func (m *mender) atomEntry(e *Entry, en *atom.Entry, a *aside) {
	e.GUID = cmp.Or(a.id, en.ID)
	e.Title = cmp.Or(en.Title, e.Title)
	e.Summary = cmp.Or(en.Summary, e.Summary)
	e.Author = cmp.Or(author(en.Authors), e.Author)
	if en.Content != nil {
		e.Content = cmp.Or(en.Content.Value, e.Content)
	}
	e.Link = a.origin
	for _, l := range en.Links {
		e.Link = cmp.Or(e.Link, l.Href)
	}
	if e.Link == "" && isWeb(e.GUID) {
		e.Link = e.GUID
	}
	for _, c := range en.Categories {
		e.Categories = append(e.Categories, cmp.Or(c.Label, c.Term))
	}
}

func author(people []*atom.Person) string {
	for _, p := range people {
		if s := cmp.Or(p.Name, p.Email); s != "" {
			return s
		}
	}
	return ""
}

func isWeb(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}
