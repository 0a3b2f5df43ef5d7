package watcher

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/rules"
	"newswatch/schedule"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

// desk is the rules in force and what is made of them. It is built whole and
// swapped in one step, so that no step ever sees half of a new file.
type desk struct {
	rules    *rules.Ruleset
	feeds    map[string]news.Feed
	poller   *feed.Poller
	polls    map[string]*schedule.Schedule // by feed; equal ones are the same
	phases   map[string]float64            // by feed: its place among those of one schedule
	plans    map[string]news.Plan
	slots    map[string]*schedule.Schedule // by digest
	alerts   []string                      // ids of the alert plans
	planner  *notify.Planner
	judge    *story.Judge
	backfill time.Duration
}

// use puts rules in force: the database learns of their feeds, plans and
// destinations, then the steps do.
func (w *Watcher) use(ctx context.Context, rs *rules.Ruleset) error {
	d, err := w.newDesk(rs)
	if err != nil {
		return err
	}
	if err := w.cfg.Store.SyncFeeds(ctx, rs.File.Feeds); err != nil {
		return fmt.Errorf("store the feeds: %w", err)
	}
	now := w.cfg.Now()
	var states []news.PlanState
	for _, p := range rs.File.Plans {
		first, err := notify.FirstLook(p, now)
		if err != nil {
			return err
		}
		states = append(states, news.PlanState{ID: p.ID, Kind: p.Kind, Spec: notify.Spec(p), NextAt: first, CreatedAt: now})
	}
	if err := w.cfg.Store.SyncPlans(ctx, states); err != nil {
		return fmt.Errorf("store the digests and alerts: %w", err)
	}
	if err := w.cfg.Store.SyncDestinations(ctx, w.destinations(rs)); err != nil {
		return fmt.Errorf("store the destinations: %w", err)
	}
	w.desk.Store(d)
	w.cron.mu.Lock()
	defer w.cron.mu.Unlock()
	w.cron.start(w)
	return nil
}

// pollerFor makes a poller, or keeps the one in use while what it may poll, and
// whom it names, stay the same: it holds open connections.
func (w *Watcher) pollerFor(rs *rules.Ruleset) (*feed.Poller, error) {
	if old := w.desk.Load(); old != nil {
		was, is := old.rules.File.Settings, rs.File.Settings
		if slices.Equal(was.Allow, is.Allow) && was.Contact == is.Contact {
			return old.poller, nil
		}
	}
	p, err := w.cfg.Poller(rs.File.Settings)
	if err != nil {
		return nil, fmt.Errorf("prepare polling: %w", err)
	}
	return p, nil
}

func (w *Watcher) newDesk(rs *rules.Ruleset) (*desk, error) {
	poller, err := w.pollerFor(rs)
	if err != nil {
		return nil, err
	}
	d := &desk{
		rules: rs, poller: poller, feeds: map[string]news.Feed{}, polls: map[string]*schedule.Schedule{}, phases: map[string]float64{}, plans: map[string]news.Plan{},
		slots:    map[string]*schedule.Schedule{},
		backfill: rs.File.Settings.Backfill,
	}
	if w.cfg.Backfill != nil {
		d.backfill = *w.cfg.Backfill
	}
	d.judge = story.NewJudge(Names(rs))
	parsed, sharing := map[string]*schedule.Schedule{}, map[string]int{}
	for _, f := range rs.File.Feeds {
		spec := cmp.Or(f.Poll, rs.File.Settings.Poll)
		if parsed[spec] == nil {
			if parsed[spec], err = schedule.Parse(spec); err != nil {
				return nil, fmt.Errorf("poll of feed %s: %w", f.ID, err)
			}
		}
		d.feeds[f.ID], d.polls[f.ID] = f, parsed[spec]
		d.phases[f.ID] = feed.Phase(sharing[spec])
		sharing[spec]++
	}
	for _, p := range rs.File.Plans {
		d.plans[p.ID] = p
		if p.Kind == news.AlertPlan {
			d.alerts = append(d.alerts, p.ID)
			continue
		}
		s, err := schedule.Parse(p.Cron)
		if err != nil {
			return nil, fmt.Errorf("schedule of digest %s: %w", p.ID, err)
		}
		d.slots[p.ID] = s
	}
	d.planner = notify.NewPlanner(notify.PlannerConfig{
		Store: w.cfg.Store, Routes: routes{w.cfg}, Titles: rs.Title, Now: w.cfg.Now, Summarizer: d.judge, Recovered: w.recovery.found.Load,
	})
	return d, nil
}

// Names are the words of a rule file for its rules and entities.
func Names(rs *rules.Ruleset) story.Names {
	entities := make(map[string]string, len(rs.File.Entities))
	for _, e := range rs.File.Entities {
		entities[e.ID] = e.Name
	}
	return story.Names{Rule: rs.Title, Entity: func(id string) string { return entities[id] }}
}

