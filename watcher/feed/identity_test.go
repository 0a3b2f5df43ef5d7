package feed_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// FuzzIdentity reads entries from lines of guid, link, title and text, parted by
// tabs, and holds them to what identity promises.
func FuzzIdentity(f *testing.F) {
	for _, seed := range []string{
		"1\thttps://h.example/a\tA\tx\n2\thttps://h.example/b\tB\ty",
		"N/A\thttps://h.example/live#a\tA\tx\nN/A\thttps://h.example/live#b\tB\ty\nN/A\thttps://h.example/live#b\tB\ty",
		"https://h.example/7#0\thttp://www.h.example:80/7/?utm_source=x\t\tx\n \t\tA\t",
		"urn:x\thttps://news.google.com/rss/articles/CBM\tStorm - Harbour Post\tx\n\t\t\t",
		"g\thttps://hafen-zürich.example/%7Ea/48213-b.amp.html;jsessionid=1?b=1&a=%e9\tA\tx",
		"1\thttps://h.example/a\tA\tx\n1\thttps://h.example/a\tA\ty\n2\thttps://h.example/a\tA\ty",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		var entries []feed.Entry
		for line := range strings.Lines(doc) {
			p := append(strings.Split(strings.TrimRight(line, "\n"), "\t"), "", "", "", "")
			entries = append(entries, feed.Entry{GUID: p[0], Link: p[1], Title: p[2], Summary: p[3], Published: noon.Add(-time.Hour)})
		}
		entries = entries[:min(len(entries), 8)]
		all := items(entries...)
		checkKeys(t, all)
		slices.Reverse(entries)
		if diff := cmp.Diff(keySets(all), keySets(items(entries...))); diff != "" {
			t.Errorf("in the other order (-before +after):\n%s", diff)
		}
		for _, e := range entries {
			checkChurn(t, e)
		}
	})
}

// checkKeys holds that nothing in a document is nameless, and no two things have
// one name.
func checkKeys(t *testing.T, all []news.Item) {
	t.Helper()
	owner, ids := map[string]int{}, map[string]bool{}
	for i, it := range all {
		if len(it.Keys) == 0 || ids[it.ID] {
			t.Errorf("item %d: keys %q, id %s, which another one has: %v", i, it.Keys, it.ID, ids[it.ID])
		}
		ids[it.ID] = true
		for _, k := range it.Keys {
			if k == "" || len(k) > 512 {
				t.Errorf("item %d: a key of %d bytes", i, len(k))
			}
			if o, taken := owner[k]; taken {
				t.Errorf("items %d and %d share %q", o, i, k)
			}
			owner[k] = i
			if slices.Contains(it.Shared, k) {
				t.Errorf("item %d: %q is its own and shared", i, k)
			}
		}
	}
}

// keySets are the keys of all items, whatever their order.
func keySets(all []news.Item) []string {
	var sets []string
	for _, it := range all {
		own, shared := slices.Sorted(slices.Values(it.Keys)), slices.Sorted(slices.Values(it.Shared))
		sets = append(sets, strings.Join(own, " ")+" | "+strings.Join(shared, " "))
	}
	slices.Sort(sets)
	return sets
}

// checkChurn changes an entry as publishers do without meaning it.
func checkChurn(t *testing.T, e feed.Entry) {
	t.Helper()
	same := func(what, kind string, before, after feed.Entry) {
		t.Helper()
		was, is := items(before), items(after)
		if len(was) == 0 || !strings.HasPrefix(was[0].Keys[0], kind) {
			return // it has no name of that kind
		}
		if len(is) != 1 || !shared(was[0], is[0]) {
			t.Errorf("%s: another item; %+v gave %q, now %+v", what, before, was[0].Keys, is)
		}
	}
	same("new link and title", "guid", e, feed.Entry{GUID: e.GUID, Link: "https://moved.example/x", Title: "Moved"})
	if page, isHTTP := strings.CutPrefix(e.Link, "http://"); isHTTP {
		before := feed.Entry{Link: e.Link, Title: e.Title}
		same("https", "link:", before, feed.Entry{Link: "https://" + page, Title: e.Title})
		same("new guid and title", "link:", before, feed.Entry{GUID: "new", Link: e.Link, Title: "New"})
	}
}

// Two entries that differ in guid, link and title are never one, in one document
// or in two.
func TestDifferentStaysApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z]{1,6}`)
		draw := func(name string) feed.Entry {
			w := word.Draw(t, name)
			form := rapid.SampledFrom([]string{"", "https://h.example/", "urn:x:", "h-"}).Draw(t, "form")
			link := rapid.SampledFrom([]string{"https://h.example/n/", "http://www.h.example/n/?id=", "https://h.example/live#", ""}).Draw(t, "link")
			e := feed.Entry{GUID: form + w, Title: "About " + w, Summary: "x"}
			if link != "" {
				e.Link = link + w
			}
			return e
		}
		a, b := draw("a"), draw("b")
		if a.Title == b.Title || a.GUID == b.GUID {
			t.Skip("the same")
		}
		one, two := items(a)[0], items(b)[0]
		if shared(one, two) || one.ID == two.ID {
			t.Fatalf("%+v and %+v are one: %q and %q", a, b, one.Keys, two.Keys)
		}
		if both := items(a, b); len(both) != 2 || shared(both[0], both[1]) {
			t.Fatalf("beside each other: %+v", both)
		}
	})
}

// A report that a site gives new guids and links all the time is known by its
// headline for two days.
func TestSameStory(t *testing.T) {
	t.Parallel()
	report := func(n string, published time.Time) news.Item {
		return items(feed.Entry{
			GUID: n, Link: "https://news.google.com/rss/articles/" + n, Title: "Storm hits - Harbour Post", Published: published,
		})[0]
	}
	first := report("CBMi1", noon.Add(-60*time.Hour))
	if again := report("CBMi2", noon.Add(-40*time.Hour)); !shared(first, again) {
		t.Errorf("20 hours later: another item; %q and %q", first.Keys, again.Keys)
	}
	if later := report("CBMi3", noon.Add(-12*time.Hour)); shared(first, later) {
		t.Errorf("48 hours later: still the same; %q and %q", first.Keys, later.Keys)
	}
}

func TestSharedKeys(t *testing.T) {
	t.Parallel()
	got := items(
		feed.Entry{GUID: "x", Link: "https://h.example/live", Title: "A"},
		feed.Entry{GUID: "x", Link: "https://h.example/live", Title: "B"},
		feed.Entry{GUID: "y", Link: "https://h.example/news/long-enough", Title: "B"},
	)
	type ident struct{ Keys, Shared []string }
	var idents []ident
	for _, it := range got {
		idents = append(idents, ident{it.Keys, it.Shared})
	}
	if diff := cmp.Diff([]ident{
		{[]string{"title:A"}, []string{"guid:x", "link:h.example/live"}},
		{[]string{got[1].Signs.Whole}, []string{"guid:x", "link:h.example/live", "title:B"}},
		{[]string{"guid:y", "link:h.example/news/long-enough"}, []string{"title:B"}},
	}, idents); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestUndatedKeepTheirOrder(t *testing.T) {
	t.Parallel()
	got := items(feed.Entry{Title: "new"}, feed.Entry{Title: "old"}, feed.Entry{Title: "older"})
	if !slices.IsSortedFunc(got, func(a, b news.Item) int { return b.Published.Compare(a.Published) }) || got[0].Published.Equal(got[2].Published) {
		t.Errorf("published %v, %v, %v", got[0].Published, got[1].Published, got[2].Published)
	}
}
