package story

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/text"
)

const (
	factTokens = 200    // of a text that facts are read from
	factReach  = 4      // words between a number and what it counts
	tollReach  = 12     // words between a toll and what it has reached
	leastSum   = 10_000 // smaller sums are prices and fees
)

// facts are what a text says that can be held against another: whom it counts,
// which sums and days it names, and what happened.
type facts struct {
	counts []count
	sums   []amount
	days   []day
	events []string // what the text says has happened
	known  []string // what it only mentions: "the arrest", "will sign"
}

// count is a number of people: of what kind ("dead"), and how many.
type count struct {
	kind string
	amount
	corrects bool // its sentence says that it takes the place of another number
}

// day is a day that a text names by its date.
type day struct {
	at   time.Time
	said string
}

// factReader reads facts in one language.
type factReader struct {
	lang                              string
	event, known, mask, hedge, helper *phrases
	turn, parley, condition           *phrases
	counted, doubt, number, scale     *phrases
	toll, reached, some, old, amends  *phrases
	money, month, weekday, noise      *phrases
	correction                        *phrases
}

func newFactReader(v vocabulary, lang string) *factReader {
	list := func(name string) *phrases { return v.list(name, lang) }
	return &factReader{
		lang: lang, event: list("event"), known: list("known"), mask: list("mask"), hedge: list("hedge"), helper: list("helper"),
		turn: list("turn"), parley: list("parley"), condition: list("condition"),
		toll: list("toll"), reached: list("reached"), some: list("some"), old: list("old"), amends: list("amends"),
		counted: list("count"), doubt: list("doubt"), number: list("number"), scale: list("scale"),
		money: list("money"), month: list("month"), weekday: list("weekday"), noise: list("noise"), correction: list("correction"),
	}
}

// read finds the facts of a text that came out at a time.
func (r *factReader) read(said string, at time.Time) facts {
	tokens := tokenize(said, factTokens)
	f := facts{days: r.days(tokens, at)}
	f.known = r.mentioned(tokens)
	if !strings.HasSuffix(strings.TrimSpace(said), "?") { // a question says nothing
		f.events = r.events(tokens)
	}
	for sentence := range runs(tokens, func(t token) int { return t.sentence }) {
		first := len(f.counts)
		for clause := range runs(sentence, func(t token) int { return t.clause }) {
			r.clause(clause, &f)
		}
		f.counts = append(f.counts, r.tolls(sentence)...)
		if r.corrects(sentence) {
			for i := first; i < len(f.counts); i++ {
				f.counts[i].corrects = true
			}
		}
	}
	return f
}

// runs are the parts of a text that have one number in common: its sentences, or
// its clauses.
func runs(tokens []token, number func(token) int) iter.Seq[[]token] {
	return func(yield func([]token) bool) {
		for from := 0; from < len(tokens); {
			to := from + 1
			for to < len(tokens) && number(tokens[to]) == number(tokens[from]) {
				to++
			}
			if !yield(tokens[from:to]) {
				return
			}
			from = to
		}
	}
}

// events are the groups of what happened, not of what may.
func (r *factReader) events(tokens []token) []string {
	var found []string
	hedged := false
	for i := 0; i < len(tokens); i++ {
		if _, n := r.mask.at(tokens, i); n > 0 {
			i += n - 1
			continue
		}
		if _, n := r.hedge.at(tokens, i); n > 0 && r.lang != "en" {
			hedged = true
		}
		group, n := r.eventAt(tokens, i)
		if n == 0 {
			continue
		}
		if !hedged && !r.hedgedAt(tokens, i) && !slices.Contains(found, group) {
			found = append(found, group)
		}
		i += n - 1
	}
	return found
}

// eventAt finds what happened: by a verb that says so of anything, or by one that
// does of talks and agreements, where those are named in the same sentence. "Talks
// in Sarriko collapse" is such a turn, a bridge that collapses is none.
func (r *factReader) eventAt(tokens []token, i int) (group string, length int) {
	if group, length = r.event.at(tokens, i); length > 0 {
		return group, length
	}
	group, length = r.turn.at(tokens, i)
	if length == 0 {
		return "", 0
	}
	of := false
	for j := range tokens {
		if tokens[j].sentence != tokens[i].sentence {
			continue
		}
		if _, n := r.condition.at(tokens, j); n > 0 && j < i {
			return "", 0
		}
		_, n := r.parley.at(tokens, j)
		of = of || n > 0
	}
	if !of {
		return "", 0
	}
	return group, length
}

