package terminal

import (
	"fmt"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wording"
)

// How much of a story is shown, in characters and in outlets.
const (
	maxHeadline = 200
	maxSummary  = 300
	maxQuote    = 300
	maxName     = 50
	maxNames    = 6
)

const gap = " · "

// Digest gives one message with all stories under the titles of their rules.
func (c *Channel) Digest(d news.Digest) ([]news.Message, error) {
	v := c.view(d.Location, d.To)
	stories := d.Stories()
	if len(stories) == 0 {
		v.quiet(d)
		return []news.Message{v.message(nil)}, nil
	}
	v.top(run{text: named(d.Title, "Digest"), style: title}, run{text: gap + slot(d, v.zone), style: faint})
	v.text("", run{text: wording.Count(len(stories), "story", "stories"), style: strong},
		run{text: wording.Join(gap, from(d), wording.Missed(d))})
	front, rest := notify.Front(d.Sections, notify.FrontStories)
	for _, s := range front {
		v.section(s)
		for _, e := range s.Entries {
			v.blank()
			v.story(e)
		}
	}
	for _, s := range rest {
		s.Title = "More: " + named(s.Title, "Other")
		v.section(s)
		for _, e := range s.Entries {
			v.item(e)
		}
	}
	v.blank()
	v.bottom(run{text: v.left(d), style: faint})
	return []news.Message{v.message(stories)}, nil
}

// Alert gives a story at once. A rewriting is not written: what a terminal shows
// stays, and what is new comes as a follow-up.
func (c *Channel) Alert(a news.Alert) (news.Message, error) {
	if a.Kind == news.KindUpdate {
		return news.Message{}, nil
	}
	v := c.view(a.Location, a.Entry.At)
	v.top(run{text: "! " + named(a.Title, "Alert"), style: alarm},
		run{text: gap + wording.Join(gap, wording.Line(a.RuleTitle), wording.Spread(a.Entry, a.FirstSeen))})
	v.text("", v.headline(a.Entry))
	v.gist("", a.Entry)
	seen := ""
	if !a.FirstSeen.IsZero() {
		seen = gap + "first seen " + v.time(a.FirstSeen)
	}
	v.text("", run{text: names(a.Entry) + seen, style: faint})
	v.why("", a.Entry)
	v.link("", a.Entry)
	for _, m := range a.Mention {
		v.text("", run{text: "for @" + strings.TrimPrefix(wording.Line(m), "@"), style: good})
	}
	v.bottom()
	return v.message([]string{a.Entry.StoryID}), nil
}

// Followup gives what is new of a story that was told.
func (c *Channel) Followup(a news.Alert) (news.Message, error) {
	e := a.Entry
	v := c.view(a.Location, e.At)
	v.top(run{text: "▲ " + wording.Clip(wording.Line(wording.News(e)), maxHeadline), style: good}, run{text: gap + "on "}, v.headline(e))
	for _, c := range wording.Reports(e) {
		v.report("• ", c)
	}
	v.link("", e)
	v.bottom(run{text: wording.Join(gap, now(wording.Sources(e)), v.time(e.At)), style: faint})
	return v.message([]string{e.StoryID}), nil
}

// report is a report of what is new, beside its headline of before when that was
// edited.
func (v *view) report(bullet string, c news.Change) {
	headline := run{text: wording.Clip(wording.Line(c.Report.Headline), maxHeadline)}
	name := run{text: "  " + wording.Clip(wording.Line(c.Report.Name), maxName), style: faint}
	if !wording.Edited(c) {
		v.text(bullet, headline, name)
		return
	}
	v.text(bullet, run{text: "now: "}, headline, name)
	v.text(strings.Repeat(" ", columns(bullet)), run{text: "was: " + wording.Clip(wording.Line(c.Was), maxHeadline), style: faint})
}

