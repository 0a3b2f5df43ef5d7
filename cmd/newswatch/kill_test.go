package main_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"newswatch/notify"
	"newswatch/notify/slack/slackfake"
	"newswatch/watcher"
)

var (
	kills    = flag.Int("kills", 450, "how often TestKills kills the program")
	killSeed = flag.Uint64("killseed", 0, "seed of the tests that kill the program; 0: a new one, printed")
)

// hunts is how many programs are hunted side by side: each waits for most of its
// time.
const hunts = 4

// TestKills kills real newswatches at random moments, again and again, half of
// them around a post, while Slack resets one connection in seven after it accepted
// the message, sends every tenth away, and does what else it may. In the end each item that the feeds ever showed
// must have been told exactly once by the alert and exactly once by the digest.
//
//	go test ./cmd/newswatch -run 'TestKills$' -timeout 2h -kills 10000
func TestKills(t *testing.T) {
	forbidShort(t)
	seed := seedOf(t)
	binary := build(t)
	began := time.Now()
	t.Cleanup(func() {
		t.Logf("%d kills in %v, %.0f a minute", *kills, time.Since(began).Round(time.Second), float64(*kills)/time.Since(began).Minutes())
	})
	for n := range hunts {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			h := newHunt(t, binary, seed+uint64(n), slackfake.Plan{
				Chances: map[slackfake.Fault]float64{
					slackfake.ResetAfter: 0.15, slackfake.RateLimited: 0.10, slackfake.InternalAfter: 0.03,
					slackfake.LateAccept: 0.03, slackfake.CutBody: 0.02,
				},
				Methods: []string{"chat.postMessage", "chat.update"}, Rate: slackfake.Rate{Off: true},
				HistoryLag: slackfake.Duration(100 * time.Millisecond), Late: slackfake.Duration(150 * time.Millisecond),
			})
			for i := range *kills / hunts {
				h.press.publish(h.rnd.IntN(3))
				if i%3 == 0 {
					h.press.goOn()
				}
				verb := []string{"run", "--listen", "off"}
				if h.rnd.IntN(4) == 0 {
					verb = []string{"once", "--now"}
				}
				h.runAndKill(verb...)
			}
			t.Logf("%d posts came between the kills, %d rewritings", h.came("chat.postMessage"), h.came("chat.update"))
			h.check()
		})
	}
}

// TestKillPoints lets the program kill itself at each named step of the pipeline,
// and the next one go on from there.
func TestKillPoints(t *testing.T) {
	t.Parallel()
	forbidShort(t)
	h := newHunt(t, build(t), seedOf(t), calm())
	always := func(f slackfake.Fault) slackfake.Plan {
		p := calm()
		p.Methods, p.Chances = []string{"chat.postMessage"}, map[slackfake.Fault]float64{f: 1}
		return p
	}
	plans := map[notify.Step]slackfake.Plan{
		notify.AfterRefusal: always(slackfake.RateLimited),
		notify.BeforeLook:   always(slackfake.ResetAfter),
		notify.AfterLook:    always(slackfake.ResetAfter),
		notify.BeforeResend: always(slackfake.ResetBefore),
	}
	for _, step := range watcher.Steps() {
		for _, nth := range []string{"", ":2"} {
			if nth != "" && (step == watcher.BeforeGroup || step == watcher.AfterGroup) {
				continue // one batch holds them all
			}
			h.press.publish(2)
			if step == notify.BetweenParts {
				h.press.publish(70)
			}
			h.press.goOn()
			plan, ok := plans[step]
			if !ok {
				plan = calm()
			}
			h.plan(plan)
			began := time.Now()
			h.dieAt(string(step) + nth)
			h.plan(calm())
			h.settle()
			t.Logf("%s%s: %v", step, nth, time.Since(began).Round(10*time.Millisecond))
		}
	}
	h.check()
}

// TestKillsBySIGTERM asks the program to stop at random moments, with posts in
// flight. It must end by itself, soon, and well.
func TestKillsBySIGTERM(t *testing.T) {
	t.Parallel()
	forbidShort(t)
	plan := calm()
	plan.Methods, plan.Slow = []string{"chat.postMessage"}, slackfake.Duration(300*time.Millisecond)
	plan.Chances = map[slackfake.Fault]float64{slackfake.Slow: 0.5, slackfake.ResetAfter: 0.1, slackfake.HangAfter: 0.1}
	plan.Hang = slackfake.Duration(2 * time.Second)
	h := newHunt(t, build(t), seedOf(t), plan)
	longest := time.Duration(0)
	for range 20 {
		h.press.publish(2)
		took := h.runAndSignal(time.Duration(h.rnd.IntN(400))*time.Millisecond, func(p *os.Process) time.Time {
			began := time.Now()
			h.must(p.Signal(syscall.SIGTERM))
			return began
		})
		longest = max(longest, took)
	}
	t.Logf("the longest stop took %v", longest.Round(time.Millisecond))
	if longest > 10*time.Second {
		t.Errorf("a stop took %v, want 10 s at most", longest)
	}
	h.check()
}

