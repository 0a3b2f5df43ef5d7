package storetest

import (
	"errors"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func plans() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"sync plans/gone and back":               plansGone,
		"sync plans/another schedule":            plansSpec,
		"untold/what a plan has to tell":         untoldWhat,
		"untold/again when it developed":         untoldVersion,
		"untold/after an edit, other rules":      untoldEdited,
		"untold/each plan for itself":            untoldPlans,
		"commit plan/freezes and remembers":      commitPlan,
		"commit plan/twice is once":              commitPlanTwice,
		"commit plan/one of two is there":        commitPlanHalf,
		"commit plan/all parts or none":          commitPlanParts,
		"commit plan/newer rewriting replaces":   commitPlanUpdates,
		"commit plan/back to an older rewriting": commitPlanBack,
		"grown/without a development":            grown,
		"count items":                            countItems,
	}
}

func plansGone(f *fixture) {
	ctx := f.Context()
	want := news.PlanState{ID: "p", Kind: news.AlertPlan, Spec: "x", NextAt: f.now, LastSlot: "l", LastAt: f.now, SentAt: f.now, CreatedAt: f.now}
	f.ok(f.SyncPlans(ctx, []news.PlanState{want, {ID: "q"}}))
	f.pass(time.Hour)
	f.ok(f.SyncPlans(ctx, []news.PlanState{{ID: "q"}}))
	f.idle(news.Plans)
	back := want
	back.NextAt, back.LastSlot, back.LastAt, back.CreatedAt = f.now.Add(time.Hour), "", time.Time{}, f.now
	f.ok(f.SyncPlans(ctx, []news.PlanState{back}))
	got, err := f.Plan(ctx, "p")
	f.ok(err)
	f.same("plan", got, want)
	f.claim(news.Plans, "p")
	_, err = f.Plan(ctx, "none")
	f.is(err, store.ErrNotFound)
	_, err = f.Untold(ctx, "none", nil, 0)
	f.is(err, store.ErrNotFound)
}

func plansSpec(f *fixture) {
	ctx := f.Context()
	f.plan("p")
	later := news.PlanState{ID: "p", Kind: news.DigestPlan, Spec: "s", NextAt: f.now.Add(time.Hour)}
	f.ok(f.SyncPlans(ctx, []news.PlanState{later}))
	got, err := f.Plan(ctx, "p")
	f.ok(err)
	f.same("same schedule", got.NextAt, f.now)
	later.Spec = "other"
	f.ok(f.SyncPlans(ctx, []news.PlanState{later}))
	got, err = f.Plan(ctx, "p")
	f.ok(err)
	f.same("other schedule", got.NextAt, later.NextAt)
}

// untold are the ids that a plan has to tell.
func (f *fixture) untold(plan string, minScore int, rules ...string) (ids []string) {
	f.Helper()
	untold, err := f.Untold(f.Context(), plan, rules, minScore)
	f.ok(err)
	for _, s := range untold.Stories {
		ids = append(ids, s.ID)
	}
	return ids
}

func told(plan string, s news.Story, delivery string) news.Told {
	return news.Told{PlanID: plan, StoryID: s.ID, Version: s.Version, Sources: 2, Publishers: 1, Score: 50, DeliveryID: delivery, Notes: 1}
}

func untoldWhat(f *fixture) {
	early := f.item("0", "before the plan")
	f.tell("r", 90, early)
	f.pass(time.Hour)
	f.plan("p")
	first := f.tell("r", 50, f.item("1", "Quay closed"))
	f.pass(time.Minute)
	second := f.tell("q", 60, f.item("2", "Ferry late"))
	baseline := f.item("3", "old news")
	baseline.Baseline = true
	f.tell("r", 90, baseline)

	f.same("both rules", f.untold("p", 50, "q", "r"), []string{first.ID, second.ID})
	f.same("again", f.untold("p", 50, "q", "r"), []string{first.ID, second.ID})
	f.same("one rule", f.untold("p", 0, "q"), []string{second.ID})
	f.same("high score", f.untold("p", 60, "q", "r"), []string{second.ID})
	f.same("no rule", f.untold("p", 0), []string(nil))
	untold, err := f.Untold(f.Context(), "p", []string{"r"}, 50)
	f.ok(err)
	f.same("whole", untold.Stories[0].Members[0].Hits[0].Quote.Text, "First.")
	// An early story with a new report is told.
	late := f.item("4", "Quay still closed")
	f.poll(store.PollCommit{Fresh: []store.Matched{hits(late, "r", 50)}})
	head := f.head(early)
	f.group(store.GroupCommit{Placed: placed(head.ID, late), Stories: []news.Story{head}})
	f.same("with a late one", f.untold("p", 50, "r"), []string{head.ID, first.ID})
}

