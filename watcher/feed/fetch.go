package feed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"sync"

	"newswatch/news"
)

// accept is what feeds are served as. Publishers turn readers away that do not
// ask for a feed.
const accept = "application/atom+xml, application/rss+xml, application/feed+json, " +
	"application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"

// maxRedirects is how often a fetch may be sent on.
const maxRedirects = 5

// answer is what a server said to one poll.
type answer struct {
	status  int
	header  http.Header
	url     string // after redirects
	body    []byte
	hash    string // SHA-256 of the body, hex
	damaged error  // why the body is not whole
	own     bool   // the server's address is in a range that the operator named
}

// statusError is an answer that brings no feed.
type statusError struct{ code int }

func (e *statusError) Error() string {
	switch e.code {
	case http.StatusGone:
		return "status 410 Gone: the publisher has ended the feed"
	case http.StatusForbidden:
		return "status 403 Forbidden: the publisher does not let us in"
	}
	return fmt.Sprintf("status %d %s", e.code, http.StatusText(e.code))
}

// fetch asks for a feed, with the validators of the last whole answer. The
// answer is never nil: it says how far the fetch came.
func (p *Poller) fetch(ctx context.Context, f news.Feed, st news.FeedState) (*answer, error) {
	a := &answer{header: http.Header{}, url: f.URL}
	ctx, cancel := context.WithTimeoutCause(ctx, p.cfg.Timeout, fmt.Errorf("no whole answer within %s", p.cfg.Timeout))
	defer cancel()
	seen := &firstAddr{}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, seen.trace()), http.MethodGet, f.URL, nil)
	if err != nil {
		return a, errors.New("the address cannot be read")
	}
	req.Header.Set("User-Agent", p.cfg.UserAgent)
	req.Header.Set("Accept", accept)
	req.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	condition(req, st)
	resp, err := p.client(st).Do(req)
	a.own = p.guard.allowed(seen.get(req.URL, proxied(p.proxy, req)))
	if err != nil {
		return a, cause(ctx, err)
	}
	defer resp.Body.Close()
	a.status, a.header, a.url = resp.StatusCode, resp.Header, resp.Request.URL.String()
	switch {
	case a.status == http.StatusNotModified:
		if resp.Request.Header.Get("If-None-Match") == "" && resp.Request.Header.Get("If-Modified-Since") == "" {
			return a, errors.New("status 304 without having been asked for changes")
		}
		return a, nil
	case a.status != http.StatusOK && a.status != http.StatusNonAuthoritativeInfo:
		return a, &statusError{a.status}
	}
	a.body, a.damaged, err = readBody(resp, p.cfg.MaxBytes)
	if err != nil {
		return a, cause(ctx, err)
	}
	if a.damaged != nil {
		a.damaged = cause(ctx, a.damaged)
	}
	sum := sha256.Sum256(a.body)
	a.hash = hex.EncodeToString(sum[:])
	return a, nil
}

// condition makes a request conditional when it goes to the URL that the
// validators belong to (RFC 9110, section 8.8), and only then. They go back as
// they came, byte for byte.
func condition(req *http.Request, st news.FeedState) {
	req.Header.Del("If-None-Match")
	req.Header.Del("If-Modified-Since")
	if st.FinalURL != "" && st.FinalURL != req.URL.String() {
		return
	}
	if st.ETag != "" {
		req.Header["If-None-Match"] = []string{st.ETag}
	}
	if st.LastModified != "" {
		req.Header["If-Modified-Since"] = []string{st.LastModified}
	}
}

// client follows redirects by our rules. It is made anew for each fetch because
// the rules know the feed; the transport, which holds the connections, is shared.
func (p *Poller) client(st news.FeedState) *http.Client {
	return &http.Client{
		Transport: p.transport,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme == "http" {
				return errors.New("a redirect leads from https to http")
			}
			req.Header.Del("Referer")
			condition(req, st)
			return nil
		},
	}
}

// guarded checks each hop before it is sent.
type guarded struct {
	*guard
	next  http.RoundTripper
	proxy func(*http.Request) (*url.URL, error)
}

func (g *guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return nil, fmt.Errorf("the scheme %q is not http or https", req.URL.Scheme)
	}
	if err := g.check(req.URL, proxied(g.proxy, req)); err != nil {
		return nil, err
	}
	return g.next.RoundTrip(req)
}

func proxied(proxy func(*http.Request) (*url.URL, error), req *http.Request) bool {
	via, err := proxy(req)
	return err == nil && via != nil
}

// firstAddr remembers the first address that a fetch connected to: the feed's
// own, whatever it redirects to.
type firstAddr struct {
	mu   sync.Mutex // dials may run beside each other
	addr netip.Addr
}

func (f *firstAddr) trace() *httptrace.ClientTrace {
	set := func(addr string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if ap, err := netip.ParseAddrPort(addr); err == nil && !f.addr.IsValid() {
			f.addr = ap.Addr()
		}
	}
	return &httptrace.ClientTrace{
		ConnectStart: func(_, addr string) { set(addr) },
		GotConn:      func(c httptrace.GotConnInfo) { set(c.Conn.RemoteAddr().String()) },
	}
}

// get is the address that the URL itself names, else the one connected to,
// unless that is only a proxy's.
func (f *firstAddr) get(u *url.URL, proxied bool) netip.Addr {
	f.mu.Lock()
	defer f.mu.Unlock()
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil {
		return addr
	}
	if proxied {
		return netip.Addr{}
	}
	return f.addr
}

// cause takes the URL out of an error, which may hold a secret, and says which
// limit was hit when one was.
func cause(ctx context.Context, err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if c := context.Cause(ctx); c != nil && (errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil) {
		return c
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return fmt.Errorf("look up %s: %s", dns.Name, dns.Err)
	}
	return err
}
