package slack

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"newswatch/news"
)

// Slack refuses a message at about 13,200 counted characters of blocks
// (msg_blocks_too_long; measured by others, not documented) and at 50 blocks.
// Our budget stays below: compact JSON bytes and so many for each block.
const (
	maxCost   = 12_500
	perBlock  = 110
	maxBlocks = 45
	// chat.update counts text in UTF-8 bytes and refuses 4,000.
	maxText = 3_800
	// Slack publishes no limit for metadata; a kilobyte is known to pass.
	maxStories = 60
	// A text object holds at most 3,000 characters.
	maxTextObject = 3_000
)

// message is the body of chat.postMessage, without the channel and the thread:
// these are known only when it is posted.
type message struct {
	Text        string       `json:"text"`
	Blocks      slack.Blocks `json:"blocks"`
	UnfurlLinks bool         `json:"unfurl_links"`
	UnfurlMedia bool         `json:"unfurl_media"`
	Mrkdwn      bool         `json:"mrkdwn"`
	Metadata    metadata     `json:"metadata"`
}

// metadata proves after an uncertain answer that a message was posted. Every app
// of the workspace can read it: it holds ids, no content.
type metadata struct {
	EventType string  `json:"event_type"`
	Payload   payload `json:"event_payload"`
}

type payload struct {
	DeliveryID string `json:"delivery_id"`
	Part       int    `json:"part"`
	Parts      int    `json:"parts"`
	// Stories are the first 8 hex digits of each id. No page of Slack's allows or
	// forbids a list of strings: its types name none, and its page on metadata calls
	// its shapes advice that nothing enforces (api.slack.com/reference/metadata). A
	// Slack that refuses it gets the plainer forms, with one string.
	Stories []string `json:"stories"`
}

// The types of our metadata events.
const (
	digestEvent   = "news_digest_posted"
	alertEvent    = "news_alert_posted"
	followupEvent = "news_followup_posted"
	noticeEvent   = "news_notice_posted"
)

// freeze makes the frozen bytes of a message.
func freeze(text string, blocks []slack.Block, event string, p payload, stories []string) (news.Message, error) {
	p.Stories = short(stories)
	body, err := compact(message{
		Text:     text,
		Blocks:   slack.Blocks{BlockSet: blocks},
		Mrkdwn:   true,
		Metadata: metadata{EventType: event, Payload: p},
	})
	if err != nil {
		return news.Message{}, fmt.Errorf("render %s part %d: %w", p.DeliveryID, p.Part, err)
	}
	return news.Message{Payload: body, Stories: stories}, nil
}

// short cuts story ids to what the metadata has room for.
func short(ids []string) []string {
	list := make([]string, 0, min(len(ids), maxStories))
	for _, id := range ids[:min(len(ids), maxStories)] {
		list = append(list, id[:min(len(id), 8)])
	}
	return list
}

// fits says whether blocks keep within the budget.
func fits(blocks []slack.Block) bool {
	if len(blocks) > maxBlocks {
		return false
	}
	cost := len("[]")
	for _, b := range blocks {
		body, err := compact(b)
		if err != nil {
			return false
		}
		cost += len(body) + len(",") + perBlock
		if b.BlockType() != slack.MBTContext && b.BlockType() != slack.MBTSection {
			cost += entities(body)
		}
		if cost > maxCost {
			return false
		}
	}
	return true
}

// entities are the bytes that Slack adds when it escapes what is no mrkdwn: it
// counts &, < and > as &amp;, &lt; and &gt;.
func entities(body []byte) int {
	n := 4 * bytes.Count(body, []byte("&"))
	return n + 3*(bytes.Count(body, []byte("<"))+bytes.Count(body, []byte(">")))
}

// compact encodes JSON without the escapes that encoding/json adds for HTML:
// they would make six bytes of each < and count against Slack's limit. slack-go
// encodes its blocks with them, so they are taken out afterwards.
func compact(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	out := b[:0]
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			out = append(out, b[i])
			continue
		}
		switch {
		case bytes.HasPrefix(b[i:], []byte(`\u003c`)):
			out, i = append(out, '<'), i+5
		case bytes.HasPrefix(b[i:], []byte(`\u003e`)):
			out, i = append(out, '>'), i+5
		case bytes.HasPrefix(b[i:], []byte(`\u0026`)):
			out, i = append(out, '&'), i+5
		default: // the character after a backslash belongs to it
			out, i = append(out, b[i], b[i+1]), i+1
		}
	}
	return out, nil
}
