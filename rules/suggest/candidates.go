package suggest

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"newswatch/news"
	"newswatch/rules"
)

const (
	maxPhrase  = 60 // bytes
	maxPhrases = 12 // that are tried for one change
	maxNone    = 12 // words that are tried under none
	leastWord  = 4  // letters of one
)

// candidate is a change of the rules that might keep flagged items away.
type candidate struct {
	place place
	text  string // a term to add; "" for a number
	score int
}

var word = regexp.MustCompile(`[\p{L}\p{M}\p{N}]+([.'’-][\p{L}\p{M}\p{N}]+)*`)

// phrases are excepts of the entities and topics by which a rule hit an item: what
// matched, with a word or two beside it. Names come first, then the shorter.
func phrases(file *rules.File, it *news.Item, hit news.Hit) []candidate {
	type ranked struct {
		candidate
		named bool
		words int
	}
	var list []ranked
	for _, span := range hit.Spans {
		at, ok := exceptOf(file, span.By)
		if !ok {
			continue
		}
		text := it.Text(span.Field)
		if span.End > len(text) {
			continue
		}
		for _, around := range [][2]int{{0, 1}, {1, 0}, {0, 2}, {1, 1}, {2, 0}} {
			phrase, named := stretch(text, span.Start, span.End, around[0], around[1], func(from, to int) bool {
				return slices.ContainsFunc(hit.Spans, func(o news.Span) bool {
					return o != span && o.Field == span.Field && o.Start < to && o.End > from
				})
			})
			c := candidate{place: at, text: phrase}
			if phrase != "" && !slices.ContainsFunc(list, func(o ranked) bool { return o.candidate.text == phrase && o.place.id == at.id }) {
				list = append(list, ranked{c, named, around[0] + around[1]})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.words, b.words), cmp.Compare(bit(b.named), bit(a.named)))
	})
	out := make([]candidate, len(list))
	for i, r := range list {
		out[i] = r.candidate
	}
	return out
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// exceptOf is the except list of an entity or topic, as a span names it.
func exceptOf(file *rules.File, by string) (place, bool) {
	kind, id, ok := strings.Cut(by, ":")
	switch {
	case ok && kind == "entity" && slices.ContainsFunc(file.Entities, func(e rules.Entity) bool { return e.ID == id }):
		return place{list: "entities", id: id, key: "except"}, true
	case ok && kind == "topic" && slices.ContainsFunc(file.Topics, func(t rules.Topic) bool { return t.ID == id }):
		return place{list: "topics", id: id, key: "except"}, true
	}
	return place{}, false
}

// stretch is a match with so many words before and behind it, of one stretch
// without a mark in it; "" when there is none. named says that a word beside it
// begins with a capital, as in "Kellogg Company".
//
// Words that the rule looks for itself are no such words: they are what it is about.
func stretch(text string, start, end, before, behind int, sought func(from, to int) bool) (phrase string, named bool) {
	from, to := max(0, start-200), min(len(text), end+200)
	words := word.FindAllStringIndex(text[from:to], -1)
	first, last := -1, -1
	for i, w := range words {
		if w[0]+from < end && w[1]+from > start {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 || first-before < 0 || last+behind >= len(words) {
		return "", false
	}
	lo, hi := first-before, last+behind
	for i := lo; i < hi; i++ {
		if between := text[from+words[i][1] : from+words[i+1][0]]; strings.Trim(between, " -") != "" {
			return "", false
		}
	}
	stops := 0
	for i := lo; i <= hi; i++ {
		if i >= first && i <= last {
			continue
		}
		w := text[from+words[i][0] : from+words[i][1]]
		r, _ := utf8.DecodeRuneInString(w)
		switch {
		case stopWord(w) && (i == lo || i == hi), sought(from+words[i][0], from+words[i][1]):
			return "", false
		case stopWord(w):
			stops++
		default:
			named = named || unicode.IsUpper(r)
		}
	}
	if stops > 0 && !named { // "truce of two" would be chance, "Bank of Lemba" is a name
		return "", false
	}
	phrase = text[from+words[lo][0] : from+words[hi][1]]
	if len(phrase) > maxPhrase || !utf8.ValidString(phrase) {
		return "", false
	}
	return phrase, named
}

// stopWord knows words that tell nothing at the end of a phrase.
func stopWord(w string) bool {
	switch strings.ToLower(w) {
	case "a", "an", "the", "of", "in", "on", "at", "to", "for", "and", "or", "but", "by", "with", "as", "is", "are", "was", "were", "be",
		"has", "have", "had", "will", "it", "its", "his", "her", "their", "that", "this", "from", "says", "said", "not", "no", "up", "out",
		"about", "after", "before", "over", "between", "among", "against", "under", "during", "without", "while", "amid", "since", "until", "who", "what", "when", "where", "than", "into", "been", "more", "also", "they", "would", "could":
		return true
	}
	return false
}

// strikes are words under none of a rule: those of the headlines of flagged items
// that stand in each of them and not in what made the rule hit, the ones that few
// others have first. common says how many unflagged items have a word.
func strikes(rule string, flagged []*judged, common func(word string) int) []candidate {
	counts := map[string]int{}
	for _, f := range flagged {
		seen := map[string]bool{}
		for _, at := range word.FindAllStringIndex(f.item.Title, -1) {
			w := strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(f.item.Title[at[0]:at[1]], "'s"), "’s"))
			if utf8.RuneCountInString(w) >= leastWord && !stopWord(w) && !f.matchedAt(at[0], at[1]) {
				seen[w] = true
			}
		}
		for w := range seen {
			counts[w]++
		}
	}
	var words []string
	for w, n := range counts {
		if n == len(flagged) && common(w) == 0 {
			words = append(words, w)
		}
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var list []candidate
	for _, w := range words[:min(maxNone, len(words))] {
		list = append(list, candidate{place: place{list: "rules", id: rule, path: []string{"when"}, key: "none"}, text: w})
	}
	return list
}
