package feed

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"html"
	"strings"

	gojson "github.com/mmcdole/gofeed/json"
)

// jsonFeed is a JSON Feed cut into its members and items.
type jsonFeed struct {
	items  [][]byte
	base   string
	author string // stands for all items without one
	doc    *Document
	w      writer // for tickets only
	room   int    // bytes that may still be kept
}

var _ source = (*jsonFeed)(nil)

// openJSON cuts a JSON Feed, as far as it can be read.
func (o *opener) openJSON(text []byte) (source, error) {
	base := o.base
	c := jsonCutter{jsonScanner: jsonScanner{b: text}, head: map[string][]byte{}}
	if !c.cut() {
		return nil, fmt.Errorf("%w: JSON, but not an object", ErrNotFeed)
	}
	if !c.found && !bytes.Contains(c.head["version"], []byte("jsonfeed.org")) {
		return nil, fmt.Errorf("%w: JSON without items", ErrNotFeed)
	}
	f := &jsonFeed{items: c.items, base: base, room: maxKept}
	member := func(name string) string { return f.fit(looseString(c.head[name])) }
	f.author = f.fit(looseAuthor(c.head["authors"], c.head["author"]))
	f.doc = &Document{
		Title:     html.EscapeString(member("title")),
		Lang:      primaryLang(member("language")),
		Link:      resolve(base, member("home_page_url")),
		Relations: o.links,
		Recovered: !c.whole,
	}
	f.doc.note("self", resolve(base, member("feed_url")))
	f.doc.note("next", resolve(base, member("next_url")))
	f.doc.note("hub", resolve(base, jsonHub(c.head["hubs"])))
	return f, nil
}

func (f *jsonFeed) fit(value string) string { return fit(value, &f.room) }

func (f *jsonFeed) count() int { return len(f.items) }

func (f *jsonFeed) block(i int) []byte { return f.items[i] }

func (f *jsonFeed) bearing(h *maphash.Hash) {
	for _, s := range [...]string{f.base, f.author, f.doc.Link, f.doc.Lang} {
		h.WriteString(s)
		h.WriteByte(0)
	}
}

// read reads a JSON Feed item by item: one with a value of a wrong type must not
// cost the others.
func (f *jsonFeed) read(places []int) (entries []Entry, at []int) {
	for _, i := range places {
		e, err := f.entry(f.items[i])
		if err != nil {
			continue
		}
		e.Author = cmp.Or(e.Author, f.author)
		entries, at = append(entries, e), append(at, i)
	}
	return entries, at
}

func (f *jsonFeed) document() *Document { return f.doc }

// entry makes the types of an item regular, has gofeed read it, and turns it into
// an entry.
func (f *jsonFeed) entry(raw []byte) (Entry, error) {
	regular := map[string]any{}
	var authors, author []byte
	object := jsonMembers(raw, func(name string, value []byte) {
		switch name {
		case "id", "url", "external_url", "title", "content_html", "content_text", "summary",
			"date_published", "date_modified", "language":
			if s := f.fit(looseString(value)); s != "" {
				regular[name] = f.w.ticket(s)
			}
		case "tags":
			regular[name] = f.tags(value)
		case "authors":
			authors = value
		case "author":
			author = value
		}
	})
	if !object {
		return Entry{}, errors.New("an item is no object")
	}
	one, err := json.Marshal(map[string]any{"items": []any{regular}})
	if err != nil {
		return Entry{}, err
	}
	read, err := (&gojson.Parser{}).Parse(bytes.NewReader(one))
	if err != nil || len(read.Items) != 1 {
		return Entry{}, fmt.Errorf("read item: %w", err)
	}
	it := read.Items[0]
	f.w.redeem(&it.ID, &it.URL, &it.ExternalURL, &it.Title, &it.ContentHTML, &it.ContentText, &it.Summary)
	f.w.reset()
	return Entry{
		GUID:       it.ID,
		Link:       resolve(f.base, cmp.Or(it.URL, it.ExternalURL)),
		Title:      html.EscapeString(it.Title),
		Summary:    html.EscapeString(it.Summary),
		Content:    cmp.Or(it.ContentHTML, html.EscapeString(it.ContentText)),
		Author:     f.fit(looseAuthor(authors, author)),
		Lang:       primaryLang(it.Language),
		Published:  firstDate(it.DatePublished),
		Updated:    firstDate(it.DateModified),
		Categories: it.Tags,
	}, nil
}

// tags takes a list of strings, or one.
func (f *jsonFeed) tags(raw []byte) []string {
	if s := looseString(raw); s != "" {
		return []string{f.fit(s)}
	}
	var all []string
	for _, value := range jsonValues(raw, maxSubjects) {
		if s := looseString(value); s != "" {
			all = append(all, f.fit(s))
		}
	}
	return all
}

// jsonHub is the first hub that speaks WebSub, or does not say what it speaks.
func jsonHub(raw []byte) string {
	for _, hub := range jsonValues(raw, maxSubjects) {
		if hub[0] != '{' {
			continue
		}
		var typ, address string
		jsonMembers(hub, func(name string, value []byte) {
			switch name {
			case "type":
				typ = looseString(value)
			case "url":
				address = looseString(value)
			}
		})
		if typ == "" || strings.EqualFold(typ, "WebSub") || strings.EqualFold(typ, "PubSubHubbub") {
			return address
		}
	}
	return ""
}

// looseString takes a string, or a number where a string belongs.
func looseString(raw []byte) string {
	s, _ := jsonText(raw)
	return s
}

// looseAuthor takes the first name of a list of authors, one author, or a bare
// string, wherever it stands.
func looseAuthor(raws ...[]byte) string {
	for _, raw := range raws {
		for _, author := range append(jsonValues(raw, maxSubjects), raw) {
			name := looseString(author)
			jsonMembers(author, func(member string, value []byte) {
				if member == "name" && name == "" {
					name = looseString(value)
				}
			})
			if name != "" {
				return name
			}
		}
	}
	return ""
}
