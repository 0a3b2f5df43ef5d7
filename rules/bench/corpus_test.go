package bench

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"

	"newswatch/news"
)

// corpusBytes is the size of the corpus: several times the cache of a core.
const corpusBytes = 8 << 20

// Corpus is text that has the shape of news, and phrases that may stand in it.
type Corpus struct {
	Items []*news.Item
	Bytes int
	names []string // frequent ones first
	words []string
}

func (c *Corpus) add(it *news.Item) {
	c.Items = append(c.Items, it)
	c.Bytes += size(it)
}

func size(it *news.Item) int { return len(it.Title) + len(it.Body) }

// NewCorpus generates the same corpus each time. What it imitates was counted in
// 2.9 MB of English and 0.5 MB of Russian news, except where a size is given:
//
//   - Articles are log-normal from 0.5 to 10 KB, 3.1 KB in the mean, and a tenth of
//     all bytes is not ASCII: one article in ten is Russian.
//   - English words are 5.0 letters in the mean, 6.1 bytes with what parts them;
//     Russian ones 6.2 letters, 13 bytes. Sentences are of 22 and 16 words.
//   - The most frequent word is 5.9% of all, the first 10 are 22%, 100 44%, 1,000 72%.
//   - Of 100 words 9 names begin; two thirds are one word, a fifth two, the rest
//     more. The most frequent name is 2.4% of them, the first 100 are 45%.
//   - 46% of the names end in a word that stands in lower case elsewhere.
//   - Numbers are 2% of the words in English, 5% in Russian.
//   - By 100 words: 5 full stops, 4.6 commas, 1.4 hyphens, 1.8 apostrophes, 2 quotes.
//   - Of the different words 20% end in -s, 10% in -ed, 9% in -ing, 3% in -ly, 2% in
//     -tion and in -al; onsets, vowels and codas are as often as in language_test.go.
func NewCorpus() *Corpus {
	r := rand.New(rand.NewPCG(1, 2))
	english, russian := newEnglishWriter(r), newRussianWriter(r)
	c := &Corpus{words: english.words}
	for i, n := range english.names {
		if n.first != "" {
			c.names = append(c.names, n.pair())
		}
		if k := i / 16; i%16 == 0 && k < len(russian.names) {
			c.names = append(c.names, russian.names[k].pair())
		}
	}
	for c.Bytes < corpusBytes {
		w, lang := english, "en"
		if r.IntN(10) == 0 {
			w, lang = russian, "ru"
		}
		size := math.Exp(7.72 + 0.7*r.NormFloat64())
		c.add(&news.Item{ID: "item", Lang: lang, Title: w.sentence(6 + r.IntN(6)), Body: w.article(int(min(max(size, 500), 10_000)))})
	}
	return c
}

// Terms returns n terms, of which fewer are the first of more. The first is a
// name that the news is full of. Of the others a fifth are single words, the rest
// two to four, and a part stands in the corpus.
func (c *Corpus) Terms(n int) []string {
	r := rand.New(rand.NewPCG(3, 4))
	next := 6
	out := []string{c.name(func() string { next++; return surname(c.names[next-1]) })}
	seen := map[string]bool{out[0]: true}
	for len(out) < n {
		if t := c.term(r); !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

func (c *Corpus) term(r *rand.Rand) string {
	switch k := r.IntN(100); {
	case k < 5:
		return rare(r, c.words)
	case k < 10:
		return c.name(func() string { return surname(rare(r, c.names)) })
	case k < 15:
		return c.name(func() string { return english.word(r) })
	case k < 22:
		return c.name(func() string { return capital(english.word(r)) })
	case k < 42:
		return rare(r, c.names)
	case k < 85:
		return c.recombined(r)
	}
	return rare(r, c.words) + " " + rare(r, c.words) + " " + rare(r, c.words)
}

// rare takes none of the most frequent ones.
func rare(r *rand.Rand, all []string) string {
	skip := len(all) / 10
	return all[skip+r.IntN(len(all)-skip)]
}

// name draws until it has what stands for something by itself.
func (c *Corpus) name(draw func() string) string {
	for {
		if s := draw(); c.isName(s) {
			return s
		}
	}
}

// isName says that a word is no frequent one by itself.
func (c *Corpus) isName(s string) bool {
	return len(s) >= 4 && !slices.Contains(c.words[:len(c.words)/10], strings.ToLower(s))
}

// recombined makes a name of two to four words of names in the same letters.
func (c *Corpus) recombined(r *rand.Rand) string {
	a, b := rare(r, c.names), rare(r, c.names)
	for (a[0] < utf8.RuneSelf) != (b[0] < utf8.RuneSelf) {
		b = rare(r, c.names)
	}
	switch k := r.IntN(43); {
	case k < 28:
		return given(a) + " " + surname(b)
	case k < 38:
		return a + " " + surname(b)
	}
	return a + " " + b
}

func given(name string) string { return name[:strings.IndexByte(name, ' ')] }

func surname(name string) string { return name[strings.IndexByte(name, ' ')+1:] }
