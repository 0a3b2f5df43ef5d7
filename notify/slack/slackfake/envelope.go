package slackfake

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"
)

// maxDeliveries is how often an envelope is sent that nobody acknowledges.
const maxDeliveries = 4

// envelope is what is on its way to the app.
type envelope struct {
	kind    string
	payload map[string]any
	act     *Interaction
	last    *link // to which it was sent last
}

// post sends an envelope for the first time. The caller holds the lock.
func (s *Server) post(e *envelope) {
	s.envelopes[e.act.ID] = e
	s.deliver(e)
	if s.twice() && len(s.links) > 0 {
		s.deliver(e)
	}
}

// twice says whether the plan wants the next envelope to come twice.
func (s *Server) twice() bool {
	h := fnv.New64a()
	fmt.Fprintf(h, "envelope/%d", s.nextID)
	return rand.New(rand.NewPCG(uint64(s.cfg.Seed), h.Sum64())).Float64() < s.plan.Socket.Duplicate
}

// deliver sends an envelope to one connection: the next in turn, and not the one
// that let it lie. What is not acknowledged in time comes again. Slack documents
// that for events; this Slack does it with commands and buttons too, since a
// client must be right either way. The caller holds the lock.
func (s *Server) deliver(e *envelope) {
	act := e.act
	l := s.nextLink(e.last)
	if l == nil {
		act.Error = "dispatch_failed" // what a person reads under the command
		return
	}
	act.Error = ""
	e.last = l
	frame := map[string]any{
		"envelope_id": act.ID, "type": e.kind, "payload": e.payload, "accepts_response_payload": e.kind != eventsAPI,
	}
	if e.kind == eventsAPI || act.Deliveries > 0 {
		frame["retry_attempt"], frame["retry_reason"] = act.Deliveries, ""
		if act.Deliveries > 0 {
			frame["retry_reason"] = "timeout"
		}
	}
	act.Deliveries++
	select {
	case l.out <- compact(frame):
	default: // it takes nothing: as good as lost
	}
	within := orDefault(s.plan.Socket.AckWithin, 3*time.Second)
	if n := act.Deliveries; !s.closed {
		s.running.Go(func() { s.await(e, n, within) })
	}
}

// await sends an envelope again when its n-th delivery was not acknowledged.
func (s *Server) await(e *envelope, n int, within time.Duration) {
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-s.done:
		return
	case <-t.C:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch act := e.act; {
	case !act.Acked.IsZero() || act.Deliveries != n || s.closed:
	case n >= maxDeliveries:
		act.Error = "operation_timeout"
	default:
		s.deliver(e)
	}
}

// nextLink is the connection whose turn it is: one that was warned of its end only
// when there is no other. A deaf one cannot be told from a good one.
func (s *Server) nextLink(last *link) *link {
	live := slices.Clone(s.links)
	if fresh := slices.DeleteFunc(slices.Clone(live), func(l *link) bool { return l.leaving }); len(fresh) > 0 {
		live = fresh
	}
	if len(live) > 1 {
		live = slices.DeleteFunc(live, func(l *link) bool { return l == last })
	}
	if len(live) == 0 {
		return nil
	}
	s.turn++
	return live[s.turn%len(live)]
}

// acknowledge notes that the app has an envelope.
func (s *Server) acknowledge(id string) {
	s.mu.Lock()
	e := s.envelopes[id]
	if e != nil {
		e.act.Acks++
		if e.act.Acked.IsZero() {
			e.act.Acked = s.clock()
		}
	}
	s.mu.Unlock()
	if e == nil {
		s.complain("acknowledgement of an unknown envelope: " + clip(id))
	}
}
