package storetest

import (
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func triage() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"triage/mutes begin, go on and end":           mutes,
		"triage/a story is muted or followed":         mutedOrFollowed,
		"triage/a follow moves with a merge, no mute": saidMoves,
		"triage/what is said wakes the plans":         saidWakes,
		"triage/a followed story wakes its plan":      followedWakes,
		"triage/flags":                                flags,
		"triage/pauses":                               pauses,
		"triage/what is asked for is done once":       askedOnce,
		"triage/numbers of the newest digest":         numbers,
		"triage/what rules brought":                   ruleCounts,
		"triage/what is out of date goes, in batches": pruneTriage,
	}
}

func (f *fixture) said() news.Triage {
	f.Helper()
	t, err := f.Triage(f.Context())
	f.ok(err)
	return t
}

// mute is one that begins now.
func (f *fixture) mute(kind news.MuteKind, key string, d time.Duration) news.Mute {
	f.Helper()
	m := news.Mute{Kind: kind, Key: key, At: f.now, Until: f.now.Add(d), By: "ida", Reason: "noise"}
	f.ok(f.Mute(f.Context(), m))
	return m
}

func mutes(f *fixture) {
	ctx := f.Context()
	first := f.mute(news.MuteRule, "r", time.Hour)
	other := f.mute(news.MuteSource, "Harbour", 3*time.Hour)
	f.same("two", f.said().Mutes, []news.Mute{first, other})
	f.pass(30 * time.Minute)
	longer := f.mute(news.MuteRule, "r", 2*time.Hour)
	longer.At = first.At
	f.same("one goes on", f.said().Mutes, []news.Mute{longer, other})
	f.pass(150 * time.Minute)
	again := f.mute(news.MuteRule, "r", 4*time.Hour)
	f.same("one that ended stays", f.said().Mutes, []news.Mute{longer, other, again})
	n, err := f.Unmute(ctx, news.MuteRule, "r")
	f.ok(err)
	f.same("lifted", n, 1)
	f.same("as never said", f.said().Mutes, []news.Mute{longer, other})
	again.Until = f.now
	f.same("and when it was lifted", f.said().Lifted, []news.Mute{again})
	n, err = f.Unmute(ctx, news.MuteRule, "r")
	f.ok(err)
	f.same("lifted again", n, 0)
	again = f.mute(news.MuteRule, "r", 4*time.Hour) // in the same instant
	f.same("said again", f.said().Mutes, []news.Mute{longer, other, again})
}

func mutedOrFollowed(f *fixture) {
	ctx := f.Context()
	said := func() news.Triage {
		t := f.said()
		t.Lifted = nil
		return t
	}
	m := f.mute(news.MuteStory, "s", time.Hour)
	f.same("muted", said(), news.Triage{Mutes: []news.Mute{m}})
	follow := news.Follow{StoryID: "s", PlanID: "desk", At: f.now, Until: f.now.Add(time.Hour), By: "ida"}
	f.ok(f.Follow(ctx, follow))
	f.same("followed", said(), news.Triage{Follows: []news.Follow{follow}})
	f.pass(time.Minute)
	m = f.mute(news.MuteStory, "s", time.Hour)
	f.same("muted again", said(), news.Triage{Mutes: []news.Mute{m}})
	had, err := f.Unfollow(ctx, "s")
	f.ok(err)
	f.same("not followed", had, false)
	f.ok(f.Follow(ctx, follow))
	had, err = f.Unfollow(ctx, "s")
	f.ok(err)
	f.same("was followed", had, true)
	f.same("nothing", said(), news.Triage{})
}

// merged is a story that took another one in.
func (f *fixture) merged() (older, younger news.Story) {
	f.Helper()
	a, b := f.item("1", "Quay closed"), f.item("2", "Quay shut")
	older, younger = f.tell("r", 50, a), f.tell("r", 50, b)
	younger.MergedInto = older.ID
	return older, younger
}

func saidMoves(f *fixture) {
	ctx := f.Context()
	older, younger := f.merged()
	f.mute(news.MuteStory, younger.ID, time.Hour)
	f.group(store.GroupCommit{Stories: []news.Story{older, younger}, Transfers: []store.Transfer{merging(older, younger)}})
	f.same("the mute ended", len(f.said().Mutes), 0)
	own := f.mute(news.MuteStory, older.ID, time.Hour)
	f.same("the living one's own", f.said().Mutes, []news.Mute{own})
	f.ok(f.Follow(ctx, news.Follow{StoryID: younger.ID, At: f.now, Until: f.now.Add(time.Hour)}))
	f.same("follow", f.said().Follows[0].StoryID, older.ID)
	had, err := f.Unfollow(ctx, older.ID)
	f.ok(err)
	f.same("ended by the new id", had, true)
}