// match gives each item its hits.
func (d *desk) match(items []news.Item) []store.Matched {
	matched := make([]store.Matched, len(items))
	for i := range items {
		matched[i] = store.Matched{Item: items[i], Hits: d.rules.Match(&items[i]).Hits, RulesHash: d.rules.Hash}
	}
	return matched
}

// wish is when a feed's schedule asks for its next poll.
func (d *desk) wish(f news.Feed) func(time.Time) time.Time {
	return func(after time.Time) time.Time {
		return d.polls[f.ID].Tick(after, d.rules.File.Settings.Timezone)
	}
}

// allowed says whether a feed lives on an address that the operator has named:
// those are the operator's own, and no courtesy is due between two requests.
func (d *desk) allowed(f news.Feed) bool {
	host := f.Host()
	if ap, err := netip.ParseAddrPort(host); err == nil {
		host = ap.Addr().String()
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range d.rules.File.Settings.Allow {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// routes finds the way out of a target and its renderer.
type routes struct{ cfg Config }

// Route names the destination of a target and its renderer.
func (r routes) Route(t news.Target) (string, notify.Renderer, error) {
	destination := r.cfg.Route(t)
	channel, _, err := r.cfg.Channel(destination, news.SlackSettings{})
	if err != nil {
		return "", nil, fmt.Errorf("way out to %s: %w", destination, err)
	}
	return destination, channel, nil
}

// channel is a way out, paced as the rules in force say, with what its targets
// want to become of an uncertain message.
func (w *Watcher) channel(destination string) (notify.Channel, notify.Pacing, error) {
	file := w.Rules().File
	channel, pacing, err := w.cfg.Channel(destination, file.Settings.Slack)
	for _, t := range file.Targets() {
		if t.OnUncertain != "" && w.cfg.Route(t) == destination {
			pacing.OnUncertain = t.OnUncertain
		}
	}
	return channel, pacing, err
}

// notice makes a delivery to the operators of a notice, if anybody wants it.
func (w *Watcher) notice(n news.Notice) (news.Delivery, bool) {
	file := w.desk.Load().rules.File
	if file.Operators == nil {
		return news.Delivery{}, false
	}
	n.Location = file.Settings.Timezone
	destination, renderer, err := routes{w.cfg}.Route(*file.Operators)
	if err != nil {
		w.cfg.Log.Error("cannot tell the operators", "kind", n.Kind, "err", err)
		return news.Delivery{}, false
	}
	m, err := renderer.Notice(n)
	if err != nil {
		w.cfg.Log.Error("cannot render a notice", "kind", n.Kind, "err", err)
		return news.Delivery{}, false
	}
	now := w.cfg.Now()
	return news.Delivery{
		ID: n.DeliveryID, Part: 1, Parts: 1, PlanID: "operators", Kind: news.KindNotice, Destination: destination,
		Payload: m.Payload, State: news.Pending, CreatedAt: now, NotBefore: now,
	}, true
}

// wakeByCron lets the schedules ring for the roles that work by them, from now
// on those of the rules in force, until stop is called.
func (w *Watcher) wakeByCron(roles []news.Unit) (stop func()) {
	w.cron.mu.Lock()
	defer w.cron.mu.Unlock()
	w.cron.roles = roles
	w.cron.start(w)
	return func() {
		w.cron.mu.Lock()
		defer w.cron.mu.Unlock()
		w.cron.roles = nil
		w.cron.start(w)
	}
}

// alarms are the schedules of the rules in force, as the library runs them.
type alarms struct {
	mu    sync.Mutex
	roles []news.Unit // none: the daemon does not run
	cron  *cron.Cron
}

// start replaces the schedules by those of the rules in force.
func (a *alarms) start(w *Watcher) {
	if a.cron != nil {
		a.cron.Stop()
		a.cron = nil
	}
	if len(a.roles) == 0 {
		return
	}
	d := w.desk.Load()
	a.cron = cron.New()
	if slices.Contains(a.roles, news.Hosts) {
		rung := map[*schedule.Schedule]bool{}
		for _, s := range d.polls {
			if !rung[s] { // one alarm a schedule, however many feeds share it
				rung[s] = true
				a.cron.Schedule(turns{s, d.rules.File.Settings.Timezone}, cron.FuncJob(func() { w.ring(news.Hosts) }))
			}
		}
	}
	if slices.Contains(a.roles, news.Plans) {
		for id, s := range d.slots {
			a.cron.Schedule(turns{s, d.plans[id].Timezone}, cron.FuncJob(func() { w.ring(news.Plans) }))
		}
	}
	a.cron.Start()
}

// turns lets the library wake us at our times rather than at its own.
type turns struct {
	*schedule.Schedule
	loc *time.Location
}

// Next is the next turn after a time, as the library asks for it.
func (t turns) Next(after time.Time) time.Time { return t.Tick(after, t.loc) }

func bootID() string { return rand.Text() }
