package feed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"newswatch/news"
	"newswatch/watcher/feed"
	"newswatch/watcher/feed/feedfake"
)

// What a hostile server may cost: memory beyond that of a process which has
// polled small feeds, and processor time for the whole poll.
const (
	mostMemory = 64 << 20
	mostCPU    = time.Second
)

// faultEnv holds the URL that a process of its own polls and measures.
const faultEnv = "FAULT_URL"

// faultCost is what one poll cost.
type faultCost struct {
	Memory int64         `json:"memory"`
	CPU    time.Duration `json:"cpu"`
	Wall   time.Duration `json:"wall"`
	Items  int           `json:"items"`
	Err    string        `json:"err"`
}

// TestFaults polls each hostile server in a process of its own, as only the
// kernel knows what a process really took. -v prints the table.
func TestFaults(t *testing.T) {
	if raced {
		t.Skip("measures what things cost, which the race detector changes")
	}
	if runtime.GOOS != "linux" {
		t.Skip("what a process took is read from /proc, and 127.0.0.2 is an address only on Linux")
	}
	servers, err := feedfake.NewFaults("127.0.0.2:0", 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { servers.Close() })
	var mu sync.Mutex
	var rows []string
	t.Run("servers", func(t *testing.T) {
		for _, fault := range servers.List() {
			t.Run(fault.Name, func(t *testing.T) {
				t.Parallel()
				cost := pollElsewhere(t, servers.URL(fault))
				mu.Lock()
				rows = append(rows, fmt.Sprintf("%-20s %6.1f MiB %5d ms CPU %5d ms %4d items  %s", fault.Name,
					float64(cost.Memory)/(1<<20), cost.CPU.Milliseconds(), cost.Wall.Milliseconds(), cost.Items, cost.Err))
				mu.Unlock()
				checkCost(t, fault, cost)
			})
		}
	})
	slices.Sort(rows)
	t.Logf("one poll of each:\n%s", strings.Join(rows, "\n"))
}

func checkCost(t *testing.T, fault feedfake.Fault, cost faultCost) {
	t.Helper()
	if cost.Memory > mostMemory {
		t.Errorf("took %.1f MiB of memory, want at most %d", float64(cost.Memory)/(1<<20), mostMemory>>20)
	}
	if cost.CPU > mostCPU {
		t.Errorf("took %s of CPU, want at most %s", cost.CPU, mostCPU)
	}
	switch {
	case fault.Outcome == feedfake.MustRead && cost.Items == 0:
		t.Errorf("no item was read: %s", cost.Err)
	case fault.Outcome == feedfake.MustFail && cost.Err == "":
		t.Errorf("passed for a sound feed of %d items", cost.Items)
	}
}

// pollElsewhere polls a URL in a process of its own.
func pollElsewhere(t *testing.T, url string) (cost faultCost) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestPollOfOneFault$")
	cmd.Env = append(os.Environ(), faultEnv+"="+url, "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("poll %s: %v\n%s", url, err, out)
	}
	line, _, _ := bytes.Cut(out[bytes.IndexByte(out, '{'):], []byte("\n"))
	if err := json.Unmarshal(line, &cost); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return cost
}

