package slack

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wording"
)

// renderer turns content into messages. It is pure.
type renderer struct{ interactive bool }

// rung is one step of the ladder from the fullest look of a digest to the
// barest. Each drops what a reader misses least.
type rung struct {
	stories int  // in the parent message; the others go to its thread
	sources int  // named a story; the others are counted
	match   bool // what matched
	summary bool
}

func ladder() []rung {
	return []rung{
		{10, 3, true, true}, {10, 2, true, true}, {10, 2, false, true}, {10, 1, false, true},
		{8, 1, false, true}, {6, 1, false, true}, {6, 1, false, false}, {4, 1, false, false}, {2, 1, false, false}, {1, 1, false, false},
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
	blocks, shown, rest := r.parent(d)
	pages := paginate(rest)
	parts := 1 + len(pages)
	first, err := freeze(digestText(d, shown, count(rest)), blocks, digestEvent,
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

// parent climbs down the ladder until the message keeps within the budget, and
// returns what it shows and what is left for the thread.
func (r renderer) parent(d news.Digest) (blocks []slack.Block, shown, rest []news.Section) {
	for _, step := range ladder() {
		shown, rest = notify.Front(d.Sections, step.stories)
		blocks = r.parentBlocks(d, step, shown, count(rest))
		if fits(blocks) && sound(blocks) {
			break
		}
	}
	return blocks, shown, rest
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
			blocks = append(blocks, storyBlock(e, step), grey(storyFacts(d, e, step), developed(e, step)))
		}
	}
	line := leftOver(d, more)
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
		return "until " + moment(d.To)
	}
	return moment(d.From) + " to " + moment(d.To)
}

// leftOver says where the stories are that this message does not show.
func leftOver(d news.Digest, more int) string {
	var thread, waiting string
	if more > 0 {
		verb := "are"
		if more == 1 {
			verb = "is"
		}
		thread = fmt.Sprintf("*%s* %s in the thread.", wording.Count(more, "more story", "more stories"), verb)
	}
	if d.Waiting > 0 {
		verb := "wait"
		if d.Waiting == 1 {
			verb = "waits"
		}
		waiting = fmt.Sprintf("*%s* %s for the next digest", wording.Count(d.Waiting, "story", "stories"), verb)
		if !d.Next.IsZero() {
			waiting += " at " + moment(d.Next)
		}
	}
	return wording.Join(gap, thread, waiting, wording.Muted(d))
}

// quiet says that nothing matched, in one grey line.
func (r renderer) quiet(d news.Digest) ([]news.Message, error) {
	since, next, checked := "nothing matched", "", ""
	if !d.From.IsZero() {
		since += " since " + moment(d.From)
	}
	if !d.Next.IsZero() {
		next = "next at " + clock(d.Next)
		if !d.To.IsZero() && d.Next.Sub(d.To) > sameDay {
			next = "next " + moment(d.Next)
		}
	}
	if d.Feeds > 0 {
		checked = wording.Count(d.Items, "item", "items") + " from " + wording.Count(d.Feeds, "feed", "feeds") + " checked"
	}
	name := wording.Clip(title(d), maxTitle)
	line := wording.Join(gap, "*"+literal(name)+"*", since, checked, wording.Missed(d), wording.Muted(d), next)
	text := escape(name) + ": nothing matched."
	if checked != "" {
		text += " " + checked + "."
	}
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
			option("pause:1d", "Pause this digest until tomorrow"), option("health", "Feed health")))
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
func digestText(d news.Digest, shown []news.Section, more int) string {
	head := fmt.Sprintf("%s: %s. ", escape(wording.Clip(title(d), maxTitle)), wording.Count(len(d.Stories()), "story", "stories"))
	var tail []string
	if more > 0 {
		tail = append(tail, wording.Number(more)+" more in the thread.")
	}
	if d.Waiting > 0 {
		tail = append(tail, wording.Number(d.Waiting)+" more next time.")
	}
	return listText(head, shown, strings.Join(tail, " "))
}
