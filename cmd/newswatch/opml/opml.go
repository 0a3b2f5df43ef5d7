// Package opml reads and writes lists of feeds as OPML 2.0
// (https://opml.org/spec2.opml), the format in which feed readers exchange them.
//
// It writes XML, but does not read it: too many lists in the wild are none. They
// hold bare ampersands, unquoted values, entities of HTML, keys in any case. An
// OPML file is nothing but tags with attributes, so the tokenizer of HTML, which
// never fails, reads them all.
package opml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"newswatch/news"
)

// Bounds on what is read: lists come from strangers.
const (
	MaxBytes   = 10 << 20
	maxTag     = 1 << 20 // bytes of one tag
	maxFolders = 32      // that lie in each other
	maxTags    = 8       // of one feed
)

// namespace marks what OPML has no attribute for, as its specification asks.
const namespace = "urn:newswatch:feeds"

// Outline is one feed of a list.
type Outline struct {
	news.Feed     // its id is "" where the list gives none
	Line      int // where it stands
}

// Problem is an outline that is no feed.
type Problem struct {
	Line int
	Text string
}

// ErrNotOPML says that the bytes are something else than a list of feeds.
var ErrNotOPML = errors.New("not an OPML file: there is no <outline> in it")

// Read reads a list. Folders become tags. What cannot be read is told, and costs
// nothing else.
func Read(in io.Reader) (feeds []Outline, problems []Problem, err error) {
	raw, err := io.ReadAll(io.LimitReader(in, MaxBytes+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read OPML: %w", err)
	}
	if len(raw) > MaxBytes {
		return nil, nil, fmt.Errorf("the file has more than %d MB", MaxBytes>>20)
	}
	r := reader{z: html.NewTokenizer(bytes.NewReader(decode(raw))), line: 1}
	r.z.SetMaxBuf(maxTag)
	if err := r.run(); err != nil {
		return nil, nil, err
	}
	if r.outlines == 0 {
		return nil, nil, ErrNotOPML
	}
	return r.feeds, r.problems, nil
}

// decode makes the bytes UTF-8: what is valid UTF-8 is that, whatever the file
// says of itself; else its XML declaration is believed.
func decode(raw []byte) []byte {
	label := ""
	switch {
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}), bytes.HasPrefix(raw, []byte{'<', 0}):
		label = "utf-16le"
	case bytes.HasPrefix(raw, []byte{0xfe, 0xff}), bytes.HasPrefix(raw, []byte{0, '<'}):
		label = "utf-16be"
	case utf8.Valid(raw):
		return bytes.TrimPrefix(raw, []byte("\ufeff"))
	default:
		label = declared(raw)
	}
	enc, _ := charset.Lookup(label)
	if enc == nil {
		enc, _ = charset.Lookup("windows-1252")
	}
	text, err := enc.NewDecoder().Bytes(raw)
	if err != nil {
		return raw
	}
	return bytes.TrimPrefix(text, []byte("\ufeff"))
}

// declared is the encoding that an XML declaration names.
func declared(raw []byte) string {
	head, _, _ := bytes.Cut(raw[:min(len(raw), 200)], []byte("?>"))
	_, value, found := bytes.Cut(bytes.ToLower(head), []byte("encoding="))
	if !found || len(value) < 2 {
		return ""
	}
	value, _, _ = bytes.Cut(value[1:], value[:1])
	return string(value)
}

// reader goes over the tags of a list.
type reader struct {
	z        *html.Tokenizer
	line     int
	folders  []string // names of the outlines around; "" for one that is a feed itself
	beyond   int      // outlines that lie too deep to be kept track of
	outlines int
	feeds    []Outline
	problems []Problem
}

func (r *reader) run() error {
	for {
		kind := r.z.Next()
		line := r.line
		r.line += bytes.Count(r.z.Raw(), []byte("\n"))
		switch kind {
		case html.ErrorToken:
			if err := r.z.Err(); !errors.Is(err, io.EOF) {
				return fmt.Errorf("line %d: %w", r.line, err)
			}
			return nil
		case html.StartTagToken, html.SelfClosingTagToken:
			r.z.NextIsNotRawText() // an empty <title/> of XML would swallow the rest
			if name, more := r.z.TagName(); string(name) == "outline" {
				r.outline(line, r.attributes(more), kind == html.StartTagToken)
			}
		case html.EndTagToken:
			if name, _ := r.z.TagName(); string(name) == "outline" {
				r.leave()
			}
		}
	}
}

func (r *reader) attributes(more bool) map[string]string {
	attrs := map[string]string{}
	for more {
		var key, value []byte
		key, value, more = r.z.TagAttr()
		if text := strings.Join(strings.Fields(string(value)), " "); text != "" && attrs[string(key)] == "" {
			attrs[string(key)] = strings.ToValidUTF8(text, "\ufffd")
		}
	}
	return attrs
}

