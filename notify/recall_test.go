package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
	"newswatch/watcher/store"
)

// busy is a Slack whose channels are full of the messages of others.
type busy struct {
	mu     sync.Mutex
	pages  int  // of each channel
	perMin int  // calls of history, as Slack's tiers; 0: no limit
	reset  bool // the first post gets no answer

	tokens         float64
	last           time.Time
	calls, limited int
	posts          []time.Time
}

func (b *busy) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(200 * time.Millisecond)
	b.mu.Lock()
	defer b.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	args, _ := url.ParseQuery(string(body))
	answer := map[string]any{"ok": false, "error": "unknown_method"}
	status, header := http.StatusOK, http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}}
	switch {
	case strings.HasSuffix(r.URL.Path, "conversations.history"):
		b.calls++
		answer = b.page(args)
		if wait := b.limit(); wait > 0 {
			b.limited++
			status = http.StatusTooManyRequests
			header.Set("Retry-After", strconv.Itoa(wait))
		}
	case strings.HasSuffix(r.URL.Path, "chat.postMessage"):
		if b.reset {
			b.reset = false
			return nil, io.ErrUnexpectedEOF
		}
		b.posts = append(b.posts, time.Now())
		answer = map[string]any{"ok": true, "channel": args.Get("channel"), "ts": "1.000001"}
	}
	text, _ := json.Marshal(answer)
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(string(text))), Request: r}, nil
}

// limit gives the seconds of a Retry-After.
func (b *busy) limit() int {
	if b.perMin == 0 {
		return 0
	}
	most := float64(b.perMin)
	if b.last.IsZero() {
		b.tokens = most
	} else {
		b.tokens = min(most, b.tokens+time.Since(b.last).Seconds()*most/60)
	}
	b.last = time.Now()
	if b.tokens < 1 {
		return int((1-b.tokens)*60/most) + 1
	}
	b.tokens--
	return 0
}

func (b *busy) page(args url.Values) map[string]any {
	n, _ := strconv.Atoi(args.Get("cursor"))
	var list []map[string]any
	for i := range 200 {
		list = append(list, map[string]any{"ts": fmt.Sprintf("%d.%06d", time.Now().Unix(), i)})
	}
	page := map[string]any{"ok": true, "messages": list, "has_more": n+1 < b.pages}
	if n+1 < b.pages {
		page["response_metadata"] = map[string]any{"next_cursor": strconv.Itoa(n + 1)}
	}
	return page
}

// drain sends one message to each of n channels, with as many workers as the
// daemon has, for so long or until all are out.
func (b *busy) drain(t *testing.T, n int, span time.Duration) (sent int, took time.Duration) {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "state.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	channel := slack.New(slack.Config{Token: "xoxb-test", HTTP: &http.Client{Transport: b}})
	outbox := notify.NewOutbox(notify.OutboxConfig{
		Store: st, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Channel: func(string) (notify.Channel, notify.Pacing, error) {
			return channel, notify.Pacing{Quarantine: time.Minute, LookAgain: 20 * time.Second, Pace: 1100 * time.Millisecond, Read: slack.ReadPace}, nil
		},
	})
	for i := range n {
		if err := st.EnqueueNotice(t.Context(), news.Delivery{
			ID: fmt.Sprintf("al_%d", i), Part: 1, Parts: 1, Kind: news.KindAlert, Destination: fmt.Sprintf("slack:C0000%05d", i),
			Payload: []byte(`{"text":"x"}`), CreatedAt: time.Now(), NotBefore: time.Now(),
		}); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	var workers sync.WaitGroup
	for time.Since(began) < span && sent < n {
		leases, err := st.Claim(t.Context(), news.Destinations, 16, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range leases {
			workers.Go(func() {
				next, _, err := outbox.Send(context.Background(), l)
				if err != nil {
					t.Error(err)
				}
				if err := st.Release(context.Background(), l, next); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(200 * time.Millisecond)
		counts, err := st.Pending(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sent = counts[news.Sent]
	}
	workers.Wait()
	return sent, time.Since(began)
}

// After a start much is to be read: of 16 channels with 1,000 messages each it takes
// as long as Slack's limit makes it, and no call is refused or made twice.
func TestMuchToReadAfterAStart(t *testing.T) {
	t.Parallel()
	for _, channels := range []int{1, 4, 16} {
		t.Run(fmt.Sprint(channels), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &busy{pages: 5, perMin: 50}
				sent, took := b.drain(t, channels, 20*time.Minute)
				most := time.Duration(channels*5)*slack.ReadPace + 10*time.Second
				if sent != channels || took > most {
					t.Errorf("%d of %d were sent within %v, want all within %v", sent, channels, took, most)
				}
				if b.calls != 5*channels || b.limited > 0 {
					t.Errorf("history was called %d times, %d of them too many; want %d and none", b.calls, b.limited, 5*channels)
				}
			})
		})
	}
}

// A limit that does not let the reading end ends it: what is due is sent.
func TestReadingGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &busy{pages: 5, perMin: 1}
		sent, took := b.drain(t, 16, time.Hour)
		if sent != 16 || took > 6*time.Minute {
			t.Errorf("%d of 16 were sent within %v, want all within five refusals", sent, took)
		}
	})
}

