package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
)

// bigSlack is a Slack with many channels: a page of its list shows one, c0, c1,
// ..., takes its time, and twenty a minute are to be had.
type bigSlack struct {
	pages int
	slow  time.Duration

	mu             sync.Mutex
	broken         bool
	tokens         float64
	last           time.Time
	lists, limited int
	posted         []string // to what channels
}

func (w *bigSlack) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	args, _ := url.ParseQuery(string(body))
	list := strings.HasSuffix(r.URL.Path, "conversations.list")
	if list {
		select {
		case <-time.After(w.slow):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	status, header := http.StatusOK, http.Header{}
	var v map[string]any
	switch {
	case list && w.broken:
		status, v = http.StatusBadGateway, map[string]any{}
	case list:
		w.lists++
		w.tokens = min(20, w.tokens+time.Since(w.last).Minutes()*20)
		w.last = time.Now()
		if w.tokens < 1 {
			w.limited++
			header.Set("Retry-After", strconv.Itoa(int((1-w.tokens)*3)+1))
			status, v = http.StatusTooManyRequests, map[string]any{"ok": false, "error": "ratelimited"}
			break
		}
		w.tokens--
		n, _ := strconv.Atoi(args.Get("cursor"))
		v = map[string]any{"ok": true, "channels": []any{map[string]any{"id": channelID(n), "name": fmt.Sprint("c", n)}}}
		if n+1 < w.pages {
			v["response_metadata"] = map[string]any{"next_cursor": strconv.Itoa(n + 1)}
		}
	default:
		w.posted = append(w.posted, args.Get("channel"))
		v = map[string]any{"ok": true, "channel": args.Get("channel"), "ts": "1.000001"}
	}
	text, _ := json.Marshal(v)
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(string(text))), Request: r}, nil
}

func channelID(n int) string { return fmt.Sprintf("C%09d", n) }

func (w *bigSlack) channel() *slack.Channel {
	w.tokens, w.last = 20, time.Now()
	return slack.New(slack.Config{Token: "xoxb-test", HTTP: &http.Client{Transport: w}})
}

func to(destination string) news.Delivery {
	return news.Delivery{ID: "al_1", Part: 1, Parts: 1, Kind: news.KindAlert, Destination: destination, Payload: []byte(`{"text":"x"}`)}
}

// postTo posts as the outbox does, which comes again when it was asked to.
func postTo(ctx context.Context, c *slack.Channel, destination string, most time.Duration) error {
	for began := time.Now(); ; {
		call, cancel := context.WithTimeout(ctx, news.CallTimeout)
		_, err := c.Post(call, to(destination))
		cancel()
		var r *notify.Refusal
		if !errors.As(err, &r) || r.Kind != notify.RefusedRate || time.Since(began) > most {
			return err
		}
		time.Sleep(max(r.RetryAfter, time.Second))
	}
}

func TestLongListsOfChannels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pages int
		slow  time.Duration
		most  time.Duration // until a post to the last channel of the list
	}{
		{pages: 10, slow: 200 * time.Millisecond, most: 5 * time.Second},
		{pages: 25, slow: 200 * time.Millisecond, most: 30 * time.Second},
		{pages: 16, slow: time.Second, most: 20 * time.Second},
		{pages: 16, slow: 10 * time.Second, most: 3 * time.Minute},
		{pages: 100, slow: 200 * time.Millisecond, most: 6 * time.Minute},
	} {
		t.Run(fmt.Sprint(c.pages, " pages, each ", c.slow), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &bigSlack{pages: c.pages, slow: c.slow}
				ch := w.channel()
				last := fmt.Sprint("slack:c", c.pages-1)
				if err := postTo(t.Context(), ch, last, c.most); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if got := w.posted[0]; got != channelID(c.pages-1) {
					t.Errorf("posted to %s", got)
				}
				if got := w.lists - w.limited; got != c.pages {
					t.Errorf("read %d pages of %d", got, c.pages)
				}
				if w.limited > c.pages {
					t.Errorf("ran into the limit %d times", w.limited)
				}
			})
		})
	}
}

func TestChannelsShareOneList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &bigSlack{pages: 12, slow: time.Second}
		c := w.channel()
		var all sync.WaitGroup
		for n := range 12 {
			all.Go(func() {
				if err := postTo(t.Context(), c, fmt.Sprint("slack:c", n), time.Minute); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		synctest.Wait()
		if w.lists != 12 || len(w.posted) != 12 {
			t.Errorf("%d pages read for %d posts, want each once", w.lists, len(w.posted))
		}
	})
}

// A name that the list does not show has the list read again. That is no matter of
// those that are known.
func TestKnownNamesWaitForNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &bigSlack{pages: 1}
		c := w.channel()
		if err := postTo(t.Context(), c, "slack:c0", time.Minute); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		w.slow = 14 * time.Second
		other, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := c.Post(other, to("slack:other"))
			ended <- err
		}()
		synctest.Wait()
		began := time.Now()
		lane := c.Lane(to("slack:c0"))
		if _, err := c.Post(t.Context(), to("slack:c0")); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 0 || lane != "slack channel "+channelID(0) {
			t.Errorf("lane %q, and it took %v", lane, took)
		}
		cancel()
		var r *notify.Refusal
		if err := <-ended; !errors.As(err, &r) || r.Kind != notify.RefusedRate || time.Since(began) > 0 {
			t.Errorf("after %v: %v, want a waiter to heed its context", time.Since(began), err)
		}
		time.Sleep(2 * time.Hour) // what is known for long is looked after, and nobody waits for it
		synctest.Wait()
		lists, before := w.lists, time.Now()
		if _, err := c.Post(t.Context(), to("slack:c0")); err != nil || time.Since(before) > 0 {
			t.Errorf("took %v: %v", time.Since(before), err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if w.lists == lists {
			t.Error("an old list was not read again")
		}
	})
}

func TestListThatNeverEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &bigSlack{pages: 3, broken: true}
		c := w.channel()
		began := time.Now()
		var r *notify.Refusal
		if err := postTo(t.Context(), c, "slack:c2", time.Hour); !errors.As(err, &r) || r.Kind != notify.RefusedConfig {
			t.Fatalf("after %v: %v, want people to be told", time.Since(began), err)
		}
		if took := time.Since(began); took > 11*time.Minute {
			t.Errorf("people are told after %v", took)
		}
		synctest.Wait()
		w.broken = false
		if err := postTo(t.Context(), c, "slack:c2", time.Minute); err != nil {
			t.Errorf("when it is mended: %v", err)
		}
	})
}
