package main

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"newswatch/watcher/story"
)

// ruled makes examples of three chance numbers, labelled by a rule on them.
func ruled(n int, seed uint64, rule func(x []float64) bool) *rows {
	chance := rand.New(rand.NewPCG(seed, 0))
	r := new(rows)
	for range n {
		x := []float64{chance.Float64(), chance.Float64(), chance.Float64()}
		r.add(x, rule(x))
	}
	return weighted(r)
}

// weighted gives all examples the weight 1.
func weighted(r *rows) *rows {
	r.weight = slices.Repeat([]float64{1}, len(r.label))
	return r
}

func threeNames() []string { return []string{"a", "b", "c"} }

// right is the share of examples on whose side of even odds a forest is.
func right(f story.Forest, r *rows) float64 {
	n := 0
	for i, x := range r.features {
		if (f.Score(x) > 0.5) == (r.label[i] == 1) {
			n++
		}
	}
	return float64(n) / float64(len(r.label))
}

// TestFitLearns holds that a forest knows a rule of examples that it has not seen.
func TestFitLearns(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]func(x []float64) bool{
		"above a cut":                func(x []float64) bool { return x[0] > 0.3 },
		"below a cut":                func(x []float64) bool { return x[1] < 0.6 },
		"both":                       func(x []float64) bool { return x[0] > 0.3 && x[2] > 0.5 },
		"one or the other, not both": func(x []float64) bool { return (x[0] > 0.5) != (x[1] > 0.5) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fit(ruled(2000, 1, rule), threeNames(), settings{Trees: 60, Depth: 3, Rate: 0.3, Ridge: 1, Sample: 0.7})
			if got := right(f, ruled(1000, 2, rule)); got < 0.97 {
				t.Errorf("right in %.3f of the examples, want 0.97 at least", got)
			}
		})
	}
}

// TestFitAsksWhatMatters holds the first question of the first tree.
func TestFitAsksWhatMatters(t *testing.T) {
	t.Parallel()
	rule := func(x []float64) bool { return x[1] > 0.7 }
	f := fit(ruled(2000, 1, rule), threeNames(), settings{Trees: 1, Depth: 1, Rate: 1, Ridge: 1, Sample: 1})
	tree := f.Trees[0]
	if len(tree.Features) != 1 || tree.Features[0] != 1 || math.Abs(tree.Cuts[0]-0.7) > 1.0/bins || tree.Leaves[0] >= 0 || tree.Leaves[1] <= 0 {
		t.Errorf("got %+v, want the question whether the second number is above 0.7", tree)
	}
}

func TestFitsAreTheSame(t *testing.T) {
	t.Parallel()
	rule := func(x []float64) bool { return x[0]+x[1] > 1 }
	s := settings{Trees: 20, Depth: 4, Rate: 0.1, Ridge: 3, Sample: 0.5}
	one, two := fit(ruled(500, 1, rule), threeNames(), s), fit(ruled(500, 1, rule), threeNames(), s)
	if !reflect.DeepEqual(one, two) {
		t.Error("two fits to the same examples gave two forests")
	}
}

// TestFitByWeight holds that an example of weight three counts like three.
func TestFitByWeight(t *testing.T) {
	t.Parallel()
	r := new(rows)
	for _, yes := range []bool{true, false} {
		r.add([]float64{1, 1, 1}, yes)
	}
	r.weight = []float64{3, 1}
	f := fit(r, threeNames(), settings{Trees: 3, Depth: 2, Rate: 0.1, Ridge: 1, Sample: 1})
	if got := f.Score([]float64{1, 1, 1}); math.Abs(got-0.75) > 0.001 {
		t.Errorf("got %.3f, want 0.75", got)
	}
}

