package slackfake_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/notify/slack/slackfake"
)

// struck is what a caller sees of each fault, and what is true of it.
type struck struct {
	visible  int
	answered bool
	status   int
	word     string // Slack's error, when there is an answer
	err      error  // of the connection
}

func outcomes() map[slackfake.Fault]struck {
	return map[slackfake.Fault]struck{
		slackfake.ResetBefore:   {0, false, 0, "", syscall.ECONNRESET},
		slackfake.BadGateway:    {0, false, 502, "", nil},
		slackfake.RateLimited:   {0, true, 429, "ratelimited", nil},
		slackfake.MessageLimit:  {0, true, 429, "message_limit_exceeded", nil},
		slackfake.HangBefore:    {0, false, 0, "", io.EOF},
		slackfake.ErrorBefore:   {0, true, 200, "invalid_blocks", nil},
		slackfake.ResetAfter:    {1, false, 0, "", syscall.ECONNRESET},
		slackfake.EOFAfter:      {1, false, 0, "", io.EOF},
		slackfake.InternalAfter: {1, false, 200, "internal_error", nil},
		slackfake.HTML500After:  {1, false, 500, "", nil},
		slackfake.ErrorAfter:    {1, false, 200, "fatal_error", nil},
		slackfake.HangAfter:     {1, false, 0, "", io.EOF},
		slackfake.CutBody:       {1, false, 0, "", io.ErrUnexpectedEOF},
		slackfake.Slow:          {1, true, 200, "", nil},
		slackfake.Drip:          {1, true, 200, "", nil},
		slackfake.WrongType:     {1, true, 200, "", nil},
		slackfake.Drop:          {0, true, 200, "", nil},
	}
}

func scripted(f slackfake.Fault) slackfake.Plan {
	plan := calm()
	step := slackfake.Step{Method: "chat.postMessage", Call: 1, Fault: f, For: slackfake.Duration(20 * time.Millisecond)}
	switch f {
	case slackfake.ErrorBefore:
		step.Error = "invalid_blocks"
	case slackfake.ErrorAfter:
		step.Error = "fatal_error"
	}
	plan.Script = []slackfake.Step{step}
	return plan
}

// Each fault does the same in memory and on a port.
func TestFaults(t *testing.T) {
	t.Parallel()
	for fault, want := range outcomes() {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			memory := newSlack(t, slackfake.Config{Plan: scripted(fault)})
			got, err := try(memory, "chat.postMessage", message(nil))
			judge(t, memory, fault, want, got, err)
		})
		t.Run(string(fault)+" on a port", func(t *testing.T) {
			t.Parallel()
			ported := newSlack(t, slackfake.Config{Plan: scripted(fault)})
			base, err := ported.Start("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			got, err := over(base, "chat.postMessage", message(nil))
			judge(t, ported, fault, want, got, err)
		})
	}
}

func over(base, method string, body any) (answer, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequest(http.MethodPost, base+method, bytes.NewReader(b))
	if err != nil {
		return answer{}, err
	}
	req.GetBody = nil // net/http must not send it again by itself
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	return do(&http.Client{Transport: transport, Timeout: 10 * time.Second}, req)
}

