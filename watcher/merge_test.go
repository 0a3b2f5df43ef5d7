package watcher_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/watcher"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

// begin opens a life that a test leads by hand.
func begin(t *testing.T) *life {
	t.Helper()
	l := newLife(t.Context(), t.TempDir(), rand.New(rand.NewPCG(1, 1)))
	ok(t, l.open())
	t.Cleanup(l.close)
	return l
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// report is an item on some topics, which mentions entities in its headline: the key
// and the last of their names.
func (l *life) report(key, topics string, entities ...string) store.Matched {
	it := news.Item{
		ID: news.ItemID("a", key), FeedID: "a", FeedName: "Aster", Publisher: "Outlet " + key[:1], Keys: []string{key}, Title: headline(key, entities),
		Categories: strings.Fields(topics), Published: l.now, Dated: true, Fetched: l.now,
	}
	it.Revise()
	return store.Matched{Item: it, RulesHash: l.rules.Hash, Hits: []news.Hit{{ItemID: it.ID, Rule: "r", Score: 50, Entities: entities}}}
}

// told lets plan one tell all that it has not told, and says of each story the
// reasons why it is told again.
func (l *life) told(t *testing.T) (reasons []string) {
	t.Helper()
	untold, err := l.store.Untold(l.ctx, "one", []string{"q", "r"}, 0)
	ok(t, err)
	commit := news.PlanCommit{Looked: untold.Looked}
	for _, s := range untold.Stories {
		told, err := l.store.Told(l.ctx, "one", []string{s.ID})
		ok(t, err)
		before, again := told[s.ID]
		if !again {
			reasons = append(reasons, "first")
		}
		for _, d := range s.Developments {
			if again && d.Version > before.Version && !slices.Contains(before.Heard, d.Version) {
				reasons = append(reasons, d.Reason)
			}
		}
		commit.Told = append(commit.Told, news.Told{PlanID: "one", StoryID: s.ID, Version: s.Version, At: l.now})
	}
	ok(t, l.store.Wake(l.ctx, news.Plans, "one"))
	leases, err := l.store.Claim(l.ctx, news.Plans, 1, time.Minute)
	ok(t, err)
	ok(t, l.store.CommitPlan(l.ctx, leases[0], commit))
	ok(t, l.store.Release(l.ctx, leases[0], time.Time{}))
	return reasons
}

func headline(key string, entities []string) string {
	title := key
	for _, id := range entities {
		title += " " + strings.ToUpper(id[:1]) + id[1:]
	}
	return title
}

func (l *life) expect(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, l.told(t)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// members are the keys of each living story.
func (l *life) members(t *testing.T) map[string][]string {
	t.Helper()
	stories, err := l.store.StoryList(l.ctx, 99)
	ok(t, err)
	members := map[string][]string{}
	for _, s := range stories {
		for _, m := range s.Members {
			members[s.ID] = append(members[s.ID], strings.Fields(m.Item.Title)[0])
		}
		slices.Sort(members[s.ID])
	}
	return members
}

func TestAChainOfMergesInOneBatch(t *testing.T) {
	t.Parallel()
	l := begin(t)
	a := l.report("a", "t1")
	ok(t, l.bring(a))
	l.now = l.now.Add(time.Hour)
	var fresh []store.Matched
	for i, topics := range []string{"t2", "t3", "t3 t2", "t2 t1"} { // c into b, then b into a
		m := l.report(fmt.Sprint("n", i), topics)
		m.Item.Published = l.now.Add(time.Duration(i) * time.Minute)
		fresh = append(fresh, m)
	}
	ok(t, l.bring(fresh...))
	want := map[string][]string{news.StoryID(a.Item.ID): {"a", "n0", "n1", "n2", "n3"}}
	if diff := cmp.Diff(want, l.members(t)); diff != "" {
		t.Errorf("stories (-want +got):\n%s", diff)
	}
	ok(t, l.check())
	for _, m := range fresh[:2] {
		list, err := l.store.Transfers(l.ctx, news.StoryID(m.Item.ID))
		ok(t, err)
		if len(list) == 0 || list[0].Verb != news.Merged || list[0].Why == "" || list[0].Score == 0 {
			t.Errorf("of %s: %+v is recorded", m.Item.Title, list)
		}
	}
	l.expect(t, "first")
}

func TestAMergeTellsOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		younger []string // what its two reports mention
		before  bool     // the younger one is told before they merge
		want    []string
	}{
		"nothing new":              {[]string{"berg", ""}, false, nil},
		"the first report's news":  {[]string{"holm", ""}, false, []string{"new: Ole Holm"}},
		"a development's news":     {[]string{"", "lund"}, false, []string{"new: Eva Lund"}},
		"two pieces of news":       {[]string{"holm", "lund"}, false, []string{"new: Ole Holm", "new: Eva Lund"}},
		"all of it was told":       {[]string{"holm", "lund"}, true, nil},
		"told, and nothing is new": {[]string{"", ""}, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := begin(t)
			ok(t, l.bring(l.report("a", "t1", "berg")))
			l.expect(t, "first")
			for i, entity := range c.younger {
				l.now = l.now.Add(2 * time.Hour)
				ok(t, l.bring(l.report(fmt.Sprint("b", i), "t2", strings.Fields(entity)...)))
			}
			if c.before {
				l.told(t)
			}
			l.now = l.now.Add(2 * time.Hour)
			ok(t, l.bring(l.report("b", "t2 t1")))
			l.expect(t, c.want...)
			l.expect(t)
		})
	}
}

