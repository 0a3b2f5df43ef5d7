// Package feed turns feeds into items: the first step of the pipeline.
//
//	Feed -> Items
//
// It fetches politely (conditional requests, the server's own wishes, a ladder
// of waits after failures), refuses addresses that are not public, mends the
// bytes so that gofeed can read them, and gives each entry its identity. It
// knows nothing of rules, stories or Slack, and stores nothing: what it must
// remember of a feed goes in and out as a news.FeedState.
package feed

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

	"newswatch/news"
)

// Config sets up a Poller. The zero value polls public addresses with the
// documented defaults.
type Config struct {
	Transport http.RoundTripper                      // nil: one of our own that only connects to public and allowed addresses
	Allow     []netip.Prefix                         // ranges inside of the operator's network that may be polled
	UserAgent string                                 // "": newswatch; name a page that says who we are
	Timeout   time.Duration                          // of a whole fetch with its redirects; 0: 30 s
	MaxBytes  int64                                  // of a decoded body; 0: 16 MiB
	Secret    func(name string) (news.Secret, error) // of logins and headers; nil: there are none
	Now       func() time.Time                       // nil: time.Now
}

// Poller fetches feeds. It is safe for concurrent use; that no host is asked
// twice at once is the caller's part.
type Poller struct {
	cfg       Config
	guard     *guard
	transport http.RoundTripper
	proxy     func(*http.Request) (*url.URL, error)
	documents *documents

	mu   sync.Mutex
	ttls map[string]time.Duration // feed id -> the ttl that its last document gave
}

