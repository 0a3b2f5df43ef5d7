package watcher_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
	"newswatch/watcher"
	"newswatch/watcher/feed"
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

// flaky is a way out whose channel "desk" cannot be read; it notes who is read.
type flaky struct {
	notify.Channel
	mu   sync.Mutex
	read []string
}

func (f *flaky) Recent(to string, since time.Time) notify.Reading {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.read = append(f.read, to)
	if to == "slack:desk" {
		return unreadable{}
	}
	return f.Channel.Recent(to, since)
}

type unreadable struct{}

func (unreadable) Next(context.Context) ([]notify.Posted, bool, error) {
	return nil, true, errors.New("no answer")
}

// A destination that cannot be audited is tried again within the hour, and the
// others are not audited again for that.
func TestAuditNotesEachDestination(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newReported(t, 1, time.UTC)
		fake := slackfake.New(slackfake.Config{Channels: []string{"desk", "ops"}})
		defer fake.Close()
		channel := slack.New(slack.Config{Token: "xoxb-test", HTTP: fake.Client()})
		way := &flaky{Channel: channel}
		time.Sleep(10 * time.Hour)
		for _, to := range []string{"slack:desk", "slack:ops"} {
			if err := p.store.EnqueueNotice(t.Context(), news.Delivery{
				ID: "op_" + to, Part: 1, Parts: 1, Kind: news.KindNotice, Destination: to, Payload: []byte(`{"text":"x"}`), CreatedAt: time.Now(),
			}); err != nil {
				t.Fatal(err)
			}
		}
		p.way = channel
		stop := p.start(func(w *watcher.Watcher, ctx context.Context) error { return w.Run(ctx, []news.Unit{news.Destinations}) })
		time.Sleep(10 * time.Second)
		stop()
		p.way = way
		stop = p.start((*watcher.Watcher).Audit)
		time.Sleep(24 * time.Hour)
		stop()
		count := map[string]int{}
		for _, to := range way.read {
			count[to]++
		}
		if count["slack:ops"] != 1 || count["slack:desk"] < 3 || count["slack:desk"] > 24 {
			t.Errorf("destinations were read %v times, want ops once and desk each hour", count)
		}
	})
}

// A way out that is not there is looked for once an hour and said once, not every
// few seconds.
func TestMissingTokenIsSaidOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newReported(t, 1, time.UTC)
		var log strings.Builder
		asked := 0
		w, err := watcher.New(t.Context(), watcher.Config{
			Store: p.store, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Poller: func(news.Settings) (*feed.Poller, error) { return feed.New(feed.Config{}) },
			Route:  func(t news.Target) string { return "slack:" + t.Slack },
			Channel: func(to string, _ news.SlackSettings) (notify.Channel, notify.Pacing, error) {
				if to == "slack:desk" {
					asked++
				}
				return nil, notify.Pacing{}, errors.New("no SLACK_BOT_TOKEN")
			},
		}, p.rules)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if err := p.store.EnqueueNotice(t.Context(), news.Delivery{
				ID: fmt.Sprintf("op_%d", i), Part: 1, Parts: 1, Kind: news.KindNotice, Destination: "slack:desk", Payload: []byte("{}"), CreatedAt: time.Now(),
			}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx, []news.Unit{news.Destinations}) }()
		time.Sleep(150 * time.Minute)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if lines := strings.Count(log.String(), "way out of slack:desk"); lines != 1 || asked > 4 {
			t.Errorf("said %d times, asked %d times, want 1 and once an hour\n%s", lines, asked, log.String())
		}
	})
}
