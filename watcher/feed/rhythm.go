package feed

import (
	"math"
	"slices"
	"time"

	"newswatch/news"
)

// How often a feed is asked follows from one price: a request is worth
// requestWorth of waiting by one item. To ask s after the last poll instead of
// just then leaves an item that appears in between s less to gain, so the next
// poll is due when the items to be expected by then, each times its distance
// from the last poll, come to that price. At a steady rate this is the least
// total of waiting and requests (the interval goes with one over the square
// root of the rate); where items are bound to an hour or a minute it falls just
// after it. docs/adr/0011-adaptive-polling.md has the figures.
const (
	requestWorth = 15 * time.Minute

	firstInterval = time.Hour // of a feed that was seen once
	leastInterval = time.Minute
	mostInterval  = 6 * time.Hour // of a feed that is alive
	growth        = 1.5           // of the interval from one poll to the next
	planAhead     = 2 * time.Hour // at least; twice the interval that may be

	rhythmTimes  = 50
	rhythmMemory = 14 * 24 * time.Hour // mean life of what was counted
	historyLimit = 28 * 24 * time.Hour // older items of a feed's first document tell nothing of today
)

// Weights of what is believed before anything is seen, in items: the fewer were
// counted, the more a feed is taken to publish evenly.
const (
	priorItems   = 0.5
	priorTime    = 6 * time.Hour
	priorHours   = 6.0
	priorDays    = 14.0
	priorMinutes = 30.0
)

// Items come in bursts: a share of them follows another item, after burstLife
// on average.
const (
	burstShare = 0.4
	burstLife  = time.Hour
)

// hundredths is the unit of the counts of a Rhythm.
const hundredths = 100

const (
	daySeconds  = 24 * 60 * 60
	slotSeconds = 5 * 60
	maxSlots    = daySeconds/slotSeconds + 1
)

// observe learns from a good poll. Appeared holds the times of the items that
// are new in it, as the feed dates them; a gap says that none of the document
// was known, so that others were missed.
func observe(r news.Rhythm, polled time.Time, appeared []time.Time, gap bool) news.Rhythm {
	return observeAt(r, polled, appeared, gap, requestWorth)
}

// observeAt is observe at any price of a request.
func observeAt(r news.Rhythm, polled time.Time, appeared []time.Time, gap bool, worth time.Duration) news.Rhythm {
	now := polled.Unix()
	if now <= 0 {
		return r // a clock that was never set
	}
	known, unknown := place(r, now, appeared)
	if r.Polled == 0 {
		r.Since, r.Faded, r.Offset = now, now/daySeconds, offset(now, known)
		if len(known) > 0 {
			r.Since = known[0]
		}
	}
	fade(&r, now)
	for _, at := range known {
		count(&r, at, now)
		add(&r.Minutes[(at-r.Offset)/slotSeconds%12], at, now)
	}
	if unknown != 0 {
		count(&r, unknown, now)
		known = append(known, unknown)
	}
	r.Times = latest(r.Times, known, now)
	limit := firstInterval
	if r.Polled != 0 {
		waited := time.Duration(now-r.Polled) * time.Second
		limit = time.Duration(growth * float64(max(r.Interval, waited)))
		if gap {
			limit = r.Interval / 2
		}
	}
	r.Polled = now
	r.Interval = max(due(r, now, limit, worth), leastInterval)
	return r
}

// pause is how long to wait for the next poll, 0 when nothing is known. What
// the server allows is for the caller to add.
func pause(r news.Rhythm, now time.Time) time.Duration {
	if r.Interval <= 0 {
		return 0
	}
	return min(max(r.Interval, leastInterval), longest(r, now.Unix()))
}

// longest lets a feed rest that has brought nothing for long.
func longest(r news.Rhythm, now int64) time.Duration {
	last := r.Since
	if n := len(r.Times); n > 0 {
		last = max(last, r.Times[n-1])
	}
	switch silent := (now - last) / daySeconds; {
	case silent >= 30:
		return 4 * mostInterval
	case silent >= 14:
		return 2 * mostInterval
	}
	return mostInterval
}

// place sorts out what the dates of new items are worth. One between the last
// poll and this is believed. Any other is an item that came at some time in
// between: all of them count as one, or a publisher that dates its archive anew
// would look like a busy one. What the first document dates as of now, it may
// date so always.
func place(r news.Rhythm, now int64, appeared []time.Time) (known []int64, unknown int64) {
	after := r.Polled
	if after == 0 {
		after = now - int64(historyLimit/time.Second)
	}
	for _, t := range appeared {
		at := t.Unix()
		if at > after && at < now {
			known = append(known, at)
		} else if r.Polled != 0 && now > after {
			unknown = after + (now-after+1)/2
		}
	}
	slices.Sort(known)
	return slices.Compact(known), unknown
}

// offset is where a feed's slots begin: were it the same for all, all would be
// asked in the same second.
func offset(now int64, times []int64) int64 {
	sum := now
	for _, t := range times {
		sum += t
	}
	return sum % slotSeconds
}

// latest joins times, and keeps the last of them that are not after now: a clock
// may have been set back.
func latest(old, add []int64, now int64) []int64 {
	all := slices.Concat(old, add)
	slices.Sort(all)
	all = slices.Compact(all)
	end, _ := slices.BinarySearch(all, now+1)
	return slices.Clone(all[max(0, end-rhythmTimes):end])
}

