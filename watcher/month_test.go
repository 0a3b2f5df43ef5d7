package watcher_test

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
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
	"newswatch/watcher/feed/feedfake"
	"newswatch/watcher/store"
)

var (
	monthDays  = flag.Int("days", 2, "simulated days of TestMonth")
	monthFeeds = flag.Int("feeds", 80, "feeds in it; the first 58 show each oddity once")
)

const (
	monthWishes  = 100              // so many feeds are polled on a schedule of their own, all others as often as they pay
	monthStories = 120              // told in a day, about; half of them grow
	monthBack    = 50 * time.Minute // by so much the clock is set back in the middle
)

// TestMonth lets the whole program live for some days of virtual time among odd
// feeds and a Slack that breaks; stops and starts it at random, also in the midst of
// requests; sets its clock back, and switches the machine off for a day; and keeps
// items for a quarter of that time only. Each request is judged, each item that was
// served must be stored once, and each story be told once by the alert and once by
// a digest. -seed says what they are like, -v prints the figures:
//
//	go test ./watcher -run TestMonth -v -days 30 -feeds 10000 -timeout 24h
func TestMonth(t *testing.T) {
	if raced { // some hours are enough to meet a race
		*monthDays, *monthFeeds = 1, 30
	}
	if _, err := os.Stat("/dev/shm"); err == nil {
		t.Setenv("TMPDIR", "/dev/shm") // a month of commits; no power fails here
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2000, 3, 1, 7, 20, 0, 0, time.UTC))) // a Wednesday; Kyiv's summer time begins on the 26th
		m := newMonth(t, filepath.Join(dir, "state.db"))
		m.play()
		m.check()
	})
}

// month is the program among odd feeds and a Slack.
type month struct {
	t          *testing.T
	path       string
	rules      []byte
	rng        *rand.Rand
	start, end time.Time
	feeds      *feedfake.Fake
	slack      *slackfake.Server
	offset     atomic.Int64 // of the program's clock from the true one
	off        bool         // the machine was switched off for a day

	read    time.Time // up to when the program's items were looked at
	items   map[string]string
	stories []expected
	figures figures
}

// expected is a story that a plan should have told, if it came early enough.
type expected struct {
	title   string
	fetched time.Time
}

func newMonth(t *testing.T, path string) *month {
	m := &month{
		t: t, path: path, rng: rand.New(rand.NewPCG(*seed, 2)), start: time.Now(), end: time.Now().AddDate(0, 0, *monthDays), items: map[string]string{},
	}
	m.feeds = feedfake.New(feedfake.Config{Seed: *seed, Count: *monthFeeds, Days: *monthDays + 1, Outages: true, Words: monthWords})
	m.slack = slackfake.New(slackfake.Config{Seed: int64(*seed), Plan: monthPlan(), Token: "xoxb-month"}) //nolint:gosec // any seed will do
	t.Cleanup(func() { _ = m.slack.Close() })                                                             // it has no journal to write
	m.rules = monthRules(m.feeds.Feeds())
	m.figures = newFigures(t)
	m.plan()
	return m
}

// monthPlan is a Slack that breaks now and then.
func monthPlan() slackfake.Plan {
	return slackfake.Plan{
		Chances: map[slackfake.Fault]float64{
			slackfake.ResetAfter: 0.03, slackfake.ResetBefore: 0.02, slackfake.RateLimited: 0.02, slackfake.BadGateway: 0.01,
			slackfake.InternalAfter: 0.01, slackfake.HTML500After: 0.01, slackfake.CutBody: 0.01, slackfake.LateAccept: 0.01, slackfake.HangAfter: 0.005,
		},
		Methods: []string{"chat.postMessage", "chat.update"}, Latency: slackfake.Duration(200 * time.Millisecond),
		HistoryLag: slackfake.Duration(3 * time.Second), RetryAfter: 20, Tiers: true,
	}
}

