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
	"time"

	"newswatch/news"
)

// maxRedirects is how often a fetch may be sent on.
const maxRedirects = 5

// answer is what a server said to one request and its redirects.
type answer struct {
	status  int // 0: nothing was said
	header  http.Header
	url     string // after redirects
	from    string // the address that was asked
	moved   string // where the permanent redirects at the chain's head lead; "" when there are none
	body    []byte
	hash    string        // SHA-256 of the body, hex
	wire    int64         // bytes of the body as it came
	partial bool          // only what is new: what is missing means nothing
	damaged error         // why the body is not whole
	own     bool          // the server's address is in a range that the operator named
	waited  time.Duration // for our own other requests
	class   news.FailClass
	leave   func() // gives back the place of a large body; nil: it has none
}

// release gives back what an answer holds beside its body.
func (a *answer) release() {
	if a.leave != nil {
		a.leave()
	}
}

// within bounds all that is done for one poll: a server that drips its bytes
// passes every other limit.
func (p *Poller) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, p.cfg.Timeout, &timeoutError{p.cfg.Timeout})
}

// query is what is asked of a server.
type query struct {
	feed   news.Feed // on whose behalf
	url    string
	accept string         // "": feeds
	state  news.FeedState // the zero value asks for all, whatever was there before
	page   bool           // it is for others, who bound how many they hold
}

// fetch asks a server. The answer is never nil: it says how far the fetch came.
func (p *Poller) fetch(ctx context.Context, q query) (a *answer, err error) {
	a = &answer{header: http.Header{}, url: q.url}
	d, err := p.dressFor(q)
	if err != nil {
		a.class = news.FailSetup
		return a, err
	}
	defer func() {
		if err != nil {
			a.release()
		}
	}()
	defer func() {
		if c := recover(); c != nil {
			a.class, err = news.FailOther, d.hide(fmt.Errorf("the request broke down: %v", c))
		}
	}()
	if err := p.ask(ctx, q, d, a); err != nil {
		a.class = classOf(ctx, err, a)
		return a, d.hide(cause(ctx, err))
	}
	if a.damaged != nil {
		a.damaged = d.hide(cause(ctx, a.damaged))
	}
	return a, nil
}

// ask makes the request and reads the answer into a.
func (p *Poller) ask(ctx context.Context, q query, d *dress, a *answer) error {
	way, err := p.routes.of(q.feed)
	if err != nil {
		return err
	}
	ctx = context.WithValue(ctx, waitedKey{}, &a.waited)
	seen := &firstAddr{}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, seen.trace()), http.MethodGet, q.url, nil)
	if err != nil {
		return errors.New("the address cannot be read")
	}
	d.put(req, nil)
	resp, err := client(way, d, a).Do(req)
	a.own = p.guard.allowed(seen.get(req.URL, proxied(way.proxy, req)))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	a.status, a.header, a.url = resp.StatusCode, resp.Header, bare(resp.Request.URL)
	switch a.status {
	case http.StatusNotModified:
		if !conditional(resp.Request) {
			return errors.New("status 304 without having been asked for changes")
		}
		return nil
	case http.StatusIMUsed, http.StatusPartialContent:
		a.partial = true
	case http.StatusOK, http.StatusNonAuthoritativeInfo:
	default:
		p.pauseHost(resp.Request.URL, a)
		return &statusError{code: a.status, challenge: challenged(a.header)}
	}
	wire := &counter{r: resp.Body}
	resp.Body = readCloser{wire, resp.Body}
	a.body, a.damaged, err = readBody(resp, p.cfg.MaxBytes, func() (err error) {
		if q.page {
			return nil
		}
		a.leave, err = p.large.enter(ctx)
		return err
	})
	a.wire = wire.n
	if err != nil {
		return err
	}
	sum := sha256.Sum256(a.body)
	a.hash = hex.EncodeToString(sum[:])
	return nil
}

// pauseHost keeps all our requests away from a host that asked for a pause, also
// those for feeds of other hosts that lead there.
func (p *Poller) pauseHost(u *url.URL, a *answer) {
	now := p.cfg.Now()
	if until := (timing{now: now, own: a.own}).host(1, a); !until.IsZero() {
		p.limiter.hold(laneOf(u), time.Now().Add(until.Sub(now)))
	}
}

// client follows redirects by our rules. It is made anew for each fetch because
// the rules know the feed; the transport, which holds the connections, is shared.
func client(way *route, d *dress, a *answer) *http.Client {
	permanent := true
	return &http.Client{
		Transport: way,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			a.status = req.Response.StatusCode
			if err := mayFollow(req, via); err != nil {
				return err
			}
			permanent = permanent && (a.status == http.StatusMovedPermanently || a.status == http.StatusPermanentRedirect)
			if permanent {
				a.moved = bare(req.URL)
			}
			d.put(req, via)
			return nil
		},
	}
}

// mayFollow says why a redirect is not followed.
func mayFollow(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return redirectError(fmt.Sprintf("more than %d redirects", maxRedirects))
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme == "http" {
		return redirectError("a redirect leads from https to http")
	}
	for _, r := range via {
		if bare(r.URL) == bare(req.URL) {
			return redirectError("the redirects lead in a circle, back to " + req.URL.Host)
		}
	}
	return nil
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
	var busy *busyError
	if errors.As(err, &busy) {
		return busy
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if c := context.Cause(ctx); c != nil {
		return c
	}
	if badLocation(err) {
		return redirectError("the address of a redirect cannot be read")
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return fmt.Errorf("look up %s: %s", dns.Name, dns.Err)
	}
	return err
}
