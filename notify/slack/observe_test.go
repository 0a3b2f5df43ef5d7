package slack_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"newswatch/notify/slack"
)

// TestCallsAreObserved: each call of a method is told of once, by what it came to.
func TestCallsAreObserved(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int // 0: nobody is there
		header string
		body   string
		want   string
	}{
		"good":          {status: 200, body: `{"ok":true}`, want: "auth.test ok 0s"},
		"limited":       {status: 429, header: "7", want: "auth.test ratelimited 7s"},
		"refused":       {status: 200, body: `{"ok":false,"error":"invalid_auth"}`, want: "auth.test invalid_auth 0s"},
		"no code":       {status: 200, body: `{"ok":false,"error":"your token is bad"}`, want: "auth.test unreadable_error 0s"},
		"a proxy":       {status: 502, body: "<html>", want: "auth.test no_answer 0s"},
		"no connection": {want: "auth.test unreachable 0s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", test.header)
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			defer server.Close()
			if test.status == 0 {
				server.Close()
			}
			var got []string
			c := slack.New(slack.Config{
				Token: token, APIURL: server.URL, HTTP: &http.Client{Transport: &http.Transport{}},
				Observe: func(method, code string, wait time.Duration) {
					got = append(got, fmt.Sprint(method, " ", code, " ", wait))
				},
			})
			_, _ = c.Check(t.Context()) // what it gives back is held elsewhere
			if len(got) != 1 || got[0] != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