// New makes a Poller. Proxies are taken from the environment.
func New(cfg Config) (*Poller, error) {
	for _, p := range cfg.Allow {
		if !p.IsValid() {
			return nil, errors.New("feed: an allowed range is not valid")
		}
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "newswatch"
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = 16 << 20
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	env := httpproxy.FromEnvironment()
	choose := env.ProxyFunc()
	proxy := func(r *http.Request) (*url.URL, error) { return choose(r.URL) }
	p := &Poller{cfg: cfg, guard: newGuard(cfg.Allow, proxiesOf(env)), proxy: proxy, documents: newDocuments(), ttls: map[string]time.Duration{}}
	if p.transport = cfg.Transport; p.transport == nil {
		p.transport = &guarded{guard: p.guard, next: newTransport(p.guard, proxy), proxy: proxy}
	}
	return p, nil
}

// Job is one poll of one feed.
type Job struct {
	Feed     news.Feed
	State    news.FeedState
	Backfill time.Duration                   // on the first good poll, dated items younger than this are told; 0: none
	Wish     func(after time.Time) time.Time // the next time at which the operator wants a poll; nil: as soon as is polite
	// RepeatedBlocks is in how many items of the document a block must stand to be
	// taken out of all of them; 0: none is.
	RepeatedBlocks int
	// Phase is the feed's place, from 0 to below 1, among all that share its
	// schedule: it spreads them over the interval.
	Phase float64
	// Known counts the items that were seen before this poll; nil: none was.
	Known func(context.Context, []news.Item) (int, error)
	Force bool // ask now, whatever State.NextAt says; a hold on the host is the caller's to keep
}

// Result is what a poll brought. State replaces the job's, and belongs into the
// same transaction as the items.
type Result struct {
	State     news.FeedState
	Items     []news.Item // of the document, in its order, without the cached ones
	Cached    int         // items that an earlier poll brought and that stand there unchanged
	Unchanged bool        // the server, or the body, says that nothing is new
	HostUntil time.Time   // no feed of this host may be asked before; zero: no hold
	Err       error       // also in State.Error
}

// clockSkew is how far a poll may come before its time: the caller's clock may
// be the database's.
const clockSkew = time.Minute

// Poll asks for a feed once. It never panics, and its result always says when
// to ask again.
func (p *Poller) Poll(ctx context.Context, j Job) (r Result) {
	now := p.cfg.Now()
	t := timing{now: now, wish: j.Wish, feedID: j.Feed.ID}
	defer func() {
		if cause := recover(); cause != nil {
			r = failed(j, t, &answer{}, fmt.Errorf("poll %s: %v", j.Feed.ID, cause))
		}
	}()
	if !j.Force && now.Add(clockSkew).Before(j.State.NextAt) {
		return Result{State: j.State, Unchanged: true}
	}
	a, err := p.fetch(ctx, j.Feed, j.State)
	t.own = a.own
	if err != nil {
		return failed(j, t, a, fmt.Errorf("fetch: %w", err))
	}
	st := j.State
	st.FeedID, st.PolledAt, st.OKAt, st.Fails, st.Error = j.Feed.ID, now, now, 0, ""
	if a.status == http.StatusNotModified {
		freshen(&st, a)
		st.NextAt = t.good(a.header, true, p.ttl(j.Feed.ID))
		return Result{State: st, Unchanged: true}
	}
	if a.damaged == nil && a.hash == st.BodyHash && st.Baselined {
		replace(&st, a)
		st.NextAt = t.good(a.header, validated(st), p.ttl(j.Feed.ID))
		return Result{State: st, Unchanged: true}
	}
	return p.read(j, t, a, st)
}

// read turns the body of a good answer into items.
func (p *Poller) read(j Job, t timing, a *answer, st news.FeedState) Result {
	body := a.body
	a.body = nil // it may go once it is decoded
	doc, err := p.documents.read(j, body, a.header, a.url, t.now)
	if err != nil {
		if a.damaged != nil {
			err = a.damaged
		}
		return failed(j, t, a, err)
	}
	r := Result{Items: doc.items, Cached: doc.cached}
	if !j.State.Baselined {
		baseline(r.Items, t.now, j.Backfill)
	}
	p.setTTL(j.Feed.ID, doc.Hints.TTL)
	st.Items, st.Memory.Read = doc.total(), doc.token
	// A damaged document must not be frozen by later "not modified" answers: it
	// keeps the validators of the last whole one.
	switch {
	case a.damaged != nil:
		st.Error = fmt.Sprintf("the body is not whole, %d items could be read: %v", doc.total(), a.damaged)
		r.Err = errors.New(st.Error)
		// What is cut twice stays cut, and is all there is.
		st.Baselined = st.Baselined || !j.State.PolledAt.IsZero()
	case doc.Recovered:
		st.Error = fmt.Sprintf("the document is damaged, %d items could be read", doc.total())
		st.Baselined = true
	default:
		replace(&st, a)
		st.BodyHash, st.Baselined = a.hash, true
	}
	st.NextAt = t.good(a.header, validated(st), doc.Hints.TTL)
	r.State = st
	return r
}

// failed counts a failure and leaves all else as it was.
func failed(j Job, t timing, a *answer, err error) Result {
	st := j.State
	st.FeedID, st.PolledAt, st.Error = j.Feed.ID, t.now, err.Error()
	st.Fails++
	st.NextAt = t.bad(st.Fails, a.status, a.header)
	return Result{State: st, HostUntil: t.host(st.Fails, a.status, a.header), Err: err}
}

// replace takes the validators of a whole answer. One that it lacks is cleared:
// an old one beside a new one is a mismatch.
func replace(st *news.FeedState, a *answer) {
	st.FinalURL = a.url
	st.ETag = first(a.header, "Etag")
	st.LastModified = first(a.header, "Last-Modified")
}

// freshen takes what a 304 brings and keeps the rest (RFC 9111, section 4.3.4).
func freshen(st *news.FeedState, a *answer) {
	if v := first(a.header, "Etag"); v != "" {
		st.ETag = v
	}
	if v := first(a.header, "Last-Modified"); v != "" {
		st.LastModified = v
	}
}

func first(h http.Header, key string) string {
	if v := h[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func validated(st news.FeedState) bool { return st.ETag != "" || st.LastModified != "" }

// baseline marks what was there before we came, so that a new feed is not told
// as a flood of old news.
func baseline(items []news.Item, now time.Time, backfill time.Duration) {
	since := now.Add(-backfill)
	for i := range items {
		items[i].Baseline = !items[i].Dated || backfill <= 0 || items[i].Published.Before(since)
	}
}

func (p *Poller) ttl(id string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ttls[id]
}

func (p *Poller) setTTL(id string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ttls[id] = d
}
