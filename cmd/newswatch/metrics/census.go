package metrics

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

// How the state is read for those who scrape, however many and often they come.
const (
	censusEvery = 5 * time.Second  // at most
	censusShare = 100              // ... and it rests so many times as long as it took: 1 % of a database's time
	censusWait  = 2 * time.Second  // a scrape waits so long for a new one, then shows the last
	censusTime  = time.Minute      // one may take so long
	censusOld   = 10 * time.Minute // an older one is not shown any more
)

// State is what a census is read from.
type State interface {
	Census(ctx context.Context, lately time.Duration, feeds int) (store.Census, error)
}

// Watch shows how a state stands. Stories are open when they took in a report in
// that time.
func (m *Metrics) Watch(ctx context.Context, s State, open time.Duration) {
	m.state.Store(&census{
		ctx: ctx, m: m, log: m.log,
		read: func(ctx context.Context) (store.Census, error) { return s.Census(ctx, open, maxFeeds) },
	})
}

// census is the last reading of the state, and shows it.
type census struct {
	ctx  context.Context // of the process
	m    *Metrics
	log  *slog.Logger
	read func(context.Context) (store.Census, error)

	mu   sync.Mutex
	last store.Census
	at   time.Time     // when it was read; zero: never
	next time.Time     // when it may be read again
	busy chan struct{} // closed at the end of the reading that is under way; nil: none is
	bad  bool          // the latest reading failed
}

// show writes it.
func (c *census) show(p *page) {
	now := c.m.now()
	last, at, ok := c.get(now)
	p.begin(gauges("state_readable", "1 while the database can be read; when it cannot, all that is read from it is left out."))
	p.add(truth(ok))
	if !ok {
		return
	}
	age := now.Sub(at) // of the census: its clock may be the server's
	since := func(t time.Time) float64 {
		if t.IsZero() {
			return 0
		}
		return max((last.At.Sub(t) + age).Seconds(), 0)
	}
	showFeeds(p, last)
	p.begin(gauges("stories_open", "Stories that still take in reports."))
	p.add(float64(last.Stories))
	p.begin(gauges("deliveries", "Deliveries that are kept, by state: pending, sending, uncertain (no certain answer came, it will be looked up), held (tried again by itself), undecided (waits for a person's word), sent, dropped, superseded.", "state"))
	for _, state := range []news.DeliveryState{news.Pending, news.Sending, store.Uncertain, news.Held, store.Undecided, news.Sent, news.Dropped, news.Superseded} {
		p.add(float64(last.Deliveries[state]), string(state))
	}
	p.begin(gauges("delivery_oldest_pending_seconds", "How long ago the oldest delivery was frozen that is pending, sending or uncertain; 0: there is none."))
	p.add(since(last.Oldest))
	showDigests(p, last)
	p.begin(gauges("work_overdue_seconds", "How long the work of a unit that waits longest has been due: hosts (to poll), desk (to group), plans (to build), destinations (to send).", "unit"))
	for unit, due := range last.Due {
		p.add(since(due), string(unit))
	}
	p.begin(gauges("db_size_bytes", "Size of the database, without its log."))
	p.add(float64(last.Bytes))
}

// showFeeds writes the feeds; of those that have no series of their own the worst.
func showFeeds(p *page, last store.Census) {
	feeds := last.Feeds
	if others := last.Others; others != nil {
		feeds = append(slices.Clip(feeds), store.FeedCensus{ID: other, OKAt: others.OKAt, Fails: others.Fails})
	}
	p.begin(gauges("feed_last_success_timestamp_seconds", "When a feed was last polled well, in Unix time; 0: not yet.", "feed"))
	for _, f := range feeds {
		p.add(seconds(f.OKAt), f.ID)
	}
	p.begin(gauges("feed_consecutive_failures", "Polls of a feed that failed since the last good one.", "feed"))
	for _, f := range feeds {
		p.add(float64(f.Fails), f.ID)
	}
}

// showDigests writes when they were and will be.
func showDigests(p *page, last store.Census) {
	digests := slices.DeleteFunc(slices.Clone(last.Plans), func(plan store.PlanCensus) bool { return plan.Kind != news.DigestPlan })
	p.begin(gauges("digest_last_slot_timestamp_seconds", "When a digest was last built, in Unix time; 0: not yet.", "digest"))
	for _, d := range digests {
		p.add(seconds(d.LastAt), d.ID)
	}
	p.begin(gauges("digest_next_timestamp_seconds", "When a digest is to be looked at, at the latest for its next slot, in Unix time. In the past: it is overdue.", "digest"))
	for _, d := range digests {
		p.add(seconds(d.NextAt), d.ID)
	}
}

// get is the state as it was read lately, and when by our own clock; false when it cannot be read.
func (c *census) get(now time.Time) (last store.Census, at time.Time, ok bool) {
	c.mu.Lock()
	if c.busy == nil && !now.Before(c.next) {
		c.busy = make(chan struct{})
		go c.refresh(c.busy)
	}
	busy := c.busy
	c.mu.Unlock()
	if busy != nil {
		select {
		case <-busy:
		case <-time.After(censusWait):
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last, c.at, !c.bad && !c.at.IsZero() && now.Sub(c.at) < censusOld
}

// refresh reads the state.
func (c *census) refresh(over chan struct{}) {
	defer close(over)
	ctx, cancel := context.WithTimeout(c.ctx, censusTime)
	defer cancel()
	began := c.m.now()
	got, err := c.read(ctx)
	took := c.m.now().Sub(began)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil && !c.bad && c.ctx.Err() == nil { // once an outage
		c.log.Warn("the state cannot be read for /metrics", "err", err)
	}
	c.busy, c.bad, c.next = nil, err != nil, began.Add(max(censusEvery, censusShare*took))
	if err == nil {
		c.forget(got)
		c.last, c.at = got, began
	}
}

// forget drops what was counted of feeds and digests that the rules name no more.
func (c *census) forget(now store.Census) {
	feeds, plans := map[string]bool{}, map[string]bool{}
	for _, f := range now.Feeds {
		feeds[f.ID] = true
	}
	for _, p := range now.Plans {
		plans[p.ID] = true
	}
	gone := c.m.feeds.keep(feeds, now.Others != nil)
	c.m.polls.forget(gone)
	c.m.items.forget(gone)
	gone = nil
	for _, p := range c.last.Plans {
		if !plans[p.ID] {
			gone = append(gone, p.ID)
		}
	}
	c.m.stories.forget(gone)
}