// TestKillsAfterSIGSTOP freezes the program at random moments and lets it go on.
func TestKillsAfterSIGSTOP(t *testing.T) {
	t.Parallel()
	forbidShort(t)
	plan := calm()
	plan.Methods, plan.Latency = []string{"chat.postMessage"}, slackfake.Duration(50*time.Millisecond)
	plan.Chances = map[slackfake.Fault]float64{slackfake.ResetAfter: 0.1}
	h := newHunt(t, build(t), seedOf(t), plan)
	for range 8 {
		h.press.publish(3)
		h.runAndSignal(time.Duration(h.rnd.IntN(400))*time.Millisecond, func(p *os.Process) time.Time {
			h.must(p.Signal(syscall.SIGSTOP))
			time.Sleep(1500 * time.Millisecond) // longer than the quarantine
			h.must(p.Signal(syscall.SIGCONT))
			time.Sleep(300 * time.Millisecond)
			h.must(p.Signal(syscall.SIGTERM))
			return time.Now()
		})
	}
	h.check()
}

func forbidShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("kills take their time; -short leaves them out")
	}
}

func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d (-killseed %d repeats it)", seed, seed)
	return seed
}

// calm is a Slack in good health that is in no hurry to show what was posted.
func calm() slackfake.Plan {
	return slackfake.Plan{Rate: slackfake.Rate{Off: true}, HistoryLag: slackfake.Duration(100 * time.Millisecond)}
}

// hunt is one program with its feeds and its Slack.
type hunt struct {
	*prey
	rnd   *rand.Rand
	press *press
	feeds string // where the press serves
	slack *slackfake.Server
	posts chan int // a post has come, nothing is done with it yet: from which program
}

func newHunt(t *testing.T, binary string, seed uint64, plan slackfake.Plan) *hunt {
	t.Helper()
	h := newSlackHunt(t, binary, seed, plan, pressFeeds)
	feeds := httptest.NewServer(h.press)
	t.Cleanup(feeds.Close)
	h.feeds = feeds.URL
	h.writeRules(pressFeeds, h.feeds)
	return h
}

// newSlackHunt is newHunt without the feeds' server and the rules.
func newSlackHunt(t *testing.T, binary string, seed uint64, plan slackfake.Plan, feeds int) *hunt {
	t.Helper()
	h := &hunt{rnd: rand.New(rand.NewPCG(seed, 0)), posts: make(chan int, 1)}
	h.press = newPress(h.rnd, feeds)
	h.slack = slackfake.New(slackfake.Config{Seed: int64(seed), Plan: plan}) //nolint:gosec // any seed will do
	t.Cleanup(func() { _ = h.slack.Close() })                                // it has no journal to write
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := 0 // several programs have paths of their own: /1/api/ and so on
		if _, err := fmt.Sscanf(r.URL.Path, "/%d/api/", &from); err == nil {
			r.URL.Path = r.URL.Path[strings.Index(r.URL.Path, "/api/"):]
		}
		if strings.HasSuffix(r.URL.Path, "chat.postMessage") {
			select {
			case h.posts <- from:
			default:
			}
		}
		h.slack.ServeHTTP(w, r)
	}))
	t.Cleanup(api.Close)
	h.prey = &prey{t: t, dir: t.TempDir(), binary: binary, api: api.URL + "/api/", db: "sqlite://state.db"}
	return h
}

