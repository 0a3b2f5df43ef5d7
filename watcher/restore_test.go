package watcher_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

var restores = flag.Bool("restores", false, "restore backups of all ages, a day old among them")

// TestRestoredBackup runs a desk, puts the backup of the night before in the place of
// its state, and lets it go on: no story is told twice to the readers of a digest or
// an alert, and none that the feeds still list is lost.
func TestRestoredBackup(t *testing.T) {
	t.Parallel()
	if raced {
		t.Skip("a day of polls")
	}
	for name, c := range map[string]struct {
		breaks time.Duration // from midnight on; the backup is of half past three
		down   time.Duration
		most   time.Duration // until then it goes on
	}{
		"a day old":                {breaks: 27*time.Hour + 20*time.Minute, down: time.Minute, most: 37 * time.Hour},
		"down over a digest":       {breaks: 10 * time.Hour, down: 150 * time.Minute, most: 22 * time.Hour},
		"broken within the minute": {breaks: 3*time.Hour + 31*time.Minute, down: 10 * time.Second, most: 14 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name != "down over a digest" && !*restores {
				t.Skip("a minute each: -restores runs it")
			}
			synctest.Test(t, func(t *testing.T) {
				d := newRestoredDesk(t)
				stop := d.run()
				go d.chatter(c.most)
				d.until(c.breaks)
				stop()
				before := time.Now()
				d.restore()
				time.Sleep(c.down)
				stop = d.run()
				d.until(c.most)
				stop()
				time.Sleep(2 * time.Minute) // the chatter ends
				d.judge(before, c.most-time.Hour)
			})
		})
	}
}

const restoreRules = `
version: 1
settings:
  timezone: UTC
  backfill: 2d
  backup: {schedule: "30 3 * * *", keep: 2, folder: copies}
operators: {to: {slack: ops}}
feeds:
%s
rules:
  - {id: truce, when: {any: [truce]}}
digests:
  - {id: desk, cron: "0 8,12,17,21 * * *", rules: all, to: {slack: desk}}
  - {id: hourly, cron: "40 * * * *", rules: all, to: {slack: busy}}
alerts:
  - {id: urgent, rules: all, to: {slack: urgent}, cooldown: 1h}
  - {id: sure, rules: all, min_publishers: 2, wait: 45m, cooldown: 30m, to: {slack: urgent-sure}, quiet_hours: {from: "22:00", to: "06:00"}}
`

// restoredDesk is a desk with a Slack that has limits, and feeds that bring something
// all the time.
type restoredDesk struct {
	t      *testing.T
	folder string
	slack  *slackfake.Server
	feeds  *steadyFeeds
	rules  *rules.Ruleset
	began  time.Time
}

func newRestoredDesk(t *testing.T) *restoredDesk {
	t.Helper()
	d := &restoredDesk{t: t, folder: t.TempDir(), began: time.Now(), feeds: newSteadyFeeds(time.Now())}
	var list strings.Builder
	for i := range d.feeds.lists {
		fmt.Fprintf(&list, "  - {id: f%d, name: Outlet %c, url: \"https://f%d.example/rss\"}\n", i, 'A'+i, i)
	}
	rs, report := rules.LoadBytes("rules.yaml", []byte(fmt.Sprintf(restoreRules, list.String())), rules.LoadOptions{})
	if rs == nil {
		t.Fatal(report.Findings)
	}
	d.rules = rs
	plan := slackfake.Plan{Tiers: true, HistoryLag: slackfake.Duration(2 * time.Second), Latency: slackfake.Duration(200 * time.Millisecond)}
	d.slack = slackfake.New(slackfake.Config{Plan: plan, Channels: []string{"desk", "busy", "urgent", "urgent-sure", "ops"}})
	t.Cleanup(func() { _ = d.slack.Close() })
	return d
}

func (d *restoredDesk) state() string { return filepath.Join(d.folder, "n.db") }

// run starts the daemon, until stop is called.
func (d *restoredDesk) run() (stop func()) {
	d.t.Helper()
	st, err := store.Open(d.t.Context(), store.Options{URL: "sqlite://" + d.state()})
	if err != nil {
		d.t.Fatal(err)
	}
	channel := slack.New(slack.Config{Token: "xoxb-test", HTTP: d.slack.Client()})
	w, err := watcher.New(d.t.Context(), watcher.Config{
		Store: st, Log: slog.New(slog.NewTextHandler(testLog{d.t}, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Poller: func(s news.Settings) (*feed.Poller, error) {
			return feed.New(feed.Config{Transport: d.feeds, UserAgent: "newswatch/test", HostGap: -1})
		},
		Route: func(t news.Target) string { return "slack:" + t.Slack },
		Channel: func(_ string, pace news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return channel, notify.Pacing{Quarantine: pace.Quarantine, LookAgain: pace.LookAgain, Pace: pace.Pace, Read: slack.ReadPace}, nil
		},
	}, d.rules)
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(d.t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx, []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations}) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			d.t.Error(err)
		}
		if err := st.Close(); err != nil {
			d.t.Error(err)
		}
	}
}

func (d *restoredDesk) until(at time.Duration) { time.Sleep(time.Until(d.began.Add(at))) }

