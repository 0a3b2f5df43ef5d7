package store_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
	"newswatch/watcher/store/pgtest"
)

var mixed = flag.Int("mixed", 80, "polls of TestMixed")

// TestMixed has two replicas do all that the pipeline does side by side, each step by
// several workers, in whatever order comes about: polls with edits, rounds that merge,
// plans, sends, corrections by hand, mutes, words about messages, reloads, forgetting.
// What is left in the end must be what one worker alone would have left.
func TestMixed(t *testing.T) {
	c := pgtest.Start(t)
	m := &mixedWorld{T: t, items: map[string]time.Time{}}
	m.now.Store(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC).UnixMilli())
	url := c.Database(t)
	for range 2 {
		s, err := store.Open(t.Context(), store.Options{URL: url, Now: m.at})
		must(t, err)
		t.Cleanup(func() { _ = s.Close() })
		m.stores = append(m.stores, s)
	}
	var err error
	m.raw, err = sql.Open("pgx", url)
	must(t, err)
	t.Cleanup(func() { _ = m.raw.Close() })
	must(t, m.reload(m.stores[0], nil))
	var work sync.WaitGroup
	for i, s := range m.stores {
		for j, step := range []func(*store.Store, *rand.Rand) error{
			m.poll, m.poll, m.round, m.round, m.plan, m.plan, m.send, m.send, m.correct, m.say, m.forget, m.reload,
		} {
			rnd := rand.New(rand.NewPCG(uint64(i), uint64(j)))
			work.Go(func() { m.work(s, rnd, step) })
		}
	}
	work.Wait()
	m.settle()
	m.check()
}

const (
	mixedFeeds = 6
	mixedSpan  = 72 * time.Hour // passes in all
	mixedKeep  = 36 * time.Hour // what is older is forgotten
)

type mixedWorld struct {
	*testing.T
	stores []*store.Store
	raw    *sql.DB
	now    atomic.Int64 // ms
	done   atomic.Int64 // polls

	mu                                   sync.Mutex
	items                                map[string]time.Time // that hit and were committed, and when
	serial, merges, edits, joins, forgot int
}

func (m *mixedWorld) at() time.Time { return time.UnixMilli(m.now.Load()).UTC() }

func (m *mixedWorld) work(s *store.Store, rnd *rand.Rand, step func(*store.Store, *rand.Rand) error) {
	for m.done.Load() < int64(*mixed) && !m.Failed() {
		var paced *news.PacedError
		switch err := step(s, rnd); {
		case err == nil, errors.Is(err, store.ErrFenced), errors.Is(err, store.ErrMoved), errors.Is(err, news.ErrGone), errors.As(err, &paced):
		default:
			m.Error(err)
		}
	}
}

// reload takes one of two rule files over, which differ in a feed and a destination.
func (m *mixedWorld) reload(s *store.Store, rnd *rand.Rand) error {
	feeds, to := mixedFeeds, []string{"slack:a", "slack:b"}
	if rnd != nil {
		time.Sleep(5 * time.Millisecond)
		if rnd.IntN(2) == 0 {
			feeds, to = feeds-1, to[:1]
		}
	}
	var list []news.Feed
	for i := range feeds {
		list = append(list, news.Feed{ID: fmt.Sprint("f", i), URL: fmt.Sprintf("https://h%d.example/%d", i/2, i)})
	}
	ctx := m.Context()
	plans := []news.PlanState{
		{ID: "alert", Kind: news.AlertPlan, Spec: "s", NextAt: m.at()}, {ID: "digest", Kind: news.DigestPlan, Spec: "s", NextAt: m.at()},
	}
	for i := range plans {
		plans[i].CreatedAt = time.UnixMilli(1)
	}
	return errors.Join(s.SyncFeeds(ctx, list), s.SyncPlans(ctx, plans), s.SyncDestinations(ctx, to), s.RetryHeld(ctx))
}