func saidWakes(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncPlans(ctx, []news.PlanState{{ID: "p", NextAt: f.now.Add(time.Hour)}}))
	for what, say := range map[string]func() error{
		"mute": func() error {
			return f.Mute(ctx, news.Mute{Kind: news.MuteRule, Key: "r", At: f.now, Until: f.now.Add(1)})
		},
		"unmute": func() error { _, err := f.Unmute(ctx, news.MuteRule, "r"); return err },
		"follow": func() error { return f.Follow(ctx, news.Follow{StoryID: "s", At: f.now, Until: f.now.Add(1)}) },
		"resume": func() error { _, err := f.Resume(ctx, "p"); return err },
		"ask":    func() error { return f.Ask(ctx, "p") },
	} {
		f.idle(news.Plans)
		if err := say(); err != nil {
			f.Fatalf("%s: %v", what, err)
		}
		f.ok(f.Release(ctx, f.claim(news.Plans, "p"), f.now.Add(time.Hour)))
	}
	f.is(f.Ask(ctx, "none"), store.ErrNotFound)
}

func followedWakes(f *fixture) {
	ctx := f.Context()
	rest := func() {
		for {
			leases, err := f.Claim(ctx, news.Plans, 9, time.Minute)
			f.ok(err)
			if len(leases) == 0 {
				return
			}
			for _, l := range leases {
				f.ok(f.Release(ctx, l, f.now.Add(24*time.Hour)))
			}
		}
	}
	f.ok(f.SyncPlans(ctx, []news.PlanState{{ID: "p"}, {ID: "q"}}))
	head := f.tell("r", 50, f.item("1", "Quay closed"))
	f.hear("p", head, 1)
	f.hear("q", head, 1)
	f.ok(f.Follow(ctx, news.Follow{StoryID: head.ID, PlanID: "p", At: f.now, Until: f.now.Add(time.Hour)}))
	rest()
	f.group(store.GroupCommit{Stories: []news.Story{head}})
	f.idle(news.Plans)
	head.Version = 2
	f.group(store.GroupCommit{Stories: []news.Story{head}})
	f.ok(f.CommitPlan(ctx, f.claim(news.Plans, "p"), news.PlanCommit{
		Next: f.now.Add(24 * time.Hour), Told: []news.Told{{PlanID: news.ThreadOf("p"), StoryID: head.ID, Version: 2}}}))
	f.idle(news.Plans)
	rest()
	f.group(store.GroupCommit{Stories: []news.Story{head}}) // told in its thread: nothing is new
	f.idle(news.Plans)
	f.same("but not told to all", f.untold("p", 0, "r"), []string{head.ID})
	f.pass(2 * time.Hour) // the follow is over
	rest()
	head.Version = 3
	f.group(store.GroupCommit{Stories: []news.Story{head}})
	f.idle(news.Plans)
}

func flags(f *fixture) {
	ctx := f.Context()
	flag := news.Flag{StoryID: "s", Rule: "r", Items: []string{"i", "j"}, At: f.now, By: "ida", Reason: "cereal"}
	f.ok(f.Flag(ctx, flag))
	f.pass(time.Hour)
	other := news.Flag{StoryID: "s", Rule: "r", Items: []string{"i"}, At: f.now, By: "ole"}
	f.ok(f.Flag(ctx, other))
	got, err := f.Flags(ctx, time.Time{})
	f.ok(err)
	f.same("both", got, []news.Flag{flag, other})
	flag.At, flag.Reason = f.now, "breakfast"
	f.ok(f.Flag(ctx, flag))
	got, err = f.Flags(ctx, f.now)
	f.ok(err)
	f.same("said anew", got, []news.Flag{flag, other})
	n, err := f.Unflag(ctx, "s")
	f.ok(err)
	f.same("taken back", n, 2)
	got, err = f.Flags(ctx, time.Time{})
	f.ok(err)
	f.same("none", len(got), 0)
}

func pauses(f *fixture) {
	ctx := f.Context()
	p := news.Pause{PlanID: "desk", At: f.now, Until: f.now.Add(time.Hour), By: "ida"}
	f.ok(f.Pause(ctx, p))
	f.pass(time.Minute)
	longer := news.Pause{PlanID: "desk", At: f.now, Until: f.now.Add(2 * time.Hour), By: "ole"}
	f.ok(f.Pause(ctx, longer))
	longer.At = p.At
	f.same("goes on", f.said().Pauses, []news.Pause{longer})
	f.pass(time.Minute)
	paused, err := f.Resume(ctx, "desk")
	f.ok(err)
	f.same("was paused", paused, true)
	longer.Until = f.now
	f.same("what was stays", f.said().Pauses, []news.Pause{longer})
	paused, err = f.Resume(ctx, "desk")
	f.ok(err)
	f.same("is not paused", paused, false)
}

func askedOnce(f *fixture) {
	ctx := f.Context()
	f.plan("p")
	f.ok(f.Ask(ctx, "p"))
	asked := f.now
	state, err := f.Plan(ctx, "p")
	f.ok(err)
	f.same("asked", state.AskedAt, asked)
	f.pass(time.Second)
	f.ok(f.Ask(ctx, "p")) // while the first wish is being fulfilled
	f.commit("p", news.PlanCommit{Asked: asked})
	state, err = f.Plan(ctx, "p")
	f.ok(err)
	f.same("asked again", state.AskedAt, f.now)
	f.commit("p", news.PlanCommit{Asked: f.now})
	state, err = f.Plan(ctx, "p")
	f.ok(err)
	f.same("done", state.AskedAt.IsZero(), true)
}

