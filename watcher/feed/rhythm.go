package feed

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"newswatch/news"
)

// How often a feed is asked follows from one price: a request is worth as much
// as requestWorth of waiting by one item. What was seen of a feed gives a
// forecast of its items, and the next poll is the first of the plan of polls
// that costs least in requests and waiting together. Of a steady feed that makes
// the interval one over the square root of its rate; where items are bound to an
// hour or a minute, the poll falls just after it, and nights and weekends cost
// little. docs/adr/0011-adaptive-polling.md has the figures.
const (
	requestWorth = 15 * time.Minute

	firstInterval = time.Hour // of a feed that was seen once
	leastInterval = time.Minute
	mostInterval  = 6 * time.Hour // news may come from any feed
	growth        = 1.5           // of the interval from one poll to the next

	rhythmTimes  = 50
	rhythmMemory = 14 * 24 * time.Hour // mean life of what was counted
	historyLimit = 28 * 24 * time.Hour // older items of a feed's first document tell nothing of today

	unsetClock = 946684800 // the year 2000: a poll before it was not then
)

// hundredths is the unit of the counts of a Rhythm.
const hundredths = 100

const (
	daySeconds  = 24 * 60 * 60
	slotSeconds = 5 * 60
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
	if now < unsetClock {
		return r
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
	r.Interval = max(due(r, now, limit, worth), leastInterval).Truncate(time.Second)
	return r
}

// pause is how long to wait for the next poll, 0 when nothing is known. What
// the server allows is for the caller to add.
func pause(r news.Rhythm) time.Duration {
	if r.Interval <= 0 {
		return 0
	}
	return min(max(r.Interval, leastInterval), mostInterval)
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
	h := fnv.New32a()
	fmt.Fprint(h, now, times)
	return int64(h.Sum32() % slotSeconds)
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
