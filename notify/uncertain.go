package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"newswatch/news"
)

const (
	// looksNeeded is how many look-ups must find nothing before a message is sent
	// again: a channel's history lags behind its posts.
	looksNeeded = 2
	// looksPatience is how many look-ups in a row may fail before the operators are
	// told and the next ones come as slowly as those of what is held.
	looksPatience = 5
	// rateDefault is the wait after "too many" without a time.
	rateDefault = 30 * time.Second
	// A delivery that only a person can mend is tried again at these intervals.
	heldFirst, heldMost = 5 * time.Minute, time.Hour
)

// refused acts on an answer that proves that nothing was posted.
func (s *sending) refused(ctx context.Context, d *news.Delivery, refusal *Refusal) error {
	s.cfg.At(AfterRefusal)
	now := s.cfg.Now()
	switch refusal.Kind {
	case RefusedRate:
		return s.rest(ctx, d, refusal)
	case RefusedRender:
		if leaner, ok := s.channel.Lean(d.Payload, d.Rung+1); ok {
			d.Payload, d.Rung, d.State, d.NotBefore = leaner, d.Rung+1, news.Pending, now
			s.say(d).Warn("refused in this form, going plainer", "rung", d.Rung, "err", refusal)
			s.cfg.Observe.Plainer(*d)
			return s.settle(ctx, d)
		}
	}
	if refusal.Final {
		return s.ask(ctx, d, refusal.Reason, s.parentNotice(d, refusal.Reason))
	}
	until := now.Add(backoff(d.Attempts))
	if refusal.Wide && d.Part == 1 && d.ReplyTo == "" {
		// All that goes there would be refused: it waits behind this one, in order.
		// What answers a message may stand in another channel than the name is now.
		return s.hold(ctx, d, refusal.Reason, until, s.heldLane(until))
	}
	return s.hold(ctx, d, refusal.Reason, until)
}

// rest waits as long as was asked for, with all that goes the same way.
func (s *sending) rest(ctx context.Context, d *news.Delivery, refusal *Refusal) error {
	wait := refusal.RetryAfter
	if wait <= 0 {
		wait = rateDefault
	}
	until := s.cfg.Now().Add(wait)
	d.State, d.NotBefore = news.Pending, until
	lanes := s.lanes(d)
	for i := range lanes {
		lanes[i].Until = until
	}
	level := slog.LevelInfo
	if s.history.resting == refusal.Error() {
		level = slog.LevelDebug // that is known
	}
	s.history.resting = refusal.Error()
	s.say(d).Log(ctx, level, "not now", "err", refusal, "retry_after", wait)
	return s.settle(ctx, d, lanes...)
}

// hold keeps a delivery until somebody mends what it was refused for. It is tried
// again by itself, for ever.
func (s *sending) hold(ctx context.Context, d *news.Delivery, reason string, until time.Time, lanes ...news.Lane) error {
	d.State, d.NotBefore = news.Held, until
	s.say(d).Error("held until somebody mends it", "err", d.Error, "again", d.NotBefore)
	if err := s.settle(ctx, d, lanes...); err != nil {
		return err
	}
	return s.report(ctx, d, reason)
}

// holdUnseen keeps back what could get lost without anybody being able to tell:
// the oldest is held, and the others wait behind it until the history is asked for
// again.
func (s *sending) holdUnseen(ctx context.Context, d *news.Delivery) error {
	h := s.history
	if h.held && d.State == news.Held {
		h.ask = s.cfg.Now() // somebody made it due: ask at once
	}
	if h.held {
		return &news.PacedError{Until: h.ask}
	}
	h.held = true
	reason := h.unseen.Error()
	var refusal *Refusal
	if errors.As(h.unseen, &refusal) {
		reason = refusal.Reason
	}
	d.Error = "not posted: the channel's history cannot be read (" + reason + "), so that a lost answer would lose the message or " +
		"bring it twice; invite the app to the channel and give it the scopes of the manifest, or write on_uncertain: resend at the target"
	return s.hold(ctx, d, "its history cannot be read: "+reason+". Invite the app to the channel and give it the scopes of the manifest, or write on_uncertain: resend at the target", h.ask)
}

