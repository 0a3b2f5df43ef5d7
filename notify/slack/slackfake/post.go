package slackfake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

func (s *Server) postMessage(c *call) (map[string]any, *refusal) {
	r, no := s.postable(c)
	if no != nil {
		return nil, no
	}
	p, no := s.read(c, false)
	if no != nil {
		return nil, no
	}
	id := c.args.str("client_msg_id")
	if s.plan.ClientMsgID == "refuse" && id != "" {
		return nil, refused("invalid_arguments", "[ERROR] unknown argument: client_msg_id")
	}
	parent, no := s.parent(c, r)
	if no != nil {
		return nil, no
	}
	if twin := r.twin(id); twin != nil && s.plan.ClientMsgID == "dedup" {
		c.entry.TS = twin.TS
		return map[string]any{"channel": r.ID, "ts": twin.TS, "message": s.object(r, twin, true), "is_duplicate": true}, nil
	}
	fits, wait := s.paced(r)
	if !fits && !s.plan.DropBursts {
		return nil, limited(seconds(wait))
	}
	m := s.newMessage(r, parent, p, c)
	if fits && !c.drop {
		r.messages = append(r.messages, m)
		c.entry.Accepted = true
		shown := m.PostedAt.Add(time.Duration(s.plan.HistoryLag))
		c.entry.VisibleAt = &shown
	} else {
		c.entry.Error = "dropped"
	}
	c.entry.TS = m.TS
	return map[string]any{"channel": r.ID, "ts": m.TS, "message": s.object(r, m, true)}, nil
}

// postable finds the channel of a post, which may be written as a name.
func (s *Server) postable(c *call) (*room, *refusal) {
	r := s.room(c.args.str("channel"))
	reply := c.args.str("thread_ts") != ""
	switch {
	case r == nil, r.NotMember && r.Private:
		return nil, refused("channel_not_found")
	case r.Archived:
		return nil, refused("is_archived")
	case r.NotMember && !slices.Contains(s.plan.Scopes, "chat:write.public"):
		return nil, refused("not_in_channel")
	case r.ReadOnly:
		return nil, refused("restricted_action_read_only_channel")
	case r.ThreadOnly && !reply:
		return nil, refused("restricted_action_thread_only_channel")
	case r.ThreadLocked && reply:
		return nil, refused("restricted_action_thread_locked")
	}
	return r, nil
}

// maxRefusals bounds what Audit can tell of.
const maxRefusals = 1000

// read takes the payload out of a call, and notes what was refused for Audit, but
// for what only a stricter Slack than is known refuses.
func (s *Server) read(c *call, update bool) (*payload, *refusal) {
	p, no := s.check.read(c.args, update, cmp.Or(s.plan.BlocksMax, defaultBlocksMax))
	wanted := no != nil && s.plan.StrictMetadata && no.code == "invalid_metadata_schema"
	if no != nil && !wanted && len(s.refusals) < maxRefusals {
		s.refusals = append(s.refusals, strings.TrimSpace(fmt.Sprintf("refused payload of delivery %q part %d: %s %s",
			c.entry.DeliveryID, c.entry.Part, no.code, strings.Join(no.details, "; "))))
	}
	return p, no
}

// parent finds the message that a post replies to. A parent that is gone makes
// it a message of its own, as Slack does (slack-go, PostMessageWithResponseContext).
func (s *Server) parent(c *call, r *room) (*Message, *refusal) {
	ts := c.args.str("thread_ts")
	if ts == "" {
		return nil, nil
	}
	at, ok := parseTS(ts)
	if !ok {
		return nil, refused("invalid_thread_ts")
	}
	m := r.find(formatTS(at))
	if m != nil && m.ThreadTS != "" {
		return nil, refused("cannot_reply_to_message")
	}
	return m, nil
}

// twin finds the message that was sent with the same client_msg_id.
func (r *room) twin(id string) *Message {
	for _, m := range r.messages {
		if id != "" && m.clientMsgID == id {
			return m
		}
	}
	return nil
}

// paced spends one of a channel's tokens.
func (s *Server) paced(r *room) (fits bool, wait time.Duration) {
	rate := s.plan.Rate
	if rate.Off {
		return true, 0
	}
	perSecond := rate.PerSecond
	if perSecond <= 0 {
		perSecond = 1
	}
	wait, fits = r.bucket.take(s.clock(), perSecond, max(cmp.Or(rate.Burst, 3), 1))
	return fits, wait
}

