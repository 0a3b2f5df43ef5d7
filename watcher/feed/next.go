package feed

import (
	"fmt"
	"hash/fnv"
	"iter"
	"net/http"
	"slices"
	"time"

	"newswatch/news"
)

// Bounds on when a feed is asked again. A server's wish is a lower bound; the
// caps keep one typo from silencing a feed.
const (
	floorValidated = 15 * time.Minute // feeds that let us ask cheaply
	floorBare      = 60 * time.Minute // feeds that send all every time
	floorLeast     = time.Minute      // whatever the operator says
	maxLate        = time.Minute      // a turn that a bound moves by so little is late, not lost
	maxFreshness   = 5 * time.Hour    // year-long max-age values are seen in the wild
	maxTTL         = 24 * time.Hour
	maxRetryAfter  = 7 * 24 * time.Hour
	ladderStart    = 15 * time.Minute
	ladderCap      = 24 * time.Hour
	hostCap        = 6 * time.Hour    // of our own hold on a host after 429
	setupAgain     = 15 * time.Minute // what only the operator can mend is soon seen to be mended
	forbiddenAgain = time.Hour
	blockedFor     = 4 * time.Hour      // after 403: bot walls answer that
	goneFor        = 7 * 24 * time.Hour // the time that stands beside a feed that is gone
	horizon        = 8 * 24 * time.Hour // no wish of a server goes beyond
)

// Names of bounds that a server sets by naming a time.
const (
	retryAfterSays = "Retry-After of the server"
	limitResetSays = "x-ratelimit-reset of the server"
)

// timing is what decides when a feed is asked again. Whatever has a say is a
// bound: the feed is asked at its first turn at or after the latest of them.
type timing struct {
	asked time.Time     // when the request was begun
	now   time.Time     // when the answer was there
	wish  *ticker       // nil: none
	every time.Duration // between two wishes
	late  time.Duration // how long ago the turn was that this poll is for; 0: it is for none
	phase float64       // the feed's place in its interval
	fixed bool          // the interval is the operator's, not to be adapted
	own   bool          // the operator's own server: only its headers and its ttl hold
	feed  news.Feed
}

// newTiming is the timing of a poll that begins now.
func newTiming(j Job, now time.Time) timing {
	t := timing{asked: now, now: now, phase: min(max(j.Phase, 0), 1), fixed: j.Fixed, feed: j.Feed, every: time.Second}
	if j.Wish != nil {
		t.wish = &ticker{next: j.Wish}
		first := t.wish.after(now)
		t.every = max(t.wish.after(first).Sub(first), time.Second)
	}
	return t
}

// answered is the timing once the answer is there: the request was made as much
// later as it waited for our other ones.
func (t timing) answered(now time.Time, waited time.Duration, own bool) timing {
	t.now, t.asked, t.own = now, t.asked.Add(waited), own
	last := time.Time{}
	for at := range t.turns(now) {
		if at.After(now) {
			break
		}
		last = at
	}
	if late := now.Sub(last); late <= maxLate && !own {
		t.late = late
	}
	return t
}

// good is when to ask again after an answer that could be used.
func (t timing) good(h http.Header, validated bool, m *news.FeedMemory) time.Time {
	if t.own {
		m.Hints.SkipHours, m.Hints.SkipDays = 0, 0 // no courtesy is due: see overslept
	}
	var bounds []news.Bound
	add := func(wait time.Duration, format string, args ...any) {
		if wait > 0 {
			bounds = append(bounds, news.Bound{Name: fmt.Sprintf(format, args...), At: t.now.Add(wait)})
		}
	}
	fresh, says := freshness(h)
	add(min(fresh, maxFreshness), "%s", says)
	add(min(m.Hints.TTL, maxTTL), "ttl of %s", spoken(m.Hints.TTL))
	if !t.own { // most often the publisher's software says it, not the publisher
		add(min(m.Hints.Period, maxTTL), "syndication period of %s", spoken(m.Hints.Period))
	}
	if wait, ok := retryAfter(h, t.now); ok {
		add(wait, retryAfterSays)
	}
	if floor, says := t.floor(h, validated); floor > 0 {
		bounds = append(bounds, news.Bound{Name: says, At: t.asked.Add(floor)})
	}
	if gap := medianGap(m.Rhythm); gap > 0 {
		add(t.pause(m), "adaptive: a new item about every %s", spoken(gap))
	} else {
		add(t.pause(m), "adaptive: too little is known")
	}
	return t.settle(bounds, m)
}

// pause is how long the feed may rest, by how often it brings news.
func (t timing) pause(m *news.FeedMemory) time.Duration {
	if t.own || t.fixed {
		return 0
	}
	return min(pause(m.Rhythm), ladderCap)
}

