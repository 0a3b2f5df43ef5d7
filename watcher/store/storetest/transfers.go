package storetest

import (
	"errors"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func transfers() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"transfer/what is told moves with a merge":   mergeTold,
		"transfer/what a plan knows above a gap":     mergeHeard,
		"transfer/a plan that read before tells not": mergeUnderPlan,
		"transfer/apart moves with a merge":          mergeApart,
		"correct/a split counts as told":             correctSplit,
		"correct/a split takes back its message":     correctBack,
		"correct/parts of two splits are apart":      correctApart,
		"correct/fences the desk and takes its note": correctFences,
		"correct/what fails changes nothing":         correctFails,
		"near/both sides, and the stories of today":  nearSides,
		"near/goes with items and stories":           nearPruned,
		"stories/by the beginning of an id":          likeIDs,
	}
}

// raised is a head at a version, with the developments that brought it there.
func (f *fixture) raised(head news.Story, items ...news.Item) (news.Story, map[string][]news.Development) {
	var list []news.Development
	for _, it := range items {
		head.Version++
		list = append(list, news.Development{Version: head.Version, At: f.now, ItemID: it.ID, Reason: "new: " + it.Title})
	}
	return head, map[string][]news.Development{head.ID: list}
}

// hear notes that a plan told a story at a version.
func (f *fixture) hear(plan string, head news.Story, version int) {
	f.Helper()
	f.commit(plan, news.PlanCommit{Told: []news.Told{{PlanID: plan, StoryID: head.ID, Version: version, Sources: 1, DeliveryID: "al_" + head.ID}}})
}

func (f *fixture) toldOf(plan string, head news.Story) news.Told {
	f.Helper()
	told, err := f.Told(f.Context(), plan, []string{head.ID})
	f.ok(err)
	return told[head.ID]
}

func mergeTold(f *fixture) {
	f.ok(f.SyncPlans(f.Context(), []news.PlanState{{ID: "both"}, {ID: "older"}, {ID: "younger"}, {ID: "none"}}))
	a, b := f.item("1", "Quay closed"), f.item("2", "Quay shut")
	older, younger := f.tell("r", 50, a), f.tell("r", 50, b)
	f.hear("both", older, 1)
	f.hear("both", younger, 1)
	f.hear("older", older, 1)
	f.hear("younger", younger, 1)
	// The younger one's first report is news in the older one.
	younger.MergedInto = older.ID
	older, developments := f.raised(older, b)
	m := merging(older, younger)
	m.Carried = []store.Carried{{From: 1, Into: 2}}
	f.group(store.GroupCommit{Stories: []news.Story{older, younger}, Transfers: []store.Transfer{m}, Developments: developments})
	for plan, want := range map[string]int{"both": 2, "older": 1, "younger": 2, "none": 0} {
		f.same("told by "+plan, f.toldOf(plan, older).Version, want)
	}
	f.same("message of both", f.toldOf("both", older).DeliveryID, "al_"+older.ID)
	f.same("message of younger", f.toldOf("younger", older).DeliveryID, "al_"+younger.ID)
	list, err := f.Transfers(f.Context(), older.ID)
	f.ok(err)
	f.same("record", list, []news.Transfer{m.Transfer})
	list, err = f.Transfers(f.Context(), younger.ID)
	f.ok(err)
	f.same("record of the younger", len(list), 1)
}

