package main_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"newswatch/notify/slack/slackfake"
	"newswatch/watcher/store/pgtest"
)

const (
	// fleetLease is how long the leases of a fleet last: a twentieth of life's, as its
	// quarantine is.
	fleetLease = 3 * time.Second
	fleetFeeds = 12
	fleetHosts = 4
	quiet      = "warn" // log level
)

var fleetLog = flag.String("fleetlog", quiet, "--log-level of the programs of a fleet; else what they say is shown only when the test fails")

// fleet is several programs on one state, with their feeds and their Slack, and whoever
// starts them again when they end.
type fleet struct {
	*hunt
	cluster  *pgtest.Cluster // nil: SQLite, which takes one program
	stands   []*newsstand
	binaries []string // of two versions
	began    time.Time
	lease    time.Duration // 0: as in life
	log      string        // level

	mu       sync.Mutex // of all below, and of what the replicas say of themselves
	replicas []*replica
	history  []string
	down     bool      // the database's server, by our doing
	upAgain  time.Time // when it was last
	hurt     time.Time // when somebody last lost a lease, or may have
	waiting  sync.WaitGroup
}

// replica is one program of a fleet, and those that come after it in its place.
type replica struct {
	number  int
	roles   string // "" for all
	version int
	cmd     *exec.Cmd
	out     *bytes.Buffer // of all of them
	dead    chan struct{} // closed when it has ended
	frozen  bool
	ending  bool // we made it end
}

// newFleet prepares programs of the given roles, without starting them.
func newFleet(t *testing.T, binaries []string, seed uint64, plan slackfake.Plan, cluster *pgtest.Cluster, roles ...string) *fleet {
	t.Helper()
	f := &fleet{hunt: newSlackHunt(t, binaries[0], seed, plan, fleetFeeds), cluster: cluster, binaries: binaries, began: time.Now(), lease: fleetLease, log: *fleetLog}
	var bases []string
	for range fleetHosts {
		s := &newsstand{press: f.press}
		server := httptest.NewServer(s)
		t.Cleanup(server.Close)
		f.stands, bases = append(f.stands, s), append(bases, server.URL)
	}
	f.writeRules(fleetFeeds, bases...)
	if cluster != nil {
		f.db = cluster.Empty(t)
	}
	for i, r := range roles {
		f.replicas = append(f.replicas, &replica{number: i, roles: r, out: &bytes.Buffer{}})
	}
	t.Cleanup(f.waiting.Wait)
	t.Cleanup(func() { f.endAll(syscall.SIGKILL) })
	t.Cleanup(func() {
		if t.Failed() || *fleetLog != quiet {
			t.Log(f.story())
		}
	})
	return f
}

// story is what befell the fleet, and what its programs said.
func (f *fleet) story() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	for _, line := range f.history {
		b.WriteString(line + "\n")
	}
	for _, r := range f.replicas {
		fmt.Fprintf(&b, "--- replica %d (%s)\n%s", r.number, r.roles, r.out)
	}
	return b.String()
}

// note keeps what happens for the story. The caller holds the lock.
func (f *fleet) note(format string, args ...any) {
	f.history = append(f.history, fmt.Sprintf("%7.3f s  ", time.Since(f.began).Seconds())+fmt.Sprintf(format, args...))
}

func (f *fleet) startAll() {
	for _, r := range f.replicas {
		f.start(r)
	}
}

// start lets a replica live.
func (f *fleet) start(r *replica) {
	f.mu.Lock()
	defer f.mu.Unlock()
	args := []string{"run", "--listen", "off", "--rules", "rules.yaml", "--db", f.db, "--log-level", f.log}
	if r.roles != "" {
		args = append(args, "--roles", r.roles)
	}
	r.cmd = exec.Command(f.binaries[r.version], args...)
	r.cmd.Dir = f.dir
	r.cmd.Env = append(os.Environ(), "SLACK_BOT_TOKEN=xoxb-kill-test", "NEWSWATCH_TEST_LEASE="+f.lease.String(),
		"SLACK_API_URL="+strings.Replace(f.api, "/api/", fmt.Sprintf("/%d/api/", r.number), 1))
	said := &lockedWriter{mu: &f.mu, to: r.out}
	r.cmd.Stdout, r.cmd.Stderr = said, said
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.dead, r.ending, r.frozen = make(chan struct{}), false, false
	if err := r.cmd.Start(); err != nil {
		f.t.Errorf("start replica %d: %v", r.number, err)
		close(r.dead)
		return
	}
	f.note("replica %d starts as %d, version %d", r.number, r.cmd.Process.Pid, r.version)
	f.waiting.Go(func() { f.await(r, r.cmd, r.dead) })
}

