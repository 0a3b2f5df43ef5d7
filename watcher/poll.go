package watcher

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"newswatch/news"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

const (
	polls   = 128         // hosts polled at the same time
	hostGap = time.Second // from one poll of a host to the next, also over restarts
)

// polling is how late under its lease a poll may start: of a minute 25 s, since it may
// take 30 s, and is then to be committed.
func (w *Watcher) polling() time.Duration { return w.cfg.Lease * 5 / 12 }

// pollHost polls the due feeds of a host one after the other. The last poll's
// transaction also gives the host back.
func (w *Watcher) pollHost(ctx context.Context, l news.Lease) (Summary, error) {
	leased, cancel := w.under(ctx, l)
	defer cancel()
	sum, next, back, err := w.pollDue(leased, l)
	switch {
	case back:
		return sum, err
	case errors.Is(err, store.ErrFenced) || errors.Is(context.Cause(leased), store.ErrFenced):
		w.cfg.Log.Warn("another worker took the host over, or a reload a feed away", "host", l.Key, "err", err)
		err = nil
	case err != nil && ctx.Err() == nil:
		return sum, w.retryLater(ctx, l, err)
	}
	return sum, errors.Join(err, w.giveBack(ctx, l, next))
}

// pollDue polls what is due of a host, as far as the lease goes. It says when the rest
// is (zero: when the first of the host's feeds is due), unless the host is back already.
func (w *Watcher) pollDue(ctx context.Context, l news.Lease) (sum Summary, next time.Time, back bool, err error) {
	d := w.desk.Load()
	states, err := w.cfg.Store.DueFeeds(ctx, l.Key, w.cfg.AtOnce)
	if err != nil {
		return sum, next, false, fmt.Errorf("feeds of %s: %w", l.Key, err)
	}
	started := w.cfg.Now()
	due := slices.DeleteFunc(slices.Clone(states), func(s news.FeedState) bool { return !w.due(d, s, started) })
	for i, state := range due {
		room := w.polling()
		if d.feeds[state.FeedID].FullText {
			room -= articleTime
		}
		if i > 0 && w.cfg.Now().After(started.Add(room)) { // the rest first thing under the next lease
			return sum, time.UnixMilli(1), false, nil
		}
		one, back, err := w.pollFeed(ctx, l, d, state, i == len(due)-1)
		sum.Add(one)
		if err != nil {
			return sum, next, false, fmt.Errorf("poll %s: %w", state.FeedID, err)
		}
		if back {
			return sum, next, true, nil
		}
	}
	if len(states) > 0 {
		next = started.Add(time.Second) // a reload is under way: what is due is no feed of ours yet
	}
	return sum, next, false, nil
}

// due says whether a feed is to be polled: at its time, or once in a pass that
// polls every one. One that is not known is left alone: a reload is under way.
func (w *Watcher) due(d *desk, s news.FeedState, now time.Time) bool {
	if _, known := d.feeds[s.FeedID]; !known {
		return false
	}
	if w.cfg.AtOnce {
		_, asked := w.asked.Load(s.FeedID)
		return !asked
	}
	return !s.NextAt.After(now)
}

// pollFeed polls one feed, matches what is new in it, and commits both. After
// the last one, and when the host asks for a pause, the host is given back.
func (w *Watcher) pollFeed(ctx context.Context, l news.Lease, d *desk, state news.FeedState, last bool) (sum Summary, back bool, err error) {
	f := d.feeds[state.FeedID]
	late := w.cfg.Now().Sub(state.NextAt).Truncate(time.Millisecond)
	if !d.allowed(f) {
		if err := w.cfg.Store.Asking(ctx, l, f.ID, feed.BrokenOff(f, state, w.cfg.Now())); err != nil {
			return sum, false, fmt.Errorf("before asking: %w", err)
		}
	}
	began := w.cfg.Elapsed()
	r := d.poller.Poll(ctx, feed.Job{
		Feed: f, State: state, Backfill: d.backfill, Wish: d.wish(f), Fixed: f.Poll != "", Phase: d.phases[f.ID],
		RepeatedBlocks: d.rules.File.Settings.IgnoreRepeatedBlocks, Known: w.known(f.ID), Force: w.cfg.AtOnce,
	})
	took := w.cfg.Elapsed() - began
	if ctx.Err() != nil {
		return sum, false, ctx.Err() // a poll that we broke off says nothing about the feed
	}
	fresh, edited, err := w.cfg.Store.Known(ctx, f.ID, r.Items)
	if err != nil {
		return sum, false, fmt.Errorf("look up known items: %w", err)
	}
	if f.FullText {
		fresh, edited = w.fullTexts(ctx, f, state, &r, fresh, edited)
		if ctx.Err() != nil {
			return sum, false, ctx.Err()
		}
	}
	c := store.PollCommit{
		State: r.State, Fresh: d.match(fresh), Edited: d.match(edited), Seen: r.Items, HostUntil: r.HostUntil,
		Last: last || !r.HostUntil.IsZero(), Partial: r.Partial,
	}
	if gap := w.cfg.Now().Add(hostGap); c.Last && !d.allowed(f) && c.HostUntil.Before(gap) {
		c.HostUntil = gap
	}
	w.cfg.At(BeforePoll)
	if err := w.cfg.Store.CommitPoll(ctx, l, c); err != nil {
		return sum, false, fmt.Errorf("commit: %w", err)
	}
	w.cfg.At(AfterPoll)
	w.observe.Polled(census(r, c, took))
	if !r.Busy {
		w.asked.Store(f.ID, true)
	}
	if err := w.excuse(ctx, d, r); err != nil && ctx.Err() == nil {
		w.cfg.Log.Warn("feeds that failed because our own network is down may wait for longer than they need", "err", err)
	}
	sum = w.polled(r, c, late, state)
	if sum.Hits > 0 || sum.Edited > 0 {
		w.ring(news.Desk)
	}
	return sum, c.Last, nil
}

