package feed

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"newswatch/news"
	"newswatch/text"
)

// Bounds on what one item keeps.
const (
	maxTextBytes  = 1 << 20 // of the body, before it becomes text
	maxFieldBytes = 1 << 10 // of a title, an author, a category
	maxCategories = 32
	maxHeadline   = 100 // characters of a title made from the body
)

// Items turns the entries of a document into items: plain text, one date that
// is never in the future, and the keys by which they are known again.
func Items(doc *Document, f news.Feed, now time.Time) []news.Item {
	entries := doc.Entries[:min(len(doc.Entries), maxItems)]
	return itemsOf(doc, entries, namingsOf(entries, doc.Link), f, now)
}

// itemsOf are the items of some entries of a document, whose names are known.
func itemsOf(doc *Document, entries []Entry, names []naming, f news.Feed, now time.Time) []news.Item {
	items := make([]news.Item, 0, len(entries))
	for i, keyed := range identify(entries, names) {
		e := keyed.entry
		it := news.Item{
			ID:         news.ItemID(f.ID, keyed.keys[0]),
			FeedID:     f.ID,
			FeedName:   f.Name,
			Publisher:  f.Outlet(),
			Weight:     f.Weight,
			Keys:       keyed.keys,
			Signs:      keyed.signs,
			Shared:     keyed.shared,
			URL:        webLink(e.Link),
			Title:      keyed.title,
			Body:       body(e),
			Author:     authorName(e.Author),
			Categories: categories(e.Categories),
			Lang:       firstNonEmpty(e.Lang, f.Lang, doc.Lang),
			Fetched:    now,
		}
		if it.Published, it.Dated = published(e, now); !it.Dated {
			// Ties are broken by the order of the document, in which the newest is on top.
			it.Published = it.Published.Add(-time.Duration(i) * time.Millisecond)
		}
		if it.Title == "" {
			it.Title = firstNonEmpty(headline(it.Body), it.URL)
		}
		it.Revise()
		items = append(items, it)
	}
	return items
}

// published is the date of an entry, as far as it is one. Dates ahead of us pin
// an item on top for ever, so they become now; one that is more than a day ahead
// is no clock that goes fast, but no date at all.
func published(e *Entry, now time.Time) (at time.Time, dated bool) {
	at = e.Published
	if at.IsZero() {
		at = e.Updated
	}
	switch {
	case at.IsZero(), at.After(now.Add(24 * time.Hour)):
		return now, false
	case at.After(now):
		return now, true
	}
	return at, true
}

// body is the fuller of an entry's texts.
func body(e *Entry) string {
	content, summary := text.Visible(clip(e.Content, maxTextBytes)), ""
	if e.Summary != "" && e.Summary != e.Content {
		summary = text.Visible(clip(e.Summary, maxTextBytes))
	}
	if len(summary) > len(content) {
		return summary
	}
	return content
}

// headline makes a title from the first sentence of a text.
func headline(body string) string {
	line, _, _ := strings.Cut(body, "\n")
	if end := sentenceEnd(line); end > 0 {
		line = line[:end]
	}
	if utf8.RuneCountInString(line) <= maxHeadline {
		return line
	}
	runes := []rune(line)[:maxHeadline]
	short := string(runes)
	if i := strings.LastIndexFunc(short, unicode.IsSpace); i > len(short)/2 {
		short = short[:i]
	}
	return strings.TrimRightFunc(short, unicode.IsPunct) + "…"
}

// sentenceEnd is where the first sentence ends, 0 when it does not. A sentence
// of a few letters is an abbreviation.
func sentenceEnd(line string) int {
	const shortest = 20 // bytes
	for i, r := range line {
		if i < shortest || !strings.ContainsRune(".!?。！？", r) {
			continue
		}
		end := i + utf8.RuneLen(r)
		next, _ := utf8.DecodeRuneInString(line[end:])
		if end == len(line) || unicode.IsSpace(next) || r > 0x3000 {
			return end
		}
	}
	return 0
}

// authorName is the name in an author's field: RSS has "mail@example.org (Name)",
// others write "Name <mail@example.org>".
func authorName(s string) string {
	s = clip(text.Title(clip(s, maxFieldBytes)), maxFieldBytes)
	for _, b := range [...]string{"()", "<>"} {
		open, end := strings.IndexByte(s, b[0]), strings.LastIndexByte(s, b[1])
		if open < 0 || end < open {
			continue
		}
		in, out := strings.TrimSpace(s[open+1:end]), strings.TrimSpace(s[:open])
		switch {
		case strings.Contains(in, "@") && out != "":
			return out
		case strings.Contains(out, "@") && in != "":
			return in
		}
	}
	return s
}

func categories(all []string) []string {
	var out []string
	for _, c := range all {
		c = clip(text.Title(clip(c, maxFieldBytes)), maxFieldBytes)
		if c != "" && !slices.Contains(out, c) && len(out) < maxCategories {
			out = append(out, c)
		}
	}
	return out
}

func cleanTitle(s string) string {
	return clip(text.Title(clip(s, maxFieldBytes*8)), maxFieldBytes)
}

// clip cuts s at a character's border.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func firstNonEmpty(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
