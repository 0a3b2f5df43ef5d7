package main

import (
	"slices"

	"newswatch/watcher/story"
)

// examples are what was seen while streams were played.
type examples struct{ join, merge rows }

func (e *examples) add(o *examples, weight float64) {
	e.join.take(&o.join, weight)
	e.merge.take(&o.merge, weight)
}

// player lets a grouper see a stream, and remembers what each of its stories
// really holds.
type player struct {
	grouper *story.Grouper
	holds   map[string]map[string]int // story of the grouper -> story of the labels -> items
	seen    examples
}

// playAt is the least score at which the model joins while it learns: a little more
// cautious than it will be, so that it learns in cleaner stories.
const playAt = 0.55

// play notes, for each item of a stream, which of the stories that it may belong
// to is its own, and which pairs of them are one. In the first round the items are
// placed by their labels, later by the model as it is: it is to learn what to do
// in a state that it has itself brought about.
func play(model *story.Model, stream []row, byLabels bool) *examples {
	p := &player{
		grouper: story.New(story.Config{Model: model, Threshold: playAt}),
		holds:   map[string]map[string]int{},
	}
	for _, r := range stream {
		it := r.item()
		candidates, bridges := p.grouper.Trace(it, nil)
		for _, c := range candidates {
			p.seen.join.add(c.Features, p.mostly(c.StoryID) == r.Story)
		}
		for _, b := range bridges {
			p.seen.merge.add(b.Features, p.mostly(b.Into) == p.mostly(b.From))
		}
		if byLabels {
			p.grouper.Restore(it, nil, r.Story, "")
			p.hold(r.Story, r.Story, 1)
			continue
		}
		placed := p.grouper.Add(it, nil)
		for _, m := range placed.Merged {
			for label, n := range p.holds[m.From] {
				p.hold(m.Into, label, n)
			}
			delete(p.holds, m.From)
		}
		p.hold(placed.StoryID, r.Story, 1)
	}
	return &p.seen
}

func (p *player) hold(id, label string, n int) {
	if p.holds[id] == nil {
		p.holds[id] = map[string]int{}
	}
	p.holds[id][label] += n
}

// mostly is the label of most items of a story; of equals the first by name.
func (p *player) mostly(id string) string {
	best, most := "", 0
	for label, n := range p.holds[id] {
		if n > most || n == most && label < best {
			best, most = label, n
		}
	}
	return best
}

// meet plays pairs, each out of any stream.
func meet(model *story.Model, pairs []couple) *examples {
	var seen examples
	for _, c := range pairs {
		g := story.New(story.Config{Model: model})
		c.A.ID, c.B.ID = "a", "b"
		g.Restore(c.B.item(), nil, "story", "")
		candidates, _ := g.Trace(c.A.item(), nil)
		for _, found := range candidates {
			seen.join.add(found.Features, c.Same == 1)
		}
	}
	return &seen
}

// rows are the examples that a forest is fitted to.
type rows struct {
	features [][]float64
	label    []float64 // 1 or 0
	weight   []float64
}

func (r *rows) add(features []float64, yes bool) {
	label := 0.0
	if yes {
		label = 1
	}
	r.features, r.label = append(r.features, features), append(r.label, label)
}

// take takes the examples of a set in. All sets count alike, however large, but for
// their weights.
func (r *rows) take(o *rows, weight float64) {
	const whole = 10_000
	r.features, r.label = append(r.features, o.features...), append(r.label, o.label...)
	r.weight = append(r.weight, slices.Repeat([]float64{weight * whole / float64(max(len(o.label), 1))}, len(o.label))...)
}
