package feed_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// remember knows the items that it was shown before.
func remember() func(context.Context, []news.Item) (int, error) {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(_ context.Context, items []news.Item) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		known := 0
		for _, it := range items {
			if seen[it.ID] {
				known++
			}
		}
		for _, it := range items {
			seen[it.ID] = true
		}
		return known, nil
	}
}

// window is a document with the items from the newest down to above the oldest.
func window(newest, oldest int, head string) string {
	var b strings.Builder
	b.WriteString(`<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Pier Log</title>` + head)
	for i := newest; i > oldest; i-- {
		fmt.Fprintf(&b, "<item><title>Ship %d</title><guid>ship-%d</guid><link>https://pier.example/s/%d</link></item>", i, i, i)
	}
	b.WriteString("</channel></rss>")
	return b.String()
}

// pier is a feed that shows its newest ten items, and its pages with older ones.
type pier struct {
	newest int
	head   func(page int) string // of the channel
	pages  int                   // beside the document; -1: any number
	asked  []string
	times  []time.Time
}

func (p *pier) RoundTrip(r *http.Request) (*http.Response, error) {
	p.asked = append(p.asked, r.URL.RequestURI())
	p.times = append(p.times, time.Now())
	page := 1
	if v := r.URL.Query().Get("paged"); v != "" {
		fmt.Sscan(v, &page)
	}
	if page > 1 && p.pages >= 0 && page-1 > p.pages {
		return answer(404, "")(r), nil
	}
	newest := p.newest - 10*(page-1)
	return answer(200, window(newest, newest-10, p.head(page)), "ETag", fmt.Sprintf(`"%d-%d"`, p.newest, page))(r), nil
}

func TestGaps(t *testing.T) {
	t.Parallel()
	link := func(rel, href string) func(int) string {
		return func(page int) string {
			return fmt.Sprintf(`<atom:link rel="%s" href="%s"/>`, rel, fmt.Sprintf(href, page+1))
		}
	}
	const next = "https://pier.example/rss?paged=%d"
	tests := map[string]struct {
		url   string
		head  func(int) string
		pages int
		fresh int // items that came between two polls
		gap   bool
		items int
		asked []string // by the second poll
	}{
		"no gap":             {"/rss", link("next", next), -1, 5, false, 10, []string{"/rss"}},
		"just no gap":        {"/rss", link("next", next), -1, 9, false, 10, []string{"/rss"}},
		"one page":           {"/rss", link("next", next), -1, 15, true, 20, []string{"/rss", "/rss?paged=2"}},
		"three pages":        {"/rss", link("next", next), -1, 100, true, 40, []string{"/rss", "/rss?paged=2", "/rss?paged=3", "/rss?paged=4"}},
		"archives":           {"/rss", link("prev-archive", next), -1, 22, true, 30, []string{"/rss", "/rss?paged=2", "/rss?paged=3"}},
		"pages that end":     {"/rss", link("next", next), 1, 100, true, 20, []string{"/rss", "/rss?paged=2", "/rss?paged=3"}},
		"no pages":           {"/rss", func(int) string { return "" }, -1, 50, true, 10, []string{"/rss"}},
		"wordpress":          {"/rss", func(int) string { return "<generator>https://wordpress.org/?v=6.4</generator>" }, -1, 15, true, 20, []string{"/rss", "/rss?paged=2"}},
		"wordpress by path":  {"/news/feed/", func(int) string { return "" }, -1, 15, true, 20, []string{"/news/feed/", "/news/feed/?paged=2"}},
		"another host":       {"/rss", link("next", "https://victim.example/rss?paged=%d"), -1, 50, true, 10, []string{"/rss"}},
		"to http":            {"/rss", link("next", "http://pier.example/rss?paged=%d"), -1, 50, true, 10, []string{"/rss"}},
		"in a circle":        {"/rss", func(int) string { return `<atom:link rel="next" href="https://pier.example/rss"/>` }, -1, 50, true, 10, []string{"/rss"}},
		"the same once more": {"/rss", func(int) string { return `<atom:link rel="next" href="https://pier.example/rss?again"/>` }, -1, 50, true, 10, []string{"/rss", "/rss?again"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &pier{newest: 1000, head: tc.head, pages: tc.pages}
			p := poller(t, feed.Config{Transport: server})
			j := job("https://pier.example" + tc.url)
			j.Known = remember()
			first := p.Poll(t.Context(), j)
			if first.Gap || len(first.Items) != 10 {
				t.Fatalf("the first poll: gap %v, %d items", first.Gap, len(first.Items))
			}
			j.State, server.newest, server.asked = first.State, server.newest+tc.fresh, nil
			r := p.Poll(t.Context(), j)
			if r.Err != nil || r.Gap != tc.gap || (r.State.Memory.Gaps == 1) != tc.gap || r.State.Memory.GapAt.IsZero() == tc.gap {
				t.Errorf("gap %v, %d counted, at %v, error %v; want %v", r.Gap, r.State.Memory.Gaps, r.State.Memory.GapAt, r.Err, tc.gap)
			}
			if len(r.Items) != tc.items || r.State.Items != 10 {
				t.Errorf("%d items, %d in the document; want %d and 10", len(r.Items), r.State.Items, tc.items)
			}
			if diff := cmp.Diff(tc.asked, server.asked); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if !r.State.Memory.NewAt.Equal(noon) {
				t.Errorf("new at %v, want %v", r.State.Memory.NewAt, noon)
			}
		})
	}
}

// A gap that did not happen is none: a damaged or partial document, one of
// another address, and what nobody can tell.
func TestNoGap(t *testing.T) {
	t.Parallel()
	other := window(50, 40, "")
	tests := map[string]struct {
		answer func(*http.Request) *http.Response
		change func(*feed.Job)
	}{
		"cut":         {answer(200, other[:len(other)-80]), func(*feed.Job) {}},
		"partial":     {answer(226, other), func(*feed.Job) {}},
		"empty":       {answer(200, window(1, 1, "")), func(*feed.Job) {}},
		"new address": {answer(200, other), func(j *feed.Job) { j.Feed.URL += "/2" }},
		"unknown":     {answer(200, other), func(j *feed.Job) { j.Known = nil }},
		"failing": {answer(200, other), func(j *feed.Job) {
			j.Known = func(context.Context, []news.Item) (int, error) { return 0, context.Canceled }
		}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := poller(t, feed.Config{Transport: &script{answers: []func(*http.Request) *http.Response{
				answer(200, window(10, 0, ""), "ETag", `"1"`), tc.answer,
			}}})
			j := job("https://pier.example/rss")
			j.Known = remember()
			j.State = p.Poll(t.Context(), j).State
			tc.change(&j)
			if r := p.Poll(t.Context(), j); r.Gap || r.State.Memory.Gaps != 0 {
				t.Errorf("a gap was counted; error %v", r.Err)
			}
		})
	}
}

func TestArchivePagesArePolite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &pier{newest: 100, pages: -1, head: func(int) string { return "<generator>https://wordpress.org/?v=6.4</generator>" }}
		p, err := feed.New(feed.Config{Transport: server})
		if err != nil {
			t.Fatal(err)
		}
		j := job("https://pier.example/rss")
		j.Known = remember()
		j.State = p.Poll(t.Context(), j).State
		server.newest = 1000
		p.Poll(t.Context(), j)
		for i := 1; i < len(server.times); i++ {
			if d := server.times[i].Sub(server.times[i-1]); d < time.Second {
				t.Errorf("request %d came %v after the one before", i, d)
			}
		}
		if len(server.times) != 5 {
			t.Errorf("%d requests, want 5", len(server.times))
		}
	})
}
