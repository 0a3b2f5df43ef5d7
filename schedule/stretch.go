package schedule

import "time"

// stretch is a time in which the clocks of a zone are not set; the next one may
// go on as this one does. Its methods give and take readings of the wall clock as the same reading in UTC.
type stretch struct {
	loc        *time.Location
	start, end time.Time // zero: since ever, for ever
	offset     time.Duration
}

// stretchAt is the one in which a time lies.
func stretchAt(t time.Time, loc *time.Location) stretch {
	local := t.In(loc)
	_, offset := local.Zone()
	start, end := local.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		// The library takes leap years for a day shorter than they are: on their
		// last day it says that the stretch is over.
		end = t.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	}
	return stretch{loc, start, end, time.Duration(offset) * time.Second}
}

// next is the stretch after one that ends. The library may say of it that it
// began earlier: where a zone's last change on record is not by its rule for the
// years to come (Winamac in 2007), it goes by the rule.
func (s stretch) next() stretch {
	next := stretchAt(s.end, s.loc)
	next.start = s.end
	return next
}

// wall is what the clocks show at a time.
func (s stretch) wall(t time.Time) time.Time { return t.UTC().Add(s.offset) }

// instant is when the clocks show a reading, if they are not set before or were
// set after it.
func (s stretch) instant(reading time.Time) time.Time { return reading.Add(-s.offset) }

// lasts says whether the clocks are not set up to a time.
func (s stretch) lasts(t time.Time) bool { return s.end.IsZero() || t.Before(s.end) }

// widest is more than clocks were ever set back: 23 hours, on Kwajalein in 1969.
const widest = 26 * time.Hour

// shown is the latest reading that the clocks have shown by a time in the
// stretch: where they were set back not long before, one ahead of what they show.
func (s stretch) shown(t time.Time) time.Time {
	latest := s.wall(t)
	for !s.start.IsZero() && t.Sub(s.start) < widest {
		s = stretchAt(s.start.Add(-time.Nanosecond), s.loc)
		if last := s.wall(s.end).Add(-time.Nanosecond); last.After(latest) {
			latest = last
		}
	}
	return latest
}
