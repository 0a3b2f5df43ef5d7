package story

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"newswatch/news"
)

// Verdict is the answer to "do these two tell the same story".
type Verdict struct {
	Same  bool
	Score float64 // 0 to 1
	Why   string  // in words
}

// query is an item under comparison, laid out by the words' places so that a
// kept member is compared in one walk over its own entries.
type query struct {
	*draft
	model    *model
	at       time.Time // zero: unknown
	logDocs  float64
	weight   []slotWord // by slot; only those with stamp == turn hold
	turn     uint32
	normText float64
	normHead float64
	normName float64
	normBoth float64 // of the names in the headline
}

type slotWord struct {
	turn  uint32
	tf    uint8
	flags uint8
	index int32 // in draft.doc.entries
}

// likeness is how alike two docs are: cosines over all words, the words of the
// headlines, and the names and numbers.
type likeness struct {
	text, head, name float64
	shared           float64 // summed weight of the distinct shared words
	sharedName       float64 // of the names and numbers among them
	cover            float64 // share of the words of each headline that the other has anywhere
	nameCover        float64 // of the names and numbers among them
	strangers        bool    // both headlines hold names, and share none with the other
}

// load makes d the item under comparison.
func (q *query) load(d *draft, at time.Time) {
	q.draft, q.at = d, at
	q.turn++
	q.logDocs = d.doc.lang.logDocs()
	if n := len(d.lex.terms); len(q.weight) < n {
		q.weight = append(q.weight, make([]slotWord, n-len(q.weight)+n/4)...)
	}
	var text, head, name, both float64
	for i, e := range d.doc.entries {
		q.weight[e.slot] = slotWord{turn: q.turn, tf: e.tf, flags: e.flags, index: int32(i)}
		idf := q.idf(e.slot)
		a := float64(e.tf) * idf
		text += a * a
		if e.flags&inTitle != 0 {
			head += idf * idf
		}
		if e.flags&isName != 0 {
			name += idf * idf
		}
		if e.flags == inTitle|isName {
			both += idf * idf
		}
	}
	q.normText, q.normHead, q.normName, q.normBoth = text, head, name, both
}

func (q *query) idf(slot int32) float64 {
	return max(q.logDocs-q.lex.terms[slot].logDF, 0)
}

// compare says how alike the item under comparison and d are.
func (q *query) compare(d *doc) likeness {
	var l likeness
	var text, head, name, both float64
	var mine, theirs, myNames, theirNames float64
	for _, e := range d.entries {
		idf := q.idf(e.slot)
		sq := idf * idf
		a := float64(e.tf)
		text += a * a * sq
		if e.flags&inTitle != 0 {
			head += sq
		}
		if e.flags&isName != 0 {
			name += sq
		}
		if e.flags == inTitle|isName {
			both += sq
		}
		w := q.weight[e.slot]
		if w.turn != q.turn {
			continue
		}
		l.text += a * float64(w.tf) * sq
		l.shared += idf
		if e.flags&w.flags&inTitle != 0 {
			l.head += sq
		}
		if e.flags&w.flags&isName != 0 {
			l.name += sq
			l.sharedName += idf
		}
		if w.flags&inTitle != 0 {
			mine += sq
		}
		if e.flags&inTitle != 0 {
			theirs += sq
		}
		if w.flags == inTitle|isName {
			myNames += sq
		}
		if e.flags == inTitle|isName {
			theirNames += sq
		}
	}
	l.text = over(l.text, text, q.normText)
	l.head = over(l.head, head, q.normHead)
	l.name = over(l.name, name, q.normName)
	l.shared /= q.logDocs
	l.sharedName /= q.logDocs
	l.cover = (share(mine, q.normHead) + share(theirs, head)) / 2
	l.nameCover = (share(myNames, q.normBoth) + share(theirNames, both)) / 2
	l.strangers = q.normBoth > 0 && both > 0 && l.nameCover == 0
	return l
}

func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

func over(dot, a, b float64) float64 {
	if dot == 0 {
		return 0
	}
	return dot / math.Sqrt(a*b)
}

