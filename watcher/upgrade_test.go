package watcher_test

import (
	"compress/gzip"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

const upgradeRules = `
version: 1
settings: {backfill: 24h}
feeds:
  - {id: a, name: Aster Daily, url: "https://a.example/rss"}
  - {id: b, name: Borel Post, url: "https://b.example/rss"}
rules:
  - {id: truce, when: {any: [truce]}}
  - {id: ships, when: {any: [ferry, ships]}}
digests:
  - {id: desk, cron: "0 8 * * *", rules: all, to: {slack: desk}}
alerts:
  - {id: urgent, rules: [truce], to: {slack: urgent}, cooldown: 1h}
`

// TestUpgrade goes on with states that the programs of each schema have left, with
// messages in flight: store/testdata/schemas holds them as SQL.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("store/testdata/schemas/*.sql.gz")
	if err != nil || len(paths) < 9 {
		t.Fatalf("got %d states (%v), want one for each schema", len(paths), err)
	}
	for _, path := range paths {
		schema, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(path), ".sql.gz"))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(fmt.Sprint(schema), func(t *testing.T) {
			t.Parallel()
			upgrade(t, path, schema)
		})
	}
}

func upgrade(t *testing.T, dump string, schema int) {
	ctx := t.Context()
	folder := t.TempDir()
	state := filepath.Join(folder, "n.db")
	old := restoreDump(t, dump, state)
	if old.schema != schema || old.flying == 0 || old.stories == 0 || old.sent == 0 {
		t.Fatalf("the state left behind is %+v: it shows nothing", old)
	}
	now := old.last.Add(2 * time.Minute)
	clock := func() time.Time { return now }
	st, err := store.Open(ctx, store.Options{URL: "sqlite://" + state, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	if kept, err := filepath.Glob(state + ".schema-*"); err != nil || schema < latestSchema(t, state) != (len(kept) == 1) {
		t.Errorf("kept %q before the upgrade (%v)", kept, err)
	}
	channels := []slackfake.Channel{{ID: "C0000000001", Name: "desk"}, {Name: "urgent"}} // as they were for those programs
	fake := slackfake.New(slackfake.Config{Plan: slackfake.Plan{Channels: channels}, Now: clock})
	defer fake.Close()
	channel := slack.New(slack.Config{Token: "xoxb-test", HTTP: fake.Client()})
	rs, report := rules.LoadBytes("rules.yaml", []byte(upgradeRules), rules.LoadOptions{})
	if rs == nil {
		t.Fatal(report.Findings)
	}
	w, err := watcher.New(ctx, watcher.Config{
		Store: st, Now: clock, Log: slog.New(slog.NewTextHandler(testLog{t}, nil)),
		Poller: func(news.Settings) (*feed.Poller, error) {
			return feed.New(feed.Config{Transport: fakeWeb{}, UserAgent: "newswatch/test", Now: clock, HostGap: -1})
		},
		Route: func(t news.Target) string { return "slack:" + t.Slack },
		Channel: func(_ string, pace news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return channel, notify.Pacing{Quarantine: pace.Quarantine, LookAgain: pace.LookAgain, Pace: pace.Pace, Read: slack.ReadPace}, nil
		},
	}, rs)
	if err != nil {
		t.Fatal(err)
	}
	for range 40 {
		if _, err := w.Pass(ctx); err != nil {
			t.Fatal(err)
		}
		now = now.Add(5 * time.Second)
	}
	if counts, err := st.Pending(ctx); err != nil || counts[news.Pending]+counts[news.Sending]+counts[news.Held] != 0 {
		t.Errorf("still open: %v (%v)", counts, err)
	}
	seen := map[string]int{}
	for _, m := range fake.All() {
		seen[fmt.Sprint(m.DeliveryID, "/", m.Part)]++
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
	if len(seen) < old.flying {
		t.Errorf("%d messages were sent, %d were in flight", len(seen), old.flying)
	}
	if stories, err := st.StoryList(ctx, 100); err != nil || len(stories) != old.stories {
		t.Errorf("got %d stories (%v), want %d", len(stories), err, old.stories)
	}
}

// leftBehind is what a state shows before the upgrade.
type leftBehind struct {
	schema, stories, flying, sent int
	last                          time.Time
}

// restoreDump makes a database of a dump.
func restoreDump(t *testing.T, dump, path string) (old leftBehind) {
	t.Helper()
	f, err := os.Open(dump)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "BEGIN; "+string(text)+" COMMIT"); err != nil {
		t.Fatal(err)
	}
	var last int64
	if err := db.QueryRowContext(t.Context(), `
		SELECT (SELECT MAX(v) FROM schema_version), (SELECT COUNT(*) FROM stories WHERE merged_into = ''),
			(SELECT COUNT(*) FROM deliveries WHERE state = 'sending'), (SELECT COUNT(*) FROM deliveries WHERE state = 'sent'),
			(SELECT MAX(started_at) FROM deliveries)`).Scan(&old.schema, &old.stories, &old.flying, &old.sent, &last); err != nil {
		t.Fatal(err)
	}
	old.last = time.UnixMilli(last)
	return old
}

func latestSchema(t *testing.T, path string) (schema int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), `SELECT MAX(v) FROM schema_version`).Scan(&schema); err != nil {
		t.Fatal(err)
	}
	return schema
}
