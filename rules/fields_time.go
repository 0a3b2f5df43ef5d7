package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"newswatch/schedule"

	"go.yaml.in/yaml/v4"
)

const (
	hour = time.Hour
	day  = 24 * hour
)

// durationShape is a length of time within bounds.
type durationShape struct{ min, max time.Duration }

func (s durationShape) words() string {
	return fmt.Sprintf("a duration such as 30s, 15m, 4h, 2d or 1w, at most %s", shortDuration(s.max))
}

func (s durationShape) schema() map[string]any {
	length := map[string]any{"type": "string", "pattern": "^(0|" + durationPattern + ")$"}
	if s.min > 0 {
		return length
	}
	return map[string]any{"anyOf": []any{length, map[string]any{"const": 0}}} // 0 is no text in JSON
}

func (s durationShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	d, ok := Duration(v)
	switch {
	case !ok:
		r.refuse(n, "bad-duration", s.suggest(v), "%s must be a duration such as 30s, 15m, 4h, 2d or 1w, not %q", at, v)
	case d < s.min:
		r.refuse(n, "bad-duration", shortDuration(s.min), "%s must be at least %s", at, shortDuration(s.min))
	case d > s.max:
		r.refuse(n, "bad-duration", shortDuration(s.max), "%s must be at most %s", at, shortDuration(s.max))
	default:
		return d
	}
	return nil
}

// Duration reads numbers with units from years to milliseconds: 2w, 1h30m, 1.1s;
// a year has 365 days. At most 100 years.
func Duration(v string) (time.Duration, bool) {
	units := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": hour, "d": day, "w": 7 * day, "y": 365 * day}
	if v == "0" {
		return 0, true
	}
	total := 0.0
	for v != "" {
		digits := strings.TrimLeft(v, "0123456789.")
		f, err := strconv.ParseFloat(v[:len(v)-len(digits)], 64)
		if err != nil {
			return 0, false
		}
		rest := strings.TrimLeft(digits, "abcdefghijklmnopqrstuvwxyz")
		unit, ok := units[digits[:len(digits)-len(rest)]]
		if !ok {
			return 0, false
		}
		if total += f * float64(unit); total > float64(100*366*day) {
			return 0, false
		}
		v = rest
	}
	return time.Duration(total).Round(time.Millisecond), true
}