func mergeHeard(f *fixture) {
	f.plan("morning")
	a, b, c := f.item("1", "Quay closed"), f.item("2", "Quay shut"), f.item("3", "Ida Berg")
	older, younger := f.tell("r", 50, a, c), f.tell("r", 50, b)
	f.hear("morning", older, 1)
	f.hear("morning", younger, 1)
	older, developments := f.raised(older, c) // untold
	f.group(store.GroupCommit{Stories: []news.Story{older}, Developments: developments})
	younger.MergedInto = older.ID
	older, developments = f.raised(older, b)
	m := merging(older, younger)
	m.Carried = []store.Carried{{From: 1, Into: 3}}
	f.group(store.GroupCommit{Stories: []news.Story{older, younger}, Transfers: []store.Transfer{m}, Developments: developments})
	told := f.toldOf("morning", older)
	f.same("told", told.Version, 1)
	f.same("heard", told.Heard, []int{3})
	// What was untold leaves: then all is known.
	f.ok(f.Correct(f.Context(), []string{older.ID}, func(stories map[string]*news.Story, _ func(string) bool) (store.Correction, error) {
		f.same("members", len(stories[older.ID].Members), 3)
		part := f.head(c)
		return store.Correction{
			Stories:  []news.Story{older, part},
			Transfer: store.Transfer{Known: []int{1}, Transfer: news.Transfer{At: f.now, Verb: news.Split, From: older.ID, Into: part.ID, Items: []string{c.ID}}},
		}, nil
	}))
	told = f.toldOf("morning", older)
	f.same("told after it left", told.Version, 3)
	f.same("nothing above", len(told.Heard), 0)
	stories, err := f.Stories(f.Context(), []string{older.ID})
	f.ok(err)
	f.same("developments", len(stories[older.ID].Developments), 1)
}

func mergeUnderPlan(f *fixture) {
	ctx := f.Context()
	f.plan("morning")
	older, younger := f.tell("r", 50, f.item("1", "Quay closed")), f.tell("r", 50, f.item("2", "Quay shut"))
	other := f.tell("r", 50, f.item("3", "Ferry late"))
	l := f.claim(news.Plans, "morning")
	untold, err := f.Untold(ctx, "morning", []string{"r"}, 0)
	f.ok(err)
	f.same("untold", len(untold.Stories), 3)
	younger.MergedInto = older.ID
	f.group(store.GroupCommit{Stories: []news.Story{older, younger}, Transfers: []store.Transfer{merging(older, younger)}})
	_, err = f.Untold(ctx, "morning", []string{"r"}, 0) // somebody looks at a preview
	f.ok(err)
	for _, s := range []news.Story{older, younger} {
		c := news.PlanCommit{Deliveries: []news.Delivery{f.delivery("d", s.ID)}, Told: []news.Told{{PlanID: "morning", StoryID: s.ID, Version: 1}}, Looked: untold.Looked}
		f.is(f.CommitPlan(ctx, l, c), store.ErrMoved)
	}
	list, err := f.Deliveries(ctx, store.DeliveryFilter{})
	f.ok(err)
	f.same("messages", len(list), 0)
	f.ok(f.CommitPlan(ctx, l, news.PlanCommit{Told: []news.Told{{PlanID: "morning", StoryID: other.ID, Version: 1}}, Looked: untold.Looked}))
	untold, err = f.Untold(ctx, "morning", []string{"r"}, 0)
	f.ok(err)
	f.same("untold now", len(untold.Stories), 1)
	f.ok(f.CommitPlan(ctx, l, news.PlanCommit{Told: []news.Told{{PlanID: "morning", StoryID: older.ID, Version: 1}}, Looked: untold.Looked}))
	f.same("at last", f.untold("morning", 0, "r"), []string(nil))
}

