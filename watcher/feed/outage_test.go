package feed_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// network is a network that can be down.
type network struct {
	down  bool
	alive map[string]bool // hosts that answer all the same
	dead  map[string]bool // hosts that never do
	slow  func()          // is called while a request waits, once
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	if slow := n.slow; slow != nil {
		n.slow = nil
		slow()
		return nil, &net.OpError{Op: "dial", Err: errors.New("i/o timeout")}
	}
	if n.down && !n.alive[r.URL.Host] || n.dead[r.URL.Host] {
		return nil, &net.OpError{Op: "dial", Err: errors.New("network is unreachable")}
	}
	return answer(200, harbour)(r), nil
}

func TestOutage(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	n := &network{alive: map[string]bool{"h3.example": true}, dead: map[string]bool{"h0.example": true}}
	p := poller(t, feed.Config{Now: c.now, Transport: n})
	const feeds = 30
	states := make([]news.FeedState, feeds)
	round := func() (counted, down int) {
		for i := range feeds {
			c.at = c.at.Add(5 * time.Second)
			j := job(fmt.Sprintf("https://h%d.example/rss", i))
			j.Feed.ID, j.State = fmt.Sprint(i), states[i]
			r := p.Poll(t.Context(), j)
			switch {
			case !r.DownSince.IsZero():
				down++
				if wait := r.State.NextAt.Sub(c.at); r.Err == nil || r.State.Fails != max(0, j.State.Fails-1) && r.State.Fails != j.State.Fails || wait < time.Minute || wait > 5*time.Minute {
					t.Errorf("in an outage: %v, %d failures after %d, next after %v", r.Err, r.State.Fails, j.State.Fails, wait)
				}
			case r.Err != nil:
				counted++
			}
			states[i] = r.State
		}
		return counted, down
	}
	if counted, down := round(); counted != 1 || down != 0 {
		t.Fatalf("all is well: %d failures counted, %d not", counted, down)
	}
	began := c.at
	n.down = true
	if counted, down := round(); counted > 18 || down < 10 {
		t.Errorf("the network breaks: %d failures counted, %d not", counted, down)
	}
	for range 5 {
		if counted, down := round(); counted != 0 || down != feeds-1 {
			t.Errorf("the network is down: %d failures counted, %d not", counted, down)
		}
	}
	for i, st := range states {
		if i != 0 && st.Fails != 0 {
			t.Errorf("feed %d has %d failures, as if they were its own", i, st.Fails)
		}
	}
	if since := p.Poll(t.Context(), feedOf(5, states)).DownSince; since.Before(began) || since.After(began.Add(time.Minute)) {
		t.Errorf("down since %v, want soon after %v", since, began)
	}
	n.down = false
	round()
	if counted, down := round(); counted != 1 || down != 0 {
		t.Errorf("it is well again: %d failures counted, %d not", counted, down)
	}
}

func feedOf(i int, states []news.FeedState) feed.Job {
	j := job(fmt.Sprintf("https://h%d.example/rss", i))
	j.Feed.ID, j.State = fmt.Sprint(i), states[i]
	return j
}

// Some dead hosts are no outage, nor are hosts that have long been dead, nor is
// one that lasts while others answer.
func TestNoOutage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		dead, all int
		failed    bool // they have been dead before
		rounds    int
		down      bool // in the last round
	}{
		"four of four":        {4, 4, false, 3, false},
		"five of five":        {5, 5, false, 3, true},
		"eight of ten":        {8, 10, false, 3, false},
		"nine of ten":         {9, 10, false, 3, true},
		"nine, long dead":     {9, 10, true, 3, false},
		"nine, for two hours": {9, 10, false, 24, false},
		"all, for two hours":  {10, 10, false, 24, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{noon}
			n := &network{dead: map[string]bool{}}
			for i := range tc.dead {
				n.dead[fmt.Sprintf("h%d.example", i)] = true
			}
			p := poller(t, feed.Config{Now: c.now, Transport: n})
			states := make([]news.FeedState, tc.all)
			var down bool
			for range tc.rounds {
				for i := range states {
					j := feedOf(i, states)
					if tc.failed && i < tc.dead {
						j.State.Fails, j.State.Memory.FailedAt = 3, noon.Add(-100*time.Hour)
						j.State.Memory.Class = news.FailNetwork
					}
					r := p.Poll(t.Context(), j)
					states[i] = r.State
					down = down || !r.DownSince.IsZero()
				}
				c.at = c.at.Add(5 * time.Minute)
				if c.at.Before(noon.Add(time.Duration(tc.rounds) * 5 * time.Minute)) {
					down = false
				}
			}
			if down != tc.down {
				t.Errorf("down: got %v, want %v", down, tc.down)
			}
		})
	}
}

