package feedfake_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"newswatch/watcher/feed/feedfake"
)

// TestHandler: behind a port the fake is as good, and as bad, as without one.
func TestHandler(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		feed feedfake.Personality
		want func(body []byte, err error) bool
	}{
		{"cut", feedfake.Personality{Trouble: feedfake.Cut}, func(_ []byte, err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		{"reset", feedfake.Personality{Trouble: feedfake.Reset}, func(_ []byte, err error) bool { return errors.Is(err, io.EOF) }},
		{"html", feedfake.Personality{Trouble: feedfake.Page}, func(b []byte, _ error) bool { return strings.Contains(string(b), "<html>") }},
		{"301", feedfake.Personality{Move: feedfake.Permanent}, func(b []byte, _ error) bool { return strings.Contains(string(b), "<rss") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := httptest.NewUnstartedServer(nil)
			p := one(test.feed)[0]
			p.URL = "http://" + l.Listener.Addr().String() + "/p001/feed.xml"
			var ahead atomic.Int64 // hours
			fake := feedfake.New(feedfake.Config{
				Feeds: []feedfake.Personality{p}, Address: l.Listener.Addr().String(),
				Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load()) * time.Hour) },
			})
			l.Config.Handler = fake
			l.Start()
			defer l.Close()
			if body, err := read(p.URL); err != nil || !strings.Contains(string(body), "<rss") {
				t.Fatalf("on a good day: %v\n%s", err, body)
			}
			for ahead.Load() < 30 {
				if body, err := read(p.URL); test.want(body, err) && fake.Report().Requests > 2 {
					return
				}
				ahead.Add(1)
			}
			t.Errorf("in 30 hours it had no bad one")
		})
	}
}

func read(url string) ([]byte, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// TestAddresses: with a port alone each site has an address of its own.
func TestAddresses(t *testing.T) {
	t.Parallel()
	hosts := map[string]int{}
	for _, p := range feedfake.New(feedfake.Config{Seed: 4, Address: ":8767"}).Feeds() {
		host := strings.TrimPrefix(p.URL[:strings.Index(p.URL, "/p")], "http://")
		if name, port, err := net.SplitHostPort(host); err != nil || port != "8767" || net.ParseIP(name) == nil || !net.ParseIP(name).IsLoopback() {
			t.Errorf("%s is not on loopback", p.URL)
		}
		hosts[host]++
	}
	most := 0
	for _, n := range hosts {
		most = max(most, n)
	}
	if len(hosts) < 100 || most != 10 {
		t.Errorf("got %d hosts, of which one has %d feeds; want more than 100, and 10", len(hosts), most)
	}
}
