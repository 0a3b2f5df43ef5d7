package slackfake

import (
	"encoding/json"
	"strconv"
)

// Limits of a home view (docs.slack.dev/reference/views/home-tab-views,
// docs.slack.dev/reference/methods/views.publish).
const (
	maxViewBlocks = 100
	maxViewBytes  = 250 * 1000
)

// view is the home page that a person was shown last.
type view struct {
	id       string
	blocks   json.RawMessage
	mentions []string
	links    []string
}

// homeView is the rule of a home view.
func homeView() rule {
	k := simpleBlocks()
	for _, messagesOnly := range []string{"markdown", "table", "data_table", "data_visualization", "context_actions", "file", "card"} {
		delete(k, messagesOnly)
	}
	return object(fields{
		"type!": enum("home"), "blocks!": list(0, maxViewBlocks, k.check), "private_metadata": str(0, 3000),
		"callback_id": str(0, 255), "external_id": str(0, 255),
	})
}

// publishView is views.publish.
func (s *Server) publishView(c *call) (map[string]any, *refusal) {
	user := c.args.str("user_id")
	raw := c.args.raw("view")
	switch {
	case user == "":
		return nil, refused("invalid_arguments", "[ERROR] missing required field: user_id")
	case !isUserID(user):
		return nil, refused("user_not_found")
	case len(raw) > maxViewBytes:
		return nil, refused("view_too_large")
	}
	v, err := decode(raw)
	if err != nil {
		return nil, refused("invalid_arguments", "[ERROR] must provide an object [json-pointer:/view]")
	}
	w := &walk{parser: s.check.parser, blockIDs: make(map[string]bool)}
	s.check.home(w, "/view", v)
	if len(w.problems) > 0 {
		s.refusals = append(s.refusals, "refused view: "+w.problems[0])
		return nil, refused("invalid_arguments", w.problems...)
	}
	s.nextID++
	o, _ := v.(map[string]any)
	shown := view{id: "V" + strconv.Itoa(s.nextID), blocks: compact(o["blocks"]), mentions: w.mentions, links: w.links}
	s.views[user] = shown
	return map[string]any{"view": map[string]any{
		"id": shown.id, "team_id": teamID, "type": "home", "blocks": shown.blocks, "hash": "1." + shown.id,
		"app_id": appID, "bot_id": botID, "root_view_id": shown.id, "external_id": "", "callback_id": o["callback_id"],
	}}, nil
}

// Home returns the blocks of the home page that user was shown, nil before.
func (s *Server) Home(user string) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.views[user].blocks
}

func isUserID(s string) bool {
	return len(s) > 1 && (s[0] == 'U' || s[0] == 'W') && isChannelID("C"+s[1:])
}
