package feed

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strings"
	"time"

	"newswatch/news"
)

// Document is a feed as read: strings are as in the feed, with markup where it
// has some, links are absolute where the feed says to what they are relative.
type Document struct {
	Title     string         `json:"feed_title"`
	Lang      string         `json:"lang,omitempty"`
	Link      string         `json:"link,omitempty"` // of the site
	Hints     news.FeedHints `json:"hints,omitzero"` // when its publisher wants to be asked
	Relations                // its links to other documents
	Archive   bool           `json:"archive,omitempty"` // it says that it changes no more (RFC 5005, section 4)
	Entries   []Entry        `json:"entries"`
	Recovered bool           `json:"recovered,omitempty"` // cut off, or items were lost in it: its validators must not be kept
}

// Entry is one item of a feed.
type Entry struct {
	GUID       string    `json:"id"`
	Link       string    `json:"link"`
	Title      string    `json:"title"`
	Summary    string    `json:"summary,omitempty"`
	Content    string    `json:"content,omitempty"`
	Author     string    `json:"author,omitempty"`
	Lang       string    `json:"lang,omitempty"`
	Published  time.Time `json:"published,omitzero"` // zero when missing or not to be read for certain
	Updated    time.Time `json:"updated,omitzero"`
	Categories []string  `json:"categories,omitempty"`
}

// Parse reads RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0 and JSON Feed from the bytes
// of an answer. The header may be nil; base is the address that the bytes came
// from. Damage costs what it hits, not the feed.
func Parse(body []byte, header http.Header, base string) (doc *Document, err error) {
	defer caught(&err)
	src, err := open(body, header, base)
	if err != nil {
		return nil, err
	}
	all := make([]int, src.count())
	for i := range all {
		all[i] = i
	}
	entries, _ := src.read(all)
	doc = src.document()
	doc.finish(header)
	doc.Entries, doc.Recovered = entries, doc.Recovered || len(entries) < len(all)
	return doc, nil
}

// caught turns a panic into an error. gofeed reads foreign bytes; whatever they
// make it do stays here.
func caught(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("parse feed: %v", r)
	}
}

// open decodes a document and cuts it into its items.
func open(body []byte, header http.Header, base string) (source, error) {
	text := bytes.TrimLeft(toUTF8(body, header), " \t\r\n\u200b\ufeff")
	if len(text) == 0 {
		return nil, fmt.Errorf("parse feed: %w: empty answer", ErrNotFeed)
	}
	o := opener{base: base}
	if at := header.Get("Content-Location"); at != "" {
		o.base, o.stated = rebase(base, at), true
	}
	o.links.noteHeader(header, o.base)
	src, err := o.open(text)
	if errors.Is(err, ErrNotFeed) {
		// What looks like a page may hold a feed as its text.
		if inner := unescapedFeed(text); inner != nil {
			if again, err := o.open(inner); err == nil {
				return again, nil
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("parse feed: %w", err)
	}
	return src, nil
}

// opener is what is known of a document before it is read.
type opener struct {
	base   string
	stated bool // the server stated the base itself
	links  Relations
}

func (o *opener) open(text []byte) (source, error) {
	if text[0] == '{' || text[0] == '[' {
		return o.openJSON(text)
	}
	src, err := o.openXML(text)
	if err != nil {
		if at := jsonStart(text); at >= 0 {
			if src, err := o.openJSON(text[at:]); err == nil {
				return src, nil
			}
		}
	}
	return src, err
}

// maxJunk is how far behind the start of an answer a feed is looked for in what
// is no feed itself.
const maxJunk = 64 << 10

// jsonStart finds an object behind junk: the call of a function, a guard against
// being run as a script, a warning. -1 when there is none.
func jsonStart(text []byte) int {
	head := text[:min(len(text), maxJunk)]
	for at := 0; ; at++ {
		i := bytes.IndexByte(head[at:], '{')
		if i < 0 {
			return -1
		}
		at += i
		if bytes.Contains(text[at:min(len(text), at+maxJunk)], []byte("items")) {
			s := jsonScanner{b: head, at: at + 1}
			if s.separators(); s.peek() == '"' || s.peek() == '\'' {
				return at
			}
		}
	}
}

// unescapedFeed is the feed in a page that shows it as text, nil when there is
// none.
func unescapedFeed(text []byte) []byte {
	head := text[:min(len(text), maxJunk)]
	for _, mark := range [...]string{"&lt;rss", "&lt;feed", "&lt;rdf:rdf", "&lt;?xml"} {
		if i := indexFold(head, mark); i >= 0 {
			return legalise([]byte(html.UnescapeString(string(text[i:]))))
		}
	}
	return nil
}

func indexFold(b []byte, mark string) int {
	for at := 0; ; at++ {
		i := bytes.IndexByte(b[at:], mark[0])
		if i < 0 {
			return -1
		}
		if at += i; hasPrefixFold(b[at:], mark) {
			return at
		}
	}
}

// finish fills in what the document leaves to others to say.
func (doc *Document) finish(header http.Header) {
	if doc.Title == "" {
		doc.Title = doc.Link
	}
	if doc.Lang == "" {
		doc.Lang = primaryLang(header.Get("Content-Language"))
	}
}

// openXML cuts a document and mends its head.
func (o *opener) openXML(text []byte) (source, error) {
	l, err := cut(text)
	if err != nil {
		return nil, err
	}
	m := &mender{layout: l, address: o.base, base: o.base, stated: o.stated, links: o.links, room: maxKept}
	m.w.WriteString(m.envelope())
	m.head()
	return m, nil
}

// primaryLang is the first subtag of a language tag: "en" of "en-GB, fr".
func primaryLang(tag string) string {
	tag, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(tag)), ",")
	tag, _, _ = strings.Cut(tag, "-")
	tag, _, _ = strings.Cut(tag, "_")
	if tag = strings.TrimSpace(tag); len(tag) < 2 || len(tag) > 3 {
		return ""
	}
	return tag
}
