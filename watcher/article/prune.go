package article

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"newswatch/text"
)

// Bounds of what is taken for a box that is not the article's.
const (
	maxBox      = 80  // words; publishers also call the whole of an article "paywall"
	maxLabel    = 5   // words beside a link: "Read also:"
	linkedPart  = 0.6 // of its words are a link's, then a paragraph is one
	listPart    = 0.8 // of its words are, then a list is one
	maxHeadline = 300 // bytes
	maxTitles   = 8   // headlines that are read of a page
)

// pruner takes out of a page what readability leaves in: boxes between the
// paragraphs that lead to other stories or sell something, and whole other
// stories. It goes by names of classes and by links, never by words of a
// language.
type pruner struct {
	base  *url.URL
	words map[*html.Node]count
	total int // words of the page outside of links
}

// count is how many words an element holds.
type count struct{ all, linked int }

func (c count) free() int { return c.all - c.linked }

func prune(doc *html.Node, base *url.URL) *pruner {
	p := &pruner{base: base, words: map[*html.Node]count{}}
	p.total = p.count(doc, false).free()
	p.others(doc)
	p.boxes(doc)
	return p
}

// count counts the words of a subtree. It goes as deep as the tree, which is
// bounded.
func (p *pruner) count(n *html.Node, linked bool) (c count) {
	if n.Type == html.TextNode {
		c.all = countWords(n.Data)
		if linked {
			c.linked = c.all
		}
		return c
	}
	linked = linked || n.DataAtom == atom.A
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		one := p.count(child, linked)
		c.all += one.all
		c.linked += one.linked
	}
	p.words[n] = c
	return c
}

// boxes takes out small boxes. Nothing that holds half of the page's text is one.
func (p *pruner) boxes(n *html.Node) {
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		if child.Type == html.ElementNode {
			if c := p.words[child]; 2*c.free() <= p.total && (p.isBox(child, c) || p.isLead(child, c)) {
				n.RemoveChild(child)
			} else {
				p.boxes(child)
			}
		}
		child = next
	}
}

// isBox goes by what the publisher calls an element.
func (p *pruner) isBox(n *html.Node, c count) bool {
	switch n.DataAtom {
	case atom.Html, atom.Head, atom.Body, atom.Main, atom.H1, atom.A, atom.Meta, atom.Link, atom.Title:
		return false
	}
	if strings.HasPrefix(n.Data, "amp-") {
		return n.Data != "amp-list" && n.Data != "amp-accordion"
	}
	if 2*c.linked < c.all && c.all > maxBox {
		return false
	}
	return slices.ContainsFunc(nameParts(attr(n, "class")+" "+attr(n, "id")), boxName)
}

// boxName knows the words by which publishers of all languages call such boxes.
func boxName(part string) bool {
	switch part {
	case "newsletter", "newsletters", "signup", "subscribe", "subscription", "subscriptions", "paywall", "piano",
		"related", "readalso", "readmore", "recirc", "recirculation", "recommended", "recommendation", "recommendations",
		"outbrain", "taboola", "promo", "promos", "promotion", "advert", "advertisement", "ads", "ad", "sponsored",
		"donate", "donation", "donations", "support", "membership", "cookie", "cookies", "consent", "gdpr",
		"share", "sharing", "sharedaddy", "social", "comments", "comment", "disqus", "breadcrumb", "breadcrumbs",
		"authorbox", "bio", "tags", "teaser", "teasers", "mostread", "popular", "trending", "catcher", "skip":
		return true
	}
	return false
}

// nameParts parts the words of class names: "css-1a2 relatedBox read-also__x".
func nameParts(names string) []string {
	var parts []string
	for _, name := range strings.Fields(names) {
		words := strings.FieldsFunc(splitCamel(name), func(r rune) bool { return !unicode.IsLetter(r) })
		parts = append(parts, words...)
		for i := 1; i < len(words); i++ {
			parts = append(parts, words[i-1]+words[i])
		}
	}
	return parts
}

