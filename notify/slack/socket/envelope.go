package socket

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"newswatch/notify"
	"newswatch/notify/slack"
)

// Limits of what people send.
const (
	maxEnvelopeID = 100  // bytes; Slack's are UUIDs
	maxTyped      = 2000 // bytes of a command
	maxWords      = 64
	maxStoryID    = 64 // bytes
)

// envelope is what Slack sends. Only what we use is decoded: a field of another
// form than expected, of the message that was pressed for one, must not lose the
// command.
type envelope struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"`
	Reason  string          `json:"reason"` // of disconnect
	Payload json.RawMessage `json:"payload"`
}

// job is what an envelope asks for.
type job struct {
	notify.Command
	respond  string   // response_url; "" on the home page
	private  bool     // the control stood in a message that only the asker sees
	showHome bool     // show the home page, after the command if there is one
	pick     string   // a story that was picked from a menu, to be asked about
	headline string   // of that story
	each     []string // stories to ask for one by one, of "Why these?"
}

// take acknowledges an envelope at once and queues what it asks for. It is an
// error when the connection is of no use any more.
func (l *Listener) take(ctx context.Context, c *conn, e envelope) error {
	if e.ID == "" || len(e.ID) > maxEnvelopeID {
		return nil // nothing to acknowledge
	}
	j, ok := read(e)
	fresh := l.seen.add(e.ID)
	if ok && fresh && !l.submit(j) {
		// Unacknowledged, Slack says so to the asker, or sends it again.
		l.seen.drop(e.ID)
		l.log.WarnContext(ctx, "too many commands at once, one was left to Slack", "by", j.By)
		return nil
	}
	if !ok {
		l.log.DebugContext(ctx, "an envelope of Slack's that means nothing here", "type", word(e.Type))
	}
	return c.ack(e.ID)
}

// word keeps of a foreign word what may stand in a log.
func word(s string) string {
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }
	if len(s) > 40 || strings.ContainsFunc(s, odd) {
		return "unreadable"
	}
	return s
}

// read says what an envelope asks for; ok is false when that is nothing.
func read(e envelope) (j job, ok bool) {
	switch e.Type {
	case "slash_commands":
		j, ok = readSlash(e.Payload)
	case "interactive":
		j, ok = readPressed(e.Payload)
	case "events_api":
		j, ok = readEvent(e.Payload)
	}
	return j, ok && slack.IsUser(j.By)
}

func readSlash(payload []byte) (job, bool) {
	var p struct {
		Text    string `json:"text"`
		User    string `json:"user_id"`
		Name    said   `json:"user_name"`
		Channel string `json:"channel_id"`
		Respond string `json:"response_url"`
	}
	if json.Unmarshal(payload, &p) != nil {
		return job{}, false
	}
	p.Text = p.Text[:min(len(p.Text), maxTyped)]
	return job{Command: notify.Command{By: p.User, ByName: string(p.Name), Words: split(p.Text), Channel: channel(p.Channel)}, respond: p.Respond}, true
}

// said is text that is only shown: something else in its place is no text, and
// loses no command.
type said string

// UnmarshalJSON takes a string, of any length that an envelope has.
func (s *said) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*s = said(text)
	}
	return nil
}

func channel(id string) string {
	if slack.IsChannel(id) {
		return id
	}
	return ""
}

func readEvent(payload []byte) (job, bool) {
	var p struct {
		Event struct {
			Type string `json:"type"`
			User string `json:"user"`
			Tab  string `json:"tab"`
		} `json:"event"`
	}
	if json.Unmarshal(payload, &p) != nil || p.Event.Type != "app_home_opened" || p.Event.Tab == "messages" {
		return job{}, false
	}
	return job{Command: notify.Command{By: p.Event.User}, showHome: true}, true
}

