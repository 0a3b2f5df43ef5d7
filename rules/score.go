package rules

import (
	"cmp"
	"fmt"
	"slices"

	"newswatch/news"
)

const (
	maxScore      = 100
	entityPoints  = 3 // for each further distinct entity
	maxFurther    = 5 // entities that count so
	negationReach = 3 // words between a "no" and what it may deny
)

// hit asks a rule, and writes down why it holds.
func (s *scratch) hit(r *rule, entities []string) (news.Hit, bool) {
	s.evidence = s.evidence[:0]
	if !s.holds(&r.when, s.rs.searched) {
		return news.Hit{}, false
	}
	sortEvidence(s.evidence)
	found := slices.Compact(s.evidence)
	h := news.Hit{
		ItemID: s.item.ID, Rule: r.ID, Spans: s.spans(found), Quote: s.quote(found),
		Entities: entities, Negated: slices.ContainsFunc(found, s.isNegated),
	}
	s.evidence = found
	h.Why = s.why(&r.when)
	h.Parts = s.score(r, len(entities))
	for _, p := range h.Parts {
		h.Score += p.Points
	}
	return h, true
}

func sortEvidence(list []evidence) {
	slices.SortStableFunc(list, func(a, b evidence) int {
		return cmp.Or(cmp.Compare(a.at.start, b.at.start), cmp.Compare(b.at.end, a.at.end), cmp.Compare(a.by, b.by))
	})
}

// score returns the lines of the sum behind a hit's score.
func (s *scratch) score(r *rule, entities int) []news.ScorePart {
	parts := []news.ScorePart{{What: "rule", Points: r.Score}}
	for i := range r.boosts {
		b := &r.boosts[i]
		mark := len(s.evidence)
		if s.holds(&b.when, s.rs.searched) {
			parts = append(parts, news.ScorePart{What: "boost: " + b.text, Points: b.add})
		}
		s.evidence = s.evidence[:mark]
	}
	if s.item.Weight != 0 {
		parts = append(parts, news.ScorePart{What: "feed " + s.item.FeedID, Points: s.item.Weight})
	}
	if further := min(entities-1, maxFurther); further > 0 {
		what := "1 further entity"
		if further > 1 {
			what = fmt.Sprintf("%d further entities", further)
		}
		parts = append(parts, news.ScorePart{What: what, Points: entityPoints * further})
	}
	sum := 0
	for _, p := range parts {
		sum += p.Points
	}
	if over := sum - min(max(sum, 0), maxScore); over != 0 {
		parts = append(parts, news.ScorePart{What: "limit", Points: -over})
	}
	return parts
}

func (s *scratch) spans(found []evidence) []news.Span {
	spans := make([]news.Span, 0, len(found))
	for _, e := range found {
		spans = append(spans, news.Span{
			Field: fields[s.field(e.at)], Start: int(s.reader.tokens[e.at.start].start), End: s.reader.end(e.at.end - 1), By: e.by,
		})
	}
	return spans
}

// isNegated says whether a word that denies stands close before a hit. The hit
// counts all the same: "no ceasefire" is news of the ceasefire.
func (s *scratch) isNegated(e evidence) bool {
	sentence := s.reader.sentence(e.at.start)
	for i := e.at.start - 1; i >= max(0, e.at.start-negationReach); i-- {
		if s.reader.sentence(i) != sentence {
			return false
		}
		if isNegation(string(s.reader.folded(i))) {
			return true
		}
	}
	return false
}

// isNegation knows folded words that deny what follows them.
func isNegation(w string) bool {
	switch w {
	case "no", "not", "without", "never", "neither", "nor", "cannot", "cant", "wont", "dont", "doesnt",
		"didnt", "isnt", "arent", "wasnt", "werent", "wouldnt", "couldnt", "shouldnt", "hasnt", "havent", "hadnt",
		"reject", "rejects", "rejected", "rejecting", "deny", "denies", "denied", "denying",
		"refuse", "refuses", "refused", "refusing", "dismiss", "dismisses", "dismissed",
		"nicht", "kein", "keine", "keinen", "keiner", "ohne", "nie", "lehnt", "pas", "sans", "jamais",
		"не", "ни", "нет", "без", "никогда", "отверг", "отвергла", "отвергли", "отвергает", "отказался", "отрицает",
		"ні", "немає", "ніколи", "відкинув", "відкинула", "відкидає", "заперечує", "відмовився":
		return true
	}
	return false
}
