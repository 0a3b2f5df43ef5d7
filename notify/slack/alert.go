package slack

import (
	"strings"

	"github.com/slack-go/slack"

	"newswatch/news"
	"newswatch/notify/wording"
)

// The most that an alert names of sources and of what is new, and that a follow-up
// lists.
const (
	alertSources    = 6
	alertChanges    = 3
	followupSources = 15
)

// alertStep is one step of the ladder from the fullest look of an alert to the
// barest.
type alertStep struct {
	sources int // named; the others are counted
	changes int // of what is new; the others are counted
	links   bool
	quote   bool
	summary bool
}

func alertLadder() []alertStep {
	return []alertStep{
		{alertSources, alertChanges, true, true, true}, {1, alertChanges, true, false, true}, {1, 1, true, false, true},
		{1, 1, false, false, true}, {1, 1, false, false, false}, {1, 0, false, false, false},
	}
}

// Alert gives a story's one message: how fast it spreads, the headline, the
// sentence that matched, who has it, and why we tell it.
func (r renderer) Alert(a news.Alert) (news.Message, error) {
	a.Entry = tidied(a.Entry)
	var blocks []slack.Block
	steps := alertLadder()
	for _, step := range steps {
		if blocks = r.alertBlocks(a, step); stand(blocks) {
			break
		}
	}
	for !stand(blocks) && len(a.Mention) > 0 { // there is room for scores of them
		a.Mention = a.Mention[:len(a.Mention)/2]
		blocks = r.alertBlocks(a, steps[len(steps)-1])
	}
	return freeze(alertText(a), blocks, alertEvent, payload{DeliveryID: a.DeliveryID, Part: 1, Parts: 1}, []string{a.Entry.StoryID})
}

func (r renderer) alertBlocks(a news.Alert, step alertStep) []slack.Block {
	e := a.Entry
	if e.OneWith != (news.Source{}) {
		return pointerBlocks(a)
	}
	summed, quoted := wording.Tells(e)
	story := []slack.RichTextSectionElement{headline(e, &slack.RichTextSectionTextStyle{Bold: true})}
	if summed && step.summary {
		story = append(story, summary(e)...)
	}
	blocks := []slack.Block{rich(alertHead(a)), rich(paragraph(story...))}
	if q := quotation(e.Quote); q != nil && step.quote && quoted {
		blocks = append(blocks, rich(q))
	}
	blocks = append(blocks, alertNews(e, step)...)
	if lines := alertFacts(a, step); len(lines) > 0 {
		blocks = append(blocks, grey(lines...))
	}
	if r.interactive {
		blocks = append(blocks, alertControls(a))
	}
	return blocks
}

// pointerBlocks say with which story this one turned out to be one.
func pointerBlocks(a news.Alert) []slack.Block {
	e := a.Entry
	return []slack.Block{
		rich(paragraph(bold(alertTitle(a)), words("  the same story as another one that was told"))),
		rich(paragraph(headline(e, nil), words("\ngoes on in: "), linked(sourceHeadline(e.OneWith), e.OneWith.URL, &slack.RichTextSectionTextStyle{Bold: true}),
			words(" ("+sourceName(e.OneWith)+")"))),
		grey("Nothing more comes here: what is new stands with that story."),
	}
}

// alertNews is what developed, and the reports that brought it, the newest first.
func alertNews(e news.Entry, step alertStep) []slack.Block {
	changes := wording.Beyond(e)
	var list []slack.RichTextSectionElement
	for _, c := range changes[:min(step.changes, len(changes))] {
		if !step.links {
			c.Report.URL = ""
		}
		list = append(list, newest(c)...)
	}
	what := reasonWords(e)
	switch {
	case what == "" && len(list) == 0:
		return nil
	case what == "":
		what = "Developing"
	}
	opening := []slack.RichTextSectionElement{bold(what)}
	if rest := len(changes) - step.changes; rest > 0 {
		list = append(list, words("\nand "+wording.Count(rest, "earlier report", "earlier reports")))
	}
	return []slack.Block{rich(paragraph(append(opening, list...)...))}
}

