package main_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"newswatch/notify/slack/slackfake"
	"newswatch/watcher/feed/feedfake"
)

var (
	soak    = flag.Duration("soak", 20*time.Second, "how long TestSoak watches the program; an hour shows what seconds do not")
	soakCSV = flag.String("soakcsv", "", "where TestSoak writes its samples")
)

const (
	soakFeeds = 57             // odd feeds: each oddity once
	soakPast  = 60 * time.Hour // so much of their life goes by in a soak
	soakNews  = 10 * time.Second
	soakCalm  = 3 * time.Second // at the end of a soak nothing new comes
)

// TestSoak runs the program among odd feeds that it polls every two seconds, and a
// Slack that breaks, and watches what it holds: memory, goroutines, threads and file
// descriptors. A line is fitted to each over the last three quarters of the time: it
// must not rise by more than noise. In the end it is asked to stop, must do so within
// two seconds, and must have told everything once.
//
//	go test ./cmd/newswatch -run TestSoak -v -soak 1h -timeout 2h
func TestSoak(t *testing.T) {
	t.Parallel()
	forbidShort(t)
	plan := calm()
	plan.Methods, plan.Latency = []string{"chat.postMessage", "chat.update"}, slackfake.Duration(20*time.Millisecond)
	plan.Chances = map[slackfake.Fault]float64{
		slackfake.ResetAfter: 0.03, slackfake.RateLimited: 0.03, slackfake.ResetBefore: 0.02, slackfake.BadGateway: 0.02,
		slackfake.InternalAfter: 0.01, slackfake.CutBody: 0.01, slackfake.LateAccept: 0.01,
	}
	plan.Late = slackfake.Duration(150 * time.Millisecond)
	h := newHunt(t, build(t), seedOf(t), plan)
	s := &soaking{hunt: h, listen: freeAddress(t)}
	s.serveOddFeeds(*soak)
	s.start("run", "--listen", s.listen)
	s.watch(*soak)
	s.stop()
	s.judge(*soak)
	h.writeRules(pressFeeds, h.feeds) // the odd feeds have had their say
	h.check()
}

// freeAddress is a port of this machine that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// soaking is a program that is watched while it works.
type soaking struct {
	*hunt
	listen  string
	cmd     *exec.Cmd
	said    *spoken
	samples []sample
}

// sample is what the program holds at a moment. What it does not tell is NaN.
type sample struct {
	at                                       time.Duration
	rss, heap, database, threads, fds, routs float64 // the first three in MB
}

// serveOddFeeds writes rules with feeds that live through days while the program is
// watched: what was published in them lies in the past.
func (s *soaking) serveOddFeeds(d time.Duration) {
	l, err := net.Listen("tcp", ":0") // all of 127.0.0.0/8 leads here: one address a host
	s.must(err)
	began := time.Now()
	fake := feedfake.New(feedfake.Config{
		Seed: 1, Count: soakFeeds, Days: 4, Address: fmt.Sprintf(":%d", l.Addr().(*net.TCPAddr).Port),
		Now: func() time.Time {
			gone := time.Since(began)
			return began.Add(-soakPast + time.Duration(float64(gone)*float64(soakPast)/float64(d)))
		},
	})
	server := httptest.NewUnstartedServer(fake)
	server.Listener = l
	server.Start()
	s.t.Cleanup(server.Close)
	src, err := os.ReadFile(filepath.Join(s.dir, "rules.yaml"))
	s.must(err)
	var feeds strings.Builder
	for _, p := range fake.Feeds() {
		fmt.Fprintf(&feeds, "  - {id: %s, name: Gazette %s, url: %q}\n", p.ID, p.ID, p.URL)
	}
	text := strings.Replace(string(src), "poll: 1s", "poll: 2s", 1)
	text = strings.Replace(text, "rules:\n", feeds.String()+"rules:\n", 1)
	s.must(os.WriteFile(filepath.Join(s.dir, "rules.yaml"), []byte(text), 0o600))
}