// plan says what goes wrong when: #urgent is archived for six hours, Slack cannot
// be reached for five, and the clock is set back.
func (m *month) plan() {
	at := func(share float64, after time.Duration, do func()) {
		time.AfterFunc(time.Duration(share*float64(m.end.Sub(m.start)))+after, do)
	}
	archive := func(is bool) func() {
		return func() { m.slack.SetChannel(slackfake.Channel{Name: "urgent", Archived: is}) }
	}
	at(0.25, 0, archive(true))
	at(0.25, 6*time.Hour, archive(false))
	down := monthPlan()
	down.Chances, down.Methods = map[slackfake.Fault]float64{slackfake.Refuse: 1}, nil
	set := func(p slackfake.Plan) func() { return func() { m.ok(m.slack.SetPlan(p)) } }
	at(0.40, 0, set(down))
	at(0.40, 5*time.Hour, set(monthPlan()))
	noon := m.start.Truncate(24 * time.Hour).Add(time.Duration(1+*monthDays*6/10) * 24 * time.Hour).Add(12 * time.Hour)
	time.AfterFunc(min(noon.Sub(m.start), m.end.Sub(m.start)*55/100), func() { m.setClock(-monthBack) })
}

func (m *month) ok(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *month) setClock(offset time.Duration) {
	m.offset.Store(int64(offset))
	m.feeds.SetClock(offset)
}

// now is what the program takes for the time.
func (m *month) now() time.Time { return time.Now().Add(time.Duration(m.offset.Load())) }

// play runs the program until the end.
func (m *month) play() {
	for time.Now().Before(m.end) {
		m.run(min(m.stint(), time.Until(m.end)))
		m.feeds.Stopped()
		time.Sleep(m.pause())
		m.feeds.Started()
	}
}

// stint is how long the program runs until it is stopped: mostly some hours,
// at times minutes, as when it crashes again and again.
func (m *month) stint() time.Duration {
	if m.rng.IntN(5) == 0 {
		return m.between(20*time.Second, 10*time.Minute)
	}
	return m.between(time.Hour, 10*time.Hour)
}

// pause is how long it is stopped: mostly for a moment. Once the machine is off for
// longer than any wait after failures, and its clock is set right meanwhile.
func (m *month) pause() time.Duration {
	if *monthDays > 5 && !m.off && m.offset.Load() != 0 {
		m.off = true
		m.setClock(0)
		return 25 * time.Hour
	}
	return m.between(time.Second, 2*time.Minute)
}

func (m *month) between(low, high time.Duration) time.Duration {
	return low + time.Duration(m.rng.Int64N(int64(high-low)))
}

// run is the program from its start until it is stopped.
func (m *month) run(d time.Duration) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	time.AfterFunc(d, stop)
	db := m.open()
	w, err := m.begin(ctx, db)
	if err == nil {
		err = w.Run(ctx, []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations})
	}
	if err != nil && ctx.Err() == nil {
		m.t.Fatal(err)
	}
	m.look(db)
	m.figures.stopped(m, func() {
		m.ok(db.Close())
		db, w = nil, nil
	})
}

// begin is what the program does before it runs.
func (m *month) begin(ctx context.Context, db *store.Store) (*watcher.Watcher, error) {
	rs, report := rules.LoadBytes("rules.yaml", m.rules, rules.LoadOptions{})
	if rs == nil || report.Errors()+report.Failed() > 0 {
		var out strings.Builder
		report.Print(&out, false)
		m.t.Fatalf("the rules are broken:\n%s", out.String())
	}
	began := time.Now()
	log := slog.New(slog.NewTextHandler(testLog{m.t}, &slog.HandlerOptions{Level: slog.LevelError}))
	channel := slack.New(slack.Config{Token: "xoxb-month", HTTP: m.slack.Client(), Now: m.now, Log: log})
	return watcher.New(ctx, watcher.Config{
		Store: db, Now: m.now, Elapsed: func() time.Duration { return time.Since(began) }, Log: log,
		Poller: func(s news.Settings) (*feed.Poller, error) {
			return feed.New(feed.Config{Transport: m.feeds, UserAgent: "newswatch/test (+https://newswatch.example/bot)", Now: m.now})
		},
		Route: func(t news.Target) string { return "slack:" + t.Slack },
		Channel: func(_ string, s news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return channel, notify.Pacing{Quarantine: s.Quarantine, LookAgain: s.LookAgain, Pace: s.Pace, Read: slack.ReadPace}, nil
		},
	}, rs)
}

func (m *month) open() *store.Store {
	db, err := store.Open(context.Background(), store.Options{URL: "sqlite://" + m.path, Now: m.now})
	m.ok(err)
	return db
}