// mentioned are the groups that a text knows of without saying that they happened.
func (r *factReader) mentioned(tokens []token) []string {
	var found []string
	for i := range tokens {
		if group, n := r.known.at(tokens, i); n > 0 && !slices.Contains(found, group) {
			found = append(found, group)
		}
	}
	return found
}

// hedgedAt says whether the verb at i has not happened: to sign, will not be signed.
func (r *factReader) hedgedAt(tokens []token, i int) bool {
	for j := i - 1; j >= 0 && tokens[j].clause == tokens[i].clause; j-- {
		if _, n := r.hedge.at(tokens, j); n > 0 {
			return true
		}
		if _, n := r.helper.at(tokens, j); n == 0 {
			return false
		}
	}
	return false
}

// clause reads the numbers of one clause: sums, and counts of people, each with
// the word nearest to it. A clause that doubts, or names a year, tells of no
// count of now.
func (r *factReader) clause(tokens []token, f *facts) {
	doubted := r.doubt.has(tokens) || slices.ContainsFunc(tokens, isYear)
	for i := 0; i < len(tokens); i++ {
		a, ok := r.amountAt(tokens, i)
		if !ok {
			continue
		}
		switch {
		case a.money && a.value >= leastSum:
			f.sums = append(f.sums, a)
		case !a.money && !doubted && a.value == float64(int(a.value)) && !r.leadsOff(tokens, i):
			if kind := r.kindNear(tokens, i, i+a.tokens); kind != "" {
				f.counts = append(f.counts, count{kind: kind, amount: a})
			}
		}
		i += a.tokens - 1
	}
}

// leadsOff says whether the words before a number make it an old count, a denied
// one, an age or a time: "rises to 12 from 8", "six, not seven", "dies at 47".
func (r *factReader) leadsOff(tokens []token, i int) bool {
	_, n := r.old.before(tokens, i)
	return n > 0
}

// tolls are the counts of a sentence that a toll has reached, however many words say
// of what: "death toll in the Lindenau ferry accident rises to three".
func (r *factReader) tolls(sentence []token) (found []count) {
	for i := range sentence {
		a, ok := r.amountAt(sentence, i)
		if !ok || a.money || a.value != float64(int(a.value)) {
			continue
		}
		start := i
		if _, n := r.some.before(sentence, i); n > 0 {
			start -= n
		}
		if _, n := r.reached.before(sentence, start); n == 0 {
			continue
		}
		if kind := r.tollBefore(sentence, start); kind != "" {
			found = append(found, count{kind: kind, amount: a})
		}
	}
	return found
}

// tollBefore is what the last toll before a token counts, "" for nothing. A year or
// a doubt between the two makes it another one.
func (r *factReader) tollBefore(sentence []token, i int) string {
	for j := i - 1; j >= max(0, i-tollReach); j-- {
		if _, n := r.doubt.at(sentence, j); n > 0 || isYear(sentence[j]) {
			return ""
		}
		if kind, n := r.toll.at(sentence[:i], j); n > 0 && !r.hedgedAt(sentence, j) {
			return kind
		}
	}
	return ""
}

// How facts.txt calls what takes a number back, "not seven", and what does so only
// where a toll is named, "lower the toll".
const (
	denied = "denied"
	ofToll = "toll"
)

// corrects says whether a sentence takes a number back: "lower the toll to six",
// "six, not seven".
func (r *factReader) corrects(sentence []token) bool {
	for i := range sentence {
		if how, n := r.amends.at(sentence, i); n > 0 && !r.hedgedAt(sentence, i) && (how != ofToll || r.toll.has(sentence)) {
			return true
		}
		if _, ok := r.amountAt(sentence, i); ok {
			if how, n := r.old.before(sentence, i); n > 0 && how == denied {
				return true
			}
		}
	}
	return false
}

func isYear(t token) bool {
	n, err := strconv.Atoi(t.key)
	return err == nil && n >= 1900 && n < 2100 && len(t.key) == 4
}

// kindNear is what the number between two tokens counts, "" for nothing known.
func (r *factReader) kindNear(tokens []token, from, to int) string {
	for d := range factReach + 1 {
		if i := to + d; i < len(tokens) {
			if kind, n := r.counted.at(tokens, i); n > 0 && !r.hedgedAt(tokens, i) {
				return kind
			}
		}
		if i := from - 1 - d; i >= 0 {
			if kind, n := r.counted.at(tokens, i); n > 0 && !r.hedgedAt(tokens, i) {
				return kind
			}
		}
	}
	return ""
}

