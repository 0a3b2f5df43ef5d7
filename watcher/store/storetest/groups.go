package storetest

import (
	"errors"
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func groups() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"group/work comes by publication":      groupOrder,
		"group/a story comes back whole":       groupWhole,
		"group/an item is placed once":         groupOnce,
		"group/replay in the order of placing": groupReplay,
		"group/a merge moves the members":      groupMerge,
		"group/a merge of two told stories":    groupMergeTold,
		"group/an edit while the desk works":   groupEditedMeanwhile,
		"group/a headline that was edited":     groupEditedHeadline,
		"group/wakes the plans that it names":  groupWakes,
		"stories/latest first":                 storyList,
	}
}

func groupOrder(f *fixture) {
	var c store.PollCommit
	for i, age := range []time.Duration{2, 0, 1, 1} {
		it := f.item(fmt.Sprint(i), "t")
		it.Published = f.now.Add(-age * time.Hour)
		c.Fresh = append(c.Fresh, hits(it, "r", 50))
	}
	c.Fresh = append(c.Fresh, store.Matched{Item: f.item("no", "hit")})
	f.poll(c)
	work, err := f.Ungrouped(f.Context(), 3)
	f.ok(err)
	f.same("number", len(work), 3)
	f.same("first", work[0].Item, c.Fresh[0].Item)
	f.same("its hits", work[0].Hits, c.Fresh[0].Hits)
	if a, b := work[1].Item, work[2].Item; a.ID >= b.ID || !a.Published.Equal(b.Published) {
		f.Errorf("got %s before %s, both of %s", a.ID, b.ID, a.Published)
	}
}

func groupWhole(f *fixture) {
	ctx := f.Context()
	one, two, three := f.item("1", "Quay closed"), f.item("2", "Quay shut"), f.item("3", "Quay open")
	f.poll(store.PollCommit{Fresh: []store.Matched{hits(one, "r", 50), hits(two, "r", 60), hits(three, "q", 10)}})
	head := f.head(one)
	f.group(store.GroupCommit{Placed: placed(head.ID, two, one), Stories: []news.Story{head}})
	f.pass(time.Hour)
	head.Version, head.LastAt, head.LeadID = 3, f.now, three.ID
	developments := []news.Development{
		{Version: 2, At: f.now, ItemID: two.ID, Reason: "2 more outlets"}, {Version: 3, At: f.now, ItemID: three.ID, Reason: "new: Ida Berg", TitleWas: "Quay ajar"}}
	third := store.PlacedItem{ItemID: three.ID, StoryID: head.ID, CopyOf: one.ID, Score: 0.625, Why: "same text"}
	f.group(store.GroupCommit{Placed: []store.PlacedItem{third}, Stories: []news.Story{head},
		Developments: map[string][]news.Development{head.ID: developments}})

	want := head
	want.Developments = developments
	want.Members = []news.Member{
		{Item: two, Hits: []news.Hit{hit(two, "r", 60)}, Score: 1, Why: "first"},
		{Item: one, Hits: []news.Hit{hit(one, "r", 50)}, Score: 0.5, Why: "first"},
		{Item: three, Hits: []news.Hit{hit(three, "q", 10)}, CopyOf: one.ID, Score: 0.625, Why: "same text"},
	}
	got, err := f.Stories(ctx, []string{head.ID, "none", head.ID})
	f.ok(err)
	f.same("stories", got, map[string]*news.Story{head.ID: &want})
	_, _, storyID, err := f.Item(ctx, two.ID)
	f.ok(err)
	f.same("story of an item", storyID, head.ID)
	for _, ids := range [][]string{nil, {"none"}} {
		got, err = f.Stories(ctx, ids)
		f.ok(err)
		if got == nil || len(got) > 0 {
			f.Errorf("got %#v of %q, want an empty map", got, ids)
		}
	}
}

func groupOnce(f *fixture) {
	it := f.item("1", "Quay closed")
	head := f.tell("r", 50, it)
	work, err := f.Ungrouped(f.Context(), 9)
	f.ok(err)
	f.same("work", len(work), 0)
	f.ok(f.Wake(f.Context(), news.Desk))
	l := f.claim(news.Desk, "desk")
	other := head
	other.ID = "other"
	f.is(f.CommitGroup(f.Context(), l, store.GroupCommit{Placed: placed("other", it), Stories: []news.Story{other}}), store.ErrNotFound)
	_, _, storyID, err := f.Item(f.Context(), it.ID)
	f.ok(err)
	f.same("story", storyID, head.ID)
}

