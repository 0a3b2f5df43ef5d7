package notify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify/slack/slackfake"
)

// accepted are the times at which Slack took posts, or other calls, oldest first.
func (d *desk) accepted(method string) []time.Time {
	var times []time.Time
	for _, e := range d.slack.Journal() {
		if e.Method == method && e.Accepted {
			times = append(times, e.Time)
		}
	}
	return times
}

// wantGap checks that no two of the times lie closer together.
func wantGap(t *testing.T, what string, times []time.Time, gap time.Duration) {
	t.Helper()
	for i := range len(times) - 1 {
		if got := times[i+1].Sub(times[i]); got < gap {
			t.Errorf("%s %d and %d lie %v apart, want %v", what, i+1, i+2, got, gap)
		}
	}
}

// The pace holds over restarts and leases: it is that of the last attempt, which
// the database knows.
func TestPaceHoldsOverRestarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{Latency: slackfake.Duration(50 * time.Millisecond)})
		for i := range 8 {
			d.enqueue(fmt.Sprintf("al_%d", i), "Headline")
		}
		for len(d.slack.Visible("desk")) < 8 {
			d.turn()
			d.stop() // as a kill leaves it: the lease is not released
			time.Sleep(30 * time.Millisecond)
			d.start()
			if err := d.store.SyncDestinations(t.Context(), []string{destination}); err != nil { // due at once
				t.Fatal(err)
			}
		}
		wantGap(t, "posts", d.accepted("chat.postMessage"), d.pacing.Pace)
		d.wantOnce(8)
		d.stop()
	})
}

// A new message wakes its destination at once; that is no reason to hurry.
func TestPaceHoldsWhenWoken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{})
		for i := range 6 {
			d.enqueue(fmt.Sprintf("al_%d", i), "Headline")
			d.turn()
			time.Sleep(100 * time.Millisecond)
		}
		d.work(10 * time.Second)
		wantGap(t, "posts", d.accepted("chat.postMessage"), d.pacing.Pace)
		d.wantOnce(6)
		d.stop()
	})
}

// A channel that two targets name, by its name and by its id, is one channel.
func TestTwoNamesOfOneChannelShareItsPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{})
		for i := range 6 {
			del := d.message(fmt.Sprintf("al_%d", i), "Headline")
			if i%2 == 1 {
				del.Destination = "slack:" + d.slack.ChannelID("desk")
			}
			d.put(del)
		}
		d.work(30 * time.Second)
		wantGap(t, "posts", d.accepted("chat.postMessage"), d.pacing.Pace)
		d.wantOnce(6)
		d.stop()
	})
}

// A pause that Slack asked for holds for all messages of the channel, also those
// that come meanwhile, and over a restart.
func TestPauseHoldsForAllAndOverARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, script(slackfake.Step{Fault: slackfake.RateLimited, RetryAfter: 60}))
		start := time.Now()
		d.enqueue("al_0", "Headline")
		d.enqueue("al_1", "Headline")
		d.turn()
		d.stop()
		d.start()
		d.enqueue("al_2", "Headline")
		d.work(2 * time.Minute)
		times := d.accepted("chat.postMessage")
		if len(times) != 3 || times[0].Sub(start) < time.Minute {
			t.Errorf("posts after %v, want 3 after a minute", times[0].Sub(start))
		}
		d.wantOnce(3)
		d.stop()
	})
}

// Slack answers 429 for an hour: nothing is lost, the order stays, and it is asked
// no more often than it wants.
func TestAnHourOfRateLimits(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]slackfake.Step{
		"with Retry-After":    {Fault: slackfake.RateLimited, RetryAfter: 30},
		"without Retry-After": {Fault: slackfake.MessageLimit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				step.Times = -1
				d := newDesk(t, script(step))
				var want []string
				for i := range 10 {
					want = append(want, d.enqueue(fmt.Sprintf("al_%d", i), "Headline").ID)
				}
				d.work(time.Hour)
				calls := len(d.slack.Journal())
				if err := d.slack.SetPlan(slackfake.Plan{}); err != nil {
					t.Fatal(err)
				}
				d.work(2 * time.Hour)
				var got []string
				for _, m := range d.slack.Visible("desk") {
					got = append(got, m.DeliveryID)
				}
				if step.Fault == slackfake.MessageLimit {
					slices.Sort(got) // each is held for itself
				}
				if !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
				if calls > 150 {
					t.Errorf("Slack was asked %d times in that hour", calls)
				}
				d.wantOnce(10)
				d.stop()
			})
		})
	}
}

// Rewritings have Slack's limit for chat.update, over all channels, and new
// messages go before them.
func TestRewritingsWaitForNewMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{Tiers: true, Channels: []slackfake.Channel{{Name: "other"}}})
		for _, to := range []string{"desk", "other"} {
			for i := range 30 {
				del := d.message(fmt.Sprintf("al_%s%d", to, i), "Headline")
				del.Destination = "slack:" + to
				d.put(del)
			}
		}
		d.work(time.Minute)
		for _, to := range []string{"desk", "other"} {
			for i := range 30 {
				id := fmt.Sprintf("al_%s%d", to, i)
				for version := range 3 { // of which the last is enough
					up := d.message(id, fmt.Sprintf("Headline %d", version))
					up.ID, up.ReplyTo, up.Kind, up.Destination = fmt.Sprintf("%sv%d", id, version), id, news.KindUpdate, "slack:"+to
					d.put(up)
				}
			}
		}
		began := time.Now()
		for i := range 5 {
			d.put(d.message(fmt.Sprintf("al_new%d", i), "New"))
		}
		d.work(3 * time.Minute)
		updates := d.accepted("chat.update")
		if len(updates) != 60 {
			t.Errorf("%d rewritings, want 60: only the newest of each message", len(updates))
		}
		wantGap(t, "rewritings", updates, 1200*time.Millisecond)
		wantGap(t, "posts to desk", d.postsTo("desk"), d.pacing.Pace)
		if posts := d.postsTo("desk"); posts[len(posts)-1].Sub(began) > 10*time.Second {
			t.Errorf("the last of five new messages came after %v, behind the rewritings", posts[len(posts)-1].Sub(began))
		}
		for _, e := range d.slack.Journal() {
			if e.Error == "ratelimited" {
				t.Errorf("%s was limited, which was avoidable", e.Method)
			}
		}
		for _, m := range d.slack.Visible("desk") {
			if strings.HasPrefix(m.DeliveryID, "al_desk") && !strings.Contains(m.Text, "Headline 2") {
				t.Errorf("%s shows %q, want its newest form", m.DeliveryID, m.Text)
			}
		}
		if got := d.delivery("al_desk0v0"); got.State != news.Superseded {
			t.Errorf("an older rewriting is %s, want superseded", got.State)
		}
		d.stop()
	})
}

