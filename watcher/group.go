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

const groupBatch = 500 // items placed in one transaction

// grouper decides which story an item belongs to.
type grouper interface {
	Add(it news.Item, entities []string) story.Placement
	Restore(it news.Item, entities []string, storyID, copyOf string)
	KeepApart(a, b string)
}

// group places the items that hit and have no story yet, and notes which
// stories developed. The desk has one holder at a time, whose memory of the
// active stories is replayed when the desk changes hands.
func (w *Watcher) group(ctx context.Context) (sum Summary, err error) {
	if err := w.recover(ctx); err != nil {
		return sum, err
	}
	leases, err := w.cfg.Store.Claim(ctx, news.Desk, 1, w.cfg.Lease)
	if err != nil {
		return sum, fmt.Errorf("claim the desk: %w", err)
	}
	if len(leases) == 0 {
		return sum, nil
	}
	if back, err := w.leftToRecovery(ctx, leases); back || err != nil {
		if err != nil {
			return sum, err
		}
		return w.group(ctx)
	}
	if leases[0].Boot != w.boot { // the database may have been taken back: so would be the memory
		w.grouper, w.boot = nil, leases[0].Boot
	}
	sum, err = w.groupAll(ctx, leases[0])
	if err != nil {
		w.grouper = nil // its memory may be ahead of what is stored
		if errors.Is(err, store.ErrFenced) {
			return sum, nil
		}
		return sum, w.retryLater(ctx, leases[0], fmt.Errorf("group: %w", err))
	}
	if sum.Stories+sum.Grown > 0 {
		w.ring(news.Plans)
	}
	return sum, w.giveBack(ctx, leases[0], w.cfg.Now().Add(24*time.Hour))
}

// deskPatience is how long the desk is left to who held it last: twice the time in which
// that one hears of work.
const deskPatience = 3 * listenEvery

// groupInTurn is group for one of several programs. Who held the desk last knows the
// active stories; another one would have to replay them all, for each item anew.
func (w *Watcher) groupInTurn(ctx context.Context) (sum Summary, err error) {
	if !w.together {
		return w.group(ctx)
	}
	due, err := w.cfg.Store.NextAt(ctx, news.Desk)
	if err != nil {
		return sum, fmt.Errorf("is there work at the desk: %w", err)
	}
	last, err := w.cfg.Store.Meta(ctx, store.DeskHolder)
	if err != nil {
		return sum, fmt.Errorf("read who held the desk: %w", err)
	}
	if last != "" && last != w.holder && w.cfg.Now().Before(due.Add(deskPatience)) {
		return sum, nil
	}
	return w.group(ctx)
}

// leaveDesk lets others take the desk at once when this program has ended.
func (w *Watcher) leaveDesk(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	if last, err := w.cfg.Store.Meta(ctx, store.DeskHolder); err != nil || last != w.holder {
		return
	}
	_ = w.cfg.Store.SetMeta(ctx, store.DeskHolder, "") // else they wait for a moment
}

func (w *Watcher) groupAll(ctx context.Context, l news.Lease) (sum Summary, err error) {
	for ctx.Err() == nil {
		if err := w.remember(ctx, l); err != nil {
			return sum, err
		}
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

// remember replays the active stories when this process did not hold the desk
// last, or stories were corrected by hand since. It takes the note of that before
// it reads: a correction that comes meanwhile takes the note away again.
func (w *Watcher) remember(ctx context.Context, l news.Lease) error {
	last, err := w.cfg.Store.Meta(ctx, store.DeskHolder)
	if err != nil {
		return fmt.Errorf("read who held the desk: %w", err)
	}
	if w.grouper != nil && last == w.holder {
		return nil
	}
	w.grouper = nil
	if err := w.cfg.Store.HoldDesk(ctx, l, w.holder); err != nil {
		return err
	}
	g := w.forget()
	apart, err := w.cfg.Store.Apart(ctx)
	if err != nil {
		return fmt.Errorf("read which stories are kept apart: %w", err)
	}
	for _, pair := range apart {
		g.KeepApart(pair[0], pair[1])
	}
	items := 0
	err = w.cfg.Store.Placed(ctx, w.cfg.Now().Add(-story.Memory), func(it news.Item, entities []string, storyID, copyOf string) error {
		g.Restore(it, entities, storyID, copyOf)
		items++
		return nil
	})
	if err != nil {
		return fmt.Errorf("replay active stories: %w", err)
	}
	w.grouper = g
	w.cfg.Log.Info("memory of stories replayed", "items", items, "apart", len(apart))
	return nil
}

// place decides for each item which story it belongs to, and commits that. The
// items come in the order of their publication, so that it does not matter which
// feed of a round answered first.
func (w *Watcher) place(ctx context.Context, l news.Lease, members []news.Member, edited []string) (Summary, error) {
	placements := make([]story.Placement, len(members))
	for i, m := range members {
		placements[i] = w.grouper.Add(m.Item, entitiesOf(m))
	}
	r, err := w.newRound(ctx, placements, edited)
	if err != nil {
		return Summary{}, err
	}
	r.correct(edited)
	for i, m := range members {
		r.take(m, placements[i])
	}
	w.cfg.At(BeforeGroup)
	if err := w.cfg.Store.CommitGroup(ctx, l, r.done()); err != nil {
		return Summary{}, fmt.Errorf("commit: %w", err)
	}
	w.cfg.At(AfterGroup)
	r.log(w.cfg.Log)
	w.observe.Developed(r.developments())
	if r.refused {
		w.grouper = nil // it thinks that those are one
	}
	return r.sum, nil
}

func entitiesOf(m news.Member) []string {
	if len(m.Hits) == 0 {
		return nil
	}
	return m.Hits[0].Entities // every hit of an item carries all its entities
}