// look notes what the program has stored since the last look: it forgets it in time.
func (m *month) look(db *store.Store) {
	since := m.read.Add(-2 * monthBack) // it dates by its own clock
	m.read = time.Now()
	m.ok(db.Items(context.Background(), since, func(it news.Item) error {
		if was, known := m.items[it.URL]; known {
			if was != it.ID {
				m.t.Errorf("%s is stored twice, as %s and %s", it.URL, was, it.ID)
			}
			return nil
		}
		m.items[it.URL] = it.ID
		m.feeds.Found(it.URL)
		if strings.HasPrefix(it.Title, "Truce ") && !it.Baseline {
			m.stories = append(m.stories, expected{it.Title, time.Now()})
		}
		return nil
	}))
}

// check judges it all.
func (m *month) check() {
	m.checkManners()
	m.checkJournal()
	for channel, latest := range map[string]time.Duration{"urgent": 30 * time.Minute, "desk": 13 * time.Hour} {
		m.checkTold(channel, m.end.Add(-latest))
	}
	m.figures.print(m)
}

func (m *month) checkManners() {
	report := m.feeds.Report()
	var out strings.Builder
	report.Print(&out)
	m.t.Log(out.String())
	for _, row := range report.Rows {
		if row.Breaches > 0 {
			m.t.Errorf("row %d, %s: %d breaches", row.Row, row.Name, row.Breaches)
		}
	}
}

// checkJournal looks for a part of a delivery that Slack took more than once, and
// for calls that Slack had to send away because they came too fast.
func (m *month) checkJournal() {
	taken, fast, days, journal := map[string]int{}, 0, map[string]int{}, m.slack.Journal()
	for _, e := range journal {
		if e.Error == "ratelimited" && e.Fault == "" {
			fast++
		}
		if e.Method == "chat.postMessage" && e.Accepted {
			taken[fmt.Sprintf("%s/%d", e.DeliveryID, e.Part)]++
			days[e.ChannelName+e.Time.Format(time.DateOnly)]++
		}
	}
	for id, n := range taken {
		if n > 1 {
			m.t.Errorf("Slack took %s %d times", id, n)
			for _, e := range journal {
				if strings.HasPrefix(id, e.DeliveryID+"/") && e.DeliveryID != "" {
					m.t.Logf("%s %s accepted %t, answered %t, %s%s, ts %s", e.Time.Format("02 Jan 15:04:05.000"), e.Method, e.Accepted, e.Answered, e.Fault, e.Error, e.TS)
				}
			}
		}
	}
	if fast > 0 {
		m.t.Errorf("Slack sent %d calls away as too fast", fast)
	}
	for _, problem := range m.slack.Audit() {
		m.t.Errorf("audit: %s", problem)
	}
	m.t.Logf("%d messages taken, most in a channel and day: %d", len(taken), most(days))
}

func most(counts map[string]int) (n int) {
	for _, c := range counts {
		n = max(n, c)
	}
	return n
}

// checkTold looks for the headline of each story of its own in a channel.
func (m *month) checkTold(channel string, before time.Time) {
	var all strings.Builder
	for _, msg := range m.slack.Visible(channel) {
		all.Write(msg.Blocks)
	}
	text, told, lost, twice, late := all.String(), 0, 0, 0, 0
	for _, s := range m.stories {
		if grows(s.title) {
			continue
		}
		switch n := strings.Count(text, s.title); {
		case n == 1:
			told++
		case n > 1:
			twice++
			m.t.Errorf("#%s: told %d times: %s", channel, n, s.title)
		case s.fetched.Before(before):
			lost++
			m.t.Errorf("#%s: lost, seen at %s: %s", channel, s.fetched, s.title)
		default:
			late++
		}
	}
	m.t.Logf("#%s: %d messages, %d stories told, %d lost, %d twice, %d still to come", channel, len(m.slack.Visible(channel)), told, lost, twice, late)
	if told == 0 {
		m.t.Errorf("#%s: nothing was told", channel)
	}
}

// monthWords are the words of an item: mostly of nothing that matters, sometimes of
// a story of its own, in words that no other has, sometimes of one that grows.
func monthWords(feed string, n int) (title, text string) {
	h := fnv.New64a()
	fmt.Fprint(h, feed, " ", n)
	rng := rand.New(rand.NewPCG(h.Sum64(), 3))
	if rng.IntN(max(1, 16**monthFeeds/monthStories)) > 0 { // a feed has about 16 items a day
		return fmt.Sprintf("Notice %d of the %s gazette", n, feed), fmt.Sprintf("What the gazette printed under number %d: %s.", n, pseudo(rng, 40))
	}
	if rng.IntN(2) == 0 {
		return "Truce " + pseudo(rng, 5), "The " + pseudo(rng, 25) + "."
	}
	saga := rand.New(rand.NewPCG(rng.Uint64N(40), 4))
	return "Truce saga " + pseudo(saga, 5) + " " + pseudo(rng, 1), "The " + pseudo(saga, 30) + " " + pseudo(rng, 6) + "."
}