// lockedWriter keeps what a program says, line by line.
type lockedWriter struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

// await sees to a program's end. One that ends by itself is an error, unless the
// database was away when it started: then it is started again, as anybody would.
func (f *fleet) await(r *replica, cmd *exec.Cmd, dead chan struct{}) {
	err := cmd.Wait()
	f.mu.Lock()
	defer close(dead)
	defer f.mu.Unlock()
	f.note("replica %d has ended: %v", r.number, err)
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	killed := status.Signaled() && (status.Signal() == syscall.SIGKILL || status.Signal() == syscall.SIGTERM) // before it could hear it
	switch {
	case r.ending && (err == nil || killed):
	case !r.ending && !killed && (f.down || time.Since(f.upAgain) < 5*time.Second):
		f.note("replica %d found no database", r.number)
		f.waiting.Go(func() {
			<-dead
			time.Sleep(200 * time.Millisecond)
			f.start(r)
		})
	default:
		f.t.Errorf("replica %d ended by itself, or not well: %v", r.number, err)
	}
}

// end ends a replica by a signal, and waits for it.
func (f *fleet) end(r *replica, how syscall.Signal) {
	f.mu.Lock()
	r.ending = true
	dead := r.dead
	if r.cmd != nil {
		f.note("%v for replica %d", how, r.number)
		if how == syscall.SIGKILL {
			f.hurt = time.Now()
		}
		_ = r.cmd.Process.Signal(how) // it may have ended meanwhile
		if r.frozen {
			_ = r.cmd.Process.Signal(syscall.SIGCONT)
		}
	}
	f.mu.Unlock()
	if dead == nil {
		return
	}
	select {
	case <-dead:
	case <-time.After(time.Minute):
		f.t.Errorf("replica %d did not end within a minute of %v", r.number, how)
		_ = r.cmd.Process.Kill()
		<-dead
	}
}

func (f *fleet) endAll(how syscall.Signal) {
	var ends sync.WaitGroup
	for _, r := range f.replicas {
		ends.Go(func() { f.end(r, how) })
	}
	ends.Wait()
}

// freeze stops a replica for longer than a lease, and lets it go on.
func (f *fleet) freeze(r *replica, long time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	cmd := r.cmd
	r.frozen = true
	f.note("replica %d stands still for %v", r.number, long)
	_ = cmd.Process.Signal(syscall.SIGSTOP)
	f.waiting.Go(func() {
		time.Sleep(long)
		f.mu.Lock()
		defer f.mu.Unlock()
		if r.cmd == cmd && r.frozen {
			f.note("replica %d goes on", r.number)
			f.hurt = time.Now()
			_ = cmd.Process.Signal(syscall.SIGCONT)
			r.frozen = false
		}
	})
}

// awake are the replicas that live and move.
func (f *fleet) awake() (list []*replica) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.replicas {
		select {
		case <-r.dead:
		default:
			if !r.frozen {
				list = append(list, r)
			}
		}
	}
	return list
}

// restartServer lets the database's server fall and stand up again.
func (f *fleet) restartServer() {
	f.mu.Lock()
	f.note("the database falls")
	f.down = true
	f.mu.Unlock()
	f.must(f.cluster.Restart(syscall.SIGQUIT))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("the database stands")
	f.down, f.upAgain, f.hurt = false, time.Now(), time.Now()
}

