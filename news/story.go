package news

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Story is one thing that happened, however many outlets tell it. It is not
// bound to a rule: it carries all rules that its items hit.
type Story struct {
	ID           string    // StoryID of its earliest item, for life
	Version      int       // starts at 1 and rises only when the story has really developed
	FirstAt      time.Time // when its first item was fetched: its age, which no later move of items changes
	LastAt       time.Time // last item fetched
	LeadID       string    // the item that stands for the story
	MergedInto   string    // id of the older story that took this one in, "" when it lives
	Members      []Member  // in the order in which they came
	Developments []Development
}

// Member is an item in a story.
type Member struct {
	Item Item
	Hits []Hit
	// TitleWas is the item's headline before edits that the desk has not looked at,
	// "" when it is the same.
	TitleWas string

	CopyOf string  // id of the member whose report this one repeats, "" when it is a report of its own
	Score  float64 // of the decision that placed it, 1 for the first
	Why    string  // that decision in words
}

// Development is one rise of a story's version.
type Development struct {
	Version int
	At      time.Time
	ItemID  string // the item that brought it
	Reason  string // in words: "3 more outlets", "new: Kirill Dmitriev"
	// TitleWas is the item's headline before the edit that this is, "" when it came
	// with the item.
	TitleWas string
}

// Spreads says whether a development is no more than that more outlets have the
// story: its reason is that of Spread.
func (d Development) Spreads() bool {
	n, _, ok := strings.Cut(d.Reason, moreOutlets)
	_, err := strconv.Atoi(n)
	return ok && err == nil
}

const moreOutlets = " more outlets: "

// Spread is the reason of a development by outlets that took a story up.
func Spread(n int, names string) string { return strconv.Itoa(n) + moreOutlets + names }

// Summary is what says best what happened in a story, in the words of one report:
// one or two sentences as they stand in its text, "" when no report has any.
type Summary struct {
	Text   string
	ItemID string // the member whose words they are
}

// StoryID is the lasting id of a story: a hash of its earliest item's id, so
// that a replay of the same items gives the same stories.
func StoryID(itemID string) string { return id("story", itemID) }

// Lead is the member that stands for the story: the one that LeadID names, else
// the first.
func (s *Story) Lead() *Member {
	for i := range s.Members {
		if s.Members[i].Item.ID == s.LeadID {
			return &s.Members[i]
		}
	}
	return &s.Members[0]
}

// Sources are the outlets that have the story, in the order in which they
// brought it. An outlet's feeds count once.
func (s *Story) Sources() []string {
	return s.outlets(func(Member) bool { return true })
}

// Publishers are the independent sources: an outlet that only repeats another's
// report is a source, not a publisher.
func (s *Story) Publishers() []string {
	return s.outlets(func(m Member) bool { return m.CopyOf == "" })
}

func (s *Story) outlets(counts func(Member) bool) []string {
	var names []string
	for _, m := range s.Members {
		same := func(name string) bool { return SameOutlet(name, m.Item.Publisher) }
		if counts(m) && !slices.ContainsFunc(names, same) {
			names = append(names, m.Item.Publisher)
		}
	}
	return names
}

// SameOutlet says whether two publishers are one outlet: feeds of one write its
// name with and without "The", in other cases, with other marks and spaces.
func SameOutlet(a, b string) bool {
	return a == b || outlet(a) == outlet(b)
}

// outlet is the form in which names of outlets are compared; a name without any
// letter is compared as it is.
func outlet(name string) string {
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '+' {
			return unicode.ToLower(r)
		}
		return -1
	}, withoutThe(name))
	if letters == "" {
		return name
	}
	return letters
}

func withoutThe(name string) string {
	if len(name) > 4 && strings.EqualFold(name[:4], "the ") {
		return name[4:]
	}
	return name
}

// BestHit is the story's highest hit among the given rules; rules nil means
// all. Among equals the rule that stands first in rules wins, then the lead
// item's. The member is the one that was hit; ok is false when there is none.
func (s *Story) BestHit(rules []string) (best Hit, by *Member, ok bool) {
	rank := func(h Hit) int { return slices.Index(rules, h.Rule) }
	for i := range s.Members {
		m := &s.Members[i]
		for _, h := range m.Hits {
			if rules != nil && rank(h) < 0 {
				continue
			}
			better := !ok || h.Score > best.Score ||
				h.Score == best.Score && (rank(h) < rank(best) ||
					h.Rule == best.Rule && m.Item.ID == s.LeadID && by.Item.ID != s.LeadID)
			if better {
				best, by, ok = h, m, true
			}
		}
	}
	return best, by, ok
}