func grows(title string) bool { return strings.HasPrefix(title, "Truce saga ") }

// pseudo gives n words that nobody uses.
func pseudo(rng *rand.Rand, n int) string {
	var b []byte
	for range n {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		for range 6 {
			b = append(b, "bdfgklmnprstvz"[rng.IntN(14)], "aeiou"[rng.IntN(5)])
		}
	}
	return string(b)
}

// monthRules is a rule file with the feeds of a fake.
func monthRules(feeds []feedfake.Personality) []byte {
	var b strings.Builder
	keep := max(*monthDays*24/4, 12)
	fmt.Fprintf(&b, "version: 1\nsettings: {timezone: Europe/Kyiv, poll: \"*/5 * * * *\", keep: {items: %dh, stories: %dh}}\noperators: {to: {slack: ops}}\nfeeds:\n", keep, 2*keep)
	wishes := []string{"15m", "5m", "1h", "*/20 * * * *", "@hourly", "30m"}
	for i, f := range feeds {
		fmt.Fprintf(&b, "  - {id: %s, name: Gazette %s, url: %q", f.ID, f.ID, f.URL)
		if i < monthWishes {
			fmt.Fprintf(&b, ", poll: %q", wishes[i%len(wishes)])
		}
		b.WriteString("}\n")
	}
	b.WriteString(`rules:
  - {id: truce, title: Truce, when: {any: [truce]}, score: 60}
digests:
  - {id: desk, title: Desk, cron: "30 3,9,15,21 * * *", rules: all, to: {slack: desk}}
alerts:
  - {id: urgent, title: Urgent, rules: [truce], min_publishers: 1, cooldown: 6h, to: {slack: urgent}}
`)
	return []byte(b.String())
}

// figures say what a simulation costs.
type figures struct {
	began      time.Duration // by a clock that the bubble does not have
	cpu        time.Duration
	goroutines int // beside the program
	next       time.Time
	rows       []string
}

func newFigures(t *testing.T) figures {
	return figures{began: wallTime(t), cpu: cpuTime(), next: time.Now()}
}

// wallTime is the time outside of the bubble.
func wallTime(t *testing.T) time.Duration {
	var tv syscall.Timeval
	if err := syscall.Gettimeofday(&tv); err != nil {
		t.Fatal(err)
	}
	return time.Duration(tv.Nano())
}

// stopped measures, once a day, what the program held: what is there before it goes
// and not after.
func (f *figures) stopped(m *month, end func()) {
	ran := runtime.NumGoroutine()
	if time.Now().Before(f.next) {
		end()
		return
	}
	f.next = time.Now().Add(23 * time.Hour)
	held := heapInUse()
	end()
	held -= heapInUse()
	left := runtime.NumGoroutine()
	if f.goroutines == 0 {
		f.goroutines = left
	} else if left > f.goroutines+2 {
		m.t.Errorf("%d goroutines are left, at first there were %d", left, f.goroutines)
	}
	size := int64(0)
	if info, err := os.Stat(m.path); err == nil {
		size = info.Size()
	}
	days := time.Since(m.start).Hours() / 24
	real, cpu := wallTime(m.t)-f.began, cpuTime()-f.cpu
	report := m.feeds.Report()
	row := fmt.Sprintf("day %5.1f: %7.1f min real, %7.1f min of CPU, %5.2f days/min; %8d requests, %8d items, %6d messages; database %6.1f MB, heap %5.1f MB, %d goroutines (%d before the stop), peak %4.0f MB",
		days, real.Minutes(), cpu.Minutes(), days/real.Minutes(), report.Requests, len(m.items), len(m.slack.All()), float64(size)/(1<<20), float64(held)/(1<<20), left, ran, peakMB())
	f.rows = append(f.rows, row)
	if *monthDays > 5 {
		fmt.Fprintln(os.Stderr, row)
	}
}

func heapInUse() int64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc) //nolint:gosec // no heap is that large
}

func (f *figures) print(m *month) {
	m.t.Log("\n" + strings.Join(f.rows, "\n"))
}
