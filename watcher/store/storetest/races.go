package storetest

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

// Races runs what two replicas do at once to one database: each on the brink where
// one would overtake the other if they took no locks. Open opens an empty database
// twice, and beside the store.
func Races(t *testing.T, open func(t *testing.T, now func() time.Time) (a, b *store.Store, raw *sql.DB)) {
	suite := map[string]func(*race){
		"a merge while a plan tells":                     mergeWhileTelling,
		"a round while a correction decides":             roundWhileCorrecting,
		"a claim of the desk while a poll marks":         claimWhileMarking,
		"forgetting while an old story grows":            forgetWhileGrowing,
		"forgetting while a plan tells":                  forgetWhileTelling,
		"forgetting while a person sends again":          forgetWhileResending,
		"a reload while a plan freezes":                  reloadWhileFreezing,
		"an attempt while a newer rewriting comes":       attemptWhileSuperseding,
		"giving up a message while a plan answers it":    dropWhileAnswering,
		"a rewriting while an older one is being sent":   rewriteWhileSending,
		"two readers who mute the same":                  muteTwice,
		"replicas that start at once by different files": startAtOnce,
		"a lease when commits were lost":                 leaseAcrossEras,
		"a note that two change":                         noteTwice,
		"a clock that is set back under two":             clockTwice,
	}
	for _, name := range slices.Sorted(maps.Keys(suite)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &race{fixture: &fixture{T: t, now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}}
			r.Store, r.other, r.raw = open(t, func() time.Time { return r.now })
			suite[name](r)
		})
	}
}

// race is a fixture on two stores.
type race struct {
	*fixture
	other *store.Store
	raw   *sql.DB
}

// hold begins a transaction beside the stores, which keeps what its statements lock
// until it is let go.
func (r *race) hold(statements ...string) (letGo func()) {
	r.Helper()
	tx, err := r.raw.BeginTx(r.Context(), nil)
	r.ok(err)
	for _, s := range statements {
		if _, err := tx.ExecContext(r.Context(), s); err != nil {
			r.Fatal(err)
		}
	}
	return func() { r.Helper(); r.ok(tx.Commit()) }
}

// begin lets something run up to where it waits for a lock, or to its end. What it
// gives waits for the end.
func (r *race) begin(what func(ctx context.Context) error) (end func() error) {
	r.Helper()
	before := r.waiting()
	done := make(chan error, 1)
	go func() { done <- what(r.Context()) }()
	for {
		select {
		case err := <-done:
			return func() error { return err }
		case <-time.After(2 * time.Millisecond):
		}
		if r.waiting() > before {
			return func() error {
				select {
				case err := <-done:
					return err
				case <-time.After(20 * time.Second):
					return errors.New("it waits for ever")
				}
			}
		}
	}
}

// waiting counts the sessions of this database that wait for a lock.
func (r *race) waiting() (n int) {
	r.Helper()
	r.ok(r.raw.QueryRowContext(r.Context(), `SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`).Scan(&n))
	return n
}

