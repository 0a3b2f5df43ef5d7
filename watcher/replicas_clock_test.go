package watcher_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher"
	"newswatch/watcher/store/pgtest"
)

// Five replicas see the database server's clock set back, each when it looks: the
// state follows once. One that was stopped meanwhile, and one whose machine slept,
// change nothing; a second step is followed once more.
func TestReplicasShareTheClock(t *testing.T) {
	c := pgtest.Start(t)
	url := c.Database(t)
	good := time.Date(2026, 3, 10, 4, 0, 0, 0, time.UTC)
	var clock atomic.Pointer[time.Time]
	clock.Store(&good)
	replicas := make([]*clockWorld, 5)
	for i := range replicas {
		w := newClockWorld(t, good)
		w.db, w.shared = url, &clock
		w.start()
		replicas[i] = w
	}
	first := replicas[0]
	due := func() time.Time {
		t.Helper()
		said, err := first.store.Triage(t.Context())
		if err != nil || len(said.Mutes) != 1 {
			t.Fatal(said, err)
		}
		return said.Mutes[0].Until
	}
	// look lets all replicas but some look at the clock, some seconds apart.
	elapsed := func(d time.Duration) {
		for _, w := range replicas {
			w.pass(d)
		}
		at := clock.Load().Add(d)
		clock.Store(&at)
	}
	look := func(but ...int) {
		t.Helper()
	next:
		for i, w := range replicas {
			for _, b := range but {
				if i == b {
					continue next
				}
			}
			elapsed(2 * time.Second)
			if err := watcher.KeepTime(context.Background(), w.watcher); err != nil {
				t.Fatal(err)
			}
		}
	}
	set := func(by time.Duration) {
		at := clock.Load().Add(by)
		clock.Store(&at)
	}
	look()
	if err := first.store.Mute(t.Context(), news.Mute{Kind: news.MuteRule, Key: "r", At: *clock.Load(), Until: clock.Load().Add(20 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	before := due()
	for n, step := range []struct {
		by  time.Duration
		but []int
	}{{by: -time.Hour}, {by: -2 * time.Hour, but: []int{2, 4}}, {by: 0}, {by: -10 * time.Minute}} {
		set(step.by)
		look(step.but...)
		look(step.but...)
		if step.but != nil { // they were stopped for longer than the step
			elapsed(3 * time.Hour)
		}
		look()
		before = before.Add(step.by)
		if off := due().Sub(before); off.Abs() > 10*time.Second {
			t.Fatalf("after step %d, by %v, a mute ends %v too late", n, step.by, off)
		}
	}
}