// shortDuration writes a duration with the largest unit that holds it evenly.
func shortDuration(d time.Duration) string {
	for _, u := range []struct {
		size time.Duration
		name string
	}{{day, "d"}, {hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if d >= u.size && d%u.size == 0 {
			return fmt.Sprintf("%d%s", d/u.size, u.name)
		}
	}
	return "0s"
}

// suggest mends a number without a unit, and units in words: "30 minutes".
func (s durationShape) suggest(v string) string {
	v = strings.Replace(strings.TrimRight(strings.ToLower(strings.TrimSpace(v)), "."), ",", ".", 1)
	if m := regexp.MustCompile(`^(\d+):(\d\d)$`).FindStringSubmatch(v); m != nil { // hours and minutes
		return strings.TrimSuffix(strings.TrimLeft(m[1], "0")+"h"+m[2]+"m", "00m")
	}
	m := regexp.MustCompile(`^-?(\d+(?:\.\d+)?)\s*([a-z]*)$`).FindStringSubmatch(v)
	if m == nil {
		return ""
	}
	if months, err := strconv.Atoi(m[1]); err == nil && (strings.HasPrefix(m[2], "mo") || m[2] == "mths") {
		return fmt.Sprintf("%dd", 30*months)
	}
	unit := m[2]
	if unit == "" {
		unit = "m"
		if s.max <= hour {
			unit = "s"
		} else if s.max > 7*day {
			unit = "h"
		}
		if s.max > 366*day {
			unit = "d"
		}
	}
	for _, u := range []string{"ms", "s", "m", "h", "d", "w"} {
		names := map[string]string{"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
		if unit == u || len(unit) > 1 && strings.HasPrefix(names[u], unit) || unit == "hrs" && u == "h" || unit == "mins" && u == "m" {
			return m[1] + u
		}
	}
	return ""
}

// cronShape is a cron expression of five fields.
type cronShape struct{}

func (cronShape) words() string {
	return `a cron expression of five fields such as "0 8 * * MON-FRI"`
}
func (cronShape) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^(" + cronPattern + ")$"}
}

const (
	cronPattern     = `@[a-z]+|[^\s:]+(\s+\S+){4}`
	durationPattern = `((\d+\.?\d*|\.\d+)(ms|s|m|h|d|w|y))+`
)

func (s cronShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if d, isDuration := Duration(v); isDuration {
		r.refuse(n, "bad-cron", cronEvery(d), "%s must be %s, not a duration", at, s.words())
		return nil
	}
	if _, err := schedule.Parse(v); err != nil {
		r.refuse(n, "bad-cron", fixCron(v), "%s must be %s%s", at, s.words(), cronWhy(v, err))
		return nil
	}
	return v
}

// cronWhy is what the cron parser says, without repeating the expression.
func cronWhy(v string, err error) string {
	if n := len(strings.Fields(v)); n != 5 && !strings.HasPrefix(v, "@") {
		return fmt.Sprintf("; the fields in %q are %d", v, n)
	}
	reason := err.Error()
	if _, after, ok := strings.Cut(reason, "cron expression: "); ok {
		reason = after
	}
	if _, after, ok := strings.Cut(reason, "failed to parse int from "); ok {
		word, _, _ := strings.Cut(after, ":")
		reason = word + " is no number, day or month"
	}
	return ": " + reason
}

// cronEvery is the cron expression nearest to a duration.
func cronEvery(d time.Duration) string {
	switch {
	case d >= day:
		return "0 8 * * *"
	case d >= hour:
		return fmt.Sprintf("0 */%d * * *", d/hour)
	case d >= time.Minute:
		return fmt.Sprintf("*/%d * * * *", d/time.Minute)
	}
	return "* * * * *"
}

// fixCron mends what people write instead of five fields.
func fixCron(v string) string {
	low := strings.ToLower(v)
	if m := regexp.MustCompile(`^(?:daily |every day )?(?:at )?(\d{1,2})[:.](\d{2})$`).FindStringSubmatch(low); m != nil {
		h, _ := strconv.Atoi(m[1])
		minute, _ := strconv.Atoi(m[2])
		return validCron(fmt.Sprintf("%d %d * * *", minute, h))
	}
	if m := regexp.MustCompile(`^(?:@every|every)\s+(\d+)\s*(\w+)$`).FindStringSubmatch(low); m != nil {
		if d, ok := Duration(durationShape{0, day}.suggest(m[1] + m[2])); ok {
			return validCron(cronEvery(d))
		}
	}
	for _, macro := range []string{"hourly", "daily", "weekly", "monthly"} {
		if bare(strings.TrimPrefix(low, "@")) == macro || strings.TrimPrefix(low, "every ")+"ly" == macro {
			return "@" + macro
		}
	}
	fields := strings.Fields(v)
	switch len(fields) {
	case 6:
		if s := validCron(strings.Join(fields[1:], " ")); s != "" {
			return s
		}
		return validCron(strings.Join(fields[:5], " "))
	case 5:
		return fixFields(fields)
	case 4:
		return validCron(v + " *")
	}
	return ""
}

// fixFields mends one field of five: minutes and hours in each other's place, a
// number past the end, a day's whole name.
func fixFields(fields []string) string {
	swapped := slices.Clone(fields)
	swapped[0], swapped[1] = fields[1], fields[0]
	if s := validCron(strings.Join(swapped, " ")); s != "" {
		return s
	}
	days := regexp.MustCompile(`[A-Za-z]+`).ReplaceAllStringFunc(fields[4], func(w string) string {
		if day := fixDay(w); day != "" {
			return day
		}
		return w
	})
	named := append(slices.Clone(fields[:4]), days)
	if s := validCron(strings.Join(named, " ")); s != "" {
		return s
	}
	for i, past := range map[int][2]string{0: {"60", "0"}, 1: {"24", "0"}} {
		wrapped := slices.Clone(fields)
		wrapped[i] = strings.Replace(wrapped[i], past[0], past[1], 1)
		if s := validCron(strings.Join(wrapped, " ")); s != "" {
			return s
		}
	}
	return ""
}

func validCron(spec string) string {
	if _, err := schedule.Parse(spec); err != nil {
		return ""
	}
	return spec
}

// pollShape is a cron expression or a duration.
type pollShape struct{}

func (pollShape) words() string { return `a duration such as 15m, or a cron expression of five fields` }
func (pollShape) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^(" + cronPattern + "|" + durationPattern + ")$"}
}

func (s pollShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if d, isDuration := Duration(v); isDuration && v != "0" {
		if d < schedule.Shortest || d > 30*day {
			r.refuse(n, "bad-duration", shortDuration(min(max(d, schedule.Shortest), 30*day)), "%s must be from %s to 30d", at, shortDuration(schedule.Shortest))
			return nil
		}
		if strings.ContainsAny(v, "dw") { // units that time.ParseDuration does not know
			return d.String()
		}
		return v
	}
	if _, err := schedule.Parse(v); err != nil {
		suggestion := durationShape{0, 7 * day}.suggest(strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(v), "@"), "every "))
		if suggestion == "" {
			suggestion = fixCron(v)
		}
		r.refuse(n, "bad-cron", suggestion, "%s must be %s%s", at, s.words(), cronWhy(v, err))
		return nil
	}
	return v
}

// clockShape is a time of day, read as minutes after midnight.
type clockShape struct{}