// Notice tells the operators what broke.
func (c *Channel) Notice(n news.Notice) (news.Message, error) {
	v := c.view(n.Location, time.Time{})
	v.top(run{text: "! " + named(n.Headline, "Notice"), style: alarm}, run{text: subject(n)})
	if detail := wording.Block(n.Detail, 40); detail != "" {
		for line := range strings.SplitSeq(detail, "\n") {
			v.text("", run{text: line})
		}
	}
	v.bottom(run{text: wording.Line(n.Footer), style: faint})
	return v.message(nil), nil
}

func subject(n news.Notice) string {
	if s := wording.Line(n.Subject); s != "" {
		return gap + s
	}
	return ""
}

// view is one message in the making.
type view struct {
	canvas
	zone *time.Location
	ref  time.Time // times of its day are shown without a date
}

func (c *Channel) view(zone *time.Location, ref time.Time) *view {
	if zone == nil {
		zone = time.UTC
	}
	return &view{canvas: canvas{width: c.width, color: c.color}, zone: zone, ref: ref.In(zone)}
}

func (v *view) message(stories []string) news.Message {
	return news.Message{Payload: []byte("\n" + v.b.String()), Stories: stories}
}

func (v *view) section(s news.Section) {
	v.blank()
	v.text("", run{text: strings.ToUpper(named(s.Title, "Other")), style: title},
		run{text: "  " + wording.Number(len(s.Entries)), style: faint})
}

// item is a story in a line or two.
func (v *view) item(e news.Entry) {
	outlet := ""
	if len(e.Sources) > 0 {
		outlet = wording.Clip(wording.Line(e.Sources[0].Name), maxName)
	}
	v.text(fmt.Sprintf("%2d  ", e.Number), v.headline(e),
		run{text: "  " + wording.Join(gap, outlet, wording.Sources(e), v.time(e.At)), style: faint})
}

func (v *view) story(e news.Entry) {
	number := fmt.Sprintf("%2d  ", e.Number)
	indent := strings.Repeat(" ", columns(number))
	v.text(number, v.headline(e))
	v.gist(indent, e)
	growth := wording.Growth(e)
	if growth != "" {
		growth = "▲ " + growth
	}
	total, outlets := wording.Sources(e), names(e)
	if total == "" { // one outlet needs no count, and no line of its own
		total, outlets = outlets, ""
	}
	facts := wording.Join(gap, total, v.time(e.At))
	if growth != "" && facts != "" {
		facts = gap + facts
	}
	v.text(indent, run{text: growth, style: good}, run{text: facts})
	if e.Developing {
		v.text(indent, run{text: strings.Join(wording.Reasons(e), "; "), style: good})
	}
	v.text(indent, run{text: outlets, style: faint})
	v.why(indent, e)
	v.link(indent, e)
}

func (v *view) headline(e news.Entry) run {
	return run{text: wording.Headline(e, maxHeadline), style: strong, url: wording.Link(e.URL)}
}

// gist is what stands under a headline: the report that brought what is new; of a
// story that the reader does not know first the summary and the sentence that
// matched, where they say more than what was just read.
func (v *view) gist(indent string, e news.Entry) {
	c, fresh := wording.Latest(e)
	if !fresh || !e.Developing {
		v.told(indent, e)
	}
	if fresh {
		opening := "New: "
		if wording.Edited(c) {
			opening = "Now: "
		}
		v.text(indent, run{text: opening + wording.Clip(wording.Line(c.Report.Headline), maxHeadline), url: wording.Link(c.Report.URL)},
			run{text: " (" + named(wording.Clip(wording.Line(c.Report.Name), maxName), "a source") + ")", style: faint})
	}
}

func (v *view) told(indent string, e news.Entry) {
	summed, quoted := wording.Tells(e)
	if summed {
		runs := []run{{text: wording.Clip(wording.Line(e.Summary), maxSummary)}}
		if name := wording.Clip(wording.Line(e.SummaryBy.Name), maxName); name != "" {
			runs = append(runs, run{text: " (" + name + ")", style: faint, url: wording.Link(e.SummaryBy.URL)})
		}
		v.text(indent, runs...)
	}
	if quoted {
		v.quote(indent, e.Quote)
	}
}

