package story

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// modelJSON holds the trees and says what they were fitted on.
//
//go:embed model.json
var modelJSON []byte

// Model is what was learned about telling stories apart: data, fitted by the
// program in the folder train.
type Model struct {
	Manifest map[string]any `json:"manifest"` // what it was fitted on, and how
	Join     Forest         `json:"join"`     // does an item belong to a story
	Merge    Forest         `json:"merge"`    // are two stories one
}

// Forest is an ensemble of oblivious trees (Kohavi & Li 1995): all nodes of one
// level ask the same question, so that a tree is a short list of questions and a
// table of answers. The sum of the answers is a log-odds.
type Forest struct {
	Features []string `json:"features"` // names, in order
	Bias     float64  `json:"bias"`
	Trees    []Tree   `json:"trees"`
}

// Tree asks whether features are above cuts; the answers are the bits of the
// index in Leaves, the first question's the lowest.
type Tree struct {
	Features []int     `json:"f"`
	Cuts     []float64 `json:"c"`
	Leaves   []float64 `json:"l"` // 2 to the number of questions
}

// maxQuestions bounds a tree, so that the number of its leaves is a number.
const maxQuestions = 16

// ReadModel decodes a model and checks that it fits the features of this program.
func ReadModel(raw []byte) (*Model, error) {
	m := new(Model)
	if err := json.Unmarshal(raw, m); err != nil {
		return nil, fmt.Errorf("decode model: %w", err)
	}
	for _, f := range []struct {
		name   string
		forest *Forest
		want   []string
	}{{"join", &m.Join, JoinFeatures()}, {"merge", &m.Merge, MergeFeatures()}} {
		if !slices.Equal(f.forest.Features, f.want) {
			return nil, fmt.Errorf("model: the %s features are not those of this program: fit it anew", f.name)
		}
		if err := f.forest.check(); err != nil {
			return nil, fmt.Errorf("model: %s: %w", f.name, err)
		}
	}
	return m, nil
}

// builtIn is the model that this program comes with.
func builtIn() *Model {
	m, err := ReadModel(modelJSON)
	if err != nil {
		panic(fmt.Sprintf("story: built-in %v", err)) // a test holds that it can be read
	}
	return m
}

func (f *Forest) check() error {
	for i, t := range f.Trees {
		if len(t.Features) > maxQuestions {
			return fmt.Errorf("tree %d: %d questions, at most %d can be asked", i, len(t.Features), maxQuestions)
		}
		if len(t.Features) != len(t.Cuts) || len(t.Leaves) != 1<<len(t.Features) {
			return fmt.Errorf("tree %d: %d features, %d cuts, %d leaves", i, len(t.Features), len(t.Cuts), len(t.Leaves))
		}
		for _, n := range t.Features {
			if n < 0 || n >= len(f.Features) {
				return fmt.Errorf("tree %d: no feature %d", i, n)
			}
		}
	}
	return nil
}

// Score is the probability that the trees give for features, 0 to 1.
func (f *Forest) Score(features []float64) float64 {
	sum := f.Bias
	for i := range f.Trees {
		t := &f.Trees[i]
		leaf := 0
		for k, n := range t.Features {
			if features[n] > t.Cuts[k] {
				leaf |= 1 << k
			}
		}
		sum += t.Leaves[leaf]
	}
	return 1 / (1 + math.Exp(-sum))
}
