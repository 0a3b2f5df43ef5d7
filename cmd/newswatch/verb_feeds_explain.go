package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify/wording"
	"newswatch/watcher/health"
)

type feedsExplainCmd struct {
	ID   string `arg:"" help:"The feed's id in the rule file."`
	JSON bool   `name:"json" help:"Print one JSON object with all that is known of it."`
}

// Help is the long text of -h.
func (feedsExplainCmd) Help() string {
	return help("Shows all that is known of a feed: how it is and what you can do, when it is polled next and which of all bounds decided that, what its publisher asks of readers, how often it brings something new.",
		"newswatch feeds explain bbc-world", "0 shown; 2 unknown feed, or invalid rules")
}

// Run explains.
func (c *feedsExplainCmd) Run(ctx context.Context, a *app) error {
	w, err := a.watched(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(w.feeds, func(f feedReport) bool { return f.ID == c.ID })
	if i < 0 {
		return w.unknown(a, c.ID)
	}
	if c.JSON {
		return a.json(true).Encode(feedLineOf(w.feeds[i]))
	}
	w.explain(a.out, w.feeds[i])
	return nil
}

// unknown says which feed was probably meant.
func (w *watched) unknown(a *app, id string) error {
	if near := w.rules.NearestFeed(id); near != "" {
		return usagef("no feed %q in %s; did you mean %q?", id, a.Rules, near)
	}
	return usagef("no feed %q in %s; newswatch feeds lists them", id, a.Rules)
}

// explain prints a feed in full.
func (w *watched) explain(out io.Writer, f feedReport) {
	fmt.Fprintf(out, "%s: %s\n", f.ID, wording.Line(f.Name))
	say := func(what string, lines ...string) {
		for i, line := range lines {
			if i > 0 {
				what = ""
			}
			if text := wording.Line(line); text != "" {
				indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
				fmt.Fprintf(out, "  %-11s %s%s\n", what, indent, text)
			}
		}
	}
	say("state", w.condition(f)...)
	say("do", f.health.Advice)
	say("address", addresses(f)...)
	say("polled", w.polls(f)...)
	say("new", w.brought(f)...)
	say("next poll", w.nextPoll(f)...)
	say("validators", validators(f.state)...)
	say("asks for", hints(f.state.Memory.Hints)...)
	if m := f.state.Memory.Articles; m.Asked > 0 {
		say("articles", articleWords(m)...)
	}
	if n := f.state.Memory.Gaps; n > 0 {
		say("gaps", fmt.Sprintf("%s in which nothing was known any more, so items may have been missed; the last %s",
			count(n, "poll"), w.clock.Ago(f.state.Memory.GapAt)))
	}
}

func (w *watched) condition(f feedReport) []string {
	word := f.word(w.clock)
	if !f.health.Since.IsZero() {
		word += ", since " + w.clock.Ago(f.health.Since)
	}
	lines := []string{word, f.health.Why}
	if f.state.Error != "" && f.state.Error != f.health.Why {
		lines = append(lines, "the error: "+wording.Clip(wording.Line(f.state.Error), 300))
	}
	return lines
}

func addresses(f feedReport) []string {
	lines := []string{hidden(f.URL)}
	m := f.state.Memory.Move
	switch {
	case m.URL == "":
	case m.Kept:
		lines = append(lines, "has moved for good to "+hidden(m.URL)+", and is polled there; put that into the rules")
	default:
		lines = append(lines, fmt.Sprintf("says that it has moved to %s, so far in %s", hidden(m.URL), count(m.Polls, "poll")))
	}
	if final := f.state.FinalURL; final != "" && final != f.URL && final != m.URL {
		lines = append(lines, "answers from "+hidden(final))
	}
	return lines
}

func (w *watched) polls(f feedReport) []string {
	s, m := f.state, f.state.Memory
	if s.PolledAt.IsZero() {
		return []string{"never"}
	}
	last := w.clock.Ago(s.PolledAt)
	if m.Status > 0 {
		last += fmt.Sprintf(", status %d", m.Status)
	}
	lines := []string{last, "last good answer: " + w.clock.Ago(s.OKAt)}
	if !m.WholeAt.IsZero() && m.WholeAt.Before(s.OKAt) {
		lines = append(lines, "last answer that was not \"unchanged\": "+w.clock.Ago(m.WholeAt))
	}
	if s.Fails > 0 {
		line := count(s.Fails, "failure") + " in a row"
		if !m.FailedAt.IsZero() {
			line += " since " + w.clock.At(m.FailedAt)
		}
		lines = append(lines, line)
	}
	return lines
}

func (w *watched) brought(f feedReport) []string {
	if f.state.PolledAt.IsZero() {
		return nil
	}
	rhythm := f.state.Memory.Rhythm
	lines := []string{
		fmt.Sprintf("the last new item: %s; the feed shows %s", w.clock.Ago(health.LastNew(f.state)), count(f.state.Items, "item")),
		health.CadenceOf(rhythm.Times).Words(w.clock.Zone, w.clock.Now),
	}
	if rhythm.Interval > 0 {
		lines = append(lines, "polls about every "+wording.Span(rhythm.Interval)+" suit that best")
	}
	return lines
}

// nextPoll is when the feed is polled next and all that this was held against,
// the bound that won first.
func (w *watched) nextPoll(f feedReport) []string {
	if f.health.State == health.Gone {
		return []string{"never: its publisher has ended it"}
	}
	at, why := f.next()
	line := w.clock.Ago(at)
	switch {
	case at.IsZero():
		line = "when newswatch runs"
	case !at.After(w.clock.Now):
		line = "now"
	}
	if why != "" {
		line += ", because of: " + why
	}
	lines := []string{line}
	bounds := slices.Clone(f.state.Memory.Bounds)
	if !f.hold.IsZero() {
		bounds = append(bounds, news.Bound{Name: "a pause that the host " + f.Host() + " asked for", At: f.hold})
	}
	slices.SortStableFunc(bounds, func(x, y news.Bound) int { return y.At.Compare(x.At) })
	for i, b := range bounds {
		mark := "  "
		if i == 0 {
			mark = "> "
		}
		lines = append(lines, fmt.Sprintf("%s%s  %s", mark, w.clock.At(b.At), b.Name))
	}
	if len(bounds) > 0 && at.Sub(bounds[0].At) >= time.Minute {
		lines = append(lines, "  and then its next turn in the schedule")
	}
	return lines
}

func validators(s news.FeedState) []string {
	var lines []string
	if s.ETag != "" {
		lines = append(lines, "ETag "+s.ETag)
	}
	if s.LastModified != "" {
		lines = append(lines, "Last-Modified "+s.LastModified)
	}
	if len(lines) == 0 && !s.OKAt.IsZero() {
		lines = append(lines, "none: each poll transfers the whole feed")
	}
	return lines
}

// hints are the wishes that a document states, in words.
func hints(h news.FeedHints) []string {
	var lines []string
	if h.TTL > 0 {
		lines = append(lines, "polls at least "+wording.Span(h.TTL)+" apart (ttl)")
	}
	if hours := runs(uint64(h.SkipHours), 24); len(hours) > 0 {
		lines = append(lines, "no polls in the hours "+strings.Join(hours, ", ")+", GMT (skipHours)")
	}
	var days []string
	for d := time.Sunday; d <= time.Saturday; d++ {
		if h.SkipDays>>d&1 == 1 {
			days = append(days, d.String())
		}
	}
	if len(days) > 0 {
		lines = append(lines, "no polls on "+strings.Join(days, ", ")+" (skipDays)")
	}
	return lines
}

// runs writes the set bits as ranges: "0-5", "22".
func runs(bits uint64, n int) (list []string) {
	for i := 0; i < n; i++ {
		from := i
		for i < n && bits>>i&1 == 1 {
			i++
		}
		switch {
		case i == from:
		case i == from+1:
			list = append(list, fmt.Sprint(from))
		default:
			list = append(list, fmt.Sprintf("%d-%d", from, i-1))
		}
	}
	return list
}

// feedLine is a feed as programs read it. All times are UTC.
type feedLine struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	URL       string         `json:"url"`
	Publisher string         `json:"publisher,omitempty"`
	Lang      string         `json:"lang,omitempty"`
	Tags      []string       `json:"tags,omitempty"`
	State     health.State   `json:"state"`
	Since     time.Time      `json:"since,omitzero"`
	Why       string         `json:"why,omitempty"`
	Advice    string         `json:"advice,omitempty"`
	Polled    time.Time      `json:"polled,omitzero"`
	Good      time.Time      `json:"good,omitzero"`
	New       time.Time      `json:"new,omitzero"`
	Whole     time.Time      `json:"whole,omitzero"`
	Status    int            `json:"status,omitempty"`
	Class     news.FailClass `json:"class,omitempty"`
	Fails     int            `json:"fails"`
	Error     string         `json:"error,omitempty"`
	Items     int            `json:"items"`
	Gaps      int            `json:"gaps"`
	GapAt     time.Time      `json:"gap_at,omitzero"`
	Next      time.Time      `json:"next,omitzero"`
	Reason    string         `json:"reason,omitempty"`
	Bounds    []news.Bound   `json:"bounds,omitempty"`
	Hold      time.Time      `json:"host_hold,omitzero"`
	FinalURL  string         `json:"final_url,omitempty"`
	ETag      string         `json:"etag,omitempty"`
	Modified  string         `json:"last_modified,omitempty"`
	TTL       float64        `json:"ttl,omitempty"`      // seconds
	Usual     float64        `json:"usual,omitempty"`    // seconds from one item to the next
	SilentIn  float64        `json:"silent_after"`       // seconds
	Interval  float64        `json:"interval,omitempty"` // seconds between polls that are thought best
	Move      news.Move      `json:"move,omitzero"`
}

