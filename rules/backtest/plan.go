package backtest

import "newswatch/news"

// wants says which digests and alerts want which rules.
type wants struct {
	plans  []news.Plan
	byRule map[string][]int // places in plans
}

func wantsOf(plans []news.Plan) wants {
	w := wants{plans, map[string][]int{}}
	for i, p := range plans {
		for _, rule := range p.Rules {
			w.byRule[rule] = append(w.byRule[rule], i)
		}
	}
	return w
}

// told gives each plan that wants to tell an item with these hits the best of
// them. What else a plan asks of a story, such as publishers, is not asked here.
func (w wants) told(hits []news.Hit) map[string]*news.Hit {
	var told map[string]*news.Hit
	for i := range hits {
		h := &hits[i]
		for _, n := range w.byRule[h.Rule] {
			p := &w.plans[n]
			if h.Score < p.MinScore || told[p.ID] != nil && told[p.ID].Score >= h.Score {
				continue
			}
			if told == nil {
				told = map[string]*news.Hit{}
			}
			told[p.ID] = h
		}
	}
	return told
}
