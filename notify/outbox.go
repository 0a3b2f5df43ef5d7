package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"newswatch/news"
)

const (
	// postTimeout bounds one call. It is far shorter than a lease, so that no call
	// outlives the right to make it.
	postTimeout = news.CallTimeout
	// slowAnswer is how long an answer may take for the pace to count from its
	// attempt's start: of a later one nobody can say when the message came.
	slowAnswer = 5 * time.Second
)

// OutboxStore is what the outbox needs of the store.
type OutboxStore interface {
	Deliverable(ctx context.Context, destination string) (*news.Delivery, time.Time, error)
	Rewritable(ctx context.Context, destination string) (*news.Delivery, time.Time, error)
	Intend(ctx context.Context, l news.Lease, d *news.Delivery, lanes ...news.Lane) error
	Settle(ctx context.Context, l news.Lease, d news.Delivery, lanes ...news.Lane) error
	Withdraw(ctx context.Context, d news.Delivery) error
	EnqueueNotice(ctx context.Context, d news.Delivery) error
	SentBetween(ctx context.Context, destination string, from, to time.Time) ([]news.Delivery, error)
}

// Pacing is how a way out wants to be treated.
type Pacing struct {
	Quarantine time.Duration // from an uncertain attempt to the first look
	LookAgain  time.Duration // between two looks
	Pace       time.Duration // between two posts to one destination
	Read       time.Duration // between two calls that read histories, over all destinations

	// OnUncertain is the target's word; "" is Resend, but nothing is posted where
	// a history is that we may not read: what got lost there could not be seen.
	OnUncertain news.OnUncertain
}

// Outbox sees deliveries through, exactly once each:
//
//	intend (committed) -> post -> posted | refused | uncertain
//
// What is uncertain, because no answer came or the process died, is looked up at
// the destination before anything is sent again, and holds up only itself.
type Outbox struct {
	cfg   OutboxConfig
	mu    sync.Mutex
	known map[string]*history // by destination
	queue queue               // of the calls that read what stands there
}

// OutboxConfig is what an Outbox is made of. All fields but Operators, Observe and At
// are required.
type OutboxConfig struct {
	Store     OutboxStore
	Channel   func(destination string) (Channel, Pacing, error)
	Operators func(news.Notice) (news.Delivery, bool) // makes a notice of it; false: nobody wants them
	Now       func() time.Time
	Log       *slog.Logger
	Observe   Observer   // nil: nobody counts
	At        func(Step) // is told where the work is; nil: nobody wants to know
}

// NewOutbox returns an outbox. Several destinations may be worked on at once.
func NewOutbox(c OutboxConfig) *Outbox {
	if c.At == nil {
		c.At = func(Step) {}
	}
	if c.Observe == nil {
		c.Observe = Nobody{}
	}
	return &Outbox{cfg: c, known: map[string]*history{}}
}

// Send works on one destination under its lease until nothing is due there, the
// pace asks for a pause, or half the lease is spent. New messages go before the
// rewritings of old ones. It says when to come again (zero: nothing is left) and
// what became of the deliveries it worked on.
func (o *Outbox) Send(ctx context.Context, l news.Lease) (next time.Time, done []news.Delivery, err error) {
	h := o.history(l.Key)
	if !h.mu.TryLock() { // the machine slept, and who had the lease before us is still at it
		return o.cfg.Now().Add(time.Second), nil, nil
	}
	defer h.mu.Unlock()
	channel, pacing, err := o.cfg.Channel(l.Key)
	if err != nil {
		return o.cfg.Now().Add(heldMost), nil, h.once(fmt.Errorf("way out of %s: %w", l.Key, err))
	}
	_ = h.once(nil)
	h.under(l.Boot)
	if wait := l.EraSince.Add(pacing.Quarantine); !l.EraSince.After(o.cfg.Now()) && o.cfg.Now().Before(wait) {
		return wait, nil, nil // what was under way when the database changed may still be accepted
	}
	work := &sending{Outbox: o, lease: l, channel: channel, pacing: pacing, history: h}
	stop := o.cfg.Now().Add(l.Until.Sub(o.cfg.Now()) / 2)
	for ctx.Err() == nil && o.cfg.Now().Before(stop) {
		next := work.recall(ctx)
		o.waits(h, next)
		if !next.IsZero() {
			return next, done, nil
		}
		d, wake, err := work.step(ctx, o.cfg.Store.Deliverable)
		if d == nil && err == nil {
			var again time.Time
			d, again, err = work.step(ctx, o.cfg.Store.Rewritable)
			wake = sooner(wake, again)
		}
		if err != nil {
			return o.cfg.Now(), done, err
		}
		if d == nil {
			return wake, done, nil
		}
		done = append(done, *d)
	}
	return o.cfg.Now(), done, nil
}

// sooner is the earlier of two times, where the zero time means never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// sending is the work on one destination under one lease.
type sending struct {
	*Outbox
	lease   news.Lease
	channel Channel
	pacing  Pacing
	history *history
}

// step does the next thing with the next delivery of a queue. When there is none
// that anything may be done with, it gives the time when there may be.
func (s *sending) step(ctx context.Context, queue func(context.Context, string) (*news.Delivery, time.Time, error)) (*news.Delivery, time.Time, error) {
	d, wake, err := queue(ctx, s.lease.Key)
	if err != nil || d == nil {
		return nil, wake, err
	}
	var paced *news.PacedError
	switch err := s.advance(ctx, d); {
	case errors.As(err, &paced):
		return nil, paced.Until, nil
	case errors.Is(err, news.ErrGone): // dropped or replaced since it was read: the next one
		d.State = news.Dropped
		return d, time.Time{}, nil
	case err != nil:
		return nil, time.Time{}, fmt.Errorf("deliver %s part %d: %w", d.ID, d.Part, err)
	}
	return d, time.Time{}, nil
}