func feedLineOf(f feedReport) feedLine {
	s, m := f.state, f.state.Memory
	at, why := f.next()
	cadence := health.CadenceOf(m.Rhythm.Times)
	line := feedLine{
		ID: f.ID, Name: f.Name, URL: hidden(f.URL), Publisher: f.Publisher, Lang: f.Lang, Tags: f.Tags,
		State: f.health.State, Since: f.health.Since.UTC(), Why: f.health.Why, Advice: f.health.Advice,
		Polled: s.PolledAt.UTC(), Good: s.OKAt.UTC(), New: health.LastNew(s).UTC(), Whole: m.WholeAt.UTC(),
		Status: m.Status, Class: m.Class, Fails: s.Fails, Error: s.Error, Items: s.Items,
		Gaps: m.Gaps, GapAt: m.GapAt.UTC(), Next: at.UTC(), Reason: why, Bounds: slices.Clone(m.Bounds), Hold: f.hold.UTC(),
		FinalURL: hidden(s.FinalURL), ETag: s.ETag, Modified: s.LastModified, TTL: m.Hints.TTL.Seconds(),
		Usual: cadence.Usual.Seconds(), SilentIn: cadence.Limit.Seconds(), Interval: m.Rhythm.Interval.Seconds(), Move: m.Move,
	}
	line.Move.URL, line.Move.Since = hidden(m.Move.URL), m.Move.Since.UTC()
	for i := range line.Bounds {
		line.Bounds[i].At = line.Bounds[i].At.UTC()
	}
	return line
}

// articleWords says what became of the articles of the last poll that read any.
func articleWords(m news.Articles) []string {
	lines := []string{fmt.Sprintf("%d of the last %s searched by the article itself", m.Full, count(m.Asked, "new item"))}
	if m.Waiting > 0 {
		lines = append(lines, count(m.Waiting, "item")+" still waiting for a turn at that site")
	}
	if m.Why != "" {
		lines = append(lines, "where not: "+m.Why)
	}
	return lines
}
