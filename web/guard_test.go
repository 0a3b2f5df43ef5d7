package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/web"
)

const token = news.Secret("a-token-of-enough-length")

// places are where a daemon listens.
func places(t *testing.T) map[string]net.Listener {
	all := map[string]net.Listener{}
	for name, addr := range map[string]string{"loopback": "127.0.0.1:0", "everywhere": "0.0.0.0:0"} {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		all[name] = l
	}
	return all
}

// TestWhoMayAsk asks for a page that changes something, for one that is not there
// and for the probes, from everywhere and with all that somebody may try.
func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	at := places(t)
	tests := map[string]struct {
		at      string
		token   news.Secret
		method  string // "": POST
		path    string // "": that of a reload
		host    string // "": localhost:8765
		header  map[string]string
		status  int
		reloads bool
	}{
		"this machine":          {at: "loopback", status: 200, reloads: true},
		"this machine, by IPv4": {at: "loopback", host: "127.0.0.1:9000", status: 200, reloads: true},
		"this machine, by IPv6": {at: "loopback", host: "[::1]:8765", status: 200, reloads: true},
		"its name with a dot":   {at: "loopback", host: "LOCALHOST.", status: 200, reloads: true},

		"a name that leads here":         {at: "loopback", host: "rebound.example:8765", status: 421},
		"a name that begins like ours":   {at: "loopback", host: "localhost.rebound.example", status: 421},
		"an address in a name":           {at: "loopback", host: "127.0.0.1.rebound.example", status: 421},
		"an address of another machine":  {at: "loopback", host: "192.0.2.1:8765", status: 421},
		"no host":                        {at: "loopback", host: "-", status: 421},
		"the page of another origin":     {at: "loopback", header: map[string]string{"Origin": "https://rebound.example"}, status: 403},
		"the same, as new browsers say":  {at: "loopback", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403},
		"another port of this machine":   {at: "loopback", header: map[string]string{"Origin": "http://localhost:3000"}, status: 403},
		"no change by GET":               {at: "loopback", method: "GET", status: 405},
		"nor by HEAD":                    {at: "loopback", method: "HEAD", status: 405},
		"nor by a method told in a head": {at: "loopback", method: "GET", header: map[string]string{"X-HTTP-Method-Override": "POST"}, status: 405},

		"everywhere, without a token":          {at: "everywhere", status: 403},
		"everywhere, as if from here":          {at: "everywhere", host: "127.0.0.1:8765", status: 403},
		"everywhere, as if through a proxy":    {at: "everywhere", header: map[string]string{"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1"}, status: 403},
		"everywhere, with any token":           {at: "everywhere", header: bearer("whatever"), status: 403},
		"everywhere, with an empty token":      {at: "everywhere", header: bearer(""), status: 403},
		"everywhere, what is not there":        {at: "everywhere", method: "GET", path: "/anything", status: 403},
		"everywhere, all options":              {at: "everywhere", method: "OPTIONS", path: "*", status: 403},
		"everywhere, alive":                    {at: "everywhere", method: "GET", path: "/healthz", host: "10.0.0.7:8765", status: 200},
		"everywhere, ready":                    {at: "everywhere", method: "GET", path: "/readyz", host: "10.0.0.7:8765", status: 200},
		"everywhere, the head of a probe":      {at: "everywhere", method: "HEAD", path: "/readyz", status: 200},
		"everywhere, a probe that posts":       {at: "everywhere", path: "/healthz", status: 403},
		"everywhere, through a probe":          {at: "everywhere", path: "/healthz/../-/reload", status: 403},
		"everywhere, through a probe, encoded": {at: "everywhere", path: "/healthz/%2e%2e/-/reload", status: 403},
		"everywhere, below a probe":            {at: "everywhere", method: "GET", path: "/healthz/metrics", status: 403},
		"everywhere, two slashes":              {at: "everywhere", method: "GET", path: "//healthz", status: 403},

		"a token":                     {at: "everywhere", token: token, header: bearer(token.Reveal()), status: 200, reloads: true},
		"a token and any name":        {at: "everywhere", token: token, host: "news.example", header: bearer(token.Reveal()), status: 200, reloads: true},
		"in another spelling":         {at: "everywhere", token: token, header: map[string]string{"Authorization": "bearer " + token.Reveal()}, status: 200, reloads: true},
		"no token":                    {at: "everywhere", token: token, status: 401},
		"a wrong one":                 {at: "everywhere", token: token, header: bearer(token.Reveal() + "x"), status: 401},
		"a part of it":                {at: "everywhere", token: token, header: bearer(token.Reveal()[:20]), status: 401},
		"as a password":               {at: "everywhere", token: token, header: map[string]string{"Authorization": "Basic " + token.Reveal()}, status: 401},
		"without its scheme":          {at: "everywhere", token: token, header: map[string]string{"Authorization": token.Reveal()}, status: 401},
		"in the address":              {at: "everywhere", token: token, path: "/-/reload?token=" + token.Reveal(), status: 401},
		"on this machine too":         {at: "loopback", token: token, status: 401},
		"a token and a foreign page":  {at: "loopback", token: token, header: map[string]string{"Authorization": "Bearer " + token.Reveal(), "Origin": "https://rebound.example"}, status: 403},
		"no change by GET with it":    {at: "everywhere", token: token, method: "GET", header: bearer(token.Reveal()), status: 405},
		"alive without the token":     {at: "everywhere", token: token, method: "GET", path: "/healthz", status: 200},
		"what is not there, with one": {at: "everywhere", token: token, method: "GET", path: "/anything", header: bearer(token.Reveal()), status: 404},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reloads := 0
			site := web.New(well(web.Config{
				Reload: func(context.Context) error { reloads++; return nil },
				Token:  tt.token, Log: slog.New(slog.DiscardHandler),
			}))
			req := httptest.NewRequestWithContext(web.WithListener(t.Context(), at[tt.at]), or(tt.method, "POST"), or(tt.path, "/-/reload"), nil)
			req.Host = strings.TrimPrefix(or(tt.host, "localhost:8765"), "-")
			for k, v := range tt.header {
				req.Header.Set(k, v)
			}
			rec := httptest.NewRecorder()
			site.ServeHTTP(rec, req)
			if rec.Code != tt.status || (reloads > 0) != tt.reloads {
				t.Errorf("got %d %q and %d reloads, want %d", rec.Code, rec.Body, reloads, tt.status)
			}
			checkHeaders(t, rec.Result())
			if strings.Contains(rec.Body.String(), token.Reveal()) {
				t.Error("the answer shows the token")
			}
		})
	}
}

