package main_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"newswatch/notify/slack/slackfake"
)

// TestSeeds runs the program over five articles of five outlets about one run of
// talks, among hundreds of others on the same subjects, with the design's rule
// file: one story of five sources in one digest, and nothing the second time.
func TestSeeds(t *testing.T) {
	shared := sharedDir(t)
	seeds, err := filepath.Glob(filepath.Join(shared, "corpus/seeds/*.txt"))
	if err != nil || len(seeds) != 5 {
		t.Fatalf("five seeds: %v, %v", seeds, err)
	}
	mux := http.NewServeMux()
	var feeds strings.Builder
	feed := func(id string, items []string) {
		body := `<rss version="2.0"><channel><title>` + id + `</title>` + strings.Join(items, "\n") + `</channel></rss>`
		mux.HandleFunc("/"+id, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
		fmt.Fprintf(&feeds, "  - {id: %s, name: Outlet %s, url: \"BASE/%s\", lang: en}\n", id, id, id)
	}
	days := []int{30, 30, 25, 26, 26} // of April 2025: when each came out
	for i, path := range seeds {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		feed(fmt.Sprintf("seed%d", i), []string{seedItem(i, string(raw), days[i])})
	}
	for n, items := range noise(t, shared) {
		feed(fmt.Sprintf("noise%d", n), items)
	}
	server := httptest.NewServer(mux)
	defer server.Close()
	slack := slackfake.New(slackfake.Config{Plan: slackfake.Plan{Rate: slackfake.Rate{Off: true}}})
	api, err := slack.Start("")
	if err != nil {
		t.Fatal(err)
	}
	defer slack.Close()
	p := &prey{t: t, dir: t.TempDir(), binary: build(t), api: api, db: "sqlite://state.db"}
	rules := designRules(t, shared, strings.ReplaceAll(feeds.String(), "BASE", server.URL))
	if err := os.WriteFile(filepath.Join(p.dir, "rules.yaml"), rules, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Log(p.once())
	checkSeedStory(t, slack)
	before := len(slack.All())
	t.Log(p.once())
	if after := len(slack.All()); after != before {
		t.Errorf("the second pass posted %d messages", after-before)
	}
	checkAudit(t, slack.Audit())
}

// checkSeedStory looks for the five articles in the desk's digest.
func checkSeedStory(t *testing.T, slack *slackfake.Server) {
	t.Helper()
	var with []string
	for _, m := range slack.Visible("ukraine-desk") {
		for _, line := range strings.Split(string(m.Blocks), `{"type":"rich_text"`) {
			if strings.Contains(line, "/seed") {
				with = append(with, line)
			}
		}
	}
	sources := regexp.MustCompile(`\b5 sources`)
	if len(with) != 1 || !sources.MatchString(with[0]) {
		t.Errorf("the seeds stand in %d stories of the digest, want one of 5 sources:\n%s", len(with), strings.Join(with, "\n"))
	}
}

func (p *prey) once() string {
	p.t.Helper()
	cmd := exec.Command(p.binary, "once", "--now", "--backfill", "20y", "--rules", "rules.yaml", "--db", "sqlite://state.db", "--log-level", "error")
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "SLACK_BOT_TOKEN=xoxb-seeds", "SLACK_API_URL="+p.api)
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("once: %v\n%s", err, out)
	}
	return string(out)
}

func sharedDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("NEWSWATCH_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "corpus")); err != nil {
		t.Skipf("no labelled data at %s (set NEWSWATCH_SHARED): scoring is left out", dir)
	}
	return dir
}

// designRules is the design's rule file with other feeds.
func designRules(t *testing.T, shared, feeds string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(shared, "design/rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	from, to := bytes.Index(raw, []byte("\nfeeds:\n")), bytes.Index(raw, []byte("\nentities:\n"))
	if from < 0 || to < 0 {
		t.Fatal("the design's rules have another form")
	}
	out := append([]byte(nil), raw[:from+len("\nfeeds:\n")]...)
	out = append(append(out, feeds...), raw[to:]...)
	return bytes.Replace(out, []byte("network: {allow: []}"), []byte(`network: {allow: ["127.0.0.0/8"]}`), 1)
}

// seedItem makes an item of an article as a feed would carry it: its first line
// that says something is the headline.
func seedItem(n int, article string, day int) string {
	lines := strings.Split(strings.TrimSpace(article), "\n")
	title := ""
	for _, l := range lines {
		if len(strings.Fields(l)) >= 6 {
			title = strings.TrimSpace(l)
			break
		}
	}
	if len(title) > 120 {
		title = title[:strings.LastIndex(title[:120], " ")]
	}
	at := time.Date(2025, 4, day, 9+n, 0, 0, 0, time.UTC)
	return fmt.Sprintf("<item><guid>seed%d</guid><link>https://outlet%d.example/seed%d</link><title>%s</title><description>%s</description><pubDate>%s</pubDate></item>",
		n, n, n, html.EscapeString(title), html.EscapeString("<p>"+strings.ReplaceAll(html.EscapeString(article), "\n\n", "</p><p>")+"</p>"), at.Format(time.RFC1123Z))
}

// noise is a week of other articles, in feeds of a hundred.
func noise(t *testing.T, shared string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(shared, "corpus/stories/allsides2021.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var feeds [][]string
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	start := time.Date(2025, 4, 24, 0, 0, 0, 0, time.UTC)
	for n := 0; lines.Scan() && n < 1000; n++ {
		var it struct{ Title, Text string }
		if err := json.Unmarshal(lines.Bytes(), &it); err != nil {
			t.Fatal(err)
		}
		if n%100 == 0 {
			feeds = append(feeds, nil)
		}
		at := start.Add(time.Duration(n) * 10 * time.Minute)
		feeds[len(feeds)-1] = append(feeds[len(feeds)-1], fmt.Sprintf("<item><guid>n%d</guid><link>https://noise.example/%d</link><title>%s</title><description>%s</description><pubDate>%s</pubDate></item>",
			n, n, html.EscapeString(it.Title), html.EscapeString(it.Text), at.Format(time.RFC1123Z)))
	}
	return feeds
}
