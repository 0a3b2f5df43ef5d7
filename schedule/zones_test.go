package schedule_test

import (
	"archive/zip"
	"flag"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"newswatch/schedule"
)

var (
	zonesFrom = flag.Int("zones-from", 2026, "first year in which TestEveryZone looks at every slot")
	zonesTo   = flag.Int("zones-to", 2036, "the year before which it ends")
)

// form is a cron expression, and what it means in words of Go: the oracle does
// not read cron.
type form struct {
	spec    string
	matches func(day time.Time, hour, minute int) bool
}

func forms() []form {
	weekday := func(t time.Time) bool { return t.Weekday() >= time.Monday && t.Weekday() <= time.Friday }
	return []form{
		{"0 * * * *", func(_ time.Time, _, m int) bool { return m == 0 }},
		{"30 2 * * *", func(_ time.Time, h, m int) bool { return h == 2 && m == 30 }},
		{"15 0,8,12,17 * * MON-FRI", func(day time.Time, h, m int) bool {
			return m == 15 && (h == 0 || h == 8 || h == 12 || h == 17) && weekday(day)
		}},
		{"*/15 0,2 * * *", func(_ time.Time, h, m int) bool { return m%15 == 0 && (h == 0 || h == 2) }},
		{"0 0,9 31 * *", func(day time.Time, h, m int) bool { return m == 0 && (h == 0 || h == 9) && day.Day() == 31 }},
	}
}

// readings are all wall-clock readings of a form from one midnight to another,
// minute by minute, in seconds.
func (f form) readings(from, to time.Time) (all []int64) {
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		for minute := range 24 * 60 {
			if f.matches(day, minute/60, minute%60) {
				all = append(all, day.Unix()+int64(minute)*60)
			}
		}
	}
	return all
}

// zones are the zones of the tz database that comes with Go, by their names.
func zones(t *testing.T) map[string]*time.Location {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatalf("where Go is: %v", err)
	}
	path := filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip")
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatalf("the tz database: %v", err)
	}
	defer archive.Close()
	all, known := map[string]*time.Location{}, map[string]bool{}
	names := 0
	for _, f := range archive.File {
		if f.FileInfo().IsDir() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		names++
		if known[string(data)] { // another name of the same zone
			continue
		}
		known[string(data)] = true
		if all[f.Name], err = time.LoadLocationFromTZData(f.Name, data); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
	}
	if names < 590 || len(all) < 330 {
		t.Fatalf("%d names of %d zones in %s, want them all", names, len(all), path)
	}
	t.Logf("%d zones under %d names", len(all), names)
	return all
}

// piece is a stretch of time in which a zone's clocks run on undisturbed, in
// seconds: end is the first instant of the next one.
type piece struct{ start, end, offset int64 }

// pieces finds them by looking at the clock every two hours.
func pieces(loc *time.Location, from, to int64) (all []piece) {
	offset := func(at int64) int64 {
		_, o := time.Unix(at, 0).In(loc).Zone()
		return int64(o)
	}
	now := piece{start: from, offset: offset(from)}
	for at := from; at < to; at += 7200 {
		next := min(at+7200, to)
		if offset(next) == now.offset {
			continue
		}
		low, high := at, next // changed after low, and by high
		for high-low > 1 {
			if mid := (low + high) / 2; offset(mid) == now.offset {
				low = mid
			} else {
				high = mid
			}
		}
		now.end = high
		all = append(all, now)
		now = piece{start: high, offset: offset(high)}
	}
	now.end = to
	return append(all, now)
}

// turn is what the oracle says of a slot.
type turn struct {
	at, reading int64 // the instant; the last reading that it stands for
	readings    int
}

// turns lets the clock run through its pieces: a reading is due when the clock
// first shows it, or stands beyond it.
func turns(clock []piece, readings []int64) (all []turn) {
	for _, p := range clock {
		for len(readings) > 0 && readings[0] < p.end+p.offset {
			at := max(readings[0]-p.offset, p.start)
			if n := len(all); n > 0 && all[n-1].at == at {
				all[n-1].reading = readings[0]
				all[n-1].readings++
			} else {
				all = append(all, turn{at, readings[0], 1})
			}
			readings = readings[1:]
		}
	}
	return all
}

// ticks are the instants at which the clock shows a reading, or has jumped over
// one, however often it does.
func ticks(clock []piece, readings []int64) (all []int64) {
	for i, p := range clock {
		from := p.start + p.offset
		if i > 0 {
			from = min(from, p.start+clock[i-1].offset)
		}
		first, _ := slices.BinarySearch(readings, from)
		for _, r := range readings[first:] {
			if r >= p.end+p.offset {
				break
			}
			if at := max(r-p.offset, p.start); len(all) == 0 || all[len(all)-1] != at {
				all = append(all, at)
			}
		}
	}
	return all
}

// margin is how much earlier than the slots the oracle begins to look at a clock.
const margin = 72 * 3600

