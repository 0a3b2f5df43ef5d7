package story

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"newswatch/news"
	"newswatch/text"
)

const (
	maxSummary      = 240 // characters of a summary: what a message shows of it
	leastSentence   = 40  // of its first sentence
	leastNext       = 15  // of its second one
	summaryMembers  = 16  // reports that are read for it
	summaryOpenings = 5   // first sentences of each that may be in it
	// leadBonus is what a sentence of the lead item is worth more: its headline
	// stands above.
	leadBonus = 1.15
	// leastNear is the share of the first sentence's nearness that the second needs.
	leastNear = 0.2
	// laterLoss is what each sentence further down is worth less.
	laterLoss = 0.1
)

// sentence is one that may be in a summary.
type sentence struct {
	text   string
	member *news.Member
	place  int // in its item
	score  float64
}

// Summarize picks the sentence of the members' openings that is nearest to what
// all of them say (Radev's centroid), with the one behind it where both are short
// and that one is near as well. It quotes and invents nothing; of reports without
// a text there is no summary.
func (v *Judge) Summarize(s *news.Story) news.Summary {
	var list []sentence
	weights := map[string]float64{}
	for _, m := range summarized(s) {
		r := v.reader(&m.Item)
		place := 0
		for said := range text.Sentences(m.Item.Body) {
			if place == summaryOpenings {
				break
			}
			if r.tells(said, m.Item.Title) {
				list = append(list, sentence{text: said, member: m, place: place})
				for _, w := range v.sentenceBag(&m.Item, said) {
					weights[w.key] += w.weight
				}
			}
			place++
		}
	}
	centre, best := newBag(weights), -1
	for i := range list {
		c := &list[i]
		c.score = v.sentenceBag(&c.member.Item, c.text).cosine(centre) * (1 - laterLoss*float64(c.place))
		if c.member.Item.ID == s.LeadID {
			c.score *= leadBonus
		}
		long := utf8.RuneCountInString(c.text) >= leastSentence
		if long && (best < 0 || c.score > list[best].score) {
			best = i
		}
	}
	if best < 0 {
		return news.Summary{}
	}
	return news.Summary{Text: withNext(list, best), ItemID: list[best].member.Item.ID}
}

// summarized are the members whose texts are read: the lead, then the first ones.
// What was there before the desk came speaks only when nobody else does.
func summarized(s *news.Story) []*news.Member {
	var list, old []*news.Member
	for i := range s.Members {
		m := &s.Members[i]
		switch {
		case m.CopyOf != "" && m.Item.ID != s.LeadID:
		case m.Item.Baseline:
			old = append(old, m)
		case m.Item.ID == s.LeadID:
			list = slices.Insert(list, 0, m)
		default:
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		list = old
	}
	return list[:min(len(list), summaryMembers)]
}

// withNext is a sentence, with the next one of its item where that helps and fits.
func withNext(list []sentence, i int) string {
	first := list[i]
	if i+1 == len(list) {
		return first.text
	}
	next := list[i+1]
	if next.member != first.member || next.place != first.place+1 || next.score < first.score*leastNear {
		return first.text
	}
	body := first.member.Item.Body
	from := strings.Index(body, first.text)
	end := strings.Index(body[from+len(first.text):], next.text)
	if end < 0 {
		return first.text
	}
	both := body[from : from+len(first.text)+end+len(next.text)]
	if strings.Contains(both, "\n\n") || utf8.RuneCountInString(both) > maxSummary {
		return first.text
	}
	return both
}

func (v *Judge) sentenceBag(it *news.Item, said string) bag {
	words := split(said, leadWords)
	return v.bagOf(languageOf(it.Lang, words, nil), words)
}

// tells says whether a sentence can stand in a summary: it is whole, it is no
// boilerplate, and it is not the headline again.
func (r *factReader) tells(said, title string) bool {
	n := utf8.RuneCountInString(said)
	if n < leastNext || n > maxSummary || strings.EqualFold(strings.TrimRight(said, ". "), strings.TrimSpace(title)) {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(said, "\"'”’»)]」』"))
	if !strings.ContainsRune(".!?。！？؟।", last) || strings.HasSuffix(said, "...") {
		return false
	}
	if strings.Contains(said, "http://") || strings.Contains(said, "https://") || strings.Contains(said, "©") || !soundHeadline(said) {
		return false
	}
	if first, _ := utf8.DecodeRuneInString(said); unicode.IsLower(first) {
		return false
	}
	return !r.noise.has(tokenize(said, factTokens))
}
