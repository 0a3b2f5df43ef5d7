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
	model    *Model
	joins    features[evidence]
	merges   features[bridge]
	asked    []float64 // scratch: what the trees are asked with
	at       time.Time // zero: unknown
	logDocs  float64
	weight   []slotWord // by slot; only those with stamp == turn hold
	turn     uint32
	normText float64
	normHead float64
	normName float64
	normBoth float64 // of the names in the headline

	titleWords int
	numbers    bool // in the headline
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
	rare, rare2      float64 // weights of the two rarest shared words, of which one stands in a headline
	numbers          float64 // summed weight of the shared numbers
	clash            bool    // both headlines hold numbers, and share none
	cover            float64 // share of the words of each headline that the other has anywhere
	nameCover        float64 // of the names and numbers among them
	strangers        bool    // both headlines hold names, and share none with the other
}

// rank orders members by how alike they are.
func (l *likeness) rank() float64 { return l.text + l.head/2 + l.name/4 }

// load makes d the item under comparison.
func (q *query) load(d *draft, at time.Time) {
	q.draft, q.at = d, at
	q.turn++
	q.logDocs = d.doc.lang.logDocs()
	if n := len(d.lex.terms); len(q.weight) < n {
		q.weight = append(q.weight, make([]slotWord, n-len(q.weight)+n/4)...)
	}
	q.titleWords = 0
	var t totals
	for i, e := range d.doc.entries {
		q.weight[e.slot] = slotWord{turn: q.turn, tf: e.tf, flags: e.flags, index: int32(i)}
		t.count(e, q.idf(e.slot))
		if e.flags&inTitle != 0 {
			q.titleWords++
		}
	}
	q.normText, q.normHead, q.normName, q.normBoth, q.numbers = t.text, t.head, t.name, t.both, t.numbers
}

func (q *query) idf(slot int32) float64 {
	return max(q.logDocs-q.lex.terms[slot].logDF, 0)
}

// compare says how alike the item under comparison and d are.
func (q *query) compare(d *doc) likeness {
	var l likeness
	var t totals
	for _, e := range d.entries {
		idf := q.idf(e.slot)
		t.count(e, idf)
		if w := q.weight[e.slot]; w.turn == q.turn {
			l.share(e, w, idf)
			t.cover(e, w, idf)
		}
	}
	l.text = over(l.text, t.text, q.normText)
	l.head = over(l.head, t.head, q.normHead)
	l.name = over(l.name, t.name, q.normName)
	for _, v := range [...]*float64{&l.shared, &l.sharedName, &l.rare, &l.rare2, &l.numbers} {
		*v /= q.logDocs
	}
	l.cover = (part(t.mine, q.normHead) + part(t.theirs, t.head)) / 2
	l.nameCover = (part(t.myNames, q.normBoth) + part(t.theirNames, t.both)) / 2
	l.strangers = q.normBoth > 0 && t.both > 0 && l.nameCover == 0
	l.clash = q.numbers && t.numbers && !t.sameNumber
	return l
}

// totals are what is summed over the words of a doc.
type totals struct {
	text, head, name, both float64 // squared lengths
	mine, theirs           float64 // of my headline's words that d has, and the reverse
	myNames, theirNames    float64
	numbers, sameNumber    bool // in the headline
}

func (t *totals) count(e entry, idf float64) {
	sq, a := idf*idf, float64(e.tf)
	t.text += a * a * sq
	if e.flags&inTitle != 0 {
		t.head += sq
		t.numbers = t.numbers || e.flags&isNumber != 0
	}
	if e.flags&isName != 0 {
		t.name += sq
	}
	if e.flags&(inTitle|isName) == inTitle|isName {
		t.both += sq
	}
}

func (t *totals) cover(e entry, w slotWord, idf float64) {
	sq := idf * idf
	if w.flags&inTitle != 0 {
		t.mine += sq
	}
	if e.flags&inTitle != 0 {
		t.theirs += sq
		t.sameNumber = t.sameNumber || e.flags&isNumber != 0
	}
	if w.flags&(inTitle|isName) == inTitle|isName {
		t.myNames += sq
	}
	if e.flags&(inTitle|isName) == inTitle|isName {
		t.theirNames += sq
	}
}

// share takes in a word that both have.
func (l *likeness) share(e entry, w slotWord, idf float64) {
	sq := idf * idf
	l.text += float64(e.tf) * float64(w.tf) * sq
	l.shared += idf
	if e.flags&w.flags&inTitle != 0 {
		l.head += sq
	}
	if e.flags&w.flags&isName != 0 {
		l.name += sq
		l.sharedName += idf
	}
	if e.flags&w.flags&isNumber != 0 {
		l.numbers += idf
	}
	if (e.flags|w.flags)&inTitle != 0 {
		if idf > l.rare {
			l.rare, l.rare2 = idf, l.rare
		} else if idf > l.rare2 {
			l.rare2 = idf
		}
	}
}

