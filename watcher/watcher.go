// Package watcher is the loop: it carries the news along the whole pipeline,
//
//	Feed -> Item -> Hit -> Story -> Digest -> Delivery
//
// and is the only package that sees all of it. Each step claims its work under a
// lease, does it, and commits it in one transaction; what a crash interrupts is
// claimed again.
package watcher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/rules"
	"newswatch/watcher/article"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

const (
	longest  = 30 * time.Second       // longest sleep: the wall clock is compared at least so often
	shortest = 100 * time.Millisecond // shortest sleep, so that no loop spins
	breath   = 10 * time.Millisecond  // after a ring, so that what comes together is claimed together
)

// Config is what a Watcher is made of.
type Config struct {
	Store *store.Store
	// Poller makes the poller for the rules in force: it knows their addresses.
	Poller func(news.Settings) (*feed.Poller, error)
	// Source reads the rule file as it is now; nil switches reloading off.
	Source func() (rules.Source, error)
	// Check says what a file lacks that cannot be read from it, such as the secret
	// of a webhook: it is not taken then. Nil: nothing.
	Check func(*rules.File) error
	// Route says which way out a target has.
	Route func(news.Target) string
	// Channel is the way out of a destination.
	Channel func(destination string, pace news.SlackSettings) (notify.Channel, notify.Pacing, error)
	Log     *slog.Logger
	Observe Observer         // nil: nobody counts
	Now     func() time.Time // nil: the store's clock
	// Elapsed is a time that nobody sets, by which steps of Now are told from time
	// that passes; nil: the store's, or Now if that is given.
	Elapsed  func() time.Duration
	Backfill *time.Duration // replaces settings.backfill
	// Lease is the longest work under one claim; no step outlives it. 0: a minute. Only
	// tests have reason to shorten it: others wait so long for what a crash left.
	Lease time.Duration
	// AtOnce polls every feed and tells everything, whatever the schedules say.
	AtOnce bool
	// At is told where the work is, for tests that let the program die there; nil:
	// nobody wants to know.
	At func(notify.Step)
}

// The steps before a delivery, as Config.At is told of them: around each commit.
const (
	BeforePoll  notify.Step = "before-poll"  // a feed was read, nothing of it is committed
	AfterPoll   notify.Step = "after-poll"   // ... and now it is
	BeforeGroup notify.Step = "before-group" // items were placed in stories
	AfterGroup  notify.Step = "after-group"
	BeforeBind  notify.Step = "before-bind" // a plan is due
	AfterBind   notify.Step = "after-bind"  // its messages are frozen, its stories told
)

// Steps lists all steps in the order of the pipeline.
func Steps() []notify.Step {
	return append([]notify.Step{BeforePoll, AfterPoll, BeforeGroup, AfterGroup, BeforeBind, AfterBind}, notify.Steps()...)
}

// Watcher runs the pipeline.
type Watcher struct {
	cfg     Config
	desk    atomic.Pointer[desk] // the rules in force and what is made of them
	outbox  *notify.Outbox
	polls   *crew
	asked   sync.Map     // ids of feeds that this pass has polled
	down    atomic.Int64 // since when our own network is down, as last heard; Unix ns
	posts   *crew
	reader  *article.Reader // of the articles behind headlines
	grouper grouper         // nil: to be replayed from the store
	forget  func() grouper  // makes one that knows nothing
	boot    string          // of the database, when the grouper was replayed
	holder  string          // tells our hold on the desk from another process's
	bells   map[news.Unit]chan struct{}
	reload  sync.Mutex // one reload at a time
	// badSince is since when this process found the rule file broken; zero: it is not.
	badSince time.Time
	looked   string // hash of the file that was last taken or rejected; under reload
	cron     alarms
	clock    clock
	absence  absence
	together bool // a daemon, beside others on the same state
	pulse    pulse
	observe  Observer

	recovery recovery
}

// Summary counts what a pass did.
type Summary struct {
	Feeds, Failed, Unchanged int
	Items, Edited, Hits      int // new items; edited ones; new items that hit a rule
	Stories, Grown           int // new stories; stories that took in more
	Built                    int // messages frozen
	Told                     int // stories in them
	Posted, Held, Uncertain  int // messages
	Rewritten                int // messages brought up to date in place
	Waiting                  int // deliveries that wait for a time or a parent
}

// Empty says whether nothing happened.
func (s Summary) Empty() bool { return s == Summary{} }

