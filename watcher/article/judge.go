package article

import (
	"net/url"
	"path"
	"strings"

	"newswatch/news"
)

// What an article must have in common with its item.
const (
	titlePart    = 0.3 // of the title's words, in the text
	leadPart     = 0.5 // of the words of a summary, in the text,
	leadWords    = 4   // if there are so many at least
	headlinePart = 0.6 // of the title's words, in the page's headline
	alone        = 250 // words of a text that only its headline speaks for: walls have a headline too
	leastWords   = 20  // of any article
)

// doubt says why a page's text cannot stand for an item: it is no fuller than
// the feed's, or tells of something else, as a login, a consent page and a
// polite "not found" do. It returns "" when there is no doubt.
func doubt(it *news.Item, a Article) string {
	words := countWords(a.Text)
	if words < leastWords {
		return errNoArticle.Error()
	}
	if words <= countWords(it.Body) {
		return "the page's text is no fuller than the feed's"
	}
	title := stems(it.Title)
	inText := stems(withoutHeadline(a.Text, it.Title))
	if n, part := shared(title, inText); part >= titlePart && n >= min(2, len(title)) {
		return ""
	}
	if tellsSame(it.Body, inText) {
		return ""
	}
	if sameHeadline(title, a.Headlines) && (words >= alone || tellsSame(a.Lead, inText)) {
		return ""
	}
	return "the page tells of another article, or hides this one"
}

// withoutHeadline leaves out the blocks of a text that only repeat the title:
// walls do that too.
func withoutHeadline(text, title string) string {
	in, long := stems(title), 2*countWords(title)
	var kept []string
	for block := range strings.SplitSeq(text, "\n\n") {
		if _, part := shared(stems(block), in); part < headlinePart || countWords(block) > long {
			kept = append(kept, block)
		}
	}
	return strings.Join(kept, "\n\n")
}

// tellsSame says that a summary is one of the text with these stems.
func tellsSame(summary string, in map[string]bool) bool {
	n, part := shared(stems(summary), in)
	return part >= leadPart && n >= leadWords
}

// sameHeadline says that one of the page's headlines is the item's title.
func sameHeadline(title map[string]bool, headlines []string) bool {
	for _, h := range headlines {
		if _, part := shared(title, stems(h)); part >= headlinePart {
			return true
		}
	}
	return false
}

// merge puts the article in the place of the feed's text. What the feed says
// and the article does not stays in front, so that nothing that matched before
// gets lost.
func merge(body, article string) string {
	in := folded(article)
	var kept []string
	for block := range strings.SplitSeq(body, "\n\n") {
		if b := strings.TrimRight(folded(block), " .…[]("); b != "" && !strings.Contains(in, b) {
			kept = append(kept, block)
		}
	}
	return strings.Join(append(kept, article), "\n\n")
}

// isHome says that an address is a site's first page, or that of one of its
// languages. Where nothing of an article is left, servers lead there.
func isHome(u *url.URL) bool {
	if u.RawQuery != "" {
		return false
	}
	switch p := path.Clean("/" + u.Path); p {
	case "/", "/index.html", "/index.php", "/home", "/default.aspx":
		return true
	default:
		return len(p) == len("/en")
	}
}
