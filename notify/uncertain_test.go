package notify_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack/slackfake"
)

// blind is a way out whose history cannot be asked, as a webhook's.
type blind struct{ notify.Channel }

func (blind) Find(context.Context, news.Delivery) (news.Receipt, bool, error) {
	return news.Receipt{}, false, notify.ErrNoLookup
}

func (blind) Recent(string, time.Time) notify.Reading { return notify.NoHistory{} }

// lost scripts answers that never come to posts that were accepted, or were not.
func lost(accepted bool, times int) slackfake.Plan {
	fault := slackfake.ResetBefore
	if accepted {
		fault = slackfake.ResetAfter
	}
	return script(slackfake.Step{Fault: fault, Times: times})
}

// What a target wants of a message of which nobody can say whether it arrived.
func TestOnUncertain(t *testing.T) {
	t.Parallel()
	type outcome struct {
		state     news.DeliveryState
		visible   int
		undecided bool
		notices   int
	}
	tests := map[string]struct {
		policy   news.OnUncertain
		blind    bool // there is no history
		accepted bool
		want     outcome
	}{
		"resend, found":                  {policy: news.Resend, accepted: true, want: outcome{state: news.Sent, visible: 1}},
		"resend, not there":              {policy: news.Resend, want: outcome{state: news.Sent, visible: 1}},
		"hold, found":                    {policy: news.Hold, accepted: true, want: outcome{state: news.Sent, visible: 1}},
		"hold, not there":                {policy: news.Hold, want: outcome{state: news.Held, undecided: true, notices: 1}},
		"skip, not there":                {policy: news.Skip, want: outcome{state: news.Sent, visible: 1}},
		"resend, no history":             {policy: news.Resend, blind: true, want: outcome{state: news.Sent, visible: 1}},
		"resend, no history, accepted":   {policy: news.Resend, blind: true, accepted: true, want: outcome{state: news.Sent, visible: 2}},
		"hold, no history":               {policy: news.Hold, blind: true, want: outcome{state: news.Held, undecided: true, notices: 1}},
		"skip, no history":               {policy: news.Skip, blind: true, want: outcome{state: news.Sent, visible: 0}},
		"skip, no history, accepted":     {policy: news.Skip, blind: true, accepted: true, want: outcome{state: news.Sent, visible: 1}},
		"nothing said, no history":       {blind: true, want: outcome{state: news.Sent, visible: 1}},
		"nothing said, found in history": {accepted: true, want: outcome{state: news.Sent, visible: 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, lost(test.accepted, 1))
				d.pacing.OnUncertain = test.policy
				if test.blind {
					d.wrap = func(c notify.Channel) notify.Channel { return blind{c} }
					d.pacing.Quarantine = 0
				}
				d.enqueue("al_1", "One")
				d.work(26 * time.Hour)
				del := d.delivery("al_1")
				got := outcome{del.State, len(d.slack.Visible("desk")), del.Undecided, len(d.told)}
				if got != test.want {
					t.Errorf("got %+v (%s), want %+v", got, del.Error, test.want)
				}
				if want := resolution(name); len(d.resolved) != 1 || d.resolved[0] != want || d.verdicts[0] != notify.WithoutAnswer {
					t.Errorf("counted are the attempts %v and %v, want %q of an uncertain one", d.verdicts, d.resolved, want)
				}
				if test.policy == news.Skip && test.blind && !strings.Contains(del.Error, "taken for delivered") {
					t.Errorf("got %q, want a note that it was taken for delivered", del.Error)
				}
				if test.want.undecided {
					decide(t, d, test.accepted)
				}
				d.stop()
			})
		})
	}
}

// resolution is what is counted of a case of TestOnUncertain.
func resolution(name string) notify.Resolution {
	policy, there, _ := strings.Cut(name, ", ")
	switch {
	case strings.Contains(there, "found"):
		return notify.FoundThere
	case policy == "hold":
		return notify.LeftToYou
	case policy == "skip" && strings.HasPrefix(there, "no history"):
		return notify.TakenAsIs
	}
	return notify.SentAgain
}

