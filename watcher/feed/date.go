package feed

import "time"

func ParseDate(s string) (time.Time, bool) {
	for _, l := range []string{time.RFC1123Z, time.RFC1123, time.RFC3339} {
		if t, err := time.Parse(l, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
