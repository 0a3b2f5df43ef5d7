package story

import (
	"fmt"
	"slices"
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
	// Pause is the least time between two rises for a name, or for a number that
	// has only crept on: fuller reports bring one more each.
	Pause = time.Hour
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
// enough more outlets have it than when it was told, three at least.
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
	c := &comparison{judge: v, story: s, told: s.Members[:end], since: s.Members[end:], m: m}
	reasons := []string{c.rule(), v.resumed(s, m), c.correction()}
	reasons = append(reasons, c.facts()...)
	reasons = append(reasons, c.entities())
	reasons = slices.DeleteFunc(reasons, func(r string) bool { return r == "" || c.wasReason(r) })
	if more := c.outlets(); more != "" && len(reasons) == 0 {
		reasons = append(reasons, more)
	}
	return strings.Join(reasons[:min(len(reasons), maxReasonParts)], "; "), len(reasons) > 0
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

// outlets says which outlets with a report of their own took the story up since
// it was told, when they are enough.
func (c *comparison) outlets() string {
	before := news.Story{Members: c.told}
	all := news.Story{Members: append(slices.Clip(c.story.Members), c.m)}
	told := len(before.Publishers())
	more := all.Publishers()[told:]
	if len(more) < max(newPublishers, told) {
		return ""
	}
	return news.Spread(len(more), listed(more))
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

// arrival is when the desk saw an item.
func arrival(it *news.Item) time.Time {
	if it.Fetched.IsZero() {
		return it.Published
	}
	return it.Fetched
}
