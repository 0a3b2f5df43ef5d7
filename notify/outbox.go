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
	postTimeout = 15 * time.Second
	// looksNeeded is how many look-ups must find nothing before a message is sent
	// again: a channel's history lags behind its posts.
	looksNeeded = 2
	// recentSpan is how far back a destination's history is read once after a
	// start: a restored backup that is no older posts nothing twice.
	recentSpan = 24 * time.Hour
	// recentTries is how often reading it may fail before sending goes on without.
	recentTries = 5
	// rateDefault is the wait after "too many" without a time.
	rateDefault = 30 * time.Second
	// A delivery that only a person can mend is tried again at these intervals.
	heldFirst, heldMost = 5 * time.Minute, time.Hour
)

// OutboxStore is what the outbox needs of the store.
type OutboxStore interface {
	Deliverable(ctx context.Context, destination string) (*news.Delivery, time.Time, error)
	Intend(ctx context.Context, l news.Lease, d *news.Delivery) error
	Settle(ctx context.Context, l news.Lease, d news.Delivery) error
	EnqueueNotice(ctx context.Context, d news.Delivery) error
}

// Pacing is how a way out wants to be treated.
type Pacing struct {
	Quarantine time.Duration // from an uncertain attempt to the first look
	LookAgain  time.Duration // between two looks
	Pace       time.Duration // between two posts to one destination

	OnUncertain news.OnUncertain // "": Resend
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
	known map[string]*history // by destination: what stood there when we came
}

// OutboxConfig is what an Outbox is made of. All fields but Operators are required.
type OutboxConfig struct {
	Store     OutboxStore
	Channel   func(destination string) (Channel, Pacing, error)
	Operators func(news.Notice) (news.Delivery, bool) // makes a notice of it; false: nobody wants them
	Now       func() time.Time
	Log       *slog.Logger
}

// history is what a destination showed after the start.
type history struct {
	posted map[part]news.Receipt
	tries  int
	read   bool
}

// history of a destination; only the holder of its lease touches what is in it.
func (o *Outbox) history(destination string) *history {
	o.mu.Lock()
	defer o.mu.Unlock()
	h := o.known[destination]
	if h == nil {
		h = &history{posted: map[part]news.Receipt{}}
		o.known[destination] = h
	}
	return h
}

type part struct {
	id     string
	number int
}

// NewOutbox returns an outbox. Several destinations may be worked on at once.
func NewOutbox(c OutboxConfig) *Outbox { return &Outbox{cfg: c, known: map[string]*history{}} }

// Send works on one destination under its lease until nothing is due there, the
// pace asks for a pause, or half the lease is spent. It says when to come again
// (zero: nothing is left) and what became of the deliveries it worked on.
func (o *Outbox) Send(ctx context.Context, l news.Lease) (next time.Time, done []news.Delivery, err error) {
	channel, pacing, err := o.cfg.Channel(l.Key)
	if err != nil {
		return o.cfg.Now().Add(heldMost), nil, fmt.Errorf("way out of %s: %w", l.Key, err)
	}
	work := &sending{Outbox: o, lease: l, channel: channel, pacing: pacing}
	if wait, err := work.recall(ctx); err != nil || wait > 0 {
		return o.cfg.Now().Add(wait), nil, err
	}
	stop := o.cfg.Now().Add(l.Until.Sub(o.cfg.Now()) / 2)
	for ctx.Err() == nil && o.cfg.Now().Before(stop) {
		d, wake, err := o.cfg.Store.Deliverable(ctx, l.Key)
		if err != nil || d == nil {
			return wake, done, err
		}
		pause, err := work.advance(ctx, d)
		if err != nil {
			return o.cfg.Now(), done, fmt.Errorf("deliver %s part %d: %w", d.ID, d.Part, err)
		}
		done = append(done, *d)
		if pause > 0 {
			return o.cfg.Now().Add(pause), done, nil
		}
	}
	return o.cfg.Now(), done, nil
}

// sending is the work on one destination under one lease.
type sending struct {
	*Outbox
	lease   news.Lease
	channel Channel
	pacing  Pacing
}

