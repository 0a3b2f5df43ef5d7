package slack_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
)

const hookAddress = "https://hooks.slack.com/services/T0FAKE/BHARBOUR/xSecretWordOfTheHook"

// hook is an incoming webhook of a fake Slack's.
func hook(plan slackfake.Plan) (*slackfake.Server, *slack.Hook) {
	plan.Rate.Off = true
	fake := slackfake.New(slackfake.Config{Plan: plan, Channels: []string{"harbour"}})
	return fake, slack.NewHook(slack.HookConfig{HTTP: fake.Client(), Address: func(string) (news.Secret, error) { return hookAddress, nil }})
}

func hooked(m news.Message) news.Delivery {
	return news.Delivery{ID: "dg_5f0c9a7d21e64b38", Part: 1, Parts: 1, Destination: "slackhook:DESK_HOOK", Payload: m.Payload, Stories: m.Stories}
}

// A digest of 60 stories, an alert, what is new of it and a notice pass the
// strict Slack without an app: no metadata, no thread, every story told.
func TestHookPosts(t *testing.T) {
	t.Parallel()
	fake, h := hook(slackfake.Plan{})
	list, err := h.Digest(many(60))
	if err != nil {
		t.Fatal(err)
	}
	digests := len(list)
	a := urgent()
	a.Mention = []string{"S0123456789", "editors"}
	for _, render := range []func() (news.Message, error){
		func() (news.Message, error) { return h.Alert(a) }, func() (news.Message, error) { return h.Followup(note()) },
		func() (news.Message, error) {
			return h.Notice(news.Notice{Headline: "Delivery held", Subject: "slack:desk"})
		},
	} {
		m, err := render()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	stories := map[string]bool{}
	for i, m := range list {
		d := hooked(m)
		if i < digests {
			d.Part, d.Parts = i+1, digests
		}
		if r, err := h.Post(t.Context(), d); err != nil || r.TS == "" {
			t.Fatalf("message %d: got %v, %v, want a receipt", i+1, r, err)
		}
		for _, id := range m.Stories {
			stories[id] = true
		}
		if strings.Contains(string(m.Payload), "metadata") || strings.Contains(string(m.Payload), "thread") || strings.Contains(string(m.Payload), `"usergroup_id":"@`) {
			t.Errorf("message %d needs an app: %s", i+1, m.Payload)
		}
	}
	if len(stories) < 60 {
		t.Errorf("got %d stories, want all 60", len(stories))
	}
	visible := fake.Visible("harbour")
	if len(visible) != len(list) {
		t.Errorf("got %d messages, want %d", len(visible), len(list))
	}
	for _, problem := range fake.Audit() {
		if problem != "live mention <!subteam^S0123456789> in #harbour at "+visible[digests].TS {
			t.Errorf("audit: %s", problem)
		}
	}
	if m, err := h.Alert(news.Alert{Kind: news.KindUpdate}); err != nil || len(m.Payload) > 0 {
		t.Errorf("got %q, %v for a rewriting, want nothing to send", m.Payload, err)
	}
	if _, _, err := h.Find(t.Context(), news.Delivery{}); !errors.Is(err, notify.ErrNoLookup) {
		t.Errorf("got %v, want ErrNoLookup", err)
	}
}

// What an answer proves, by the table of Slack's words.
func TestHookAnswers(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string, header ...string) transport {
		return func(*http.Request) (*http.Response, error) {
			h := http.Header{}
			for i := 0; i+1 < len(header); i += 2 {
				h.Set(header[i], header[i+1])
			}
			return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
		}
	}
	fails := func(err error) transport { return func(*http.Request) (*http.Response, error) { return nil, err } }
	const unknown = notify.RefusalKind("unknown")
	tests := map[string]struct {
		slack  transport
		kind   notify.RefusalKind // "": posted
		reason string
	}{
		"ok":                 {answer(200, "ok"), "", ""},
		"ok and a line":      {answer(200, "ok\n"), "", ""},
		"somebody's page":    {answer(200, "<html>Welcome to the hotel</html>"), unknown, "status 200"},
		"too many":           {answer(429, "rate_limited", "Retry-After", "7"), notify.RefusedRate, "ratelimited"},
		"over the plan":      {answer(429, ""), notify.RefusedConfig, "message_limit_exceeded"},
		"invalid_payload":    {answer(400, "invalid_payload"), notify.RefusedRender, "invalid_payload"},
		"invalid_blocks":     {answer(400, "invalid_blocks"), notify.RefusedRender, "invalid_blocks"},
		"no_text":            {answer(400, "no_text"), notify.RefusedRender, "no_text"},
		"user_not_found":     {answer(404, "user_not_found"), notify.RefusedConfig, "status 404: user_not_found"},
		"action_prohibited":  {answer(403, "action_prohibited"), notify.RefusedConfig, "status 403: action_prohibited"},
		"no_service":         {answer(404, "no_service"), notify.RefusedConfig, "status 404: no_service"},
		"channel_is_archive": {answer(410, "channel_is_archived"), notify.RefusedConfig, "status 410: channel_is_archived"},
		"no_team":            {answer(400, "no_team"), notify.RefusedConfig, "status 400: no_team"},
		"a proxy's page":     {answer(407, "<h1>xSecretWordOfTheHook needs a login</h1>"), notify.RefusedConfig, "status 407"},
		"elsewhere":          {answer(302, "", "Location", hookAddress), notify.RefusedConfig, "redirected, status 302"},
		"rollup_error":       {answer(500, "rollup_error"), unknown, "status 500: rollup_error"},
		"away":               {answer(503, "<html>xSecretWordOfTheHook</html>"), unknown, "status 503"},
		"slow":               {answer(408, ""), unknown, "status 408"},
		"reset":              {fails(syscall.ECONNRESET), unknown, "reset"},
		"no answer":          {fails(io.EOF), unknown, "EOF"},
		"an echo":            {fails(errors.New("proxy: cannot reach " + hookAddress)), unknown, "proxy: cannot reach"},
		"endless":            {answer(200, strings.Repeat("ok", 1<<20)), unknown, "more than"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := slack.NewHook(slack.HookConfig{
				HTTP: &http.Client{Transport: test.slack}, Address: func(string) (news.Secret, error) { return hookAddress, nil },
			})
			_, err := h.Post(t.Context(), hooked(news.Message{Payload: []byte(`{"text":"x"}`)}))
			if test.kind == "" {
				if err != nil {
					t.Errorf("got %v, want posted", err)
				}
				return
			}
			if err == nil {
				t.Fatal("got posted")
			}
			got, refusal := unknown, (*notify.Refusal)(nil)
			if errors.As(err, &refusal) {
				got = refusal.Kind
			}
			if got != test.kind || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("got %s: %v, want %s with %q", got, err, test.kind, test.reason)
			}
			if name == "too many" && refusal.RetryAfter != 7*time.Second {
				t.Errorf("got %v to wait, want 7s", refusal.RetryAfter)
			}
			if strings.Contains(err.Error(), "xSecret") {
				t.Errorf("the address shows: %v", err)
			}
		})
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Only Slack's hosts are posted to, and that of another base of the methods.
func TestHookAddresses(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		hookAddress: true,
		"https://hooks.slack-gov.com/services/T0/B0/xSecret":    true,
		"http://127.0.0.1:8766/services/T0/B0/xSecret":          true,
		"http://hooks.slack.com/services/T0/B0/xSecret":         false,
		"https://hooks.slack.com:8443/services/T0/B0/xSecret":   false,
		"https://u:xSecret@hooks.slack.com/services/T0/B0/x":    false,
		"https://hooks.slack.com.evil.example/services/T0/B0/x": false,
		"https://receiver.example/in/xSecret":                   false,
		"https://127.0.0.1:8766/services/T0/B0/xSecret":         false,
		"hooks.slack.com/services/T0/B0/xSecret":                false,
		"https://hooks.slack.com/services/T0/B0/%zzxSecret":     false,
		"xoxb-xSecret": false,
		"ftp://hooks.slack.com/services/T0/B0/xSecret":              false,
		"https://evil.example\\@hooks.slack.com/services/T0/B0/xSe": false,
	} {
		err := slack.CheckAddress(news.Secret(address), "http://127.0.0.1:8766/api/")
		if (err == nil) != good {
			t.Errorf("%s: got %v, want good %v", address, err, good)
		}
		if err != nil && strings.Contains(err.Error(), "xSecret") {
			t.Errorf("the address shows: %v", err)
		}
	}
	h := slack.NewHook(slack.HookConfig{Address: func(string) (news.Secret, error) { return "", nil }})
	var refusal *notify.Refusal
	_, err := h.Post(context.Background(), hooked(news.Message{Payload: []byte(`{}`)}))
	if !errors.As(err, &refusal) || refusal.Kind != notify.RefusedConfig || !strings.Contains(err.Error(), "DESK_HOOK") {
		t.Errorf("got %v without a secret, want it held with the secret's name", err)
	}
}

// A form that Slack refuses goes plainer, down to the text alone.
func TestHookLean(t *testing.T) {
	t.Parallel()
	fake, h := hook(slackfake.Plan{BlocksMax: 200})
	m, err := h.Alert(urgent())
	if err != nil {
		t.Fatal(err)
	}
	payload, rung := m.Payload, 0
	for {
		_, err := h.Post(t.Context(), hooked(news.Message{Payload: payload}))
		var refusal *notify.Refusal
		if err == nil {
			break
		}
		if !errors.As(err, &refusal) || refusal.Kind != notify.RefusedRender {
			t.Fatal(err)
		}
		rung++
		leaner, ok := h.Lean(payload, rung)
		if !ok {
			t.Fatalf("nothing plainer after rung %d", rung)
		}
		payload = leaner
	}
	if got := fake.Visible("harbour"); rung != 2 || len(got) != 1 || len(got[0].Blocks) != 0 || got[0].Text == "" {
		t.Errorf("got %d messages at rung %d, want one of text alone at rung 2", len(got), rung)
	}
}
