package store_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

// sample is an item of feed f0 with a body of usual size.
func sample(n int, now time.Time) news.Item {
	key := fmt.Sprint("https://one.example/", n)
	it := news.Item{
		ID: news.ItemID("f0", key), FeedID: "f0", FeedName: "Harbour Post", Publisher: "Harbour", Keys: []string{key, "guid-" + key},
		URL: key, Title: fmt.Sprint("Quay ", n, " closed after the storm"), Published: now, Dated: true, Fetched: now,
		Body: "The harbour master closed the quay on Friday evening. Ferries to the islands leave from the northern pier until further " +
			"notice, the operator said. It is the third time this year that waves damaged the wall, and repairs have been put off twice.",
	}
	it.Revise()
	return it
}

func sampleHits(it news.Item, rule string) store.Matched {
	return store.Matched{Item: it, RulesHash: "r", Hits: []news.Hit{{
		ItemID: it.ID, Rule: rule, Score: 60, Parts: []news.ScorePart{{What: "rule", Points: 60}}, Why: "“quay” in the title",
		Spans: []news.Span{{Field: news.Title, End: 4, By: "quay"}}, Quote: news.Quote{Text: it.Title, Marks: [][2]int{{0, 4}}},
		Entities: []string{"harbour"},
	}}}
}

func feedsOn(hosts, feeds int) []news.Feed {
	list := make([]news.Feed, feeds)
	for i := range list {
		list[i] = news.Feed{ID: fmt.Sprint("f", i), URL: fmt.Sprintf("https://h%d.example/%d", i%hosts, i)}
	}
	return list
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// claimOne claims one row of a unit.
func claimOne(t testing.TB, s *store.Store, u news.Unit) news.Lease {
	t.Helper()
	leases, err := s.Claim(t.Context(), u, 1, time.Hour)
	must(t, err)
	if len(leases) != 1 {
		t.Fatalf("no lease on %s", u)
	}
	return leases[0]
}

// One poll of one of 500 feeds, with 20 new items, 2 of which hit, durable
// (synchronous=FULL).
func BenchmarkCommitPoll(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "n.db"))
	ctx := b.Context()
	must(b, s.SyncFeeds(ctx, feedsOn(1, 500)))
	l := claimOne(b, s, news.Hosts)
	now := time.Now()
	for n := 0; b.Loop(); n++ {
		c := store.PollCommit{State: news.FeedState{FeedID: fmt.Sprint("f", n%500), NextAt: now.Add(time.Hour), Items: 20}}
		for i := range 20 {
			it := sample(n*20+i, now)
			m := store.Matched{Item: it, RulesHash: "r"}
			if i < 2 {
				m = sampleHits(it, "r")
			}
			c.Fresh, c.Seen = append(c.Fresh, m), append(c.Seen, it)
		}
		must(b, s.CommitPoll(ctx, l, c))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "polls/s")
}

// The same feed again, with one item that is new.
func BenchmarkCommitPollSteady(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "n.db"))
	ctx := b.Context()
	must(b, s.SyncFeeds(ctx, feedsOn(1, 1)))
	l := claimOne(b, s, news.Hosts)
	now := time.Now()
	for n := 0; b.Loop(); n++ {
		var seen []news.Item
		for i := range 20 {
			seen = append(seen, sample(n+i, now))
		}
		fresh, _, err := s.Known(ctx, "f0", seen)
		must(b, err)
		c := store.PollCommit{State: news.FeedState{FeedID: "f0", NextAt: now.Add(time.Hour), Items: 20}, Seen: seen}
		for _, it := range fresh {
			c.Fresh = append(c.Fresh, store.Matched{Item: it, RulesHash: "r"})
		}
		must(b, s.CommitPoll(ctx, l, c))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "polls/s")
}

// Claim 50 of 20,000 hosts that are due and release them.
func BenchmarkClaim(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "n.db"))
	ctx := b.Context()
	must(b, s.SyncFeeds(ctx, feedsOn(20_000, 20_000)))
	for b.Loop() {
		leases, err := s.Claim(ctx, news.Hosts, 50, time.Minute)
		must(b, err)
		if len(leases) != 50 {
			b.Fatalf("claimed %d", len(leases))
		}
		b.StopTimer()
		for _, l := range leases {
			must(b, s.Release(ctx, l, time.Now()))
		}
		b.StartTimer()
	}
}

// 200,000 stories are stored, nearly all of them told.
func BenchmarkUntold(b *testing.B) {
	const stories = 200_000
	path := filepath.Join(b.TempDir(), "n.db")
	s := open(b, path)
	ctx := b.Context()
	must(b, s.SyncPlans(ctx, []news.PlanState{{ID: "p", Kind: news.AlertPlan, NextAt: time.UnixMilli(1), CreatedAt: time.UnixMilli(1)}}))
	for _, query := range []string{
		`INSERT INTO stories (id, version, phase, first_at, last_at, lead_id, changed)
			SELECT 's' || value, 1, 'new', value, value, 'i' || value, value FROM generate_series(1, $1)`,
		`INSERT INTO items (id, feed_id, feed_name, publisher, weight, keys, url, title, author, categories, lang, published, dated,
				fetched, baseline, revision, hits, story_id, place, body)
			SELECT 'i' || value, 'f0', 'n', 'p', 0, '[]', 'u', 't', '', '[]', 'en', value, 1, value, 0, 'r', 1, 's' || value, value,
				hex(randomblob(200)) FROM generate_series(1, $1)`,
		`INSERT INTO hits (item_id, rule, score, rank, entities, evidence)
			SELECT 'i' || value, 'r', 50, 0, '[]', '{}' FROM generate_series(1, $1)`,
		`INSERT INTO told SELECT 'p', 's' || value, 1, 1, 1, 50, 1, 'd', 0 FROM generate_series(1, $1 - 20)`,
		`UPDATE desk SET seq = $1 + 1`,
	} {
		_, err := s.Writer().ExecContext(ctx, series(query), stories)
		must(b, err)
	}
	untold := func(b *testing.B, s *store.Store) news.Looked {
		b.Helper()
		found, err := s.Untold(ctx, "p", []string{"q", "r"}, 30)
		must(b, err)
		if len(found.Stories) != 20 {
			b.Fatalf("got %d stories, want 20", len(found.Stories))
		}
		return found.Looked
	}
	b.Run("all", func(b *testing.B) { // never asked before
		for b.Loop() {
			b.StopTimer()
			fresh := open(b, path, beside)
			b.StartTimer()
			untold(b, fresh)
		}
	})
	must(b, s.CommitPlan(ctx, claimOne(b, s, news.Plans), news.PlanCommit{Next: time.Now(), Looked: untold(b, s)}))
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			untold(b, s)
		}
	})
	b.Run("restarted", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			fresh := open(b, path, beside)
			b.StartTimer()
			untold(b, fresh)
		}
	})
}

// series stands in for a table function that not every build has.
func series(query string) string {
	return regexp.MustCompile(`generate_series\(1, (.*)\)`).ReplaceAllString(query,
		`(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < $1) SELECT value FROM n)`)
}
