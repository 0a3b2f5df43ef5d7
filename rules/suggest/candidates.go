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
	maxNone    = 12 // phrases and words that are tried under none
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
func (r *run) phrases(file *rules.File, it *news.Item, hit news.Hit) []candidate {
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
			phrase, named := r.stretch(text, span.Start, span.End, around[0], around[1], func(from, to int) bool {
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
	for i, c := range list {
		out[i] = c.candidate
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
func (r *run) stretch(text string, start, end, before, behind int, sought func(from, to int) bool) (phrase string, named bool) {
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
		first, _ := utf8.DecodeRuneInString(w)
		switch {
		case r.words.stop(w) && (i == lo || i == hi), sought(from+words[i][0], from+words[i][1]):
			return "", false
		case r.words.stop(w):
			stops++
		default:
			named = named || unicode.IsUpper(first)
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

// strikes are what may stand under none of a rule: phrases of two words, then
// words, of the headlines of flagged items, that stand in each of them and not in
// what made the rule hit, the longest first. common says how many unflagged items
// of the rule have a text.
func (r *run) strikes(rule string, flagged []*judged, common func(text string) int) []candidate {
	counts := map[string]int{}
	for _, f := range flagged {
		for text := range r.telling(f) {
			counts[text]++
		}
	}
	var texts []string
	for text, n := range counts {
		if n == len(flagged) && common(text) == 0 {
			texts = append(texts, text)
		}
	}
	words := func(text string) int { return strings.Count(text, " ") }
	slices.SortFunc(texts, func(a, b string) int {
		return cmp.Or(cmp.Compare(words(b), words(a)), cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	var list []candidate
	for _, text := range texts[:min(maxNone, len(texts))] {
		list = append(list, candidate{place: place{list: "rules", id: rule, path: []string{"when"}, key: "none"}, text: text})
	}
	return list
}

// telling are the words of an item's headline that are no stop words and did not
// make the rule hit, and the pairs of them that stand side by side.
func (r *run) telling(f *judged) map[string]bool {
	texts := map[string]bool{}
	before, end := "", 0
	for _, at := range word.FindAllStringIndex(f.item.Title, -1) {
		w := f.item.Title[at[0]:at[1]]
		short := strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "’s"))
		if utf8.RuneCountInString(short) < leastWord || r.words.stop(w) || f.matchedAt(at[0], at[1]) {
			before = ""
			continue
		}
		texts[short] = true
		if before != "" && strings.Trim(f.item.Title[end:at[0]], " ") == "" {
			texts[before+" "+short] = true
		}
		before, end = short, at[1]
		if len(short) < len(w) { // what follows is not beside the word itself
			before = ""
		}
	}
	return texts
}

// frequencies count in how many stored items each word stands, in its headline or
// the beginning of its text. Words that stand in many tell nothing, in whatever
// language they are.
type frequencies struct {
	items int
	seen  map[string]int
}

const (
	counted = 10_000 // items
	opening = 600    // bytes of an item's text
	// frequent is the share of items from which on a word is a stop word, leastSeen
	// how many there must be: in a handful of items each word is frequent.
	frequent  = 0.05
	leastSeen = 3
)

func (f *frequencies) add(it *news.Item) {
	if f.items >= counted {
		return
	}
	f.items++
	here := map[string]bool{}
	for _, w := range word.FindAllString(it.Title+"\n"+it.Body[:min(opening, len(it.Body))], -1) {
		here[strings.ToLower(w)] = true
	}
	for w := range here {
		f.seen[w]++
	}
}

// stop says whether a word tells nothing at the end of a phrase: it is short and no
// abbreviation in capitals, or stands in many items.
func (f *frequencies) stop(w string) bool {
	if utf8.RuneCountInString(w) < leastWord && strings.ToUpper(w) != w {
		return true
	}
	n := f.seen[strings.ToLower(w)]
	return n >= leastSeen && float64(n) > frequent*float64(f.items)
}
