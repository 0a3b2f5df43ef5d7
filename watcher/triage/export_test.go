package triage

import (
	"time"

	"newswatch/notify/wording"
)

// Span reads how long something is to last.
func Span(words []string, usual time.Duration, now time.Time, zone *time.Location) (until time.Time, rest []string, err error) {
	r := &request{clock: wording.Clock{Now: now, Zone: zone}}
	return r.span(words, usual)
}