// due makes a unit due and claims the one row, on a store.
func (r *race) due(s *store.Store, u news.Unit, key string) news.Lease {
	r.Helper()
	r.ok(s.Wake(r.Context(), u, key))
	for range 100 {
		leases, err := s.Claim(r.Context(), u, 1, time.Minute)
		r.ok(err)
		if len(leases) == 1 {
			return leases[0]
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.Fatalf("%s of %s cannot be claimed", key, u)
	return news.Lease{}
}

// free is a row that can be claimed, if one can.
func (r *race) free(s *store.Store, u news.Unit) (l news.Lease, ok bool) {
	r.Helper()
	leases, err := s.Claim(r.Context(), u, 1, time.Minute)
	r.ok(err)
	if len(leases) == 0 {
		return l, false
	}
	return leases[0], true
}

// fair tells of an error that is neither nil nor one of those that are.
func (r *race) fair(err error, fair ...error) {
	r.Helper()
	if err == nil || slices.ContainsFunc(fair, func(f error) bool { return errors.Is(err, f) }) {
		return
	}
	r.Error(err)
}

// telling is a commit of plan "morning" that tells a story in a message.
func (r *race) telling(head news.Story, messages ...news.Delivery) news.PlanCommit {
	r.Helper()
	u, err := r.Untold(r.Context(), "morning", []string{"r"}, 0)
	r.ok(err)
	return news.PlanCommit{
		Deliveries: messages, Looked: u.Looked, Next: r.now.Add(time.Hour),
		Told: []news.Told{{PlanID: "morning", StoryID: head.ID, Version: head.Version, Sources: 1, DeliveryID: messages[0].ID, At: r.now}},
	}
}

const holdDesk = `SELECT 1 FROM destinations WHERE key = 'slack:desk' FOR UPDATE`

func mergeWhileTelling(r *race) {
	r.plan("morning")
	a, b := r.item("1", "Quay closed"), r.item("2", "Quay shut")
	older, younger := r.tell("r", 50, a), r.tell("r", 50, b)
	r.ok(r.SyncDestinations(r.Context(), []string{"slack:desk"}))
	c := r.telling(younger, r.delivery("d1", younger.ID))
	plan, desk := r.due(r.Store, news.Plans, "morning"), r.due(r.other, news.Desk, "desk")
	younger.MergedInto = older.ID
	letGo := r.hold(holdDesk)
	told := r.begin(func(ctx context.Context) error { return r.CommitPlan(ctx, plan, c) })
	merged := r.begin(func(ctx context.Context) error {
		return r.other.CommitGroup(ctx, desk, store.GroupCommit{Stories: []news.Story{older, younger}, Transfers: []store.Transfer{merging(older, younger)}})
	})
	letGo()
	err := told()
	r.fair(err, store.ErrMoved)
	r.fair(merged())
	if err == nil && r.toldOf("morning", older).Version == 0 {
		r.Error("the plan told a story that has ended, and does not know the one that took it in: it would tell that again")
	}
}

func roundWhileCorrecting(r *race) {
	a, b := r.item("1", "Quay closed"), r.item("2", "Quay shut")
	first, second := r.tell("r", 50, a), r.tell("r", 50, b)
	c := r.item("3", "Quay open again")
	r.poll(store.PollCommit{Fresh: []store.Matched{hits(c, "r", 50)}})
	desk := r.due(r.other, news.Desk, "desk")
	second.Version, second.LastAt = 2, r.now.Add(time.Minute)
	var round func() error
	var seen int
	r.fair(r.Correct(r.Context(), []string{first.ID, second.ID}, func(stories map[string]*news.Story, _ func(string) bool) (store.Correction, error) {
		seen = stories[second.ID].Version
		if round == nil {
			round = r.begin(func(ctx context.Context) error {
				return r.other.CommitGroup(ctx, desk, store.GroupCommit{Placed: placed(second.ID, c), Stories: []news.Story{second}})
			})
		}
		into, from := *stories[second.ID], *stories[first.ID]
		from.MergedInto = into.ID
		return store.Correction{Transfer: store.Transfer{Transfer: news.Transfer{Verb: news.Joined, From: from.ID, Into: into.ID, At: r.now}}, Stories: []news.Story{into, from}}, nil
	}))
	err := round()
	r.fair(err, store.ErrFenced)
	now, err2 := r.Stories(r.Context(), []string{second.ID})
	r.ok(err2)
	if err == nil && (seen != 2 || now[second.ID].Version != 2) {
		r.Errorf("the round made version 2 of the story, the correction saw version %d and left %d", seen, now[second.ID].Version)
	}
}

func claimWhileMarking(r *race) {
	a, b := r.item("1", "Quay closed"), r.item("2", "Ida Berg")
	head := r.tell("r", 50, a)
	r.tell("r", 50, b)
	edit := func(title string) store.Matched {
		it := a
		it.Title = title
		it.Revise()
		return hits(it, "r", 50)
	}
	r.poll(store.PollCommit{Edited: []store.Matched{edit("Quay shut")}}) // marked once
	r.ok(r.Wake(r.Context(), news.Hosts))
	host := r.claim(news.Hosts, "one.example")
	letGo := r.hold(`SELECT 1 FROM items WHERE id = '` + b.ID + `' FOR UPDATE`)
	other := b
	other.Title = "Ida Berg speaks"
	other.Revise()
	polled := r.begin(func(ctx context.Context) error {
		return r.CommitPoll(ctx, host, store.PollCommit{State: r.state("a"), Edited: []store.Matched{edit("Quay open"), hits(other, "r", 50)}})
	})
	settle := func() error { return nil }
	if desk, ok := r.free(r.other, news.Desk); ok {
		edited, err := r.other.Edited(r.Context(), 9)
		r.ok(err)
		read, err := r.other.Stories(r.Context(), edited)
		r.ok(err)
		if title := read[head.ID].Members[0].Item.Title; title != "Quay shut" {
			r.Fatalf("the desk reads %q", title)
		}
		settle = r.begin(func(ctx context.Context) error {
			return r.other.CommitGroup(ctx, desk, store.GroupCommit{Stories: []news.Story{head}, Settled: edited})
		})
	}
	letGo()
	r.fair(polled())
	r.fair(settle())
	if edited, err := r.Edited(r.Context(), 9); err != nil || !slices.Contains(edited, head.ID) {
		r.Errorf("got %v (%v), want the story whose second edit the desk has not read", edited, err)
	}
}

// forgetAll prunes all that is not of today.
func (r *race) forgetAll(s *store.Store) func() error {
	return r.begin(func(ctx context.Context) error {
		_, err := s.Prune(ctx, r.now.Add(-time.Hour), r.now.Add(-time.Hour), 100)
		return err
	})
}

func forgetWhileGrowing(r *race) {
	head := r.tell("r", 50, r.item("1", "Quay closed"))
	r.pass(48 * time.Hour)
	news2 := r.item("2", "Quay open again")
	r.poll(store.PollCommit{Fresh: []store.Matched{hits(news2, "r", 50)}})
	desk := r.due(r.Store, news.Desk, "desk")
	head.LastAt = r.now
	letGo := r.hold(`SELECT 1 FROM items WHERE id = '` + news2.ID + `' FOR UPDATE`)
	grown := r.begin(func(ctx context.Context) error {
		return r.CommitGroup(ctx, desk, store.GroupCommit{Placed: placed(head.ID, news2), Stories: []news.Story{head}})
	})
	forgot := r.forgetAll(r.other)
	letGo()
	r.fair(grown())
	r.fair(forgot())
	found, err := r.Stories(r.Context(), []string{head.ID})
	r.ok(err)
	if found[head.ID] == nil {
		r.Error("the story grew, and was forgotten as old: its news is lost")
	}
}

func forgetWhileTelling(r *race) {
	r.plan("morning")
	head := r.tell("r", 50, r.item("1", "Quay closed"))
	r.ok(r.SyncDestinations(r.Context(), []string{"slack:desk"}))
	r.pass(48 * time.Hour)
	c := r.telling(head, r.delivery("d1", head.ID))
	plan := r.due(r.Store, news.Plans, "morning")
	letGo := r.hold(holdDesk)
	told := r.begin(func(ctx context.Context) error { return r.CommitPlan(ctx, plan, c) })
	forgot := r.forgetAll(r.other)
	letGo()
	err := told()
	r.fair(err, store.ErrMoved)
	r.fair(forgot())
	found, err2 := r.Stories(r.Context(), []string{head.ID})
	r.ok(err2)
	if err == nil && found[head.ID] == nil {
		r.Error("a message waits that shows a story which was forgotten")
	}
}

func forgetWhileResending(r *race) {
	r.ok(r.SyncDestinations(r.Context(), []string{"slack:desk"}))
	r.ok(r.EnqueueNotice(r.Context(), r.delivery("d1")))
	_, err := r.Drop(r.Context(), "d1")
	r.ok(err)
	r.pass(48 * time.Hour)
	letGo := r.hold(`UPDATE deliveries SET state = 'pending' WHERE id = 'd1'`) // as a person's word does
	forgot := r.forgetAll(r.other)
	letGo()
	r.fair(forgot())
	if _, err := r.Delivery(r.Context(), "d1", 1); err != nil {
		r.Errorf("what a person wants to be sent was forgotten: %v", err)
	}
}

func reloadWhileFreezing(r *race) {
	r.plan("morning")
	r.ok(r.SyncDestinations(r.Context(), []string{"slack:desk", "slack:east"}))
	plan := r.due(r.Store, news.Plans, "morning")
	one, two := r.delivery("d1"), r.delivery("d2")
	two.Destination = "slack:east"
	letGo := r.hold(`SELECT 1 FROM destinations WHERE key = 'slack:east' FOR UPDATE`)
	frozen := r.begin(func(ctx context.Context) error {
		return r.CommitPlan(ctx, plan, news.PlanCommit{Deliveries: []news.Delivery{one, two}, Next: r.now.Add(time.Hour)})
	})
	synced := r.begin(func(ctx context.Context) error { return r.other.SyncDestinations(ctx, []string{"slack:west"}) })
	letGo()
	r.fair(frozen())
	r.fair(synced())
	leases, err := r.Claim(r.Context(), news.Destinations, 9, time.Minute)
	r.ok(err)
	for _, key := range []string{"slack:desk", "slack:east"} {
		if !slices.ContainsFunc(leases, func(l news.Lease) bool { return l.Key == key }) {
			r.Errorf("a message waits for %s, which was switched off", key)
		}
	}
}

// rewriting is one of message "al" by a plan.
func (r *race) rewriting(id string) news.Delivery {
	d := r.delivery(id)
	d.Kind, d.ReplyTo, d.NotBefore = news.KindUpdate, "al", r.now
	return d
}

func attemptWhileSuperseding(r *race) {
	r.plan("morning")
	r.ok(r.EnqueueNotice(r.Context(), r.delivery("al")))
	r.ok(r.EnqueueNotice(r.Context(), r.rewriting("up1")))
	plan := r.due(r.Store, news.Plans, "morning")
	r.pass(time.Second)
	ms := r.now.UnixMilli()
	letGo := r.hold(holdDesk, // as an attempt does
		`UPDATE deliveries SET state = 'sending', started_at = `+strconv.FormatInt(ms, 10)+`, not_before = 0 WHERE id = 'up1'`)
	c := news.PlanCommit{Deliveries: []news.Delivery{r.rewriting("up2")}, Next: r.now.Add(time.Hour)}
	frozen := r.begin(func(ctx context.Context) error { return r.CommitPlan(ctx, plan, c) })
	letGo()
	r.fair(frozen())
	d, err := r.Delivery(r.Context(), "up2", 1)
	r.ok(err)
	if !d.NotBefore.After(r.now) {
		r.Error("a rewriting does not wait for the older one that is just being sent: that could come after it")
	}
}

func dropWhileAnswering(r *race) {
	r.plan("morning")
	r.ok(r.EnqueueNotice(r.Context(), r.delivery("al")))
	plan := r.due(r.Store, news.Plans, "morning")
	letGo := r.hold(holdDesk, `UPDATE deliveries SET state = 'dropped' WHERE id = 'al'`)
	note := r.delivery("no1")
	note.Kind, note.ReplyTo = news.KindFollowup, "al"
	answered := r.begin(func(ctx context.Context) error {
		return r.CommitPlan(ctx, plan, news.PlanCommit{Deliveries: []news.Delivery{note}, Next: r.now.Add(time.Hour)})
	})
	letGo()
	if err := answered(); !errors.Is(err, store.ErrMoved) {
		r.Errorf("got %v: the answer to a message that was given up would never be seen", err)
	}
}

// rewriteWhileSending must not come to a deadlock, which the server would break up
// after a while: here it never does.
func rewriteWhileSending(r *race) {
	r.plan("morning")
	r.ok(r.EnqueueNotice(r.Context(), r.delivery("al")))
	l := r.due(r.Store, news.Destinations, "slack:desk")
	r.send(l, "al/1", "1.1")
	r.ok(r.EnqueueNotice(r.Context(), r.rewriting("up1")))
	up1, _, err := r.Rewritable(r.Context(), "slack:desk")
	r.ok(err)
	plan := r.due(r.other, news.Plans, "morning")
	letGo := r.hold(`INSERT INTO lanes (key, last_at, free_at) VALUES ('slack:desk', 0, 0)`)
	sent := r.begin(func(ctx context.Context) error { return r.Intend(ctx, l, up1, news.Lane{Key: "slack:desk"}) })
	frozen := r.begin(func(ctx context.Context) error {
		return r.other.CommitPlan(ctx, plan, news.PlanCommit{Deliveries: []news.Delivery{r.rewriting("up2")}, Next: r.now.Add(time.Hour)})
	})
	letGo()
	r.fair(sent())
	r.fair(frozen())
}