// start starts a program and waits until it is ready.
func (s *soaking) start(args ...string) {
	s.t.Helper()
	s.cmd, _ = s.command(context.Background(), args...)
	s.said = &spoken{}
	s.cmd.Stdout, s.cmd.Stderr = s.said, s.said
	s.cmd.Env = append(s.cmd.Env, fmt.Sprintf("GODEBUG=gctrace=1,scheddetail=1,schedtrace=%d", s.every().Milliseconds()))
	s.must(s.cmd.Start())
	s.t.Cleanup(func() { _ = s.cmd.Process.Kill() }) // it has ended, unless the test failed
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if resp, err := http.Get("http://" + s.listen + "/readyz"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the program did not get ready:\n%s", s.said)
		}
	}
}

// every is the time between two samples.
func (s *soaking) every() time.Duration {
	return min(max(*soak/60, 250*time.Millisecond), 10*time.Second)
}

// watch takes samples while the press goes on publishing.
func (s *soaking) watch(d time.Duration) {
	s.t.Helper()
	news := min(soakNews, d/20)
	began, published := time.Now(), time.Duration(0)
	for gone := time.Duration(0); gone < d; gone = time.Since(began) {
		if gone-published > news && gone < d-soakCalm {
			published = gone
			s.press.publish(1)
			s.press.goOn()
		}
		s.samples = append(s.samples, s.look(gone))
		time.Sleep(s.every())
	}
	if *soakCSV != "" {
		s.must(s.write(*soakCSV))
	}
}

// look reads what the kernel knows of the program, and what it tells itself.
func (s *soaking) look(at time.Duration) sample {
	s.t.Helper()
	proc := fmt.Sprintf("/proc/%d", s.cmd.Process.Pid)
	status, err := os.ReadFile(proc + "/status")
	s.must(err)
	open, err := os.ReadDir(proc + "/fd")
	s.must(err)
	one := sample{at: at, fds: float64(len(open)), rss: field(status, "VmRSS:") / 1024, threads: field(status, "Threads:")}
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(filepath.Join(s.dir, "state.db"+suffix)); err == nil {
			one.database += float64(info.Size()) / (1 << 20)
		}
	}
	one.heap, one.routs = s.said.held()
	return one
}

// field is the number behind a name, NaN when it does not stand there.
func field(text []byte, name string) float64 {
	_, rest, found := bytes.Cut(text, []byte(name))
	words := bytes.Fields(rest)
	if !found || len(words) == 0 {
		return math.NaN()
	}
	n, err := strconv.ParseFloat(string(words[0]), 64)
	if err != nil {
		return math.NaN()
	}
	return n
}

// spoken is what a program says. Of the Go runtime's own talk (GODEBUG, see package
// runtime) it keeps the last figures: the heap that a collection left in MB,
// and the goroutines that are not dead.
type spoken struct {
	mu      sync.Mutex
	rest    []byte // of a line that is not whole yet
	last    []string
	heap    float64
	count   int // of goroutines, so far
	counted int
}

// Write takes what the program says, line by line.
func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest = append(s.rest, p...)
	for {
		line, rest, whole := bytes.Cut(s.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		s.hear(string(line))
		s.rest = bytes.Clone(rest)
	}
}

func (s *spoken) hear(line string) {
	var n, status int
	switch words := strings.Fields(line); {
	case strings.HasPrefix(line, "gc ") && strings.Contains(line, " MB goal"):
		for _, w := range words { // 4->5->2
			if sizes := strings.Split(w, "->"); len(sizes) == 3 {
				s.heap, _ = strconv.ParseFloat(sizes[2], 64)
			}
		}
	case strings.HasPrefix(line, "SCHED "):
		s.count, s.counted = 0, s.count
	case strings.HasPrefix(line, "  P") || strings.HasPrefix(line, "  M"):
	case strings.HasPrefix(line, "  G"):
		if _, err := fmt.Sscanf(line, "  G%d: status=%d", &n, &status); err == nil && status != 6 { // _Gdead
			s.count++
		}
	default:
		s.last = append(s.last, line)
		s.last = s.last[max(0, len(s.last)-50):]
	}
}

