package feed_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/watcher/feed"
)

// drip serves documents that grow past a MiB and then go on for a while, and counts
// how many are beyond it at the same time.
type drip struct {
	takes time.Duration

	mu       sync.Mutex
	now, max int
}

func (d *drip) RoundTrip(r *http.Request) (*http.Response, error) {
	head, tail := harbour[:strings.LastIndex(harbour, "</channel>")], harbour[strings.LastIndex(harbour, "</channel>"):]
	b := &dripBody{of: d, ctx: r.Context(), head: strings.NewReader(head + strings.Repeat(" ", 1<<20)), tail: strings.NewReader(strings.Repeat(" ", 1<<20) + tail)}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: b, Request: r}, nil
}

type dripBody struct {
	of         *drip
	ctx        context.Context
	head, tail io.Reader
	beyond     bool
}

func (b *dripBody) Read(p []byte) (int, error) {
	if n, err := b.head.Read(p); err == nil {
		return n, nil
	}
	if !b.beyond {
		b.beyond = true
		b.of.count(1)
		select {
		case <-time.After(b.of.takes):
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		}
	}
	return b.tail.Read(p)
}

func (b *dripBody) Close() error {
	if b.beyond {
		b.beyond = false
		b.of.count(-1)
	}
	return nil
}

func (d *drip) count(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now += n
	d.max = max(d.max, d.now)
}

// Each large document may take 64 MiB: few are in hand at the same time, and who waits
// for a place in vain has not failed.
func TestLargeDocumentsTakeTurns(t *testing.T) {
	t.Parallel()
	const places, feeds = 4, 12
	for name, tc := range map[string]struct {
		takes time.Duration
		busy  int
	}{
		"soon":     {4 * time.Second, 0},
		"too long": {16 * time.Second, feeds - places}, // nobody waits for longer than half of a poll's time
		"for ever": {time.Hour, feeds - places},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &drip{takes: tc.takes}
				p := poller(t, feed.Config{Transport: server, HostGap: -1})
				for range 2 { // all places are given back
					busy, read, failed := pollLarge(t, p, feeds)
					if busy != tc.busy || busy+read+failed != feeds || (failed > 0) != (tc.takes == time.Hour) {
						t.Errorf("%d of %d were busy, %d were read, %d failed; want %d busy", busy, feeds, read, failed, tc.busy)
					}
				}
				if server.max != places || server.now != 0 {
					t.Errorf("%d large documents at the same time, want %d; %d are still open", server.max, places, server.now)
				}
			})
		})
	}
}

func pollLarge(t *testing.T, p *feed.Poller, feeds int) (busy, read, failed int) {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range feeds {
		all.Go(func() {
			r := p.Poll(t.Context(), job(fmt.Sprintf("https://h%d.example/rss", i)))
			mu.Lock()
			defer mu.Unlock()
			switch wait := r.State.NextAt.Sub(noon); {
			case r.Busy:
				busy++
				if r.State.Fails > 0 || r.Err != nil || wait < 15*time.Minute || wait > time.Hour || !strings.Contains(r.State.Memory.Reason, "large") {
					t.Errorf("a busy one failed %d times, %v, and waits %v: %q", r.State.Fails, r.Err, wait, r.State.Memory.Reason)
				}
			case r.Err != nil:
				failed++
			default:
				read++
			}
		})
	}
	all.Wait()
	return busy, read, failed
}
