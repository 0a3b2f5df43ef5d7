package bench

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/coregx/ahocorasick"

	"newswatch/news"
)

// BenchmarkAhoCorasick needs seconds and half a gigabyte for 100,000 terms.
func BenchmarkAhoCorasick(b *testing.B) { perItem(b, sizes, ahoCorasick) }

func BenchmarkRegexp(b *testing.B) { perItem(b, sizes[:2], goRegexp) }

// ahoCorasick finds the same terms as newswatch: it lowers letters and asks for
// whole words.
func ahoCorasick(terms []string) func() (counter, error) {
	return func() (counter, error) {
		builder := ahocorasick.NewBuilder()
		for _, t := range terms {
			builder.AddPattern([]byte(strings.ToLower(t)))
		}
		a, err := builder.Build()
		if err != nil {
			return nil, err
		}
		var low []byte
		return func(it *news.Item) (found int) {
			for _, text := range []string{it.Title, it.Body} {
				low = appendLower(low[:0], text)
				for _, m := range a.FindAllOverlapping(low) {
					if isWhole(low, m.Start, m.End) {
						found++
					}
				}
			}
			return found
		}, nil
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

// goRegexp asks one regular expression for all terms as whole words.
func goRegexp(terms []string) func() (counter, error) {
	return func() (counter, error) {
		quoted := make([]string, len(terms))
		for i, t := range terms {
			quoted[i] = regexp.QuoteMeta(t)
		}
		re, err := regexp.Compile(`(?i)\b(?:` + strings.Join(quoted, "|") + `)\b`)
		if err != nil {
			return nil, err
		}
		return func(it *news.Item) int {
			return len(re.FindAllStringIndex(it.Title, -1)) + len(re.FindAllStringIndex(it.Body, -1))
		}, nil
	}
}
