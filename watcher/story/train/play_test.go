package main

import (
	"math"
	"slices"
	"testing"

	"newswatch/watcher/story"
)

// biased is a model of no trees, which says the same of all.
func biased(logOdds float64) *story.Model {
	return &story.Model{
		Join:  story.Forest{Features: story.JoinFeatures(), Bias: logOdds},
		Merge: story.Forest{Features: story.MergeFeatures(), Bias: -20},
	}
}

// told are reports of two stories that share the place and the people.
func told() []row {
	at := func(hour string) string { return "2031-03-04T" + hour + ":00:00Z" }
	return []row{
		{ID: "t1", Lang: "en", Source: "Wire", Story: "truce", Time: at("06"), Title: "Marlow hands Osten a truce draft in Sarriko"},
		{ID: "f1", Lang: "en", Source: "Wire", Story: "fish", Time: at("07"), Title: "Sarriko harbour cuts herring quota by half"},
		{ID: "t2", Lang: "en", Source: "Post", Story: "truce", Time: at("08"), Title: "Osten studies draft of a truce after Marlow left Sarriko"},
		{ID: "f2", Lang: "en", Source: "Post", Story: "fish", Time: at("09"), Title: "Half the herring: quota of Sarriko falls"},
	}
}

func count(r *rows) (yes, no int) {
	for _, l := range r.label {
		if l == 1 {
			yes++
		} else {
			no++
		}
	}
	return yes, no
}

// TestPlayByLabels holds what is learned of a stream that is placed as labelled:
// each later report belongs to its own story, and to no other.
func TestPlayByLabels(t *testing.T) {
	t.Parallel()
	seen := play(biased(-20), told(), true)
	if yes, no := count(&seen.join); yes != 2 || no == 0 {
		t.Errorf("got %d examples of yes and %d of no, want 2 and some", yes, no)
	}
	for _, f := range seen.join.features {
		if len(f) != len(story.JoinFeatures()) {
			t.Errorf("got %d numbers of an example, want %d", len(f), len(story.JoinFeatures()))
		}
	}
	if yes, _ := count(&seen.merge); yes != 0 {
		t.Errorf("got %d pairs of stories that are one, want none: no label is given twice", yes)
	}
}

// TestPlayByModel holds that a later round learns in the state that the model has
// brought about: here two copies that are labelled otherwise stand in the story
// of the truce, so that it is not the truce's any more when that comes again.
func TestPlayByModel(t *testing.T) {
	t.Parallel()
	rows := told()
	one, later := rows[0], rows[2]
	stream := []row{one, one, one, later}
	for i, id := range []string{"a", "b", "c"} {
		stream[i].ID, stream[i].Source = id, "outlet "+id
	}
	stream[1].Story, stream[2].Story = "fish", "fish"
	seen := play(biased(-20), stream, false)
	// The first copy finds the truce, the second as much of the one as of the other,
	// and the last report mostly fish.
	if want := []float64{0, 1, 0}; !slices.Equal(seen.join.label, want) {
		t.Errorf("got the labels %v, want %v", seen.join.label, want)
	}
}

func TestMostly(t *testing.T) {
	t.Parallel()
	p := &player{holds: map[string]map[string]int{}}
	if got := p.mostly("none"); got != "" {
		t.Errorf("got %q of an unknown story", got)
	}
	p.hold("s", "b", 1)
	p.hold("s", "a", 1)
	if got := p.mostly("s"); got != "a" {
		t.Errorf("of equals: got %q, want the first by name", got)
	}
	p.hold("s", "b", 2)
	if got := p.mostly("s"); got != "b" {
		t.Errorf("got %q, want b, of which there are three", got)
	}
}

func TestMeet(t *testing.T) {
	t.Parallel()
	rows := told()
	seen := meet(biased(-20), []couple{
		{A: rows[0], B: rows[2], Same: 1}, {A: rows[0], B: rows[1]},
		{A: rows[0], B: row{ID: "x", Lang: "en", Title: "Chess champion Ruiz retires at thirty"}},
	})
	// Of two that share no word there is nothing to learn.
	if yes, no := count(&seen.join); yes != 1 || no != 1 {
		t.Errorf("got %d examples of yes and %d of no, want 1 and 1", yes, no)
	}
}

// TestTake holds that all sets count alike, however large, but for their weights.
func TestTake(t *testing.T) {
	t.Parallel()
	small, large := new(rows), new(rows)
	for i := range 30 {
		large.add([]float64{float64(i)}, i%2 == 0)
		if i < 3 {
			small.add([]float64{float64(i)}, true)
		}
	}
	var all examples
	all.add(&examples{join: *large}, 1)
	all.add(&examples{join: *small, merge: *small}, 0.5)
	all.add(new(examples), 1)
	r := all.join
	if len(r.features) != 33 || len(r.label) != 33 || len(r.weight) != 33 || len(all.merge.weight) != 3 {
		t.Fatalf("got %d features, %d labels, %d weights and %d of merging", len(r.features), len(r.label), len(r.weight), len(all.merge.weight))
	}
	sum := func(weights []float64) (s float64) {
		for _, w := range weights {
			s += w
		}
		return s
	}
	if of, half := sum(r.weight[:30]), sum(r.weight[30:]); math.Abs(of-2*half) > 1e-6 || half <= 0 {
		t.Errorf("got the weights %f and %f, want the second to be half of the first", of, half)
	}
}
