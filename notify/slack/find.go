package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify"
)

// Look-ups.
const (
	// before the start of an attempt: Slack's clock is known to a second, ours may
	// have been set back since by the hour that a wrong zone makes.
	beforeStart = 2*time.Hour + 2*time.Minute
	perPage     = "200" // Slack recommends no more
	// findPages bounds a look-up: more in a channel than this many pages of
	// messages since an attempt, and it proves nothing.
	findPages = 50
	// recentMessages bounds what a restart reads of a channel.
	recentMessages = 1_000
	// threadsLive is how far back a message may lie under which something new is
	// looked for: as long as a story takes reports in.
	threadsLive = 120 * time.Hour
	// recentThreads bounds the calls that a restart makes for replies: one each.
	recentThreads = 20
)

// found is a message of a history, as much of it as we need. What other apps
// post may have any form.
type found struct {
	TS          string          `json:"ts"`
	ReplyCount  int             `json:"reply_count"`
	LatestReply string          `json:"latest_reply"`
	Metadata    json.RawMessage `json:"metadata"`
}

// ours reads the metadata that we attach, ok is false for messages of others.
func (f found) ours() (p payload, ok bool) {
	var m struct {
		Payload struct {
			DeliveryID string          `json:"delivery_id"`
			Part       int             `json:"part"`
			Stories    json.RawMessage `json:"stories"`
		} `json:"event_payload"`
	}
	if json.Unmarshal(f.Metadata, &m) != nil || m.Payload.DeliveryID == "" {
		return payload{}, false
	}
	p = payload{DeliveryID: m.Payload.DeliveryID, Part: m.Payload.Part}
	var joined string
	if json.Unmarshal(m.Payload.Stories, &p.Stories) != nil && json.Unmarshal(m.Payload.Stories, &joined) == nil {
		p.Stories = strings.Fields(joined) // a plainer form
	}
	return p, true
}

// Find looks for a delivery's part by the ids in its metadata: in the thread
// that it belongs to, and in the channel, where Slack puts a reply whose thread
// is gone. An update needs no looking for: it may be made again.
func (c *Channel) Find(ctx context.Context, d news.Delivery) (news.Receipt, bool, error) {
	if d.Kind == news.KindUpdate {
		return news.Receipt{}, false, nil
	}
	channel := d.Parent.Channel
	if channel == "" {
		var err error
		if channel, err = c.channel(ctx, d.Destination); err != nil {
			return news.Receipt{}, false, fmt.Errorf("look up %s: %w", d.Destination, err)
		}
	}
	var at string
	match := func(f found) bool {
		if p, ok := f.ours(); ok && p.DeliveryID == d.ID && p.Part == d.Part {
			at = f.TS
		}
		return at == ""
	}
	if d.Parent.TS != "" {
		err := c.replies(ctx, channel, d.Parent.TS, match)
		if err != nil && said(err) != "thread_not_found" && said(err) != "message_not_found" {
			return news.Receipt{}, false, c.blind(channel, err)
		}
	}
	if at == "" {
		if err := c.since(ctx, channel, d.StartedAt.Add(-beforeStart), match); err != nil {
			return news.Receipt{}, false, c.blind(channel, err)
		}
	}
	return news.Receipt{Channel: channel, TS: at}, at != "", nil
}

// blind says when nothing can be looked up here: the workspace does not have the
// method, or shows its channels' ids to nobody, and the history takes no names; or
// we may not look, as no members or without the scope.
func (c *Channel) blind(channel string, err error) error {
	nameless := said(err) == "channel_not_found" && c.names.channels.unlisted() && !isID(channel, "CGD")
	if said(err) == "unknown_method" || nameless {
		return fmt.Errorf("%w: %w", notify.ErrNoLookup, err)
	}
	switch said(err) {
	case "not_in_channel", "missing_scope", "no_permission", "method_not_supported_for_channel_type":
		return fmt.Errorf("%w: %w", notify.ErrNotShown, outcome(err))
	}
	return outcome(err)
}