// runAndKill lets the program live for a moment, or until shortly after it posts.
// It must not end by itself but for once, and never with an error.
func (h *hunt) runAndKill(args ...string) {
	h.t.Helper()
	life, around := time.Duration(20+h.rnd.IntN(180))*time.Millisecond, h.rnd.IntN(2) == 0
	ctx, kill := context.WithCancel(context.Background()) // its end is kill -9
	defer kill()
	cmd, out := h.command(ctx, args...)
	select {
	case <-h.posts: // of the one before
	default:
	}
	h.must(cmd.Start())
	var dead sync.WaitGroup
	defer dead.Wait()
	dead.Go(func() {
		defer kill()
		if around {
			select {
			case <-h.posts:
				life = life / 10
			case <-time.After(400 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		select {
		case <-time.After(life):
		case <-ctx.Done():
		}
	})
	err := cmd.Wait()
	if killed := ctx.Err() != nil; err != nil && !killed {
		h.t.Errorf("%v ended by itself: %v\n%s", args, err, out)
	}
	kill()
}

func (h *hunt) plan(p slackfake.Plan) {
	h.t.Helper()
	h.must(h.slack.SetPlan(p))
}

// came counts the calls of a method so far.
func (h *hunt) came(method string) (n int) {
	for _, e := range h.slack.Journal() {
		if e.Method == method {
			n++
		}
	}
	return n
}

// dieAt runs the program until it kills itself at a step.
func (h *hunt) dieAt(where string) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd, out := h.command(ctx, "once", "--now")
	cmd.Env = append(cmd.Env, "NEWSWATCH_TEST_CRASH_AT="+where)
	err := cmd.Run()
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if err == nil || ctx.Err() != nil || !ok || status.Signal() != syscall.SIGKILL {
		h.t.Errorf("the program did not come to %s: %v\n%s", where, err, out)
	}
}

// runAndSignal starts the daemon, does something to it a while after it said that
// it runs, and gives how long it took to end well after that.
func (h *hunt) runAndSignal(after time.Duration, signal func(*os.Process) time.Time) time.Duration {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd, _ := h.command(ctx, "run", "--listen", "off")
	cmd.Args = append(cmd.Args, "--log-level", "info")
	cmd.Stderr = nil
	stderr, err := cmd.StderrPipe()
	h.must(err)
	h.must(cmd.Start())
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), "msg=running") {
	}
	var log strings.Builder
	var reading sync.WaitGroup
	reading.Go(func() {
		for lines.Scan() {
			log.WriteString(lines.Text() + "\n")
		}
	})
	time.Sleep(after)
	began := signal(cmd.Process)
	reading.Wait()
	if err := cmd.Wait(); err != nil {
		h.t.Errorf("the program did not end well: %v\n%s", err, log.String())
	}
	return time.Since(began)
}

// check lets the program finish, and holds what Slack shows and took against what
// the feeds showed.
func (h *hunt) check() {
	h.t.Helper()
	h.plan(calm())
	h.settle()
	h.finish()
	told := h.slack.All()
	h.t.Logf("%d items, %d reports of growing stories, %d messages", len(h.press.items), h.press.reports, len(told))
	checkAudit(h.t, h.slack.Audit())
	h.checkJournal()
	h.checkOutbox(told)
	for _, channel := range []string{"urgent", "desk"} {
		h.press.checkToldOnce(h.t, channel, h.slack.Visible(channel))
	}
	db := h.state()
	defer db.Close()
	h.checkRewritten(db, told)
	if !strings.HasPrefix(h.db, "sqlite:") {
		return
	}
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		h.t.Errorf("the database: %s %v", verdict, err)
	}
}

// state opens the program's database.
func (p *prey) state() *sql.DB {
	p.t.Helper()
	driver, name := "pgx", p.db
	if file, ok := strings.CutPrefix(p.db, "sqlite://"); ok {
		driver, name = "sqlite", filepath.Join(p.dir, file)
	}
	db, err := sql.Open(driver, name)
	p.must(err)
	return db
}

// checkRewritten holds the blocks of each message that was rewritten against those
// of its newest rewriting.
func (h *hunt) checkRewritten(db *sql.DB, told []slackfake.Message) {
	h.t.Helper()
	shown := map[string]json.RawMessage{}
	for _, m := range told {
		if m.Part == 1 {
			shown[m.DeliveryID] = m.Blocks
		}
	}
	rows, err := db.Query(`SELECT reply_to, state, payload FROM deliveries WHERE kind = 'update' ORDER BY created_at`)
	h.must(err)
	defer rows.Close()
	type rewriting struct {
		state  string
		blocks json.RawMessage
	}
	newest := map[string]rewriting{}
	for rows.Next() {
		var id, state string
		var payload []byte
		h.must(rows.Scan(&id, &state, &payload))
		var frozen struct{ Blocks json.RawMessage }
		h.must(json.Unmarshal(payload, &frozen))
		newest[id] = rewriting{state, frozen.Blocks}
	}
	h.must(rows.Err())
	for id, want := range newest {
		var a, b any
		h.must(json.Unmarshal(shown[id], &a))
		h.must(json.Unmarshal(want.blocks, &b))
		if want.state != "sent" || !reflect.DeepEqual(a, b) {
			h.t.Errorf("%s shows\n%s\nin the end, and its newest rewriting is %s:\n%s", id, shown[id], want.state, want.blocks)
		}
	}
	h.t.Logf("%d messages show their newest rewriting", len(newest))
}

