package story_test

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/story"
)

// row is a labelled item as the story sets hold it.
type row struct {
	ID, Lang, Source, Feed, URL, Title, Text, Time string
	Story, Copy                                    string // labels
}

func (r row) item() news.Item {
	it := news.Item{
		ID: r.ID, Lang: r.Lang, Publisher: r.Source, FeedID: r.Feed, URL: r.URL, Title: r.Title, Body: r.Text,
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, r.Time); err == nil {
			it.Published, it.Fetched, it.Dated = at, at, true
			break
		}
	}
	return it
}

func readRows[T any](t *testing.T, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<22)
	var rows []T
	for lines.Scan() {
		var r T
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		rows = append(rows, r)
	}
	return rows
}

// sharedDir is the folder with the public data, or "" after a skip.
func sharedDir(t *testing.T, sub string) string {
	t.Helper()
	dir := os.Getenv("NEWSWATCH_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	dir = filepath.Join(dir, "corpus", sub)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no public data: %s is missing; set NEWSWATCH_SHARED to score on it", dir)
	}
	return dir
}

// figures are pairwise and B-cubed F1 (Bagga & Baldwin 1998).
type figures struct{ pair, bcubed float64 }

// tally counts as many groups of labels as are added, each by itself.
type tally struct {
	items, together, predicted, gold int
	precision, recall                float64
}

func pairs(n int) int { return n * (n - 1) / 2 }

func (t *tally) add(gold, predicted []string) {
	g, p, both := map[string]int{}, map[string]int{}, map[[2]string]int{}
	for i := range gold {
		g[gold[i]]++
		p[predicted[i]]++
		both[[2]string{gold[i], predicted[i]}]++
	}
	t.items += len(gold)
	for _, n := range g {
		t.gold += pairs(n)
	}
	for _, n := range p {
		t.predicted += pairs(n)
	}
	for k, n := range both {
		t.together += pairs(n)
		t.precision += float64(n*n) / float64(p[k[1]])
		t.recall += float64(n*n) / float64(g[k[0]])
	}
}

func (t *tally) figures() figures {
	f1 := func(p, r float64) float64 { return 2 * p * r / max(p+r, 1e-9) }
	return figures{
		pair:   f1(float64(t.together)/float64(max(t.predicted, 1)), float64(t.together)/float64(max(t.gold, 1))),
		bcubed: f1(t.precision/float64(t.items), t.recall/float64(t.items)),
	}
}

// scoreRows scores a grouping; languages by themselves, so that nobody is
// asked to join reports across them.
func scoreRows(rows []row, gold func(row) string, predicted []string) figures {
	byLang := map[string][2][]string{}
	for i, r := range rows {
		x := byLang[r.Lang]
		byLang[r.Lang] = [2][]string{append(x[0], gold(r)), append(x[1], predicted[i])}
	}
	var t tally
	for _, x := range byLang {
		t.add(x[0], x[1])
	}
	return t.figures()
}

// group places rows and returns the story and the report of each when all have
// come: a story that was taken in by another counts as that.
func group(rows []row, cfg story.Config) (stories, reports []string) {
	g := story.New(cfg)
	into := map[string]string{}
	for _, r := range rows {
		p := g.Add(r.item(), nil)
		for _, m := range p.Merged {
			into[m.From] = m.Into
		}
		stories = append(stories, p.StoryID)
		reports = append(reports, cmp.Or(p.CopyOf, r.ID))
	}
	for i := range stories {
		for into[stories[i]] != "" {
			stories[i] = into[stories[i]]
		}
	}
	return stories, reports
}

func byStory(r row) string { return r.Story }
func byCopy(r row) string  { return r.Copy }

