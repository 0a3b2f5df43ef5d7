package story

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"newswatch/news"
)

// Beginnings of the reasons that may come more than once.
const (
	resumedReason    = "in the news again after "
	correctionReason = "correction by "
)

// comparison is a member that is held against what was told, and what came since.
type comparison struct {
	judge       *Judge
	story       *news.Story
	told, since []news.Member
	m           news.Member
}

// early says whether the story is so fresh that only headlines bring news.
func (c *comparison) early() bool {
	return arrival(&c.m.Item).Sub(c.story.FirstAt) < firstHours
}

// pausing says whether the last rise is too near for a small one.
func (c *comparison) pausing() bool {
	n := len(c.story.Developments)
	return n > 0 && arrival(&c.m.Item).Sub(c.story.Developments[n-1].At) < Pause
}

// wasReason says whether the story has risen for this before. It may be taken up
// again and be corrected again; a fact is new once.
func (c *comparison) wasReason(reason string) bool {
	if strings.HasPrefix(reason, resumedReason) || strings.HasPrefix(reason, correctionReason) {
		return false
	}
	return slices.ContainsFunc(c.story.Developments, func(d news.Development) bool {
		return slices.Contains(strings.Split(d.Reason, "; "), reason)
	})
}

// correction says that the member calls itself one.
func (c *comparison) correction() string {
	if !c.judge.reader(&c.m.Item).marked(tokenize(c.m.Item.Title, titleWords)) {
		return ""
	}
	return correctionReason + c.m.Item.Publisher
}

// others are the accounts of untold members of other outlets.
func (c *comparison) others() []account {
	var list []account
	since := bounded(c.since)
	for i := range since {
		if o := &since[i]; o.CopyOf == "" && !news.SameOutlet(o.Item.Publisher, c.m.Item.Publisher) {
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

// known are the facts that were told: anywhere, and where news stands. A count that
// was taken back stands no more, but it has been told.
func (c *comparison) known() (told, leads facts) {
	var back []count
	for _, o := range bounded(c.told) {
		a := c.judge.account(&o)
		told.add(a.all)
		for _, n := range a.lead.corrections() {
			leads.counts = slices.DeleteFunc(leads.counts, func(o count) bool {
				gone := o.kind == n.kind && o.value > n.value
				if gone {
					back = append(back, o)
				}
				return gone
			})
		}
		a.lead.counts = slices.DeleteFunc(slices.Clone(a.lead.counts), func(n count) bool { return hasCount(back, n) })
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
// second outlet must lead with the same, a count go on from one that was told, or
// take it back in so many words.
func (c *comparison) stands(mine *account, leads *facts) facts {
	f := mine.head
	f.counts = append(slices.Clone(f.counts), mine.lead.corrections()...)
	if c.early() {
		return f
	}
	f.sums, f.events = slices.Clone(f.sums), slices.Clone(f.events)
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
				f.events = union(f.events, []string{e})
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

// counts are the counts of people that have risen, were not known, or take a told
// one back, and of what kinds they are. A lower number that does not call itself a
// correction is only an older one.
func (c *comparison) counts(fresh []count, told, leads *facts) (reasons, kinds []string) {
	for _, n := range fresh {
		if slices.Contains(kinds, n.kind) {
			continue
		}
		was, known := leads.most(n.kind)
		lower := known && n.value < was.value
		reason := countNow(n.kind) + " now " + plainNumber(n.value)
		switch {
		case lower && n.corrects && !about(n.value, was.value, 2):
			reason += ", corrected from " + plainNumber(was.value)
		case lower || hasCount(told.counts, n) || known && c.pausing() && n.value < jump*was.value:
			continue
		case known:
			reason += ", was " + plainNumber(was.value)
		}
		kinds = append(kinds, n.kind)
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