func untoldVersion(f *fixture) {
	f.plan("p")
	head := f.tell("r", 50, f.item("1", "Quay closed"))
	waits := f.tell("r", 50, f.item("2", "Ferry late"))
	f.same("first", len(f.untold("p", 50, "r")), 2)
	f.commit("p", news.PlanCommit{Told: []news.Told{told("p", head, "d")}})
	f.same("told", f.untold("p", 50, "r"), []string{waits.ID})
	f.group(store.GroupCommit{Stories: []news.Story{head}})
	f.same("not developed", f.untold("p", 50, "r"), []string{waits.ID})
	head.Version = 2
	f.group(store.GroupCommit{Stories: []news.Story{head}})
	f.same("developed", len(f.untold("p", 50, "r")), 2)
	f.commit("p", news.PlanCommit{Told: []news.Told{told("p", head, "d"), told("p", waits, "d")}})
	f.same("told again", f.untold("p", 50, "r"), []string(nil))
	// What is told is never told at a lower version afterwards.
	old := told("p", head, "e")
	old.Version = 1
	f.commit("p", news.PlanCommit{Told: []news.Told{old}})
	got, err := f.Told(f.Context(), "p", []string{head.ID, "none"})
	f.ok(err)
	f.same("told", got, map[string]news.Told{head.ID: told("p", head, "d")})
}

func untoldEdited(f *fixture) {
	f.plan("p")
	it := f.item("1", "Quay closed")
	head := f.tell("r", 50, it)
	f.same("before", f.untold("p", 0, "q"), []string(nil))
	f.poll(store.PollCommit{Edited: []store.Matched{hits(it, "q", 50)}})
	f.group(store.GroupCommit{Settled: []string{head.ID}})
	f.same("after an edit", f.untold("p", 0, "q"), []string{head.ID})
	f.same("by the rule before", f.untold("p", 0, "r"), []string(nil))
}

func untoldPlans(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncPlans(ctx, []news.PlanState{{ID: "p"}, {ID: "q"}}))
	head := f.tell("r", 50, f.item("1", "Quay closed"))
	f.commit("p", news.PlanCommit{Told: []news.Told{told("p", head, "d")}})
	f.same("p", f.untold("p", 0, "r"), []string(nil))
	f.same("q", f.untold("q", 0, "r"), []string{head.ID})
}

func commitPlan(f *fixture) {
	ctx := f.Context()
	f.plan("morning")
	head := f.tell("r", 50, f.item("1", "Quay closed"))
	d := f.delivery("d", head.ID)
	d.Parts, d.Broadcast, d.ReplyTo = 2, true, "x"
	part := d
	part.Part = 2
	f.commit("morning", news.PlanCommit{
		Deliveries: []news.Delivery{d, part}, Told: []news.Told{told("morning", head, "d")},
		Slot: "2026-11-21T09:00 Europe/Oslo", At: f.now, Next: f.now.Add(24 * time.Hour)})
	state, err := f.Plan(ctx, "morning")
	f.ok(err)
	f.same("plan", state, news.PlanState{ID: "morning", Kind: news.DigestPlan, Spec: "s", NextAt: f.now.Add(24 * time.Hour),
		LastSlot: "2026-11-21T09:00 Europe/Oslo", LastAt: f.now, SentAt: f.now, CreatedAt: f.now})
	for _, want := range []news.Delivery{d, part} {
		got, err := f.Delivery(ctx, "d", want.Part)
		f.ok(err)
		f.same("delivery", got, want)
	}
	f.claim(news.Destinations, "slack:desk")
	f.idle(news.Plans)
	f.commit("morning", news.PlanCommit{At: f.now.Add(time.Hour)})
	state, err = f.Plan(ctx, "morning")
	f.ok(err)
	f.same("slot stays", state.LastSlot, "2026-11-21T09:00 Europe/Oslo")
	f.same("its time stays", state.LastAt, f.now)
	sent := func(want time.Time) {
		f.Helper()
		state, err = f.Plan(ctx, "morning")
		f.ok(err)
		f.same("sent", state.SentAt, want)
	}
	sent(f.now)
	f.commit("morning", news.PlanCommit{Slot: "empty", At: f.now.Add(2 * time.Hour)})
	sent(f.now) // what nobody got stands for nothing
	d.ID = "by hand"
	f.commit("morning", news.PlanCommit{Deliveries: []news.Delivery{d}, At: f.now.Add(3 * time.Hour)})
	sent(f.now.Add(3 * time.Hour))
	f.same("the time of the slot", state.LastAt, f.now.Add(2*time.Hour))
}