// The order in which feeds answer, and in which their documents list the items,
// makes no difference to what is placed together.
func TestOrderInsideARoundMakesNoDifference(t *testing.T) {
	t.Parallel()
	var want map[string][]string
	for try := range 20 {
		l := begin(t)
		var fresh []store.Matched
		for i := range 12 {
			m := l.report(fmt.Sprint("n", i), fmt.Sprintf("t%d t%d", i%5, i*i%7))
			m.Item.Published = l.now.Add(time.Duration(i/3) * time.Minute)
			fresh = append(fresh, m)
		}
		rand.New(rand.NewPCG(uint64(try), 1)).Shuffle(len(fresh), func(i, j int) { fresh[i], fresh[j] = fresh[j], fresh[i] })
		ok(t, l.bring(fresh...))
		if got := l.members(t); try == 0 {
			want = got
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("shuffle %d (-first +this):\n%s", try, diff)
		}
		l.close()
	}
}

func TestAStoryThatComesBack(t *testing.T) {
	t.Parallel()
	l := begin(t)
	a := l.report("a", "t1", "berg")
	ok(t, l.bring(a))
	l.expect(t, "first")
	l.now = l.now.Add(news.ClosedAfter)
	stories, err := l.store.StoryList(l.ctx, 1)
	ok(t, err)
	if got := stories[0].Phase(l.now); got != news.PhaseClosed {
		t.Errorf("got phase %s, want closed", got)
	}
	ok(t, l.bring(l.report("b", "t1 copy")))
	l.expect(t) // a copy is no news
	l.now = l.now.Add(150 * time.Hour)
	ok(t, l.bring(l.report("c", "t1", "holm")))
	l.expect(t, "in the news again after 6 days; new: Ole Holm")
	l.now = l.now.Add(news.ClosedAfter)
	ok(t, l.bring(l.report("d", "t1")))
	l.expect(t, "in the news again after 5 days")
	stories, err = l.store.StoryList(l.ctx, 1)
	ok(t, err)
	if got := stories[0].Phase(l.now); got != news.PhaseDeveloping || stories[0].ID != news.StoryID(a.Item.ID) {
		t.Errorf("got %s %s, want the first one developing", stories[0].ID, got)
	}
}

// stubborn does not hear that stories are kept apart.
type stubborn struct{ *topics }

func (stubborn) KeepApart(string, string) {}

func TestNoMergeOfWhatPeopleParted(t *testing.T) {
	t.Parallel()
	l := begin(t)
	l.grouper = func() watcher.Grouper { return stubborn{newTopics(nil)} }
	l.watcher.GroupBy(l.grouper)
	a, b := l.report("a", "t1"), l.report("b", "t1 t2")
	ok(t, l.bring(a, b))
	by := watcher.Corrector{Store: l.beside, Judge: story.NewJudge(watcher.Names(l.rules)), Now: func() time.Time { return l.now }}
	_, err := by.Split(l.ctx, news.StoryID(a.Item.ID), []string{b.Item.ID})
	ok(t, err)
	l.now = l.now.Add(time.Hour)
	ok(t, l.bring(l.report("c", "t1 t2")))
	want := map[string][]string{news.StoryID(a.Item.ID): {"a", "c"}, news.StoryID(b.Item.ID): {"b"}}
	if diff := cmp.Diff(want, l.members(t)); diff != "" {
		t.Errorf("stories (-want +got):\n%s", diff)
	}
}