// decide has an undecided delivery wait over a restart, and sent by word.
func decide(t *testing.T, d *desk, accepted bool) {
	t.Helper()
	for _, word := range []string{"newswatch outbox resend al_1", "newswatch outbox drop al_1"} {
		if !strings.Contains(d.told[0].Detail, word) || !strings.Contains(d.delivery("al_1").Error, word) {
			t.Errorf("operators read %q and %q, want %q in both", d.told[0].Detail, d.delivery("al_1").Error, word)
		}
	}
	d.stop()
	d.start()
	if err := d.store.RetryHeld(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.work(26 * time.Hour)
	if got := len(d.slack.Visible("desk")); got != 0 {
		t.Errorf("it was sent without a word, %d times", got)
	}
	if n, err := d.store.Resend(t.Context(), "al_1"); n != 1 || err != nil {
		t.Fatalf("resend: %d, %v", n, err)
	}
	d.work(time.Minute)
	if got := d.delivery("al_1"); got.State != news.Sent || got.Undecided {
		t.Errorf("after the word it is %s", got.State)
	}
	d.wantOnce(1)
}

// A bot that may post where it may not read cannot know what became of a lost
// answer: nothing is posted, one notice says why, and once it is let in all goes.
func TestNothingIsPostedUnseen(t *testing.T) {
	t.Parallel()
	write := []string{"chat:write", "chat:write.public", "channels:read"}
	for name, c := range map[string]struct {
		plan   slackfake.Plan
		reason string
	}{
		"not a member": {slackfake.Plan{Scopes: append(write, "channels:history"), Channels: []slackfake.Channel{{Name: "desk", NotMember: true}}}, "not_in_channel"},
		"no scope":     {slackfake.Plan{Scopes: write}, "missing_scope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, c.plan)
				d.enqueue("al_1", "One")
				d.enqueue("al_2", "Two")
				d.work(time.Hour)
				if got := d.delivery("al_1"); got.State != news.Held || !strings.Contains(got.Error, c.reason) || got.Attempts != 0 {
					t.Errorf("al_1 is %s after %d attempts (%s), want held for %s", got.State, got.Attempts, got.Error, c.reason)
				}
				if got := d.delivery("al_2"); got.State != news.Pending || got.Attempts != 0 {
					t.Errorf("al_2 is %s after %d attempts, want it waiting behind al_1", got.State, got.Attempts)
				}
				if ids := d.noticeIDs(); len(ids) != 1 {
					t.Errorf("operators were told of %d things, want 1", len(ids))
				}
				if err := d.slack.SetPlan(slackfake.Plan{}); err != nil {
					t.Fatal(err)
				}
				d.slack.SetChannel(slackfake.Channel{Name: "desk"})
				d.work(time.Hour)
				d.wantOnce(2)
				d.stop()
			})
		})
		t.Run(name+", and the target says resend", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				plan := c.plan
				plan.Script = lost(false, 1).Script
				d := newDesk(t, plan)
				d.pacing.OnUncertain = news.Resend
				d.enqueue("al_1", "One")
				d.work(5 * time.Minute)
				d.wantOnce(1)
				d.stop()
			})
		})
	}
}

// While the history fails, lags or is taken away, nothing is sent again.
func TestNoResendOnABlindHistory(t *testing.T) {
	t.Parallel()
	history := func(f slackfake.Fault, code string) slackfake.Plan {
		p := lost(true, 1)
		p.HistoryLag = 0
		for _, method := range []string{"conversations.history", "conversations.replies"} {
			p.Script = append(p.Script, slackfake.Step{Method: method, Call: 2, Times: -1, Fault: f, Error: code})
		}
		return p
	}
	lagging := lost(true, 1)
	lagging.HistoryLag = slackfake.Duration(30 * time.Second)
	for name, plan := range map[string]slackfake.Plan{
		"errors":    history(slackfake.ErrorBefore, "internal_error"),
		"forbidden": history(slackfake.ErrorBefore, "missing_scope"),
		"left":      history(slackfake.ErrorBefore, "not_in_channel"),
		"5xx":       history(slackfake.BadGateway, ""),
		"limited":   history(slackfake.RateLimited, ""),
		"resets":    history(slackfake.ResetAfter, ""),
		"cut":       history(slackfake.CutBody, ""),
		"lags":      lagging,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, plan)
				d.enqueue("al_1", "One")
				d.work(30 * time.Minute)
				if got := len(d.accepted("chat.postMessage")); got != 1 {
					t.Errorf("posted %d times, want once", got)
				}
				if err := d.slack.SetPlan(slackfake.Plan{}); err != nil {
					t.Fatal(err)
				}
				d.work(2 * time.Hour)
				if got := d.delivery("al_1"); got.State != news.Sent || got.Receipt.TS == "" {
					t.Errorf("al_1 is %s (%s), want sent", got.State, got.Error)
				}
				d.wantOnce(1)
				d.stop()
			})
		})
	}
}

// Slack accepts a request some time after its caller died. Messages come twice
// only when that is later than the quarantine and the looks take together, and not
// even then where Slack knows a client_msg_id again.
func TestLateAcceptWithinTheQuarantine(t *testing.T) {
	t.Parallel()
	for range 30 {
		late := time.Duration(1+rand.IntN(200)) * time.Second
		lag := time.Duration(rand.IntN(16)) * time.Second
		dedup, death := rand.IntN(4) == 0, rand.IntN(2) == 0
		t.Run(fmt.Sprintf("late %v, lag %v, dedup %t, restart %t", late, lag, dedup, death), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				plan := script(slackfake.Step{Fault: slackfake.LateAccept, For: slackfake.Duration(late)})
				plan.HistoryLag = slackfake.Duration(lag)
				if dedup {
					plan.ClientMsgID = "dedup"
				}
				d := newDesk(t, plan)
				d.enqueue("al_1", "One")
				d.work(time.Second)
				if death {
					d.stop()
					d.start()
				}
				d.work(10 * time.Minute)
				visible := len(d.slack.Visible("desk"))
				safe := dedup || late+lag < d.pacing.Quarantine+d.pacing.LookAgain
				if visible < 1 || safe && visible != 1 {
					t.Errorf("Slack shows %d messages", visible)
				}
				d.stop()
			})
		})
	}
}

