package watcher_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/watcher"
	"newswatch/watcher/story"
)

// observer is an observer that keeps what it is told.
type observer struct {
	mu      sync.Mutex
	steps   []time.Duration
	polls   []watcher.Poll
	built   []notify.Outcome
	waited  map[news.DeliveryKind][]time.Duration
	verdict map[notify.Verdict]int
	told    map[string]int // other calls by name
}

func newObserver() *observer {
	return &observer{waited: map[news.DeliveryKind][]time.Duration{}, verdict: map[notify.Verdict]int{}, told: map[string]int{}}
}

func (y *observer) do(f func()) { y.mu.Lock(); defer y.mu.Unlock(); f() }

func (y *observer) Polled(p watcher.Poll)         { y.do(func() { y.polls = append(y.polls, p) }) }
func (y *observer) Developed(n int)               { y.do(func() { y.told["developed"] += n }) }
func (y *observer) Loaded(string)                 { y.do(func() { y.told["loaded"]++ }) }
func (y *observer) Rejected()                     { y.do(func() { y.told["rejected"]++ }) }
func (y *observer) ClockStepped(by time.Duration) { y.do(func() { y.steps = append(y.steps, by) }) }
func (y *observer) Plainer(news.Delivery)         { y.do(func() { y.told["plainer"]++ }) }
func (y *observer) Built(_ news.Plan, o notify.Outcome) {
	y.do(func() { y.built = append(y.built, o) })
}

func (y *observer) Resolved(_ news.Delivery, r notify.Resolution) {
	y.do(func() { y.told[string(r)]++ })
}

func (y *observer) Attempted(_ news.Delivery, v notify.Verdict) {
	y.do(func() { y.verdict[v]++ })
}

func (y *observer) Delivered(d news.Delivery, waited time.Duration) {
	y.do(func() { y.waited[d.Kind] = append(y.waited[d.Kind], waited) })
}

// run lets the daemon of a world run until the test ends it.
func (w *clockWorld) run() (stop func()) {
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan error)
	go func() {
		done <- w.watcher.Run(ctx, []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations})
	}()
	return func() {
		w.Helper()
		cancel()
		if err := <-done; err != nil {
			w.Error(err)
		}
	}
}

// TestObserverIsToldWhatHappens lets a daemon run through polls, a story that waits
// for its alert, digests that were missed and steps of the clock.
func TestObserverIsToldWhatHappens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newClockWorld(t, time.Time{})
		w.observe = newObserver()
		w.start()
		stop := w.run()
		time.Sleep(time.Minute) // what a feed's first poll finds is no news
		w.serve()
		time.Sleep(40 * time.Minute) // half past two: a digest; and a story that has waited for half an hour
		w.set(72 * time.Hour)
		time.Sleep(time.Minute) // a digest for three days
		w.set(71 * time.Hour)
		time.Sleep(time.Minute)
		stop()
		w.stop()
		y := w.observe
		if got := fmt.Sprint(y.steps); got != "[72h0m0s -1h0m0s]" && got != "[72h0m0s -59m50s]" {
			t.Errorf("steps %s, want 72h ahead and an hour back", got)
		}
		if n := len(y.built); n != 2 || y.built[0].Stories != 1 || y.built[0].Missed != 0 || y.built[1].Stories != 0 || y.built[1].Missed != 11 {
			t.Errorf("digests %+v, want one of one story, and an empty one for 11 slots more", y.built)
		}
		fresh, unchanged := 0, 0
		for _, p := range y.polls {
			fresh += p.New
			if p.New > 0 && (p.Result != watcher.PollNew || p.Hits["r"] != p.New || p.Bytes == 0) {
				t.Errorf("a poll with items is told as %+v", p)
			}
			if p.Result == watcher.PollUnchanged {
				unchanged++
			}
		}
		if fresh != 1 || unchanged < 5 {
			t.Errorf("%d new items and %d polls without any, want 1 and more than 5", fresh, unchanged)
		}
		if y.verdict[notify.Taken] != 4 || len(y.verdict) != 1 {
			t.Errorf("attempts %v, want 4 posted: two digests, an alert, and a notice of the clock", y.verdict)
		}
		if waits := y.waited[news.KindAlert]; len(waits) != 1 || waits[0] < 30*time.Minute || waits[0] > 31*time.Minute {
			t.Errorf("the alert waited %v, want half an hour from the fetch of its report", waits)
		}
		if waits := y.waited[news.KindDigest]; len(waits) != 2 || waits[0] > 5*time.Second {
			t.Errorf("the digests waited %v, want no time: they count from their slot", waits)
		}
		if y.told["loaded"] != 1 || y.told["rejected"] != 0 {
			t.Errorf("told of %v, want one loading", y.told)
		}
	})
}

// stuck is a grouper that does not come back until it is let go.
type stuck struct {
	watcher.Grouper
	until chan struct{}
}

// Add never ends by itself.
func (s stuck) Add(it news.Item, _ []string) story.Placement {
	<-s.until
	return story.Placement{StoryID: news.StoryID(it.ID), New: true}
}

func (stuck) KeepApart(string, string) {}

// TestPulse: a loop that hangs is noticed after three minutes, a database that fails
// is no hanging loop, and a clock that is set is neither.
func TestPulse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newClockWorld(t, time.Time{})
		w.start()
		until := make(chan struct{})
		w.watcher.GroupBy(func() watcher.Grouper { return stuck{until: until} })
		check := func(what string, alive, working string) {
			t.Helper()
			for _, c := range []struct {
				got  error
				want string
			}{{w.watcher.Alive(), alive}, {w.watcher.Working(), working}} {
				if got, want := c.got, c.want; (got == nil) != (want == "") || got != nil && !strings.Contains(got.Error(), want) {
					t.Errorf("%s: got %v, want %q", what, got, want)
				}
			}
		}
		stop := w.run()
		time.Sleep(20 * time.Minute)
		check("idle", "", "")
		w.serve()
		time.Sleep(7 * time.Minute)
		check("the desk hangs", "loop of desk has not ended", "loop of desk has had nothing")
		close(until)
		time.Sleep(time.Minute)
		check("it goes on", "", "")
		w.set(200 * time.Hour)
		synctest.Wait()
		check("the clock is set", "", "")
		if err := w.store.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if err := w.watcher.Alive(); err != nil {
			t.Errorf("without a database: got %v, want loops that go round", err)
		}
		if err := w.watcher.Working(); err == nil {
			t.Error("without a database all works")
		}
		stop()
	})
}

var _ watcher.Observer = (*observer)(nil)
