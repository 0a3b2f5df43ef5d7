package store

import (
	"testing"
	"time"
)

// A server's clock is known to half of how long its answer took; a slow answer does
// not spoil what a quick one said, and a clock that was set is followed all the same.
func TestServerClockAnswers(t *testing.T) {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	reads := func(c *serverClock, at time.Duration) time.Time {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.at.Add(at - c.when)
	}
	for name, m := range map[string]struct {
		answers [][3]time.Duration // what it showed since noon, and our times before and after
		at      time.Duration      // our time ...
		want    time.Duration      // ... and what it should be read as, since noon
		off     time.Duration      // at most
	}{
		"a quick answer":               {answers: [][3]time.Duration{{0, 0, 2 * time.Millisecond}}, at: time.Minute, want: time.Minute, off: time.Millisecond},
		"a slow first one":             {answers: [][3]time.Duration{{0, 0, 5 * time.Second}}, at: 5 * time.Second, want: 5 * time.Second, off: 2500 * time.Millisecond},
		"a slow one after a quick one": {answers: [][3]time.Duration{{0, 0, 2 * time.Millisecond}, {10 * time.Second, 10 * time.Second, 15 * time.Second}}, at: 15 * time.Second, want: 15 * time.Second, off: 20 * time.Millisecond},
		"a quick one after a slow one": {answers: [][3]time.Duration{{0, 0, 5 * time.Second}, {10 * time.Second, 10 * time.Second, 10*time.Second + 2*time.Millisecond}}, at: time.Minute, want: time.Minute, off: 2 * time.Millisecond},
		"set back, told by a slow one": {answers: [][3]time.Duration{{0, 0, 2 * time.Millisecond}, {-time.Hour, 10 * time.Second, 12 * time.Second}}, at: 12 * time.Second, want: 2*time.Second - time.Hour, off: time.Second},
		"slewed for an hour":           {answers: [][3]time.Duration{{0, 0, 2 * time.Millisecond}, {time.Hour + time.Second, time.Hour, time.Hour + 100*time.Millisecond}}, at: time.Hour, want: time.Hour + time.Second, off: 4 * time.Second},
		"our machine slept in between": {answers: [][3]time.Duration{{0, 0, 2 * time.Millisecond}}, at: 10 * time.Hour, want: 10 * time.Hour, off: time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			var c serverClock
			for _, a := range m.answers {
				c.answered(noon.Add(a[0]), a[1], a[2])
			}
			if got := reads(&c, m.at); got.Sub(noon.Add(m.want)).Abs() > m.off {
				t.Errorf("read as %v, want %v by %v at most", got, noon.Add(m.want), m.off)
			}
		})
	}
}
