package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"newswatch/news"
)

const (
	// recentSpan is how far back a destination's history is read after a start and
	// when the database may have lost something: a backup of the day before posts
	// nothing twice, also when it takes an hour to restore.
	recentSpan = 25 * time.Hour
	// recentTries is how often reading it may fail, and how often any of them may be
	// refused for the rate meanwhile, before sending goes on without.
	recentTries = 5
)

// history is what this process knows of a destination.
type history struct {
	mu sync.Mutex // held by the one who works on the destination

	posted map[part]news.Receipt // what stood there when we came
	read   bool                  // that is all of it, or all there is to be had
	none   bool                  // there is no history

	reading Reading   // under way; nil: not begun
	turn    time.Time // of its next call; zero: it has none
	wait    time.Time // nothing is sent before, since there is more to read; of Outbox.mu
	tries   int       // how often a call failed
	limited int       // how often calls of all destinations had been refused when it began

	unseen   error     // why nothing may be posted: what would get lost could not be seen
	ask      time.Time // when to ask again
	refusals int       // in a row
	held     bool      // one delivery waits for that, and the others behind it

	failed map[part]int // look-ups in a row that failed
	wayErr string       // why there is no way out
	boot   string       // of the database, when it was read; see news.Lease

	resting string // why nothing could be posted last; "": it could
}

type part struct {
	id     string
	number int
}

// history of a destination.
func (o *Outbox) history(destination string) *history {
	o.mu.Lock()
	defer o.mu.Unlock()
	h := o.known[destination]
	if h == nil {
		h = &history{posted: map[part]news.Receipt{}, failed: map[part]int{}}
		o.known[destination] = h
	}
	return h
}

// Unready lists the destinations to which this process sends nothing yet: it is to read
// more of what stands there, and may not do so now. Another process may have read it.
func (o *Outbox) Unready() (destinations []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for d, h := range o.known {
		if h.wait.After(o.cfg.Now()) {
			destinations = append(destinations, d)
		}
	}
	return destinations
}

func (o *Outbox) waits(h *history, until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h.wait = until
}

// under has the history read again when the database is another one, or may have
// lost what it had not written: then it may not know of messages that stand there.
func (h *history) under(boot string) {
	if h.boot != boot {
		h.boot, h.read, h.reading, h.turn, h.unseen = boot, false, nil, time.Time{}, nil
	}
}

// once gives an error only when it is another one than the last.
func (h *history) once(err error) error {
	last := h.wayErr
	if h.wayErr = ""; err != nil {
		h.wayErr = err.Error()
	}
	if h.wayErr == last {
		return nil
	}
	return err
}

// queue spaces the calls that read histories: the limit for them is the
// workspace's. Each destination has a turn, one call a turn, so that one with much
// to read does not keep the others from beginning.
type queue struct {
	mu      sync.Mutex
	free    time.Time // the next turn that nobody has
	pause   time.Time // nothing before this: it was asked for
	refused int       // how often it was
}

// turn gives the time of a destination's next call. It keeps the one that it has,
// unless a pause came before it.
func (q *queue) turn(h *history, now time.Time, gap time.Duration) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if h.turn.IsZero() || h.turn.Before(q.pause) {
		h.turn = latest(now, q.free, q.pause)
		q.free = h.turn.Add(gap)
	}
	return h.turn
}

// limit notes a pause that was asked for.
func (q *queue) limit(until time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refused++
	q.pause = latest(q.pause, until)
}

// refusals counts them.
func (q *queue) refusals() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.refused
}

// latest is the latest of some times.
func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// recall reads once after a start, and once when the database is another one, what already stands at the destination, as far
// as it may now. It gives the time to come again when nothing may be sent before;
// zero: go on.
func (s *sending) recall(ctx context.Context) (next time.Time) {
	h := s.history
	for over := h.read; !over && next.IsZero(); {
		now := s.cfg.Now()
		if h.unseen != nil && now.Before(h.ask) {
			return time.Time{} // holdUnseen sees to what is due
		}
		if h.reading == nil {
			h.reading = s.channel.Recent(s.lease.Key, now.Add(-recentSpan))
			h.tries, h.limited = 0, s.queue.refusals()
		}
		if s.queue.refusals()-h.limited >= recentTries {
			return s.goOnWithout(errors.New("too many calls were refused for the rate"))
		}
		if _, none := h.reading.(NoHistory); !none {
			if turn := s.queue.turn(h, now, s.pacing.Read); turn.After(now) {
				return turn
			}
		}
		h.turn = time.Time{}
		callCtx, cancel := s.call(ctx)
		posted, more, err := h.reading.Next(callCtx)
		cancel()
		if ctx.Err() != nil {
			return s.cfg.Now()
		}
		for _, p := range posted {
			h.posted[part{p.DeliveryID, p.Part}] = p.Receipt
		}
		next, over = s.recalled(more, err)
	}
	return next
}

// recalled acts on the answer to a call of recall: it gives the time to come again,
// and whether to go on with what is due.
func (s *sending) recalled(more bool, err error) (next time.Time, over bool) {
	h, now := s.history, s.cfg.Now()
	var refusal *Refusal
	refused := errors.As(err, &refusal)
	switch {
	case err == nil:
		if more {
			return time.Time{}, false
		}
	case errors.Is(err, ErrNoLookup):
		h.none = true
	case errors.Is(err, ErrNotShown) && s.pacing.OnUncertain != "":
		// the target's word for it: go on with what we know ourselves
	case errors.Is(err, ErrNotShown):
		h.unseen, h.held, h.refusals = err, false, h.refusals+1
		h.ask, h.reading = now.Add(backoff(h.refusals)), nil
		return time.Time{}, true
	case refused && refusal.Kind == RefusedConfig:
		h.reading = nil // a post is refused for the same; it is asked again before the next one
		return time.Time{}, true
	case refused && refusal.Kind == RefusedRate:
		next = now.Add(max(refusal.RetryAfter, time.Second))
		if !refusal.Offline { // else nothing can be posted now either
			s.queue.limit(next)
		}
		return next, false
	default:
		if h.tries++; h.tries >= recentTries {
			return s.goOnWithout(err), true
		}
		s.cfg.Log.Warn("cannot read what stands at the destination, trying again", "destination", s.lease.Key, "err", err)
		return now.Add(min(s.pacing.LookAgain, time.Second<<h.tries)), false
	}
	h.recalled()
	s.cfg.At(AfterRecall)
	return time.Time{}, true
}

// recalled notes that there is nothing more to read.
func (h *history) recalled() { h.read, h.reading, h.unseen = true, nil, nil }

// goOnWithout gives up reading: what is due must not wait for ever.
func (s *sending) goOnWithout(err error) time.Time {
	s.cfg.Log.Warn("going on without all that stands at the destination", "destination", s.lease.Key, "err", err)
	s.history.recalled()
	s.cfg.At(AfterRecall)
	return time.Time{}
}
