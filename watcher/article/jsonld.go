package article

import (
	"encoding/json"
	"errors"
	"strings"

	"newswatch/text"
)

// data is what a page says of its article in JSON-LD, as search engines ask for
// (https://schema.org/NewsArticle).
type data struct {
	headlines []string
	body      string // visible text of the longest article
	paid      bool   // not free to read
}

// Bounds of linked data.
const (
	maxNested  = 8     // objects in each other
	maxUpdates = 2_000 // of a live blog
)

// thing is the part of a JSON-LD object that is read. Publishers write single
// values and lists for each other, hence the raw parts.
type thing struct {
	Type     json.RawMessage `json:"@type"`
	Graph    json.RawMessage `json:"@graph"`
	Entity   json.RawMessage `json:"mainEntity"`
	Headline string          `json:"headline"`
	Body     string          `json:"articleBody"`
	Free     any             `json:"isAccessibleForFree"`
	Updates  []struct {
		Headline string `json:"headline"`
		Body     string `json:"articleBody"`
	} `json:"liveBlogUpdate"`
}

// readData reads the blocks of linked data in a page; one that is broken is
// passed over.
func readData(blocks [][]byte) (d data) {
	for _, b := range blocks {
		d.read(b, 0)
	}
	return d
}

func (d *data) read(raw json.RawMessage, nested int) {
	if nested > maxNested || len(raw) == 0 {
		return
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		for _, one := range list {
			d.read(one, nested+1)
		}
		return
	}
	var t thing
	var wrongType *json.UnmarshalTypeError // the other fields are there all the same
	if err := json.Unmarshal(raw, &t); err != nil && !errors.As(err, &wrongType) {
		return
	}
	d.read(t.Graph, nested+1)
	d.read(t.Entity, nested+1)
	if !tellsNews(string(t.Type)) {
		return
	}
	if t.Headline != "" {
		d.headlines = append(d.headlines, text.Title(t.Headline))
	}
	d.paid = d.paid || t.Free == false || strings.EqualFold(asString(t.Free), "false")
	if body := t.text(); len(body) > len(d.body) {
		d.body = body
	}
}

// text is the article's visible text; that of a live blog is all its posts.
func (t thing) text() string {
	parts := []string{}
	if t.Body != "" {
		parts = append(parts, text.Visible(t.Body))
	}
	for _, u := range t.Updates[:min(len(t.Updates), maxUpdates)] {
		parts = append(parts, text.Title(u.Headline), text.Visible(u.Body))
	}
	return strings.TrimSpace(strings.Join(parts, "\n\n"))
}

// tellsNews knows the types of articles: NewsArticle and its kin, Report,
// BlogPosting, LiveBlogPosting.
func tellsNews(types string) bool {
	return strings.Contains(types, "Article") || strings.Contains(types, "Posting") || strings.Contains(types, `"Report"`)
}

func asString(v any) string {
	s, _ := v.(string)
	return s
}
