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

// Alert gives a story at once.
func (c *Channel) Alert(a news.Alert) (news.Message, error) {
	v := c.view(a.Location, a.Entry.At)
	v.top(run{text: "! " + named(a.Title, "Alert"), style: alarm},
		run{text: gap + wording.Join(gap, wording.Line(a.RuleTitle), wording.Spread(a.Entry, a.FirstSeen))})
	v.text("", v.headline(a.Entry))
	v.summary("", a.Entry)
	v.quote("", a.Entry)
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
	news := "New reports"
	if e.Since > 0 {
		news = wording.Count(e.Since, "more source", "more sources")
	}
	v.top(run{text: "▲ " + news, style: good}, run{text: gap + "on "}, v.headline(e))
	for _, s := range e.Sources {
		if s.New {
			v.text("• ", run{text: wording.Clip(wording.Line(s.Headline), maxHeadline)},
				run{text: "  " + wording.Clip(wording.Line(s.Name), maxName), style: faint})
		}
	}
	for _, r := range wording.Reasons(e) {
		v.text("", run{text: wording.Line(r), style: good})
	}
	v.link("", e)
	v.bottom(run{text: wording.Join(gap, now(wording.Sources(e)), v.time(e.At)), style: faint})
	return v.message([]string{e.StoryID}), nil
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
	v.summary(indent, e)
	v.quote(indent, e)
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

func (v *view) summary(indent string, e news.Entry) {
	s := wording.Line(e.Summary)
	if s != wording.Line(e.Quote.Text) { // else the quote says it
		runs := []run{{text: wording.Clip(s, maxSummary)}}
		if name := wording.Clip(wording.Line(e.SummaryBy.Name), maxName); name != "" && s != "" {
			runs = append(runs, run{text: " (" + name + ")", style: faint, url: wording.Link(e.SummaryBy.URL)})
		}
		v.text(indent, runs...)
	}
}

// quote shows the sentence that matched, with what matched in it bold.
func (v *view) quote(indent string, e news.Entry) {
	q := e.Quote
	text := wording.Line(q.Text)
	said := wording.Line(e.Headline) + "\n" + wording.Line(e.Summary)
	if text == "" || strings.Contains(said, text) && text != wording.Line(e.Summary) {
		return // the reader has just read it
	}
	runs := []run{{text: "“"}}
	end, left := 0, maxQuote
	add := func(to int, st style) {
		s := wording.Clip(wording.Fragment(q.Text[end:to]), left)
		left -= len([]rune(s))
		runs, end = append(runs, run{text: s, style: st}), to
	}
	for _, m := range q.Marks {
		if m[0] < end || m[1] <= m[0] || m[1] > len(q.Text) {
			continue
		}
		add(m[0], normal)
		add(m[1], strong)
	}
	add(len(q.Text), normal)
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
	since, checked := "nothing matched", ""
	if !d.From.IsZero() {
		since += " since " + v.time(d.From)
	}
	if d.Feeds > 0 {
		checked = wording.Count(d.Items, "item", "items") + " from " + wording.Count(d.Feeds, "feed", "feeds") + " checked"
	}
	v.set("", "· ", []run{
		{text: named(d.Title, "Digest"), style: title},
		{text: gap + wording.Join(gap, since, checked, wording.Missed(d), v.left(d)), style: faint},
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
	var list []string
	for _, s := range e.Sources[:min(maxNames, len(e.Sources))] {
		if n := wording.Clip(wording.Line(s.Name), maxName); n != "" {
			list = append(list, n)
		}
	}
	return strings.Join(list, ", ") + wording.Untold(e, maxNames)
}
