package story_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"newswatch/watcher/story"
)

// small is a model with one tree of two questions.
func small() *story.Model {
	return &story.Model{
		Join: story.Forest{
			Features: story.JoinFeatures(), Bias: -1,
			Trees: []story.Tree{{Features: []int{0, 2}, Cuts: []float64{0.5, 0.25}, Leaves: []float64{-2, 0, 1, 3}}},
		},
		Merge: story.Forest{Features: story.MergeFeatures()},
	}
}

func encoded(t testing.TB, m *story.Model) []byte {
	t.Helper()
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestReadModelRefuses(t *testing.T) {
	t.Parallel()
	tree := func(m *story.Model) *story.Tree { return &m.Join.Trees[0] }
	for name, c := range map[string]struct {
		spoil func(*story.Model)
		want  string
	}{
		"a feature that is missing":   {func(m *story.Model) { m.Join.Features = m.Join.Features[1:] }, "join features"},
		"features in another order":   {func(m *story.Model) { slices.Reverse(m.Merge.Features) }, "merge features"},
		"a feature of another name":   {func(m *story.Model) { m.Merge.Features[0] = "luck" }, "fit it anew"},
		"no features":                 {func(m *story.Model) { m.Join.Features = nil }, "join features"},
		"a cut too few":               {func(m *story.Model) { tree(m).Cuts = tree(m).Cuts[:1] }, "tree 0: 2 features, 1 cuts, 4 leaves"},
		"a leaf too few":              {func(m *story.Model) { tree(m).Leaves = tree(m).Leaves[:3] }, "2 cuts, 3 leaves"},
		"a leaf too many":             {func(m *story.Model) { tree(m).Leaves = append(tree(m).Leaves, 1) }, "2 cuts, 5 leaves"},
		"no leaves":                   {func(m *story.Model) { *tree(m) = story.Tree{} }, "0 leaves"},
		"a question about no feature": {func(m *story.Model) { tree(m).Features[1] = len(m.Join.Features) }, "join: tree 0: no feature"},
		"a question below all":        {func(m *story.Model) { tree(m).Features[0] = -1 }, "no feature -1"},
		"a broken tree behind a good one": {func(m *story.Model) {
			m.Join.Trees = append(m.Join.Trees, story.Tree{Features: []int{1}, Cuts: []float64{0}, Leaves: []float64{0}})
		}, "tree 1:"},
		"a broken tree of merging": {func(m *story.Model) { m.Merge.Trees = []story.Tree{{}} }, "merge: tree 0"},
		// Two to the 64 leaves is none to a machine.
		"more questions than can be asked": {func(m *story.Model) {
			*tree(m) = story.Tree{Features: make([]int, 64), Cuts: make([]float64, 64)}
		}, "64 questions"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := small()
			c.spoil(m)
			if _, err := story.ReadModel(encoded(t, m)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
	for _, raw := range []string{"", "{", "null", "[]", `{"join":3}`, string(encoded(t, small())) + "{}"} {
		if _, err := story.ReadModel([]byte(raw)); err == nil {
			t.Errorf("%.20q: got no error", raw)
		}
	}
}

func TestScore(t *testing.T) {
	t.Parallel()
	m, err := story.ReadModel(encoded(t, small()))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ first, third, want float64 }{ // log-odds: the bias and a leaf
		{0, 0, -3}, {0.6, 0, -1}, {0, 0.3, 0}, {0.6, 0.3, 2},
		{0.5, 0.25, -3}, // a value at the cut is not above it
	} {
		features := make([]float64, len(m.Join.Features))
		features[0], features[2] = c.first, c.third
		if got, want := m.Join.Score(features), 1/(1+math.Exp(-c.want)); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v, %v: got %f, want %f", c.first, c.third, got, want)
		}
	}
}

// TestScoreWithoutTrees holds that a forest of none knows only how likely yes is.
func TestScoreWithoutTrees(t *testing.T) {
	t.Parallel()
	for bias, want := range map[float64]float64{0: 0.5, math.Log(3): 0.75, -1000: 0, 1000: 1} {
		f := story.Forest{Bias: bias}
		if got := f.Score(nil); math.Abs(got-want) > 1e-12 {
			t.Errorf("bias %f: got %f, want %f", bias, got, want)
		}
	}
}

// TestModels holds that what is built in, and what the quality tests use, can be
// read, and that nothing built in was fitted on a set whose terms forbid that.
func TestModels(t *testing.T) {
	t.Parallel()
	for path, stories := range map[string]string{
		"model.json": "all", "testdata/fold0.json": "fold 0 of 2", "testdata/fold1.json": "fold 1 of 2",
	} {
		m := readModel(t, path)
		if got := m.Manifest["stories"]; got != stories {
			t.Errorf("%s: fitted on the stories %q, want %q", path, got, stories)
		}
		if len(m.Join.Trees) == 0 || len(m.Merge.Trees) == 0 {
			t.Errorf("%s: %d trees of joining, %d of merging", path, len(m.Join.Trees), len(m.Merge.Trees))
		}
	}
	raw, err := os.ReadFile("model.json")
	if err != nil {
		t.Fatal(err)
	}
	var built struct {
		Manifest struct {
			On    []string `json:"fitted on"`
			NotOn []string `json:"not fitted on"`
		}
	}
	if err := json.Unmarshal(raw, &built); err != nil {
		t.Fatal(err)
	}
	left := strings.Join(built.Manifest.NotOn, "\n")
	for _, set := range []string{"og2021", "basil", "pairs_sts_headlines"} {
		if strings.Contains(strings.Join(built.Manifest.On, "\n"), set) || !strings.Contains(left, set) {
			t.Errorf("model.json: not said to be fitted without %s", set)
		}
	}
}

// FuzzReadModel holds that a model is refused or can be asked, whatever the file.
func FuzzReadModel(f *testing.F) {
	f.Add(encoded(f, small()))
	empty := small()
	empty.Join.Trees = nil
	f.Add(encoded(f, empty))
	huge := small()
	huge.Join.Bias, huge.Join.Trees[0].Leaves[0] = math.MaxFloat64, math.MaxFloat64
	f.Add(encoded(f, huge))
	deep := small()
	deep.Join.Trees[0] = story.Tree{Features: make([]int, 64), Cuts: make([]float64, 64)}
	f.Add(encoded(f, deep))
	f.Add([]byte(`{"join":{"features":null,"trees":[{"f":[0],"c":[],"l":[]}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := story.ReadModel(raw)
		if err != nil {
			return
		}
		for _, forest := range []*story.Forest{&m.Join, &m.Merge} {
			for _, value := range []float64{-1, 0, 1, math.Inf(1), math.NaN()} {
				features := slices.Repeat([]float64{value}, len(forest.Features))
				if p := forest.Score(features); !(p >= 0 && p <= 1) {
					t.Errorf("features of %f: got %f", value, p)
				}
			}
		}
		if _, err := story.ReadModel(encoded(t, m)); err != nil {
			t.Errorf("read, written and not read again: %v", err)
		}
	})
}