// excuse lets feeds be asked soon again whose failures were counted before it could be
// told that our own network is down: once all that are stored, and after that those
// whose polls were under way.
func (w *Watcher) excuse(ctx context.Context, d *desk, r feed.Result) error {
	was := w.down.Load()
	switch since := d.poller.DownSince(); {
	case since.IsZero():
		return nil
	case since.UnixNano() == was:
		if !r.Silent {
			return nil
		}
		return w.hasten(ctx, since, []news.FeedState{r.State})
	case w.down.CompareAndSwap(was, since.UnixNano()):
		w.cfg.Log.Warn("our own network seems to be down: no feed is to blame", "since", since)
		states, err := w.cfg.Store.FeedStates(ctx)
		if err == nil {
			err = w.hasten(ctx, since, states)
		}
		if err != nil {
			w.down.CompareAndSwap(since.UnixNano(), was) // the next poll tries again
		}
		return err
	}
	return nil
}

func (w *Watcher) hasten(ctx context.Context, since time.Time, states []news.FeedState) error {
	return w.cfg.Store.Hasten(ctx, slices.DeleteFunc(states, func(st news.FeedState) bool { return !feed.Excused(st, since, w.cfg.Now()) }))
}

// known counts the items that a feed brought before.
func (w *Watcher) known(feedID string) func(context.Context, []news.Item) (int, error) {
	return func(ctx context.Context, items []news.Item) (int, error) {
		fresh, _, err := w.cfg.Store.Known(ctx, feedID, items)
		return len(items) - len(fresh), err
	}
}

// polled counts and logs what a poll brought. Old is the feed's state before: of what
// goes on failing not every time is worth a line.
func (w *Watcher) polled(r feed.Result, c store.PollCommit, late time.Duration, old news.FeedState) Summary {
	sum := Summary{Feeds: 1, Items: len(c.Fresh), Edited: len(c.Edited)}
	for _, m := range c.Fresh {
		if len(m.Hits) > 0 {
			sum.Hits++
			w.cfg.Log.Debug("matched", "feed", m.Item.FeedID, "item", m.Item.ID, "rule", m.Hits[0].Rule, "score", m.Hits[0].Score, "rules", len(m.Hits))
		}
	}
	if r.Unchanged {
		sum.Unchanged = 1
	}
	if r.Err != nil {
		sum.Failed = 1
		say := w.cfg.Log.Debug
		if worthALine(r, old) {
			say = w.cfg.Log.Warn
		}
		say("poll failed", "feed", r.State.FeedID, "fails", r.State.Fails, "next", r.State.NextAt, "err", r.Err)
		return sum
	}
	if old.Fails > 0 && r.State.Fails == 0 && !r.Busy {
		w.cfg.Log.Info("polled well again", "feed", r.State.FeedID, "failed", old.Fails)
	}
	if r.Gap {
		w.cfg.Log.Warn("items may have been missed between two polls", "feed", r.State.FeedID, "gaps", r.State.Memory.Gaps)
	}
	say := w.cfg.Log.Info
	if len(c.Fresh)+len(c.Edited) == 0 {
		say = w.cfg.Log.Debug // nothing came of it, as of most polls
	}
	say("polled", "feed", r.State.FeedID, "unchanged", r.Unchanged, "items", r.State.Items,
		"new", sum.Items, "edited", sum.Edited, "hits", sum.Hits, "late", late, "next", r.State.NextAt, "because", r.State.Memory.Reason)
	return sum
}

// worthALine says whether a failure is news: an outage of our own is told once, and
// what could be read of a document that stays damaged is as it was.
func worthALine(r feed.Result, old news.FeedState) bool {
	switch {
	case r.State.Memory.Ours:
		return false
	case r.State.Fails == 0:
		return r.State.Error != old.Error
	}
	return seldom(r.State.Fails)
}

// seldom thins out what repeats: the 1st, 2nd, 4th, 8th time of it and so on.
func seldom(n int) bool { return n&(n-1) == 0 }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
