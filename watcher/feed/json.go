package feed

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"strings"

	gojson "github.com/mmcdole/gofeed/json"
)

// parseJSON reads a JSON Feed item by item: one item with a value of a wrong
// type, or a cut at the end, must not cost the others.
func parseJSON(text []byte, base string, links Relations) (*Document, error) {
	head, items, whole, err := cutJSON(text)
	if err != nil {
		return nil, err
	}
	doc := &Document{
		Title:     html.EscapeString(looseString(head["title"])),
		Lang:      primaryLang(looseString(head["language"])),
		Link:      resolve(base, looseString(head["home_page_url"])),
		Relations: links,
		Recovered: !whole,
	}
	doc.note("self", resolve(base, looseString(head["feed_url"])))
	doc.note("next", resolve(base, looseString(head["next_url"])))
	doc.note("hub", resolve(base, jsonHub(head["hubs"])))
	feedAuthor := looseAuthor(head["authors"], head["author"])
	for _, raw := range items {
		e, err := jsonEntry(raw, base)
		if err != nil {
			doc.Recovered = true
			continue
		}
		e.Author = cmp.Or(e.Author, feedAuthor)
		doc.Entries = append(doc.Entries, e)
	}
	return doc, nil
}

// cutJSON splits the document into its members and its items, as far as it can
// be read.
func cutJSON(text []byte) (head map[string]json.RawMessage, items []json.RawMessage, whole bool, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, false, fmt.Errorf("%w: JSON, but not an object", ErrNotFeed)
	}
	head = map[string]json.RawMessage{}
	found := false
	for dec.More() {
		key, err := dec.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			break
		}
		if name == "items" && !found {
			if t, err := dec.Token(); err != nil || t != json.Delim('[') {
				break
			}
			found = true
			if items, ok = jsonItems(dec); !ok {
				return head, items, false, nil
			}
			continue
		}
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			break
		}
		head[name] = raw
	}
	if !found && !bytes.Contains(head["version"], []byte("jsonfeed.org")) {
		return nil, nil, false, fmt.Errorf("%w: JSON without items", ErrNotFeed)
	}
	_, err = dec.Token()
	return head, items, err == nil, nil
}

func jsonItems(dec *json.Decoder) (items []json.RawMessage, whole bool) {
	for dec.More() {
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			return items, false
		}
		if len(items) < maxItems && len(raw) <= maxItemBytes {
			items = append(items, raw)
		}
	}
	_, err := dec.Token()
	return items, err == nil
}

// jsonEntry makes the types of an item regular, has gofeed read it, and turns
// it into an entry.
func jsonEntry(raw json.RawMessage, base string) (Entry, error) {
	var loose map[string]json.RawMessage
	if err := json.Unmarshal(raw, &loose); err != nil {
		return Entry{}, err
	}
	author := looseAuthor(loose["authors"], loose["author"])
	regular := map[string]any{}
	for _, name := range [...]string{"id", "url", "external_url", "title", "content_html", "content_text",
		"summary", "date_published", "date_modified", "language"} {
		if s := looseString(loose[name]); s != "" {
			regular[name] = s
		}
	}
	regular["tags"] = looseStrings(loose["tags"])
	one, err := json.Marshal(map[string]any{"items": []any{regular}})
	if err != nil {
		return Entry{}, err
	}
	f, err := (&gojson.Parser{}).Parse(bytes.NewReader(one))
	if err != nil || len(f.Items) != 1 {
		return Entry{}, fmt.Errorf("read item: %w", err)
	}
	it := f.Items[0]
	return Entry{
		GUID:       it.ID,
		Link:       resolve(base, cmp.Or(it.URL, it.ExternalURL)),
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
	for _, r := range list {
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
