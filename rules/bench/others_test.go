package bench

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/coregx/ahocorasick"

	"newswatch/news"
)

// BenchmarkAhoCorasick finds the same terms as BenchmarkMatch, and does less: it
// lowers letters and asks for whole words, but knows no accents, hyphens,
// possessives, plurals, sentences or rules.
func BenchmarkAhoCorasick(b *testing.B) {
	for _, n := range sizes[:3] {
		b.Run(fmt.Sprintf("terms=%d", n), func(b *testing.B) {
			builder := ahocorasick.NewBuilder()
			for _, t := range corpus(b).Terms(n) {
				builder.AddPattern([]byte(strings.ToLower(t)))
			}
			a, err := builder.Build()
			if err != nil {
				b.Fatal(err)
			}
			var low []byte
			found := 0
			overItems(b, func(it *news.Item) {
				for _, text := range []string{it.Title, it.Body} {
					low = appendLower(low[:0], text)
					for _, m := range a.FindAllOverlapping(low) {
						if isWhole(low, m.Start, m.End) {
							found++
						}
					}
				}
			})
			b.ReportMetric(float64(found)/float64(b.N), "found/op")
		})
	}
}

func appendLower(out []byte, s string) []byte {
	for _, r := range s {
		if r < utf8.RuneSelf {
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			out = append(out, byte(r))
			continue
		}
		out = utf8.AppendRune(out, unicode.ToLower(r))
	}
	return out
}

func isWhole(text []byte, from, to int) bool {
	before, _ := utf8.DecodeLastRune(text[:from])
	after, _ := utf8.DecodeRune(text[to:])
	return !isWord(before) && !isWord(after)
}

func isWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// BenchmarkRegexp asks one regular expression for all terms as whole words.
func BenchmarkRegexp(b *testing.B) {
	terms := corpus(b).Terms(100)
	for i, t := range terms {
		terms[i] = regexp.QuoteMeta(t)
	}
	re := regexp.MustCompile(`(?i)\b(?:` + strings.Join(terms, "|") + `)\b`)
	overItems(b, func(it *news.Item) { re.FindAllStringIndex(it.Body, -1) })
}
