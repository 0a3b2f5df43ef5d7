package notify

import (
	"slices"
	"time"

	"newswatch/news"
)

// quietUntil says whether a time falls into quiet hours, and when those end.
// They are wall-clock times: on the days when the clock changes they are an hour
// longer or shorter.
func quietUntil(q *news.QuietHours, t time.Time, loc *time.Location) (end time.Time, quiet bool) {
	if q == nil || q.From == q.To {
		return time.Time{}, false
	}
	local := t.In(loc)
	// Hours that run over midnight belong to the day on which they began.
	for _, back := range []int{0, 1} {
		day := local.AddDate(0, 0, -back)
		if len(q.Days) > 0 && !slices.Contains(q.Days, day.Weekday()) {
			continue
		}
		from, to := atMinute(day, q.From, loc), atMinute(day, q.To, loc)
		if q.To < q.From {
			to = atMinute(day.AddDate(0, 0, 1), q.To, loc)
		}
		if !t.Before(from) && t.Before(to) {
			return to, true
		}
	}
	return time.Time{}, false
}

func atMinute(day time.Time, minute int, loc *time.Location) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), minute/60, minute%60, 0, 0, loc)
}
