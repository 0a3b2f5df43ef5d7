package watcher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/watcher/store"
)

const (
	// restoredAfter is how long a state must have stood still for a look at what was
	// posted since: the time is noted each minute while anybody works on it.
	restoredAfter = 3 * time.Minute
	// restoredSlack is how much earlier than that it is read from.
	restoredSlack = 10 * time.Minute
	// restoredMost is how old a backup may be for nothing to be told twice.
	restoredMost = 7 * 24 * time.Hour
	// recoveredKeep is how long what was found stays known: as long as most plans take
	// to come by, and feeds to answer again.
	recoveredKeep = 14 * 24 * time.Hour
	// A restored state waits so long for its feeds: what stands in them together is
	// grouped together, as it was before.
	recoverWait = 15 * time.Minute
	recoverLook = 2 * time.Second
	recoverBeat = 20 * time.Second
)

// The names of two notes: since when a state is suspected to lack what was posted, and
// what was found then.
const (
	suspectKey   = "suspected_since"
	recoveredKey = "recovered"
	// recoveredEraKey is since when the database is the one for which that was done.
	recoveredEraKey = "recovered_era"
)

// recovery finds out after a start, and when the database was taken back under way,
// what the state lacks of what was posted, by what stands at the destinations, and
// makes it good before anything is grouped or told.
type recovery struct {
	turn    chan struct{} // has room for the one who looks into it
	over    atomic.Bool
	era     atomic.Int64 // since when the database is the one that was looked into, in Unix ms
	since   time.Time    // of what is to be read; zero: nothing
	began   time.Time
	found   atomic.Pointer[notify.Recovered] // nil: nothing was
	patient bool                             // waits for the feeds of a restored state, as the daemon does
	settled atomic.Bool                      // what they brought was grouped
}

// recovered is what is kept of a recovery.
type recovered struct {
	Since time.Time
	Until time.Time // forgotten then
	Found []notify.Found
}

// suspect looks at a start how long the state has stood still. It must come before
// the time is noted anew. What is suspected stays so until it was looked into,
// whatever happens to this process.
func (w *Watcher) suspect(ctx context.Context) error {
	if err := w.recallRecovered(ctx); err != nil {
		return err
	}
	now := w.cfg.Now()
	if err := w.recallClock(ctx); err != nil {
		return err
	}
	last := time.UnixMilli(w.clock.note.Last)
	noted, err := w.cfg.Store.Meta(ctx, suspectKey)
	if err != nil {
		return fmt.Errorf("read since when the state is suspected: %w", err)
	}
	mark, err := w.cfg.Store.Meta(ctx, store.RestoredFrom)
	if err != nil {
		return fmt.Errorf("read whether the state is a backup: %w", err)
	}
	since, err := time.Parse(time.RFC3339, noted)
	switch {
	case noted != "" && err == nil: // the process before did not come to an end with it
	case w.clock.note.Last == 0 || mark == "" && now.Sub(last) < restoredAfter:
		w.recovery.over.Store(true)
		return nil
	default:
		since = last.Add(-restoredSlack)
		if err := w.cfg.Store.SetMeta(ctx, suspectKey, since.UTC().Format(time.RFC3339)); err != nil {
			return fmt.Errorf("note that the state is suspected: %w", err)
		}
	}
	w.readFrom(since, now)
	return nil
}

// readFrom sets since when the destinations are read.
func (w *Watcher) readFrom(since, now time.Time) {
	if least := now.Add(-restoredMost); since.Before(least) {
		w.cfg.Log.Warn("the state is older than what is made good: older messages may come twice", "since", since, "read_from", least)
		since = least
	}
	w.recovery.since, w.recovery.began = since, now
}

