package storetest

import (
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func feeds() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"sync feeds/gone and back":                  feedsGone,
		"sync feeds/new one while its host polls":   feedsNewcomer,
		"sync feeds/another address starts anew":    feedsMoved,
		"sync feeds/a host waits as it was told":    feedsHeld,
		"feeds/due ones, and all of a host":         feedsDue,
		"feeds/of a giant host by portions":         feedsOfGiant,
		"feeds/state comes back as it was":          feedState,
		"sync destinations/keeps what must be sent": destinationsGone,
	}
}

func ids(states []news.FeedState) (ids []string) {
	for _, s := range states {
		ids = append(ids, s.FeedID)
	}
	return ids
}

// feedsOfGiant: what thousands of feeds of one host are due takes many leases, in
// each of which the longest due are polled.
func feedsOfGiant(f *fixture) {
	ctx := f.Context()
	var list []news.Feed
	for n := range 1200 {
		list = append(list, feed(fmt.Sprintf("f%04d", n), "one.example"))
	}
	f.ok(f.SyncFeeds(ctx, list[600:]))
	f.pass(time.Minute)
	f.ok(f.SyncFeeds(ctx, list))
	due, err := f.DueFeeds(ctx, "one.example", false)
	f.ok(err)
	if len(due) != 500 || due[0].FeedID != "f0600" || due[499].FeedID != "f1099" {
		f.Errorf("%d are due, from %s to %s", len(due), due[0].FeedID, due[len(due)-1].FeedID)
	}
	l := f.claim(news.Hosts, "one.example")
	for i, state := range due[:3] {
		state.NextAt = f.now.Add(time.Hour)
		f.ok(f.CommitPoll(ctx, l, store.PollCommit{State: state, Last: i == 2}))
	}
	f.claim(news.Hosts, "one.example") // the others are still due
	all, err := f.DueFeeds(ctx, "one.example", true)
	f.ok(err)
	f.same("all", len(all), 1200)
}

func feedsGone(f *fixture) {
	ctx := f.Context()
	both := []news.Feed{feed("a", "one.example"), feed("b", "one.example")}
	f.ok(f.SyncFeeds(ctx, both))
	l := f.claim(news.Hosts, "one.example")
	state := f.state("b")
	state.ETag = `W/"x"`
	f.ok(f.CommitPoll(ctx, l, store.PollCommit{State: state}))
	f.ok(f.Release(ctx, l, time.Time{}))

	f.ok(f.SyncFeeds(ctx, both[:1]))
	states, err := f.FeedStates(ctx)
	f.ok(err)
	f.same("feeds", ids(states), []string{"a"})
	f.ok(f.SyncFeeds(ctx, nil))
	f.idle(news.Hosts)
	f.ok(f.Wake(ctx, news.Hosts))
	f.idle(news.Hosts)

	f.ok(f.SyncFeeds(ctx, both[1:]))
	f.idle(news.Hosts) // only b is back, and it is not due
	states, err = f.FeedStates(ctx)
	f.ok(err)
	f.same("state", states, []news.FeedState{state})
	f.pass(time.Hour)
	f.claim(news.Hosts, "one.example")
}

func feedsNewcomer(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example")}))
	l := f.claim(news.Hosts, "one.example")
	f.ok(f.CommitPoll(ctx, l, store.PollCommit{State: f.state("a")}))
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example"), feed("b", "one.example")}))
	f.ok(f.Release(ctx, l, f.now.Add(time.Hour)))
	f.claim(news.Hosts, "one.example")
	due, err := f.DueFeeds(ctx, "one.example", false)
	f.ok(err)
	f.same("due", ids(due), []string{"b"})
}

