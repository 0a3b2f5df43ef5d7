package slackfake

import (
	"encoding/json"
	"net/http"
	"strings"
)

// webhook is what the calls of incoming webhooks are named in plans and in the
// journal: their address is a secret.
const webhook = "webhook"

// hookChannel is the channel that an incoming webhook posts to. Its address is
// /services/T.../B.../SECRET: of any team and with any secret, the part after B
// names the channel, in capitals: /services/T0FAKE/BDESK/x posts to #desk.
func hookChannel(path string) (channel string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/services/")
	if !ok {
		return "", false
	}
	parts := strings.Split(rest, "/")
	if len(parts) != 3 || !strings.HasPrefix(parts[0], "T") || len(parts[1]) < 2 || parts[1][0] != 'B' || parts[2] == "" {
		return "", true // a webhook that there is not
	}
	return strings.ToLower(parts[1][1:]), true
}

// hookCall reads a request to an incoming webhook. It takes JSON, in the body or
// in a form's payload; the channel is not the caller's to choose.
func hookCall(r *http.Request, channel string) *call {
	c := &call{method: webhook}
	_, c.args, c.bad = readArgs(r)
	if raw := c.args.form.Get("payload"); raw != "" {
		c.args.form.Del("payload")
		c.args.body, c.bad = readJSON([]byte(raw))
	}
	switch {
	case r.Method != http.MethodPost, c.bad != nil, c.args.body == nil:
		c.bad = refused("invalid_payload")
	case c.args.has("metadata"), c.args.has("channel"):
		// Slack's page lists neither; a caller that counts on them is wrong here.
		c.bad = refused("invalid_payload", "a webhook takes no metadata and no channel")
	}
	if c.args.body == nil {
		c.args.body = map[string]json.RawMessage{}
	}
	name, _ := json.Marshal(channel)
	c.args.body["channel"] = name
	c.entry = Entry{Method: webhook, Channel: clip(channel)}
	return c
}

// postHook posts what came to an incoming webhook.
func (s *Server) postHook(c *call) (map[string]any, *refusal) {
	r := s.room(c.args.str("channel"))
	switch {
	case r == nil:
		return nil, refused("no_service")
	case c.bad != nil:
		return nil, c.bad
	case r.Archived:
		return nil, refused("channel_is_archived")
	case r.ReadOnly:
		return nil, refused("action_prohibited")
	}
	p, no := s.read(c, false)
	if no != nil {
		return nil, no
	}
	fits, wait := s.paced(r)
	if !fits && !s.plan.DropBursts {
		return nil, limited(seconds(wait))
	}
	m := s.newMessage(r, nil, p, c)
	m.Hook = true
	if fits {
		r.messages = append(r.messages, m)
		c.entry.Accepted = true
	} else {
		c.entry.Error = "dropped"
	}
	c.entry.TS = m.TS
	return map[string]any{}, nil
}

// spell turns the answer of a method into that of a webhook: a word as text,
// and a status that goes with it
// (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
func spell(rep reply) reply {
	var verdict struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if rep.end == reset || rep.end == eof || json.Unmarshal(rep.body, &verdict) != nil {
		return rep
	}
	word := verdict.Error
	if verdict.OK {
		word = "ok"
	}
	rep.header.Set("Content-Type", "text/html")
	rep.body = []byte(word)
	if rep.status != http.StatusOK {
		return rep // 429
	}
	switch word {
	case "ok":
	case "action_prohibited", "posting_to_general_channel_denied", "invalid_token", "team_disabled":
		rep.status = http.StatusForbidden
	case "no_service", "no_service_id", "channel_not_found", "user_not_found", "no_active_hooks", "no_team":
		rep.status = http.StatusNotFound
	case "channel_is_archived":
		rep.status = http.StatusGone
	case "internal_error", "rollup_error", "fatal_error":
		rep.status = http.StatusInternalServerError
	default:
		rep.status = http.StatusBadRequest
	}
	return rep
}
