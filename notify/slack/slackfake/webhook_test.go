package slackfake_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"newswatch/notify/slack/slackfake"
)

// knock sends a body to a webhook, in memory.
func knock(s *slackfake.Server, path, kind, body string) (status int, word string, err error) {
	req, err := http.NewRequest(http.MethodPost, "https://hooks.slack.com"+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", kind)
	resp, err := s.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// Slack's words for a webhook, by what is wrong.
func TestWebhookWords(t *testing.T) {
	t.Parallel()
	const form, path = "application/x-www-form-urlencoded", "/services/T0FAKE/BDESK/hiddenword"
	s := newSlack(t, slackfake.Config{Plan: calm(), Channels: []string{"desk"}})
	s.SetChannel(slackfake.Channel{Name: "old", Archived: true})
	s.SetChannel(slackfake.Channel{Name: "read", ReadOnly: true})
	for _, c := range []struct {
		path, kind, body string
		status           int
		word             string
	}{
		{path, "application/json", `{"text":"hello"}`, 200, "ok"},
		{path, form, "payload=" + url.QueryEscape(`{"text":"hello"}`), 200, "ok"},
		{path, "application/json", `{"text":""}`, 400, "no_text"},
		{path, "application/json", `text`, 400, "invalid_payload"},
		{path, "application/json", ``, 400, "invalid_payload"},
		{path, form, "text=hello", 400, "invalid_payload"},
		{path, "application/json", `{"text":"x","metadata":{}}`, 400, "invalid_payload"},
		{path, "application/json", `{"text":"x","channel":"other"}`, 400, "invalid_payload"},
		{path, "application/json", `{"text":"x","blocks":[{"type":"section"}]}`, 400, "invalid_blocks"},
		{"/services/T0FAKE/BNOWHERE/x", "application/json", `{"text":"x"}`, 404, "no_service"},
		{"/services/T0FAKE/BDESK", "application/json", `{"text":"x"}`, 404, "no_service"},
		{"/services/T0FAKE/BOLD/x", "application/json", `{"text":"x"}`, 410, "channel_is_archived"},
		{"/services/T0FAKE/BREAD/x", "application/json", `{"text":"x"}`, 403, "action_prohibited"},
	} {
		status, word, err := knock(s, c.path, c.kind, c.body)
		if err != nil || status != c.status || word != c.word {
			t.Errorf("%s %s: got %d %q, %v, want %d %q", c.path, c.body, status, word, err, c.status, c.word)
		}
	}
	posted := s.Visible("desk")
	if len(posted) != 2 || !posted[0].Hook || posted[0].Text != "hello" {
		t.Errorf("got %+v, want two messages by a webhook", posted)
	}
	for _, e := range s.Journal() {
		if e.Method != "webhook" || strings.Contains(e.Channel, "hidden") {
			t.Errorf("the journal has %+v: the address is a secret", e)
		}
	}
	if problems := s.Audit(); len(problems) < 4 || strings.Contains(strings.Join(problems, " "), "delivery_id, part") {
		t.Errorf("audit: got %q, want what was refused, and no metadata asked for", problems)
	}
}

// Faults strike webhooks as they do methods, and the rate is that of a channel.
func TestWebhookFaults(t *testing.T) {
	t.Parallel()
	const path, body = "/services/T0FAKE/BDESK/x", `{"text":"x","unfurl_links":false,"unfurl_media":false}`
	s := newSlack(t, slackfake.Config{Plan: slackfake.Plan{
		Rate: slackfake.Rate{PerSecond: 0.001, Burst: 3},
		Script: []slackfake.Step{
			{Method: "webhook", Call: 1, Fault: slackfake.ResetAfter}, {Method: "webhook", Call: 2, Fault: slackfake.InternalAfter},
			{Method: "webhook", Call: 3, Fault: slackfake.BadGateway},
		},
	}})
	if _, _, err := knock(s, path, "application/json", body); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
	for call, want := range []string{"500 internal_error", "502 <", "200 ok", "429 ratelimited"} {
		status, word, err := knock(s, path, "application/json", body)
		code, start, _ := strings.Cut(want, " ")
		if err != nil || code != strconv.Itoa(status) || !strings.HasPrefix(word, start) {
			t.Errorf("call %d: got %d %q, %v, want %s", call+2, status, word, err, want)
		}
	}
	if got := len(s.Visible("desk")); got != 3 {
		t.Errorf("got %d messages, want the three that were taken", got)
	}
	if problems := s.Audit(); len(problems) > 0 {
		t.Errorf("audit: %q", problems)
	}
}
