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
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"golang.org/x/net/http/httpproxy"

	"newswatch/news"
)

// Config sets up a Poller. The zero value polls public addresses with the
// documented defaults.
type Config struct {
	Transport http.RoundTripper                      // nil: our own, which only connect to public and allowed addresses
	Allow     []netip.Prefix                         // ranges inside of the operator's network that may be polled
	Resolver  *net.Resolver                          // nil: the system's
	UserAgent string                                 // "": newswatch; name a page that says who we are
	Timeout   time.Duration                          // of a whole poll with its redirects and archive pages; 0: 30 s
	HostGap   time.Duration                          // between the starts of two requests to one host; 0: 1 s, below 0: none, and any number at once
	MaxBytes  int64                                  // of a decoded body; 0: 16 MiB
	Secret    func(name string) (news.Secret, error) // of logins and headers; nil: there are none
	Now       func() time.Time                       // nil: time.Now
}

// Poller fetches feeds. It is safe for concurrent use, and keeps requests to one
// host apart whoever makes them.
type Poller struct {
	cfg       Config
	guard     *guard
	routes    *routes
	limiter   *limiter
	large     *large
	outage    outage
	documents *documents
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
	if cfg.HostGap == 0 {
		cfg.HostGap = time.Second
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = 16 << 20
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	env := httpproxy.FromEnvironment()
	choose := env.ProxyFunc()
	g := newGuard(cfg.Allow, cfg.Resolver, proxiesOf(env))
	p := &Poller{cfg: cfg, guard: g, limiter: newLimiter(cfg.HostGap, cfg.Timeout/2, g.allowed), large: newLarge(cfg.Timeout / 2), documents: newDocuments()}
	p.routes = &routes{
		guard: g, limiter: p.limiter, fixed: cfg.Transport, open: map[routeKey]*route{},
		proxy: func(r *http.Request) (*url.URL, error) { return choose(r.URL) },
	}
	return p, nil
}

// Job is one poll of one feed.
type Job struct {
	Feed     news.Feed
	State    news.FeedState
	Backfill time.Duration                   // on the first good poll, dated items younger than this are told; 0: none
	Wish     func(after time.Time) time.Time // the next time at which the operator wants a poll; nil: as soon as is polite
	// Fixed says that Wish is the feed's own, not the one for all feeds: then its
	// interval is not adapted to how often the feed brings news.
	Fixed bool
	// RepeatedBlocks is in how many items of the document a block must stand to be
	// taken out of all of them; 0: none is.
	RepeatedBlocks int
	// Phase is the feed's place, from 0 to below 1, among all that share its
	// schedule: it spreads them over the interval.
	Phase float64
	// Known counts the items that were seen before this poll; nil: nobody knows,
	// and neither gaps nor moves are noticed.
	Known func(context.Context, []news.Item) (int, error)
	Force bool // ask now, whatever State.NextAt says; a hold on the host is the caller's to keep
}

// Result is what a poll brought. State replaces the job's, and belongs into the
// same transaction as the items.
type Result struct {
	State     news.FeedState
	Items     []news.Item // of the document, in its order, without the cached ones; then those of older pages
	Cached    int         // items that an earlier poll brought and that stand there unchanged
	Partial   bool        // the document was not all of the feed: a delta, or cut off
	Unchanged bool        // the server, or the body, says that nothing is new
	HostUntil time.Time   // no feed of this host may be asked before; zero: no hold
	Gap       bool        // nothing of the document was known: items may have been missed between two polls
	// DownSince is since when our own network is down; zero: it is not. The
	// failure was not counted then. Failures that were counted before the outage
	// was noticed are taken back by their feeds' next polls; Excused tells which
	// those are, so that they need not wait for it.
	DownSince time.Time
	// Silent: the host gave no sign of life, and that was counted; our network was not
	// known to be down.
	Silent bool
	Bytes  int64 // of the body, as they came over the wire; older pages aside
	Busy   bool  // nothing was asked or read: the host is held, or busy with our other requests, or wants none at this hour, or other large documents were in hand
	Err    error // also in State.Error
}