// TestEveryZone walks through all slots of five cron expressions in every zone of
// the tz database over ten years: each wall-clock reading comes exactly once.
func TestEveryZone(t *testing.T) {
	t.Parallel()
	if raced {
		t.Skip("one goroutine a zone, and 13 million slots")
	}
	from, to := time.Date(*zonesFrom, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(*zonesTo, 1, 1, 0, 0, 0, 0, time.UTC)
	views := over(t, from.Add(-7*24*time.Hour), to.Add(7*24*time.Hour))
	var slots atomic.Int64
	eachZone(t, func(name string, loc *time.Location) error {
		clock := pieces(loc, from.Unix()-margin, to.Unix())
		for _, v := range views {
			n, err := compare(v.schedule, loc, from.Unix(), turns(clock, v.readings))
			slots.Add(int64(n))
			if err != nil {
				return fmt.Errorf("%s %q: %w", name, v.spec, err)
			}
		}
		return nil
	})
	t.Logf("%d slots", slots.Load())
}

// eachZone calls f for every zone, side by side.
func eachZone(t *testing.T, f func(name string, loc *time.Location) error) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for name, loc := range zones(t) {
		group.Go(func() error { return f(name, loc) })
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// compare lets a schedule give its slots from a time on and holds them against
// the oracle's.
func compare(s *schedule.Schedule, loc *time.Location, from int64, want []turn) (n int, err error) {
	for len(want) > 0 && want[0].at <= from {
		want = want[1:]
	}
	after := time.Unix(from, 0)
	for _, w := range want {
		got := s.Next(after, loc)
		if got.At.Unix() != w.at || got.Readings != w.readings || got.At.Nanosecond() != 0 {
			return n, fmt.Errorf("the slot after %s is %s for %d readings, want %s for %d",
				after.In(loc), got.At.In(loc), got.Readings, time.Unix(w.at, 0).In(loc), w.readings)
		}
		if n%64 > 0 && w.readings == 1 {
			n, after = n+1, got.At
			continue
		}
		if name := time.Unix(w.reading, 0).UTC().Format("2006-01-02T15:04 ") + loc.String(); got.Name != name {
			return n, fmt.Errorf("the slot after %s is called %q, want %q", after.In(loc), got.Name, name)
		}
		n += got.Readings
		after = got.At
	}
	return n, nil
}

// TestEveryChange looks at the three days around each time at which any zone's
// clocks were set since 1965, or will be until 2040: whole days that are skipped
// or come twice, changes by 20 minutes, two changes in a week.
func TestEveryChange(t *testing.T) {
	if raced {
		t.Skip("one goroutine a zone, and long")
	}
	t.Parallel()
	from, to := time.Date(1965, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	views := over(t, from, to)
	var changes atomic.Int64
	eachZone(t, func(name string, loc *time.Location) error {
		clock := pieces(loc, from.Unix()+2*margin, to.Unix()-2*margin)
		for i := range clock[1:] {
			changes.Add(1)
			for _, v := range views {
				if err := v.around(clock, i+1, loc); err != nil {
					return fmt.Errorf("%s %q: %w", name, v.spec, err)
				}
			}
		}
		return nil
	})
	t.Logf("%d changes of the clock", changes.Load())
}

// view is a schedule and its readings over decades.
type view struct {
	spec     string
	schedule *schedule.Schedule
	readings []int64
}

func over(t *testing.T, from, to time.Time) (views []view) {
	t.Helper()
	for _, f := range forms() {
		s, err := schedule.Parse(f.spec)
		if err != nil {
			t.Fatal(err)
		}
		views = append(views, view{f.spec, s, f.readings(from, to)})
	}
	return views
}

// around compares what a schedule gives around the start of a clock's piece.
func (v view) around(clock []piece, i int, loc *time.Location) error {
	change := clock[i].start
	first, _ := slices.BinarySearch(v.readings, change-2*margin)
	last, _ := slices.BinarySearch(v.readings, change+2*margin)
	var near []piece
	for _, p := range clock[max(i-4, 0):min(i+5, len(clock))] {
		if p.start = max(p.start, change-margin); p.start < p.end {
			near = append(near, p)
		}
	}
	readings := v.readings[first:last]
	for len(readings) > 0 && readings[0] < near[0].start+near[0].offset {
		readings = readings[1:]
	}
	from, to := change-margin/2, change+margin/2
	want := slices.DeleteFunc(turns(near, readings), func(t turn) bool { return t.at <= from || t.at > to })
	if _, err := compare(v.schedule, loc, from, want); err != nil {
		return err
	}
	if err := compareLatest(v.schedule, loc, from, to, want); err != nil {
		return err
	}
	wantTicks := slices.DeleteFunc(ticks(near, readings), func(at int64) bool { return at <= from || at > to })
	return compareTicks(v.schedule, loc, from, wantTicks)
}

func compareTicks(s *schedule.Schedule, loc *time.Location, from int64, want []int64) error {
	after := time.Unix(from, 0)
	for _, w := range want {
		got := s.Tick(after, loc)
		if got.Unix() != w {
			return fmt.Errorf("the tick after %s is %s, want %s", after.In(loc), got.In(loc), time.Unix(w, 0).In(loc))
		}
		after = got
	}
	return nil
}

func compareLatest(s *schedule.Schedule, loc *time.Location, from, to int64, want []turn) error {
	slot, missed, ok := s.Latest(time.Unix(from, 0), time.Unix(to, 0), loc)
	switch {
	case ok != (len(want) > 0):
		return fmt.Errorf("a latest slot before %s: %v, want %v", time.Unix(to, 0).In(loc), ok, !ok)
	case ok && (slot.At.Unix() != want[len(want)-1].at || missed != len(want)-1):
		return fmt.Errorf("the latest slot before %s is %s with %d missed, want %s with %d", time.Unix(to, 0).In(loc),
			slot.At.In(loc), missed, time.Unix(want[len(want)-1].at, 0).In(loc), len(want)-1)
	}
	return nil
}