// floor is the least time between two polls, and why.
func (t timing) floor(h http.Header, validated bool) (time.Duration, string) {
	switch {
	case t.own:
		return 0, ""
	case t.feed.MinInterval > 0:
		least := max(t.feed.MinInterval, floorLeast)
		return least, fmt.Sprintf("min_interval of %s", spoken(least))
	case validated || h.Get("Cache-Control") != "":
		return floorValidated, fmt.Sprintf("floor of %s", spoken(floorValidated))
	}
	return floorBare, fmt.Sprintf("floor of %s: the server gives neither validators nor Cache-Control", spoken(floorBare))
}

// BrokenOff is when a feed may be asked again of which a poll, begun at a time,
// never came to an end: the process was stopped in the midst of it. Who writes
// that down before asking does not hammer a feed by crashing again and again.
func BrokenOff(f news.Feed, st news.FeedState, asked time.Time) time.Time {
	t := timing{asked: asked, now: asked, feed: f}
	wait, _ := t.floor(nil, validated(st) || st.PolledAt.IsZero())
	if st.Fails > 0 {
		wait = max(wait, t.ladder(st.Fails)+t.jitter(t.ladder(st.Fails)))
	}
	return whole(t.open(asked.Add(wait), st.Memory.Hints))
}

// settle finds the feed's next turn, and notes what decided it.
func (t timing) settle(bounds []news.Bound, m *news.FeedMemory) time.Time {
	wished := news.Bound{Name: t.schedule(), At: t.turn(t.now)}
	latest := news.Bound{At: t.now}
	for _, b := range bounds {
		if b.At.After(latest.At) {
			latest = b
		}
	}
	at := t.turn(latest.At)
	if !latest.At.After(wished.At) {
		latest.Name = wished.Name
	}
	m.Reason, m.Bounds = latest.Name, append(bounds, wished)
	return t.allowed(at, m)
}

// allowed moves a time out of the hours and days that the publisher wants
// skipped, and notes it when it does.
func (t timing) allowed(at time.Time, m *news.FeedMemory) time.Time {
	if open := t.open(at, m.Hints); open.After(at) {
		at, m.Reason = open, "skipHours or skipDays of the feed"
		m.Bounds = append(m.Bounds, news.Bound{Name: m.Reason, At: open})
	}
	return whole(at)
}

// overslept puts a poll off that comes so late, behind a hold on its host or a pause
// of ours, that its publisher wants none by now: until the next hour that is free, not
// until the next turn, as this one has come. It is not put off where no turn of the
// feed's is in a free hour.
func (t timing) overslept(st *news.FeedState) bool {
	m := &st.Memory
	if !t.open(t.now, m.Hints).After(t.now) {
		return false
	}
	m.Bounds = slices.DeleteFunc(slices.Clone(m.Bounds), func(b news.Bound) bool { return !b.At.After(t.now) })
	place := t.spread(t.every) // or all that wait would come at once
	t.wish = nil
	st.NextAt = t.allowed(t.now, m).Add(place)
	return true
}

func (t timing) schedule() string {
	if t.feed.Poll != "" {
		return "schedule " + t.feed.Poll
	}
	return "the schedule of all feeds"
}

// turn is the feed's first turn at or after a time: a tick of its schedule, and
// its place behind it. When this poll came a little after its own turn, the next
// one may be as late: each would be lost otherwise, as bounds count from now.
func (t timing) turn(low time.Time) time.Time {
	for at := range t.turns(low) {
		if at.After(t.now) && !at.Add(t.late).Before(low) {
			return later(at, low)
		}
	}
	return low
}

// turns are the feed's turns about a time and later, so many as may matter.
func (t timing) turns(about time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		if t.wish == nil {
			return
		}
		back := time.Nanosecond
		if !t.own {
			back = maxLate + min(max(t.every, time.Minute), time.Hour) // no place is farther behind
		}
		tick := t.wish.after(about.Add(-back))
		for range 150 {
			next := t.wish.after(tick)
			if tick.IsZero() || !yield(tick.Add(t.spread(next.Sub(tick)))) {
				return
			}
			tick = next
		}
	}
}

// spread is a feed's place behind a tick of its schedule: without it every feed
// of a cron schedule would be asked in the same second. It never changes, so the
// distance between polls stays as wished. Feeds that are asked seldom are wanted
// near their time.
func (t timing) spread(interval time.Duration) time.Duration {
	switch {
	case t.own || interval <= 0:
		return 0
	case interval > time.Hour:
		interval = 6 * time.Minute
	}
	return time.Duration(float64(interval) * t.phase)
}

// open moves a time out of the hours and days in which the publisher wants no
// polls. One who wants none at all cannot mean it.
func (t timing) open(at time.Time, hints news.FeedHints) time.Time {
	if t.own {
		return at
	}
	if hints.SkipHours&allHours == allHours {
		hints.SkipHours = 0
	}
	if hints.SkipDays&allDays == allDays {
		hints.SkipDays = 0
	}
	moved := at
	for range 8 {
		if !skipped(moved, hints) {
			return moved
		}
		hour := moved.UTC().Truncate(time.Hour)
		for skipped(hour, hints) {
			hour = hour.Add(time.Hour)
		}
		if moved = t.turn(hour); moved.After(t.now.Add(horizon)) {
			return at
		}
	}
	return at // the schedule has no turn outside
}

