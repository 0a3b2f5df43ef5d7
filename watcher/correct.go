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

// ErrRefused says that a correction makes no sense.
var ErrRefused = errors.New("nothing was changed")

// Corrector corrects by hand what the desk grouped, beside a running daemon. What
// it does lasts: the desk takes it as given from then on.
type Corrector struct {
	Store *store.Store
	Judge *story.Judge // says what of the items that move is news where they come
	Now   func() time.Time
}

// Join makes one story of two, which had been kept apart or not. The older one
// keeps its id, of two of one age the first that is named.
func (c Corrector) Join(ctx context.Context, a, b string) (news.Transfer, error) {
	return c.correct(ctx, []string{a, b}, func(stories map[string]*news.Story, _ func(string) bool) (store.Correction, error) {
		into, from := stories[a], stories[b]
		switch {
		case into == nil || from == nil:
			return store.Correction{}, store.ErrNotFound
		case into == from:
			return store.Correction{}, fmt.Errorf("%w: %s and %s are one story already", ErrRefused, a, b)
		}
		return c.join(into, from), nil
	})
}

func (c Corrector) join(into, from *news.Story) store.Correction {
	if from.FirstAt.Before(into.FirstAt) {
		into, from = from, into
	}
	known := len(into.Developments)
	t := takeIn(into, from, c.Now(), c.Judge)
	t.Verb = news.Joined
	into.LeadID = story.Lead(into)
	return store.Correction{
		Transfer: t, Stories: []news.Story{*into, *from},
		Developments: map[string][]news.Development{into.ID: into.Developments[known:]},
	}
}

// Split takes items out of a story into one of their own, and keeps the two apart.
// The id of the new story comes from the first of the items, as that of every
// story does, unless that founded the old one, which keeps its id. The new story
// counts as told where the old one was: its reports stood in it.
func (c Corrector) Split(ctx context.Context, storyID string, items []string) (news.Transfer, error) {
	return c.correct(ctx, []string{storyID}, func(stories map[string]*news.Story, taken func(string) bool) (store.Correction, error) {
		s := stories[storyID]
		if s == nil {
			return store.Correction{}, store.ErrNotFound
		}
		leaving, err := leavers(s, items)
		if err != nil {
			return store.Correction{}, err
		}
		if len(leaving) == len(s.Members) {
			return store.Correction{}, fmt.Errorf("%w: those are all items of story %s", ErrRefused, s.ID)
		}
		part := &news.Story{Version: 1}
		gone := takeOut(s, leaving)
		part.Members = gone.Members
		part.FirstAt = latest(s.FirstAt, firstFetched(part)) // never older than what it was part of
		for part.ID = news.StoryID(gone.Members[0].Item.ID); taken(part.ID); {
			part.ID = news.StoryID(part.ID)
		}
		t := store.Transfer{Known: []int{1}}
		t.At, t.Verb, t.From, t.Into, t.Items = c.Now(), news.Split, s.ID, part.ID, itemIDs(gone.Members)
		for _, d := range gone.Developments {
			part.Version++
			t.Carried = append(t.Carried, store.Carried{From: d.Version, Into: part.Version})
			d.Version = part.Version
			part.Developments = append(part.Developments, d)
		}
		return corrected(t, s, part, part.Developments), nil
	})
}

