package feed_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// shared says whether two items would be taken for the same one.
func shared(a, b news.Item) bool {
	for _, k := range a.Keys {
		for _, l := range b.Keys {
			if k == l {
				return true
			}
		}
	}
	return false
}

func items(entries ...feed.Entry) []news.Item {
	f := news.Feed{ID: "harbour", Name: "Harbour Post", Publisher: "Harbour Group", Weight: 5, Lang: "en"}
	return feed.Items(&feed.Document{Link: "https://harbour.example/", Entries: entries}, f, noon)
}

// TestSameItem compares an entry with how it looks in a later document.
func TestSameItem(t *testing.T) {
	t.Parallel()
	type e = feed.Entry
	tests := map[string]struct {
		before, after feed.Entry
		want          bool
	}{
		"same guid, all else changed":       {e{GUID: "1", Link: "https://h.example/a", Title: "A"}, e{GUID: "1", Link: "https://h.example/b", Title: "B"}, true},
		"new guid, same link":               {e{GUID: "1", Link: "https://h.example/a"}, e{GUID: "2", Link: "https://h.example/a"}, true},
		"link turns to https":               {e{Link: "http://h.example/a"}, e{Link: "https://h.example/a"}, true},
		"link gets www, slash and port":     {e{Link: "https://h.example/a"}, e{Link: "https://www.h.example:443/a/"}, true},
		"link on the phone's host":          {e{Link: "https://h.example/a"}, e{Link: "https://m.h.example/a"}, true},
		"link gets tracking":                {e{Link: "https://h.example/a?id=7"}, e{Link: "https://h.example/a?utm_source=rss&id=7&at_medium=x"}, true},
		"link gets a fragment":              {e{Link: "https://h.example/a"}, e{Link: "https://h.example/a#comments"}, true},
		"guid turns to https":               {e{GUID: "http://h.example/?p=7"}, e{GUID: "https://h.example/?p=7"}, true},
		"guid moves to another host":        {e{GUID: "https://h.example/news/7"}, e{GUID: "https://news.h.example/news/7"}, true},
		"guid counts its edits":             {e{GUID: "https://h.example/7#0"}, e{GUID: "https://h.example/7#3"}, true},
		"empty guid falls back to the link": {e{GUID: " ", Link: "https://h.example/a", Title: "A"}, e{GUID: "", Link: "https://h.example/a", Title: "B"}, true},
		"neither guid nor link":             {e{Title: "A", Summary: "x"}, e{Title: "A", Summary: "y"}, true},
		"other query":                       {e{Link: "https://h.example/a?id=7"}, e{Link: "https://h.example/a?id=8"}, false},
		"other guid and link":               {e{GUID: "1", Link: "https://h.example/a", Title: "A"}, e{GUID: "2", Link: "https://h.example/b", Title: "A"}, false},
		"the site's own link tells nothing": {e{GUID: "1", Link: "https://harbour.example"}, e{GUID: "2", Link: "https://harbour.example/"}, false},
		"guids that name only a host":       {e{GUID: "https://a.example/"}, e{GUID: "https://b.example/"}, false},
		"other title":                       {e{Title: "A"}, e{Title: "B"}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := items(tc.before), items(tc.after)
			if len(before) != 1 || len(after) != 1 {
				t.Fatalf("got %d and %d items, want 1 and 1", len(before), len(after))
			}
			if got := shared(before[0], after[0]); got != tc.want {
				t.Errorf("same item: got %v, want %v; keys %q and %q", got, tc.want, before[0].Keys, after[0].Keys)
			}
		})
	}
}

// TestDistinctItems looks at entries beside each other in one document.
func TestDistinctItems(t *testing.T) {
	t.Parallel()
	type e = feed.Entry
	tests := map[string]struct {
		entries []feed.Entry
		want    int
	}{
		"one guid for all":               {[]e{{GUID: "N/A", Link: "https://h.example/a"}, {GUID: "N/A", Link: "https://h.example/b"}}, 2},
		"one guid and one link for all":  {[]e{{GUID: "N/A", Link: "https://h.example/a", Title: "A"}, {GUID: "N/A", Link: "https://h.example/a", Title: "B"}}, 2},
		"one link for all":               {[]e{{Link: "https://h.example/live", Title: "A"}, {Link: "https://h.example/live", Title: "B"}}, 2},
		"links differ in their fragment": {[]e{{Link: "https://h.example/live#a"}, {Link: "https://h.example/live#b"}}, 2},
		"guids differ in their host":     {[]e{{GUID: "https://a.example/x"}, {GUID: "https://b.example/x"}}, 2},
		"the same entry twice":           {[]e{{GUID: "1", Link: "https://h.example/a", Title: "A"}, {GUID: "1", Link: "https://h.example/a", Title: "A"}}, 1},
		"short posts without a title":    {[]e{{Link: "https://h.example/", Content: "one"}, {Link: "https://h.example/", Content: "two"}}, 2},
		"the same title":                 {[]e{{Title: "Photo", Content: "one"}, {Title: "Photo", Content: "two"}}, 2},
		"nothing in it":                  {[]e{{}, {Title: "A"}}, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := items(tc.entries...)
			if len(got) != tc.want {
				t.Fatalf("got %d items, want %d", len(got), tc.want)
			}
			if len(got) == 2 && (shared(got[0], got[1]) || got[0].ID == got[1].ID) {
				t.Errorf("both would be one item: keys %q and %q", got[0].Keys, got[1].Keys)
			}
		})
	}
}

