package slack

import (
	"sort"
	"strings"

	"github.com/slack-go/slack"

	"newswatch/news"
	"newswatch/notify/wording"
)

// A notice shows at most so much of its detail, and less where more would not fit.
const (
	maxDetail      = 2_000 // characters
	maxDetailLines = 25
	maxFooter      = 600 // characters: escaped they are at most Slack's 3,000
)

// Notice tells the operators what broke, what it says, and what still works.
func (r renderer) Notice(n news.Notice) (news.Message, error) {
	what := wording.Clip(wording.Line(n.Headline), maxTitle)
	subject := wording.Clip(wording.Line(n.Subject), maxSummary)
	line := []slack.RichTextSectionElement{emoji(noticeEmoji(n.Kind))}
	switch {
	case subject == "":
		line = append(line, bold(" "+what))
	default:
		line = append(line, bold(" "+what+": "), words(subject))
	}
	whole, footer := []rune(wording.Block(n.Detail, maxDetailLines)), label(n.Footer, maxFooter)
	detail := clipDetail(whole, maxDetail)
	blocks := noticeBlocks(line, detail, footer)
	if !stand(blocks) {
		limit := sort.Search(maxDetail, func(n int) bool { return !stand(noticeBlocks(line, clipDetail(whole, n+1), footer)) })
		detail = clipDetail(whole, limit)
		blocks = noticeBlocks(line, detail, footer)
	}
	text := wording.Join(" ", wording.Join(": ", what, subject)+".", strings.Join(plainLines(strings.Split(detail, "\n")), "; "), wording.Line(n.Footer))
	return freeze(clipBytes(text, maxText), blocks, noticeEvent, payload{DeliveryID: n.DeliveryID, Part: 1, Parts: 1}, nil)
}

func noticeBlocks(line []slack.RichTextSectionElement, detail, footer string) []slack.Block {
	blocks := []slack.Block{rich(paragraph(line...))}
	if detail != "" {
		blocks = append(blocks, rich(&slack.RichTextPreformatted{
			Type: slack.RTEPreformatted, Elements: []slack.RichTextSectionElement{words(detail)},
		}))
	}
	if footer != "" {
		blocks = append(blocks, grey(footer))
	}
	return blocks
}

// clipDetail shows at most so many characters of a notice's detail.
func clipDetail(detail []rune, limit int) string {
	switch {
	case len(detail) <= limit:
		return string(detail)
	case limit == 0:
		return ""
	}
	return string(detail[:limit]) + "…"
}

// noticeEmoji marks a kind of notice. Only standard emoji: custom ones count
// heavily toward a message's hidden size.
func noticeEmoji(kind string) string {
	switch kind {
	case "rules_rejected":
		return "no_entry"
	case "feed_dead", "delivery_held", "clock_back", "backup_failed":
		return "warning"
	case "feed_back", "rules_loaded", "delivery_sent":
		return "white_check_mark"
	}
	return "information_source"
}
