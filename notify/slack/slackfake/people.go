package slackfake

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The kinds of envelopes.
const (
	slashCommands = "slash_commands"
	interactive   = "interactive"
	eventsAPI     = "events_api"
)

// Interaction is what a person did in this Slack, and what came of it.
type Interaction struct {
	ID         string      `json:"id"`   // of its envelope
	Kind       string      `json:"kind"` // slash_commands, interactive, events_api
	User       string      `json:"user"`
	Channel    string      `json:"channel,omitempty"`
	Text       string      `json:"text"` // what was typed, or which control was pressed
	At         time.Time   `json:"at"`
	Deliveries int         `json:"deliveries"` // how often the app was sent it
	Acks       int         `json:"acks"`
	Acked      time.Time   `json:"acked,omitzero"`  // when first
	Error      string      `json:"error,omitempty"` // what the person reads instead: dispatch_failed, operation_timeout
	Answers    []Ephemeral `json:"answers,omitempty"`

	secret string // of its response_url
	uses   int
	source *Ephemeral // in which the control stood
}

// Ephemeral is a message that one person sees, until they reload.
type Ephemeral struct {
	TS       string          `json:"ts"`
	User     string          `json:"user"`
	Channel  string          `json:"channel"`
	Text     string          `json:"text"`
	Blocks   json.RawMessage `json:"blocks,omitempty"`
	Mentions []string        `json:"mentions,omitempty"`
	Links    []string        `json:"links,omitempty"`
	Replaced bool            `json:"replaced,omitempty"` // it took the place of the message with the control

	at int64
}

// Slash types "/news TEXT" in a channel and returns the interaction's id.
func (s *Server) Slash(user, channel, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.place(channel)
	act := s.act(slashCommands, user, r, text)
	s.post(&envelope{kind: slashCommands, act: act, payload: map[string]any{
		"token": "legacy", "team_id": s.teamOf(user), "team_domain": "fake", "channel_id": r.ID, "channel_name": r.Name,
		"user_id": user, "user_name": strings.ToLower(user), "command": "/news", "text": escapeText(text), "api_app_id": appID,
		"is_enterprise_install": "false", "response_url": s.responseURL("commands", act), "trigger_id": s.trigger(act),
	}})
	return act.ID
}

// Stranger makes a person one of another organisation, who shares a channel.
func (s *Server) Stranger(user, team string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.strangers == nil {
		s.strangers = map[string]string{}
	}
	s.strangers[user] = team
}

func (s *Server) teamOf(user string) string { return cmp.Or(s.strangers[user], teamID) }

// escapeText is how Slack hands on what a person typed: three characters as entities.
func escapeText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// Press uses a control of the message at ts (a button, or an option of a menu by
// its value) and returns the interaction's id. An empty value presses whatever
// button has the action. It is an error when there is no such control.
func (s *Server) Press(user, channel, ts, actionID, value string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.place(channel)
	var blocks json.RawMessage
	message := map[string]any{"type": "message", "ts": ts}
	m, e := r.find(ts), s.ephemeral(user, ts)
	switch {
	case m != nil:
		blocks, message = m.Blocks, s.object(r, m, false)
	case e != nil:
		blocks = e.Blocks
	default:
		return "", fmt.Errorf("press %s: no message at %s in %s", actionID, ts, channel)
	}
	action, err := control(blocks, actionID, value)
	if err != nil {
		return "", err
	}
	act := s.act(interactive, user, r, actionID+" "+value)
	act.source = e
	s.post(&envelope{kind: interactive, act: act, payload: s.blockActions(act, action, map[string]any{
		"container": map[string]any{
			"type": "message", "message_ts": ts, "channel_id": r.ID, "is_ephemeral": e != nil, "is_app_unfurl": false,
		},
		"channel": map[string]any{"id": r.ID, "name": r.Name}, "message": message,
		"response_url": s.responseURL("actions", act),
	})})
	return act.ID, nil
}

// OpenHome opens the app's home page and returns the interaction's id.
func (s *Server) OpenHome(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	act := s.act(eventsAPI, user, nil, "app_home_opened")
	now := s.now().Unix()
	s.post(&envelope{kind: eventsAPI, act: act, payload: map[string]any{
		"token": "legacy", "team_id": teamID, "api_app_id": appID, "type": "event_callback",
		"event_id": "Ev" + act.secret[:8], "event_time": now, "is_ext_shared_channel": false, "authorizations": []any{},
		"event": map[string]any{
			"type": "app_home_opened", "user": user, "channel": "D0FAKEHOME", "tab": "home", "event_ts": strconv.FormatInt(now, 10) + ".000100",
		},
	}})
	return act.ID
}

