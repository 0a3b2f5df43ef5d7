package slack

import (
	"strings"

	"github.com/slack-go/slack"

	"newswatch/news"
	"newswatch/notify/wording"
)

// Foreign text stands in rich_text, where nothing is parsed. Where it must stand
// in mrkdwn it is escaped, and the text object is verbatim, so that Slack makes
// no links or mentions of it by itself.

func header(title string) slack.Block {
	return slack.NewHeaderBlock(plain(title, maxTitle))
}

// plain is text in which no emoji's code is read: what stands there often is a
// feed's.
func plain(s string, limit int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, wording.Clip(wording.Line(s), limit), false, false)
}

func section(mrkdwn string) slack.Block {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, mrkdwn, false, false), nil, nil)
}

// grey is a line of facts in mrkdwn, as small grey text.
func grey(mrkdwn ...string) slack.Block {
	var elements []slack.MixedElement
	for _, m := range mrkdwn {
		if m != "" {
			elements = append(elements, slack.NewTextBlockObject(slack.MarkdownType, m, false, true))
		}
	}
	return slack.NewContextBlock("", elements...)
}

func rich(elements ...slack.RichTextElement) slack.Block {
	return slack.NewRichTextBlock("", elements...)
}

func paragraph(elements ...slack.RichTextSectionElement) *slack.RichTextSection {
	return slack.NewRichTextSection(elements...)
}

func words(s string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(s, nil)
}

func bold(s string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(s, &slack.RichTextSectionTextStyle{Bold: true})
}

func emoji(name string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionEmojiElement(name, 0, nil)
}

// headline links a story's title to its article, or shows it unlinked when the
// feed gave no link that may be shown.
func headline(e news.Entry, style *slack.RichTextSectionTextStyle) slack.RichTextSectionElement {
	return linked(wording.Headline(e, maxHeadline), e.URL, style)
}

func linked(text, url string, style *slack.RichTextSectionTextStyle) slack.RichTextSectionElement {
	if u := address(url); u != "" {
		return slack.NewRichTextSectionLinkElement(u, text, style)
	}
	return slack.NewRichTextSectionTextElement(text, style)
}

// summary is the line under a headline, with the outlet whose words they are when
// it is not that of the headline.
func summary(e news.Entry) []slack.RichTextSectionElement {
	s := wording.Clip(wording.Line(e.Summary), maxSummary)
	if s == "" {
		return nil
	}
	if name := wording.Clip(wording.Line(e.SummaryBy.Name), maxName); name != "" {
		return []slack.RichTextSectionElement{words("\n" + s + " ("), linked(name, e.SummaryBy.URL, nil), words(")")}
	}
	return []slack.RichTextSectionElement{words("\n" + s)}
}

// quotation shows a sentence with the matched places bold.
func quotation(q news.Quote) slack.RichTextElement {
	var elements []slack.RichTextSectionElement
	for _, p := range wording.Pieces(q, maxQuote) {
		if p.Match {
			elements = append(elements, bold(p.Text))
			continue
		}
		elements = append(elements, words(p.Text))
	}
	if len(elements) == 0 {
		return nil
	}
	return &slack.RichTextQuote{Type: slack.RTEQuote, Elements: elements}
}

// controlsID names a row of controls after its delivery: of a message whose
// control was pressed Slack always tells the block, while the metadata is not
// promised.
func controlsID(row, deliveryID string) string { return row + ":" + deliveryID }

// DeliveryOf is the delivery that a row of controls belongs to, "" when it names none.
func DeliveryOf(blockID string) string {
	_, id, _ := strings.Cut(blockID, ":")
	return id
}

// button is a control with what a screen reader says of it.
func button(action, value, text, spoken string) *slack.ButtonBlockElement {
	b := slack.NewButtonBlockElement(action, value, plain(text, maxOption))
	b.AccessibilityLabel = spoken
	return b
}

func option(value, text string) *slack.OptionBlockObject {
	return slack.NewOptionBlockObject(value, plain(text, maxOption), nil)
}
