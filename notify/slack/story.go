package slack

import (
	"fmt"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"newswatch/news"
	"newswatch/notify/wording"
)

// sameDay is how old a report may be to be told by its time of day alone.
const sameDay = 20 * time.Hour

// storyBlock is a story's numbered, linked headline and what to know of it.
func storyBlock(e news.Entry, step rung) slack.Block {
	strong := &slack.RichTextSectionTextStyle{Bold: true}
	elements := []slack.RichTextSectionElement{bold(fmt.Sprintf("%d.  ", e.Number)), headline(e, strong)}
	if step.summary {
		elements = append(elements, gist(e)...)
	}
	return rich(paragraph(elements...))
}

// gist is what stands under a headline: the report that brought what is new; of a
// story that the reader does not know the summary, else the sentence that matched.
func gist(e news.Entry) (lines []slack.RichTextSectionElement) {
	c, fresh := wording.Latest(e)
	switch {
	case fresh && e.Developing:
	case !wording.Repeats(e.Summary, e.Headline):
		lines = summary(e)
	case !wording.Repeats(e.Quote.Text, e.Headline):
		lines = []slack.RichTextSectionElement{words("\n" + wording.Clip(wording.Line(e.Quote.Text), maxSummary))}
	}
	if fresh {
		lines = append(lines, newest(c)...)
	}
	return lines
}

// newest is the headline of a report that brought a change, with its outlet.
func newest(c news.Change) []slack.RichTextSectionElement {
	return []slack.RichTextSectionElement{
		words("\n" + opening(c)), linked(sourceHeadline(c.Report), c.Report.URL, nil), words(" (" + sourceName(c.Report) + ")"),
	}
}

// opening says whether a report is new, or its headline was edited.
func opening(c news.Change) string {
	if wording.Edited(c) {
		return "Now: "
	}
	return "New: "
}

// storyFacts is the grey line under a story: what developed, sources, time, match.
func storyFacts(d news.Digest, e news.Entry, step rung) string {
	why := ""
	if step.match {
		why = matched(e)
	}
	return wording.Join(gap, developed(e, step), sourceList(e, step.sources, step.links), zone{d.Location}.reported(e.At, d.To), why)
}

// developed says that a story was told before, and what is new of it.
func developed(e news.Entry, step rung) string {
	growth := wording.Growth(e)
	if growth == "" {
		return ""
	}
	growth = "*" + growth + "*"
	if what := reasons(e); what != "" && step.summary {
		growth += ": " + what
	}
	return growth
}

// matched says what matched, in the rule's own words.
func matched(e news.Entry) string {
	if why := label(e.Why, maxWhy); why != "" {
		return "matched " + why
	}
	return ""
}

// sourceList counts the outlets of a story and names the first ones:
// "7 sources, 5 independent: A, B, C and 4 more".
func sourceList(e news.Entry, named int, links bool) string {
	total, names := wording.Sources(e), sourceNames(e, named, links)
	if total == "" {
		return names
	}
	return wording.Join(": ", total, names)
}