func judge(t *testing.T, s *slackfake.Server, fault slackfake.Fault, want struck, got answer, err error) {
	t.Helper()
	if !errors.Is(err, want.err) || (err == nil) != (want.err == nil) {
		t.Errorf("got error %v, want %v", err, want.err)
	}
	if err == nil && (got.status != want.status || got.Error != want.word) {
		t.Errorf("got %d %q, want %d %q", got.status, got.Error, want.status, want.word)
	}
	if fault == slackfake.MessageLimit && got.header.Get("Retry-After") != "" {
		t.Error("got Retry-After, want none")
	}
	if n := len(s.Visible("news")); n != want.visible {
		t.Errorf("got %d visible, want %d", n, want.visible)
	}
	entries := s.Journal()
	if len(entries) != 1 {
		t.Fatalf("got %d entries, want 1", len(entries))
	}
	e := entries[0]
	if e.Accepted != (want.visible == 1) || e.Answered != want.answered || e.Fault != fault || e.DeliveryID != "dg_1" {
		t.Errorf("got entry %+v, want %+v", e, want)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// What no connection comes of looks different in memory and on a port.
func TestFaultsOfConnections(t *testing.T) {
	t.Parallel()
	for fault, refused := range map[slackfake.Fault]bool{slackfake.Refuse: true, slackfake.TLSError: false} {
		memory := newSlack(t, slackfake.Config{Plan: scripted(fault)})
		if _, err := try(memory, "chat.postMessage", message(nil)); err == nil || errors.Is(err, syscall.ECONNREFUSED) != refused {
			t.Errorf("%s in memory: got error %v", fault, err)
		}
		plan := scripted(fault)
		plan.Script[0].For = slackfake.Duration(300 * time.Millisecond)
		ported := newSlack(t, slackfake.Config{Plan: plan})
		base, err := ported.Start("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := over(base, "chat.postMessage", message(nil)); err == nil {
			t.Errorf("%s on a port: got an answer", fault)
		}
		if _, err := over(base, "chat.postMessage", message(nil)); errors.Is(err, syscall.ECONNREFUSED) != refused {
			t.Errorf("%s on a port, then: got error %v", fault, err)
		}
		time.Sleep(600 * time.Millisecond)
		if got, err := over(base, "auth.test", object{}); err != nil || !got.OK {
			t.Errorf("%s on a port, later: got %+v, %v", fault, got, err)
		}
		if err := ported.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A proxy that sends a post twice makes two messages, but for a Slack that knows
// them apart by their client_msg_id.
func TestTwice(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]int{"ignore": 2, "dedup": 1} {
		plan := scripted(slackfake.Twice)
		plan.ClientMsgID = mode
		s := newSlack(t, slackfake.Config{Plan: plan})
		if _, err := try(s, "chat.postMessage", message(object{"client_msg_id": "5f0c"})); err != nil {
			t.Error(err)
		}
		if n := len(s.Visible("news")); n != want {
			t.Errorf("%s: %d messages, want %d", mode, n, want)
		}
	}
}

func TestLateAccept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlack(t, slackfake.Config{Plan: scripted(slackfake.LateAccept)})
		if _, err := try(s, "chat.postMessage", message(nil)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %v, want a reset", err)
		}
		if n := len(s.Visible("news")); n != 0 {
			t.Errorf("at once: got %d visible, want none", n)
		}
		time.Sleep(21 * time.Millisecond)
		synctest.Wait()
		if n := len(s.Visible("news")); n != 1 {
			t.Errorf("later: got %d visible, want 1", n)
		}
		if e := s.Journal(); len(e) != 2 || e[0].Accepted || !e[1].Accepted || e[1].Answered {
			t.Errorf("got %+v, want the refusal, then the acceptance", e)
		}
	})
}

func TestCloseForgetsWhatIsLate(t *testing.T) {
	t.Parallel()
	plan := scripted(slackfake.LateAccept)
	plan.Script[0].For = slackfake.Duration(time.Hour)
	s := newSlack(t, slackfake.Config{Plan: plan})
	if _, err := try(s, "chat.postMessage", message(nil)); err == nil {
		t.Error("got an answer, want a reset")
	}
	if err := s.Close(); err != nil || len(s.Visible("news")) != 0 {
		t.Errorf("got %v, %d visible", err, len(s.Visible("news")))
	}
}

func TestHangEndsWhenTheCallerLeaves(t *testing.T) {
	t.Parallel()
	for _, fault := range []slackfake.Fault{slackfake.HangBefore, slackfake.HangAfter} {
		plan := scripted(fault)
		plan.Script[0].For = slackfake.Duration(time.Hour)
		s := newSlack(t, slackfake.Config{Plan: plan})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://fake.slack.example/api/chat.postMessage", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Client().Do(req); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, want the deadline", fault, err)
		}
		cancel()
	}
}