// waitTold waits until the alert has told every item.
func (f *fleet) waitTold(patience time.Duration) {
	f.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		if _, untold := f.delays(0, 0); len(untold) == 0 {
			return
		} else if time.Now().After(end) {
			f.t.Errorf("%d items are not told after %v: %v", len(untold), patience, untold)
			return
		}
	}
}

// delays are the times from an item's publication to its alert, sorted, and the
// headlines of those that have none: of the items that came in a stretch of the fleet's
// life, or after it began.
func (f *fleet) delays(from, to time.Duration) (told []time.Duration, untold []string) {
	messages := f.slack.Visible("urgent")
	f.press.mu.Lock()
	defer f.press.mu.Unlock()
	for _, it := range f.press.items {
		if came := it.at.Sub(f.began); it.saga || came < from || to > 0 && came >= to {
			continue
		}
		found := slices.IndexFunc(messages, func(m slackfake.Message) bool { return bytes.Contains(m.Blocks, []byte(it.title)) })
		if found < 0 {
			untold = append(untold, it.title)
			continue
		}
		told = append(told, messages[found].PostedAt.Sub(it.at))
	}
	slices.Sort(told)
	return told, untold
}

// quantile of sorted durations.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)].Round(10 * time.Millisecond)
}

// checkEnd lets the fleet finish, and holds all that it did against what the feeds
// showed: 0 lost, 0 twice, all sent, no lease left, and no host asked twice at once.
func (f *fleet) checkEnd() (delays []time.Duration) {
	f.t.Helper()
	f.plan(calm())
	f.waitTold(2 * time.Minute)
	f.waitLeases()
	f.endAll(syscall.SIGTERM)
	f.checkLeases()
	delays, _ = f.delays(0, 0)
	f.check()
	asked, most := 0, 0
	for _, s := range f.stands {
		n, m := s.figures()
		asked, most = asked+n, max(most, m)
	}
	f.t.Logf("%d polls, %d at most of one host at once; from published to posted: p50 %v, p99 %v, longest %v", asked, most,
		quantile(delays, 0.5), quantile(delays, 0.99), quantile(delays, 1))
	if most > 1 {
		f.t.Errorf("a host was asked %d times at once", most)
	}
	return delays
}

// waitLeases waits until those leases are over that were lost by a fault. All that are
// left then belong to programs that live.
func (f *fleet) waitLeases() {
	for {
		f.mu.Lock()
		over := f.hurt.Add(f.lease + time.Second/2)
		for _, r := range f.replicas {
			if r.frozen {
				over = time.Now().Add(time.Second / 10)
			}
		}
		f.mu.Unlock()
		if !over.After(time.Now()) {
			return
		}
		time.Sleep(time.Until(over))
	}
}

// checkLeases looks for leases that programs did not give back which ended well. One that
// is over is as good as none.
func (f *fleet) checkLeases() {
	f.t.Helper()
	db := f.state()
	defer db.Close()
	for _, unit := range []string{"hosts", "desk", "plans", "destinations"} {
		var n int
		f.must(db.QueryRow(`SELECT COUNT(*) FROM `+unit+` WHERE lease_until > $1`, time.Now().UnixMilli()).Scan(&n))
		if n > 0 {
			f.t.Errorf("%d leases on %s hold when all programs have ended well", n, unit)
		}
	}
}

// said counts a line in what all programs said.
func (f *fleet) said(line string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.replicas {
		n += strings.Count(r.out.String(), line)
	}
	return n
}

// newsstand serves the press's feeds as one host, which is slow enough to be asked twice
// at once. A request counts as long as its server can object to it: from its coming
// until it is answered, or the connection is gone.
type newsstand struct {
	press *press

	mu               sync.Mutex
	asked, now, most int
}

func (s *newsstand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked++
	s.now++
	s.most = max(s.most, s.now)
	slow := time.Duration(20+s.asked*37%120) * time.Millisecond
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now--
	}()
	ctx, cancel := context.WithTimeout(r.Context(), slow)
	defer cancel()
	<-ctx.Done()
	if r.Context().Err() == nil {
		s.press.ServeHTTP(w, r)
	}
}

func (s *newsstand) figures() (asked, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked, s.most
}