func part(some, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return some / whole
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
	least              float64  // likeness of text to the least alike member
	second             float64  // likeness of text to the second of its members
	headMost           float64  // likeness of headlines to any member
	bestMember         *member
	members            int
	silent             time.Duration // between the item and the story's nearest end; < 0: unknown
	age                time.Duration // between the item and the story's beginning; < 0: unknown
	itemText           bool
	bestText           bool
	nameless           bool
	strangers          bool // to every member
	titleWords, words  int  // of the item
	docs               int  // of its language, that were counted
	nouns              bool // its language writes all nouns with a capital
	ahead              ahead
}

// ahead is by how much a story is more like the item than the next one.
type ahead struct{ centre, best, head float64 }

// weigh compares the item under comparison with a story's members.
func (q *query) weigh(s *story) evidence {
	ev := evidence{
		members: len(s.members), silent: s.gap(q.at), age: s.age(q.at), strangers: true, docs: q.doc.lang.docs, nouns: q.doc.lang.nouns, least: 1,
		itemText: q.doc.text, nameless: q.normName == 0, titleWords: q.titleWords, words: len(q.doc.entries),
	}
	var sum likeness
	top, first := -1.0, 0.0
	for _, m := range s.members {
		l := q.compare(&m.doc)
		ev.strangers = ev.strangers && l.strangers
		sum.text += l.text
		sum.head += l.head
		sum.name += l.name
		ev.headMost = max(ev.headMost, l.head)
		ev.least = min(ev.least, l.text)
		if l.text > first {
			first, ev.second = l.text, first
		} else {
			ev.second = max(ev.second, l.text)
		}
		if rank := l.rank(); rank > top {
			top, ev.best, ev.bestMember = rank, l, m
		}
	}
	if len(s.members) == 1 {
		ev.second = first
	}
	n := float64(len(s.members))
	ev.mean = likeness{text: sum.text / n, head: sum.head / n, name: sum.name / n}
	ev.centre = likeness{
		text: sum.text / root(s.norm.text), head: sum.head / root(s.norm.head), name: sum.name / root(s.norm.name),
	}
	ev.bestText = ev.bestMember.doc.text
	return ev
}

// choice is a story that an item may belong to.
type choice struct {
	story *story
	ev    evidence
	score float64 // 0 to 1
}

// judge scores all stories that an item may belong to, the likeliest first. It is
// the only place where "same story" is decided.
func (q *query) judge(all []choice) {
	compete(all)
	for i := range all {
		q.asked = q.joins.of(&all[i].ev, q.asked[:0])
		all[i].score = q.model.Join.Score(q.asked) * all[i].ev.common()
	}
	slices.SortStableFunc(all, func(a, b choice) int { return cmp.Compare(b.score, a.score) })
}

// Under these a score counts in proportion only: what has little in common is not
// one story, however near in time and however alone.
const (
	leastBest   = 0.08 // likeness to the most alike member
	leastShared = 0.8  // words in common, counting one that nobody else uses as 1
	// Two events of one kind stay two: headlines that name other people, places and
	// numbers must be all the more alike.
	leastStrangers = 0.8

	// A person or a place alone is no event: words that name nothing are asked for too,
	// more of them where there are texts to share them.
	leastPlain     = 0.25
	leastPlainText = 0.6
	established    = 2 // members

	// A stream is young for so many documents. What is common in it is hardly known
	// yet, so that more in common is asked for, by these at the very start.
	youth      = 100
	moreBest   = 0.17
	moreShared = 1.7
)

// common is the share of its score that the evidence is worth, 0 to 1.
func (ev *evidence) common() float64 {
	young := 1 - min(float64(ev.docs)/youth, 1)
	best, shared := leastBest+young*moreBest, leastShared+young*moreShared
	if ev.strangers && ev.best.clash {
		best = leastStrangers
	}
	return min(1, ev.best.text/best) * min(1, ev.best.shared/shared) * ev.plain()
}

// plain is the share of the score that the shared words are worth by what they say
// beside names. Of headlines, which share little, it is asked only until a story is
// established.
func (ev *evidence) plain() float64 {
	least := 0.0
	switch {
	case ev.nouns: // a capital letter names nothing
	case ev.itemText && ev.bestText:
		least = leastPlainText
	case ev.members < established:
		least = leastPlain
	}
	if shared := ev.best.shared - ev.best.sharedName; shared < least {
		return shared / least
	}
	return 1
}

// compete tells each of the stories that an item may belong to how far it is
// ahead of the best of the others.
func compete(all []choice) {
	for i := range all {
		var rest ahead
		for k := range all {
			if k != i {
				o := &all[k].ev
				rest = ahead{max(rest.centre, o.centre.text), max(rest.best, o.best.text), max(rest.head, o.best.head)}
			}
		}
		ev := &all[i].ev
		ev.ahead = ahead{ev.centre.text - rest.centre, ev.best.text - rest.best, ev.best.head - rest.head}
	}
}

func root(sq float64) float64 { return math.Sqrt(max(sq, 1)) }

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
	all := []choice{{story: other, ev: ev}}
	g.query.judge(all)
	v := Verdict{Same: all[0].score >= g.threshold, Score: all[0].score, Why: g.query.why(ev)}
	if why := g.copies.same(&a, &b); why != "" {
		return Verdict{Same: true, Score: 1, Why: why}
	}
	return v
}