// claim gives one lease on a unit; it makes everything due now and then.
func (m *mixedWorld) claim(s *store.Store, u news.Unit, rnd *rand.Rand) (l news.Lease, ok bool, err error) {
	if rnd.IntN(8) == 0 {
		if err := s.Wake(m.Context(), u); err != nil {
			return l, false, err
		}
	}
	leases, err := s.Claim(m.Context(), u, 1, 10*time.Hour)
	if err != nil || len(leases) == 0 {
		time.Sleep(time.Millisecond)
		return l, false, err
	}
	return leases[0], true, nil
}

func (m *mixedWorld) newItem(feed string) news.Item {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.serial++
	key := fmt.Sprint("k", m.serial)
	it := news.Item{ID: news.ItemID(feed, key), FeedID: feed, FeedName: feed, Publisher: feed, Keys: []string{key}, Title: "Title " + key,
		Body: "Body.", Published: m.at(), Fetched: m.at()}
	it.Revise()
	return it
}

func mixedHit(it news.Item) store.Matched {
	return store.Matched{Item: it, Hits: []news.Hit{{ItemID: it.ID, Rule: "r", Score: 50}}, RulesHash: "h"}
}

func (m *mixedWorld) poll(s *store.Store, rnd *rand.Rand) error {
	ctx := m.Context()
	l, ok, err := m.claim(s, news.Hosts, rnd)
	if err != nil || !ok {
		return err
	}
	states, err := s.DueFeeds(ctx, l.Key, true)
	for i, st := range states {
		if err != nil {
			break
		}
		c := store.PollCommit{State: st, Last: i == len(states)-1}
		c.State.NextAt, c.State.PolledAt = m.at().Add(time.Minute), m.at()
		for range rnd.IntN(3) {
			c.Fresh = append(c.Fresh, mixedHit(m.newItem(st.FeedID)))
		}
		c.Edited = m.edited(s, st.FeedID, rnd)
		if err = s.CommitPoll(ctx, l, c); err == nil {
			m.done.Add(1)
			m.now.Add(mixedSpan.Milliseconds() / int64(*mixed))
			m.mu.Lock()
			m.edits += len(c.Edited)
			for _, f := range c.Fresh {
				m.items[f.Item.ID] = f.Item.Fetched
			}
			m.mu.Unlock()
		}
	}
	return errors.Join(err, fence(s.Release(ctx, l, time.Time{})))
}

// edited are two stored items of a feed with another headline.
func (m *mixedWorld) edited(s *store.Store, feed string, rnd *rand.Rand) (edited []store.Matched) {
	if rnd.IntN(2) == 0 {
		return nil
	}
	_ = s.Items(m.Context(), m.at().Add(-12*time.Hour), func(it news.Item) error {
		if it.FeedID == feed && len(edited) < 2 && rnd.IntN(3) == 0 {
			it.Title += "!"
			it.Revise()
			edited = append(edited, mixedHit(it))
		}
		return nil
	})
	return edited
}

func fence(err error) error {
	if errors.Is(err, store.ErrFenced) {
		return nil
	}
	return err
}

// round places what is new: each in a story of its own, or in the latest one, or in two
// that are merged by it.
func (m *mixedWorld) round(s *store.Store, rnd *rand.Rand) error {
	l, ok, err := m.claim(s, news.Desk, rnd)
	if err != nil || !ok {
		return err
	}
	err = m.group(s, l, rnd)
	return errors.Join(err, fence(s.Release(m.Context(), l, m.at().Add(time.Hour))))
}

