package storetest

import (
	"errors"
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func archive() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"items/oldest first, all pages":         itemsStream,
		"hits/of some items":                    hitsOfItems,
		"rematch/new rules over stored items":   rematch,
		"prune/items and stories by age":        pruneAge,
		"prune/nothing bound to a delivery":     pruneBound,
		"prune/keys of what is listed":          pruneKeys,
		"prune/deliveries whose thread is over": pruneDeliveries,
		"prune/in batches":                      pruneBatches,
	}
}

func hitsOfItems(f *fixture) {
	a, b, c := f.item("1", "Quay closed"), f.item("2", "Quay open"), f.item("3", "Rain")
	f.poll(store.PollCommit{Fresh: []store.Matched{hits(a, "r", 50), hits(b, "r", 40), {Item: c}}})
	got, err := f.Hits(f.Context(), []string{a.ID, c.ID, "none"})
	f.ok(err)
	f.same("items with hits", len(got), 1)
	f.same("score", got[a.ID][0].Score, 50)
}

func itemsStream(f *fixture) {
	ctx := f.Context()
	var c store.PollCommit
	for i := range 2500 {
		it := f.item(fmt.Sprint(i), "t")
		it.Fetched = f.now.Add(time.Duration(i/10) * time.Millisecond)
		c.Fresh = append(c.Fresh, store.Matched{Item: it, RulesHash: fmt.Sprint("r", i%2)})
	}
	f.poll(c)
	var last news.Item
	n := 0
	f.ok(f.Items(ctx, f.now.Add(time.Millisecond), func(it news.Item) error {
		if it.Fetched.Before(last.Fetched) {
			f.Fatalf("got %s after %s", it.Fetched, last.Fetched)
		}
		last = it
		n++
		return nil
	}))
	f.same("items since", n, 2490)
	n = 0
	f.ok(f.Stale(ctx, "r1", time.Time{}, func(news.Item) error { n++; return nil }))
	f.same("matched by others", n, 1250)
	stop := errors.New("stop")
	f.is(f.Items(ctx, time.Time{}, func(news.Item) error { return stop }), stop)
}

func rematch(f *fixture) {
	ctx := f.Context()
	f.plan("p")
	in, out, edited := f.item("1", "Quay closed"), f.item("2", "Weather"), f.item("3", "Fog")
	head := f.tell("r", 50, in)
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: out, RulesHash: "r1"}, {Item: edited, RulesHash: "r1"}}})
	f.idle(news.Desk)
	f.ok(f.Wake(ctx, news.Desk))
	l := f.claim(news.Desk, "desk")
	before := edited
	edited.Title = "Fog lifts"
	edited.Revise()
	f.poll(store.PollCommit{Edited: []store.Matched{{Item: edited, RulesHash: "r2"}}})
	matched := []store.Matched{hits(in, "q", 90), hits(out, "q", 80), hits(before, "q", 70), hits(f.item("none", "x"), "q", 70)}
	for i := range matched {
		matched[i].RulesHash = "r2"
	}
	f.ok(f.Rematch(ctx, l, matched))
	f.ok(f.Release(ctx, l, time.Time{}))
	f.claim(news.Desk, "desk")

	work, err := f.Ungrouped(ctx, 9)
	f.ok(err)
	if len(work) != 1 || work[0].Item.ID != out.ID || work[0].Hits[0].Rule != "q" {
		f.Errorf("got work %+v, want the item %s by rule q", work, out.ID)
	}
	stories, err := f.Edited(ctx, 9)
	f.ok(err)
	f.same("stories to look at", stories, []string{head.ID})
	n := 0
	f.ok(f.Stale(ctx, "r2", time.Time{}, func(news.Item) error { n++; return nil }))
	f.same("still under old rules", n, 0)
}

// prune deletes all that is out of date.
func (f *fixture) prune(itemsBefore, storiesBefore time.Time) (n int) {
	f.Helper()
	for {
		deleted, err := f.Prune(f.Context(), itemsBefore, storiesBefore, 100)
		f.ok(err)
		if deleted == 0 {
			return n
		}
		n += deleted
	}
}

// stored says whether items are stored.
func (f *fixture) stored(items ...news.Item) (stored []bool) {
	f.Helper()
	for _, it := range items {
		_, _, _, err := f.Item(f.Context(), it.ID)
		if err != nil {
			f.is(err, store.ErrNotFound)
		}
		stored = append(stored, err == nil)
	}
	return stored
}

