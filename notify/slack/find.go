package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wording"
)

// Look-ups.
const (
	// clockSlack is how much earlier and later than ours an attempt's time may be by
	// Slack's clock: it is known to a second, and ours may have been set since by the
	// hour that a wrong zone makes.
	clockSlack = 2*time.Hour + 2*time.Minute
	// maxLooks bounds the look-ups that are remembered as not ended.
	maxLooks = 1_000
	// recentMessages bounds what a restart reads of a channel.
	recentMessages = 1_000
	// threadsLive is how far back a message may lie under which something new is
	// looked for: as long as a story takes reports in.
	threadsLive = 120 * time.Hour
	// recentThreads bounds the calls that a restart makes for replies.
	recentThreads = 20
	// standingMessages and standingThreads are the same bounds for all that stands in
	// a channel: a state that was restored must miss nothing.
	standingMessages = 20_000
	standingThreads  = 500
)

// ReadPace is the least time between two calls that read histories: they are of
// Slack's tier 3, 50 calls a minute.
const ReadPace = 1250 * time.Millisecond

// found is a message of a history, as much of it as we need. What other apps
// post may have any form.
type found struct {
	TS          string          `json:"ts"`
	Bot         loose           `json:"bot_id"` // who wrote it
	User        loose           `json:"user"`
	ReplyCount  int             `json:"reply_count"`
	LatestReply string          `json:"latest_reply"`
	Metadata    json.RawMessage `json:"metadata"`
}

// loose is a text, or "" where something else stands.
type loose string

// UnmarshalJSON takes anything.
func (l *loose) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*l = loose(text)
	}
	return nil
}

// marked reads the metadata that we attach, ok is false for messages without. Any app
// may attach the same: see wrote.
func (f found) marked() (p payload, ok bool) {
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

// wrote says whether a message with our mark is really of our app: one of another app, or
// of somebody's own token, would have us believe that a delivery was posted. Where
// the message, or Slack, does not say who wrote it, the mark is believed.
func (c *Channel) wrote(ctx context.Context, f found) (bool, error) {
	if f.Bot == "" && f.User == "" {
		return true, nil
	}
	id, err := c.self(ctx)
	switch {
	case said(err) == "unknown_method":
		return true, nil
	case err != nil:
		return false, fmt.Errorf("ask who we are: %w", err)
	}
	bot, user := f.Bot != "" && id.BotID != "", f.User != "" && id.UserID != "" // what can be compared
	ours := !bot && !user || bot && string(f.Bot) == id.BotID || user && string(f.User) == id.UserID
	if !ours {
		c.log.WarnContext(ctx, "a message of somebody else bears the mark of a delivery, and is not taken for it",
			"ts", wording.Line(f.TS), "bot", wording.Line(string(f.Bot)), "user", wording.Line(string(f.User)))
	}
	return ours, nil
}

// lookUp is a look-up under way: what was read of it stays read when a call fails.
type lookUp struct {
	channel string
	thread  *list // nil: it belongs to none, or that was read
	history *list
}

// lookKey names a look-up: each attempt has its own.
type lookKey struct {
	id             string
	part, attempts int
}

// looks remembers those that did not end.
type looks struct {
	mu   sync.Mutex
	open map[lookKey]*lookUp
}

func (l *looks) take(k lookKey) *lookUp {
	l.mu.Lock()
	defer l.mu.Unlock()
	open := l.open[k]
	delete(l.open, k)
	return open
}

func (l *looks) keep(k lookKey, open *lookUp) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil || len(l.open) >= maxLooks {
		l.open = map[lookKey]*lookUp{}
	}
	l.open[k] = open
}

// Find looks for a delivery's part by the ids in its metadata: in the thread
// that it belongs to, and in the channel, where Slack puts a reply whose thread
// is gone. An update needs no looking for: it may be made again. A look that
// failed goes on where it was; it stands for what was there when it began.
func (c *Channel) Find(ctx context.Context, d news.Delivery) (news.Receipt, bool, error) {
	if d.Kind == news.KindUpdate {
		return news.Receipt{}, false, nil
	}
	key := lookKey{d.ID, d.Part, d.Attempts}
	l := c.looks.take(key)
	if l == nil {
		var err error
		if l, err = c.newLook(ctx, d); err != nil {
			return news.Receipt{}, false, fmt.Errorf("look up %s: %w", d.Destination, err)
		}
	}
	at, pages, err := l.run(ctx, d)
	if err != nil {
		c.looks.keep(key, l)
		err = c.blind(l.channel, err)
		if pages > 0 {
			err = fmt.Errorf("%w: %w", notify.ErrGoesOn, err)
		}
		return news.Receipt{}, false, err
	}
	return news.Receipt{Channel: l.channel, TS: at}, at != "", nil
}

// newLook begins a look-up. What is looked for came after its attempt began, and
// before the quarantine after it ended, when the first look was due.
func (c *Channel) newLook(ctx context.Context, d news.Delivery) (*lookUp, error) {
	l := &lookUp{channel: d.Parent.Channel}
	if l.channel == "" {
		var err error
		if l.channel, err = c.channel(ctx, d.Destination); err != nil {
			return nil, err
		}
	}
	if d.Parent.TS != "" {
		l.thread = c.replies(l.channel, d.Parent.TS)
	}
	var from, to time.Time
	if !d.StartedAt.IsZero() {
		latest := slices.MaxFunc([]time.Time{d.StartedAt, d.NotBefore, d.SentAt}, time.Time.Compare)
		from, to = d.StartedAt.Add(-clockSlack), latest.Add(clockSlack)
	}
	l.history = c.history(l.channel, from, to)
	return l, nil
}