func commitPlanTwice(f *fixture) {
	ctx := f.Context()
	f.plan("morning")
	head := f.tell("r", 50, f.item("1", "Quay closed"))
	c := news.PlanCommit{Deliveries: []news.Delivery{f.delivery("d", head.ID)}, Told: []news.Told{told("morning", head, "d")}}
	f.commit("morning", c)
	l := f.claim(news.Destinations, "slack:desk")
	f.send(l, "d/1", "1.1")
	f.ok(f.Release(ctx, l, time.Time{}))
	want, err := f.Delivery(ctx, "d", 1)
	f.ok(err)
	c.Deliveries[0].Payload = []byte("other")
	c.Told[0].Version = 7
	f.commit("morning", c)
	got, err := f.Delivery(ctx, "d", 1)
	f.ok(err)
	f.same("delivery", got, want)
	after, err := f.Told(ctx, "morning", []string{head.ID})
	f.ok(err)
	f.same("version", after[head.ID].Version, 1)
	f.idle(news.Destinations)
}

func commitPlanHalf(f *fixture) {
	f.plan("morning")
	head := f.tell("r", 50, f.item("1", "Quay closed"))
	f.commit("morning", news.PlanCommit{Deliveries: []news.Delivery{f.delivery("rewriting", head.ID)}})
	f.commit("morning", news.PlanCommit{
		Deliveries: []news.Delivery{f.delivery("rewriting", head.ID), f.delivery("note", head.ID)},
		Told:       []news.Told{told("morning", head, "note")}})
	got, err := f.Told(f.Context(), "morning", []string{head.ID})
	f.ok(err)
	f.same("told by the one that is new", got[head.ID].DeliveryID, "note")
}

// commitPlanParts has a digest whose first part is one that there was before.
func commitPlanParts(f *fixture) {
	ctx := f.Context()
	f.plan("morning")
	old := f.tell("r", 50, f.item("1", "Quay closed"))
	fresh := f.tell("r", 50, f.item("2", "Bridge opened"))
	f.commit("morning", news.PlanCommit{Deliveries: []news.Delivery{f.delivery("d", old.ID)}, Told: []news.Told{told("morning", old, "d")}})
	var parts []news.Delivery
	for part := range 2 {
		d := f.delivery("d", fresh.ID)
		d.Part, d.Parts = part+1, 2
		parts = append(parts, d)
	}
	f.commit("morning", news.PlanCommit{Deliveries: parts, Told: []news.Told{told("morning", fresh, "d")}})
	if _, err := f.Delivery(ctx, "d", 2); !errors.Is(err, store.ErrNotFound) {
		f.Errorf("part 2 of another digest: got %v, want none", err)
	}
	f.same("still to be told", f.untold("morning", 0, "r"), []string{fresh.ID})
}

func commitPlanUpdates(f *fixture) {
	ctx := f.Context()
	f.plan("alert")
	update := func(id, of string) news.Delivery {
		d := f.delivery(id)
		d.Kind, d.ReplyTo = news.KindUpdate, of
		return d
	}
	note := update("note", "alert")
	note.Kind = news.KindFollowup
	f.commit("alert", news.PlanCommit{Deliveries: []news.Delivery{
		f.delivery("alert"), update("v2", "alert"), note, update("other", "elsewhere")}})
	f.commit("alert", news.PlanCommit{Deliveries: []news.Delivery{update("v3", "alert")}})
	old, err := f.Delivery(ctx, "v2", 1)
	f.ok(err)
	f.same("the older one", old.State, news.Superseded)
	counts, err := f.Pending(ctx)
	f.ok(err)
	f.same("left", counts, map[news.DeliveryState]int{news.Pending: 4, news.Superseded: 1})

	l := f.claim(news.Destinations, "slack:desk")
	f.send(l, "alert/1", "1.1")
	d, err := f.Delivery(ctx, "v3", 1)
	f.ok(err)
	f.ok(f.Intend(ctx, l, &d)) // begun: its outcome is not known
	f.commit("alert", news.PlanCommit{Deliveries: []news.Delivery{update("v3b", "alert")}})
	begun, err := f.Delivery(ctx, "v3b", 1)
	f.ok(err)
	f.same("while the older one is under way, the newer waits until", begun.NotBefore, f.now.Add(2*time.Minute))
	f.ok(f.Intend(ctx, l, &begun))
	d = begun
	d.NotBefore = f.now.Add(5 * time.Minute)
	f.ok(f.Settle(ctx, l, d))
	f.commit("alert", news.PlanCommit{Deliveries: []news.Delivery{update("v4", "alert")}})
	newer, err := f.Delivery(ctx, "v4", 1)
	f.ok(err)
	f.same("while the older one may come late, the newer waits until", newer.NotBefore, d.NotBefore)
	f.pass(time.Second)
	f.commit("alert", news.PlanCommit{Deliveries: []news.Delivery{update("v5", "alert")}})
	newest, err := f.Delivery(ctx, "v5", 1)
	f.ok(err)
	f.same("and so does the one after that, until", newest.NotBefore, d.NotBefore)
	gone := f.delivery("v2")
	f.is(f.Intend(ctx, l, &gone), store.ErrNotFound)
	f.ok(f.Settle(ctx, l, d))
	d, err = f.Delivery(ctx, "v3b", 1)
	f.ok(err)
	f.same("settled, and still", d.State, news.Superseded)
}

