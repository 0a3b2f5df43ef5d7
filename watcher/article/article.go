// Package article reads the article behind an item, for feeds that carry a
// headline only.
//
//	Item -> Item with the article's text
//
// It asks as politely as the poller (robots.txt, one request to a host at a
// time, a pause between two), takes the article out of the page, and keeps the
// feed's own text whenever what came is not plausibly the same article, told at
// greater length. It knows nothing of rules, stories or how pages are fetched,
// and never holds news back for long: what cannot be read is settled with the
// feed's own text.
package article

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"newswatch/news"
)

// Page is what an address answered with, whatever the status.
type Page struct {
	URL    string // after redirects
	Status int
	Header http.Header
	Body   []byte // decoded
}

// Config sets up a Reader. Get is needed, the rest has defaults.
type Config struct {
	// Get asks for an address on behalf of a feed, under a feed's limits on bytes,
	// time, redirects and addresses. An answer of any status is a Page; an error
	// says that none came.
	Get func(ctx context.Context, f news.Feed, url, accept string) (Page, error)
	// Own says that a host is inside of the operator's network: it is asked
	// without pauses. nil: none is.
	Own      func(host string) bool
	Token    string        // our name in robots.txt; "": newswatch
	Budget   time.Duration // of one Read; 0: 25 s
	Gap      time.Duration // between two requests to a host; 0: 1 s
	Patience time.Duration // how long an item may wait for its turn, over several Reads; 0: 10 min; below: not at all
	Log      *slog.Logger  // nil: none
}

// Reader reads the articles behind items. It is safe for concurrent use.
type Reader struct {
	cfg   Config
	hosts *hosts
	memo  *memo
	slots chan struct{} // pages taken apart at the same time: each needs up to 64 MiB

	mu      sync.Mutex
	waiting map[string]time.Time // item id -> since when its turn has not come
}

// Bounds of a Reader.
const (
	maxWaiting = 10_000
	maxHosts   = 4                // asked at the same time in one Read
	maxSlots   = 2                // pages taken apart at the same time
	pageTime   = 10 * time.Second // for one page; the budget may leave less
	minTime    = time.Second      // no page is asked for with less left
)

// New makes a Reader.
func New(cfg Config) *Reader {
	if cfg.Token == "" {
		cfg.Token = "newswatch"
	}
	if cfg.Budget <= 0 {
		cfg.Budget = 25 * time.Second
	}
	if cfg.Gap <= 0 {
		cfg.Gap = time.Second
	}
	if cfg.Patience == 0 {
		cfg.Patience = 10 * time.Minute
	}
	if cfg.Own == nil {
		cfg.Own = func(string) bool { return false }
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Reader{
		cfg: cfg, hosts: newHosts(), memo: newMemo(),
		slots: make(chan struct{}, maxSlots), waiting: map[string]time.Time{},
	}
}

// Outcome says what became of one item.
type Outcome struct {
	Settled bool   // its text stands; false: its turn did not come, give it again
	Full    bool   // the body has the article's text
	Words   int    // of the body
	Why     string // why it is not the article's, or not settled
}

// Read gives each item of a feed the text of its article, in place, and says
// of each what became of it. It takes the budget's time at most; what has
// waited longest comes first. Revisions stay, as they are of what the feed
// said: else each later poll would look like an edit.
func (r *Reader) Read(parent context.Context, f news.Feed, items []news.Item) []Outcome {
	ctx, cancel := context.WithTimeout(parent, r.cfg.Budget)
	defer cancel()
	r.hosts.touch(f.Host(), time.Now()) // the poll before this was a request too
	out := make([]Outcome, len(items))
	var group errgroup.Group
	group.SetLimit(maxHosts)
	for _, turns := range r.plan(items) {
		group.Go(func() error {
			for _, i := range turns {
				out[i] = r.read(ctx, f, &items[i])
			}
			return nil
		})
	}
	group.Wait()
	for i := range items {
		if parent.Err() == nil {
			r.settle(&items[i], &out[i])
		}
		out[i].Words = countWords(items[i].Body)
		r.cfg.Log.Debug("article", "feed", f.ID, "item", items[i].ID, "full", out[i].Full,
			"words", out[i].Words, "settled", out[i].Settled, "why", out[i].Why)
	}
	return out
}

// plan parts the items by host, those that wait first, and the hosts by the
// order of the items.
func (r *Reader) plan(items []news.Item) [][]int {
	order := make([]int, len(items))
	for i := range items {
		order[i] = i
	}
	waits := r.waits(items)
	slices.SortStableFunc(order, func(a, b int) int { return waits[a].Compare(waits[b]) })
	at := map[string]int{}
	var plan [][]int
	for _, i := range order {
		host := news.Feed{URL: items[i].URL}.Host()
		n, known := at[host]
		if !known {
			n = len(plan)
			at[host] = n
			plan = append(plan, nil)
		}
		plan[n] = append(plan[n], i)
	}
	return plan
}

// waits gives for each item since when its turn has not come; now for one that
// does not wait.
func (r *Reader) waits(items []news.Item) []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	since := make([]time.Time, len(items))
	for i := range items {
		var waits bool
		if since[i], waits = r.waiting[items[i].ID]; !waits {
			since[i] = now
		}
	}
	return since
}

