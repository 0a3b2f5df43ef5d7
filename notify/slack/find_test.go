package slack_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/notify"
)

// stamp reads a message's timestamp.
func stamp(t *testing.T, ts string) time.Time {
	t.Helper()
	s, err := strconv.ParseFloat(ts, 64)
	if err != nil {
		t.Fatalf("timestamp %q: %v", ts, err)
	}
	return time.Unix(int64(s), 0)
}

// A look-up reads around its attempt, however much was written in the channel since;
// Slack's clock may be hours from ours.
func TestLookUpHasTwoEnds(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{0, 5 * time.Hour, -5 * time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			t.Parallel()
			var oldest, latest string
			c := answering(t, func(w http.ResponseWriter, r *http.Request) {
				oldest, latest = r.FormValue("oldest"), r.FormValue("latest")
				w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
				_, _ = w.Write([]byte(`{"ok":true,"messages":[]}`))
			})
			began := time.Now().Add(-72 * time.Hour)
			d := news.Delivery{
				ID: "al_1", Part: 1, Kind: news.KindAlert, Destination: "slack:C000000001", Attempts: 1, State: news.Sending,
				StartedAt: began, NotBefore: began.Add(75 * time.Second),
			}
			if _, found, err := c.Find(t.Context(), d); found || err != nil {
				t.Fatalf("got %t, %v", found, err)
			}
			from, to := stamp(t, oldest).Add(-ahead), stamp(t, latest).Add(-ahead)
			if before := began.Sub(from); before < 2*time.Hour || before > 3*time.Hour {
				t.Errorf("it reads from %v before the attempt", before)
			}
			if after := to.Sub(d.NotBefore); after < 2*time.Hour || after > 3*time.Hour {
				t.Errorf("it reads to %v after the quarantine", after)
			}
		})
	}
}

// A look-up that failed goes on where it was; one whose place Slack has forgotten
// begins anew, as does that of another attempt.
func TestLookUpGoesOn(t *testing.T) {
	t.Parallel()
	var asked []string
	fail := map[int]string{3: "ratelimited", 4: "internal_error", 6: "invalid_cursor"}
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.FormValue("cursor"))
		if code := fail[len(asked)]; code != "" {
			_, _ = fmt.Fprintf(w, `{"ok":false,"error":%q}`, code)
			return
		}
		page, _ := strconv.Atoi(r.FormValue("cursor"))
		if page == 4 {
			_, _ = w.Write([]byte(`{"ok":true,"messages":[{"ts":"1799735400.000100","metadata":{"event_payload":{"delivery_id":"al_1","part":1}}}]}`))
			return
		}
		_, _ = fmt.Fprintf(w, `{"ok":true,"messages":[],"has_more":true,"response_metadata":{"next_cursor":"%d"}}`, page+1)
	})
	d := news.Delivery{ID: "al_1", Part: 1, Kind: news.KindAlert, Destination: "slack:C000000001", Attempts: 1, StartedAt: time.Now()}
	for i, want := range []struct{ goesOn, found bool }{{goesOn: true}, {}, {goesOn: true}, {found: true}} {
		_, found, err := c.Find(t.Context(), d)
		if found != want.found || errors.Is(err, notify.ErrGoesOn) != want.goesOn || (err == nil) != found {
			t.Errorf("look %d: got %t, %v, want %+v", i+1, found, err, want)
		}
	}
	want := []string{"", "1", "2", "2", "2", "3", "", "1", "2", "3", "4"}
	if fmt.Sprint(asked) != fmt.Sprint(want) {
		t.Errorf("asked for the pages %q, want %q", asked, want)
	}
}