func groupReplay(f *fixture) {
	ctx := f.Context()
	old := f.item("old", "Ferry late")
	f.tell("r", 50, old)
	f.pass(48 * time.Hour)
	a, b := f.item("1", "Quay closed"), f.item("2", "Quay shut")
	f.tell("r", 50, b, a)
	type replayed struct {
		ID, Story string
		Entities  []string
	}
	var got []replayed
	f.ok(f.Placed(ctx, f.now.Add(-time.Hour), func(it news.Item, entities []string, storyID, copyOf string) error {
		got = append(got, replayed{it.ID, storyID, entities})
		return nil
	}))
	story := news.StoryID(b.ID)
	f.same("replay", got, []replayed{{b.ID, story, []string{"ida-berg"}}, {a.ID, story, []string{"ida-berg"}}})
	stop := errors.New("stop")
	f.is(f.Placed(ctx, time.Time{}, func(news.Item, []string, string, string) error { return stop }), stop)
	n := 0
	f.ok(f.Placed(ctx, f.now.Add(time.Hour), func(news.Item, []string, string, string) error { n++; return nil }))
	f.same("none", n, 0)

	// More than are read at once.
	var many []news.Item
	for i := range 1100 {
		many = append(many, f.item(fmt.Sprint("many", i), "Quay"))
	}
	f.tell("r", 50, many...)
	n = 0
	f.ok(f.Placed(ctx, time.Time{}, func(it news.Item, _ []string, _, _ string) error {
		if n >= 3 && it.ID != many[n-3].ID {
			f.Fatalf("got item %s at %d, want %s", it.ID, n, many[n-3].ID)
		}
		n++
		return nil
	}))
	f.same("all", n, 1103)
}

func groupMerge(f *fixture) {
	ctx := f.Context()
	f.plan("morning")
	a, b, c := f.item("1", "Quay closed"), f.item("2", "Quay shut"), f.item("3", "Port shut")
	older, younger, third := f.tell("r", 50, a), f.tell("r", 50, b), f.tell("r", 50, c)
	f.commit("morning", news.PlanCommit{Told: []news.Told{{PlanID: "morning", StoryID: younger.ID, Version: 1, Sources: 1, DeliveryID: "d"}}})
	third.MergedInto = younger.ID
	f.group(store.GroupCommit{Stories: []news.Story{younger, third}, Transfers: []store.Transfer{merging(younger, third)}})
	younger.MergedInto, older.Version = older.ID, 2
	f.group(store.GroupCommit{
		Stories: []news.Story{older, younger}, Transfers: []store.Transfer{merging(older, younger)},
		Developments: map[string][]news.Development{older.ID: {{Version: 2, At: f.now, ItemID: c.ID, Reason: "new: Ida Berg"}}},
	})

	got, err := f.Stories(ctx, []string{younger.ID, older.ID, third.ID})
	f.ok(err)
	f.same("number", len(got), 3)
	for id, story := range got {
		f.same("living story of "+id, story.ID, older.ID)
		f.same("members of "+id, len(story.Members), 3)
	}
	list, err := f.StoryList(ctx, 9)
	f.ok(err)
	f.same("living", len(list), 1)
	// What is placed in one that was taken in goes to the one that did so.
	late := f.item("4", "Quay still shut")
	f.poll(store.PollCommit{Fresh: []store.Matched{hits(late, "r", 50)}})
	f.group(store.GroupCommit{Placed: placed(third.ID, late)})
	_, _, storyID, err := f.Item(ctx, late.ID)
	f.ok(err)
	f.same("story of the late one", storyID, older.ID)
	// What was told of the younger one counts: the older one is told as a development.
	untold, err := f.Untold(ctx, "morning", []string{"r"}, 0)
	f.ok(err)
	f.same("untold", len(untold.Stories), 1)
	told, err := f.Told(ctx, "morning", []string{older.ID})
	f.ok(err)
	f.same("told", told[older.ID], news.Told{PlanID: "morning", StoryID: older.ID, Version: 1, Sources: 1, DeliveryID: "d"})
}

