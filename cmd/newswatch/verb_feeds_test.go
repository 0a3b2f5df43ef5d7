package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/rules"
	"newswatch/watcher/store"
)

const deskRules = `version: 1
settings: {timezone: Europe/Vienna}
feeds:
  - {id: aster, name: Aster Wire, url: "https://aster.example/rss", lang: en, tags: [wire]}
  - {id: borel, name: Borel Post, url: "https://user:secret@borel.example/rss"}
  - {id: corvo, name: Corvo Daily, url: "https://corvo.example/rss"}
  - {id: dunmore, name: Dunmore News, url: "https://dunmore.example/rss"}
  - {id: esker, name: Esker Gazette, url: "https://esker.example/rss"}
  - {id: fjord, name: Fjord Times, url: "https://fjord.example/rss"}
  - {id: gull, name: Gull Observer, url: "https://gull.example/rss"}
  - {id: harbour, name: Harbour Post, url: "https://aster.example/harbour"}
rules:
  - {id: truce, title: Truce, when: {any: [truce]}, score: 50}
digests:
  - {id: desk, title: Desk, cron: "0 8 * * *", rules: [truce], to: {slack: desk}}
`

// deskStates are feeds in all conditions, at a time.
func deskStates(now time.Time) []news.FeedState {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	hourly := func(last time.Time) (times []int64) {
		for i := range 40 {
			times = append(times, last.Add(time.Duration(i-39)*time.Hour).Unix())
		}
		return times
	}
	const day = 24 * time.Hour
	failed := func(id string, c news.FailClass, status, fails int, since time.Duration) news.FeedState {
		return news.FeedState{
			FeedID: id, PolledAt: ago(20 * time.Minute), OKAt: ago(since + time.Hour), Fails: fails, Items: 20, NextAt: now.Add(3 * time.Hour),
			Error: fmt.Sprintf("fetch: status %d", status),
			Memory: news.FeedMemory{
				Class: c, Status: status, FailedAt: ago(since), Reason: fmt.Sprintf("failure %d in a row", fails),
				Rhythm: news.Rhythm{Times: hourly(ago(since + 2*time.Hour))},
			},
		}
	}
	gone := failed("dunmore", news.FailGone, 410, 3, 8*day)
	gone.Memory.Gone, gone.Memory.GoneAt = true, ago(8*day)
	return []news.FeedState{
		{
			FeedID: "aster", FinalURL: "https://www.aster.example/rss", ETag: `W/"x"`, LastModified: "Fri, 31 Dec 1999 22:00:00 GMT",
			PolledAt: ago(20 * time.Minute), OKAt: ago(20 * time.Minute), NextAt: now.Add(10 * time.Minute), Items: 30, Baselined: true,
			Memory: news.FeedMemory{
				Reason: "max-age=1800 of the server", Status: 304, WholeAt: ago(2 * time.Hour), NewAt: ago(2 * time.Hour), Gaps: 2, GapAt: ago(3 * day),
				Rhythm: news.Rhythm{Times: hourly(ago(2 * time.Hour))}, Hints: news.FeedHints{TTL: 15 * time.Minute, SkipHours: 0x3f, SkipDays: 1},
				Move: news.Move{URL: "https://www.aster.example/rss", Since: ago(9 * day), Polls: 9, Kept: true},
				Bounds: []news.Bound{
					{Name: "floor of 15 minutes", At: ago(5 * time.Minute)},
					{Name: "max-age=1800 of the server", At: now.Add(7 * time.Minute)},
					{Name: "the schedule of all feeds", At: now.Add(5 * time.Minute)},
				},
			},
		},
		failed("borel", news.FailMissing, 404, 4, 2*day),
		failed("corvo", news.FailBlocked, 403, 1, 2*time.Hour),
		gone,
		{
			FeedID: "esker", PolledAt: ago(time.Minute), OKAt: ago(time.Minute), NextAt: ago(time.Second), Items: 12, Baselined: true,
			Memory: news.FeedMemory{Reason: "the schedule of all feeds", NewAt: ago(9 * day), Rhythm: news.Rhythm{Times: hourly(ago(9 * day))}},
		},
		failed("fjord", news.FailLimited, 429, 1, time.Hour),
	}
}

