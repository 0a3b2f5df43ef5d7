package storetest

import (
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func identity() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"identity/a shared key stays void":         identityVoid,
		"identity/guids pass from item to item":    identityPassing,
		"identity/a link is used again":            identityReused,
		"identity/two signs, or one and the date":  identitySigns,
		"identity/a whole document is told anew":   identityMoved,
		"identity/guids that are made up":          identityMadeUp,
		"identity/a bulletin is no moved document": identityBulletin,
		"identity/the title when nothing else":     identityTitle,
		"identity/all that it says when need be":   identityWhole,
		"identity/keys of one item are bounded":    identityBound,
		"identity/an id is never given twice":      identityIDs,
	}
}

// entry is an item of feed "a" as a document has it now.
func (f *fixture) entry(title string, keys ...string) news.Item {
	it := news.Item{
		FeedID: "a", Keys: keys, Title: title, Body: "About " + title,
		Signs:     news.Signs{Title: "title:" + title, Whole: "whole:" + title},
		Published: f.now.Add(-90 * time.Second), Dated: true, Fetched: f.now,
	}
	if len(keys) == 0 {
		it.Keys = []string{it.Signs.Title}
	}
	it.ID = news.ItemID("a", it.Keys[0])
	it.Revise()
	return it
}

// read polls feed "a" once, and gives the titles of what is new and of what is edited.
func (f *fixture) read(doc ...news.Item) (fresh, edited []string) {
	f.Helper()
	c := store.PollCommit{Seen: doc}
	newOnes, changed := f.known("a", doc...)
	for _, it := range newOnes {
		c.Fresh = append(c.Fresh, store.Matched{Item: it})
		fresh = append(fresh, it.Title)
	}
	for _, it := range changed {
		c.Edited = append(c.Edited, store.Matched{Item: it})
		edited = append(edited, it.Title)
	}
	f.poll(c)
	for _, it := range newOnes {
		got, _, _, err := f.Item(f.Context(), it.ID)
		f.ok(err)
		f.same("stored title", got.Title, it.Title)
	}
	return fresh, edited
}

// wantFresh polls and says which items must be new.
func (f *fixture) wantFresh(what string, doc []news.Item, want ...string) {
	f.Helper()
	fresh, _ := f.read(doc...)
	f.same(what, fresh, want)
}

func identityVoid(f *fixture) {
	one, two := f.entry("one", "link:1"), f.entry("two", "link:2")
	one.Shared, two.Shared = []string{"guid:N/A"}, []string{"guid:N/A"}
	alone := f.entry("zero", "guid:N/A", "link:0")
	f.wantFresh("alone at first", []news.Item{alone}, "zero")
	f.wantFresh("both", []news.Item{one, two}, "one", "two")
	for i := range 3 {
		title := fmt.Sprint("next ", i)
		f.wantFresh("one at a time", []news.Item{f.entry(title, "guid:N/A", "link:"+title)}, title)
	}
	f.wantFresh("no link, no other guid", []news.Item{f.entry("bare", "guid:N/A")}, "bare")
	f.wantFresh("known by its title", []news.Item{f.entry("bare", "guid:N/A")})
	f.pass(365 * 24 * time.Hour)
	f.wantFresh("listed all along", []news.Item{f.entry("next 2", "guid:N/A", "link:next 2")})
	f.prune(f.now, f.now)
	f.wantFresh("the void key too", []news.Item{f.entry("late", "guid:N/A", "link:late")}, "late")
}

func identityPassing(f *fixture) {
	doc := func(titles ...string) (all []news.Item) {
		for i, title := range titles {
			all = append(all, f.entry(title, fmt.Sprint("guid:", i), "link:"+title))
		}
		return all
	}
	f.wantFresh("at first", doc("c", "b", "a"), "c", "b", "a")
	f.wantFresh("one more on top", doc("d", "c", "b"), "d")
	f.wantFresh("and another", doc("e", "d", "c"), "e")
}

func identityReused(f *fixture) {
	f.wantFresh("at first", []news.Item{f.entry("live: storm", "guid:1", "link:live")}, "live: storm")
	moved, next := f.entry("live: storm", "guid:1", "link:archive"), f.entry("live: vote", "guid:2", "link:live")
	f.wantFresh("the page shows the next one", []news.Item{next, moved}, "live: vote")
	f.wantFresh("and so it stays", []news.Item{next})
	f.wantFresh("its link is void", []news.Item{f.entry("live: fire", "guid:3", "link:live")}, "live: fire")
}

