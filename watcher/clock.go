package watcher

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

const (
	clockLook  = 10 * time.Second // between two looks at the clock
	clockNote  = time.Minute      // how far the highest time noted lies behind the one seen
	clockSlack = 5 * time.Second  // so much a clock may be set back without anybody's noticing
	clockBack  = 5 * time.Minute  // set back by more, it holds the digests
	clockHold  = time.Hour        // ... so long at most: then the clock is believed
	clockAhead = 24 * time.Hour   // gone ahead by more, nothing is forgotten by it ...
	clockCalm  = time.Hour        // ... until it has run on for so long
)

// clockKey is where the database keeps what was seen of the wall clock.
const clockKey = "clock"

// seenTime is what is noted of the wall clock, in Unix milliseconds.
type seenTime struct {
	Highest int64 `json:"highest"` // the highest time that was believed
	Last    int64 `json:"last"`    // what it showed last
	// Since when it stands far behind the highest time, by the clock as it is now;
	// 0: it does not.
	Since int64 `json:"since,omitempty"`
	// When it last went far ahead; 0: not that we know.
	Ahead int64 `json:"ahead,omitempty"`
}

// clock is what the watcher knows of the wall clock, which says what slots have
// come and dates all that is stored.
type clock struct {
	mu     sync.Mutex
	read   bool // note has been read
	note   seenTime
	stored seenTime
	looked bool // ... in this process, when Config.Elapsed was:
	at     time.Duration
}

// punctual is the outbox's store. What is due is asked for only after a look at the
// clock: a step ahead must not pass for a quarantine that is over.
type punctual struct {
	*store.Store
	look func(ctx context.Context) error
}

// Deliverable is Store.Deliverable.
func (p punctual) Deliverable(ctx context.Context, destination string) (*news.Delivery, time.Time, error) {
	if err := p.look(ctx); err != nil {
		return nil, time.Time{}, err
	}
	return p.Store.Deliverable(ctx, destination)
}

// Rewritable is Store.Rewritable.
func (p punctual) Rewritable(ctx context.Context, destination string) (*news.Delivery, time.Time, error) {
	if err := p.look(ctx); err != nil {
		return nil, time.Time{}, err
	}
	return p.Store.Rewritable(ctx, destination)
}

// holds says whether digests are held back, and until when at most.
func (c *clock) holds() (until time.Time, held bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.note.until(), c.note.Since > 0
}

// until is when digests are no longer held, at the latest.
func (n seenTime) until() time.Time {
	return time.UnixMilli(min(n.Highest, n.Since+clockHold.Milliseconds()))
}

// steady says whether the clock can be trusted with what is to be forgotten.
func (c *clock) steady(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.note.Ahead == 0 || now.Sub(time.UnixMilli(c.note.Ahead)) >= clockCalm
}

// watchClock looks at the clock as long as the daemon runs.
func (w *Watcher) watchClock(ctx context.Context) error {
	for sleep(ctx, clockLook) == nil {
		if err := w.keepTime(ctx); err != nil && ctx.Err() == nil && !w.away(err) {
			w.cfg.Log.Error("keeping the time failed, trying again", "err", err)
		}
	}
	return nil
}

