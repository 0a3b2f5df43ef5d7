package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"newswatch/news"
)

// onlyUnchanged is how long a server may answer with nothing but 304: some do to
// any condition. Then it is asked once without one.
const onlyUnchanged = 8 * 24 * time.Hour

// Poll asks for a feed once. It never panics, it takes no longer than the
// timeout, and its result always says when to ask again.
func (p *Poller) Poll(ctx context.Context, j Job) (r Result) {
	now := p.cfg.Now()
	renewed := renew(&j)
	t := timing{asked: now, now: now, every: time.Second, feed: j.Feed}
	defer func() {
		if cause := recover(); cause != nil {
			t.wish = nil // it may be what broke
			r = p.failed(j, t, &answer{class: news.FailOther}, fmt.Errorf("poll %s: %v", j.Feed.ID, cause))
		}
	}()
	t = newTiming(j, now)
	switch {
	case j.Force && !asksToWait(j.State.Memory, now):
	case j.State.Memory.Gone && !j.Force:
		j.State.NextAt = whole(now.Add(goneFor))
		return Result{State: j.State, Unchanged: true}
	case now.Before(j.State.NextAt) && !renewed:
		return Result{State: j.State, Unchanged: true}
	case !j.Force && !renewed && t.overslept(&j.State):
		return Result{State: j.State, Unchanged: true, Busy: true}
	}
	limit, cancel := p.within(ctx)
	defer cancel()
	a, err := p.request(limit, &j, now)
	defer func() { r.Bytes = a.wire }()
	defer func() { a.release() }()
	t = t.answered(p.cfg.Now(), a.waited, a.own)
	var busy *busyError
	if errors.As(err, &busy) {
		return busyResult(j, t, busy)
	}
	down := time.Time{}
	if ctx.Err() == nil && !a.own {
		down = p.attempted(j, t, a)
	}
	if err == nil && a.status != http.StatusNotModified && !sameBody(a, j.State) {
		return p.read(limit, j, t, a, renewed)
	}
	if err == nil {
		return unchanged(j, t, a)
	}
	since := down
	if since.IsZero() && ctx.Err() == nil && !a.own {
		since = p.outage.met(t.asked, t.now) // it may have ended while we waited
	}
	if silent(a) && !since.IsZero() {
		r = p.cutOff(j, t, a, since, err)
		r.DownSince = down
		return r
	}
	r = p.failed(j, t, a, fmt.Errorf("fetch: %w", err))
	r.Silent = silent(a) && !a.own
	return r
}

// asksToWait says that the server named a time, and that it is not over: that
// holds also for who is in a hurry.
func asksToWait(m news.FeedMemory, now time.Time) bool {
	return slices.ContainsFunc(m.Bounds, func(b news.Bound) bool {
		return (b.Name == retryAfterSays || b.Name == limitResetSays) && b.At.After(now)
	})
}

// renew starts a feed afresh whose address the rules have changed.
func renew(j *Job) bool {
	m := &j.State.Memory
	renewed := m.URL != "" && m.URL != j.Feed.URL
	if renewed {
		*m = news.FeedMemory{Rhythm: m.Rhythm, Gaps: m.Gaps, GapAt: m.GapAt, NewAt: m.NewAt}
		j.State.Fails, j.State.BodyHash = 0, ""
	}
	m.URL = j.Feed.URL
	return renewed
}

// request asks where the feed is now. When the address that it once had is asked
// again and does not answer well, the one that it moved to is.
func (p *Poller) request(ctx context.Context, j *Job, now time.Time) (*answer, error) {
	st, m := j.State, &j.State.Memory
	if alwaysUnchanged(*m, now) {
		st.ETag, st.LastModified = "", ""
	}
	to := address(j.Feed, m.Move, now)
	a, err := p.fetch(ctx, query{feed: j.Feed, url: to, state: st})
	if err != nil && m.Move.Kept && to != m.Move.URL {
		m.Move.Checked = now
		to = m.Move.URL
		a, err = p.fetch(ctx, query{feed: j.Feed, url: to, state: st})
	}
	a.from = to
	return a, err
}

// alwaysUnchanged says that a server has answered with 304 for so long that it
// may do so whatever it is asked.
func alwaysUnchanged(m news.FeedMemory, now time.Time) bool {
	return !m.WholeAt.IsZero() && now.Sub(m.WholeAt) >= max(onlyUnchanged, 10*medianGap(m.Rhythm))
}

// sameBody says that the body is the one that was read last.
func sameBody(a *answer, st news.FeedState) bool {
	return a.damaged == nil && a.hash == st.BodyHash && st.Baselined
}

// attempted tells the outage watch what a feed's host did. One that was silent
// before says nothing about our network by being silent again, nor does one whose
// request met an outage that is over: many such ones would look like another.
func (p *Poller) attempted(j Job, t timing, a *answer) (down time.Time) {
	quiet, m := silent(a), j.State.Memory
	dead := j.State.Fails > 0 && wasSilent(m) && !m.Ours && !p.outage.covers(m.FailedAt)
	if down = p.outage.down(); a.status == 0 && !quiet || quiet && (dead || down.IsZero() && !p.outage.met(t.asked, t.now).IsZero()) {
		return down
	}
	return p.outage.note(j.Feed.Host(), t.now, quiet, !quiet && wasSilent(m))
}

