// Package feedfake is a web of feeds that behave as badly as real ones do, and a
// judge of whoever polls them. Each feed has a personality: its validators, its
// caching headers, its rhythm, its redirects and its bad days. The fake knows
// the truth of each, records every request, and holds it against the rules of
// good manners: 304s, spacing, holds, redirects, one request a host at a time.
// What it served must be found, and a feed that is well must be asked, so that
// a poller which never polls is not perfect.
//
// It knows nothing of any poller. It is an http.RoundTripper, to stand in for
// the network, and an http.Handler, to stand behind a port.
package feedfake

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Config sets up a Fake.
type Config struct {
	Seed  uint64
	Feeds []Personality // nil: Count drawn by the seed
	Count int           // 0: 200
	Days  int           // how long the feeds bring news; 0: 31
	// Outages cuts the whole network off for some hours now and then.
	Outages bool
	// Address is where the fake is served: the feeds' URLs lead there. Without a
	// host each site has an address of its own in 127.1.0.0/16, as Linux has them
	// all. What needs TLS, or would hold all feeds of one address for hours, is
	// left out. "": the sites have invented names and are only there for RoundTrip.
	Address string
	// Words are the headline and the text of a feed's n-th item, always the same; nil:
	// those of a gazette.
	Words func(feed string, n int) (title, text string)
	Now   func() time.Time // nil: time.Now
}

// Fake is the web of feeds and the judge of its visitors. It is safe for
// concurrent use.
type Fake struct {
	cfg     Config
	start   time.Time
	feeds   map[string]*server // by id
	order   []string
	outages []span

	mu    sync.Mutex
	judge *judge
}

// span is a stretch of time.
type span struct{ from, to time.Time }

func (s span) holds(t time.Time) bool { return !t.Before(s.from) && t.Before(s.to) }

// New makes a fake whose time starts now.
func New(cfg Config) *Fake {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Count <= 0 {
		cfg.Count = 200
	}
	if cfg.Days <= 0 {
		cfg.Days = 31
	}
	f := &Fake{cfg: cfg, start: cfg.Now(), feeds: map[string]*server{}}
	rng := rand.New(rand.NewPCG(cfg.Seed, 1))
	if cfg.Words == nil {
		cfg.Words = gazette
	}
	if cfg.Feeds == nil {
		cfg.Feeds = draw(rng, cfg.Count, cfg.Address)
	}
	for _, p := range cfg.Feeds {
		f.feeds[p.ID] = newServer(p, f.start, cfg, rng)
		f.order = append(f.order, p.ID)
	}
	if cfg.Outages {
		f.outages = drawOutages(rng, f.start, cfg.Days)
	}
	f.judge = newJudge(f.start, f.outages)
	for _, id := range f.order {
		f.judge.add(f.feeds[id].Personality)
	}
	return f
}

// drawOutages lays one outage of some hours into each five days or so, the
// first on the first day.
func drawOutages(rng *rand.Rand, start time.Time, days int) []span {
	var all []span
	at := start.Add(hours(rng, 14, 18))
	for at.Before(start.AddDate(0, 0, days)) {
		to := at.Add(hours(rng, 2, 5))
		all = append(all, span{at, to})
		at = to.Add(hours(rng, 72, 168))
	}
	return all
}

func hours(rng *rand.Rand, low, high float64) time.Duration {
	return time.Duration((low + rng.Float64()*(high-low)) * float64(time.Hour))
}

// Feeds are the personalities, in order.
func (f *Fake) Feeds() []Personality {
	all := make([]Personality, len(f.order))
	for i, id := range f.order {
		all[i] = f.feeds[id].Personality
	}
	return all
}

// errOutage is what a dial says when the network is gone.
var errOutage = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("network is unreachable")}

// errPatience says that a client has given an answer up.
var errPatience = errors.New("the client has hung up")

// RoundTrip answers a request without a socket, in the time that the server
// takes for it.
func (f *Fake) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	x := f.begin(r, r.URL)
	if x.feed == nil {
		f.finish(x, nil)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("no route to %s", r.URL.Host)}
	}
	s := f.feeds[x.feed.ID]
	if err := pause(r.Context(), s.latency); err != nil {
		f.finish(x, err)
		return nil, err
	}
	a := f.answer(x, s)
	if a.refuse != nil {
		f.finish(x, nil)
		return nil, a.refuse
	}
	b := &body{f: f, x: x, ctx: r.Context(), left: a.body, fail: a.breaks, drip: a.drip, half: len(a.body) / 2, rest: s.latency / 4}
	return &http.Response{
		StatusCode: a.status, Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.header.Clone(), Body: b,
		ContentLength: a.length(), Request: r,
	}, nil
}

