package watcher_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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

const clockRules = `version: 1
settings: {timezone: Europe/Kyiv, poll: 5m, network: {allow: [10.0.0.0/8]}}
feeds:
  - {id: a, name: Aster Wire, url: "http://10.0.0.1/rss", lang: en}
rules:
  - {id: r, title: Ferries, when: {any: [ferry]}, score: 60}
digests:
  - {id: desk, title: Desk, cron: "30 2,8,12,17 * * *", rules: all, when_empty: post, to: {slack: desk}}
alerts:
  - {id: now, title: Now, rules: all, cooldown: 4h, wait: 30m, min_publishers: 2, to: {slack: alerts}}
operators: {to: {slack: ops}}
`

// clockWorld is a daemon whose clock can be set, at a Slack whose clock is right.
type clockWorld struct {
	*testing.T
	slack   *slackfake.Server
	dir     string
	db      string                     // "": a file in dir
	right   atomic.Pointer[time.Time]  // what a good clock shows; nil: the bubble's
	shared  *atomic.Pointer[time.Time] // what the database server's clock shows; nil: good, and skew
	skew    atomic.Int64               // of the daemon's, in nanoseconds
	store   *store.Store
	watcher *watcher.Watcher
	mu      sync.Mutex
	served  []string     // headlines so far
	missed  []string     // what digests said of runs that they cover
	observe *observer    // nil: nobody counts
	log     *slog.Logger // nil: the test's, of what is wrong
	status  atomic.Int32 // of the feed; 0: it is well
}

func newClockWorld(t *testing.T, at time.Time) *clockWorld {
	w := &clockWorld{T: t, dir: t.TempDir()}
	if !at.IsZero() {
		w.right.Store(&at)
	}
	w.slack = slackfake.New(slackfake.Config{
		Channels: []string{"desk", "alerts", "ops"}, Now: w.good, Plan: slackfake.Plan{Rate: slackfake.Rate{Off: true}},
	})
	t.Cleanup(func() { _ = w.slack.Close() })
	return w
}

func (w *clockWorld) good() time.Time {
	if at := w.right.Load(); at != nil {
		return *at
	}
	return time.Now()
}

// pass lets true time go on.
func (w *clockWorld) pass(d time.Duration) {
	at := w.good().Add(d)
	w.right.Store(&at)
}

func (w *clockWorld) now() time.Time {
	if w.shared != nil {
		return *w.shared.Load()
	}
	return w.good().Add(time.Duration(w.skew.Load()))
}

func (w *clockWorld) set(skew time.Duration) { w.skew.Store(int64(skew)) }

// RoundTrip is the feed: what was served so far, the newest first.
func (w *clockWorld) RoundTrip(r *http.Request) (*http.Response, error) {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Aster Wire</title><link>http://aster.example/</link>`)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, title := range slices.Backward(w.served) {
		fmt.Fprintf(&b, `<item><title>%s</title><link>http://aster.example/%d.html</link><guid>n%d</guid></item>`, title, i, i)
	}
	if status := w.status.Load(); status != 0 {
		return fakeWeb{r.URL.Host + r.URL.Path: {status: int(status)}}.RoundTrip(r)
	}
	return fakeWeb{r.URL.Host + r.URL.Path: {status: http.StatusOK, body: []byte(b.String() + `</channel></rss>`)}}.RoundTrip(r)
}

func (w *clockWorld) start() {
	w.Helper()
	rs, report := rules.LoadBytes("rules.yaml", []byte(clockRules), rules.LoadOptions{})
	if rs == nil {
		w.Fatal(report.Findings)
	}
	var err error
	if w.store, err = store.Open(w.Context(), store.Options{URL: cmp.Or(w.db, "sqlite://"+filepath.Join(w.dir, "state.db")), Now: w.now}); err != nil {
		w.Fatal(err)
	}
	w.watcher = w.replica(rs)
}

