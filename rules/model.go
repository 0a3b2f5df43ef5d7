package rules

import (
	"encoding/json"

	"newswatch/news"
)

// File is a rule file as it was written, checked but not compiled.
type File struct {
	Settings  news.Settings
	Feeds     []news.Feed
	Entities  []Entity
	Topics    []Topic
	Rules     []Rule
	Plans     []news.Plan // digests first, then alerts, each in file order
	Operators *news.Target
}

// Pos is a place in a rule file; lines and columns count from 1, columns in
// characters.
type Pos struct {
	File         string
	Line, Column int
}

// Term is one line of a word list as it was written: "word", "two words",
// "cease-fire", "stem*", "=Exact", "entity:ID" or "topic:ID".
type Term struct {
	Text string
	Lang string // only in items of this language; "" any
	Pos  Pos
}

// Entity is a named person, place or other body.
type Entity struct {
	ID      string
	Name    string
	Type    string // "person", "place", "organization", "other"
	Also    []Term // full names: one mention is enough
	Surname []Term // count alone, unless Needs
	Needs   *Needs // surname_needs: what must stand near a surname
	Except  []Term // phrases that are not this one
	Without []Term // generated forms that are wrong
	Pos     Pos
}

// Needs is what must stand near a surname for it to count.
type Needs struct {
	Any    []Term
	Within Within
}

// Within bounds a distance: so many words, or the same sentence, paragraph or item.
type Within struct {
	Words int // > 0: so many words, in the same field and paragraph
	Unit  Unit
}

// Unit is a stretch of text.
type Unit string

// The units of Within; with Words > 0 the unit is empty.
const (
	Sentence  Unit = "sentence"
	Paragraph Unit = "paragraph"
	WholeItem Unit = "item"
)

// Topic is a list of words for one thing.
type Topic struct {
	ID     string
	Any    []Term
	Except []Term
	Pos    Pos
}

// Rule says what makes an item a hit, and of what worth.
type Rule struct {
	ID     string
	Title  string
	When   Cond
	Score  int
	Boosts []Boost
	Tests  Tests
	Pos    Pos
}

// Cond is a condition. A leaf has Term and nothing else but possibly the
// bindings; otherwise all keys that are present must hold together.
type Cond struct {
	Term    *Term
	All     []Cond // every one
	Any     []Cond // one is enough
	None    []Cond // no one
	Near    *Near
	AtLeast *AtLeast
	// In, Lang and Feeds bind everything that stands beside them.
	In    []news.Field
	Lang  []string
	Feeds []string // feed ids, or "tag:NAME"
	Pos   Pos
}

// Near asks that a match of A and one of B stand close together.
type Near struct {
	A, B    []Cond // leaves
	Within  Within
	Ordered bool // A before B
}

// AtLeast asks for a number of matches.
type AtLeast struct {
	Times int
	Of    []Cond // leaves
}

// Boost adds to the score when its condition holds.
type Boost struct {
	When Cond
	Add  int
}

// Tests are the example texts of a rule.
type Tests struct {
	Match     []Example
	NoMatch   []Example
	TodoMatch []Example // may fail, and only says so
}

// Example is a text that a rule must or must not match.
type Example struct {
	Title, Text, Lang, Feed string
	Pos                     Pos
}

// Fingerprint tells whether two rules say the same, wherever they stand in
// their files. What their words mean (entities, topics) is not part of it.
func (r Rule) Fingerprint() string {
	r.Pos = Pos{}
	r.When = r.When.placeless()
	boosts := make([]Boost, len(r.Boosts))
	for i, b := range r.Boosts {
		boosts[i] = Boost{When: b.When.placeless(), Add: b.Add}
	}
	r.Boosts, r.Tests = boosts, Tests{}
	raw, err := json.Marshal(r)
	if err != nil {
		panic("a rule that cannot be written as JSON: " + err.Error())
	}
	return string(raw)
}

// placeless is the condition without its places in the file.
func (c Cond) placeless() Cond {
	c.Pos = Pos{}
	if c.Term != nil {
		c.Term = &Term{Text: c.Term.Text, Lang: c.Term.Lang}
	}
	c.All, c.Any, c.None = placeless(c.All), placeless(c.Any), placeless(c.None)
	if c.Near != nil {
		near := *c.Near
		near.A, near.B = placeless(near.A), placeless(near.B)
		c.Near = &near
	}
	if c.AtLeast != nil {
		c.AtLeast = &AtLeast{Times: c.AtLeast.Times, Of: placeless(c.AtLeast.Of)}
	}
	return c
}

func placeless(list []Cond) []Cond {
	out := make([]Cond, len(list))
	for i, c := range list {
		out[i] = c.placeless()
	}
	return out
}

// Targets are all places where the file sends to, one for each plan, then the
// operators'.
func (f *File) Targets() []news.Target {
	var list []news.Target
	for _, p := range f.Plans {
		list = append(list, p.To)
	}
	if f.Operators != nil {
		list = append(list, *f.Operators)
	}
	return list
}
