package feed_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"newswatch/watcher/feed"
)

func TestParseDate(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		// RFC 822 and its slips
		"Mon, 01 Mar 2027 09:30:00 GMT":         "2027-03-01T09:30:00Z",
		"Mon, 1 Mar 27 09:30 +0100":             "2027-03-01T08:30:00Z",
		"1 March 2027 9:30 PM":                  "2027-03-01T21:30:00Z",
		"Mon, 01 Mar 2027 09:30:00 GMT+02:00":   "2027-03-01T07:30:00Z",
		"Mon, 01 Mar 2027 09:30:00 -0500 (EST)": "2027-03-01T14:30:00Z",
		"Mon, 01 Mar 2027 24:00:00 GMT":         "2027-03-02T00:00:00Z",
		"Monday, March 1st, 2027, 12:05 a.m.":   "2027-03-01T00:05:00Z",
		"01-Mar-2027 09:30:00":                  "2027-03-01T09:30:00Z",
		// ISO 8601
		"2027-03-01T09:30:00.123456789Z": "2027-03-01T09:30:00Z",
		"2027-03-01t09:30z":              "2027-03-01T09:30:00Z",
		"20270301T093000Z":               "2027-03-01T09:30:00Z",
		"2027-060":                       "2027-03-01T00:00:00Z",
		"2027060":                        "2027-03-01T00:00:00Z",
		"20270301":                       "2027-03-01T00:00:00Z",
		"2027-03":                        "2027-03-01T00:00:00Z",
		"2027-03-01 09:30:00 +05:30":     "2027-03-01T04:00:00Z",
		// Unix time
		"1803893400":    "2027-03-01T09:30:00Z",
		"1803893400000": "2027-03-01T09:30:00Z",
		// zones by name
		"Mon, 01 Mar 2027 09:30:00 MSK":          "2027-03-01T06:30:00Z",
		"Mon, 01 Mar 2027 09:30:00 IST":          "2027-03-01T04:00:00Z",
		"Mon, 01 Mar 2027 09:30:00 JST":          "2027-03-01T00:30:00Z",
		"Mon, 01 Mar 2027 09:30:00 AEST":         "2027-02-28T23:30:00Z",
		"Thu, 01 Jul 2027 09:30:00 MEST":         "2027-07-01T07:30:00Z",
		"Thu, 01 Jul 2027 09:30:00 ET":           "2027-07-01T13:30:00Z",
		"Mon, 01 Mar 2027 09:30:00 Europe/Kyiv":  "2027-03-01T07:30:00Z",
		"Mon, 01 Mar 2027 09:30:00 XYZ":          "",
		"Mon, 01 Mar 2027 09:30:00 Mars/Olympus": "",
		// languages
		"Mo, 1 März 2027 09:30:00 +0100":     "2027-03-01T08:30:00Z",
		"lun., 01 févr. 2027 09:30:00 +0100": "2027-02-01T08:30:00Z",
		"lun, 01 ago 2027":                   "2027-08-01T00:00:00Z",
		"mar, 02 mar 2027 09:30:00 +0100":    "2027-03-02T08:30:00Z",
		"1 de dezembro de 2027":              "2027-12-01T00:00:00Z",
		"ma, 1 mrt 2027":                     "2027-03-01T00:00:00Z",
		"pon, 01 wrz 2027":                   "2027-09-01T00:00:00Z",
		"po, 1. října 2027":                  "2027-10-01T00:00:00Z",
		"1 июля 2027 г. 09:30":               "2027-07-01T09:30:00Z",
		"Пн, 01 січ. 2027 09:30:00 +0200":    "2027-01-01T07:30:00Z",
		"01 Ağu 2027":                        "2027-08-01T00:00:00Z",
		"2027. március 1.":                   "2027-03-01T00:00:00Z",
		"Δευ, 01 Μαρ 2027 09:30:00 +0200":    "2027-03-01T07:30:00Z",
		"2027年3月1日 下午9:30":                   "2027-03-01T21:30:00Z",
		"١ مارس ٢٠٢٧ 09:30":                  "2027-03-01T09:30:00Z",
		"1 मार्च 2027":                       "2027-03-01T00:00:00Z",
		"1 באוקטובר 2027":                    "",
		"1 אוקטובר 2027":                     "2027-10-01T00:00:00Z",
		"2027 m. kovo 1 d.":                  "",
		"1 kovo 2027":                        "2027-03-01T00:00:00Z",
		"Sen, 01 Agustus 2027 09:30:00 WIB":  "2027-08-01T02:30:00Z",
		"pet, 01 srpnja 2027":                "2027-07-01T00:00:00Z",
		// zones with several meanings
		"Thu, 01 Jul 2027 09:30:00 BST": "2027-07-01T08:30:00Z",
		"Mon, 01 Feb 2027 09:30:00 BST": "", // Bangladesh's, then
		"Mon, 01 Mar 2027 09:30:00 CST": "2027-03-01T15:30:00Z",
		"Mon, 01 Mar 2027 09:30:00 AMT": "", // Amazon or Armenia
		"Mon, 01 Mar 2027 09:30:00 SST": "", // Samoa or Singapore
		// numbers that are no Unix time
		"180389340": "", "18038934000": "", "1803893400.5": "",
		// numbers in some order
		"26/06/2027":       "2027-06-26T00:00:00Z",
		"06/26/2027":       "2027-06-26T00:00:00Z",
		"Mon, 03/01/2027":  "2027-03-01T00:00:00Z",
		"01.03.2027 09:30": "2027-03-01T09:30:00Z",
		"3/1/2027 9:30 PM": "2027-03-01T21:30:00Z",
		// nothing
		"": "", "now": "", "yesterday at noon": "", "013": "", "22013": "2022-01-13T00:00:00Z",
		"Mon, 31 Feb 2027 09:30:00 GMT": "", "2027-13-01": "", "2027-03-01T25:00:00Z": "", "2027-03-01T09:61:00Z": "",
		"2027-03-01T09:30:00+25:00": "", "12:30": "", "1 2 3 4 5": "", "Mar": "", "99999999999999999999": "",
	} {
		got, ok := feed.ParseDate(input)
		text := ""
		if ok {
			text = got.UTC().Format(time.RFC3339)
		}
		if text != want {
			t.Errorf("%q: got %q, want %q", input, text, want)
		}
	}
}

