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
		"guid drops www":                    {e{GUID: "https://www.h.example/?p=7"}, e{GUID: "http://h.example/?p=7"}, true},
		"guid is the link of before":        {e{Link: "https://h.example/a"}, e{GUID: "http://m.h.example/a/", Link: "https://h.example/b"}, true},
		"guid is a placeholder":             {e{GUID: "N/A", Link: "https://h.example/a"}, e{GUID: "N/A", Link: "https://h.example/b"}, false},
		"white space round the guid":        {e{GUID: "\n 7 "}, e{GUID: "7"}, true},
		"headline behind a number":          {e{Link: "https://h.example/news/48213-new-headline"}, e{Link: "https://h.example/news/48213-old"}, true},
		"headline before a number":          {e{Link: "https://h.example/news/new-headline-48213.html"}, e{Link: "https://h.example/news/old-48213.html"}, true},
		"number in its own folder":          {e{Link: "https://h.example/news/article-4821377/New.html"}, e{Link: "https://h.example/news/article-4821377/Old.html"}, false},
		"long number in its own folder":     {e{Link: "https://h.example/news/4821377/new"}, e{Link: "https://h.example/news/4821377/old"}, true},
		"short number in its own folder":    {e{Link: "https://h.example/topic/48213/new"}, e{Link: "https://h.example/topic/48213/old"}, false},
		"number in another folder":          {e{Link: "https://h.example/news/48213-new"}, e{Link: "https://h.example/video/48213-old"}, false},
		"number on another host":            {e{Link: "https://h.example/news/48213-new"}, e{Link: "https://other.example/news/48213-old"}, false},
		"a day is no number":                {e{Link: "https://h.example/20261126-new"}, e{Link: "https://h.example/20261126-old"}, false},
		"a month is no number":              {e{Link: "https://h.example/202611-new"}, e{Link: "https://h.example/202611-old"}, false},
		"folders of a day are no number":    {e{Link: "https://h.example/2026/11/26/new"}, e{Link: "https://h.example/2026/11/26/old"}, false},
		"a round number is the headline's":  {e{Link: "https://h.example/news/woman-wins-100000"}, e{Link: "https://h.example/news/man-wins-100000"}, false},
		"a number amid the headline":        {e{Link: "https://h.example/news/all-48213-voted"}, e{Link: "https://h.example/news/only-48213-came"}, false},
		"link on the AMP host":              {e{Link: "https://h.example/a"}, e{Link: "https://amp.h.example/a"}, true},
		"link ends in amp":                  {e{Link: "https://h.example/a/b"}, e{Link: "https://h.example/a/b/amp/"}, true},
		"link begins with amp":              {e{Link: "https://h.example/a/b.html"}, e{Link: "https://h.example/amp/a/b.amp.html?amp=1"}, true},
		"escapes in lower case":             {e{Link: "https://h.example/caf%C3%A9"}, e{Link: "https://h.example/caf%c3%a9"}, true},
		"escapes that need not be":          {e{Link: "https://h.example/%7Eada/x"}, e{Link: "https://h.example/~ada/x"}, true},
		"letters instead of escapes":        {e{Link: "https://h.example/caf%C3%A9?q=%C3%A9"}, e{Link: "https://h.example/café?q=é"}, true},
		"composed and decomposed":           {e{Link: "https://h.example/caf\u00e9"}, e{Link: "https://h.example/cafe\u0301"}, true},
		"a percent sign that escapes none":  {e{Link: "https://h.example/100%-sure"}, e{Link: "http://h.example/100%25-sure"}, true},
		"host in capitals, with a dot":      {e{Link: "https://H.Example./a"}, e{Link: "https://h.example/a"}, true},
		"host in other letters":             {e{Link: "https://hafen-zürich.example/a"}, e{Link: "https://xn--hafen-zrich-zhb.example/a"}, true},
		"another port":                      {e{Link: "https://h.example:8443/a"}, e{Link: "https://h.example/a"}, false},
		"session in the path":               {e{Link: "https://h.example/a;jsessionid=1F?x=1"}, e{Link: "https://h.example/a;JSESSIONID=2E?x=1"}, true},
		"session in the query":              {e{Link: "https://h.example/a?PHPSESSID=1&x=1"}, e{Link: "https://h.example/a?x=1&PHPSESSID=2"}, true},
		"query in another order":            {e{Link: "https://h.example/a?x=1&y=2"}, e{Link: "https://h.example/a?y=2&x=1"}, true},
		"fragment that tracks":              {e{Link: "https://h.example/a#xtor=RSS-1"}, e{Link: "https://h.example/a"}, true},
		"posts of one live page":            {e{GUID: "https://h.example/live#a", Link: "https://h.example/live#a"}, e{GUID: "https://h.example/live#b", Link: "https://h.example/live#b"}, false},
		"case of the path":                  {e{Link: "https://h.example/a?v=Ab"}, e{Link: "https://h.example/a?v=aB"}, false},
		"a long key":                        {e{GUID: strings.Repeat("x", 600)}, e{GUID: strings.Repeat("x", 600)}, true},
		"two long keys":                     {e{GUID: strings.Repeat("x", 600)}, e{GUID: strings.Repeat("x", 601)}, false},
		"kinds do not mix":                  {e{GUID: "title:A"}, e{Title: "A"}, false},
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
		"one number for two":             {[]e{{Link: "https://h.example/48213-a"}, {Link: "https://h.example/48213-b"}}, 2},
		"all but the guid twice":         {[]e{{GUID: "1", Link: "https://h.example/a", Title: "A"}, {GUID: "2", Link: "http://h.example/a?utm_source=x", Title: "A"}}, 1},
		"all but the link twice":         {[]e{{GUID: "1", Link: "https://h.example/world/a", Title: "A", Published: noon}, {GUID: "1", Link: "https://h.example/local/a", Title: "A", Published: noon}}, 1},
		"one guid, one title, no date":   {[]e{{GUID: "x", Link: "https://h.example/a", Title: "A"}, {GUID: "x", Link: "https://h.example/b", Title: "A"}}, 2},
		"two texts under one title":      {[]e{{GUID: "1", Link: "https://h.example/a", Title: "A", Content: "x"}, {GUID: "2", Link: "https://h.example/a", Title: "A", Content: "y"}}, 2},
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
	want.Signs = news.Signs{Title: "title:Fish & chips", Whole: got.Signs.Whole}
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
		"published":            {feed.Entry{Title: "A", Published: hour, Updated: noon}, hour, true},
		"only updated":         {feed.Entry{Title: "A", Updated: hour}, hour, true},
		"none":                 {feed.Entry{Title: "A"}, noon, false},
		"from the future":      {feed.Entry{Title: "A", Published: noon.AddDate(7000, 0, 0)}, noon, false},
		"a clock that is fast": {feed.Entry{Title: "A", Published: noon.Add(23 * time.Hour)}, noon, true},
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
