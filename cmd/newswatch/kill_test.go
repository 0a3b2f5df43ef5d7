package main_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"newswatch/notify/slack/slackfake"
)

var (
	kills    = flag.Int("kills", 100, "how often TestKills kills the program")
	killSeed = flag.Uint64("killseed", 0, "seed of TestKills; 0: a new one, printed")
)

// TestKills kills a real newswatch at random moments, again and again, while
// Slack resets one connection in seven after it accepted the message and sends
// every tenth away. In the end each item that the feeds ever showed must have
// been told exactly once by the alert and exactly once by the digest.
func TestKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills take their time; -short leaves them out")
	}
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d (-killseed %d repeats it)", seed, seed)
	rnd := rand.New(rand.NewPCG(seed, 0))

	press := newPress(rnd)
	feeds := httptest.NewServer(press)
	defer feeds.Close()
	slack := slackfake.New(slackfake.Config{Seed: int64(seed), Plan: slackfake.Plan{ //nolint:gosec // any seed will do
		Chances: map[slackfake.Fault]float64{slackfake.ResetAfter: 0.15, slackfake.RateLimited: 0.10},
		Methods: []string{"chat.postMessage"}, Rate: slackfake.Rate{Off: true},
		HistoryLag: slackfake.Duration(100 * time.Millisecond),
	}})
	api, err := slack.Start("")
	if err != nil {
		t.Fatal(err)
	}
	defer slack.Close()

	p := &prey{t: t, dir: t.TempDir(), binary: build(t), api: api}
	p.writeRules(feeds.URL)
	for range *kills {
		press.publish(rnd.IntN(3))
		verb := []string{"run", "--listen", "off"}
		if rnd.IntN(4) == 0 {
			verb = []string{"once", "--now"}
		}
		p.runAndKill(time.Duration(20+rnd.IntN(400))*time.Millisecond, verb...)
	}
	if err := slack.SetPlan(slackfake.Plan{Rate: slackfake.Rate{Off: true}}); err != nil {
		t.Fatal(err)
	}
	p.settle(press)
	told := slack.All()
	t.Logf("%d kills, %d items, %d messages", *kills, len(press.items), len(told))
	checkAudit(t, slack.Audit())
	for _, channel := range []string{"urgent", "desk"} {
		press.checkToldOnce(t, channel, slack.Visible(channel))
	}
}

// build builds the program as it ships: without the race detector.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "newswatch")
	cmd := exec.Command("go", "build", "-o", binary, ".")
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
	api         string
}

func (p *prey) writeRules(base string) {
	var feeds strings.Builder
	for i := range pressFeeds {
		fmt.Fprintf(&feeds, "  - {id: f%d, name: Outlet %d, url: %q, lang: en}\n", i, i, fmt.Sprintf("%s/%d", base, i))
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
	cmd := exec.CommandContext(ctx, p.binary, append(args, "--rules", "rules.yaml", "--db", "sqlite://state.db", "--log-level", "warn")...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "SLACK_BOT_TOKEN=xoxb-kill-test", "SLACK_API_URL="+p.api)
	out := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

// runAndKill lets the program live for a while. It must not end by itself but
// for once, and never with an error.
func (p *prey) runAndKill(life time.Duration, args ...string) {
	ctx, cancel := context.WithTimeout(context.Background(), life)
	defer cancel()
	cmd, out := p.command(ctx, args...) // the context's end is kill -9
	if err := cmd.Run(); err != nil && ctx.Err() == nil {
		p.t.Fatalf("%v ended by itself: %v\n%s", args, err, out)
	}
}

// settle lets the program live until everything that was published is told and
// the outbox is empty.
func (p *prey) settle(press *press) {
	p.t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		cmd, out := p.command(ctx, "once", "--now", "--json")
		cmd.Stderr = nil
		err := cmd.Run()
		cancel()
		if err != nil {
			p.t.Fatalf("settling: %v\n%s", err, out)
		}
		if strings.Contains(out.String(), `"uncertain":0,"waiting":0`) && press.allSeen() {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("not settled: %s", out)
		}
		time.Sleep(300 * time.Millisecond)
	}
}

func checkAudit(t *testing.T, problems []string) {
	t.Helper()
	for _, p := range problems {
		t.Errorf("audit: %s", p)
	}
}

// pressFeeds is how many feeds the press has.
const pressFeeds = 3

// press publishes items about different things: pseudo-words that share nothing
// but the word that the rule looks for, so that each is a story of its own.
type press struct {
	mu    sync.Mutex
	rnd   *rand.Rand
	used  map[string]bool
	items []pressItem
	asked [pressFeeds]int // items in the last answer
}

type pressItem struct {
	title, body string
	at          time.Time
}

func newPress(rnd *rand.Rand) *press {
	p := &press{rnd: rand.New(rand.NewPCG(rnd.Uint64(), 1)), used: map[string]bool{}}
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
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err != nil || n >= pressFeeds {
		http.NotFound(w, r)
		return
	}
	p.asked[n] = len(p.items)
	fmt.Fprint(w, `<rss version="2.0"><channel><title>Outlet</title>`)
	for i := len(p.items) - 1; i >= 0; i-- {
		if it := p.items[i]; i%pressFeeds == n {
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
