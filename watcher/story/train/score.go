package main

// figures are pairwise and B-cubed F1 (Bagga & Baldwin 1998).
type figures struct{ pair, bcubed, p, r float64 }

// tally counts as many groups of labels as are added, each by itself.
type tally struct {
	items, together, predicted, gold int
	precision, recall                float64
	frag, stories, mixed             int
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
	t.stories += len(g)
	t.frag += len(both)
	for _, n := range g {
		t.gold += pairs(n)
	}
	most := map[string]int{}
	for _, n := range p {
		t.predicted += pairs(n)
	}
	for k, n := range both {
		t.together += pairs(n)
		t.precision += float64(n*n) / float64(p[k[1]])
		t.recall += float64(n*n) / float64(g[k[0]])
		most[k[1]] = max(most[k[1]], n)
	}
	t.mixed += len(gold)
	for _, n := range most {
		t.mixed -= n
	}
}

func (t *tally) spread() float64     { return float64(t.frag) / float64(t.stories) }
func (t *tally) mixedShare() float64 { return float64(t.mixed) / float64(t.items) }

func (t *tally) figures() figures {
	f1 := func(p, r float64) float64 { return 2 * p * r / max(p+r, 1e-9) }
	pp, pr := float64(t.together)/float64(max(t.predicted, 1)), float64(t.together)/float64(max(t.gold, 1))
	return figures{f1(pp, pr), f1(t.precision/float64(t.items), t.recall/float64(t.items)), pp, pr}
}
