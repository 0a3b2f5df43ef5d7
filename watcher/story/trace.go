package story

import "newswatch/news"

// Candidate is a story that an item may belong to, as the trees see it.
type Candidate struct {
	StoryID  string
	Features []float64 // by JoinFeatures
	Score    float64   // 0 to 1
}

// Bridge is a pair of stories that may be one, as the trees see it.
type Bridge struct {
	Into, From string
	Features   []float64 // by MergeFeatures
}

// Trace says between what Add would choose for an item, without placing it: the
// material to learn from.
func (g *Grouper) Trace(it news.Item, entities []string) ([]Candidate, []Bridge) {
	g.forget(&it)
	d := g.lex.read(&it, entities, g.outlets, false)
	g.query.load(d, when(&it))
	all := g.choices(g.near(g.index.candidates(&g.query)))
	candidates := make([]Candidate, len(all))
	for i := range all {
		candidates[i] = Candidate{StoryID: all[i].story.id, Features: g.query.joins.of(&all[i].ev, nil), Score: all[i].score}
	}
	var bridges []Bridge
	if len(all) > 0 {
		for _, b := range g.bridges(all) {
			bridges = append(bridges, Bridge{Into: b.into.id, From: b.from.id, Features: g.query.merges.of(&b, nil)})
		}
	}
	return candidates, bridges
}
