package schedule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/robfig/cron/v3"
	"pgregory.net/rapid"

	"newswatch/schedule"
)

func TestParseRefusesWhatWouldSurprise(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                                      "empty",
		"TZ=UTC":                                "timezone key",
		"CRON_TZ=UTC":                           "timezone key",
		"CRON_TZ=UTC 0 8 * * *":                 "timezone key",
		"@every 5m":                             "5m",
		"@every -5s":                            "-5s",
		"500ms":                                 "shorter",
		"0 0 31 2 *":                            "never comes",
		"0 8 * *":                               "not a cron expression",
		"0 25 * * *":                            "not a cron expression",
		"every morning":                         "not a cron expression",
		strings.Repeat("0,", 500) + "0 * * * *": "bytes",
	}
	for spec, want := range tests {
		t.Run(spec, func(t *testing.T) {
			t.Parallel()
			_, err := schedule.Parse(spec)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Parse(%q) = %v, want an error with %q", spec, err, want)
			}
		})
	}
}

func TestNextNamesLocalSlots(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ spec, zone, after, at, name string }{
		"plain":           {"0 8,12 * * MON-FRI", "Europe/Vienna", "2026-11-20T11:30:00Z", "2026-11-23T07:00:00Z", "2026-11-23T08:00 Europe/Vienna"},
		"sunday is 7":     {"0 8 * * 7", "UTC", "2026-11-20T00:00:00Z", "2026-11-22T08:00:00Z", "2026-11-22T08:00 UTC"},
		"saturday to 7":   {"0 8 * * 6-7", "UTC", "2026-11-21T09:00:00Z", "2026-11-22T08:00:00Z", "2026-11-22T08:00 UTC"},
		"the gap":         {"30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-08T07:00:00Z", "2026-03-08T02:30 America/New_York"},
		"after the gap":   {"30 2 * * *", "America/New_York", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z", "2026-03-09T02:30 America/New_York"},
		"repeated, first": {"30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", "2026-11-01T05:30:00Z", "2026-11-01T01:30 America/New_York"},
		"repeated, once":  {"30 1 * * *", "America/New_York", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z", "2026-11-02T01:30 America/New_York"},
		"duration":        {"15m", "UTC", "2026-11-22T10:07:00Z", "2026-11-22T10:15:00Z", "2026-11-22T10:15:00Z"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := schedule.Parse(tt.spec)
			if err != nil {
				t.Fatal(err)
			}
			loc, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			after, _ := time.Parse(time.RFC3339, tt.after)
			got := s.Next(after, loc)
			if got.Name != tt.name || got.At.UTC().Format(time.RFC3339) != tt.at {
				t.Errorf("Next = %s %s, want %s %s", got.At.UTC().Format(time.RFC3339), got.Name, tt.at, tt.name)
			}
		})
	}
}

func TestLatestCountsWhatWasMissed(t *testing.T) {
	t.Parallel()
	s, err := schedule.Parse("0 8,12,17 * * *")
	if err != nil {
		t.Fatal(err)
	}
	since := time.Date(2026, 11, 19, 13, 0, 0, 0, time.UTC)
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	slot, missed, ok := s.Latest(since, now, time.UTC)
	if !ok || slot.Name != "2026-11-22T08:00 UTC" || missed != 7 {
		t.Errorf("Latest = %v, %d, %v; want 2026-11-22T08:00 UTC, 7, true", slot, missed, ok)
	}
	if _, _, ok := s.Latest(now, now.Add(time.Hour), time.UTC); ok {
		t.Error("Latest found a slot in an hour without one")
	}
}

// A clock that was half a century behind costs a year of steps.
func TestLatestCountsAYear(t *testing.T) {
	t.Parallel()
	s, err := schedule.Parse("0 * * * *")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	slot, missed, ok := s.Latest(time.Unix(0, 0), now, time.UTC)
	if !ok || slot.Name != "2026-11-22T09:00 UTC" || missed != 365*24-1 {
		t.Errorf("Latest = %v, %d, %v; want 2026-11-22T09:00 UTC, %d, true", slot, missed, ok, 365*24-1)
	}
	if s, err = schedule.Parse("0 8 29 2 *"); err != nil {
		t.Fatal(err)
	}
	slot, missed, ok = s.Latest(time.Unix(0, 0), now, time.UTC)
	if !ok || slot.Name != "2024-02-29T08:00 UTC" || missed != 13 {
		t.Errorf("Latest = %v, %d, %v; want 2024-02-29T08:00 UTC, 13, true", slot, missed, ok)
	}
}

// The year 2100 has no leap day.
func TestNextLeapDay(t *testing.T) {
	t.Parallel()
	s, err := schedule.Parse("0 8 29 2 *")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Next(time.Date(2096, 3, 1, 0, 0, 0, 0, time.UTC), time.UTC); got.Name != "2104-02-29T08:00 UTC" {
		t.Errorf("Next = %q, want 2104-02-29T08:00 UTC", got.Name)
	}
}

