package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/watcher/store"
)

// row is what the model knows of a unit's row; times in ms, 0 for never.
type row struct {
	next, until int64
	token       string
	woken       bool
}

// leaseModel does by hand what claim, fence and release promise.
type leaseModel struct {
	s      *store.Store
	now    time.Time
	rows   map[string]*row
	leases []news.Lease // all that were ever given
}

// Whatever is claimed, released, woken and waited for in whatever order: the
// store does what the model does.
func TestLeasesLikeTheModel(t *testing.T) {
	m := &leaseModel{now: time.UnixMilli(1_800_000_000_000)}
	m.s = open(t, filepath.Join(t.TempDir(), "n.db"), func(o *store.Options) { o.Now = func() time.Time { return m.now } })
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		m.begin(t, round)
		t.Repeat(map[string]func(*rapid.T){
			"claim": m.claim, "release": m.release, "commit": m.commit, "wake": m.wake,
			"pass": func(t *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 50).Draw(t, "ms")) * time.Millisecond)
			},
			"": m.check,
		})
	})
}

// begin makes rows that no other round has.
func (m *leaseModel) begin(t *rapid.T, round int) {
	m.rows, m.leases = map[string]*row{}, nil
	var plans []news.PlanState
	for i := range 3 {
		p := news.PlanState{ID: fmt.Sprint(round, "-", i)}
		r := &row{}
		if ahead := rapid.IntRange(-30, 30).Draw(t, "ahead"); ahead > -20 { // else it rests
			p.NextAt = m.now.Add(time.Duration(ahead) * time.Millisecond)
			r.next = p.NextAt.UnixMilli()
		}
		plans = append(plans, p)
		m.rows[p.ID] = r
	}
	if err := m.s.SyncPlans(t.Context(), plans); err != nil {
		t.Fatal(err)
	}
}

func (m *leaseModel) free(r *row) bool {
	now := m.now.UnixMilli()
	return r.next > 0 && r.next <= now && r.until <= now
}

