package health

import (
	"fmt"
	"slices"
	"time"

	"newswatch/notify/wording"
)

// What is silence depends on what a feed used to do.
const (
	day          = 24 * time.Hour
	leastLimit   = 3 * day  // no feed is silent sooner
	unknownLimit = 90 * day // of a feed whose cadence is not known
	leastMoments = 8        // fewer tell no cadence
	leastSpan    = day      // nor does a shorter time
	weekendsSpan = 14 * day // a longer time tells whether a feed rests at weekends
	hoursSpan    = 3 * day  // and this one, in which hours it works
)

// Cadence is how a feed used to bring news.
type Cadence struct {
	Known    bool
	Usual    time.Duration // the median time from one item to the next
	Pause    time.Duration // nine tenths of all time lie in pauses that are no longer: nights and weekends too
	Limit    time.Duration // quiet for longer, it is silent
	Weekends bool          // Saturdays and Sundays count: it works then, or its pauses are known to hold them
	FromHour int           // nine tenths of its items come from this hour, UTC,
	ToHour   int           // to this one; equal: round the clock, or not known
}

// CadenceOf learns a cadence from when items appeared, in Unix seconds, rising.
func CadenceOf(times []int64) Cadence {
	c := Cadence{Limit: unknownLimit}
	moments := slices.Compact(slices.Sorted(slices.Values(times)))
	for _, at := range moments {
		weekday := time.Unix(at, 0).UTC().Weekday()
		c.Weekends = c.Weekends || weekday == time.Saturday || weekday == time.Sunday
	}
	if len(moments) < leastMoments || span(moments) < leastSpan {
		return c
	}
	gaps := make([]time.Duration, len(moments)-1)
	for i := range gaps {
		gaps[i] = time.Duration(moments[i+1]-moments[i]) * time.Second
	}
	slices.Sort(gaps)
	c.Known, c.Usual, c.Pause = true, gaps[len(gaps)/2], pause(gaps, span(moments))
	c.Limit = limit(c.Pause)
	c.Weekends = c.Weekends || span(moments) >= weekendsSpan
	if span(moments) >= hoursSpan {
		c.FromHour, c.ToHour = hours(moments)
	}
	return c
}

func span(moments []int64) time.Duration {
	return time.Duration(moments[len(moments)-1]-moments[0]) * time.Second
}

// pause is the gap such that nine tenths of the time lie in gaps that are no
// longer. Counted by time, not by gap, a feed that brings ten items at once each
// week is one that pauses for a week, and every night counts for its length.
func pause(gaps []time.Duration, whole time.Duration) time.Duration {
	var sum time.Duration
	for _, g := range gaps {
		if sum += g; sum >= whole/10*9 {
			return g
		}
	}
	return gaps[len(gaps)-1]
}

// limit is three times the pauses that a feed is known to make; of long ones,
// which hold much chance already, twice and a week.
func limit(pause time.Duration) time.Duration {
	return max(leastLimit, min(3*pause, 2*pause+7*day))
}

// quiet is how long a feed has been quiet, without Saturdays and Sundays when
// they do not count: what is learned of a busy feed covers a few days only.
func (c Cadence) quiet(last, until time.Time) time.Duration {
	d := until.Sub(last)
	if c.Weekends || d > unknownLimit {
		return d
	}
	for at := last.UTC(); at.Before(until); {
		next := at.Truncate(day).Add(day)
		if next.After(until) {
			next = until
		}
		if weekday := at.Weekday(); weekday == time.Saturday || weekday == time.Sunday {
			d -= next.Sub(at)
		}
		at = next
	}
	return d
}

// hours is the shortest part of the day, in whole hours, into which nine tenths
// of the items fall; both are equal when it is longer than 18 hours.
func hours(moments []int64) (from, to int) {
	var count [24]int
	for _, at := range moments {
		count[time.Unix(at, 0).UTC().Hour()]++
	}
	for length := 1; length <= 18; length++ {
		for start := range 24 {
			n := 0
			for h := range length {
				n += count[(start+h)%24]
			}
			if n*10 >= len(moments)*9 {
				return start, (start + length) % 24
			}
		}
	}
	return 0, 0
}

// words is the cadence as a reader would say it: "about every 40 minutes".
func (c Cadence) words() string { return "about every " + period(c.Usual) }

// period writes a duration after "every": "minute", "40 minutes", "hour".
func period(d time.Duration) string {
	switch s := wording.Span(d); s {
	case "a minute", "1 minute":
		return "minute"
	case "60 minutes", "1 hour":
		return "hour"
	case "24 hours", "1 day":
		return "day"
	case "7 days":
		return "week"
	default:
		return s
	}
}

// Words is all that is known of a cadence, in the zone of its reader.
func (c Cadence) Words(zone *time.Location, now time.Time) string {
	if !c.Known {
		return "too few items to tell how often it brings something"
	}
	s := "something new " + c.words()
	if c.FromHour != c.ToHour {
		_, offset := now.In(zone).Zone()
		shift := offset / 3600
		s += fmt.Sprintf(", mostly from %d to %d h", (c.FromHour+shift+24)%24, (c.ToHour+shift+24)%24)
	}
	return s + fmt.Sprintf("; silent after %s without", wording.Span(c.Limit))
}
