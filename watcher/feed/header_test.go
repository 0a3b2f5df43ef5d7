package feed

import (
	"net/http"
	"testing"
	"time"

	"newswatch/news"
)

// FuzzHeaders reads what servers say of time: whatever it is, it is bounded.
func FuzzHeaders(f *testing.F) {
	f.Add("max-age=3600, public", "Mon, 01 Mar 2027 12:00:00 GMT", "Monday, 01-Mar-27 12:00:00 GMT", "120", "7200.5")
	f.Add("max-age=99999999999999999999", "0", "-1", "1e309", "Inf")
	f.Add(`max-age="`, "Mon Mar  1 12:00:00 2027", "Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT", "NaN")
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, control, date, expires, retry, reset string) {
		h := http.Header{
			"Cache-Control": {control}, "Date": {date}, "Expires": {expires}, "Age": {retry},
			"Retry-After": {retry}, "X-Ratelimit-Reset": {reset},
		}
		if d, says := freshness(h); d < 0 || d > 0 && says == "" {
			t.Errorf("fresh for %v, says %q", d, says)
		}
		if d, _ := retryAfter(h, now); d < 0 || d > maxRetryAfter {
			t.Errorf("retry after %v", d)
		}
		if d, _ := limitReset(h, now); d < 0 || d > maxRetryAfter {
			t.Errorf("limit reset after %v", d)
		}
		tm := timing{asked: now, now: now, every: time.Second}
		m := tm.good(h, true, &news.FeedMemory{})
		if m.Before(now.Add(floorValidated)) || m.After(now.Add(horizon)) {
			t.Errorf("next poll at %v", m)
		}
	})
}
