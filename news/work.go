package news

import "time"

// Unit is a kind of work that is claimed under a lease. It is one mechanism for
// all: claim, fence, release.
type Unit string

// The units of work.
const (
	Hosts        Unit = "hosts"        // polling; the lease is also the politeness lock
	Desk         Unit = "desk"         // grouping: one row, one holder at a time
	Plans        Unit = "plans"        // building digests and alerts
	Destinations Unit = "destinations" // sending, paced
)

// Lease is the right to work on one row of a unit until a time. Every write
// under it is fenced: it fails once the lease is no longer held.
type Lease struct {
	Unit  Unit
	Key   string
	Token string
	Until time.Time

	// Era names the line of commits that the claim belongs to: in another one the lease
	// does not hold. EraSince is when the database was first seen to have gone over into
	// it, and may have lost commits; zero: it did not. Boot names the era and the run of
	// the server: what was remembered under another one is out of date. Of a database
	// that is this process's alone they are empty.
	Era, Boot string
	EraSince  time.Time
}

// PlanState is what is remembered of a plan between two of its runs.
type PlanState struct {
	ID        string
	Kind      PlanKind
	Spec      string    // the schedule as written, with its zone: another one moves NextAt
	NextAt    time.Time // when it is to be looked at next
	LastSlot  string    // name of the last slot that was built
	LastAt    time.Time // when that slot was built, whether there was anything to send or not
	SentAt    time.Time // when a digest was last sent, in a slot or not: the next one covers the time since
	CreatedAt time.Time // items fetched before are never told by it
	AskedAt   time.Time // when somebody asked for it at once; zero: nobody did, or it is done
}

// Untold is what a plan has not told, and how far was looked for it.
type Untold struct {
	Stories []*Story // whole, the oldest first
	Looked  Looked
}

// Looked says how far a plan's stories were looked at: those that changed up to
// Seq have nothing untold, but the waiting ones. It holds for one question, as
// other rules find other stories. The zero value: nothing was looked at.
type Looked struct {
	Question string
	Seq      int64 // of what the desk did
	Waiting  []string
}

// PlanCommit is one run of a plan: what it will tell, frozen, and when it is to
// be looked at again. It commits whole or not at all.
type PlanCommit struct {
	Deliveries []Delivery
	Told       []Told
	Shown      []Shown
	Looked     Looked    // as Untold gave it: what the run tells must still be what it read
	Asked      time.Time // the wish that this run fulfils; zero: none
	Slot       string    // of a digest; "" leaves LastSlot and LastAt as they were
	Missed     int       // earlier slots that it makes up for; not stored
	At         time.Time
	Next       time.Time
}

// PostedSlot is a slot of a digest, and when it was posted.
type PostedSlot struct {
	Slot string
	At   time.Time
}
