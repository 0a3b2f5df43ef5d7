package main

import (
	"math"
	"slices"
	"sync"

	"newswatch/watcher/story"
)

// settings of the boosting.
type settings struct {
	Trees  int     `json:"trees"`
	Depth  int     `json:"depth"`  // questions of a tree
	Rate   float64 `json:"rate"`   // share of its answer that a tree may give
	Ridge  float64 `json:"ridge"`  // against answers for which few examples speak
	Sample float64 `json:"sample"` // share of the examples that a tree is fitted to
}

// bins is into how many parts the values of a feature are cut at most.
const bins = 64

// booster fits oblivious trees to the gradient of the logistic loss (Friedman
// 2001), choosing at each level the one question that helps most over all leaves.
type booster struct {
	settings
	rows  *rows
	cuts  [][]float64 // by feature, rising
	codes [][]uint8   // by feature and row: how many cuts lie below
	sum   []float64   // log-odds so far
	g, h  []float64
	leaf  []uint8
	used  []int32
	state uint64
}

// fit fits a forest to examples. The same examples give the same forest.
func fit(r *rows, names []string, s settings) story.Forest {
	b := &booster{settings: s, rows: r, state: 1}
	n := len(r.label)
	b.sum, b.g, b.h, b.leaf = make([]float64, n), make([]float64, n), make([]float64, n), make([]uint8, n)
	b.quantise(len(names))
	var yes, all float64
	for i, w := range r.weight {
		yes += w * r.label[i]
		all += w
	}
	f := story.Forest{Features: names, Bias: round(math.Log((yes + 1e-9) / (all - yes + 1e-9)))}
	for i := range b.sum {
		b.sum[i] = f.Bias
	}
	for range s.Trees {
		f.Trees = append(f.Trees, b.tree())
	}
	return f
}

// quantise finds the cuts of each feature, and codes all rows by them.
func (b *booster) quantise(features int) {
	b.cuts, b.codes = make([][]float64, features), make([][]uint8, features)
	parallel(features, func(f int) {
		values := make([]float64, len(b.rows.features))
		for i, row := range b.rows.features {
			values[i] = row[f]
		}
		cuts := cutsOf(values)
		codes := make([]uint8, len(values))
		for i, v := range values {
			n, _ := slices.BinarySearch(cuts, v)
			codes[i] = uint8(n)
		}
		b.cuts[f], b.codes[f] = cuts, codes
	})
}

// cutsOf part values into bins with as many in each, as far as they differ. Of
// values that are all the same there are none.
func cutsOf(values []float64) (cuts []float64) {
	if len(values) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	for k := 1; k < bins; k++ {
		below := sorted[k*len(sorted)/bins]
		next, _ := slices.BinarySearchFunc(sorted, below, func(v, t float64) int {
			if v <= t {
				return -1
			}
			return 1
		})
		if next == len(sorted) {
			break
		}
		cut := round((below + sorted[next]) / 2)
		if cut < below || cut >= sorted[next] {
			cut = below
		}
		if len(cuts) == 0 || cut > cuts[len(cuts)-1] {
			cuts = append(cuts, cut)
		}
	}
	return cuts
}

// split is a question, and by how much it lowers the loss.
type split struct {
	feature, cut int
	gain         float64
}

// tree fits one more tree.
func (b *booster) tree() story.Tree {
	b.gradients()
	var t story.Tree
	for level := range b.Depth {
		best := b.best(1 << level)
		if best.gain <= 0 {
			break
		}
		t.Features = append(t.Features, best.feature)
		t.Cuts = append(t.Cuts, b.cuts[best.feature][best.cut])
		codes := b.codes[best.feature]
		for i := range b.leaf {
			if int(codes[i]) > best.cut {
				b.leaf[i] |= 1 << level
			}
		}
	}
	t.Leaves = b.leaves(1 << len(t.Features))
	for i, l := range b.leaf {
		b.sum[i] += t.Leaves[l]
	}
	return t
}

func (b *booster) gradients() {
	b.used = b.used[:0]
	for i, s := range b.sum {
		p := 1 / (1 + math.Exp(-s))
		w := b.rows.weight[i]
		b.g[i], b.h[i] = w*(p-b.rows.label[i]), w*p*(1-p)
		b.leaf[i] = 0
		if b.chance() < b.Sample {
			b.used = append(b.used, int32(i))
		}
	}
}

// leaves are the answers of a tree.
func (b *booster) leaves(n int) []float64 {
	g, h := make([]float64, n), make([]float64, n)
	for _, i := range b.used {
		g[b.leaf[i]] += b.g[i]
		h[b.leaf[i]] += b.h[i]
	}
	out := make([]float64, n)
	for k := range out {
		out[k] = round(-b.Rate * g[k] / (h[k] + b.Ridge))
	}
	return out
}

// best is the question that helps most over all leaves.
func (b *booster) best(leaves int) split {
	found := make([]split, len(b.cuts))
	parallel(len(b.cuts), func(f int) { found[f] = b.bestOf(f, leaves) })
	best := split{}
	for _, s := range found {
		if s.gain > best.gain {
			best = s
		}
	}
	return best
}

// sums of the first and second derivatives of the loss.
type sums struct{ g, h float64 }

func (s sums) gain(ridge float64) float64 { return s.g * s.g / (s.h + ridge) }

// bestOf is the cut of a feature that helps most over all leaves.
func (b *booster) bestOf(f, leaves int) split {
	hist := make([]sums, leaves*bins)
	codes := b.codes[f]
	for _, i := range b.used {
		c := &hist[int(b.leaf[i])*bins+int(codes[i])]
		c.g += b.g[i]
		c.h += b.h[i]
	}
	gain := make([]float64, len(b.cuts[f]))
	for l := range leaves {
		of := hist[l*bins : (l+1)*bins]
		var whole, left sums
		for _, c := range of {
			whole = sums{whole.g + c.g, whole.h + c.h}
		}
		for k := range gain {
			left = sums{left.g + of[k].g, left.h + of[k].h}
			right := sums{whole.g - left.g, whole.h - left.h}
			gain[k] += left.gain(b.Ridge) + right.gain(b.Ridge) - whole.gain(b.Ridge)
		}
	}
	best := split{feature: f}
	for k, v := range gain {
		if v > best.gain {
			best.gain, best.cut = v, k
		}
	}
	return best
}

// chance is the next of a fixed series of numbers from 0 to 1: two fits of the
// same rows give the same trees.
func (b *booster) chance() float64 {
	b.state = b.state*6364136223846793005 + 1442695040888963407
	return float64(b.state>>11) / (1 << 53)
}

// round keeps four digits: more say nothing, and cost room in the binary. What has
// no four digits to keep is nothing.
func round(x float64) float64 {
	const least = 1e-300
	if math.Abs(x) < least || math.IsInf(x, 0) {
		return 0
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

// parallel runs of on 0 to n-1, each by itself.
func parallel(n int, of func(int)) {
	const workers = 2
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				of(i)
			}
		})
	}
	wg.Wait()
}
