package storetest

import (
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func clock() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"a clock that is set back leaves nothing waiting": func(f *fixture) {
			f.now = f.now.AddDate(10, 0, 0)
			f.ok(f.SyncFeeds(f.Context(), []news.Feed{{ID: "a", URL: "https://a.example/rss"}}))
			f.ok(f.SyncPlans(f.Context(), []news.PlanState{{ID: "desk", Kind: news.DigestPlan, NextAt: f.now.Add(time.Hour), LastAt: f.now, SentAt: f.now}}))
			f.ok(f.SyncDestinations(f.Context(), []string{"slack:desk"}))
			f.ok(f.EnqueueNotice(f.Context(), news.Delivery{
				ID: "op_1", Part: 1, Parts: 1, Kind: news.KindNotice, Destination: "slack:desk", NotBefore: f.now.Add(time.Minute), CreatedAt: f.now,
			}))
			f.sayAll()
			for _, u := range []news.Unit{news.Hosts, news.Destinations} {
				leases, err := f.Claim(f.Context(), u, 1, time.Minute)
				f.ok(err)
				if len(leases) != 1 {
					f.Fatalf("claimed %v of %s", leases, u)
				}
			}
			f.now = f.now.AddDate(-10, 0, 0)
			f.step(store.ClockStep{Back: f.now.AddDate(10, 0, 0).Sub(f.now)})
			plan, err := f.Plan(f.Context(), "desk")
			f.ok(err)
			if plan.LastAt.After(f.now) || plan.SentAt.After(f.now) || plan.CreatedAt.After(f.now) {
				f.Errorf("the plan was built at %v, made at %v; it is %v", plan.LastAt, plan.CreatedAt, f.now)
			}
			f.heardAll(plan)
			for _, u := range []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations} {
				next, err := f.NextAt(f.Context(), u)
				f.ok(err)
				if next.IsZero() || next.After(f.now.Add(time.Minute)) {
					f.Errorf("%s can be claimed at %v, it is %v", u, next, f.now)
				}
			}
			f.pass(61 * time.Second)
			f.claim(news.Hosts, "a.example")
			f.claim(news.Destinations, "slack:desk")
			d, _, err := f.Deliverable(f.Context(), "slack:desk")
			f.ok(err)
			if d == nil {
				f.Error("the notice still waits")
			}
		},
	}
}

// step has the state follow a step of the clock.
func (f *fixture) step(step store.ClockStep) {
	f.Helper()
	f.ok(f.KeepClock(f.Context(), "clock", func(string) (store.ClockStep, error) { return step, nil }))
}

// sayAll says of everything that it lasts an hour from now.
func (f *fixture) sayAll() {
	f.Helper()
	ctx, until := f.Context(), f.now.Add(time.Hour)
	f.mute(news.MuteRule, "lifted", time.Hour)
	_, err := f.Unmute(ctx, news.MuteRule, "lifted")
	f.ok(err)
	f.mute(news.MuteRule, "r", time.Hour)
	f.ok(f.Follow(ctx, news.Follow{StoryID: "s", At: f.now, Until: until}))
	f.ok(f.Pause(ctx, news.Pause{PlanID: "desk", At: f.now, Until: until}))
	f.ok(f.Flag(ctx, news.Flag{StoryID: "s", Rule: "r", At: f.now}))
	f.ok(f.Ask(ctx, "desk"))
}

// heardAll wants what sayAll said to have been said now.
func (f *fixture) heardAll(plan news.PlanState) {
	f.Helper()
	said, until := f.said(), f.now.Add(time.Hour)
	f.same("mutes", said.Mutes, []news.Mute{{Kind: news.MuteRule, Key: "r", At: f.now, Until: until, By: "ida", Reason: "noise"}})
	f.same("lifted", said.Lifted, []news.Mute{{Kind: news.MuteRule, Key: "lifted", At: f.now, Until: f.now, By: "ida", Reason: "noise"}})
	f.same("follows", said.Follows, []news.Follow{{StoryID: "s", At: f.now, Until: until}})
	f.same("pauses", said.Pauses, []news.Pause{{PlanID: "desk", At: f.now, Until: until}})
	flags, err := f.Flags(f.Context(), time.Time{})
	f.ok(err)
	f.same("flags", flags, []news.Flag{{StoryID: "s", Rule: "r", At: f.now}})
	f.same("asked for", plan.AskedAt, f.now)
}