// takenBack says whether the database under a lease may lack what was committed, by a
// failover or a restore, and it was not yet looked for what was posted then: recover
// does so, before anything is done under a lease. How young the restored state is does
// not matter.
func (w *Watcher) takenBack(ctx context.Context, l news.Lease) (bool, error) {
	r := &w.recovery
	era := l.EraSince.UnixMilli()
	if l.EraSince.IsZero() || r.era.Load() == era {
		return false, nil
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	noted, err := w.cfg.Store.Meta(ctx, recoveredEraKey)
	switch {
	case err != nil:
		return false, fmt.Errorf("read for which database was made good what it lacked: %w", err)
	case r.era.Load() == era: // meanwhile
		return !r.over.Load(), nil
	case noted == strconv.FormatInt(era, 10):
		r.era.Store(era)
		return false, w.recallRecovered(ctx)
	}
	last, err := w.cfg.Store.LastSent(ctx, l.EraSince)
	if err != nil {
		return false, err
	}
	since := last.Add(-restoredSlack)
	if err := w.cfg.Store.SetMeta(ctx, suspectKey, since.UTC().Format(time.RFC3339)); err != nil {
		return false, fmt.Errorf("note that the state is suspected: %w", err)
	}
	w.cfg.Log.Warn("the database is another one than before, or was taken back: what was posted since is read before anything is told or sent",
		"since", since)
	w.readFrom(since, w.cfg.Now())
	r.settled.Store(false)
	r.era.Store(era)
	r.over.Store(false)
	return true, nil
}

// leftToRecovery says whether the recovery comes first, see takenBack; then the leases
// are given back, and what they are on stays due.
func (w *Watcher) leftToRecovery(ctx context.Context, leases []news.Lease) (bool, error) {
	if len(leases) == 0 {
		return false, nil
	}
	back, err := w.takenBack(ctx, leases[0])
	if !back && err == nil {
		return false, nil
	}
	errs := []error{err}
	for _, l := range leases {
		if err != nil {
			errs = append(errs, w.retryLater(ctx, l, nil))
			continue
		}
		errs = append(errs, w.giveBack(ctx, l, w.cfg.Now()))
	}
	return back, errors.Join(errs...)
}

// recover does what a suspected state needs. The first one that comes does it, all
// others wait.
func (w *Watcher) recover(ctx context.Context) error {
	r := &w.recovery
	if r.over.Load() {
		return nil
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if r.over.Load() {
		return nil
	}
	holding, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		for sleep(holding, recoverBeat) == nil {
			w.pulse.hold(w.cfg.Elapsed())
		}
	}()
	whole, err := w.makeGood(ctx)
	if err != nil {
		return err
	}
	for _, key := range []string{suspectKey, store.RestoredFrom} {
		if !whole { // another process, or the next one, may see more
			break
		}
		if err := w.cfg.Store.SetMeta(ctx, key, ""); err != nil {
			return err
		}
	}
	if era := r.era.Load(); whole && era > 0 {
		if err := w.cfg.Store.SetMeta(ctx, recoveredEraKey, strconv.FormatInt(era, 10)); err != nil {
			return err
		}
	}
	r.over.Store(true)
	return nil
}

// makeGood reads what stands at the destinations, takes over what the state lacks of
// it, and waits for the feeds. Whole says that all could be read.
func (w *Watcher) makeGood(ctx context.Context) (whole bool, err error) {
	found, whole, err := w.unknownPosts(ctx)
	switch {
	case err != nil:
		return false, err
	case len(found) > 0:
		err = w.takeOver(ctx, found)
	default: // a replica may have been faster, or the process before died while it waited
		err = w.recallRecovered(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("make good what a restored state lacks: %w", err)
	}
	if w.recovery.found.Load() == nil {
		return whole, nil
	}
	return whole, w.awaitFeeds(ctx)
}

// unknownPosts reads the destinations for messages that the state does not know.
func (w *Watcher) unknownPosts(ctx context.Context) (found []notify.Found, whole bool, err error) {
	whole = true
	for _, destination := range w.destinations(w.Rules()) {
		posted, err := w.outbox.Standing(ctx, destination, w.recovery.since)
		switch {
		case ctx.Err() != nil:
			return nil, false, ctx.Err()
		case err != nil:
			whole = false
			w.cfg.Log.Warn("going on without all that stands at the destination", "destination", destination, "err", err)
		}
		for _, p := range posted {
			found = append(found, notify.Found{Posted: p, Destination: destination})
		}
	}
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.DeliveryID
	}
	unknown, err := w.cfg.Store.Unknown(ctx, ids)
	return slices.DeleteFunc(found, func(f notify.Found) bool { return !unknown[f.DeliveryID] }), whole, err
}

// takeOver puts into the state what was found, beside what was found of it before, and
// lets the plans know.
func (w *Watcher) takeOver(ctx context.Context, found []notify.Found) error {
	kept, err := w.notedRecovery(ctx)
	if err != nil {
		return err
	}
	if len(kept.Found) == 0 || w.recovery.since.Before(kept.Since) {
		kept.Since = w.recovery.since
	}
	kept.Until, kept.Found = w.cfg.Now().Add(recoveredKeep), append(kept.Found, found...)
	r, err := notify.NewRecovered(kept.Found, w.Rules().File.Plans, kept.Since, w.cfg.Now())
	if err != nil {
		return err
	}
	w.cfg.Log.Warn("the state was restored from a backup: messages were posted that it does not know, and what they told is not told again",
		"since", kept.Since, "messages", len(found))
	list := make([]news.Delivery, len(found))
	for i, f := range found {
		list[i] = asDelivery(f, r.Plan(f.DeliveryID))
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	if err := w.cfg.Store.AddFound(ctx, list, r.Slots(), recoveredKey, string(text)); err != nil {
		return err
	}
	w.recovery.found.Store(r)
	return nil
}

// asDelivery is a message that was found, as it is stored.
func asDelivery(f notify.Found, plan string) news.Delivery {
	d := news.Delivery{
		ID: f.DeliveryID, Part: f.Part, Parts: f.Part, PlanID: plan, Destination: f.Destination, Kind: news.KindAlert,
		SentAt: f.At, Receipt: f.Receipt, Error: "found at its destination after the state was restored",
	}
	switch {
	case news.IsDigestID(f.DeliveryID):
		d.Kind = news.KindDigest
	case strings.HasPrefix(f.DeliveryID, "op_"):
		d.Kind = news.KindNotice
	case f.Reply:
		d.Kind = news.KindFollowup
	}
	return d
}

// recallRecovered reads what an earlier process or another replica found.
func (w *Watcher) recallRecovered(ctx context.Context) error {
	kept, err := w.notedRecovery(ctx)
	if err != nil || len(kept.Found) == 0 {
		return err
	}
	r, err := notify.NewRecovered(kept.Found, w.Rules().File.Plans, kept.Since, kept.Until)
	w.recovery.found.Store(r)
	return err
}

// notedRecovery is what was found so far, as long as it is to be kept.
func (w *Watcher) notedRecovery(ctx context.Context) (kept recovered, err error) {
	noted, err := w.cfg.Store.Meta(ctx, recoveredKey)
	if err != nil || noted == "" {
		return kept, err
	}
	if err := json.Unmarshal([]byte(noted), &kept); err != nil {
		return kept, fmt.Errorf("read what was found after the state was restored: %w", err)
	}
	if !w.cfg.Now().Before(kept.Until) {
		return recovered{}, w.cfg.Store.SetMeta(ctx, recoveredKey, "")
	}
	return kept, nil
}

// awaitFeeds waits until each feed that was due at the start has been asked since:
// what is told of together was fetched together.
func (w *Watcher) awaitFeeds(ctx context.Context) error {
	if !w.recovery.patient {
		return nil
	}
	for range int(recoverWait / recoverLook) {
		states, err := w.cfg.Store.FeedStates(ctx)
		if err != nil {
			return fmt.Errorf("read the feeds' states: %w", err)
		}
		if !slices.ContainsFunc(states, w.unasked) {
			return nil
		}
		if err := sleep(ctx, recoverLook); err != nil {
			return err
		}
	}
	w.cfg.Log.Warn("not all feeds have answered since the start, going on", "after", recoverWait)
	return nil
}

// unasked says whether a feed is due since before the start.
func (w *Watcher) unasked(s news.FeedState) bool {
	_, known := w.desk.Load().feeds[s.FeedID]
	return known && !s.NextAt.After(w.recovery.began) && s.PolledAt.Before(w.recovery.began)
}

// settled says whether all that was fetched is grouped: what a restored state tells
// first must not lack the reports by which its stories are known again.
func (w *Watcher) settled(ctx context.Context) (bool, error) {
	if w.recovery.found.Load() == nil || w.recovery.settled.Load() {
		return true, nil
	}
	waiting, err := w.cfg.Store.Ungrouped(ctx, 1)
	if err == nil && len(waiting) == 0 {
		w.recovery.settled.Store(true)
	}
	return w.recovery.settled.Load(), err
}

// ready waits for the recovery, and says whether plans may be looked at.
func (w *Watcher) ready(ctx context.Context) (bool, error) {
	if err := w.recover(ctx); err != nil {
		return false, errors.Join(errors.New("look into a state that stood still"), err)
	}
	return w.settled(ctx)
}
