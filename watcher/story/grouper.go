package story

import (
	"fmt"
	"time"

	"newswatch/news"
)

// Grouper places items in stories, one after the other. It is not safe for
// concurrent use: the desk's lease gives it one holder at a time.
type Grouper struct {
	window    time.Duration
	threshold float64
	lex       *lexicon
	index     index
	query     query
	copies    copies
	citer     *citer
	stories   map[string]*story
	outlets   map[string]bool
	apart     map[[2]string]bool // stories that people said are two
	opened    int                // stories so far
	now       time.Time          // latest time of any item
	swept     time.Time
}

// New returns a Grouper that knows no stories.
func New(cfg Config) *Grouper {
	if cfg.Window <= 0 {
		cfg.Window = defaultWindow
	}
	if cfg.Threshold <= 0 {
		cfg.Threshold = defaultThreshold
	}
	if cfg.Model == nil {
		cfg.Model = builtIn()
	}
	lex := newLexicon()
	return &Grouper{
		window: cfg.Window, threshold: cfg.Threshold, lex: lex,
		index: index{lex: lex}, query: query{model: cfg.Model, joins: joinFeatures(), merges: mergeFeatures()}, copies: newCopies(), citer: newCiter(),
		stories: map[string]*story{}, outlets: map[string]bool{}, apart: map[[2]string]bool{},
	}
}

// KeepApart holds that two stories are two, whatever comes: none takes the other
// one in. It is told before or after the stories' items.
func (g *Grouper) KeepApart(a, b string) {
	g.apart[pairOf(a, b)] = true
}

