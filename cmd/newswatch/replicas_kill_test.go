package main_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"newswatch/notify/slack/slackfake"
	"newswatch/watcher/store/pgtest"
)

var (
	faults    = flag.Int("faults", 60, "how many faults TestKillReplicas makes, half of them on each database")
	faultSeed = flag.Uint64("seed", 0, "seed of TestKillReplicas; 0: a new one, printed")
	outage    = flag.Duration("outage", 8*time.Second, "how long TestKillReplicasDatabase keeps the database away")
	faultGap  = flag.Duration("faultgap", 900*time.Millisecond, "time between two faults of TestKillReplicas, on average")
	faultOnly = flag.String("faultdb", "", "postgres or sqlite: only there, with all faults")
)

// roundFaults is how many faults one fleet lives through at most, before it is held
// against what its feeds showed and the next one begins.
const roundFaults = 30

// TestKillReplicas lets five programs share one PostgreSQL, and one program work on
// SQLite, while they are killed, stopped for longer than their leases, replaced by
// another version, and the database's server falls; half of the time the one who has
// just posted is meant. In the end each item must have been told exactly once by the
// alert and exactly once by the digest, nothing waits, no lease is left, and no host was
// ever asked twice at once.
//
//	go test ./cmd/newswatch -run TestKillReplicas$ -timeout 2h -faults 1000 -seed 1 -v
func TestKillReplicas(t *testing.T) {
	t.Parallel()
	forbidShort(t)
	seed := *faultSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d (-seed %d repeats it)", seed, seed)
	binaries := versions(t)
	share := map[string]int{"postgres": *faults / 2, "sqlite": *faults - *faults/2}
	if *faultOnly != "" {
		share = map[string]int{*faultOnly: *faults}
	}
	for db, n := range share {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			var all []time.Duration
			began, rounds := time.Now(), max(2, (n+roundFaults-1)/roundFaults)
			for i := range rounds {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					part := n*(i+1)/rounds - n*i/rounds
					all = append(all, faultRound(t, binaries, db, seed+uint64(i), part, i%2 == 1, *faults > 60)...)
				})
			}
			slices.Sort(all)
			t.Logf("%s: %d faults in %v, %d items; from published to posted: p50 %v, p99 %v, longest %v", db, n,
				time.Since(began).Round(time.Second), len(all), quantile(all, 0.5), quantile(all, 0.99), quantile(all, 1))
		})
	}
}

// faultRound is the life of one fleet. In the long run stories grow too: a rewriting of
// which nobody knows waits for two minutes.
func faultRound(t *testing.T, binaries []string, db string, seed uint64, faults int, split, growing bool) []time.Duration {
	var cluster *pgtest.Cluster
	roles := []string{""}
	if db == "postgres" {
		cluster = pgtest.Start(t)
		roles = []string{"", "", "", "", ""}
		if split {
			roles = []string{"poll", "poll", "group,digest", "group,digest,send", "send"}
		}
	}
	f := newFleet(t, binaries, seed, slackfake.Plan{
		Chances: map[slackfake.Fault]float64{
			slackfake.ResetAfter: 0.15, slackfake.RateLimited: 0.10, slackfake.InternalAfter: 0.03, slackfake.LateAccept: 0.03, slackfake.CutBody: 0.02,
		},
		Methods: []string{"chat.postMessage", "chat.update"}, Rate: slackfake.Rate{Off: true}, Latency: slackfake.Duration(30 * time.Millisecond),
		HistoryLag: slackfake.Duration(100 * time.Millisecond), Late: slackfake.Duration(150 * time.Millisecond),
	}, cluster, roles...)
	f.startAll()
	did := map[string]int{}
	for i := range faults {
		f.press.publish(1 + f.rnd.IntN(3))
		if growing && i%3 == 0 {
			f.press.goOn()
		}
		time.Sleep(*faultGap/2 + time.Duration(f.rnd.Int64N(int64(*faultGap))))
		did[f.strike()]++
	}
	took := time.Since(f.began)
	delays := f.checkEnd()
	t.Logf("roles %q: %d faults in %v %v, then %v until all was checked", strings.Join(roles, " "), faults, took.Round(time.Second), did,
		(time.Since(f.began) - took).Round(time.Second))
	return delays
}

// strike makes a fault, and names it.
func (f *fleet) strike() string {
	awake := f.awake()
	for len(awake) < max(1, len(f.replicas)-2) { // enough of them stand still already
		time.Sleep(50 * time.Millisecond)
		awake = f.awake()
	}
	victim := awake[f.rnd.IntN(len(awake))]
	if f.rnd.IntN(2) == 0 {
		victim = f.poster(victim)
	}
	switch n := f.rnd.IntN(100); {
	case n < 40:
		f.end(victim, syscall.SIGKILL)
		f.start(victim)
		return "killed"
	case n < 60:
		f.freeze(victim, fleetLease+time.Duration(f.rnd.Int64N(int64(fleetLease))))
		return "frozen"
	case n < 85 || f.cluster == nil:
		f.end(victim, syscall.SIGTERM)
		victim.version = 1 - victim.version
		f.start(victim)
		return "replaced"
	}
	f.restartServer()
	return "database restarted"
}