// held is what the runtime last said that the program holds: MB of heap, and
// goroutines.
func (s *spoken) held() (heap, goroutines float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heap, float64(s.counted)
}

// String is the end of what the program said.
func (s *spoken) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.last, "\n")
}

// stop asks the program to end.
func (s *soaking) stop() {
	s.t.Helper()
	began := time.Now()
	s.must(s.cmd.Process.Signal(syscall.SIGTERM))
	err := s.cmd.Wait()
	took := time.Since(began)
	s.t.Logf("it stopped %v after SIGTERM", took.Round(time.Millisecond))
	if err != nil || took > 15*time.Second { // a post may be in flight
		s.t.Errorf("it stopped after %v: %v\n%s", took, err, s.said)
	}
}

// judge fits a line to each thing that was measured, and holds what it rose by
// against noise: a few file descriptors and goroutines, as polls that hang come and
// go together; some megabytes of memory, as the collector works in waves; and the
// pages of the database that grew meanwhile, which three connections may cache.
func (s *soaking) judge(d time.Duration) {
	s.t.Helper()
	late := s.samples[len(s.samples)/4:]
	stored := late[len(late)-1].database - late[0].database
	s.t.Logf("%v, %d samples, the database grew from %.1f to %.1f MB", d, len(s.samples), late[0].database, late[len(late)-1].database)
	for _, m := range []struct {
		name  string
		of    func(sample) float64
		noise float64
	}{
		{"MB resident", func(s sample) float64 { return s.rss }, 8 + 3*max(stored, 0)},
		{"MB of heap", func(s sample) float64 { return s.heap }, 8},
		{"goroutines", func(s sample) float64 { return s.routs }, 12},
		{"threads", func(s sample) float64 { return s.threads }, 3},
		{"file descriptors", func(s sample) float64 { return s.fds }, 12},
	} {
		first, last, spread := fit(late, m.of)
		if math.IsNaN(first) {
			s.t.Logf("%-17s not told", m.name)
			continue
		}
		s.t.Logf("%-17s %6.1f -> %6.1f, +-%.1f about the line", m.name, first, last, spread)
		if rose := last - first; rose > m.noise+spread {
			s.t.Errorf("%s rose by %.1f, want %.1f at most", m.name, rose, m.noise+spread)
		}
	}
}

// fit gives the line of least squares at both ends, and the standard deviation of
// what lies about it.
func fit(samples []sample, of func(sample) float64) (first, last, spread float64) {
	var n, x, y, xx, xy float64
	for _, s := range samples {
		at := s.at.Seconds()
		n, x, y, xx, xy = n+1, x+at, y+of(s), xx+at*at, xy+at*of(s)
	}
	slope := (n*xy - x*y) / (n*xx - x*x)
	base := (y - slope*x) / n
	line := func(s sample) float64 { return base + slope*s.at.Seconds() }
	for _, s := range samples {
		spread += (of(s) - line(s)) * (of(s) - line(s))
	}
	return line(samples[0]), line(samples[len(samples)-1]), math.Sqrt(spread / n)
}

// write keeps the samples for whoever wants to draw them.
func (s *soaking) write(path string) error {
	var out bytes.Buffer
	table := csv.NewWriter(&out)
	rows := [][]string{{"s", "rss_mb", "heap_mb", "db_mb", "goroutines", "threads", "fds"}}
	for _, one := range s.samples {
		row := []string{}
		for _, v := range []float64{one.at.Seconds(), one.rss, one.heap, one.database, one.routs, one.threads, one.fds} {
			row = append(row, strconv.FormatFloat(v, 'f', 1, 64))
		}
		rows = append(rows, row)
	}
	if err := table.WriteAll(rows); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o600)
}