// groupMergeTold merges two stories that one plan told by messages of their own: it
// is known which message ended in which.
func groupMergeTold(f *fixture) {
	ctx := f.Context()
	f.plan("urgent")
	a, b := f.item("1", "Quay closed"), f.item("2", "Quay shut")
	older, younger := f.tell("r", 50, a), f.tell("r", 50, b)
	none, err := f.TakenIn(ctx, "urgent", time.Time{})
	f.ok(err)
	f.same("before", len(none), 0)
	told := func(s news.Story, id string) news.Told {
		return news.Told{PlanID: "urgent", StoryID: s.ID, Version: 1, Sources: 1, DeliveryID: id}
	}
	f.commit("urgent", news.PlanCommit{
		Told: []news.Told{told(older, "al_1"), told(younger, "al_2")},
		Deliveries: []news.Delivery{
			{ID: "al_1", Part: 1, Parts: 1, PlanID: "urgent", Destination: "d", State: news.Pending, CreatedAt: f.now},
			{ID: "al_2", Part: 1, Parts: 1, PlanID: "urgent", Destination: "d", State: news.Pending, CreatedAt: f.now},
		},
	})
	younger.MergedInto = older.ID
	f.group(store.GroupCommit{Stories: []news.Story{older, younger}, Transfers: []store.Transfer{merging(older, younger)}})

	got, err := f.TakenIn(ctx, "urgent", f.now.Add(-time.Hour))
	f.ok(err)
	f.same("number", len(got), 1)
	want := told(younger, "al_2")
	want.Destination, want.First = "d", f.now
	f.same("told", got[0].Told, want)
	f.same("which", []string{got[0].StoryID, got[0].LeadID, got[0].DeliveryID}, []string{younger.ID, younger.LeadID, "al_1"})
	f.same("into", got[0].Into.ID, older.ID)
	f.same("members", len(got[0].Into.Members), 2)
	other, err := f.TakenIn(ctx, "morning", time.Time{})
	f.ok(err)
	f.same("another plan", len(other), 0)
	late, err := f.TakenIn(ctx, "urgent", f.now.Add(time.Hour))
	f.ok(err)
	f.same("long ago", len(late), 0)
}

// merging lets a story take another one in, without news for anybody.
func merging(into, from news.Story) store.Transfer {
	return store.Transfer{
		Transfer: news.Transfer{Verb: news.Merged, From: from.ID, Into: into.ID, Items: []string{from.LeadID}, Score: 0.75, Why: "alike"},
		Known:    []int{1},
	}
}

func groupEditedMeanwhile(f *fixture) {
	ctx := f.Context()
	it := f.item("1", "Quay closed")
	head := f.tell("r", 50, it)
	f.poll(store.PollCommit{Edited: []store.Matched{hits(it, "r", 51)}})
	l := f.claim(news.Desk, "desk")
	edited, err := f.Edited(ctx, 9)
	f.ok(err)
	f.poll(store.PollCommit{Edited: []store.Matched{hits(it, "r", 52)}})
	f.ok(f.CommitGroup(ctx, l, store.GroupCommit{Settled: edited}))
	f.ok(f.Release(ctx, l, time.Time{}))
	f.claim(news.Desk, "desk")
	edited, err = f.Edited(ctx, 9)
	f.ok(err)
	f.same("edited", edited, []string{head.ID})
}

func groupEditedHeadline(f *fixture) {
	ctx := f.Context()
	it := f.item("1", "Quay closed")
	head := f.tell("r", 50, it)
	was := func() string {
		found, err := f.Stories(ctx, []string{head.ID})
		f.ok(err)
		return found[head.ID].Members[0].TitleWas
	}
	edit := func(title string) {
		it.Title = title
		f.poll(store.PollCommit{Edited: []store.Matched{hits(it, "r", 50)}})
	}
	f.same("as it came", was(), "")
	edit("Quay closed for good")
	edit("Quay open")
	f.same("edited twice", was(), "Quay closed")
	edit("Quay closed")
	f.same("taken back", was(), "")
	edit("Quay sold")
	f.group(store.GroupCommit{Settled: []string{head.ID}})
	f.same("looked at", was(), "")

	edit("Quay leased")
	l := f.claim(news.Desk, "desk")
	edited, err := f.Edited(ctx, 9)
	f.ok(err)
	edit("Quay rented")
	f.ok(f.CommitGroup(ctx, l, store.GroupCommit{Settled: edited}))
	f.ok(f.Release(ctx, l, time.Time{}))
	f.same("edited meanwhile", was(), "Quay sold")
}

func groupWakes(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncPlans(ctx, []news.PlanState{{ID: "a"}, {ID: "b"}}))
	f.group(store.GroupCommit{WakePlans: []string{"b", "gone"}})
	f.claim(news.Plans, "b")
	f.idle(news.Plans)
}

func storyList(f *fixture) {
	first := f.tell("r", 50, f.item("1", "Quay closed"))
	f.pass(time.Hour)
	second := f.tell("r", 50, f.item("2", "Ferry late"))
	list, err := f.StoryList(f.Context(), 9)
	f.ok(err)
	f.same("order", []string{list[0].ID, list[1].ID}, []string{second.ID, first.ID})
	f.same("whole", len(list[0].Members[0].Hits), 1)
	list, err = f.StoryList(f.Context(), 1)
	f.ok(err)
	f.same("limit", len(list), 1)
}
