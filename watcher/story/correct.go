package story

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"newswatch/news"
)

const (
	// sameFrame is the share of a headline's words that a correction leaves alone;
	// one that changes more is written anew.
	sameFrame = 0.5
	// maxChanged is how many words of a change are quoted.
	maxChanged = 4

	correctedReason = "headline corrected"
)

// OfHeadline says whether a reason is that a headline was corrected, which nobody
// can see in the headline as it is now.
func OfHeadline(reason string) bool { return strings.HasPrefix(reason, correctedReason) }

// Correct says whether a story really develops with an edit of one of its members,
// and why. Outlets touch their headlines all day; what counts is one that now says
// what nobody had said ("death toll now 12, was 8"), that changed a number, a name
// or a verb of what it had said, or that calls itself a correction.
func (v *Judge) Correct(s *news.Story, m news.Member) (reason string, developed bool) {
	if m.TitleWas == "" || m.TitleWas == m.Item.Title || m.CopyOf != "" || m.Item.Baseline {
		return "", false
	}
	reason = v.corrected(s, m)
	again := slices.ContainsFunc(s.Developments, func(d news.Development) bool { return d.ItemID == m.Item.ID && d.Reason == reason })
	return reason, reason != "" && !again
}

func (v *Judge) corrected(s *news.Story, m news.Member) string {
	before := m
	before.Item.Title, before.Item.Body, before.Item.Revision = m.TitleWas, "", ""
	told := []news.Member{before}
	for _, o := range s.Members {
		if o.Item.ID != m.Item.ID {
			told = append(told, o)
		}
	}
	c := &comparison{judge: v, story: s, told: told, m: m}
	mine := v.account(&m)
	known, leads := c.known()
	if reasons := c.news(&mine.head, &known, &leads); len(reasons) > 0 {
		return strings.Join(reasons[:min(len(reasons), maxReasonParts)], "; ")
	}
	r := v.reader(&m.Item)
	was, is := tokenize(m.TitleWas, titleWords), tokenize(m.Item.Title, titleWords)
	marked := r.marked(is) && !r.marked(was)
	if marked {
		is = is[1:]
	}
	from, to, framed := changed(was, is)
	switch factual := framed && len(from) > 0 && len(to) > 0 && (marked || r.factual(from, to, is)); {
	case factual && len(from) <= maxChanged && len(to) <= maxChanged:
		return fmt.Sprintf(correctedReason+": %s, was %s", rawWords(to), rawWords(from))
	case factual, marked:
		return correctedReason
	}
	return ""
}

// marked says whether a headline calls itself a correction.
func (r *factReader) marked(tokens []token) bool {
	if len(tokens) == 0 {
		return false
	}
	_, n := r.correction.at(tokens, 0)
	return n > 0
}

// changed are the words between what two headlines begin and end with in common,
// and whether that is most of both.
func changed(was, is []token) (from, to []token, framed bool) {
	start := 0
	for start < len(was) && start < len(is) && was[start].key == is[start].key {
		start++
	}
	end := 0
	for end < len(was)-start && end < len(is)-start && was[len(was)-1-end].key == is[len(is)-1-end].key {
		end++
	}
	common := float64(start + end)
	framed = common >= sameFrame*float64(len(was)) && common >= sameFrame*float64(len(is))
	return was[start : len(was)-end], is[start : len(is)-end], framed
}

// factual says whether a change of words is one of facts: another number, another
// event, another name. A word more, a comma or a synonym is none, and the capital
// that a headline begins with marks no name.
func (r *factReader) factual(from, to, headline []token) bool {
	numbers := func(tokens []token) (list []float64) {
		for i := range tokens {
			if a, ok := r.amountAt(tokens, i); ok {
				list = append(list, a.value)
			}
		}
		return list
	}
	if was, is := numbers(from), numbers(to); len(was) > 0 && len(is) > 0 {
		return !slices.Equal(was, is)
	}
	if was, is := r.events(from), r.events(to); len(was) > 0 && len(is) > 0 {
		return !slices.Equal(was, is)
	}
	return &to[0] != &headline[0] && !titleCased(headline) && allCapital(from) && allCapital(to)
}

// titleCased says whether most words of a headline are capitalised, so that a
// capital marks no name.
func titleCased(tokens []token) bool {
	upper := 0
	for _, t := range tokens {
		if capital(t) {
			upper++
		}
	}
	return upper*10 >= len(tokens)*7
}

func allCapital(tokens []token) bool {
	return !slices.ContainsFunc(tokens, func(t token) bool {
		return !capital(t) || strings.IndexFunc(t.raw, unicode.IsLower) < 0
	})
}

func rawWords(tokens []token) string {
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.raw
	}
	return strings.Join(words, " ")
}