func TestScriptCounts(t *testing.T) {
	t.Parallel()
	plan := calm()
	plan.Script = []slackfake.Step{
		{Method: "chat.postMessage", Call: 2, Times: 2, Fault: slackfake.ErrorBefore, Error: "not_in_channel"},
		{Method: "conversations.history", Call: 1, Times: -1, Fault: slackfake.ErrorBefore, Error: "missing_scope"},
		{Method: "*", Call: 9, Fault: slackfake.ErrorBefore, Error: "fatal_error"},
	}
	s := newSlack(t, slackfake.Config{Plan: plan})
	var got []string
	for range 5 {
		got = append(got, post(t, s, "chat.postMessage", message(nil)).Error)
	}
	for range 3 {
		got = append(got, post(t, s, "conversations.history", object{"channel": s.ChannelID("news")}).Error)
	}
	got = append(got, post(t, s, "auth.test", object{}).Error, post(t, s, "auth.test", object{}).Error)
	want := []string{"", "not_in_channel", "not_in_channel", "", "", "missing_scope", "missing_scope", "missing_scope", "fatal_error", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("got another course (-want +got):\n%s", diff)
	}
	if err := s.SetPlan(calm()); err != nil {
		t.Fatal(err)
	}
	if a := post(t, s, "conversations.history", object{"channel": s.ChannelID("news")}); !a.OK {
		t.Errorf("with another plan: got %q, want ok", a.Error)
	}
}

// The same seed strikes the same calls, whatever comes between them.
func TestSeedDecides(t *testing.T) {
	t.Parallel()
	run := func(seed int64, noise bool) (faults []slackfake.Fault) {
		plan := calm()
		plan.Chances = map[slackfake.Fault]float64{
			slackfake.ResetAfter: .15, slackfake.InternalAfter: .1, slackfake.RateLimited: .1, slackfake.ResetBefore: .05,
		}
		s := newSlack(t, slackfake.Config{Seed: seed, Plan: plan})
		for range 200 {
			if noise {
				_, _ = try(s, "auth.test", object{}) // whatever becomes of it
			}
			_, _ = try(s, "chat.postMessage", message(nil))
		}
		for _, e := range s.Journal() {
			if e.Method == "chat.postMessage" {
				faults = append(faults, e.Fault)
			}
		}
		return faults
	}
	one := run(1, false)
	if again := run(1, true); !slices.Equal(one, again) {
		t.Error("the same seed gave other faults")
	}
	if other := run(2, false); slices.Equal(one, other) {
		t.Error("another seed gave the same faults")
	}
	count := map[slackfake.Fault]int{}
	for _, f := range one {
		count[f]++
	}
	// 200 calls at 15 %: 30 expected, standard deviation 5.
	if n := count[slackfake.ResetAfter]; n < 10 || n > 50 {
		t.Errorf("got %d resets in 200 calls, want about 30", n)
	}
}

func TestChancesHoldForTheirMethods(t *testing.T) {
	t.Parallel()
	plan := calm()
	plan.Chances = map[slackfake.Fault]float64{slackfake.BadGateway: 1}
	plan.Methods = []string{"chat.postMessage"}
	s := newSlack(t, slackfake.Config{Plan: plan})
	if a := post(t, s, "auth.test", object{}); !a.OK {
		t.Errorf("auth.test: got %d %q, want ok", a.status, a.Error)
	}
	if a := post(t, s, "chat.postMessage", message(nil)); a.status != http.StatusBadGateway {
		t.Errorf("chat.postMessage: got %d, want 502", a.status)
	}
}

