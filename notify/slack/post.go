package slack

import (
	"context"
	"crypto/sha1"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"newswatch/news"
	"newswatch/notify"
)

// soon is when to try again after something that proves that nothing was posted
// and may be over in a moment: no connection, a failed look-up before the post.
const soon = 10 * time.Second

// answer is what chat.postMessage and chat.update say.
type answer struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	Message *struct {
		ThreadTS string `json:"thread_ts"`
	} `json:"message"`
}

// Post posts a delivery, or rewrites the message that it updates. The error is a
// *notify.Refusal when Slack's answer, or no connection at all, proves that
// nothing was posted; every other error proves nothing.
func (c *Channel) Post(ctx context.Context, d news.Delivery) (news.Receipt, error) {
	if d.Kind == news.KindUpdate {
		return c.update(ctx, d)
	}
	threaded := d.ReplyTo != "" || d.Part > 1
	if threaded && d.Parent.TS == "" {
		return news.Receipt{}, &notify.Refusal{Kind: notify.RefusedRate, Reason: "the message to reply to is not posted yet", RetryAfter: soon}
	}
	if threaded && c.orphans.refuses(d) {
		return news.Receipt{}, &notify.Refusal{Kind: notify.RefusedConfig, Reason: "the message to reply to was deleted", Final: true}
	}
	// What was refused so comes again by a person's word only: as a message of its own.
	threaded = threaded && !c.orphans.has(d.Parent)
	channel := d.Parent.Channel
	if !threaded || channel == "" {
		var err error
		if channel, err = c.channel(ctx, d.Destination); err != nil {
			return news.Receipt{}, err
		}
	}
	args, err := c.arguments(ctx, d)
	if err != nil {
		return news.Receipt{}, err
	}
	args.Set("channel", channel)
	if threaded {
		args.Set("thread_ts", d.Parent.TS)
		if d.Broadcast {
			args.Set("reply_broadcast", "true")
		}
	}
	var a answer
	if err := c.post(ctx, d, args, &a); err != nil {
		c.names.forget(d.Destination, err)
		return news.Receipt{}, outcome(err)
	}
	if a.TS == "" {
		return news.Receipt{}, errors.New("call chat.postMessage: ok without a timestamp")
	}
	if threaded && a.Message != nil && a.Message.ThreadTS == "" {
		// Slack posts a reply to a deleted message into the channel. It is posted,
		// but no more of them shall follow.
		c.orphans.add(d.Parent)
		c.log.WarnContext(ctx, "the message to reply to was deleted, the reply went to the channel",
			"delivery_id", d.ID, "part", d.Part, "destination", d.Destination)
	}
	return c.receipt(d.Destination, channel, a), nil
}

// post calls chat.postMessage with a client_msg_id, by which a Slack that heeds it
// knows a second post of the same part. It is no documented argument and proves
// nothing: a Slack that refuses it and takes the same without is asked without, from
// then on.
func (c *Channel) post(ctx context.Context, d news.Delivery, args url.Values, a *answer) error {
	if c.noMsgID.Load() {
		return c.call(ctx, "chat.postMessage", args, a)
	}
	args.Set("client_msg_id", clientMsgID(d))
	err := c.call(ctx, "chat.postMessage", args, a)
	switch said(err) {
	case "invalid_arguments", "duplicate_message_not_found": // nothing was posted
		args.Del("client_msg_id")
		err = c.call(ctx, "chat.postMessage", args, a)
		if err == nil {
			c.noMsgID.Store(true)
		}
	}
	return err
}

// clientMsgID is a UUID of version 5 (RFC 9562) of a delivery's part: each attempt
// has the same.
func clientMsgID(d news.Delivery) string {
	space := [16]byte{0x6b, 0xa7, 0xb8, 0x12, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8} // of object ids
	sum := sha1.Sum(fmt.Appendf(space[:], "%s/%d", d.ID, d.Part))
	u := sum[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// receipt remembers under which id a channel's name was known to Slack.
func (c *Channel) receipt(destination, channel string, a answer) news.Receipt {
	if a.Channel == "" {
		a.Channel = channel
	}
	c.names.learn(destination, a.Channel)
	return news.Receipt{Channel: a.Channel, TS: a.TS}
}

// update rewrites a message in place. A rewriting that can never be made, since
// the message is gone or may not be edited any more, counts as done: what is new
// also stands in the thread, and trying it again would never end.
func (c *Channel) update(ctx context.Context, d news.Delivery) (news.Receipt, error) {
	if d.Parent.TS == "" {
		return news.Receipt{}, &notify.Refusal{Kind: notify.RefusedRate, Reason: "the message to update is not posted yet", RetryAfter: soon}
	}
	args, err := c.arguments(ctx, d)
	if err != nil {
		return news.Receipt{}, err
	}
	args.Set("channel", d.Parent.Channel)
	args.Set("ts", d.Parent.TS)
	args.Del("unfurl_links")
	args.Del("unfurl_media")
	var a answer
	err = c.call(ctx, "chat.update", args, &a)
	switch said(err) {
	case "message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found", "unknown_method":
		c.log.WarnContext(ctx, "a message can no longer be updated", "delivery_id", d.ID, "reason", said(err))
		return d.Parent, nil
	}
	if err != nil {
		return news.Receipt{}, outcome(err)
	}
	return d.Parent, nil
}

// arguments turns frozen bytes into the arguments of a call.
func (c *Channel) arguments(ctx context.Context, d news.Delivery) (url.Values, error) {
	body, err := c.fillMentions(ctx, d.Payload)
	if err != nil {
		return nil, alone(beforehand(err))
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, &notify.Refusal{Kind: notify.RefusedRender, Reason: "the frozen message is not JSON"}
	}
	args := url.Values{}
	for name, raw := range fields {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw)
		}
		args.Set(name, s)
	}
	return args, nil
}

