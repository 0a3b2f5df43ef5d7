package deadman_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/cmd/newswatch/deadman"
	"newswatch/news"
)

// watchman answers pings, and says how many it heard.
type watchman struct {
	heard  int
	answer func(w http.ResponseWriter, r *http.Request)
}

// RoundTrip is the network between the switch and the watchman.
func (w *watchman) RoundTrip(r *http.Request) (*http.Response, error) {
	w.heard++
	rec := httptest.NewRecorder()
	if w.answer != nil {
		w.answer(rec, r)
	}
	return rec.Result(), nil
}

const secretWord = "hiddenping0123"

// run lets a switch run for a while of virtual time and gives what it logged.
func run(t *testing.T, c deadman.Config, d time.Duration) string {
	t.Helper()
	var log bytes.Buffer
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	if c.Address == nil {
		c.Address = func() (news.Secret, error) { return "https://watch.example/ping/" + secretWord, nil }
	}
	if c.Well == nil {
		c.Well = func(context.Context) error { return nil }
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	deadman.New(c).Run(ctx)
	if strings.Contains(log.String(), "hidden") {
		t.Errorf("the log shows the address: %s", &log)
	}
	return log.String()
}

func TestPingsOnceAMinuteWhileAllIsWell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, pinged := &watchman{}, 0
		log := run(t, deadman.Config{HTTP: &http.Client{Transport: w}, Pinged: func() { pinged++ }}, 10*time.Minute)
		if w.heard != 10 || pinged != 10 || log != "" {
			t.Errorf("heard %d pings and %d were taken in 10 minutes, want 10; log %q", w.heard, pinged, log)
		}
	})
}

func TestStopsWhenAllIsNotWell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, began := &watchman{}, time.Now()
		log := run(t, deadman.Config{
			HTTP: &http.Client{Transport: w},
			Well: func(ctx context.Context) error {
				switch m := time.Since(began).Minutes(); {
				case m > 3 && m < 6:
					return errors.New("the loop of hosts is stuck")
				case m > 6 && m < 8: // the database hangs, and does not answer
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			},
		}, 12*time.Minute)
		if w.heard != 6 {
			t.Errorf("heard %d pings, want 3 before and 3 after", w.heard)
		}
		if n := strings.Count(log, "\n"); n != 2 || !strings.Contains(log, "the loop of hosts is stuck") || !strings.Contains(log, "told again") {
			t.Errorf("got %d lines, want one at the beginning and one at the end: %s", n, log)
		}
	})
}

// TestFailuresOfTheWatchman: none is more than a line in the log, without the address.
func TestFailuresOfTheWatchman(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	failures := map[string]struct {
		status int
		reset  bool
		to     string
		want   string
	}{
		"500":         {status: 500, want: "status 500"},
		"404":         {status: 404, want: "status 404"},
		"redirect":    {status: 302, want: "status 302"},
		"reset":       {reset: true, want: "EOF"},
		"refused":     {to: "http://" + closed.Addr().String(), want: "connection refused"},
		"no address":  {to: "hiddenword", want: "no address"},
		"no such way": {to: "ftp://watch.example/" + secretWord, want: "no address"},
	}
	for name, tt := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				if tt.reset {
					panic(http.ErrAbortHandler)
				}
				w.Header().Set("Location", "http://"+r.Host+"/other?"+secretWord)
				w.WriteHeader(tt.status)
				fmt.Fprintf(w, "no %s %v", r.URL, r.Header)
			}))
			defer server.Close()
			to := tt.to
			if to == "" {
				to = server.URL
			}
			pinged := false
			var out bytes.Buffer
			s := deadman.New(deadman.Config{
				Address: func() (news.Secret, error) { return news.Secret(to + "/ping/" + secretWord), nil },
				Well:    func(context.Context) error { return nil },
				Pinged:  func() { pinged = true }, Log: slog.New(slog.NewTextHandler(&out, nil)),
			})
			for range 3 {
				s.Round(t.Context())
			}
			log := out.String()
			if strings.Contains(log, "hidden") {
				t.Errorf("the log shows the address: %s", log)
			}
			if pinged || strings.Count(log, "\n") != 1 || !strings.Contains(log, tt.want) {
				t.Errorf("taken: %v; log %q, want one line with %q", pinged, log, tt.want)
			}
			if n := asked.Load(); n > 3 {
				t.Errorf("asked %d times in 3 rounds: a redirect is not followed", n)
			}
		})
	}
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for address, good := range map[news.Secret]bool{
		"https://hc-ping.com/0123": true, "http://127.0.0.1:8000/ping": true, "https://user:word@watch.example/": true,
		"": false, "hc-ping.com/hidden": false, "file:///etc/hidden": false, "https://": false, "http://%zzhidden": false,
	} {
		err := deadman.CheckAddress(address)
		if (err == nil) != good {
			t.Errorf("%q: got %v, want good %v", address.Reveal(), err, good)
		}
		if err != nil && strings.Contains(err.Error(), "hidden") {
			t.Errorf("the error shows the address: %v", err)
		}
	}
}
