package feed

import (
	"math"
	"time"

	"newswatch/news"
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

const (
	planAhead = 2 * time.Hour // at least; else twice the longest interval that may be
	maxSlots  = daySeconds/slotSeconds + 1
)

// due is how long after a time the next poll pays, if it is not to be later than
// a limit: the first step of the plan of polls that costs least, found from its
// end.
func due(r news.Rhythm, now int64, limit, worth time.Duration) time.Duration {
	limit = min(limit, mostInterval)
	t := newTimeline(r, now, min(max(planAhead, 2*limit), mostInterval))
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
