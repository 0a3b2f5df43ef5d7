package news

import "time"

// Phase is where a story is in its life.
type Phase string

// The phases of a story.
const (
	PhaseNew        Phase = "new"        // told by few, not developed yet
	PhaseDeveloping Phase = "developing" // its version rose in the last hours
	PhaseSteady     Phase = "steady"     // still told, nothing new in it
	PhaseFading     Phase = "fading"     // nobody tells it any more
	PhaseClosed     Phase = "closed"     // silent for ClosedAfter; only a report that comes back to it opens it
)

// ClosedAfter is the silence that closes a story.
const ClosedAfter = 120 * time.Hour

const (
	newFor        = 12 * time.Hour
	developingFor = 6 * time.Hour
	fadingAfter   = 24 * time.Hour
)

// Phase says where a story is in its life at a time: new until it develops, at
// most twelve hours; developing for six hours after each development; fading
// when nobody has told it for a day, closed after five; steady otherwise. It is
// not stored, as it passes by itself.
func (s *Story) Phase(now time.Time) Phase {
	switch n, silent := len(s.Developments), now.Sub(s.LastAt); {
	case silent >= ClosedAfter:
		return PhaseClosed
	case silent >= fadingAfter:
		return PhaseFading
	case n > 0 && now.Sub(s.Developments[n-1].At) < developingFor:
		return PhaseDeveloping
	case n == 0 && now.Sub(s.FirstAt) < newFor:
		return PhaseNew
	}
	return PhaseSteady
}
