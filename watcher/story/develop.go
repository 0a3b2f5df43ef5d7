package story

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"newswatch/news"
)

const (
	// newPublishers is how many more outlets make a development of their own, and
	// as many again as had the story when it was told: at thirty, three more are
	// no news.
	newPublishers = 3
	// firstHours is how long only the headline of a report brings news: while an
	// event is fresh, each outlet's own account knows one name and one number
	// more than the last, and none of that is a development.
	firstHours = 3 * time.Hour
	// pause is the least time between two rises for a name, or for a number that
	// has only crept on: fuller reports bring one more each.
	pause = time.Hour
	// jump is by how much a count must have grown to be told within the pause.
	jump = 1.5
	// maxGrowth is by how much a count of a first sentence may have grown; more is
	// another count.
	maxGrowth = 10
	// maxReasonParts and maxNamed bound the words of one development.
	maxReasonParts = 2
	maxNamed       = 3

	// maxTold bounds the members that a new one is held against: the first ones,
	// which say what happened, and the last.
	maxTold   = 64
	toldFirst = 16

	newFor        = 12 * time.Hour
	developingFor = 6 * time.Hour
	fadingAfter   = 24 * time.Hour
)

// Names gives the desk's words for what its rule file calls by an id.
type Names struct {
	Rule, Entity func(id string) string
}

// Judge says what makes a story worth telling again. It may be used by several
// goroutines at once.
type Judge struct {
	names   Names
	lex     *lexicon // only read: how common words are before any stream
	readers map[string]*factReader

	mu       sync.Mutex
	accounts map[[2]string]account // by item and revision
}

// NewJudge returns a judge that speaks of rules and entities by their names.
func NewJudge(names Names) *Judge {
	v := &Judge{names: names, lex: newLexicon(), readers: map[string]*factReader{}, accounts: map[[2]string]account{}}
	vocabulary := newVocabulary()
	for key := range vocabulary {
		if v.readers[key.lang] == nil {
			v.readers[key.lang] = newFactReader(vocabulary, key.lang)
		}
	}
	v.readers[""] = newFactReader(vocabulary, "")
	return v
}

// Develop says whether a story really develops with a member that is about to
// join, and why: it brings a rule or an entity of the desk's, a number or an
// event that had not been told; it takes the story up after days of silence; or
// it is the third new publisher since the last development.
//
// The hard part is to tell a new fact from a fuller report of the old ones. Every
// outlet's account holds other names, sums and verbs, mostly further down, and
// mostly as background. So a fact counts only
//
//   - where the news of a report stands: in its headline, or, when the story is
//     some hours old, in its first sentences; or when a second outlet that was not
//     told yet leads with it too;
//   - when no told member had it anywhere in its text: what stood in the fifth
//     paragraph of the first report is not news in the headline of the third;
//   - when it can be told from a slip of wording: events go by groups of verbs
//     (dies and killed are one), numbers by their rounding (193,812 and 194,000
//     are one), counts of casualties only when they rise, and what may, shall or
//     did not happen has not happened.
//
// A copy never develops a story. Facts that come within the pause after the last
// rise are not lost: they count as untold until a later report brings them again.
func (v *Judge) Develop(s *news.Story, m news.Member) (reason string, developed bool) {
	if m.CopyOf != "" || len(s.Members) == 0 {
		return "", false
	}
	end := tellingEnd(s)
	c := &comparison{judge: v, story: s, told: bounded(s.Members[:end]), since: bounded(s.Members[end:]), m: m}
	var reasons []string
	add := func(list ...string) {
		for _, r := range list {
			if r != "" && len(reasons) < maxReasonParts && !slices.Contains(reasons, r) {
				reasons = append(reasons, r)
			}
		}
	}
	if id := newRule(s.Members, m); id != "" {
		add("now also: " + v.names.Rule(id))
	}
	add(v.resumed(s, m))
	if v.reader(&m.Item).marked(tokenize(m.Item.Title, titleWords)) {
		add("correction by " + m.Item.Publisher)
	}
	add(c.facts()...)
	add(c.entities())
	if len(reasons) == 0 {
		add(c.outlets())
	}
	return strings.Join(reasons, "; "), len(reasons) > 0
}

// comparison is a member that is held against what was told, and what came since.
type comparison struct {
	judge       *Judge
	story       *news.Story
	told, since []news.Member
	m           news.Member
}

// tellingEnd is how many members were there at the last development: what they
// said is told. Before the first development that is the first member.
func tellingEnd(s *news.Story) int {
	if len(s.Developments) == 0 {
		return 1
	}
	last := s.Developments[len(s.Developments)-1]
	brought := slices.IndexFunc(s.Members, func(m news.Member) bool { return m.Item.ID == last.ItemID })
	n := 0
	for n < len(s.Members) && arrival(&s.Members[n].Item).Before(last.At) {
		n++
	}
	return max(n, brought+1) // an edit of an early member tells what all had by then
}

