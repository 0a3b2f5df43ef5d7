package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"text/template"
	"time"
)

// format is how an outlet writes its feeds.
type format string

const (
	rss20   format = "rss"         // RSS 2.0, the text in <description>
	rssFull format = "rss-content" // RSS 2.0, the text in <content:encoded>
	rss10   format = "rdf"         // RSS 1.0
	atom10  format = "atom"
	json11  format = "json" // JSON Feed 1.1
)

// formats are all of them.
var formats = []format{rss20, rssFull, rss10, atom10, json11}

// extension ends a feed's address, as it does in the demo's rules.
func (f format) extension() string {
	if f == json11 {
		return ".json"
	}
	return ".xml"
}

func (f format) contentType() string {
	switch f {
	case atom10:
		return "application/atom+xml; charset=utf-8"
	case rss10:
		return "application/rdf+xml; charset=utf-8"
	case json11:
		return "application/feed+json"
	default:
		return "application/rss+xml; charset=utf-8"
	}
}

// page is a feed as it stands at one moment.
type page struct {
	Name, Site, Lang string
	Full             bool // the text has an element of its own beside the summary
	Updated          time.Time
	Posts            []entry
}

// entry is an item as a page shows it.
type entry struct {
	Title, Link, GUID  string
	Lead, Body         string // first paragraph, the whole; HTML
	Published, Updated time.Time
}

// Handler serves every feed of the day under /ID.xml or /ID.json as it stood at
// now(): the newest items first, an item's later wording only from its time on.
// It answers conditional requests, so an unchanged feed costs a 304.
func (d *Day) Handler(now func() time.Time) http.Handler {
	mux := http.NewServeMux()
	for _, f := range d.feeds {
		mux.HandleFunc("GET /"+f.id+f.format.extension(), func(w http.ResponseWriter, r *http.Request) {
			p := f.page(now())
			body, err := p.render(f.format)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			sum := sha256.Sum256(body)
			w.Header().Set("Content-Type", f.format.contentType())
			w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
			http.ServeContent(w, r, "", p.Updated, bytes.NewReader(body))
		})
	}
	return mux
}

// page is the feed at a moment, newest item first.
func (f *feed) page(now time.Time) page {
	p := page{
		Name: f.name,
		Site: f.site,
		Lang: f.lang,
		Full: f.format == rssFull,
	}
	for _, post := range slices.Backward(f.posts) {
		e, ok := post.entry(f.site, now)
		if !ok {
			continue
		}
		if e.Updated.After(p.Updated) {
			p.Updated = e.Updated
		}
		if len(p.Posts) < shown {
			p.Posts = append(p.Posts, e)
		}
	}
	return p
}

// entry is the item at a moment; ok is false when it was not yet published.
func (p *post) entry(site string, now time.Time) (e entry, ok bool) {
	first := p.revisions[0]
	if first.at.After(now) {
		return entry{}, false
	}
	last := first
	for _, r := range p.revisions {
		if !r.at.After(now) {
			last = r
		}
	}
	host := strings.TrimPrefix(site, "https://")
	lead, _, _ := strings.Cut(last.body, "\n")
	e = entry{
		Title:     last.title,
		Link:      site + first.at.Format("/2006/01/02/") + p.slug,
		GUID:      "tag:" + host + first.at.Format(",2006-01-02:") + p.slug,
		Lead:      lead,
		Body:      last.body,
		Published: first.at,
		Updated:   last.at,
	}
	if p.twice {
		e.Title = html.EscapeString(e.Title)
	}
	return e, true
}

func (p page) render(f format) ([]byte, error) {
	name := "rss.xml"
	switch f {
	case json11:
		return p.json()
	case atom10:
		name = "atom.xml"
	case rss10:
		name = "rdf.xml"
	}
	t, err := template.New(name).Funcs(template.FuncMap{
		"xml":     html.EscapeString, // of the five characters that XML reserves
		"cdata":   cdata,
		"rfc822":  func(t time.Time) string { return t.Format(time.RFC1123Z) },
		"rfc3339": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}).ParseFS(files, "format/"+name)
	if err != nil {
		return nil, fmt.Errorf("read template %s: %w", name, err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("write feed %s: %w", p.Name, err)
	}
	return b.Bytes(), nil
}

// cdata wraps text so that it cannot end the section itself.
func cdata(s string) string {
	return "<![CDATA[" + strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") + "]]>"
}

// json writes the page as https://www.jsonfeed.org/version/1.1/ has it.
func (p page) json() ([]byte, error) {
	type item struct {
		ID        string    `json:"id"`
		URL       string    `json:"url"`
		Title     string    `json:"title"`
		HTML      string    `json:"content_html"`
		Published time.Time `json:"date_published"`
		Modified  time.Time `json:"date_modified"`
	}
	doc := struct {
		Version  string `json:"version"`
		Title    string `json:"title"`
		Home     string `json:"home_page_url"`
		Language string `json:"language"`
		Items    []item `json:"items"`
	}{Version: "https://jsonfeed.org/version/1.1", Title: p.Name, Home: p.Site + "/", Language: p.Lang}
	for _, e := range p.Posts {
		doc.Items = append(doc.Items, item{e.GUID, e.Link, e.Title, e.Body, e.Published, e.Updated})
	}
	body, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write feed %s: %w", p.Name, err)
	}
	return append(body, '\n'), nil
}