// replica makes a watcher of the state.
func (w *clockWorld) replica(rs *rules.Ruleset) *watcher.Watcher {
	w.Helper()
	channel := slack.New(slack.Config{Token: "xoxb-test", HTTP: w.slack.Client(), Now: w.now})
	log := w.log
	if log == nil {
		log = slog.New(slog.NewTextHandler(testLog{w.T}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	var observe watcher.Observer
	if w.observe != nil {
		observe = w.observe
	}
	made, err := watcher.New(w.Context(), watcher.Config{
		Store: w.store, Observe: observe, Now: w.now, Log: log,
		Elapsed: func() time.Duration { return time.Duration(w.good().UnixNano()) },
		Poller: func(s news.Settings) (*feed.Poller, error) {
			return feed.New(feed.Config{Transport: w, Allow: s.Allow, Now: w.now, HostGap: -1})
		},
		Route: func(t news.Target) string { return "slack:" + t.Slack },
		Channel: func(string, news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return channel, notify.Pacing{Quarantine: time.Minute, LookAgain: 20 * time.Second}, nil
		},
	}, rs)
	if err != nil {
		w.Fatal(err)
	}
	return made
}

func (w *clockWorld) stop() {
	w.Helper()
	if err := w.store.Close(); err != nil {
		w.Fatal(err)
	}
}

// ferry is a headline that shares no word but one with any other.
func ferry(n int) string {
	rnd := rand.New(rand.NewPCG(3, uint64(n)))
	word := func() string {
		var b strings.Builder
		for range 3 {
			b.WriteByte("bdfgklmnprstvz"[rnd.IntN(14)])
			b.WriteByte("aeiou"[rnd.IntN(5)])
		}
		return b.String() + "k"
	}
	title := word()
	return strings.ToUpper(title[:1]) + title[1:] + " " + word() + " ferry " + word() + " " + word() + " " + word()
}

func (w *clockWorld) serve() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.served = append(w.served, ferry(len(w.served)))
}

// onePass makes a pass; a connection that broke breaks it off, and is made anew.
func (w *clockWorld) onePass() {
	w.Helper()
	_, err := w.watcher.Pass(w.Context())
	for tries := 0; errors.Is(err, store.ErrUnreachable) && tries < 5; tries++ {
		_, err = w.watcher.Pass(w.Context())
	}
	if err != nil {
		w.Fatal(err)
	}
}

// live lets true time pass, five minutes a pass, with a new story each half hour.
func (w *clockWorld) live(d time.Duration) {
	w.Helper()
	for end := w.good().Add(d); w.good().Before(end); w.pass(5 * time.Minute) {
		if w.good().Minute()%30 == 5 {
			w.serve()
		}
		w.onePass()
	}
}

// settle lets one more slot come, with what is new by now.
func (w *clockWorld) settle() {
	w.Helper()
	for range 8 * 12 {
		w.pass(5 * time.Minute)
		w.onePass()
	}
}

// digests are the slots of the digests in the channel, in their order.
func (w *clockWorld) digests() (slots []string) {
	w.Helper()
	list, err := w.store.Deliveries(w.Context(), store.DeliveryFilter{Plan: "desk"})
	if err != nil {
		w.Fatal(err)
	}
	sent := map[string]string{}
	for _, d := range list {
		if d.State != news.Sent {
			w.Errorf("digest %s is %s", d.Slot, d.State)
		}
		sent[d.ID] = strings.TrimSuffix(d.Slot, " Europe/Kyiv")
	}
	missed := regexp.MustCompile(`covers [\d,]+ missed runs?`)
	w.missed = nil
	for _, m := range w.slack.Visible("desk") {
		if m.Part != 1 {
			continue
		}
		if sent[m.DeliveryID] == "" {
			w.Errorf("a digest %s in the channel that the store does not know, or twice", m.DeliveryID)
		}
		slots = append(slots, sent[m.DeliveryID])
		delete(sent, m.DeliveryID)
		if said := missed.FindString(string(m.Blocks) + m.Text); said != "" {
			w.missed = append(w.missed, said)
		}
	}
	return slots
}

// once checks that each story stands once in the digests, and once in an alert.
func (w *clockWorld) once() {
	w.Helper()
	for _, problem := range w.slack.Audit() {
		w.Error(problem)
	}
	seen, alerted := map[string]int{}, 0
	for _, m := range w.slack.Visible("desk") {
		for _, id := range m.Stories {
			seen[id]++
		}
		if m.ThreadTS != "" && seconds(m.TS)-seconds(m.ThreadTS) > 300 {
			w.Errorf("part %d of digest %s is buried in an old thread", m.Part, m.DeliveryID)
		}
	}
	for id, n := range seen {
		if n > 1 {
			w.Errorf("story %s stands in %d digests", id, n)
		}
	}
	for _, m := range w.slack.Visible("alerts") {
		alerted += len(m.Stories)
	}
	if len(seen) != len(w.served) || alerted != len(w.served) {
		w.Errorf("of %d stories %d stand in digests and %d in alerts", len(w.served), len(seen), alerted)
	}
}

// seconds of a message's timestamp.
func seconds(ts string) int {
	whole, _, _ := strings.Cut(ts, ".")
	n, _ := strconv.Atoi(whole)
	return n
}

func (w *clockWorld) notices() (list []string) {
	for _, m := range w.slack.Visible("ops") {
		list = append(list, m.Text)
	}
	return list
}

// The clock is set, or the machine sleeps, under a daemon that goes on.
func TestClockSteps(t *testing.T) {
	if raced {
		t.Skip("five thousand passes, on one goroutine")
	}
	t.Parallel()
	day := func(d, hour, minute int) time.Time { return time.Date(2026, 3, d, hour-2, minute, 0, 0, time.UTC) } // in Kyiv
	tests := map[string]struct {
		begin   time.Time
		play    func(w *clockWorld)
		slots   []string // the last of them, in order
		missed  []string
		notices []string
	}{
		"an hour ahead": {
			begin:  day(10, 6, 0),
			play:   func(w *clockWorld) { w.live(5 * time.Hour); w.set(time.Hour); w.live(24 * time.Hour) },
			slots:  []string{"2026-03-10T08:30", "2026-03-10T12:30", "2026-03-10T17:30", "2026-03-11T02:30", "2026-03-11T08:30"},
			missed: nil,
		},
		"an hour ahead over a slot": {
			begin: day(10, 6, 0),
			play:  func(w *clockWorld) { w.live(6 * time.Hour); w.set(time.Hour); w.live(24 * time.Hour) },
			slots: []string{"2026-03-10T08:30", "2026-03-10T12:30", "2026-03-10T17:30", "2026-03-11T02:30", "2026-03-11T08:30"},
		},
		"an hour back over a slot": { // 13:00 becomes 12:00
			begin:   day(10, 6, 0),
			play:    func(w *clockWorld) { w.live(7 * time.Hour); w.set(-time.Hour); w.live(24 * time.Hour) },
			slots:   []string{"2026-03-10T08:30", "2026-03-10T12:30", "2026-03-10T17:30", "2026-03-11T02:30", "2026-03-11T08:30"},
			notices: []string{"from Tue 10 Mar 2026 12:55 EET to Tue 10 Mar 2026 12:00 EET"},
		},
		"ten years ahead for a day": {
			begin: day(10, 6, 0),
			play: func(w *clockWorld) {
				w.live(7 * time.Hour)
				w.set(10 * 365 * 24 * time.Hour)
				w.live(30 * time.Minute) // a slot of another decade, if one falls into it
				w.set(0)
				w.live(28 * time.Hour)
			},
			slots:   []string{"2026-03-10T17:30", "2026-03-11T02:30", "2026-03-11T08:30", "2026-03-11T12:30"},
			missed:  []string{"covers 1,463 missed runs"},
			notices: []string{"from Fri 7 Mar 2036 13:25 EET to Tue 10 Mar 2026 13:30 EET"},
		},
		"a day ahead for an hour": { // tomorrow's slot is told today, and comes tomorrow
			begin: day(10, 6, 0),
			play: func(w *clockWorld) {
				w.live(5 * time.Hour)
				w.set(24 * time.Hour)
				w.live(time.Hour)
				w.set(0)
				w.live(24 * time.Hour)
			},
			slots:   []string{"2026-03-10T08:30", "2026-03-11T08:30", "2026-03-10T12:30", "2026-03-10T17:30", "2026-03-11T02:30", "2026-03-11T12:30"},
			missed:  []string{"covers 3 missed runs"},
			notices: []string{"from Wed 11 Mar 2026 11:55 EET to Tue 10 Mar 2026 12:00 EET"},
		},
		"ten years back for half an hour": { // no battery: until the time server answers
			begin: day(10, 6, 0),
			play: func(w *clockWorld) {
				w.live(5 * time.Hour)
				w.stop()
				w.set(-10 * 365 * 24 * time.Hour)
				w.start()
				w.live(30 * time.Minute)
				w.set(0)
				w.live(24 * time.Hour)
			},
			slots:   []string{"2026-03-10T08:30", "2026-03-10T12:30", "2026-03-10T17:30", "2026-03-11T02:30", "2026-03-11T08:30"},
			notices: []string{"from Tue 10 Mar 2026 10:55 EET"},
		},
		"ten years back for good": {
			begin: day(10, 6, 0),
			play: func(w *clockWorld) {
				w.live(7 * time.Hour)
				w.set(-10 * 365 * 24 * time.Hour)
				w.live(24 * time.Hour)
			},
			slots:   []string{"2026-03-10T08:30", "2026-03-10T12:30", "2016-03-12T17:30", "2016-03-13T02:30", "2016-03-13T08:30", "2016-03-13T12:30"},
			notices: []string{"to Sat 12 Mar 2016"},
		},
		"back and forth": {
			begin: day(10, 6, 0),
			play: func(w *clockWorld) {
				for range 12 {
					w.set(time.Hour)
					w.live(time.Hour)
					w.set(0)
					w.live(time.Hour)
				}
				w.live(4 * time.Hour)
			},
			slots: []string{"2026-03-10T12:30", "2026-03-10T17:30", "2026-03-11T02:30", "2026-03-11T08:30"},
		},
		"asleep for three days": {
			begin: day(10, 6, 0),
			play: func(w *clockWorld) {
				w.live(7 * time.Hour)
				w.pass(72 * time.Hour)
				w.live(24 * time.Hour)
			},
			slots:  []string{"2026-03-10T08:30", "2026-03-10T12:30", "2026-03-13T12:30", "2026-03-13T17:30", "2026-03-14T02:30", "2026-03-14T08:30"},
			missed: []string{"covers 11 missed runs"},
		},
		"off for three days": {
			begin: day(10, 6, 0),
			play: func(w *clockWorld) {
				w.live(7 * time.Hour)
				w.stop()
				w.pass(72 * time.Hour)
				w.start()
				w.live(24 * time.Hour)
			},
			slots:  []string{"2026-03-10T08:30", "2026-03-10T12:30", "2026-03-13T12:30", "2026-03-13T17:30", "2026-03-14T02:30", "2026-03-14T08:30"},
			missed: []string{"covers 11 missed runs"},
		},
		"spring": { // from 03:00 to 04:00 on the 29th
			begin: day(28, 6, 0),
			play:  func(w *clockWorld) { w.live(60 * time.Hour) },
			slots: []string{"2026-03-28T08:30", "2026-03-28T12:30", "2026-03-28T17:30", "2026-03-29T02:30", "2026-03-29T08:30", "2026-03-29T12:30",
				"2026-03-29T17:30", "2026-03-30T02:30", "2026-03-30T08:30", "2026-03-30T12:30", "2026-03-30T17:30"},
		},
		"autumn": { // from 04:00 to 03:00 on the 25th
			begin: time.Date(2026, 10, 24, 3, 0, 0, 0, time.UTC),
			play:  func(w *clockWorld) { w.live(60 * time.Hour) },
			slots: []string{"2026-10-24T08:30", "2026-10-24T12:30", "2026-10-24T17:30", "2026-10-25T02:30", "2026-10-25T08:30", "2026-10-25T12:30",
				"2026-10-25T17:30", "2026-10-26T02:30", "2026-10-26T08:30", "2026-10-26T12:30", "2026-10-26T17:30"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newClockWorld(t, tt.begin)
			w.start()
			tt.play(w)
			w.settle()
			slots := w.digests()
			if !contains(slots, tt.slots) {
				t.Errorf("digests of %v,\nwant among them, one after the other, %v", slots, tt.slots)
			}
			if !slices.Equal(w.missed, tt.missed) {
				t.Errorf("digests said %q, want %q", w.missed, tt.missed)
			}
			notices := w.notices()
			for i, n := range tt.notices {
				if i >= len(notices) || !strings.Contains(notices[i], n) {
					t.Errorf("operators were told %q, want %q", notices, tt.notices)
				}
			}
			if name != "back and forth" && len(notices) > len(tt.notices) {
				t.Errorf("operators were told %q, want %q", notices, tt.notices)
			}
			w.once()
			w.stop()
		})
	}
}

// contains says whether part stands in all in one piece.
func contains(all, part []string) bool {
	for i := range all {
		if i+len(part) <= len(all) && slices.Equal(all[i:i+len(part)], part) {
			return true
		}
	}
	return len(part) == 0
}

// A daemon that runs, with its timers, notices within half a minute that the
// machine slept or the clock was set: nobody has to wake it.
func TestRunKeepsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, log := newClockWorld(t, time.Time{}), &lines{}
		w.log = slog.New(slog.NewJSONHandler(log, nil))
		w.start()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- w.watcher.Run(ctx, []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations})
		}()
		after := func(d time.Duration, what string, channel string, messages int) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if got := len(w.slack.Visible(channel)); got != messages {
				t.Errorf("%s: %d messages in #%s, want %d", what, got, channel, messages)
			}
		}
		time.Sleep(time.Minute) // what a feed's first poll finds is no news
		w.serve()
		after(5*time.Minute, "at six past two", "desk", 0)
		w.set(72 * time.Hour)
		after(31*time.Second, "woken up after three days", "desk", 1)
		after(24*time.Minute, "half past two", "desk", 2)
		w.set(71*time.Hour + 3*time.Second) // the looks at the clock do not meet the times that it showed
		after(15*time.Second, "an hour back", "ops", 1)
		w.serve()
		after(40*time.Minute, "a story that waits half an hour for a second outlet", "alerts", 2)
		after(30*time.Minute, "half past two again", "desk", 2)
		w.set(77 * time.Hour)
		after(31*time.Second, "half past eight", "desk", 3)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := len(log.of(t, "held back, the clock was set back")); n == 0 || n > 3 {
			t.Errorf("it is said %d times that the digest is held back, want once or twice", n)
		}
		w.once()
		w.stop()
	})
}