// poster waits for the next post and gives who made it, a moment after; when none
// comes, or another one would have to be hurt twice, it is somebody else.
func (f *fleet) poster(somebody *replica) *replica {
	select {
	case <-f.posts: // of the time before
	default:
	}
	select {
	case n := <-f.posts:
		time.Sleep(time.Duration(f.rnd.IntN(40)) * time.Millisecond)
		if slices.Contains(f.awake(), f.replicas[n]) {
			return f.replicas[n]
		}
	case <-time.After(400 * time.Millisecond):
	}
	return somebody
}

// TestKillReplicasOneByOne replaces five programs by those of another version, one after
// the other, while items come. Their leases last as long as in life: one that is not
// given back would hold up its work for a minute.
func TestKillReplicasOneByOne(t *testing.T) {
	t.Parallel()
	forbidShort(t)
	const rest = "group,digest,send"
	f := newFleet(t, versions(t), seedOf(t), unhurried(), pgtest.Start(t), "poll", "poll", rest, rest, rest)
	f.lease, f.log = 0, "info"
	f.addDestinations(4)
	f.startAll()
	time.Sleep(7 * time.Second) // until all have read what stands at the destinations
	began, replayed := time.Since(f.began), f.said(replay)
	f.publishFor(6 * time.Second)
	rolled, moves := time.Since(f.began), f.said(replay)-replayed
	for _, r := range f.replicas {
		f.end(r, syscall.SIGTERM)
		r.version = 1
		f.start(r)
		f.publishFor(1500 * time.Millisecond)
	}
	f.publishFor(3 * time.Second)
	f.checkEnd()
	t.Logf("the desk moved %d times before the update, %d times in it", moves, f.said(replay)-replayed-moves)
	if moves > 1 {
		t.Errorf("the desk moved %d times while all programs were well: each time all active stories are replayed", moves)
	}
	before, _ := f.delays(began, rolled)
	during, _ := f.delays(rolled, 0)
	t.Logf("from published to posted: p50 %v, p99 %v of %d items before; p50 %v, p99 %v, longest %v of %d during the update",
		quantile(before, 0.5), quantile(before, 0.99), len(before), quantile(during, 0.5), quantile(during, 0.99), quantile(during, 1), len(during))
	if longest := quantile(during, 1); longest > 30*time.Second {
		t.Errorf("an item took %v: a lease was not given back", longest)
	}
}

// replay is what a program says when it takes the desk over.
const replay = "memory of stories replayed"

// TestKillReplicasDatabase takes the database's server away from five programs. They
// stay, say so once, and go on where they were when it is back.
func TestKillReplicasDatabase(t *testing.T) {
	t.Parallel()
	forbidShort(t)
	f := newFleet(t, versions(t)[:1], seedOf(t), unhurried(), pgtest.Start(t), "", "", "", "", "")
	f.lease = 0
	f.startAll()
	time.Sleep(3 * time.Second)
	f.publishFor(3 * time.Second)
	f.must(f.cluster.Stop(syscall.SIGQUIT))
	away := time.Since(f.began)
	f.publishFor(*outage)
	f.must(f.cluster.Restart(syscall.SIGQUIT))
	back := time.Since(f.began)
	f.publishFor(3 * time.Second)
	f.checkEnd()
	after, _ := f.delays(back, 0)
	meanwhile, _ := f.delays(away, back)
	t.Logf("away for %v: the last item of that time was told %v after it came, the slowest one that came later %v",
		(back - away).Round(time.Millisecond), quantile(meanwhile, 0), quantile(after, 1))
	if slowest := quantile(after, 1); slowest > 30*time.Second {
		t.Errorf("an item that came when the database was back took %v: a lease was not given back", slowest)
	}
	for _, r := range f.replicas {
		for _, line := range []string{"the database is away", "the database is back"} {
			if n := strings.Count(r.out.String(), line); n != 1 {
				t.Errorf("replica %d says %d times that %s, want once", r.number, n, line)
			}
		}
		if n := strings.Count(r.out.String(), "\n"); n > 6 && f.log == quiet {
			t.Errorf("replica %d says %d lines:\n%s", r.number, n, r.out)
		}
	}
}

// publishFor lets items come, five a second.
func (f *fleet) publishFor(long time.Duration) {
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		f.press.publish(1)
	}
}

// addDestinations gives the rules more places to send to, of which each program that
// starts reads what stands there; nothing is sent there but in the end.
func (f *fleet) addDestinations(n int) {
	f.t.Helper()
	path := filepath.Join(f.dir, "rules.yaml")
	src, err := os.ReadFile(path)
	f.must(err)
	var more strings.Builder
	for i := range n {
		fmt.Fprintf(&more, "  - {id: yearly-%d, title: Yearly, cron: \"0 0 1 1 *\", rules: all, to: {slack: desk-%d}}\n", i, i)
	}
	f.must(os.WriteFile(path, bytes.Replace(src, []byte("alerts:\n"), []byte(more.String()+"alerts:\n"), 1), 0o600))
}

// unhurried is a calm Slack that takes its time for an answer.
func unhurried() slackfake.Plan {
	p := calm()
	p.Latency = slackfake.Duration(30 * time.Millisecond)
	return p
}

// versions builds the program twice, as two versions.
func versions(t *testing.T) []string {
	t.Helper()
	return []string{build(t, "-ldflags", "-X main.version=0.9.0"), build(t, "-ldflags", "-X main.version=1.0.0")}
}
