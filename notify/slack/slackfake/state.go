package slackfake

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Who this Slack's app is.
const (
	teamID = "T0FAKETEAM"
	userID = "U0FAKEBOT1"
	botID  = "B0FAKEBOT1"
	appID  = "A0FAKEAPP1"
)

// Channel is a conversation and what the bot may do in it.
type Channel struct {
	ID           string `json:"id,omitempty"`   // default: made from the name
	Name         string `json:"name,omitempty"` // without #
	Private      bool   `json:"private,omitempty"`
	NotMember    bool   `json:"not_member,omitempty"`
	Archived     bool   `json:"archived,omitempty"`
	ReadOnly     bool   `json:"read_only,omitempty"`
	ThreadLocked bool   `json:"thread_locked,omitempty"`
	ThreadOnly   bool   `json:"thread_only,omitempty"` // nothing but replies
}

// UserGroup is a group that can be mentioned.
type UserGroup struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	Name   string `json:"name,omitempty"`
}

// User is a person in the workspace.
type User struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Metadata is what an app attaches to its message and people do not see.
type Metadata struct {
	EventType    string         `json:"event_type"`
	EventPayload map[string]any `json:"event_payload"`
	size         int            // compact JSON, in bytes
}

// text returns a string of the payload.
func (m *Metadata) text(name string) string {
	if m == nil {
		return ""
	}
	s, _ := m.EventPayload[name].(string)
	return s
}

// number returns a whole number of the payload.
func (m *Metadata) number(name string) int {
	if m == nil {
		return 0
	}
	f, _ := m.EventPayload[name].(float64)
	return int(f)
}