// New returns a watcher that works by the given rules.
func New(ctx context.Context, c Config, rs *rules.Ruleset) (*Watcher, error) {
	if c.Now == nil {
		c.Now = c.Store.Now
		if c.Elapsed == nil {
			c.Elapsed = c.Store.Elapsed
		}
	}
	if c.Elapsed == nil {
		c.Elapsed = func() time.Duration { return time.Duration(c.Now().UnixNano()) }
	}
	if c.At == nil {
		c.At = func(notify.Step) {}
	}
	if c.Lease <= 0 {
		c.Lease = time.Minute
	}
	w := &Watcher{cfg: c, holder: bootID(), bells: map[news.Unit]chan struct{}{}, observe: c.Observe, recovery: recovery{turn: make(chan struct{}, 1)}}
	if w.observe == nil {
		w.observe = nobody{}
	}
	w.forget = func() grouper { return story.New(story.Config{}) }
	for _, u := range []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations} {
		w.bells[u] = make(chan struct{}, 1)
	}
	w.outbox = notify.NewOutbox(notify.OutboxConfig{
		Store: punctual{Store: c.Store, look: w.keepTime}, Channel: w.channel, Operators: w.notice, Now: c.Now, Log: c.Log,
		Observe: w.observe, At: c.At,
	})
	w.reader = w.newReader()
	w.polls = w.newCrew(news.Hosts, polls, w.pollHost)
	w.posts = w.newCrew(news.Destinations, posts, w.sendTo)
	if err := w.use(ctx, rs); err != nil {
		return nil, err
	}
	w.looked = rs.Hash
	if err := w.suspect(ctx); err != nil {
		return nil, err
	}
	w.observe.Loaded(rs.Hash)
	if err := w.keepTime(ctx); err != nil {
		return nil, err
	}
	// Somebody may have mended what a delivery was held for before starting us.
	if err := c.Store.RetryHeld(ctx); err != nil {
		return nil, fmt.Errorf("take up what was held: %w", err)
	}
	if err := c.Store.SetMeta(ctx, rulesKey, rs.Hash); err != nil {
		return nil, fmt.Errorf("note the rules in force: %w", err)
	}
	if _, err := w.catchUp(ctx); err != nil {
		return nil, fmt.Errorf("match anew what was fetched under a broken rule file: %w", err)
	}
	return w, nil
}

// Pass does what is due now, once, in the order of the pipeline.
func (w *Watcher) Pass(ctx context.Context) (Summary, error) {
	var sum Summary
	if err := w.keepTime(ctx); err != nil {
		return sum, err
	}
	if w.cfg.AtOnce {
		if err := w.wakeAll(ctx); err != nil {
			return sum, err
		}
	}
	polled, err := w.polls.all(ctx) // Feed  -> Item -> Hit
	sum.Add(polled)
	if err != nil {
		return sum, err
	}
	grouped, err := w.group(ctx) // Hit   -> Story
	sum.Add(grouped)
	if err != nil {
		return sum, err
	}
	planned, err := w.plan(ctx) // Story -> Digest
	sum.Add(planned)
	if err != nil {
		return sum, err
	}
	sent, err := w.posts.all(ctx) // Digest -> Delivery
	sum.Add(sent)
	return sum, err
}

// wakeAll makes every host due. The last poll of one may have been a moment ago,
// in another process: its host rests until then.
func (w *Watcher) wakeAll(ctx context.Context) error {
	w.asked.Clear()
	holds, err := w.cfg.Store.Holds(ctx)
	if err != nil {
		return fmt.Errorf("holds of the hosts: %w", err)
	}
	rest := time.Duration(0)
	for _, until := range holds {
		if wait := until.Sub(w.cfg.Now()); wait <= hostGap {
			rest = max(rest, wait)
		}
	}
	if err := sleep(ctx, rest); err != nil {
		return err
	}
	if err := w.cfg.Store.Wake(ctx, news.Hosts); err != nil {
		return fmt.Errorf("wake the hosts: %w", err)
	}
	return nil
}

// Add adds the counts of another pass.
func (s *Summary) Add(o Summary) {
	s.Feeds += o.Feeds
	s.Failed += o.Failed
	s.Unchanged += o.Unchanged
	s.Items += o.Items
	s.Edited += o.Edited
	s.Hits += o.Hits
	s.Stories += o.Stories
	s.Grown += o.Grown
	s.Built += o.Built
	s.Told += o.Told
	s.Posted += o.Posted
	s.Rewritten += o.Rewritten
	s.Held += o.Held
	s.Uncertain += o.Uncertain
	s.Waiting += o.Waiting
}

