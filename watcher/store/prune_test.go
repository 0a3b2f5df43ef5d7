package store_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

var pruned = flag.Int("prune", 0, "forget so many old items while polls commit, and say how long a commit waited at most")

// TestPruneBesidePolls measures what forgetting a large archive costs those who work:
// go test ./watcher/store -run TestPruneBesidePolls -prune 1000000 -v
func TestPruneBesidePolls(t *testing.T) {
	if *pruned == 0 {
		t.Skip("-prune says how many")
	}
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "n.db")
	s := open(t, path)
	must(t, s.SyncFeeds(ctx, feedsOn(1, 1)))
	const old = `
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)`
	for _, statement := range []string{
		old + ` INSERT INTO items (id, feed_id, feed_name, publisher, weight, keys, url, title, author, categories, lang, published, dated, fetched, baseline, revision, hits, place, body)
			SELECT printf('%032x', i * 2654435761 % 4294967296 * 1000003 + i), 'f0', 'Harbour Post', 'Harbour', 0, '[]', 'https://h.example/' || i, 'Quay ' || i || ' closed after the storm', '', '[]', 'en',
				i, 1, 1 + i, 0, 'r', i % 20 = 0, (i % 20 = 0) * i, hex(randomblob(225)) FROM n`,
		old + ` INSERT INTO seen SELECT 'f0', printf('%032x', i * 2654435761 % 4294967296 * 1000003 + i), printf('%032x', i * 2654435761 % 4294967296 * 1000003 + i), 1 + i FROM n`,
		old + ` INSERT INTO hits SELECT printf('%032x', i * 20 * 2654435761 % 4294967296 * 1000003 + i * 20), 'truce', 60, 0, '[]', '{}' FROM n WHERE i <= ?1 / 20`,
	} {
		_, err := s.Writer().ExecContext(ctx, statement, *pruned)
		must(t, err)
	}
	_, err := s.Writer().ExecContext(ctx, `UPDATE feeds SET read_at = ?`, time.Now().UnixMilli())
	must(t, err)
	full := sizes(t, path)

	polling, stop := context.WithCancel(ctx)
	var waits []time.Duration
	var polls sync.WaitGroup
	must(t, s.Wake(ctx, news.Hosts))
	lease := claimOne(t, s, news.Hosts)
	polls.Go(func() {
		for n := 0; polling.Err() == nil; n++ {
			began := time.Now()
			it := sample(n, began)
			c := store.PollCommit{
				State: news.FeedState{FeedID: "f0", PolledAt: began, OKAt: began, NextAt: began.Add(time.Hour), Baselined: true},
				Fresh: []store.Matched{sampleHits(it, "truce")}, Seen: []news.Item{it},
			}
			if err := s.CommitPoll(ctx, lease, c); err != nil {
				t.Error(err)
				return
			}
			waits = append(waits, time.Since(began))
			time.Sleep(5 * time.Millisecond)
		}
	})
	time.Sleep(5 * time.Second) // how it is without
	quiet := len(waits)
	began, rows, batches, working := time.Now(), 0, 0, time.Duration(0)
	for {
		one := time.Now()
		n, err := s.Prune(ctx, time.Now().Add(-30*24*time.Hour), time.Now().Add(-180*24*time.Hour), 1000)
		must(t, err)
		working += time.Since(one)
		if n == 0 {
			break
		}
		rows, batches = rows+n, batches+1
		time.Sleep(*pruneRest)
	}
	took := time.Since(began)
	stop()
	polls.Wait()
	report := func(what string, list []time.Duration) {
		slices.Sort(list)
		t.Logf("%s: %d commits, median %v, p99 %v, longest %v", what, len(list), list[len(list)/2], list[len(list)*99/100], list[len(list)-1])
	}
	report("polls alone", waits[:quiet])
	report("polls beside", waits[quiet:])
	t.Logf("%d rows in %d batches took %v, %v of it at work: %.0f rows a second", rows, batches, took.Round(time.Second/10), working.Round(time.Second/10), float64(rows)/working.Seconds())
	t.Logf("bytes of database and log: %v full, %v after", full, sizes(t, path))
}

var pruneRest = flag.Duration("prune-rest", 20*time.Millisecond, "pause between two batches of -prune")

func sizes(t *testing.T, path string) (list [2]int64) {
	t.Helper()
	for i, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		must(t, err)
		list[i] = info.Size()
	}
	return list
}
