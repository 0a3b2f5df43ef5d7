package main_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

var footprint = flag.Bool("footprint", false, "TestFootprint measures 1,000 feeds and 1,000,000 stored items, not 50 and 2,000")

// The goals, of 1,000 feeds and 1,000,000 stored items.
const (
	footprintMost  = 64 // MB resident
	footprintStart = time.Second
	footprintStop  = 2 * time.Second
)

// scale is how large and how exact TestFootprint measures.
type scale struct {
	outlets, items int
	poll           string
	starts         int // of which the one in the middle counts
	looks          int // at the memory, a second apart; likewise
}

// TestFootprint measures what the program takes: memory with many feeds of the size
// that real ones have, the time from its start until it is ready, from a crash until
// it polls again, and from SIGTERM until it has ended; with an empty database and
// with a full one.
//
//	go test ./cmd/newswatch -run TestFootprint -v -footprint -timeout 30m
func TestFootprint(t *testing.T) {
	t.Parallel()
	forbidShort(t)
	size := scale{outlets: 50, items: 2000, poll: "2s", starts: 1, looks: 2}
	if *footprint {
		size = scale{outlets: 1000, items: 1_000_000, poll: "1m", starts: 7, looks: 60}
	}
	p := newOutlets(t, size)
	p.measureMemory()
	p.measureStarts("few items")
	began := time.Now()
	p.fill()
	t.Logf("%d items stored in %v, the database has %.0f MB", size.items, time.Since(began).Round(time.Second), p.databaseMB())
	p.measureStarts(fmt.Sprintf("%d items", size.items))
	p.measureMemory()
}

// outlets are the program and the feeds that it polls.
type outlets struct {
	*prey
	scale
	listen string
	feeds  []*outlet
	polls  chan time.Time // when a feed was asked, the first since somebody waited
	asked  atomic.Int64
}

// outlet is a feed.
type outlet struct {
	asked   atomic.Int64
	version string // its document without the newest item
	items   int
}

func newOutlets(t *testing.T, size scale) *outlets {
	p := &outlets{scale: size, prey: &prey{t: t, dir: t.TempDir(), binary: build(t), db: "sqlite://state.db"}, listen: freeAddress(t), polls: make(chan time.Time, 1)}
	rng := rand.New(rand.NewPCG(1, 5))
	for i := range size.outlets {
		p.feeds = append(p.feeds, newOutlet(rng, i))
	}
	l, err := net.Listen("tcp", ":0") // all of 127.0.0.0/8 leads here: one address a host
	p.must(err)
	server := httptest.NewUnstartedServer(p)
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	var src strings.Builder
	src.WriteString("version: 1\nsettings:\n  network: {allow: [127.0.0.0/8]}\nfeeds:\n")
	for i := range p.feeds {
		poll := size.poll
		if i == 0 { // a poll is always near
			poll = "1s"
		}
		fmt.Fprintf(&src, "  - {id: f%d, name: Outlet %d, url: \"http://127.1.%d.%d:%d/%d\", lang: en, poll: %s}\n", i, i, i/250, i%250+1, l.Addr().(*net.TCPAddr).Port, i, poll)
	}
	src.WriteString("rules:\n  - {id: truce, when: {any: [word7, word11], in: [title]}}\ndigests:\n  - {id: desk, cron: \"0 8 * * *\", rules: all, to: {slack: desk}}\n")
	p.must(os.WriteFile(filepath.Join(p.dir, "rules.yaml"), []byte(src.String()), 0o600))
	return p
}

// newOutlet draws a document of the size that documents of news sites have: of those
// that we captured the median is 30 KB, and one in ten is above 250 KB.
func newOutlet(rng *rand.Rand, n int) *outlet {
	size := min(30e3*math.Exp(1.65*rng.NormFloat64()), 400e3)
	o := &outlet{items: 10 + rng.IntN(50)}
	var b bytes.Buffer
	for i := range o.items {
		fmt.Fprintf(&b, `<item><title>%s</title><link>https://outlet%d.example/%d</link><guid isPermaLink="false">%d-%d</guid><pubDate>%s</pubDate><description>%s</description></item>`,
			words(rng, 10), n, i, n, i, time.Now().Add(-time.Duration(i+1)*time.Hour).UTC().Format(time.RFC1123Z), words(rng, int(size)/o.items/8))
	}
	o.version = b.String()
	return o
}