// pairOf is two stories in whichever order they are named.
func pairOf(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

// Size is the number of reports that are kept for comparison.
func (g *Grouper) Size() int { return g.index.live }

// Add places an item. entities are the ids of the desk's entities in it.
func (g *Grouper) Add(it news.Item, entities []string) Placement {
	g.forget(&it)
	d := g.lex.read(&it, entities, g.outlets, true)
	g.query.load(d, when(&it))
	found := g.near(g.index.candidates(&g.query))
	m := g.member(&it, d)
	r, why := g.copies.find(&it, m, found)
	if r == nil {
		r, why = g.query.rewritten(m, found)
	}
	if r != nil {
		p := Placement{StoryID: r.story.id, Score: 1, Why: why}
		if r.repeats {
			p.CopyOf = r.original
		}
		bridged := g.bridgesFrom(r.story, found)
		g.settle(&it, d, m, r.story, g.weighed(r.story, p.CopyOf), p.CopyOf)
		p.Merged = g.mergeAll(bridged)
		p.StoryID = r.story.living().id
		return p
	}
	return g.place(&it, d, m, found)
}

// choices are the stories that the item under comparison may belong to, the
// likeliest first.
func (g *Grouper) choices(found []candidate) []choice {
	all := make([]choice, len(found))
	for i, c := range found {
		all[i] = choice{story: c.story, ev: g.query.weigh(c.story)}
	}
	g.query.judge(all)
	return all
}

// member is what is kept of an item to compare others with.
func (g *Grouper) member(it *news.Item, d *draft) *member {
	return &member{id: it.ID, doc: d.doc, sketch: sketch(it.Body), citing: g.citer.read(it, d.doc.lang.name)}
}

// place puts an item that is no copy into the story it fits best, or opens one.
func (g *Grouper) place(it *news.Item, d *draft, m *member, found []candidate) Placement {
	all := g.choices(found)
	if len(all) > 0 && all[0].score >= g.needed(g.threshold, all[0].ev.silent) {
		best := all[0]
		p := Placement{StoryID: best.story.id, Score: best.score, Why: g.query.why(best.ev), Near: g.nearest(all[1:])}
		bridged := g.bridges(all)
		g.settle(it, d, m, best.story, best.ev, "")
		p.Merged = g.mergeAll(bridged)
		p.StoryID = best.story.living().id
		return p
	}
	p := Placement{StoryID: news.StoryID(it.ID), New: true, Score: 1, Why: "nothing like it in the last " + days(g.window+reopenable), Near: g.nearest(all)}
	if len(all) > 0 {
		p.Why = fmt.Sprintf("nearest story: %s (%.2f, needs %.2f)", p.Near[0].Why, all[0].score, g.needed(g.threshold, all[0].ev.silent))
	}
	g.settle(it, d, m, g.open(p.StoryID), evidence{}, "")
	return p
}

// doubt is by how much likelier what comes to a closed story must be to be of it.
const doubt = 0.2

// needed is what a score must reach that would be least of a story that lives, when
// the story has been silent so long.
func (g *Grouper) needed(least float64, silent time.Duration) float64 {
	if silent > g.window {
		return min(least+doubt, 1)
	}
	return least
}

// maxNear is how many stories are named that an item was nearly put in.
const maxNear = 2

func (g *Grouper) nearest(all []choice) []Near {
	var near []Near
	for _, c := range all[:min(len(all), maxNear)] {
		near = append(near, Near{StoryID: c.story.id, Score: c.score, Why: g.query.why(c.ev)})
	}
	return near
}

// Restore takes in an item that was placed before, without deciding anything.
func (g *Grouper) Restore(it news.Item, entities []string, storyID, copyOf string) {
	g.forget(&it)
	d := g.lex.read(&it, entities, g.outlets, true)
	g.query.load(d, when(&it))
	m := g.member(&it, d)
	s := g.open(storyID)
	g.settle(&it, d, m, s, g.weighed(s, copyOf), copyOf)
}

// weighed is the evidence that a story remembers of a member; a copy leaves none.
func (g *Grouper) weighed(s *story, copyOf string) evidence {
	if copyOf != "" || len(s.members) == 0 {
		return evidence{}
	}
	return g.query.weigh(s)
}

// open returns the story of an id, and makes it when it is not there.
func (g *Grouper) open(id string) *story {
	s := g.stories[id]
	if s == nil {
		g.opened++
		s = &story{id: id, rank: g.opened}
		g.stories[id] = s
	}
	return s
}

// settle remembers a placed item. A copy adds nothing to compare with: its
// words would only make its story look more common than it is. Where the report
// that it repeats came before all that is remembered, it stands for that.
func (g *Grouper) settle(it *news.Item, d *draft, m *member, s *story, ev evidence, copyOf string) {
	at := when(it)
	s.saw(at)
	if g.now.After(s.seen) {
		s.seen = g.now
	}
	if key := outletKey(it.Publisher); key != "" {
		g.outlets[key] = true
	}
	g.copies.remember(it, m, s, copyOf)
	if copyOf != "" {
		if len(s.members) > 0 {
			return
		}
		m.id = copyOf
	}
	g.lex.count(&d.doc)
	s.keep(m, ev)
	g.index.add(m, root(g.query.normText))
	if len(s.members) > maxMembers {
		g.thin(s)
	}
}

// thin drops one member of a story that has too many to compare with: the
// oldest but for the first few, which say what the story is about.
func (g *Grouper) thin(s *story) {
	out := s.members[keptFirst]
	s.members = append(s.members[:keptFirst], s.members[keptFirst+1:]...)
	g.index.drop(out)
	g.query.load(&draft{lex: g.lex, doc: out.doc}, time.Time{})
	ev := g.query.weigh(s)
	n := float64(len(s.members))
	s.norm.text -= 1 + 2*n*ev.mean.text
	s.norm.head -= 1 + 2*n*ev.mean.head
	s.norm.name -= 1 + 2*n*ev.mean.name
}

// near leaves out the stories that have been silent for too long.
func (g *Grouper) near(found []candidate) []candidate {
	kept := found[:0]
	for _, c := range found {
		if c.story.gap(g.query.at) <= g.window+reopenable {
			kept = append(kept, c)
		}
	}
	return kept
}

// maxKept is the number of reports over which stories are forgotten after an
// eighth of the window: a flood must not fill the memory.
const maxKept = 100_000

// forget drops what has been silent for longer than the window. It looks once
// for each twentieth of the window that has passed in the items' time.
func (g *Grouper) forget(it *news.Item) {
	for _, at := range []time.Time{it.Fetched, it.Published} {
		if at.After(g.now) {
			g.now = at
		}
	}
	if g.now.Sub(g.swept) < g.window/20 {
		return
	}
	g.swept = g.now
	patience := g.window + reopenable
	if g.index.live > maxKept {
		patience /= 8
	}
	for id, s := range g.stories {
		if s.seen.IsZero() || g.now.Sub(s.seen) <= patience {
			continue
		}
		for _, m := range s.members {
			g.index.drop(m)
		}
		g.copies.forget(s)
		delete(g.stories, id)
	}
	if len(g.index.members) > 2*g.index.live+1000 {
		g.index.compact()
	}
}

// when is the time of an item, zero when it has none.
func when(it *news.Item) time.Time {
	if it.Published.IsZero() {
		return it.Fetched
	}
	return it.Published
}

func days(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return d.String()
}
