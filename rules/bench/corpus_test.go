package bench

import (
	"math"
	"math/rand/v2"
	"strings"

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

// NewCorpus generates the same corpus each time. What it imitates was counted
// in English and Russian agency texts: six bytes a word with what parts it, a
// comma or full stop each twelve words, a name each ten, one byte in ten not
// ASCII, articles of 3 KB in the mean and up to 30 KB.
func NewCorpus() *Corpus {
	r := rand.New(rand.NewPCG(1, 2))
	latin := vocabulary(r, 20_000, latinSyllables)
	cyrillic := vocabulary(r, 8_000, cyrillicSyllables)
	c := &Corpus{words: latin}
	for range 30_000 {
		name := capital(latin[r.IntN(len(latin))]) + " " + capital(latin[len(latin)/4+r.IntN(3*len(latin)/4)])
		c.names = append(c.names, name)
	}
	english := writer{r: r, common: strings.Fields(functionWords), words: latin, names: c.names, quotes: true}
	russian := writer{r: r, common: strings.Fields(russianWords), words: cyrillic, names: cyrillicNames(r, cyrillic)}
	for c.Bytes < corpusBytes {
		w, lang := &english, "en"
		if r.IntN(11) == 0 {
			w, lang = &russian, "ru"
		}
		size := int(math.Exp(7.7 + 0.75*r.NormFloat64()))
		c.add(&news.Item{ID: "item", Lang: lang, Title: w.sentence(8), Body: w.article(min(size, 30_000))})
	}
	return c
}

// Terms returns n terms: a fifth single words, the rest phrases of two to four,
// of which a part stands in the corpus and most do not.
func (c *Corpus) Terms(n int) []string {
	r := rand.New(rand.NewPCG(3, uint64(n)))
	seen := make(map[string]bool, n)
	out := make([]string, 0, n)
	for len(out) < n {
		var t string
		switch k := r.IntN(100); {
		case k < 22:
			t = c.words[len(c.words)/3+r.IntN(2*len(c.words)/3)]
			if r.IntN(8) > 0 {
				t += latinSyllable(r) + latinSyllable(r)
			}
		case k < 45:
			t = c.names[len(c.names)/8+r.IntN(7*len(c.names)/8)]
		case k < 80:
			t = surname(c.names[r.IntN(len(c.names))]) + " " + surname(c.names[r.IntN(len(c.names))])
		default:
			t = c.words[r.IntN(len(c.words))] + " " + c.words[r.IntN(len(c.words))] + " " + c.words[r.IntN(len(c.words))]
		}
		if !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

func surname(name string) string { return name[strings.IndexByte(name, ' ')+1:] }

// writer writes sentences.
type writer struct {
	r      *rand.Rand
	common []string
	words  []string
	names  []string
	quotes bool
}

func (w *writer) article(size int) string {
	var b strings.Builder
	for b.Len() < size {
		for range 1 + w.r.IntN(4) {
			b.WriteString(w.sentence(8 + w.r.IntN(24)))
			b.WriteString(w.end())
		}
		b.WriteString("\n\n")
	}
	return strings.TrimSpace(b.String())
}

func (w *writer) end() string {
	switch w.r.IntN(12) {
	case 0:
		return "? "
	case 1:
		if w.quotes {
			return ",” he said. "
		}
		return "». "
	}
	return ". "
}

func (w *writer) sentence(n int) string {
	var b strings.Builder
	b.WriteString(capital(w.word()))
	for range n {
		b.WriteString(w.gap())
		b.WriteString(w.word())
	}
	return b.String()
}

func (w *writer) gap() string {
	switch k := w.r.IntN(200); {
	case k < 12:
		return ", "
	case k < 14:
		return " “"
	case k < 16:
		return "” "
	case k < 18:
		return " – "
	case k < 21:
		return "-"
	case k < 22:
		return " ("
	case k < 23:
		return ") "
	case k < 27 && w.quotes:
		return "’s "
	case k < 29 && w.quotes:
		return "'s "
	}
	return " "
}

func (w *writer) word() string {
	switch k := w.r.IntN(100); {
	case k < 43:
		return w.common[zipf(w.r, len(w.common))]
	case k < 52:
		return w.names[zipf(w.r, len(w.names))]
	case k < 54:
		return digits(w.r)
	}
	return w.words[zipf(w.r, len(w.words))]
}

func digits(r *rand.Rand) string {
	return [...]string{"2024", "19", "7", "3.5", "100,000", "12", "60", "1991"}[r.IntN(8)]
}

// zipf draws a rank under n, each about as often as one over the rank.
func zipf(r *rand.Rand, n int) int {
	return int(math.Exp(r.Float64()*math.Log(float64(n+1)))) - 1
}

// vocabulary makes words of two to four syllables, shorter ones first.
func vocabulary(r *rand.Rand, n int, syllable func(*rand.Rand) string) []string {
	seen := map[string]bool{}
	out := make([]string, 0, n)
	for len(out) < n {
		w := syllable(r) + syllable(r)
		for k := r.IntN(3*n) - n; k < len(out)-n/3; k += n / 2 {
			w += syllable(r)
		}
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

func latinSyllables(r *rand.Rand) string { return latinSyllable(r) }

func latinSyllable(r *rand.Rand) string {
	const heads, vowels = "bcdfghklmnprstvw", "aeiouy"
	s := string(heads[r.IntN(len(heads))]) + string(vowels[r.IntN(len(vowels))])
	if r.IntN(3) == 0 {
		s += string("nrslt"[r.IntN(5)])
	}
	if r.IntN(200) == 0 {
		s += "é"
	}
	return s
}

func cyrillicSyllables(r *rand.Rand) string {
	heads, vowels := []rune("бвгдзклмнпрстх"), []rune("аеиоуя")
	return string(heads[r.IntN(len(heads))]) + string(vowels[r.IntN(len(vowels))])
}

func cyrillicNames(r *rand.Rand, words []string) []string {
	var out []string
	for range 5_000 {
		out = append(out, capital(words[r.IntN(len(words))])+" "+capital(words[r.IntN(len(words))]))
	}
	return out
}

func capital(s string) string {
	first := []rune(s)
	return strings.ToUpper(string(first[:1])) + string(first[1:])
}

const functionWords = `the of to and a in that is was for on with as by at he it from his be an are has
	have said not but they will its who were this which their had been or after one would more she about
	when than up we two people out all government new also could over last first told no some into other
	can president year years officials before if there what only against where most many during so him
	being between under while state them country made since war now military may then because three any`

const russianWords = `в и на не что с по как из за о от это к для его он но был также до после сообщил
	у бы так под или их было будет уже более при заявил году тем того этом если`
