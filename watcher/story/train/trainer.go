package main

import (
	"fmt"
	"os"

	"newswatch/watcher/story"
	"newswatch/watcher/story/score"
)

// The settings with which the two-fold figures were best.
func joinSettings() settings {
	return settings{Trees: 300, Depth: 4, Rate: 0.07, Ridge: 5, Sample: 0.5}
}

func mergeSettings() settings {
	return settings{Trees: 60, Depth: 4, Rate: 0.15, Ridge: 3, Sample: 0.7}
}

const (
	// rounds is how often the streams are played after the first time, each time by
	// the model of the round before.
	rounds = 2
	// fewest examples of which a forest is fitted.
	fewest = 100
	// coupleWeight is how much a set of pairs counts beside a stream.
	coupleWeight = 0.4
)

// set is a source with what it holds.
type set struct {
	source
	rows  []row
	pairs []couple
}

type trainer struct {
	streams, couples []set
	research         bool
}

func newTrainer(data, own string, research bool) (*trainer, error) {
	t := &trainer{research: research}
	for _, s := range sources() {
		path, err := s.path(data, own)
		if err != nil {
			return nil, err
		}
		one := set{source: s}
		if s.kind == couples {
			one.pairs, err = read[couple](path)
			t.couples = append(t.couples, one)
		} else {
			one.rows, err = read[row](path)
			t.streams = append(t.streams, one)
		}
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

// pairsOf are the pairs of a fold.
func pairsOf(pairs []couple, fold int) []couple {
	var out []couple
	for _, c := range pairs {
		if fold == all || score.Fold(c.A.ID+c.B.ID) == fold {
			out = append(out, c)
		}
	}
	return out
}

// fits says whether a set is fitted on.
func (t *trainer) fits(s *set) bool { return t.research || !s.research }

// train fits a model on the stories of a fold.
func (t *trainer) train(fold int) (*story.Model, error) {
	never := -20.0 // log-odds: the first round places by labels
	m := &story.Model{
		Join:  story.Forest{Features: story.JoinFeatures(), Bias: never},
		Merge: story.Forest{Features: story.MergeFeatures(), Bias: never},
	}
	var seen examples
	for i := range t.couples {
		if s := &t.couples[i]; t.fits(s) {
			seen.add(meet(m, pairsOf(s.pairs, fold)), coupleWeight)
		}
	}
	for round := range rounds + 1 {
		for _, e := range t.playAll(m, fold, round == 0) {
			seen.add(e.examples, e.weight)
		}
		if n := len(seen.join.label); n < fewest {
			return nil, fmt.Errorf("the sets hold %d examples of joining, want %d at least: look into -data", n, fewest)
		}
		m.Join = fit(&seen.join, story.JoinFeatures(), joinSettings())
		if len(seen.merge.label) >= fewest {
			m.Merge = fit(&seen.merge, story.MergeFeatures(), mergeSettings())
		}
		fmt.Fprintf(os.Stderr, "stories: %s; round %d: %d examples of joining, %d of merging\n",
			named(fold), round, len(seen.join.label), len(seen.merge.label))
	}
	m.Manifest = t.manifest(len(seen.join.label), len(seen.merge.label), fold)
	return m, nil
}

// played is what one variant of a stream showed.
type played struct {
	*examples
	weight float64
}

func (t *trainer) playAll(m *story.Model, fold int, byLabels bool) []played {
	var streams []variant
	for _, v := range variants() {
		for i := range t.streams {
			if s := &t.streams[i]; s.name == v.set && t.fits(s) {
				v.rows = half(s.rows, fold)
				streams = append(streams, v)
			}
		}
	}
	out := make([]played, len(streams))
	parallel(len(streams), func(i int) {
		v := streams[i]
		out[i] = played{play(m, v.change(v.rows), byLabels), v.weight}
	})
	return out
}

// manifest says what a model was fitted on, and how.
func (t *trainer) manifest(joins, merges, fold int) map[string]any {
	var used, left []string
	for _, s := range append(t.streams[:len(t.streams):len(t.streams)], t.couples...) {
		name := s.name + ": " + s.licence
		if t.fits(&s) {
			used = append(used, name)
		} else {
			left = append(left, name)
		}
	}
	return map[string]any{
		"fitted on": used, "not fitted on": left, "stories": named(fold), "examples of joining": joins, "examples of merging": merges,
		"join": joinSettings(), "merge": mergeSettings(),
		"method": "gradient boosting of oblivious trees on the logistic loss; streams played by labels, then by the model itself",
	}
}

// named is a fold in words.
func named(fold int) string {
	if fold == all {
		return "all"
	}
	return fmt.Sprintf("fold %d of 2", fold)
}
