package slack

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// lean is a message as Lean reads and writes it. Its stories are any: the plain
// forms carry them as one string, in case it is the list that Slack refused.
type lean struct {
	Text        string        `json:"text"`
	Blocks      *slack.Blocks `json:"blocks,omitempty"`
	UnfurlLinks bool          `json:"unfurl_links"`
	UnfurlMedia bool          `json:"unfurl_media"`
	Mrkdwn      bool          `json:"mrkdwn"`
	Metadata    struct {
		EventType string         `json:"event_type"`
		Payload   map[string]any `json:"event_payload"`
	} `json:"metadata"`
}

// Lean gives a message in a plainer form after Slack refused the one before:
// first sections of mrkdwn instead of rich text, without controls, then the
// plain text alone.
func (r renderer) Lean(payload []byte, rung int) ([]byte, bool) {
	var m lean
	if rung < 1 || rung > 2 || json.Unmarshal(payload, &m) != nil {
		return nil, false
	}
	if list, ok := m.Metadata.Payload["stories"].([]any); ok {
		m.Metadata.Payload["stories"] = strings.Trim(fmt.Sprint(list), "[]")
	}
	switch {
	case rung == 1 && m.Blocks != nil:
		m.Blocks = &slack.Blocks{BlockSet: plainBlocks(m.Blocks.BlockSet)}
	case rung == 1:
		return nil, false
	default:
		m.Blocks, m.Mrkdwn = nil, false
	}
	body, err := compact(m)
	return body, err == nil
}

// plainBlocks replaces rich text by sections. What is more than a message may
// hold is left out at the end; its headlines still stand in the text.
func plainBlocks(blocks []slack.Block) []slack.Block {
	var out []slack.Block
	for _, b := range blocks {
		switch b := b.(type) {
		case *slack.RichTextBlock:
			for _, text := range chunks(mrkdwn(b.Elements)) {
				out = append(out, verbatim(text))
			}
		case *slack.HeaderBlock, *slack.SectionBlock, *slack.ContextBlock:
			out = append(out, b)
		}
	}
	for len(out) > 0 && !fits(out) {
		out = out[:len(out)-1]
	}
	return out
}

func verbatim(mrkdwn string) slack.Block {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, mrkdwn, false, true), nil, nil)
}

// chunks cuts mrkdwn into texts of at most 3,000 characters, between lines. A
// single line longer than that cannot come out of our own rendering.
func chunks(lines []string) []string {
	var list []string
	for _, line := range lines {
		last := len(list) - 1
		switch {
		case strings.TrimSpace(line) == "" || utf8.RuneCountInString(line) > maxTextObject:
		case last >= 0 && utf8.RuneCountInString(list[last]+line)+1 <= maxTextObject:
			list[last] += "\n" + line
		default:
			list = append(list, line)
		}
	}
	return list
}

// mrkdwn writes rich text as lines of mrkdwn.
func mrkdwn(elements []slack.RichTextElement) []string {
	var lines []string
	for _, element := range elements {
		switch e := element.(type) {
		case *slack.RichTextSection:
			lines = append(lines, strings.Split(inline(e.Elements), "\n")...)
		case *slack.RichTextQuote:
			lines = append(lines, ">"+inline(e.Elements))
		case *slack.RichTextPreformatted:
			lines = append(lines, strings.Split(inline(e.Elements), "\n")...)
		case *slack.RichTextList:
			for i, item := range e.Elements {
				bullet := "•  "
				if e.Style == slack.RTEListOrdered {
					bullet = fmt.Sprintf("%d.  ", e.Offset+i+1)
				}
				lines = append(lines, bullet+strings.Join(mrkdwn([]slack.RichTextElement{item}), " "))
			}
		}
	}
	return lines
}

func inline(elements []slack.RichTextSectionElement) string {
	var b strings.Builder
	for _, element := range elements {
		switch e := element.(type) {
		case *slack.RichTextSectionTextElement:
			b.WriteString(styled(literal(e.Text), e.Style))
		case *slack.RichTextSectionLinkElement:
			b.WriteString(styled("<"+escape(e.URL)+"|"+literal(e.Text)+">", e.Style))
		case *slack.RichTextSectionEmojiElement:
			b.WriteString(":" + e.Name + ":")
		case *slack.RichTextSectionUserGroupElement:
			b.WriteString("<!subteam^" + e.UsergroupID + ">")
		}
	}
	return b.String()
}

// styled makes text bold. The stars must stand at the text, not at the space
// around it.
func styled(s string, style *slack.RichTextSectionTextStyle) string {
	core := strings.TrimSpace(s)
	if style == nil || !style.Bold || core == "" || strings.Contains(core, "\n") {
		return s
	}
	before, after, _ := strings.Cut(s, core)
	return before + "*" + core + "*" + after
}
