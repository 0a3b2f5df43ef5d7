package slack

import (
	"context"
	"fmt"
	"net/url"
	"time"
)

const (
	perPage = "200" // Slack recommends no more
	// maxPages ends a list that does not end by itself: more in a few hours of a
	// channel, and something is wrong.
	maxPages = 1_000
)

// list is a list of messages that is read a page at a time. A page that failed may
// be asked for again: what was read before stays read.
type list struct {
	c      *Channel
	method string
	args   url.Values
	from   time.Time // of our clock; zero: from the beginning
	to     time.Time // zero: to its end
	ahead  int64     // how far Slack's clock was thought to be ahead of ours
	seen   map[string]bool
	again  bool // it began again, for Slack's clock
	ended  bool
}

// history lists the messages of a channel, newest first.
func (c *Channel) history(channel string, from, to time.Time) *list {
	l := &list{c: c, method: "conversations.history", args: url.Values{"channel": {channel}}, from: from, to: to}
	l.begin()
	return l
}

// replies lists the messages of a thread, oldest first.
func (c *Channel) replies(channel, ts string) *list {
	l := &list{c: c, method: "conversations.replies", args: url.Values{"channel": {channel}, "ts": {ts}}}
	l.begin()
	return l
}

// begin goes to the first page.
func (l *list) begin() {
	l.seen, l.ahead, l.ended = map[string]bool{}, l.c.ahead.Load(), false
	l.args.Del("cursor")
	l.args.Set("limit", perPage)
	l.args.Set("include_all_metadata", "true")
	if !l.from.IsZero() {
		l.args.Set("oldest", l.c.slackTime(l.from))
		l.args.Set("inclusive", "true")
	}
	if !l.to.IsZero() {
		l.args.Set("latest", l.c.slackTime(l.to))
	}
}

// next reads a page. The first answer says what Slack's clock shows: when ours was
// wrong the list begins again. A list that does not end is an error: it proves
// nothing.
func (l *list) next(ctx context.Context) ([]found, error) {
	var page struct {
		Messages []found `json:"messages"`
		HasMore  bool    `json:"has_more"`
		Metadata struct {
			Next string `json:"next_cursor"`
		} `json:"response_metadata"`
	}
	if err := l.c.call(ctx, l.method, l.args, &page); err != nil {
		if said(err) == "invalid_cursor" { // it was kept for too long
			l.begin()
		}
		return nil, err
	}
	shift := time.Duration(l.c.ahead.Load() - l.ahead)
	if shift.Abs() >= time.Minute/2 && len(l.seen) == 0 && !l.again && !l.from.IsZero() {
		l.again = true
		l.begin()
		return page.Messages, nil
	}
	next := page.Metadata.Next
	switch {
	case next == "" && !page.HasMore:
		l.ended = true
		return page.Messages, nil
	case next == "" || l.seen[next]:
		l.begin()
		return nil, fmt.Errorf("call %s: more pages, and no way to them", l.method)
	case len(l.seen) >= maxPages:
		l.begin()
		return nil, fmt.Errorf("call %s: more than %d pages", l.method, maxPages)
	}
	l.seen[next] = true
	l.args.Set("cursor", next)
	return page.Messages, nil
}
