package slackfake

import (
	"math"
	"slices"
)

// span is the stretch of time that a call asks for.
type span struct {
	oldest, latest int64
	inclusive      bool
	limit          int
	metadata       bool
}

// maxPage is the most messages in a page of history
// (docs.slack.dev/reference/methods/conversations.history).
const maxPage = 999

// distributedPage is the same for apps that are sold outside the Marketplace.
const distributedPage = 15

func (s *Server) readSpan(c *call, limit int) (sp span, no *refusal) {
	sp = span{latest: math.MaxInt64, inclusive: c.args.boolean("inclusive", false)}
	sp.metadata = c.args.boolean("include_all_metadata", false)
	var ok bool
	if at := c.args.str("oldest"); at != "" {
		if sp.oldest, ok = parseTS(at); !ok {
			return sp, refused("invalid_ts_oldest")
		}
	}
	if at := c.args.str("latest"); at != "" && at != "now" {
		if sp.latest, ok = parseTS(at); !ok {
			return sp, refused("invalid_ts_latest")
		}
	}
	if sp.limit, ok = c.args.integer("limit", limit, 1, maxPage); !ok {
		return sp, refused("invalid_limit")
	}
	if s.plan.Distributed {
		sp.limit = min(sp.limit, distributedPage)
	}
	return sp, nil
}

func (sp span) holds(m *Message) bool {
	if sp.inclusive {
		return m.at >= sp.oldest && m.at <= sp.latest
	}
	return m.at > sp.oldest && m.at < sp.latest
}

// history gives the messages of a channel, newest first: parents and broadcast
// replies, not what stands in threads only.
func (s *Server) history(c *call) (map[string]any, *refusal) {
	r, no := s.member(c)
	if no != nil {
		return nil, no
	}
	sp, no := s.readSpan(c, 100)
	if no != nil {
		return nil, no
	}
	from, ok := readCursor(c.args.str("cursor"), "next_ts:")
	if !ok {
		return nil, refused("invalid_cursor")
	}
	found := []map[string]any{}
	next := ""
	for _, m := range slices.Backward(r.messages) {
		if m.ThreadTS != "" && !m.Broadcast || !sp.holds(m) || !s.shows(m) || from > 0 && m.at > from {
			continue
		}
		if len(found) == sp.limit {
			next = writeCursor("next_ts:", m.at)
			break
		}
		found = append(found, s.object(r, m, sp.metadata))
	}
	return map[string]any{
		"messages": found, "has_more": next != "", "pin_count": 0,
		"response_metadata": map[string]any{"next_cursor": next},
	}, nil
}

// replies gives a thread, oldest first. Its parent opens the first page.
func (s *Server) replies(c *call) (map[string]any, *refusal) {
	r, no := s.member(c)
	if no != nil {
		return nil, no
	}
	sp, no := s.readSpan(c, maxPage)
	if no != nil {
		return nil, no
	}
	from, ok := readCursor(c.args.str("cursor"), "next_ts:")
	if !ok {
		return nil, refused("invalid_cursor")
	}
	root := r.find(c.args.str("ts"))
	if root != nil && root.ThreadTS != "" {
		root = r.find(root.ThreadTS)
	}
	if root == nil || !s.shows(root) {
		return nil, refused("thread_not_found")
	}
	found := []map[string]any{}
	if from == 0 {
		found = append(found, s.object(r, root, sp.metadata))
	}
	next := ""
	for _, m := range s.thread(r, root.TS) {
		if !sp.holds(m) || m.at < from {
			continue
		}
		if len(found) >= sp.limit {
			next = writeCursor("next_ts:", m.at)
			break
		}
		found = append(found, s.object(r, m, sp.metadata))
	}
	return map[string]any{
		"messages": found, "has_more": next != "",
		"response_metadata": map[string]any{"next_cursor": next},
	}, nil
}