func (clockShape) words() string { return `a time of day such as "22:00"` }

func (clockShape) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$"}
}

func (s clockShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if m := regexp.MustCompile(`^([01]?\d|2[0-3]):([0-5]\d)$`).FindStringSubmatch(v); m != nil {
		h, _ := strconv.Atoi(m[1])
		minute, _ := strconv.Atoi(m[2])
		return h*60 + minute
	}
	r.refuse(n, "bad-time", fixClock(v), "%s must be %s, not %q", at, s.words(), v)
	return nil
}

// fixClock mends 7, 7am, 10 pm, 22.00, 22h00, 2200 and 24:00.
func fixClock(v string) string {
	m := regexp.MustCompile(`^(\d{1,2})[:.h]?(\d{2})?\s*(am|pm)?h?$`).FindStringSubmatch(strings.ToLower(strings.TrimSpace(v)))
	if m == nil {
		return ""
	}
	h, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi("0" + m[2])
	switch {
	case m[3] == "pm" && h < 12:
		h += 12
	case m[3] == "am" && h == 12, h == 24:
		h = 0
	}
	if h > 23 || minute > 59 {
		return ""
	}
	return fmt.Sprintf("%02d:%02d", h, minute)
}

// daysShape is all, or days of the week and spans of them.
type daysShape struct{}

func (daysShape) words() string { return "all, or days such as MON or MON-FRI" }

func (daysShape) schema() map[string]any {
	var names []string
	for d := time.Sunday; d <= time.Saturday; d++ {
		names = append(names, anyCase(d.String()[:3])+"("+anyCase(d.String()[3:])+")?")
	}
	day := "(" + strings.Join(names, "|") + ")"
	span := day + "(-" + day + ")?"
	one := map[string]any{"type": "string", "pattern": "^(" + anyCase("all") + "|" + span + "(\\s*,\\s*" + span + ")*)$"}
	return map[string]any{"anyOf": []any{one, map[string]any{"type": "array", "items": one}}}
}

// anyCase is the pattern of a word in any letter case, for programs that have
// no flag for it.
func anyCase(word string) string {
	var b strings.Builder
	for _, c := range word {
		fmt.Fprintf(&b, "[%c%c]", unicode.ToUpper(c), unicode.ToLower(c))
	}
	return b.String()
}

func (s daysShape) read(r *decoder, n *yaml.Node, at spot) any {
	entries := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		entries = n.Content
	}
	out, every := []time.Weekday{}, false
	for _, e := range entries {
		v, ok := r.text(e, at, s)
		if !ok {
			return nil
		}
		if strings.EqualFold(v, "all") {
			every = true
			continue
		}
		days, bad := spanOfDays(v)
		if bad != "" {
			r.refuse(e, "bad-day", fixDay(bad), "%s must be %s, not %q", at, s.words(), bad)
			return nil
		}
		out = append(out, days...)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if every || len(out) == 7 {
		return []time.Weekday{}
	}
	return out
}

// spanOfDays reads MON, monday, MON-FRI and MON,WED; bad is what it cannot read.
func spanOfDays(v string) (days []time.Weekday, bad string) {
	for part := range strings.SplitSeq(v, ",") {
		from, to, span := strings.Cut(strings.TrimSpace(part), "-")
		first, ok := weekday(from)
		last := first
		if span && ok {
			last, ok = weekday(to)
		}
		if !ok {
			return nil, strings.TrimSpace(part)
		}
		for d := first; ; d = (d + 1) % 7 {
			days = append(days, d)
			if d == last {
				break
			}
		}
	}
	return days, ""
}

func weekday(s string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := d.String(); strings.EqualFold(s, name) || strings.EqualFold(s, name[:3]) {
			return d, true
		}
	}
	return 0, false
}

func fixDay(v string) string {
	if from, to, span := strings.Cut(v, "-"); span {
		if first, last := fixDay(strings.TrimSpace(from)), fixDay(strings.TrimSpace(to)); len(first) == 3 && len(last) == 3 {
			return first + "-" + last
		}
	}
	switch strings.ToLower(v) {
	case "weekday", "weekdays", "workday", "workdays", "work days":
		return "MON-FRI"
	case "weekend", "weekends":
		return "SAT-SUN"
	case "every", "everyday", "daily", "*", "any", "every day":
		return "all"
	}
	var names []string
	for d := time.Sunday; d <= time.Saturday; d++ {
		names = append(names, d.String(), strings.ToUpper(d.String()[:3]))
	}
	if s := nearest(v, names); s != "" {
		return strings.ToUpper(s[:3])
	}
	if len(v) > 1 {
		for _, n := range names {
			if strings.HasPrefix(strings.ToLower(n), strings.ToLower(v[:2])) {
				return strings.ToUpper(n[:3])
			}
		}
	}
	return ""
}
