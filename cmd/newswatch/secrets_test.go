package main_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The secrets of TestSecrets. Each is of the form that its kind has, and of small
// letters where it may be: those pass for a harmless word of an answer.
const (
	botToken    = "xoxb-1234567890-hiddenbot"
	appToken    = "xapp-1-hiddenapp-1234567890"
	hookWord    = "hiddenhook0123"
	webhookWord = "hiddenwebhook0123"
	webhookKey  = "hiddenkey0123"
	signingKey  = "aGlkZGVuc2lnbmluZ2hpZGRlbnNpZ25pbmc="
	feedLogin   = "hiddenuser:hiddenpassword"
	feedHeader  = "hiddenheader0123"
	proxyWord   = "hiddenproxy0123"
	ticket      = "hiddenticket0123"
	pingWord    = "hiddenping0123"
)

// forms are all that must not show: the secrets, and what is made of them on the wire.
func forms() []string {
	return []string{
		botToken, appToken, hookWord, webhookWord, webhookKey, signingKey, "hiddenuser", "hiddenpassword", feedHeader, proxyWord, ticket, pingWord,
		base64.StdEncoding.EncodeToString([]byte(feedLogin)), base64.StdEncoding.EncodeToString([]byte("proxyuser:" + proxyWord)),
		url.QueryEscape(feedLogin), "hidden", "HIDDEN",
	}
}

// TestSecrets lets the program meet every kind of failure at every place that it
// sends to, with everything logged, and looks for the secrets in all that it
// says and stores.
func TestSecrets(t *testing.T) {
	if testing.Short() {
		t.Skip("the program is built and run for each failure; -short leaves it out")
	}
	t.Parallel()
	binary := build(t)
	feeds := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<rss version="2.0"><channel><title>Wire</title><item><guid>a1</guid><link>https://a.example/1</link>`+
			`<title>Envoys carry a truce draft</title><pubDate>Thu, 12 Mar 2026 05:40:00 GMT</pubDate></item></channel></rss>`)
	}))
	t.Cleanup(feeds.Close)
	for _, mood := range []string{
		"refused", "reset", "500", "400", "401", "403", "404", "407", "410", "413", "429", "503", "word", "page", "302", "307", "cut", "socket", "proxy", "bad proxy",
	} {
		t.Run(mood, func(t *testing.T) {
			t.Parallel()
			l := &listener{t: t, binary: binary, dir: t.TempDir(), mood: mood}
			l.surround(feeds.URL)
			l.hear("once", "--now", "--backfill", "20y", "--log-level", "debug", "--log-format", "json")
			l.hear("once", "--now", "--json", "--log-level", "debug")
			l.run()
			l.hear("outbox", "--log-level", "debug")
			for _, id := range l.deliveries() {
				l.hear("outbox", "show", id)
			}
			for _, args := range [][]string{
				{"check"}, {"check", "--json"}, {"feeds"}, {"feeds", "explain", "a"}, {"feeds", "explain", "b"}, {"stories"}, {"digest", "desk"},
				{"slack", "test", "desk", "--log-level", "debug"}, {"outbox", "list", "--json"},
			} {
				l.hear(args...)
			}
			l.checkFiles()
			if !l.tried {
				t.Errorf("nothing was ever sent, so the test hears nothing: %s", l.hear("outbox", "list", "--json"))
			}
		})
	}
}

// listener runs the program amid a failure and looks at all it says.
type listener struct {
	t           *testing.T
	binary, dir string
	mood        string
	env         []string
	tried       bool // a delivery was attempted
}