// words are n words, the common ones often.
func words(rng *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString("word" + strconv.Itoa(int(rng.ExpFloat64()*1500)) + " ")
	}
	return b.String()
}

// ServeHTTP serves feed /N: one item in ten answers is new, the others are "not
// modified".
func (p *outlets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil || n < 0 || n >= len(p.feeds) {
		http.NotFound(w, r)
		return
	}
	p.asked.Add(1)
	select {
	case p.polls <- time.Now():
	default:
	}
	version := (p.feeds[n].asked.Add(1) + int64(n)) / 10
	etag := fmt.Sprintf(`"%d"`, version)
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/rss+xml")
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Outlet %d</title><link>https://outlet%d.example/</link>`+
		`<item><title>Report %d of outlet %d</title><link>https://outlet%d.example/n%d</link><guid isPermaLink="false">%d-n%d</guid></item>%s</channel></rss>`,
		n, n, version, n, n, version, n, version, p.feeds[n].version)
}

// start starts the daemon, and says how long it took until it was ready.
func (p *outlets) start() (cmd *exec.Cmd, ready time.Duration) {
	p.t.Helper()
	cmd, out := p.command(context.Background(), "run", "--listen", p.listen)
	cmd.Env = slices.DeleteFunc(cmd.Env, func(e string) bool { return strings.HasPrefix(e, "SLACK_") })
	began := time.Now()
	p.must(cmd.Start())
	p.t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended, unless the test failed
	for {
		if resp, err := http.Get("http://" + p.listen + "/readyz"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return cmd, time.Since(began)
			}
		}
		if time.Since(began) > time.Minute {
			p.t.Fatalf("the program did not get ready:\n%s", out)
		}
		time.Sleep(time.Millisecond)
	}
}

func (p *outlets) stop(cmd *exec.Cmd) time.Duration {
	p.t.Helper()
	began := time.Now()
	p.must(cmd.Process.Signal(syscall.SIGTERM))
	if err := cmd.Wait(); err != nil {
		p.t.Errorf("the program did not end well: %v", err)
	}
	return time.Since(began)
}

// measureMemory lets the program poll each feed twice, and looks how much it holds
// then, and held at most.
func (p *outlets) measureMemory() {
	p.t.Helper()
	cmd, _ := p.start()
	before, last := p.asked.Load(), p.feeds[len(p.feeds)-1]
	for asked, began := last.asked.Load(), time.Now(); last.asked.Load() < asked+2 && time.Since(began) < 5*time.Minute; {
		time.Sleep(100 * time.Millisecond)
	}
	var rss []float64
	for range p.looks {
		time.Sleep(time.Second)
		rss = append(rss, p.status(cmd, "VmRSS:"))
	}
	slices.Sort(rss)
	most := p.status(cmd, "VmHWM:")
	p.t.Logf("memory with %d feeds after %d polls: %.0f MB resident (goal %d), %.0f MB at most", len(p.feeds), p.asked.Load()-before, rss[len(rss)/2], footprintMost, most)
	if rss[len(rss)/2] > 1.5*footprintMost {
		p.t.Errorf("it holds %.0f MB", rss[len(rss)/2])
	}
	p.stop(cmd)
}

// status is a figure of the kernel's in MB.
func (p *outlets) status(cmd *exec.Cmd, name string) float64 {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	p.must(err)
	return field(status, name) / 1024
}