func mergeApart(f *fixture) {
	a, b := f.item("1", "Quay closed"), f.item("2", "Quay shut")
	first, part := f.tell("r", 50, a, b), f.head(b)
	part.ID = "part"
	f.ok(f.Correct(f.Context(), []string{first.ID}, func(map[string]*news.Story, func(string) bool) (store.Correction, error) {
		return store.Correction{
			Stories:  []news.Story{first, part},
			Transfer: store.Transfer{Transfer: news.Transfer{At: f.now, Verb: news.Split, From: first.ID, Into: part.ID, Items: []string{b.ID}}},
		}, nil
	}))
	older := f.tell("r", 50, f.item("0", "Port shut"))
	part.MergedInto = older.ID
	f.group(store.GroupCommit{Stories: []news.Story{older, part}, Transfers: []store.Transfer{merging(older, part)}})
	pairs, err := f.Apart(f.Context())
	f.ok(err)
	f.same("apart", pairs, [][2]string{{min(first.ID, older.ID), max(first.ID, older.ID)}})
	// Who joins them wants it no more.
	f.ok(f.Correct(f.Context(), []string{first.ID, older.ID}, func(map[string]*news.Story, func(string) bool) (store.Correction, error) {
		older.MergedInto = first.ID
		m := merging(first, older)
		m.Verb = news.Joined
		return store.Correction{Stories: []news.Story{first, older}, Transfer: m}, nil
	}))
	pairs, err = f.Apart(f.Context())
	f.ok(err)
	f.same("none apart", len(pairs), 0)
	stories, err := f.Stories(f.Context(), []string{part.ID})
	f.ok(err)
	f.same("where it all went", stories[part.ID].ID, first.ID)
}

func correctSplit(f *fixture) {
	ctx := f.Context()
	f.plan("morning")
	a, b, c := f.item("1", "Quay closed"), f.item("2", "Quay shut"), f.item("3", "Ferry late")
	head := f.tell("r", 50, a, b, c)
	f.hear("morning", head, 1)
	head, developments := f.raised(head, b) // untold
	f.group(store.GroupCommit{Stories: []news.Story{head}, Developments: developments})
	part := f.head(b)
	part.Version = 2
	f.ok(f.Correct(ctx, []string{head.ID}, func(stories map[string]*news.Story, taken func(string) bool) (store.Correction, error) {
		f.same("taken", []bool{taken(head.ID), taken(part.ID)}, []bool{true, false})
		return store.Correction{
			Stories: []news.Story{head, part}, CopyOf: map[string]string{c.ID: b.ID},
			Developments: map[string][]news.Development{part.ID: {{Version: 2, At: f.now, ItemID: b.ID, Reason: "new: Quay shut"}}},
			Transfer: store.Transfer{
				Known: []int{1}, Carried: []store.Carried{{From: 2, Into: 2}},
				Transfer: news.Transfer{At: f.now, Verb: news.Split, From: head.ID, Into: part.ID, Items: []string{b.ID, c.ID}},
			},
		}, nil
	}))
	f.same("told of the old one", f.toldOf("morning", head).Version, 2) // nothing is left to tell
	told := f.toldOf("morning", part)
	f.same("told of the new one", told.Version, 1)
	f.same("its message", told.DeliveryID, "") // that of the old one must not be rewritten
	untold, err := f.Untold(ctx, "morning", []string{"r"}, 0)
	f.ok(err)
	if list := untold.Stories; len(list) != 1 || list[0].ID != part.ID || list[0].Members[1].CopyOf != b.ID {
		f.Errorf("got untold %+v, want %s", list, part.ID)
	}
}

// parted takes an item out of a story into one of its own.
func (f *fixture) parted(head news.Story, id string, it news.Item) news.Story {
	f.Helper()
	part := f.head(it)
	part.ID = id
	t := store.Transfer{Known: []int{1}, Transfer: news.Transfer{At: f.now, Verb: news.Split, From: head.ID, Into: id, Items: []string{it.ID}}}
	f.ok(f.Correct(f.Context(), []string{head.ID}, func(map[string]*news.Story, func(string) bool) (store.Correction, error) {
		return store.Correction{Stories: []news.Story{head, part}, Transfer: t}, nil
	}))
	return part
}