// surround puts the program where everything fails in the way of the mood.
func (l *listener) surround(feeds string) {
	server := httptest.NewServer(http.HandlerFunc(l.answer))
	l.t.Cleanup(server.Close)
	base, proxy := server.URL, ""
	switch l.mood {
	case "refused":
		closed, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			l.t.Fatal(err)
		}
		base = "http://" + closed.Addr().String()
		_ = closed.Close()
	case "proxy": // which no loopback address goes through
		base, proxy = "http://away.internal", "http://proxyuser:"+proxyWord+"@"+strings.TrimPrefix(server.URL, "http://")
	case "bad proxy":
		base, proxy = "http://away.internal", "http://proxyuser:"+proxyWord+"%zz@127.0.0.1:1"
	}
	l.env = append(os.Environ(),
		"SLACK_API_URL="+base+"/api/", "SLACK_BOT_TOKEN="+botToken, "SLACK_APP_TOKEN="+appToken,
		"DESK_HOOK="+base+"/services/T0/B0/"+hookWord, "NEWS_HOOK="+base+"/in/"+webhookWord+"?key="+webhookKey,
		"NEWS_HOOK_SIGNING=whsec_"+signingKey, "PING_URL="+base+"/ping/"+pingWord, "FEED_LOGIN="+feedLogin, "FEED_KEY="+feedHeader,
		"HTTP_PROXY="+proxy, "HTTPS_PROXY="+proxy, "NEWSWATCH_LISTEN=off", "XDG_STATE_HOME="+l.dir)
	src := fmt.Sprintf(`version: 1
settings:
  timezone: UTC
  poll: 1s
  network: {allow: ["127.0.0.0/8"]}
  slack: {quarantine: 50ms, look_again: 50ms, pace: 5ms}
feeds:
  - {id: a, name: Aster Wire, url: "%s/a", lang: en, login: FEED_LOGIN, headers: {X-Api-Key: "secret:FEED_KEY"}, proxy: none}
  - {id: b, name: Borel Post, url: "%s/b", lang: en, login: FEED_LOGIN, headers: {X-Api-Key: "secret:FEED_KEY"}}
rules: [{id: truce, title: Truce, when: truce}]
digests:
  - {id: desk, cron: "0 8 * * *", rules: all, to: {slack: desk, on_uncertain: resend}}
  - {id: hook, cron: "0 8 * * *", rules: all, to: {slack_webhook: DESK_HOOK, on_uncertain: resend}}
  - {id: news, cron: "0 8 * * *", rules: all, to: {webhook: NEWS_HOOK, on_uncertain: hold}}
alerts:
  - {id: urgent, rules: all, to: {slack: urgent, mention: editors}}
operators: {to: {webhook: NEWS_HOOK, on_uncertain: hold}}
`, feeds, base)
	if err := os.WriteFile(filepath.Join(l.dir, "rules.yaml"), []byte(src), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

// answer fails, and repeats all that it was sent.
func (l *listener) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	echo := fmt.Sprintf("%s %s %v %s %s", r.Method, r.URL, r.Header, body, strings.Join(forms(), " "))
	switch l.mood {
	case "reset":
		drop(w)
	case "page":
		_, _ = io.WriteString(w, echo)
	case "cut":
		w.Header().Set("Content-Length", "100000")
		_, _ = io.WriteString(w, echo)
	case "word": // a word of Slack's that is the secret itself
		word := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !strings.HasPrefix(r.URL.Path, "/api/") {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error": word, "needed": word, "warning": word})
	case "socket": // a way to Socket Mode that leads nowhere, with a ticket in it
		if !strings.HasSuffix(r.URL.Path, "apps.connections.open") {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "url": "ws://" + r.Host + "/link/?ticket=" + ticket + "&app_id=" + hookWord})
	case "302", "307":
		w.Header().Set("Location", "http://127.0.0.1:1/"+hookWord+"?"+webhookKey+"="+botToken+feedHeader)
		w.WriteHeader(map[string]int{"302": 302, "307": 307}[l.mood])
		_, _ = io.WriteString(w, echo)
	case "proxy", "bad proxy":
		w.Header().Set("Proxy-Authenticate", "Basic realm="+proxyWord)
		w.WriteHeader(http.StatusProxyAuthRequired)
		_, _ = io.WriteString(w, echo)
	default:
		status := http.StatusInternalServerError
		_, _ = fmt.Sscanf(l.mood, "%d", &status)
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, echo)
	}
}