func checkAudit(t *testing.T, problems []string) {
	t.Helper()
	for _, p := range problems {
		t.Errorf("audit: %s", p)
	}
}

// checkJournal looks for a part of a delivery that Slack took more than once.
func (h *hunt) checkJournal() {
	h.t.Helper()
	taken := map[string]int{}
	for _, e := range h.slack.Journal() {
		if e.Method == "chat.postMessage" && e.Accepted {
			taken[fmt.Sprintf("%s/%d", e.DeliveryID, e.Part)]++
		}
	}
	for id, n := range taken {
		if n > 1 {
			h.t.Errorf("Slack took %s %d times", id, n)
		}
	}
}

// checkOutbox holds what the program believes to have sent against what stands.
func (h *hunt) checkOutbox(told []slackfake.Message) {
	h.t.Helper()
	stands := map[string]bool{}
	for _, m := range told {
		stands[fmt.Sprintf("%s/%d %s", m.DeliveryID, m.Part, m.TS)] = true
	}
	cmd, out := h.command(context.Background(), "outbox", "list", "--limit", "1000000", "--json")
	h.must(cmd.Run())
	believed := 0
	for line := range strings.Lines(out.String()) {
		var d struct {
			ID, Kind, State, TS string
			Part                int
		}
		h.must(json.Unmarshal([]byte(line), &d))
		switch {
		case d.State == "superseded":
		case d.State != "sent":
			h.t.Errorf("%s/%d is %s in the end", d.ID, d.Part, d.State)
		case d.Kind != "update":
			believed++
			if !stands[fmt.Sprintf("%s/%d %s", d.ID, d.Part, d.TS)] {
				h.t.Errorf("%s/%d is thought sent at %s, and is not there", d.ID, d.Part, d.TS)
			}
		}
	}
	if believed != len(told) {
		h.t.Errorf("%d messages are thought sent, %d stand in Slack", believed, len(told))
	}
}

