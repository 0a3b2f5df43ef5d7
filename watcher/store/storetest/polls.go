package storetest

import (
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func polls() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"known/by any key":                    knownAliases,
		"known/folds what is listed twice":    knownDuplicates,
		"known/an edit keeps what came first": knownEdited,
		"known/only in its feed":              knownFeed,
		"known/forgotten content is no edit":  knownPruned,
		"poll/items and hits come back whole": pollWhole,
		"poll/twice is once":                  pollTwice,
		"poll/an edit replaces hits":          pollEdited,
		"poll/wakes the desk for hits":        pollWakes,
	}
}

func (f *fixture) known(feedID string, items ...news.Item) (fresh, edited []news.Item) {
	f.Helper()
	fresh, edited, err := f.Known(f.Context(), feedID, items)
	f.ok(err)
	return fresh, edited
}

func knownAliases(f *fixture) {
	first := f.item("guid:1", "Quay closed")
	fresh, _ := f.known("a", first)
	f.same("fresh", fresh, []news.Item{first})
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: first}}})

	for name, keys := range map[string][]string{
		"all keys": first.Keys, "the weak key": {"url:guid:1"}, "a new strong one": {"guid:other", "url:guid:1"},
	} {
		again := first
		again.Keys, again.ID = keys, news.ItemID("a", keys[0])
		fresh, edited := f.known("a", again)
		f.same("fresh by "+name, fresh, []news.Item(nil))
		f.same("edited by "+name, edited, []news.Item(nil))
	}
	// A key that came with a known item leads to it from then on.
	alias := first
	alias.Keys, alias.ID = []string{"guid:new", "url:guid:1"}, news.ItemID("a", "guid:new")
	f.poll(store.PollCommit{Seen: []news.Item{alias}})
	alias.Keys, alias.Title = []string{"guid:new", "url:moved"}, "Quay open"
	alias.Revise()
	fresh, edited := f.known("a", alias)
	f.same("fresh by alias", len(fresh), 0)
	if len(edited) != 1 || edited[0].ID != first.ID {
		f.Errorf("got edited %+v, want the item %s", edited, first.ID)
	}
}

func knownDuplicates(f *fixture) {
	one, twin, third := f.item("1", "Quay closed"), f.item("2", "Quay closed again"), f.item("3", "Ferry late")
	twin.Keys = []string{"2", "url:1"}
	fresh, _ := f.known("a", one, twin, third, one)
	merged := one
	merged.Keys = []string{"1", "url:1", "2"}
	f.same("fresh", fresh, []news.Item{merged, third})

	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: fresh[0]}, {Item: third}}, Seen: []news.Item{one, twin, third}})
	// The document lists the item in two revisions: the first one counts, always.
	fresh, edited := f.known("a", one, twin, third)
	f.same("fresh later", len(fresh), 0)
	f.same("edited later", len(edited), 0)
	fresh, edited = f.known("a", twin, one)
	f.same("fresh in other order", len(fresh), 0)
	if len(edited) != 1 || edited[0].ID != one.ID || edited[0].Title != twin.Title {
		f.Errorf("got edited %+v, want item %s as %q", edited, one.ID, twin.Title)
	}
}

func knownEdited(f *fixture) {
	first := f.item("1", "Quay closed")
	first.Baseline = true
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: first}}})
	f.pass(24 * time.Hour)
	edit := f.item("1", "Quay closed for a week")
	edit.Dated = false
	want := edit
	want.Published, want.Fetched, want.Dated, want.Baseline = first.Published, first.Fetched, true, true
	_, edited := f.known("a", edit)
	f.same("edited", edited, []news.Item{want})
	f.poll(store.PollCommit{Edited: []store.Matched{{Item: edited[0]}}})
	_, edited = f.known("a", edit)
	f.same("edited again", len(edited), 0)
	got, _, _, err := f.Item(f.Context(), first.ID)
	f.ok(err)
	f.same("stored", got, want)
}

func knownFeed(f *fixture) {
	it := f.item("1", "Quay closed")
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: it}}})
	fresh, _ := f.known("b", it)
	f.same("fresh in another feed", len(fresh), 1)
	fresh, edited := f.known("a")
	f.same("of nothing", len(fresh)+len(edited), 0)
}