func (m *mixedWorld) group(s *store.Store, l news.Lease, rnd *rand.Rand) error {
	ctx := m.Context()
	members, err := s.Ungrouped(ctx, 5)
	if err != nil {
		return err
	}
	edited, err := s.Edited(ctx, 50)
	if err != nil || len(members)+len(edited) == 0 {
		return err
	}
	stories, err := s.StoryList(ctx, 4)
	if err != nil {
		return err
	}
	settled, err := s.Stories(ctx, edited)
	if err != nil {
		return err
	}
	c := store.GroupCommit{Settled: edited, WakePlans: []string{"alert"}}
	heads := map[string]news.Story{}
	for id, st := range settled {
		if id == st.ID {
			heads[id] = *st
		}
	}
	if len(stories) == 4 && rnd.IntN(3) == 0 {
		into, from := stories[1], stories[2]
		from.MergedInto = into.ID
		heads[into.ID], heads[from.ID] = into, from
		t := store.Transfer{Known: []int{1}}
		t.Verb, t.At, t.From, t.Into = news.Merged, m.at(), from.ID, into.ID
		c.Transfers = append(c.Transfers, t)
	}
	for _, mb := range members {
		head := news.Story{ID: news.StoryID(mb.Item.ID), Version: 1, FirstAt: mb.Item.Fetched, LastAt: m.at(), LeadID: mb.Item.ID}
		if len(stories) > 0 && rnd.IntN(2) == 0 {
			if head, ok := heads[stories[0].ID]; !ok || head.MergedInto == "" {
				heads[stories[0].ID] = stories[0]
			}
			head = heads[stories[0].ID]
			head.LastAt = m.at()
		}
		heads[head.ID] = head
		c.Placed = append(c.Placed, store.PlacedItem{ItemID: mb.Item.ID, StoryID: head.ID})
	}
	for _, h := range heads {
		c.Stories = append(c.Stories, h)
	}
	if err := s.CommitGroup(ctx, l, c); err != nil {
		return err
	}
	m.mu.Lock()
	m.merges += len(c.Transfers)
	m.mu.Unlock()
	return nil
}

// plan tells all that is untold in one message, and rewrites the last one.
func (m *mixedWorld) plan(s *store.Store, rnd *rand.Rand) error {
	ctx := m.Context()
	l, ok, err := m.claim(s, news.Plans, rnd)
	if err != nil || !ok {
		return err
	}
	u, err := s.Untold(ctx, l.Key, []string{"r"}, 0)
	if err == nil {
		c := news.PlanCommit{Looked: u.Looked, At: m.at(), Next: m.at().Add(time.Hour)}
		if len(u.Stories) > 0 {
			m.mu.Lock()
			m.serial++
			d := news.Delivery{ID: fmt.Sprint(l.Key, "-", m.serial), Part: 1, Parts: 1, PlanID: l.Key, Kind: news.KindDigest,
				Destination: []string{"slack:a", "slack:b"}[rnd.IntN(2)], Payload: []byte("{}"), CreatedAt: m.at(), NotBefore: m.at()}
			m.mu.Unlock()
			for _, st := range u.Stories {
				d.Stories = append(d.Stories, st.ID)
				c.Told = append(c.Told, news.Told{PlanID: l.Key, StoryID: st.ID, Version: st.Version, Sources: 1, At: m.at(), DeliveryID: d.ID})
			}
			up := d
			up.ID, up.Kind, up.ReplyTo, up.Stories = "up-"+d.ID, news.KindUpdate, d.ID, nil
			c.Deliveries = []news.Delivery{d, up}
		}
		err = s.CommitPlan(ctx, l, c)
	}
	return errors.Join(err, fence(s.Release(ctx, l, m.at().Add(time.Minute))))
}

func (m *mixedWorld) send(s *store.Store, rnd *rand.Rand) error {
	ctx := m.Context()
	l, ok, err := m.claim(s, news.Destinations, rnd)
	if err != nil || !ok {
		return err
	}
	next := m.at().Add(time.Minute)
	for _, read := range []func(context.Context, string) (*news.Delivery, time.Time, error){s.Deliverable, s.Rewritable} {
		d, _, err := read(ctx, l.Key)
		if err != nil || d == nil {
			continue
		}
		next = m.at()
		if err := s.Intend(ctx, l, d, news.Lane{Key: l.Key}); err != nil {
			continue
		}
		d.State, d.Receipt, d.SentAt = news.Sent, news.Receipt{Channel: "C", TS: d.ID}, m.at()
		if err := s.Settle(ctx, l, *d); err != nil && !errors.Is(err, store.ErrFenced) {
			return err
		}
	}
	return fence(s.Release(ctx, l, next))
}