// keepTime looks at the clock. One that goes ahead, because it was set or the
// machine slept, needs little: what is due is due, but what was in doubt is so for
// as long as before. When it was set back, all that is stored follows it, so that nothing waits for years. When it was set back by
// more than a few minutes, digests are held until it has passed the highest time
// again, or has run on for an hour: nobody can say whether it was wrong before or
// is wrong now, and the slots in between have had their digests.
func (w *Watcher) keepTime(ctx context.Context) error {
	c := &w.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := w.recallClock(ctx); err != nil {
		return err
	}
	now, n := w.cfg.Now(), c.note
	step := time.Duration(0)
	if n.Last > 0 {
		step = now.Sub(time.UnixMilli(n.Last))
	}
	n.Last = now.UnixMilli()
	if n.Ahead > n.Last {
		n.Ahead = n.Last // by the clock as it is now
	}
	elapsed := w.cfg.Elapsed()
	if leap := step - (elapsed - c.at); c.looked && leap > clockSlack {
		if err := w.cfg.Store.StepAhead(ctx, leap); err != nil {
			return err
		}
		w.observe.ClockStepped(leap)
	}
	told := false
	switch {
	case step > clockAhead:
		w.cfg.Log.Info("the clock is far ahead of what it was: it was set, or nothing ran for a while", "by", step)
		n.Ahead = n.Last
	case step < -clockSlack:
		w.cfg.Log.Warn("the clock was set back", "by", -step, "now", now)
		if err := w.cfg.Store.SetBack(ctx, -step); err != nil {
			return err
		}
		w.observe.ClockStepped(step)
		if n.Highest-n.Last > clockBack.Milliseconds() {
			told, n.Since = n.Since == 0, n.Last
		}
		defer w.ringAll()
	}
	if n.Since > 0 && !now.Before(n.until()) {
		w.cfg.Log.Info("digests go on by the clock as it is", "now", now)
		n.Highest, n.Since = n.Last, 0
		defer w.ringAll()
	}
	if n.Since == 0 {
		n.Highest = max(n.Highest, n.Last)
	}
	c.note, c.looked, c.at = n, true, elapsed
	if told {
		if err := w.tellClock(ctx, n); err != nil {
			return err
		}
	}
	return w.noteClock(ctx)
}

// recallClock reads what was noted by the process before.
func (w *Watcher) recallClock(ctx context.Context) error {
	c := &w.clock
	if c.read {
		return nil
	}
	noted, err := w.cfg.Store.Meta(ctx, clockKey)
	if err != nil {
		return fmt.Errorf("read what the clock was: %w", err)
	}
	if noted != "" {
		if err := json.Unmarshal([]byte(noted), &c.note); err != nil {
			w.cfg.Log.Warn("what the clock was cannot be read, it is believed as it is", "err", err)
			c.note = seenTime{}
		}
	}
	c.read, c.stored = true, c.note
	return nil
}

// noteClock keeps what was seen of the clock, to the minute.
func (w *Watcher) noteClock(ctx context.Context) error {
	c := &w.clock
	if moved := c.note.Last - c.stored.Last; c.note.Since == c.stored.Since && c.note.Ahead == c.stored.Ahead && moved >= 0 && moved < clockNote.Milliseconds() {
		return nil
	}
	text, err := json.Marshal(c.note)
	if err != nil {
		return fmt.Errorf("note what the clock is: %w", err)
	}
	if err := w.cfg.Store.SetMeta(ctx, clockKey, string(text)); err != nil {
		return fmt.Errorf("note what the clock is: %w", err)
	}
	c.stored = c.note
	return nil
}

// tellClock tells the operators, once a step and a day.
func (w *Watcher) tellClock(ctx context.Context, n seenTime) error {
	show := func(ms int64) string { return time.UnixMilli(ms).In(w.zone()).Format("Mon 2 Jan 2006 15:04 MST") }
	notice := news.Notice{
		DeliveryID: news.NoticeID("clock_back", show(n.Highest), time.UnixMilli(n.Since).UTC().Format(time.DateOnly)),
		Kind:       "clock_back", Headline: "The clock was set back",
		Subject: fmt.Sprintf("from %s to %s", show(n.Highest), show(n.Since)),
		Footer: fmt.Sprintf("Digests wait until %s. Alerts go on, and no story is lost or told twice. If the time is wrong now, set the clock right: nothing has to be restarted.",
			show(n.until().UnixMilli())),
	}
	d, wanted := w.notice(notice)
	if !wanted {
		return nil
	}
	if err := w.cfg.Store.EnqueueNotice(ctx, d); err != nil {
		return fmt.Errorf("store the notice of the clock: %w", err)
	}
	return nil
}

func (w *Watcher) ringAll() {
	for u := range w.bells {
		w.ring(u)
	}
}
