package feed

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"
)

// original takes the feed as gofeed read it, before it is made uniform: that
// step loses whether a guid is a link, and looks for images in every text.
type original struct {
	rss  *rss.Feed
	atom *atom.Feed
}

var _ gofeed.Translator = (*original)(nil)

// Translate keeps the feed.
func (o *original) Translate(feed any) (*gofeed.Feed, error) {
	switch f := feed.(type) {
	case *rss.Feed:
		o.rss = f
	case *atom.Feed:
		o.atom = f
	default:
		return nil, fmt.Errorf("unexpected kind of feed %T", feed)
	}
	return &gofeed.Feed{}, nil
}

// read gives mended markup to gofeed.
func read(xml []byte) (*original, error) {
	o := &original{}
	p := gofeed.NewParser()
	p.RSSTranslator, p.AtomTranslator = o, o
	if _, err := p.Parse(bytes.NewReader(xml)); err != nil {
		return nil, err
	}
	return o, nil
}

// document mends and reads the whole document. When gofeed refuses it, each
// item is read by itself and only the bad ones are lost.
func (m *mender) document() (*Document, error) {
	head, tail := rssHead, rssTail
	if m.names.atom {
		head, tail = atomHead, atomTail
	}
	w := &writer{}
	w.Grow(len(m.header) + 4096)
	w.WriteString(head)
	m.head(w)
	headEnd := w.Len()
	asides := make([]aside, 0, len(m.items))
	ends := make([]int, 0, len(m.items))
	for _, s := range m.items {
		asides = append(asides, m.item(w, s))
		ends = append(ends, w.Len())
	}
	w.WriteString(tail)
	doc := &Document{Lang: primaryLang(m.lang), Hints: m.wishes.hints(), Relations: m.links, Archive: m.archive}
	if o, err := read(w.Bytes()); err == nil && o.count() == len(m.items) {
		o.feed(doc)
		o.entries(doc, asides)
		w.settle(doc)
		return doc, nil
	}
	doc.Recovered = true
	from := headEnd
	for i, end := range ends {
		one := append([]byte(head), w.Bytes()[from:end]...)
		from = end
		if o, err := read(append(one, tail...)); err == nil && o.count() == 1 {
			o.entries(doc, asides[i:i+1])
		}
	}
	o, err := read(append(bytes.Clone(w.Bytes()[:headEnd]), tail...))
	if err == nil {
		o.feed(doc)
	}
	w.settle(doc)
	if len(doc.Entries) > 0 {
		return doc, nil
	}
	return doc, err
}

// settle redeems the tickets of a document.
func (w *writer) settle(doc *Document) {
	w.redeem(&doc.Title)
	for i := range doc.Entries {
		e := &doc.Entries[i]
		for _, s := range [...]*string{&e.GUID, &e.Link, &e.Title, &e.Summary, &e.Content, &e.Author} {
			w.redeem(s)
		}
	}
}

func (o *original) count() int {
	if o.rss != nil {
		return len(o.rss.Items)
	}
	return len(o.atom.Entries)
}

// feed fills in what a document says of itself.
func (o *original) feed(doc *Document) {
	if f := o.rss; f != nil {
		doc.Title = cmp.Or(f.Title, extension(f.Extensions, "dc", "title"), extension(f.Extensions, "atom", "title"))
		doc.Link = cmp.Or(f.Link, extensionLink(f.Extensions))
		doc.Lang = cmp.Or(primaryLang(f.Language), primaryLang(extension(f.Extensions, "dc", "language")), doc.Lang)
		return
	}
	doc.Title = cmp.Or(o.atom.Title, extension(o.atom.Extensions, "dc", "title"))
	doc.Link = alternate(o.atom.Links)
	doc.Lang = cmp.Or(doc.Lang, primaryLang(extension(o.atom.Extensions, "dc", "language")))
}

func (o *original) entries(doc *Document, asides []aside) {
	for i, a := range asides {
		var e Entry
		if o.rss != nil {
			e = rssEntry(o.rss.Items[i], a)
			e.Author = cmp.Or(e.Author, creator(o.rss.Extensions))
		} else {
			e = atomEntry(o.atom.Entries[i], a)
			e.Author = cmp.Or(e.Author, author(o.atom.Authors)) // RFC 4287, section 4.2.1
		}
		e.Lang = primaryLang(a.lang)
		doc.Entries = append(doc.Entries, e)
	}
}

