package feed

import (
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Bounds on when a feed is asked again. A server's wish is a lower bound; the
// caps keep one typo from silencing a feed.
const (
	floorValidated = 15 * time.Minute // feeds that let us ask cheaply
	floorBare      = 60 * time.Minute // feeds that send all every time
	floorSlack     = time.Minute      // polls start late; without it a 15 minute wish would become 30
	maxFreshness   = 5 * time.Hour    // year-long max-age values are seen in the wild
	maxRetryAfter  = 7 * 24 * time.Hour
	ladderStart    = 15 * time.Minute
	ladderCap      = 24 * time.Hour
	hostCap        = 6 * time.Hour // of our own hold on a host after 429
	blockedFor     = 4 * time.Hour // after 403: bot walls answer that
)

// timing is what decides when a feed is asked again.
type timing struct {
	now    time.Time
	wish   func(after time.Time) time.Time
	own    bool // the operator's own server: floors do not hold
	feedID string
}

// after is the first wish at or after a time. A wish that never comes is
// replaced by the time itself.
func (t timing) after(at time.Time) time.Time {
	if t.wish == nil {
		return at
	}
	w := t.wish(t.now)
	for i := 0; i < 8 && !w.IsZero() && w.Before(at); i++ {
		w = t.wish(w)
	}
	if !w.IsZero() && w.Before(at) {
		w = t.wish(at.Add(-time.Nanosecond))
	}
	if w.Before(at) {
		return at
	}
	return w
}

// interval is how long the operator would wait.
func (t timing) interval() time.Duration {
	return max(t.after(t.now.Add(time.Millisecond)).Sub(t.now), time.Second)
}

// spread is the feed's own delay behind its wish, up to a tenth of the interval:
// without it every feed of a cron schedule would be asked in the same second.
// It never changes, so the distance between polls stays as wished.
func (t timing) spread() time.Duration {
	if t.own || t.wish == nil {
		return 0
	}
	room := min(t.interval(), time.Hour) / 10
	return time.Duration(float64(room) * fraction(t.feedID))
}

// good is when to ask again after an answer that could be used.
func (t timing) good(h http.Header, validators bool, ttl time.Duration) time.Time {
	bound := max(min(freshness(h), maxFreshness), ttl)
	if wait, ok := retryAfter(h, t.now); ok {
		bound = max(bound, wait)
	}
	spread := t.spread()
	if !t.own {
		floor := floorBare
		if validators || h.Get("Cache-Control") != "" {
			floor = floorValidated
		}
		bound = max(bound, floor-floorSlack)
	}
	return t.after(t.now.Add(bound - spread)).Add(spread)
}

// bad is when to ask again after the n-th failure in a row.
func (t timing) bad(n, status int, h http.Header) time.Time {
	delay := t.ladder(n)
	if status == http.StatusForbidden && !t.own {
		delay = max(delay, blockedFor)
	}
	if wait, ok := retryAfter(h, t.now); ok {
		delay = max(delay, wait)
	}
	return t.now.Add(max(delay, t.interval()))
}

// ladder doubles the wait with each failure. Its jitter only ever adds, and is
// the same for the same feed.
func (t timing) ladder(n int) time.Duration {
	base := ladderStart
	if t.own {
		base = t.interval()
	}
	delay := min(base<<min(max(n-1, 0), 16), ladderCap)
	if delay <= 0 {
		delay = ladderCap
	}
	if t.own {
		return delay
	}
	return delay + time.Duration(float64(delay)*0.1*fraction(t.feedID))
}

// host is until when no feed of the host may be asked: after 429, and after 503
// that names a time. Zero: no hold.
func (t timing) host(n, status int, h http.Header) time.Time {
	wait, named := retryAfter(h, t.now)
	switch {
	case status == http.StatusTooManyRequests && !t.own:
		return t.now.Add(max(wait, min(t.ladder(n), hostCap)))
	case (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) && named:
		return t.now.Add(wait)
	}
	return time.Time{}
}

// freshness is how long an answer may be kept (RFC 9111, section 4.2): max-age
// minus Age, else Expires minus the server's own Date, so that its clock does
// not matter. s-maxage is for shared caches, which we are not.
func freshness(h http.Header) time.Duration {
	age, aged := time.Duration(0), false
	for _, field := range h.Values("Cache-Control") {
		for d := range strings.SplitSeq(field, ",") {
			name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(d)), "=")
			switch strings.TrimSpace(name) {
			case "no-cache", "no-store":
				return 0
			case "max-age":
				age, aged = seconds(strings.Trim(strings.TrimSpace(value), `"`)), true
			}
		}
	}
	if aged {
		return max(age-seconds(h.Get("Age")), 0)
	}
	expires, err := http.ParseTime(h.Get("Expires"))
	if err != nil {
		return 0
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(expires.Sub(date), 0)
}

// seconds reads delta-seconds (RFC 9111, section 1.2.2): what is too large
// counts as very long, what is no number as none.
func seconds(s string) time.Duration {
	s = strings.TrimSpace(s)
	n, err := strconv.ParseInt(s, 10, 64)
	const longest = int64(366 * 24 * 3600)
	if err != nil {
		if len(s) > 10 && strings.Trim(s, "0123456789") == "" {
			n = longest
		} else {
			return 0
		}
	}
	return time.Duration(min(max(n, 0), longest)) * time.Second
}

// retryAfter reads Retry-After (RFC 9110, section 10.2.3): seconds, or a date in
// any of the three forms, relative to the server's own Date.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0, false
	}
	if strings.Trim(v, "0123456789") == "" {
		return min(seconds(v), maxRetryAfter), true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}

// fraction is a stable number from 0 to 1 for a feed.
func fraction(id string) float64 {
	h := fnv.New32a()
	h.Write([]byte(id))
	return float64(h.Sum32()) / (1 << 32)
}
