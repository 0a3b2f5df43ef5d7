package watcher_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func headlines(newest, oldest int) []byte {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Aster Wire</title><link>http://aster.example/</link>`)
	for i := newest; i > oldest; i-- {
		fmt.Fprintf(&b, `<item><title>Ferry talks %d go into the night</title><link>http://aster.example/%d.html</link><guid>n%d</guid></item>`, i, i, i)
	}
	return []byte(b.String() + `</channel></rss>`)
}

// What waits for its article and leaves the document meanwhile is not lost.
func TestWaitingItemsAreNotLost(t *testing.T) {
	w := &world{t: t, feeds: fakeWeb{}, db: fileIn(t), now: time.Date(2026, 3, 12, 6, 0, 0, 0, time.UTC)}
	w.rules = []byte(`version: 1
settings: {timezone: UTC, backfill: 24h}
feeds:
  - {id: a, name: Aster Wire, url: "http://aster.example/rss", lang: en, full_text: true, poll: 24h}
rules:
  - {id: r, title: Ferry, when: {any: [ferry]}, score: 60}
digests:
  - {id: desk, title: Desk, cron: "0 8 * * *", rules: all, to: {slack: desk}}
`)
	serve := func(newest, oldest int) {
		w.feeds["aster.example/rss"] = answer{status: http.StatusOK, body: headlines(newest, oldest)}
	}
	defer w.close()
	total := 0
	pass := func() {
		if err := w.open(); err != nil {
			t.Fatal(err)
		}
		sum, err := w.watcher.Pass(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		total += sum.Items
		t.Logf("%s: %d feeds, %d new", w.now.Format("2 Jan 15:04"), sum.Feeds, sum.Items)
		states, _ := w.store.FeedStates(t.Context())
		t.Logf("next at %v", states[0].NextAt)
	}
	serve(1, 0)
	pass()
	w.now = w.now.Add(25 * time.Hour)
	serve(36, 1)
	pass()
	w.now = w.now.Add(25 * time.Hour)
	serve(38, 36)
	pass()
	if total != 38 {
		t.Errorf("%d of 38 items came", total)
	}
}
