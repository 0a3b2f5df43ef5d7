package slack

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/slack-go/slack"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wording"
)

// renderer turns content into messages. It is pure.
type renderer struct {
	interactive bool
	threadless  bool // what is left of a digest follows as messages of its own
}

// rest is where the stories are that a digest's first message does not show.
func (r renderer) rest() string {
	if r.threadless {
		return "below"
	}
	return "in the thread"
}

// rung is one step of the ladder from the fullest look of a digest to the
// barest. Each drops what a reader misses least.
type rung struct {
	stories int  // in the parent message; the others go to its thread
	sources int  // named a story; the others are counted
	links   bool // to their reports
	match   bool // what matched
	summary bool
}

func ladder() []rung {
	return []rung{
		{10, 3, true, true, true}, {10, 2, true, true, true}, {10, 3, false, true, true}, {10, 2, false, true, true},
		{10, 1, false, true, true}, {10, 1, false, false, true},
		{8, 1, false, false, true}, {6, 1, false, false, true}, {6, 1, false, false, false},
		{4, 1, false, false, false}, {2, 1, false, false, false}, {1, 1, false, false, false},
	}
}

// pageSize is the most stories on one page of the thread.
const pageSize = 20

// Digest gives the parent message with the best stories, then the rest in
// numbered lists for its thread. A digest without a story is one quiet line.
func (r renderer) Digest(d news.Digest) ([]news.Message, error) {
	if len(d.Stories()) == 0 {
		return r.quiet(d)
	}
	d.Sections = tidySections(d.Sections)
	blocks, shown, rest, step := r.parent(d)
	pages := paginate(rest)
	parts := 1 + len(pages)
	first, err := freeze(digestText(d, shown, step.summary, count(rest), r.rest()), blocks, digestEvent,
		payload{DeliveryID: d.DeliveryID, Part: 1, Parts: parts}, ids(shown))
	if err != nil {
		return nil, err
	}
	messages := []news.Message{first}
	for i, page := range pages {
		m, err := freeze(pageText(i+2, parts, page), pageBlocks(i+2, parts, page), digestEvent,
			payload{DeliveryID: d.DeliveryID, Part: i + 2, Parts: parts}, ids(page))
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	return messages, nil
}

// tidySections makes the text of all stories fit to be shown, once for all rungs.
func tidySections(sections []news.Section) []news.Section {
	list := slices.Clone(sections)
	for i := range list {
		list[i].Entries = slices.Clone(list[i].Entries)
		for j, e := range list[i].Entries {
			e.Quote = news.Quote{Text: wording.Clip(wording.Line(e.Quote.Text), maxSummary)}
			list[i].Entries[j] = tidied(e)
		}
	}
	return list
}

// tidied makes the text of a story fit to be shown, all but its quote.
func tidied(e news.Entry) news.Entry {
	e.Headline, e.Summary = wording.Clip(wording.Line(e.Headline), maxHeadline), wording.Clip(wording.Line(e.Summary), maxSummary)
	e.Why, e.SummaryBy = wording.Clip(wording.Line(e.Why), maxWhy), tidy(e.SummaryBy)
	e.Sources, e.News = slices.Clone(e.Sources), slices.Clone(e.News)
	for i := range e.Sources {
		e.Sources[i] = tidy(e.Sources[i])
	}
	for i := range e.News {
		c := &e.News[i]
		c.Reason, c.Report, c.Was = wording.Clip(wording.Line(c.Reason), maxHeadline), tidy(c.Report), wording.Clip(wording.Line(c.Was), maxHeadline)
	}
	return e
}

func tidy(s news.Source) news.Source {
	s.Name, s.Headline = wording.Clip(wording.Line(s.Name), maxName), wording.Clip(wording.Line(s.Headline), maxHeadline)
	s.URL = address(s.URL)
	return s
}

// parent climbs down the ladder until the message keeps within the budget, and
// returns what it shows and what is left for the thread. Most fit at once; of the
// other rungs, each of which is about as lean as the last or leaner, half are
// skipped at a time.
func (r renderer) parent(d news.Digest) (blocks []slack.Block, shown, rest []news.Section, step rung) {
	steps := ladder()
	try := func(i int) bool {
		step = steps[i]
		shown, rest = notify.Front(d.Sections, step.stories)
		blocks = r.parentBlocks(d, step, shown, count(rest))
		return stand(blocks)
	}
	if try(0) {
		return blocks, shown, rest, step
	}
	first := 1 + sort.Search(len(steps)-2, func(i int) bool { return try(1 + i) })
	try(first)
	return blocks, shown, rest, step
}

func (r renderer) parentBlocks(d news.Digest, step rung, shown []news.Section, more int) []slack.Block {
	blocks := []slack.Block{header(title(d)), grey(facts(d))}
	totals := map[string]int{}
	for _, s := range d.Sections {
		totals[s.Rule] = len(s.Entries)
	}
	for _, s := range shown {
		blocks = append(blocks, slack.NewDividerBlock(),
			section(fmt.Sprintf("*%s*  (%s)", sectionLabel(s), wording.Number(totals[s.Rule]))))
		for _, e := range s.Entries {
			blocks = append(blocks, storyBlock(e, step), grey(storyFacts(d, e, step)))
		}
	}
	line := leftOver(d, more, r.rest())
	if line != "" || r.interactive {
		blocks = append(blocks, slack.NewDividerBlock())
	}
	if line != "" {
		blocks = append(blocks, grey(line))
	}
	if r.interactive {
		blocks = append(blocks, digestControls(d, shown))
	}
	return blocks
}

func title(d news.Digest) string {
	if t := wording.Line(d.Title); t != "" {
		return t
	}
	return "Digest"
}

func sectionTitle(s news.Section) string {
	if t := wording.Clip(wording.Line(s.Title), maxTitle); t != "" {
		return t
	}
	return "Other"
}

func sectionLabel(s news.Section) string { return literal(sectionTitle(s)) }

// facts is the grey line under the title: the time covered, how many stories
// out of how much.
func facts(d news.Digest) string {
	stories := "*" + wording.Count(len(d.Stories()), "story", "stories") + "*"
	if looked := wording.Looked(d); looked != "" {
		stories += " from " + looked
	}
	return wording.Join(gap, covered(d), stories, wording.Missed(d))
}

func covered(d news.Digest) string {
	switch {
	case d.To.IsZero():
		return ""
	case d.From.IsZero():
		return "until " + zone{d.Location}.moment(d.To)
	}
	return zone{d.Location}.moment(d.From) + " to " + zone{d.Location}.moment(d.To)
}

// leftOver says where the stories are that this message does not show.
func leftOver(d news.Digest, more int, place string) string {
	var thread, waiting string
	if more > 0 {
		verb := "are"
		if more == 1 {
			verb = "is"
		}
		thread = fmt.Sprintf("*%s* %s %s.", wording.Count(more, "more story", "more stories"), verb, place)
	}
	if d.Waiting > 0 {
		verb := "wait"
		if d.Waiting == 1 {
			verb = "waits"
		}
		waiting = fmt.Sprintf("*%s* %s for the next digest", wording.Count(d.Waiting, "story", "stories"), verb)
		if !d.Next.IsZero() {
			waiting += " at " + zone{d.Location}.moment(d.Next)
		}
	}
	return wording.Join(gap, thread, waiting, wording.Muted(d))
}

// quiet says that there is nothing to tell, in one grey line.
func (r renderer) quiet(d news.Digest) ([]news.Message, error) {
	next := ""
	if !d.Next.IsZero() {
		next = "next at " + zone{d.Location}.clock(d.Next)
		if !d.To.IsZero() && d.Next.Sub(d.To) > sameDay {
			next = "next " + zone{d.Location}.moment(d.Next)
		}
	}
	name := wording.Clip(title(d), maxTitle)
	quiet := wording.Join(gap, wording.Quiet(d, zone{d.Location}.moment)...)
	line := wording.Join(gap, "*"+literal(name)+"*", quiet, wording.Muted(d), next)
	text := spoken(name + ": " + wording.Join(", ", append(wording.Quiet(d, zone{d.Location}.plain), wording.Muted(d))...) + ".")
	m, err := freeze(text, []slack.Block{grey(line)}, digestEvent, payload{DeliveryID: d.DeliveryID, Part: 1, Parts: 1}, nil)
	return []news.Message{m}, err
}

// digestControls is the one row of controls of a digest.
func digestControls(d news.Digest, shown []news.Section) slack.Block {
	var options []*slack.OptionBlockObject
	for _, s := range shown {
		for _, e := range s.Entries {
			options = append(options, option("st:"+e.StoryID, fmt.Sprintf("%d. %s", e.Number, wording.Headline(e, maxOption))))
		}
	}
	return slack.NewActionBlock(controlsID("digest_actions", d.DeliveryID),
		slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Mute, follow or flag a story…", maxOption), "story_menu", options...),
		button("digest_why", d.DeliveryID, "Why these?", "Explain why each story is in this digest"),
		slack.NewOverflowBlockElement("digest_more",
			option("pause_until:tomorrow", "Pause this digest until tomorrow"), option("health", "Feed health")))
}

func count(sections []news.Section) int {
	n := 0
	for _, s := range sections {
		n += len(s.Entries)
	}
	return n
}

func ids(sections []news.Section) []string {
	d := news.Digest{Sections: sections}
	return d.Stories()
}

// digestText is the plain form of the parent: what screen readers and phones
// read, so it carries every headline that the message shows.
func digestText(d news.Digest, shown []news.Section, fresh bool, more int, place string) string {
	head := spoken(fmt.Sprintf("%s: %s. ", wording.Clip(title(d), maxTitle), wording.Count(len(d.Stories()), "story", "stories")))
	var tail []string
	if more > 0 {
		tail = append(tail, wording.Number(more)+" more "+place+".")
	}
	if d.Waiting > 0 {
		tail = append(tail, wording.Number(d.Waiting)+" more next time.")
	}
	return listText(head, shown, fresh, strings.Join(tail, " "))
}
