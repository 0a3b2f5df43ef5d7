package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
	"newswatch/watcher/store"
)

const destination = "slack:desk"

// desk is an outbox on a real store before a strict Slack, in virtual time.
type desk struct {
	t      *testing.T
	path   string
	store  *store.Store
	slack  *slackfake.Server
	outbox *notify.Outbox
	pacing notify.Pacing
	told   []news.Notice
	wrap   func(notify.Channel) notify.Channel // nil: Slack as it is
	skew   time.Duration                       // of our clock

	notify.Nobody                     // but for what follows:
	verdicts      []notify.Verdict    // of attempts
	resolved      []notify.Resolution // of what was uncertain
	rungs         []int
}

// Attempted implements notify.Observer.
func (d *desk) Attempted(_ news.Delivery, v notify.Verdict) { d.verdicts = append(d.verdicts, v) }

// Resolved implements notify.Observer.
func (d *desk) Resolved(_ news.Delivery, r notify.Resolution) { d.resolved = append(d.resolved, r) }

// Plainer implements notify.Observer.
func (d *desk) Plainer(del news.Delivery) { d.rungs = append(d.rungs, del.Rung) }

func (d *desk) now() time.Time { return time.Now().Add(d.skew) }

func newDesk(t *testing.T, plan slackfake.Plan) *desk {
	d := &desk{
		t: t, path: filepath.Join(t.TempDir(), "state.db"),
		slack:  slackfake.New(slackfake.Config{Seed: 1, Plan: plan, Channels: []string{"desk"}}),
		pacing: notify.Pacing{Quarantine: time.Minute, LookAgain: 20 * time.Second, Pace: 1100 * time.Millisecond},
	}
	t.Cleanup(func() { d.slack.Close() })
	d.start()
	return d
}

// start opens the state as a new process would; stop leaves it as a kill would.
func (d *desk) start() {
	d.t.Helper()
	st, err := store.Open(d.t.Context(), store.Options{URL: "sqlite://" + d.path, Now: d.now})
	if err != nil {
		d.t.Fatal(err)
	}
	d.store = st
	channel := slack.New(slack.Config{Token: "xoxb-test", HTTP: d.slack.Client(), Now: d.now})
	d.outbox = notify.NewOutbox(notify.OutboxConfig{
		Store: st, Log: slog.New(slog.DiscardHandler), Now: d.now, Observe: d,
		Channel: func(string) (notify.Channel, notify.Pacing, error) {
			if d.wrap != nil {
				return d.wrap(channel), d.pacing, nil
			}
			return channel, d.pacing, nil
		},
		Operators: func(n news.Notice) (news.Delivery, bool) {
			d.told = append(d.told, n)
			return news.Delivery{}, false
		},
	})
}

func (d *desk) stop() {
	d.t.Helper()
	if err := d.store.Close(); err != nil {
		d.t.Fatal(err)
	}
}

// enqueue puts an alert's message into the outbox.
func (d *desk) enqueue(id, headline string) news.Delivery {
	d.t.Helper()
	return d.put(d.message(id, headline))
}

func (d *desk) put(del news.Delivery) news.Delivery {
	d.t.Helper()
	if err := d.store.EnqueueNotice(d.t.Context(), del); err != nil {
		d.t.Fatal(err)
	}
	return del
}

// message is an alert's message to the desk.
func (d *desk) message(id, headline string) news.Delivery {
	d.t.Helper()
	m, err := slack.New(slack.Config{}).Alert(news.Alert{DeliveryID: id, Title: "Urgent", Location: time.UTC, Entry: news.Entry{
		StoryID: "00112233" + id, Headline: headline, URL: "https://a.example/1", At: time.Now(),
		Sources: []news.Source{{Name: "Aster Wire", URL: "https://a.example/1"}}, Publishers: 1,
	}})
	if err != nil {
		d.t.Fatal(err)
	}
	return news.Delivery{
		ID: id, Part: 1, Parts: 1, PlanID: "urgent", Kind: news.KindAlert, Destination: destination, Payload: m.Payload,
		Stories: m.Stories, State: news.Pending, CreatedAt: d.now(), NotBefore: d.now(),
	}
}

// work sends for a stretch of virtual time.
func (d *desk) work(stretch time.Duration) {
	d.t.Helper()
	for end := time.Now().Add(stretch); time.Now().Before(end); {
		d.turn()
		pause := time.Until(end)
		next, err := d.store.NextAt(d.t.Context(), news.Destinations)
		if err != nil {
			d.t.Fatal(err)
		}
		if !next.IsZero() {
			pause = min(pause, next.Sub(d.now()))
		}
		time.Sleep(max(pause, 10*time.Millisecond))
	}
}

