package watcher_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// A full-text feed overflows: what the older pages brought is not lost while
// articles are waited for.
func TestOlderPagesAreNotLost(t *testing.T) {
	w := &world{t: t, feeds: fakeWeb{}, db: fileIn(t), now: time.Date(2026, 3, 12, 6, 0, 0, 0, time.UTC)}
	w.rules = []byte(`version: 1
settings: {timezone: UTC, backfill: 24h}
feeds:
  - {id: a, name: Aster Wire, url: "http://aster.example/rss", lang: en, full_text: true, poll: 1m, min_interval: 1m}
rules:
  - {id: r, title: Ferry, when: {any: [ferry]}, score: 60}
digests:
  - {id: desk, title: Desk, cron: "0 8 * * *", rules: all, to: {slack: desk}}
`)
	w.feeds["aster.example/rss"] = answer{status: http.StatusOK, body: headlines(1, 0)}
	defer w.close()
	total := 0
	for i := range 4 {
		if err := w.open(); err != nil {
			t.Fatal(err)
		}
		sum, err := w.watcher.Pass(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		total += sum.Items
		t.Logf("pass %d: %d new", i, sum.Items)
		w.now = w.now.Add(3 * time.Minute)
		head := `<channel><link rel="next" xmlns="http://www.w3.org/2005/Atom" href="http://aster.example/2"/>`
		w.feeds["aster.example/rss"] = answer{status: http.StatusOK, body: []byte(strings.Replace(string(headlines(41, 31)), "<channel>", head, 1))}
		w.feeds["aster.example/2"] = answer{status: http.StatusOK, body: headlines(31, 0)}
	}
	if total != 41 {
		t.Errorf("%d of 41 items came", total)
	}
}
