package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
	"newswatch/watcher/store/pgtest"
)

// onBoth runs a benchmark on each database, durable, with so many feeds on three
// tenths as many hosts.
func onBoth(b *testing.B, bench func(b *testing.B, s *store.Store, feeds []news.Feed)) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		feeds := feedsOn(n*3/10, n)
		b.Run(fmt.Sprintf("sqlite/feeds=%d", n), func(b *testing.B) {
			bench(b, open(b, filepath.Join(b.TempDir(), "n.db")), feeds)
		})
		b.Run(fmt.Sprintf("postgres/feeds=%d", n), func(b *testing.B) {
			s, err := store.Open(b.Context(), store.Options{URL: pgtest.Start(b, "fsync=on", "synchronous_commit=on", "shared_buffers=512MB", "max_wal_size=4GB").Empty(b)})
			must(b, err)
			b.Cleanup(func() { must(b, s.Close()) })
			bench(b, s, feeds)
		})
	}
}

// The rule file is taken over: by a database that knows none of its feeds, again
// without a change, and with each hundredth feed moved.
func BenchmarkSyncFeeds(b *testing.B) {
	onBoth(b, func(b *testing.B, s *store.Store, feeds []news.Feed) {
		took := func(name string, feeds []news.Feed) {
			began := time.Now()
			must(b, s.SyncFeeds(b.Context(), feeds))
			b.ReportMetric(time.Since(began).Seconds(), name)
		}
		b.ReportMetric(0, "ns/op")
		took("s-new", feeds)
		took("s-same", feeds)
		moved := slices.Clone(feeds)
		for i := 0; i < len(moved); i += 100 {
			moved[i].URL += "/moved"
		}
		took("s-moved", moved)
	})
}

// Polls of feeds that did not change, as fast as the state can be kept: claim 50
// hosts, for each at once its due feeds, and for each of these the note before it
// is asked and the commit after, the last of which gives the host back.
func BenchmarkPollCycle(b *testing.B) {
	onBoth(b, func(b *testing.B, s *store.Store, feeds []news.Feed) {
		must(b, s.SyncFeeds(b.Context(), feeds))
		analyze(b, s)
		before := tablesOf(b, s)
		var claims []time.Duration
		polls := 0
		for b.Loop() {
			began := time.Now()
			leases, err := s.Claim(b.Context(), news.Hosts, 50, time.Minute)
			must(b, err)
			claims = append(claims, time.Since(began))
			polls += pollAll(b, s, leases)
		}
		b.ReportMetric(float64(polls)/b.Elapsed().Seconds(), "polls/s")
		slices.Sort(claims)
		b.ReportMetric(float64(claims[len(claims)/2].Microseconds())/1000, "ms-claim-p50")
		b.ReportMetric(float64(claims[len(claims)*99/100].Microseconds())/1000, "ms-claim-p99")
		for i, now := range tablesOf(b, s) {
			b.ReportMetric(100*(now.hot-before[i].hot)/max(now.updates-before[i].updates, 1), "%-HOT-"+now.name)
			b.ReportMetric(now.size/before[i].size, "x-"+now.name)
		}
	})
}

func pollAll(b *testing.B, s *store.Store, leases []news.Lease) (polls int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	for _, l := range leases {
		all.Go(func() {
			due, err := s.DueFeeds(b.Context(), l.Key, false)
			for i := 0; err == nil && i < len(due); i++ {
				now := time.Now()
				if err = s.Asking(b.Context(), l, due[i].FeedID, now.Add(time.Hour)); err != nil {
					break
				}
				due[i].PolledAt, due[i].NextAt = now, now.Add(15*time.Minute)
				err = s.CommitPoll(b.Context(), l, store.PollCommit{State: due[i], Last: i == len(due)-1})
			}
			mu.Lock()
			defer mu.Unlock()
			if polls += len(due); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	return polls
}

func onPostgres(s *store.Store) bool { return s.Reader() == s.Writer() }

// analyze gives the planner what a database that has run for a while has.
func analyze(b *testing.B, s *store.Store) {
	b.Helper()
	if onPostgres(s) {
		_, err := s.Writer().ExecContext(b.Context(), `VACUUM ANALYZE`)
		must(b, err)
	}
}

// grown is how PostgreSQL counts a table: updates, those that touched no index, and
// bytes with its indexes.
type grown struct {
	name               string
	updates, hot, size float64
}

// tablesOf counts the tables of polls, where the database does.
func tablesOf(b *testing.B, s *store.Store) (list []grown) {
	b.Helper()
	for _, table := range []string{"hosts", "feeds"} {
		if !onPostgres(s) {
			break
		}
		time.Sleep(time.Second) // a session tells what it did that late
		g := grown{name: table}
		must(b, s.Reader().QueryRowContext(b.Context(), `SELECT n_tup_upd, n_tup_hot_upd, pg_total_relation_size(relid)
			FROM pg_stat_user_tables WHERE relname = $1 AND schemaname = current_schema()`, table).Scan(&g.updates, &g.hot, &g.size))
		list = append(list, g)
	}
	return list
}
