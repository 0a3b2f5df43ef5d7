package storetest

import (
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func census() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"a census counts what is there":           countsAll,
		"a census of many feeds lists some":       listsSome,
		"the newest report of a story until when": newestReport,
	}
}

func countsAll(f *fixture) {
	ctx := f.Context()
	empty, err := f.Census(ctx, 0, 9)
	f.ok(err)
	if len(empty.Deliveries) > 0 || !empty.Oldest.IsZero() || empty.Stories > 0 || len(empty.Feeds)+len(empty.Plans) > 0 || empty.Bytes <= 0 {
		f.Errorf("an empty state: got %+v", empty)
	}
	began := f.now
	f.tell("ports", 5, f.item("k1", "Port shut"))
	f.plan("morning")
	f.commit("morning", news.PlanCommit{At: f.now, Slot: "s1", Deliveries: []news.Delivery{
		f.delivery("d1"), f.delivery("d2"), f.delivery("d3"), f.delivery("d4"), f.delivery("d5"),
	}})
	f.ok(f.SyncDestinations(ctx, []string{"slack:desk"}))
	l := f.claim(news.Destinations, "slack:desk")
	f.send(l, "d1/1", "1.1")
	f.settle(l, func(d *news.Delivery) { d.State, d.NotBefore = news.Sending, f.now.Add(time.Hour) })                 // no answer came
	f.settle(l, func(d *news.Delivery) { d.State, d.NotBefore = news.Held, f.now.Add(time.Hour) })                    // a channel is away
	f.settle(l, func(d *news.Delivery) { d.State, d.Undecided, d.NotBefore = news.Held, true, f.now.Add(time.Hour) }) // somebody must say
	f.pass(time.Minute)
	got, err := f.Census(ctx, time.Hour, 9)
	f.ok(err)
	for unit, want := range map[news.Unit]time.Time{news.Hosts: began.Add(time.Hour), news.Desk: {}, news.Plans: began.Add(time.Hour)} {
		if !got.Due[unit].Equal(want) {
			f.Errorf("%s: due at %v, want %v", unit, got.Due[unit], want)
		}
	}
	want := store.Census{
		Deliveries: map[news.DeliveryState]int{news.Sent: 1, store.Uncertain: 1, news.Held: 1, store.Undecided: 1, news.Pending: 1},
		At:         f.now, Oldest: began, Stories: 1, Due: got.Due, Bytes: got.Bytes,
		Feeds: []store.FeedCensus{{ID: "a", OKAt: began}},
		Plans: []store.PlanCensus{{ID: "morning", Kind: news.DigestPlan, NextAt: began.Add(time.Hour), LastAt: began}},
	}
	f.same("census", got, want)
	later, err := f.Census(ctx, 0, 9)
	f.ok(err)
	if later.Stories != 0 {
		f.Errorf("%d stories with a report after the last one, want none", later.Stories)
	}
}

func listsSome(f *fixture) {
	ctx := f.Context()
	var all []news.Feed
	for _, id := range []string{"d", "b", "a", "c"} {
		all = append(all, feed(id, "one.example"))
	}
	f.ok(f.SyncFeeds(ctx, all))
	l := f.claim(news.Hosts, "one.example")
	for fails, id := range []string{"a", "b", "c", "d"} {
		state := f.state(id)
		state.OKAt, state.Fails = f.now.Add(-time.Duration(fails)*time.Minute), fails
		f.ok(f.CommitPoll(ctx, l, store.PollCommit{State: state}))
	}
	for most, want := range map[int]struct {
		listed int
		others *store.FeedCensus
	}{2: {2, &store.FeedCensus{OKAt: f.now.Add(-3 * time.Minute), Fails: 3}}, 4: {4, nil}, 5: {4, nil}} {
		c, err := f.Census(ctx, 0, most)
		f.ok(err)
		if len(c.Feeds) != want.listed || c.Feeds[1].ID != "b" || c.Feeds[1].Fails != 1 {
			f.Errorf("of %d: listed are %v", most, c.Feeds)
		}
		f.same("others", c.Others, want.others)
	}
}

// settle sees the next delivery through to what is done with it.
func (f *fixture) settle(l news.Lease, become func(*news.Delivery)) {
	f.Helper()
	d, _, err := f.Deliverable(f.Context(), l.Key)
	f.ok(err)
	if d == nil {
		f.Fatal("nothing to deliver")
	}
	f.ok(f.Intend(f.Context(), l, d))
	become(d)
	f.ok(f.Settle(f.Context(), l, *d))
}

func newestReport(f *fixture) {
	first := f.now
	s := f.tell("ports", 5, f.item("k1", "Port shut"))
	f.pass(time.Hour)
	second := f.item("k2", "Port still shut")
	f.poll(store.PollCommit{Fresh: []store.Matched{hits(second, "ports", 5)}})
	f.group(store.GroupCommit{Placed: placed(s.ID, second), Stories: []news.Story{s}})
	for until, want := range map[time.Time]time.Time{first.Add(-1e9): {}, first: first, f.now.Add(-1e9): first, f.now: f.now} {
		got, err := f.NewestReport(f.Context(), []string{s.ID}, until)
		f.ok(err)
		if !got.Equal(want) {
			f.Errorf("until %v: got %v, want %v", until, got, want)
		}
	}
}
