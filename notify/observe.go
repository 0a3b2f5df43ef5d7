package notify

import "newswatch/news"

// Observer is told what becomes of deliveries, for whoever counts it. It is called
// in the middle of the work, from several goroutines, and returns at once.
type Observer interface {
	// Attempted tells what an attempt to post a delivery came to.
	Attempted(d news.Delivery, v Verdict)
	// Resolved tells what was made of one that had no certain answer.
	Resolved(d news.Delivery, r Resolution)
	// Plainer tells that a delivery was refused in its form, and goes on in that of
	// its rung.
	Plainer(d news.Delivery)
}

// Verdict is what an attempt came to.
type Verdict string

// The verdicts.
const (
	Taken         Verdict = "posted"
	Limited       Verdict = "rate_limited"   // not now
	Unreachable   Verdict = "unreachable"    // there was no connection
	NotAllowed    Verdict = "refused_config" // a person must mend it
	NotRendered   Verdict = "refused_render" // our form was refused
	WithoutAnswer Verdict = "uncertain"      // posted or not: nobody knows yet
)

// Resolution is what was made of a delivery without a certain answer.
type Resolution string

// The resolutions.
const (
	FoundThere Resolution = "found"   // it had been posted
	SentAgain  Resolution = "resent"  // it had not, or nothing can be looked up
	LeftToYou  Resolution = "held"    // a person must say
	TakenAsIs  Resolution = "skipped" // taken for delivered, as the target wants it
)

// Nobody is the Observer where nobody counts.
type Nobody struct{}

// Attempted does nothing.
func (Nobody) Attempted(news.Delivery, Verdict) {}

// Resolved does nothing.
func (Nobody) Resolved(news.Delivery, Resolution) {}

// Plainer does nothing.
func (Nobody) Plainer(news.Delivery) {}

// verdict is what an error of Post means.
func verdict(r *Refusal) Verdict {
	switch {
	case r == nil:
		return WithoutAnswer
	case r.Offline:
		return Unreachable
	case r.Kind == RefusedRate:
		return Limited
	case r.Kind == RefusedRender:
		return NotRendered
	}
	return NotAllowed
}
