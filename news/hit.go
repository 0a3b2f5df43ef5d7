package news

// Hit says that a rule matched an item, and shows why.
type Hit struct {
	ItemID   string
	Rule     string // the rule's id
	Score    int    // 0 to 100
	Parts    []ScorePart
	Spans    []Span   // what matched, in the order of the text
	Quote    Quote    // the sentence with the most distinct matches
	Entities []string // ids of all entities that the item mentions
	Why      string   // in words: “ceasefire” near “Crimea”
	Negated  bool     // a "no", "not", "rejects" stands within three words before a match
}

// ScorePart is one line of the sum behind a score.
type ScorePart struct {
	What   string // "rule", "boost: in title", "feed bbc-world", "2 further entities"
	Points int
}

// Span marks a match in the original text of a field, in bytes.
type Span struct {
	Field      Field
	Start, End int
	By         string // what found it: "entity:witkoff", "topic:ceasefire", or the term itself
}

// Quote is a sentence of the item, with the places in it that matched.
type Quote struct {
	Text  string
	Marks [][2]int // byte ranges in Text, in order, not overlapping
}
