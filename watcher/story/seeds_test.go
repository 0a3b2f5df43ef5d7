package story_test

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"newswatch/watcher/story"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// limits are how the five reports on one round of talks may lie among others.
type limits struct {
	parts     int     // stories they lie in, at most
	strangers int     // items of another event in these stories, at most
	all       figures // floors over everything that was grouped, seeds and others
}

// seedLimits are the asserts of this file: one part and no stranger.
func seedLimits() map[string]limits {
	return map[string]limits{
		"hard set, full texts":          {1, 0, figures{0.88, 0.93}},
		"hard set, summaries":           {1, 0, figures{0.88, 0.93}},
		"week and hard set, full texts": {1, 0, figures{0.52, 0.80}},
		"week and hard set, summaries":  {1, 0, figures{0.46, 0.78}},
		"month, full texts":             {1, 0, figures{0.61, 0.85}},
		"month, summaries":              {1, 0, figures{0.56, 0.84}},
		"week, full texts":              {1, 0, figures{0.48, 0.79}},
		"week, summaries":               {1, 0, figures{0.45, 0.77}},
	}
}

// seedStory is the label of the five, and of items of the hard set on the same talks.
const seedStory = "witkoff-putin"

// seedRows are the five reports: as they came in full, with what a scraper left
// in them, or as a feed brings them, with a headline and a summary.
func seedRows(t *testing.T, summaries bool) []row {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(sharedDir(t, "seeds"), "*.txt"))
	seeds := []struct {
		published   string
		title, lead int // the lines they stand in; title 0: it has none
	}{
		{"2025-04-30T09:00:00Z", 1, 2},
		{"2025-04-30T12:00:00Z", 2, 3},
		{"2025-04-26T01:00:00Z", 7, 13},
		{"2025-04-26T08:00:00Z", 0, 1},
		{"2025-04-26T05:00:00Z", 0, 1},
	}
	if len(files) != len(seeds) {
		t.Skipf("found %d seed texts, want %d", len(files), len(seeds))
	}
	var rows []row
	for i, s := range seeds {
		text, err := os.ReadFile(files[i])
		if err != nil {
			t.Fatal(err)
		}
		r := row{
			ID: fmt.Sprint(i), Lang: "en", Source: fmt.Sprint("outlet ", i), Time: s.published, Story: seedStory, Text: string(text),
		}
		if lines := strings.Split(r.Text, "\n"); summaries {
			r.Title, r.Text = "", summary(strings.Join(lines[s.lead-1:], "\n"))
			if s.title > 0 {
				r.Title = lines[s.title-1]
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// summary is what a feed shows of a text.
func summary(text string) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(len(words), 45)], " ")
}

func form(summaries bool) string {
	if summaries {
		return "summaries"
	}
	return "full texts"
}

// TestSeedsInTheirWeek puts the five among what else was told in those days.
func TestSeedsInTheirWeek(t *testing.T) {
	t.Parallel()
	for _, summaries := range []bool{false, true} {
		name := "hard set, " + form(summaries)
		t.Run(name, func(t *testing.T) {
			others := slices.Concat(before(t, seedWeek), readLabelled(t, "hard"))
			checkSeeds(t, name, seedRows(t, summaries), others)
		})
	}
}

// TestSeedsAmongDistractors puts the five among reports of other years on the
// same countries and people, given other days; in the end with the hard set too.
func TestSeedsAmongDistractors(t *testing.T) {
	t.Parallel()
	others := distractors(t)
	for span, days := range map[string]int{"month": 30, "week": 7} {
		for _, summaries := range []bool{false, true} {
			name := span + ", " + form(summaries)
			t.Run(name, func(t *testing.T) {
				checkSeeds(t, name, seedRows(t, summaries), redated(others, days, summaries))
			})
		}
	}
	for _, summaries := range []bool{false, true} {
		name := "week and hard set, " + form(summaries)
		t.Run(name, func(t *testing.T) {
			checkSeeds(t, name, seedRows(t, summaries), slices.Concat(redated(others, 7, summaries), readLabelled(t, "hard")))
		})
	}
}

// seedWeek is when the week of the hard set begins.
const seedWeek = "2025-04-21T00:00:00Z"

// before are the days of a desk that came before a time: what is common is only
// known to one that has seen some news.
func before(t *testing.T, end string) []row {
	t.Helper()
	rows := readLabelled(t, "desk")
	begin := rows[len(rows)-1].item().Published
	until, err := time.Parse(time.RFC3339, end)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		at := rows[i].item().Published
		rows[i].Time = until.Add(at.Sub(begin) - time.Hour).Format(time.RFC3339)
	}
	return rows
}

// distractors are the public rows that a rule on these talks would hit.
func distractors(t *testing.T) (found []row) {
	t.Helper()
	hit := regexp.MustCompile(`(?i)\b(Russia|Putin|Ukraine|Crimea|ceasefire|envoy)`)
	for _, set := range []string{"allsides2021", "allsides_excerpt", "basil"} {
		for _, r := range readRows[row](t, filepath.Join(sharedDir(t, "stories"), set+".jsonl.gz")) {
			if hit.MatchString(r.Title + " " + r.Text) {
				found = append(found, r)
			}
		}
	}
	return found
}

// redated gives each story an hour somewhere in so many days up to the last of
// the seeds, at which all its reports come.
func redated(rows []row, days int, summaries bool) []row {
	end := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	rows = slices.Clone(rows)
	for i := range rows {
		r := &rows[i]
		h := fnv.New32a()
		h.Write([]byte(r.Story))
		hours := int(h.Sum32()>>8)%(days*24) + 1
		r.Time = end.Add(time.Duration(i%20-hours*60) * time.Minute).Format(time.RFC3339)
		if summaries {
			r.Text = summary(r.Text)
		}
	}
	return rows
}

// checkSeeds groups everything in the order of time, and says where the five are.
func checkSeeds(t *testing.T, name string, seeds, others []row) {
	t.Helper()
	rows := slices.Concat(seeds, others)
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID)) })
	stories, _ := group(rows, story.Config{})
	parts := map[string][]string{}
	for i, r := range rows {
		if slices.ContainsFunc(seeds, func(s row) bool { return s.ID == r.ID }) {
			parts[stories[i]] = append(parts[stories[i]], r.ID)
		}
	}
	var strangers, seen []string
	for i, r := range rows {
		if parts[stories[i]] != nil && r.Story != seedStory {
			strangers = append(strangers, r.ID)
		}
	}
	for _, ids := range parts {
		slices.Sort(ids)
		seen = append(seen, "{"+strings.Join(ids, ",")+"}")
	}
	slices.Sort(seen)
	t.Logf("%s: seeds %s among %d items, %d strangers %v", name, strings.Join(seen, " "), len(others), len(strangers), strangers)
	limit := seedLimits()[name]
	if len(parts) > limit.parts || len(strangers) > limit.strangers {
		t.Errorf("got the five in %d stories with %d items of other events, want at most %d with %d",
			len(parts), len(strangers), limit.parts, limit.strangers)
	}
	check(t, name, scoreRows(rows, byStory, stories), limit.all)
}
