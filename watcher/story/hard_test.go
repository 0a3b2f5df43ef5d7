package story_test

import (
	"fmt"
	"newswatch/watcher/story"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// labelled are the sets that were written for this test, with what the grouping
// must reach on them: floors a little under what was measured.
func labelled() map[string]struct{ stories, copies figures } {
	return map[string]struct{ stories, copies figures }{
		// Neighbouring events of one week: the same people on other days, the same
		// place with another event, the same verb with the sides changed.
		"hard": {stories: figures{0.60, 0.84}, copies: figures{1, 1}},
		// Ten days of a desk: follow-ups over days, look-alikes, columns, wraps. The
		// model was fitted on it too: TestQualityUnseen has its figures of unseen stories.
		"desk": {stories: figures{0.90, 0.94}, copies: figures{1, 1}},
	}
}

// TestLabelled holds the grouping to the floors on the sets of our own.
func TestLabelled(t *testing.T) {
	t.Parallel()
	for name, floor := range labelled() {
		t.Run(name, func(t *testing.T) {
			rows := readLabelled(t, name)
			stories, reports := group(rows, story.Config{})
			logMistakes(t, rows, stories)
			check(t, "stories", scoreRows(rows, byStory, stories), floor.stories)
			check(t, "copies", scoreRows(rows, byCopy, reports), floor.copies)
		})
	}
}

func readLabelled(t *testing.T, name string) []row {
	t.Helper()
	return readRows[row](t, filepath.Join("testdata", name+".jsonl"))
}

// TestLabels holds the labels themselves: a slip in them would teach the wrong.
func TestLabels(t *testing.T) {
	t.Parallel()
	for name := range labelled() {
		t.Run(name, func(t *testing.T) {
			byID := map[string]row{}
			last := ""
			for _, r := range readLabelled(t, name) {
				if _, twice := byID[r.ID]; twice || r.Story == "" || r.Title == "" || r.Source == "" || r.Lang == "" {
					t.Errorf("%s: not whole, or there twice: %+v", r.ID, r)
				}
				if !r.item().Dated || r.Time < last {
					t.Errorf("%s: time %q, want one that is not before %q", r.ID, r.Time, last)
				}
				byID[r.ID], last = r, r.Time
				if of, ok := byID[r.Copy]; !ok || of.Copy != of.ID || of.Story != r.Story {
					t.Errorf("%s is a copy of %q, which is %+v", r.ID, r.Copy, of)
				}
			}
		})
	}
}

// logMistakes prints each story of the grouping that holds items of several, and
// each labelled story that lies in several.
func logMistakes(t *testing.T, rows []row, stories []string) {
	t.Helper()
	held, labels, parts := map[string][]string{}, map[string]map[string]bool{}, map[string]map[string]bool{}
	note := func(of map[string]map[string]bool, key, value string) {
		if of[key] == nil {
			of[key] = map[string]bool{}
		}
		of[key][value] = true
	}
	for i, r := range rows {
		held[stories[i]] = append(held[stories[i]], r.Story+":"+r.ID)
		note(labels, stories[i], r.Story)
		note(parts, r.Lang+" "+r.Story, stories[i])
	}
	for id, items := range held {
		if len(labels[id]) > 1 {
			t.Logf("mixed: %s", strings.Join(items, ", "))
		}
	}
	var torn []string
	for label, in := range parts {
		if len(in) > 1 {
			torn = append(torn, fmt.Sprintf("%s in %d", label, len(in)))
		}
	}
	slices.Sort(torn)
	t.Logf("torn: %s", strings.Join(torn, ", "))
}