// turn does what is due now.
func (d *desk) turn() {
	d.t.Helper()
	leases, err := d.store.Claim(d.t.Context(), news.Destinations, 10, time.Minute)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, l := range leases {
		next, _, err := d.outbox.Send(d.t.Context(), l)
		if err != nil {
			d.t.Fatal(err)
		}
		if err := d.store.Release(d.t.Context(), l, next); err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d *desk) delivery(id string) news.Delivery {
	d.t.Helper()
	got, err := d.store.Delivery(d.t.Context(), id, 1)
	if err != nil {
		d.t.Fatal(err)
	}
	return got
}

// wantOnce checks that Slack shows so many messages and nothing is amiss.
func (d *desk) wantOnce(messages int) {
	d.t.Helper()
	if got := len(d.slack.Visible("desk")); got != messages {
		d.t.Errorf("Slack shows %d messages, want %d", got, messages)
	}
	for _, problem := range d.slack.Audit() {
		d.t.Errorf("audit: %s", problem)
	}
}

func script(steps ...slackfake.Step) slackfake.Plan {
	for i := range steps {
		steps[i].Method = "chat.postMessage"
		steps[i].Call = i + 1
	}
	return slackfake.Plan{Script: steps, HistoryLag: slackfake.Duration(5 * time.Second)}
}

// Whatever becomes of the first answer, the message stands once in the end.
func TestEachFaultDeliversOnce(t *testing.T) {
	t.Parallel()
	faults := []slackfake.Fault{
		slackfake.ResetBefore, slackfake.BadGateway, slackfake.RateLimited, slackfake.HangBefore, slackfake.LateAccept,
		slackfake.ResetAfter, slackfake.EOFAfter, slackfake.InternalAfter, slackfake.HTML500After, slackfake.HangAfter,
		slackfake.CutBody, slackfake.Slow,
	}
	for _, fault := range faults {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, script(slackfake.Step{Fault: fault}))
				d.enqueue("al_1", "One")
				d.enqueue("al_2", "Two")
				d.work(5 * time.Minute)
				d.wantOnce(2)
				for _, id := range []string{"al_1", "al_2"} {
					if got := d.delivery(id); got.State != news.Sent || got.Receipt.TS == "" {
						t.Errorf("%s is %s (%s), want sent", id, got.State, got.Error)
					}
				}
				d.stop()
			})
		})
	}
}

// A Slack that takes no lists of strings in metadata refuses each message as it is
// first made; the plainer form, which carries the stories as one string, arrives
// once all the same, whatever becomes of its answer.
func TestStrictMetadataDeliversOnce(t *testing.T) {
	t.Parallel()
	for _, fault := range []slackfake.Fault{
		"", slackfake.ResetBefore, slackfake.RateLimited, slackfake.LateAccept, slackfake.ResetAfter, slackfake.InternalAfter, slackfake.HangAfter, slackfake.CutBody,
	} {
		t.Run("then "+string(fault), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				plan := slackfake.Plan{StrictMetadata: true, HistoryLag: slackfake.Duration(5 * time.Second)}
				if fault != "" {
					plan.Script = []slackfake.Step{{Method: "chat.postMessage", Call: 2, Fault: fault}}
				}
				d := newDesk(t, plan)
				d.enqueue("al_1", "One")
				d.enqueue("al_2", "Two")
				d.work(30 * time.Second)
				d.stop()
				d.start() // what was posted is known again by its metadata
				d.work(5 * time.Minute)
				d.wantOnce(2)
				for _, id := range []string{"al_1", "al_2"} {
					if got := d.delivery(id); got.State != news.Sent || got.Rung != 1 {
						t.Errorf("%s is %s at rung %d (%s), want sent at 1", id, got.State, got.Rung, got.Error)
					}
				}
				d.stop()
			})
		})
	}
}

// A process that dies between the intent and the outcome leaves a delivery in
// sending; the next one looks it up, and posts it only if it is not there.
func TestCrashInFlight(t *testing.T) {
	t.Parallel()
	for name, accepted := range map[string]bool{"accepted": true, "not accepted": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, slackfake.Plan{})
				del := d.enqueue("al_1", "One")
				leases, err := d.store.Claim(t.Context(), news.Destinations, 1, time.Minute)
				if err != nil || len(leases) != 1 {
					t.Fatalf("claim: %v, %v", leases, err)
				}
				if err := d.store.Intend(t.Context(), leases[0], &del); err != nil {
					t.Fatal(err)
				}
				if accepted {
					if _, err := slack.New(slack.Config{Token: "xoxb-test", HTTP: d.slack.Client()}).Post(t.Context(), del); err != nil {
						t.Fatal(err)
					}
				}
				d.stop()
				d.start()
				d.work(5 * time.Minute)
				d.wantOnce(1)
				d.stop()
			})
		})
	}
}

