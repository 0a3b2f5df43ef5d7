package watcher_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"newswatch/rules"
	"newswatch/watcher/store"
)

// However short stories are to be kept: one that a report may still belong to stays,
// and so does what was told of it. Else the report would bring it as if it were new.
func TestStoryStaysAsLongAsItMayGrow(t *testing.T) {
	t.Parallel()
	l := newLife(t.Context(), t.TempDir(), rand.New(rand.NewPCG(1, 1)))
	short := strings.Replace(lifeRules, "timezone: UTC", "timezone: UTC, keep: {items: 1h, stories: 1h}", 1)
	l.rules, _ = rules.LoadBytes("rules.yaml", []byte(short), rules.LoadOptions{})
	if err := l.open(); err != nil {
		t.Fatal(err)
	}
	defer l.close()
	report := func() store.Matched {
		l.n++
		m := l.item()
		m.Item.Categories = []string{"ferry"}
		m.Item.Revise()
		return m
	}
	if err := l.bring(report()); err != nil {
		t.Fatal(err)
	}
	l.now = l.now.Add(6 * 24 * time.Hour) // the desk remembers for seven days
	if err := l.watcher.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.bring(report()); err != nil {
		t.Fatal(err)
	}
	stories, err := l.store.StoryList(t.Context(), 10)
	if err != nil || len(stories) != 1 || len(stories[0].Members) != 2 {
		t.Errorf("the desk has %d stories, want one of two reports: %+v, %v", len(stories), stories, err)
	}
	l.now = l.now.Add(9 * 24 * time.Hour)
	if err := l.watcher.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if stories, err = l.store.StoryList(t.Context(), 10); err != nil || len(stories) != 0 {
		t.Errorf("nine days after its last report it is still there: %+v, %v", stories, err)
	}
}
