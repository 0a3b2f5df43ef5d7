package feedfake

import (
	"slices"
	"time"
)

// clock is how far the poller's clock was from the true one, and when. Who is told
// a wrong time cannot know which hour it is, and waits too long or too little when
// it is put right: that is held against nobody.
type clock []setting

type setting struct {
	at  time.Time
	off time.Duration
}

// off is how far the clock was from the true one at a time.
func (c clock) off(at time.Time) (off time.Duration) {
	for _, s := range c {
		if !s.at.After(at) {
			off = s.off
		}
	}
	return off
}

// shift is by how much the clock was put forward between two times; it is negative
// when it was put back.
func (c clock) shift(from, to time.Time) time.Duration { return c.off(to) - c.off(from) }

// reached says whether a poller that was told something at one time may take another
// time, up to which it has to wait, for come. Who was put forward takes it so too soon.
func (c clock) reached(until, told, now time.Time) bool {
	return !now.Add(max(c.shift(told, now), 0)).Before(until.Add(-tick))
}

// near says whether the clock was set about a time: an answer that came then may
// have been dated before the poller saw that.
func (c clock) near(t time.Time) bool {
	return slices.ContainsFunc(c, func(s setting) bool { return t.Sub(s.at).Abs() < clockWindow })
}

// clockWindow is how long a poller may take to see that its clock was set.
const clockWindow = 15 * time.Second

// SetClock tells the judge that the poller's clock is from now on so far from the
// true one; a negative offset means that it is slow.
func (f *Fake) SetClock(offset time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.judge.clock = append(f.judge.clock, setting{f.cfg.Now(), offset})
}
