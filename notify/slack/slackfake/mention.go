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
	// code finds the codes of emoji, as :tada:. Slack reads them in mrkdwn, in the
	// text of a message whether or not it is mrkdwn, and in plain_text with emoji.
	code *regexp.Regexp
	// token finds <...>, of which only a label is read for codes.
	token *regexp.Regexp
}

func newParser() *parser {
	return &parser{
		live:   regexp.MustCompile(`<([!@#]?)([^<>|\s][^<>|]*)(?:\|[^<>]*)?>`),
		called: regexp.MustCompile(`(?:^|\W)@(channel|here|everyone|group)\b`),
		code:   regexp.MustCompile(`:([\p{L}\p{M}\p{N}_+'-]+):`),
		token:  regexp.MustCompile(`<[^<>|]*(\|?[^<>]*)>`),
	}
}

// mrkdwn notes the mentions, links and codes of emoji of a text that Slack parses.
func (w *walk) mrkdwn(s string) {
	w.codes(w.parser.token.ReplaceAllString(s, "<$1>"))
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

// codes notes the codes of emoji in a text. The minutes of 10:30:45 are none: no
// standard emoji has a name of two digits.
func (w *walk) codes(s string) {
	digit := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }
	for from := 0; ; {
		at := w.parser.code.FindStringSubmatchIndex(s[from:])
		if at == nil {
			return
		}
		start, end := from+at[0], from+at[1]
		name := s[start+1 : end-1]
		if !(len(name) == 2 && digit(start-1) && digit(start+1) && digit(start+2) && digit(end)) {
			w.emoji = append(w.emoji, name)
		}
		from = end - 1 // its last colon may open another
	}
}

// names notes the mentions of a text whose bare names Slack was asked to link.
func (w *walk) names(s string) {
	for _, m := range w.parser.called.FindAllStringSubmatch(s, -1) {
		w.mention("<!" + m[1] + ">")
	}
}

func (w *walk) mention(raw string) { w.mentions = append(w.mentions, raw) }
