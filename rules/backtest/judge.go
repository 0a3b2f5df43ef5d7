package backtest

import (
	"context"
	"fmt"
	"hash/maphash"
	"time"

	"newswatch/news"
	"newswatch/rules"
)

// Rules judges as rules would judge today: with the weights that their file now
// gives to its feeds. A feed that the file does not have keeps the weight that
// it had when the item came.
func Rules(rs *rules.Ruleset) Judge {
	j := ruled{rs, map[string]int{}}
	for _, f := range rs.File.Feeds {
		j.weights[f.ID] = f.Weight
	}
	return j
}

type ruled struct {
	rs      *rules.Ruleset
	weights map[string]int // by feed
}

// Hits implements Judge.
func (j ruled) Hits(_ context.Context, items []news.Item) ([][]news.Hit, error) {
	hits := make([][]news.Hit, len(items))
	for i, it := range items { // a copy: the other side has its own weights
		if w, listed := j.weights[it.FeedID]; listed {
			it.Weight = w
		}
		hits[i] = j.rs.Match(&it).Hits
	}
	return hits, nil
}

// Record is what the store knows of hits.
type Record interface {
	// Placed gives fn the items that are in stories and were fetched since a time.
	Placed(ctx context.Context, since time.Time, fn func(it news.Item, entities []string, storyID, copyOf string) error) error
	// Ungrouped are the items that hit and are in no story yet, at most limit.
	Ungrouped(ctx context.Context, limit int) ([]news.Member, error)
	// Item reads an item with its hits.
	Item(ctx context.Context, id string) (it news.Item, hits []news.Hit, storyID string, err error)
}

// maxUngrouped is how many items may wait for the desk and still be told one by
// one. It groups thousands in a second: there are more only after an outage.
const maxUngrouped = 10_000

// Recorded judges as the daemon did: by the hits that were stored with each item
// when it came, or when it was last matched anew. That needs no copy of the rules
// in force, and it is what readers were told by; but where the rules changed since
// then, it is the older rules that speak.
func Recorded(ctx context.Context, record Record, since time.Time) (Judge, error) {
	j := recorded{record: record, seed: maphash.MakeSeed(), hit: map[uint64]struct{}{}}
	// Those that wait come first: one that is placed meanwhile is then seen twice,
	// rather than not at all.
	waiting, err := record.Ungrouped(ctx, maxUngrouped)
	if err != nil {
		return nil, err
	}
	j.all = len(waiting) == maxUngrouped
	for i := range waiting {
		j.note(waiting[i].Item.ID)
	}
	err = record.Placed(ctx, since, func(it news.Item, _ []string, _, _ string) error {
		j.note(it.ID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return j, nil
}

// recorded remembers which items have hits, as a hash each: two that collide only
// cost a look into the store.
type recorded struct {
	record Record
	seed   maphash.Seed
	hit    map[uint64]struct{}
	all    bool // too many wait for the desk: look at every item
}

func (j recorded) note(id string) { j.hit[maphash.String(j.seed, id)] = struct{}{} }

// Hits implements Judge.
func (j recorded) Hits(ctx context.Context, items []news.Item) ([][]news.Hit, error) {
	hits := make([][]news.Hit, len(items))
	for i := range items {
		_, known := j.hit[maphash.String(j.seed, items[i].ID)]
		if !known && !j.all {
			continue
		}
		_, stored, _, err := j.record.Item(ctx, items[i].ID)
		if err != nil {
			return nil, fmt.Errorf("hits of item %s: %w", items[i].ID, err)
		}
		hits[i] = stored
	}
	return hits, nil
}
