package backtest

import (
	"newswatch/news"
	"newswatch/rules"
)

// wants says which digests and alerts want which rules.
type wants struct {
	plans  []news.Plan
	byRule map[string][]int // places in plans
	// others want also the rules that the file does not have.
	others []int
	known  map[string]bool
}

func wantsOf(file *rules.File) wants {
	w := wants{plans: file.Plans, byRule: map[string][]int{}, known: map[string]bool{}}
	for i, p := range file.Plans {
		for _, rule := range p.Rules {
			w.byRule[rule] = append(w.byRule[rule], i)
		}
	}
	for _, r := range file.Rules {
		w.known[r.ID] = true
	}
	return w
}

// withOthers stands for a file of which only hits are known, by the file that
// replaces it: who wants every rule of this one wanted also those that went.
func (w wants) withOthers() wants {
	for i, p := range w.plans {
		has := map[string]bool{}
		for _, rule := range p.Rules {
			has[rule] = true
		}
		if len(has) == len(w.known) {
			w.others = append(w.others, i)
		}
	}
	return w
}

// by are the places of the plans that want a rule.
func (w wants) by(rule string) []int {
	if !w.known[rule] {
		return w.others
	}
	return w.byRule[rule]
}

// told gives each plan that wants to tell an item with these hits the best of
// them. What else a plan asks of a story, such as publishers, is not asked here.
func (w wants) told(hits []news.Hit) map[string]*news.Hit {
	var told map[string]*news.Hit
	for i := range hits {
		h := &hits[i]
		for _, n := range w.by(h.Rule) {
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