// bounded leaves members out of the middle of a long story.
func bounded(members []news.Member) []news.Member {
	if len(members) <= maxTold {
		return members
	}
	return slices.Concat(members[:toldFirst], members[len(members)-maxTold+toldFirst:])
}

func newRule(members []news.Member, m news.Member) string {
	for _, h := range m.Hits {
		had := slices.ContainsFunc(members, func(o news.Member) bool {
			return slices.ContainsFunc(o.Hits, func(oh news.Hit) bool { return oh.Rule == h.Rule })
		})
		if !had {
			return h.Rule
		}
	}
	return ""
}

// early says whether the story is so fresh that only headlines bring news.
func (c *comparison) early() bool {
	return arrival(&c.m.Item).Sub(c.story.FirstAt) < firstHours
}

// pausing says whether the last rise is too near for a small one.
func (c *comparison) pausing() bool {
	n := len(c.story.Developments)
	return n > 0 && arrival(&c.m.Item).Sub(c.story.Developments[n-1].At) < pause
}

// others are the accounts of untold members of other outlets.
func (c *comparison) others() []account {
	var list []account
	for i := range c.since {
		if o := &c.since[i]; o.CopyOf == "" && !news.SameOutlet(o.Item.Publisher, c.m.Item.Publisher) {
			list = append(list, c.judge.account(o))
		}
	}
	return list
}

// facts are the reasons that the text of the member gives.
func (c *comparison) facts() []string {
	mine := c.judge.account(&c.m)
	if len(mine.lead.counts)+len(mine.lead.sums)+len(mine.lead.days)+len(mine.lead.events) == 0 {
		return nil
	}
	told, leads := c.known()
	fresh := c.stands(&mine, &leads)
	return c.news(&fresh, &told, &leads)
}

// known are the facts that were told: anywhere, and where news stands.
func (c *comparison) known() (told, leads facts) {
	for i := range c.told {
		a := c.judge.account(&c.told[i])
		told.add(a.all)
		leads.add(a.lead)
	}
	return told, leads
}

// news are the reasons that facts give which nobody told.
func (c *comparison) news(fresh, told, leads *facts) []string {
	reasons, kinds := c.counts(fresh.counts, told, leads)
	reasons = append(reasons, newEvents(fresh.events, told, kinds)...)
	reasons = append(reasons, newSum(fresh.sums, told), newDay(fresh.days, told, arrival(&c.m.Item)))
	return slices.DeleteFunc(reasons, func(r string) bool { return r == "" })
}

// stands are the facts of an account that stand where news stands. The first
// sentences tell of the background as well ("who was arrested in May"), so that a
// second outlet must lead with the same, or a count go on from one that was told.
func (c *comparison) stands(mine *account, leads *facts) facts {
	f := mine.head
	if c.early() {
		return f
	}
	for _, n := range mine.lead.counts {
		if was, known := leads.most(n.kind); known && n.value < maxGrowth*was.value {
			f.counts = append(f.counts, n)
		}
	}
	for _, o := range c.others() {
		for _, n := range mine.lead.counts {
			if hasCount(o.lead.counts, n) {
				f.counts = append(f.counts, n)
			}
		}
		for _, e := range mine.lead.events {
			if slices.Contains(o.lead.events, e) {
				f.events = union(slices.Clip(f.events), []string{e})
			}
		}
		for _, s := range mine.lead.sums {
			if hasSum(o.lead.sums, s) {
				f.sums = append(f.sums, s)
			}
		}
	}
	return f
}

// counts are the counts of people that have risen, or were not known, and of what
// kinds they are.
func (c *comparison) counts(fresh []count, told, leads *facts) (reasons, kinds []string) {
	for _, n := range fresh {
		if slices.Contains(kinds, n.kind) || hasCount(told.counts, n) {
			continue
		}
		was, known := leads.most(n.kind)
		if known && (n.value < was.value || c.pausing() && n.value < jump*was.value) {
			continue
		}
		kinds = append(kinds, n.kind)
		reason := countNow(n.kind) + " now " + plainNumber(n.value)
		if known {
			reason += ", was " + plainNumber(was.value)
		}
		reasons = append(reasons, reason)
	}
	return reasons, kinds
}

func hasCount(counts []count, n count) bool {
	return slices.ContainsFunc(counts, func(o count) bool { return o.kind == n.kind && about(o.value, n.value, 2) })
}

func countNow(kind string) string {
	if kind == "dead" {
		return "death toll"
	}
	return kind
}