// splitCamel writes "relatedBox" as "related-box".
func splitCamel(s string) string {
	var out strings.Builder
	lower := false
	for _, r := range s {
		if unicode.IsUpper(r) && lower {
			out.WriteByte('-')
		}
		lower = unicode.IsLower(r)
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// isLead says that a block only leads to something else: it is a link, with at
// most a label before it, or a list of links.
func (p *pruner) isLead(n *html.Node, c count) bool {
	if c.linked == 0 {
		return false
	}
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Section, atom.Blockquote, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Span:
		return float64(c.linked) >= linkedPart*float64(c.all) && c.free() <= maxLabel && c.all > 1 && standsAlone(n) && p.away(n)
	case atom.Ul, atom.Ol, atom.Nav:
		return float64(c.linked) >= listPart*float64(c.all)
	}
	return false
}

// away says that an element's first link leads to another page.
func (p *pruner) away(n *html.Node) bool {
	for l := range n.Descendants() {
		if l.DataAtom == atom.A {
			return p.leadsAway(l)
		}
	}
	return false
}

// standsAlone says that an element is no part of a line of text: blocks are
// not, and a span is not when no text stands beside it.
func standsAlone(n *html.Node) bool {
	if n.DataAtom != atom.Span {
		return true
	}
	for s := n.Parent.FirstChild; s != nil; s = s.NextSibling {
		if s.Type == html.TextNode && strings.TrimSpace(s.Data) != "" {
			return false
		}
	}
	return true
}

// others takes out the article elements whose heading leads to another
// address, when one stays that does not: teasers, or the next story of an
// endless page.
func (p *pruner) others(doc *html.Node) {
	var other, own []*html.Node
	for n := range doc.Descendants() {
		if n.DataAtom != atom.Article {
			continue
		}
		if p.headedElsewhere(n) {
			other = append(other, n)
		} else if p.words[n].free() > 0 {
			own = append(own, n)
		}
	}
	if len(own) == 0 {
		return
	}
	for _, n := range other {
		if n.Parent != nil && !slices.ContainsFunc(own, func(o *html.Node) bool { return within(o, n) }) {
			n.Parent.RemoveChild(n)
		}
	}
}

// headedElsewhere looks at the first heading of an element.
func (p *pruner) headedElsewhere(article *html.Node) bool {
	var link *html.Node
	for n := range article.Descendants() {
		switch n.DataAtom {
		case atom.A:
			link = n
		case atom.H1:
			return false
		case atom.H2, atom.H3, atom.H4:
			if link != nil && within(n, link) {
				return p.leadsAway(link)
			}
			return p.away(n)
		}
	}
	return false
}

// leadsAway says that a link does not lead to the page itself or to a part of
// it, such as a post of a live blog.
func (p *pruner) leadsAway(link *html.Node) bool {
	u, err := p.base.Parse(attr(link, "href"))
	if err != nil || attr(link, "href") == "" {
		return false
	}
	path := strings.TrimSuffix(p.base.Path, "/")
	samePage := u.Path == p.base.Path && (p.base.RawQuery == "" || p.base.RawQuery == u.RawQuery)
	part := path != "" && strings.HasPrefix(u.Path, path+"/")
	return u.Host != p.base.Host || !samePage && !part
}

func within(n, ancestor *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == ancestor {
			return true
		}
	}
	return false
}

// headings are what a page calls itself, and how it describes itself.
func headings(doc *html.Node) (titles []string, lead string) {
	add := func(s string) {
		if s = text.Title(s); s != "" && len(s) <= maxHeadline && len(titles) < maxTitles {
			titles = append(titles, s)
		}
	}
	for n := range doc.Descendants() {
		switch n.DataAtom {
		case atom.Meta:
			switch attr(n, "property") + attr(n, "name") {
			case "og:title", "twitter:title":
				add(attr(n, "content"))
			case "og:description", "description":
				lead = text.Title(attr(n, "content"))
			}
		case atom.Title, atom.H1:
			add(plain(n))
		}
	}
	return titles, lead
}

// plain is the text of an element.
func plain(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && out.Len() <= maxHeadline {
			out.WriteString(d.Data)
		}
	}
	return html.EscapeString(out.String())
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
