package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/slack-go/slack"

	"newswatch/notify"
	"newswatch/notify/wording"
)

// A mention in frozen bytes is a placeholder: a user group whose id is its
// handle after an @. Rendering is pure and only the workspace knows the id, so
// it is filled in when the message is posted. In rich text it is an element of
// its own; in mrkdwn it is a token, which text of feeds cannot be, as there it has
// no <. The same letters in any other text are text.
const handleSign = "@"

// leanMention is the token in mrkdwn.
var leanMention = regexp.MustCompile(`<!subteam\^@([^<>|]+)>`)

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
	return slack.NewRichTextSectionUserGroupElement(handleSign + handle)
}

// fillMentions puts the ids of user groups into frozen bytes. A group that the
// workspace does not have, or that we may not look up, becomes plain text: an
// alert is not held back for a mention.
func (c *Channel) fillMentions(ctx context.Context, body []byte) ([]byte, error) {
	var groups map[string]string
	var failed error
	looked := false
	return putMentions(body, func(handle string) (string, error) {
		if !looked {
			looked = true
			groups, failed = c.mentionable(ctx)
		}
		return groups[handle], failed
	})
}

// mentionable are the user groups as far as they may be looked up.
func (c *Channel) mentionable(ctx context.Context) (map[string]string, error) {
	groups, err := c.userGroups(ctx)
	var refusal *notify.Refusal
	if errors.As(outcome(err), &refusal) && refusal.Kind == notify.RefusedConfig {
		c.log.WarnContext(ctx, "user groups cannot be looked up, mentions are plain text", "err", err)
		return nil, nil
	}
	return groups, err
}

// putMentions puts ids in the place of handles in a message's blocks. A handle
// without an id becomes plain text. Bytes without a mention stay as they are.
func putMentions(body []byte, id func(handle string) (string, error)) ([]byte, error) {
	var fields map[string]json.RawMessage
	if !bytes.Contains(body, []byte(handleSign)) || json.Unmarshal(body, &fields) != nil || len(fields["blocks"]) == 0 {
		return body, nil
	}
	d := json.NewDecoder(bytes.NewReader(fields["blocks"]))
	d.UseNumber()
	var blocks any
	if err := d.Decode(&blocks); err != nil {
		return nil, fmt.Errorf("fill mentions in: %w", err)
	}
	f := filler{id: id}
	f.walk(blocks)
	if f.err != nil || !f.changed {
		return body, f.err
	}
	var err error
	if fields["blocks"], err = compact(blocks); err != nil {
		return nil, err
	}
	return compact(fields)
}

// filler walks over decoded blocks.
type filler struct {
	id      func(handle string) (string, error)
	changed bool
	err     error
}

func (f *filler) walk(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			f.walk(e)
		}
	case map[string]any:
		f.object(v)
		for _, e := range v {
			f.walk(e)
		}
	}
}

func (f *filler) object(o map[string]any) {
	switch o["type"] {
	case "usergroup":
		id, _ := o["usergroup_id"].(string)
		if handle, ours := strings.CutPrefix(id, handleSign); ours {
			if id = f.find(handle); id != "" {
				o["usergroup_id"] = id
				return
			}
			o["type"], o["text"] = "text", handleSign+handle
			delete(o, "usergroup_id")
		}
	case "mrkdwn":
		text, ok := o["text"].(string)
		if !ok {
			return
		}
		o["text"] = leanMention.ReplaceAllStringFunc(text, func(token string) string {
			handle := leanMention.FindStringSubmatch(token)[1]
			if id := f.find(handle); id != "" {
				return "<!subteam^" + id + ">"
			}
			return handleSign + handle
		})
	}
}

func (f *filler) find(handle string) string {
	f.changed = true
	id, err := f.id(handle)
	if err != nil {
		f.err = err
	}
	return id
}