// days are the days that a text names by day and month: 25 April, April 25. A
// year is the one that brings it nearest to the time of the text.
func (r *factReader) days(tokens []token, at time.Time) []day {
	if at.IsZero() {
		return nil
	}
	var found []day
	for i := range tokens {
		v, n := r.month.at(tokens, i)
		month, err := strconv.Atoi(v)
		if n == 0 || err != nil {
			continue
		}
		for _, j := range []int{i - 1, i + 1} {
			if j < 0 || j == len(tokens) || tokens[j].clause != tokens[i].clause {
				continue
			}
			number, err := strconv.Atoi(strings.TrimRight(tokens[j].key, "stndrh"))
			if err == nil && number >= 1 && number <= 31 {
				lo, hi := min(i, j), max(i, j)
				found = append(found, day{nearestYear(at, month, number), tokens[lo].raw + " " + tokens[hi].raw})
				break
			}
		}
	}
	return found
}

func nearestYear(at time.Time, month, number int) time.Time {
	best := time.Time{}
	for year := at.Year() - 1; year <= at.Year()+1; year++ {
		d := time.Date(year, time.Month(month), number, 0, 0, 0, 0, time.UTC)
		if best.IsZero() || d.Sub(at).Abs() < best.Sub(at).Abs() {
			best = d
		}
	}
	return best
}

// add takes the facts of another text in.
func (f *facts) add(o facts) {
	f.counts = append(f.counts, o.counts...)
	f.sums = append(f.sums, o.sums...)
	f.days = append(f.days, o.days...)
	f.events = union(f.events, o.events)
	f.known = union(f.known, o.known)
}

func union(to, from []string) []string {
	for _, s := range from {
		if !slices.Contains(to, s) {
			to = append(to, s)
		}
	}
	return to
}

// most is the highest count of a kind.
func (f *facts) most(kind string) (most count, ok bool) {
	for _, c := range f.counts {
		if c.kind == kind && c.value > most.value {
			most, ok = c, true
		}
	}
	return most, ok
}

// corrections are the counts that take others back, the highest of each kind.
func (f *facts) corrections() (list []count) {
	for _, n := range f.counts {
		if !n.corrects {
			continue
		}
		switch i := slices.IndexFunc(list, func(o count) bool { return o.kind == n.kind }); {
		case i < 0:
			list = append(list, n)
		case n.value > list[i].value:
			list[i] = n
		}
	}
	return list
}

// account is a member's facts: those of its headline, those of its headline and
// first sentences, and those of the whole text that is read.
type account struct{ head, lead, all facts }

// openingSentences is how many sentences stand for the first ones: news stands
// at the start, background behind it.
const openingSentences = 2

// maxAccounts bounds the accounts that are remembered: a story is looked at again
// with each new member, and its texts are read once.
const maxAccounts = 4096

// account is what a member tells.
func (v *Judge) account(m *news.Member) account {
	if m.Item.Revision == "" {
		return v.readAccount(&m.Item)
	}
	key := [2]string{m.Item.ID, m.Item.Revision}
	v.mu.Lock()
	a, known := v.accounts[key]
	v.mu.Unlock()
	if known {
		return a
	}
	a = v.readAccount(&m.Item)
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.accounts) >= maxAccounts {
		clear(v.accounts)
	}
	v.accounts[key] = a
	return a
}

// readAccount reads an item. Where there is no headline the first sentence is it.
func (v *Judge) readAccount(it *news.Item) account {
	r := v.reader(it)
	at := when(it)
	var a account
	opening := make([]string, 0, openingSentences)
	for s := range text.Sentences(it.Body) {
		if opening = append(opening, s); len(opening) == openingSentences {
			break
		}
	}
	head := it.Title
	if head == "" && len(opening) > 0 {
		head, opening = opening[0], opening[1:]
	}
	a.head = r.read(head, at)
	a.lead.add(a.head)
	for _, s := range opening {
		a.lead.add(r.read(s, at))
	}
	a.all.add(a.lead)
	a.all.add(r.read(it.Body, at))
	return a
}

// reader is the reader of an item's language.
func (v *Judge) reader(it *news.Item) *factReader {
	lang := languageOf(it.Lang, split(it.Title, 8), split(it.Body, 8))
	if r := v.readers[lang]; r != nil {
		return r
	}
	return v.readers[""]
}
