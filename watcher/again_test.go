package watcher_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

// Whatever stood in a feed, in whatever tangle of keys: what was read once is
// neither new nor edited when it is read again, and each new item has an id of its
// own under which it is stored.
func TestReadAgainIsNothingNew(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 12, 0, 30, 0, time.UTC)
	st, err := store.Open(t.Context(), store.Options{
		URL: "sqlite://" + filepath.Join(t.TempDir(), "n.db"), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		f := news.Feed{ID: fmt.Sprint("f", round), URL: fmt.Sprintf("https://h%d.example/rss", round)}
		if err := st.SyncFeeds(t.Context(), []news.Feed{f}); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 6).Draw(t, "polls") {
			now = now.Add(2 * time.Minute)
			doc := feed.Items(&feed.Document{Entries: drawEntries(t)}, f, now)
			fresh := readDocument(t, st, f, doc, now)
			for _, it := range fresh {
				got, _, _, err := st.Item(t.Context(), it.ID)
				if err != nil || got.Body != it.Body {
					t.Fatalf("new item %s %q is stored as %q: %v", it.ID, it.Body, got.Body, err)
				}
			}
			// Two entries that turn out to be one item, after both were taken in, may
			// differ: then the first of them is an edit, once.
			_, edited, err := st.Known(t.Context(), f.ID, doc)
			if err == nil && len(edited) > 0 {
				now = now.Add(2 * time.Minute)
				if fresh := readDocument(t, st, f, doc, now); len(fresh) > 0 {
					t.Fatalf("read again: new %+v", fresh)
				}
			}
			fresh, edited, err = st.Known(t.Context(), f.ID, doc)
			if err != nil || len(fresh)+len(edited) > 0 {
				t.Fatalf("read again: new %+v, edited %+v, %v", fresh, edited, err)
			}
		}
	})
}

// drawEntries draws a document in which much is alike.
func drawEntries(t *rapid.T) []feed.Entry {
	pick := func(name string, all ...string) string { return rapid.SampledFrom(all).Draw(t, name) }
	var entries []feed.Entry
	for range rapid.IntRange(1, 5).Draw(t, "entries") {
		e := feed.Entry{
			GUID:    pick("guid", "", "1", "2", "3", "https://h.example/1", "https://h.example/1#2"),
			Link:    pick("link", "", "https://h.example/1", "https://h.example/news/48213-a-b", "https://h.example/news/48213-c-d", "https://h.example/live#a"),
			Title:   pick("title", "", "A", "B", "C"),
			Summary: pick("summary", "x", "y", "z"),
		}
		if age := rapid.IntRange(0, 3).Draw(t, "age"); age > 0 {
			e.Published = time.Date(2027, 2, 28, 12, 0, 0, 0, time.UTC).Add(time.Duration(age) * 90 * time.Second)
		}
		entries = append(entries, e)
	}
	return entries
}

// reader is a test of any kind.
type reader interface {
	Context() context.Context
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// readDocument commits a poll that brought a document.
func readDocument(t reader, st *store.Store, f news.Feed, doc []news.Item, now time.Time) []news.Item {
	fresh, edited, err := st.Known(t.Context(), f.ID, doc)
	if err != nil {
		t.Fatal(err)
	}
	c := store.PollCommit{State: news.FeedState{FeedID: f.ID, NextAt: now.Add(time.Minute)}, Seen: doc}
	for _, it := range fresh {
		c.Fresh = append(c.Fresh, store.Matched{Item: it})
	}
	for _, it := range edited {
		c.Edited = append(c.Edited, store.Matched{Item: it})
	}
	leases, err := st.Claim(t.Context(), news.Hosts, 1, time.Minute)
	if err != nil || len(leases) != 1 {
		t.Fatalf("%d leases, %v", len(leases), err)
	}
	if err := st.CommitPoll(t.Context(), leases[0], c); err != nil {
		t.Fatal(err)
	}
	if err := st.Release(t.Context(), leases[0], now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return fresh
}