func skipped(at time.Time, hints news.FeedHints) bool {
	at = at.UTC()
	return hints.SkipHours>>at.Hour()&1 == 1 || hints.SkipDays>>at.Weekday()&1 == 1
}

// bad is when to ask again after the n-th failure in a row.
func (t timing) bad(n int, a *answer, m *news.FeedMemory) time.Time {
	delay := max(t.ladder(n), t.every)
	if !t.own {
		delay = max(t.ladder(n)+t.jitter(t.ladder(n)), t.every, t.pause(m))
	}
	switch a.class {
	case news.FailSetup: // no server was bothered
		delay = min(max(t.every, time.Minute), setupAgain)
	case news.FailForbidden:
		delay = min(delay, forbiddenAgain)
	}
	bounds := []news.Bound{{Name: fmt.Sprintf("failure %d in a row: %s", n, spoken(delay)), At: t.now.Add(delay)}}
	if a.class == news.FailBlocked && a.status != http.StatusUnauthorized && !t.own {
		wait := blockedFor + t.jitter(blockedFor)
		bounds = append(bounds, news.Bound{Name: "turned away: " + spoken(wait), At: t.now.Add(wait)})
	}
	if wait, says := named(a, t.now); wait > 0 {
		bounds = append(bounds, news.Bound{Name: says, At: t.now.Add(wait)})
	}
	last := slices.MaxFunc(bounds, func(a, b news.Bound) int { return a.At.Compare(b.At) })
	m.Reason, m.Bounds = last.Name, bounds
	return t.allowed(last.At, m)
}

// named is the pause that a server asks for in so many words.
func named(a *answer, now time.Time) (time.Duration, string) {
	if wait, ok := retryAfter(a.header, now); ok {
		return wait, retryAfterSays
	}
	if a.status == http.StatusTooManyRequests {
		if wait, ok := limitReset(a.header, now); ok {
			return wait, limitResetSays
		}
	}
	return 0, ""
}

// ladder doubles the wait with each failure.
func (t timing) ladder(n int) time.Duration {
	base := ladderStart
	if t.own {
		base = t.every
	}
	delay := min(base<<min(max(n-1, 0), 16), ladderCap)
	if delay <= 0 {
		delay = ladderCap
	}
	return delay
}

// jitter keeps feeds that failed together apart. It only ever adds, and is the
// same for the same feed.
func (t timing) jitter(delay time.Duration) time.Duration {
	return time.Duration(float64(delay) * 0.1 * fraction(t.feed.ID))
}

// soon is when to ask again after a poll that was no fault of the feed's.
func (t timing) soon(least time.Duration, reason string, m *news.FeedMemory) time.Time {
	wait := max(least, time.Minute)
	at := t.now.Add(wait + time.Duration(float64(4*time.Minute)*fraction(t.feed.ID)))
	m.Reason, m.Bounds = reason, []news.Bound{{Name: reason, At: at}}
	return t.allowed(at, m)
}

// host is until when no feed of the host may be asked: after 429, and after 503
// that names a time. Zero: no hold.
func (t timing) host(n int, a *answer) time.Time {
	wait, says := named(a, t.now)
	switch {
	case a.status == http.StatusTooManyRequests && !t.own:
		own := min(t.ladder(n), hostCap)
		return whole(t.now.Add(max(wait, own+t.jitter(own))))
	case (a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable) && says != "":
		return whole(t.now.Add(wait))
	}
	return time.Time{}
}

// whole rounds a time up to what the store keeps, so that it never comes early.
func whole(at time.Time) time.Time {
	if cut := at.Truncate(time.Millisecond); cut.Before(at) {
		return cut.Add(time.Millisecond)
	}
	return at
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// spoken is a duration as people write it: 90 min, 4 h, 2 d.
func spoken(d time.Duration) string {
	switch {
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d <= 2*time.Hour:
		return fmt.Sprintf("%d min", d.Round(time.Minute)/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d.Round(time.Hour)/time.Hour)
	}
	return fmt.Sprintf("%d d", d.Round(24*time.Hour)/(24*time.Hour))
}

// medianGap is the usual time between two items of a feed; 0 when there are too
// few to say.
func medianGap(r news.Rhythm) time.Duration {
	if len(r.Times) < 3 {
		return 0
	}
	gaps := make([]int64, 0, len(r.Times)-1)
	for i := 1; i < len(r.Times); i++ {
		gaps = append(gaps, r.Times[i]-r.Times[i-1])
	}
	slices.Sort(gaps)
	return time.Duration(gaps[len(gaps)/2]) * time.Second
}

// fraction is a stable number from 0 to 1 for a feed.
func fraction(id string) float64 {
	h := fnv.New32a()
	h.Write([]byte(id))
	return float64(h.Sum32()) / (1 << 32)
}