// TestDateLayoutsAndZones writes dates in all common forms and zones, and reads
// them back.
func TestDateLayoutsAndZones(t *testing.T) {
	t.Parallel()
	layouts := []string{
		"Mon, 02 Jan 2006 15:04:05", "Mon, 2 Jan 06 15:04:05", "Monday, 2 January 2006 15:04:05", "2 Jan 2006 15:04:05",
		"Jan 2, 2006 15:04:05", "Mon, Jan 2 2006 15:04:05", "Mon Jan _2 15:04:05 2006", "2006-01-02T15:04:05",
		"2006-01-02 15:04:05", "2006/01/02 15:04:05", "20060102T150405", "02-Jan-2006 15:04:05", "02.01.2006 15:04:05",
		"January 2, 2006 3:04:05 PM", "2006-01-02T15:04:05.000",
	}
	zones := map[string]int{ // minutes ahead of UTC
		"": 0, "Z": 0, " GMT": 0, " UTC": 0, " +0000": 0, " +0530": 330, "+05:30": 330, " -0930": -570, "-11:00": -660,
		" +1400": 840, " EST": -300, " EDT": -240, " CST": -360, " MDT": -360, " PST": -480, " CET": 60, " CEST": 120,
		" MSK": 180, " IST": 330, " JST": 540, " KST": 540, " HKT": 480, " AEST": 600, " NZDT": 780, " SAST": 120,
		" WIB": 420, " PKT": 300, " GMT+2": 120, " UTC+05:45": 345, " (CET)": 0, " +0100 (CET)": 60,
	}
	rapid.Check(t, func(t *rapid.T) {
		layout := rapid.SampledFrom(layouts).Draw(t, "layout")
		zone := rapid.SampledFrom(slices.Sorted(maps.Keys(zones))).Draw(t, "zone")
		local := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "second"), 0).UTC()
		if strings.Contains(layout, " 06 ") && (local.Year() < 1969 || local.Year() > 2068) {
			return // the century is not in it
		}
		if (strings.HasSuffix(layout, "2006") || strings.HasSuffix(layout, "PM")) && zone != "" && zone[0] != ' ' {
			return
		}
		input := local.Format(layout) + zone
		want := local.Add(-time.Duration(zones[zone]) * time.Minute)
		if got, ok := feed.ParseDate(input); !ok || !got.Equal(want) {
			t.Fatalf("%q: got %v, %v; want %v", input, got, ok, want)
		}
	})
}

// TestUnknownZones says that a name that stands for no zone never means UTC.
func TestUnknownZones(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Z]{3,5}`).Draw(t, "zone")
		got, ok := feed.ParseDate("Thu, 01 Jul 2027 09:30:00 " + name)
		if ok && got.Hour() == 9 && got.Minute() == 30 && !strings.Contains("GMT UTC WET UCT", name) {
			t.Fatalf("%s was read as UTC", name)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"Mon, 01 Mar 2027 09:30:00 GMT", "2027-03-01T09:30:00Z", "1803893400", "2004년 05월 28일", "1:2:3:4 (", "+-:/.", "lun., 01 févr."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := feed.ParseDate(s)
		if !ok {
			return
		}
		again, ok := feed.ParseDate(got.UTC().Format(time.RFC3339Nano))
		if got.Year() > 0 && got.Year() < 10000 && (!ok || !again.Equal(got)) {
			t.Errorf("%q: got %v, read again %v, %v", s, got, again, ok)
		}
	})
}