// pressed is a block_actions payload.
type pressed struct {
	Type string `json:"type"`
	User struct {
		ID   string `json:"id"`
		Name said   `json:"username"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		Type    string `json:"type"`
		Private bool   `json:"is_ephemeral"`
	} `json:"container"`
	Message struct {
		Blocks json.RawMessage `json:"blocks"`
	} `json:"message"`
	Respond string   `json:"response_url"`
	Actions []action `json:"actions"`
}

type action struct {
	ID       string `json:"action_id"`
	Block    string `json:"block_id"`
	Value    string `json:"value"`
	Selected struct {
		Value string `json:"value"`
		Text  struct {
			Text string `json:"text"`
		} `json:"text"`
	} `json:"selected_option"`
}

func readPressed(payload []byte) (job, bool) {
	var p pressed
	if json.Unmarshal(payload, &p) != nil || p.Type != "block_actions" || len(p.Actions) == 0 {
		return job{}, false
	}
	j := job{respond: p.Respond, private: p.Container.Private, showHome: p.Container.Type == "view"}
	j.By, j.ByName, j.Channel = p.User.ID, string(p.User.Name), channel(p.Channel.ID)
	a := p.Actions[0]
	if id := slack.DeliveryOf(a.Block); plainID(id) {
		j.Message = id
	}
	if a.ID == "digest_why" {
		j.each = menuStories(p.Message.Blocks)
	}
	return j, j.mean(a)
}

// maxEach bounds how many stories "Why these?" explains.
const maxEach = 20

// menuStories are the stories in the menu of a digest's message.
func menuStories(raw json.RawMessage) []string {
	var blocks []json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &blocks) != nil {
		return nil
	}
	var ids []string
	for _, b := range blocks {
		var row struct {
			Elements []struct {
				ID      string `json:"action_id"`
				Options []struct {
					Value string `json:"value"`
				} `json:"options"`
			} `json:"elements"`
		}
		if json.Unmarshal(b, &row) != nil {
			continue // a block of another form has no menu
		}
		for _, e := range row.Elements {
			for _, o := range e.Options {
				id, ok := strings.CutPrefix(o.Value, "st:")
				if ok && e.ID == "story_menu" && plainID(id) && len(ids) < maxEach {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

// mean puts the words of a control into a job; false when it has none.
func (j *job) mean(a action) bool {
	story, span, _ := strings.Cut(a.Value, ":")
	switch a.ID {
	case "home_refresh":
		return j.showHome
	case "home_plan", "home_undo", "answer_undo":
		value := cmp.Or(a.Value, a.Selected.Value)
		return len(value) <= maxTyped && json.Unmarshal([]byte(value), &j.Words) == nil && len(j.Words) > 0 && len(j.Words) <= maxWords
	case "digest_why":
		j.Words = []string{"why"}
		return true
	case "digest_more":
		return j.meanMore(a.Selected.Value)
	case "story_menu":
		j.pick = strings.TrimPrefix(a.Selected.Value, "st:")
		_, j.headline, _ = strings.Cut(a.Selected.Text.Text, ". ")
		return plainID(j.pick)
	case "story_mute":
		j.Words = []string{"mute", story}
		if span != "" {
			j.Words = append(j.Words, span)
		}
	case "story_flag":
		j.Words = []string{"flag", story}
	case "story_ack":
		j.Words = []string{"follow", story}
	case "story_why":
		j.Words = []string{"why", story}
	default: // a link that was opened, or a control that we do not have any more
		return false
	}
	return plainID(story) && (span == "" || plainID(span))
}

func (j *job) meanMore(value string) bool {
	switch what, span, _ := strings.Cut(value, ":"); what {
	case "pause":
		j.Words = []string{"pause", span}
		return plainID(span)
	case "health":
		j.Words = []string{"status"}
		return true
	}
	return false
}

// plainID says whether s is of the form of our own ids and spans of time.
func plainID(s string) bool {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}
	return s != "" && len(s) <= maxStoryID && !strings.ContainsFunc(s, odd)
}

// split cuts what was typed into words. Quotes, straight or curly, keep words
// together; an apostrophe is a letter. Slack hands on three characters as entities.
func split(typed string) []string {
	if !utf8.ValidString(typed) {
		typed = strings.ToValidUTF8(typed, "")
	}
	typed = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(typed)
	var list []string
	var b strings.Builder
	quoted, open := false, false // inside of quotes; a word has begun
	flush := func() {
		if open && len(list) < maxWords {
			list = append(list, b.String())
		}
		b.Reset()
		open = false
	}
	for _, r := range typed {
		switch {
		case strings.ContainsRune(`"“”„«»`, r):
			quoted = !quoted
			open = open || quoted
		case !quoted && (r == ' ' || r == '\t' || r == '\n' || r == '\u00a0'):
			flush()
		default:
			b.WriteRune(r)
			open = true
		}
	}
	flush()
	return list
}
