package metrics

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

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
	c := &census{
		ctx: ctx, m: m, log: m.log,
		read: func(ctx context.Context) (store.Census, error) { return s.Census(ctx, open, maxFeeds) },
	}
	c.describe()
	m.registry.MustRegister(c)
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

	readable, lastOK, fails, open, deliveries, oldest, lastSlot, nextSlot, overdue, size *prometheus.Desc
}

func (c *census) describe() {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	c.readable = desc("state_readable", "1 while the database can be read; when it cannot, all that is read from it is left out.")
	c.lastOK = desc("feed_last_success_timestamp_seconds", "When a feed was last polled well, in Unix time; 0: not yet.", "feed")
	c.fails = desc("feed_consecutive_failures", "Polls of a feed that failed since the last good one.", "feed")
	c.open = desc("stories_open", "Stories that still take in reports.")
	c.deliveries = desc("deliveries", "Deliveries that are kept, by state: pending, sending, uncertain (no certain answer came, it will be looked up), held (tried again by itself), undecided (waits for a person's word), sent, dropped, superseded.", "state")
	c.oldest = desc("delivery_oldest_pending_seconds", "How long ago the oldest delivery was frozen that is pending, sending or uncertain; 0: there is none.")
	c.lastSlot = desc("digest_last_slot_timestamp_seconds", "When a digest was last built, in Unix time; 0: not yet.", "digest")
	c.nextSlot = desc("digest_next_timestamp_seconds", "When a digest is to be looked at, at the latest for its next slot, in Unix time. In the past: it is overdue.", "digest")
	c.overdue = desc("work_overdue_seconds", "How long the work of a unit that waits longest has been due: hosts (to poll), desk (to group), plans (to build), destinations (to send).", "unit")
	c.size = desc("db_size_bytes", "Size of the database, without its log.")
}

// Describe implements prometheus.Collector.
func (c *census) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.readable, c.lastOK, c.fails, c.open, c.deliveries, c.oldest, c.lastSlot, c.nextSlot, c.overdue, c.size} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *census) Collect(out chan<- prometheus.Metric) {
	now := c.m.now()
	last, at, ok := c.get(now)
	show := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	show(c.readable, truth(ok))
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
	c.showFeeds(last, show)
	show(c.open, float64(last.Stories))
	for _, state := range []news.DeliveryState{news.Pending, news.Sending, store.Uncertain, news.Held, store.Undecided, news.Sent, news.Dropped, news.Superseded} {
		show(c.deliveries, float64(last.Deliveries[state]), string(state))
	}
	show(c.oldest, since(last.Oldest))
	for _, p := range last.Plans {
		if p.Kind == news.DigestPlan {
			show(c.lastSlot, seconds(p.LastAt), p.ID)
			show(c.nextSlot, seconds(p.NextAt), p.ID)
		}
	}
	for unit, due := range last.Due {
		show(c.overdue, since(due), string(unit))
	}
	show(c.size, float64(last.Bytes))
}

// showFeeds shows the feeds; of those that have no series of their own the worst.
func (c *census) showFeeds(last store.Census, show func(*prometheus.Desc, float64, ...string)) {
	for _, f := range last.Feeds {
		show(c.lastOK, seconds(f.OKAt), f.ID)
		show(c.fails, float64(f.Fails), f.ID)
	}
	if f := last.Others; f != nil {
		show(c.lastOK, seconds(f.OKAt), other)
		show(c.fails, float64(f.Fails), other)
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
	for _, id := range c.m.feeds.keep(feeds, now.Others != nil) {
		c.m.polls.DeletePartialMatch(prometheus.Labels{"feed": id})
		c.m.items.DeletePartialMatch(prometheus.Labels{"feed": id})
	}
	for _, p := range c.last.Plans {
		if !plans[p.ID] {
			c.m.stories.DeleteLabelValues(p.ID)
		}
	}
}
