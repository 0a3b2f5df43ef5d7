package triage

import (
	"slices"
	"strings"
	"time"

	"newswatch/notify/wording"
	"newswatch/rules"
)

// untilUsage are examples of how long something lasts.
var untilUsage = []string{"24h", "3d", "2 weeks", "until 18:00", "until MON 08:00", "until 2026-12-24"}

// spanAlone is span for commands that say nothing else.
func (r *request) spanAlone(words []string, usual time.Duration) (until time.Time, err error) {
	until, rest, err := r.span(words, usual)
	if err == nil {
		err = r.allRead(rest)
	}
	return until, err
}

// span reads from the beginning of words how long something is to last, and gives
// the words behind it. Where they say nothing of it, it lasts as usual.
func (r *request) span(words []string, usual time.Duration) (until time.Time, rest []string, err error) {
	now := r.clock.Now
	if len(words) == 0 {
		return now.Add(usual), nil, nil
	}
	switch strings.ToLower(words[0]) {
	case "until", "till", "til", "to":
		until, rest, err = r.moment(words[1:])
	case "for":
		d, left, ok := length(words[1:])
		switch {
		case ok:
			until, rest = now.Add(d), left
		case len(words) > 1 && forever(words[1]):
			return until, nil, tooLong()
		case len(words) > 1 && digit(words[1]):
			return until, nil, badSpan(words)
		default: // for a reason
			until, rest = now.Add(usual), words[1:]
		}
	default:
		d, left, ok := length(words)
		switch {
		case ok:
			until, rest = now.Add(d), left
		case forever(words[0]):
			return until, nil, tooLong()
		case digit(words[0]), gone(words[0]):
			return until, nil, badSpan(words)
		case r.timely(words): // nobody means a reason by "tomorrow"
			until, rest, err = r.moment(words)
		default:
			until, rest = now.Add(usual), words
		}
	}
	if err != nil {
		return until, nil, err
	}
	return until, reason(rest), r.bounded(until)
}

// bounded refuses a time that is past or too far off.
func (r *request) bounded(until time.Time) error {
	switch d := until.Sub(r.clock.Now); {
	case d < time.Minute:
		return asked("%s is past; say a time to come.", r.until(until)).like(untilUsage...)
	case d > Longest:
		return asked("%s is more than %s away, which is the most.", r.until(until), wording.Span(Longest)).like("90d")
	}
	return nil
}

func tooLong() error {
	return asked("Nothing is muted, followed or paused for ever; at most for %s.", wording.Span(Longest)).like("90d")
}

// timely says whether words begin with a day or a time of day.
func (r *request) timely(words []string) bool {
	_, rest, dated := dayOf(words, r.clock.Now.In(r.clock.Zone))
	_, _, _, timed := timeOfDay(rest, dated)
	return dated || timed
}

// gone says whether a word is a time that lies behind us.
func gone(w string) bool {
	sign := strings.TrimLeft(w, "-+−")
	return strings.EqualFold(w, "yesterday") || sign != w && sign != "" && digit(sign)
}

func digit(w string) bool { return w[0] >= '0' && w[0] <= '9' }

func badSpan(words []string) error {
	return asked("I cannot read %s as a time.", quoted(strings.Join(words[:min(len(words), 4)], " "))).like(untilUsage...)
}

func forever(w string) bool {
	switch strings.ToLower(w) {
	case "forever", "ever", "good", "always", "permanently", "indefinitely":
		return true
	}
	return false
}

// reason drops what leads over to a reason.
func reason(words []string) []string {
	for len(words) > 0 {
		switch strings.ToLower(strings.TrimRight(words[0], ":,")) {
		case "because", "as", "reason", "since", "-", "–", "—", "":
			words = words[1:]
			continue
		}
		break
	}
	return words
}

// length reads a duration: 24h, 1h30m, 3 days, a week.
func length(words []string) (d time.Duration, rest []string, ok bool) {
	if len(words) == 0 {
		return 0, nil, false
	}
	first := strings.ToLower(strings.TrimRight(words[0], ".,;"))
	if d, ok := rules.Duration(first); ok && first != "0" {
		return d, words[1:], true
	}
	if number, unit := parted(first); number != "" && unit != "" {
		if d, ok := rules.Duration(number + shortUnit(unit)); ok && shortUnit(unit) != "" {
			return d, words[1:], true
		}
	}
	if len(words) < 2 {
		return 0, nil, false
	}
	unit := shortUnit(strings.ToLower(strings.TrimRight(words[1], ".,;")))
	switch first {
	case "a", "an", "one":
		first = "1"
	}
	if d, ok := rules.Duration(first + unit); ok && unit != "" {
		return d, words[2:], true
	}
	return 0, nil, false
}

// parted cuts "3days" into number and unit.
func parted(w string) (number, unit string) {
	unit = strings.TrimLeft(w, "0123456789.")
	return w[:len(w)-len(unit)], unit
}

func shortUnit(w string) string {
	switch w {
	case "m", "min", "mins", "minute", "minutes":
		return "m"
	case "h", "hr", "hrs", "hour", "hours":
		return "h"
	case "d", "day", "days":
		return "d"
	case "w", "week", "weeks":
		return "w"
	}
	return ""
}