// alertHead is the first line, and the mentions that the rule file asks for.
func alertHead(a news.Alert) *slack.RichTextSection {
	line := paragraph(emoji("rotating_light"), bold(" "+alertTitle(a)),
		words("  "+wording.Join(", ", ruleTitle(a), wording.Spread(a.Entry, a.FirstSeen))))
	for _, m := range a.Mention {
		line.Elements = append(line.Elements, words("  "), mention(m))
	}
	return line
}

func alertTitle(a news.Alert) string {
	if t := wording.Clip(wording.Line(a.Title), maxTitle); t != "" {
		return t
	}
	return "Alert"
}

func ruleTitle(a news.Alert) string { return wording.Clip(wording.Line(a.RuleTitle), maxTitle) }

func alertFacts(a news.Alert, step alertStep) []string {
	first, why := "", label(a.Entry.Why, maxWhy)
	if !a.FirstSeen.IsZero() {
		first = "first seen " + zone{a.Location}.reported(a.FirstSeen, a.Entry.At)
	}
	if why != "" {
		why = "Why: " + why
	}
	var lines []string
	for _, l := range []string{wording.Join(gap, sourceNames(a.Entry, step.sources, step.links), first), why} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// reasons are what developed, in words, for mrkdwn.
func reasons(e news.Entry) string {
	list := wording.Reasons(e)
	for i := range list {
		list[i] = label(list[i], maxWhy)
	}
	return strings.Join(list[:min(len(list), maxReasons)], "; ")
}

// reasonWords are what developed, as an opening in rich text.
func reasonWords(e news.Entry) string {
	if len(wording.Reasons(e)) == 0 {
		return ""
	}
	return wording.Clip(wording.News(e), maxHeadline)
}

func alertControls(a news.Alert) slack.Block {
	e := a.Entry
	var elements []slack.BlockElement
	if u := address(e.URL); u != "" {
		open := button("open_article", "", "Open article", "Open the article")
		if len(e.Sources) > 0 {
			open.AccessibilityLabel = wording.Clip("Open the article at "+wording.Line(e.Sources[0].Name), maxOption)
		}
		open.URL, open.Style = u, slack.StylePrimary
		elements = append(elements, open)
	}
	return slack.NewActionBlock(controlsID("story_actions", a.DeliveryID), append(elements, storyButtons(e.StoryID)...)...)
}

// alertText is the plain form of an alert, with each headline that it shows.
func alertText(a news.Alert) string {
	e := a.Entry
	title, head := wording.Join(", ", alertTitle(a), ruleTitle(a))+": ", sentence(wording.Headline(e, maxHeadline))
	sources := alertTextSources(e)
	return evenly(func(limit int) string {
		text := title + cutBytes(head, limit) + "."
		if e.OneWith != (news.Source{}) {
			return spoken(text + " The same story as: " + cutBytes(sourceHeadline(e.OneWith), limit) + " (" + sourceName(e.OneWith) + ").")
		}
		return spoken(wording.Join(" ", text, alertTextNews(e, limit), alertTextSummary(e, limit), cutBytes(sources, limit)))
	})
}

func alertTextSources(e news.Entry) string {
	names := make([]string, 0, len(e.Sources))
	for _, s := range e.Sources[:min(alertSources, len(e.Sources))] {
		names = append(names, wording.Clip(wording.Line(s.Name), maxName))
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Join(names, ", ") + wording.Untold(e, alertSources) + "."
}

// alertTextSummary is what the message says under the headline, with the outlet
// whose words it is.
func alertTextSummary(e news.Entry, limit int) string {
	summed, quoted := wording.Tells(e)
	s := cutBytes(wording.Clip(wording.Line(e.Summary), maxSummary), limit)
	name := wording.Clip(wording.Line(e.SummaryBy.Name), maxName)
	switch {
	case summed && name != "":
		return s + " (" + name + ")"
	case summed:
		return s
	case quoted:
		return cutBytes(wording.Clip(wording.Line(e.Quote.Text), maxSummary), limit)
	}
	return ""
}

// alertTextNews is what developed, and the reports that brought it.
func alertTextNews(e news.Entry, limit int) string {
	s := ""
	if what := reasonWords(e); what != "" {
		s = sentence(cutBytes(what, limit)) + "."
	}
	changes := wording.Beyond(e)
	for _, c := range changes[:min(alertChanges, len(changes))] {
		s = wording.Join(" ", s, opening(c)+sentence(cutBytes(sourceHeadline(c.Report), limit))+" ("+sourceName(c.Report)+").")
	}
	return s
}

// Followup gives the note for the thread of a story's first message: what is
// new, not the story again.
func (r renderer) Followup(a news.Alert) (news.Message, error) {
	a.Entry = tidied(a.Entry)
	limit := followupSources
	blocks := followupBlocks(a, limit)
	for limit > 1 && !stand(blocks) {
		limit--
		blocks = followupBlocks(a, limit)
	}
	return freeze(followupText(a, limit), blocks, followupEvent, payload{DeliveryID: a.DeliveryID, Part: 1, Parts: 1}, []string{a.Entry.StoryID})
}

func followupBlocks(a news.Alert, limit int) []slack.Block {
	e := a.Entry
	elements := []slack.RichTextElement{
		paragraph(bold(wording.Clip(wording.News(e), maxHeadline)), words(" on "), headline(e, nil)),
	}
	if bullets := followupBullets(e, limit); len(bullets.Elements) > 0 {
		elements = append(elements, bullets)
	}
	return []slack.Block{rich(elements...), grey(followupFacts(a))}
}

func followupFacts(a news.Alert) string {
	e := a.Entry
	now := wording.Sources(e)
	if now != "" {
		now += " now"
	}
	return wording.Join(gap, now, zone{a.Location}.reported(e.At, e.At), "next note only when the story develops again")
}

// followupBullets are the reports that came since, those that brought a change
// first. An edited headline stands beside the one that it was.
func followupBullets(e news.Entry, limit int) *slack.RichTextList {
	list := slack.NewRichTextList(slack.RTEListBullet, 0)
	add := func(elements ...slack.RichTextSectionElement) {
		list.Elements = append(list.Elements, paragraph(elements...))
	}
	shown, total := 0, 0
	for _, c := range wording.Reports(e) {
		if total++; shown == limit {
			continue
		}
		shown++
		line := []slack.RichTextSectionElement{linked(sourceHeadline(c.Report), c.Report.URL, nil)}
		if name := sourceName(c.Report); name != sourceHeadline(c.Report) {
			line = append(line, words("  "+name))
		}
		if wording.Edited(c) {
			line = append([]slack.RichTextSectionElement{words("now: ")}, line...)
			line = append(line, words("\nwas: "+wording.Clip(wording.Line(c.Was), maxHeadline)))
		}
		add(line...)
	}
	if total > shown {
		add(words("and " + wording.Number(total-shown) + " more"))
	}
	return list
}

func sourceName(s news.Source) string {
	if name := wording.Clip(wording.Line(s.Name), maxName); name != "" {
		return name
	}
	return "a source"
}

func sourceHeadline(s news.Source) string {
	if h := wording.Clip(wording.Line(s.Headline), maxHeadline); h != "" {
		return h
	}
	return sourceName(s)
}

// followupText is the plain form of a note. Reports that it does not show are left
// out.
func followupText(a news.Alert, shown int) string {
	e := a.Entry
	reports := wording.Reports(e)
	reports = reports[:min(shown, len(reports))]
	head, what := sentence(wording.Headline(e, maxHeadline)), wording.Clip(wording.News(e), maxHeadline)
	return evenly(func(limit int) string {
		list := make([]string, len(reports))
		for i, c := range reports {
			list[i] = cutBytes(sourceHeadline(c.Report), limit) + " (" + cutBytes(sourceName(c.Report), limit) + ")"
			if wording.Edited(c) {
				list[i] += ", was: " + cutBytes(wording.Clip(wording.Line(c.Was), maxHeadline), limit)
			}
		}
		text := cutBytes(what, limit) + " on: " + cutBytes(head, limit) + "."
		if len(list) > 0 {
			text += " New: " + strings.Join(list, "; ") + "."
		}
		return spoken(text)
	})
}