// Whatever Slack does with a client_msg_id, messages come once.
func TestClientMsgID(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"ignore", "dedup", "refuse"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				plan := script(slackfake.Step{Fault: slackfake.ResetAfter})
				plan.ClientMsgID = mode
				d := newDesk(t, plan)
				for i := range 4 {
					d.enqueue(fmt.Sprintf("al_%d", i), "Headline")
				}
				d.work(10 * time.Minute)
				if got := d.delivery("al_3"); got.Rung != 0 {
					t.Errorf("al_3 went to rung %d, want the form that it had", got.Rung)
				}
				d.wantOnce(4)
				d.stop()
			})
		})
	}
}

// A channel, a token or a scope is taken away: what is due is held, told once, and
// goes by itself when it is given back.
func TestStateSwitches(t *testing.T) {
	t.Parallel()
	type change func(d *desk, broken bool)
	auth := func(code string) change {
		return func(d *desk, broken bool) {
			if !broken {
				code = ""
			}
			d.slack.SetAuthError(code)
		}
	}
	channel := func(c slackfake.Channel) change {
		return func(d *desk, broken bool) {
			if !broken {
				c = slackfake.Channel{}
			}
			c.Name = "desk"
			d.slack.SetChannel(c)
		}
	}
	for name, set := range map[string]change{
		"archived":      channel(slackfake.Channel{Archived: true}),
		"read-only":     channel(slackfake.Channel{ReadOnly: true}),
		"bot removed":   channel(slackfake.Channel{NotMember: true}),
		"private":       channel(slackfake.Channel{NotMember: true, Private: true}),
		"token revoked": auth("token_revoked"),
		"account off":   auth("account_inactive"),
		"scope lost": func(d *desk, broken bool) {
			plan := slackfake.Plan{}
			if broken {
				plan.Scopes = []string{"channels:history", "channels:read"}
			}
			if err := d.slack.SetPlan(plan); err != nil {
				d.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, slackfake.Plan{})
				d.enqueue("al_0", "Zero")
				d.work(time.Minute)
				set(d, true)
				d.enqueue("al_1", "One")
				d.enqueue("al_2", "Two")
				d.work(3 * time.Hour)
				if got := d.delivery("al_1"); got.State != news.Held || got.Undecided {
					t.Errorf("al_1 is %s (%s), want held", got.State, got.Error)
				}
				if ids := d.noticeIDs(); len(ids) != 1 {
					t.Errorf("operators were told of %d things, want 1: %v", len(ids), ids)
				}
				if calls := len(d.slack.Journal()); calls > 60 {
					t.Errorf("%d calls in three hours of a refusal", calls)
				}
				set(d, false)
				d.work(2 * time.Hour)
				d.wantOnce(3)
				d.stop()
			})
		})
	}
}

// The message that others answer is deleted, or its thread is locked: one reply at
// most strays into the channel, the others wait for a person or for the lock.
func TestThreadThatIsGone(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]func(d *desk, ts string){
		"deleted": func(d *desk, ts string) { d.slack.Delete("desk", ts) },
		"locked":  func(d *desk, _ string) { d.slack.SetChannel(slackfake.Channel{Name: "desk", ThreadLocked: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, slackfake.Plan{})
				d.enqueue("al_0", "Zero")
				d.work(time.Minute)
				gone(d, d.delivery("al_0").Receipt.TS)
				for i := range 4 {
					note := d.message(fmt.Sprintf("al_note%d", i), "More")
					note.Kind, note.ReplyTo = news.KindFollowup, "al_0"
					d.put(note)
				}
				d.enqueue("al_1", "One")
				d.work(26 * time.Hour)
				var inChannel []string
				for _, m := range d.slack.Visible("desk") {
					if m.ThreadTS == "" {
						inChannel = append(inChannel, m.DeliveryID)
					}
				}
				slices.Sort(inChannel)
				want := []string{"al_1", "al_note0"}
				if name == "locked" {
					want = []string{"al_0", "al_1"}
				}
				if !slices.Equal(inChannel, want) {
					t.Errorf("in the channel stand %v, want %v", inChannel, want)
				}
				if got := d.delivery("al_note3"); got.State != news.Held || got.Undecided != (name == "deleted") {
					t.Errorf("the last note is %s, undecided %t (%s)", got.State, got.Undecided, got.Error)
				}
				d.stop()
			})
		})
	}
}

func (d *desk) noticeIDs() map[string]bool {
	ids := map[string]bool{}
	for _, n := range d.told {
		ids[n.DeliveryID] = true
	}
	return ids
}