func (s *Server) newMessage(r *room, parent *Message, p *payload, c *call) *Message {
	at := s.nextTS()
	m := &Message{
		Channel: r.ID, ChannelName: r.Name, TS: formatTS(at), at: at, PostedAt: s.clock(),
		UnfurlLinks: p.UnfurlLinks, UnfurlMedia: p.UnfurlMedia, clientMsgID: c.args.str("client_msg_id"),
	}
	if parent != nil {
		m.ThreadTS, m.Broadcast = parent.TS, c.args.boolean("reply_broadcast", false)
	}
	m.fill(p)
	return m
}

func (s *Server) update(c *call) (map[string]any, *refusal) {
	r, no := s.member(c)
	if no != nil {
		return nil, no
	}
	if r.Archived {
		return nil, refused("is_archived")
	}
	m := r.find(c.args.str("ts"))
	if m == nil {
		return nil, refused("message_not_found")
	}
	p, no := s.read(c, true)
	if no != nil {
		return nil, no
	}
	s.rewrite(m, p)
	c.entry.Accepted, c.entry.TS = true, m.TS
	if c.entry.DeliveryID == "" {
		c.entry.DeliveryID, c.entry.Part, c.entry.Stories = m.DeliveryID, m.Part, m.Stories
	}
	return map[string]any{"channel": r.ID, "ts": m.TS, "text": m.Text, "message": s.object(r, m, true)}, nil
}

// rewrite changes a message. What a request leaves out stays
// (docs.slack.dev/reference/methods/chat.update).
func (s *Server) rewrite(m *Message, p *payload) {
	before := *m
	m.fill(p)
	if !p.HasText {
		m.Text = before.Text
	}
	if p.Blocks == nil {
		m.Blocks = before.Blocks
	}
	if p.Attachments == nil {
		m.Attachments = before.Attachments
	}
	if !p.HasMetadata {
		m.describe(before.Metadata)
	}
	if p.Blocks == nil || !p.HasText {
		m.Mentions = append(slices.Clone(before.Mentions), p.Mentions...)
		m.Links = append(slices.Clone(before.Links), p.Links...)
		m.Emoji = append(slices.Clone(before.Emoji), p.Emoji...)
	}
	m.Edited, m.editedTS = true, formatTS(s.now().UnixMicro())
}

// delete takes a message of the bot's away; the replies to it stay.
func (s *Server) delete(c *call) (map[string]any, *refusal) {
	r, no := s.member(c)
	if no != nil {
		return nil, no
	}
	m := r.find(c.args.str("ts"))
	if m == nil {
		return nil, refused("message_not_found")
	}
	r.remove(m.TS)
	c.entry.TS = m.TS
	return map[string]any{"channel": r.ID, "ts": m.TS}, nil
}

func (s *Server) permalink(c *call) (map[string]any, *refusal) {
	r, no := s.member(c)
	if no != nil {
		return nil, no
	}
	m := r.find(c.args.str("message_ts"))
	if m == nil {
		return nil, refused("message_not_found")
	}
	link := fmt.Sprintf("%sarchives/%s/p%d", workspaceURL, r.ID, m.at)
	if m.ThreadTS != "" {
		link += fmt.Sprintf("?thread_ts=%s&cid=%s", m.ThreadTS, r.ID)
	}
	return map[string]any{"channel": r.ID, "permalink": link}, nil
}

// object is a message as the methods give it back.
func (s *Server) object(r *room, m *Message, metadata bool) map[string]any {
	o := map[string]any{
		"type": "message", "user": userID, "bot_id": botID, "app_id": appID, "team": teamID, "ts": m.TS, "text": m.Text,
	}
	for name, raw := range map[string]json.RawMessage{"blocks": m.Blocks, "attachments": m.Attachments} {
		if len(raw) > 0 {
			o[name] = raw
		}
	}
	if m.Edited {
		o["edited"] = map[string]any{"user": userID, "ts": m.editedTS}
	}
	if m.clientMsgID != "" && s.plan.ClientMsgID == "dedup" {
		o["client_msg_id"] = m.clientMsgID
	}
	if m.Metadata != nil && metadata {
		o["metadata"] = m.Metadata
	}
	if m.ThreadTS != "" {
		o["thread_ts"], o["parent_user_id"] = m.ThreadTS, userID
		if m.Broadcast {
			o["subtype"] = "thread_broadcast"
		}
		return o
	}
	if replies := s.thread(r, m.TS); len(replies) > 0 {
		o["thread_ts"], o["reply_count"], o["reply_users_count"] = m.TS, len(replies), 1
		o["reply_users"], o["latest_reply"] = []string{userID}, replies[len(replies)-1].TS
	}
	return o
}

// thread returns the replies to a message that history shows, oldest first.
func (s *Server) thread(r *room, ts string) []*Message {
	var replies []*Message
	for _, m := range r.messages {
		if m.ThreadTS == ts && s.shows(m) {
			replies = append(replies, m)
		}
	}
	return replies
}
