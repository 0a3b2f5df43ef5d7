package socket

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"newswatch/notify/slack"
)

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A response_url is a secret: no error names it, and it leads nowhere else.
func TestRespondKeepsTheAddress(t *testing.T) {
	t.Parallel()
	const secret = "https://hooks.slack.com/commands/T1/2/secret"
	answer := func(status int, body string) transport {
		return func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: r,
				Header: http.Header{"Location": {"https://evil.example/"}},
			}, nil
		}
	}
	tests := map[string]struct {
		address string
		answer  transport
		want    string
	}{
		"taken":      {secret, answer(200, "ok"), ""},
		"no network": {secret, func(*http.Request) (*http.Response, error) { return nil, errors.New("no route") }, "no route"},
		"a proxy": {secret, func(*http.Request) (*http.Response, error) {
			return nil, errors.New(`proxyconnect tcp: http://desk:secret@proxy.example: refused`)
		}, "***@proxy.example"},
		"used up":         {secret, answer(404, `{"ok":false,"error":"used_url"}`), "status 404: used_url"},
		"refused":         {secret, answer(400, "invalid_blocks: at secret"), "status 400: invalid_blocks"},
		"a page":          {secret, answer(502, "<html>secret"), "status 502: unreadable"},
		"sent elsewhere":  {secret, answer(307, ""), "status 307"},
		"not Slack's":     {"https://evil.example/secret", answer(200, "ok"), "not Slack's"},
		"no address":      {"", answer(200, "ok"), "not Slack's"},
		"something inner": {"http://169.254.169.254/secret", answer(200, "ok"), "not Slack's"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			l := New(Config{Slack: slack.New(slack.Config{}), HTTP: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
				calls++
				if r.URL.Host != "hooks.slack.com" || r.Header.Get("Authorization") != "" {
					t.Errorf("asked %s with %v", r.URL, r.Header)
				}
				return tc.answer(r)
			})}})
			err := l.respond(t.Context(), tc.address, []byte(`{}`))
			switch {
			case calls > 1:
				t.Errorf("got %d calls", calls)
			case tc.want == "" && err != nil, tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("got %v, want %q", err, tc.want)
			case err != nil && strings.Contains(err.Error(), "secret"):
				t.Errorf("the error tells the address: %v", err)
			}
		})
	}
}