// outline takes a feed, or enters a folder.
func (r *reader) outline(line int, attrs map[string]string, open bool) {
	r.outlines++
	name := first(attrs["title"], attrs["text"])
	kind := strings.ToLower(attrs["type"])
	address := first(attrs["xmlurl"], attrs["feedurl"])
	if address == "" && (kind == "rss" || kind == "atom") {
		address = attrs["url"]
	}
	folder := ""
	switch {
	case address != "":
		r.feed(line, name, address, attrs)
	case kind == "rss" || kind == "atom" || !open && kind == "":
		r.problems = append(r.problems, Problem{line, fmt.Sprintf("outline %q has no xmlUrl", name)})
	default:
		folder = name
	}
	if !open {
		return
	}
	if len(r.folders) >= maxFolders {
		r.beyond++
		return
	}
	r.folders = append(r.folders, folder)
}

func (r *reader) leave() {
	switch {
	case r.beyond > 0:
		r.beyond--
	case len(r.folders) > 0:
		r.folders = r.folders[:len(r.folders)-1]
	}
}

func (r *reader) feed(line int, name, address string, attrs map[string]string) {
	address, ok := mend(address)
	if !ok {
		r.problems = append(r.problems, Problem{line, fmt.Sprintf("outline %q: %q is no http or https address", name, address)})
		return
	}
	weight, _ := strconv.Atoi(attrs["newswatch:weight"])
	f := news.Feed{
		ID: attrs["newswatch:id"], Name: name, URL: address, Lang: language(attrs["language"]), Publisher: attrs["newswatch:publisher"],
		Weight: min(max(weight, -100), 100), Poll: attrs["newswatch:poll"], FullText: attrs["newswatch:full-text"] == "true",
	}
	for _, folder := range r.folders {
		f.Tags = addTag(f.Tags, folder)
	}
	for category := range strings.SplitSeq(attrs["category"], ",") {
		for part := range strings.SplitSeq(category, "/") {
			f.Tags = addTag(f.Tags, part)
		}
	}
	r.feeds = append(r.feeds, Outline{f, line})
}

// addTag makes a tag of a folder's name: "World News" is world-news.
func addTag(tags []string, name string) []string {
	tag := strings.ToLower(strings.Join(strings.Fields(name), "-"))
	if tag == "" || utf8.RuneCountInString(tag) > 40 || slices.Contains(tags, tag) || len(tags) == maxTags {
		return tags
	}
	return append(tags, tag)
}

// language is the primary subtag of a language tag, "" for what is none.
func language(tag string) string {
	tag, _, _ = strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	if len(tag) < 2 || len(tag) > 3 || strings.Trim(tag, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return tag
}

// mend gives an address the scheme that it lacks: feed: is what some browsers
// put before it.
func mend(address string) (string, bool) {
	if len(address) >= 5 && strings.EqualFold(address[:5], "feed:") {
		address = strings.TrimPrefix(address[5:], "//")
	}
	address = strings.TrimPrefix(address, "//")
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.ContainsAny(address, " \t") {
		return address, false
	}
	return address, true
}

func first(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

// document is what is written.
type document struct {
	XMLName   xml.Name  `xml:"opml"`
	Version   string    `xml:"version,attr"`
	Namespace string    `xml:"xmlns:newswatch,attr"`
	Title     string    `xml:"head>title"`
	Outlines  []outline `xml:"body>outline"`
}

type outline struct {
	Text      string `xml:"text,attr"`
	Title     string `xml:"title,attr"`
	Type      string `xml:"type,attr"`
	URL       string `xml:"xmlUrl,attr"`
	Lang      string `xml:"language,attr,omitempty"`
	Category  string `xml:"category,attr,omitempty"`
	ID        string `xml:"newswatch:id,attr"`
	Publisher string `xml:"newswatch:publisher,attr,omitempty"`
	Weight    int    `xml:"newswatch:weight,attr,omitempty"`
	Poll      string `xml:"newswatch:poll,attr,omitempty"`
	FullText  bool   `xml:"newswatch:full-text,attr,omitempty"`
}

// Write writes a list. What says how a server is asked stays out: headers and
// proxies are nobody else's.
func Write(out io.Writer, title string, feeds []news.Feed) error {
	d := document{Version: "2.0", Namespace: namespace, Title: title}
	for _, f := range feeds {
		name := first(f.Name, f.ID)
		d.Outlines = append(d.Outlines, outline{
			Text: name, Title: name, Type: "rss", URL: f.URL, Lang: f.Lang, Category: strings.Join(f.Tags, ","),
			ID: f.ID, Publisher: f.Publisher, Weight: f.Weight, Poll: f.Poll, FullText: f.FullText,
		})
	}
	text, err := xml.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("write OPML: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s%s\n", xml.Header, text)
	return err
}
