package main_test

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestWebhookKills kills the program at random moments, four times for ten of
// TestKills, while two receivers reset
// one connection in seven after they took a document, one in twenty before, and
// send every tenth away. The target that says resend loses nothing, and what
// comes twice has the same key and the same content; the one that says skip never
// sends anything twice.
func TestWebhookKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills take their time; -short leaves them out")
	}
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d (-killseed %d repeats it)", seed, seed)
	rnd := rand.New(rand.NewPCG(seed, 7))
	press := newPress(rnd)
	feeds := httptest.NewServer(press)
	defer feeds.Close()
	resend, skip := broken(t, seed, "RESEND_HOOK"), broken(t, seed+1, "SKIP_HOOK")
	p := &prey{t: t, dir: t.TempDir(), binary: build(t), api: "http://127.0.0.1:1/api/"}
	writeHookRules(t, p.dir, feeds.URL)
	for range *kills * 4 / 10 {
		press.publish(rnd.IntN(3))
		verb := []string{"run", "--listen", "off"}
		if rnd.IntN(4) == 0 {
			verb = []string{"once", "--now"}
		}
		p.runAndKill(time.Duration(20+rnd.IntN(400))*time.Millisecond, verb...)
	}
	for _, r := range []*receiver{resend, skip} {
		r.mu.Lock()
		r.mood = nil
		r.mu.Unlock()
	}
	p.settle(press)

	lost, twice := resend.count(press.items)
	again := len(resend.all()) - len(resend.byKey(t))
	t.Logf("resend: %d documents, %d lost, %d stories under two keys, %d documents came again", len(resend.all()), lost, twice, again)
	if lost > 0 || twice > 0 {
		t.Errorf("resend: %d lost, %d under two keys, want none", lost, twice)
	}
	lost, twice = skip.count(press.items)
	again = len(skip.all()) - len(skip.byKey(t))
	t.Logf("skip: %d documents, %d lost, %d stories under two keys, %d documents came again", len(skip.all()), lost, twice, again)
	if twice > 0 || again > 0 {
		t.Errorf("skip: %d under two keys, %d came again, want none", twice, again)
	}
	if len(skip.all()) < len(press.items)/4 {
		t.Errorf("skip: only %d documents for %d items", len(skip.all()), len(press.items))
	}
}

// broken is a receiver that breaks by a seed, at the address in a secret.
func broken(t *testing.T, seed uint64, secret string) *receiver {
	rnd := rand.New(rand.NewPCG(seed, 11))
	r := &receiver{mood: func() string {
		switch n := rnd.Float64(); {
		case n < 0.15:
			return "reset"
		case n < 0.20:
			return "refuse"
		case n < 0.30:
			return "429"
		}
		return "ok"
	}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	t.Setenv(secret, server.URL+"/in")
	return r
}

func writeHookRules(t *testing.T, dir, base string) {
	var feeds strings.Builder
	for i := range pressFeeds {
		fmt.Fprintf(&feeds, "  - {id: f%d, name: Outlet %d, url: \"%s/%d\", lang: en}\n", i, i, base, i)
	}
	src := fmt.Sprintf(`version: 1
settings:
  timezone: UTC
  poll: 1s
  backfill: 24h
  network: {allow: ["127.0.0.0/8"]}
  slack: {quarantine: 100ms, look_again: 50ms, pace: 5ms}
feeds:
%srules: [{id: truce, title: Truce, when: truce}]
alerts:
  - {id: resend, rules: [truce], to: {webhook: RESEND_HOOK, on_uncertain: resend}}
  - {id: skip, rules: [truce], to: {webhook: SKIP_HOOK, on_uncertain: skip}}
`, feeds.String())
	if err := os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
}

// byKey are the documents under each key; those of one key must say the same.
func (r *receiver) byKey(t *testing.T) map[string]taken {
	keys := map[string]taken{}
	for _, d := range r.all() {
		if was, known := keys[d.key]; known && !slices.Equal(was.headlines, d.headlines) {
			t.Errorf("under %s came %q, then %q", d.key, was.headlines, d.headlines)
		}
		keys[d.key] = d
	}
	return keys
}

// count says how many items no alert told, and how many two told.
func (r *receiver) count(items []pressItem) (lost, twice int) {
	keys := map[string]map[string]bool{} // by headline
	for _, d := range r.all() {
		for _, h := range d.headlines {
			if d.kind != "alert" {
				continue
			}
			if keys[h] == nil {
				keys[h] = map[string]bool{}
			}
			keys[h][d.key] = true
		}
	}
	for _, it := range items {
		switch n := len(keys[it.title]); {
		case n == 0:
			lost++
		case n > 1:
			twice++
		}
	}
	return lost, twice
}
