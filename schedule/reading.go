package schedule

import (
	"math/bits"
	"time"
)

// star marks a field of the library's that was written as * or */n.
const star = 1 << 63

// farthest is how many years ahead a reading may lie: 29 February skips the year
// 2100, and comes eight years after the one before.
const farthest = 8

// following is the next reading of a cron expression after one; zero: never.
// Readings are counted as if they were UTC, where no clock is ever set.
func (s *Schedule) following(reading time.Time) time.Time {
	t := reading.Truncate(time.Minute).Add(time.Minute)
	for last := t.Year() + farthest; t.Year() <= last; {
		year, month, day := t.Date()
		if s.cron.Month>>month&1 == 0 {
			t = time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC)
			continue
		}
		if s.onDay(t) {
			if hour, minute, ok := s.inDay(t.Hour(), t.Minute()); ok {
				return time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
			}
		}
		t = time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

// onDay says whether a day is one of the expression's. When both the day of the
// month and that of the week are given, one of them is enough, as in cron(8).
func (s *Schedule) onDay(t time.Time) bool {
	month, week := s.cron.Dom>>t.Day()&1 == 1, s.cron.Dow>>t.Weekday()&1 == 1
	if s.cron.Dom&star != 0 || s.cron.Dow&star != 0 {
		return month && week
	}
	return month || week
}

// inDay is the first of a day's readings from a time on.
func (s *Schedule) inDay(hour, minute int) (h, m int, ok bool) {
	if s.cron.Hour>>hour&1 == 1 {
		if m, ok := from(s.cron.Minute, minute, 60); ok {
			return hour, m, true
		}
	}
	h, ok = from(s.cron.Hour, hour+1, 24)
	m, _ = from(s.cron.Minute, 0, 60) // the library refuses an empty field
	return h, m, ok
}

// from is the first bit of a field that is set from a value on, below an end.
func from(field uint64, value, end int) (int, bool) {
	value += bits.TrailingZeros64(field >> value)
	return value, value < end
}
