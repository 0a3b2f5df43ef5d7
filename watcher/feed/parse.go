package feed

import (
	"bytes"
	"fmt"
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
	defer func() {
		// gofeed reads foreign bytes; whatever they make it do stays here.
		if r := recover(); r != nil {
			doc, err = nil, fmt.Errorf("parse feed: %v", r)
		}
	}()
	text := bytes.TrimLeft(toUTF8(body, header), " \t\r\n\u200b\ufeff")
	if len(text) == 0 {
		return nil, fmt.Errorf("parse feed: %w: empty answer", ErrNotFeed)
	}
	stated := header.Get("Content-Location")
	if stated != "" {
		base = rebase(base, stated)
	}
	var links Relations
	links.noteHeader(header, base)
	if text[0] == '{' || text[0] == '[' {
		doc, err = parseJSON(text, base, links)
	} else {
		doc, err = parseXML(text, base, stated != "", links)
	}
	if err != nil {
		return nil, fmt.Errorf("parse feed: %w", err)
	}
	if doc.Title == "" {
		doc.Title = doc.Link
	}
	if doc.Lang == "" {
		doc.Lang = primaryLang(header.Get("Content-Language"))
	}
	return doc, nil
}

func parseXML(text []byte, base string, stated bool, links Relations) (*Document, error) {
	l, err := cut(text)
	if err != nil {
		return nil, err
	}
	m := &mender{layout: l, address: base, base: base, stated: stated, links: links}
	doc, err := m.document()
	if err != nil {
		return nil, err
	}
	if !l.whole {
		doc.Recovered = true
	}
	return doc, nil
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