// commitPlanBack rewrites a message as it was two rewritings ago.
func commitPlanBack(f *fixture) {
	ctx := f.Context()
	f.plan("alert")
	update := func(id string) news.Delivery {
		d := f.delivery(id)
		d.Kind, d.ReplyTo = news.KindUpdate, "alert"
		return d
	}
	f.commit("alert", news.PlanCommit{
		Deliveries: []news.Delivery{f.delivery("alert"), update("three")}, Told: []news.Told{{PlanID: "alert", StoryID: "s", Version: 1, DeliveryID: "alert"}}})
	last := func(want string) {
		f.Helper()
		f.same("last rewriting", f.toldOf("alert", news.Story{ID: "s"}).Rewriting, want)
	}
	last("three")
	l := f.claim(news.Destinations, "slack:desk")
	f.send(l, "alert/1", "1.1")
	f.same("rewritings are a queue of their own", f.next(), "")
	rewrite := func(want string) {
		f.Helper()
		d, _, err := f.Rewritable(ctx, l.Key)
		f.ok(err)
		if d == nil || d.ID != want {
			f.Fatalf("next rewriting is %+v, want %s", d, want)
		}
		f.ok(f.Intend(ctx, l, d))
		d.State, d.SentAt = news.Sent, f.now
		f.ok(f.Settle(ctx, l, *d))
	}
	rewrite("three")
	f.pass(time.Second)
	f.commit("alert", news.PlanCommit{Deliveries: []news.Delivery{update("three")}})
	d, _, err := f.Rewritable(ctx, l.Key)
	f.ok(err)
	if d != nil {
		f.Errorf("got %+v, want nothing: that is what it shows", d)
	}
	f.commit("alert", news.PlanCommit{Deliveries: []news.Delivery{update("four")}})
	last("four")
	rewrite("four")
	f.pass(time.Second)
	f.commit("alert", news.PlanCommit{Deliveries: []news.Delivery{update("three")}})
	last("three")
	rewrite("three")
}

func countItems(f *fixture) {
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: f.item("1", "a")}, {Item: f.item("2", "b")}}})
	f.pass(time.Hour)
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: f.item("3", "c")}}})
	items, feeds, err := f.CountItems(f.Context(), f.now.Add(-time.Hour), f.now)
	f.ok(err)
	f.same("items after a time, and up to another", items, 1)
	f.same("feeds", feeds, 1)
	items, _, err = f.CountItems(f.Context(), time.Time{}, f.now)
	f.ok(err)
	f.same("all items", items, 3)
}

func grown(f *fixture) {
	f.plan("alert")
	head := f.tell("r", 50, f.item("1", "Quay closed"))
	first := told("alert", head, "first")
	first.At = f.now
	f.commit("alert", news.PlanCommit{Deliveries: []news.Delivery{f.delivery("first", head.ID)}, Told: []news.Told{first}})
	check := func(what string, want int) {
		f.Helper()
		got, err := f.Grown(f.Context(), "alert", time.Time{})
		f.ok(err)
		f.same(what, len(got), want)
	}
	check("told and unchanged", 0)
	f.pass(time.Hour)
	head.LastAt = f.now
	f.group(store.GroupCommit{Stories: []news.Story{head}})
	check("took a report in", 1)
	late, err := f.Grown(f.Context(), "alert", f.now)
	f.ok(err)
	f.same("took a report in before the time", len(late), 0)
	head.Version = 2
	f.group(store.GroupCommit{Stories: []news.Story{head}})
	check("developed: that is to be told", 0)
}
