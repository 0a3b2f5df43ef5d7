package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

// Polls that are committed at the same time share transactions; what is wrong
// with one of them concerns it alone.
func TestCommitsTogether(t *testing.T) {
	t.Parallel()
	const hosts, rounds = 60, 5
	s := open(t, filepath.Join(t.TempDir(), "n.db"))
	ctx := t.Context()
	must(t, s.SyncFeeds(ctx, feedsOn(hosts, hosts)))
	now := time.Now()
	for round := range rounds {
		must(t, s.Wake(ctx, news.Hosts))
		leases, err := s.Claim(ctx, news.Hosts, hosts, time.Hour)
		must(t, err)
		if len(leases) != hosts {
			t.Fatalf("round %d: %d leases, want %d", round, len(leases), hosts)
		}
		errs := make([]error, hosts)
		var all sync.WaitGroup
		for i, l := range leases {
			all.Go(func() {
				var n int
				if _, err := fmt.Sscanf(l.Key, "h%d.example", &n); err != nil {
					panic(err)
				}
				it := sample(round*hosts+n, now)
				it.FeedID = fmt.Sprint("f", n)
				m := sampleHits(it, "r")
				switch i {
				case 7:
					l.Token = "stale"
				case 11:
					m.Hits = append(m.Hits, m.Hits[0]) // the same rule twice: the database refuses it
				}
				errs[i] = s.CommitPoll(ctx, l, store.PollCommit{
					State: news.FeedState{FeedID: it.FeedID, NextAt: now.Add(time.Hour)},
					Fresh: []store.Matched{m}, Seen: []news.Item{it}, Last: true,
				})
			})
		}
		all.Wait()
		for i, err := range errs {
			if fenced := errors.Is(err, store.ErrFenced); fenced != (i == 7) || (err == nil) != (i != 7 && i != 11) {
				t.Errorf("round %d, commit %d: got %v", round, i, err)
			}
		}
		stored, err := s.FeedStates(ctx)
		must(t, err)
		good := 0
		for _, f := range stored {
			if f.NextAt.After(now) {
				good++
			}
		}
		if want := hosts - 2; round == 0 && good != want {
			t.Errorf("%d feeds have a new state, want %d", good, want)
		}
		for _, i := range []int{7, 11} { // they still hold their hosts
			must(t, s.Release(ctx, leases[i], time.Time{}))
		}
		next, err := s.NextAt(ctx, news.Hosts)
		must(t, err)
		if next.IsZero() {
			t.Errorf("round %d: no host is due again", round)
		}
	}
}