func pruneAge(f *fixture) {
	ctx := f.Context()
	f.plan("p")
	plain, told, work := f.item("1", "Weather"), f.item("2", "Quay closed"), f.item("3", "Ferry late")
	head := f.tell("r", 50, told)
	f.commit("p", news.PlanCommit{Told: []news.Told{{PlanID: "p", StoryID: head.ID, Version: 1}}})
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: plain}, hits(work, "r", 50)}})
	f.pass(24 * time.Hour)
	f.same("too young", f.prune(f.now.Add(-48*time.Hour), f.now.Add(-48*time.Hour)), 0)
	f.same("the plain one", f.prune(f.now, f.now.Add(-48*time.Hour)), 1)
	f.same("stored", f.stored(plain, told, work), []bool{false, true, true})
	f.same("the story and its item", f.prune(f.now, f.now), 2)
	f.same("stored after", f.stored(told, work), []bool{false, true}) // work is never lost
	all, err := f.Told(ctx, "p", []string{head.ID})
	f.ok(err)
	f.same("told", len(all), 0)
	n := 0
	f.ok(f.Placed(ctx, time.Time{}, func(news.Item, []string, string, string) error { n++; return nil }))
	f.same("placed", n, 0)

	// A story may go before its items; they are not grouped again.
	young := f.item("4", "Quay open")
	f.tell("r", 50, young)
	f.pass(time.Hour)
	f.same("the story alone", f.prune(f.now.Add(-24*time.Hour), f.now), 1)
	left, err := f.Ungrouped(ctx, 9)
	f.ok(err)
	f.same("work", len(left), 1)
	f.same("the young one", f.stored(young), []bool{true})
}

func pruneBound(f *fixture) {
	f.plan("morning")
	it := f.item("1", "Quay closed")
	head := f.tell("r", 50, it)
	f.commit("morning", news.PlanCommit{Deliveries: []news.Delivery{f.delivery("d", head.ID)}})
	f.pass(24 * time.Hour)
	f.same("bound", f.prune(f.now, f.now), 0)
	f.ok(f.Wake(f.Context(), news.Destinations))
	f.send(f.claim(news.Destinations, "slack:desk"), "d/1", "1.1")
	f.same("sent: story, item, delivery", f.prune(f.now, f.now), 3)
}

func pruneKeys(f *fixture) {
	listed, left := f.item("1", "Quay closed"), f.item("2", "Ferry late")
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: listed}, {Item: left}}})
	f.pass(200 * 24 * time.Hour)
	f.same("the items", f.prune(f.now, f.now), 2)
	fresh, _ := f.known("a", listed, left)
	f.same("both still known", len(fresh), 0) // no later document says that they are gone
	f.poll(store.PollCommit{Seen: []news.Item{listed}})
	f.same("two keys", f.prune(f.now, f.now), 2)
	fresh, _ = f.known("a", listed, left)
	f.same("one is known", len(fresh), 1)
	f.pass(170 * 24 * time.Hour)
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: left}}})
	f.prune(f.now, f.now)
	fresh, _ = f.known("a", listed)
	f.same("kept for 180 days", len(fresh), 0)
}

func pruneDeliveries(f *fixture) {
	ctx := f.Context()
	f.plan("morning")
	head := f.tell("r", 50, f.item("1", "Quay closed"))
	reply := f.delivery("reply")
	reply.ReplyTo = "answered"
	part := f.delivery("parts")
	part.Part = 2
	f.commit("morning", news.PlanCommit{
		Deliveries: []news.Delivery{f.delivery("answered"), f.delivery("old"), f.delivery("parts"), part, reply, f.delivery("thread")},
		Told:       []news.Told{told("morning", head, "thread")}})
	f.ok(f.Wake(ctx, news.Destinations))
	l := f.claim(news.Destinations, "slack:desk")
	for _, id := range []string{"answered/1", "old/1", "parts/1"} {
		f.send(l, id, "1."+id)
	}
	// parts/2 and the reply stay open.
	d, err := f.Delivery(ctx, "thread", 1)
	f.ok(err)
	d.State = news.Sent
	f.ok(f.Settle(ctx, l, d))
	f.pass(time.Hour)
	head.LastAt = f.now // the story goes on
	f.group(store.GroupCommit{Stories: []news.Story{head}})
	f.prune(f.now, f.now)
	list, err := f.Deliveries(ctx, store.DeliveryFilter{})
	f.ok(err)
	left := map[string]int{}
	for _, d := range list {
		left[d.ID]++
	}
	f.same("left", left, map[string]int{"answered": 1, "parts": 2, "reply": 1, "thread": 1})
}

func pruneBatches(f *fixture) {
	var c store.PollCommit
	for i := range 25 {
		c.Fresh = append(c.Fresh, store.Matched{Item: f.item(fmt.Sprint(i), "t")})
	}
	f.poll(c)
	f.pass(time.Hour)
	for _, want := range []int{10, 10, 5, 0} {
		n, err := f.Prune(f.Context(), f.now, f.now, 10)
		f.ok(err)
		f.same("deleted", n, want)
	}
}