// correctBack: a story that was taken in lives again under another id. It has its
// message again, and both stories are looked at, though neither has a new report.
func correctBack(f *fixture) {
	f.plan("urgent")
	a, b := f.item("1", "Quay closed"), f.item("2", "Quay shut")
	older, younger := f.tell("r", 50, a), f.tell("r", 50, b)
	f.hear("urgent", older, 1)
	f.hear("urgent", younger, 1)
	younger.MergedInto = older.ID
	f.group(store.GroupCommit{Stories: []news.Story{older, younger}, Transfers: []store.Transfer{merging(older, younger)}})
	f.same("a merge is no correction", f.toldOf("urgent", older).Corrected, false)
	part := f.parted(older, "part", b)
	f.same("its message", f.toldOf("urgent", part).DeliveryID, "al_"+younger.ID)
	f.same("that of the other one", f.toldOf("urgent", older).DeliveryID, "al_"+older.ID)
	f.same("corrected", []bool{f.toldOf("urgent", older).Corrected, f.toldOf("urgent", part).Corrected}, []bool{true, true})
	ended, err := f.TakenIn(f.Context(), "urgent", f.now.Add(-time.Hour))
	f.ok(err)
	if len(ended) != 1 || ended[0].Into.ID != part.ID || ended[0].DeliveryID != ended[0].Told.DeliveryID {
		f.Errorf("got %+v, want the younger one to be the part, by one message", ended)
	}
	grown, err := f.Grown(f.Context(), "urgent", time.Time{})
	f.ok(err)
	f.same("looked at", len(grown), 2)
}

// correctApart: who takes two parts out of a story one by one has said of each that
// it is not that story.
func correctApart(f *fixture) {
	a, b, c := f.item("1", "Quay closed"), f.item("2", "Quay shut"), f.item("3", "Ferry late")
	head := f.tell("r", 50, a, b, c)
	f.parted(head, "part1", b)
	f.parted(head, "part2", c)
	pairs, err := f.Apart(f.Context())
	f.ok(err)
	f.same("pairs", len(pairs), 3)
}

func correctFences(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncPlans(ctx, []news.PlanState{{ID: "a", Kind: news.AlertPlan}, {ID: "d", Kind: news.DigestPlan}}))
	a, b := f.item("1", "Quay closed"), f.item("2", "Quay shut")
	one, two := f.tell("r", 50, a), f.tell("r", 50, b)
	f.ok(f.SetMeta(ctx, store.DeskHolder, "me"))
	f.ok(f.Wake(ctx, news.Desk))
	l := f.claim(news.Desk, "desk")
	f.ok(f.Correct(ctx, []string{one.ID, two.ID}, func(map[string]*news.Story, func(string) bool) (store.Correction, error) {
		two.MergedInto = one.ID
		m := merging(one, two)
		m.Verb = news.Joined
		return store.Correction{Stories: []news.Story{one, two}, Transfer: m}, nil
	}))
	f.is(f.CommitGroup(ctx, l, store.GroupCommit{}), store.ErrFenced)
	holder, err := f.Meta(ctx, store.DeskHolder)
	f.ok(err)
	f.same("holder", holder, "")
	f.claim(news.Desk, "desk")
	f.claim(news.Plans, "a")
	f.idle(news.Plans)
}

func correctFails(f *fixture) {
	head := f.tell("r", 50, f.item("1", "Quay closed"))
	no := errors.New("no")
	f.is(f.Correct(f.Context(), []string{head.ID, "none"}, func(stories map[string]*news.Story, _ func(string) bool) (store.Correction, error) {
		f.same("stories", len(stories), 1)
		return store.Correction{}, no
	}), no)
	list, err := f.Transfers(f.Context(), head.ID)
	f.ok(err)
	f.same("records", len(list), 0)
}