// restore does what docs/operations.md says.
func (d *restoredDesk) restore() {
	d.t.Helper()
	copies, err := filepath.Glob(filepath.Join(d.folder, "copies", "*.db"))
	if err != nil || len(copies) != 1 {
		d.t.Fatalf("got backups %q, %v", copies, err)
	}
	content, err := os.ReadFile(copies[0])
	if err == nil {
		err = os.WriteFile(d.state(), content, 0o600)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	_ = os.Remove(d.state() + "-wal")
	_ = os.Remove(d.state() + "-shm")
}

// chatter is what others post in a channel: 60 messages an hour.
func (d *restoredDesk) chatter(most time.Duration) {
	for n := 0; time.Since(d.began) < most; n++ {
		form := url.Values{"channel": {"desk"}, "text": {fmt.Sprint("chatter ", n)}}
		r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, "https://slack.com/api/chat.postMessage", strings.NewReader(form.Encode()))
		if err != nil {
			return
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer xoxb-test")
		if res, err := d.slack.Client().Do(r); err == nil {
			_ = res.Body.Close()
		}
		time.Sleep(time.Minute)
	}
}

// judge looks for what was told twice, and what was not told though it came early
// enough. A story stands under the word of its first report, which no other has.
func (d *restoredDesk) judge(before time.Time, early time.Duration) {
	d.t.Helper()
	all := d.slack.All()
	told := map[string]map[string]int{} // by channel and word: messages of their own, not in threads
	repeats := 0
	for _, m := range all {
		if m.DeliveryID == "" || m.ThreadTS != "" && m.ThreadTS != m.TS && !news.IsDigestID(m.DeliveryID) {
			continue
		}
		if told[m.ChannelName] == nil {
			told[m.ChannelName] = map[string]int{}
		}
		for _, word := range d.feeds.words {
			if !strings.Contains(m.Text, word) && !bytes.Contains(m.Blocks, []byte(word)) {
				continue
			}
			if told[m.ChannelName][word]++; told[m.ChannelName][word] == 2 && !d.feeds.shared[word] {
				repeats++
				if repeats < 10 {
					d.t.Errorf("%s was told twice in %s, after the restore: %t, at %v", word, m.ChannelName, m.PostedAt.After(before), m.PostedAt.Sub(d.began))
				}
			}
		}
	}
	lost := 0
	for _, channel := range []string{"desk", "busy", "urgent", "urgent-sure"} {
		for word, at := range d.feeds.first {
			if channel == "desk" && at.Sub(d.began) > early-4*time.Hour || at.Sub(d.began) > early-90*time.Minute {
				continue
			}
			if told[channel][word] == 0 {
				if lost++; lost < 10 {
					d.t.Errorf("%s of %v was not told in %s", word, at.Sub(d.began), channel)
				}
			}
		}
	}
	after := 0
	for _, m := range all {
		if m.PostedAt.After(before) {
			after++
		}
	}
	d.t.Logf("%d messages before, %d after; %d told twice, %d lost, %d stories; %d calls", len(all)-after, after, repeats, lost, len(d.feeds.words), len(d.slack.Journal()))
}

// steadyFeeds bring a report of a story of its own every few minutes, each feed in
// its own rhythm; now and then two feeds report of one story.
type steadyFeeds struct {
	lists  [][]steadyItem
	words  []string
	first  map[string]time.Time
	shared map[string]bool
}

type steadyItem struct {
	at          time.Time
	title, body string
}

func newSteadyFeeds(from time.Time) *steadyFeeds {
	f := &steadyFeeds{lists: make([][]steadyItem, 6), first: map[string]time.Time{}, shared: map[string]bool{}}
	rng := rand.New(rand.NewPCG(7, 7))
	word := func() string {
		b := make([]byte, 9)
		for i := range b {
			b[i] = "bdfgklmnprst"[rng.IntN(12)]
			if i%2 == 1 {
				b[i] = "aeiou"[rng.IntN(5)]
			}
		}
		return string(b)
	}
	for n := range f.lists {
		for at := from.Add(time.Duration(-n-1) * time.Hour); at.Before(from.Add(40 * time.Hour)); at = at.Add(time.Duration(19+5*n) * time.Minute) {
			w := word()
			title := fmt.Sprintf("%s truce %s %s", strings.ToUpper(w[:1])+w[1:], word(), word())
			body := fmt.Sprintf("%s %s %s %s %s %s.", word(), word(), word(), word(), word(), word())
			f.lists[n] = append(f.lists[n], steadyItem{at, title, body})
			f.words, f.first[w[1:]] = append(f.words, w[1:]), at
			if rng.IntN(5) == 0 { // another outlet has it too, a while later
				f.shared[w[1:]] = true
				other, late := (n+1)%len(f.lists), at.Add(time.Duration(5+rng.IntN(90))*time.Minute)
				f.lists[other] = append(f.lists[other], steadyItem{late, title + " " + word(), body + " " + word()})
			}
		}
	}
	return f
}

// RoundTrip answers with what a feed lists now: the reports of the last two days.
func (f *steadyFeeds) RoundTrip(r *http.Request) (*http.Response, error) {
	n := int(r.URL.Host[1] - '0')
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xml version="1.0"?><rss version="2.0"><channel><title>Outlet</title><link>https://%s/</link>`, r.URL.Host)
	now := time.Now()
	for i, it := range f.lists[n] {
		if !it.at.After(now) && now.Sub(it.at) < 48*time.Hour {
			fmt.Fprintf(&b, `<item><title>%s</title><guid isPermaLink="false">%s-%d</guid><link>https://%s/%d</link><pubDate>%s</pubDate><description>%s</description></item>`,
				it.title, r.URL.Host, i, r.URL.Host, i, it.at.UTC().Format(time.RFC1123Z), it.body)
		}
	}
	b.WriteString("</channel></rss>")
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/rss+xml"}}, Body: io.NopCloser(&b), ContentLength: int64(b.Len()), Request: r,
	}, nil
}