// A daemon that rests works by a correction from beside within a second.
func TestARunningDaemonSeesACorrection(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l := newLife(t.Context(), dir, rand.New(rand.NewPCG(1, 1)))
		l.now, l.clock = time.Now(), time.Now
		ok(t, l.open())
		defer l.close()
		a, b := l.report("a", "t1"), l.report("b", "t1")
		ok(t, l.bring(a, b))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- l.watcher.Run(ctx, []news.Unit{news.Desk}) }()
		time.Sleep(10*time.Second + 100*time.Millisecond)
		by := watcher.Corrector{Store: l.beside, Judge: story.NewJudge(watcher.Names(l.rules)), Now: time.Now}
		_, err := by.Split(ctx, news.StoryID(a.Item.ID), []string{b.Item.ID})
		ok(t, err)
		holder := func() string {
			name, err := l.beside.Meta(ctx, store.DeskHolder)
			ok(t, err)
			return name
		}
		if got := holder(); got != "" {
			t.Errorf("after the correction %q has a valid memory", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if holder() == "" {
			t.Error("a second later the daemon has not replayed its memory")
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// edit lets a poll bring an item again, changed, and the desk work.
func (l *life) edit(m store.Matched) error {
	if err := l.store.Wake(l.ctx, news.Hosts); err != nil {
		return err
	}
	leases, err := l.store.Claim(l.ctx, news.Hosts, 1, time.Minute)
	if err != nil || len(leases) != 1 {
		return fmt.Errorf("%d leases on the host: %w", len(leases), err)
	}
	c := store.PollCommit{State: news.FeedState{FeedID: "a", NextAt: l.now.Add(time.Hour)}, Edited: []store.Matched{m}}
	if err := l.store.CommitPoll(l.ctx, leases[0], c); err != nil {
		return err
	}
	for range 3 {
		if _, err := l.watcher.Group(l.ctx); err != nil {
			return err
		}
	}
	return l.store.Release(l.ctx, leases[0], l.now.Add(time.Hour))
}

func TestAMergeLosesNoCorrection(t *testing.T) {
	t.Parallel()
	l := begin(t)
	ok(t, l.bring(l.report("a", "t1")))
	l.now = l.now.Add(time.Hour)
	b := titled(l.report("b", "t2"), "The harbour of Sarriko is closed by Jones until Monday")
	ok(t, l.bring(b))
	l.expect(t, "first", "first")
	l.now = l.now.Add(2 * time.Hour)
	ok(t, l.edit(titled(b, "The harbour of Sarriko is closed by Smith until Monday")))
	l.now = l.now.Add(2 * time.Hour)
	ok(t, l.bring(l.report("c", "t1 t2")))
	l.expect(t, "headline corrected: Smith, was Jones")
}

// titled gives an item a headline.
func titled(m store.Matched, title string) store.Matched {
	m.Item.Title = title
	m.Item.Revise()
	return m
}

func TestAMergeWithinThePauseLosesNothing(t *testing.T) {
	t.Parallel()
	for name, younger := range map[string]bool{"of the older one": false, "of the younger one": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := begin(t)
			quick, slow := "t1", "t2" // the story that rose just now, and the one that did so before
			if younger {
				quick, slow = slow, quick
			}
			ok(t, l.bring(titled(l.report("a", "t1"), "Eight killed as a ferry sinks")))
			l.now = l.now.Add(time.Hour)
			ok(t, l.bring(titled(l.report("b", "t2"), "Eight killed in the harbour of Sarriko")))
			l.expect(t, "first", "first")
			l.now = l.now.Add(2 * time.Hour)
			ok(t, l.bring(titled(l.report("c", slow), "Ten killed by now")))
			l.now = l.now.Add(2 * time.Hour)
			ok(t, l.bring(titled(l.report("d", quick, "holm"), "Holm sees the wreck")))
			l.now = l.now.Add(30 * time.Minute)
			ok(t, l.bring(l.report("a2", "t1 t2")))
			got := l.told(t)
			slices.Sort(got)
			if diff := cmp.Diff([]string{"death toll now 10, was 8", "new: Ole Holm"}, got); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// A report that shows two stories to be one, or that comes in the same round just
// before, may be news itself: who was told both of them hears it.
func TestAMergeHidesNoNewsOfItsRound(t *testing.T) {
	t.Parallel()
	for name, topics := range map[string][]string{"of the report that merges": {"t1 t2"}, "of one before": {"t1", "t1 t2"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := begin(t)
			ok(t, l.bring(l.report("a", "t1", "berg")))
			l.now = l.now.Add(time.Minute)
			ok(t, l.bring(l.report("b", "t2", "berg")))
			l.expect(t, "first", "first")
			l.now = l.now.Add(time.Minute)
			fresh := []store.Matched{l.report("c0", topics[0], "holm")}
			for i, more := range topics[1:] {
				m := l.report(fmt.Sprint("d", i), more)
				m.Item.Published = l.now.Add(time.Second)
				fresh = append(fresh, m)
			}
			ok(t, l.bring(fresh...))
			l.expect(t, "new: Ole Holm")
			l.expect(t)
		})
	}
}