// backoff is the wait before a held delivery is tried again.
func backoff(attempts int) time.Duration {
	return min(heldFirst<<min(max(attempts-1, 0), 8), heldMost)
}

// report tells the operators once a day that a destination refuses.
func (s *sending) report(ctx context.Context, d *news.Delivery, reason string) error {
	if d.Kind == news.KindNotice {
		return nil
	}
	return s.tell(ctx, news.Notice{
		DeliveryID: news.NoticeID("delivery_held", d.Destination+reason, s.cfg.Now().UTC().Format(time.DateOnly)),
		Kind:       "delivery_held", Headline: "Delivery held", Subject: d.Destination,
		Detail: reason,
		Footer: "Nothing is lost: it is tried again by itself. newswatch outbox shows what waits.",
	})
}

// attemptNotice names the notice about one attempt.
func attemptNotice(d *news.Delivery) string {
	return news.NoticeID("delivery_undecided", fmt.Sprintf("%s/%d/%d", d.ID, d.Part, d.Attempts), "")
}

// parentNotice names the notice about all that answers one message: one a day.
func (s *sending) parentNotice(d *news.Delivery, why string) string {
	parent := d.ReplyTo
	if parent == "" {
		parent = d.ID
	}
	return news.NoticeID("delivery_undecided", parent+" "+why, s.cfg.Now().UTC().Format(time.DateOnly))
}

// ask holds a delivery for a person's word alone. The operators are told first,
// once: after a crash between the two the same notice is there already.
func (s *sending) ask(ctx context.Context, d *news.Delivery, why, notice string) error {
	if d.Kind != news.KindNotice {
		err := s.tell(ctx, news.Notice{
			DeliveryID: notice,
			Kind:       "delivery_held", Headline: "Send it again, or not?", Subject: fmt.Sprintf("%s to %s", d.Kind, d.Destination),
			Detail: why + "\nnewswatch outbox show " + d.ID + "\nnewswatch outbox resend " + d.ID + "\nnewswatch outbox drop " + d.ID,
			Footer: "It waits for your word, however long: look whether it arrived, then have it sent or given up.",
		})
		if err != nil {
			return err
		}
	}
	d.State, d.Undecided, d.Looks, d.NotBefore = news.Held, true, 0, s.cfg.Now()
	d.Error = why + ": newswatch outbox resend " + d.ID + " sends it, newswatch outbox drop " + d.ID + " gives it up"
	s.say(d).Error("held until somebody decides", "err", why)
	return s.settle(ctx, d)
}

// tell puts a notice to the operators into the outbox.
func (o *Outbox) tell(ctx context.Context, n news.Notice) error {
	if o.cfg.Operators == nil {
		return nil
	}
	notice, wanted := o.cfg.Operators(n)
	if !wanted {
		return nil
	}
	if err := o.cfg.Store.EnqueueNotice(ctx, notice); err != nil {
		return fmt.Errorf("enqueue a notice: %w", err)
	}
	return nil
}

// resolve looks up what became of an attempt whose answer never came.
func (s *sending) resolve(ctx context.Context, d *news.Delivery) error {
	now := s.cfg.Now()
	if d.NotBefore.IsZero() {
		// The process died before it knew, at the latest now: from here on the
		// request may still be accepted late.
		d.Error, d.NotBefore = "the program ended while it was sent", now.Add(s.pacing.Quarantine)
		return s.settle(ctx, d)
	}
	s.cfg.At(BeforeLook)
	lookCtx, cancel := s.call(ctx)
	receipt, found, err := s.channel.Find(lookCtx, *d)
	cancel()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.cfg.At(AfterLook)
	switch refusal := (*Refusal)(nil); {
	case errors.Is(err, ErrNoLookup), errors.Is(err, ErrNotShown) && s.pacing.OnUncertain != "":
		return s.unknowable(ctx, d, err)
	case errors.As(err, &refusal) && refusal.Kind == RefusedConfig:
		// Whether it was posted cannot be known until somebody lets us look.
		d.Error, d.NotBefore = "posted or not? looking it up failed: "+err.Error(), now.Add(backoff(d.Attempts+d.Looks))
		d.Looks = 0
		s.say(d).Error("uncertain, and may not be looked up", "err", err, "again", d.NotBefore)
		return errors.Join(s.settle(ctx, d), s.report(ctx, d, refusal.Reason))
	case err != nil:
		return s.lookFailed(ctx, d, err)
	case found:
		delete(s.history.failed, part{d.ID, d.Part})
		s.cfg.Observe.Resolved(*d, FoundThere)
		return s.posted(ctx, d, receipt, "found where it belongs")
	}
	return s.notFound(ctx, d)
}