func TestPlans(t *testing.T) {
	t.Parallel()
	good, err := slackfake.ReadPlan(filepath.Join("testdata", "plans", "storm.json"))
	if err != nil {
		t.Fatal(err)
	}
	if good.Chances[slackfake.ResetAfter] != 0.15 || time.Duration(good.HistoryLag) != 1500*time.Millisecond || len(good.Channels) != 2 {
		t.Errorf("got %+v", good)
	}
	for name, src := range map[string]string{
		"unknown key":         `{"resets": 1}`,
		"unknown fault":       `{"chances": {"meteor": 0.1}}`,
		"more than certain":   `{"chances": {"slow": 0.6, "cut_body": 0.6}}`,
		"negative":            `{"chances": {"slow": -0.1}}`,
		"error by chance":     `{"chances": {"error": 0.1}}`,
		"step without a call": `{"script": [{"method": "chat.postMessage", "fault": "slow"}]}`,
		"step without error":  `{"script": [{"method": "chat.postMessage", "call": 1, "fault": "error"}]}`,
		"error without need":  `{"script": [{"method": "chat.postMessage", "call": 1, "fault": "slow", "error": "a"}]}`,
		"span as a number":    `{"hang": 3}`,
		"client_msg_id":       `{"client_msg_id": "maybe"}`,
		"nameless channel":    `{"channels": [{}]}`,
		"two values":          `{} {}`,
		"no JSON":             ``,
	} {
		if _, err := slackfake.ParsePlan([]byte(src)); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if _, err := slackfake.ReadPlan(filepath.Join("testdata", "missing.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that the file is missing", err)
	}
}

func TestJournalFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	for range 2 { // appended over two lives of the fake
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		s := slackfake.New(slackfake.Config{Plan: scripted(slackfake.ResetAfter), Journal: f})
		_, _ = try(s, "chat.postMessage", message(nil)) // reset
		post(t, s, "chat.postMessage", message(object{"metadata": metadata("dg_2", 2, 3)}))
		post(t, s, "conversations.history", object{"channel": s.ChannelID("news")})
		if err := errors.Join(s.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte(token)) {
		t.Error("the token stands in the journal")
	}
	var got []string
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		var e slackfake.Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		got = append(got, fmt.Sprintf("%s %s/%d %q %v %v %s", e.Method, e.DeliveryID, e.Part, e.Stories, e.Accepted, e.Answered, e.Fault))
	}
	life := []string{
		`chat.postMessage dg_1/1 ["0a1b2c3d"] true false reset_after`,
		`chat.postMessage dg_2/2 ["0a1b2c3d"] true true `,
		`conversations.history /0 [] false true `,
	}
	if diff := cmp.Diff(append(life, life...), got); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestJournalThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := slackfake.New(slackfake.Config{Journal: fullDisk{}})
	post(t, s, "auth.test", object{})
	if err := s.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want the disk's error", err)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	s := slackfake.New(slackfake.Config{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Serve(ctx, "127.0.0.1:0"); err != nil {
		t.Errorf("got %v", err)
	}
	if err := s.Serve(ctx, "256.0.0.1:0"); err == nil {
		t.Error("got no error for an address that is none")
	}
}

func TestPagesForPeople(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: calm()})
	post(t, s, "chat.postMessage", message(object{"text": "<script>alert(1)</script>", "blocks": array{sectionOf("a")}}))
	get := func(path string) string {
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		return rec.Body.String()
	}
	if page := get("/"); !strings.Contains(page, "#news") || strings.Contains(page, "<script>") {
		t.Errorf("got %s, want the channel and no script", page)
	}
	var messages []slackfake.Message
	if err := json.Unmarshal([]byte(get("/messages?channel=news")), &messages); err != nil || len(messages) != 1 || messages[0].DeliveryID != "dg_1" {
		t.Errorf("got %+v, %v", messages, err)
	}
	if got := get("/messages?channel=" + url.QueryEscape("#elsewhere")); strings.TrimSpace(got) != "[]" {
		t.Errorf("got %q, want []", got)
	}
	for _, path := range []string{"/messages", "/journal", "/audit"} {
		if got := get(path); !json.Valid([]byte(got)) {
			t.Errorf("%s: got %q, want JSON", path, got)
		}
	}
}

// Many callers at once: nothing is lost, no stamp is given twice.
func TestManyCallers(t *testing.T) {
	t.Parallel()
	plan := calm()
	plan.Chances = map[slackfake.Fault]float64{slackfake.ResetAfter: .2, slackfake.CutBody: .1, slackfake.LateAccept: .1}
	plan.Late = slackfake.Duration(time.Millisecond)
	s := newSlack(t, slackfake.Config{Plan: plan})
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 15 {
				id := fmt.Sprintf("dg_%d_%d", worker, i)
				_, _ = over(base, "chat.postMessage", message(object{"metadata": metadata(id, 1, 1)}))
				_, _ = over(base, "conversations.history", object{"channel": s.ChannelID("news")})
				s.All()
			}
		})
	}
	wg.Wait()
	time.Sleep(20 * time.Millisecond)
	seen := map[string]bool{}
	for _, m := range s.Visible("news") {
		if seen[m.TS] {
			t.Errorf("stamp %s twice", m.TS)
		}
		seen[m.TS] = true
	}
	accepted := 0
	for _, e := range s.Journal() {
		if e.Accepted {
			accepted++
		}
	}
	if len(seen) != 120 || accepted != 120 {
		t.Errorf("got %d visible, %d accepted, want 120 each", len(seen), accepted)
	}
}