// recall reads once after a start what already stands at the destination. It
// gives the time to wait when the destination cannot say at the moment.
func (s *sending) recall(ctx context.Context) (wait time.Duration, err error) {
	h := s.history(s.lease.Key)
	if h.read {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	recent, err := s.channel.Recent(ctx, s.lease.Key, s.cfg.Now().Add(-recentSpan))
	h.tries++
	switch refusal := (*Refusal)(nil); {
	case err == nil:
		for _, p := range recent {
			h.posted[part{p.DeliveryID, p.Part}] = p.Receipt
		}
	case errors.As(err, &refusal) && refusal.Kind == RefusedRate:
		h.tries-- // nothing can be posted now either
		return max(refusal.RetryAfter, time.Second), nil
	case errors.Is(err, ErrNoLookup), errors.As(err, &refusal):
		// nothing to be had there: go on with what we know ourselves
	case h.tries < recentTries:
		s.cfg.Log.Warn("cannot read what stands at the destination, trying again", "destination", s.lease.Key, "err", err)
		return min(s.pacing.LookAgain, time.Second<<h.tries), nil
	default:
		s.cfg.Log.Warn("going on without what stands at the destination", "destination", s.lease.Key, "err", err)
	}
	h.read = true
	return 0, nil
}

// advance does the next thing with a delivery and says how long the destination
// is to rest after it.
func (s *sending) advance(ctx context.Context, d *news.Delivery) (pause time.Duration, err error) {
	if receipt, there := s.history(d.Destination).posted[part{d.ID, d.Part}]; there && d.State != news.Sent {
		s.cfg.Log.Info("already posted", "delivery", d.ID, "part", d.Part, "destination", d.Destination)
		return 0, s.posted(ctx, d, receipt)
	}
	if d.State == news.Sending && d.Kind != news.KindUpdate {
		return 0, s.resolve(ctx, d)
	}
	return s.attempt(ctx, d)
}

// attempt commits the intent, posts, and commits what came of it.
func (s *sending) attempt(ctx context.Context, d *news.Delivery) (time.Duration, error) {
	if err := s.cfg.Store.Intend(ctx, s.lease, d); err != nil {
		return 0, err
	}
	// A shutdown lets the post in flight end: its answer decides what we know.
	postCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), postTimeout)
	receipt, postErr := s.channel.Post(postCtx, *d)
	cancel()
	if postErr == nil {
		return s.pacing.Pace, s.posted(ctx, d, receipt)
	}
	d.Error = postErr.Error()
	var refusal *Refusal
	if !errors.As(postErr, &refusal) {
		d.Looks, d.NotBefore = 0, s.cfg.Now().Add(s.pacing.Quarantine)
		s.cfg.Log.Warn("no certain answer, will look it up", "delivery", d.ID, "part", d.Part, "destination", d.Destination, "err", postErr)
		return s.pacing.Pace, s.settle(ctx, d)
	}
	return s.refused(ctx, d, refusal)
}

// refused acts on an answer that proves that nothing was posted.
func (s *sending) refused(ctx context.Context, d *news.Delivery, refusal *Refusal) (time.Duration, error) {
	now := s.cfg.Now()
	switch refusal.Kind {
	case RefusedRate:
		wait := refusal.RetryAfter
		if wait <= 0 {
			wait = rateDefault
		}
		d.State, d.NotBefore = news.Pending, now.Add(wait)
		s.cfg.Log.Info("not now", "delivery", d.ID, "part", d.Part, "destination", d.Destination, "retry_after", wait)
		return wait, s.settle(ctx, d)
	case RefusedRender:
		if leaner, ok := s.channel.Lean(d.Payload, d.Rung+1); ok {
			d.Payload, d.Rung, d.State, d.NotBefore = leaner, d.Rung+1, news.Pending, now
			s.cfg.Log.Warn("refused in this form, going plainer", "delivery", d.ID, "part", d.Part, "rung", d.Rung, "err", refusal)
			return s.pacing.Pace, s.settle(ctx, d)
		}
	}
	d.State, d.NotBefore = news.Held, now.Add(backoff(d.Attempts))
	s.cfg.Log.Error("held until somebody mends it", "delivery", d.ID, "part", d.Part, "destination", d.Destination, "err", refusal, "again", d.NotBefore)
	if err := s.settle(ctx, d); err != nil {
		return 0, err
	}
	return s.pacing.Pace, s.report(ctx, d, refusal)
}

