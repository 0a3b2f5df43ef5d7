package watcher_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/terminal"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

// A host whose feeds take longer than one lease allows is polled to its end, each
// feed once, by a pass that polls every feed.
func TestPassPollsAllFeedsOfAHost(t *testing.T) {
	t.Parallel()
	const feeds = 80
	synctest.Test(t, func(t *testing.T) {
		var src strings.Builder
		src.WriteString("version: 1\nfeeds:\n")
		pages := fakeWeb{}
		for i := range feeds {
			fmt.Fprintf(&src, "  - {id: f%d, name: Feed %d, url: \"https://a.example/%d\"}\n", i, i, i)
			pages[fmt.Sprintf("a.example/%d", i)] = answer{status: http.StatusOK, body: []byte(`<rss version="2.0"><channel><title>A</title></channel></rss>`)}
		}
		src.WriteString("rules:\n  - {id: truce, when: {any: [truce]}}\ndigests:\n  - {id: desk, cron: \"0 8 * * *\", rules: all, to: {slack: desk}}\n")
		rs, report := rules.LoadBytes("rules.yaml", []byte(src.String()), rules.LoadOptions{})
		if rs == nil {
			t.Fatal(report.Findings)
		}
		st, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "state.db")})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		screen := terminal.New(terminal.Config{Out: testLog{t}})
		w, err := watcher.New(t.Context(), watcher.Config{
			Store: st, AtOnce: true, Log: slog.New(slog.DiscardHandler),
			Poller: func(news.Settings) (*feed.Poller, error) { return feed.New(feed.Config{Transport: pages}) },
			Route:  func(t news.Target) string { return "terminal:" + t.Slack },
			Channel: func(string, news.SlackSettings) (notify.Channel, notify.Pacing, error) {
				return screen, notify.Pacing{}, nil
			},
		}, rs)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // also a moment after the last poll
			sum, err := w.Pass(t.Context())
			if err != nil || sum.Feeds != feeds || sum.Failed != 0 {
				t.Errorf("Pass polled %d feeds, %d failed, %v; want %d", sum.Feeds, sum.Failed, err, feeds)
			}
		}
	})
}
