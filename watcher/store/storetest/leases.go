package storetest

import (
	"sync"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func leases() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"claim/takes what is due and free":      claimDue,
		"claim/takes the longest due first":     claimOrder,
		"claim/gives each row to one":           claimOnce,
		"claim/leaves to others":                claimBut,
		"release/lets rest until woken":         releaseRest,
		"release/does not forget a wake":        releaseWoken,
		"release/of a host follows its feeds":   releaseHost,
		"fence/fails after the lease":           fenceExpired,
		"fence/covers one unit only":            fenceUnit,
		"next at/counts leases and the resting": nextAt,
		"meta and ping":                         meta,
	}
}

func claimDue(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example"), feed("b", "two.example")}))
	l := f.claim(news.Hosts, "one.example")
	f.claim(news.Hosts, "two.example")
	f.idle(news.Hosts)
	if want := f.now.Add(time.Minute); !l.Until.Equal(want) || l.Token == "" || l.Unit != news.Hosts {
		f.Errorf("got lease %+v, want one of %s until %s", l, news.Hosts, want)
	}
	f.ok(f.Release(ctx, l, f.now.Add(time.Hour)))
	f.is(f.Release(ctx, l, f.now), store.ErrFenced)
	f.pass(time.Minute) // the other lease is over
	f.claim(news.Hosts, "two.example")
	f.idle(news.Hosts)
	f.pass(time.Hour)
	f.claim(news.Hosts, "two.example")
	f.claim(news.Hosts, "one.example")
	leases, err := f.Claim(ctx, news.Hosts, 0, time.Minute)
	f.ok(err)
	f.same("leases of no limit", len(leases), 0)
}

func claimBut(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncDestinations(ctx, []string{"slack:a", "slack:b", "slack:c"}))
	leases, err := f.Claim(ctx, news.Destinations, 9, time.Minute, "slack:a", "slack:c", "slack:x")
	f.ok(err)
	if len(leases) != 1 || leases[0].Key != "slack:b" {
		f.Errorf("got %+v, want slack:b alone", leases)
	}
	leases, err = f.Claim(ctx, news.Destinations, 9, time.Minute)
	f.ok(err)
	f.same("leases of those left out", len(leases), 2)
}

func claimOrder(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncPlans(ctx, []news.PlanState{
		{ID: "late", NextAt: f.now.Add(-time.Minute)}, {ID: "later", NextAt: f.now}, {ID: "latest", NextAt: f.now.Add(time.Minute)},
		{ID: "early", NextAt: f.now.Add(-time.Hour)}, {ID: "resting"},
	}))
	leases, err := f.Claim(ctx, news.Plans, 9, time.Minute)
	f.ok(err)
	var keys []string
	for _, l := range leases {
		keys = append(keys, l.Key)
	}
	f.same("order", keys, []string{"early", "late", "later"})
}

