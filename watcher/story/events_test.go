package story_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/story"
)

// plain speaks of rules and entities by their ids.
func plain() *story.Judge {
	same := func(id string) string { return id }
	return story.NewJudge(story.Names{Rule: same, Entity: same})
}

// tellAll makes one story of rows and lets it develop.
func tellAll(judge *story.Judge, rows []row) *news.Story {
	s := &news.Story{Version: 1}
	for _, r := range rows {
		m := news.Member{Item: r.item()}
		m.Item.Revise()
		if r.Copy != r.ID {
			m.CopyOf = r.Copy
		}
		if len(s.Members) == 0 {
			s.FirstAt = m.Item.Fetched
		} else if reason, ok := judge.Develop(s, m); ok {
			s.Version++
			s.Developments = append(s.Developments, news.Development{Version: s.Version, At: m.Item.Fetched, ItemID: m.Item.ID, Reason: reason})
		}
		s.Members = append(s.Members, m)
		s.LeadID = story.Lead(s)
	}
	return s
}

// events writes the events of a story as "a b | c".
func events(judge *story.Judge, s *news.Story) string {
	var parts []string
	for _, e := range judge.Events(s) {
		parts = append(parts, strings.Join(e.Items, " "))
	}
	return strings.Join(parts, " | ")
}

// TestSeedEvents holds that five reports on one run of talks are two events, the
// meeting and what was asked there, and that only the second one is told again.
func TestSeedEvents(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(sharedDir(t, "seeds"), "*.txt"))
	if len(files) != 5 {
		t.Skipf("found %d seed texts, want 5", len(files))
	}
	published := []string{"2025-04-30T09:00:00Z", "2025-04-30T12:00:00Z", "2025-04-26T01:00:00Z", "2025-04-26T08:00:00Z", "2025-04-26T05:00:00Z"}
	var rows []row
	for _, i := range []int{2, 4, 3, 0, 1} {
		text, err := os.ReadFile(files[i])
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row{ID: fmt.Sprint(i), Lang: "en", Source: fmt.Sprint("outlet ", i), Time: published[i], Text: string(text)})
	}
	checkTwoEvents(t, rows, "2 4 3 | 0 1", "0", "in the news again after 4 days")
}

// TestInventedEvents is the same for invented reports.
func TestInventedEvents(t *testing.T) {
	t.Parallel()
	rows := readRows[row](t, filepath.Join("testdata", "talks.jsonl"))
	checkTwoEvents(t, rows, "m1 m2 m3 | a1 a2", "a1", "in the news again after 4 days")
}

func checkTwoEvents(t *testing.T, rows []row, want, item, reason string) {
	t.Helper()
	s := tellAll(plain(), rows)
	if got := events(plain(), s); got != want {
		t.Errorf("got the events %q, want %q", got, want)
	}
	if len(s.Developments) != 1 || s.Developments[0].ItemID != item || s.Developments[0].Reason != reason {
		t.Errorf("got the developments %+v, want one by %s: %s", s.Developments, item, reason)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	opening := "Marlow and Osten sat down in Sarriko to talk about the Varn valley and its two dams."
	later := "Engineers of both sides measured the upper dam."
	for name, c := range map[string]struct {
		rows []row
		want string
	}{
		"none":           {nil, ""},
		"one":            {[]row{named("a", 0, opening)}, "a"},
		"over a night":   {[]row{named("a", 0, opening), named("b", 20, later)}, "a b"},
		"a later day":    {[]row{named("a", 0, opening), named("b", 20, "On Wednesday engineers of both sides measured the upper dam.")}, "a | b"},
		"a later date":   {[]row{named("a", 0, opening), named("b", 20, "Engineers measured the upper dam on 5 March.")}, "a | b"},
		"an earlier day": {[]row{named("a", 0, opening), named("b", 20, "On Tuesday engineers of both sides measured the upper dam.")}, "a b"},
		"after silence":  {[]row{named("a", 0, opening), named("b", 50, later)}, "a | b"},
		"a late report":  {[]row{named("a", 0, opening), named("b", 50, opening)}, "a b"},
		"late to the first": {
			[]row{named("a", 0, opening), named("b", 50, later), named("c", 100, opening)}, "a c | b",
		},
		"out of order": {[]row{named("b", 50, later), named("a", 0, opening)}, "a | b"},
		"a copy before its original": {
			[]row{named("a", 0, opening), named("b", 50, later), copied(named("c", 1, later), "b")}, "a c b",
		},
		"a copy": {[]row{named("a", 0, opening), copied(named("b", 50, later), "a")}, "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := events(plain(), tellAll(plain(), c.rows)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// named is a report without a headline, some hours after noon.
func named(id string, hours float64, text string) row {
	r := report("outlet "+id, hours, "", text)
	r.ID = id
	return r
}

func copied(r row, of string) row {
	r.Copy = of
	return r
}

func TestEventsHoldEachItemOnce(t *testing.T) {
	t.Parallel()
	var rows []row
	for i := range 40 {
		rows = append(rows, named(fmt.Sprint(i), float64(i*i%97*5), fmt.Sprintf("Report %d tells of the dam and of house %d.", i, i%7)))
	}
	var got []string
	last := time.Time{}
	for _, e := range plain().Events(tellAll(plain(), rows)) {
		if e.At.Before(last) {
			t.Errorf("the event of %s stands behind one of %s", e.At, last)
		}
		last = e.At
		got = append(got, e.Items...)
	}
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != len(rows) || len(got) != len(rows) {
		t.Errorf("got %d items, %d of them distinct, want %d", len(got), n, len(rows))
	}
}