// nearMisses places an item in a story, that nearly went into two others.
func (f *fixture) nearMisses() (home, near, far news.Story, it news.Item) {
	near, far = f.tell("r", 50, f.item("1", "Quay closed")), f.tell("r", 50, f.item("2", "Port shut"))
	it = f.item("3", "Ferry late")
	f.poll(store.PollCommit{Fresh: []store.Matched{hits(it, "r", 50)}})
	home = f.head(it)
	p := placed(home.ID, it)
	p[0].Near = []store.Near{{StoryID: near.ID, Score: 0.375, Why: "quay"}, {StoryID: far.ID, Score: 0.25, Why: "port"}}
	f.group(store.GroupCommit{Placed: p, Stories: []news.Story{home}})
	return home, near, far, it
}

func nearSides(f *fixture) {
	ctx := f.Context()
	home, near, far, it := f.nearMisses()
	_, stories, err := f.NearMisses(ctx, home.ID, 9)
	f.ok(err)
	miss := store.NearMiss{ItemID: it.ID, Title: it.Title, Publisher: it.Publisher, Published: it.Published, StoryID: near.ID, StoryTitle: "Quay closed", Score: 0.375, Why: "quay"}
	f.same("number", len(stories), 2)
	f.same("nearest", stories[0], miss)
	items, stories, err := f.NearMisses(ctx, near.ID, 9)
	f.ok(err)
	miss.StoryID, miss.StoryTitle = home.ID, "Ferry late"
	f.same("items", items, []store.NearMiss{miss})
	f.same("stories", len(stories), 0)
	// The two others turn out to be one: it was near to that once.
	far.MergedInto = near.ID
	f.group(store.GroupCommit{Stories: []news.Story{near, far}, Transfers: []store.Transfer{merging(near, far)}})
	items, _, err = f.NearMisses(ctx, near.ID, 9)
	f.ok(err)
	f.same("items of both", items, []store.NearMiss{miss})
	_, stories, err = f.NearMisses(ctx, home.ID, 9)
	f.ok(err)
	f.same("one story", len(stories), 1)
	// And with this one too: nothing is near any more.
	home.MergedInto = near.ID
	f.group(store.GroupCommit{Stories: []news.Story{near, home}, Transfers: []store.Transfer{merging(near, home)}})
	items, stories, err = f.NearMisses(ctx, near.ID, 9)
	f.ok(err)
	f.same("nothing", len(items)+len(stories), 0)
}

func nearPruned(f *fixture) {
	ctx := f.Context()
	home, near, far, _ := f.nearMisses()
	far.MergedInto = near.ID
	f.group(store.GroupCommit{Stories: []news.Story{near, far}, Transfers: []store.Transfer{merging(near, far)}})
	f.pass(time.Hour)
	near.LastAt = f.now // it goes on, and with it what it took in
	f.group(store.GroupCommit{Stories: []news.Story{near}})
	f.prune(f.now, f.now)
	items, _, err := f.NearMisses(ctx, near.ID, 9)
	f.ok(err)
	f.same("items", len(items), 0)
	list, err := f.Transfers(ctx, near.ID)
	f.ok(err)
	f.same("records", len(list), 1)
	f.pass(time.Hour)
	f.prune(f.now, f.now)
	list, err = f.Transfers(ctx, near.ID)
	f.ok(err)
	f.same("no records", len(list), 0)
	ids, err := f.StoriesLike(ctx, home.ID[:4], 9)
	f.ok(err)
	f.same("stories", len(ids), 0)
}

func likeIDs(f *fixture) {
	ctx := f.Context()
	it := f.item("1", "Quay closed")
	head := f.tell("r", 50, it)
	for _, n := range []int{1, 4, 16} {
		ids, err := f.StoriesLike(ctx, head.ID[:n], 9)
		f.ok(err)
		f.same("stories", ids, []string{head.ID})
		ids, err = f.ItemsLike(ctx, it.ID[:n], 9)
		f.ok(err)
		f.same("items", ids, []string{it.ID})
	}
	for _, none := range []string{"%", "_", head.ID + "0", "'"} {
		ids, err := f.StoriesLike(ctx, none, 9)
		f.ok(err)
		f.same("stories like "+none, len(ids), 0)
	}
}
