package feed

import (
	"bytes"
	"cmp"
	"encoding/json"
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
	room   int // bytes that may still be kept
}

var _ source = (*jsonFeed)(nil)

// openJSON cuts a JSON Feed, as far as it can be read.
func openJSON(text []byte, base string, links Relations) (source, error) {
	c := jsonCutter{jsonScanner: jsonScanner{b: text}, head: map[string]json.RawMessage{}}
	if !c.cut() {
		return nil, fmt.Errorf("%w: JSON, but not an object", ErrNotFeed)
	}
	if !c.found && !bytes.Contains(c.head["version"], []byte("jsonfeed.org")) {
		return nil, fmt.Errorf("%w: JSON without items", ErrNotFeed)
	}
	doc := &Document{
		Title:     html.EscapeString(looseString(c.head["title"])),
		Lang:      primaryLang(looseString(c.head["language"])),
		Link:      resolve(base, looseString(c.head["home_page_url"])),
		Relations: links,
		Recovered: !c.whole,
	}
	doc.note("self", resolve(base, looseString(c.head["feed_url"])))
	doc.note("next", resolve(base, looseString(c.head["next_url"])))
	doc.note("hub", resolve(base, jsonHub(c.head["hubs"])))
	author := looseAuthor(c.head["authors"], c.head["author"])
	return &jsonFeed{items: c.items, base: base, author: author, doc: doc, room: maxKept}, nil
}

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

// entry makes the types of an item regular, has gofeed read it, and turns
// it into an entry.
func (f *jsonFeed) entry(raw []byte) (Entry, error) {
	var loose map[string]json.RawMessage
	if err := json.Unmarshal(raw, &loose); err != nil {
		if err := json.Unmarshal(mendJSON(raw), &loose); err != nil {
			return Entry{}, err
		}
	}
	author := looseAuthor(loose["authors"], loose["author"])
	regular := map[string]any{}
	for _, name := range [...]string{"id", "url", "external_url", "title", "content_html", "content_text",
		"summary", "date_published", "date_modified", "language"} {
		if s := clip(looseString(loose[name]), max(f.room, minKept)); s != "" {
			regular[name] = s
			f.room -= len(s)
		}
	}
	regular["tags"] = looseStrings(loose["tags"])
	one, err := json.Marshal(map[string]any{"items": []any{regular}})
	if err != nil {
		return Entry{}, err
	}
	read, err := (&gojson.Parser{}).Parse(bytes.NewReader(one))
	if err != nil || len(read.Items) != 1 {
		return Entry{}, fmt.Errorf("read item: %w", err)
	}
	it := read.Items[0]
	return Entry{
		GUID:       it.ID,
		Link:       resolve(f.base, cmp.Or(it.URL, it.ExternalURL)),
		Title:      html.EscapeString(it.Title),
		Summary:    html.EscapeString(it.Summary),
		Content:    cmp.Or(it.ContentHTML, html.EscapeString(it.ContentText)),
		Author:     author,
		Lang:       primaryLang(it.Language),
		Published:  firstDate(it.DatePublished),
		Updated:    firstDate(it.DateModified),
		Categories: it.Tags,
	}, nil
}

// jsonHub is the first hub that speaks WebSub, or does not say what it speaks.
func jsonHub(raw json.RawMessage) string {
	var hubs []json.RawMessage
	if json.Unmarshal(raw, &hubs) != nil {
		return ""
	}
	for _, h := range hubs {
		var hub struct{ Type, URL json.RawMessage }
		if json.Unmarshal(h, &hub) != nil {
			continue
		}
		if typ := looseString(hub.Type); typ == "" || strings.EqualFold(typ, "WebSub") || strings.EqualFold(typ, "PubSubHubbub") {
			return looseString(hub.URL)
		}
	}
	return ""
}

// looseString takes a string, or a number where a string belongs.
func looseString(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return strings.TrimSpace(s)
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

func looseStrings(raw json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		if s := looseString(raw); s != "" {
			return []string{s}
		}
		return nil
	}
	var all []string
	for _, r := range list[:min(len(list), maxSubjects)] {
		if s := looseString(r); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// looseAuthor takes the first name of a list of authors, one author, or a bare
// string, wherever it stands.
func looseAuthor(raws ...json.RawMessage) string {
	for _, raw := range raws {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			list = []json.RawMessage{raw}
		}
		for _, r := range list {
			var person struct{ Name json.RawMessage }
			if json.Unmarshal(r, &person) == nil && looseString(person.Name) != "" {
				return looseString(person.Name)
			}
			if s := looseString(r); s != "" {
				return s
			}
		}
	}
	return ""
}
