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
	// How far it was set back, and leapt ahead, in all the steps that the state has
	// followed: so each replica sees which of the steps that it met another one has
	// seen to.
	Back  int64 `json:"back,omitempty"`
	Leapt int64 `json:"leapt,omitempty"`
}

// clock is what the watcher knows of the wall clock, which says what slots have
// come and dates all that is stored.
type clock struct {
	mu     sync.Mutex
	note   seenTime // as all replicas share it, when we last read it
	looked bool     // ... in this process, when the clock ...
	shown  time.Time
	at     time.Duration // ... and Config.Elapsed were
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
//
// Replicas share one clock, the database server's, and each sees its steps. The first
// one follows, in one transaction with the note of it; the others read the note.
func (w *Watcher) keepTime(ctx context.Context) error {
	c := &w.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	if now, at := w.cfg.Now(), w.cfg.Elapsed(); c.looked && !c.stirs(now, at) {
		c.shown, c.at = now, at
		return nil
	}
	var l look
	err := w.cfg.Store.KeepClock(ctx, clockKey, func(noted string) (store.ClockStep, error) {
		l = c.look(w.recalled(noted), w.cfg.Now(), w.cfg.Elapsed())
		return l.step(noted, w.clockNotice)
	})
	if err != nil {
		return fmt.Errorf("keep the time: %w", err)
	}
	w.logClock(l)
	others := c.looked && l.note.Back-l.back.Milliseconds() != c.note.Back
	c.note, c.looked, c.shown, c.at = l.note, true, l.now, l.at
	if l.back > 0 || l.believed || others {
		w.ringAll()
	}
	return nil
}

// stirs says whether a look at the clock needs the note that all share: it was set,
// or the note is old.
func (c *clock) stirs(now time.Time, at time.Duration) bool {
	step := now.Sub(c.shown)
	noted := now.UnixMilli() - c.note.Last
	return step < -clockSlack || step-(at-c.at) > clockSlack || noted < 0 || noted >= clockNote.Milliseconds() ||
		c.note.Since > 0 && !now.Before(c.note.until())
}

// look is what one sees who looks at the clock.
type look struct {
	now         time.Time
	at          time.Duration
	note        seenTime      // from now on
	back, ahead time.Duration // steps that nobody has followed
	far         time.Duration // it is so far ahead of when anybody looked; 0: not very
	tell        bool          // digests are held because of it
	believed    bool          // they no longer are
}

// look compares the clock with what it showed, and with what others noted.
func (c *clock) look(n seenTime, now time.Time, at time.Duration) look {
	l := look{now: now, at: at}
	unseen := time.Duration(0) // since anybody looked
	if n.Last > 0 {
		unseen = now.Sub(time.UnixMilli(n.Last))
	}
	l.back, l.ahead = c.steps(n, unseen, now, at)
	if c.looked && n.Since == 0 && n.Back == c.note.Back {
		n.Highest = max(n.Highest, c.shown.UnixMilli()) // the note is up to a minute old
	}
	n.Last = now.UnixMilli()
	n.Back += l.back.Milliseconds()
	n.Leapt += l.ahead.Milliseconds()
	n.Ahead = min(n.Ahead, n.Last) // by the clock as it is now
	if unseen > clockAhead {
		l.far, n.Ahead = unseen, n.Last
	}
	if l.back > 0 && n.Highest-n.Last > clockBack.Milliseconds() {
		l.tell, n.Since = n.Since == 0, n.Last
	}
	if n.Since > 0 && !now.Before(n.until()) {
		l.believed, n.Highest, n.Since = true, n.Last, 0
	}
	if n.Since == 0 {
		n.Highest = max(n.Highest, n.Last)
	}
	l.note = n
	return l
}

// steps are those that the clock made since this process looked, less what others
// have followed meanwhile. A process that has not looked yet goes by the note: only
// that time runs backwards can be seen from it.
func (c *clock) steps(n seenTime, unseen time.Duration, now time.Time, at time.Duration) (back, ahead time.Duration) {
	if !c.looked {
		back = -unseen
	} else {
		leap := now.Sub(c.shown) - (at - c.at)
		ahead = leap - time.Duration(n.Leapt-c.note.Leapt)*time.Millisecond
		if now.Sub(c.shown) < -clockSlack {
			back = -leap - time.Duration(n.Back-c.note.Back)*time.Millisecond
		}
	}
	if back <= clockSlack {
		back = 0
	}
	if ahead <= clockSlack {
		ahead = 0
	}
	return back, ahead
}

// step is what the state is to do. What others noted less than a minute ago, and
// still holds, need not be noted again.
func (l *look) step(noted string, notice func(seenTime) (news.Delivery, bool)) (store.ClockStep, error) {
	s := store.ClockStep{Back: l.back, Ahead: l.ahead}
	if l.tell {
		if d, wanted := notice(l.note); wanted {
			s.Notices = append(s.Notices, d)
		}
	}
	var before seenTime
	if json.Unmarshal([]byte(noted), &before) == nil {
		moved, last := l.note.Last-before.Last, before.Last
		before.Last, before.Highest = l.note.Last, l.note.Highest
		if before == l.note && moved >= 0 && moved < clockNote.Milliseconds() {
			l.note.Last = last
			return s, nil
		}
	}
	text, err := json.Marshal(l.note)
	if err != nil {
		return s, fmt.Errorf("note what the clock is: %w", err)
	}
	s.Note = string(text)
	return s, nil
}

// logClock says what a look saw.
func (w *Watcher) logClock(l look) {
	if l.far > 0 {
		w.cfg.Log.Info("the clock is far ahead of what it was: it was set, or nothing ran for a while", "by", l.far)
	}
	if l.back > 0 {
		w.cfg.Log.Warn("the clock was set back", "by", l.back, "now", l.now)
		w.observe.ClockStepped(-l.back)
	}
	if l.ahead > 0 {
		w.observe.ClockStepped(l.ahead)
	}
	if l.believed {
		w.cfg.Log.Info("digests go on by the clock as it is", "now", l.now)
	}
}

// recallClock reads what was noted of the clock before this process looks at it.
func (w *Watcher) recallClock(ctx context.Context) error {
	c := &w.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looked {
		return nil
	}
	noted, err := w.cfg.Store.Meta(ctx, clockKey)
	if err != nil {
		return fmt.Errorf("read what the clock was: %w", err)
	}
	c.note = w.recalled(noted)
	return nil
}

// recalled reads what was noted of the clock.
func (w *Watcher) recalled(noted string) (n seenTime) {
	if noted == "" {
		return n
	}
	if err := json.Unmarshal([]byte(noted), &n); err != nil {
		w.cfg.Log.Warn("what the clock was cannot be read, it is believed as it is", "err", err)
		return seenTime{}
	}
	return n
}

// clockNotice tells the operators, once a step and a day.
func (w *Watcher) clockNotice(n seenTime) (news.Delivery, bool) {
	show := func(ms int64) string { return time.UnixMilli(ms).In(w.zone()).Format("Mon 2 Jan 2006 15:04 MST") }
	return w.notice(news.Notice{
		DeliveryID: news.NoticeID("clock_back", show(n.Highest), time.UnixMilli(n.Since).UTC().Format(time.DateOnly)),
		Kind:       "clock_back", Headline: "The clock was set back",
		Subject: fmt.Sprintf("from %s to %s", show(n.Highest), show(n.Since)),
		Footer: fmt.Sprintf("Digests wait until %s. Alerts go on, and no story is lost or told twice. If the time is wrong now, set the clock right: nothing has to be restarted.",
			show(n.until().UnixMilli())),
	})
}

func (w *Watcher) ringAll() {
	for u := range w.bells {
		w.ring(u)
	}
}