// TestFeedsGolden holds what people see of feeds in all conditions against
// testdata/golden. In the bubble it is always midnight of the first of January
// 2000, UTC, and the machine stands in Vienna.
func TestFeedsGolden(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	here := time.Local
	time.Local = vienna
	t.Cleanup(func() { time.Local = here })
	rulesPath := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(rulesPath, []byte(deskRules), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"feeds.txt": {"feeds"}, "feeds_failing.txt": {"feeds", "--failing"}, "feeds_silent.txt": {"feeds", "--silent"},
		"feeds.jsonl": {"feeds", "--json"}, "feeds_explain_aster.txt": {"feeds", "explain", "aster"},
		"feeds_explain_borel.txt": {"feeds", "explain", "borel"}, "feeds_explain_dunmore.txt": {"feeds", "explain", "dunmore"},
		"feeds_explain_esker.txt": {"feeds", "explain", "esker"}, "feeds_explain_gull.txt": {"feeds", "explain", "gull"},
		"feeds_explain_harbour.txt": {"feeds", "explain", "harbour"},
	} {
		synctest.Test(t, func(t *testing.T) {
			db := "sqlite://" + filepath.Join(t.TempDir(), "state.db")
			fill(t, db, deskStates(time.Now()))
			var out, talk bytes.Buffer
			code := run(t.Context(), append(args, "--rules", rulesPath, "--db", db), stdio{out: &out, err: &talk, env: func(string) string { return "" }})
			if code != 0 || talk.Len() > 0 {
				t.Errorf("%v: exit %d: %s", args, code, talk.String())
			}
			if strings.Contains(out.String(), "secret") {
				t.Errorf("%v shows a password", args)
			}
			golden(t, name, out.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// fill stores states as a daemon would have.
func fill(t *testing.T, db string, states []news.FeedState) {
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
	ok(st.Wake(ctx, news.Hosts))
	leases, err := st.Claim(ctx, news.Hosts, 20, time.Minute)
	ok(err)
	hosts := map[string]news.Lease{}
	for _, l := range leases {
		hosts[l.Key] = l
	}
	for _, s := range states {
		for _, f := range rs.File.Feeds {
			if f.ID == s.FeedID {
				hold := time.Time{}
				if s.Memory.Class == news.FailLimited {
					hold = s.NextAt
				}
				ok(st.CommitPoll(ctx, hosts[f.Host()], store.PollCommit{State: s, HostUntil: hold}))
			}
		}
	}
}

// Whatever a feed is called: its line of YAML is read as what it was, with an id
// of its own.
func TestFeedYAML(t *testing.T) {
	t.Parallel()
	word := rapid.OneOf(rapid.StringMatching(`[ -~]{0,30}`), rapid.StringMatching(`[\p{L}\p{N}\p{P}\p{S} ]{0,20}`),
		rapid.SampledFrom([]string{"no", "Yes", "null", "~", "- a", "1e3", "12:30", "0x1f", "a: b", "a #b", "'", `"`, "{a}", "2026-01-01", "=", "<<", "@a", "`", "%", "!!str", "&a", "*a"}))
	rapid.Check(t, func(t *rapid.T) {
		n := &newFeeds{ids: map[string]bool{}, addresses: map[string]string{}, publishers: map[string]string{}}
		src := "version: 1\nfeeds:\n"
		var want []news.Feed
		for i := range rapid.IntRange(1, 5).Draw(t, "feeds") {
			f := n.add(news.Feed{
				ID: word.Draw(t, "id"), Name: word.Draw(t, "name"), URL: fmt.Sprintf("https://a%d.example/?q=%%22&x=1,2&\u202e\U000e0041", i),
				Publisher: strings.TrimSpace(rapid.StringMatching(`[ -~]{0,20}`).Draw(t, "publisher")), Lang: rapid.SampledFrom([]string{"", "en", "no"}).Draw(t, "lang"),
				Weight: rapid.IntRange(-5, 5).Draw(t, "weight"), Poll: rapid.SampledFrom([]string{"", "15m", "*/5 * * * *"}).Draw(t, "poll"),
				FullText: rapid.Bool().Draw(t, "full"),
			})
			if f.Publisher == f.Name {
				f.Publisher = ""
			}
			want = append(want, f)
			src += feedYAML(f) + "\n"
		}
		src += "rules:\n  - {id: truce, when: {any: [truce]}}\ndigests:\n  - {id: desk, cron: \"0 8 * * *\", rules: all, to: {slack: desk}}\n"
		rs, report := rules.LoadBytes("rules.yaml", []byte(src), rules.LoadOptions{})
		if rs == nil {
			t.Fatalf("%v\n%s", report.Findings, src)
		}
		if diff := cmp.Diff(want, rs.File.Feeds); diff != "" {
			t.Errorf("(-want +got):\n%s\n%s", diff, src)
		}
	})
}

func TestNamesOfNewFeeds(t *testing.T) {
	t.Parallel()
	n := &newFeeds{ids: map[string]bool{}, addresses: map[string]string{}, publishers: map[string]string{"borel.example": "Borel & Sons"}}
	for _, c := range []struct{ title, url, id, publisher string }{
		{"Aster Wire", "https://asterwire.example/rss", "aster-wire", ""},
		{"World news | The Aster Wire", "https://www.aster-wire.example/rss", "world-news-the-aster-wire", "The Aster Wire"},
		{"Aster Wire", "https://asterwire.example/2", "aster-wire-2", ""},
		{"Sport", "https://rss.borel.example/sport", "sport", "Borel & Sons"},
		{"Corvo's Äußere Nachrichten: a very long name of a feed", "https://corvo.example/", "corvos-aussere-nachrichten-a", ""},
		{"Вестник", "https://news.vestnik.example/rss", "vestnik", ""},
		{"", "http://192.0.2.1/rss", "192-0-2-1", ""},
		{"", "https://dunmore.example/rss", "dunmore-example", ""},
	} {
		f := n.add(news.Feed{Name: c.title, URL: c.url, Publisher: n.publisher(c.title, c.url)})
		if f.ID != c.id || f.Publisher != c.publisher {
			t.Errorf("%q at %s: got id %s, publisher %q; want %s, %q", c.title, c.url, f.ID, f.Publisher, c.id, c.publisher)
		}
	}
}

// The README shows what the program prints.
func TestReadmeFeeds(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("testdata/golden/feeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, found := strings.Cut(string(raw), "$ newswatch feeds\n")
	if !found {
		t.Fatal("the README does not show newswatch feeds")
	}
	shown, _, _ = strings.Cut(shown, "```")
	holdsInOrder(t, string(list), strings.Split(shown, "\n"))
}
