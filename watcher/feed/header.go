package feed

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// freshness is how long an answer may be kept (RFC 9111, section 4.2), and what
// says so: max-age minus Age, else Expires minus the server's own Date, so that
// its clock does not matter. s-maxage is for shared caches, which we are not.
func freshness(h http.Header) (time.Duration, string) {
	age, aged := time.Duration(0), false
	for _, field := range h.Values("Cache-Control") {
		for d := range strings.SplitSeq(field, ",") {
			name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(d)), "=")
			switch strings.TrimSpace(name) {
			case "no-cache", "no-store":
				return 0, ""
			case "max-age":
				age, aged = seconds(strings.Trim(strings.TrimSpace(value), `"`)), true
			}
		}
	}
	if aged {
		return max(age-seconds(h.Get("Age")), 0), fmt.Sprintf("max-age=%d of the server", int64(age/time.Second))
	}
	expires, err := http.ParseTime(h.Get("Expires"))
	if err != nil {
		return 0, ""
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0, ""
	}
	return max(expires.Sub(date), 0), "Expires of the server"
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

// limitReset reads when a server that counts requests begins anew: in so many
// seconds, or at a Unix time. No standard has it, but Reddit and others do.
func limitReset(h http.Header, now time.Time) (time.Duration, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(h.Get("X-Ratelimit-Reset")), 64)
	if err != nil || math.IsNaN(n) || n < 0 {
		return 0, false
	}
	const oldest = 1e9 // of the Unix times that can be meant; as a wait it would be 31 years
	if n >= oldest {
		if date, err := http.ParseTime(h.Get("Date")); err == nil {
			now = date
		}
		n -= float64(now.Unix())
	}
	n = min(max(n, 0), maxRetryAfter.Seconds())
	return time.Duration(n * float64(time.Second)), true
}