// A clock that has just gone far ahead is not trusted with what is to be forgotten,
// by a new process neither, until it has run on for an hour or was set back.
func TestFarAheadForgetsNothing(t *testing.T) {
	t.Parallel()
	w := newClockWorld(t, time.Date(2026, 3, 10, 4, 0, 0, 0, time.UTC))
	check := func(what string, want bool) {
		t.Helper()
		if got := w.watcher.Steady(); got != want {
			t.Errorf("%s: forgets what is old: %t, want %t", what, got, want)
		}
	}
	w.start()
	w.live(10 * time.Minute)
	check("at first", true)
	w.set(10 * 365 * 24 * time.Hour)
	w.live(5 * time.Minute)
	check("ten years ahead", false)
	w.stop()
	w.start()
	check("a new process", false)
	w.live(70 * time.Minute)
	check("an hour later", true)
	w.set(20 * 365 * 24 * time.Hour)
	w.live(5 * time.Minute)
	w.set(0)
	w.live(70 * time.Minute)
	check("set right", true)
	w.stop()
}

// A step of the clock ends no quarantine: what Slack accepts late is waited for, and
// comes once.
func TestStepAheadCutsNoQuarantine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newClockWorld(t, time.Time{})
		plan := slackfake.Plan{
			Rate: slackfake.Rate{Off: true}, HistoryLag: slackfake.Duration(time.Second),
			Script: []slackfake.Step{{Method: "chat.postMessage", Call: 1, Fault: slackfake.LateAccept, For: slackfake.Duration(50 * time.Second)}},
		}
		if err := w.slack.SetPlan(plan); err != nil {
			t.Fatal(err)
		}
		w.start()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- w.watcher.Run(ctx, []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations})
		}()
		time.Sleep(time.Minute)
		w.serve()
		time.Sleep(29*time.Minute + 17*time.Second) // half past two, and a call that gets no answer
		if n, err := w.store.Pending(t.Context()); err != nil || n[news.Sending] == 0 {
			t.Fatalf("got %v, %v, want a message in doubt", n, err)
		}
		w.set(10 * time.Minute)
		time.Sleep(25 * time.Second)
		if n := len(w.slack.Visible("desk")); n != 0 {
			t.Errorf("%d messages, before the first was accepted", n)
		}
		time.Sleep(10 * time.Minute)
		if n := len(w.digests()); n != 1 {
			t.Errorf("%d digests", n)
		}
		for _, problem := range w.slack.Audit() {
			t.Error(problem)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		w.stop()
	})
}

// Whatever Slack does with a client_msg_id, each message comes once: it is a
// second belt, and nothing hangs on it alone.
func TestClientMsgIDModes(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"ignore", "dedup", "refuse"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			w := newClockWorld(t, time.Date(2026, 3, 10, 4, 0, 0, 0, time.UTC))
			plan := slackfake.Plan{
				Rate: slackfake.Rate{Off: true}, ClientMsgID: mode, Methods: []string{"chat.postMessage"},
				Chances: map[slackfake.Fault]float64{
					slackfake.ResetAfter: 0.15, slackfake.InternalAfter: 0.1, slackfake.ResetBefore: 0.1, slackfake.RateLimited: 0.1, slackfake.WrongType: 0.1,
				},
			}
			if err := w.slack.SetPlan(plan); err != nil {
				t.Fatal(err)
			}
			w.start()
			w.live(9 * time.Hour)
			if err := w.slack.SetPlan(slackfake.Plan{Rate: plan.Rate, ClientMsgID: mode}); err != nil {
				t.Fatal(err)
			}
			w.settle()
			w.digests()
			w.once()
			w.stop()
		})
	}
}
