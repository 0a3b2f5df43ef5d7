package wording

import "time"

// Clock writes times for readers in one zone, as seen from now.
type Clock struct {
	Now  time.Time
	Zone *time.Location
}

// longAgo is how far off a time is told with its year.
const longAgo = 180 * 24 * time.Hour

// At is a time as short as it can be told, "-" for none.
func (c Clock) At(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	t, now := t.In(c.Zone), c.Now.In(c.Zone)
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format("15:04")
	case t.Sub(now).Abs() < longAgo:
		return t.Format("2 Jan 15:04")
	}
	return t.Format("2 Jan 2006")
}

// Day is the day of a time.
func (c Clock) Day(t time.Time) string {
	t, now := t.In(c.Zone), c.Now.In(c.Zone)
	if t.Sub(now).Abs() < longAgo {
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// Ago is a time with how long ago it was, or how long it is to it.
func (c Clock) Ago(t time.Time) string {
	switch d := c.Now.Sub(t); {
	case t.IsZero():
		return "never"
	case d > -time.Minute && d < 0:
		return c.At(t) + " (in " + Count(max(int(-d/time.Second), 1), "second", "seconds") + ")"
	case d >= 0 && d < time.Minute:
		return c.At(t) + " (just now)"
	case d < 0:
		return c.At(t) + " (in " + Span(-d) + ")"
	default:
		return c.At(t) + " (" + Span(d) + " ago)"
	}
}
