package news

import "time"

// Digest is what one slot of a plan tells: content, not looks. Renderers turn
// it into messages and may leave things out, never add any.
type Digest struct {
	DeliveryID string
	PlanID     string
	Title      string
	Slot       string    // "2027-03-28T02:30 Europe/Kyiv", or "now:<unix ms>"
	From, To   time.Time // the time it covers
	Items      int       // new items looked at in that time
	Feeds      int       // feeds that they came from, all that were watched
	Missed     int       // earlier slots that this one makes up for
	Sections   []Section
	Waiting    int            // stories above the plan's limit, told next time
	Muted      int            // stories that would be told, but for a mute
	Next       time.Time      // the following slot
	Location   *time.Location // the reader's, where a way out cannot know it
}

// Section is one topic of a digest: a rule's title and the stories whose best
// rule it is.
type Section struct {
	Rule    string
	Title   string
	Entries []Entry
}

// Entry is a story as a reader sees it.
type Entry struct {
	Number     int // stable inside one digest, over all its messages
	StoryID    string
	Version    int
	Headline   string
	URL        string
	Summary    string // what happened, in the words of a report; "" when there are only titles
	SummaryBy  Source // whose words they are, where they are not the lead's; else zero
	Quote      Quote
	Why        string // what matched, in words
	Rule       string
	Score      int
	Sources    []Source  // first the lead's, then in the order of arrival
	Publishers int       // independent ones among them
	At         time.Time // when the newest report came
	Since      int       // sources that are new since the last telling; 0 when told for the first time
	Developing bool      // told before, and developed
	News       []Change  // what developed since, or since it began, the oldest first
	OneWith    Source    // the story that took this one in after it was told; zero for one that lives
}

// Change is one development of a story.
type Change struct {
	Reason string // in words: "death toll now 14, was 8"
	At     time.Time
	// Report is what brought it; zero when it is only that more outlets have the
	// story, of which no one is the news.
	Report Source
	Was    string // the report's headline before it was edited, when that is what changed
}

// Source is an outlet with its own report of a story.
type Source struct {
	Name     string
	URL      string
	Headline string
	At       time.Time
	New      bool // came after the last telling
}

// Stories returns the ids of all stories in the digest, in their order.
func (d *Digest) Stories() []string {
	var ids []string
	for _, s := range d.Sections {
		for _, e := range s.Entries {
			ids = append(ids, e.StoryID)
		}
	}
	return ids
}

// Alert is what an alert plan tells of one story.
type Alert struct {
	DeliveryID string // of the message; a rewriting has that of the one that it rewrites
	PlanID     string
	Title      string // the plan's
	RuleTitle  string
	Entry      Entry
	FirstSeen  time.Time
	Mention    []string
	Location   *time.Location
	// The delivery that carries it: a first message, a follow-up or a rewriting, its
	// own id, and that of the message that it answers or rewrites.
	Kind    DeliveryKind
	ID      string
	ReplyTo string
}

// Notice tells the operators what broke and what still works.
type Notice struct {
	DeliveryID string
	Kind       string // "rules_rejected", "delivery_held", "feed_dead", "clock_back", "backup_failed"
	Headline   string // "Rules not loaded"
	Subject    string // what it is about: "rules.yaml line 42, column 7"
	Detail     string // preformatted, such as an excerpt with a caret; may be empty
	Footer     string // what still works, and what happens next
	Location   *time.Location
}
