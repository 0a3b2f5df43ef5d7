package slack

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"github.com/slack-go/slack"

	"newswatch/notify"
	"newswatch/notify/wording"
)

// A mention in frozen bytes is a placeholder: a user group whose id is its
// handle after an @. Rendering is pure and only the workspace knows the id, so
// it is filled in when the message is posted. These byte strings cannot occur
// in a frozen payload but for our own mentions: inside of a JSON string every
// quote is escaped, and text of feeds has no < in mrkdwn.
const (
	richMention = `{"type":"usergroup","usergroup_id":"@`
	richEnd     = `"}`
	leanMention = `<!subteam^@`
	leanEnd     = `>`
)

// mention is a user group of the rule file: its id as it is, its handle as a
// placeholder, and what can be neither as plain text.
func mention(name string) slack.RichTextSectionElement {
	name = strings.TrimPrefix(wording.Line(name), "@")
	if isID(name, "S") {
		return slack.NewRichTextSectionUserGroupElement(name)
	}
	handle := strings.ToLower(name)
	odd := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r)
	}
	if handle == "" || strings.IndexFunc(handle, odd) >= 0 {
		return words("@" + wording.Clip(name, maxName))
	}
	return slack.NewRichTextSectionUserGroupElement("@" + handle)
}

// fillMentions puts the ids of user groups into frozen bytes. A group that the
// workspace does not have, or that we may not look up, becomes plain text: an
// alert is not held back for a mention.
func (c *Channel) fillMentions(ctx context.Context, body string) (string, error) {
	if !strings.Contains(body, richMention) && !strings.Contains(body, leanMention) {
		return body, nil
	}
	groups, err := c.userGroups(ctx)
	switch refusal := (*notify.Refusal)(nil); {
	case err == nil:
	case errors.As(outcome(err), &refusal) && refusal.Kind == notify.RefusedConfig:
		c.log.WarnContext(ctx, "user groups cannot be looked up, mentions are plain text", "err", err)
	default:
		return "", err
	}
	return putMentions(body, groups), nil
}

// putMentions puts known groups' ids in the place of their handles. A handle
// that is unknown becomes plain text.
func putMentions(body string, groups map[string]string) string {
	body = replaceBetween(body, richMention, richEnd, func(handle string) string {
		if id := groups[handle]; id != "" {
			return `{"type":"usergroup","usergroup_id":"` + id + `"}`
		}
		return `{"type":"text","text":"@` + handle + `"}`
	})
	return replaceBetween(body, leanMention, leanEnd, func(handle string) string {
		if id := groups[handle]; id != "" {
			return "<!subteam^" + id + ">"
		}
		return "@" + handle
	})
}

// replaceBetween replaces each stretch from start to the next end by what with
// makes of the text between them.
func replaceBetween(s, start, end string, with func(string) string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, start)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inner, rest, _ := strings.Cut(after, end)
		b.WriteString(with(inner))
		s = rest
	}
}