// beforehand classifies an error of a call before the post: nothing was posted
// in any case.
func beforehand(err error) *notify.Refusal {
	var e *apiError
	if errors.As(err, &e) {
		if r := refusalOf(e); r != nil {
			return r
		}
	}
	var r *notify.Refusal
	if errors.As(err, &r) {
		return r
	}
	return &notify.Refusal{Kind: notify.RefusedRate, Reason: err.Error(), RetryAfter: soon}
}

// alone says of a refusal that it concerns this message only.
func alone(err error) error {
	var r *notify.Refusal
	if errors.As(err, &r) {
		r.Wide = false
	}
	return err
}

// outcome classifies an error of the post itself.
func outcome(err error) error {
	var e *apiError
	if errors.As(err, &e) {
		if r := refusalOf(e); r != nil {
			return r
		}
	}
	return err
}

// refusalOf says what an error proves and calls for, nil when it proves nothing.
// The codes are those of chat.postMessage's page and of Slack's rate limits page.
func refusalOf(e *apiError) *notify.Refusal {
	switch {
	case e.Unsent:
		return &notify.Refusal{Kind: notify.RefusedRate, Reason: fmt.Sprintf("no connection: %v", e.Err), RetryAfter: soon, Offline: true}
	case e.Err != nil:
		return nil
	}
	r := &notify.Refusal{Kind: notify.RefusedConfig, Reason: e.Code, RetryAfter: e.RetryAfter, Wide: wide(e.Code)}
	switch e.Code {
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "":
		// Slack: "It's possible some aspect of the operation succeeded before the
		// error was raised."
		return nil
	case "ratelimited", "rate_limited":
		r.Kind = notify.RefusedRate
	case "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text",
		"too_many_attachments", "metadata_too_large", "invalid_metadata_format", "invalid_metadata_schema",
		"invalid_arguments", "invalid_attachments", "markdown_text_conflict":
		r.Kind = notify.RefusedRender
	}
	return r
}

// wide says whether an error is one of the channel, the app or the workspace.
func wide(code string) bool {
	switch code {
	case "channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_read_only_channel",
		"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type",
		"missing_scope", "no_permission", "access_denied", "ekm_access_denied", "enterprise_is_restricted", "org_login_required",
		"team_access_not_granted", "team_added_to_org", "team_not_found", "message_limit_exceeded":
		return true
	}
	return false
}

// orphans remembers messages that were found deleted when we replied to them.
// Forgetting them, as a restart does, costs one stray reply each.
type orphans struct {
	mu      sync.Mutex
	gone    map[news.Receipt]bool
	refused map[lookKey]bool // the replies that were refused for it; of no attempt
}

// maxOrphans bounds the memory of deleted messages.
const maxOrphans = 10_000

func (o *orphans) has(r news.Receipt) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.gone[r]
}

func (o *orphans) add(r news.Receipt) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone == nil || len(o.gone) >= maxOrphans {
		o.gone = map[news.Receipt]bool{}
	}
	o.gone[r] = true
}

// refuses says whether a reply is to be refused for its deleted parent, which is
// so once.
func (o *orphans) refuses(d news.Delivery) bool {
	if !o.has(d.Parent) {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	key := lookKey{id: d.ID, part: d.Part}
	if o.refused[key] {
		return false
	}
	if o.refused == nil || len(o.refused) >= maxOrphans {
		o.refused = map[lookKey]bool{}
	}
	o.refused[key] = true
	return true
}

// name is the channel that a destination names.
func name(destination string) (string, error) {
	scheme, rest, _ := strings.Cut(destination, ":")
	rest = strings.TrimPrefix(rest, "#")
	if scheme != "slack" || rest == "" {
		return "", &notify.Refusal{Kind: notify.RefusedConfig, Wide: true, Reason: fmt.Sprintf("%q is no channel of Slack's", destination)}
	}
	return rest, nil
}
