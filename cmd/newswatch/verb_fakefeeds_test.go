package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"newswatch/watcher/feed/feedfake"
)

// A reader that says nothing of itself finds the feeds, is told so at the end,
// and the exit code says it too.
func TestFakeFeeds(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	file := filepath.Join(t.TempDir(), "report.json")
	out, w := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"fake-feeds", "--listen", "127.0.0.1:0", "--feeds", "3", "--report", file},
			stdio{out: w, err: io.Discard, env: func(string) string { return "" }})
		w.Close()
	}()
	lines := bufio.NewReader(out)
	hello, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	list := fetchText(t, regexp.MustCompile(`http://\S+/`).FindString(hello))
	urls := regexp.MustCompile(`xmlUrl="([^"]+)"`).FindAllStringSubmatch(list, -1)
	if len(urls) != 3 {
		t.Fatalf("got %d feeds, want 3:\n%s", len(urls), list)
	}
	if body := fetchText(t, urls[0][1]); !strings.Contains(body, "gazette") {
		t.Errorf("no feed at %s:\n%s", urls[0][1], body)
	}
	stop()
	printed, err := io.ReadAll(lines)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(printed, []byte("names no program")) {
		t.Errorf("the report does not blame a nameless reader:\n%s", printed)
	}
	if c := <-code; c != exitNot {
		t.Errorf("exit code %d, want %d", c, exitNot)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report feedfake.Report
	if err := json.Unmarshal(raw, &report); err != nil || report.Requests != 1 || report.Row(24).Breaches == 0 {
		t.Errorf("the report in the file is wrong: %v\n%s", err, raw)
	}
}

func fetchText(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
