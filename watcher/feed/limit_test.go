package feed_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/watcher/feed"
)

// crowd is a server on many hosts that takes its time, and sees who comes when.
type crowd struct {
	takes time.Duration
	body  string

	mu     sync.Mutex
	starts map[string][]time.Time
	inside map[string]int
	most   int // at once on one host
}

func (c *crowd) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Hostname()
	c.mu.Lock()
	if c.starts == nil {
		c.starts, c.inside = map[string][]time.Time{}, map[string]int{}
	}
	c.starts[host] = append(c.starts[host], time.Now())
	c.inside[host]++
	c.most = max(c.most, c.inside[host])
	c.mu.Unlock()
	select {
	case <-time.After(c.takes):
	case <-r.Context().Done():
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: &slowBody{
		Reader: strings.NewReader(c.body), ctx: r.Context(), takes: c.takes,
		done: sync.OnceFunc(func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.inside[host]--
		}),
	}}, nil
}

// slowBody is in flight until it is closed.
type slowBody struct {
	io.Reader
	ctx   context.Context
	takes time.Duration
	done  func()
}

func (b *slowBody) Read(p []byte) (int, error) {
	select {
	case <-time.After(b.takes):
		return b.Reader.Read(p)
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	}
}

func (b *slowBody) Close() error {
	b.done()
	return nil
}

func (c *crowd) apart(t *testing.T, gap time.Duration) {
	t.Helper()
	for host, starts := range c.starts {
		for i := 1; i < len(starts); i++ {
			if d := starts[i].Sub(starts[i-1]); d < gap {
				t.Errorf("%s: two requests %v apart, want %v", host, d, gap)
			}
		}
	}
	if c.most > 1 {
		t.Errorf("%d requests to one host at once, want 1", c.most)
	}
}

func TestRequestsToAHostKeepTheirDistance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &crowd{takes: 100 * time.Millisecond, body: harbour}
		p, err := feed.New(feed.Config{Transport: server})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 12 {
			host := fmt.Sprintf("%c.example", 'a'+i%3)
			port := []string{"", ":8080"}[i%2]
			all.Go(func() {
				if r := p.Poll(t.Context(), job(fmt.Sprintf("https://%s%s/%d", host, port, i))); r.Err != nil {
					t.Error(r.Err)
				}
			})
			all.Go(func() {
				if _, err := p.Get(t.Context(), fmt.Sprintf("https://%s/article/%d", host, i)); err != nil {
					t.Error(err)
				}
			})
		}
		start := time.Now()
		all.Wait()
		server.apart(t, time.Second)
		if took := time.Since(start); took > 9*time.Second {
			t.Errorf("8 requests to each of 3 hosts took %v: hosts wait for each other", took)
		}
	})
}

func TestRedirectsKeepTheirDistance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var starts []time.Time
		p, err := feed.New(feed.Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host != "hub.example" {
				return answer(302, "", "Location", "https://hub.example"+r.URL.Path)(r), nil
			}
			mu.Lock()
			defer mu.Unlock()
			starts = append(starts, time.Now())
			return answer(200, harbour)(r), nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		var busy, good int
		for i := range 40 {
			all.Go(func() {
				j := job(fmt.Sprintf("https://h%d.example/rss", i))
				j.State.Fails = 2
				r := p.Poll(t.Context(), j)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case r.Busy && r.Err == nil && r.State.Fails == 2 && r.State.NextAt.After(time.Now()):
					busy++
				case r.Err == nil:
					good++
				default:
					t.Errorf("got %v, busy %v", r.Err, r.Busy)
				}
			})
		}
		all.Wait()
		for i := 1; i < len(starts); i++ {
			if d := starts[i].Sub(starts[i-1]); d < time.Second {
				t.Errorf("two requests %v apart", d)
			}
		}
		if good < 10 || busy == 0 || good != len(starts) {
			t.Errorf("%d good polls, %d busy ones, %d requests", good, busy, len(starts))
		}
	})
}

// roundTrip is a transport that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWaitingForAHostEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &crowd{takes: 4 * time.Second, body: harbour}
		p, err := feed.New(feed.Config{Transport: server, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		all.Go(func() { p.Poll(t.Context(), job(address)) })
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		all.Go(func() {
			if r := p.Poll(ctx, job(address)); !r.Busy {
				t.Errorf("a poll that was broken off while it waited: %v", r.Err)
			}
		})
		synctest.Wait()
		all.Go(func() { // who waits behind is not lost with who gave up
			if r := p.Poll(t.Context(), job(address)); r.Busy || len(server.starts["harbour.example"]) != 2 {
				t.Errorf("got %v, busy %v, %d requests", r.Err, r.Busy, len(server.starts["harbour.example"]))
			}
		})
		synctest.Wait()
		cancel()
		all.Wait()
		server.apart(t, time.Second)
	})
}

func TestAPanicFreesTheHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, err := feed.New(feed.Config{Transport: &script{answers: []func(*http.Request) *http.Response{
			func(*http.Request) *http.Response { panic("boom") }, answer(200, harbour),
		}}})
		if err != nil {
			t.Fatal(err)
		}
		p.Poll(t.Context(), job(address))
		if r := p.Poll(t.Context(), job(address)); r.Err != nil || r.Busy {
			t.Errorf("got %v, busy %v", r.Err, r.Busy)
		}
	})
}

func TestOwnHostsHaveNoLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &crowd{body: harbour}
		p, err := feed.New(feed.Config{Transport: server, Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range 10 {
			if r := p.Poll(t.Context(), job("http://10.1.2.3/rss")); r.Err != nil {
				t.Fatal(r.Err)
			}
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("ten polls of our own server waited %v", took)
		}
	})
}

// A host that asked for a pause is left alone also by feeds of other hosts that
// lead there.
func TestPauseHoldsForRedirectsToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		p, err := feed.New(feed.Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host != "hub.example" {
				return answer(302, "", "Location", "https://hub.example"+r.URL.Path)(r), nil
			}
			if asked++; asked == 1 {
				return answer(429, "", "Retry-After", "3600")(r), nil
			}
			return answer(200, harbour)(r), nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		p.Poll(t.Context(), job("https://a.example/rss"))
		r := p.Poll(t.Context(), job("https://b.example/rss"))
		if asked != 1 || !r.Busy || time.Until(r.State.NextAt) < 59*time.Minute {
			t.Errorf("asked %d times, busy %v, next after %v", asked, r.Busy, time.Until(r.State.NextAt))
		}
		time.Sleep(time.Hour)
		if r := p.Poll(t.Context(), job("https://b.example/rss")); r.Err != nil || r.Busy {
			t.Errorf("after the pause: %v, busy %v", r.Err, r.Busy)
		}
	})
}

func TestCancelledPollIsNoOutage(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("shutting down"))
	p := poller(t, feed.Config{})
	for i := range 20 {
		if r := p.Poll(ctx, job(fmt.Sprintf("https://h%d.example/rss", i))); !r.DownSince.IsZero() {
			t.Fatal("a shutdown was taken for an outage")
		}
	}
}