func bearer(s string) map[string]string { return map[string]string{"Authorization": "Bearer " + s} }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// checkHeaders holds every answer, a refusal too, to what keeps a browser calm.
func checkHeaders(t *testing.T, resp *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
	} {
		if got := resp.Header.Get(name); !strings.Contains(got, want) {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	if kind := resp.Header.Get("Content-Type"); strings.Contains(kind, "html") {
		t.Errorf("an answer is %s: text of feeds could be markup in it", kind)
	}
}

func TestUnknownConnectionIsForeign(t *testing.T) {
	t.Parallel()
	site := web.New(well(web.Config{Log: slog.New(slog.DiscardHandler)}))
	rec := httptest.NewRecorder()
	site.ServeHTTP(rec, httptest.NewRequest("POST", "http://localhost/-/reload", nil))
	if rec.Code != http.StatusForbidden {
		t.Errorf("a request of which nothing is known got %d, want 403", rec.Code)
	}
}

func TestCheckToken(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"": true, "0123456789abcdef": true, token.Reveal(): true, "0123456789abcde": false, "0123456789 abcdef": false,
		"0123456789abcdef\n0123456789abcdef": false, "0123456789abcdéf": false,
	} {
		err := web.CheckToken(news.Secret(text))
		if (err == nil) != good {
			t.Errorf("CheckToken(%q) = %v", text, err)
		}
		if err != nil && text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%v shows the token", err)
		}
	}
}