// On 30 December 2011 Samoa went to bed and woke up on the 31st.
func TestADayThatNeverWas(t *testing.T) {
	t.Parallel()
	apia, err := time.LoadLocation("Pacific/Apia")
	if err != nil {
		t.Fatal(err)
	}
	s, err := schedule.Parse("0 8,12 * * *")
	if err != nil {
		t.Fatal(err)
	}
	after := time.Date(2011, 12, 29, 12, 0, 0, 0, apia)
	for _, want := range []struct {
		name     string
		readings int
	}{{"2011-12-30T12:00 Pacific/Apia", 2}, {"2011-12-31T08:00 Pacific/Apia", 1}} {
		got := s.Next(after, apia)
		if got.Name != want.name || got.Readings != want.readings {
			t.Errorf("Next = %s for %d, want %s for %d", got.Name, got.Readings, want.name, want.readings)
		}
		after = got.At
	}
}

// Work that is not told by slots goes on through the repeated hour.
func TestTickRepeats(t *testing.T) {
	t.Parallel()
	york, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	s, err := schedule.Parse("*/30 * * * *")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	at := time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC) // 01:00 EDT
	for range 4 {
		at = s.Tick(at, york)
		got = append(got, at.In(york).Format("15:04 MST"))
	}
	if want := "01:30 EDT, 01:00 EST, 01:30 EST, 02:00 EST"; strings.Join(got, ", ") != want {
		t.Errorf("ticks at %s, want %s", strings.Join(got, ", "), want)
	}
}

// In UTC, where no clock is ever set, the library is right up to five years ahead.
func TestNextAgreesWithTheLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		field := func(name string, low, high int) string {
			n := rapid.IntRange(low, high)
			return rapid.OneOf(
				rapid.Just("*"),
				rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(n.Draw(t, "n")) }),
				rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("%d,%d", n.Draw(t, "a"), n.Draw(t, "b")) }),
				rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("*/%d", rapid.IntRange(1, high).Draw(t, "step")) }),
				rapid.Custom(func(t *rapid.T) string {
					from := n.Draw(t, "from")
					return fmt.Sprintf("%d-%d/%d", from, rapid.IntRange(from, high).Draw(t, "to"), rapid.IntRange(1, high).Draw(t, "step"))
				}),
			).Draw(t, name)
		}
		spec := strings.Join([]string{field("minute", 0, 59), field("hour", 0, 23), field("dom", 1, 31), field("month", 1, 12), field("dow", 0, 6)}, " ")
		library, err := cron.ParseStandard(spec)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "at"), 0).UTC()
		want := library.Next(at)
		s, err := schedule.Parse(spec)
		if err != nil {
			if !want.IsZero() {
				t.Fatalf("Parse(%q) = %v, but it comes at %v", spec, err, want)
			}
			return
		}
		if got := s.Next(at, time.UTC).At; !got.Equal(want) && !want.IsZero() {
			t.Errorf("%q after %v: %v, the library says %v", spec, at, got, want)
		}
	})
}

// Whatever is written into a rule file, it is read or refused at once, and what is
// read has turns that come one after the other.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"0 8 * * *", "TZ=", "@daily", "15m", "* * * * 7", "0 8 * * 1-7", "@every", "\x00", "@every 1s", "0 0 31 2 *", "0 0 29 2 */7",
		"*/0 * * * *", "0-99999999999999999999 * * * *", "1-1/9223372036854775807 * * * *", "? ? ? ? ?", "-1 * * * *", "0 0 1,,2 * *", "CRON_TZ= ",
	} {
		f.Add(s, int64(1_793_000_000))
	}
	york, err := time.LoadLocation("America/New_York")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, spec string, at int64) {
		s, err := schedule.Parse(spec)
		if err != nil {
			return
		}
		after := time.Unix(at%10_000_000_000, 0)
		next := s.Next(after, york)
		if !next.At.After(after) || next.Readings < 1 {
			t.Errorf("Next(%q) after %v = %+v", spec, after, next)
		}
		if tick := s.Tick(after, york); !tick.After(after) || tick.After(next.At) {
			t.Errorf("Tick(%q) after %v = %v, the slot is at %v", spec, after, tick, next.At)
		}
	})
}

func BenchmarkNext(b *testing.B) {
	kyiv, err := time.LoadLocation("Europe/Kyiv")
	if err != nil {
		b.Fatal(err)
	}
	for _, spec := range []string{"0 * * * *", "30 2 * * *", "0 8 29 2 *"} {
		b.Run(spec, func(b *testing.B) {
			s, err := schedule.Parse(spec)
			if err != nil {
				b.Fatal(err)
			}
			for at := time.Unix(1_793_000_000, 0); b.Loop(); {
				at = s.Next(at, kyiv).At
				if at.Year() > 2090 {
					at = time.Unix(1_793_000_000, 0)
				}
			}
		})
	}
}
