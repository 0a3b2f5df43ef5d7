package news

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// CallTimeout bounds one call to a way out, from the look-up of the name to the
// answer's end. The outbox's quarantine is longer: a request is never still on its
// way when it is looked up.
const CallTimeout = 15 * time.Second

// Delivery is one message on its way out: frozen bytes and what became of them.
// A digest of several messages is several deliveries with one id, one a part.
type Delivery struct {
	ID          string
	Part, Parts int // Part counts from 1
	PlanID      string
	Kind        DeliveryKind
	Slot        string // of digests; the version of alerts
	Destination string // "slack:ukraine-desk" or "terminal"
	// ReplyTo is the id of the delivery under whose first part this one is
	// threaded (or which it rewrites, for an Update); "" for a message of its own.
	ReplyTo   string
	Broadcast bool // a reply that also goes to the channel
	Payload   []byte
	Stories   []string
	State     DeliveryState
	Read      DeliveryState // its state in the database when it was read there
	Rung      int           // how often a leaner rendering replaced a refused one
	Attempts  int
	Looks     int       // look-ups since the last attempt that found nothing
	NotBefore time.Time // nothing is done with it before
	CreatedAt time.Time
	StartedAt time.Time // of the last attempt
	SentAt    time.Time
	Receipt   Receipt // where it is, once posted
	Parent    Receipt // where the delivery that ReplyTo names is; filled in on reading
	Error     string  // why the last attempt did not do it; of a sent one, what is not certain about it
	// Undecided is a held delivery that is never tried again by itself: only a
	// person can say whether to send it or to give it up.
	Undecided bool
}

// Receipt is where a posted message is: Slack's channel id and timestamp.
type Receipt struct {
	Channel string
	TS      string
}

// DeliveryKind says what a message is.
type DeliveryKind string

// The kinds of deliveries.
const (
	KindDigest   DeliveryKind = "digest"
	KindAlert    DeliveryKind = "alert"
	KindFollowup DeliveryKind = "followup" // in the thread of an alert or a digest
	KindUpdate   DeliveryKind = "update"   // rewrites an alert in place; may be repeated without harm
	KindNotice   DeliveryKind = "notice"   // to the operators
)

// DeliveryState is how far a delivery has come.
type DeliveryState string

// The states of a delivery.
//
//	pending -> sending -> sent
//	              |-> pending    refused for now (429), or looked up and not there
//	              |-> held       refused for a reason that only a person can mend
//	held -> sending              tried again, slowly, for ever; an undecided one by an operator's word alone
//	pending, held -> dropped     by an operator's word alone
//	pending, held -> superseded  a rewriting, when a newer one of the same message comes
const (
	Pending DeliveryState = "pending"
	Sending DeliveryState = "sending" // the intent is committed: bytes may have left
	Sent    DeliveryState = "sent"
	Held    DeliveryState = "held"
	Dropped DeliveryState = "dropped"

	Superseded DeliveryState = "superseded"
)

// Lane is what attempts share that must keep their distance: a channel, or a
// method of Slack's. It is kept with the deliveries, so that the distance holds
// over restarts and between processes.
type Lane struct {
	Key   string
	Gap   time.Duration // least time from the start of an attempt to the next one's
	Until time.Time     // nothing before this: the other side asked for a pause
}

// HeldLane ends the name of a destination's lane that nothing enters while the
// destination refuses all.
const HeldLane = " held"

// ErrGone says that a delivery was dropped or replaced since it was read.
var ErrGone = errors.New("it is no longer to be sent")

// PacedError says that an attempt has to wait for one of its lanes.
type PacedError struct{ Until time.Time }

// Error says until when.
func (e *PacedError) Error() string {
	return "not before " + e.Until.UTC().Format("15:04:05.000")
}

// Message is one rendered message: a part of a delivery before it is frozen.
type Message struct {
	Payload []byte
	Stories []string // ids of the stories that it shows
}

// Told is what a plan last said of a story.
type Told struct {
	PlanID     string
	StoryID    string
	Version    int
	Sources    int
	Publishers int
	Score      int
	At         time.Time
	DeliveryID string // the message that first showed it: later notes go to its thread
	Notes      int    // notes since
	Heard      []int  // later versions that it knows from another story; filled in on reading
	// Where that message is, when it was made, whether an operator gave it up, and
	// what became of it; filled in on reading.
	Destination string
	First       time.Time
	Dropped     bool
	Rewriting   string // id of the last rewriting of it that was made, "": none
	Corrected   bool   // people moved items to the story or from it since
}

// ThreadOf is the key, beside a digest's own, under which stands what it told in the
// thread of its message alone, as somebody follows the story: its next message
// tells all readers the same. It is no plan's id.
func ThreadOf(planID string) string { return planID + "/thread" }

// TakenIn is a story that a plan told and that another one took in since, which the
// plan told as well.
type TakenIn struct {
	StoryID    string
	LeadID     string // the item that stood for it
	Told       Told
	Into       *Story
	DeliveryID string // the message that first showed Into
}

// DigestID is the id of a digest's delivery: the same plan and slot give the
// same id, so a restart or a second instance cannot send a slot twice.
func DigestID(planID, slot string) string { return "dg_" + id("digest", planID, slot) }

// IsDigestID says whether an id is one of DigestID's.
func IsDigestID(id string) bool { return strings.HasPrefix(id, "dg_") }

// AlertID is the id of the delivery that tells a story at a version: for an
// alert's first message, or with another kind for what follows it.
func AlertID(kind DeliveryKind, planID, storyID string, version int) string {
	return "al_" + id(string(kind), planID, storyID, strconv.Itoa(version))
}

// RewritingID is the id of the delivery that rewrites a story's one message: what it
// then shows tells its rewritings apart.
func RewritingID(planID, storyID string, shows []byte) string {
	return "al_" + id(string(KindUpdate), planID, storyID, string(shows))
}

// NoticeID is the id of a notice to the operators: one a kind, subject and day.
func NoticeID(kind, subject, day string) string { return "op_" + id("notice", kind, subject, day) }