// A channel with little to read does not wait for those with much.
func TestLittleToReadGoesBetween(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &busy{pages: 1, perMin: 50}
		sent, took := b.drain(t, 16, time.Hour)
		if most := 16*slack.ReadPace + 5*time.Second; sent != 16 || took > most {
			t.Errorf("%d of 16 were sent within %v, want all within %v", sent, took, most)
		}
	})
}

// A look-up that is longer than a call may take, or than the limit lets it be, goes
// on where it was.
func TestLongLookUpEnds(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]*busy{
		"many pages":          {pages: 200, reset: true},
		"many pages, limited": {pages: 200, perMin: 50, reset: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sent, took := b.drain(t, 1, 3*time.Hour)
				if sent != 1 || len(b.posts) != 1 {
					t.Errorf("%d were sent and %d posted after %v", sent, len(b.posts), took)
				}
				if most := 5 + 2*200 + 40; b.calls > most {
					t.Errorf("history was called %d times, want no more than %d", b.calls, most)
				}
			})
		})
	}
}

// A look-up that fails again and again is told once, and tried ever more seldom.
func TestFailingLookUpIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plan := lost(true, 1)
		plan.Script = append(plan.Script, slackfake.Step{Method: "conversations.history", Call: 2, Times: -1, Fault: slackfake.BadGateway})
		d := newDesk(t, plan)
		d.enqueue("al_1", "One")
		d.work(12 * time.Hour)
		if ids := d.noticeIDs(); len(ids) != 1 || !strings.Contains(d.told[0].Detail, "newswatch outbox resend al_1") {
			t.Errorf("operators read %+v, want one notice that says what to do", d.told)
		}
		if calls := len(d.slack.Journal()); calls > 40 {
			t.Errorf("%d calls in half a day of a failing look-up", calls)
		}
		if err := d.slack.SetPlan(slackfake.Plan{}); err != nil {
			t.Fatal(err)
		}
		d.work(2 * time.Hour)
		d.wantOnce(1)
		d.stop()
	})
}

// A start with a token that Slack refuses reads nothing: what stands there is read
// when it is mended, before anything is posted.
func TestOldStateWithABadToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{})
		d.enqueue("al_1", "One")
		d.work(time.Minute)
		d.stop()
		d.path = filepath.Join(t.TempDir(), "restored.db")
		d.slack.SetAuthError("invalid_auth")
		d.start()
		d.enqueue("al_1", "One")
		d.work(time.Minute)
		d.slack.SetAuthError("")
		d.work(3 * time.Hour)
		d.wantOnce(1)
		d.stop()
	})
}

// offline is a way out to which there is no connection while away says so.
type offline struct {
	notify.Channel
	away *bool
}

func (o offline) Recent(to string, since time.Time) notify.Reading {
	return offlineReading{o.Channel.Recent(to, since), o.away}
}

func (o offline) Post(ctx context.Context, d news.Delivery) (news.Receipt, error) {
	if *o.away {
		return news.Receipt{}, errAway
	}
	return o.Channel.Post(ctx, d)
}

type offlineReading struct {
	notify.Reading
	away *bool
}

func (o offlineReading) Next(ctx context.Context) ([]notify.Posted, bool, error) {
	if *o.away {
		return nil, true, errAway
	}
	return o.Reading.Next(ctx)
}

var errAway = &notify.Refusal{Kind: notify.RefusedRate, Reason: "no connection", RetryAfter: 10 * time.Second, Offline: true}

// A network that is away at the start keeps nothing from being read when it is back.
func TestOldStateWithoutANetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{})
		d.enqueue("al_1", "One")
		d.work(time.Minute)
		d.stop()
		d.path = filepath.Join(t.TempDir(), "restored.db")
		away := true
		d.wrap = func(c notify.Channel) notify.Channel { return offline{c, &away} }
		d.start()
		d.enqueue("al_1", "One")
		d.work(20 * time.Minute)
		away = false
		d.work(time.Minute)
		if got := d.delivery("al_1"); got.State != news.Sent {
			t.Errorf("al_1 is %s, want sent", got.State)
		}
		d.wantOnce(1)
		d.stop()
	})
}

// While a process waits for its turn to read what stands at a destination, it says so:
// another one may be able to send.
func TestUnreadyWhileReadingWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{})
		d.pacing.Read = 10 * time.Second
		if err := d.store.SyncDestinations(t.Context(), []string{destination, "slack:other"}); err != nil {
			t.Fatal(err)
		}
		d.turn() // one of the two has the first turn
		if got := d.outbox.Unready(); len(got) != 1 {
			t.Errorf("unready are %v, want one of two", got)
		}
		d.work(11 * time.Second)
		if got := d.outbox.Unready(); len(got) != 0 {
			t.Errorf("unready are %v when all is read, want none", got)
		}
		d.stop()
	})
}
