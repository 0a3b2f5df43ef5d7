package slack

import (
	"strings"

	"github.com/slack-go/slack"

	"newswatch/news"
	"newswatch/notify/wording"
)

// The most sources that an alert names, and that a follow-up lists.
const (
	alertSources    = 6
	followupSources = 15
)

// Alert gives a story's one message: how fast it spreads, the headline, the
// sentence that matched, who has it, and why we tell it.
func (r renderer) Alert(a news.Alert) (news.Message, error) {
	blocks := r.alertBlocks(a, alertSources, maxQuote)
	if !fits(blocks) || !sound(blocks) {
		blocks = r.alertBlocks(a, 1, 0)
	}
	return freeze(alertText(a), blocks, alertEvent, payload{DeliveryID: a.DeliveryID, Part: 1, Parts: 1}, []string{a.Entry.StoryID})
}

func (r renderer) alertBlocks(a news.Alert, sources, quote int) []slack.Block {
	e := a.Entry
	story := []slack.RichTextSectionElement{headline(e, &slack.RichTextSectionTextStyle{Bold: true})}
	if wording.Line(e.Summary) != wording.Line(e.Quote.Text) { // else the quote says it, with what matched marked in it
		story = append(story, summary(e)...)
	}
	blocks := []slack.Block{rich(alertHead(a)), rich(paragraph(story...))}
	if q := quotation(e.Quote); q != nil && quote > 0 && wording.Line(e.Quote.Text) != wording.Line(e.Headline) {
		blocks = append(blocks, rich(q))
	}
	if lines := alertFacts(a, sources); len(lines) > 0 {
		blocks = append(blocks, grey(lines...))
	}
	if r.interactive {
		blocks = append(blocks, alertControls(a))
	}
	return blocks
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

func alertFacts(a news.Alert, sources int) []string {
	first, why, grown := "", label(a.Entry.Why, maxWhy), ""
	if !a.FirstSeen.IsZero() {
		first = "first seen " + reported(a.FirstSeen, a.Entry.At)
	}
	if why != "" {
		why = "Why: " + why
	}
	if g := wording.Growth(a.Entry); g != "" {
		grown = "*" + g + "*"
		if reasons := reasons(a.Entry); reasons != "" {
			grown += ": " + reasons
		}
	}
	var lines []string
	for _, l := range []string{wording.Join(gap, sourceList(a.Entry, sources), first), why, grown} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// reasons are what developed, in words, for mrkdwn.
func reasons(e news.Entry) string {
	var list []string
	for _, r := range wording.Reasons(e) {
		if l := label(r, maxWhy); l != "" && len(list) < 5 {
			list = append(list, l)
		}
	}
	return strings.Join(list, "; ")
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

func alertText(a news.Alert) string {
	e := a.Entry
	names := make([]string, 0, len(e.Sources))
	for _, s := range e.Sources[:min(alertSources, len(e.Sources))] {
		names = append(names, wording.Clip(wording.Line(s.Name), maxName))
	}
	sources := strings.Join(names, ", ") + wording.Untold(e, alertSources)
	if sources != "" {
		sources += "."
	}
	head := wording.Join(", ", alertTitle(a), ruleTitle(a)) + ": " + wording.Headline(e, maxHeadline) + "."
	return clipBytes(wording.Join(" ", head, wording.Clip(wording.Line(e.Summary), maxSummary), sources), maxText)
}

// Followup gives the note for the thread of a story's first message: what is
// new, not the story again.
func (r renderer) Followup(a news.Alert) (news.Message, error) {
	limit := followupSources
	blocks := followupBlocks(a, limit)
	for limit > 1 && !(fits(blocks) && sound(blocks)) {
		limit--
		blocks = followupBlocks(a, limit)
	}
	return freeze(followupText(a), blocks, followupEvent, payload{DeliveryID: a.DeliveryID, Part: 1, Parts: 1}, []string{a.Entry.StoryID})
}

func followupBlocks(a news.Alert, limit int) []slack.Block {
	e := a.Entry
	fresh := newSources(e)
	opening := []slack.RichTextSectionElement{bold(grown(e)), words(" on "), headline(e, nil)}
	if len(fresh) > 0 {
		opening = append(opening, words(". New since then:"))
	}
	blocks := []slack.Block{rich(paragraph(opening...))}
	if len(fresh) > 0 {
		blocks = append(blocks, rich(sourceBullets(fresh, limit)))
	}
	if what := reasons(e); what != "" {
		blocks = append(blocks, grey("*What developed*: "+what))
	}
	now := wording.Sources(e)
	if now != "" {
		now += " now"
	}
	return append(blocks, grey(wording.Join(gap, now, reported(e.At, e.At), "next update only if the story grows again")))
}

func sourceBullets(fresh []news.Source, limit int) *slack.RichTextList {
	list := slack.NewRichTextList(slack.RTEListBullet, 0)
	for _, s := range fresh[:min(limit, len(fresh))] {
		line := []slack.RichTextSectionElement{linked(sourceHeadline(s), s.URL, nil)}
		if name := sourceName(s); name != sourceHeadline(s) {
			line = append(line, words("  "+name))
		}
		list.Elements = append(list.Elements, paragraph(line...))
	}
	if rest := len(fresh) - limit; rest > 0 {
		list.Elements = append(list.Elements, paragraph(words("and "+wording.Number(rest)+" more")))
	}
	return list
}

func newSources(e news.Entry) []news.Source {
	var fresh []news.Source
	for _, s := range e.Sources {
		if s.New {
			fresh = append(fresh, s)
		}
	}
	return fresh
}

// grown says what a follow-up brings: "4 more sources", or that the story
// developed in the outlets that had it already.
func grown(e news.Entry) string {
	if e.Since > 0 {
		return wording.Count(e.Since, "more source", "more sources")
	}
	return "New reports"
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

func followupText(a news.Alert) string {
	e := a.Entry
	var fresh []string
	for _, s := range newSources(e) {
		fresh = append(fresh, sourceHeadline(s)+" ("+sourceName(s)+")")
	}
	text := grown(e) + " on: " + wording.Headline(e, maxHeadline) + "."
	if len(fresh) > 0 {
		text += " New: " + strings.Join(fresh, "; ") + "."
	}
	return clipBytes(text, maxText)
}
