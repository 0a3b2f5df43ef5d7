package feed

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTicksAreThoseOfTheSchedule asks for ticks in any order.
func TestTicksAreThoseOfTheSchedule(t *testing.T) {
	t.Parallel()
	epoch := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		every := time.Duration(rapid.IntRange(1, 7200).Draw(t, "seconds")) * time.Second
		ends := epoch.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "ends")) * time.Hour)
		next := func(after time.Time) time.Time {
			at := after.Truncate(every).Add(every)
			if at.Hour() == 3 { // a schedule with a hole
				at = at.Truncate(time.Hour).Add(time.Hour)
			}
			if at.After(ends) {
				return time.Time{}
			}
			return at
		}
		w := &ticker{next: next}
		for range 30 {
			at := epoch.Add(time.Duration(rapid.IntRange(-3600, 200_000).Draw(t, "at")) * time.Second)
			if got, want := w.after(at), next(at); !got.Equal(want) {
				t.Fatalf("after %v: got %v, want %v", at, got, want)
			}
		}
	})
}