// moment reads a time to come: MON 08:00, tomorrow morning, 18:00, 2026-12-24, 24 Dec
// 9:00. A time of day that has passed is tomorrow's, a weekday's next week's.
func (r *request) moment(words []string) (until time.Time, rest []string, err error) {
	if len(words) == 0 {
		return until, nil, asked("Until when?").like(untilUsage[3:]...)
	}
	if until, err = time.Parse(time.RFC3339, words[0]); err == nil {
		return until, words[1:], nil
	}
	now := r.clock.Now.In(r.clock.Zone)
	day, rest, dated := dayOf(words, now)
	hour, minute, rest, timed := timeOfDay(rest, dated)
	switch first := strings.ToLower(words[0]); {
	case !dated && !timed:
		return until, nil, badSpan(words)
	case dated && !timed && len(rest) > 0 && digit(rest[0]): // a time that nobody can read is no reason
		return until, nil, badSpan(words)
	case !timed && first == "tonight":
		hour = evening
	case !timed && first == "today":
		return until, nil, asked("Until what time today?").like("until 18:00", "until tomorrow")
	}
	at := func(day time.Time) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, r.clock.Zone)
	}
	until = at(day)
	if !until.After(now) {
		until = at(day.AddDate(0, 0, again(words, dated)))
	}
	return until, rest, nil
}

// again is after how many days that which words name comes again, 0: never.
func again(words []string, dated bool) int {
	switch {
	case !dated:
		return 1
	case weekday(words[0]) >= 0, leads(words) && weekday(words[1]) >= 0:
		return 7
	}
	return 0
}

// leads says whether the first word only leads to a day.
func leads(words []string) bool {
	return len(words) > 1 && slices.Contains([]string{"next", "on", "this"}, strings.ToLower(words[0]))
}

// dayOf reads a day from the beginning of words; without one it is today.
func dayOf(words []string, now time.Time) (day time.Time, rest []string, ok bool) {
	first := strings.ToLower(strings.TrimRight(words[0], ".,;"))
	switch first {
	case "today", "tonight":
		return now, words[1:], true
	case "tomorrow", "tmrw":
		return now.AddDate(0, 0, 1), words[1:], true
	case "this":
		if len(words) > 1 && partOfDay(words[1]) > 0 {
			return now, words[1:], true
		}
	}
	if leads(words) {
		day, rest, ok = dayOf(words[1:], now)
		if first == "next" && ok && day.Equal(now) { // nobody calls today so
			day = day.AddDate(0, 0, 7)
		}
		return day, rest, ok
	}
	if d := weekday(first); d >= 0 {
		return now.AddDate(0, 0, (d-int(now.Weekday())+7)%7), words[1:], true
	}
	if t, err := time.Parse(time.DateOnly, first); err == nil {
		return t, words[1:], true
	}
	return dateOf(words, now)
}

// dateOf reads 24 Dec or Dec 24, with or without the year.
func dateOf(words []string, now time.Time) (day time.Time, rest []string, ok bool) {
	if len(words) < 2 {
		return now, words, false
	}
	said := strings.ToLower(strings.TrimRight(words[0], ".,;") + " " + strings.TrimRight(words[1], ".,;"))
	for _, form := range []string{"2 Jan", "2 January", "Jan 2", "January 2"} {
		t, err := time.Parse(form, said)
		if err != nil {
			continue
		}
		rest = words[2:]
		if len(rest) > 0 {
			if y, err := time.Parse("2006", strings.TrimRight(rest[0], ".,;")); err == nil {
				return time.Date(y.Year(), t.Month(), t.Day(), 0, 0, 0, 0, now.Location()), rest[1:], true
			}
		}
		day = time.Date(now.Year(), t.Month(), t.Day(), 0, 0, 0, 0, now.Location())
		if day.Before(now.AddDate(0, 0, -1)) {
			day = day.AddDate(1, 0, 0)
		}
		return day, rest, true
	}
	return now, words, false
}

// weekday is the day that a word names, from 0 for Sunday, or -1.
func weekday(w string) int {
	w = strings.ToLower(strings.TrimRight(w, ".,;"))
	if len(w) < 3 {
		return -1
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.HasPrefix(strings.ToLower(d.String()), w) {
			return int(d)
		}
	}
	return -1
}

const evening = 20 // hours

// partOfDay is the hour for which a word stands, 0: for none.
func partOfDay(w string) int {
	switch strings.ToLower(strings.TrimRight(w, ".,;")) {
	case "morning":
		return 8
	case "noon", "midday":
		return 12
	case "afternoon":
		return 15
	case "evening":
		return evening
	}
	return 0
}

// timeOfDay reads a time such as 08:00, 8:30 pm, 18h, noon or evening from the
// beginning of words, with or without "at"; behind a day an hour alone will do.
func timeOfDay(words []string, dated bool) (hour, minute int, rest []string, ok bool) {
	left := words
	if len(left) > 1 && strings.EqualFold(left[0], "at") {
		left = left[1:]
	}
	if len(left) == 0 {
		return 0, 0, words, false
	}
	if hour = partOfDay(left[0]); hour > 0 {
		return hour, 0, left[1:], true
	}
	w := strings.ToUpper(strings.TrimRight(left[0], ".,;"))
	if w == "MIDNIGHT" {
		return 0, 0, left[1:], true
	}
	forms := []string{"15:04", "15.04", "3:04PM", "3PM", "15H", "15H04"}
	if dated {
		forms = append(forms, "15")
	}
	if len(left) > 1 {
		if half := strings.ToUpper(strings.TrimRight(left[1], ".,;")); half == "AM" || half == "PM" {
			w, left, forms = w+half, left[1:], []string{"3:04PM", "3PM"}
		}
	}
	for _, form := range forms {
		if t, err := time.Parse(form, w); err == nil {
			return t.Hour(), t.Minute(), left[1:], true
		}
	}
	return 0, 0, words, false
}