// A request that was under way for long when the process died is accepted nearly a
// quarantine after that: the quarantine counts from the death.
func TestLateAcceptAfterACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{Script: []slackfake.Step{{
			Method: "chat.postMessage", Call: 1, Fault: slackfake.LateAccept, For: slackfake.Duration(70 * time.Second)}}})
		del := d.enqueue("al_1", "One")
		leases, err := d.store.Claim(t.Context(), news.Destinations, 1, time.Minute)
		if err != nil || len(leases) != 1 {
			t.Fatalf("claim: %v, %v", leases, err)
		}
		if err := d.store.Intend(t.Context(), leases[0], &del); err != nil {
			t.Fatal(err)
		}
		_, _ = slack.New(slack.Config{Token: "xoxb-test", HTTP: d.slack.Client()}).Post(t.Context(), del) // nobody hears of it
		time.Sleep(14 * time.Second)
		d.stop()
		d.start()
		d.pacing.LookAgain = time.Millisecond
		d.work(10 * time.Minute)
		d.wantOnce(1)
		d.stop()
	})
}

// A state that is older than what Slack shows repeats nothing: what stands in
// the channel is read after the start.
func TestOldStateRepeatsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{})
		d.enqueue("al_1", "One")
		d.work(time.Minute)
		d.stop()
		d.path = filepath.Join(t.TempDir(), "restored.db")
		d.start()
		d.enqueue("al_1", "One")
		d.enqueue("al_2", "Two")
		d.work(time.Minute)
		d.wantOnce(2)
		d.stop()
	})
}

// What only a person can mend is held, told once, and sent when it is mended.
func TestArchivedChannelHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plan := slackfake.Plan{}
		d := newDesk(t, plan)
		d.slack.SetChannel(slackfake.Channel{Name: "desk", Archived: true})
		d.enqueue("al_1", "One")
		d.enqueue("al_2", "Two")
		d.work(20 * time.Minute)
		got := d.delivery("al_1")
		if got.State != news.Held || !strings.Contains(got.Error, "is_archived") {
			t.Errorf("al_1 is %s (%s), want held for is_archived", got.State, got.Error)
		}
		ids := map[string]bool{}
		for _, n := range d.told {
			ids[n.DeliveryID] = true
		}
		if len(ids) != 1 {
			t.Errorf("operators were told of %d things, want 1", len(ids))
		}
		d.slack.SetChannel(slackfake.Channel{Name: "desk"})
		d.work(2 * time.Hour)
		if n := len(d.slack.Visible("desk")); n != 2 {
			t.Errorf("Slack shows %d messages, want 2", n)
		}
		d.stop()
	})
}

// A form that is refused is replaced by a plainer one under the same id.
func TestRefusedFormGoesPlainer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, script(slackfake.Step{Fault: slackfake.ErrorBefore, Error: "invalid_blocks", Times: 2}))
		d.enqueue("al_1", "One")
		d.work(time.Minute)
		if got := d.delivery("al_1"); got.State != news.Sent || got.Rung != 2 {
			t.Errorf("al_1 is %s at rung %d (%s), want sent at 2", got.State, got.Rung, got.Error)
		}
		if !slices.Equal(d.rungs, []int{1, 2}) || !slices.Equal(d.verdicts, []notify.Verdict{notify.NotRendered, notify.NotRendered, notify.Taken}) {
			t.Errorf("counted are rungs %v of attempts %v, want 1 and 2, and the third taken", d.rungs, d.verdicts)
		}
		if n := len(d.slack.Visible("desk")); n != 1 {
			t.Errorf("Slack shows %d messages, want 1", n)
		}
		d.stop()
	})
}

// A pause that Slack asks for holds the destination, not its order.
func TestRetryAfterIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, script(slackfake.Step{Fault: slackfake.RateLimited, RetryAfter: 90}))
		d.enqueue("al_1", "One")
		start := time.Now()
		d.work(80 * time.Second)
		if n := len(d.slack.Visible("desk")); n != 0 {
			t.Errorf("%d messages came within the pause", n)
		}
		d.work(20 * time.Second)
		d.wantOnce(1)
		if at := d.delivery("al_1").SentAt; at.Sub(start) < 90*time.Second {
			t.Errorf("sent after %v, want 90 s or more", at.Sub(start))
		}
		d.stop()
	})
}

// A lease that was lost stops the work of its holder.
func TestLostLeaseIsFenced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{})
		d.enqueue("al_1", "One")
		leases, err := d.store.Claim(t.Context(), news.Destinations, 1, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if _, err := d.store.Claim(t.Context(), news.Destinations, 1, time.Hour); err != nil {
			t.Fatal(err)
		}
		leases[0].Until = time.Now().Add(time.Minute) // a clock that stood still believes so
		if _, _, err := d.outbox.Send(context.Background(), leases[0]); !errors.Is(err, store.ErrFenced) {
			t.Errorf("Send = %v, want ErrFenced", err)
		}
		d.wantOnce(0)
		d.stop()
	})
}
