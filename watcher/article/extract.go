package article

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"newswatch/text"
)

// Bounds of a page. Of 130 pages of news sites and blogs the largest had 1.6 MB,
// and none had elements more than 38 deep once inline formatting was gone.
const (
	maxPage     = 4 << 20 // bytes of HTML that are read
	maxText     = 1 << 20 // bytes of the article's text
	maxRendered = 2 << 20 // bytes of the article's HTML
	maxDepth    = 64      // elements in each other
	enough      = 500     // characters, then readability looks for no more with looser rules
)

// Why there is no article in a page.
var (
	errNotHTML   = errors.New("the page is not HTML")
	errNoArticle = errors.New("there is no article in the page")
	errTooLong   = errors.New("the article is too long")
	errTooDeep   = errors.New("the page is nested too deep")
)

// Article is what a page tells.
type Article struct {
	Headlines []string // what the page calls itself: plain titles
	Lead      string   // the page's description of itself
	Text      string   // visible text, in blocks
}

// Extract takes the article out of a page. It never panics, whatever the page.
func Extract(p Page) (a Article, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			a, err = Article{}, fmt.Errorf("the page cannot be taken apart: %v", cause)
		}
	}()
	if !isHTML(p) {
		return Article{}, errNotHTML
	}
	src, err := toUTF8(p.Body[:min(len(p.Body), maxPage)], p.Header.Get("Content-Type"))
	if err != nil {
		return Article{}, err
	}
	s := shrink(src)
	doc, err := html.Parse(bytes.NewReader(s.out))
	if err != nil {
		return Article{}, fmt.Errorf("read the page: %w", err)
	}
	if depth(doc) > maxDepth {
		return Article{}, errTooDeep
	}
	base, err := url.Parse(p.URL)
	if err != nil {
		return Article{}, fmt.Errorf("the page's address: %w", err)
	}
	ld := readData(s.data)
	a.Headlines, a.Lead = headings(doc)
	a.Headlines = append(a.Headlines, ld.headlines...)
	a.Text = better(readable(doc, base), ld)
	if a.Text == "" {
		return Article{}, errNoArticle
	}
	return a, nil
}

// readable is the text of what readability takes for the article.
func readable(doc *html.Node, base *url.URL) string {
	p := prune(doc, base)
	if posts := p.stream(doc); posts != nil {
		return visible(posts)
	}
	ps := readability.NewParser()
	ps.DisableJSONLD = true
	ps.CharThresholds = enough
	found, err := ps.ParseAndMutate(doc, base)
	if err != nil || found.Node == nil {
		return ""
	}
	return visible(found.Node)
}

// visible is the text of an element.
func visible(n *html.Node) string {
	var b bounded
	html.Render(&b, n) // an error says that the rest is past the bound
	return clip(text.Visible(string(b.kept)))
}

// bounded keeps the first bytes that are written to it.
type bounded struct{ kept []byte }

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.kept)+len(p) > maxRendered {
		return 0, errTooLong
	}
	b.kept = append(b.kept, p...)
	return len(p), nil
}

// better chooses between what stands in the page and what its data says. Where
// both have the article, the data has it without boxes; but many sites put only
// the first paragraph there.
func better(readable string, ld data) string {
	if ld.body == "" || ld.paid {
		return readable // what only subscribers are to see is not taken from behind the page
	}
	if 10*countWords(ld.body) >= 8*countWords(readable) {
		return clip(ld.body)
	}
	return readable
}

// clip bounds a text, at the end of a block where it can.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	s = s[:maxText]
	if i := strings.LastIndex(s, "\n\n"); i > maxText/2 {
		return s[:i]
	}
	return strings.ToValidUTF8(s, "")
}

// isHTML goes by the type that the server names. Where it names none, a body
// that is text may be HTML.
func isHTML(p Page) bool {
	named := p.Header.Get("Content-Type")
	if named == "" {
		return strings.HasPrefix(http.DetectContentType(p.Body), "text/")
	}
	kind, _, err := mime.ParseMediaType(named)
	if err != nil {
		kind, _, _ = strings.Cut(strings.ToLower(named), ";")
		kind = strings.TrimSpace(kind)
	}
	return kind == "text/html" || kind == "application/xhtml+xml"
}

// toUTF8 goes by the bytes before it believes a label: text of another encoding
// is practically never valid UTF-8, but for those that switch by escapes.
func toUTF8(b []byte, contentType string) ([]byte, error) {
	if mostlyUTF8(b) && bytes.IndexByte(b, 0x1b) < 0 {
		return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), nil
	}
	enc, _, _ := charset.DetermineEncoding(b, contentType)
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return nil, fmt.Errorf("decode the page: %w", err)
	}
	return out, nil
}

// mostlyUTF8 forgives a stray byte among many characters that are right.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		b = b[size:]
	}
	return bad*10 <= good
}

// depth is how many elements of a tree stand in each other.
func depth(root *html.Node) int {
	deepest, d := 0, 0
	for n := root; n != nil; {
		deepest = max(deepest, d)
		if n.FirstChild != nil {
			n, d = n.FirstChild, d+1
			continue
		}
		for n != root && n.NextSibling == nil {
			n, d = n.Parent, d-1
		}
		if n == root {
			break
		}
		n = n.NextSibling
	}
	return deepest
}