func (l *listener) command(ctx context.Context, args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.CommandContext(ctx, l.binary, append(args, "--rules", "rules.yaml", "--db", "sqlite://state.db")...)
	cmd.Dir, cmd.Env = l.dir, l.env
	out := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

// hear runs a verb and looks at what it says. Its exit code is of no matter.
func (l *listener) hear(args ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd, out := l.command(ctx, args...)
	_ = cmd.Run()
	if ctx.Err() != nil {
		l.t.Errorf("%v did not end", args)
	}
	l.check(strings.Join(args, " "), out.String())
	return out.String()
}

// run lets the daemon run for a moment, asks its pages, and ends it by the signal
// that makes it tell all its goroutines.
func (l *listener) run() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd, _ := l.command(ctx, "run", "--listen", "127.0.0.1:0", "--log-level", "debug")
	out := &said{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	addr := out.listens(l.t)
	time.Sleep(500 * time.Millisecond) // so that it meets the failure
	metrics := ""
	for began := time.Now(); !strings.Contains(metrics, "newswatch_feed_polls_total{"); time.Sleep(20 * time.Millisecond) {
		metrics = l.page(addr, "/metrics")
		if time.Since(began) > 30*time.Second {
			l.t.Fatalf("there are no metrics to look into: %.300s", metrics)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/", "/debug/vars", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap?debug=1"} {
		l.page(addr, path)
	}
	l.spoilRules(addr)
	_ = cmd.Process.Signal(syscall.SIGQUIT)
	_ = cmd.Wait()
	l.check("run", out.String())
	if !strings.Contains(out.String(), "goroutine ") {
		l.t.Errorf("run did not tell its goroutines:\n%s", out)
	}
}

// page looks at what a page says. One that is not there is none to leak.
func (l *listener) page(addr, path string) string {
	resp, err := http.Get("http://" + addr + path)
	if err != nil {
		return ""
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	_ = resp.Body.Close()
	l.check(path, string(body))
	return string(body)
}

// said is what a program has said so far.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// listens waits until a daemon says where it listens.
func (s *said) listens(t *testing.T) string {
	t.Helper()
	line := regexp.MustCompile(`msg=listening at=(\S+)`)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if found := line.FindStringSubmatch(s.String()); found != nil {
			return found[1]
		}
	}
	t.Fatalf("it never listened:\n%s", s)
	return ""
}

// spoilRules writes an address into the rule file, as somebody does who has not
// read the manual, has it loaded, and mends it again.
func (l *listener) spoilRules(addr string) {
	path := filepath.Join(l.dir, "rules.yaml")
	good, err := os.ReadFile(path)
	if err != nil {
		l.t.Fatal(err)
	}
	bad := strings.ReplaceAll(string(good), "webhook: NEWS_HOOK", "webhook: https://receiver.example/in/"+webhookWord)
	bad = strings.ReplaceAll(bad, "{slack: desk,", "{slack: https://hooks.slack.com/services/T0/B0/"+hookWord+",")
	if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
		l.t.Fatal(err)
	}
	resp, err := http.Post("http://"+addr+"/-/reload", "", nil)
	if err != nil {
		l.t.Fatalf("reload: %v", err)
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnprocessableEntity {
		l.t.Errorf("reload: status %d, want 422", resp.StatusCode)
	}
	l.check("reload", string(body))
	l.hear("check")
	l.hear("check", "--json")
	time.Sleep(200 * time.Millisecond) // the operators are told
	if err := os.WriteFile(path, good, 0o600); err != nil {
		l.t.Fatal(err)
	}
}

// deliveries are the ids in the outbox.
func (l *listener) deliveries() []string {
	var ids []string
	for _, line := range strings.Split(l.hear("outbox", "list", "--json"), "\n") {
		var d struct {
			ID       string `json:"id"`
			Attempts int    `json:"attempts"`
			Kind     string `json:"kind"`
		}
		if json.Unmarshal([]byte(line), &d) == nil && d.ID != "" {
			ids = append(ids, d.ID)
			l.tried = l.tried || d.Attempts > 0
		}
	}
	return ids
}

// checkFiles looks into the state, byte by byte: a secret is not stored.
func (l *listener) checkFiles() {
	files, err := filepath.Glob(filepath.Join(l.dir, "state.db*"))
	if err != nil || len(files) == 0 {
		l.t.Fatalf("no state: %v", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			l.t.Fatal(err)
		}
		l.check(filepath.Base(f), string(raw))
	}
}

func (l *listener) check(where, said string) {
	l.t.Helper()
	for _, form := range forms() {
		if at := strings.Index(said, form); at >= 0 {
			l.t.Errorf("%s shows %q: …%q…", where, form, said[max(0, at-300):min(len(said), at+100)])
			return
		}
	}
}
