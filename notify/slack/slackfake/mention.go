package slackfake

import (
	"regexp"
	"strings"
)

// parser reads what Slack reads in a text.
type parser struct {
	// live finds <...> in mrkdwn: everyone in a channel, a user, a user group, or
	// a link. Slack decodes an entity once and does not read what comes out of it
	// again, so an escaped "&lt;!channel&gt;" is text.
	live *regexp.Regexp
	// called finds names without brackets; they mention only in a message that was
	// sent with link_names or parse=full.
	called *regexp.Regexp
}

func newParser() *parser {
	return &parser{
		live:   regexp.MustCompile(`<([!@#]?)([^<>|\s][^<>|]*)(?:\|[^<>]*)?>`),
		called: regexp.MustCompile(`(?:^|\W)@(channel|here|everyone|group)\b`),
	}
}

// mrkdwn notes the mentions and links of a text that Slack parses.
func (w *walk) mrkdwn(s string) {
	if !strings.Contains(s, "<") {
		return
	}
	for _, m := range w.parser.live.FindAllStringSubmatch(s, -1) {
		switch sigil, body := m[1], m[2]; sigil {
		case "!":
			if !strings.HasPrefix(body, "date^") {
				w.mention("<!" + body + ">")
			}
		case "@":
			w.mention("<@" + body + ">")
		case "#":
		default:
			w.links = append(w.links, body)
		}
	}
}

// names notes the mentions of a text whose bare names Slack was asked to link.
func (w *walk) names(s string) {
	for _, m := range w.parser.called.FindAllStringSubmatch(s, -1) {
		w.mention("<!" + m[1] + ">")
	}
}

func (w *walk) mention(raw string) { w.mentions = append(w.mentions, raw) }
