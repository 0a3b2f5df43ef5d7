package feed

import (
	"time"

	"newswatch/news"
)

// Observe lets tests outside of the package learn a rhythm, with requests that
// are worth so many times what they are.
func Observe(r news.Rhythm, polled time.Time, appeared []time.Time, gap bool, worth float64) news.Rhythm {
	if worth == 1 {
		return observe(r, polled, appeared, gap)
	}
	return observeAt(r, polled, appeared, gap, time.Duration(worth*float64(requestWorth)))
}

// Pause lets tests outside of the package ask a rhythm.
func Pause(r news.Rhythm, now time.Time) time.Duration { return pause(r, now) }
