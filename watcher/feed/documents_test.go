package feed_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// served is a poller whose feed says what body says.
func served(t testing.TB, body *string, now *time.Time) *feed.Poller {
	t.Helper()
	p, err := feed.New(feed.Config{
		HostGap: -1,
		Now:     func() time.Time { return *now },
		Transport: roundTripper(func(r *http.Request) *http.Response {
			resp := answer(200, *body)(r)
			resp.Request = r
			return resp
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

type roundTripper func(*http.Request) *http.Response

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// numbered is a feed of items by their numbers.
func numbered(built string, numbers ...int) string {
	var out strings.Builder
	for _, n := range numbers {
		fmt.Fprintf(&out, "<item><guid>g%d</guid><link>https://harbour.example/%d</link><title>Item %d</title></item>\n", n, n, n)
	}
	return rss("<lastBuildDate>" + built + "</lastBuildDate>" + out.String())
}

func guids(items []news.Item) (all []string) {
	for _, it := range items {
		all = append(all, strings.TrimPrefix(it.Keys[0], "guid:"))
	}
	return all
}

func TestOnlyNewItemsAreRead(t *testing.T) {
	t.Parallel()
	now, body := noon, ""
	p := served(t, &body, &now)
	j := job(address)
	poll := func(what, document string, cached int, want ...string) {
		t.Helper()
		body = document
		r := p.Poll(t.Context(), j)
		if diff := cmp.Diff(want, guids(r.Items), cmpopts.EquateEmpty()); diff != "" || r.Cached != cached {
			t.Errorf("%s: %d cached, want %d; items (-want +got):\n%s", what, r.Cached, cached, diff)
		}
		if r.State.Items != cached+len(want) {
			t.Errorf("%s: the document has %d items, the state says %d", what, cached+len(want), r.State.Items)
		}
		j.State = r.State
		now = now.Add(time.Hour)
	}
	poll("first", numbered("1", 1, 2, 3), 0, "g1", "g2", "g3")
	poll("only a date of the document", numbered("2", 1, 2, 3), 3)
	poll("one new, one gone", numbered("3", 4, 1, 2), 2, "g4")
	poll("another order", numbered("4", 2, 1, 4), 3)
	poll("one comes back", numbered("5", 3, 4), 1, "g3")
	poll("an edit", strings.Replace(numbered("6", 3, 4), "Item 4", "Item four", 1), 1, "g4")
	poll("other bases for links", strings.Replace(numbered("7", 3, 4), "<channel>", "<channel xml:base='https://b.example/'>", 1), 0, "g3", "g4")
	now = now.Add(20 * time.Hour)
	poll("a day later", strings.Replace(numbered("8", 3, 4), "<channel>", "<channel xml:base='https://b.example/'>", 1), 0, "g3", "g4")
}

// TestUnkeptPolls has transactions fail: what such a poll brought comes again.
func TestUnkeptPolls(t *testing.T) {
	t.Parallel()
	now, body := noon, numbered("1", 1, 2)
	p := served(t, &body, &now)
	j := job(address)
	kept := p.Poll(t.Context(), j).State
	j.State = kept
	body = numbered("2", 3, 1, 2)
	if r := p.Poll(t.Context(), j); len(r.Items) != 1 || r.Cached != 2 {
		t.Fatalf("got %d items and %d cached, want 1 and 2", len(r.Items), r.Cached)
	}
	// The state of that poll is lost, and the feed goes on.
	body = numbered("3", 4, 3, 1, 2)
	r := p.Poll(t.Context(), j)
	if got := strings.Join(guids(r.Items), " "); !strings.Contains(got, "g3") || !strings.Contains(got, "g4") {
		t.Errorf("got %s; g3 and g4 were never kept", got)
	}
	j.State = r.State
	if r := p.Poll(t.Context(), j); !r.Unchanged {
		t.Errorf("the same body again: got %d items", len(r.Items))
	}
	j.State.Memory.Read++ // another process read the feed since
	body = numbered("4", 4, 3, 1, 2)
	if r := p.Poll(t.Context(), j); len(r.Items) != 4 {
		t.Errorf("got %d items with the state of another process, want all 4", len(r.Items))
	}
}

// TestCachedNeighbours has new items share with old ones what these are known by.
func TestCachedNeighbours(t *testing.T) {
	t.Parallel()
	item := func(guid, link, title string) string {
		return fmt.Sprintf("<item><guid>%s</guid><link>https://harbour.example/%s</link><title>%s</title></item>", guid, link, title)
	}
	a, b, c := item("1", "a", "A"), item("1", "b", "B"), item("3", "c", "C")
	tests := map[string]struct {
		before, after string
		want          string
		cached        int
	}{
		"a guid that an old one has":      {a + c, b + a + c, "link:harbour.example/b link:harbour.example/a", 1},
		"an old one that shared leaves":   {a + b + c, b + c, "guid:1 link:harbour.example/b", 1},
		"the same item twice":             {a + c, a + a + c, "guid:1 link:harbour.example/a", 1},
		"the same item once more changed": {a + c, a + c + item("1", "a", "A2"), "title:A title:A2", 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now, body := noon, rss(tc.before)
			p := served(t, &body, &now)
			j := job(address)
			j.State = p.Poll(t.Context(), j).State
			body = rss(tc.after)
			r := p.Poll(t.Context(), j)
			var keys []string
			for _, it := range r.Items {
				keys = append(keys, it.Keys...)
			}
			if got := strings.Join(keys, " "); got != tc.want || r.Cached != tc.cached {
				t.Errorf("got %s and %d cached, want %s and %d", got, r.Cached, tc.want, tc.cached)
			}
		})
	}
}

// TestMemoryOfFeeds says that what is remembered of 5,000 feeds stays small.
func TestMemoryOfFeeds(t *testing.T) {
	if raced {
		t.Skip("measures what things cost, which the race detector changes")
	}
	const feeds, items = 100, 50
	body := []byte(inventedFeed(0, 0, items)) // with eight blocks an item
	for repeated, most := range map[int]uint64{0: 20 << 20, 3: 36 << 20} {
		r := feed.NewReader()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for n := range feeds {
			j := job(address)
			j.Feed.ID, j.RepeatedBlocks = fmt.Sprint(n), repeated
			if _, _, err := r.Read(j, body, nil, address, noon); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		held := (after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)) / feeds
		t.Logf("boilerplate %d: %d bytes a feed of %d items, %.1f an item", repeated, held, items, float64(held)/items)
		if held*5000 > most {
			t.Errorf("boilerplate %d: 5,000 feeds would take %d MiB, want at most %d", repeated, held*5000>>20, most>>20)
		}
		runtime.KeepAlive(r)
	}
}

// TestRepeatedBlocksOverTime counts a block in items that came one by one.
func TestRepeatedBlocksOverTime(t *testing.T) {
	t.Parallel()
	now, body, items := noon, "", ""
	p := served(t, &body, &now)
	j := job(address)
	j.RepeatedBlocks = 3
	for n := 1; n <= 4; n++ {
		items = fmt.Sprintf("<item><guid>%d</guid><description><![CDATA[<p>Story %d.</p><p>Follow  us</p>]]></description></item>", n, n) + items
		body = rss(items)
		r := p.Poll(t.Context(), j)
		j.State = r.State
		if len(r.Items) != 1 || r.Cached != n-1 {
			t.Fatalf("poll %d: got %d items and %d cached", n, len(r.Items), r.Cached)
		}
		if has := strings.Contains(r.Items[0].Body, "Follow"); has != (n < 3) {
			t.Errorf("poll %d: the block stands in %d items; kept: %v", n, n, has)
		}
	}
}

// TestCachedIsNothingLost compares a poller that reads what is new with one that
// reads all, over histories in which some polls are not kept.
func TestCachedIsNothingLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		pick := func(name string, all ...string) string { return rapid.SampledFrom(all).Draw(rt, name) }
		var entries []string
		for range rapid.IntRange(1, 8).Draw(rt, "entries") {
			entries = append(entries, "<item><guid>"+pick("guid", "", "1", "2", "3", "4", "5", "6", "7", "https://h.example/1", "https://h.example/1#2")+
				"</guid><link>"+pick("link", "", "", "", "https://h.example/1", "https://www.h.example/1/", "https://h.example/2#a", "/x")+
				"</link><title>"+pick("title", "", "A", "B")+"</title><description>"+
				pick("text", "x", "<p>x</p><p>Follow</p>", "<p>y</p><p>Follow</p>", "<p>follow</p>")+"</description></item>")
		}
		now, body := noon, ""
		p := served(t, &body, &now)
		j := job(address)
		j.RepeatedBlocks = rapid.IntRange(0, 3).Draw(rt, "repeated")
		kept := map[string]news.Item{}
		for n := range rapid.IntRange(1, 6).Draw(rt, "polls") {
			now = now.Add(time.Hour)
			body = rss(pick("link", "", "<link>https://h.example/</link>") + fmt.Sprintf("<ttl>%d</ttl>", n+1) +
				strings.Join(rapid.SliceOfN(rapid.SampledFrom(entries), 0, 6).Draw(rt, "document"), ""))
			cold := served(t, &body, &now).Poll(t.Context(), feed.Job{Feed: j.Feed, RepeatedBlocks: j.RepeatedBlocks, Force: true,
				State: news.FeedState{Baselined: j.State.Baselined}})
			r := p.Poll(t.Context(), j)
			if r.Unchanged {
				continue
			}
			checkSame(rt, r, cold, kept)
			if rapid.IntRange(0, 3).Draw(rt, "kept") > 0 {
				j.State = r.State
				for _, it := range r.Items {
					kept[it.ID] = it
				}
			}
		}
	})
}

// checkSame says that a poll brought each item of a document as a reading of all
// brings it, or that an earlier one did.
func checkSame(t *rapid.T, r, cold feed.Result, kept map[string]news.Item) {
	if len(r.Items)+r.Cached != len(cold.Items) {
		t.Fatalf("%d items and %d cached, want %d", len(r.Items), r.Cached, len(cold.Items))
	}
	brought := map[string]news.Item{}
	for _, it := range r.Items {
		brought[it.ID] = it
	}
	for _, want := range cold.Items {
		got, now := brought[want.ID]
		if !now {
			// Its body may have lost what was boilerplate then, and its time was then.
			got = kept[want.ID]
			got.Body, got.Fetched, got.Published, got.Baseline = want.Body, want.Fetched, want.Published, want.Baseline
		}
		if !want.Dated { // then its place among those read decides, by a millisecond
			got.Published = want.Published
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("item (brought now: %v; -all +new):\n%s", now, diff)
		}
	}
}
