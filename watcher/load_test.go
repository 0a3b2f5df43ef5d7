package watcher_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/terminal"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

// serveEnv makes the test binary a server of feeds instead.
const serveEnv = "NEWSWATCH_TEST_SERVE_FEEDS"

// The load: so many feeds on so many hosts, each of them with a window of items
// in which one is new in every tenth answer.
const (
	loadFeeds  = 5000
	loadHosts  = 1000
	loadWindow = 30
	loadSame   = 10 // of so many answers all but one are "not modified"
)

// TestServeFeeds is the server's process, and no test.
func TestServeFeeds(t *testing.T) {
	if os.Getenv(serveEnv) == "" {
		t.Skip("only as the server of BenchmarkPolling")
	}
	l, err := net.Listen("tcp", ":0") // all of 127.0.0.0/8 leads here: one address a host
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(os.Stderr, l.Addr().(*net.TCPAddr).Port)
	go func() { // ends with the process that started it
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	var polls [loadFeeds]atomic.Int64
	t.Fatal(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil || n < 0 || n >= loadFeeds {
			http.NotFound(w, r)
			return
		}
		version := (polls[n].Add(1) + int64(n)) / loadSame
		etag := fmt.Sprintf(`"%d"`, version)
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml")
		_, _ = io.WriteString(w, loadBody(n, int(version)))
	})))
}

// loadBody is a version of a feed of about 16 KB.
func loadBody(n, version int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Post %d</title><link>https://post%d.example/</link>`, n, n)
	for i := version + loadWindow; i > version; i-- {
		fmt.Fprintf(&b, `<item><title>Harbour report %d of the morning tide at quay %d</title><link>https://post%d.example/news/%d</link>`+
			`<guid isPermaLink="false">p%d-%d</guid><pubDate>%s</pubDate><description>The harbour master closed quay %d on Friday evening. `+
			`Ferries to the islands leave from the northern pier until further notice, the operator said. It is the third time this `+
			`year that waves damaged the wall, and repairs have been put off twice.</description></item>`,
			i, n, n, i, n, i, time.Unix(1_790_000_000+int64(i)*600, 0).UTC().Format(time.RFC1123Z), i)
	}
	b.WriteString(`</channel></rss>`)
	return b.String()
}

// startFeeds starts the server and gives its port.
func startFeeds(b *testing.B) int {
	cmd := exec.Command(os.Args[0], "-test.run=^TestServeFeeds$")
	cmd.Env = append(os.Environ(), serveEnv+"=1", "GOMAXPROCS=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	said, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait() // it ends with an error of its own making
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	port, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		b.Fatal(err)
	}
	return port
}

// loadRules polls each feed as often as asked, on an address of its host's own.
func loadRules(b *testing.B, port int, every string) *rules.Ruleset {
	var src strings.Builder
	fmt.Fprintf(&src, "version: 1\nsettings:\n  poll: %s\n  network: {allow: [127.0.0.0/8]}\nfeeds:\n", every)
	for i := range loadFeeds {
		host := i % loadHosts
		fmt.Fprintf(&src, "  - {id: f%d, name: Post %d, url: \"http://127.1.%d.%d:%d/%d\"}\n", i, i, host/250, host%250+1, port, i)
	}
	src.WriteString("rules:\n  - {id: truce, when: {any: [truce, armistice]}}\ndigests:\n  - {id: desk, cron: \"0 8 * * *\", rules: all, to: {slack: desk}}\n")
	rs, report := rules.LoadBytes("rules.yaml", []byte(src.String()), rules.LoadOptions{})
	if rs == nil {
		b.Fatal(report.Findings)
	}
	return rs
}

// lateness is a log that only keeps how late polls were.
type lateness struct {
	slog.Handler
	mu    sync.Mutex
	all   []time.Duration
	fails atomic.Int64
}

func (l *lateness) Enabled(context.Context, slog.Level) bool { return true }

func (l *lateness) Handle(_ context.Context, r slog.Record) error {
	switch {
	case r.Level > slog.LevelInfo:
		if l.fails.Add(1) < 5 {
			text := r.Message
			r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
			fmt.Fprintln(os.Stderr, text)
		}
	case r.Message == "polled":
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "late" {
				l.mu.Lock()
				l.all = append(l.all, a.Value.Duration())
				l.mu.Unlock()
			}
			return a.Key != "late"
		})
	}
	return nil
}

// take gives how late the polls since the last call were, least first.
func (l *lateness) take() []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.all
	l.all = nil
	slices.Sort(all)
	return all
}

// cpuTime is what this process has used of all processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakMB is the most memory that this process ever held.
func peakMB() float64 {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	return kb / 1024
}

// BenchmarkPolling runs the daemon's polls against a server in another process:
// the whole of it, from the claim to the durable commit. "busy" wants more polls
// than can be done, and gives polls a second of processor time; "calm" gives how
// late they start where there is room.
//
//	go test ./watcher -run '^$' -bench Polling -benchtime 1x
func BenchmarkPolling(b *testing.B) {
	for name, every := range map[string]string{"busy": "1s", "calm": "10s"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				benchPolling(b, every)
			}
		})
	}
}

func benchPolling(b *testing.B, every string) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	rs := loadRules(b, startFeeds(b), every)
	st, err := store.Open(b.Context(), store.Options{URL: "sqlite://" + filepath.Join(b.TempDir(), "state.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	log := &lateness{}
	screen := terminal.New(terminal.Config{Out: io.Discard})
	w, err := watcher.New(b.Context(), watcher.Config{
		Store: st, Log: slog.New(log),
		Poller: func(s news.Settings) (*feed.Poller, error) { return feed.New(feed.Config{Allow: s.Allow}) },
		Route:  func(t news.Target) string { return "terminal:" + t.Slack },
		Channel: func(string, news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return screen, notify.Pacing{}, nil
		},
	}, rs)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx, []news.Unit{news.Hosts}) }()
	for read := 0; read < 2*loadFeeds; time.Sleep(time.Second) { // first polls store whole windows
		read += len(log.take())
	}
	log.take()
	began, cpu := time.Now(), cpuTime()
	time.Sleep(20 * time.Second)
	wall, used := time.Since(began), cpuTime()-cpu
	late := log.take()
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	if len(late) == 0 || log.fails.Load() > 0 {
		b.Fatalf("%d polls, %d failures", len(late), log.fails.Load())
	}
	b.ReportMetric(float64(len(late))/wall.Seconds(), "polls/s")
	b.ReportMetric(float64(len(late))/used.Seconds(), "polls/cpu-s")
	b.ReportMetric(float64(late[len(late)*99/100])/1e6, "late-p99-ms")
	b.ReportMetric(peakMB(), "peak-MB")
	b.ReportMetric(0, "ns/op")
}
