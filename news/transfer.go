package news

import "time"

// Transfer is one move of items from a story to another one: the two turned out
// to be one, or a person said where the items belong. It is never forgotten as
// long as one of the stories is known, so that nothing is rewritten in silence.
type Transfer struct {
	At         time.Time
	Verb       TransferVerb
	From, Into string   // ids of stories; From lives on after a split or a pin only
	Items      []string // ids of those that moved
	Score      float64  // of a merge's decision, 0 to 1
	Why        string   // of a merge, in words
}

// TransferVerb says what moved the items of a Transfer.
type TransferVerb string

// What moves items.
const (
	Merged TransferVerb = "merge" // the desk found that two stories are one
	Joined TransferVerb = "join"  // a person said so
	Split  TransferVerb = "split" // a person took items out into a story of their own
	Pinned TransferVerb = "pin"   // a person said which story an item belongs to
)

// Ends says whether the story that the items leave ends with it.
func (v TransferVerb) Ends() bool { return v == Merged || v == Joined }