// Run carries the news until the context ends or the database cannot be
// written any more. Each role has a loop of its own, so that a slow feed holds
// up no message and a slow Slack no poll.
func (w *Watcher) Run(ctx context.Context, roles []news.Unit) error {
	w.recovery.patient = true
	w.pulse.begin(roles, w.cfg.Elapsed())
	defer w.wakeByCron(roles)()
	defer w.polls.busy.Wait()
	defer w.posts.busy.Wait()
	defer w.leaveDesk(ctx)
	w.together = !w.cfg.Store.Alone()
	g, ctx := errgroup.WithContext(ctx)
	work := map[news.Unit]func(context.Context) (Summary, error){
		news.Hosts: w.polls.step, news.Desk: w.groupInTurn, news.Plans: w.plan, news.Destinations: w.posts.step,
	}
	for _, role := range roles {
		g.Go(func() error { return w.loop(ctx, role, work[role]) })
	}
	g.Go(func() error { return w.watchClock(ctx) })
	g.Go(func() error { return w.prune(ctx) })
	g.Go(func() error { return w.backUp(ctx) })
	if slices.Contains(roles, news.Plans) {
		g.Go(func() error { return w.report(ctx) })
	}
	if slices.Contains(roles, news.Destinations) {
		g.Go(func() error { return w.audit(ctx) })
	}
	if w.cfg.Source != nil {
		g.Go(func() error { return w.watchRules(ctx) })
	}
	g.Go(func() error { return w.listen(ctx, roles) })
	if err := g.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// loop does the work of one unit whenever a row of it is due, it was rung for,
// or the longest sleep is over.
func (w *Watcher) loop(ctx context.Context, u news.Unit, work func(context.Context) (Summary, error)) error {
	fails := 0
	for ctx.Err() == nil {
		began := w.cfg.Now()
		_, err := work(ctx)
		w.pulse.beat(u, w.cfg.Elapsed(), err)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, store.ErrUnwritable):
			return err
		case w.awaySince(err, began):
			fails = 1 // it is asked as often however long it takes
		case err != nil:
			if fails++; seldom(fails) {
				w.cfg.Log.Error("step failed, trying again", "unit", u, "fails", fails, "err", err)
			}
		default:
			w.served(began)
			if fails > 1 {
				w.cfg.Log.Info("step does its work again", "unit", u, "failed", fails)
			}
			fails = 0
		}
		w.rest(ctx, u, fails)
	}
	return nil
}

// rest sleeps until the next row of a unit is due or somebody rings.
func (w *Watcher) rest(ctx context.Context, u news.Unit, fails int) {
	pause := longest
	if next, err := w.cfg.Store.NextAt(ctx, u); err == nil && !next.IsZero() {
		pause = min(pause, next.Sub(w.cfg.Now()))
	}
	if fails > 0 {
		pause = min(longest, time.Second<<min(fails, 5))
	}
	timer := time.NewTimer(max(pause, shortest))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-w.bells[u]:
		_ = sleep(ctx, breath) // the caller sees to a context that ended
	}
}

// listenEvery is how often it is looked whether a verb made something due.
const listenEvery = time.Second / 2

// listen rings for what verbs beside us made due: they are other processes. They
// poll nothing.
func (w *Watcher) listen(ctx context.Context, roles []news.Unit) error {
	units := slices.DeleteFunc(slices.Clone(roles), func(u news.Unit) bool { return u == news.Hosts })
	for sleep(ctx, listenEvery) == nil {
		due, _ := w.cfg.Store.Due(ctx, units...) // an error the units' loops meet too
		for _, u := range due {
			w.ring(u)
		}
	}
	return nil
}

// ring wakes the loop of a unit; one that is already rung for is not rung twice.
func (w *Watcher) ring(u news.Unit) {
	select {
	case w.bells[u] <- struct{}{}:
	default:
	}
}

// Rules are the rules in force.
func (w *Watcher) Rules() *rules.Ruleset { return w.desk.Load().rules }

// A drain ends after so long, and after so many rounds that posted nothing,
// whatever still waits.
const (
	drainMost = 2 * time.Minute
	drainIdle = 10
)

// Drain goes on sending while a message only waits for its pace or a short
// pause that was asked for, and adds to sum what it did.
func (w *Watcher) Drain(ctx context.Context, patience time.Duration, sum *Summary) error {
	idle := 0
	for end := w.cfg.Now().Add(drainMost); w.cfg.Now().Before(end) && idle < drainIdle; idle++ {
		next, err := w.cfg.Store.NextAt(ctx, news.Destinations)
		if err != nil {
			return fmt.Errorf("when is the next message due: %w", err)
		}
		pause := next.Sub(w.cfg.Now())
		if next.IsZero() || pause > patience {
			return nil
		}
		if err := sleep(ctx, max(pause, time.Millisecond)); err != nil {
			return err
		}
		sent, err := w.posts.all(ctx)
		sum.Add(sent)
		if err != nil {
			return err
		}
		if sent.Posted+sent.Rewritten > 0 {
			idle = 0
		}
	}
	return nil
}
