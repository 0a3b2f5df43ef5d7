package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"newswatch/news"
)

// minToken is the least length of a token: what is shorter can be guessed.
const minToken = 16

// maxBody bounds what a request may bring, in bytes: nothing here reads more.
const maxBody = 4 << 10

// CheckToken says why a text cannot be the token of the listener; "" is none. The
// token itself is never in the error.
func CheckToken(token news.Secret) error {
	switch {
	case token == "":
		return nil
	case len(token) < minToken:
		return fmt.Errorf("has fewer than %d characters; openssl rand -hex 32 makes one", minToken)
	case strings.ContainsFunc(token.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("holds what cannot stand in a header, such as a space or a line break; openssl rand -hex 32 makes one")
	}
	return nil
}

// localKey marks the context of connections to a listener on loopback.
type localKey struct{}

// withListener is the context of a listener's connections: whether only this
// machine reaches it, as its own address says, and not what it was asked to be.
func withListener(ctx context.Context, l net.Listener) context.Context {
	addr, ok := l.Addr().(*net.TCPAddr)
	return context.WithValue(ctx, localKey{}, ok && addr.IP.IsLoopback())
}

// guard stands before all pages. The probes answer everybody: they say one word.
// All else wants the token; without one, it is there for this machine alone.
type guard struct {
	next    http.Handler
	token   news.Secret
	refused func(reason string, r *http.Request)
}

// ServeHTTP lets a request through, or says what to do.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	harden(w.Header())
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if isProbe(r) {
		g.next.ServeHTTP(w, r)
		return
	}
	local, _ := r.Context().Value(localKey{}).(bool)
	switch {
	case g.token != "" && !g.bears(r):
		g.refused("no token, or a wrong one", r)
		w.Header().Set("WWW-Authenticate", `Bearer realm="newswatch"`)
		http.Error(w, "this needs the header Authorization: Bearer, with the token that newswatch has as LISTEN_TOKEN", http.StatusUnauthorized)
	case g.token == "" && !local:
		g.refused("LISTEN_TOKEN is not set", r)
		http.Error(w, "newswatch listens beyond this machine and has no token: only /healthz and /readyz answer. Set LISTEN_TOKEN, or listen on 127.0.0.1", http.StatusForbidden)
	case g.token == "" && !namesLoopback(r.Host):
		g.refused("the Host header names no loopback address", r)
		http.Error(w, "asked for under a name that is not localhost: a page in a browser could do so. Set LISTEN_TOKEN to use another name", http.StatusMisdirectedRequest)
	default:
		g.next.ServeHTTP(w, r)
	}
}

// harden sets what keeps a browser from doing anything with an answer but showing
// it, and caches from keeping it.
func harden(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// isProbe says that a request asks for one of the two pages that everybody may
// see, written as they are: a path that only comes to the same is none.
func isProbe(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && (r.URL.Path == "/healthz" || r.URL.Path == "/readyz")
}

// bears says that a request has the token (RFC 6750, section 2.1). It takes as
// long for any wrong one.
func (g *guard) bears(r *http.Request) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	want, got := sha256.Sum256([]byte(g.token.Reveal())), sha256.Sum256([]byte(strings.TrimSpace(given)))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

// namesLoopback says that a Host header means this machine. A page whose own name
// was made to lead to 127.0.0.1 (DNS rebinding) is asked for under that name.
func namesLoopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return err == nil && addr.Unmap().IsLoopback()
}

// seldom lets one of many equal things through each minute, and counts the others:
// who asks in vain cannot fill the log.
type seldom struct {
	mu    sync.Mutex
	next  time.Time
	count int
}

// take says whether to speak now, and of how many things since the last time.
func (s *seldom) take(now time.Time) (count int, speak bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if now.Before(s.next) {
		return 0, false
	}
	count, s.count, s.next = s.count, 0, now.Add(time.Minute)
	return count, true
}

// remembered asks once in a while and gives that answer meanwhile: a probe writes to
// the database, and anybody who reaches the port may ask for it as often as he likes.
type remembered struct {
	ask   func(context.Context) error
	every time.Duration

	mu   sync.Mutex
	last time.Time
	err  error
}

// get is the last answer, or a new one when that is old. Who comes meanwhile waits
// for the same one. It does not end with the request, whose sender may leave.
func (m *remembered) get(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last.IsZero() || time.Since(m.last) >= m.every {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		m.err, m.last = m.ask(ctx), time.Now()
	}
	return m.err
}