// fade lowers the counts for the days gone by.
func fade(r *news.Rhythm, now int64) {
	day := now / daySeconds
	if day == r.Faded {
		return
	}
	share := math.Exp(-float64(max(day-r.Faded, 0)) * 24 / rhythmMemory.Hours())
	r.Faded = day
	for _, counts := range [][]uint32{r.Hours[:], r.Days[:], r.Minutes[:]} {
		for i, n := range counts {
			counts[i] = uint32(float64(n) * share)
		}
	}
}

// count notes an item by hour and weekday. The first of January 1970 was a
// Thursday.
func count(r *news.Rhythm, at, now int64) {
	add(&r.Hours[at/3600%24], at, now)
	add(&r.Days[(at/daySeconds+4)%7], at, now)
}

func add(n *uint32, at, now int64) {
	item := hundredths * math.Exp(-float64(now-at)/rhythmMemory.Seconds())
	*n = min(*n+uint32(item), 1<<24)
}

// due is how long after a time the next poll pays, if it is not to be later than
// a limit: the first step of the plan of polls that costs least, found from its
// end.
func due(r news.Rhythm, now int64, limit, worth time.Duration) time.Duration {
	most := longest(r, now)
	limit = min(limit, most)
	t := newTimeline(r, now, min(max(planAhead, 2*limit), most))
	price, end := worth.Seconds(), t.at[t.n]
	pace := math.Sqrt(2 * price * t.even)
	var cost [maxSlots + 1]float64 // of the best plan after a poll at that slot
	for i := t.n - 1; i > 0; i-- {
		cost[i] = math.Inf(1)
		if t.at[i] >= end/2 {
			cost[i] = pace * (end - t.at[i]) // as it goes on average from there
		}
		for j := i + 1; j <= t.n; j++ {
			cost[i] = min(cost[i], price+t.waiting(i, j)+cost[j])
		}
	}
	first := 1
	for j := 2; j <= t.n; j++ {
		if t.waiting(0, j)+cost[j] < t.waiting(0, first)+cost[first] {
			first = j
		}
	}
	return min(time.Duration(t.at[first]*float64(time.Second)), limit)
}

// timeline has the slots of time to come, and sums that give the waiting
// between any two of them at once.
type timeline struct {
	even   float64 // items in a second, on average
	n      int
	at     [maxSlots + 1]float64 // where each slot begins, seconds from now
	items  [maxSlots + 1]float64 // expected before it
	moment [maxSlots + 1]float64 // the same, each times when it comes
}

func newTimeline(r news.Rhythm, now int64, ahead time.Duration) *timeline {
	f := newForecast(r, now)
	t := &timeline{even: f.even}
	for t.at[t.n] < ahead.Seconds() {
		from := t.at[t.n]
		at := now + int64(from)
		to := from + float64(slotSeconds-(at-r.Offset)%slotSeconds)
		items := f.rate(at) * (to - from)
		t.at[t.n+1] = to
		t.items[t.n+1] = t.items[t.n] + items
		t.moment[t.n+1] = t.moment[t.n] + items*(from+to)/2
		t.n++
	}
	return t
}

// waiting is what the items between two slots wait for a poll at the second.
func (t *timeline) waiting(i, j int) float64 {
	return t.at[j]*(t.items[j]-t.items[i]) - (t.moment[j] - t.moment[i])
}

// forecast says how many items are to be expected in a second: an even rate,
// shaped by hour, weekday and minute, and what follows the latest items.
type forecast struct {
	now     int64
	offset  int64
	even    float64
	burst   float64 // at now
	hours   [24]float64
	days    [7]float64
	minutes [12]float64
}

func newForecast(r news.Rhythm, now int64) forecast {
	f := forecast{now: now, offset: r.Offset}
	items := 0.0
	for _, n := range r.Hours {
		items += float64(n) / hundredths
	}
	life := rhythmMemory.Seconds()
	seen := life * (1 - math.Exp(-float64(max(now-r.Since, 0))/life))
	f.even = ((1-burstShare)*items + priorItems) / (seen + priorTime.Seconds())
	for _, at := range r.Times {
		f.burst += math.Exp(-float64(now-at) / burstLife.Seconds())
	}
	f.burst *= burstShare / burstLife.Seconds()
	shape(f.hours[:], smooth(r.Hours), priorHours)
	shape(f.days[:], r.Days[:], priorDays)
	shape(f.minutes[:], r.Minutes[:], priorMinutes)
	return f
}

func (f *forecast) rate(at int64) float64 {
	even := f.even * f.hours[at/3600%24] * f.days[(at/daySeconds+4)%7]
	burst := f.burst * math.Exp(-float64(at-f.now)/burstLife.Seconds())
	return (even + burst) * f.minutes[(at-f.offset)/slotSeconds%12]
}

// smooth gives each hour half of its count and a quarter of each neighbour's:
// what came at 7:58 today may come at 8:02 tomorrow.
func smooth(hours [24]uint32) []uint32 {
	out := make([]uint32, len(hours))
	for i, n := range hours {
		out[i] = n/2 + hours[(i+1)%24]/4 + hours[(i+23)%24]/4
	}
	return out
}

// shape turns counts into factors whose mean is 1. The prior is spread evenly.
func shape(factors []float64, counts []uint32, prior float64) {
	total := prior
	for _, n := range counts {
		total += float64(n) / hundredths
	}
	parts := float64(len(factors))
	for i, n := range counts {
		factors[i] = (float64(n)/hundredths + prior/parts) / total * parts
	}
}
