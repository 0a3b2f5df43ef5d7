package watcher_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
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

const oneFeed = `version: 1
feeds:
  - {id: f, name: Feed, url: "https://a.example/f"}
rules:
  - {id: truce, when: {any: [truce]}}
digests:
  - {id: desk, cron: "0 8 * * *", rules: all, to: {slack: desk}}
`

// oneHost is a watcher of one feed, in virtual time, and its store.
func oneHost(t *testing.T, poller feed.Config) (*watcher.Watcher, *store.Store) {
	t.Helper()
	rs, report := rules.LoadBytes("rules.yaml", []byte(oneFeed), rules.LoadOptions{})
	if rs == nil {
		t.Fatal(report.Findings)
	}
	st, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "state.db")})
	if err != nil {
		t.Fatal(err)
	}
	screen := terminal.New(terminal.Config{Out: io.Discard})
	w, err := watcher.New(t.Context(), watcher.Config{
		Store: st, Log: slog.New(slog.DiscardHandler),
		Poller: func(news.Settings) (*feed.Poller, error) { return feed.New(poller) },
		Route:  func(t news.Target) string { return "terminal:" + t.Slack },
		Channel: func(string, news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return screen, notify.Pacing{}, nil
		},
	}, rs)
	if err != nil {
		t.Fatal(err)
	}
	return w, st
}

// roundTrip is a transport as net/http's is: it asks nobody once the context has ended.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return f(r)
}

// A program that is to stop gives back what it has begun: another one need not wait
// until the lease is over.
func TestStopGivesLeasesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := make(chan struct{}, 1)
		w, st := oneHost(t, feed.Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/f") {
				asked <- struct{}{}
			}
			<-r.Context().Done() // a server that thinks
			return nil, r.Context().Err()
		})})
		defer st.Close()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- w.Run(ctx, []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations})
		}()
		<-asked
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		for _, u := range []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations} {
			if err := st.Wake(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			leases, err := st.Claim(t.Context(), u, 10, time.Minute)
			if err != nil || len(leases) != 1 {
				t.Errorf("%s: %d of 1 can be claimed right after a stop, %v", u, len(leases), err)
			}
		}
	})
}

// A program that stood still for longer than its lease asks the host for nothing any
// more: another one may be at it.
func TestNothingIsAskedAfterALease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked, stood atomic.Int64
		w, st := oneHost(t, feed.Config{
			Now: func() time.Time {
				if stood.Add(1) == 1 { // when the poll has begun, before it asks
					time.Sleep(2 * time.Minute)
				}
				return time.Now()
			},
			Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				asked.Add(1)
				return &http.Response{StatusCode: http.StatusNotModified, Header: http.Header{}, Body: http.NoBody}, nil
			}),
		})
		defer st.Close()
		if _, err := w.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		if stood.Load() == 0 {
			t.Fatal("no poll began")
		}
		if n := asked.Load(); n > 0 {
			t.Errorf("the host was asked %d times after the lease on it was over", n)
		}
	})
}
