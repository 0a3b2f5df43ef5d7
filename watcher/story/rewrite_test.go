package story_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"newswatch/watcher/story"
)

// rewritten are the two invented reports that tell one of the Valley Courier.
func rewritten(t *testing.T) (first, second row) {
	t.Helper()
	rows := readRows[row](t, filepath.Join("testdata", "talks.jsonl"))
	return rows[3], rows[4]
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	swap := func(r row, pairs ...string) row {
		r.Title, r.Text = strings.NewReplacer(pairs...).Replace(r.Title), strings.NewReplacer(pairs...).Replace(r.Text)
		return r
	}
	first, second := rewritten(t)
	for name, c := range map[string]struct {
		second row
		want   string
	}{
		"rewrite":         {second, first.ID},
		"no source":       {swap(second, "According to the Valley Courier, envoy", "Envoy", ", the Courier reports,", ""), ""},
		"another source":  {swap(second, "Valley Courier", "Upper Gazette", "the Courier reports", "the Gazette reports"), ""},
		"own report":      {withSource(second, "Valley Courier"), ""},
		"same outlet":     {withSource(second, first.Source), ""},
		"days later":      {withTime(second, "2031-03-11T12:00:00Z"), ""},
		"without a time":  {withTime(second, ""), ""},
		"other words":     {swap(second, "not for sale", "ours for ever", "last paper", "final word"), ""},
		"one in common":   {swap(second, "last paper", "final word"), ""},
		"in its opening":  {swap(second, "”", ""), ""},
		"another subject": {unlike(second), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := story.New(story.Config{})
			g.Add(first.item(), nil)
			if p := g.Add(c.second.item(), nil); p.CopyOf != c.want {
				t.Errorf("got a copy of %q (%s), want of %q", p.CopyOf, p.Why, c.want)
			}
		})
	}
}

func withSource(r row, source string) row {
	r.Source = source
	return r
}

func withTime(r row, at string) row {
	r.Time = at
	return r
}

// unlike keeps a report's source and quotations, and nothing else of its words.
func unlike(r row) row {
	r.Title = "Goat wins the spring fair at Lemba"
	r.Text = "According to the Valley Courier, a goat named Biscuit has won the spring fair on the island of Lemba, the first animal ever to do so. " +
		strings.Repeat("Its keeper fed it on seaweed and played it songs every evening until the whole harbour sang along. ", 8) +
		"The goat is “not for sale”, she wrote in a “last paper” to her buyers."
	return r
}

// TestRewriteAfterRestart holds that what was placed before is compared as well.
func TestRewriteAfterRestart(t *testing.T) {
	t.Parallel()
	first, second := rewritten(t)
	g := story.New(story.Config{})
	g.Restore(first.item(), nil, "s1", "")
	if p := g.Add(second.item(), nil); p.CopyOf != first.ID || p.StoryID != "s1" || !strings.Contains(p.Why, "North Coast Chronicle in other words") {
		t.Errorf("got %+v, want a copy of %s in s1", p, first.ID)
	}
}

// TestSeedRewrite holds that of five reports on one run of talks only the two are
// one report that both tell from one agency.
func TestSeedRewrite(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(sharedDir(t, "seeds"), "*.txt"))
	if len(files) != 5 {
		t.Skipf("found %d seed texts, want 5", len(files))
	}
	published := []string{"2025-04-30T09:00:00Z", "2025-04-30T12:00:00Z", "2025-04-26T01:00:00Z", "2025-04-26T08:00:00Z", "2025-04-26T05:00:00Z"}
	g := story.New(story.Config{})
	copies := ""
	for _, i := range []int{2, 4, 3, 0, 1} {
		text, err := os.ReadFile(files[i])
		if err != nil {
			t.Fatal(err)
		}
		p := g.Add(row{ID: fmt.Sprint(i), Lang: "en", Source: fmt.Sprint("outlet ", i), Time: published[i], Text: string(text)}.item(), nil)
		copies += p.CopyOf + ";"
	}
	if want := ";;;;0;"; copies != want {
		t.Errorf("got copies %q, want %q", copies, want)
	}
}

// TestNoRewriteInPublicSets holds that rewrites stay rare where no two reports are
// labelled as one: the only one found was read, and is one.
func TestNoRewriteInPublicSets(t *testing.T) {
	t.Parallel()
	for set, most := range map[string]int{"basil": 1, "allsides2021": 0, "allsides_excerpt": 0, "ecbplus": 0} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			g := story.New(story.Config{})
			found := 0
			for _, r := range readRows[row](t, filepath.Join(sharedDir(t, "stories"), set+".jsonl.gz")) {
				if p := g.Add(r.item(), nil); strings.Contains(p.Why, "in other words") {
					found++
				}
			}
			t.Logf("%s: %d rewrites", set, found)
			if found > most {
				t.Errorf("got %d rewrites, want at most %d", found, most)
			}
		})
	}
}
