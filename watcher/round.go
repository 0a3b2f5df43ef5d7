package watcher

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

// round is a batch of the desk's decisions, and the stories as they are after
// each of them.
type round struct {
	judge   *story.Judge
	now     time.Time
	stories map[string]*news.Story // by their ids, and by those of stories that they took in
	ended   []*news.Story          // taken in by others in this round
	apart   [][2]string
	refused bool // a merge of stories that people parted
	commit  store.GroupCommit
	sum     Summary
}

// newRound reads the stories that placements speak of, and those to settle.
func (w *Watcher) newRound(ctx context.Context, placements []story.Placement, settled []string) (*round, error) {
	d := w.desk.Load()
	r := &round{judge: d.judge, now: w.cfg.Now()}
	r.commit = store.GroupCommit{Settled: settled, Developments: map[string][]news.Development{}, WakePlans: d.alerts}
	ids, merging := slices.Clone(settled), false
	for _, p := range placements {
		ids = append(ids, p.StoryID)
		for _, m := range p.Merged {
			ids, merging = append(ids, m.Into, m.From), true
		}
	}
	var err error
	if r.stories, err = w.cfg.Store.Stories(ctx, ids); err != nil {
		return nil, fmt.Errorf("read stories: %w", err)
	}
	if merging {
		if r.apart, err = w.cfg.Store.Apart(ctx); err != nil {
			return nil, fmt.Errorf("read which stories are kept apart: %w", err)
		}
	}
	return r, nil
}

// correct raises the versions of stories of which an edited headline brings news.
func (r *round) correct(edited []string) {
	for _, id := range edited {
		s := r.stories[id]
		for i := 0; s != nil && i < len(s.Members); i++ {
			if reason, developed := r.judge.Correct(s, s.Members[i]); developed {
				r.note(s.ID, raise(s, s.Members[i].Item, r.now, reason, s.Members[i].TitleWas))
			}
		}
	}
}

// take puts an item into its story. What it shows to be one story is made one
// before: else the story that has been told all along would seem to be back.
func (r *round) take(m news.Member, p story.Placement) {
	m.CopyOf, m.Score, m.Why = p.CopyOf, p.Score, p.Why
	for _, one := range p.Merged {
		r.merge(one)
	}
	s := r.stories[p.StoryID]
	if s == nil {
		s = &news.Story{ID: p.StoryID, Version: 1, FirstAt: m.Item.Fetched}
		r.stories[p.StoryID] = s
		r.sum.Stories++
	} else {
		r.sum.Grown++
		if reason, developed := develops(s, m, r.judge); developed {
			r.note(s.ID, raise(s, m.Item, m.Item.Fetched, reason, ""))
		}
	}
	s.Members = append(s.Members, m)
	s.LastAt = latest(s.LastAt, m.Item.Fetched)
	placed := store.PlacedItem{ItemID: m.Item.ID, StoryID: s.ID, CopyOf: p.CopyOf, Score: p.Score, Why: p.Why}
	for _, n := range p.Near {
		placed.Near = append(placed.Near, store.Near(n))
	}
	r.commit.Placed = append(r.commit.Placed, placed)
}

// merge lets the story that was there first take the other one in. It is no
// development: only what the younger one told and the older one did not is.
func (r *round) merge(m story.Merge) {
	into, from := r.stories[m.Into], r.stories[m.From]
	if into == nil || from == nil || into == from { // one that is pruned has nothing to move
		return
	}
	if r.parted(into, from) {
		r.refused = true
		return
	}
	if from.FirstAt.Before(into.FirstAt) { // the desk's memory does not reach so far back
		into, from = from, into
	}
	known := len(into.Developments)
	t := takeIn(into, from, r.now, r.judge)
	t.Verb, t.Score, t.Why = news.Merged, m.Score, m.Why
	r.commit.Transfers = append(r.commit.Transfers, t)
	r.note(into.ID, into.Developments[known:]...)
	for id, s := range r.stories {
		if s == from {
			r.stories[id] = into
		}
	}
	r.ended = append(r.ended, from)
}

// parted says whether people said of two stories that they are two.
func (r *round) parted(a, b *news.Story) bool {
	return slices.ContainsFunc(r.apart, func(pair [2]string) bool {
		is := func(id string, s *news.Story) bool { return id == s.ID || r.stories[id] == s }
		return is(pair[0], a) && is(pair[1], b) || is(pair[0], b) && is(pair[1], a)
	})
}

func (r *round) note(storyID string, d ...news.Development) {
	if len(d) > 0 {
		r.commit.Developments[storyID] = append(r.commit.Developments[storyID], d...)
	}
}

// done is the round as it is committed.
func (r *round) done() store.GroupCommit {
	committed := map[string]bool{} // a story may stand under ids that it took in too
	for _, s := range r.stories {
		if !committed[s.ID] {
			committed[s.ID] = true
			s.LeadID = story.Lead(s)
			r.commit.Stories = append(r.commit.Stories, *s)
		}
	}
	for _, s := range r.ended {
		r.commit.Stories = append(r.commit.Stories, *s)
	}
	return r.commit
}

// developments counts those of the round.
func (r *round) developments() (n int) {
	for _, list := range r.commit.Developments {
		n += len(list)
	}
	return n
}

// log tells what was committed.
func (r *round) log(log *slog.Logger) {
	for _, p := range r.commit.Placed {
		log.Info("placed", "item", p.ItemID, "story", p.StoryID, "copy_of", p.CopyOf, "why", p.Why)
	}
	for _, t := range r.commit.Transfers {
		log.Info("merged", "story", t.Into, "took_in", t.From, "items", len(t.Items), "score", t.Score, "why", t.Why)
	}
	for id, list := range r.commit.Developments {
		for _, d := range list {
			log.Info("developed", "story", id, "version", d.Version, "reason", d.Reason)
		}
	}
	if r.refused {
		log.Warn("two stories that are kept apart by hand were to be merged; they stay two, and the desk's memory is replayed")
	}
}
