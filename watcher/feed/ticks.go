package feed

import "time"

// ticker remembers the ticks of a schedule about the time that is looked at: a
// cron expression takes longer to read than all else that a poll decides.
type ticker struct {
	next  func(after time.Time) time.Time
	from  time.Time // ticks are all after it
	ticks []time.Time
}

// after is the first tick after a time; zero: there is none.
func (w *ticker) after(at time.Time) time.Time {
	if len(w.ticks) == 0 || at.Before(w.from) || w.far(at) {
		w.from, w.ticks = at, append(w.ticks[:0], w.next(at))
	}
	for _, tick := range w.ticks {
		if tick.After(at) {
			return tick
		}
	}
	for {
		last := w.ticks[len(w.ticks)-1]
		if last.IsZero() {
			return last
		}
		tick := w.next(last)
		if !tick.After(last) {
			return time.Time{}
		}
		w.ticks = append(w.ticks, tick)
		if tick.After(at) {
			return tick
		}
	}
}

// far says that a time lies so many ticks ahead that a leap is shorter.
func (w *ticker) far(at time.Time) bool {
	last := w.ticks[len(w.ticks)-1]
	return last.IsZero() || at.Sub(last) > 4*max(last.Sub(w.from)/time.Duration(len(w.ticks)), time.Second)
}