// A request that waits while the network comes back fails with it.
func TestOutageEndsWhileWeWait(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	n := &network{down: true}
	p := poller(t, feed.Config{Now: c.now, Transport: n})
	states := make([]news.FeedState, 10)
	round := func() {
		for i := range states {
			c.at = c.at.Add(time.Second)
			states[i] = p.Poll(t.Context(), feedOf(i, states)).State
		}
	}
	round()
	round()
	n.slow = func() {
		n.down = false
		round()
	}
	r := p.Poll(t.Context(), feedOf(9, states))
	if wait := r.State.NextAt.Sub(c.at); r.Err == nil || !r.DownSince.IsZero() || !r.State.Memory.Ours || wait > 5*time.Minute {
		t.Errorf("got %v, down since %v, next after %v; want it tried again soon, and the network well", r.Err, r.DownSince, wait)
	}
	n.slow = func() { // one that began before the network went
		n.down = true
		round()
		round()
		n.down = false
		round()
	}
	if r = p.Poll(t.Context(), feedOf(9, states)); !r.State.Memory.Ours || r.State.Fails != 0 {
		t.Errorf("began before: got %d failures and %v, want none of its own", r.State.Fails, r.Err)
	}
	c.at = c.at.Add(time.Minute)
	n.slow = func() {}
	if r = p.Poll(t.Context(), feedOf(9, states)); r.State.Memory.Ours || r.State.Fails != 1 {
		t.Errorf("after the outage: got %d failures and %v, want one of its own", r.State.Fails, r.Err)
	}
}

// Many requests that outlive an outage are not another one.
func TestManyOutliveAnOutage(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	n := &network{}
	p := poller(t, feed.Config{Now: c.now, Transport: n})
	states := make([]news.FeedState, 30)
	poll := func(i int) feed.Result {
		c.at = c.at.Add(time.Second)
		r := p.Poll(t.Context(), feedOf(i, states))
		states[i] = r.State
		return r
	}
	for i := range states {
		poll(i)
	}
	n.down = true
	for i := range 20 {
		poll(i)
	}
	if poll(0).DownSince.IsZero() {
		t.Fatal("the network is down, and nobody sees it")
	}
	var wait func(i int) // each request begins before the one before it ends
	wait = func(i int) {
		if i == len(states) {
			n.down = false
			poll(0)
			poll(1)
			return
		}
		n.slow = func() { wait(i + 1) }
		if r := poll(i); !r.DownSince.IsZero() || !r.State.Memory.Ours || r.State.Fails != 0 {
			t.Errorf("feed %d: down since %v, %d failures, %v; want it ours, and the network well", i, r.DownSince, r.State.Fails, r.Err)
		}
	}
	wait(20)
}

// Who failed by itself before an outage keeps that count, and no more.
func TestFailuresOfAnOutageAreTakenBack(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	n := &network{}
	p := poller(t, feed.Config{Now: c.now, Transport: n})
	states := make([]news.FeedState, 10)
	for i := range states {
		states[i].Fails = i % 3
		states[i].Memory.FailedAt, states[i].Memory.Status, states[i].Memory.Class = noon.Add(-time.Hour), 500, news.FailServer
	}
	n.down = true
	excused := 0
	var since time.Time
	for range 2 {
		for i := range states {
			c.at = c.at.Add(time.Second + 654*time.Microsecond)
			r := p.Poll(t.Context(), feedOf(i, states))
			states[i], since = r.State, r.DownSince
			states[i].PolledAt = states[i].PolledAt.Truncate(time.Millisecond) // as it is stored
		}
		for i := range states {
			if feed.Excused(states[i], since, noon) {
				excused++
			}
		}
	}
	if excused != 4 { // the fifth host makes it an outage
		t.Errorf("%d feeds were excused, want 4", excused)
	}
	for i, st := range states {
		if st.Fails != i%3 || !st.Memory.Ours || feed.Excused(st, since, noon) {
			t.Errorf("feed %d has %d failures, want its own %d", i, st.Fails, i%3)
		}
	}
}

// Where about as many hosts answer as is the line, an outage comes and goes with each
// try; but not for longer than any other that is not of all hosts.
func TestOutageAboutTheLine(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	n := &network{down: true, alive: map[string]bool{"h7.example": true, "h8.example": true}}
	for i := range 10 {
		n.alive[fmt.Sprintf("h%d.example", 6*i)] = true
	}
	p := poller(t, feed.Config{Now: c.now, Transport: n})
	states := make([]news.FeedState, 60)
	down := map[time.Duration]int{} // polls in an hour that met an outage
	for c.at.Before(noon.Add(3 * time.Hour)) {
		for i := range states {
			c.at = c.at.Add(5 * time.Second)
			states[i] = p.Poll(t.Context(), feedOf(i, states)).State
			if !p.DownSince().IsZero() {
				down[c.at.Sub(noon)/time.Hour]++
			}
		}
	}
	if down[0] == 0 || down[2] > 0 {
		t.Errorf("polls of each hour that met an outage: %v, want some in the first, none in the third", down)
	}
}

// A short outage that ends as hosts answer which were not asked in it leaves nothing
// behind: days later, another one is noticed though some hosts answer.
func TestOutageAfterAnother(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	n := &network{alive: map[string]bool{}}
	for i := range 30 {
		n.alive[fmt.Sprintf("h%d.example", 10*i)] = true
	}
	p := poller(t, feed.Config{Now: c.now, Transport: n})
	states := make([]news.FeedState, 300)
	round := func(down func(i int) bool) (met int) {
		for i := range states {
			c.at, n.down = c.at.Add(5*time.Second), down(i)
			states[i] = p.Poll(t.Context(), feedOf(i, states)).State
			if !p.DownSince().IsZero() {
				met++
			}
		}
		return met
	}
	never := func(int) bool { return false }
	round(never)
	if met := round(func(i int) bool { return i >= 41 && i < 63 }); met == 0 || met > 60 {
		t.Errorf("%d polls met the first one", met)
	}
	for range 20 {
		round(never)
	}
	if met := round(func(int) bool { return true }); met < 250 {
		t.Errorf("%d of 300 polls met the second one", met)
	}
}
