package feed_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/feed"
)

func TestRepeatedBlocksAreDropped(t *testing.T) {
	t.Parallel()
	var items strings.Builder
	for i := range 4 {
		follow := "<p>Follow  the desk for more on the truce</p>"
		if i == 3 {
			follow = ""
		}
		fmt.Fprintf(&items, "<item><guid>%d</guid><title>Item %d</title><description><![CDATA[<p>Story number %d.</p>%s]]></description></item>", i, i, i, follow)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>Aster Wire</title>%s</channel></rss>`, items.String())
	}))
	defer server.Close()
	p, err := feed.New(feed.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	for repeated, want := range map[int]bool{0: true, 3: false, 4: true} {
		r := p.Poll(t.Context(), feed.Job{Feed: news.Feed{ID: "a", Name: "Aster Wire", URL: server.URL}, Backfill: time.Hour, RepeatedBlocks: repeated})
		if r.Err != nil || len(r.Items) != 4 {
			t.Fatalf("poll: %v, %d items", r.Err, len(r.Items))
		}
		for i, it := range r.Items {
			if !strings.Contains(it.Body, fmt.Sprintf("Story number %d.", i)) {
				t.Errorf("limit %d: item %d lost its own text: %q", repeated, i, it.Body)
			}
			if has := strings.Contains(it.Body, "Follow"); has != (want && i < 3) {
				t.Errorf("limit %d: item %d has the footer: %v", repeated, i, has)
			}
		}
	}
}
