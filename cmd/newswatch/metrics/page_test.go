package metrics_test

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/cmd/newswatch/metrics"
	"newswatch/news"
	"newswatch/notify"
	"newswatch/watcher"
)

// ask scrapes as one who takes those codings.
func ask(m *metrics.Metrics, codings string) *httptest.ResponseRecorder {
	rec, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept-Encoding", codings)
	m.Handler().ServeHTTP(rec, r)
	return rec
}

func TestPageIsPackedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	m, _, _ := busy(t)
	for codings, packed := range map[string]bool{"": false, "gzip": true, "br, gzip": true, "gzip;q=0": false, "xgzip": false} {
		got := ask(m, codings)
		if typ := got.Header().Get("Content-Type"); got.Code != 200 || typ != "text/plain; version=0.0.4; charset=utf-8" {
			t.Errorf("%q: %d %s", codings, got.Code, typ)
		}
		body := io.Reader(got.Body)
		if coding := got.Header().Get("Content-Encoding"); (coding == "gzip") != packed {
			t.Errorf("%q: sent as %q", codings, coding)
		} else if packed {
			z, err := gzip.NewReader(body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		text, err := io.ReadAll(body)
		if whole := strings.Contains(string(text), "\nnewswatch_alive 1\n") && strings.Contains(string(text), "\nprocess_open_fds "); err != nil || !whole {
			t.Errorf("%q: %v, whole: %v", codings, err, whole)
		}
	}
}

// TestLabelsAreEscaped: what stands in a name stays in it.
func TestLabelsAreEscaped(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Config{})
	for _, id := range []string{`a"} 1`, `a\`, `a\"`, "a\nnewswatch_alive 7", "a,b={", "\xff", "ü 日"} {
		m.Built(news.Plan{ID: id}, notify.Outcome{Stories: 1})
		m.Polled(watcher.Poll{Feed: id, Result: watcher.PollBusy})
		got, want := values(scrape(t, m)), strings.ToValidUTF8(id, "\uFFFD")
		if got["newswatch_digest_stories "+want+" sum"] != 1 || got["newswatch_feed_polls_total "+want+" busy"] != 1 {
			t.Errorf("%q is not there", id)
		}
	}
}

// TestScrapesThatHang are given up after 10 s, and there are no more than 4.
func TestScrapesThatHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := metrics.New(metrics.Config{})
		m.Socket(func() bool { time.Sleep(time.Minute); return true })
		h := m.Handler()
		scrape := func() string {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
			if rec.Code != 503 {
				t.Errorf("%d, want 503", rec.Code)
			}
			return rec.Body.String()
		}
		began := time.Now()
		for range 4 {
			go func() {
				if text := scrape(); !strings.Contains(text, "within 10 s") || time.Since(began) != 10*time.Second {
					t.Errorf("after %s: %s", time.Since(began), text)
				}
			}()
		}
		synctest.Wait()
		if text := scrape(); !strings.Contains(text, "4 scrapes are under way") || time.Since(began) != 0 {
			t.Errorf("after %s: %s", time.Since(began), text)
		}
		time.Sleep(2 * time.Minute)
		if text := scrape(); !strings.Contains(text, "within 10 s") {
			t.Errorf("when those are over: %s, want a turn", text)
		}
		time.Sleep(time.Minute)
	})
}