// TestPollOfOneFault is the other process of TestFaults.
func TestPollOfOneFault(t *testing.T) {
	target := os.Getenv(faultEnv)
	if target == "" {
		t.Skip("TestFaults runs this")
	}
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := faultPoller(t)
	for range 3 {
		if r := pollOnce(p, "http://"+u.Host+"/small"); r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	debug.FreeOSMemory()
	// 5 sets the high-water mark back to what is in use (proc(5)).
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
	memory, cpu, start := highWater(t), cpuTime(), time.Now()
	r := pollOnce(p, target)
	cost := faultCost{Memory: highWater(t) - memory, CPU: cpuTime() - cpu, Wall: time.Since(start), Items: len(r.Items)}
	cost.Err = r.State.Error[:min(len(r.State.Error), 80)]
	if err := json.NewEncoder(os.Stdout).Encode(cost); err != nil {
		t.Fatal(err)
	}
}

func faultPoller(t *testing.T) *feed.Poller {
	t.Helper()
	p, err := feed.New(feed.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, Timeout: 4 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func pollOnce(p *feed.Poller, url string) feed.Result {
	return p.Poll(context.Background(), feed.Job{Feed: news.Feed{ID: "fault", URL: url}, Force: true})
}

// highWater is the most memory that this process has had resident.
func highWater(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

// TestWaysInside: no redirect and no name leads to an address that is not
// public and not allowed; 127.0.0.2 is allowed here, 127.0.0.1 is not.
func TestWaysInside(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("127.0.0.2 is an address only on Linux")
	}
	outside, inside := twoServers(t)
	port := inside.Addr()[strings.LastIndexByte(inside.Addr(), ':'):]
	names := stubNames(t, map[string][]string{
		"flip.example.": {"127.0.0.2", "127.0.0.1", "127.0.0.1", "127.0.0.1"},
		"in.example.":   {"127.0.0.1"},
	})
	p := faultPoller(t)
	for _, to := range []string{
		"http://127.0.0.1" + port, "http://localhost" + port, "http://localhost." + port, "http://[::ffff:127.0.0.1]" + port,
		"http://[::ffff:7f00:1]" + port, "http://0.0.0.0" + port, "http://127.1" + port, "http://2130706433" + port,
		"http://0x7f000001" + port, "http://in.example" + port, "http://169.254.169.254", "http://[::1]" + port,
		"http://[64:ff9b::7f00:1]" + port, "http://[2002:7f00:1::]" + port, "ftp://127.0.0.2" + port, "file:///etc/hostname",
	} {
		r := pollOnce(p, "http://"+outside.Addr()+"/redirect?to="+url.QueryEscape(to+"/inside"))
		if r.Err == nil {
			t.Errorf("a redirect to %s was followed", to)
		}
	}
	if r := pollOnce(p, "http://flip.example"+port+"/small"); r.Err != nil {
		t.Fatalf("the first answer of the name is allowed: %v", r.Err)
	}
	for range 3 {
		if r := pollOnce(p, "http://flip.example"+port+"/inside"); r.Err == nil {
			t.Error("a name that changed its mind was believed")
		}
	}
	if names.Load() < 5 {
		t.Errorf("the names were looked up %d times: they were not ours", names.Load())
	}
	if n := inside.Entered(); n != 0 {
		t.Errorf("%d requests came through to the inside", n)
	}
}

// twoServers listen on the same port of an allowed and of a forbidden address.
func twoServers(t *testing.T) (outside, inside *feedfake.Faults) {
	t.Helper()
	for range 20 {
		var err error
		if outside, err = feedfake.NewFaults("127.0.0.2:0", time.Millisecond); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { outside.Close() })
		_, port, _ := net.SplitHostPort(outside.Addr())
		if inside, err = feedfake.NewFaults("127.0.0.1:"+port, time.Millisecond); err == nil {
			t.Cleanup(func() { inside.Close() })
			return outside, inside
		}
	}
	t.Fatal("no port is free on both addresses")
	return nil, nil
}

// stubNames answers the process's look-ups: each time a name is asked for, the
// next of its addresses, the last one for ever. It counts the questions.
func stubNames(t *testing.T, names map[string][]string) *atomic.Int64 {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := &atomic.Int64{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if answer, err := answerName(buf[:n], names, asked); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		conn.Close()
		<-done
	})
	return asked
}

func answerName(query []byte, names map[string][]string, asked *atomic.Int64) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
		return nil, fmt.Errorf("not one question: %w", err)
	}
	q := m.Questions[0]
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	addrs := names[q.Name.String()]
	switch {
	case len(addrs) == 0:
		m.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		asked.Add(1)
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
			Body:   &dnsmessage.AResource{A: netip.MustParseAddr(addrs[0]).As4()},
		}}
		if len(addrs) > 1 {
			names[q.Name.String()] = addrs[1:]
		}
	}
	return m.Pack()
}
