package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

// told is an item of the test's stories.
func told(n int, outlet, title string, at time.Time) news.Item {
	key := fmt.Sprint("item", n)
	it := news.Item{
		ID: news.ItemID("aster", key), FeedID: "aster", FeedName: outlet, Publisher: outlet, Keys: []string{key},
		URL: "https://aster.example/" + key, Title: title, Published: at.Add(-5 * time.Minute), Dated: true, Fetched: at,
	}
	it.Revise()
	return it
}

// tellStories makes a story of two events that took another one in, was split, and
// has near misses; it gives its id.
func tellStories(t *testing.T, db string, now time.Time) string {
	t.Helper()
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	rs, _ := rules.LoadBytes("rules.yaml", []byte(deskRules), rules.LoadOptions{})
	st, err := store.Open(ctx, store.Options{URL: db})
	ok(err)
	defer func() { ok(st.Close()) }()
	ok(st.SyncFeeds(ctx, rs.File.Feeds))
	ago := func(h int) time.Time { return now.Add(-time.Duration(h) * time.Hour) }
	items := []news.Item{
		told(1, "Aster Wire", "Envoys carry a truce draft\x1b[2J", ago(105)), told(2, "Borel Post", "Envoys carry a truce draft", ago(104)),
		told(3, "Corvo Daily", "River delegations get a draft", ago(7)), told(4, "Dunmore News", "Marlow joins the river talks", ago(5)),
		told(5, "Esker Gazette", "Dockers and port agree on a truce", ago(4)), told(6, "Gull Observer", "Port of Lindenau opens again", ago(3)),
	}
	ok(st.Wake(ctx, news.Hosts, "aster.example"))
	leases, err := st.Claim(ctx, news.Hosts, 1, time.Minute)
	ok(err)
	c := store.PollCommit{State: news.FeedState{FeedID: "aster", NextAt: now}}
	for _, it := range items {
		c.Fresh = append(c.Fresh, store.Matched{Item: it, Hits: []news.Hit{{ItemID: it.ID, Rule: "truce", Score: 50}}})
	}
	ok(st.CommitPoll(ctx, leases[0], c))
	id := func(n int) string { return news.StoryID(items[n].ID) }
	head := func(n, version int, into string) news.Story {
		return news.Story{ID: id(n), Version: version, FirstAt: items[n].Fetched, LastAt: ago(3), LeadID: items[n].ID, MergedInto: into}
	}
	ok(st.Wake(ctx, news.Desk))
	leases, err = st.Claim(ctx, news.Desk, 1, time.Minute)
	ok(err)
	ok(st.CommitGroup(ctx, leases[0], store.GroupCommit{
		Stories: []news.Story{head(0, 2, ""), head(2, 1, id(0)), head(5, 1, "")},
		Placed: []store.PlacedItem{
			{ItemID: items[0].ID, StoryID: id(0), Score: 1, Why: "nothing like it in the last 7 days"},
			{ItemID: items[1].ID, StoryID: id(0), CopyOf: items[0].ID, Score: 1, Why: "same headline as Aster Wire"},
			{ItemID: items[2].ID, StoryID: id(2), Score: 1, Why: "nothing like it in the last 7 days"},
			{ItemID: items[3].ID, StoryID: id(0), Score: 0.8125, Why: "shares “river talks” and 2 names",
				Near: []store.Near{{StoryID: id(5), Score: 0.25, Why: "shares “talks”"}}},
			{ItemID: items[4].ID, StoryID: id(0), Score: 0.53, Why: "shares “truce”"},
			{ItemID: items[5].ID, StoryID: id(5), Score: 1, Why: "nearest story: shares “port” (0.41, needs 0.50)",
				Near: []store.Near{{StoryID: id(2), Score: 0.41, Why: "shares “port”"}}},
		},
		Developments: map[string][]news.Development{id(0): {{Version: 2, At: ago(5), ItemID: items[3].ID, Reason: "in the news again after 4 days"}}},
		Transfers: []store.Transfer{{Known: []int{1}, Transfer: news.Transfer{
			At: ago(5), Verb: news.Merged, From: id(2), Into: id(0), Items: []string{items[2].ID}, Score: 0.71, Why: "alike in names"}}},
	}))
	hand := watcher.Corrector{Store: st, Judge: story.NewJudge(watcher.Names(rs)), Now: func() time.Time { return ago(1) }}
	_, err = hand.Split(ctx, id(0), []string{items[4].ID})
	ok(err)
	return id(0)
}

// TestStoriesGolden holds what people see of stories against testdata/golden. In
// the bubble it is always midnight of the first of January 2000, UTC.
func TestStoriesGolden(t *testing.T) {
	rulesPath := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(rulesPath, []byte(deskRules), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"stories.txt": {"stories"}, "stories.jsonl": {"stories", "--json"}, "story.txt": {"story", "ID"}, "story.json": {"story", "ID", "--json"},
	} {
		synctest.Test(t, func(t *testing.T) {
			db := "sqlite://" + filepath.Join(t.TempDir(), "state.db")
			id := tellStories(t, db, time.Now())
			var out, talk bytes.Buffer
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "ID", strings.ToUpper(id[:6]))
			}
			code := run(t.Context(), append(args, "--rules", rulesPath, "--db", db), stdio{out: &out, err: &talk, env: func(string) string { return "" }})
			if code != 0 || talk.Len() > 0 {
				t.Errorf("%v: exit %d: %s", args, code, talk.String())
			}
			golden(t, name, out.Bytes())
		})
	}
}

// docs/stories.md shows what the program prints.
func TestDocsStories(t *testing.T) {
	raw, err := os.ReadFile("../../docs/stories.md")
	if err != nil {
		t.Fatal(err)
	}
	for command, name := range map[string]string{"stories": "stories.txt", "story 24101510": "story.txt"} {
		printed, err := os.ReadFile(filepath.Join("testdata", "golden", name))
		if err != nil {
			t.Fatal(err)
		}
		_, page, found := strings.Cut(string(raw), "$ newswatch "+command+"\n")
		if !found {
			t.Fatalf("the page does not show newswatch %s", command)
		}
		var shown []string
		for line := range strings.Lines(page) {
			if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "    ") {
				break
			}
			shown = append(shown, strings.TrimSpace(line))
		}
		holdsInOrder(t, string(printed), shown)
	}
}
