package notify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack/slackfake"
	"newswatch/watcher/store"
)

// posted are the deliveries that Slack took, in its order.
func (d *desk) posted() (ids []string, last time.Time) {
	for _, e := range d.slack.Journal() {
		if e.Accepted && e.Method == "chat.postMessage" {
			ids, last = append(ids, e.DeliveryID), e.Time
		}
	}
	return ids, last
}

// A channel that refuses all is asked for its oldest message alone, and once it is
// mended all goes at once, in order.
func TestOrderAfterAMend(t *testing.T) {
	t.Parallel()
	for _, word := range []bool{false, true} {
		t.Run(fmt.Sprintf("by word %t", word), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, slackfake.Plan{})
				d.slack.SetChannel(slackfake.Channel{Name: "desk", Archived: true})
				var want []string
				for i := range 60 {
					want = append(want, d.enqueue(fmt.Sprintf("al_%02d", i), "Headline").ID)
					d.work(time.Minute)
				}
				d.work(24 * time.Hour)
				before := len(d.slack.Journal())
				d.work(24 * time.Hour)
				if calls := len(d.slack.Journal()) - before; calls > 24*4 { // the list of channels, its history, the post, and the list again
					t.Errorf("%d calls in a day of a refusal", calls)
				}
				d.slack.SetChannel(slackfake.Channel{Name: "desk"})
				mended, most := time.Now(), time.Hour
				if word {
					if n, err := d.store.Resend(t.Context(), "al_00"); n != 1 || err != nil {
						t.Fatalf("resend: %d, %v", n, err)
					}
					most = 0
				}
				want = append(want, d.enqueue("al_new", "Headline").ID)
				d.work(2 * time.Hour)
				got, last := d.posted()
				if !slices.Equal(got, want) {
					t.Errorf("Slack took %v, want %v", got, want)
				}
				if most += 70 * d.pacing.Pace; last.Sub(mended) > most {
					t.Errorf("the last came %v after the mend, want %v or less", last.Sub(mended), most)
				}
				d.wantOnce(61)
				d.stop()
			})
		})
	}
}

// A reply that is refused, or a rewriting, holds up nothing but itself.
func TestRefusedReplyHoldsItselfOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, script(slackfake.Step{Fault: slackfake.Slow, For: slackfake.Duration(time.Millisecond)},
			slackfake.Step{Fault: slackfake.ErrorBefore, Error: "channel_not_found", Times: 1}))
		d.enqueue("al_0", "Zero")
		d.work(time.Minute)
		note := d.message("al_note", "More")
		note.Kind, note.ReplyTo = news.KindFollowup, "al_0"
		d.put(note)
		d.work(time.Second)
		d.enqueue("al_1", "One")
		d.work(time.Minute)
		if got := d.delivery("al_note"); got.State != news.Held {
			t.Errorf("the note is %s, want held", got.State)
		}
		if got := d.delivery("al_1"); got.State != news.Sent {
			t.Errorf("al_1 is %s (%s), want sent", got.State, got.Error)
		}
		d.stop()
	})
}

// Replies to a deleted message wait for a word, of which the operators are told
// once; the word sends each as a message of its own.
func TestOrphansAreSentByWord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{})
		d.enqueue("al_0", "Zero")
		d.work(time.Minute)
		d.slack.Delete("desk", d.delivery("al_0").Receipt.TS)
		for i := range 4 {
			note := d.message(fmt.Sprintf("al_note%d", i), "More")
			note.Kind, note.ReplyTo = news.KindFollowup, "al_0"
			d.put(note)
		}
		d.work(time.Hour)
		if ids := d.noticeIDs(); len(ids) != 1 {
			t.Errorf("operators were told of %d things, want 1: %+v", len(ids), d.told)
		}
		for _, id := range []string{"al_note2", "al_note3"} {
			if n, err := d.store.Resend(t.Context(), id); n != 1 || err != nil {
				t.Fatalf("resend: %d, %v", n, err)
			}
			d.work(time.Minute)
			if got := d.delivery(id); got.State != news.Sent {
				t.Errorf("after the word %s is %s (%s)", id, got.State, got.Error)
			}
		}
		if got := d.delivery("al_note1"); got.State != news.Held || !got.Undecided {
			t.Errorf("without a word al_note1 is %s", got.State)
		}
		for _, m := range d.slack.Visible("desk") {
			if m.ThreadTS != "" {
				t.Errorf("%s stands in the thread of a deleted message", m.DeliveryID)
			}
		}
		if ids := d.noticeIDs(); len(ids) != 1 {
			t.Errorf("operators were told of %d things, want 1", len(ids))
		}
		d.wantOnce(3)
		d.stop()
	})
}

// hook is a way out without a history.
type hook struct {
	blind
	posts int
}

func (h *hook) Post(context.Context, news.Delivery) (news.Receipt, error) {
	h.posts++
	return news.Receipt{TS: "x"}, nil
}

