package watcher_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/terminal"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

var lives = flag.Int("lives", 20, "how many random lives of stories are played; -seed says which")

const lifeSteps = 24

// The two plans of each life look at other rules.
const lifeRules = `
version: 1
settings: {timezone: UTC}
feeds: [{id: a, name: Aster, url: "https://a.example/rss"}]
entities:
  berg: {name: Ida Berg, type: person}
  holm: {name: Ole Holm, type: person}
  lund: {name: Eva Lund, type: person}
rules:
  - {id: q, title: Quays, when: {any: [quay]}}
  - {id: r, title: Rain, when: {any: [rain]}}
  - {id: s, title: Ships, when: {any: [ship]}}
digests:
  - {id: one, cron: "0 8 * * *", rules: [q, r], to: {slack: desk}}
  - {id: two, cron: "0 8 * * *", rules: [r, s], to: {slack: desk}}
`

// TestLives lets items come, stories grow, merge and fall silent, people join,
// split and pin, plans tell, and the program die, in whatever order. Each item is
// in one living story, ids are for life and the older one stays, what was parted
// stays apart, and no plan finds as untold what it was told.
func TestLives(t *testing.T) {
	if raced {
		t.Skip("runs for long, on one goroutine")
	}
	if _, err := os.Stat("/dev/shm"); err == nil {
		t.Setenv("TMPDIR", "/dev/shm") // thousands of commits; no power fails here
	}
	var sum lifeTally
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(runtime.GOMAXPROCS(0))
	for n := range *lives {
		group.Go(func() error {
			one, err := liveOnce(ctx, *seed, n)
			mu.Lock()
			defer mu.Unlock()
			sum.add(one)
			if err != nil {
				return fmt.Errorf("-seed %d, life %d: %w", *seed, n, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d: %+v", *seed, sum)
	if *lives >= 20 && (sum.Merges == 0 || sum.Joins == 0 || sum.Splits == 0 || sum.Pins == 0 || sum.Moved == 0 || sum.Fenced == 0 || sum.Back == 0) {
		t.Errorf("too little happened: %+v", sum)
	}
}

// lifeTally counts what happened.
type lifeTally struct {
	Lives, Items, Told, Merges, Joins, Splits, Pins, Refused, Restarts int
	Moved                                                              int // plans that had read what was moved before they told it
	Fenced                                                             int // rounds of the desk that a correction overtook
	Back                                                               int // stories that came back after a silence
}

func (a *lifeTally) add(b lifeTally) {
	a.Lives += b.Lives
	a.Items += b.Items
	a.Told += b.Told
	a.Merges += b.Merges
	a.Joins += b.Joins
	a.Splits += b.Splits
	a.Pins += b.Pins
	a.Refused += b.Refused
	a.Restarts += b.Restarts
	a.Moved += b.Moved
	a.Fenced += b.Fenced
	a.Back += b.Back
}

// life is one state with the program that works on it and a person beside it.
type life struct {
	ctx      context.Context
	dir      string
	rng      *rand.Rand
	now      time.Time
	clock    func() time.Time
	rules    *rules.Ruleset
	store    *store.Store
	beside   *store.Store
	watcher  *watcher.Watcher
	grouper  func() watcher.Grouper
	meddling bool // a person corrects while the desk works
	n        int
	sum      lifeTally

	items  []string
	born   map[string]time.Time // by story, of those that were seen alive
	homes  map[string]string    // by story: the living one under that id
	ended  map[string]bool
	parted [][2]string
	plans  map[string]*heardBy
}

// heardBy is what a plan's readers know.
type heardBy struct {
	rules   []string
	told    map[string]int  // by story: the version told
	items   map[string]bool // reports in stories that were told
	brought map[string]bool // reports that brought a version that was told
}

func liveOnce(ctx context.Context, seed uint64, n int) (sum lifeTally, err error) {
	dir, err := os.MkdirTemp("", "life")
	if err != nil {
		return sum, err
	}
	defer os.RemoveAll(dir)
	l := newLife(ctx, dir, rand.New(rand.NewPCG(seed, uint64(n))))
	defer func() { l.close() }()
	if err := l.open(); err != nil {
		return sum, err
	}
	for step := range lifeSteps {
		what, err := l.step()
		if err == nil {
			err = l.check()
		}
		if err != nil {
			return l.sum, fmt.Errorf("step %d, after %s: %w", step, what, err)
		}
	}
	l.sum.Lives = 1
	return l.sum, l.count()
}

// count adds what the desk did by itself.
func (l *life) count() error {
	transfers, err := l.transfers()
	if err != nil {
		return err
	}
	for t := range transfers {
		if t.verb == news.Merged {
			l.sum.Merges++
		}
	}
	stories, err := l.store.StoryList(l.ctx, 1<<20)
	for _, s := range stories {
		for _, d := range s.Developments {
			if strings.HasPrefix(d.Reason, "in the news again") {
				l.sum.Back++
			}
		}
	}
	return err
}

func newLife(ctx context.Context, dir string, rng *rand.Rand) *life {
	l := &life{
		ctx: ctx, dir: dir, rng: rng, now: time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC),
		born: map[string]time.Time{}, homes: map[string]string{}, ended: map[string]bool{}, plans: map[string]*heardBy{},
	}
	l.rules, _ = rules.LoadBytes("rules.yaml", []byte(lifeRules), rules.LoadOptions{})
	l.clock = func() time.Time { return l.now }
	l.grouper = func() watcher.Grouper { return newTopics(l.meddle) }
	for id, of := range map[string][]string{"one": {"q", "r"}, "two": {"r", "s"}} {
		l.plans[id] = &heardBy{rules: of, told: map[string]int{}, items: map[string]bool{}, brought: map[string]bool{}}
	}
	return l
}

func (l *life) close() {
	for _, s := range []*store.Store{l.beside, l.store} {
		if s != nil {
			_ = s.Close()
		}
	}
}

func (l *life) open() (err error) {
	url := "sqlite://" + filepath.Join(l.dir, "state.db")
	now := l.clock
	if l.store, err = store.Open(l.ctx, store.Options{URL: url, Now: now}); err != nil {
		return err
	}
	if l.beside, err = store.Open(l.ctx, store.Options{URL: url, Now: now, Beside: true}); err != nil {
		return err
	}
	screen := terminal.New(terminal.Config{Width: 80})
	l.watcher, err = watcher.New(l.ctx, watcher.Config{
		Store: l.store, Now: now, Log: slog.New(slog.DiscardHandler),
		Poller: func(s news.Settings) (*feed.Poller, error) { return feed.New(feed.Config{Now: now}) },
		Route:  func(t news.Target) string { return "terminal:" + t.Slack },
		Channel: func(string, news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return screen, notify.Pacing{}, nil
		},
	}, l.rules)
	if err == nil {
		l.watcher.GroupBy(l.grouper)
	}
	return err
}

// meddle corrects something while the desk works.
func (l *life) meddle() {
	if l.meddling {
		l.meddling = false
		before := l.sum.Joins + l.sum.Splits + l.sum.Pins
		if _, err := l.correct(); err != nil {
			panic(err)
		}
		if l.sum.Joins+l.sum.Splits+l.sum.Pins > before {
			l.sum.Fenced++
		}
	}
}

func (l *life) step() (what string, err error) {
	l.now = l.now.Add(time.Duration(1+l.rng.IntN(240)) * time.Minute)
	if l.rng.IntN(15) == 0 {
		l.now = l.now.Add(130 * time.Hour)
	}
	switch n := l.rng.IntN(20); {
	case n < 8:
		return "arrivals", l.arrive()
	case n < 13:
		return "a telling", l.tell()
	case n < 19:
		return l.correct()
	}
	l.sum.Restarts++
	l.close()
	return "a restart", l.open()
}

func pick[T any](l *life, from ...T) T { return from[l.rng.IntN(len(from))] }

// arrive brings some items, and at times a person interferes while they are placed.
func (l *life) arrive() error {
	var fresh []store.Matched
	for range 1 + l.rng.IntN(4) {
		l.n++
		fresh = append(fresh, l.item())
	}
	l.meddling = l.rng.IntN(4) == 0
	return l.bring(fresh...)
}

// bring polls items, and lets the desk work until there is nothing to do.
func (l *life) bring(fresh ...store.Matched) error {
	if err := l.store.Wake(l.ctx, news.Hosts); err != nil {
		return err
	}
	leases, err := l.store.Claim(l.ctx, news.Hosts, 1, time.Minute)
	if err != nil || len(leases) != 1 {
		return fmt.Errorf("%d leases on the host: %w", len(leases), err)
	}
	c := store.PollCommit{State: news.FeedState{FeedID: "a", NextAt: l.now.Add(time.Hour)}, Fresh: fresh}
	if err := l.store.CommitPoll(l.ctx, leases[0], c); err != nil {
		return err
	}
	for _, m := range fresh {
		l.items = append(l.items, m.Item.ID)
	}
	l.sum.Items += len(fresh)
	for range 3 { // a round that was overtaken begins again
		if _, err := l.watcher.Group(l.ctx); err != nil {
			return err
		}
	}
	return l.store.Release(l.ctx, leases[0], l.now.Add(time.Hour))
}

func (l *life) item() store.Matched {
	key := fmt.Sprint("item", l.n)
	it := news.Item{
		ID: news.ItemID("a", key), FeedID: "a", FeedName: "Aster", Publisher: fmt.Sprint("Outlet ", l.rng.IntN(5)), Keys: []string{key},
		URL: "https://a.example/" + key, Title: key, Categories: []string{l.topic()}, Fetched: l.now, Dated: true,
		Published: l.now.Add(-time.Duration(l.rng.IntN(90)) * time.Minute), Baseline: l.rng.IntN(12) == 0,
	}
	for range pick(l, 0, 0, 0, 1, 1, 2) {
		it.Categories = append(it.Categories, l.topic())
	}
	if l.rng.IntN(6) == 0 {
		it.Categories = []string{it.Categories[0], "copy"}
	}
	it.Revise()
	m := store.Matched{Item: it, RulesHash: l.rules.Hash}
	for _, e := range []string{"berg", "holm", "lund"} {
		if l.rng.IntN(4) == 0 {
			m.Hits = append(m.Hits, news.Hit{Entities: []string{e}})
		}
	}
	hit := news.Hit{ItemID: it.ID, Rule: pick(l, "q", "r", "s"), Score: 50}
	for _, h := range m.Hits {
		hit.Entities = append(hit.Entities, h.Entities...)
	}
	m.Hits = []news.Hit{hit}
	return m
}

func (l *life) topic() string { return fmt.Sprint("t", l.rng.IntN(7)) }

// tell lets a plan tell some of what it has not told. At times something moves
// between its reading and its telling: then it must not tell.
func (l *life) tell() error {
	id := pick(l, "one", "two")
	plan := l.plans[id]
	untold, err := l.store.Untold(l.ctx, id, plan.rules, 0)
	if err != nil {
		return err
	}
	commit := news.PlanCommit{Looked: untold.Looked}
	var chosen []*news.Story
	for _, s := range untold.Stories {
		if l.rng.IntN(3) > 0 {
			chosen = append(chosen, s)
			commit.Told = append(commit.Told, news.Told{PlanID: id, StoryID: s.ID, Version: s.Version, At: l.now, Sources: 1, DeliveryID: "al_" + s.ID})
		}
	}
	moved := map[string]bool{}
	if l.rng.IntN(3) == 0 {
		before, err := l.transfers()
		if err != nil {
			return err
		}
		if _, err := l.correct(); err != nil {
			return err
		}
		after, err := l.transfers()
		if err != nil {
			return err
		}
		if _, err := l.store.Untold(l.ctx, id, plan.rules, 0); err != nil { // somebody looks at a preview
			return err
		}
		for t := range after {
			if !before[t] {
				moved[t.From], moved[t.Into] = true, true
			}
		}
	}
	stale := slices.ContainsFunc(chosen, func(s *news.Story) bool { return moved[s.ID] })
	if err := l.store.Wake(l.ctx, news.Plans, id); err != nil {
		return err
	}
	leases, err := l.store.Claim(l.ctx, news.Plans, 1, time.Minute)
	if err != nil || len(leases) != 1 {
		return fmt.Errorf("%d leases on %s: %w", len(leases), id, err)
	}
	err = l.store.CommitPlan(l.ctx, leases[0], commit)
	if stale != errors.Is(err, store.ErrMoved) {
		return fmt.Errorf("items moved under the plan: %v; got error %w", stale, err)
	}
	if stale {
		l.sum.Moved++
	} else if err != nil {
		return err
	} else {
		for _, s := range chosen {
			plan.hear(s)
		}
		l.sum.Told += len(chosen)
	}
	return l.store.Release(l.ctx, leases[0], time.Time{})
}

func (r *heardBy) hear(s *news.Story) {
	r.told[s.ID] = s.Version
	for _, m := range s.Members {
		r.items[m.Item.ID] = true
	}
	r.brought[s.Members[0].Item.ID] = true
	for _, d := range s.Developments {
		r.brought[d.ItemID] = true
	}
}

// flat is a transfer that can be compared.
type flat struct {
	verb       news.TransferVerb
	at         int64
	From, Into string
}

func (l *life) transfers() (map[flat]bool, error) {
	all := map[flat]bool{}
	for id := range l.born {
		list, err := l.store.Transfers(l.ctx, id)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			all[flat{t.Verb, t.At.UnixMilli(), t.From, t.Into}] = true
		}
	}
	return all, nil
}

// correct lets a person join, split or pin something.
func (l *life) correct() (what string, err error) {
	stories, err := l.beside.StoryList(l.ctx, 1<<20)
	if err != nil || len(stories) == 0 {
		return "no correction", err
	}
	c := watcher.Corrector{Store: l.beside, Judge: story.NewJudge(watcher.Names(l.rules)), Now: func() time.Time { return l.now }}
	s, o := pick(l, stories...), pick(l, stories...)
	var done news.Transfer
	switch l.rng.IntN(3) {
	case 0:
		what = fmt.Sprintf("join %s %s", s.ID, o.ID)
		if done, err = c.Join(l.ctx, s.ID, o.ID); err == nil {
			l.sum.Joins++
			l.reconcile(done)
		}
	case 1:
		items := []string{}
		for _, m := range s.Members {
			if l.rng.IntN(3) == 0 {
				items = append(items, m.Item.ID)
			}
		}
		what = fmt.Sprintf("split %s %v", s.ID, items)
		if len(items) == 0 {
			return what, nil
		}
		if done, err = c.Split(l.ctx, s.ID, items); err == nil {
			l.sum.Splits++
			l.parted = append(l.parted, [2]string{done.From, done.Into})
		}
	case 2:
		item := pick(l, s.Members...).Item.ID
		what = fmt.Sprintf("pin %s of %s to %s", item, s.ID, o.ID)
		if done, err = c.Pin(l.ctx, item, o.ID); err == nil {
			l.sum.Pins++
			if done.Verb.Ends() {
				l.reconcile(done)
			} else {
				l.parted = append(l.parted, [2]string{done.From, done.Into})
				for _, r := range l.plans { // it comes to a story that they have not heard of at all
					if r.told[o.ID] == 0 {
						delete(r.items, item)
						delete(r.brought, item)
					}
				}
			}
		}
	}
	if errors.Is(err, watcher.ErrRefused) {
		l.sum.Refused++
		return what + ", refused", nil
	}
	return what, err
}

// reconcile forgets that stories were parted which a person joins.
func (l *life) reconcile(done news.Transfer) {
	l.parted = slices.DeleteFunc(l.parted, func(p [2]string) bool {
		return pairOf(l.home(p[0]), l.home(p[1])) == pairOf(done.From, done.Into)
	})
}

// home is the living story under an id, when it was last looked at.
func (l *life) home(id string) string { return cmp.Or(l.homes[id], id) }

func (l *life) check() error {
	stories, err := l.store.StoryList(l.ctx, 1<<20)
	if err != nil {
		return err
	}
	if err := l.checkItems(stories); err != nil {
		return err
	}
	if err := l.checkIDs(stories); err != nil {
		return err
	}
	for _, p := range l.parted {
		if l.home(p[0]) == l.home(p[1]) {
			return fmt.Errorf("%s and %s were parted, and are one", p[0], p[1])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(l.plans)) {
		if err := l.checkTold(id, stories); err != nil {
			return err
		}
	}
	return nil
}

// checkItems: each item is in exactly one living story, and copies stand beside
// what they repeat.
func (l *life) checkItems(stories []news.Story) error {
	in := map[string]string{}
	for _, s := range stories {
		of := map[string]bool{}
		for _, m := range s.Members {
			if in[m.Item.ID] != "" {
				return fmt.Errorf("item %s is in %s and %s", m.Item.ID, in[m.Item.ID], s.ID)
			}
			in[m.Item.ID], of[m.Item.ID] = s.ID, true
		}
		if !of[s.LeadID] {
			return fmt.Errorf("the lead %s of %s is not in it", s.LeadID, s.ID)
		}
		for _, m := range s.Members {
			if m.CopyOf != "" && !of[m.CopyOf] {
				return fmt.Errorf("%s of %s repeats %s, which is not in it", m.Item.ID, s.ID, m.CopyOf)
			}
		}
	}
	for _, id := range l.items {
		if in[id] == "" {
			return fmt.Errorf("item %s is in no living story", id)
		}
	}
	return nil
}

// checkIDs: an id that was there leads to a living story for ever, to an older one
// once its own has ended, and never comes back to life.
func (l *life) checkIDs(stories []news.Story) error {
	living, before := map[string]bool{}, maps.Clone(l.born)
	for _, s := range stories {
		living[s.ID] = true
		if l.ended[s.ID] {
			return fmt.Errorf("%s had ended, and lives", s.ID)
		}
		l.born[s.ID] = s.FirstAt
	}
	found, err := l.store.Stories(l.ctx, slices.Collect(maps.Keys(l.born)))
	if err != nil {
		return err
	}
	for id := range l.born {
		home := found[id]
		if home == nil || !living[home.ID] {
			return fmt.Errorf("id %s leads nowhere", id)
		}
		l.homes[id] = home.ID
		if home.ID == id || l.ended[id] {
			continue
		}
		l.ended[id] = true
		if before[home.ID].After(before[id]) {
			return fmt.Errorf("%s of %s was taken in by the younger %s", id, before[id], home.ID)
		}
		if err := l.checkRecord(id); err != nil {
			return err
		}
	}
	return nil
}

// checkRecord: that a story ended is written down.
func (l *life) checkRecord(id string) error {
	list, err := l.store.Transfers(l.ctx, id)
	recorded := func(t news.Transfer) bool {
		return t.From == id && t.Verb.Ends() && len(t.Items) > 0 && !t.At.IsZero() && (t.Verb == news.Joined || t.Score > 0 && t.Why != "")
	}
	if err == nil && !slices.ContainsFunc(list, recorded) {
		return fmt.Errorf("that %s ended is not recorded: %+v", id, list)
	}
	return err
}

// checkTold: what was told is not taken back, and what is untold holds something
// that was not told.
func (l *life) checkTold(id string, stories []news.Story) error {
	plan := l.plans[id]
	ids := make([]string, len(stories))
	for i, s := range stories {
		ids[i] = s.ID
	}
	told, err := l.store.Told(l.ctx, id, ids)
	if err != nil {
		return err
	}
	for story, version := range plan.told {
		if now, ok := told[story]; !l.ended[story] && (!ok || now.Version < version) {
			return fmt.Errorf("plan %s told %s at %d, and is thought to have told it at %d", id, story, version, now.Version)
		}
	}
	for story, t := range told {
		plan.told[story] = t.Version
	}
	untold, err := l.store.Untold(l.ctx, id, plan.rules, 0)
	if err != nil {
		return err
	}
	for _, s := range untold.Stories {
		if !plan.misses(s, told) {
			return fmt.Errorf("plan %s would be told again of %s, version %d, told %+v, developments %+v", id, s.ID, s.Version, told[s.ID], s.Developments)
		}
	}
	return nil
}

// misses says whether there is something in an untold story that was not told.
func (r *heardBy) misses(s *news.Story, told map[string]news.Told) bool {
	t, again := told[s.ID]
	if !again {
		return slices.ContainsFunc(s.Members, func(m news.Member) bool { return !r.items[m.Item.ID] })
	}
	return slices.ContainsFunc(s.Developments, func(d news.Development) bool {
		return d.Version > t.Version && !r.brought[d.ItemID]
	})
}
