package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/schedule"
)

// standingTries is how often reading what stands at a destination may fail in a row
// before it goes on without: a message too many is better than none for hours.
const standingTries = 40

// Standing reads all that stands at a destination since a time, for a state that may
// know nothing of it. It takes its turns with the others that read, and whoever sends
// there waits for it, and need not read again. A destination without a history, or
// whose history is not shown, has nothing.
func (o *Outbox) Standing(ctx context.Context, destination string, since time.Time) (all []Posted, err error) {
	channel, pacing, err := o.cfg.Channel(destination)
	if err != nil {
		return nil, fmt.Errorf("way out of %s: %w", destination, err)
	}
	h := o.history(destination)
	for !h.mu.TryLock() { // somebody sends there
		if err := pause(ctx, time.Second); err != nil {
			return nil, err
		}
	}
	defer h.mu.Unlock()
	reading := channel.Recent(destination, since)
	if deep, ok := channel.(interface {
		Standing(destination string, since time.Time) Reading
	}); ok {
		reading = deep.Standing(destination, since)
	}
	for fails, more := 0, true; more; {
		if err := o.awaitTurn(ctx, h, reading, pacing.Read); err != nil {
			return all, err
		}
		var page []Posted
		callCtx, cancel := context.WithTimeout(ctx, postTimeout)
		page, more, err = reading.Next(callCtx)
		cancel()
		all = append(all, page...)
		switch wait := o.unread(err, pacing, fails); {
		case ctx.Err() != nil:
			return all, ctx.Err()
		case err == nil:
			fails = 0
		case unaskable(err):
			return all, nil
		case fails >= standingTries:
			return all, fmt.Errorf("read what stands at %s: %w", destination, err)
		default:
			fails++
			more = true
			if err := pause(ctx, wait); err != nil {
				return all, err
			}
		}
	}
	for _, p := range all {
		h.posted[part{p.DeliveryID, p.Part}] = p.Receipt
	}
	h.recalled()
	return all, nil
}

// awaitTurn waits for a destination's turn to read, where there is anything to read.
func (o *Outbox) awaitTurn(ctx context.Context, h *history, reading Reading, gap time.Duration) error {
	if _, none := reading.(NoHistory); none {
		return nil
	}
	for waited := (time.Time{}); ; {
		now := o.cfg.Now()
		turn := o.queue.turn(h, now, gap)
		if !turn.After(now) || turn.Equal(waited) { // it was waited for, however the clock is set meanwhile
			h.turn = time.Time{}
			return nil
		}
		if err := pause(ctx, turn.Sub(now)); err != nil {
			return err
		}
		waited = turn
	}
}