// measureStarts starts the program several times, stops it, and kills it.
func (p *outlets) measureStarts(what string) {
	p.t.Helper()
	var ready, again, stopped []time.Duration
	for range p.starts {
		cmd, took := p.start()
		ready = append(ready, took)
		time.Sleep(300 * time.Millisecond) // at work
		p.must(cmd.Process.Kill())
		_ = cmd.Wait() // killed
		select {
		case <-p.polls: // of the one before
		default:
		}
		began := time.Now()
		cmd, _ = p.start()
		again = append(again, (<-p.polls).Sub(began))
		time.Sleep(300 * time.Millisecond)
		stopped = append(stopped, p.stop(cmd))
	}
	for _, m := range []struct {
		name string
		all  []time.Duration
		goal time.Duration
	}{
		{"start to ready", ready, footprintStart}, {"start after kill -9 to the first poll", again, footprintStart}, {"SIGTERM to the end", stopped, footprintStop},
	} {
		slices.Sort(m.all)
		p.t.Logf("%s, %s: %v, at most %v (goal %v)", what, m.name, m.all[p.starts/2].Round(time.Millisecond), m.all[p.starts-1].Round(time.Millisecond), m.goal)
	}
}

func (p *outlets) databaseMB() float64 {
	info, err := os.Stat(filepath.Join(p.dir, "state.db"))
	p.must(err)
	return float64(info.Size()) / (1 << 20)
}

// fill stores the items of a month: one in twenty has hit a rule and is in a
// story of four.
func (p *outlets) fill() {
	p.t.Helper()
	ctx := p.t.Context()
	db, err := store.Open(ctx, store.Options{URL: "sqlite://" + filepath.Join(p.dir, "state.db")})
	p.must(err)
	defer db.Close()
	p.must(db.Wake(ctx, news.Hosts))
	p.must(db.Wake(ctx, news.Desk))
	hosts, err := db.Claim(ctx, news.Hosts, len(p.feeds), time.Hour)
	p.must(err)
	desk, err := db.Claim(ctx, news.Desk, 1, time.Hour)
	p.must(err)
	rng, now, month := rand.New(rand.NewPCG(2, 5)), time.Now(), 30*24*time.Hour
	const batch = 2000
	for at := 0; at < p.items; at += batch {
		host := hosts[at/batch%len(hosts)]
		states, err := db.DueFeeds(ctx, host.Key, true)
		p.must(err)
		c := store.PollCommit{State: states[0]}
		c.State.NextAt = now
		var group store.GroupCommit
		for i := at; i < at+batch; i++ {
			m := storedItem(rng, states[0].FeedID, i, now.Add(-month+month*time.Duration(i)/time.Duration(p.items)))
			c.Fresh = append(c.Fresh, m)
			if len(m.Hits) > 0 {
				id := news.StoryID(fmt.Sprint("story", i/80))
				group.Placed = append(group.Placed, store.PlacedItem{ItemID: m.Item.ID, StoryID: id})
				group.Stories = append(group.Stories, news.Story{ID: id, Version: 1, FirstAt: m.Item.Fetched, LastAt: m.Item.Fetched, LeadID: m.Item.ID})
			}
		}
		p.must(db.CommitPoll(ctx, host, c))
		p.must(db.CommitGroup(ctx, desk[0], group))
	}
	for _, l := range append(hosts, desk...) {
		p.must(db.Release(ctx, l, now))
	}
}

// storedItem is an item as it is stored.
func storedItem(rng *rand.Rand, feed string, n int, at time.Time) store.Matched {
	key := fmt.Sprint("stored", n)
	m := store.Matched{Item: news.Item{
		ID: news.ItemID(feed, key), FeedID: feed, FeedName: feed, Publisher: fmt.Sprint("Outlet ", n%40), Keys: []string{key, "link " + key},
		URL: "https://outlet.example/" + key, Title: words(rng, 8), Body: words(rng, 50), Lang: "en", Published: at, Dated: true, Fetched: at,
	}}
	m.Item.Revise()
	if n%20 == 0 {
		m.Hits = []news.Hit{{ItemID: m.Item.ID, Rule: "truce", Score: 50}}
	}
	return m
}