// since reads a channel's history from a time of our clock on. The first answer
// says what Slack's clock shows; when ours was wrong it reads again.
func (c *Channel) since(ctx context.Context, channel string, from time.Time, each func(found) bool) error {
	ahead := c.ahead.Load()
	args := url.Values{"channel": {channel}, "oldest": {c.slackTime(from)}, "inclusive": {"true"}}
	err := c.pages(ctx, "conversations.history", args, each)
	if shift := time.Duration(c.ahead.Load() - ahead); err != nil || shift > -time.Minute/2 {
		return err
	}
	args = url.Values{"channel": {channel}, "oldest": {c.slackTime(from)}, "inclusive": {"true"}}
	return c.pages(ctx, "conversations.history", args, each)
}

func (c *Channel) replies(ctx context.Context, channel, ts string, each func(found) bool) error {
	return c.pages(ctx, "conversations.replies", url.Values{"channel": {channel}, "ts": {ts}}, each)
}

// pages reads a list of messages to its end, or until each says that it has
// enough. A list that does not end is an error: it proves nothing.
func (c *Channel) pages(ctx context.Context, method string, args url.Values, each func(found) bool) error {
	args.Set("limit", perPage)
	args.Set("include_all_metadata", "true")
	seen := map[string]bool{}
	for range findPages {
		var page struct {
			Messages []found `json:"messages"`
			HasMore  bool    `json:"has_more"`
			Metadata struct {
				Next string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		if err := c.call(ctx, method, args, &page); err != nil {
			return err
		}
		for _, m := range page.Messages {
			if !each(m) {
				return nil
			}
		}
		next := page.Metadata.Next
		switch {
		case next == "" && !page.HasMore:
			return nil
		case next == "" || seen[next]:
			return fmt.Errorf("call %s: more pages, and no way to them", method)
		}
		seen[next] = true
		args.Set("cursor", next)
	}
	return fmt.Errorf("call %s: more than %d pages", method, findPages)
}

// Recent lists our own messages at a destination since a time, newest first:
// those of the channel and those in the threads of ours that still live. Replies
// are read as far as time and Slack's rate allow: a busy channel must not keep
// what is due waiting, and a reply that is missed here is looked up all the same
// if its own answer was lost.
func (c *Channel) Recent(ctx context.Context, destination string, since time.Time) ([]notify.Posted, error) {
	channel, err := c.channel(ctx, destination)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", destination, err)
	}
	var parents []found
	left := recentMessages
	err = c.since(ctx, channel, since.Add(-threadsLive), func(f found) bool {
		if _, ok := f.ours(); ok {
			parents = append(parents, f)
		}
		left--
		return left > 0
	})
	if err != nil {
		return nil, c.blind(channel, err)
	}
	from := c.slackTime(since.Add(-beforeStart))
	posted := map[string]notify.Posted{}
	note := func(f found) bool {
		if p, ok := f.ours(); ok && later(f.TS, from) {
			posted[f.TS] = notify.Posted{
				DeliveryID: p.DeliveryID, Part: p.Part, Stories: p.Stories,
				Receipt: news.Receipt{Channel: channel, TS: f.TS},
			}
		}
		return true
	}
	threads := 0
	for _, f := range parents {
		note(f)
		if f.ReplyCount == 0 || f.LatestReply != "" && !later(f.LatestReply, from) || threads == recentThreads {
			continue
		}
		threads++
		if err := c.replies(ctx, channel, f.TS, note); err != nil && said(err) != "thread_not_found" {
			c.log.WarnContext(ctx, "not all threads could be read", "destination", destination, "err", err)
			threads = recentThreads
		}
	}
	list := make([]notify.Posted, 0, len(posted))
	for _, p := range posted {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b notify.Posted) int {
		if later(a.Receipt.TS, b.Receipt.TS) {
			return -1
		}
		return 1
	})
	return list, nil
}

// later compares two timestamps of messages, "1798780000.000200": seconds of
// the same length, and six digits.
func later(a, b string) bool {
	if i, j := strings.IndexByte(a, '.'), strings.IndexByte(b, '.'); i != j && i >= 0 && j >= 0 {
		return i > j
	}
	return a >= b
}
