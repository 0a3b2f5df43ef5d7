package news

import "time"

// Mute keeps something from being told for a while. What it holds back is kept:
// it is told at the end as far as it is still news then.
type Mute struct {
	Kind   MuteKind
	Key    string // id of the story, rule or entity; name of the source
	At     time.Time
	Until  time.Time // never zero: a mute ends by itself
	By     string
	Reason string // may be empty
}

// MuteKind says what is muted.
type MuteKind string

// What can be muted.
const (
	MuteStory  MuteKind = "story"
	MuteRule   MuteKind = "rule"   // its hits do not count
	MuteEntity MuteKind = "entity" // hits that rest on no other entity do not count
	MuteSource MuteKind = "source" // its reports do not count
)

// Follow asks that what develops in a story is told at once, in the thread of the
// message that told the story.
type Follow struct {
	StoryID string
	PlanID  string // the digest or alert that it is asked of; "": of each that told the story
	At      time.Time
	Until   time.Time
	By      string
}

// Flag says that a story does not belong where it was shown.
type Flag struct {
	StoryID string
	Rule    string   // under which it was shown
	Items   []string // of the story, that the rule matched
	At      time.Time
	By      string
	Reason  string // may be empty
}

// Pause holds all that a digest or an alert would tell.
type Pause struct {
	PlanID string
	At     time.Time
	Until  time.Time
	By     string
}

// Triage is what readers said about what they are told: what is in force, and
// what was in force while stories were kept that may still be told.
type Triage struct {
	Mutes   []Mute // without those that were lifted: they count as never said
	Lifted  []Mute // until when they were; what they held comes together
	Follows []Follow
	Pauses  []Pause
}

// InForce says whether something that holds from one time to another does so now.
func InForce(from, until, now time.Time) bool {
	return !now.Before(from) && now.Before(until)
}

// Shown is the number under which a digest shows a story.
type Shown struct {
	DeliveryID string
	Number     int
	StoryID    string
}
