// Package story turns hits into stories. It stands after rules and before the
// digests: it takes items that were hit, in the order in which they came, and
// says of each whether it is a copy of a report that is already there, one more
// report of a story that is already there, or the first of a new story.
//
// There are two layers with two different promises. A copy (copy.go, rewrite.go)
// is all but certain: the same address, headline or text, or the same report in
// other words. The same story (same.go) is a judgement, made by one function that
// gives its reasons; trees that were fitted to labelled streams (forest.go, the
// folder train) weigh them. Stories that turn out to be one are merged (merge.go).
// All look only at what came before, and all time comes from the items, so that a
// replay of the same items gives the same stories.
package story

import (
	"time"

	"newswatch/news"
)

const (
	// defaultWindow is how long a story may be silent before it is closed. Measured
	// between 24 and 240 hours on public story sets, 120 grouped best.
	defaultWindow = news.ClosedAfter
	// reopenable is how long after that a report may still open it again.
	reopenable = 48 * time.Hour
	// Memory is how far back items bear on what comes: a replay of them makes a
	// Grouper what it was.
	Memory = defaultWindow + reopenable
)

// defaultThreshold is even odds.
const defaultThreshold = 0.5

// Config says how eagerly to group. The zero value is the tuned default.
type Config struct {
	// Window is the silence after which a story is closed; 0 means 120 hours. For two
	// days more a report that is clearly of it opens it again.
	Window    time.Duration
	Threshold float64 // least score, 0 to 1, of two items of one story; 0: 0.5
	Model     *Model  // nil: the built-in one
}

// Placement says where an item was put, and why.
type Placement struct {
	StoryID string
	New     bool    // the item opens the story
	CopyOf  string  // id of the item whose report this one repeats, "" when none
	Score   float64 // of the decision, 0 to 1; 1 for a copy and for a first item
	Why     string  // the decision in words
	Near    []Near  // stories that it nearly was put in, the nearest first, two at most
	Merged  []Merge // stories that turned out to be one because of it
}

// Near is a story that an item was not put in, but nearly.
type Near struct {
	StoryID string
	Score   float64 // 0 to 1
	Why     string  // what speaks for it, in words
}

// Merge is one of two stories that turned out to be one. The story that was there
// first takes the other one in; the item that showed it is in Into.
type Merge struct {
	Into, From string
	Score      float64 // 0 to 1
	Why        string  // in words
}
