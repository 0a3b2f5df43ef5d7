package watcher_test

import (
	"slices"

	"newswatch/news"
	"newswatch/watcher"
	"newswatch/watcher/story"
)

// topics is a grouper that goes by an item's categories: the first is what it is
// about. One that is about two things shows that the stories of both are one, and
// one that has the category "copy" repeats the first report of its story.
type topics struct {
	order  []string                   // stories, the first of them first
	about  map[string]map[string]bool // by story
	first  map[string]string          // by story: its first report
	apart  map[[2]string]bool
	during func() // called while the desk works; nil: nothing happens
}

var _ watcher.Grouper = (*topics)(nil)

func newTopics(during func()) *topics {
	return &topics{about: map[string]map[string]bool{}, first: map[string]string{}, apart: map[[2]string]bool{}, during: during}
}

func pairOf(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

func (g *topics) KeepApart(a, b string) { g.apart[pairOf(a, b)] = true }

func (g *topics) Restore(it news.Item, _ []string, storyID, _ string) { g.put(it, storyID) }

func (g *topics) put(it news.Item, id string) {
	if g.about[id] == nil {
		g.order = append(g.order, id)
		g.about[id], g.first[id] = map[string]bool{}, it.ID
	}
	for _, c := range it.Categories {
		if c != "copy" {
			g.about[id][c] = true
		}
	}
}

// on are the stories on a topic.
func (g *topics) on(topic string) (ids []string) {
	for _, id := range g.order {
		if g.about[id][topic] {
			ids = append(ids, id)
		}
	}
	return ids
}

func (g *topics) Add(it news.Item, _ []string) story.Placement {
	if g.during != nil {
		g.during()
	}
	own := g.on(it.Categories[0])
	if len(own) == 0 {
		p := story.Placement{StoryID: news.StoryID(it.ID), New: true, Score: 1, Why: "on something new"}
		g.put(it, p.StoryID)
		return p
	}
	p := story.Placement{StoryID: own[0], Score: 0.9, Why: "on " + it.Categories[0]}
	for _, id := range own[1:] {
		p.Near = append(p.Near, story.Near{StoryID: id, Score: 0.4, Why: "on " + it.Categories[0] + " too"})
	}
	if slices.Contains(it.Categories, "copy") {
		p.CopyOf = g.first[p.StoryID]
	}
	for _, topic := range it.Categories[1:] {
		for _, id := range g.on(topic) {
			if id != p.StoryID && g.about[id] != nil && !g.apart[pairOf(id, p.StoryID)] {
				p.Merged = append(p.Merged, g.merge(&p.StoryID, id))
			}
		}
	}
	g.put(it, p.StoryID)
	return p
}

// merge joins a story with the one that the item is in.
func (g *topics) merge(in *string, other string) story.Merge {
	into, from := *in, other
	if slices.Index(g.order, from) < slices.Index(g.order, into) {
		into, from = from, into
	}
	for topic := range g.about[from] {
		g.about[into][topic] = true
	}
	delete(g.about, from)
	g.order = slices.DeleteFunc(g.order, func(id string) bool { return id == from })
	for pair := range g.apart {
		if i := slices.Index(pair[:], from); i >= 0 {
			g.KeepApart(into, pair[1-i])
		}
	}
	*in = into
	return story.Merge{Into: into, From: from, Score: 0.8, Why: "one item is on both"}
}
