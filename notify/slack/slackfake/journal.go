package slackfake

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Entry is a line of the journal: one call, or what a call did late.
type Entry struct {
	Time        time.Time `json:"time"`
	Method      string    `json:"method"`
	Channel     string    `json:"channel,omitempty"` // its id; of one that does not exist, what the caller wrote
	ChannelName string    `json:"channel_name,omitempty"`
	DeliveryID  string    `json:"delivery_id,omitempty"`
	Part        int       `json:"part,omitempty"`
	Stories     []string  `json:"stories,omitempty"`
	Accepted    bool      `json:"accepted"` // a message was posted or changed
	Answered    bool      `json:"answered"` // the caller was sent the true answer
	Fault       Fault     `json:"fault,omitempty"`
	Error       string    `json:"error,omitempty"` // Slack's word, of an answer that says no
	TS          string    `json:"ts,omitempty"`
	// VisibleAt is from when on history shows what was posted.
	VisibleAt *time.Time `json:"visible_at,omitempty"`
}

// write keeps an entry. The caller holds the lock, so lines stand in the order
// of what happened. It is written before the answer: a reader that got the
// answer finds the line.
func (s *Server) write(e Entry) {
	e.Time = s.clock()
	s.entries = append(s.entries, e)
	if s.cfg.Journal == nil || s.journal != nil {
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = s.cfg.Journal.Write(append(line, '\n'))
	}
	if err != nil {
		s.journal = fmt.Errorf("write journal: %w", err)
	}
}

// Journal returns all entries so far.
func (s *Server) Journal() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.entries)
}
