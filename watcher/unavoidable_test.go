package watcher_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

// TestWhatNoReaderSees says what becomes of the cases that docs/feeds.md lists as
// beyond any reader: how many items are new in each of two documents.
func TestWhatNoReaderSees(t *testing.T) {
	t.Parallel()
	type doc = []feed.Entry
	at := time.Date(2027, 2, 28, 10, 7, 31, 0, time.UTC)
	tests := map[string]struct {
		before, after doc
		want          [2]int
	}{
		"guid, link and headline change at once": {
			doc{{GUID: "1", Link: "https://h.example/a", Title: "Ferry strike", Published: at}},
			doc{{GUID: "2", Link: "https://h.example/b", Title: "Strike ends", Published: at}},
			[2]int{1, 1},
		},
		"guid, link and date change at once": {
			doc{{GUID: "1", Link: "https://h.example/a", Title: "Ferry strike", Published: at}},
			doc{{GUID: "2", Link: "https://h.example/b", Title: "Ferry strike", Published: at.Add(time.Hour)}},
			[2]int{1, 1},
		},
		"guid and link change, and there is no date": {
			doc{{GUID: "1", Link: "https://h.example/a", Title: "Ferry strike"}},
			doc{{GUID: "2", Link: "https://h.example/b", Title: "Ferry strike"}},
			[2]int{1, 1},
		},
		"guid and link change, and the date is a full hour": {
			doc{{GUID: "1", Link: "https://h.example/a", Title: "Ferry strike", Published: at.Truncate(time.Hour)}},
			doc{{GUID: "2", Link: "https://h.example/b", Title: "Ferry strike", Published: at.Truncate(time.Hour)}},
			[2]int{1, 1},
		},
		"no guid, no link, and another headline": {
			doc{{Title: "Ferry strike", Published: at}},
			doc{{Title: "Strike ends", Published: at}},
			[2]int{1, 1},
		},
		"one link for all, and another headline": {
			doc{{Link: "https://h.example/live", Title: "Ferry strike"}, {Link: "https://h.example/live", Title: "Storm"}},
			doc{{Link: "https://h.example/live", Title: "Strike ends"}, {Link: "https://h.example/live", Title: "Storm"}},
			[2]int{2, 1},
		},
		"the link of an earlier article, which stands beside no other": {
			doc{{Link: "https://h.example/live", Title: "Ferry strike"}},
			doc{{Link: "https://h.example/live", Title: "Storm"}},
			[2]int{1, 0},
		},
		"the guid of an earlier article, which stands beside no other": {
			doc{{GUID: "1", Link: "https://h.example/a", Title: "Ferry strike"}},
			doc{{GUID: "1", Link: "https://h.example/b", Title: "Storm"}},
			[2]int{1, 0},
		},
		"the headline and the second of an earlier article": {
			doc{{GUID: "1", Link: "https://h.example/a", Title: "Weather", Published: at}},
			doc{{GUID: "2", Link: "https://h.example/b", Title: "Weather", Published: at}},
			[2]int{1, 0},
		},
		"two with one guid, one link and one headline": {
			doc{{GUID: "1", Link: "https://h.example/a", Title: "Weather", Summary: "Rain."}, {GUID: "1", Link: "https://h.example/a", Title: "Weather", Summary: "Sun."}},
			nil,
			[2]int{1, 0},
		},
	}
	now := time.Date(2027, 3, 1, 12, 0, 30, 0, time.UTC)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := now
			st, err := store.Open(t.Context(), store.Options{
				URL: "sqlite://" + filepath.Join(t.TempDir(), "n.db"), Now: func() time.Time { return now },
			})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			f := news.Feed{ID: "harbour", URL: "https://harbour.example/rss"}
			if err := st.SyncFeeds(t.Context(), []news.Feed{f}); err != nil {
				t.Fatal(err)
			}
			var got [2]int
			for i, entries := range []doc{tc.before, tc.after} {
				now = now.Add(2 * time.Minute)
				got[i] = len(readDocument(t, st, f, feed.Items(&feed.Document{Entries: entries}, f, now), now))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("new items of the two documents (-want +got):\n%s", diff)
			}
		})
	}
}