// lookFailed has a look-up made again. One that read something goes on; when too
// many in a row did not, the operators are told, and it is tried as seldom as what
// is held.
func (s *sending) lookFailed(ctx context.Context, d *news.Delivery, err error) error {
	wait := s.pacing.LookAgain
	var refusal *Refusal
	refused := errors.As(err, &refusal)
	if refused {
		wait = max(wait, refusal.RetryAfter)
	}
	failed, key := s.history.failed, part{d.ID, d.Part}
	switch {
	case errors.Is(err, ErrGoesOn):
		failed[key] = 0
	case !refused || !refusal.Offline:
		failed[key]++
	}
	over := failed[key] - looksPatience
	if over > 0 {
		wait = max(wait, backoff(over))
	}
	d.Error, d.NotBefore = err.Error(), s.cfg.Now().Add(wait)
	s.say(d).Warn("look-up failed, trying again", "err", err, "again", d.NotBefore)
	if err := s.settle(ctx, d); err != nil || over <= 0 || d.Kind == news.KindNotice {
		return err
	}
	return s.tell(ctx, news.Notice{
		DeliveryID: news.NoticeID("lookup_failed", d.Destination, s.cfg.Now().UTC().Format(time.DateOnly)),
		Kind:       "delivery_held", Headline: "Sent, or not?", Subject: fmt.Sprintf("%s to %s", d.Kind, d.Destination),
		Detail: "no certain answer came, and looking it up failed: " + err.Error() +
			"\nnewswatch outbox show " + d.ID + "\nnewswatch outbox resend " + d.ID + "\nnewswatch outbox drop " + d.ID,
		Footer: "It is looked up again by itself, and sent again if it is not there. If you have looked in the channel, decide.",
	})
}

// notFound counts a look that found nothing: after the last one the message is
// sent again, or a person is asked, as the target wants it.
func (s *sending) notFound(ctx context.Context, d *news.Delivery) error {
	delete(s.history.failed, part{d.ID, d.Part})
	d.Looks++
	if d.Looks < looksNeeded {
		d.NotBefore = s.cfg.Now().Add(s.pacing.LookAgain)
		return s.settle(ctx, d)
	}
	if s.pacing.OnUncertain == news.Hold {
		s.cfg.Observe.Resolved(*d, LeftToYou)
		return s.ask(ctx, d, fmt.Sprintf("no certain answer came, and %d looks did not find it there", d.Looks), attemptNotice(d))
	}
	s.say(d).Info("not there, sending again", "looks", d.Looks)
	return s.again(ctx, d)
}

// unknowable does as the target wants it with a message of which nobody will ever
// know whether it was posted.
func (s *sending) unknowable(ctx context.Context, d *news.Delivery, why error) error {
	switch s.pacing.OnUncertain {
	case news.Hold:
		s.cfg.Observe.Resolved(*d, LeftToYou)
		return s.ask(ctx, d, "no certain answer came, and "+why.Error(), attemptNotice(d))
	case news.Skip:
		s.cfg.Observe.Resolved(*d, TakenAsIs)
		s.say(d).Warn("no certain answer, taken for delivered")
		d.State, d.SentAt, d.Error = news.Sent, s.cfg.Now(), "taken for delivered: no certain answer came (on_uncertain: skip)"
		return s.settle(ctx, d)
	}
	s.say(d).Warn("nothing to look it up in, sending again")
	return s.again(ctx, d)
}

func (s *sending) again(ctx context.Context, d *news.Delivery) error {
	s.cfg.Observe.Resolved(*d, SentAgain)
	d.State, d.NotBefore, d.Looks = news.Pending, s.cfg.Now(), 0
	err := s.settle(ctx, d)
	s.cfg.At(BeforeResend)
	return err
}
