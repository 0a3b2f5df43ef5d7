package discover

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

const (
	maxLinks = 200     // of a page that are looked at, of each kind
	maxTag   = 1 << 20 // bytes of one tag
)

// links are the addresses on a page that may be feeds.
type links struct {
	named    []string // <link rel=alternate> of a feed's type
	comments []string // of these, feeds of readers' comments
	linked   []string // <a href> that look like a feed
}

// linksOf reads a page, with the addresses made absolute.
func linksOf(page []byte, address string) links {
	base, err := url.Parse(address)
	if err != nil {
		return links{}
	}
	var l links
	z := html.NewTokenizer(bytes.NewReader(page))
	z.SetMaxBuf(maxTag)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return l
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			switch tag := string(name); tag {
			case "base", "link", "a":
				attrs := map[string]string{}
				for more {
					var key, value []byte
					key, value, more = z.TagAttr()
					attrs[string(key)] = strings.TrimSpace(string(value))
				}
				base = l.take(tag, attrs, base)
			}
		}
	}
}

// take looks at one tag. It returns the base of the addresses after it.
func (l *links) take(tag string, attrs map[string]string, base *url.URL) *url.URL {
	href, err := url.Parse(attrs["href"])
	if err != nil || attrs["href"] == "" {
		return base
	}
	to := base.ResolveReference(href)
	to.Fragment = ""
	if to.Scheme != "http" && to.Scheme != "https" || to.Host == "" {
		return base
	}
	switch {
	case tag == "base":
		return to
	case tag == "link" && feedType(attrs["type"]) && slices.Contains(strings.Fields(strings.ToLower(attrs["rel"])), "alternate"):
		if strings.Contains(strings.ToLower(to.Path+attrs["title"]), "comment") {
			add(&l.comments, to)
		} else {
			add(&l.named, to)
		}
	case tag == "a" && looksLikeFeed(to):
		add(&l.linked, to)
	}
	return base
}

func add(list *[]string, u *url.URL) {
	if len(*list) < maxLinks && !slices.Contains(*list, u.String()) {
		*list = append(*list, u.String())
	}
}

// feedType says whether a media type is one under which feeds are named.
func feedType(t string) bool {
	t, _, _ = strings.Cut(strings.ToLower(t), ";")
	switch strings.TrimSpace(t) {
	case "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "application/json",
		"application/x.atom+xml", "application/x-atom+xml", "application/xml", "text/xml", "text/rss+xml":
		return true
	}
	return false
}

// looksLikeFeed says whether an address may be a feed, by the words in it. Links
// that only hand a feed's address on to some reader are none.
func looksLikeFeed(u *url.URL) bool {
	path := strings.ToLower(u.Path)
	if strings.Contains(u.RawQuery, "http") {
		return false
	}
	for _, end := range []string{".rss", ".atom", ".rdf", "/rss", "/feed", "/atom", "/feeds", "rss.xml", "feed.xml", "atom.xml", "feed.json", "rss.php"} {
		if strings.HasSuffix(strings.TrimSuffix(path, "/"), end) {
			return true
		}
	}
	words := strings.FieldsFunc(path, func(c rune) bool { return strings.ContainsRune("/-_.", c) })
	return strings.HasSuffix(path, ".xml") && (slices.Contains(words, "rss") || slices.Contains(words, "feed") || slices.Contains(words, "feeds")) ||
		strings.HasPrefix(u.Hostname(), "feeds.") || strings.HasPrefix(u.Hostname(), "rss.")
}