// unchanged is a poll after which all is as before: a 304, or the same body.
func unchanged(j Job, t timing, a *answer) Result {
	st := succeeded(j, t, a)
	m := &st.Memory
	if a.status == http.StatusNotModified {
		freshen(&st, a)
	} else {
		replace(&st, a)
	}
	m.Move = learn(m.Move, a.from, a.moved, true, t.now)
	m.Rhythm = observe(m.Rhythm, t.now, nil, false)
	st.NextAt = t.good(a.header, validated(st) || a.status == http.StatusNotModified, m)
	return Result{State: st, Unchanged: true}
}

// read turns the body of a good answer into items.
func (p *Poller) read(ctx context.Context, j Job, t timing, a *answer, renewed bool) Result {
	body := a.body
	a.body = bytes.Clone(body[:min(len(body), headBytes)]) // the whole may go once it is decoded
	doc, err := p.documents.read(ctx, j, body, a.header, a.url, t.now)
	a.release()
	if err != nil {
		return p.failed(j, t, a, unreadable(ctx, a, err))
	}
	st := succeeded(j, t, a)
	r := Result{Items: doc.items, Cached: doc.cached, Partial: a.partial || a.damaged != nil}
	n := doc.tally
	if !j.State.Baselined || renewed && n.known == 0 {
		baseline(r.Items, t.now, j.Backfill)
	}
	take(&st, j, a, doc)
	if r.Gap = n.counted && n.known == 0 && n.all > 0 && j.State.Items > 0 && j.State.Baselined && !renewed && !a.partial && st.Error == ""; r.Gap {
		st.Memory.Gaps, st.Memory.GapAt = st.Memory.Gaps+1, t.now
		r.Items = p.older(ctx, j, t, a, doc.Document, r.Items)
	}
	m := &st.Memory
	if n.fresh() > 0 {
		m.NewAt = t.now
	}
	if st.Error == "" || doc.Hints != (news.FeedHints{}) {
		m.Hints = doc.Hints
	}
	m.Move = learn(m.Move, a.from, a.moved, n.known > 0 || renewed || !j.State.Baselined, t.now)
	m.Rhythm = observe(m.Rhythm, t.now, appeared(r.Items, n.fresh(), t.now), r.Gap)
	st.NextAt = t.good(a.header, validated(st), m)
	if st.Error != "" {
		r.Err, m.Class, m.FailedAt = errors.New(st.Error), news.FailDamaged, t.now
		if was := j.State.Memory; was.Class == news.FailDamaged && !was.FailedAt.IsZero() {
			m.FailedAt = was.FailedAt
		}
	}
	r.State = st
	return r
}

// take keeps what the next poll needs of a document. A damaged one must not be
// frozen by later "not modified" answers: it keeps the validators of the last
// whole one.
func take(st *news.FeedState, j Job, a *answer, doc *reading) {
	items := doc.total()
	if !a.partial {
		st.Items = items
	}
	st.Memory.Read = doc.token
	switch {
	case a.damaged != nil:
		st.Error = fmt.Sprintf("the body is not whole, %d items could be read: %v", items, a.damaged)
		// What is cut twice stays cut, and is all there is.
		st.Baselined = st.Baselined || j.State.Memory.Read != 0
	case doc.Recovered:
		st.Error = fmt.Sprintf("the document is damaged, %d items could be read", items)
		st.Baselined = true
	default:
		replace(st, a)
		st.BodyHash, st.Baselined = a.hash, true
	}
}

// unreadable says why a body is no feed, and notes its class.
func unreadable(ctx context.Context, a *answer, err error) error {
	a.class = news.FailOther
	switch {
	case a.damaged != nil && ctx.Err() != nil:
		a.class, err = news.FailTimeout, a.damaged
	case a.damaged != nil:
		a.class, err = news.FailDamaged, a.damaged
	case errors.Is(err, ErrNotFeed):
		a.class = news.FailNotFeed
	}
	return err
}

// tally is how many items of a document were seen before.
type tally struct {
	all, known int
	counted    bool
}

// tallyOf asks who keeps the items. When that fails, so will keeping these: it is
// not the feed that must answer for it.
func tallyOf(ctx context.Context, j Job, doc *reading) tally {
	if j.Known == nil {
		return tally{all: doc.total()}
	}
	known, err := j.Known(ctx, doc.items)
	return tally{all: doc.total(), known: doc.cached + known, counted: err == nil}
}

func (n tally) fresh() int {
	if !n.counted {
		return 0
	}
	return max(n.all-n.known, 0)
}

// appeared is when the newest n items came, as far as they say; one that does not
// say it came now.
func appeared(items []news.Item, n int, now time.Time) []time.Time {
	times := make([]time.Time, 0, len(items))
	for _, it := range items {
		if it.Dated && !it.Published.After(now) {
			times = append(times, it.Published)
		}
	}
	for len(times) < min(n, len(items)) {
		times = append(times, now)
	}
	slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
	times = times[:min(n, len(times))]
	slices.Reverse(times)
	return times
}

// succeeded is the state after a good answer, before it is read.
func succeeded(j Job, t timing, a *answer) news.FeedState {
	st := j.State
	st.FeedID, st.PolledAt, st.OKAt, st.Fails, st.Error = j.Feed.ID, t.now, t.now, 0, ""
	m := &st.Memory
	m.Status, m.Class, m.Ours, m.FailedAt, m.GoneAt, m.Gone = a.status, "", false, time.Time{}, time.Time{}, false
	if a.status != http.StatusNotModified || m.WholeAt.IsZero() {
		m.WholeAt = t.now
	}
	return st
}
