package watcher_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
	"newswatch/watcher"
)

// What Slack took yesterday and does not show today is told once, in the night,
// and not sent again; what stands where it was posted is no news.
func TestAuditAtNight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newReported(t, 1, time.UTC) // it is midnight
		fake := slackfake.New(slackfake.Config{Channels: []string{"desk", "ops"}})
		defer fake.Close()
		channel := slack.New(slack.Config{Token: "xoxb-test", HTTP: fake.Client()})
		p.way = channel
		time.Sleep(10 * time.Hour)
		for _, id := range []string{"op_1", "op_2"} {
			m, err := channel.Notice(news.Notice{DeliveryID: id, Headline: "A trial", Location: time.UTC})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.store.EnqueueNotice(t.Context(), news.Delivery{
				ID: id, Part: 1, Parts: 1, Kind: news.KindNotice, Destination: "slack:desk", Payload: m.Payload, CreatedAt: time.Now(),
			}); err != nil {
				t.Fatal(err)
			}
		}
		send := func(w *watcher.Watcher, ctx context.Context) error { return w.Run(ctx, []news.Unit{news.Destinations}) }
		stop := p.start(send)
		time.Sleep(10 * time.Second)
		stop()
		visible := fake.Visible("desk")
		if len(visible) != 2 {
			t.Fatalf("Slack shows %d messages, want 2", len(visible))
		}
		fake.Delete("desk", visible[0].TS)
		p.read = 2
		stop = p.start((*watcher.Watcher).Audit)
		time.Sleep(17 * time.Hour) // it is three
		p.expect()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		p.expect("Not there any more", "1 of yesterday", "newswatch outbox show "+visible[0].DeliveryID)
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		p.expect()
		stop()
		if n := len(fake.Visible("desk")); n != 1 {
			t.Errorf("Slack shows %d messages, want the one that is left", n)
		}
	})
}