// settle ends the waiting of an item that has its text, or has waited enough.
func (r *Reader) settle(it *news.Item, o *Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	since, waits := r.waiting[it.ID]
	switch {
	case o.Settled:
		delete(r.waiting, it.ID)
	case r.cfg.Patience < 0 || waits && time.Since(since) >= r.cfg.Patience:
		delete(r.waiting, it.ID)
		o.Settled, o.Why = true, "its turn did not come in time"
	case !waits:
		if len(r.waiting) >= maxWaiting {
			clear(r.waiting)
		}
		r.waiting[it.ID] = time.Now()
	}
}

// read settles one item, unless the time runs out.
func (r *Reader) read(ctx context.Context, f news.Feed, it *news.Item) Outcome {
	u, err := url.Parse(it.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Outcome{Settled: true, Why: "the item has no address"}
	}
	u.Host = strings.ToLower(u.Host)
	u.Fragment = ""
	got, done := r.memo.get(u.String())
	if !done {
		got, done = r.fetch(ctx, f, u)
	}
	if !done {
		return Outcome{Why: "its turn did not come yet"}
	}
	if got.why == "" {
		got.why = doubt(it, got.article)
	}
	if got.why != "" {
		return Outcome{Settled: true, Why: got.why}
	}
	it.Body = merge(it.Body, got.article.Text)
	return Outcome{Settled: true, Full: true}
}

// result is what an address gave: an article, or why there is none.
type result struct {
	article Article
	why     string
}

// fetch reads the article at an address and keeps it in mind. It reports false
// when the time ran out before.
func (r *Reader) fetch(ctx context.Context, f news.Feed, u *url.URL) (result, bool) {
	h := r.hosts.take(u.Host)
	defer r.hosts.put(h)
	page, why, ok := r.ask(ctx, f, h, u)
	if !ok {
		return result{}, false
	}
	if why != "" {
		return result{why: why}, true
	}
	final, err := url.Parse(page.URL)
	if err != nil {
		return result{why: "the address that it led to cannot be read"}, true
	}
	if page.URL != u.String() {
		if why, ok = r.mayRead(ctx, f, final); !ok || why != "" {
			return result{why: why}, ok
		}
	}
	if isHome(final) && !isHome(u) {
		return result{why: "it leads to the home page"}, true
	}
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return result{}, false
	}
	var got result
	if got.article, err = Extract(page); err != nil {
		got.why = err.Error()
	}
	got.article.Text = h.dropRepeated(u.String(), got.article.Text)
	r.memo.put(u.String(), got)
	return got, true
}

// accept is what articles are asked for as.
const accept = "text/html, application/xhtml+xml, */*;q=0.1"

// ask waits for the host's turn and asks for a page. It says why there is none,
// and reports false when the time ran out before one came.
func (r *Reader) ask(ctx context.Context, f news.Feed, h *host, u *url.URL) (p Page, why string, ok bool) {
	if !h.enter(ctx) {
		return p, "", false
	}
	defer h.leave()
	if why, ok = r.allowed(ctx, f, h, u); !ok || why != "" {
		return p, why, ok
	}
	if why = h.held(); why != "" {
		return p, why, true
	}
	if !h.pause(ctx, r.gap(h)) {
		return p, "", false
	}
	p, err := r.get(ctx, f, h, u.String(), accept)
	switch {
	case ctx.Err() != nil:
		return p, "", false // broken off by us: it says nothing about the page
	case err != nil:
		h.failed()
		return p, "no answer: " + err.Error(), true
	case p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable:
		h.hold(retryAfter(p.Header))
	}
	h.answered()
	if p.Status != http.StatusOK && p.Status != http.StatusNonAuthoritativeInfo {
		return p, statusWhy(p.Status), true
	}
	return p, "", true
}

// mayRead says why we may not read where a redirect led to.
func (r *Reader) mayRead(ctx context.Context, f news.Feed, u *url.URL) (why string, ok bool) {
	h := r.hosts.take(strings.ToLower(u.Host))
	defer r.hosts.put(h)
	if !h.enter(ctx) {
		return "", false
	}
	defer h.leave()
	return r.allowed(ctx, f, h, u)
}

// get asks for an address and remembers when.
func (r *Reader) get(ctx context.Context, f news.Feed, h *host, address, accept string) (Page, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, pageTime, errSlow)
	defer cancel()
	p, err := r.cfg.Get(ctx, f, address, accept)
	h.asked(time.Now())
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if p.URL == "" {
		p.URL = address
	}
	return p, err
}

// gap is the pause between two requests to a host.
func (r *Reader) gap(h *host) time.Duration {
	if r.cfg.Own(h.name) {
		return 0
	}
	return max(r.cfg.Gap, h.delay())
}