func identitySigns(f *fixture) {
	first := f.entry("one", "guid:1", "link:1")
	first.Signs.Path, first.Signs.Number = "path:one", "maybe:1"
	f.wantFresh("at first", []news.Item{first}, "one")
	other := f.entry("other", "guid:o")
	for name, change := range map[string]func(*news.Item){
		"title and path": func(it *news.Item) { it.Dated, it.Signs.Path = false, "path:one" },
		"title and date": func(*news.Item) {},
		"number and date": func(it *news.Item) {
			it.Signs.Title, it.Signs.Number = "title:new", "maybe:1"
		},
	} {
		again := f.entry("one", "guid:"+name, "link:"+name)
		change(&again)
		fresh, _ := f.known("a", again, other)
		f.same("new by "+name, fresh, []news.Item{other})
	}
	f.pass(time.Hour)
	for name, change := range map[string]func(*news.Item){
		"title alone":        func(*news.Item) {},
		"path alone":         func(it *news.Item) { it.Signs.Title, it.Signs.Path = "title:new", "path:one" },
		"a title, two dates": func(it *news.Item) { it.Published = it.Published.Add(-time.Minute) },
	} {
		again := f.entry("one", "guid:"+name, "link:"+name)
		change(&again)
		fresh, _ := f.known("a", again, other)
		f.same("new by "+name, len(fresh), 2)
	}
}

func identityMoved(f *fixture) {
	day := f.now.Truncate(24 * time.Hour)
	doc := func(way string, titles ...string) (all []news.Item) {
		for _, title := range titles {
			it := f.entry(title, "guid:"+way+title, "link:"+way+title)
			it.Published = day // a date without a time
			all = append(all, it)
		}
		return all
	}
	f.wantFresh("at first", doc("old ", "a", "b", "c", "d"), "a", "b", "c", "d")
	f.wantFresh("all guids and links new", doc("new ", "e", "a", "b", "c"), "e")
	f.wantFresh("known from then on", doc("new ", "e", "a", "b"))
	f.wantFresh("one alone is not moved", append(doc("newer ", "d"), doc("new ", "e")...), "d")
}

func identityMadeUp(f *fixture) {
	doc := func(way string, titles ...string) (all []news.Item) {
		for _, title := range titles {
			it := f.entry(title, "guid:"+way+title)
			it.Dated = false
			all = append(all, it)
		}
		return all
	}
	f.wantFresh("at first", doc("1", "a", "b", "c"), "a", "b", "c")
	f.wantFresh("with one more", doc("2", "d", "a", "b", "c"), "d")
	f.wantFresh("and once more", doc("3", "d", "a", "b"))
}

func identityBulletin(f *fixture) {
	doc := func(way string) (all []news.Item) {
		for _, title := range []string{"News at 7", "News at 8", "News at 9"} {
			all = append(all, f.entry(title, "guid:"+way+title, "link:"+way+title))
		}
		return all
	}
	f.wantFresh("on Monday", doc("mon "), "News at 7", "News at 8", "News at 9")
	f.pass(24 * time.Hour)
	f.wantFresh("on Tuesday", doc("tue "), "News at 7", "News at 8", "News at 9")
}

func identityTitle(f *fixture) {
	doc := func(titles ...string) (all []news.Item) {
		for _, title := range titles {
			it := f.entry(title)
			it.Shared = []string{"link:home"}
			all = append(all, it)
		}
		return all
	}
	f.wantFresh("before there were two", []news.Item{f.entry("a", "link:home")}, "a")
	f.wantFresh("with another", doc("b", "a"), "b")
	f.wantFresh("one of them alone", []news.Item{f.entry("c", "link:home")}, "c")
	f.wantFresh("and again", []news.Item{f.entry("c", "link:home")})
}

func identityWhole(f *fixture) {
	post := func(text string, keys ...string) news.Item {
		it := f.entry("Photo", keys...)
		it.Body, it.Signs.Whole = text, "whole:"+text
		it.Revise()
		return it
	}
	f.wantFresh("alone", []news.Item{post("a", "link:home")}, "Photo")
	var both []news.Item
	for _, text := range []string{"b", "a"} {
		it := post(text, "whole:"+text)
		it.Signs.Title, it.Shared = "", []string{"link:home", "title:Photo"}
		it.ID = news.ItemID("a", it.Keys[0])
		both = append(both, it)
	}
	fresh, edited := f.read(both...)
	f.same("new beside it", len(fresh), 1)
	f.same("none is edited", len(edited), 0)
	fresh, _ = f.read(both...)
	f.same("new later", len(fresh), 0)
	fresh, _ = f.read(post("c", "link:home"))
	f.same("a third, alone", len(fresh), 1)
	fresh, _ = f.read(post("c", "link:home"))
	f.same("again", len(fresh), 0)
}

func identityBound(f *fixture) {
	f.read(f.entry("one", "guid:0", "link:1"))
	for i := range 200 {
		f.wantFresh("a new guid each time", []news.Item{f.entry("one", fmt.Sprint("guid:", i), "link:1")})
	}
	f.pass(365 * 24 * time.Hour)
	f.read(f.entry("two", "guid:two"))
	if n := f.prune(f.now, f.now); n > 50 {
		f.Errorf("the item left %d rows behind, want fewer", n)
	}
}

func identityIDs(f *fixture) {
	one := f.entry("one", "guid:1")
	f.wantFresh("one", []news.Item{one}, "one")
	one.Keys, one.Shared = []string{"title:one"}, []string{"guid:1"}
	two := f.entry("two")
	two.Shared = []string{"guid:1"}
	f.wantFresh("a second one with its guid", []news.Item{two, one}, "two")
	f.wantFresh("a third", []news.Item{f.entry("three", "guid:1")}, "three") // read looks whether it is stored
}