func feedsMoved(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example")}))
	l := f.claim(news.Hosts, "one.example")
	state := f.state("a")
	state.ETag, state.LastModified, state.BodyHash, state.FinalURL = "e", "m", "h", "https://one.example/moved"
	state.Fails, state.Error, state.Items = 2, "502", 7
	f.ok(f.CommitPoll(ctx, l, store.PollCommit{State: state}))
	f.ok(f.Release(ctx, l, time.Time{}))

	plain := feed("a", "one.example")
	plain.URL = "http://one.example/a.xml"
	for _, step := range []struct {
		feed      news.Feed
		baselined bool
	}{{plain, true}, {feed("a", "two.example"), false}} {
		f.ok(f.SyncFeeds(ctx, []news.Feed{step.feed}))
		states, err := f.FeedStates(ctx)
		f.ok(err)
		f.same("state", states, []news.FeedState{{FeedID: "a", NextAt: f.now, PolledAt: state.PolledAt, OKAt: state.OKAt,
			Baselined: step.baselined, Items: 7}})
	}
	f.claim(news.Hosts, "two.example")
	f.idle(news.Hosts)
}

func feedsHeld(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example")}))
	l := f.claim(news.Hosts, "one.example")
	until := f.now.Add(3 * time.Hour)
	f.ok(f.CommitPoll(ctx, l, store.PollCommit{State: f.state("a"), HostUntil: until}))
	f.ok(f.CommitPoll(ctx, l, store.PollCommit{State: f.state("a"), HostUntil: f.now.Add(time.Minute)}))
	f.ok(f.Release(ctx, l, f.now.Add(time.Hour)))
	f.ok(f.Wake(ctx, news.Hosts))
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example"), feed("b", "one.example")}))
	next, err := f.NextAt(ctx, news.Hosts)
	f.ok(err)
	f.same("next", next, until)
	holds, err := f.Holds(ctx)
	f.ok(err)
	f.same("holds", holds, map[string]time.Time{"one.example": until})
	f.pass(3*time.Hour - time.Millisecond)
	f.idle(news.Hosts)
	f.pass(time.Millisecond)
	f.claim(news.Hosts, "one.example")
	holds, err = f.Holds(ctx)
	f.ok(err)
	f.same("holds when they are over", holds, map[string]time.Time{})
}

func feedsDue(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example"), feed("b", "one.example"), feed("c", "two.example")}))
	l := f.claim(news.Hosts, "one.example")
	f.ok(f.CommitPoll(ctx, l, store.PollCommit{State: f.state("a")}))
	due, err := f.DueFeeds(ctx, "one.example", false)
	f.ok(err)
	f.same("due", ids(due), []string{"b"})
	due, err = f.DueFeeds(ctx, "one.example", true)
	f.ok(err)
	f.same("all", ids(due), []string{"b", "a"})
	if f.CommitPoll(ctx, l, store.PollCommit{State: news.FeedState{FeedID: "a"}}) == nil {
		f.Error("committed a poll that does not say when to poll next")
	}
}

func feedState(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example")}))
	want := news.FeedState{
		FeedID: "a", FinalURL: "https://one.example/b?x=%00&y=ß", ETag: `W/"a,b"`, LastModified: "Sat, 21 Nov 2026 08:00:00 GMT",
		BodyHash: "00ff", NextAt: f.now.Add(time.Minute), PolledAt: f.now, OKAt: f.now.Add(-time.Hour), Baselined: true,
		Fails: 3, Error: "503 Service Unavailable", Items: 20,
	}
	l := f.claim(news.Hosts, "one.example")
	f.ok(f.CommitPoll(ctx, l, store.PollCommit{State: want}))
	got, err := f.FeedStates(ctx)
	f.ok(err)
	f.same("state", got, []news.FeedState{want})
}

func destinationsGone(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncDestinations(ctx, []string{"slack:desk", "slack:old"}))
	f.ok(f.EnqueueNotice(ctx, f.delivery("d")))
	f.ok(f.SyncDestinations(ctx, []string{"slack:new"}))
	leases, err := f.Claim(ctx, news.Destinations, 9, time.Minute)
	f.ok(err)
	got := map[string]bool{}
	for _, l := range leases {
		got[l.Key] = true
		if l.Key == "slack:desk" {
			f.send(l, "d/1", "1.1")
		}
	}
	f.same("destinations", got, map[string]bool{"slack:desk": true, "slack:new": true})
	f.pass(time.Hour)
	f.ok(f.SyncDestinations(ctx, []string{"slack:new"}))
	f.claim(news.Destinations, "slack:new")
	f.idle(news.Destinations)
	f.ok(f.EnqueueNotice(ctx, f.delivery("e")))
	f.claim(news.Destinations, "slack:desk")
}
