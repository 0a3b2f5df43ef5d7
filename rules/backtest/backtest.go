// Package backtest holds rules against the items that are stored, and says how
// that differs from the rules in force: what would be told more, and what less.
//
// It stands beside the pipeline, between the store and an editor who is about to
// save a rule file. It reads and never writes. Two judges look at each item; one
// of them may be the record of what the daemon itself found when the item came.
package backtest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"newswatch/news"
	"newswatch/rules"
)

// Archive is what a backtest needs of the store.
type Archive interface {
	// Items gives fn the items fetched since a time, the oldest first. An error of
	// fn ends it and is returned.
	Items(ctx context.Context, since time.Time, fn func(news.Item) error) error
	// CountItems counts the items fetched between two times. It may count those
	// on the bounds or not.
	CountItems(ctx context.Context, from, to time.Time) (items, feeds int, err error)
}

// Judge says which rules items meet: their hits, in the places of the items. It
// is safe for concurrent use.
type Judge interface {
	Hits(ctx context.Context, items []news.Item) ([][]news.Hit, error)
}

// Side is one of the two that are compared.
type Side struct {
	Judge Judge
	// File names the rules, and says which digests and alerts want them. Nil, where
	// only hits are known, takes the digests and alerts of the other side; those
	// that want all of its rules then want any other as well.
	File *rules.File
}

// Config says what is compared.
type Config struct {
	Archive      Archive
	Before       Side // the rules in force
	After        Side // the rules to try; its File is never nil
	Since, Until time.Time
	Location     *time.Location // in which a day begins; nil: UTC
	Workers      int            // 0: one a core
	// Progress is told now and then how many items are done, of about how many.
	// It is never called twice at once.
	Progress func(done, total int)
}

// batchItems is how many items a judge gets at once.
const batchItems = 250

// errEnd stops a read at the end of its span.
var errEnd = errors.New("the span ends")

// Run compares the two sides over the items fetched since a time and before
// another. Its memory does not grow with their number, and equal input gives an
// equal report, however many workers there are.
func Run(ctx context.Context, c Config) (*Report, error) {
	r := newRun(c)
	spans, total, err := r.spans(ctx)
	if err != nil {
		return nil, err
	}
	r.total = total
	workers := c.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	sums := make([]*sum, min(workers, max(1, len(spans))))
	group, ctx := errgroup.WithContext(ctx)
	for w := range sums {
		sums[w] = newSum()
		group.Go(func() error {
			for n := next.Add(1) - 1; n < int64(len(spans)); n = next.Add(1) - 1 {
				if err := r.span(ctx, spans[n], sums[w]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, s := range sums[1:] {
		sums[0].add(s)
	}
	return r.report(sums[0]), nil
}

// run is one backtest.
type run struct {
	Config
	before, after wants
	listed        map[string]bool // feeds of the rules to try

	mu          sync.Mutex
	done, total int
}

func newRun(c Config) *run {
	if c.Location == nil {
		c.Location = time.UTC
	}
	r := &run{Config: c, after: wantsOf(c.After.File), listed: map[string]bool{}}
	if c.Before.File != nil {
		r.before = wantsOf(c.Before.File)
	} else {
		r.before = r.after.withOthers()
	}
	for _, f := range c.After.File.Feeds {
		r.listed[f.ID] = true
	}
	return r
}

// span reads the items of one span and adds up what both sides say.
func (r *run) span(ctx context.Context, s span, into *sum) error {
	batch := make([]news.Item, 0, batchItems)
	err := r.Archive.Items(ctx, s.from, func(it news.Item) error {
		if !it.Fetched.Before(s.to) {
			return errEnd
		}
		batch = append(batch, it)
		if len(batch) < cap(batch) {
			return nil
		}
		err := r.judge(ctx, batch, into)
		batch = batch[:0]
		return err
	})
	if err := ignoreEnd(err); err != nil {
		return err
	}
	return r.judge(ctx, batch, into)
}

func ignoreEnd(err error) error {
	if errors.Is(err, errEnd) {
		return nil
	}
	return err
}

// judge lets both sides look at items.
func (r *run) judge(ctx context.Context, items []news.Item, into *sum) error {
	if len(items) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	before, err := r.Before.Judge.Hits(ctx, items)
	if err != nil {
		return err
	}
	after, err := r.After.Judge.Hits(ctx, items)
	if err != nil {
		return err
	}
	for i := range items {
		into.items++
		if !r.listed[items[i].FeedID] {
			into.unlisted++
		}
		if len(before[i])+len(after[i]) > 0 {
			r.compare(&items[i], before[i], after[i], into)
		}
	}
	if r.Progress != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.done += len(items)
		r.Progress(r.done, max(r.done, r.total))
	}
	return nil
}

// compare adds up one item that at least one side has a hit on.
func (r *run) compare(it *news.Item, before, after []news.Hit, into *sum) {
	seen := sight{item: it, day: dayOf(it.Fetched, r.Location)}
	into.all.see(seen, best(before), best(after))
	for i := range before {
		into.rule(before[i].Rule).see(seen, &before[i], find(after, before[i].Rule))
	}
	for i := range after {
		if find(before, after[i].Rule) == nil {
			into.rule(after[i].Rule).see(seen, nil, &after[i])
		}
	}
	if it.Baseline {
		return // it is never told by itself
	}
	was, now := r.before.told(before), r.after.told(after)
	for plan, h := range was {
		into.plan(plan).see(seen, h, now[plan])
	}
	for plan, h := range now {
		if was[plan] == nil {
			into.plan(plan).see(seen, nil, h)
		}
	}
}

func find(hits []news.Hit, rule string) *news.Hit {
	for i := range hits {
		if hits[i].Rule == rule {
			return &hits[i]
		}
	}
	return nil
}

// best is the hit with the highest score, the first of equals.
func best(hits []news.Hit) (top *news.Hit) {
	for i := range hits {
		if top == nil || hits[i].Score > top.Score {
			top = &hits[i]
		}
	}
	return top
}