// started is a site that listens, and its address.
func started(t *testing.T, c web.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c = well(c)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- web.New(c).ServeOn(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// TestServedOnLoopback asks over a socket: what the listener's address is for is
// seen only there.
func TestServedOnLoopback(t *testing.T) {
	t.Parallel()
	addr := started(t, web.Config{})
	for host, want := range map[string]int{addr: 200, "rebound.example": 421} {
		req, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+addr+"/-/reload", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("as %s: status %d, want %d", host, resp.StatusCode, want)
		}
	}
}

// TestRawRequests sends what no client sends: the answer is a refusal and the page
// behind it is not reached.
func TestRawRequests(t *testing.T) {
	t.Parallel()
	var reloads atomic.Int64
	addr := started(t, web.Config{Token: token, Reload: func(context.Context) error { reloads.Add(1); return nil }})
	long := strings.Repeat("x", 2*web.MaxHeaderBytes)
	for name, raw := range map[string]string{
		"an absolute address":   "POST http://localhost/-/reload HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"two hosts":             "POST /-/reload HTTP/1.1\r\nHost: localhost\r\nHost: other.example\r\n\r\n",
		"two lengths":           "POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		"a long header":         "POST /-/reload HTTP/1.1\r\nHost: localhost\r\nX: " + long + "\r\n\r\n",
		"a long path":           "POST /" + long + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"a broken line":         "POST /-/reload\r\n\r\n",
		"old HTTP":              "POST /-/reload HTTP/1.0\r\n\r\n",
		"all options":           "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"a tunnel":              "CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n",
		"a folded header":       "POST /-/reload HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
		"a control in the path": "POST /-/reload\x1b[31m HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			_, _ = io.WriteString(conn, raw) // a server that has seen enough closes early
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				return // closed without a word
			}
			defer resp.Body.Close()
			if resp.StatusCode < 400 {
				t.Errorf("status %d, want a refusal", resp.StatusCode)
			}
		})
	}
	if n := reloads.Load(); n != 0 {
		t.Errorf("%d reloads without a token", n)
	}
}

// TestSlowClients keeps more connections open than are served, each with half a
// header: they are closed, and the next one is served.
func TestSlowClients(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the header's deadline; -short leaves it out")
	}
	t.Parallel()
	addr := started(t, web.Config{})
	for range web.MaxConnections + 50 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-"); err != nil {
			t.Fatal(err)
		}
	}
	client := &http.Client{Timeout: 6 * web.HeaderTimeout}
	resp, err := client.Get("http://" + addr + "/healthz")
	if err != nil {
		t.Fatalf("after the slow ones: %v", err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// TestProbesWriteSeldom asks often: each answer of readyz costs a commit.
func TestProbesWriteSeldom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		writes := 0
		site := web.New(well(web.Config{
			Ready: []web.Check{{Not: "writable", Err: func(context.Context) error { writes++; return nil }}}, Log: slog.New(slog.DiscardHandler),
		}))
		ask := func() {
			rec := httptest.NewRecorder()
			site.ServeHTTP(rec, httptest.NewRequest("GET", "/readyz", nil))
			if rec.Code != http.StatusOK {
				t.Errorf("status %d", rec.Code)
			}
		}
		for range 1000 {
			ask()
		}
		if writes != 1 {
			t.Errorf("1,000 probes at once wrote %d times, want once", writes)
		}
		time.Sleep(1100 * time.Millisecond)
		if ask(); writes != 2 {
			t.Errorf("a second later: wrote %d times, want twice", writes)
		}
	})
}

// TestRefusalsDoNotFillTheLog turns many away.
func TestRefusalsDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		site := web.New(well(web.Config{Token: token, Log: slog.New(slog.NewTextHandler(&log, nil))}))
		for i := range 1000 {
			req := httptest.NewRequest("POST", fmt.Sprintf("/%d%%0Alevel=ERROR%%1b[31m", i), nil)
			req.Header.Set("Authorization", "Bearer guess\x1b")
			site.ServeHTTP(httptest.NewRecorder(), req)
			time.Sleep(90 * time.Millisecond)
		}
		if n := strings.Count(log.String(), "\n"); n != 2 {
			t.Errorf("1,000 refusals in 90 s gave %d lines, want 2:\n%s", n, log.String())
		}
		if strings.ContainsAny(log.String(), "\x1b") || strings.Contains(log.String(), "guess") {
			t.Errorf("the log shows what strangers wrote:\n%s", log.String())
		}
	})
}