// texts returns an array of strings of the payload.
func (m *Metadata) texts(name string) []string {
	if m == nil {
		return nil
	}
	list, _ := m.EventPayload[name].([]any)
	var all []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// Message is a message as it stands in a channel.
type Message struct {
	Channel     string          `json:"channel"` // id
	ChannelName string          `json:"channel_name"`
	TS          string          `json:"ts"`
	ThreadTS    string          `json:"thread_ts,omitempty"` // of the parent, when this is a reply
	Broadcast   bool            `json:"broadcast,omitempty"` // a reply that also stands in the channel
	Text        string          `json:"text"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
	Metadata    *Metadata       `json:"metadata,omitempty"`
	DeliveryID  string          `json:"delivery_id,omitempty"` // from the metadata, as the next three
	Part        int             `json:"part,omitempty"`
	Parts       int             `json:"parts,omitempty"`
	Stories     []string        `json:"stories,omitempty"`
	Edited      bool            `json:"edited,omitempty"`
	Mentions    []string        `json:"mentions,omitempty"` // those that are live, as "<!channel>"
	Links       []string        `json:"links,omitempty"`
	Emoji       []string        `json:"emoji,omitempty"` // those that are live by their codes, as "tada"
	UnfurlLinks bool            `json:"unfurl_links"`
	UnfurlMedia bool            `json:"unfurl_media"`
	PostedAt    time.Time       `json:"posted_at"`      // by this machine's clock
	Hook        bool            `json:"hook,omitempty"` // it came by an incoming webhook

	at          int64 // TS in microseconds
	clientMsgID string
	editedTS    string
}

// fill takes over what a request brought for the message.
func (m *Message) fill(p *payload) {
	m.Text, m.Blocks, m.Attachments = p.Text, p.Blocks, p.Attachments
	m.Mentions, m.Links, m.Emoji = p.Mentions, p.Links, p.Emoji
	m.describe(p.Metadata)
}

func (m *Message) describe(md *Metadata) {
	m.Metadata = md
	m.DeliveryID, m.Part, m.Parts = md.text("delivery_id"), md.number("part"), md.number("parts")
	m.Stories = md.texts("stories")
}

// room is a channel with what stands in it, oldest first.
type room struct {
	Channel
	messages []*Message
	bucket   bucket
}

// find returns a message by its ts.
func (r *room) find(ts string) *Message {
	i, ok := slices.BinarySearchFunc(r.messages, ts, func(m *Message, ts string) int { return strings.Compare(m.TS, ts) })
	if !ok {
		return nil
	}
	return r.messages[i]
}

// remove takes a message away; false: there is none.
func (r *room) remove(ts string) bool {
	n := len(r.messages)
	r.messages = slices.DeleteFunc(r.messages, func(m *Message) bool { return m.TS == ts })
	return len(r.messages) < n
}

// bucket is a token bucket (rate and burst are the caller's).
type bucket struct {
	tokens float64
	filled time.Time
}

// take spends a token; wait says when the next one is there if none is.
func (b *bucket) take(now time.Time, perSecond float64, burst int) (wait time.Duration, ok bool) {
	if b.filled.IsZero() {
		b.tokens, b.filled = float64(burst), now
	}
	if d := now.Sub(b.filled).Seconds(); d > 0 {
		b.tokens = min(b.tokens+d*perSecond, float64(burst))
	}
	b.filled = now
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) / perSecond * float64(time.Second)), false
	}
	b.tokens--
	return 0, true
}

// addRoom makes a channel, or gives one that exists another state.
func (s *Server) addRoom(c Channel) *room {
	c.Name = strings.TrimPrefix(c.Name, "#")
	if c.ID == "" {
		sum := sha256.Sum256([]byte(c.Name))
		c.ID = "C" + base32.StdEncoding.EncodeToString(sum[:])[:10]
	}
	if c.Name == "" {
		c.Name = strings.ToLower(c.ID)
	}
	if r := s.room(c.ID); r != nil {
		r.Channel = c
		return r
	}
	r := &room{Channel: c}
	s.rooms = append(s.rooms, r)
	return r
}

// room finds a channel by id or name, nil when there is none.
func (s *Server) room(nameOrID string) *room {
	name := strings.TrimPrefix(nameOrID, "#")
	for _, r := range s.rooms {
		if r.ID == nameOrID || r.Name == name {
			return r
		}
	}
	return nil
}

// touch makes the channel of a call exist where any does. An unknown id gets a
// channel too: a test may have made it up.
func (s *Server) touch(nameOrID string) {
	if !s.open || nameOrID == "" || s.room(nameOrID) != nil || len(s.rooms) >= maxRooms {
		return
	}
	if isChannelID(nameOrID) {
		s.addRoom(Channel{ID: nameOrID})
		return
	}
	s.addRoom(Channel{Name: nameOrID})
}

// maxRooms bounds how many channels callers can make up.
const maxRooms = 1000

// isChannelID tells ids from names: Slack's names are lower case.
func isChannelID(s string) bool {
	if len(s) < 9 || s[0] != 'C' && s[0] != 'G' && s[0] != 'D' {
		return false
	}
	return !strings.ContainsFunc(s, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '0' || c > '9') })
}

// nextTS gives the timestamp of a new message: Slack's seconds and a running
// number in place of the microseconds. It never repeats and never falls back,
// whatever the clock does.
func (s *Server) nextTS() int64 {
	at := s.now().Unix() * 1e6
	if at/1e6 <= s.lastTS/1e6 {
		s.lastTS += 100
	} else {
		s.lastTS = at + 100
	}
	return s.lastTS
}

func formatTS(at int64) string { return fmt.Sprintf("%d.%06d", at/1e6, at%1e6) }

// parseTS reads seconds with up to six places.
func parseTS(s string) (int64, bool) {
	whole, places, dot := strings.Cut(s, ".")
	if whole == "" || len(whole) > 12 || dot && (places == "" || len(places) > 6) {
		return 0, false
	}
	digits := whole + places + strings.Repeat("0", 6-len(places))
	if strings.ContainsFunc(digits, func(c rune) bool { return c < '0' || c > '9' }) {
		return 0, false
	}
	at, err := strconv.ParseInt(digits, 10, 64)
	return at, err == nil
}

// now is Slack's time: ours with the plan's skew.
func (s *Server) now() time.Time {
	return s.clock().Add(time.Duration(s.plan.ClockSkew))
}

// shows says whether history has caught up with a message.
func (s *Server) shows(m *Message) bool {
	return !s.clock().Before(m.PostedAt.Add(time.Duration(s.plan.HistoryLag)))
}
