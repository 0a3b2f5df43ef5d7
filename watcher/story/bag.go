package story

import (
	"maps"
	"math"
	"slices"
	"strings"

	"newswatch/news"
	"newswatch/text"
)

// bag is the words of a text, weighed: the rarer in the language, the heavier.
// It knows nothing of the stream, unlike the grouper's comparison: what stands in
// a story must be told the same after a restart. It is in the order of the words:
// sums in that of a map would tell two texts that say the same apart by chance.
type bag []weighed

type weighed struct {
	key    string
	weight float64
}

func newBag(weights map[string]float64) bag {
	b := make(bag, 0, len(weights))
	for _, key := range slices.Sorted(maps.Keys(weights)) {
		b = append(b, weighed{key, weights[key]})
	}
	return b
}

// bag weighs the words of an item's headline and of the start of its body.
func (v *Judge) bag(it *news.Item) bag {
	title, body := split(it.Title, titleWords), split(it.Body, leadWords)
	return v.bagOf(languageOf(it.Lang, title, body), slices.Concat(title, body))
}

// bagOf weighs words of a language: with their rarity, and the root of how often
// they stand there.
func (v *Judge) bagOf(lang string, words []word) bag {
	l := v.lex.langs[lang]
	weights := make(map[string]float64, len(words))
	for _, w := range words {
		weight := math.Log(priorDocs + 1)
		if l != nil {
			if l.stop[w.key] {
				continue
			}
			weight -= math.Log(float64(l.prior[w.key]) + 1)
		}
		weights[w.key] += weight * weight
	}
	b := newBag(weights)
	for i := range b {
		b[i].weight = math.Sqrt(b[i].weight)
	}
	return b
}

func (b bag) cosine(o bag) float64 {
	dot := 0.0
	for i, k := 0, 0; i < len(b) && k < len(o); {
		switch c := strings.Compare(b[i].key, o[k].key); {
		case c < 0:
			i++
		case c > 0:
			k++
		default:
			dot += b[i].weight * o[k].weight
			i, k = i+1, k+1
		}
	}
	return over(dot, b.norm(), o.norm())
}

// norm is the squared length.
func (b bag) norm() float64 {
	sum := 0.0
	for _, w := range b {
		sum += w.weight * w.weight
	}
	return sum
}

func firstSentence(body string) string {
	for s := range text.Sentences(strings.TrimSpace(body)) {
		return s
	}
	return ""
}
