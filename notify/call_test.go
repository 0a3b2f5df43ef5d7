package notify_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack/slackfake"
)

// timed is a channel that notes how long a post may take.
type timed struct {
	notify.Channel
	room *time.Duration
}

func (c timed) Post(ctx context.Context, d news.Delivery) (news.Receipt, error) {
	if end, ok := ctx.Deadline(); ok {
		*c.room = time.Until(end)
	}
	return c.Channel.Post(ctx, d)
}

// No call may outlive the lease that it is made under, however short that is.
func TestCallsEndBeforeTheirLease(t *testing.T) {
	t.Parallel()
	for lease, most := range map[time.Duration]time.Duration{4 * time.Second: 2 * time.Second, time.Minute: news.CallTimeout} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, slackfake.Plan{})
			room := time.Duration(0)
			d.wrap = func(c notify.Channel) notify.Channel { return timed{c, &room} }
			d.enqueue("al_1", "One")
			leases, err := d.store.Claim(t.Context(), news.Destinations, 1, lease)
			if err != nil || len(leases) != 1 {
				t.Fatalf("claim: %v, %v", leases, err)
			}
			if _, _, err := d.outbox.Send(t.Context(), leases[0]); err != nil {
				t.Fatal(err)
			}
			if room == 0 || room > most {
				t.Errorf("under a lease of %v a post may take %v, want %v at most", lease, room, most)
			}
			d.wantOnce(1)
			d.stop()
		})
	}
}
