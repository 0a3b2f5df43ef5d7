// Package storetest holds every database to what the pipeline needs of the
// store: one suite, run on each database that store can open.
package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/watcher/store"
)

// Opener opens an empty store that takes its time from now and closes it when
// the test ends.
type Opener func(t *testing.T, now func() time.Time) *store.Store

// Run runs the suite.
func Run(t *testing.T, open Opener) {
	suite := map[string]func(*fixture){}
	for _, part := range []map[string]func(*fixture){leases(), feeds(), polls(), identity(), groups(), transfers(), plans(), deliveries(), archive(), triage(), clock(), census()} {
		maps.Copy(suite, part)
	}
	for _, name := range slices.Sorted(maps.Keys(suite)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fixture{T: t, now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
			f.Store = open(t, func() time.Time { return f.now })
			suite[name](f)
		})
	}
}

// fixture is a store, a clock that stands still until it is moved, and short
// ways to bring the state about that a test begins with.
type fixture struct {
	*testing.T
	*store.Store
	now time.Time
}

func (f *fixture) pass(d time.Duration) { f.now = f.now.Add(d) }

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) is(err, target error) {
	f.Helper()
	if !errors.Is(err, target) {
		f.Fatalf("got error %v, want %v", err, target)
	}
}

// same compares; nil and empty are the same.
func (f *fixture) same(what string, got, want any) {
	f.Helper()
	if diff := cmp.Diff(want, got, cmp.FilterValues(bothEmpty, cmp.Ignore())); diff != "" {
		f.Errorf("%s differs, - want + got:\n%s", what, diff)
	}
}

func bothEmpty(a, b []string) bool { return len(a) == 0 && len(b) == 0 }

// claim takes the one lease that is to be had, and fails when it is on another row.
func (f *fixture) claim(u news.Unit, key string) news.Lease {
	f.Helper()
	leases, err := f.Claim(f.Context(), u, 1, time.Minute)
	f.ok(err)
	if len(leases) != 1 || leases[0].Key != key {
		f.Fatalf("claimed %v of %s, want %s", leases, u, key)
	}
	return leases[0]
}

// idle fails when anything of a unit can be claimed.
func (f *fixture) idle(u news.Unit) {
	f.Helper()
	leases, err := f.Claim(f.Context(), u, 9, time.Minute)
	f.ok(err)
	if len(leases) > 0 {
		f.Fatalf("claimed %v of %s, want nothing", leases, u)
	}
}

func feed(id, host string) news.Feed {
	return news.Feed{ID: id, Name: id, URL: fmt.Sprintf("https://%s/%s.xml", host, id)}
}

// state is that of a feed after a good poll, due again in an hour.
func (f *fixture) state(id string) news.FeedState {
	return news.FeedState{FeedID: id, NextAt: f.now.Add(time.Hour), PolledAt: f.now, OKAt: f.now, Baselined: true}
}

// item is the item of feed "a" with a key, seen first now.
func (f *fixture) item(key, title string) news.Item {
	it := news.Item{
		ID: news.ItemID("a", key), FeedID: "a", FeedName: "Harbour Post", Publisher: "Harbour", Weight: 3,
		Keys: []string{key, "url:" + key}, URL: "https://one.example/" + key, Title: title, Body: "First.\n\nSecond “ß”.",
		Author: "Ida Berg", Categories: []string{"ports", "sea"}, Lang: "en",
		Published: f.now.Add(-time.Minute), Dated: true, Fetched: f.now,
	}
	it.Revise()
	return it
}

// hit is a hit with evidence of every kind.
func hit(it news.Item, rule string, score int) news.Hit {
	return news.Hit{
		ItemID: it.ID, Rule: rule, Score: score, Parts: []news.ScorePart{{What: "rule", Points: score}},
		Spans: []news.Span{{Field: news.Title, Start: 0, End: 2, By: "topic:ports"}},
		Quote: news.Quote{Text: "First.", Marks: [][2]int{{0, 5}}}, Entities: []string{"ida-berg"}, Why: "ports in the title", Negated: true,
	}
}

// hits is an item that one rule hits.
func hits(it news.Item, rule string, score int) store.Matched {
	return store.Matched{Item: it, Hits: []news.Hit{hit(it, rule, score)}, RulesHash: "r1"}
}

