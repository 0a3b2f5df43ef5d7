package watcher_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/terminal"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

// cable is the way to the world, in a bubble of its own time. It counts who is asked when.
type cable struct {
	answer func(r *http.Request, gone time.Duration) (*http.Response, error)
	began  time.Time
	mu     sync.Mutex
	asked  map[string][]time.Duration
}

var errUnplugged = &net.OpError{Op: "dial", Err: errors.New("network is unreachable")}

func (c *cable) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone := time.Since(c.began)
	c.asked[r.URL.Host] = append(c.asked[r.URL.Host], gone)
	return c.answer(r, gone)
}

// says is an answer, with headers in pairs.
func says(r *http.Request, code int, body string, headers ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

// slowLog is a log that stands still for a while when it first hears of an outage.
type slowLog struct {
	slog.Handler
	wait  time.Duration
	heard *atomic.Bool
}

func (s slowLog) Enabled(context.Context, slog.Level) bool { return true }

func (s slowLog) Handle(_ context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "our own network") && !s.heard.Swap(true) {
		time.Sleep(s.wait)
	}
	return nil
}

// watch lets the program watch feeds for a time, a pass each second. What it does
// about an outage begins late, as where a million states are read.
func (c *cable) watch(t *testing.T, during, late time.Duration, at func(notify.Step), urls ...string) {
	t.Helper()
	var src strings.Builder
	src.WriteString("version: 1\nsettings: {network: {allow: [10.0.0.0/8]}}\nfeeds:\n")
	for i, u := range urls {
		fmt.Fprintf(&src, "  - {id: f%d, name: Gazette %d, url: %q, poll: 15m}\n", i, i, u)
	}
	src.WriteString("rules:\n  - {id: truce, when: {any: [truce]}}\ndigests:\n  - {id: desk, cron: \"0 8 * * *\", rules: all, to: {slack: desk}}\n")
	rs, report := rules.LoadBytes("rules.yaml", []byte(src.String()), rules.LoadOptions{})
	if rs == nil {
		t.Fatal(report.Findings)
	}
	db, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "state.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c.began, c.asked = time.Now(), map[string][]time.Duration{}
	w, err := watcher.New(t.Context(), watcher.Config{
		Store: db, Log: slog.New(slowLog{slog.DiscardHandler, late, &atomic.Bool{}}), At: at,
		Poller: func(news.Settings) (*feed.Poller, error) {
			return feed.New(feed.Config{Transport: c, Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
		},
		Route: func(t news.Target) string { return "terminal:" + t.Slack },
		Channel: func(string, news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return terminal.New(terminal.Config{Out: testLog{t}}), notify.Pacing{}, nil
		},
	}, rs)
	if err != nil {
		t.Fatal(err)
	}
	for time.Since(c.began) < during {
		if _, err := w.Pass(t.Context()); err != nil {
			t.Log("pass:", err) // of a lease that ended
		}
		time.Sleep(time.Second)
	}
}

func gazettes(n int) []string {
	var urls []string
	for i := range n {
		urls = append(urls, fmt.Sprintf("https://g%d.example/rss", i))
	}
	return urls
}

// Whoever failed before it could be told that our network is down is asked again soon,
// also when its failure is committed after that, or when what is to be done about it
// fails at first.
func TestOutageExcusesAll(t *testing.T) {
	for name, tc := range map[string]struct {
		commit, notice time.Duration // how long the first of them takes
	}{
		"at once":             {0, 0},
		"committed late":      {10 * time.Second, 0},
		"the lease has ended": {0, 61 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var met atomic.Bool
				c := &cable{answer: func(*http.Request, time.Duration) (*http.Response, error) { return nil, errUnplugged }}
				c.watch(t, 12*time.Minute, tc.notice, func(s notify.Step) {
					if s == watcher.BeforePoll && !met.Swap(true) {
						time.Sleep(tc.commit)
					}
				}, gazettes(12)...)
				for host, at := range c.asked {
					if len(at) < 2 || at[1]-at[0] > 8*time.Minute {
						t.Errorf("%s was asked at %v, want it asked again soon", host, at)
					}
				}
			})
		})
	}
}

// An outage hastens nothing but what was counted before it was noticed.
func TestOutageHastensNobodyElse(t *testing.T) {
	t.Run("the operator's own server", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := &cable{answer: func(*http.Request, time.Duration) (*http.Response, error) { return nil, errUnplugged }}
			c.watch(t, 2*time.Hour, 0, nil, append(gazettes(12), "http://10.0.0.5/rss")...)
			if n := len(c.asked["10.0.0.5"]); n > 9 {
				t.Errorf("it was asked %d times in 2 h, want its 15 min kept", n)
			}
		})
	})
	t.Run("one that leads to a host on hold", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var first string
			c := &cable{}
			c.answer = func(r *http.Request, gone time.Duration) (*http.Response, error) {
				switch host := r.URL.Host; {
				case host == "busy.example":
					return says(r, http.StatusTooManyRequests, "", "Retry-After", "36000"), nil
				case gone < time.Hour:
					return says(r, http.StatusOK, `<rss version="2.0"><channel><title>Gazette</title></channel></rss>`), nil
				case first == "" || host != first: // the first to meet the outage is back when it is asked again
					if first == "" {
						first = host
					}
					return nil, errUnplugged
				}
				return says(r, http.StatusFound, "", "Location", "https://busy.example/elsewhere"), nil
			}
			c.watch(t, 2*time.Hour, 0, nil, append(gazettes(20), "https://busy.example/rss")...)
			if n := len(c.asked[first]); n > 8 {
				t.Errorf("%s was asked %d times in 2 h, want its 15 min kept", first, n)
			}
		})
	})
}
