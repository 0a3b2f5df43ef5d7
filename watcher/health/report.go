package health

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"newswatch/news"
	"newswatch/notify/wording"
)

// A report fits into one message: so many lines and characters at most, which
// Slack shows of a notice.
const (
	maxLines      = 24
	maxChars      = 1_900
	maxEach       = 6   // feeds of one kind that are named
	manyFeeds     = 5   // fewer say nothing of the network here
	nearlyAll     = 0.8 // of all feeds failing at once says that the fault is here
	longAgo       = 180 * 24 * time.Hour
	gapAdvice     = "more came at once than the feed shows: give it a shorter poll: or min_interval:"
	outageMessage = "Nearly all feeds fail at once: look at this machine's network, DNS and proxy first."
)

// Told is what the operators know of a feed from the last report.
type Told struct {
	State State `json:"state,omitempty"` // "": it was well
	Gaps  int   `json:"gaps,omitempty"`
}

// Desk is what a report is made from.
type Desk struct {
	Feeds  []news.Feed
	States map[string]news.FeedState // by feed
	Told   map[string]Told           // by feed, as the last report left it
	Zone   *time.Location
	Now    time.Time
}

// Report is one message on all feeds that need a person.
type Report struct {
	News     bool // there is something that the operators do not know
	Trouble  bool // false: all that is told is good
	Headline string
	Subject  string // "2 failing, 1 silent, 3 back again"
	Detail   string
	Footer   string
	Told     map[string]Told // what they know after it
}

// finding is a feed that the report names.
type finding struct {
	id, line string
	fresh    bool // not told before
}

// group is what some feeds have in common.
type group struct {
	title, advice string
	found         []finding
}

// NewReport looks at all feeds. One that was told of stays so until it is well;
// one that is no longer in the rules is forgotten without a word.
func NewReport(d Desk) Report {
	r := Report{Told: map[string]Told{}}
	b := reporter{Desk: d, counts: map[string]int{}}
	for _, f := range d.Feeds {
		told, news := b.look(f)
		r.News = r.News || news
		if told != (Told{}) {
			r.Told[f.ID] = told
		}
	}
	r.Trouble = b.troubled > 0
	r.Headline = "Feeds are back"
	if r.Trouble {
		r.Headline = "Feeds need a look"
	}
	r.Subject, r.Detail = b.subject(), b.detail()
	r.Footer = "newswatch feeds lists all, newswatch feeds explain ID shows one in full."
	if well := len(d.Feeds) - b.troubled; well > 0 {
		r.Footer = wording.Count(well, "other feed is", "other feeds are") + " well. " + r.Footer
	}
	return r
}

// reporter collects what a report says.
type reporter struct {
	Desk
	groups   []*group
	back     []string
	counts   map[string]int // feeds by state, and "gaps"
	failing  int            // feeds that cannot be reached at all
	troubled int
}

// look adds a feed to the report, and says what the operators know of it then.
func (b *reporter) look(f news.Feed) (told Told, news bool) {
	s, before := b.States[f.ID], b.Told[f.ID]
	h := Judge(s, b.Now)
	b.unreachable(s)
	told.Gaps = s.Memory.Gaps
	switch {
	case h.Told:
		told.State = h.State
		fresh := before.State == "" || h.State == Gone && before.State != Gone
		news = fresh
		b.trouble(f.ID, h, fresh)
	case h.State != OK:
		told.State = before.State // not well yet
	case before.State != "":
		news = true
		b.back = append(b.back, f.ID)
	}
	if told.Gaps > before.Gaps || told.Gaps > 0 && told.Gaps < before.Gaps {
		news = true
		b.add("gaps", "Gaps: items may have been missed", gapAdvice, finding{f.ID, "last " + b.time(s.Memory.GapAt), true})
		if !h.Told {
			b.troubled++
		}
	}
	return told, news
}

func (b *reporter) unreachable(s news.FeedState) {
	switch s.Memory.Class {
	case news.FailNetwork, news.FailTimeout, news.FailTLS:
		b.failing++
	}
}

// trouble adds a feed that is not well, to those that suffer of the same.
func (b *reporter) trouble(id string, h Health, fresh bool) {
	b.troubled++
	line := "since " + b.time(h.Since)
	title := strings.ToUpper(string(h.State[:1])) + string(h.State[1:])
	if h.State == Silent {
		line = h.Why
	} else if h.Why != "" {
		title += ": " + h.Why
	}
	b.add(string(h.State), title, h.Advice, finding{id, line, fresh})
}

func (b *reporter) add(count, title, advice string, f finding) {
	b.counts[count]++
	i := slices.IndexFunc(b.groups, func(g *group) bool { return g.title == title })
	if i < 0 {
		i = len(b.groups)
		b.groups = append(b.groups, &group{title: title, advice: advice})
	}
	b.groups[i].found = append(b.groups[i].found, f)
}

func (b *reporter) time(at time.Time) string {
	switch {
	case at.IsZero():
		return "an unknown time"
	case b.Now.Sub(at) > longAgo:
		return at.In(b.Zone).Format("2 Jan 2006")
	}
	return at.In(b.Zone).Format("Mon 2 Jan 15:04")
}

// subject counts: "2 failing, 1 silent, 3 back again".
func (b *reporter) subject() string {
	var parts []string
	for _, s := range States() {
		if n := b.counts[string(s)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	if n := b.counts["gaps"]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d with gaps", n))
	}
	if n := len(b.back); n > 0 {
		parts = append(parts, fmt.Sprintf("%d back again", n))
	}
	return strings.Join(parts, ", ")
}

// detail lists the feeds by what they suffer of, as many by name as fit.
func (b *reporter) detail() string {
	slices.SortStableFunc(b.groups, func(x, y *group) int { return cmp.Compare(len(y.found), len(x.found)) })
	for _, g := range b.groups {
		slices.SortStableFunc(g.found, func(x, y finding) int { return boolOrder(y.fresh, x.fresh) })
	}
	for each := maxEach; each > 0; each-- {
		text := b.list(each, true)
		if strings.Count(text, "\n") < maxLines && utf8.RuneCountInString(text) <= maxChars {
			return text
		}
	}
	return b.list(1, false)
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func (b *reporter) list(each int, advice bool) string {
	var lines []string
	if n := len(b.Feeds); n >= manyFeeds && float64(b.failing) >= nearlyAll*float64(n) {
		lines = append(lines, outageMessage)
	}
	for _, g := range b.groups {
		lines = append(lines, g.lines(each, advice)...)
	}
	if len(b.back) > 0 {
		ids := b.back[:min(len(b.back), 2*each)]
		line := "Back again: " + strings.Join(ids, ", ")
		if more := len(b.back) - len(ids); more > 0 {
			line += fmt.Sprintf(" and %d more", more)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// lines are a heading, at most so many feeds, and what to do.
func (g *group) lines(each int, advice bool) []string {
	lines := []string{fmt.Sprintf("%s (%d)", g.title, len(g.found))}
	for i, f := range g.found {
		if i == each && advice {
			lines = append(lines, fmt.Sprintf("    and %d more", len(g.found)-i))
		}
		if i == each {
			break
		}
		mark := " "
		if f.fresh {
			mark = "+"
		}
		lines = append(lines, wording.Join("  ", "  "+mark+" "+f.id, f.line))
	}
	if advice && g.advice != "" {
		lines = append(lines, "  -> "+g.advice)
	}
	return lines
}
