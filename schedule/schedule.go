// Package schedule says when something is due: it reads cron expressions and
// durations, and names the local wall-clock slots at which they fall. It is a
// leaf beside news and text: rules checks schedules with it, watcher polls by
// it, notify keys digests by its slots.
//
// robfig/cron/v3 parses the expressions. What it gets wrong is wrapped here: it
// panics on "TZ=UTC" without fields, skips the slot that falls into the gap of
// spring and fires twice in the repeated hour of autumn (its issues 541 and 537).
package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Shortest is the least duration between two turns of a schedule.
const Shortest = time.Second

// Schedule is a checked cron expression of five fields, or a duration.
type Schedule struct {
	cron  cron.Schedule
	every time.Duration
}

// Slot is one turn of a schedule. Its name is the wall clock's reading and zone
// ("2027-03-28T02:30 Europe/Kyiv"), which stays the same whatever the clock does:
// so a slot can be the key of what is sent in it.
type Slot struct {
	At   time.Time
	Name string
}

// Parse reads a cron expression of five fields (minute, hour, day of month,
// month, day of week, with names and @daily and its kin; 7 is Sunday too), or a
// duration of a second at least such as "15m". A zone in the expression and
// @every are refused: the zone is a key of its own.
func Parse(spec string) (s *Schedule, err error) {
	spec = strings.TrimSpace(spec)
	if spec == "" {
		return nil, errors.New("an empty schedule")
	}
	if d, err := time.ParseDuration(spec); err == nil {
		if d < Shortest {
			return nil, fmt.Errorf("%s is shorter than %s", spec, Shortest)
		}
		return &Schedule{every: d}, nil
	}
	if strings.Contains(spec, "TZ=") {
		return nil, errors.New("a zone has no place in a schedule; use the timezone key")
	}
	if strings.HasPrefix(spec, "@every") {
		return nil, fmt.Errorf("write the duration alone: %s", strings.TrimSpace(strings.TrimPrefix(spec, "@every")))
	}
	defer func() { // the library slices without looking
		if p := recover(); p != nil {
			s, err = nil, fmt.Errorf("%q is not a cron expression", spec)
		}
	}()
	parsed, err := cron.ParseStandard(sundays(spec))
	if err != nil {
		return nil, fmt.Errorf("%q is not a cron expression: %w", spec, err)
	}
	if parsed.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("%q never comes", spec)
	}
	return &Schedule{cron: parsed}, nil
}

// sundays writes a lone 7 in the day-of-week field as the 0 that the library
// knows; cron(8) has both.
func sundays(spec string) string {
	fields := strings.Fields(spec)
	if len(fields) != 5 {
		return spec
	}
	days := strings.Split(fields[4], ",")
	for i, d := range days {
		switch {
		case d == "7":
			days[i] = "0"
		case strings.HasSuffix(d, "-7"):
			days[i] = strings.TrimSuffix(d, "7") + "6,0"
		}
	}
	fields[4] = strings.Join(days, ",")
	return strings.Join(fields, " ")
}

// Next is the first slot after the given time. A wall-clock reading that the
// clock skips in spring stands for the first instant after the gap; one that it
// shows twice in autumn stands for the first of both.
func (s *Schedule) Next(after time.Time, loc *time.Location) Slot {
	if s.every > 0 {
		at := after.Truncate(s.every).Add(s.every)
		return Slot{At: at, Name: at.UTC().Format("2006-01-02T15:04:05Z")}
	}
	// The library counts wall-clock time as if it were UTC, where no clock ever
	// changes. A reading at or before that of after never means an instant after
	// it: a gap's reading means its end, a repeated one its first showing.
	wall := asUTC(after.In(loc))
	for {
		wall = s.cron.Next(wall)
		if wall.IsZero() {
			return Slot{}
		}
		if at := instant(wall, loc); at.After(after) {
			return Slot{At: at, Name: wall.Format("2006-01-02T15:04") + " " + loc.String()}
		}
	}
}

// Latest is the newest slot at or before now that lies after since, and how
// many others lie between the two; ok is false when there is none.
func (s *Schedule) Latest(since, now time.Time, loc *time.Location) (slot Slot, missed int, ok bool) {
	for next := s.Next(since, loc); !next.At.IsZero() && !next.At.After(now); next = s.Next(next.At, loc) {
		if ok {
			missed++
		}
		slot, ok = next, true
	}
	return slot, missed, ok
}

// asUTC is the same reading of the clock, in UTC.
func asUTC(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant is the first instant at which the clocks of loc show the reading, or
// the first one after the gap that swallowed it.
func instant(wall time.Time, loc *time.Location) time.Time {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), 0, 0, loc)
	if asUTC(at) != wall {
		return gapEnd(at, loc)
	}
	// time.Date does not promise which of two equal readings it takes: ask the
	// offset in force before for an earlier one.
	_, before := at.Add(-24 * time.Hour).Zone()
	if earlier := wall.Add(-time.Duration(before) * time.Second).In(loc); asUTC(earlier) == wall && earlier.Before(at) {
		return earlier
	}
	return at
}

// gapEnd is the transition next to an instant whose reading a gap swallowed.
func gapEnd(at time.Time, loc *time.Location) time.Time {
	start, end := at.In(loc).ZoneBounds()
	if end.IsZero() || !start.IsZero() && at.Sub(start).Abs() < end.Sub(at).Abs() {
		return start
	}
	return end
}