// TestQuality holds the grouping to floors a little under what it reaches, so
// that a change that costs quality does not pass unseen.
func TestQuality(t *testing.T) {
	t.Parallel()
	t.Run("invented", func(t *testing.T) {
		rows := readRows[row](t, filepath.Join("testdata", "invented.jsonl"))
		stories, reports := group(rows, story.Config{})
		check(t, "stories", scoreRows(rows, byStory, stories), figures{0.85, 0.90})
		check(t, "copies", scoreRows(rows, byCopy, reports), figures{1, 1})
	})
	sets := map[string]figures{
		"og2021":           {0.56, 0.74},
		"uci2014":          {0.75, 0.75},
		"allsides2021":     {0.53, 0.77},
		"allsides_excerpt": {0.36, 0.72},
		"ecbplus":          {0.78, 0.82},
		"basil":            {0.94, 0.96},
	}
	for name, floor := range sets {
		t.Run(name, func(t *testing.T) {
			rows := readRows[row](t, filepath.Join(sharedDir(t, "stories"), name+".jsonl.gz"))
			stories, _ := group(rows, story.Config{})
			check(t, name, scoreRows(rows, byStory, stories), floor)
		})
	}
	t.Run("scoop_dup", func(t *testing.T) {
		rows := readRows[row](t, filepath.Join(sharedDir(t, "stories"), "scoop_dup.jsonl.gz"))
		_, reports := group(rows, story.Config{})
		check(t, "scoop_dup copies", scoreRows(rows, byStory, reports), figures{1, 1})
	})
}

func check(t *testing.T, what string, got, floor figures) {
	t.Helper()
	t.Logf("%s: pair F1 %.3f, B-cubed F1 %.3f", what, got.pair, got.bcubed)
	if got.pair < floor.pair || got.bcubed < floor.bcubed {
		t.Errorf("%s: got pair F1 %.3f and B-cubed F1 %.3f, want at least %.3f and %.3f",
			what, got.pair, got.bcubed, floor.pair, floor.bcubed)
	}
}

// TestPairQuality asks Same about pairs out of any stream.
func TestPairQuality(t *testing.T) {
	t.Parallel()
	for name, floor := range map[string]float64{
		"pairs_sts_headlines": 0.88, "pairs_semeval22": 0.90, "pairs_telegram": 0.90,
	} {
		t.Run(name, func(t *testing.T) {
			type pair struct {
				A, B row
				Same int
			}
			g := story.New(story.Config{})
			var same, other []float64
			for _, p := range readRows[pair](t, filepath.Join(sharedDir(t, "stories"), name+".jsonl.gz")) {
				v := g.Same(p.A.item(), p.B.item())
				if p.Same == 1 {
					same = append(same, v.Score)
				} else {
					other = append(other, v.Score)
				}
			}
			got := area(same, other)
			t.Logf("%s: AUC %.3f", name, got)
			if got < floor {
				t.Errorf("got AUC %.3f, want at least %.3f", got, floor)
			}
		})
	}
}

// area is the probability that one of same scores above one of other.
func area(same, other []float64) float64 {
	sum := 0.0
	for _, s := range same {
		for _, o := range other {
			switch {
			case s > o:
				sum++
			case s == o:
				sum += 0.5
			}
		}
	}
	return sum / float64(len(same)*len(other))
}

// TestSeeds holds that five reports on one round of talks, four days apart and
// by five outlets, are one story, with nothing else in it.
func TestSeeds(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(sharedDir(t, "seeds"), "*.txt"))
	if len(files) != 5 {
		t.Skipf("found %d seed texts, want 5", len(files))
	}
	noise := readRows[row](t, filepath.Join("testdata", "invented.jsonl"))
	published := []string{"2025-04-30T09:00:00Z", "2025-04-30T12:00:00Z", "2025-04-26T01:00:00Z", "2025-04-26T08:00:00Z", "2025-04-26T05:00:00Z"}
	g := story.New(story.Config{})
	place := func(i int) string {
		text, err := os.ReadFile(files[i])
		if err != nil {
			t.Fatal(err)
		}
		return g.Add(row{
			ID: filepath.Base(files[i]), Lang: "en", Source: fmt.Sprint("outlet ", i), Time: published[i], Text: string(text),
		}.item(), nil).StoryID
	}
	ids := map[string]bool{}
	others := map[string]bool{}
	for step, i := range []int{2, 4, 3, 0, 1} {
		for _, r := range noise[step*8 : step*8+8] {
			r.Time = published[i]
			others[g.Add(r.item(), nil).StoryID] = true
		}
		ids[place(i)] = true
	}
	if len(ids) != 1 {
		t.Errorf("got the five reports in %d stories, want 1", len(ids))
	}
	for id := range ids {
		if others[id] {
			t.Error("another report is in the seeds' story")
		}
	}
}
