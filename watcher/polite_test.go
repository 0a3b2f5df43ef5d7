package watcher_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
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
	"newswatch/watcher/feed/feedfake"
	"newswatch/watcher/store"
)

var (
	politeDays  = flag.Int("days", 2, "simulated days of the politeness test")
	politeFeeds = flag.Int("feeds", 80, "feeds in it; the first 47 show each oddity once")
	politeSeed  = flag.Uint64("politeseed", 1, "of what they are like")
)

// TestPolite lets the whole program poll odd feeds for some days of virtual
// time, stops and starts it at random, also in the midst of requests, and has
// each request judged. -days 30 -feeds 200 plays a month, -v prints the report.
func TestPolite(t *testing.T) {
	if raced { // some hours are enough to meet a race
		*politeDays, *politeFeeds = 1, 30
	}
	if _, err := os.Stat("/dev/shm"); err == nil {
		t.Setenv("TMPDIR", "/dev/shm") // a month of commits; no power fails here
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2000, 3, 1, 7, 20, 0, 0, time.UTC))) // a Wednesday
		p := &polite{
			t: t, path: filepath.Join(dir, "state.db"), rng: rand.New(rand.NewPCG(*politeSeed, 2)),
			fake: feedfake.New(feedfake.Config{Seed: *politeSeed, Count: *politeFeeds, Days: *politeDays + 1, Outages: true}),
		}
		p.rules = politeRules(p.fake.Feeds())
		p.play(time.Now().AddDate(0, 0, *politeDays))
	})
}

// polite is the program among odd feeds.
type polite struct {
	t     *testing.T
	path  string
	rules []byte
	rng   *rand.Rand
	fake  *feedfake.Fake
}

// play runs the program until a time, and judges it.
func (p *polite) play(end time.Time) {
	for time.Now().Before(end) {
		p.run(min(p.stint(), time.Until(end)))
		p.fake.Stopped()
		time.Sleep(p.between(time.Second, 2*time.Minute))
		p.fake.Started()
	}
	p.tell()
	report := p.fake.Report()
	var out strings.Builder
	report.Print(&out)
	p.t.Log(out.String())
	for _, row := range report.Rows {
		if row.Breaches > 0 {
			p.t.Errorf("row %d, %s: %d breaches", row.Row, row.Name, row.Breaches)
		}
	}
}

// stint is how long the program runs until it is stopped: mostly some hours,
// at times minutes, as when it crashes again and again.
func (p *polite) stint() time.Duration {
	if p.rng.IntN(5) == 0 {
		return p.between(20*time.Second, 10*time.Minute)
	}
	return p.between(time.Hour, 10*time.Hour)
}

func (p *polite) between(low, high time.Duration) time.Duration {
	return low + time.Duration(p.rng.Int64N(int64(high-low)))
}

// run is the program from its start until it is stopped.
func (p *polite) run(d time.Duration) {
	ctx, stop := context.WithTimeout(context.Background(), d)
	defer stop()
	ctx, kill := context.WithCancel(ctx)
	defer context.AfterFunc(ctx, kill)()
	time.AfterFunc(d-time.Millisecond, kill) // a stop is no deadline
	rs, report := rules.LoadBytes("rules.yaml", p.rules, rules.LoadOptions{})
	if rs == nil || report.Errors()+report.Failed() > 0 {
		var out strings.Builder
		report.Print(&out, false)
		p.t.Fatalf("the rules are broken:\n%s", out.String())
	}
	db := p.open()
	defer db.Close()
	screen := terminal.New(terminal.Config{Out: testLog{p.t}, Width: 80})
	w, err := watcher.New(ctx, watcher.Config{
		Store: db, Log: slog.New(slog.NewTextHandler(testLog{p.t}, &slog.HandlerOptions{Level: slog.LevelError})),
		Poller: func(s news.Settings) (*feed.Poller, error) {
			return feed.New(feed.Config{Transport: p.fake, UserAgent: "newswatch/test (+https://newswatch.example/bot)"})
		},
		Route: func(t news.Target) string { return "terminal:" + t.Slack },
		Channel: func(string, news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return screen, notify.Pacing{}, nil
		},
	}, rs)
	if err == nil {
		err = w.Run(ctx, []news.Unit{news.Hosts})
	}
	if err != nil && ctx.Err() == nil {
		p.t.Fatal(err)
	}
}

func (p *polite) open() *store.Store {
	db, err := store.Open(context.Background(), store.Options{URL: "sqlite://" + p.path})
	if err != nil {
		p.t.Fatal(err)
	}
	return db
}

// tell says which items the program has.
func (p *polite) tell() {
	db := p.open()
	defer db.Close()
	err := db.Items(context.Background(), time.Time{}, func(it news.Item) error {
		p.fake.Found(it.URL)
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// politeRules is a rule file with the feeds of a fake.
func politeRules(feeds []feedfake.Personality) []byte {
	var b strings.Builder
	b.WriteString("version: 1\nsettings: {timezone: UTC, poll: 15m, keep: {items: 90d}}\nfeeds:\n")
	wishes := []string{"15m", "5m", "1h", "*/20 * * * *", "@hourly", "30m"}
	for i, f := range feeds {
		fmt.Fprintf(&b, "  - {id: %s, name: Gazette %s, url: %q, poll: %q}\n", f.ID, f.ID, f.URL, wishes[i%len(wishes)])
	}
	b.WriteString("rules:\n  - {id: seven, title: Seven, when: {any: [seventy seven]}, score: 60}\n")
	b.WriteString("alerts:\n  - {id: urgent, title: Urgent, rules: [seven], to: {slack: urgent}}\n")
	return []byte(b.String())
}