// sourceNames names the first outlets of a story and counts those beyond. A single
// one is named too: its name says more than "and 1 more".
func sourceNames(e news.Entry, named int, links bool) string {
	if len(e.Sources) == named+1 {
		named++
	}
	var names []string
	for _, s := range e.Sources[:min(named, len(e.Sources))] {
		if !links {
			s.URL = ""
		}
		if a := anchor(s.URL, s.Name); a != "" {
			names = append(names, a)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Join(names, ", ") + wording.Untold(e, named)
}

// paginate cuts what is left of a digest into pages for its thread: at most so
// many stories, and each within a message's budget.
func paginate(rest []news.Section) [][]news.Section {
	var pages [][]news.Section
	for count(rest) > 0 {
		n := min(pageSize, count(rest))
		whole, _ := cut(rest, n)
		if !fits(pageBlocks(100, 100, whole)) {
			n = sort.Search(n, func(n int) bool {
				page, _ := cut(rest, n)
				return !fits(pageBlocks(100, 100, page))
			}) - 1
		}
		page, left := cut(rest, max(1, n))
		pages, rest = append(pages, page), left
	}
	return pages
}

// cut takes the first n stories.
func cut(sections []news.Section, n int) (first, rest []news.Section) {
	for _, s := range sections {
		k := min(n, len(s.Entries))
		n -= k
		in, out := s, s
		in.Entries, out.Entries = s.Entries[:k], s.Entries[k:]
		if len(in.Entries) > 0 {
			first = append(first, in)
		}
		if len(out.Entries) > 0 {
			rest = append(rest, out)
		}
	}
	return first, rest
}

// pageBlocks is one page of the thread: numbered lists under the titles of the
// sections.
func pageBlocks(part, parts int, page []news.Section) []slack.Block {
	var elements []slack.RichTextElement
	for _, s := range page {
		elements = append(elements, paragraph(bold(sectionTitle(s))))
		for _, run := range runs(s.Entries) {
			elements = append(elements, numbered(run))
		}
	}
	return []slack.Block{grey(fmt.Sprintf("Part %d of %d", part, parts)), rich(elements...)}
}

// runs cuts entries where their numbers are not consecutive: a list counts by
// itself from its offset.
func runs(entries []news.Entry) [][]news.Entry {
	var list [][]news.Entry
	for i, e := range entries {
		if i == 0 || entries[i-1].Number+1 != e.Number {
			list = append(list, nil)
		}
		list[len(list)-1] = append(list[len(list)-1], e)
	}
	return list
}

func numbered(entries []news.Entry) slack.RichTextElement {
	list := slack.NewRichTextList(slack.RTEListOrdered, 0)
	list.Offset = max(0, entries[0].Number-1)
	for _, e := range entries {
		line := []slack.RichTextSectionElement{headline(e, nil)}
		if tail := wording.Join(gap, outlet(e), wording.Sources(e), grownLine(e)); tail != "" {
			line = append(line, words("  "+tail))
		}
		list.Elements = append(list.Elements, paragraph(line...))
	}
	return list
}

// outlet is the outlet of the lead.
func outlet(e news.Entry) string {
	if len(e.Sources) == 0 {
		return ""
	}
	return wording.Clip(wording.Line(e.Sources[0].Name), maxName)
}

// grownLine is what developed, for the end of a line of a list.
func grownLine(e news.Entry) string {
	return wording.Join(": ", wording.Growth(e), wording.Clip(strings.Join(wording.Reasons(e), "; "), maxListed))
}

func pageText(part, parts int, page []news.Section) string {
	return listText(fmt.Sprintf("Part %d of %d: ", part, parts), page, false, "")
}

// listText puts headlines between a head and a tail (both escaped), each cut to
// the same number of bytes, as many as keep the whole within the limit; fresh: the
// headlines of what is new of a story as well.
func listText(head string, sections []news.Section, fresh bool, tail string) string {
	var lines []textLine
	for _, s := range sections {
		for _, e := range s.Entries {
			lines = append(lines, newTextLine(e, fresh))
		}
	}
	build := func(limit int) string {
		var b strings.Builder
		b.WriteString(head)
		for _, l := range lines {
			l.write(&b, limit)
		}
		b.WriteString(tail)
		return strings.TrimSpace(b.String())
	}
	return evenly(build)
}

// evenly gives the text that build makes of headlines cut to so many bytes each,
// as many as keep the whole within the limit.
func evenly(build func(limit int) string) string {
	if whole := build(maxText); len(whole) <= maxText {
		return whole
	}
	over := sort.Search(maxText, func(limit int) bool { return len(build(limit)) > maxText })
	return build(max(0, over-1))
}

// textLine is a story in the plain text.
type textLine struct{ number, headline, total, opening, fresh string }

func newTextLine(e news.Entry, fresh bool) textLine {
	l := textLine{number: fmt.Sprintf("%d. ", e.Number), headline: sentence(wording.Headline(e, maxHeadline))}
	if total := wording.Sources(e); total != "" {
		l.total = " (" + total + ")"
	}
	if c, ok := wording.Latest(e); ok && fresh {
		l.opening, l.fresh = strings.ToLower(opening(c)), sentence(sourceHeadline(c.Report))
	}
	return l
}

// write writes the line with its headlines cut to so many bytes each.
func (l textLine) write(b *strings.Builder, limit int) {
	b.WriteString(l.number + spoken(cutBytes(l.headline, limit)) + l.total)
	if l.fresh != "" {
		b.WriteString("; " + l.opening + spoken(cutBytes(l.fresh, limit)))
	}
	b.WriteString(". ")
}

// sentence is a headline to which a full stop can be put.
func sentence(s string) string { return strings.TrimRight(s, ".") }

// cutBytes cuts a headline to so many bytes, never inside a character.
func cutBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	limit = max(0, limit-len("…"))
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return strings.TrimSpace(s[:limit]) + "…"
}

// stand says whether blocks may be sent: they keep within the budget, and each text
// within its limit.
func stand(blocks []slack.Block) bool { return fits(blocks) && sound(blocks) }

// sound says whether every text object keeps within its limit.
func sound(blocks []slack.Block) bool {
	for _, b := range blocks {
		context, ok := b.(*slack.ContextBlock)
		if !ok {
			continue
		}
		for _, element := range context.ContextElements.Elements {
			if t, ok := element.(*slack.TextBlockObject); ok && utf8.RuneCountInString(t.Text) > maxTextObject {
				return false
			}
		}
	}
	return true
}
