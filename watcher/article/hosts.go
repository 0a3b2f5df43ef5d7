package article

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds of what is remembered of hosts.
const (
	maxKnown   = 1_000            // hosts
	maxRules   = 16 << 20         // bytes of rules of their robots.txt
	maxFails   = 2                // in a row without an answer, then the host is left alone
	failPause  = 5 * time.Minute  // for so long
	askedPause = 10 * time.Minute // after a 429 or 503 that names no time
	maxPause   = time.Hour
)

// errSlow is the cause of a page's own deadline.
var errSlow = errors.New("none within " + pageTime.String())

// hosts remembers of each host when it was asked, and what its robots.txt says.
type hosts struct {
	mu    sync.Mutex
	known map[string]*host
	size  int // bytes of rules
}

// host is one server. Who has entered it is alone there.
type host struct {
	name string
	turn chan struct{} // holds one token while somebody is inside

	users int // guarded by hosts.mu: entries in use are not forgotten
	size  int // guarded by hosts.mu: bytes of rules

	mu     sync.Mutex
	last   time.Time
	until  time.Time // no request before
	fails  int
	robots map[string]robots // by scheme
	seed   maphash.Seed
	blocks map[uint64]sighting
}

func newHosts() *hosts { return &hosts{known: map[string]*host{}} }

// take gives the host of a name, to be put back.
func (hs *hosts) take(name string) *host {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h := hs.known[name]
	if h == nil {
		hs.forget()
		h = &host{name: name, turn: make(chan struct{}, 1), robots: map[string]robots{}, seed: maphash.MakeSeed(), blocks: map[uint64]sighting{}}
		hs.known[name] = h
	}
	h.users++
	return h
}

// put gives a host back.
func (hs *hosts) put(h *host) {
	size := h.ruleBytes()
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h.users--
	hs.size += size - h.size
	h.size = size
}

// forget drops the hosts that were asked longest ago when there are too many,
// or too long robots.txt among them.
func (hs *hosts) forget() {
	for len(hs.known) >= maxKnown || hs.size > maxRules {
		var oldest *host
		for _, h := range hs.known {
			if h.users == 0 && (oldest == nil || h.lastAsked().Before(oldest.lastAsked())) {
				oldest = h
			}
		}
		if oldest == nil {
			return
		}
		hs.size -= oldest.size
		delete(hs.known, oldest.name)
	}
}

// touch notes a request that somebody else sent to a host.
func (hs *hosts) touch(name string, at time.Time) {
	h := hs.take(name)
	defer hs.put(h)
	h.asked(at)
}

// enter waits until nobody else is inside, or reports that the time ran out.
func (h *host) enter(ctx context.Context) bool {
	select {
	case <-ctx.Done(): // first: select takes any that is ready
		return false
	default:
	}
	select {
	case h.turn <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *host) leave() { <-h.turn }

func (h *host) asked(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = at
}

func (h *host) lastAsked() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// pause waits until the host may be asked again. It reports false, at once,
// when too little time would be left then to ask for anything.
func (h *host) pause(ctx context.Context, gap time.Duration) bool {
	wait := time.Until(h.lastAsked().Add(gap))
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < max(wait, 0)+minTime {
		return false
	}
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// held says why the host is left alone for now.
func (h *host) held() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !time.Now().Before(h.until) {
		return ""
	}
	return fmt.Sprintf("%s is left alone until %s", h.name, h.until.UTC().Format("15:04 MST"))
}

func (h *host) hold(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.until = time.Now().Add(d)
}

// failed counts a request without an answer: a host that is down must not cost
// every item of a feed its deadline.
func (h *host) failed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fails++; h.fails >= maxFails {
		h.until = time.Now().Add(failPause)
	}
}

func (h *host) answered() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fails = 0
}

func (h *host) ruleBytes() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, rb := range h.robots {
		for _, r := range rb.rules {
			n += len(r.pattern) + 24
		}
	}
	return n
}

// delay is the longest pause that the host's robots.txt asks for.
func (h *host) delay() (d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.robots {
		d = max(d, r.delay)
	}
	return d
}

// retryAfter reads how long a host wants to be left alone (RFC 9110, section
// 10.2.3).
func retryAfter(header http.Header) time.Duration {
	v := strings.TrimSpace(header.Get("Retry-After"))
	d := askedPause
	if n, err := strconv.Atoi(v); err == nil {
		d = time.Duration(min(max(n, 0), int(maxPause/time.Second))) * time.Second
	} else if t, err := http.ParseTime(v); err == nil {
		d = time.Until(t)
	}
	return min(max(d, time.Second), maxPause)
}

// statusWhy says in words what kept a page from us.
func statusWhy(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusUnavailableForLegalReasons:
		return fmt.Sprintf("status %d: the publisher does not let us in", status)
	}
	return strings.TrimSpace(fmt.Sprintf("status %d %s", status, http.StatusText(status)))
}