// In bursts Slack drops silently what it took. The pace keeps that from happening,
// and an audit sees what is missing all the same.
func TestSilentDrops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plan := slackfake.Plan{DropBursts: true, Rate: slackfake.Rate{PerSecond: 1, Burst: 1}}
		d := newDesk(t, plan)
		for i := range 30 {
			d.enqueue(fmt.Sprintf("al_%d", i), "Headline")
		}
		d.work(time.Minute)
		d.wantOnce(30)
		time.Sleep(time.Hour)
		if missing, err := d.outbox.Audit(t.Context(), destination); err != nil || len(missing) != 0 {
			t.Errorf("the audit misses %d of what is there: %v", len(missing), err)
		}
		gone := d.slack.Visible("desk")[7]
		d.slack.Delete("desk", gone.TS)
		missing, err := d.outbox.Audit(t.Context(), destination)
		if err != nil || len(missing) != 1 || missing[0].ID != gone.DeliveryID {
			t.Errorf("the audit misses %v (%v), want %s", missing, err, gone.DeliveryID)
		}
		if len(d.told) != 1 || !strings.Contains(d.told[0].Detail, gone.DeliveryID) {
			t.Errorf("operators were told %+v, want one notice that names it", d.told)
		}
		d.pacing.Pace = 0
		for i := range 5 {
			d.enqueue(fmt.Sprintf("al_burst%d", i), "Headline")
		}
		d.work(time.Minute)
		time.Sleep(time.Hour)
		if missing, err := d.outbox.Audit(t.Context(), destination); err != nil || len(missing) != 5 {
			t.Errorf("without a pace the audit misses %d (%v), want the deleted one and 4 of a burst of 5", len(missing), err)
		}
		d.stop()
	})
}

// An audit is in no hurry: it leaves the limit for reading to what is due, and when
// it is refused it goes on where it was.
func TestAuditIsUnhurried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{})
		for i := range 20 {
			d.enqueue(fmt.Sprintf("al_%02d", i), "Headline")
		}
		d.work(time.Minute)
		for _, m := range d.slack.Visible("desk")[:8] {
			d.slack.Delete("desk", m.TS)
		}
		time.Sleep(time.Hour)
		if err := d.slack.SetPlan(slackfake.Plan{Script: []slackfake.Step{
			{Method: "conversations.history", Call: 4, Times: 3, Fault: slackfake.RateLimited, RetryAfter: 20}}}); err != nil {
			t.Fatal(err)
		}
		before := len(d.slack.Journal())
		missing, err := d.outbox.Audit(t.Context(), destination)
		if err != nil || len(missing) != 8 {
			t.Errorf("the audit misses %d (%v), want 8", len(missing), err)
		}
		var times []time.Time
		for _, e := range d.slack.Journal()[before:] {
			if e.Method == "conversations.history" {
				times = append(times, e.Time)
			}
		}
		if len(times) != 1+8+3 {
			t.Errorf("history was read %d times, want once, once for each of 8, and 3 refused", len(times))
		}
		wantGap(t, "readings", times, 2*time.Second)
		d.stop()
	})
}

func (d *desk) postsTo(channel string) []time.Time {
	var times []time.Time
	for _, e := range d.slack.Journal() {
		if e.Method == "chat.postMessage" && e.Accepted && e.ChannelName == channel {
			times = append(times, e.Time)
		}
	}
	return times
}

// The clock is set while a message is uncertain, and others wait for their pace or
// a pause: nothing comes twice, and nothing waits longer than the step.
func TestClockSteps(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{-time.Hour, time.Hour, -10 * time.Minute, 24 * time.Hour, 10 * 365 * 24 * time.Hour} {
		for _, death := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, restart %t", step, death), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					d := newDesk(t, script(
						slackfake.Step{Fault: slackfake.ResetAfter}, slackfake.Step{Fault: slackfake.ResetBefore},
						slackfake.Step{Fault: slackfake.RateLimited, RetryAfter: 60}))
					for i := range 4 {
						d.enqueue(fmt.Sprintf("al_%d", i), "Headline")
					}
					d.work(5 * time.Second)
					if got := len(d.slack.Journal()); got < 4 {
						t.Fatalf("%d calls before the step, want the faults behind us", got)
					}
					d.skew = step
					if death {
						d.stop()
						d.start()
						if err := d.store.SyncDestinations(t.Context(), []string{destination}); err != nil {
							t.Fatal(err)
						}
					}
					d.enqueue("al_new", "Headline")
					d.work(max(0, -step) + 10*time.Minute)
					d.wantOnce(5)
					d.stop()
				})
			})
		}
	}
}