// run reads on until the part is found, "" if it is not there, and says how many
// pages it read.
func (l *lookUp) run(ctx context.Context, d news.Delivery) (at string, pages int, err error) {
	for {
		list := l.history
		if l.thread != nil {
			list = l.thread
		}
		messages, err := list.next(ctx)
		switch {
		case list == l.thread && (said(err) == "thread_not_found" || said(err) == "message_not_found"):
			list.ended = true
		case err != nil:
			return "", pages, err
		}
		pages++
		for _, f := range messages {
			p, ok := f.marked()
			if !ok || p.DeliveryID != d.ID || p.Part != d.Part {
				continue
			}
			switch ours, err := list.c.wrote(ctx, f); {
			case err != nil:
				list.begin()
				return "", pages, err
			case ours:
				return f.TS, pages, nil
			}
		}
		switch {
		case list.ended && list == l.thread:
			l.thread = nil
		case list.ended:
			return "", pages, nil
		}
	}
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

// recent reads what stands at a destination.
type recent struct {
	c           *Channel
	destination string
	since       time.Time

	channel string
	history *list
	threads []string // to be read yet
	thread  *list    // being read
	left    int      // how many messages more
	open    int      // how many threads more
}

// Recent begins to read our own messages at a destination since a time: those of
// the channel, newest first, and those in the threads of ours that still live.
// What is read is bounded: a reply that is missed here is looked up all the same
// if its own answer was lost.
func (c *Channel) Recent(destination string, since time.Time) notify.Reading {
	return &recent{c: c, destination: destination, since: since, left: recentMessages, open: recentThreads}
}

// Standing begins to read as Recent does, so far that in practice nothing is missed:
// it takes a call for 200 messages of whomever, and one for each thread of ours.
func (c *Channel) Standing(destination string, since time.Time) notify.Reading {
	return &recent{c: c, destination: destination, since: since, left: standingMessages, open: standingThreads}
}

// Next makes one call.
func (r *recent) Next(ctx context.Context) (posted []notify.Posted, more bool, err error) {
	if r.history == nil {
		if r.channel, err = r.c.channel(ctx, r.destination); err != nil {
			return nil, true, fmt.Errorf("read %s: %w", r.destination, r.c.blind(r.channel, err))
		}
		r.history = r.c.history(r.channel, r.since.Add(-threadsLive), time.Time{})
	}
	if r.left > 0 && !r.history.ended {
		posted, err = r.parents(ctx)
	} else {
		posted, err = r.replies(ctx)
	}
	if err != nil {
		return nil, true, r.c.blind(r.channel, err)
	}
	return posted, r.left > 0 && !r.history.ended || len(r.threads) > 0 || r.thread != nil, nil
}

// parents reads a page of the channel.
func (r *recent) parents(ctx context.Context) (posted []notify.Posted, err error) {
	page, err := r.history.next(ctx)
	if err != nil {
		return nil, err
	}
	r.left -= len(page)
	from := r.from()
	for _, f := range page {
		p, ours, err := r.ours(ctx, f)
		if err != nil {
			r.left += len(page) // it is read anew
			r.history.begin()
			return nil, err
		}
		if ours && later(f.TS, from) {
			posted = append(posted, p)
		}
		live := f.ReplyCount > 0 && (f.LatestReply == "" || later(f.LatestReply, from))
		if ours && live && r.open > 0 {
			r.threads = append(r.threads, f.TS)
			r.open--
		}
	}
	return posted, nil
}

// replies reads a page of a thread. Its parent is known already.
func (r *recent) replies(ctx context.Context) (posted []notify.Posted, err error) {
	if r.thread == nil {
		r.thread, r.threads = r.c.replies(r.channel, r.threads[0]), r.threads[1:]
	}
	page, err := r.thread.next(ctx)
	if err != nil && said(err) != "thread_not_found" {
		return nil, err
	}
	for _, f := range page {
		p, ours, err := r.ours(ctx, f)
		if err != nil {
			r.thread.begin()
			return nil, err
		}
		if ours && later(f.TS, r.from()) && f.TS != r.thread.args.Get("ts") {
			p.Reply = true
			posted = append(posted, p)
		}
	}
	if err != nil || r.thread.ended {
		r.thread = nil
	}
	return posted, nil
}

// from is the time since when messages count, of Slack's clock.
func (r *recent) from() string { return r.c.slackTime(r.since.Add(-clockSlack)) }

// ours reads a message of ours.
func (r *recent) ours(ctx context.Context, f found) (notify.Posted, bool, error) {
	p, ok := f.marked()
	if !ok {
		return notify.Posted{}, false, nil
	}
	if ours, err := r.c.wrote(ctx, f); !ours || err != nil {
		return notify.Posted{}, false, err
	}
	return notify.Posted{
		DeliveryID: p.DeliveryID, Part: p.Part, Stories: p.Stories, Receipt: news.Receipt{Channel: r.channel, TS: f.TS}, At: r.c.ourTime(f.TS),
	}, true, nil
}

// later compares two timestamps of messages, "1798780000.000200": seconds of
// the same length, and six digits.
func later(a, b string) bool {
	if i, j := strings.IndexByte(a, '.'), strings.IndexByte(b, '.'); i != j && i >= 0 && j >= 0 {
		return i > j
	}
	return a >= b
}
