package watcher_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

// BenchmarkReplay replays a week of 50,000 items in 12,500 stories, as after a
// restart or a correction: once only what the store reads, once with the memory
// that is made of it.
func BenchmarkReplay(b *testing.B) {
	const items, batch = 50_000, 500
	l := newLife(b.Context(), b.TempDir(), rand.New(rand.NewPCG(1, 1)))
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	must(l.open())
	defer l.close()
	l.watcher.GroupBy(func() watcher.Grouper { return story.New(story.Config{}) })
	claim := func(u news.Unit) news.Lease {
		must(l.store.Wake(l.ctx, u))
		leases, err := l.store.Claim(l.ctx, u, 1, time.Minute)
		must(err)
		return leases[0]
	}
	hosts, desk := claim(news.Hosts), claim(news.Desk)
	for n := 0; n < items; n += batch {
		poll := store.PollCommit{State: news.FeedState{FeedID: "a", NextAt: l.now.Add(time.Hour)}}
		group := store.GroupCommit{}
		for i := n; i < n+batch; i++ {
			m := l.newsItem(i, l.now.Add(-time.Duration(items-i)*6*24*time.Hour/items))
			poll.Fresh = append(poll.Fresh, m)
			id := news.StoryID(fmt.Sprint("story", i%(items/4)))
			group.Placed = append(group.Placed, store.PlacedItem{ItemID: m.Item.ID, StoryID: id})
			group.Stories = append(group.Stories, news.Story{ID: id, Version: 1, FirstAt: m.Item.Fetched, LastAt: m.Item.Fetched, LeadID: m.Item.ID})
		}
		must(l.store.CommitPoll(l.ctx, hosts, poll))
		must(l.store.CommitGroup(l.ctx, desk, group))
	}
	must(l.store.Release(l.ctx, desk, time.Time{}))
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			n := 0
			must(l.store.Placed(l.ctx, time.Time{}, func(news.Item, []string, string, string) error { n++; return nil }))
			if n != items {
				b.Fatalf("read %d items", n)
			}
		}
	})
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			must(l.store.SetMeta(l.ctx, store.DeskHolder, "another"))
			must(l.store.Wake(l.ctx, news.Desk))
			_, err := l.watcher.Group(l.ctx)
			must(err)
		}
	})
}

// newsItem is an item of about 60 words, the common ones often.
func (l *life) newsItem(n int, at time.Time) store.Matched {
	words := func(count int) string {
		var all []string
		for range count {
			all = append(all, fmt.Sprint("word", int(l.rng.ExpFloat64()*1500)))
		}
		return strings.Join(all, " ")
	}
	key := fmt.Sprint("n", n)
	it := news.Item{
		ID: news.ItemID("a", key), FeedID: "a", FeedName: "Aster", Publisher: fmt.Sprint("Outlet ", n%40), Keys: []string{key},
		URL: "https://a.example/" + key, Title: words(10), Body: words(50), Lang: "en", Published: at, Dated: true, Fetched: at,
	}
	it.Revise()
	return store.Matched{Item: it, RulesHash: l.rules.Hash, Hits: []news.Hit{{ItemID: it.ID, Rule: "r", Score: 50, Entities: []string{"berg"}}}}
}
