package story

import (
	"slices"
	"strings"
	"unicode"

	"newswatch/news"
)

// clearlyHeavier is by how much a feed must outweigh the lead's to take its place.
const clearlyHeavier = 5

// Lead is the id of the member that stands for a story: of the heaviest feed,
// with a sound headline and a text, the earliest. What was there before the desk
// came stands for nothing new, and a copy only for its original where its outlet
// weighs clearly more. A lead that is set gives way only to a clearly better one.
func Lead(s *news.Story) string {
	if len(s.Members) == 0 {
		return ""
	}
	lead := slices.IndexFunc(s.Members, func(m news.Member) bool { return m.Item.ID == s.LeadID })
	margin := clearlyHeavier
	if s.LeadID == "" || lead < 0 {
		lead, margin = 0, 1
	}
	for i := range s.Members {
		if better(&s.Members[i], &s.Members[lead], margin) {
			lead = i
		}
	}
	return s.Members[lead].Item.ID
}

// better says whether m should stand for the story in the lead's place.
func better(m, lead *news.Member, margin int) bool {
	a, b := &m.Item, &lead.Item
	if a.Baseline != b.Baseline {
		return b.Baseline
	}
	if m.CopyOf != "" && lead.CopyOf == "" {
		margin = clearlyHeavier
	}
	heavier := a.Weight - b.Weight
	fuller := a.Body != "" && b.Body == ""
	switch sound, was := soundHeadline(a.Title), soundHeadline(b.Title); {
	case was && !sound:
		return false
	case sound && !was:
		return heavier > -clearlyHeavier && (a.Body != "" || b.Body == "")
	case heavier >= margin:
		return a.Body != "" || b.Body == ""
	}
	return fuller && heavier >= 0 && (m.CopyOf == "" || lead.CopyOf != "")
}

// soundHeadline says whether a headline can stand for a story: it is whole, and
// not shouted.
func soundHeadline(title string) bool {
	t := strings.TrimSpace(title)
	if t == "" || strings.HasSuffix(t, "…") || strings.HasSuffix(t, "...") {
		return false
	}
	upper, lower := 0, 0
	for _, r := range t {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	return upper < 8 || lower > 0 && upper < 4*lower
}
