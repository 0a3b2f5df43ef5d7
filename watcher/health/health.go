// Package health judges feeds: whether one brings news, and if not, since when,
// why, and what a person can do about it. It is the one place where this is
// decided, so that what a verb shows and what the operators are told agree. It
// is pure: no clock, no network, no database.
package health

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify/wording"
)

// State is the condition of a feed in a word.
type State string

// The states, the worst first.
const (
	Gone    State = "gone"    // 410 for good: not asked any more
	Failing State = "failing" // no usable answer
	Blocked State = "blocked" // the publisher does not let us in
	Damaged State = "damaged" // a feed that is cut off or broken; what can be read is
	Silent  State = "silent"  // answers well, but brought nothing for much longer than it used to
	Limited State = "limited" // the server asked for a pause
	New     State = "new"     // never polled
	OK      State = "ok"
)

// States are all states, the worst first.
func States() []State { return []State{Gone, Failing, Blocked, Damaged, Silent, Limited, New, OK} }

// Compare orders states, the worst first.
func (s State) Compare(o State) int {
	return slices.Index(States(), s) - slices.Index(States(), o)
}

// Health is what is to be said of a feed.
type Health struct {
	State  State
	Since  time.Time // when the state began; zero: not known, or nothing began
	Why    string    // in a sentence, "" when all is well
	Advice string    // what a person can do, "" when there is nothing to do
	Told   bool      // the operators are to hear of it: it has lasted, and does not mend itself
}

const (
	maxError = 200 // characters of an error that is shown
	// toldAfter is how long a feed fails until the operators hear of it: most
	// failures are over in a few hours.
	toldAfter = 24 * time.Hour
	// toldBlocked is how often in a row a feed is refused until they do. One
	// refusal may be for asking too often; the second comes hours later.
	toldBlocked = 2
)

// Judge says how a feed is. The time is only held against how long a failure
// lasts: silence counts up to the last good poll, so that a daemon or a network
// that was away makes no feed silent.
func Judge(s news.FeedState, now time.Time) Health {
	m := s.Memory
	switch {
	case m.Gone:
		what, advice := Explain(news.FailGone, m.Status)
		return Health{State: Gone, Since: m.GoneAt, Why: what, Advice: advice, Told: true}
	case s.PolledAt.IsZero():
		return Health{State: New}
	case s.Fails > 0 || m.Class == news.FailDamaged:
		return failing(s, now)
	}
	if h, silent := silence(s); silent {
		return h
	}
	return Health{State: OK}
}

// failing is the health of a feed whose last poll failed, or brought a part.
func failing(s news.FeedState, now time.Time) Health {
	m := s.Memory
	h := Health{State: Failing, Since: m.FailedAt}
	h.Why, h.Advice = Explain(m.Class, m.Status)
	switch {
	case m.Class == "" || m.Class == news.FailSetup || m.Class == news.FailOther:
		h.Why = wording.Clip(wording.Line(s.Error), maxError)
	case m.Class == news.FailGone:
		h.Why, h.Advice = "410: the publisher says that it has ended", "it is asked once more after some hours; if that is the answer again, no more"
	case strings.Contains(s.Error, "proxyconnect"):
		h.Why, h.Advice = "no connection to the proxy that it is asked through", "look at proxy: of the feed, or at HTTPS_PROXY"
	}
	if h.Since.IsZero() {
		h.Since = s.OKAt // it was well then
	}
	h.Told = !h.Since.IsZero() && now.Sub(h.Since) >= toldAfter
	switch m.Class {
	case news.FailBlocked:
		h.State = Blocked
		h.Told = h.Told || s.Fails >= toldBlocked
	case news.FailLimited:
		h.State = Limited
	case news.FailDamaged:
		h.State = Damaged
	}
	return h
}

// silence is the health of a feed that answers well, but brings nothing.
func silence(s news.FeedState) (h Health, silent bool) {
	last := LastNew(s)
	if last.IsZero() || s.OKAt.IsZero() {
		return h, false
	}
	c := CadenceOf(s.Memory.Rhythm.Times)
	if c.quiet(last, s.OKAt) < c.Limit {
		return h, false
	}
	h = Health{State: Silent, Since: last, Told: true}
	h.Why = fmt.Sprintf("nothing new for %s", wording.Span(s.OKAt.Sub(last)))
	if c.Known {
		h.Why += ", it used to bring something " + c.words()
	}
	h.Advice = "see on its site whether it was ended; newswatch feeds discover finds what is offered there now"
	return h, true
}

// LastNew is when a feed last brought something new, zero when it never did.
func LastNew(s news.FeedState) time.Time {
	last := s.Memory.NewAt
	if times := s.Memory.Rhythm.Times; len(times) > 0 {
		if at := time.Unix(times[len(times)-1], 0).UTC(); at.After(last) {
			return at
		}
	}
	return last
}