func claimOnce(f *fixture) {
	ctx := f.Context()
	var feeds []news.Feed
	for _, h := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		feeds = append(feeds, feed(h, h+".example"))
	}
	f.ok(f.SyncFeeds(ctx, feeds))
	var mu sync.Mutex
	var wg sync.WaitGroup
	holders := map[string]int{}
	for range 6 {
		wg.Go(func() {
			for range 4 {
				leases, err := f.Claim(ctx, news.Hosts, 3, time.Minute)
				if err != nil {
					f.Error(err)
				}
				mu.Lock()
				for _, l := range leases {
					holders[l.Key]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	f.same("rows claimed", len(holders), len(feeds))
	for key, n := range holders {
		f.same("holders of "+key, n, 1)
	}
}

func releaseRest(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncDestinations(ctx, []string{"slack:desk", "terminal:"}))
	l := f.claim(news.Destinations, "slack:desk")
	f.ok(f.Release(ctx, l, time.Time{}))
	l = f.claim(news.Destinations, "terminal:")
	f.ok(f.Release(ctx, l, time.Time{}))
	f.pass(1000 * time.Hour)
	f.idle(news.Destinations)
	f.ok(f.Wake(ctx, news.Destinations, "terminal:"))
	f.claim(news.Destinations, "terminal:")
	f.idle(news.Destinations)
	f.ok(f.Wake(ctx, news.Destinations))
	f.claim(news.Destinations, "slack:desk")
}

func releaseWoken(f *fixture) {
	ctx := f.Context()
	f.plan("p")
	for _, next := range []time.Time{{}, f.now.Add(time.Hour)} {
		l := f.claim(news.Plans, "p")
		f.pass(time.Second)
		f.ok(f.Wake(ctx, news.Plans, "p"))
		f.ok(f.Release(ctx, l, next))
	}
	l := f.claim(news.Plans, "p") // both wakes came after a claim
	f.ok(f.Release(ctx, l, f.now.Add(time.Hour)))
	f.idle(news.Plans) // that one was served
	f.ok(f.Wake(ctx, news.Plans, "p"))
	l = f.claim(news.Plans, "p")
	f.ok(f.Release(ctx, l, f.now.Add(time.Hour)))
	f.idle(news.Plans) // a wake before the claim is served by it
	f.pass(time.Hour)
	l = f.claim(news.Plans, "p")
	f.ok(f.Wake(ctx, news.Plans, "p"))
	f.ok(f.CommitPlan(ctx, l, news.PlanCommit{Next: f.now.Add(time.Hour)}))
	f.ok(f.Release(ctx, l, f.now.Add(time.Hour)))
	f.claim(news.Plans, "p") // nor does a commit forget it
}

func releaseHost(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example"), feed("b", "one.example")}))
	l := f.claim(news.Hosts, "one.example")
	for id, d := range map[string]time.Duration{"a": 3 * time.Hour, "b": 2 * time.Hour} {
		state := f.state(id)
		state.NextAt = f.now.Add(d)
		f.ok(f.CommitPoll(ctx, l, store.PollCommit{State: state}))
	}
	f.ok(f.Release(ctx, l, time.Time{}))
	next, err := f.NextAt(ctx, news.Hosts)
	f.ok(err)
	f.same("next", next, f.now.Add(2*time.Hour))
}

func fenceExpired(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example")}))
	f.plan("p")
	f.ok(f.EnqueueNotice(ctx, f.delivery("d")))
	f.ok(f.Wake(ctx, news.Desk))
	host, desk := f.claim(news.Hosts, "one.example"), f.claim(news.Desk, "desk")
	plan, dest := f.claim(news.Plans, "p"), f.claim(news.Destinations, "slack:desk")
	f.pass(time.Minute)
	d := f.delivery("d")
	it := f.item("1", "Quay closed")
	f.is(f.CommitPoll(ctx, host, store.PollCommit{State: f.state("a"), Fresh: []store.Matched{hits(it, "r", 50)}}), store.ErrFenced)
	f.is(f.CommitGroup(ctx, desk, store.GroupCommit{Stories: []news.Story{f.head(it)}}), store.ErrFenced)
	f.is(f.Rematch(ctx, desk, nil), store.ErrFenced)
	f.is(f.CommitPlan(ctx, plan, news.PlanCommit{Slot: "s", Next: f.now, Deliveries: []news.Delivery{f.delivery("e")}}), store.ErrFenced)
	f.is(f.Intend(ctx, dest, &d), store.ErrFenced)
	f.is(f.Settle(ctx, dest, d), store.ErrFenced)
	f.is(f.Release(ctx, host, f.now), store.ErrFenced)
	again := f.claim(news.Hosts, "one.example")
	f.is(f.CommitPoll(ctx, host, store.PollCommit{State: f.state("a")}), store.ErrFenced) // held, but by another
	f.ok(f.CommitPoll(ctx, again, store.PollCommit{State: f.state("a")}))

	// Nothing of what was refused is there.
	_, _, _, err := f.Item(ctx, it.ID)
	f.is(err, store.ErrNotFound)
	_, err = f.Delivery(ctx, "e", 1)
	f.is(err, store.ErrNotFound)
	d, err = f.Delivery(ctx, "d", 1)
	f.ok(err)
	f.same("attempts", d.Attempts, 0)
	state, err := f.Plan(ctx, "p")
	f.ok(err)
	f.same("slot", state.LastSlot, "")
}

func fenceUnit(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example")}))
	l := f.claim(news.Hosts, "one.example")
	if f.CommitGroup(ctx, l, store.GroupCommit{}) == nil || f.CommitPlan(ctx, l, news.PlanCommit{}) == nil {
		f.Error("a lease on a host let the desk or a plan commit")
	}
	if _, err := f.Claim(ctx, "items", 1, time.Minute); err == nil {
		f.Error("claimed from a table that is no unit of work")
	}
	// A reload moved the feed while it was polled.
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "two.example")}))
	f.is(f.CommitPoll(ctx, l, store.PollCommit{State: f.state("a")}), store.ErrFenced)
}

func nextAt(f *fixture) {
	ctx := f.Context()
	want := func(want time.Time) {
		f.Helper()
		next, err := f.NextAt(ctx, news.Plans)
		f.ok(err)
		f.same("next", next, want)
	}
	want(time.Time{})
	f.ok(f.SyncPlans(ctx, []news.PlanState{{ID: "a", NextAt: f.now}, {ID: "b", NextAt: f.now.Add(time.Hour)}, {ID: "c"}}))
	want(f.now)
	l := f.claim(news.Plans, "a")
	want(l.Until)
	f.ok(f.Release(ctx, l, time.Time{}))
	want(f.now.Add(time.Hour))
	f.ok(f.SyncPlans(ctx, nil))
	want(time.Time{})
}

func meta(f *fixture) {
	ctx := f.Context()
	f.ok(f.Ping(ctx))
	for _, want := range []string{"", "one", "two"} {
		if want != "" {
			f.ok(f.SetMeta(ctx, "k", want))
		}
		got, err := f.Meta(ctx, "k")
		f.ok(err)
		f.same("value", got, want)
	}
}