// unread is how long to wait after a call that failed.
func (o *Outbox) unread(err error, pacing Pacing, fails int) time.Duration {
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Kind == RefusedRate {
		wait := max(refusal.RetryAfter, time.Second)
		if !refusal.Offline {
			o.queue.limit(o.cfg.Now().Add(wait))
		}
		return wait
	}
	return min(max(pacing.LookAgain, time.Second), time.Second<<min(fails, 5))
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Found is a message that stands somewhere although the state does not know it.
type Found struct {
	Posted
	Destination string
}

// Recovered is what was told after a backup was made that is the state now. The
// messages have the ids of their stories, and those say of which report each was
// made: so a story is known again also when its reports come in another order now.
type Recovered struct {
	byID    map[string]Found
	byStory map[string][]Found // by destination and the beginning of a story's id: digests
	owner   map[string]string  // plan of a digest, by its id
	slots   map[string]news.PostedSlot
}

const (
	storyPrefix = 8 // digits of a story's id that messages carry
	// spareVersions is how many more versions a story may have had before the state was
	// restored than it has now.
	spareVersions = 16
)

// NewRecovered puts in order what was found. Plans are those in force; slots before
// a time cannot have been posted.
func NewRecovered(found []Found, plans []news.Plan, since, now time.Time) (*Recovered, error) {
	r := &Recovered{byID: map[string]Found{}, byStory: map[string][]Found{}, owner: map[string]string{}, slots: map[string]news.PostedSlot{}}
	for _, f := range found {
		if first, known := r.byID[f.DeliveryID]; !known || f.Part < first.Part {
			r.byID[f.DeliveryID] = f
		}
		if news.IsDigestID(f.DeliveryID) {
			for _, s := range f.Stories {
				key := f.Destination + " " + s
				r.byStory[key] = append(r.byStory[key], f)
			}
		}
	}
	for _, plan := range plans {
		if plan.Kind != news.DigestPlan {
			continue
		}
		sched, err := schedule.Parse(plan.Cron)
		if err != nil {
			return nil, fmt.Errorf("schedule of %s: %w", plan.ID, err)
		}
		for slot := sched.Next(since, plan.Timezone); !slot.At.IsZero() && !slot.At.After(now); slot = sched.Next(slot.At, plan.Timezone) {
			id := news.DigestID(plan.ID, slot.Name)
			if f, posted := r.byID[id]; posted {
				r.owner[id] = plan.ID
				r.slots[plan.ID] = news.PostedSlot{Slot: slot.Name, At: latest(slot.At, f.At)}
			}
		}
	}
	return r, nil
}

// Slots are the newest slots that were posted, by plan.
func (r *Recovered) Slots() map[string]news.PostedSlot { return r.slots }

// Plan is the plan that a digest is of; "" when that cannot be seen.
func (r *Recovered) Plan(id string) string { return r.owner[id] }

// told is the message by which a plan told a story, and when it last spoke of it.
func (r *Recovered) told(plan news.Plan, destination string, s *news.Story) (first Found, last time.Time, ok bool) {
	see := func(f Found) {
		if !ok || f.At.Before(first.At) && !f.Reply || first.Reply && !f.Reply {
			first = f
		}
		ok, last = true, latest(last, f.At)
	}
	for i := range s.Members {
		id := news.StoryID(s.Members[i].Item.ID)
		for _, f := range r.byStory[destination+" "+id[:storyPrefix]] {
			if owner := r.owner[f.DeliveryID]; owner == "" || owner == plan.ID {
				see(r.byID[f.DeliveryID])
				last = latest(last, f.At)
			}
		}
		if plan.Kind != news.AlertPlan {
			continue
		}
		for version := range s.Version + spareVersions { // the first message has 0
			for _, kind := range []news.DeliveryKind{news.KindAlert, news.KindFollowup} {
				if f, there := r.byID[news.AlertID(kind, plan.ID, id, version)]; there && f.Destination == destination {
					see(f)
				}
			}
		}
	}
	return first, last, ok
}

// knows is the version of a story that somebody knows who last read of it at a time:
// a development counts as told when its publisher dated it before, or not at all.
func knows(s *news.Story, last time.Time) int {
	version := 1
	for _, d := range s.Developments {
		for i := range s.Members {
			if it := &s.Members[i].Item; it.ID == d.ItemID && (!it.Dated || !it.Published.After(last)) {
				version = max(version, d.Version)
			}
		}
	}
	return min(version, s.Version)
}

// recover adds to what a plan told before what it told after the backup was made, and
// leaves out the stories that have nothing new then. What it gives is to be kept.
func (p *Planner) recover(plan news.Plan, stories []*news.Story, before map[string]news.Told) (rest []*news.Story, added []news.Told, err error) {
	if p.recovered == nil || p.routes == nil {
		return stories, nil, nil
	}
	r := p.recovered()
	if r == nil {
		return stories, nil, nil
	}
	destination, _, err := p.routes.Route(plan.To)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range stories {
		told := before[s.ID]
		first, last, ok := r.told(plan, destination, s)
		ok = ok && (told.Version > 0 || !first.Reply) // a thread belongs to a message
		if version := knows(s, last); ok && version > told.Version {
			e := p.entry(s, plan.Rules, told)
			known := tell(plan, []news.Entry{e}, before, first.DeliveryID, last)[0]
			known.Version, known.Destination, known.First = version, destination, first.At
			if told.Version > 0 {
				known.Destination, known.First, known.Dropped, known.Rewriting, known.Heard = told.Destination, told.First, told.Dropped, told.Rewriting, told.Heard
			}
			before[s.ID], told = known, known
			added = append(added, known)
		}
		if !ok || told.Version < s.Version {
			rest = append(rest, s)
		}
	}
	return rest, added, nil
}
