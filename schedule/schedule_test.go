package schedule_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"newswatch/schedule"
)

func TestParseRefusesWhatWouldSurprise(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                      "empty",
		"TZ=UTC":                "timezone key",
		"CRON_TZ=UTC":           "timezone key",
		"CRON_TZ=UTC 0 8 * * *": "timezone key",
		"@every 5m":             "5m",
		"@every -5s":            "-5s",
		"500ms":                 "shorter",
		"0 0 31 2 *":            "never comes",
		"0 8 * *":               "not a cron expression",
		"0 25 * * *":            "not a cron expression",
		"every morning":         "not a cron expression",
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

// Each wall-clock slot comes exactly once, in order, over a year with both
// changes of the clock, in zones with unusual ones.
func TestNextGivesEachSlotOnce(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Kyiv", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/Santiago", "Asia/Tehran", "Pacific/Apia", "UTC"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range []string{"30 2 * * *", "0 0 * * *", "*/20 1-3 * * *"} {
			s, err := schedule.Parse(spec)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			end := at.AddDate(1, 0, 0)
			last := ""
			for {
				slot := s.Next(at, loc)
				if slot.At.After(end) {
					break
				}
				if seen[slot.Name] || slot.Name <= last && last != "" {
					t.Fatalf("%s %s: slot %s comes again after %s", zone, spec, slot.Name, last)
				}
				seen[slot.Name], last, at = true, slot.Name, slot.At
			}
			if len(seen) < 364 {
				t.Errorf("%s %s: %d slots in a year", zone, spec, len(seen))
			}
		}
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

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0 8 * * *", "TZ=", "@daily", "15m", "* * * * 7", "0 8 * * 1-7", "@every", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		s, err := schedule.Parse(spec)
		if err != nil {
			return
		}
		now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
		if next := s.Next(now, time.UTC); !next.At.IsZero() && !next.At.After(now) {
			t.Errorf("Next(%q) = %v, not after %v", spec, next, now)
		}
	})
}