// TestFitOfLittle holds that nothing is made up where there is nothing to learn.
func TestFitOfLittle(t *testing.T) {
	t.Parallel()
	same := new(rows)
	for i := range 4 {
		same.add([]float64{1, 2, 3}, i > 0)
	}
	one := new(rows)
	one.add([]float64{1, 2, 3}, true)
	for name, c := range map[string]struct {
		rows        *rows
		least, most float64
	}{
		"no example":                    {new(rows), 0.5, 0.5},
		"one example":                   {one, 0.99, 1},
		"all alike, three of four true": {same, 0.749, 0.751},
		"all true":                      {ruled(50, 1, func([]float64) bool { return true }), 0.99, 1},
		"none true":                     {ruled(50, 1, func([]float64) bool { return false }), 0, 0.01},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fit(weighted(c.rows), threeNames(), settings{Trees: 5, Depth: 2, Rate: 0.3, Ridge: 1, Sample: 1})
			if got := f.Score([]float64{1, 2, 3}); !(got >= c.least && got <= c.most) {
				t.Errorf("got %f, want %f to %f", got, c.least, c.most)
			}
		})
	}
}

func TestCutsOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ values, want []float64 }{
		"none":                    {nil, nil},
		"one":                     {[]float64{3}, nil},
		"all the same":            {[]float64{3, 3, 3}, nil},
		"two":                     {[]float64{2, 1}, []float64{1.5}},
		"three, some often":       {[]float64{1, 2, 2, 2, 4}, []float64{1.5, 3}},
		"below nothing":           {[]float64{-1, 1}, []float64{0}},
		"too close to be rounded": {[]float64{1.00001, 1.00002}, []float64{1.00001}},
	} {
		if got := cutsOf(c.values); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	spread := make([]float64, 10_000)
	for i := range spread {
		spread[i] = float64(i)
	}
	if got := cutsOf(spread); len(got) != bins-1 || math.Abs(got[bins/2-1]-5000) > 10 {
		t.Errorf("got %d cuts %v, want %d with as many values between", len(got), got, bins-1)
	}
}

// TestCutsPart holds that each cut has values on both sides, and that an example
// is seen in the fit on the side of a cut on which a forest will see it.
func TestCutsPart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-1e9, 1e9), rapid.Float64Range(-1, 1), rapid.SampledFrom([]float64{0, 1})), 1, 200).Draw(t, "values")
		b := &booster{rows: new(rows)}
		for _, v := range values {
			b.rows.add([]float64{v}, true)
		}
		b.quantise(1)
		cuts := b.cuts[0]
		if len(cuts) >= bins || !slices.IsSorted(cuts) || len(slices.Compact(slices.Clone(cuts))) != len(cuts) {
			t.Fatalf("got the cuts %v, want fewer than %d, rising", cuts, bins)
		}
		for k, cut := range cuts {
			if slices.Min(values) > cut || slices.Max(values) <= cut {
				t.Errorf("the cut %g parts nothing", cut)
			}
			for i, v := range values {
				if (v > cut) != (int(b.codes[0][i]) > k) {
					t.Errorf("%g at the cut %g has the code %d of cut %d", v, cut, b.codes[0][i], k)
				}
			}
		}
	})
}

func TestRound(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64]float64{
		0: 0, 1: 1, 1.23456: 1.235, -1.23456: -1.235, 0.000123456: 0.0001235, 98765: 98770, 12: 12, 0.99999: 1,
		math.Inf(1): 0, math.Inf(-1): 0, math.SmallestNonzeroFloat64: 0,
	} {
		if got := round(x); math.Abs(got-want) > 1e-12*math.Abs(want) || math.IsNaN(got) {
			t.Errorf("%g: got %g, want %g", x, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-1e300, 1e300).Draw(t, "x")
		if got := round(x); !(math.Abs(got-x) <= math.Abs(x)/1000+1e-300) {
			t.Errorf("%g: got %g", x, got)
		}
	})
}

func TestParallel(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 7} {
		ran := make([]atomic.Int32, n)
		parallel(n, func(i int) { ran[i].Add(1) })
		for i := range ran {
			if got := ran[i].Load(); got != 1 {
				t.Errorf("of %d: %d ran %d times", n, i, got)
			}
		}
	}
}
