package story

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"newswatch/news"
)

// A rewrite tells another outlet's report in words of its own: no headline and no
// run of words is the same, and still it is one report, told twice. It can only
// be seen by what a rewriter leaves alone: whom the report is from ("according to
// the Courier"), and what stands in quotation marks. Two outlets that were at one
// press conference quote the same words as well, but name no outlet for them; two
// that follow one scoop on their own name it, but have other words to quote. So
// all of it is asked for, likeness and nearness in time on top.
const (
	rewriteSpan   = 36 * time.Hour
	rewriteWords  = 100  // a shorter text is no evidence
	rewriteLike   = 0.35 // least likeness of the texts' starts
	rewriteQuotes = 2    // least number of quotations in common
	rewriteRead   = 600  // words of a text that are looked at
	maxCited      = 8    // outlets and quotations that are kept of one text
	maxQuotations = 24
)

// citing is what is kept of a report that is from another outlet.
type citing struct {
	outlets    []string // that it names as its sources
	quotations []uint32 // of two words and more, hashed
	publisher  string
	at         time.Time
}

// citer finds out whose report a text tells.
type citer struct {
	cite          map[string]*phrases // by language
	outlet, paper *phrases
}

func newCiter() *citer {
	v := newVocabulary()
	c := &citer{cite: map[string]*phrases{}, outlet: v.list("outlet", "*"), paper: v.list("paper", "*")}
	for key, list := range v {
		if key.list == "cite" {
			c.cite[key.lang] = list
		}
	}
	return c
}

// read is nil for a text that is too short, names no source, or quotes nothing.
func (c *citer) read(it *news.Item, lang string) *citing {
	if len(it.Body) < 4*rewriteWords || c.cite[lang] == nil {
		return nil
	}
	quotations := quotationsOf(it.Body)
	if len(quotations) < rewriteQuotes {
		return nil
	}
	body := tokenize(it.Body, rewriteRead)
	if len(body) < rewriteWords {
		return nil
	}
	outlets := c.sources(tokenize(it.Title, titleWords), body, c.cite[lang])
	own := outletKey(it.Publisher)
	outlets = slices.DeleteFunc(outlets, func(name string) bool {
		return own != "" && (strings.Contains(own, name) || strings.Contains(name, own))
	})
	if len(outlets) == 0 {
		return nil
	}
	return &citing{outlets: outlets, quotations: quotations, publisher: it.Publisher, at: when(it)}
}

// sources are the outlets that a text names as sources, by their keys.
func (c *citer) sources(title, body []token, cite *phrases) []string {
	var found []string
	add := func(key string) {
		if key != "" && len(found) < maxCited && !slices.Contains(found, key) {
			found = append(found, key)
		}
	}
	if key, n := c.outletAt(title, 0); n > 0 && n < len(title) && title[n].clause != title[0].clause {
		add(key) // "Courier: envoy to leave"
	}
	for _, tokens := range [][]token{title, body} {
		for i := range tokens {
			_, n := cite.at(tokens, i)
			if n == 0 {
				continue
			}
			key, _ := c.outletAt(tokens, i+n)
			add(key)
			add(c.outletBefore(tokens, i))
		}
	}
	return found
}

// outletAt is the outlet whose name begins at a token, and how many tokens it has.
func (c *citer) outletAt(tokens []token, i int) (key string, length int) {
	if i < len(tokens) && tokens[i].key == "the" {
		key, length = c.outletAt(tokens, i+1)
		return key, length + 1
	}
	if i >= len(tokens) || !capital(tokens[i]) {
		return "", 0
	}
	if _, n := c.outlet.at(tokens, i); n > 0 {
		return joinKeys(tokens[i : i+n]), n
	}
	for n := 1; n < 4 && i+n < len(tokens) && capital(tokens[i+n]) && tokens[i+n].clause == tokens[i].clause; n++ {
		if _, last := c.paper.at(tokens, i+n); last > 0 {
			return joinKeys(tokens[i : i+n+1]), n + 1
		}
	}
	return "", 0
}

// outletBefore is the outlet that ends before the word that cites it, with one
// word between at most: "Bloomberg News reported", "the Courier also reported".
func (c *citer) outletBefore(tokens []token, i int) string {
	for from := max(0, i-5); from < i; from++ {
		if tokens[from].clause != tokens[i].clause {
			continue
		}
		if key, n := c.outletAt(tokens, from); n > 0 && (from+n == i || from+n == i-1) {
			return key
		}
	}
	return ""
}

func capital(t token) bool {
	r, _ := utf8.DecodeRuneInString(t.raw)
	return unicode.IsUpper(r)
}

func joinKeys(tokens []token) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.key)
	}
	return b.String()
}

// quotationsOf are the quotations of a text by their hashes, without the marks at
// their ends.
func quotationsOf(body string) []uint32 {
	var found []uint32
	for len(found) < maxQuotations {
		from := strings.IndexAny(body, "“\"„«")
		if from < 0 {
			break
		}
		_, size := utf8.DecodeRuneInString(body[from:])
		body = body[from+size:]
		to := strings.IndexAny(body, "”\"“»")
		if to < 0 {
			break
		}
		words := split(body[:to], leadWords)
		_, size = utf8.DecodeRuneInString(body[to:])
		body = body[to+size:]
		if len(words) < 2 {
			continue
		}
		keys := make([]string, len(words))
		for i, w := range words {
			keys[i] = w.key
		}
		if h := hash32(keys...); !slices.Contains(found, h) {
			found = append(found, h)
		}
	}
	return found
}

// rewrites says whether one of two reports tells the other in other words, and
// from whom both have it.
func (c *citing) rewrites(o *citing) (source string, quotations int) {
	if c == nil || o == nil || news.SameOutlet(c.publisher, o.publisher) || c.at.IsZero() || o.at.IsZero() || c.at.Sub(o.at).Abs() > rewriteSpan {
		return "", 0
	}
	for _, q := range c.quotations {
		if slices.Contains(o.quotations, q) {
			quotations++
		}
	}
	if quotations < rewriteQuotes {
		return "", 0
	}
	for _, name := range c.outlets {
		if slices.Contains(o.outlets, name) {
			return name, quotations
		}
	}
	return "", 0
}

// rewritten returns the report that an item tells in other words, and why; nil
// when none. The item under comparison is loaded.
func (q *query) rewritten(m *member, found []candidate) (*report, string) {
	if m.citing == nil {
		return nil, ""
	}
	for _, cand := range found {
		for _, o := range cand.story.members {
			source, quotations := m.citing.rewrites(o.citing)
			if source == "" || q.compare(&o.doc).text < rewriteLike {
				continue
			}
			return &report{story: cand.story, original: o.id, repeats: true},
				fmt.Sprintf("the report of %s in other words, with the same %d quotations", named(o.citing.publisher), quotations)
		}
	}
	return nil, ""
}
