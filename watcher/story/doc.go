package story

import (
	"math"
	"strings"

	"newswatch/news"
)

const (
	leadWords  = 120 // words of a body that are compared: the news stands at its start
	titleWords = 40
	// leadless is how many words of the body stand in for a missing headline.
	leadless = 12
	// maxEntities bounds the desk's entities of one item that are compared.
	maxEntities = 32
)

// doc is an item as the comparison sees it.
type doc struct {
	lang    *language
	entries []entry
	text    bool // has a body of more than a few words
}

// entry is one distinct word of a doc.
type entry struct {
	slot  int32
	tf    uint8 // weight in the text: grows with the square root of the mentions
	flags uint8
}

const (
	inTitle uint8 = 1 << iota
	isName        // a name or a number
	isNumber
)

// mention is the weight of one mention in the headline.
const mention = 32

// draft is a doc while it is made, with the words as they stood.
type draft struct {
	lex   *lexicon
	learn bool
	doc   doc
	at    map[int32]int // slot -> index in entries and raws
	raws  []string
	after []bool // the word stood right after the one of the index before
}

// read makes the doc of an item. The raw words of its entries come with it,
// for the reasons.
//
// With learn, how its words are written is remembered.
func (l *lexicon) read(it *news.Item, entities []string, outlets map[string]bool, learn bool) *draft {
	title := split(stripOutlet(it.Title, it.Publisher, outlets), titleWords)
	body := split(it.Body, leadWords)
	d := &draft{lex: l, learn: learn, at: make(map[int32]int, 64)}
	d.doc.lang = l.language(languageOf(it.Lang, title, body))
	d.doc.text = len(body) > leadless
	if len(title) == 0 {
		title = body[:min(len(body), leadless)]
	}
	d.add(title, isTitleCase(title), true)
	d.add(body, false, false)
	for _, id := range entities[:min(len(entities), maxEntities)] {
		d.put(l.slot(d.doc.lang, "\x01"+id), "", 1, isName, false)
	}
	for i := range d.doc.entries {
		e := &d.doc.entries[i]
		e.tf = uint8(math.Round(64 * math.Sqrt(float64(e.tf)/mention)))
	}
	return d
}

// add takes the words of the title or of the body in.
func (d *draft) add(words []word, titleCase, title bool) {
	adjacent := false
	for i, w := range words {
		if d.doc.lang.stop[w.key] || len(w.key) < 2 && !w.number {
			adjacent = false
			continue
		}
		slot := d.lex.slot(d.doc.lang, d.doc.lang.base(w.key))
		weight, flags := 1.0, uint8(0)
		if title {
			flags = inTitle
		} else {
			weight = 1 - 0.8*float64(i)/leadWords
		}
		if d.lex.terms[slot].name(w, titleCase) {
			flags |= isName
		}
		if w.number {
			flags |= isNumber
		}
		if d.learn {
			d.lex.terms[slot].note(w, titleCase)
		}
		d.put(slot, w.raw, weight, flags, adjacent)
		adjacent = true
	}
}

// put adds weight to the entry of a word.
func (d *draft) put(slot int32, raw string, weight float64, flags uint8, adjacent bool) {
	w := uint8(math.Round(weight * mention))
	i, ok := d.at[slot]
	if !ok {
		d.at[slot] = len(d.doc.entries)
		d.doc.entries = append(d.doc.entries, entry{slot: slot, tf: w, flags: flags})
		d.raws = append(d.raws, raw)
		d.after = append(d.after, adjacent)
		return
	}
	e := &d.doc.entries[i]
	e.tf = uint8(min(int(e.tf)+int(w), 3*mention)) // a fourth mention says no more
	e.flags |= flags
}

// note learns how a word is written where a capital letter means a name.
func (t *term) note(w word, titleCase bool) {
	if w.opening || titleCase || w.number {
		return
	}
	if w.upper {
		t.upper++
	} else {
		t.lower++
	}
}

// name says whether a word is a name or a number here. Where capitals say
// nothing, what was seen before decides; a capitalised word that nobody ever
// wrote small and that is not a common one counts as a name.
func (t *term) name(w word, titleCase bool) bool {
	switch {
	case w.number:
		return true
	case !w.upper:
		return false
	case w.opening || titleCase:
		return t.upper >= t.lower && t.prior == 0
	}
	return true
}

// stripOutlet takes the outlet's name off the end of a headline: " - Outlet",
// " | Outlet". Only names that are known as outlets are taken off.
func stripOutlet(title, publisher string, outlets map[string]bool) string {
	for _, sep := range []string{" - ", " | ", " – ", " — "} {
		i := strings.LastIndex(title, sep)
		if i <= 0 {
			continue
		}
		tail := outletKey(title[i+len(sep):])
		if tail != "" && (tail == outletKey(publisher) || outlets[tail]) {
			return title[:i]
		}
	}
	return title
}

// outletKey is the form in which names of outlets are compared.
func outletKey(name string) string {
	var b strings.Builder
	for _, w := range split(name, 8) {
		if w.key != "the" {
			b.WriteString(w.key)
		}
	}
	return b.String()
}