// quote shows the sentence that matched, with what matched in it bold.
func (v *view) quote(indent string, q news.Quote) {
	runs := []run{{text: "“"}}
	for _, p := range wording.Pieces(q, maxQuote) {
		st := normal
		if p.Match {
			st = strong
		}
		runs = append(runs, run{text: p.Text, style: st})
	}
	v.text(indent, append(runs, run{text: "”"})...)
}

func (v *view) why(indent string, e news.Entry) {
	if why := wording.Line(e.Why); why != "" {
		v.text(indent, run{text: "matched " + wording.Clip(why, maxHeadline), style: faint})
	}
}

// link writes the address out where a headline cannot carry it.
func (v *view) link(indent string, e news.Entry) {
	if u := wording.Link(e.URL); u != "" && !v.color {
		v.whole(indent, run{text: u, style: faint})
	}
}

// left says what a digest did not show, and when the next one comes.
func (v *view) left(d news.Digest) string {
	waiting, next := "", ""
	if d.Waiting > 0 {
		waiting = wording.Count(d.Waiting, "more story waits", "more stories wait")
	}
	if !d.Next.IsZero() {
		next = "next at " + v.time(d.Next)
	}
	return wording.Join(gap, waiting, wording.Muted(d), next)
}

func (v *view) quiet(d news.Digest) {
	v.set("", "· ", []run{
		{text: named(d.Title, "Digest"), style: title},
		{text: gap + wording.Join(gap, append(wording.Quiet(d, v.time), v.left(d))...), style: faint},
	})
}

// time is a time in the reader's zone, with its day unless that is clear.
func (v *view) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(v.zone)
	if !v.ref.IsZero() && t.Format(time.DateOnly) == v.ref.Format(time.DateOnly) {
		return t.Format("15:04")
	}
	if !v.ref.IsZero() && t.Year() != v.ref.Year() {
		return t.Format("2 Jan 2006 15:04")
	}
	return t.Format("Mon 2 Jan 15:04")
}

// slot is when a digest was due, in the reader's zone: "Sun 28 Mar 02:30 Kyiv".
func slot(d news.Digest, zone *time.Location) string {
	at := d.To.In(zone)
	if wall, _, ok := strings.Cut(d.Slot, " "); ok {
		if due, err := time.ParseInLocation("2006-01-02T15:04", wall, time.UTC); err == nil {
			at = due
		}
	}
	if at.IsZero() {
		return "now"
	}
	city := zone.String()
	city = strings.ReplaceAll(city[strings.LastIndexByte(city, '/')+1:], "_", " ")
	if city == "Local" {
		city = ""
	}
	return strings.TrimSpace(at.Format("Mon 2 Jan 15:04 ") + city)
}

func from(d news.Digest) string {
	if looked := wording.Looked(d); looked != "" {
		return " from " + looked
	}
	return ""
}

func named(s, otherwise string) string {
	if s = wording.Clip(wording.Line(s), maxHeadline); s != "" {
		return s
	}
	return otherwise
}

func now(sources string) string {
	if sources == "" {
		return ""
	}
	return sources + " now"
}

// names lists the outlets that have a story and counts those beyond the first few.
func names(e news.Entry) string {
	shown := maxNames
	if len(e.Sources) == shown+1 {
		shown++ // a name says more than "and 1 more"
	}
	var list []string
	for _, s := range e.Sources[:min(shown, len(e.Sources))] {
		if n := wording.Clip(wording.Line(s.Name), maxName); n != "" {
			list = append(list, n)
		}
	}
	return strings.Join(list, ", ") + wording.Untold(e, shown)
}