// A machine that slept between the intent and the post has sent nothing, and that
// is known whatever others made of it meanwhile.
func TestSleptBeforeThePost(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]news.OnUncertain{"nothing said": "", "hold": news.Hold, "skip": news.Skip} {
		for _, others := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, others %t", name, others), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					d := newDesk(t, slackfake.Plan{})
					way, slept := &hook{}, false
					d.pacing.OnUncertain, d.pacing.Quarantine = policy, 0
					config := notify.OutboxConfig{
						Store: d.store, Log: slog.New(slog.DiscardHandler), Now: d.now,
						Channel: func(string) (notify.Channel, notify.Pacing, error) { return way, d.pacing, nil },
					}
					other := notify.NewOutbox(config)
					config.At = func(s notify.Step) {
						if s != notify.AfterIntent || slept {
							return
						}
						slept = true
						time.Sleep(2 * time.Minute)
						if others && policy != "" { // another process, whose machine did not sleep
							d.outbox, other = other, d.outbox
							d.turn()
							d.outbox = other
						}
					}
					d.outbox = notify.NewOutbox(config)
					d.enqueue("al_1", "One")
					leases, err := d.store.Claim(t.Context(), news.Destinations, 1, time.Minute)
					if err != nil || len(leases) != 1 {
						t.Fatalf("claim: %v, %v", leases, err)
					}
					if _, _, err := d.outbox.Send(t.Context(), leases[0]); err != nil {
						t.Fatal(err)
					}
					d.work(10 * time.Minute)
					if got := d.delivery("al_1"); way.posts != 1 || got.State != news.Sent || got.Receipt.TS == "" {
						t.Errorf("posted %d times, %s (%s)", way.posts, got.State, got.Error)
					}
					d.stop()
				})
			})
		}
	}
}

// The pace counts from the start of a post, however long the answer takes up to
// some seconds.
func TestPaceOfSlowAnswers(t *testing.T) {
	t.Parallel()
	for _, latency := range []time.Duration{500 * time.Millisecond, 600 * time.Millisecond, 1200 * time.Millisecond} {
		t.Run(latency.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, slackfake.Plan{Latency: slackfake.Duration(latency)})
				for i := range 20 {
					d.enqueue(fmt.Sprintf("al_%02d", i), "Headline")
				}
				began := time.Now()
				d.work(time.Minute)
				_, last := d.posted()
				if most := 20*max(latency, d.pacing.Pace) + 5*time.Second; last.Sub(began) > most {
					t.Errorf("20 messages took %v, want %v or less", last.Sub(began), most)
				}
				d.wantOnce(20)
				d.stop()
			})
		})
	}
}

// A way out that is not there is told once, and looked for once an hour.
func TestNoWayOutIsSaidOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{})
		outbox := notify.NewOutbox(notify.OutboxConfig{
			Store: d.store, Log: slog.New(slog.DiscardHandler), Now: d.now,
			Channel: func(string) (notify.Channel, notify.Pacing, error) {
				return nil, notify.Pacing{}, errors.New("no token")
			},
		})
		l := news.Lease{Unit: news.Destinations, Key: destination, Until: d.now().Add(time.Minute)}
		for i := range 3 {
			next, _, err := outbox.Send(t.Context(), l)
			if (err != nil) != (i == 0) {
				t.Errorf("the %d. time it says %v, want an error the first time alone", i+1, err)
			}
			if wait := next.Sub(d.now()); wait != time.Hour {
				t.Errorf("comes again after %v, want an hour", wait)
			}
		}
		d.stop()
	})
}

// droppedMeanwhile is a store in which an operator drops a delivery between its
// reading and its intent.
type droppedMeanwhile struct {
	*store.Store
	id string
}

func (s *droppedMeanwhile) Deliverable(ctx context.Context, to string) (*news.Delivery, time.Time, error) {
	d, wake, err := s.Store.Deliverable(ctx, to)
	if err == nil && d != nil && d.ID == s.id {
		if _, err := s.Drop(ctx, s.id); err != nil {
			return nil, time.Time{}, err
		}
	}
	return d, wake, err
}

// A delivery that was dropped while it was being taken up stops nothing.
func TestDroppedMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{})
		way := &hook{}
		d.outbox = notify.NewOutbox(notify.OutboxConfig{
			Store: &droppedMeanwhile{d.store, "al_1"}, Log: slog.New(slog.DiscardHandler), Now: d.now,
			Channel: func(string) (notify.Channel, notify.Pacing, error) { return way, d.pacing, nil },
		})
		d.enqueue("al_1", "One")
		d.enqueue("al_2", "Two")
		d.turn() // it fails on an error
		if got := d.delivery("al_1"); got.State != news.Dropped {
			t.Errorf("al_1 is %s, want dropped", got.State)
		}
		if got := d.delivery("al_2"); got.State != news.Sent || way.posts != 1 {
			t.Errorf("al_2 is %s after %d posts, want sent", got.State, way.posts)
		}
		d.stop()
	})
}

// The log says what becomes of an uncertain message where nothing can be looked up.
func TestLogSaysWhatComes(t *testing.T) {
	t.Parallel()
	for policy, want := range map[news.OnUncertain]string{news.Hold: "a person will be asked", news.Skip: "taken for delivered", "": "sent again"} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				d := newDesk(t, slackfake.Plan{})
				d.pacing.OnUncertain = policy
				d.outbox = notify.NewOutbox(notify.OutboxConfig{
					Store: d.store, Log: slog.New(slog.NewTextHandler(&log, nil)), Now: d.now,
					Channel: func(string) (notify.Channel, notify.Pacing, error) { return broken{}, d.pacing, nil },
				})
				d.enqueue("al_1", "One")
				d.turn()
				if !strings.Contains(log.String(), want) || strings.Contains(log.String(), "will be looked up") {
					t.Errorf("the log says %s, want %q", log.String(), want)
				}
				d.stop()
			})
		})
	}
}

// broken is a way out without a history that gives no answers.
type broken struct{ blind }

func (broken) Post(context.Context, news.Delivery) (news.Receipt, error) {
	return news.Receipt{}, io.ErrUnexpectedEOF
}
