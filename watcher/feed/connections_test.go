package feed_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"newswatch/watcher/feed"
)

// As many hosts as are polled at the same time, with some feeds each: a feed comes by
// the connection of the one before it.
func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	const hosts, feeds = 128, 3
	var made atomic.Int64
	var urls []string
	for range hosts {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, harbour) }))
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				made.Add(1)
			}
		}
		s.Start()
		defer s.Close()
		urls = append(urls, s.URL)
	}
	p := poller(t, feed.Config{HostGap: -1, Allow: loopback()})
	for n := range feeds {
		for _, u := range urls {
			if r := p.Poll(t.Context(), job(fmt.Sprint(u, "/", n))); r.Err != nil {
				t.Fatal(r.Err)
			}
		}
	}
	if made.Load() != hosts {
		t.Errorf("%d connections for %d requests to %d hosts, want one a host", made.Load(), hosts*feeds, hosts)
	}
}
