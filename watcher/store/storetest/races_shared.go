package storetest

import (
	"context"
	"errors"
	"strconv"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func muteTwice(r *race) {
	r.plan("morning")
	letGo := r.hold(`SELECT 1 FROM plans FOR UPDATE`)
	mute := func(s *store.Store, at time.Time) func() error {
		return r.begin(func(ctx context.Context) error {
			return s.Mute(ctx, news.Mute{Kind: news.MuteRule, Key: "r", At: at, Until: r.now.Add(time.Hour), By: "ida"})
		})
	}
	one, two := mute(r.Store, r.now), mute(r.other, r.now.Add(time.Millisecond))
	letGo()
	r.fair(one())
	r.fair(two())
	said, err := r.Triage(r.Context())
	r.ok(err)
	if len(said.Mutes) != 1 {
		r.Errorf("got %d mutes of one rule", len(said.Mutes))
	}
}

// startAtOnce has five replicas take one of two rule files over at once. It must come
// to no error, and to the state of one of them.
func startAtOnce(r *race) {
	var ends []func() error
	letGo := r.hold(`SELECT pg_advisory_xact_lock(0)`)
	for i := range 5 {
		s, file := r.Store, []string{"a", "b", "c", "d"}
		if i%2 == 1 {
			s, file = r.other, []string{"d", "c", "e"}
		}
		var feeds []news.Feed
		var plans []news.PlanState
		var to []string
		for _, id := range file {
			feeds = append(feeds, feed(id, id+".example"))
			plans = append(plans, news.PlanState{ID: id, Kind: news.DigestPlan, Spec: "s", NextAt: r.now, CreatedAt: r.now})
			to = append(to, "slack:"+id)
		}
		done := make(chan error, 1)
		go func() {
			ctx := r.Context()
			done <- errors.Join(s.SyncFeeds(ctx, feeds), s.SyncPlans(ctx, plans), s.SyncDestinations(ctx, to), s.RetryHeld(ctx), s.Wake(ctx, news.Hosts))
		}()
		ends = append(ends, func() error { return <-done })
	}
	letGo()
	for _, end := range ends {
		r.fair(end())
	}
	for _, u := range []news.Unit{news.Hosts, news.Plans, news.Destinations} {
		leases, err := r.Claim(r.Context(), u, 9, time.Minute)
		r.ok(err)
		if len(leases) != 3 && len(leases) != 4 {
			r.Errorf("%d %s, want those of one file", len(leases), u)
		}
	}
}

func leaseAcrossEras(r *race) {
	r.ok(r.SetMeta(r.Context(), "k", "v"))
	r.plan("morning")
	l := r.due(r.Store, news.Plans, "morning")
	if !l.EraSince.IsZero() {
		r.Errorf("an era that is the first began at %v", l.EraSince)
	}
	if _, err := r.raw.ExecContext(r.Context(), `VACUUM FULL meta`); err != nil { // other files, as after a restore
		r.Fatal(err)
	}
	r.is(r.CommitPlan(r.Context(), l, news.PlanCommit{Next: r.now}), store.ErrFenced)
	r.is(r.Release(r.Context(), l, r.now), store.ErrFenced)
	r.pass(2 * time.Minute)
	one := r.due(r.Store, news.Plans, "morning")
	r.pass(2 * time.Minute)
	two := r.due(r.other, news.Plans, "morning")
	if one.Era == l.Era || one.Era != two.Era {
		r.Errorf("eras were %q, then %q and %q", l.Era, one.Era, two.Era)
	}
	if want := r.now.Add(-2 * time.Minute); !one.EraSince.Equal(want) || !two.EraSince.Equal(want) {
		r.Errorf("two replicas say that it began at %v and %v, want %v", one.EraSince, two.EraSince, want)
	}
}

func noteTwice(r *race) {
	var changed int
	letGo := r.hold(`INSERT INTO meta (k, v) VALUES ('day', '1')`)
	var ends []func() error
	for i, s := range []*store.Store{r.Store, r.other, r.Store} {
		ends = append(ends, r.begin(func(ctx context.Context) error {
			ours, err := s.Note(ctx, "day", "1", "2", r.delivery("d"+strconv.FormatInt(int64(i), 10)))
			if ours {
				changed++ // they come one after the other: each waits for the note
			}
			return err
		}))
	}
	letGo()
	for _, end := range ends {
		r.fair(end())
	}
	counts, err := r.Pending(r.Context())
	r.ok(err)
	if changed > 1 || counts[news.Pending] != changed {
		r.Errorf("%d changed it, %d notices", changed, counts[news.Pending])
	}
}

// clockTwice has two replicas meet the same step: the second one finds the note.
func clockTwice(r *race) {
	r.plan("morning")
	r.now = r.now.Add(-time.Hour)
	step := func(s *store.Store) func() error {
		return r.begin(func(ctx context.Context) error {
			return s.KeepClock(ctx, "clock", func(noted string) (store.ClockStep, error) {
				if noted != "" {
					return store.ClockStep{}, nil
				}
				return store.ClockStep{Back: time.Hour, Note: "followed"}, nil
			})
		})
	}
	letGo := r.hold(`SELECT 1 FROM plans FOR UPDATE`)
	one, two := step(r.Store), step(r.other)
	letGo()
	r.fair(one())
	r.fair(two())
	p, err := r.Plan(r.Context(), "morning")
	r.ok(err)
	if !p.CreatedAt.Equal(r.now) {
		r.Errorf("the plan was made at %v, want %v", p.CreatedAt, r.now)
	}
}
