package wire_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"newswatch/notify/wire"
)

func TestHide(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"dial tcp 127.0.0.1:80: connection refused": "dial tcp 127.0.0.1:80: connection refused",
		"no word of word": "no *** of ***",
		`invalid proxy address "http://me:pass%zz@proxy:1": parse`: `invalid proxy address "http://***@proxy:1": parse`,
		`invalid proxy address "me:pa/ss@proxy:1"`:                 `invalid proxy address "***@proxy:1"`,
		`parse "http://me:p@ss@proxy:1": invalid`:                  `parse "http://***@proxy:1": invalid`,
		"mail to @ nobody": "mail to @ nobody",
		"socks connect tcp socks5://me:pass@proxy->host:443: not there": "socks connect tcp socks5://***@proxy->host:443: not there",
	} {
		if got := wire.Hide(text, "word", ""); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("https://somebody:password@receiver.example/in/a/longer-word?key=longer-key&v=2#x")
	if err != nil {
		t.Fatal(err)
	}
	said := "at " + u.String() + ": " + u.RequestURI() + " and longer-word, longer-key, somebody, password, receiver.example; in v=2"
	got := wire.Hide(said, wire.Secrets(u)...)
	for _, part := range []string{"longer", "somebody", "password", "receiver"} {
		if strings.Contains(got, part) {
			t.Errorf("%s shows in %q", part, got)
		}
	}
	if !strings.HasSuffix(got, "; in v=2") {
		t.Errorf("words of any message are blotted out: %q", got)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 1, 12, 6, 30, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, " 0 ": 0, "999999999": 24 * time.Hour, "Tue, 12 Jan 2027 06:31:00 GMT": time.Minute,
		"Tue, 12 Jan 2027 06:00:00 GMT": time.Second, "Tue, 12 Jan 2030 06:00:00 GMT": 24 * time.Hour,
	} {
		if got, ok := wire.RetryAfter(header, now); !ok || got != want {
			t.Errorf("%q: got %v, %v, want %v", header, got, ok, want)
		}
	}
	for _, header := range []string{"", "-1", "soon", "1.5"} {
		if got, ok := wire.RetryAfter(header, now); ok {
			t.Errorf("%q: got %v, want none", header, got)
		}
	}
}

// Do says what an end proves, follows nothing, and stops reading in time.
func TestDo(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/found", http.StatusTemporaryRedirect)
		case "/endless":
			_, _ = io.WriteString(w, strings.Repeat("x", 5000))
		case "/cut":
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "x")
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer server.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	for address, want := range map[string]struct {
		status int
		unsent bool
		word   string // of the error, "" for none
	}{
		server.URL + "/":                   {http.StatusTeapot, false, ""},
		server.URL + "/moved":              {http.StatusTemporaryRedirect, false, ""},
		server.URL + "/endless":            {http.StatusOK, false, "more than 4000 bytes"},
		server.URL + "/cut":                {http.StatusOK, false, "unexpected EOF"},
		"http://" + closed.Addr().String(): {0, true, "connection refused"},
		"http://nowhere.invalid/longword":  {0, true, "***"},
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		a, err := wire.Do(wire.Client(&http.Client{Transport: &http.Transport{}}), req, 4000, wire.Secrets(u)...)
		var broken *wire.Error
		switch {
		case a.Status != want.status:
			t.Errorf("%s: got status %d, want %d", address, a.Status, want.status)
		case (err != nil) != (want.word != "") || err != nil && !strings.Contains(err.Error(), want.word):
			t.Errorf("%s: got %v, want %q", address, err, want.word)
		case errors.As(err, &broken) && broken.Unsent != want.unsent:
			t.Errorf("%s: got unsent %v, want %v", address, broken.Unsent, want.unsent)
		case err != nil && strings.Contains(err.Error(), "http://"):
			t.Errorf("the address shows: %v", err)
		}
	}
}