func knownPruned(f *fixture) {
	it := f.item("1", "Quay closed")
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: it}}})
	f.pass(time.Hour)
	f.prune(f.now, f.now)
	it.Title = "Quay open"
	it.Revise()
	fresh, edited := f.known("a", it)
	f.same("fresh", len(fresh), 0)
	f.same("edited", len(edited), 0)
}

func pollWhole(f *fixture) {
	it := f.item("1", "Quay closed")
	want := []news.Hit{hit(it, "r2", 70), hit(it, "r1", 70), hit(it, "r3", 20)}
	want[2] = news.Hit{ItemID: it.ID, Rule: "r3", Score: 20}
	bare := news.Item{ID: "bare", FeedID: "a", Keys: []string{"bare"}, Published: f.now, Fetched: f.now}
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: it, Hits: want, RulesHash: "r"}, {Item: bare}}})
	got, hits, story, err := f.Item(f.Context(), it.ID)
	f.ok(err)
	f.same("item", got, it)
	f.same("hits", hits, want)
	f.same("story", story, "")
	got, hits, _, err = f.Item(f.Context(), "bare")
	f.ok(err)
	f.same("bare item", got, bare)
	f.same("no hits", len(hits), 0)
	_, _, _, err = f.Item(f.Context(), "none")
	f.is(err, store.ErrNotFound)
}

func pollTwice(f *fixture) {
	it := f.item("1", "Quay closed")
	f.poll(store.PollCommit{Fresh: []store.Matched{hits(it, "r", 50)}})
	other := it
	other.Title = "something else"
	f.poll(store.PollCommit{Fresh: []store.Matched{hits(other, "r2", 90)}})
	got, hits, _, err := f.Item(f.Context(), it.ID)
	f.ok(err)
	f.same("title", got.Title, it.Title)
	f.same("rule", hits[0].Rule, "r")
	work, err := f.Ungrouped(f.Context(), 9)
	f.ok(err)
	f.same("work", len(work), 1)
}

func pollEdited(f *fixture) {
	ctx := f.Context()
	told, plain := f.item("1", "Quay closed"), f.item("2", "Weather")
	story := f.tell("r", 50, told)
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: plain}}})
	// One that is in a story marks it, one that hits newly becomes work.
	told.Title, plain.Title = "Quay closed, ferries stopped", "Storm closes quay"
	told.Revise()
	plain.Revise()
	f.poll(store.PollCommit{Edited: []store.Matched{hits(told, "r9", 80), hits(plain, "r", 40)}})
	work, err := f.Ungrouped(ctx, 9)
	f.ok(err)
	if len(work) != 1 || work[0].Item.ID != plain.ID || work[0].Hits[0].Score != 40 {
		f.Errorf("got work %+v, want the item %s", work, plain.ID)
	}
	edited, err := f.Edited(ctx, 9)
	f.ok(err)
	f.same("edited", edited, []string{story.ID})
	whole, err := f.Stories(ctx, edited)
	f.ok(err)
	m := whole[story.ID].Members[0]
	f.same("title", m.Item.Title, told.Title)
	f.same("hits", m.Hits, []news.Hit{hit(told, "r9", 80)})
	f.group(store.GroupCommit{Settled: edited})
	edited, err = f.Edited(ctx, 9)
	f.ok(err)
	f.same("edited after", len(edited), 0)
	// One that hits no more is no work.
	f.poll(store.PollCommit{Edited: []store.Matched{{Item: plain}}})
	work, err = f.Ungrouped(ctx, 9)
	f.ok(err)
	f.same("work after", len(work), 0)
}

func pollWakes(f *fixture) {
	f.poll(store.PollCommit{Fresh: []store.Matched{{Item: f.item("1", "Weather")}}})
	f.idle(news.Desk)
	f.poll(store.PollCommit{Fresh: []store.Matched{hits(f.item("2", "Quay closed"), "r", 50)}})
	f.claim(news.Desk, "desk")
}
