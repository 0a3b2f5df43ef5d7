package story

import (
	"math"
	"slices"
	"strings"

	"newswatch/news"
	"newswatch/text"
)

// bag is the words of a text, weighed: the rarer in the language, the heavier.
// It knows nothing of the stream, unlike the grouper's comparison: what stands in
// a story must be told the same after a restart.
type bag map[string]float64

// bag weighs the words of an item's headline and of the start of its body.
func (v *Judge) bag(it *news.Item) bag {
	title, body := split(it.Title, titleWords), split(it.Body, leadWords)
	return v.bagOf(languageOf(it.Lang, title, body), slices.Concat(title, body))
}

// bagOf weighs words of a language: with their rarity, and the root of how often
// they stand there.
func (v *Judge) bagOf(lang string, words []word) bag {
	l := v.lex.langs[lang]
	b := make(bag, len(words))
	for _, w := range words {
		weight := math.Log(priorDocs + 1)
		if l != nil {
			if l.stop[w.key] {
				continue
			}
			weight -= math.Log(float64(l.prior[w.key]) + 1)
		}
		b[w.key] += weight * weight
	}
	for k, w := range b {
		b[k] = math.Sqrt(w)
	}
	return b
}

func (b bag) cosine(o bag) float64 {
	dot := 0.0
	for k, w := range b {
		dot += w * o[k]
	}
	return over(dot, b.norm(), o.norm())
}

// norm is the squared length.
func (b bag) norm() float64 {
	sum := 0.0
	for _, w := range b {
		sum += w * w
	}
	return sum
}

func firstSentence(body string) string {
	for s := range text.Sentences(strings.TrimSpace(body)) {
		return s
	}
	return ""
}
