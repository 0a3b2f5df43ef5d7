package feed

import (
	"bytes"
	"strings"
)

// maxNamespaces bounds the declarations that a document may make; real feeds
// have up to a dozen.
const maxNamespaces = 64

// names gives the elements of a document their usual names, whatever prefixes
// the document chose: lower case, native ones bare ("title"), others with the
// usual prefix ("dc:creator").
type names struct {
	atom     bool              // the document is Atom: its elements are the native ones
	prefixes map[string]string // as declared -> as usual
	seen     map[string]string // tag as written -> its usual name
}

// maxSeen bounds the memory for names; real feeds use a few dozen.
const maxSeen = 512

func newNames() names {
	return names{prefixes: map[string]string{}, seen: map[string]string{}}
}

// declare takes note of the xmlns attributes of a tag.
func (n *names) declare(attrs []byte) {
	if !bytes.Contains(attrs, []byte("xmlns")) {
		return
	}
	for name, value := range eachAttr(attrs) {
		prefix, ok := bytes.CutPrefix(name, []byte("xmlns:"))
		if !ok || len(n.prefixes) >= maxNamespaces {
			continue
		}
		if usual := vocabulary(string(value)); usual != "" {
			if n.prefixes[string(prefix)] != usual {
				n.prefixes[string(prefix)] = usual
				clear(n.seen)
			}
		}
	}
}

// key is the usual name of an element.
func (n *names) key(raw, attrs []byte) string {
	own := bytes.Contains(attrs, []byte("xmlns"))
	if !own {
		if key, ok := n.seen[string(raw)]; ok {
			return key
		}
	}
	prefix, local := n.split(raw, attrs)
	key := strings.ToLower(string(local))
	if !n.native(prefix) {
		key = prefix + ":" + key
	}
	if !own && len(n.seen) < maxSeen {
		n.seen[string(raw)] = key
	}
	return key
}

func (n *names) split(raw, attrs []byte) (prefix string, local []byte) {
	if i := bytes.LastIndexByte(raw, ':'); i >= 0 {
		if usual, ok := n.prefixes[string(raw[:i])]; ok {
			return usual, raw[i+1:]
		}
		return strings.ToLower(string(raw[:i])), raw[i+1:]
	}
	if bytes.Contains(attrs, []byte("xmlns")) {
		if uri, ok := attr(attrs, "xmlns", nil); ok && uri != "" {
			if usual := vocabulary(uri); usual != "" {
				return usual, raw
			}
			return "other", raw
		}
	}
	return "", raw
}

func (n *names) native(prefix string) bool {
	switch prefix {
	case "rss", "rdf":
		return !n.atom
	case "atom", "feed":
		return n.atom
	}
	return prefix == ""
}

// vocabulary is the usual prefix of a namespace, "" when we have no use for it.
// Versions, slashes and case vary in the wild, so the core of the name counts.
func vocabulary(uri string) string {
	uri = strings.ToLower(strings.TrimSpace(uri))
	for _, v := range [...]struct{ core, prefix string }{
		{"purl.org/dc/elements", "dc"},
		{"purl.org/dc/terms", "dcterms"},
		{"purl.org/rss/1.0/modules/content", "content"},
		{"purl.org/rss/1.0/modules/syndication", "sy"},
		{"purl.org/rss/1.0/modules", "other"},
		{"www.w3.org/2005/atom", "atom"},
		{"purl.org/atom/ns", "atom"},
		{"purl.org/syndication/history", "fh"},
		{"search.yahoo.com/mrss", "media"},
		{"schemas/play-podcasts", "googleplay"},
		{"www.w3.org/1999/xhtml", "xhtml"},
		{"rssnamespace.org/feedburner", "feedburner"},
		{"itunes.com/dtds/podcast", "itunes"},
		{"22-rdf-syntax-ns", "rdf"},
		{"purl.org/rss/1.0", "rss"},
		{"netscape.com/rdf/simple", "rss"},
		{"purl.org/net/rss1.1", "rss"},
		{"backend.userland.com/rss", "rss"},
		{"harvard.edu/tech/rss", "rss"},
	} {
		if strings.Contains(uri, v.core) {
			return v.prefix
		}
	}
	return ""
}