// say begins a line of the log about a delivery.
func (s *sending) say(d *news.Delivery) *slog.Logger {
	log := s.cfg.Log.With("delivery_id", d.ID, "part", d.Part, "kind", d.Kind, "plan", d.PlanID, "destination", d.Destination, "attempt", d.Attempts)
	if len(d.Stories) == 1 {
		log = log.With("story", d.Stories[0])
	}
	return log
}

func (s *sending) advance(ctx context.Context, d *news.Delivery) error {
	if receipt, there := s.history.posted[part{d.ID, d.Part}]; there && d.State != news.Sent {
		if d.State == news.Sending {
			s.cfg.Observe.Resolved(*d, FoundThere)
		}
		return s.posted(ctx, d, receipt, "already posted")
	}
	switch {
	case d.State == news.Sending && d.Kind != news.KindUpdate:
		return s.resolve(ctx, d)
	case s.history.unseen != nil:
		return s.holdUnseen(ctx, d)
	}
	return s.attempt(ctx, d)
}

// attempt commits the intent, posts, and commits what came of it.
func (s *sending) attempt(ctx context.Context, d *news.Delivery) error {
	s.cfg.At(BeforeIntent)
	lanes := s.lanes(d)
	if err := s.cfg.Store.Intend(ctx, s.lease, d, append(lanes, s.heldLane(time.Time{}))...); err != nil {
		return err
	}
	s.cfg.At(AfterIntent)
	began := s.cfg.Now()
	if !began.Before(s.lease.Until) { // we stood still for so long: others may be at it
		return s.withdraw(ctx, d)
	}
	// A shutdown lets the post in flight end: its answer decides what we know.
	postCtx, cancel := s.call(context.WithoutCancel(ctx))
	receipt, postErr := s.channel.Post(postCtx, *d)
	cancel()
	s.cfg.At(AfterPost)
	var refusal *Refusal
	refused := errors.As(postErr, &refusal)
	if (postErr == nil || refused) && s.cfg.Now().Sub(began) < slowAnswer {
		lanes = nil // the pace counts from the start; where that says nothing, from the end
	}
	if postErr == nil {
		s.cfg.Observe.Attempted(*d, Taken)
		return s.posted(ctx, d, receipt, "posted", lanes...)
	}
	s.cfg.Observe.Attempted(*d, verdict(refusal))
	d.Error = postErr.Error()
	if refused {
		return s.refused(ctx, d, refusal)
	}
	d.Looks, d.NotBefore = 0, s.cfg.Now().Add(s.pacing.Quarantine)
	s.say(d).Warn("no certain answer", "then", s.then(), "err", postErr)
	return s.settle(ctx, d, lanes...)
}

// call bounds a call, so that it outlives no lease: not even one that is shorter than
// most, or of which a long stop has left little.
func (s *sending) call(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, min(postTimeout, s.lease.Until.Sub(s.cfg.Now())/2))
}

// withdraw takes back an attempt of which nothing has left. The lease is over, so
// that others may have taken it for uncertain: it is not.
func (s *sending) withdraw(ctx context.Context, d *news.Delivery) error {
	d.State, d.NotBefore = news.Pending, s.cfg.Now()
	s.say(d).Warn("stood still for longer than the lease, so nothing was posted")
	return s.cfg.Store.Withdraw(context.WithoutCancel(ctx), *d)
}

// lanes are what an attempt must keep its distance in: its destination, and the
// channel behind it, which may have two names. Rewritings are a method of Slack's
// with a limit of its own, a tenth below that of one channel's posts.
func (s *sending) lanes(d *news.Delivery) []news.Lane {
	key, gap := d.Destination, s.pacing.Pace
	shared := ""
	if c, ok := s.channel.(interface{ Lane(news.Delivery) string }); ok {
		shared = c.Lane(*d)
	}
	if d.Kind == news.KindUpdate {
		key, gap = key+" rewritings", gap+gap/10
	}
	lanes := []news.Lane{{Key: key, Gap: gap}}
	if shared != "" && shared != key {
		lanes = append(lanes, news.Lane{Key: shared, Gap: gap})
	}
	return lanes
}

// heldLane is entered by all that goes to the destination.
func (s *sending) heldLane(until time.Time) news.Lane {
	return news.Lane{Key: s.lease.Key + news.HeldLane, Until: until}
}

// then says what becomes of an uncertain attempt.
func (s *sending) then() string {
	switch {
	case !s.history.none:
		return "it will be looked up"
	case s.pacing.OnUncertain == news.Hold:
		return "a person will be asked: it cannot be looked up"
	case s.pacing.OnUncertain == news.Skip:
		return "it is taken for delivered: it cannot be looked up"
	}
	return "it is sent again: it cannot be looked up"
}

func (s *sending) posted(ctx context.Context, d *news.Delivery, receipt news.Receipt, how string, lanes ...news.Lane) error {
	d.State, d.Receipt, d.SentAt, d.Error = news.Sent, receipt, s.cfg.Now(), ""
	if err := s.settle(ctx, d, lanes...); err != nil {
		return err
	}
	s.history.resting = ""
	s.say(d).Info(how, "stories", len(d.Stories), "ts", receipt.TS)
	s.cfg.At(AfterSettle)
	if d.Part < d.Parts {
		s.cfg.At(BetweenParts)
	}
	return nil
}

// settle commits a delivery's state, also while the program is shutting down:
// what is known about a post must not be forgotten.
func (s *sending) settle(ctx context.Context, d *news.Delivery, lanes ...news.Lane) error {
	return s.cfg.Store.Settle(context.WithoutCancel(ctx), s.lease, *d, lanes...)
}
