package watcher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

const (
	groupBatch = 500                // items placed in one transaction
	memory     = 7 * 24 * time.Hour // how far back the grouper's memory is replayed
	holderKey  = "desk_holder"
)

// group places the items that hit and have no story yet, and notes which
// stories developed. The desk has one holder at a time, whose memory of the
// active stories is replayed when the desk changes hands.
func (w *Watcher) group(ctx context.Context) (sum Summary, err error) {
	leases, err := w.cfg.Store.Claim(ctx, news.Desk, 1, lease)
	if err != nil {
		return sum, fmt.Errorf("claim the desk: %w", err)
	}
	if len(leases) == 0 {
		return sum, nil
	}
	sum, err = w.groupAll(ctx, leases[0])
	if err != nil {
		w.grouper = nil // its memory may be ahead of what is stored
		if errors.Is(err, store.ErrFenced) {
			return sum, nil
		}
		return sum, errors.Join(fmt.Errorf("group: %w", err), w.retryLater(ctx, leases[0]))
	}
	if sum.Stories+sum.Grown > 0 {
		w.ring(news.Plans)
	}
	return sum, ignoreFence(w.cfg.Store.Release(ctx, leases[0], w.cfg.Now().Add(24*time.Hour)))
}

func (w *Watcher) groupAll(ctx context.Context, l news.Lease) (sum Summary, err error) {
	if err := w.remember(ctx); err != nil {
		return sum, err
	}
	for ctx.Err() == nil {
		members, err := w.cfg.Store.Ungrouped(ctx, groupBatch)
		if err != nil {
			return sum, fmt.Errorf("read ungrouped items: %w", err)
		}
		edited, err := w.cfg.Store.Edited(ctx, groupBatch)
		if err != nil {
			return sum, fmt.Errorf("read edited stories: %w", err)
		}
		if len(members)+len(edited) == 0 {
			return sum, nil
		}
		one, err := w.place(ctx, l, members, edited)
		sum.Add(one)
		if err != nil {
			return sum, err
		}
	}
	return sum, ctx.Err()
}

// remember replays the active stories when this process did not hold the desk last.
func (w *Watcher) remember(ctx context.Context) error {
	last, err := w.cfg.Store.Meta(ctx, holderKey)
	if err != nil {
		return fmt.Errorf("read who held the desk: %w", err)
	}
	if w.grouper != nil && last == w.holder {
		return nil
	}
	g := story.New(story.Config{})
	err = w.cfg.Store.Placed(ctx, w.cfg.Now().Add(-memory), func(it news.Item, entities []string, storyID, copyOf string) error {
		g.Restore(it, entities, storyID, copyOf)
		return nil
	})
	if err != nil {
		return fmt.Errorf("replay active stories: %w", err)
	}
	if err := w.cfg.Store.SetMeta(ctx, holderKey, w.holder); err != nil {
		return fmt.Errorf("note who holds the desk: %w", err)
	}
	w.grouper = g
	return nil
}

// place decides for each item which story it belongs to, and commits that.
func (w *Watcher) place(ctx context.Context, l news.Lease, members []news.Member, edited []string) (sum Summary, err error) {
	commit := store.GroupCommit{Settled: edited, Developments: map[string][]news.Development{}, WakePlans: w.desk.Load().alerts}
	ids := append([]string(nil), edited...)
	placements := make([]story.Placement, len(members))
	for i, m := range members {
		placements[i] = w.grouper.Add(m.Item, entitiesOf(m))
		ids = append(ids, placements[i].StoryID)
	}
	stories, err := w.cfg.Store.Stories(ctx, ids)
	if err != nil {
		return sum, fmt.Errorf("read stories: %w", err)
	}
	for _, id := range edited {
		w.correct(stories[id], commit.Developments)
	}
	for i, m := range members {
		p := placements[i]
		m.CopyOf, m.Score, m.Why = p.CopyOf, p.Score, p.Why
		s := stories[p.StoryID]
		if s == nil {
			s = &news.Story{ID: p.StoryID, Version: 1, FirstAt: m.Item.Fetched}
			stories[p.StoryID] = s
			sum.Stories++
		} else {
			sum.Grown++
			w.develop(s, m, commit.Developments)
		}
		s.Members = append(s.Members, m)
		s.LastAt = latest(s.LastAt, m.Item.Fetched)
		commit.Placed = append(commit.Placed, store.PlacedItem{ItemID: m.Item.ID, StoryID: p.StoryID, CopyOf: p.CopyOf, Score: p.Score, Why: p.Why})
	}
	committed := map[string]bool{} // a story may stand under ids that it took in too
	for _, s := range stories {
		if committed[s.ID] {
			continue
		}
		committed[s.ID] = true
		s.LeadID = story.Lead(s)
		s.Phase = story.Phase(s, w.cfg.Now())
		commit.Stories = append(commit.Stories, *s)
	}
	if err := w.cfg.Store.CommitGroup(ctx, l, commit); err != nil {
		return sum, fmt.Errorf("commit: %w", err)
	}
	for _, p := range commit.Placed {
		w.cfg.Log.Debug("placed", "item", p.ItemID, "story", p.StoryID, "copy_of", p.CopyOf, "why", p.Why)
	}
	return sum, nil
}

// develop raises a story's version when the item that joins it brings news.
func (w *Watcher) develop(s *news.Story, m news.Member, developments map[string][]news.Development) {
	if m.Item.Baseline {
		return // it was there before we came: no news
	}
	reason, developed := w.desk.Load().judge.Develop(s, m)
	if developed {
		w.raise(s, m, m.Item.Fetched, reason, developments)
	}
}

// correct raises a story's version when an edited headline of it brings news.
func (w *Watcher) correct(s *news.Story, developments map[string][]news.Development) {
	for i := 0; s != nil && i < len(s.Members); i++ {
		if reason, developed := w.desk.Load().judge.Correct(s, s.Members[i]); developed {
			w.raise(s, s.Members[i], w.cfg.Now(), reason, developments)
		}
	}
}

func (w *Watcher) raise(s *news.Story, m news.Member, at time.Time, reason string, developments map[string][]news.Development) {
	s.Version++
	d := news.Development{Version: s.Version, At: at, ItemID: m.Item.ID, Reason: reason}
	s.Developments = append(s.Developments, d)
	developments[s.ID] = append(developments[s.ID], d)
	w.cfg.Log.Info("developed", "story", s.ID, "version", s.Version, "reason", reason)
}

func entitiesOf(m news.Member) []string {
	if len(m.Hits) == 0 {
		return nil
	}
	return m.Hits[0].Entities // every hit of an item carries all its entities
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