func numbers(f *fixture) {
	ctx := f.Context()
	older, younger := f.merged()
	_, err := f.NewestDigest(ctx, "C1", "")
	f.is(err, store.ErrNotFound)
	f.plan("morning")
	f.commit("morning", news.PlanCommit{
		Deliveries: []news.Delivery{f.delivery("d", older.ID, younger.ID)},
		Shown:      []news.Shown{{DeliveryID: "d", Number: 1, StoryID: younger.ID}, {DeliveryID: "d", Number: 2, StoryID: older.ID}},
	})
	_, err = f.NewestDigest(ctx, "C1", "") // not posted yet
	f.is(err, store.ErrNotFound)
	l := f.claim(news.Destinations, "slack:desk")
	f.send(l, "d/1", "1.1")
	d, err := f.NewestDigest(ctx, "C1", "")
	f.ok(err)
	f.same("newest", d.ID, "d")
	_, err = f.NewestDigest(ctx, "C2", "")
	f.is(err, store.ErrNotFound)
	d, err = f.NewestDigest(ctx, "", "")
	f.ok(err)
	f.same("of any channel", d.ID, "d")
	// One that was made later and posted earlier is not the newest.
	f.pass(time.Hour)
	f.commit("morning", news.PlanCommit{
		Deliveries: []news.Delivery{f.delivery("late", older.ID)}, Shown: []news.Shown{{DeliveryID: "late", Number: 1, StoryID: older.ID}},
	})
	f.pass(-time.Hour)
	late, err := f.Delivery(ctx, "late", 1)
	f.ok(err)
	late.State, late.Receipt, late.SentAt = news.Sent, news.Receipt{Channel: "C1", TS: "0.9"}, f.now.Add(-time.Minute)
	f.ok(f.Intend(ctx, l, &late))
	late.State, late.SentAt = news.Sent, f.now.Add(-time.Minute)
	f.ok(f.Settle(ctx, l, late))
	d, err = f.NewestDigest(ctx, "C1", "morning")
	f.ok(err)
	f.same("posted last", d.ID, "d")
	_, err = f.NewestDigest(ctx, "C1", "evening")
	f.is(err, store.ErrNotFound)
	n, err := f.CountShown(ctx, "d")
	f.ok(err)
	f.same("numbers", n, 2)
	id, err := f.Shown(ctx, "d", 1)
	f.ok(err)
	f.same("first", id, younger.ID)
	f.group(store.GroupCommit{Stories: []news.Story{older, younger}, Transfers: []store.Transfer{merging(older, younger)}})
	id, err = f.Shown(ctx, "d", 1)
	f.ok(err)
	f.same("first, as it is called now", id, older.ID)
	_, err = f.Shown(ctx, "d", 3)
	f.is(err, store.ErrNotFound)
}

func ruleCounts(f *fixture) {
	f.tell("r", 50, f.item("0", "long ago"))
	f.pass(time.Hour)
	since := f.now
	f.tell("r", 50, f.item("1", "Quay closed"), f.item("2", "Quay shut"))
	f.tell("r", 50, f.item("3", "Ferry late"))
	f.poll(store.PollCommit{Fresh: []store.Matched{hits(f.item("4", "alone"), "q", 50)}})
	got, err := f.RuleCounts(f.Context(), since)
	f.ok(err)
	f.same("counts", got, map[string]store.RuleCount{"r": {Rule: "r", Items: 3, Stories: 2}, "q": {Rule: "q", Items: 1}})
	items, found, err := f.Recorded(f.Context(), []string{f.item("1", "").ID, "none"})
	f.ok(err)
	f.same("item", len(items), 1)
	f.same("its hit", found[items[0].ID][0].Rule, "r")
}

func pruneTriage(f *fixture) {
	ctx := f.Context()
	for _, key := range []string{"a", "b", "c"} {
		f.mute(news.MuteRule, key, time.Hour)
	}
	f.ok(f.Follow(ctx, news.Follow{StoryID: "s", At: f.now, Until: f.now.Add(time.Hour)}))
	f.ok(f.Pause(ctx, news.Pause{PlanID: "p", At: f.now, Until: f.now.Add(time.Hour)}))
	f.ok(f.Flag(ctx, news.Flag{StoryID: "s", Rule: "r", At: f.now}))
	f.pass(2 * time.Hour)
	left := f.mute(news.MuteRule, "d", time.Hour)
	f.same("too young", f.prune(f.now.Add(-3*time.Hour), f.now.Add(-3*time.Hour)), 0)
	f.same("all but one", f.prune(f.now, f.now), 6)
	f.same("left", f.said(), news.Triage{Mutes: []news.Mute{left}})
}
