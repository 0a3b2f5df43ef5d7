// Package schedule says when something is due: it reads cron expressions and
// durations, and names the local wall-clock slots at which they fall. It is a
// leaf beside news and text: rules checks schedules with it, watcher polls by
// it, notify keys digests by its slots.
//
// robfig/cron/v3 parses the expressions. What it gets wrong is done here: it
// panics on "TZ=UTC" without fields, skips the slot that falls into the gap of
// spring, fires twice in the repeated hour of autumn (its issues 541 and 537),
// knows no Sunday 7, gives up on a leap day that is more than five years away,
// and steps to the next slot second by second.
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

// longest bounds an expression in bytes: one that lists every minute, hour and
// day has half as many.
const longest = 600

// Schedule is a checked cron expression of five fields, or a duration.
type Schedule struct {
	cron  *cron.SpecSchedule // nil of a duration
	every time.Duration
}

// Slot is one turn of a schedule. Its name is the wall clock's reading and zone
// ("2027-03-28T02:30 Europe/Kyiv"), which stays the same whatever the clock does:
// so a slot can be the key of what is sent in it.
type Slot struct {
	At   time.Time
	Name string
	// Readings counts the readings of the schedule that this turn stands for. It
	// is 1 but where the clock skips several of them, in spring or over a whole
	// day: they fall on one instant and are one turn, named after the last.
	Readings int
}

// Parse reads a cron expression of five fields (minute, hour, day of month,
// month, day of week, with names and @daily and its kin; 7 is Sunday too), or a
// duration of a second at least such as "15m". A zone in the expression and
// @every are refused: the zone is a key of its own.
func Parse(spec string) (s *Schedule, err error) {
	spec = strings.TrimSpace(spec)
	switch {
	case spec == "":
		return nil, errors.New("an empty schedule")
	case len(spec) > longest:
		return nil, fmt.Errorf("a schedule of %d bytes is no cron expression", len(spec))
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
	fields, ok := parsed.(*cron.SpecSchedule)
	if !ok { // only for @every, which was refused
		return nil, fmt.Errorf("%q is not a cron expression", spec)
	}
	s = &Schedule{cron: fields}
	if s.following(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("%q never comes", spec)
	}
	return s, nil
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

// Next is the first slot after the given time. Each wall-clock reading of the
// schedule comes once, when the clocks of loc first show it or one past it: one
// that is skipped in spring stands for the first instant after the gap, one that
// is shown twice in autumn for the first of both. The zero Slot means never.
func (s *Schedule) Next(after time.Time, loc *time.Location) Slot {
	if s.every > 0 {
		at := s.turn(after)
		return Slot{At: at, Name: at.UTC().Format("2006-01-02T15:04:05Z"), Readings: 1}
	}
	now := stretchAt(after, loc)
	reading := s.following(now.shown(after))
	if reading.IsZero() {
		return Slot{}
	}
	slot := Slot{At: now.instant(reading), Readings: 1}
	for !now.lasts(slot.At) { // the clock is set before it comes to that
		now = now.next()
		slot.At = now.instant(reading)
	}
	if slot.At.Before(now.start) && now.start.After(after) { // it has jumped over it
		slot.At = now.start
		for {
			next := s.following(reading)
			if next.IsZero() || next.After(now.wall(now.start)) {
				break
			}
			reading = next
			slot.Readings++
		}
	}
	slot.Name = name(reading, loc)
	return slot
}

// name is the name of a reading.
func name(reading time.Time, loc *time.Location) string {
	var room [64]byte
	return string(append(append(reading.AppendFormat(room[:0], "2006-01-02T15:04"), ' '), loc.String()...))
}

// Tick is the next instant at which the clocks of loc show a reading of the
// schedule: as Next, but a reading that is shown twice counts twice. It is for
// work that goes on through the repeated hour, as polling does. The zero time
// means never.
func (s *Schedule) Tick(after time.Time, loc *time.Location) time.Time {
	if s.every > 0 {
		return s.turn(after)
	}
	now := stretchAt(after, loc)
	for reading := now.wall(after); ; {
		if reading = s.following(reading); reading.IsZero() {
			return time.Time{}
		}
		if at := now.instant(reading); now.lasts(at) {
			return at
		}
		// The clock is set before. Then it shows a reading of the schedule at
		// once, or has jumped over one, or goes on from what it shows then.
		last := now.wall(now.end)
		now = now.next()
		shows := now.wall(now.start)
		if shows.Before(last) {
			last = shows
		}
		if next := s.following(last.Add(-time.Nanosecond)); !next.IsZero() && !next.After(shows) {
			return now.start
		}
		reading = shows
	}
}

// Latest is the newest slot at or before now that lies after since, and how many
// others of the last year lie between the two; ok is false when there is none.
func (s *Schedule) Latest(since, now time.Time, loc *time.Location) (slot Slot, missed int, ok bool) {
	// A clock that was years behind must not cost millions of steps.
	if year := now.AddDate(-1, 0, 0); year.After(since) {
		if slot, missed, ok = s.latest(year, now, loc); ok {
			return slot, missed, true
		}
	}
	return s.latest(since, now, loc)
}

func (s *Schedule) latest(since, now time.Time, loc *time.Location) (slot Slot, missed int, ok bool) {
	for next := s.Next(since, loc); !next.At.IsZero() && !next.At.After(now); next = s.Next(next.At, loc) {
		if ok {
			missed++
		}
		slot, ok = next, true
	}
	return slot, missed, ok
}

// turn is the next whole multiple of a duration.
func (s *Schedule) turn(after time.Time) time.Time { return after.Truncate(s.every).Add(s.every) }
