package main_test

import (
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWebhookKills kills the program as TestKills does, once for ten times there,
// while two receivers reset one connection in seven after they took a document,
// one in twenty before, and send every tenth away. The target that says resend
// loses nothing, and what comes twice has the same key and the same content; the
// one that says skip never sends anything twice.
func TestWebhookKills(t *testing.T) {
	forbidShort(t)
	seed := seedOf(t)
	h := newHunt(t, build(t), seed, calm())
	resend, skip := broken(t, h, "RESEND_HOOK"), broken(t, h, "SKIP_HOOK")
	h.writeHookRules()
	for range max(*kills/10, 10) {
		h.press.publish(h.rnd.IntN(3))
		verb := []string{"run", "--listen", "off"}
		if h.rnd.IntN(4) == 0 {
			verb = []string{"once", "--now"}
		}
		h.runAndKill(verb...)
	}
	for _, r := range []*receiver{resend, skip} {
		r.mu.Lock()
		r.mood = nil
		r.mu.Unlock()
	}
	h.settle()

	lost, twice := resend.count(h.press.items)
	again := len(resend.all()) - len(resend.byKey(t))
	t.Logf("resend: %d documents, %d lost, %d stories under two keys, %d documents came again", len(resend.all()), lost, twice, again)
	if lost > 0 || twice > 0 {
		t.Errorf("resend: %d lost, %d under two keys, want none", lost, twice)
	}
	lost, twice = skip.count(h.press.items)
	again = len(skip.all()) - len(skip.byKey(t))
	t.Logf("skip: %d documents, %d lost, %d stories under two keys, %d documents came again", len(skip.all()), lost, twice, again)
	if twice > 0 || again > 0 {
		t.Errorf("skip: %d under two keys, %d came again, want none", twice, again)
	}
	if len(skip.all()) < len(h.press.items)/4 {
		t.Errorf("skip: only %d documents for %d items", len(skip.all()), len(h.press.items))
	}
}

// broken is a receiver that breaks by the seed of a hunt, at the address in a secret.
func broken(t *testing.T, h *hunt, secret string) *receiver {
	rnd := rand.New(rand.NewPCG(h.rnd.Uint64(), 11))
	r := &receiver{mood: func() string {
		select {
		case h.posts <- 0: // the hunter waits for one
		default:
		}
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

// writeHookRules sends what the feeds bring to the two receivers alone.
func (h *hunt) writeHookRules() {
	path := filepath.Join(h.dir, "rules.yaml")
	src, err := os.ReadFile(path)
	h.must(err)
	head, _, _ := strings.Cut(string(src), "digests:")
	head = strings.ReplaceAll(head, "quarantine: 400ms, look_again: 200ms", "quarantine: 100ms, look_again: 50ms")
	h.must(os.WriteFile(path, []byte(head+`alerts:
  - {id: resend, rules: [truce], to: {webhook: RESEND_HOOK, on_uncertain: resend}}
  - {id: skip, rules: [truce], to: {webhook: SKIP_HOOK, on_uncertain: skip}}
`), 0o600))
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
