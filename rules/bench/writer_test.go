package bench

import (
	"math"
	"math/rand/v2"
	"strings"
)

// writer writes sentences.
type writer struct {
	r     *rand.Rand
	words []string // frequent ones first
	names []name   // frequent ones first
	gaps  table    // what parts words besides spaces, by the thousand words
	ends  table    // of sentences
	marks int      // the sum of gaps
	named int      // names in a thousand words
	count int      // numbers in a thousand words
	mean  int      // words of a sentence
	flat  float64  // how much the most frequent words are not above the others
}

// name is a person, or with no title a place or an organisation.
type name struct {
	title, first, middle, last string
	cases                      table
}

func (n name) pair() string { return n.first + " " + n.last }

// mention names one as news does: two thirds of the names in it are one word,
// and one in five two words.
func (n name) mention(r *rand.Rand) string {
	last := n.last
	if len(n.cases.parts) > 0 {
		last += n.cases.draw(r)
	}
	switch k := r.IntN(100); {
	case k < 67 || n.first == "":
		return last
	case k < 73 && n.title != "":
		return n.title + " " + last
	case k < 89:
		return n.first + " " + last
	case k < 95 && n.title != "":
		return n.title + " " + n.first + " " + last
	case n.middle != "":
		return n.first + " " + n.middle + " " + last
	}
	return n.first + " " + last
}

func (w *writer) article(size int) string {
	var b strings.Builder
	for b.Len() < size {
		for range 1 + w.r.IntN(3) {
			b.WriteString(w.sentence(w.mean/2 + w.r.IntN(w.mean)))
			b.WriteString(w.ends.draw(w.r))
		}
		b.WriteString("\n\n")
	}
	return strings.TrimSpace(b.String())
}

func (w *writer) sentence(n int) string {
	var b strings.Builder
	b.WriteString(capital(w.word()))
	for range n - 1 {
		if w.r.IntN(1000) < w.marks {
			b.WriteString(w.gaps.draw(w.r))
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(w.word())
	}
	return b.String()
}

func (w *writer) word() string {
	switch k := w.r.IntN(1000); {
	case k < w.named:
		return w.names[zipf(w.r, len(w.names), 2)].mention(w.r)
	case k < w.named+w.count:
		return numbers[w.r.IntN(len(numbers))]
	}
	return w.words[zipf(w.r, len(w.words), w.flat)]
}

// zipf draws a rank under n, each about as often as one over the rank and q. The
// higher q, the less is the first above the others.
func zipf(r *rand.Rand, n int, q float64) int {
	return int(q*math.Exp(r.Float64()*math.Log(float64(n)/q+1)) - q)
}

func capital(s string) string {
	first := []rune(s)
	return strings.ToUpper(string(first[:1])) + string(first[1:])
}

func newEnglishWriter(r *rand.Rand) *writer {
	gaps := newTable(`,_46 -12 ’s_9 's_6 _“5 ”_3 _"4 "_4 _(2 )_2 —2 _–_1 :_2 ;_1 n’t_1 ._2`)
	words := english.vocabulary(r, 24_000, strings.Fields(functionWords))
	return &writer{
		r: r, gaps: gaps, marks: gaps.upTo[len(gaps.upTo)-1], named: 112, count: 20, mean: 22, flat: 1,
		ends:  newTable(`._88 ?_1 .”_4 ,”_he_said._3 ."_3 ,"_she_said._1`),
		words: words,
		names: englishNames(r, 20_000, words),
	}
}

func newRussianWriter(r *rand.Rand) *writer {
	gaps := newTable(`,_78 -12 _«9 »_7 _—_7 _–_3 _(4 )_4 _"6 "_6 :_4 ._6`)
	return &writer{
		r: r, gaps: gaps, marks: gaps.upTo[len(gaps.upTo)-1], named: 65, count: 45, mean: 16, flat: 4,
		ends:  newTable(`._90 »._8 ?_1`),
		words: russian.vocabulary(r, 16_000, strings.Fields(russianWords)),
		names: russianNames(r, 4_000),
	}
}

// englishNames has persons, whose given names repeat, places, organisations and
// abbreviations. Nearly half of the names end in a word that texts have in lower
// case too, and nearly half begin with one.
func englishNames(r *rand.Rand, n int, words []string) []name {
	made := func() string {
		return capital(english.with(english.stem(r, 1+r.IntN(2)), english.surname.draw(r)))
	}
	words = words[60:] // no articles and prepositions
	word := func() string { return capital(words[zipf(r, len(words), 150)]) }
	first := make([]string, 1_500)
	for i := range first {
		first[i] = made()
	}
	names := make([]name, n)
	for i := range names {
		switch k := r.IntN(100); {
		case k < 50:
			names[i] = name{first: first[zipf(r, len(first), 20)], last: made()}
			if r.IntN(3) == 0 {
				names[i].title, names[i].middle = titles.draw(r), first[r.IntN(len(first))]
			}
		case k < 60:
			names[i] = name{first: word(), last: made()}
		case k < 94:
			names[i] = name{first: word(), middle: word(), last: word()}
		default:
			names[i] = name{last: strings.ToUpper(string([]rune(made() + "tan")[:3]))}
		}
	}
	return names
}

func russianNames(r *rand.Rand, n int) []name {
	given := make([]string, 200)
	for i := range given {
		given[i] = capital(russian.stem(r, 2))
	}
	names := make([]name, n)
	for i := range names {
		last := capital(russian.with(russian.stem(r, 1+r.IntN(2)), russian.surname.draw(r)))
		runes := []rune(last)
		names[i] = name{first: given[zipf(r, len(given), 5)], last: last, cases: russian.cases[string(runes[len(runes)-1:])]}
	}
	return names
}

var titles = newTable(`President30 Mr.25 Senator20 Ms.8 Rep.10 Sen.10 Judge8 Secretary8 Minister8 General6 Dr.6
	Prime_Minister6 Governor5 Chief4`)

var numbers = strings.Fields(`10 20 30 100 2 3 4 5 6 8 11 12 15 20 24 50 60 90 1.5 2.4 $2 $1.5 $100 5% 20% 3.5%
	25,000 1,200 100,000 1984 1991 2001 2008 2012 2016 2019 2020 2024`)

// functionWords has the most frequent words of English first.
const functionWords = `the to of and a in that for is on he was it with as his said has at be by have from not are but an who they this
	will we about had would their were or more been i its which than up people when if one you all out there what no
	after can so could also her other she some new president into him only them just like our over my because state
	now most how government time two first where those years should last against before even many do during while
	did any public political say then make campaign states being former law these week get think country going every
	says house way told through under between news support work police plan back made me party off may three much
	well national take know group media go report down see still don right your such day since same own month
	percent long court million call including used good us women health until another use around war end each does
	place life came both men part need set want here home never world second next show less high few might later too
	point case big money help office old left very year must according without members security number whether
	already again school city family ago called`

const russianWords = `в и на не с что по как из за о от это к для его он но был а также до после сообщил у бы так под или
	их было будет уже более при заявил году тем того этом если года только она они может все мы я время том которые
	который которая чтобы со есть были ее была еще же этого между во даже где когда без ранее сейчас через можно нет
	лет людей человек пока этой дня тысяч первый стал стали ему ним свою всех один два три перед тогда очень`
