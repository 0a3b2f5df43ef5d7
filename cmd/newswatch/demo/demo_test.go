package demo_test

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"newswatch/cmd/newswatch/demo"
)

// addresses are the feeds of the day and what gofeed must see in each.
var addresses = map[string]string{
	"/aster.xml":          "rss 2.0",
	"/meridian-world.xml": "rss 2.0",
	"/meridian-front.xml": "rss 2.0",
	"/ledger.xml":         "atom 1.0",
	"/kontinent.xml":      "rss 1.0",
	"/harbour.json":       "json https://jsonfeed.org/version/1.1",
	"/courier.xml":        "rss 2.0",
	"/chronicle.xml":      "rss 2.0",
	"/gazette.xml":        "rss 2.0",
}

func load(t *testing.T) *demo.Day {
	t.Helper()
	d, err := demo.Load()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fetch polls one feed as it stands at a moment.
func fetch(t *testing.T, d *demo.Day, address string, at time.Time) *gofeed.Feed {
	t.Helper()
	w := httptest.NewRecorder()
	h := d.Handler(func() time.Time { return at })
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: got status %d, want 200", address, w.Code)
	}
	doc, err := gofeed.NewParser().Parse(w.Body)
	if err != nil {
		t.Fatalf("parse %s: %v", address, err)
	}
	return doc
}

// key names an item as the labels do: its outlet and its slug.
func key(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(u.Host, ".example") + "/" + path.Base(u.Path)
}

// all returns every item of the day in its last wording, by key.
func all(t *testing.T, d *demo.Day) map[string]*gofeed.Item {
	t.Helper()
	items := map[string]*gofeed.Item{}
	for address := range addresses {
		for _, it := range fetch(t, d, address, d.End).Items {
			items[key(t, it.Link)] = it
		}
	}
	return items
}

func at(d *demo.Day, clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", d.Start.Format("2006-01-02 ")+clock, d.Location)
	if err != nil {
		panic(err)
	}
	return t
}

func TestEveryFormatIsRead(t *testing.T) {
	t.Parallel()
	d := load(t)
	for address, want := range addresses {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			doc := fetch(t, d, address, d.End)
			if got := doc.FeedType + " " + doc.FeedVersion; got != want {
				t.Errorf("got format %q, want %q", got, want)
			}
			for i, it := range doc.Items {
				if it.Title == "" || it.Link == "" || it.Description+it.Content == "" || it.PublishedParsed == nil {
					t.Errorf("item %d lacks a title, link, text or date: %+v", i, it)
				}
				if i > 0 && it.PublishedParsed.After(*doc.Items[i-1].PublishedParsed) {
					t.Errorf("item %q stands below an older one", it.Title)
				}
			}
		})
	}
}

func TestDayIsFull(t *testing.T) {
	t.Parallel()
	d := load(t)
	items := all(t, d)
	if got, want := len(items), 113; got != want {
		t.Errorf("got %d items, want %d", got, want)
	}
	if got := len(d.Times()); got < 70 {
		t.Errorf("got %d moments at which something changes, want 70 or more", got)
	}
	if !slices.IsSortedFunc(d.Times(), time.Time.Compare) {
		t.Error("the moments are not in order")
	}
	for _, text := range []string{
		"Keller's Crunch recalled",        // a brand with an envoy's surname
		"Envoy proxy 1.40",                // software named envoy
		"Ticket truce",                    // a truce of football clubs
		"Saltara Wine Festival",           // the peninsula's name, not its status
		"Little Saltara",                  // a village with the peninsula's name
		"Hale and hearty",                 // a president's name as a word
		"doping sanctions",                // sanctions of another kind
		"Rail strike",                     // a strike of another kind
		"Philip Marlow",                   // another man of an envoy's name
		"Анна Орлова",                     // another woman of an envoy's name
		"GRADOV ORDERS CEASEFIRE",         // a title in capitals
		"<!channel>",                      // a call to the whole channel
		"<script>",                        // markup in a title
		"saltara&#39;s annexation” &amp;", // a title escaped twice
	} {
		found := slices.ContainsFunc(slices.Collect(maps.Values(items)), func(it *gofeed.Item) bool {
			return strings.Contains(strings.ToLower(it.Title), strings.ToLower(text))
		})
		if !found {
			t.Errorf("no title holds the trap %q", text)
		}
	}
}

