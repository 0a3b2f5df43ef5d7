package watcher_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/terminal"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

// Fifty feeds that die at once are one message, a day that brings nothing new is
// none, and what is back is told once. So it is with a program that is started
// anew each day.
func TestOneReportForAllFeeds(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"one daemon": false, "restarted every day": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { fiftyFeeds(t, restart) })
		})
	}
}

func fiftyFeeds(t *testing.T, restart bool) {
	p := newReported(t, 50, time.UTC)
	stop := p.start((*watcher.Watcher).Report)
	day := func(bad int, want ...string) {
		t.Helper()
		p.poll(bad)
		if restart {
			stop()
			stop = p.start((*watcher.Watcher).Report)
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		p.expect(want...)
	}
	time.Sleep(7 * time.Hour) // a day of the test begins at seven
	day(0)
	day(50)                                       // they fail since an hour when it is eight
	day(50, "50 failing", "+ f00", "and 44 more") // it is the second morning
	day(50)
	day(47, "47 failing, 3 back again", "    f00", "f47, f48, f49")
	day(47)
	day(0, "Feeds are back · 47 back again")
	day(0)
	stop()
}

// The report comes from the daemon, at eight of the desk's clock.
func TestDaemonReports(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		zone := time.FixedZone("Lindava", 3*3600)
		p := newReported(t, 2, zone)
		p.poll(1)
		time.Sleep(27 * time.Hour) // it is six
		stop := p.start(func(w *watcher.Watcher, ctx context.Context) error {
			return w.Run(ctx, []news.Unit{news.Plans})
		})
		time.Sleep(119 * time.Minute)
		p.expect()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		p.expect("1 failing", "+ f00  since Sat 1 Jan 03:00", "1 other feed is well")
		stop()
	})
}

// reported is a desk whose feeds are as the test says, and its operators' mail.
type reported struct {
	t      *testing.T
	rules  *rules.Ruleset
	store  *store.Store
	folder string         // of the store
	read   int            // messages that the test has seen
	way    notify.Channel // nil: a terminal
}

func newReported(t *testing.T, feeds int, zone *time.Location) *reported {
	src := "version: 1\noperators: {to: {slack: ops}}\nfeeds:\n"
	for i := range feeds {
		src += fmt.Sprintf("  - {id: f%02d, name: Feed %d, url: \"https://f%02d.example/\"}\n", i, i, i)
	}
	src += "rules:\n  - {id: truce, when: {any: [truce]}}\ndigests:\n  - {id: desk, cron: \"0 8 * * *\", rules: all, to: {slack: desk}}\n"
	rs, report := rules.LoadBytes("rules.yaml", []byte(src), rules.LoadOptions{})
	if rs == nil {
		t.Fatal(report.Findings)
	}
	rs.File.Settings.Timezone = zone
	folder := t.TempDir()
	st, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + filepath.Join(folder, "state.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := st.SyncFeeds(t.Context(), rs.File.Feeds); err != nil {
		t.Fatal(err)
	}
	return &reported{t: t, rules: rs, store: st, folder: folder}
}

// poll notes a poll of each feed, of which the first so many fail.
func (p *reported) poll(bad int) {
	p.t.Helper()
	ctx, now := p.t.Context(), time.Now()
	states, err := p.store.FeedStates(ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.store.Wake(ctx, news.Hosts); err != nil {
		p.t.Fatal(err)
	}
	leases, err := p.store.Claim(ctx, news.Hosts, len(states), time.Minute)
	if err != nil || len(leases) != len(states) {
		p.t.Fatalf("claimed %d hosts, %v", len(leases), err)
	}
	byHost := map[string]news.Lease{}
	for _, l := range leases {
		byHost[l.Key] = l
	}
	for i, s := range states {
		s.PolledAt, s.NextAt = now, now.Add(time.Hour)
		if i < bad {
			s.Fails++
			s.Memory.Class, s.Memory.Status = news.FailMissing, 404
			if s.Memory.FailedAt.IsZero() {
				s.Memory.FailedAt = now
			}
		} else {
			s.OKAt, s.Fails, s.Memory = now, 0, news.FeedMemory{}
		}
		l := byHost[p.rules.File.Feeds[i].Host()]
		if err := p.store.CommitPoll(ctx, l, store.PollCommit{State: s}); err != nil {
			p.t.Fatal(err)
		}
		if err := p.store.Release(ctx, l, s.NextAt); err != nil {
			p.t.Fatal(err)
		}
	}
}

// start runs a part of a new watcher until stop is called.
func (p *reported) start(part func(*watcher.Watcher, context.Context) error) (stop func()) {
	way, scheme := p.way, "slack:"
	if way == nil {
		way, scheme = terminal.New(terminal.Config{Out: io.Discard, Width: 100}), "terminal:"
	}
	w, err := watcher.New(p.t.Context(), watcher.Config{
		Store: p.store, Log: slog.New(slog.DiscardHandler),
		Poller: func(news.Settings) (*feed.Poller, error) { return feed.New(feed.Config{}) },
		Route:  func(t news.Target) string { return scheme + t.Slack },
		Channel: func(string, news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return way, notify.Pacing{}, nil
		},
	}, p.rules)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan error, 1)
	go func() { done <- part(w, ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			p.t.Error(err)
		}
	}
}

// expect holds the one message since the last look against what must stand in
// it; without any, there must be no message.
func (p *reported) expect(want ...string) {
	p.t.Helper()
	all, err := p.store.Deliveries(p.t.Context(), store.DeliveryFilter{})
	if err != nil {
		p.t.Fatal(err)
	}
	fresh := all[:len(all)-p.read]
	p.read = len(all)
	if len(fresh) != min(len(want), 1) {
		p.t.Errorf("got %d messages, want %d", len(fresh), min(len(want), 1))
	}
	for _, listed := range fresh {
		d, err := p.store.Delivery(p.t.Context(), listed.ID, listed.Part) // lists have no messages
		if err != nil {
			p.t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(string(d.Payload), w) {
				p.t.Errorf("got\n%s\nwant %q in it", d.Payload, w)
			}
		}
	}
}