func (m *leaseModel) claim(t *rapid.T) {
	limit, d := rapid.IntRange(0, 3).Draw(t, "limit"), rapid.IntRange(1, 60).Draw(t, "ms")
	got, err := m.s.Claim(t.Context(), news.Plans, limit, time.Duration(d)*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	var want, keys []string
	for key, r := range m.rows {
		if m.free(r) {
			want = append(want, key)
		}
	}
	slices.SortFunc(want, func(a, b string) int { return cmp.Or(cmp.Compare(m.rows[a].next, m.rows[b].next), cmp.Compare(a, b)) })
	want = want[:min(limit, len(want))]
	for _, l := range got {
		keys = append(keys, l.Key)
		*m.rows[l.Key] = row{next: m.rows[l.Key].next, until: m.now.UnixMilli() + int64(d), token: l.Token}
	}
	if !slices.Equal(keys, want) {
		t.Fatalf("claimed %v, want %v", keys, want)
	}
	m.leases = append(m.leases, got...)
}

// draw takes any lease that was ever given, and says whether it still holds.
func (m *leaseModel) draw(t *rapid.T) (l news.Lease, r *row, holds bool) {
	if len(m.leases) == 0 {
		t.Skip("no lease yet")
	}
	l = rapid.SampledFrom(m.leases).Draw(t, "lease")
	r = m.rows[l.Key]
	return l, r, r.token == l.Token && r.until > m.now.UnixMilli()
}

func (m *leaseModel) drawNext(t *rapid.T) (time.Time, int64) {
	ahead := rapid.IntRange(-10, 60).Draw(t, "next")
	if ahead < -5 {
		return time.Time{}, 0
	}
	next := m.now.Add(time.Duration(ahead) * time.Millisecond)
	return next, next.UnixMilli()
}

// later is next, unless the row was woken for an earlier time after its claim.
func (r *row) later(next int64) int64 {
	if r.woken && r.next > 0 && (r.next < next || next == 0) {
		return r.next
	}
	return next
}

func (m *leaseModel) release(t *rapid.T) {
	l, r, holds := m.draw(t)
	next, at := m.drawNext(t)
	m.agree(t, m.s.Release(t.Context(), l, next), holds)
	if holds {
		*r = row{next: r.later(at)}
	}
}

func (m *leaseModel) commit(t *rapid.T) {
	l, r, holds := m.draw(t)
	next, at := m.drawNext(t)
	m.agree(t, m.s.CommitPlan(t.Context(), l, news.PlanCommit{Next: next}), holds)
	if holds {
		r.next = r.later(at)
	}
}

func (m *leaseModel) agree(t *rapid.T, err error, holds bool) {
	if holds != (err == nil) || err != nil && !errors.Is(err, store.ErrFenced) {
		t.Fatalf("got error %v under a lease that holds: %v", err, holds)
	}
}

func (m *leaseModel) wake(t *rapid.T) {
	var keys []string
	for key := range m.rows {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	keys = keys[:rapid.IntRange(0, len(keys)).Draw(t, "keys")]
	if err := m.s.Wake(t.Context(), news.Plans, keys...); err != nil {
		t.Fatal(err)
	}
	now := m.now.UnixMilli()
	for key, r := range m.rows {
		if len(keys) > 0 && !slices.Contains(keys, key) {
			continue
		}
		r.woken = true
		if r.next == 0 || r.next > now {
			r.next = now
		}
	}
}

// check compares when the store would be asked next.
func (m *leaseModel) check(t *rapid.T) {
	var want int64
	for _, r := range m.rows {
		at := r.next
		if r.next > 0 && r.until > m.now.UnixMilli() {
			at = max(at, r.until)
		}
		if at > 0 && (want == 0 || at < want) {
			want = at
		}
	}
	got, err := m.s.NextAt(t.Context(), news.Plans)
	if err != nil {
		t.Fatal(err)
	}
	if want == 0 != got.IsZero() || want > 0 && got.UnixMilli() != want {
		t.Fatalf("got next %s, want %d", got, want)
	}
}

// deskModel places, edits and tells at random. What Untold finds must be what a
// look at every story finds, in this process and after a restart.
type deskModel struct {
	t     *testing.T
	path  string
	s     *store.Store
	items []news.Item
	heads []news.Story
	n     int

	leases map[news.Unit]news.Lease
}

func TestUntoldLikeALookAtAll(t *testing.T) {
	folder, round := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		m := &deskModel{t: t, path: filepath.Join(folder, fmt.Sprint(round, ".db")), leases: map[news.Unit]news.Lease{}}
		m.s = open(t, m.path)
		must(t, m.s.SyncFeeds(t.Context(), feedsOn(1, 1)))
		must(t, m.s.SyncPlans(t.Context(), []news.PlanState{{ID: "p", NextAt: time.UnixMilli(1), CreatedAt: time.UnixMilli(5)}}))
		rt.Repeat(map[string]func(*rapid.T){
			"arrive": m.arrive, "edit": m.edit, "develop": m.develop, "merge": m.merge, "tell": m.tell, "restart": m.restart, "": m.check,
		})
		must(t, m.s.Close())
	})
}

// under does something under a lease that is held until the next restart.
func (m *deskModel) under(u news.Unit, do func(news.Lease) error) {
	l, ok := m.leases[u]
	if !ok {
		must(m.t, m.s.Wake(m.t.Context(), u))
		l = claimOne(m.t, m.s, u)
		m.leases[u] = l
	}
	must(m.t, do(l))
}

func (m *deskModel) poll(c store.PollCommit) {
	c.State = news.FeedState{FeedID: "f0", NextAt: time.UnixMilli(1)}
	m.under(news.Hosts, func(l news.Lease) error { return m.s.CommitPoll(m.t.Context(), l, c) })
}

func (m *deskModel) group(c store.GroupCommit) {
	m.under(news.Desk, func(l news.Lease) error { return m.s.CommitGroup(m.t.Context(), l, c) })
}

// hits draws which rules an item hits, and how high.
func (m *deskModel) hits(t *rapid.T, it news.Item) store.Matched {
	matched := store.Matched{Item: it}
	for _, rule := range []string{"q", "r", "s"} {
		if score := rapid.IntRange(-40, 100).Draw(t, rule); score >= 0 {
			matched.Hits = append(matched.Hits, news.Hit{ItemID: it.ID, Rule: rule, Score: score})
		}
	}
	return matched
}

