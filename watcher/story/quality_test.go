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
	"newswatch/watcher/story/score"
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

// figures are floors of pairwise and B-cubed F1.
type figures struct{ pair, bcubed float64 }

// scoreRows scores a grouping.
func scoreRows(rows []row, gold func(row) string, predicted []string) score.Figures {
	var t score.Tally
	t.Add(scored(rows, gold, predicted))
	return t.Figures()
}

func scored(rows []row, gold func(row) string, predicted []string) []score.Row {
	out := make([]score.Row, len(rows))
	for i, r := range rows {
		out[i] = score.Row{Lang: r.Lang, Gold: gold(r), Predicted: predicted[i]}
	}
	return out
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
	return score.Settled(stories, into), reports
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
		check(t, "stories", scoreRows(rows, byStory, stories), figures{0.90, 0.95})
		check(t, "copies", scoreRows(rows, byCopy, reports), figures{1, 1})
	})
	t.Run("scoop_dup", func(t *testing.T) {
		rows := readRows[row](t, filepath.Join(sharedDir(t, "stories"), "scoop_dup.jsonl.gz"))
		_, reports := group(rows, story.Config{})
		check(t, "scoop_dup copies", scoreRows(rows, byStory, reports), figures{1, 1})
	})
}

// TestQualityUnseen scores each half of the stories with the model that was fitted
// on the other half. What was fitted on is named in the models' manifests.
func TestQualityUnseen(t *testing.T) {
	t.Parallel()
	sets := map[string]figures{
		"og2021":           {0.50, 0.73},
		"uci2014":          {0.85, 0.89},
		"allsides2021":     {0.65, 0.80},
		"allsides_excerpt": {0.47, 0.74},
		"ecbplus":          {0.84, 0.88},
		"basil":            {0.93, 0.95},
		"desk":             {0.80, 0.90},
	}
	const meanFloor = 0.80 // of the twelve figures of the public sets
	var models [2]*story.Model
	for fold := range models {
		models[fold] = readModel(t, filepath.Join("testdata", fmt.Sprintf("fold%d.json", fold)))
	}
	got := map[string]score.Figures{}
	for name, floor := range sets {
		var rows []row
		if name == "desk" {
			rows = readLabelled(t, name)
		} else {
			rows = readRows[row](t, filepath.Join(sharedDir(t, "stories"), name+".jsonl.gz"))
		}
		got[name] = unseen(rows, models)
		check(t, name, got[name], floor)
	}
	mean := 0.0
	for name, f := range got {
		if name != "desk" {
			mean += (f.Pair + f.BCubed) / 12
		}
	}
	t.Logf("mean of the 12 figures: %.4f", mean)
	if mean < meanFloor {
		t.Errorf("got a mean of %.4f, want at least %.2f", mean, meanFloor)
	}
}

// unseen pools what the models reach, each on the stories of the other's half.
func unseen(rows []row, models [2]*story.Model) score.Figures {
	var pooled score.Tally
	for fold := range models {
		var half []row
		for _, r := range rows {
			if score.Fold(r.Story) != fold {
				half = append(half, r)
			}
		}
		stories, _ := group(half, story.Config{Model: models[fold]})
		pooled.Add(scored(half, byStory, stories))
	}
	return pooled.Figures()
}

func readModel(t *testing.T, path string) *story.Model {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := story.ReadModel(raw)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func check(t *testing.T, what string, got score.Figures, floor figures) {
	t.Helper()
	t.Logf("%s: pair F1 %.3f, B-cubed F1 %.3f, %.2f alerts a story at %.1f %% mixed", what, got.Pair, got.BCubed, got.Spread, 100*got.Mixed)
	if got.Pair < floor.pair || got.BCubed < floor.bcubed {
		t.Errorf("%s: got pair F1 %.3f and B-cubed F1 %.3f, want at least %.3f and %.3f",
			what, got.Pair, got.BCubed, floor.pair, floor.bcubed)
	}
}

// TestPairQuality asks Same about pairs out of any stream.
func TestPairQuality(t *testing.T) {
	t.Parallel()
	for name, floor := range map[string]float64{
		"pairs_sts_headlines": 0.86, "pairs_semeval22": 0.90, "pairs_telegram": 0.92,
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