// plainNumber writes a count with a comma between thousands.
func plainNumber(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// newEvents are the events that nobody told. What a count says as well is left
// to it: "death toll now 12" needs no "now: killed".
func newEvents(fresh []string, told *facts, counted []string) (reasons []string) {
	for _, e := range fresh {
		said := slices.Contains(counted, e) || e == "killed" && slices.Contains(counted, "dead")
		if !said && !slices.Contains(told.events, e) && !slices.Contains(told.known, e) {
			reasons = append(reasons, "now: "+e)
		}
	}
	return reasons
}

// newSum is a sum of money that nobody told. Which older sum it takes the place
// of, if any, cannot be known.
func newSum(fresh []amount, told *facts) string {
	for _, s := range fresh {
		if !hasSum(told.sums, s) {
			return "now: " + s.said
		}
	}
	return ""
}

func hasSum(sums []amount, s amount) bool {
	return slices.ContainsFunc(sums, func(o amount) bool { return about(o.value, s.value, 1) })
}

// newDay is a day to come that nobody named: a deadline, a vote, a meeting.
func newDay(fresh []day, told *facts, now time.Time) string {
	for _, d := range fresh {
		known := slices.ContainsFunc(told.days, func(o day) bool { return o.at.Equal(d.at) })
		if !known && d.at.Sub(now) > 24*time.Hour {
			return "date: " + d.said
		}
	}
	return ""
}

// entities says which of the desk's entities nobody told.
func (c *comparison) entities() string {
	var names []string
	for _, id := range newEntities(c.told, c.m) {
		if c.leads(id) {
			names = append(names, c.judge.names.Entity(id))
		}
	}
	if len(names) == 0 || c.pausing() {
		return ""
	}
	return "new: " + listed(names)
}

// leads says whether an entity stands where news stands, or whether a second
// outlet that was not told yet names it too.
func (c *comparison) leads(id string) bool {
	if c.judge.named(&c.m, id, !c.early()) {
		return true
	}
	return !c.early() && slices.ContainsFunc(c.since, func(o news.Member) bool {
		return o.CopyOf == "" && !news.SameOutlet(o.Item.Publisher, c.m.Item.Publisher) && mentions(&o, id)
	})
}

// named says whether an entity is named in a member's headline, or with body in
// its first sentence: by a match there, or by the last word of its name.
func (v *Judge) named(m *news.Member, id string, body bool) bool {
	head, first := m.Item.Title, firstSentence(m.Item.Body)
	body = body || head == ""
	for _, h := range m.Hits {
		for _, s := range h.Spans {
			inHead := s.Field == news.Title || body && s.Field == news.Body && s.Start < len(first)
			if inHead && s.By == "entity:"+id {
				return true
			}
		}
	}
	if body {
		head += "\n" + first
	}
	name := tokenize(v.names.Entity(id), 16)
	if len(name) == 0 {
		return false
	}
	return slices.ContainsFunc(tokenize(head, factTokens), func(t token) bool { return t.key == name[len(name)-1].key })
}

// newEntities are the entities of m that no member told.
func newEntities(told []news.Member, m news.Member) []string {
	var ids []string
	for _, h := range m.Hits {
		for _, id := range h.Entities {
			had := slices.Contains(ids, id) || slices.ContainsFunc(told, func(o news.Member) bool { return mentions(&o, id) })
			if !had {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func mentions(m *news.Member, id string) bool {
	return slices.ContainsFunc(m.Hits, func(h news.Hit) bool { return slices.Contains(h.Entities, id) })
}

// outlets says which outlets with a report of their own took the story up since
// it was told, when they are enough.
func (c *comparison) outlets() string {
	end := tellingEnd(c.story)
	before := news.Story{Members: c.story.Members[:end]}
	all := news.Story{Members: append(slices.Clip(c.story.Members), c.m)}
	told := len(before.Publishers())
	more := all.Publishers()[told:]
	if len(more) < max(newPublishers, told) {
		return ""
	}
	return fmt.Sprintf("%d more outlets: %s", len(more), listed(more))
}

// listed joins a few names: "A, B and C", "A, B, C and 4 more".
func listed(names []string) string {
	shown := names
	if len(names) > maxNamed+1 {
		shown = append(slices.Clone(names[:maxNamed]), fmt.Sprintf("%d more", len(names)-maxNamed))
	}
	if n := len(shown); n > 1 {
		return strings.Join(shown[:n-1], ", ") + " and " + shown[n-1]
	}
	return strings.Join(shown, "")
}

// Phase says where a story is in its life at a time: new until it develops, at
// most twelve hours; developing for six hours after each development; fading
// when nobody has told it for a day; steady otherwise.
func Phase(s *news.Story, now time.Time) news.Phase {
	switch n := len(s.Developments); {
	case now.Sub(s.LastAt) >= fadingAfter:
		return news.PhaseFading
	case n > 0 && now.Sub(s.Developments[n-1].At) < developingFor:
		return news.PhaseDeveloping
	case n == 0 && now.Sub(s.FirstAt) < newFor:
		return news.PhaseNew
	}
	return news.PhaseSteady
}

// arrival is when the desk saw an item.
func arrival(it *news.Item) time.Time {
	if it.Fetched.IsZero() {
		return it.Published
	}
	return it.Fetched
}
