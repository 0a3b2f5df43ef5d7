package watcher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

const (
	polls   = 16               // hosts polled at the same time
	hostGap = time.Second      // between two requests to one host
	polling = 30 * time.Second // no poll starts later under its lease
)

// pollHost polls the due feeds of a host one after the other.
func (w *Watcher) pollHost(ctx context.Context, l news.Lease) (sum Summary, err error) {
	d := w.desk.Load()
	states, err := w.cfg.Store.DueFeeds(ctx, l.Key, true)
	if err != nil {
		return sum, fmt.Errorf("feeds of %s: %w", l.Key, err)
	}
	started := w.cfg.Now()
	var hold time.Time
	for i := range states {
		f, known := d.feeds[states[i].FeedID]
		if !known {
			states[i].NextAt = started.Add(forever) // a reload is under way: it is no feed of ours yet
			continue
		}
		if !w.due(states[i], started) {
			continue
		}
		if w.cfg.Now().After(started.Add(polling)) {
			states[i].NextAt = time.UnixMilli(1) // the lease is half over: the rest first thing under the next one
			continue
		}
		if sum.Feeds > 0 && !d.allowed(f) {
			if err := sleep(ctx, hostGap); err != nil {
				return sum, err
			}
		}
		one, result, err := w.pollFeed(ctx, l, f, states[i])
		sum.Add(one)
		if errors.Is(err, store.ErrFenced) {
			w.cfg.Log.Warn("another worker took the host over", "host", l.Key)
			return sum, nil
		}
		if err != nil {
			return sum, fmt.Errorf("poll %s: %w", f.ID, err)
		}
		states[i] = result.State
		w.asked.Store(f.ID, true)
		if result.HostUntil.After(hold) {
			hold = result.HostUntil
			break // the host asked for a pause: its other feeds wait too
		}
	}
	return sum, ignoreFence(w.cfg.Store.Release(ctx, l, hostNext(states, hold, w.cfg.Now())))
}

// due says whether a feed is to be polled: at its time, or once in a pass that
// polls every one.
func (w *Watcher) due(s news.FeedState, now time.Time) bool {
	if w.cfg.AtOnce {
		_, asked := w.asked.Load(s.FeedID)
		return !asked
	}
	return !s.NextAt.After(now)
}

// hostNext is when a host is to be asked again: when the first of its feeds is
// due, but not while it is on hold.
func hostNext(states []news.FeedState, hold, now time.Time) time.Time {
	next := now.Add(24 * time.Hour)
	for _, s := range states {
		if s.NextAt.Before(next) {
			next = s.NextAt
		}
	}
	if next.Before(hold) {
		return hold
	}
	return next
}

// pollFeed polls one feed, matches what is new in it, and commits both.
func (w *Watcher) pollFeed(ctx context.Context, l news.Lease, f news.Feed, state news.FeedState) (sum Summary, r feed.Result, err error) {
	d := w.desk.Load()
	sum.Feeds = 1
	r = d.poller.Poll(ctx, feed.Job{
		Feed: f, State: state, Backfill: d.backfill, Wish: d.wish(f), Force: w.cfg.AtOnce,
		RepeatedBlocks: d.rules.File.Settings.IgnoreRepeatedBlocks,
	})
	if ctx.Err() != nil {
		return sum, r, ctx.Err() // a poll that we broke off says nothing about the feed
	}
	if r.Err != nil {
		sum.Failed = 1
		w.cfg.Log.Warn("poll failed", "feed", f.ID, "fails", r.State.Fails, "next", r.State.NextAt, "err", r.Err)
	}
	if r.Unchanged {
		sum.Unchanged = 1
	}
	fresh, edited, err := w.cfg.Store.Known(ctx, f.ID, r.Items)
	if err != nil {
		return sum, r, fmt.Errorf("look up known items: %w", err)
	}
	commit := store.PollCommit{
		State: r.State, Fresh: d.match(fresh), Edited: d.match(edited), Seen: r.Items, HostUntil: r.HostUntil,
	}
	sum.Items, sum.Edited = len(fresh), len(edited)
	for _, m := range commit.Fresh {
		if len(m.Hits) > 0 {
			sum.Hits++
		}
	}
	if err := w.cfg.Store.CommitPoll(ctx, l, commit); err != nil {
		return sum, r, fmt.Errorf("commit: %w", err)
	}
	if r.Err == nil {
		w.cfg.Log.Info("polled", "feed", f.ID, "unchanged", r.Unchanged, "items", len(r.Items),
			"new", sum.Items, "edited", sum.Edited, "hits", sum.Hits, "next", r.State.NextAt)
	}
	if sum.Hits > 0 || sum.Edited > 0 {
		w.ring(news.Desk)
	}
	return sum, r, nil
}

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