// ServeHTTP answers a request behind a real port.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/":
		f.list(w)
		return
	case "/report":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		f.Report().Print(w)
		return
	}
	at := *r.URL
	at.Scheme, at.Host = "http", r.Host
	x := f.begin(r, &at)
	if x.feed == nil {
		f.finish(x, nil)
		http.NotFound(w, r)
		return
	}
	s := f.feeds[x.feed.ID]
	err := pause(r.Context(), s.latency)
	if err == nil {
		err = f.send(r.Context(), w, f.answer(x, s))
	}
	f.finish(x, err)
	if err != nil || x.answer != nil && (x.answer.refuse != nil || x.answer.breaks != nil) {
		panic(http.ErrAbortHandler) // the connection breaks off
	}
}

// list writes all feeds as an OPML document.
func (f *Fake) list(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/x-opml; charset=utf-8")
	fmt.Fprint(w, `<?xml version="1.0" encoding="utf-8"?>`+"\n"+`<opml version="2.0"><head><title>Odd feeds</title></head><body>`+"\n")
	for _, p := range f.Feeds() {
		fmt.Fprintf(w, `<outline type="rss" text="The %s gazette" xmlUrl=%q/>`+"\n", p.ID, p.URL)
	}
	fmt.Fprint(w, "</body></opml>\n")
}

// send writes an answer to a connection.
func (f *Fake) send(ctx context.Context, w http.ResponseWriter, a *answer) error {
	if a.refuse != nil {
		return nil
	}
	for k, v := range a.header {
		w.Header()[k] = v
	}
	if n := a.length(); n >= 0 && a.status != http.StatusNotModified {
		w.Header().Set("Content-Length", fmt.Sprint(n))
	}
	w.WriteHeader(a.status)
	for a.drip {
		_, err := w.Write([]byte(" "))
		err = errors.Join(err, http.NewResponseController(w).Flush(), pause(ctx, dripEvery))
		if err != nil {
			return errPatience // whoever hangs up here has waited long enough
		}
	}
	if len(a.body) == 0 {
		return nil
	}
	if _, err := w.Write(a.body); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}

// begin records a request and holds it against the rules.
func (f *Fake) begin(r *http.Request, at *url.URL) *exchange {
	f.mu.Lock()
	defer f.mu.Unlock()
	x := &exchange{
		url: at.Scheme + "://" + at.Host + at.EscapedPath(), query: at.RawQuery, host: strings.ToLower(at.Host),
		method: r.Method, header: r.Header, start: f.cfg.Now(), closes: r.Close,
	}
	id, name, _ := strings.Cut(strings.TrimPrefix(at.Path, "/"), "/")
	if s := f.feeds[id]; s != nil && s.serves(x.host) {
		x.feed, x.name = &s.Personality, name
	}
	f.judge.begin(x)
	return x
}

// answer is what the server says to a request, now.
func (f *Fake) answer(x *exchange, s *server) *answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	x.head = f.cfg.Now()
	x.answer = s.answer(x, x.head)
	for _, o := range f.outages {
		if o.holds(x.head) || o.holds(x.start) {
			x.answer = &answer{refuse: errOutage, outage: true}
		}
	}
	return x.answer
}

// finish records how a request ended; err is why its client went away.
func (f *Fake) finish(x *exchange, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !x.end.IsZero() {
		return
	}
	x.end = f.cfg.Now()
	x.cut = errors.Is(err, context.Canceled)
	x.timeout = err != nil && !x.cut
	f.judge.finish(x)
}

// Found tells the judge that the poller has an item, by its link.
func (f *Fake) Found(link string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.judge.find(link)
}

// Stopped tells the judge that the poller ended, or was killed: what it had
// just been sent may be lost to it, and it cannot poll.
func (f *Fake) Stopped() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.judge.stopped(f.cfg.Now())
}

// Started tells the judge that the poller works again.
func (f *Fake) Started() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.judge.started(f.cfg.Now())
}

// Report is the judgement up to now. Items that were not reported as found are
// held against the poller only if it reported any.
func (f *Fake) Report() Report {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.judge.report(f.cfg.Now(), f.cfg.Seed)
}

// pause waits as a server or a line does.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