// build builds the program as it ships: without the race detector.
func build(t *testing.T, flags ...string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "newswatch")
	cmd := exec.Command("go", append(append([]string{"build"}, flags...), "-o", binary, ".")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// prey is the program that is killed.
type prey struct {
	t           *testing.T
	dir, binary string
	api, db     string
}

// writeRules writes rules for the press's feeds, dealt out to the servers at bases.
func (p *prey) writeRules(n int, bases ...string) {
	var feeds strings.Builder
	for i := range n {
		fmt.Fprintf(&feeds, "  - {id: f%d, name: Outlet %d, url: %q, lang: en}\n", i, i, fmt.Sprintf("%s/%d", bases[i%len(bases)], i))
	}
	src := fmt.Sprintf(`version: 1
settings:
  timezone: UTC
  poll: 1s
  backfill: 24h
  network: {allow: ["127.0.0.0/8"]}
  slack: {quarantine: 400ms, look_again: 200ms, pace: 5ms}
feeds:
%srules:
  - id: truce
    title: Truce
    when: {any: [truce]}
    score: 50
digests:
  - {id: desk, title: Desk, cron: "* * * * *", rules: all, to: {slack: desk}}
alerts:
  - {id: urgent, title: Urgent, rules: [truce], min_publishers: 1, cooldown: 0s, to: {slack: urgent}}
`, feeds.String())
	if err := os.WriteFile(filepath.Join(p.dir, "rules.yaml"), []byte(src), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *prey) command(ctx context.Context, args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.CommandContext(ctx, p.binary, append(args, "--rules", "rules.yaml", "--db", p.db, "--log-level", "warn")...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "SLACK_BOT_TOKEN=xoxb-kill-test", "SLACK_API_URL="+p.api)
	out := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

// settle lets the program live until everything that was published is told and
// the outbox is empty.
func (h *hunt) settle() {
	h.t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		cmd, out := h.command(ctx, "once", "--now", "--json")
		cmd.Stderr = nil
		err := cmd.Run()
		cancel()
		if err != nil {
			h.t.Fatalf("settling: %v\n%s", err, out)
		}
		if strings.Contains(out.String(), `"uncertain":0,"waiting":0`) && h.press.allSeen() {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("not settled: %s", out)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// finish runs the program until nothing waits: a rewriting does so for two minutes
// when an older one was under way when the program was killed.
func (h *hunt) finish() {
	h.t.Helper()
	for deadline := time.Now().Add(4 * time.Minute); ; time.Sleep(time.Second) {
		cmd, out := h.command(context.Background(), "outbox", "list", "--state", "pending,sending,held", "--json")
		h.must(cmd.Run())
		if out.Len() == 0 {
			return
		}
		if time.Now().After(deadline) {
			h.t.Errorf("still waiting: %s", out)
			return
		}
		cmd, _ = h.command(context.Background(), "once")
		h.must(cmd.Run())
	}
}

func (p *prey) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// pressFeeds is how many feeds the press of one program has.
const pressFeeds = 3

// press publishes items about different things: pseudo-words that share nothing
// but the word that the rule looks for, so that each is a story of its own.
type press struct {
	mu    sync.Mutex
	rnd   *rand.Rand
	used  map[string]bool
	items []pressItem
	asked []int // by feed: items in the last answer

	saga    []string // words of the story that grows
	reports int
}

type pressItem struct {
	title, body string
	at          time.Time
	saga        bool // a report of a story that grows: it is not told by itself
}

func newPress(rnd *rand.Rand, feeds int) *press {
	p := &press{rnd: rand.New(rand.NewPCG(rnd.Uint64(), 1)), used: map[string]bool{}, asked: make([]int, feeds)}
	p.publish(5)
	return p
}

func (p *press) publish(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		body := p.words(25)
		p.items = append(p.items, pressItem{title: "Truce " + p.words(5), body: "The " + body + ".", at: time.Now()})
	}
}

// goOn publishes one more report of a story that grows, or begins the next one.
func (p *press) goOn() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reports%6 == 0 {
		p.saga = strings.Fields(p.words(30))
	}
	p.reports++
	p.items = append(p.items, pressItem{
		title: "Truce " + strings.Join(p.saga[:5], " ") + " " + p.words(1), body: "The " + strings.Join(p.saga, " ") + " " + p.words(6) + ".",
		at: time.Now(), saga: true,
	})
}

// words gives n words that no item had before: two that share a rare word may
// rightly be taken for one story.
func (p *press) words(n int) string {
	words := make([]string, n)
	for i := range words {
		for words[i] == "" || p.used[words[i]] {
			words[i] = ""
			for range 4 {
				words[i] += string("bdfgklmnprstvz"[p.rnd.IntN(14)]) + string("aeiou"[p.rnd.IntN(5)])
			}
		}
		p.used[words[i]] = true
	}
	return strings.Join(words, " ")
}

// ServeHTTP serves feed /N: every item whose number is N modulo the feeds.
func (p *press) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var n int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err != nil || n >= len(p.asked) {
		http.NotFound(w, r)
		return
	}
	p.asked[n] = len(p.items)
	fmt.Fprint(w, `<rss version="2.0"><channel><title>Outlet</title>`)
	for i := len(p.items) - 1; i >= 0; i-- {
		if it := p.items[i]; i%len(p.asked) == n {
			fmt.Fprintf(w, "<item><guid>item-%d</guid><link>https://outlet-%d.example/%d</link><title>%s</title><description>%s</description><pubDate>%s</pubDate></item>",
				i, n, i, html.EscapeString(it.title), html.EscapeString(it.body), it.at.UTC().Format(time.RFC1123Z))
		}
	}
	fmt.Fprint(w, "</channel></rss>")
}

// allSeen says whether every feed was asked after the last item came.
func (p *press) allSeen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.asked {
		if n < len(p.items) {
			return false
		}
	}
	return true
}

// checkToldOnce looks for each item's headline in the messages of a channel.
func (p *press) checkToldOnce(t *testing.T, channel string, messages []slackfake.Message) {
	t.Helper()
	lost, twice := 0, 0
	for _, it := range p.items {
		if it.saga {
			continue
		}
		n := 0
		for _, m := range messages {
			if strings.Contains(string(m.Blocks), it.title) {
				n++
			}
		}
		switch {
		case n == 0:
			lost++
			t.Errorf("#%s: lost: %s", channel, it.title)
		case n > 1:
			twice++
			t.Errorf("#%s: told %d times: %s", channel, n, it.title)
		}
	}
	t.Logf("#%s: %d messages, %d lost, %d twice", channel, len(messages), lost, twice)
}