// correct joins two stories by hand.
func (m *mixedWorld) correct(s *store.Store, rnd *rand.Rand) error {
	time.Sleep(10 * time.Millisecond)
	list, err := s.StoryList(m.Context(), 8)
	if err != nil || len(list) < 8 || rnd.IntN(3) > 0 {
		return err
	}
	a, b := list[5].ID, list[6].ID
	err = s.Correct(m.Context(), []string{a, b}, func(stories map[string]*news.Story, _ func(string) bool) (store.Correction, error) {
		into, from := stories[a], stories[b]
		if into == nil || from == nil || into == from {
			return store.Correction{}, store.ErrMoved
		}
		t := store.Transfer{Known: []int{1}}
		t.Verb, t.At, t.From, t.Into = news.Joined, m.at(), from.ID, into.ID
		from.MergedInto = into.ID
		if from.LastAt.After(into.LastAt) {
			into.LastAt = from.LastAt
		}
		return store.Correction{Transfer: t, Stories: []news.Story{*into, *from}}, nil
	})
	if err == nil {
		m.mu.Lock()
		m.joins++
		m.mu.Unlock()
	}
	return err
}

// say says something about a rule, a story or a message.
func (m *mixedWorld) say(s *store.Store, rnd *rand.Rand) error {
	ctx := m.Context()
	time.Sleep(2 * time.Millisecond)
	list, err := s.Deliveries(ctx, store.DeliveryFilter{Limit: 5})
	if err != nil {
		return err
	}
	id := "nothing"
	if i := rnd.IntN(5); i < len(list) && list[i].ReplyTo == "" { // what answers one that was given up waits for ever
		id = list[i].ID
	}
	switch rnd.IntN(7) {
	case 0:
		return s.Mute(ctx, news.Mute{Kind: news.MuteRule, Key: "q", At: m.at(), Until: m.at().Add(time.Hour)})
	case 1:
		_, err = s.Unmute(ctx, news.MuteRule, "q")
	case 2:
		return s.Follow(ctx, news.Follow{StoryID: "x", At: m.at(), Until: m.at().Add(time.Hour)})
	case 3:
		return s.Ask(ctx, "digest")
	case 4:
		_, err = s.Drop(ctx, id)
	case 5:
		_, err = s.Resend(ctx, id)
	case 6:
		states, read := s.FeedStates(ctx)
		err = errors.Join(read, s.Hasten(ctx, states[:min(3, len(states))]))
	}
	return err
}

func (m *mixedWorld) forget(s *store.Store, _ *rand.Rand) error {
	time.Sleep(3 * time.Millisecond)
	n, err := s.Prune(m.Context(), m.at().Add(-mixedKeep), m.at().Add(-mixedKeep), 50)
	m.mu.Lock()
	m.forgot += n
	m.mu.Unlock()
	return err
}

// settle lets one worker finish all that is left to do, and forget all that is old:
// a story that was taken in goes a batch after the one that did so.
func (m *mixedWorld) settle() {
	m.Helper()
	rnd, s := rand.New(rand.NewPCG(9, 9)), m.stores[1]
	must(m, m.reload(m.stores[0], nil))
	m.now.Add((11 * time.Hour).Milliseconds()) // whatever lease was left is over
	for range 1000 {
		var left int
		must(m, m.raw.QueryRowContext(m.Context(), `SELECT (SELECT COUNT(*) FROM items WHERE hits > 0 AND place = 0)
			+ (SELECT COUNT(*) FROM stories WHERE edited > 0 AND merged_into = '')
			+ (SELECT COUNT(*) FROM deliveries WHERE state IN ('pending', 'sending', 'held'))
			+ (SELECT COUNT(*) FROM plans WHERE woken = 1)`).Scan(&left))
		if left == 0 {
			break
		}
		for _, u := range []news.Unit{news.Desk, news.Plans, news.Destinations} {
			must(m, s.Wake(m.Context(), u))
		}
		for _, step := range []func(*store.Store, *rand.Rand) error{m.round, m.plan, m.plan, m.send, m.send, m.send} {
			must(m, step(s, rnd))
		}
		m.now.Add(time.Minute.Milliseconds())
	}
	for was := -1; was != m.forgot; {
		was = m.forgot
		must(m, m.forget(s, rnd))
	}
}

// none runs a query that counts what must not be.
func (m *mixedWorld) none(what, query string, args ...any) {
	m.Helper()
	var n int
	must(m, m.raw.QueryRowContext(m.Context(), query, args...).Scan(&n))
	if n > 0 {
		m.Errorf("%d %s", n, what)
	}
}