func rssEntry(it *rss.Item, a aside) Entry {
	x := it.Extensions
	e := Entry{
		Title: cmp.Or(it.Title, extension(x, "dc", "title"), extension(x, "atom", "title"),
			extension(x, "media", "title"), extension(x, "itunes", "title")),
		Summary: cmp.Or(it.Description, extension(x, "dc", "description"), extension(x, "atom", "summary"),
			it.Custom["summary"], it.Custom["abstract"], extension(x, "itunes", "summary"),
			extension(x, "googleplay", "description"), extension(x, "itunes", "subtitle"),
			extension(x, "media", "description")),
		Content: cmp.Or(it.Content, it.Custom["fullitem"], it.Custom["body"], extension(x, "xhtml", "body"),
			extension(x, "xhtml", "div"), extension(x, "atom", "content"), it.Custom["content"]),
		Author: cmp.Or(it.Author, creator(x)),
		Published: firstDate(it.Custom["published"], extension(x, "atom", "published"),
			extension(x, "dcterms", "issued"), it.Custom["issued"], extension(x, "dc", "date"),
			extension(x, "dcterms", "created"), it.Custom["created"]),
		Updated: firstDate(extension(x, "atom", "updated"), it.Custom["updated"],
			extension(x, "dcterms", "modified"), it.Custom["modified"], extension(x, "dc", "date")),
	}
	for _, c := range it.Categories {
		e.Categories = append(e.Categories, c.Value)
	}
	e.Categories = append(e.Categories, extensions(x, "dc", "subject")...)
	if e.Content == "" && e.Summary != it.Custom["summary"] {
		e.Content = it.Custom["summary"]
	}
	rssIdentity(&e, it, a)
	return e
}

// rssIdentity sets the id and the link. A guid is a link when it says so, or
// says nothing and looks like one.
func rssIdentity(e *Entry, it *rss.Item, a aside) {
	x := it.Extensions
	e.Link = cmp.Or(it.Link, extensionLink(x))
	if it.GUID != nil {
		e.GUID = it.GUID.Value
		if e.Link == "" && it.GUID.IsPermalink == "true" {
			e.Link = resolve(a.relative, e.GUID)
		}
	}
	e.GUID = cmp.Or(e.GUID, extension(x, "atom", "id"), it.Custom["id"], a.id, extension(x, "dc", "identifier"))
	if orig := extension(x, "feedburner", "origlink"); orig != "" {
		e.Link = orig
	}
	if e.Link == "" && isWeb(a.id) {
		e.Link = a.id
	}
}

func atomEntry(en *atom.Entry, a aside) Entry {
	x := en.Extensions
	e := Entry{
		GUID:    cmp.Or(a.id, en.ID),
		Link:    cmp.Or(extension(x, "feedburner", "origlink"), alternate(en.Links)),
		Title:   cmp.Or(en.Title, extension(x, "dc", "title"), extension(x, "media", "title")),
		Summary: cmp.Or(en.Summary, extension(x, "dc", "description"), extension(x, "media", "description")),
		Author:  cmp.Or(author(en.Authors), extension(x, "dc", "creator")),
		Published: firstDate(en.Published, extension(x, "dcterms", "issued"), extension(x, "dcterms", "created"),
			extension(x, "dc", "date")),
		Updated: firstDate(en.Updated, extension(x, "dcterms", "modified"), extension(x, "dc", "date")),
	}
	if en.Content != nil {
		e.Content = en.Content.Value
	}
	e.Content = cmp.Or(e.Content, extension(x, "xhtml", "body"), extension(x, "xhtml", "div"))
	if e.Link == "" && isWeb(e.GUID) {
		e.Link = e.GUID
	}
	for _, c := range en.Categories {
		e.Categories = append(e.Categories, cmp.Or(c.Label, c.Term))
	}
	e.Categories = append(e.Categories, extensions(x, "dc", "subject")...)
	return e
}

// alternate is the link to what an entry is about: the first alternate one,
// else one without a known relation.
func alternate(links []*atom.Link) string {
	other := ""
	for _, l := range links {
		switch l.Rel {
		case "alternate", "":
			return l.Href
		case "self", "related", "via":
			other = cmp.Or(other, l.Href)
		}
	}
	return other
}

func author(people []*atom.Person) string {
	for _, p := range people {
		if s := cmp.Or(p.Name, p.Email); s != "" {
			return s
		}
	}
	return ""
}

// creator is who wrote something, in the vocabularies that are lent to RSS.
func creator(x ext.Extensions) string {
	return cmp.Or(extension(x, "dc", "creator"), extension(x, "dc", "author"), extension(x, "itunes", "author"),
		extension(x, "googleplay", "author"))
}

func extension(x ext.Extensions, prefix, name string) string {
	for _, e := range x[prefix][name] {
		if e.Value != "" {
			return e.Value
		}
	}
	return ""
}

func extensions(x ext.Extensions, prefix, name string) []string {
	var all []string
	for _, e := range x[prefix][name] {
		all = append(all, e.Value)
	}
	return all
}

// extensionLink is the link of an Atom element inside of RSS.
func extensionLink(x ext.Extensions) string {
	for _, l := range x["atom"]["link"] {
		if rel := l.Attrs["rel"]; rel == "" || rel == "alternate" {
			return l.Attrs["href"]
		}
	}
	return ""
}

func firstDate(values ...string) time.Time {
	for _, v := range values {
		if v == "" {
			continue
		}
		if t, ok := ParseDate(v); ok {
			return t
		}
	}
	return time.Time{}
}

func isWeb(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}
