package feed

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// keptLanes is how many hosts are remembered before idle ones are forgotten.
const keptLanes = 256

// busyError says that no request was made, or its answer left unread. It is nothing
// that a feed must answer for.
type busyError struct {
	wait time.Duration // how long at least
	why  string
}

func (e *busyError) Error() string { return e.why }

// busyHost: our other requests to the host are before this one, or it asked for a pause.
func busyHost(wait time.Duration) *busyError {
	return &busyError{wait: wait, why: "the host is busy with our other requests, or asked for a pause"}
}

// limiter keeps requests to one host apart, whoever makes them: a poll, a hop of
// a redirect, an archive page, an article. One is in flight at a time, from its
// start to the end of its body, and their starts lie a gap apart. Who comes first
// is served first. The operator's own servers have no limit.
type limiter struct {
	gap      time.Duration
	patience time.Duration // the longest wait
	own      func(netip.Addr) bool

	mu    sync.Mutex // never held while waiting
	lanes map[string]*lane
	sweep int // so many lanes start the next search for idle ones
}

// lane is the way to one host.
type lane struct {
	own   bool
	taken bool
	next  time.Time       // no request starts earlier
	queue []chan struct{} // closed when their turn has come
}

func newLimiter(gap, patience time.Duration, own func(netip.Addr) bool) *limiter {
	return &limiter{gap: gap, patience: patience, own: own, lanes: map[string]*lane{}, sweep: keptLanes}
}

// enter waits for the way to a host. Who got it must leave.
func (l *limiter) enter(ctx context.Context, host string) (leave func(), err error) {
	if l.gap < 0 {
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	l.mu.Lock()
	way := l.lane(host)
	if way.own {
		l.mu.Unlock()
		return func() {}, nil
	}
	if way.taken {
		turn := make(chan struct{})
		way.queue = append(way.queue, turn)
		l.mu.Unlock()
		select {
		case <-turn:
		case <-ctx.Done():
			l.giveUp(way, turn)
			return nil, busyHost(0)
		}
		l.mu.Lock()
	}
	way.taken = true
	wait := time.Until(way.next)
	l.mu.Unlock()
	return l.start(ctx, way, wait)
}

// start lets the gap pass.
func (l *limiter) start(ctx context.Context, way *lane, wait time.Duration) (leave func(), err error) {
	leave = sync.OnceFunc(func() { l.pass(way) })
	if wait > l.patience {
		leave()
		return nil, busyHost(wait)
	}
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			leave()
			return nil, busyHost(0)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := time.Now().Add(l.gap); at.After(way.next) {
		way.next = at
	}
	return leave, nil
}

// pass hands the way to who waits longest.
func (l *limiter) pass(way *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	way.pass()
}

// giveUp leaves the queue; a turn that came in the same moment is passed on.
func (l *limiter) giveUp(way *lane, turn chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(way.queue, turn); i >= 0 {
		way.queue = slices.Delete(way.queue, i, i+1)
		return
	}
	way.pass()
}

func (w *lane) pass() {
	if len(w.queue) == 0 {
		w.taken = false
		return
	}
	close(w.queue[0])
	w.queue = w.queue[1:]
}

// reached notes whose server a host turned out to be.
func (l *limiter) reached(host string, addr netip.Addr) {
	own := l.own(addr)
	l.mu.Lock()
	defer l.mu.Unlock()
	way := l.lanes[host]
	if way == nil {
		return
	}
	if way.own = own; own {
		way.next = time.Time{}
		for len(way.queue) > 0 {
			way.pass()
		}
	}
}

// hold keeps all requests away from a host that asked for a pause.
func (l *limiter) hold(host string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if way := l.lane(host); !way.own && until.After(way.next) {
		way.next = until
	}
}

// lane is the way to a host, made when there is none. A lane that nobody is in
// and whose gap is over says nothing any more.
func (l *limiter) lane(host string) *lane {
	if way := l.lanes[host]; way != nil {
		return way
	}
	if len(l.lanes) >= l.sweep {
		now := time.Now()
		for name, way := range l.lanes {
			if !way.taken && len(way.queue) == 0 && !way.next.After(now) {
				delete(l.lanes, name)
			}
		}
		l.sweep = max(keptLanes, 2*len(l.lanes))
	}
	way := &lane{}
	if addr, err := netip.ParseAddr(host); err == nil {
		way.own = l.own(addr)
	}
	l.lanes[host] = way
	return way
}

// waitedKey is where a request's context says how long it waited for others.
type waitedKey struct{}

// limited is a transport whose requests keep their distance.
type limited struct {
	*limiter
	next  http.RoundTripper
	proxy func(*http.Request) (*url.URL, error)
}

func (l *limited) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	host := laneOf(req.URL)
	came := time.Now()
	leave, err := l.enter(req.Context(), host)
	if waited, ok := req.Context().Value(waitedKey{}).(*time.Duration); ok {
		*waited += time.Since(came).Truncate(10 * time.Millisecond) // less is no wait, but the machine
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if resp == nil { // also when the transport panics
			leave()
		}
	}()
	ctx := req.Context()
	if !proxied(l.proxy, req) {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
			if ap, err := netip.ParseAddrPort(c.Conn.RemoteAddr().String()); err == nil {
				l.reached(host, ap.Addr())
			}
		}})
	}
	resp, err = l.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	if resp.Request == nil {
		resp.Request = req
	}
	resp.Body = &lastRead{resp.Body, leave}
	return resp, nil
}

// laneOf is what counts as one host: its name, whatever the port.
func laneOf(u *url.URL) string {
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// lastRead is a body whose end frees the way to its host.
type lastRead struct {
	io.ReadCloser
	leave func()
}

func (b *lastRead) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.leave()
	}
	return n, err
}

func (b *lastRead) Close() error {
	defer b.leave()
	return b.ReadCloser.Close()
}