func TestItemsAppearOverTime(t *testing.T) {
	t.Parallel()
	d := load(t)
	before := fetch(t, d, "/aster.xml", at(d, "14:01"))
	after := fetch(t, d, "/aster.xml", at(d, "14:02"))
	if got, want := len(after.Items), len(before.Items)+1; got != want {
		t.Fatalf("got %d items after the announcement, want %d", got, want)
	}
	if got, want := key(t, after.Items[0].Link), "aster/ceasefire"; got != want {
		t.Errorf("got %s on top, want %s", got, want)
	}
	if got := len(fetch(t, d, "/courier.xml", d.Start).Items); got == 0 {
		t.Error("a feed is empty when the day starts")
	}
}

func TestHeadlineIsRewritten(t *testing.T) {
	t.Parallel()
	d := load(t)
	find := func(clock string) *gofeed.Item {
		for _, it := range fetch(t, d, "/aster.xml", at(d, clock)).Items {
			if key(t, it.Link) == "aster/halm" {
				return it
			}
		}
		t.Fatalf("aster/halm is not in the feed at %s", clock)
		return nil
	}
	old, edited := find("07:32"), find("07:33")
	if old.GUID != edited.GUID {
		t.Errorf("got guid %q after the edit, want %q", edited.GUID, old.GUID)
	}
	if old.Title == edited.Title || !strings.Contains(edited.Title, "kills three") {
		t.Errorf("got title %q after the edit of %q", edited.Title, old.Title)
	}
}

func TestOneItemInTwoFeeds(t *testing.T) {
	t.Parallel()
	d := load(t)
	in := func(address string) bool {
		return slices.ContainsFunc(fetch(t, d, address, d.End).Items, func(it *gofeed.Item) bool {
			return key(t, it.Link) == "meridian/ceasefire"
		})
	}
	if !in("/meridian-world.xml") || !in("/meridian-front.xml") {
		t.Error("meridian/ceasefire is not in both feeds of the Daily Meridian")
	}
}

func TestUnchangedFeedAnswers304(t *testing.T) {
	t.Parallel()
	d := load(t)
	now := at(d, "09:00")
	h := d.Handler(func() time.Time { return now })
	get := func(header, value string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/ledger.xml", nil)
		if header != "" {
			r.Header.Set(header, value)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	first := get("", "")
	conditions := map[string]string{
		"If-None-Match":     first.Header().Get("ETag"),
		"If-Modified-Since": first.Header().Get("Last-Modified"),
	}
	for header, value := range conditions {
		if value == "" {
			t.Fatalf("no validator for %s", header)
		}
		now = at(d, "09:10")
		if got := get(header, value).Code; got != http.StatusNotModified {
			t.Errorf("%s before the change: got status %d, want 304", header, got)
		}
		now = at(d, "09:15")
		if got := get(header, value).Code; got != http.StatusOK {
			t.Errorf("%s after the change: got status %d, want 200", header, got)
		}
	}
}

func TestRulesPointAtTheBase(t *testing.T) {
	t.Parallel()
	src := load(t).Rules("http://127.0.0.1:4711/")
	for address := range addresses {
		if !bytes.Contains(src, []byte(`"http://127.0.0.1:4711`+address+`"`)) {
			t.Errorf("no feed of the rules is at %s", address)
		}
	}
	if bytes.Contains(src, []byte("{{")) {
		t.Error("a placeholder is left in the rules")
	}
}