// PressHome uses a control of the home page that user was shown.
func (s *Server) PressHome(user, actionID, value string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	view := s.views[user]
	action, err := control(view.blocks, actionID, value)
	if err != nil {
		return "", err
	}
	act := s.act(interactive, user, nil, actionID+" "+value)
	s.post(&envelope{kind: interactive, act: act, payload: s.blockActions(act, action, map[string]any{
		"container": map[string]any{"type": "view", "view_id": view.id},
		"view":      map[string]any{"id": view.id, "type": "home", "team_id": teamID, "app_id": appID, "blocks": view.blocks},
	})})
	return act.ID, nil
}

func (s *Server) blockActions(act *Interaction, action map[string]any, more map[string]any) map[string]any {
	action["action_ts"] = fmt.Sprintf("%d.000000", s.now().Unix())
	p := map[string]any{
		"type": "block_actions", "api_app_id": appID, "token": "legacy", "trigger_id": s.trigger(act),
		"user":       map[string]any{"id": act.User, "username": strings.ToLower(act.User), "name": strings.ToLower(act.User), "team_id": s.teamOf(act.User)},
		"team":       map[string]any{"id": teamID, "domain": "fake"},
		"enterprise": nil, "is_enterprise_install": false, "state": map[string]any{"values": map[string]any{}},
		"actions": []any{action},
	}
	for name, v := range more {
		p[name] = v
	}
	return p
}

// control finds a control in blocks and returns what Slack says of its use.
func control(raw json.RawMessage, actionID, value string) (map[string]any, error) {
	var blocks []struct {
		ID        string           `json:"block_id"`
		Elements  []map[string]any `json:"elements"`
		Accessory map[string]any   `json:"accessory"`
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &blocks); err != nil {
			return nil, fmt.Errorf("press %s: %w", actionID, err)
		}
	}
	for _, b := range blocks {
		for _, e := range append(b.Elements, b.Accessory) {
			if e["action_id"] != actionID {
				continue
			}
			if action := use(e, value); action != nil {
				action["block_id"] = cmp.Or(b.ID, "b1")
				return action, nil
			}
		}
	}
	return nil, fmt.Errorf("press: no control %s with the value %q", actionID, value)
}

// use is an action on an element, nil when it has no such value.
func use(e map[string]any, value string) map[string]any {
	action := map[string]any{"action_id": e["action_id"], "type": e["type"]}
	options, isMenu := e["options"].([]any)
	if !isMenu {
		if own, _ := e["value"].(string); value != "" && own != value {
			return nil
		}
		action["text"] = e["text"]
		if e["value"] != nil {
			action["value"] = e["value"]
		}
		return action
	}
	for _, o := range options {
		if option, _ := o.(map[string]any); option["value"] == value {
			action["selected_option"] = option
			return action
		}
	}
	return nil
}

// envelopeID is a random UUID, as Slack's are: those of two runs differ.
func envelopeID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// act notes that a person does something.
func (s *Server) act(kind, user string, r *room, text string) *Interaction {
	s.nextID++
	act := &Interaction{
		ID: envelopeID(), Kind: kind, User: user, Text: text, At: s.clock(),
		secret: fmt.Sprintf("%08d%x", s.nextID, s.clock().UnixNano()),
	}
	if r != nil {
		act.Channel = r.ID
	}
	s.acts = append(s.acts, act)
	return act
}

// place is the channel where a person does something; where any channel exists,
// it does from then on.
func (s *Server) place(nameOrID string) *room {
	s.touch(nameOrID)
	if r := s.room(nameOrID); r != nil {
		return r
	}
	return s.addRoom(Channel{Name: nameOrID, NotMember: true})
}

func (s *Server) ephemeral(user, ts string) *Ephemeral {
	for _, act := range s.acts {
		for i := range act.Answers {
			if e := &act.Answers[i]; e.TS == ts && e.User == user {
				return e
			}
		}
	}
	return nil
}

func (s *Server) trigger(act *Interaction) string { return act.secret + "." + teamID }

func (s *Server) responseURL(kind string, act *Interaction) string {
	return cmp.Or(s.home, "https://hooks.slack.example") + "/" + kind + "/" + teamID + "/" + act.secret
}

// Interaction returns what came of an interaction so far.
func (s *Server) Interaction(id string) Interaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, act := range s.acts {
		if act.ID == id {
			return act.copy()
		}
	}
	return Interaction{}
}

// Interactions returns all that people did, oldest first.
func (s *Server) Interactions() []Interaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Interaction, len(s.acts))
	for i, act := range s.acts {
		all[i] = act.copy()
	}
	return all
}

func (a *Interaction) copy() Interaction {
	c := *a
	c.Answers = append([]Ephemeral(nil), a.Answers...)
	return c
}

// ResponseURL is where an answer to an interaction goes.
func (s *Server) ResponseURL(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, act := range s.acts {
		if act.ID == id {
			return s.responseURL("commands", act)
		}
	}
	return ""
}