// backoff is the wait before a held delivery is tried again.
func backoff(attempts int) time.Duration {
	return min(heldFirst<<min(max(attempts-1, 0), 8), heldMost)
}

// report tells the operators once a day that a destination refuses.
func (s *sending) report(ctx context.Context, d *news.Delivery, refusal *Refusal) error {
	if s.cfg.Operators == nil || d.Kind == news.KindNotice {
		return nil
	}
	notice, wanted := s.cfg.Operators(news.Notice{
		DeliveryID: news.NoticeID("delivery_held", d.Destination+refusal.Reason, s.cfg.Now().UTC().Format(time.DateOnly)),
		Kind:       "delivery_held", Headline: "Delivery held", Subject: d.Destination,
		Detail: refusal.Reason,
		Footer: "Nothing is lost: it is tried again by itself. newswatch outbox shows what waits.",
	})
	if !wanted {
		return nil
	}
	if err := s.cfg.Store.EnqueueNotice(ctx, notice); err != nil {
		return fmt.Errorf("enqueue a notice: %w", err)
	}
	return nil
}

// resolve looks up what became of an attempt whose answer never came.
func (s *sending) resolve(ctx context.Context, d *news.Delivery) error {
	now := s.cfg.Now()
	if rest := d.StartedAt.Add(s.pacing.Quarantine); now.Before(rest) {
		d.NotBefore = rest // the request may still be accepted late
		return s.settle(ctx, d)
	}
	lookCtx, cancel := context.WithTimeout(ctx, postTimeout)
	receipt, found, err := s.channel.Find(lookCtx, *d)
	cancel()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch refusal := (*Refusal)(nil); {
	case errors.As(err, &refusal) && refusal.Kind == RefusedConfig:
		// Whether it was posted cannot be known until somebody lets us look.
		d.Error, d.NotBefore = "posted or not? looking it up was "+err.Error(), now.Add(backoff(d.Attempts+d.Looks))
		d.Looks = 0
		s.cfg.Log.Error("uncertain, and may not be looked up", "delivery", d.ID, "part", d.Part, "err", err, "again", d.NotBefore)
		return errors.Join(s.settle(ctx, d), s.report(ctx, d, refusal))
	case errors.Is(err, ErrNoLookup):
		s.cfg.Log.Warn("nothing to look it up in, sending again", "delivery", d.ID, "part", d.Part, "destination", d.Destination)
		d.State, d.NotBefore = news.Pending, now
	case err != nil:
		wait := s.pacing.LookAgain
		if refusal != nil {
			wait = max(wait, refusal.RetryAfter)
		}
		d.Error, d.NotBefore = err.Error(), now.Add(wait)
		s.cfg.Log.Warn("look-up failed, trying again", "delivery", d.ID, "part", d.Part, "err", err)
	case found:
		s.cfg.Log.Info("found where it belongs", "delivery", d.ID, "part", d.Part, "ts", receipt.TS)
		return s.posted(ctx, d, receipt)
	default:
		d.Looks++
		d.NotBefore = now.Add(s.pacing.LookAgain)
		if d.Looks >= looksNeeded {
			s.cfg.Log.Info("not there, sending again", "delivery", d.ID, "part", d.Part, "looks", d.Looks)
			d.State, d.NotBefore, d.Looks = news.Pending, now, 0
		}
	}
	return s.settle(ctx, d)
}

func (s *sending) posted(ctx context.Context, d *news.Delivery, receipt news.Receipt) error {
	d.State, d.Receipt, d.SentAt, d.Error = news.Sent, receipt, s.cfg.Now(), ""
	if err := s.settle(ctx, d); err != nil {
		return err
	}
	s.cfg.Log.Info("posted", "delivery", d.ID, "part", d.Part, "kind", d.Kind, "plan", d.PlanID, "destination", d.Destination,
		"stories", len(d.Stories), "attempt", d.Attempts, "ts", receipt.TS)
	return nil
}

// settle commits a delivery's state, also while the program is shutting down:
// what is known about a post must not be forgotten.
func (s *sending) settle(ctx context.Context, d *news.Delivery) error {
	return s.cfg.Store.Settle(context.WithoutCancel(ctx), s.lease, *d)
}
