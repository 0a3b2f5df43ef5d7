package feedfake

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The bounds that the rules name.
const (
	floorValidated = 15 * time.Minute
	floorBare      = 60 * time.Minute
	floorSlack     = time.Minute
	freshnessCap   = 5 * time.Hour
	ladderStart    = 15 * time.Minute
	ladderCap      = 24 * time.Hour
	retryCap       = 7 * 24 * time.Hour
	silentHold     = 6 * time.Hour // longest hold on a host that names no time
	blockedFor     = 4 * time.Hour
	goneAfter      = 6 * time.Hour // from the first 410 to the one that counts
	healthyGap     = 6 * time.Hour // longest wait for a feed that is well and asks for none
	tick           = time.Second   // what two clocks may differ
)

// hints are what a document says of when to ask.
type hints struct {
	wait  time.Duration
	hours uint32 // bit h: not in hour h, GMT
	days  uint8  // bit d: not on weekday d, GMT
}

func hintsOf(h Hint) hints {
	switch h {
	case TTLHour:
		return hints{wait: time.Hour}
	case TTLLong:
		return hints{wait: 3 * time.Hour}
	case SyHalf:
		return hints{wait: 30 * time.Minute}
	case SySix:
		return hints{wait: 6 * time.Hour}
	case SkipNight:
		return hints{hours: 0b11111}
	case SkipEnd:
		return hints{days: 1<<time.Saturday | 1<<time.Sunday}
	}
	return hints{} // a ttl out of bounds and hours that leave none mean nothing
}

// skips says whether a document asks not to be asked at a time.
func (h hints) skips(t time.Time) bool {
	t = t.UTC()
	return h.hours>>t.Hour()&1 == 1 || h.days>>int(t.Weekday())&1 == 1
}

// next is the first time at or after t that is not skipped.
func (h hints) next(t time.Time) time.Time {
	for range 24 * 8 {
		if !h.skips(t) {
			return t
		}
		t = t.Truncate(time.Hour).Add(time.Hour)
	}
	return t
}

// freshness is how long an answer is fresh for a private cache (RFC 9111,
// section 4.2), as far as a feed may ask for that.
func freshness(h http.Header) time.Duration {
	control := strings.ToLower(strings.Join(h.Values("Cache-Control"), ","))
	age := time.Duration(-1)
	for part := range strings.SplitSeq(control, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "no-cache", "no-store":
			return 0
		case "max-age":
			if n, err := strconv.Atoi(value); err == nil {
				age = time.Duration(n) * time.Second
			}
		}
	}
	if age < 0 {
		expires, err := http.ParseTime(h.Get("Expires"))
		date, dateErr := http.ParseTime(h.Get("Date"))
		if err != nil || dateErr != nil {
			return 0
		}
		age = expires.Sub(date)
	} else if spent, err := strconv.Atoi(h.Get("Age")); err == nil {
		age -= time.Duration(spent) * time.Second
	}
	return min(max(age, 0), freshnessCap)
}

// retryAfter is how long an answer asks to be left alone, 0 when it does not
// say, or nothing that can be obeyed.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		if n > int64(retryCap/time.Second) {
			return retryCap
		}
		return time.Duration(max(n, 0)) * time.Second
	}
	at, err := http.ParseTime(v)
	date, dateErr := http.ParseTime(h.Get("Date"))
	if err != nil || dateErr != nil {
		return 0
	}
	return min(max(at.Sub(date), 0), retryCap)
}

// ladder is the least wait after the n-th failure in a row.
func ladder(n int) time.Duration {
	return min(ladderStart<<min(max(n-1, 0), 10), ladderCap)
}
