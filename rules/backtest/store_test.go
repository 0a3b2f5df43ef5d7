package backtest_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/rules"
	"newswatch/rules/backtest"
	"newswatch/watcher/store"
)

var stored = flag.Int("items", 2000, "how many items TestStored stores and holds the rules against; the goal is a million in 15 s on two cores")

// TestStored compares rules with what is in a database, as the command does: once
// with the hits that were stored, once with the rules that made them.
func TestStored(t *testing.T) {
	ctx := t.Context()
	st, err := store.Open(ctx, store.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "n.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	before, after := load(t, "testdata/before.yaml"), load(t, "testdata/after.yaml")
	until := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	since := until.AddDate(0, 0, -30)
	began := time.Now()
	bytes := fill(t, st, before, since, until, *stored)
	t.Logf("stored %d items, %d MB of text, in %.1f s", *stored, bytes>>20, time.Since(began).Seconds())

	compare := func(name string, judge backtest.Judge, file *rules.File) *backtest.Report {
		t.Helper()
		began := time.Now()
		var heap heapPeak
		report, err := backtest.Run(ctx, backtest.Config{
			Archive: st, Before: backtest.Side{Judge: judge, File: file},
			After: backtest.Side{Judge: backtest.Rules(after), File: after.File}, Since: since, Until: until,
			Progress: heap.look,
		})
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(began).Seconds()
		t.Logf("against %s: %d items in %.2f s on %d cores, %.0f items/s, %.0f MB/s, heap up to %d MB", name, report.Items, took,
			runtime.GOMAXPROCS(0), float64(report.Items)/took, float64(bytes)/took/1e6, heap.most>>20)
		return report
	}
	byHits := compare("the stored hits", backtest.Recorded(st), before.File)
	byRules := compare("the rules", backtest.Rules(before), before.File)
	equal(t, byHits, byRules)
	if byRules.Items != *stored {
		t.Errorf("looked at %d items, want %d", byRules.Items, *stored)
	}
	if m := byRules.Matched; m.New == 0 || m.Lost == 0 || m.After != m.Before+m.New-m.Lost {
		t.Errorf("the sums do not add up: %+v", m.Counts)
	}
}

// heapPeak looks how much memory is in use while a backtest runs.
type heapPeak struct {
	calls int
	most  uint64 // bytes
}

func (h *heapPeak) look(int, int) {
	if h.calls++; h.calls%40 != 1 {
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.most = max(h.most, m.HeapAlloc)
}

func load(t testing.TB, path string) *rules.Ruleset {
	t.Helper()
	rs, report, err := rules.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if rs == nil {
		var text strings.Builder
		report.Print(&text, false)
		t.Fatal(text.String())
	}
	return rs
}

// fill stores items as polls would that found them: in bursts, matched by rules,
// about one in twenty with a hit. The desk has grouped all but the newest.
func fill(t testing.TB, st *store.Store, rs *rules.Ruleset, since, until time.Time, n int) (bytes int) {
	t.Helper()
	ctx := t.Context()
	if err := st.SyncFeeds(ctx, rs.File.Feeds); err != nil {
		t.Fatal(err)
	}
	leases, err := st.Claim(ctx, news.Hosts, 10, time.Hour)
	if err != nil || len(leases) != 2 {
		t.Fatalf("%d leases: %v", len(leases), err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	feeds := map[string]news.Feed{}
	for _, f := range rs.File.Feeds {
		feeds[f.Host()] = f
	}
	burst := max(500, n/200) // with a million items the disk would else be waited for
	judge := backtest.Rules(rs)
	var hits []store.PlacedItem
	for at := 0; at < n; at += burst {
		lease := leases[random.IntN(len(leases))]
		f := feeds[lease.Key]
		fetched := since.Add(time.Duration(float64(until.Sub(since)) * float64(at) / float64(n))).Truncate(time.Millisecond)
		var items []news.Item
		for i := at; i < min(at+burst, n); i++ {
			it := article(random, i, f, fetched)
			bytes += len(it.Title) + len(it.Body)
			items = append(items, it)
		}
		found, err := judge.Hits(ctx, items)
		if err != nil {
			t.Fatal(err)
		}
		c := store.PollCommit{State: news.FeedState{FeedID: f.ID, NextAt: until}}
		for i, it := range items {
			c.Fresh = append(c.Fresh, store.Matched{Item: it, Hits: found[i], RulesHash: rs.Hash})
			if len(found[i]) > 0 && at < n-burst {
				hits = append(hits, store.PlacedItem{ItemID: it.ID, StoryID: it.ID})
			}
		}
		if err := st.CommitPoll(ctx, lease, c); err != nil {
			t.Fatal(err)
		}
	}
	group(t, st, hits)
	return bytes
}

// group places items in stories of their own.
func group(t testing.TB, st *store.Store, placed []store.PlacedItem) {
	t.Helper()
	leases, err := st.Claim(t.Context(), news.Desk, 1, time.Hour)
	if err != nil || len(leases) != 1 {
		t.Fatalf("%d leases: %v", len(leases), err)
	}
	if err := st.CommitGroup(t.Context(), leases[0], store.GroupCommit{Placed: placed}); err != nil {
		t.Fatal(err)
	}
}

// article is an item with a body of the usual size, about one in twenty of which
// has a word that the rules look for.
func article(random *rand.Rand, n int, f news.Feed, fetched time.Time) news.Item {
	words := strings.Fields("the council of the valley met on friday to speak about a road that was closed in spring and of which " +
		"nobody could say when it would open again while traders of the old market asked for help from the province")
	rare := []string{"truce", "cease-fire", "quay", "Quay Street", "storm", "ferries"}
	var b strings.Builder
	for b.Len() < 900 {
		b.WriteString(words[random.IntN(len(words))])
		b.WriteString([]string{" ", " ", " ", " ", " ", " ", " ", " ", ", ", ". "}[random.IntN(10)])
	}
	title := fmt.Sprintf("Valley report %d of the %s", n, words[random.IntN(len(words))])
	switch random.IntN(40) {
	case 0:
		title += " and the " + rare[random.IntN(len(rare))]
	case 1:
		b.WriteString("It was the " + rare[random.IntN(len(rare))] + ".")
	}
	key := fmt.Sprintf("%s/%d", f.URL, n)
	it := news.Item{
		ID: news.ItemID(f.ID, key), FeedID: f.ID, FeedName: f.Name, Publisher: f.Outlet(), Weight: f.Weight, Keys: []string{key, fmt.Sprint("guid-", n)},
		URL: key, Title: title, Body: b.String(), Lang: "en", Published: fetched, Dated: true, Fetched: fetched, Baseline: random.IntN(10) == 0,
	}
	it.Revise()
	return it
}

// 20,000 items in memory, against the hits that were found before: what is left
// is matching, comparing and adding up.
func BenchmarkRun(b *testing.B) {
	before, after := load(b, "testdata/before.yaml"), load(b, "testdata/after.yaml")
	until := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	since := until.AddDate(0, 0, -30)
	random := rand.New(rand.NewPCG(1, 2))
	items := make(archive, 20_000)
	found := verdicts{}
	size := 0
	for i := range items {
		items[i] = article(random, i, before.File.Feeds[i%2], since.Add(time.Duration(i)*time.Minute))
		size += len(items[i].Title) + len(items[i].Body)
		for _, h := range before.Match(&items[i]).Hits {
			found[items[i].ID] = map[string]int{h.Rule: h.Score}
		}
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		_, err := backtest.Run(b.Context(), backtest.Config{
			Archive: items, Before: backtest.Side{Judge: found}, After: backtest.Side{Judge: backtest.Rules(after), File: after.File},
			Since: since, Until: until,
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(items)*b.N)/b.Elapsed().Seconds(), "items/s")
}
