package backtest

import (
	"context"
	"fmt"

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
	// Hits reads the hits of items, by their ids; items without one are left out.
	Hits(ctx context.Context, itemIDs []string) (map[string][]news.Hit, error)
}

// Recorded judges as the daemon did: by the hits that were stored with each item
// when it came, or when it was last matched anew. That needs no copy of the rules
// in force, and it is what readers were told by; but where the rules changed since
// then, it is the older rules that speak.
func Recorded(record Record) Judge { return recorded{record} }

type recorded struct{ record Record }

// Hits implements Judge.
func (j recorded) Hits(ctx context.Context, items []news.Item) ([][]news.Hit, error) {
	ids := make([]string, len(items))
	for i := range items {
		ids[i] = items[i].ID
	}
	stored, err := j.record.Hits(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read stored hits: %w", err)
	}
	hits := make([][]news.Hit, len(items))
	for i, id := range ids {
		hits[i] = stored[id]
	}
	return hits, nil
}