// poll syncs feed "a" of host one.example and commits a poll of it.
func (f *fixture) poll(c store.PollCommit) {
	f.Helper()
	ctx := f.Context()
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example")}))
	f.ok(f.Wake(ctx, news.Hosts))
	l := f.claim(news.Hosts, "one.example")
	if c.State.FeedID == "" {
		c.State = f.state("a")
	}
	for _, m := range slices.Concat(c.Fresh, c.Edited) {
		c.Seen = append(c.Seen, m.Item)
	}
	f.ok(f.CommitPoll(ctx, l, c))
	f.ok(f.Release(ctx, l, time.Time{}))
}

// group commits a round of the desk.
func (f *fixture) group(c store.GroupCommit) {
	f.Helper()
	f.ok(f.Wake(f.Context(), news.Desk))
	l := f.claim(news.Desk, "desk")
	f.ok(f.CommitGroup(f.Context(), l, c))
	f.ok(f.Release(f.Context(), l, time.Time{}))
}

// tell makes a story of items that it polls and groups, all hit by a rule.
func (f *fixture) tell(rule string, score int, items ...news.Item) news.Story {
	f.Helper()
	var c store.PollCommit
	for _, it := range items {
		c.Fresh = append(c.Fresh, hits(it, rule, score))
	}
	f.poll(c)
	head := f.head(items[0])
	f.group(store.GroupCommit{Placed: placed(head.ID, items...), Stories: []news.Story{head}})
	return head
}

// head is that of a new story whose first item is it.
func (f *fixture) head(it news.Item) news.Story {
	return news.Story{ID: news.StoryID(it.ID), Version: 1, FirstAt: it.Fetched, LastAt: f.now, LeadID: it.ID}
}

func placed(storyID string, items ...news.Item) []store.PlacedItem {
	list := make([]store.PlacedItem, len(items))
	for i, it := range items {
		list[i] = store.PlacedItem{ItemID: it.ID, StoryID: storyID, Score: 1 / float64(i+1), Why: "first"}
	}
	return list
}

// plan syncs one plan that is due now.
func (f *fixture) plan(id string) {
	f.Helper()
	f.ok(f.SyncPlans(f.Context(), []news.PlanState{{ID: id, Kind: news.DigestPlan, Spec: "s", NextAt: f.now, CreatedAt: f.now}}))
}

// commit claims a plan, commits a run of it, and releases it for an hour.
func (f *fixture) commit(id string, c news.PlanCommit) {
	f.Helper()
	ctx := f.Context()
	f.ok(f.Wake(ctx, news.Plans, id))
	l := f.claim(news.Plans, id)
	if c.Next.IsZero() {
		c.Next = f.now.Add(time.Hour)
	}
	f.ok(f.CommitPlan(ctx, l, c))
	f.ok(f.Release(ctx, l, c.Next))
}

// delivery is a message of its own, created now.
func (f *fixture) delivery(id string, stories ...string) news.Delivery {
	return news.Delivery{
		ID: id, Part: 1, Parts: 1, PlanID: "morning", Kind: news.KindDigest, Slot: "s1", Destination: "slack:desk",
		Payload: []byte(`{"text":"` + id + `"}`), Stories: stories, State: news.Pending, Read: news.Pending, CreatedAt: f.now,
	}
}

// next is the id and part of the delivery that may be worked on, "" for none.
func (f *fixture) next() string {
	f.Helper()
	d, _, err := f.Deliverable(f.Context(), "slack:desk")
	f.ok(err)
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%s/%d", d.ID, d.Part)
}

// send sees the next delivery through and fails when it is another.
func (f *fixture) send(l news.Lease, want, ts string) {
	f.Helper()
	d, _, err := f.Deliverable(f.Context(), l.Key)
	f.ok(err)
	if d == nil || fmt.Sprintf("%s/%d", d.ID, d.Part) != want {
		f.Fatalf("next is %+v, want %s", d, want)
	}
	f.ok(f.Intend(f.Context(), l, d))
	d.State, d.Receipt, d.SentAt = news.Sent, news.Receipt{Channel: "C1", TS: ts}, f.now
	f.ok(f.Settle(f.Context(), l, *d))
}
