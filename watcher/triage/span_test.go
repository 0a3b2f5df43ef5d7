package triage_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"newswatch/notify"
	"newswatch/watcher/triage"
)

func TestSpan(t *testing.T) {
	t.Parallel()
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 26, 16, 30, 0, 0, vienna) // a Thursday
	for said, want := range map[string]struct{ until, rest string }{
		"":                              {"2026-11-27 16:30", ""},
		"24h":                           {"2026-11-27 16:30", ""},
		"for 24h":                       {"2026-11-27 16:30", ""},
		"24 hours":                      {"2026-11-27 16:30", ""},
		"3d old news":                   {"2026-11-29 16:30", "old news"},
		"for 3 days because old":        {"2026-11-29 16:30", "old"},
		"3days, old":                    {"2026-11-29 16:30", "old"},
		"a week":                        {"2026-12-03 16:30", ""},
		"an hour":                       {"2026-11-26 17:30", ""},
		"2 weeks reason: seen":          {"2026-12-10 16:30", "seen"},
		"1h30m":                         {"2026-11-26 18:00", ""},
		"45 min":                        {"2026-11-26 17:15", ""},
		"90d":                           {"2027-02-24 16:30", ""},
		"until MON 08:00":               {"2026-11-30 08:00", ""},
		"until monday at 8:00 too loud": {"2026-11-30 08:00", "too loud"},
		"until next mon":                {"2026-11-30 00:00", ""},
		"until Thu 18:00":               {"2026-11-26 18:00", ""},
		"until Thu 08:00":               {"2026-12-03 08:00", ""},
		"until 18:00":                   {"2026-11-26 18:00", ""},
		"until 08:00":                   {"2026-11-27 08:00", ""},
		"till 8pm":                      {"2026-11-26 20:00", ""},
		"until tomorrow":                {"2026-11-27 00:00", ""},
		"until tomorrow noon":           {"2026-11-27 12:00", ""},
		"until next thu 08:00":          {"2026-12-03 08:00", ""},
		"until next thu 18:00":          {"2026-12-03 18:00", ""},
		"until on thu 08:00":            {"2026-12-03 08:00", ""},
		"until on thu 18:00":            {"2026-11-26 18:00", ""},
		"until this thu 18:00":          {"2026-11-26 18:00", ""},
		"until next mon 8":              {"2026-11-30 08:00", ""},
		"until MON 8":                   {"2026-11-30 08:00", ""},
		"until MON 8 too loud":          {"2026-11-30 08:00", "too loud"},
		"until MON at 8 pm, too loud":   {"2026-11-30 20:00", "too loud"},
		"until 8 pm":                    {"2026-11-26 20:00", ""},
		"until 2026-12-24 8":            {"2026-12-24 08:00", ""},
		"until 24 Dec 2026 8:00":        {"2026-12-24 08:00", ""},
		"until tonight":                 {"2026-11-26 20:00", ""},
		"until tonight 22:00":           {"2026-11-26 22:00", ""},
		"until this evening, seen":      {"2026-11-26 20:00", "seen"},
		"until evening":                 {"2026-11-26 20:00", ""},
		"until morning":                 {"2026-11-27 08:00", ""},
		"until tomorrow morning":        {"2026-11-27 08:00", ""},
		"until fri afternoon":           {"2026-11-27 15:00", ""},
		"until 2026-12-24":              {"2026-12-24 00:00", ""},
		"until 2026-12-24 06:30 feast":  {"2026-12-24 06:30", "feast"},
		"until 24 Dec":                  {"2026-12-24 00:00", ""},
		"until Jan 6 9:00":              {"2027-01-06 09:00", ""},
		"it is noise":                   {"2026-11-27 16:30", "it is noise"},
		"for being noise":               {"2026-11-27 16:30", "being noise"},
	} {
		until, rest, err := triage.Span(strings.Fields(said), triage.UsualMute, now, vienna)
		if got := until.In(vienna).Format("2006-01-02 15:04"); err != nil || got != want.until || strings.Join(rest, " ") != want.rest {
			t.Errorf("%q: until %s, rest %q, error %v; want %s, %q", said, got, rest, err, want.until, want.rest)
		}
	}
	for said, want := range map[string]string{
		"forever":          "for ever",
		"for ever":         "for ever",
		"91d":              "more than 90 days",
		"400d":             "more than 90 days",
		"0h":               "past",
		"24x":              "24x",
		"for 3 moons":      "3 moons",
		"until":            "Until when?",
		"until lunch":      "lunch",
		"until 25:00":      "25:00",
		"until 2026-11-26": "past",
		"until today":      "Until what time today? For example: until 18:00",
		"until MON 25":     "MON 25",
		"until MON 8x":     "MON 8x",
		"until 8":          "“8”",
		"until today 8:00": "past",
		"until this week":  "this week",
		"until next week":  "next week",
		"until 2027-11-26": "more than 90 days",
	} {
		_, _, err := triage.Span(strings.Fields(said), triage.UsualMute, now, vienna)
		if !errors.Is(err, notify.ErrAsked) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one that says %q", said, err, want)
		}
	}
}

// What was typed is foreign: whatever it is, it is read or refused, and what is
// read ends within the bounds.
func FuzzSpan(f *testing.F) {
	for _, seed := range []string{"24h noise", "until MON 08:00", "for a week", "until 24 Dec", "until 31 Feb 25:61", "0.0000001w", "until on on on", "until next"} {
		f.Add(seed)
	}
	now := time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, said string) {
		until, rest, err := triage.Span(strings.Fields(said), triage.UsualMute, now, time.UTC)
		if err != nil {
			if !errors.Is(err, notify.ErrAsked) {
				t.Fatalf("%q: %v is no mistake of the asker's", said, err)
			}
			return
		}
		if d := until.Sub(now); d < time.Minute || d > triage.Longest {
			t.Fatalf("%q lasts %s", said, d)
		}
		if len(rest) > len(strings.Fields(said)) {
			t.Fatalf("%q leaves %q", said, rest)
		}
	})
}
