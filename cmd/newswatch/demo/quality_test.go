package demo_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"newswatch/cmd/newswatch/demo"
	"newswatch/news"
	"newswatch/rules"
	"newswatch/watcher/feed"
	"newswatch/watcher/story"
)

// labels are what a reader of the day would say; testdata/labels.yaml.
type labels struct {
	Rules   map[string][]string
	Stories map[string][]string
	Copies  [][]string
}

func readLabels(t *testing.T) labels {
	t.Helper()
	src, err := os.ReadFile("testdata/labels.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var l labels
	if err := yaml.Load(src, &l, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	return l
}

// loadRules loads the day's rules, which must be without any finding.
func loadRules(t *testing.T, d *demo.Day) *rules.Ruleset {
	t.Helper()
	rs, report := rules.LoadBytes("rules.yaml", d.Rules("http://127.0.0.1:4711"), rules.LoadOptions{})
	if len(report.Findings) > 0 {
		var text strings.Builder
		report.Print(&text, false)
		t.Fatalf("the demo's rules have findings:\n%s", text.String())
	}
	return rs
}

// labelled is an item of the day, as the pipeline reads it, with its key.
type labelled struct {
	key  string
	item news.Item
}

// read polls every feed of the rules at a moment and returns the items in the
// order of publication. An item of two feeds is there once.
func read(t *testing.T, d *demo.Day, rs *rules.Ruleset, now time.Time) []labelled {
	t.Helper()
	h := d.Handler(func() time.Time { return now })
	byKey := map[string]news.Item{}
	for _, f := range rs.File.Feeds {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, f.URL, nil))
		doc, err := feed.Parse(w.Body.Bytes(), w.Header(), f.URL)
		if err != nil {
			t.Fatalf("parse feed %s: %v", f.ID, err)
		}
		for _, it := range feed.Items(doc, f, now) {
			byKey[key(t, it.URL)] = it
		}
	}
	var items []labelled
	for _, k := range slices.Sorted(maps.Keys(byKey)) {
		items = append(items, labelled{k, byKey[k]})
	}
	slices.SortStableFunc(items, func(a, b labelled) int { return a.item.Published.Compare(b.item.Published) })
	return items
}

func TestRulesHitWhatTheyShould(t *testing.T) {
	t.Parallel()
	d, want := load(t), readLabels(t)
	rs := loadRules(t, d)
	got := map[string][]string{}
	// aster/halm is the one item with a second wording: look before and after.
	for _, moment := range []time.Time{at(d, "07:00"), d.End} {
		for _, l := range read(t, d, rs, moment) {
			for _, hit := range rs.Match(&l.item).Hits {
				if !slices.Contains(got[hit.Rule], l.key) {
					got[hit.Rule] = append(got[hit.Rule], l.key)
				}
			}
		}
	}
	var hits, right, wanted int
	for _, r := range rs.File.Rules {
		for _, k := range got[r.ID] {
			hits++
			if slices.Contains(want.Rules[r.ID], k) {
				right++
			} else {
				t.Errorf("rule %s hits %s, which it should not", r.ID, k)
			}
		}
		for _, k := range want.Rules[r.ID] {
			wanted++
			if !slices.Contains(got[r.ID], k) {
				t.Errorf("rule %s misses %s", r.ID, k)
			}
		}
	}
	t.Logf("matching: precision %d/%d, recall %d/%d", right, hits, right, wanted)
}

// TestStoriesAreTold groups what the rules hit, in the order of the day. A story
// told as two is a blemish; two stories told as one is an error.
func TestStoriesAreTold(t *testing.T) {
	t.Parallel()
	d, want := load(t), readLabels(t)
	rs := loadRules(t, d)
	g := story.New(story.Config{})
	storyOf, copyOf, idOf := map[string]string{}, map[string]string{}, map[string]string{}
	for _, l := range read(t, d, rs, d.End) {
		m := rs.Match(&l.item)
		if len(m.Hits) == 0 {
			continue
		}
		p := g.Add(l.item, m.Entities)
		storyOf[l.key], copyOf[l.key], idOf[l.key] = p.StoryID, p.CopyOf, l.item.ID
	}
	var told, pairs, joined int
	for name, keys := range want.Stories {
		keys = slices.DeleteFunc(slices.Clone(keys), func(k string) bool {
			return storyOf[k] == "" || strings.HasPrefix(k, "courier/")
		})
		stories := map[string]bool{}
		for i, a := range keys {
			stories[storyOf[a]] = true
			for _, b := range keys[:i] {
				pairs++
				if storyOf[a] == storyOf[b] {
					joined++
				}
			}
		}
		told += len(stories)
		t.Logf("%s: %d items in %d stories", name, len(keys), len(stories))
	}
	if lost := strays(want, storyOf); len(lost) > mostStrays {
		t.Errorf("%v stand in stories of others, want at most %d", lost, mostStrays)
	} else {
		t.Logf("%v stand in stories of others", lost)
	}
	t.Logf("grouping: %d of %d pairs joined, %d stories told as %d", joined, pairs, len(want.Stories), told)
	if joined*10 < pairs*7 {
		t.Errorf("got %d of %d pairs joined, want 7 of 10", joined, pairs)
	}
	for _, keys := range want.Copies {
		for _, k := range keys[1:] {
			if copyOf[k] != idOf[keys[0]] {
				t.Errorf("%s is not seen as a copy of %s", k, keys[0])
			}
		}
	}
}

// labelOf is the label of an item's story, or its own key where it stands alone.
// mostStrays is one: the day's quotes answer a vote in one sentence, and come into
// its story.
const mostStrays = 1

// strays are the items that stand in a story most of which is of another label.
func strays(want labels, storyOf map[string]string) (lost []string) {
	held := map[string]map[string]int{} // story -> label -> items
	for key, id := range storyOf {
		if held[id] == nil {
			held[id] = map[string]int{}
		}
		held[id][labelOf(want, key)]++
	}
	for key, id := range storyOf {
		own := held[id][labelOf(want, key)]
		for _, n := range held[id] {
			if n > own {
				lost = append(lost, key)
				break
			}
		}
	}
	return lost
}

func labelOf(l labels, key string) string {
	for name, keys := range l.Stories {
		if slices.Contains(keys, key) {
			return name
		}
	}
	return key
}
