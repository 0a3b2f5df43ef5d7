package feedfake

import (
	"math/rand/v2"
	"slices"
	"time"
)

const (
	window = 20 // items in a document
	flood  = 50 // items of a flood
)

// timeline is when each item of a feed was published, rising. It begins long
// before the fake's start, so that each feed has a full document at once.
func timeline(rng *rand.Rand, r Rhythm, start time.Time, days int) []time.Time {
	end := start.AddDate(0, 0, days)
	step := map[Rhythm]time.Duration{Hourly: time.Hour, Daily: 24 * time.Hour, Weekly: 7 * 24 * time.Hour, Never: 30 * time.Hour}[r]
	if step == 0 {
		return bursts(rng, r, start, end)
	}
	at := start.Add(-time.Duration(window+5) * step)
	if r == Never {
		end = start
	}
	var all []time.Time
	for at.Before(end) {
		all = append(all, at)
		at = at.Add(step/2 + time.Duration(rng.Int64N(int64(step))))
	}
	return all
}

// bursts are many items within an hour, or, for a flood, within a minute.
func bursts(rng *rand.Rand, r Rhythm, start, end time.Time) []time.Time {
	var all []time.Time
	for at := start.Add(-72 * time.Hour); at.Before(end); at = at.Add(hours(rng, 9, 15)) {
		size, spread := 12, time.Hour
		if r == Flood {
			size, spread = flood, time.Minute
		}
		for range size {
			all = append(all, at.Add(time.Duration(rng.Int64N(int64(spread)))))
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// published is how many items there are at a time.
func published(items []time.Time, now time.Time) int {
	n, _ := slices.BinarySearchFunc(items, now.Add(time.Nanosecond), time.Time.Compare)
	return n
}