func (m *mixedWorld) check() {
	m.Logf("%d items, %d merges, %d joins, %d edits, %d rows forgotten", len(m.items), m.merges, m.joins, m.edits, m.forgot)
	m.none("items that hit are in no story", `SELECT COUNT(*) FROM items WHERE hits > 0 AND place = 0`)
	m.none("places were given twice", `SELECT COUNT(*) - COUNT(DISTINCT place) FROM items WHERE place > 0`)
	m.none("items or transfers are ahead of the desk", `SELECT COUNT(*) FROM desk WHERE seq < (SELECT MAX(place) FROM items) OR seq < (SELECT COALESCE(MAX(seq), 0) FROM transfers)`)
	m.none("items are in a story that is gone", `SELECT COUNT(*) FROM items i WHERE place > 0 AND fetched > $1 AND NOT EXISTS (SELECT 1 FROM stories s WHERE s.id = i.story_id)`,
		m.at().Add(-mixedKeep).UnixMilli())
	m.none("items are in a story that another one took in", `SELECT COUNT(*) FROM items i JOIN stories s ON s.id = i.story_id WHERE s.merged_into <> ''`)
	m.none("stories are merged into one that is gone", `SELECT COUNT(*) FROM stories s WHERE merged_into <> '' AND NOT EXISTS (SELECT 1 FROM stories o WHERE o.id = s.merged_into)`)
	m.none("stories are to be looked at again, or are and are not marked", `SELECT COUNT(*) FROM stories WHERE edited > 0 AND merged_into = ''`)
	m.none("headlines that changed were not looked at", `SELECT COUNT(*) FROM items WHERE title_was <> ''`)
	m.none("messages were not sent", `SELECT COUNT(*) FROM deliveries WHERE state NOT IN ('sent', 'dropped', 'superseded')`)
	m.none("stories were told by messages that are gone", `SELECT COUNT(*) FROM told t JOIN stories s ON s.id = t.story_id WHERE t.delivery_id <> '' AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.id = t.delivery_id)`)
	m.none("stories were told and are gone, but not forgotten", `SELECT COUNT(*) FROM told t WHERE NOT EXISTS (SELECT 1 FROM stories s WHERE s.id = t.story_id)`)
	m.none("rules are muted twice at one time", `SELECT COUNT(*) FROM mutes a JOIN mutes b ON a.kind = b.kind AND a.key = b.key AND a.at < b.at AND b.at < a.until_at AND a.lifted_at = 0 AND b.lifted_at = 0`)
	var rings int // the server broke them up, and the transactions ran again
	must(m, m.raw.QueryRowContext(m.Context(), `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`).Scan(&rings))
	m.Logf("%d deadlocks", rings)
	m.lost()
	m.twice()
}

// lost looks for items that are stored no longer although they are young, and for
// stories that were never told.
func (m *mixedWorld) lost() {
	stored := map[string]bool{}
	must(m, m.stores[0].Items(m.Context(), time.Time{}, func(it news.Item) error { stored[it.ID] = true; return nil }))
	for id, at := range m.items {
		if !stored[id] && m.at().Sub(at) < mixedKeep {
			m.Errorf("item %s of %v is gone", id, at)
		}
	}
	m.none("stories were never told by a plan", `SELECT COUNT(*) FROM stories s CROSS JOIN plans p WHERE s.merged_into = '' AND EXISTS (SELECT 1 FROM items i WHERE i.story_id = s.id)
		AND NOT EXISTS (SELECT 1 FROM told t WHERE t.plan_id = p.key AND t.story_id = s.id)`)
}

// twice looks for stories that a plan showed in two messages: none developed.
func (m *mixedWorld) twice() {
	list, err := m.stores[0].Deliveries(m.Context(), store.DeliveryFilter{})
	must(m, err)
	shown := map[string][]string{}
	for _, d := range list {
		for _, id := range d.Stories {
			shown[d.PlanID+" "+id] = append(shown[d.PlanID+" "+id], d.ID)
		}
	}
	for story, in := range shown {
		if slices.Sort(in); len(slices.Compact(in)) > 1 {
			m.Errorf("%s was told in %v", story, in)
		}
	}
}
