package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"newswatch/news"
)

// An audit looks at so much of the past, up to a while ago: histories lag.
const (
	auditSpan   = 25 * time.Hour // a day, and the hour that a change of the clock adds
	auditSettle = 10 * time.Minute
	auditTime   = 5 * time.Minute // it may take so long at one destination
	auditPace   = 2 * time.Second // between two calls: what is due comes first, also in the limit for reading
	auditLooks  = 40              // look-ups at one destination
)

// Audit holds what a destination took during the last day against what stands
// there, and tells the operators of messages that do not: Slack says that in bursts
// it may drop what it took. People delete messages too, so nothing is sent again.
func (o *Outbox) Audit(ctx context.Context, destination string) (missing []news.Delivery, err error) {
	channel, _, err := o.cfg.Channel(destination)
	if err != nil {
		return nil, fmt.Errorf("way out of %s: %w", destination, err)
	}
	now := o.cfg.Now()
	sent, err := o.cfg.Store.SentBetween(ctx, destination, now.Add(-auditSpan), now.Add(-auditSettle))
	if err != nil || len(sent) == 0 {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, auditTime)
	defer cancel()
	missing, err = o.missing(ctx, channel, destination, sent)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	ids := make([]string, len(missing))
	for i, d := range missing {
		ids[i] = "newswatch outbox show " + d.ID
		o.cfg.Log.Error("taken, and not there", "delivery_id", d.ID, "part", d.Part, "destination", destination, "ts", d.Receipt.TS)
	}
	return missing, o.tell(ctx, news.Notice{
		DeliveryID: news.NoticeID("delivery_missing", destination, now.UTC().Format(time.DateOnly)),
		Kind:       "delivery_held", Headline: "Not there any more", Subject: fmt.Sprintf("%d of yesterday's messages to %s", len(missing), destination),
		Detail: strings.Join(ids, "\n"), Footer: "They were taken and are not in the channel. If nobody deleted them, Slack lost them.",
	})
}

// missing are those of the messages that were sent which are looked for and not
// found. A way out that cannot be asked misses nothing.
func (o *Outbox) missing(ctx context.Context, channel Channel, destination string, sent []news.Delivery) (missing []news.Delivery, err error) {
	there := map[part]bool{}
	reading := channel.Recent(destination, o.cfg.Now().Add(-auditSpan))
	for more := true; more; {
		var page []Posted
		err := unhurried(ctx, func() (err error) {
			page, more, err = reading.Next(ctx)
			return err
		})
		switch {
		case unaskable(err):
			return nil, nil
		case err != nil:
			return nil, fmt.Errorf("read what stands at %s: %w", destination, err)
		}
		for _, p := range page {
			there[part{p.DeliveryID, p.Part}] = true
		}
	}
	looks := 0
	for _, d := range sent {
		if there[part{d.ID, d.Part}] || looks == auditLooks {
			continue
		}
		looks++
		var found bool
		err := unhurried(ctx, func() (err error) {
			_, found, err = channel.Find(ctx, d)
			return err
		})
		switch {
		case unaskable(err):
			return nil, nil
		case err != nil:
			return nil, fmt.Errorf("look for %s part %d: %w", d.ID, d.Part, err)
		case !found:
			missing = append(missing, d)
		}
	}
	return missing, nil
}

// unhurried makes a call after a pause, and again as long as it is refused for the
// rate or goes on.
func unhurried(ctx context.Context, call func() error) error {
	pause := auditPace
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		err := call()
		var refusal *Refusal
		switch limited := errors.As(err, &refusal) && refusal.Kind == RefusedRate; {
		case limited:
			pause = max(auditPace, refusal.RetryAfter)
		case !errors.Is(err, ErrGoesOn):
			return err
		}
	}
}

// unaskable says whether nobody is there who could be asked.
func unaskable(err error) bool {
	var refusal *Refusal
	return errors.Is(err, ErrNoLookup) || errors.Is(err, ErrNotShown) || errors.As(err, &refusal) && refusal.Kind == RefusedConfig
}