// arrive places an item in a new story or in one that is there.
func (m *deskModel) arrive(t *rapid.T) {
	m.n++
	it := sample(m.n, time.UnixMilli(int64(rapid.IntRange(1, 10).Draw(t, "fetched"))))
	it.Baseline = rapid.IntRange(0, 4).Draw(t, "baseline") == 0
	matched := m.hits(t, it)
	m.poll(store.PollCommit{Fresh: []store.Matched{matched}})
	head := news.Story{ID: news.StoryID(it.ID), Version: 1, FirstAt: time.UnixMilli(int64(m.n)), LeadID: it.ID}
	if n := rapid.IntRange(0, len(m.heads)).Draw(t, "story"); n < len(m.heads) && m.heads[n].MergedInto == "" {
		head = m.heads[n]
	} else {
		m.heads = append(m.heads, head)
	}
	m.items = append(m.items, it)
	m.group(store.GroupCommit{Placed: []store.PlacedItem{{ItemID: it.ID, StoryID: head.ID}}, Stories: []news.Story{head}})
}

func (m *deskModel) edit(t *rapid.T) {
	if len(m.items) == 0 {
		t.Skip("no item yet")
	}
	m.poll(store.PollCommit{Edited: []store.Matched{m.hits(t, rapid.SampledFrom(m.items).Draw(t, "item"))}})
	edited, err := m.s.Edited(m.t.Context(), 9)
	must(m.t, err)
	m.group(store.GroupCommit{Settled: edited})
}

// living draws a living story.
func (m *deskModel) living(t *rapid.T) *news.Story {
	if len(m.heads) == 0 {
		t.Skip("no story yet")
	}
	head := &m.heads[rapid.IntRange(0, len(m.heads)-1).Draw(t, "story")]
	if head.MergedInto != "" {
		t.Skip("merged")
	}
	return head
}

func (m *deskModel) develop(t *rapid.T) {
	head := m.living(t)
	head.Version++
	m.group(store.GroupCommit{Stories: []news.Story{*head}})
}

func (m *deskModel) merge(t *rapid.T) {
	older, younger := m.living(t), m.living(t)
	if older.ID == younger.ID {
		t.Skip("the same")
	}
	younger.MergedInto = older.ID
	for i := range m.heads {
		if m.heads[i].MergedInto == younger.ID {
			m.heads[i].MergedInto = older.ID
		}
	}
	m.group(store.GroupCommit{Stories: []news.Story{*older, *younger}, Transfers: []store.Transfer{{
		Transfer: news.Transfer{Verb: news.Merged, From: younger.ID, Into: older.ID}, Known: []int{1},
	}}})
}

// tell tells some of what is untold.
func (m *deskModel) tell(t *rapid.T) {
	untold, err := m.s.Untold(m.t.Context(), "p", []string{"q", "r"}, 30)
	must(m.t, err)
	c := news.PlanCommit{Looked: untold.Looked}
	for _, story := range untold.Stories[:rapid.IntRange(0, len(untold.Stories)).Draw(t, "told")] {
		c.Told = append(c.Told, news.Told{PlanID: "p", StoryID: story.ID, Version: story.Version})
	}
	m.under(news.Plans, func(l news.Lease) error { return m.s.CommitPlan(m.t.Context(), l, c) })
}

func (m *deskModel) restart(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "really") > 0 {
		t.Skip("not now")
	}
	must(m.t, m.s.Close())
	m.s = open(m.t, m.path)
	clear(m.leases)
}

func (m *deskModel) check(t *rapid.T) {
	ctx := m.t.Context()
	list, err := m.s.StoryList(ctx, 1<<30)
	must(m.t, err)
	var ids, want, got []string
	for _, story := range list {
		ids = append(ids, story.ID)
	}
	told, err := m.s.Told(ctx, "p", ids)
	must(m.t, err)
	for _, story := range list {
		before, known := told[story.ID]
		if worth(story) && (!known || before.Version < story.Version) {
			want = append(want, story.ID)
		}
	}
	untold, err := m.s.Untold(ctx, "p", []string{"q", "r"}, 30)
	must(m.t, err)
	for _, story := range untold.Stories {
		got = append(got, story.ID)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatalf("untold differs, - all looked at + found:\n%s", diff)
	}
}

// worth says whether plan p tells a story at all.
func worth(story news.Story) bool {
	return slices.ContainsFunc(story.Members, func(m news.Member) bool {
		return !m.Item.Baseline && !m.Item.Fetched.Before(time.UnixMilli(5)) && slices.ContainsFunc(m.Hits, func(h news.Hit) bool {
			return (h.Rule == "q" || h.Rule == "r") && h.Score >= 30
		})
	})
}