// Pin moves an item to the story that it belongs to, and keeps the two stories
// apart. A story of which it was all joins the other one.
func (c Corrector) Pin(ctx context.Context, itemID, storyID string) (news.Transfer, error) {
	_, _, had, err := c.Store.Item(ctx, itemID)
	if err != nil {
		return news.Transfer{}, fmt.Errorf("read item %s: %w", itemID, err)
	}
	return c.correct(ctx, []string{had, storyID}, func(stories map[string]*news.Story, _ func(string) bool) (store.Correction, error) {
		from, into := stories[had], stories[storyID]
		switch {
		case from == nil || into == nil:
			return store.Correction{}, store.ErrNotFound
		case from == into:
			return store.Correction{}, fmt.Errorf("%w: item %s is in story %s already", ErrRefused, itemID, into.ID)
		}
		leaving, err := leavers(from, []string{itemID})
		if err != nil {
			return store.Correction{}, err
		}
		if len(from.Members) == 1 {
			return c.join(into, from), nil
		}
		known, t := len(into.Developments), store.Transfer{}
		t.At, t.Verb, t.From, t.Into, t.Items = c.Now(), news.Pinned, from.ID, into.ID, []string{itemID}
		t.Carried = carry(into, from, t.At, c.Judge, func(id string) bool { return leaving[id] })
		into.Members = append(into.Members, takeOut(from, leaving).Members...)
		return corrected(t, from, into, into.Developments[known:]), nil
	})
}

// correct commits a correction and gives what it moved.
func (c Corrector) correct(ctx context.Context, ids []string, decide store.Decide) (done news.Transfer, err error) {
	err = c.Store.Correct(ctx, ids, func(stories map[string]*news.Story, taken func(string) bool) (store.Correction, error) {
		fix, err := decide(stories, taken)
		done = fix.Transfer.Transfer
		return fix, err
	})
	return done, err
}

// leavers are items, each of which must be in the story.
func leavers(s *news.Story, items []string) (map[string]bool, error) {
	in := map[string]bool{}
	for _, id := range itemIDs(s.Members) {
		in[id] = true
	}
	leaving := map[string]bool{}
	for _, id := range items {
		if !in[id] {
			return nil, fmt.Errorf("%w: item %s is not in story %s", ErrRefused, id, s.ID)
		}
		leaving[id] = true
	}
	return leaving, nil
}

func firstFetched(s *news.Story) time.Time {
	first := s.Members[0].Item.Fetched
	for _, m := range s.Members {
		first = earliest(first, m.Item.Fetched)
	}
	return first
}

// takeOut parts a story from items and what they brought, which it gives.
func takeOut(s *news.Story, leaving map[string]bool) (gone news.Story) {
	var rest news.Story
	for _, m := range s.Members {
		to := &rest
		if leaving[m.Item.ID] {
			to = &gone
		}
		to.Members = append(to.Members, m)
	}
	for _, d := range s.Developments {
		to := &rest
		if leaving[d.ItemID] {
			to = &gone
		}
		to.Developments = append(to.Developments, d)
	}
	s.Members, s.Developments, s.LastAt = rest.Members, rest.Developments, time.Time{}
	return gone
}

// corrected is the correction after which two stories live, of which the second
// was raised by some developments. Both stay as old as they are, whatever came or
// went: age decides which of two keeps its id.
func corrected(t store.Transfer, from, into *news.Story, developments []news.Development) store.Correction {
	c := store.Correction{Transfer: t, Developments: map[string][]news.Development{into.ID: developments}, CopyOf: map[string]string{}}
	for _, s := range []*news.Story{from, into} {
		reOriginal(s, c.CopyOf)
		for _, m := range s.Members {
			s.LastAt = latest(s.LastAt, m.Item.Fetched)
		}
		s.LeadID = story.Lead(s)
		c.Stories = append(c.Stories, *s)
	}
	return c
}

// reOriginal lets the first copy of a report that stands in another story be the
// report of this one. Else its outlet would count as nobody.
func reOriginal(s *news.Story, changed map[string]string) {
	in, first := map[string]bool{}, map[string]string{}
	for _, id := range itemIDs(s.Members) {
		in[id] = true
	}
	for i := range s.Members {
		m := &s.Members[i]
		if m.CopyOf == "" || in[m.CopyOf] {
			continue
		}
		heir := first[m.CopyOf]
		if heir == "" {
			first[m.CopyOf] = m.Item.ID
		}
		m.CopyOf, changed[m.Item.ID] = heir, heir
	}
}
