package wording

import (
	"slices"
	"strings"
	"unicode"

	"newswatch/news"
)

// repeats is the share of the words of a text that another one must have for it to
// say nothing more.
const repeats = 0.8

// Same says whether two texts have the same words: case, marks and spaces aside.
func Same(a, b string) bool {
	if a == b {
		return true
	}
	words := tokens(a)
	return len(words) > 0 && slices.Equal(words, tokens(b))
}

// Repeats says whether nearly all words of a text stand in another one, so that a
// reader of the other has read it. A text without words repeats any.
func Repeats(s, of string) bool {
	words := tokens(s)
	there := map[string]bool{}
	for _, w := range tokens(of) {
		there[w] = true
	}
	found := 0
	for _, w := range words {
		if there[w] {
			found++
		}
	}
	return float64(found) >= repeats*float64(len(words))
}

// Tells says what of an entry's summary and quote a reader is shown under its
// headline, so that nothing is said twice: of two that say the same the longer
// one, of equals the quote, in which the match is marked.
func Tells(e news.Entry) (summary, quote bool) {
	summary = !Repeats(e.Summary, e.Headline)
	quote = !Repeats(e.Quote.Text, e.Headline)
	switch {
	case !summary || !quote:
	case Repeats(e.Summary, e.Quote.Text):
		summary = false
	case Repeats(e.Quote.Text, e.Summary):
		quote = false
	}
	return summary, quote
}

// tokens are the words of a text in lower case; a character of a script without
// spaces is a word.
func tokens(s string) []string {
	var list []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			list = append(list, b.String())
			b.Reset()
		}
	}
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
			flush()
			list = append(list, string(r))
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.M, r):
			b.WriteRune(unicode.ToLower(r))
		case r == '\'' || r == '’':
		default:
			flush()
		}
	}
	flush()
	return list
}
