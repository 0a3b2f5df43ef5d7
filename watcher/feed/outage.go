package feed

import (
	"slices"
	"sync"
	"time"

	"newswatch/news"
)

// What makes an outage of our own network: of the hosts tried last, nearly all
// gave no answer.
const (
	outageHosts  = 20        // that are looked at
	outageLeast  = 5         // below so many, nothing can be told
	outageShare  = 0.8       // more than that must have been silent
	outageWindow = time.Hour // attempts older than this say nothing
	outageBack   = 2         // so many hosts that answer again end it
	// An outage during which some host answers is taken for ours so long; then it
	// is the others' own.
	partialOutage = time.Hour
)

// outage notices when our own network is down: then no feed is to blame.
type outage struct {
	mu     sync.Mutex
	tries  []try     // the latest of each host, newest last
	theirs bool      // what looks like one is the other hosts' own
	since  time.Time // of the outage; zero: there is none
	began  time.Time // of the first of those that ended, for a while, because some hosts answer; zero: hosts were back
	back   int       // hosts that answered again
	from   time.Time // of the last one that is over
	to     time.Time
}

type try struct {
	host   string
	at     time.Time
	silent bool
}

// note takes down whether a host answered, and says since when the network is
// down; zero: it is not. A host is back that was silent when last asked.
func (o *outage) note(host string, at time.Time, silent, back bool) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	at = at.Truncate(time.Millisecond) // as a state is kept: the first to fail must not lie before its outage
	o.tries = slices.DeleteFunc(o.tries, func(t try) bool {
		return t.host == host || at.Sub(t.at) > outageWindow
	})
	o.tries = append(o.tries, try{host, at, silent})
	if extra := len(o.tries) - outageHosts; extra > 0 {
		o.tries = slices.Delete(o.tries, 0, extra)
	}
	if back {
		o.back++
	}
	if o.back >= outageBack {
		o.began = time.Time{}
		if !o.since.IsZero() {
			o.end(at)
			o.tries = slices.DeleteFunc(o.tries, func(t try) bool { return t.silent })
			return time.Time{}
		}
	}
	o.judge(at)
	return o.since
}

// judge looks at the latest tries.
func (o *outage) judge(at time.Time) {
	first, quiet := at, 0
	for _, t := range o.tries {
		if t.silent {
			quiet++
			if t.at.Before(first) {
				first = t.at
			}
		}
	}
	if o.since.IsZero() && at.Sub(o.to) > outageWindow {
		o.began = time.Time{} // what comes now is another one
	}
	down := len(o.tries) >= outageLeast && float64(quiet) > outageShare*float64(len(o.tries))
	total := quiet == len(o.tries)
	o.theirs = down && !total && (o.theirs || !o.began.IsZero() && at.Sub(o.began) > partialOutage)
	down = down && !o.theirs
	switch {
	case down && o.since.IsZero():
		if o.began.IsZero() {
			o.began = first
		}
		o.since, o.back = first, 0
	case !down && !o.since.IsZero():
		o.end(at)
	}
}

func (o *outage) end(at time.Time) { o.from, o.to, o.since = o.since, at, time.Time{} }

// down says since when the network is down; zero: it is not.
func (o *outage) down() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.since
}

// covers says that a time lies in this outage or the last one.
func (o *outage) covers(at time.Time) bool { return !o.met(at, at).IsZero() }

// met gives the beginning of the outage, this one or the last, that a request met
// which was under way between two times; zero: of none.
func (o *outage) met(from, to time.Time) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !o.since.IsZero() && !to.Before(o.since):
		return o.since
	case from.Before(o.to) && !to.Before(o.from):
		return o.from
	}
	return time.Time{}
}

// DownSince says since when our own network is down; zero: it is not.
func (p *Poller) DownSince() time.Time { return p.outage.down() }

// Excused says whether the last failure of a feed was counted though it belongs
// to an outage of our own network that began at a time. Its next poll takes the
// count back; it need not wait for it, but for an hour that its publisher leaves
// free.
func Excused(st news.FeedState, since, now time.Time) bool {
	return wasSilent(st.Memory) && !st.Memory.Ours && !st.PolledAt.Before(since) && !skipped(now, st.Memory.Hints)
}

// wasSilent says that a feed's host gave no sign of life when it was last asked.
func wasSilent(m news.FeedMemory) bool {
	return m.Status == 0 && (m.Class == news.FailNetwork || m.Class == news.FailTimeout)
}

// silent says that a host gave no sign of life.
func silent(a *answer) bool {
	return a.status == 0 && (a.class == news.FailNetwork || a.class == news.FailTimeout)
}