// evidence is what speaks for and against an item being of a story.
type evidence struct {
	centre, best, mean likeness // to the story as a whole, its most alike member, all members
	bestMember         *member
	members            int
	silent             time.Duration // between the item and the story's nearest end; < 0: unknown
	itemText           bool
	bestText           bool
	nameless           bool
	strangers          bool // to every member
}

// weigh compares the item under comparison with a story's members.
func (q *query) weigh(s *story) evidence {
	ev := evidence{members: len(s.members), silent: s.gap(q.at), itemText: q.doc.text, nameless: q.normName == 0}
	var sum likeness
	top := -1.0
	ev.strangers = true
	for _, m := range s.members {
		l := q.compare(&m.doc)
		ev.strangers = ev.strangers && l.strangers
		sum.text += l.text
		sum.head += l.head
		sum.name += l.name
		if rank := l.text + l.head/2 + l.name/4; rank > top {
			top, ev.best, ev.bestMember = rank, l, m
		}
	}
	n := float64(len(s.members))
	ev.mean = likeness{text: sum.text / n, head: sum.head / n, name: sum.name / n}
	ev.centre = likeness{
		text: sum.text / root(s.norm.text), head: sum.head / root(s.norm.head), name: sum.name / root(s.norm.name),
	}
	ev.bestText = ev.bestMember.doc.text
	return ev
}

func root(sq float64) float64 { return math.Sqrt(max(sq, 1)) }

// same decides. It is the only place where "same story" is decided.
func (q *query) same(ev evidence, threshold float64) Verdict {
	score := q.model.score(&ev)
	return Verdict{Same: score >= threshold, Score: score}
}

// why puts the reasons into words.
func (q *query) why(ev evidence) string {
	words := q.sharedWords(&ev.bestMember.doc)
	var b strings.Builder
	if len(words) == 0 {
		b.WriteString("shares no words that matter")
	} else {
		b.WriteString("shares " + strings.Join(words, ", "))
	}
	if ev.silent >= 0 {
		b.WriteString("; " + apart(ev.silent))
	}
	return b.String()
}

// maxReasons is how many shared words a reason names.
const maxReasons = 4

// sharedWords are the words both have, the most telling first; neighbours in
// the text stand together ("Abu Dhabi").
func (q *query) sharedWords(d *doc) []string {
	type phrase struct {
		text   string
		weight float64
		last   int
	}
	held := make([]bool, len(q.doc.entries))
	for _, e := range d.entries {
		if w := q.weight[e.slot]; w.turn == q.turn {
			held[w.index] = true
		}
	}
	var phrases []phrase
	for i, e := range q.doc.entries {
		if !held[i] || q.raws[i] == "" {
			continue
		}
		weight := q.idf(e.slot)
		if e.flags&isName != 0 {
			weight *= 1.5
		}
		if n := len(phrases); n > 0 && q.after[i] && phrases[n-1].last == i-1 && e.flags&isName != 0 {
			phrases[n-1].text += " " + q.raws[i]
			phrases[n-1].weight = max(phrases[n-1].weight, weight)
			phrases[n-1].last = i
			continue
		}
		phrases = append(phrases, phrase{q.raws[i], weight, i})
	}
	slices.SortStableFunc(phrases, func(a, b phrase) int { return cmp.Compare(b.weight, a.weight) })
	var texts []string
	for _, p := range phrases[:min(len(phrases), maxReasons)] {
		texts = append(texts, p.text)
	}
	return texts
}

// apart says a distance in time: "3 h apart".
func apart(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min apart", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h apart", int(d.Hours()+0.5))
	}
	return fmt.Sprintf("%d days apart", int(d.Hours()/24+0.5))
}

// Same says whether two items by themselves tell the same story, with what the
// grouper knows of how common each word is.
func (g *Grouper) Same(a, b news.Item) Verdict {
	da, db := g.lex.read(&a, nil, g.outlets, false), g.lex.read(&b, nil, g.outlets, false)
	other := &story{}
	other.keep(&member{id: b.ID, doc: db.doc}, evidence{})
	other.saw(when(&b))
	g.query.load(da, when(&a))
	ev := g.query.weigh(other)
	v := g.query.same(ev, g.threshold)
	v.Why = g.query.why(ev)
	if why := g.copies.same(&a, &b); why != "" {
		return Verdict{Same: true, Score: 1, Why: why}
	}
	return v
}