func TestItemFields(t *testing.T) {
	t.Parallel()
	when := noon.Add(-time.Hour)
	got := items(feed.Entry{
		GUID: "7", Link: "https://h.example/a?utm_source=rss&id=7", Title: "Fish &amp; <b>chips</b>",
		Summary: "<p>Short.</p>", Content: "<p>One.</p><p>Two.</p>", Author: "desk@h.example (Ada Quill)",
		Categories: []string{"Food", "Food", " Sea &amp; shore "}, Published: when, Updated: noon,
	})[0]
	want := news.Item{
		ID: news.ItemID("harbour", "guid:7"), FeedID: "harbour", FeedName: "Harbour Post", Publisher: "Harbour Group",
		Weight: 5, Keys: []string{"guid:7", "link:h.example/a?id=7"}, URL: "https://h.example/a?id=7",
		Title: "Fish & chips", Body: "One.\n\nTwo.", Author: "Ada Quill", Categories: []string{"Food", "Sea & shore"},
		Lang: "en", Published: when, Dated: true, Fetched: noon,
	}
	want.Revise()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
}

func TestItemDates(t *testing.T) {
	t.Parallel()
	hour := noon.Add(-time.Hour)
	tests := map[string]struct {
		entry feed.Entry
		want  time.Time
		dated bool
	}{
		"published":       {feed.Entry{Title: "A", Published: hour, Updated: noon}, hour, true},
		"only updated":    {feed.Entry{Title: "A", Updated: hour}, hour, true},
		"none":            {feed.Entry{Title: "A"}, noon, false},
		"from the future": {feed.Entry{Title: "A", Published: noon.AddDate(7000, 0, 0)}, noon, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := items(tc.entry)[0]
			if !got.Published.Equal(tc.want) || got.Dated != tc.dated {
				t.Errorf("got %v, dated %v; want %v, %v", got.Published, got.Dated, tc.want, tc.dated)
			}
		})
	}
}

func TestHeadlines(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ content, want string }{
		"first sentence": {"<p>The ferry strike is over. Crews return on Monday.</p>", "The ferry strike is over."},
		"first block":    {"<p>The ferry strike is over</p><p>More</p>", "The ferry strike is over"},
		"abbreviation":   {"The U.S. navy left the harbour at dawn. Nobody saw it.", "The U.S. navy left the harbour at dawn."},
		"long":           {strings.Repeat("word ", 40), strings.TrimSpace(strings.Repeat("word ", 20)) + "…"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := items(feed.Entry{GUID: "1", Content: tc.content})[0].Title; got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestItemLinks(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"https://h.example/a?b=1&c=2":                     "https://h.example/a?b=1&c=2",
		"https://h.example/a?fbclid=x":                    "https://h.example/a",
		"https://h.example/a?from=rss&page=2":             "https://h.example/a?page=2",
		"https://h.example/a?from=berlin":                 "https://h.example/a?from=berlin",
		"https://h.example/a?UTM_Source=x#part":           "https://h.example/a#part",
		"javascript:alert(1)":                             "",
		"/relative":                                       "",
		"mailto:desk@h.example":                           "",
		"https://h.example/" + strings.Repeat("a", 9<<10): "",
	} {
		if got := items(feed.Entry{GUID: "1", Title: "A", Link: link})[0].URL; got != want {
			t.Errorf("%.60s: got %q, want %q", link, got, want)
		}
	}
}

// TestItemsAreKnownAgain says that reading a document twice gives the same ids,
// and that ids and keys never clash inside of one document.
func TestItemsAreKnownAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pick := func(name string, all ...string) string { return rapid.SampledFrom(all).Draw(t, name) }
		var entries []feed.Entry
		for range rapid.IntRange(1, 8).Draw(t, "n") {
			entries = append(entries, feed.Entry{
				GUID:    pick("guid", "", "1", "2", "https://h.example/1", "https://h.example/1#2", "http://h.example/1"),
				Link:    pick("link", "", "https://h.example/1", "https://www.h.example/1/", "https://h.example/2#a", "https://h.example/2#b"),
				Title:   pick("title", "", "A", "B"),
				Summary: pick("summary", "", "x", "y"),
			})
		}
		first, again := items(entries...), items(entries...)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatalf("two readings differ:\n%s", diff)
		}
		for i, a := range first {
			if len(a.Keys) == 0 {
				t.Fatalf("no key for %+v", a)
			}
			for _, b := range first[i+1:] {
				if shared(a, b) {
					t.Fatalf("two items share a key: %q and %q", a.Keys, b.Keys)
				}
			}
		}
	})
}
