package notify

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"newswatch/news"
)

// maxSummary bounds the summary of a story: two lines at Slack's desktop width.
const maxSummary = 220 // characters

// entry is a story as a plan's readers see it. before is what the plan told of
// it, the zero value when it was never told.
func entry(s *news.Story, rules []string, before news.Told) news.Entry {
	hit, hitBy, ok := s.BestHit(rules)
	lead := s.Lead()
	if ok && lead.Item.Baseline {
		lead = hitBy // an item from before our time does not stand for what is new
	}
	e := news.Entry{
		StoryID: s.ID, Version: s.Version,
		Headline: lead.Item.Title, URL: lead.Item.URL,
		Summary: summary(lead.Item.Title, lead.Item.Body),
		Quote:   hit.Quote, Why: hit.Why, Rule: hit.Rule, Score: hit.Score,
		Sources: sources(s, lead, before), Publishers: len(s.Publishers()), At: newest(s),
	}
	if before.Version > 0 {
		e.Developing = true
		e.Since = max(0, len(e.Sources)-before.Sources)
	}
	e.News = changes(s, e, before, func(d news.Development) bool {
		return d.Version > before.Version && !slices.Contains(before.Heard, d.Version)
	})
	return e
}

// changes are the developments that count, in words for a reader of a plan. The
// first telling has those too that came before it: the report that stands for a
// story is seldom the one that knows most.
func changes(s *news.Story, e news.Entry, before news.Told, counts func(news.Development) bool) []news.Change {
	var list []news.Change
	for _, d := range s.Developments {
		if !counts(d) {
			continue
		}
		c := news.Change{Reason: d.Reason, At: d.At, Was: d.TitleWas}
		i := slices.IndexFunc(s.Members, func(m news.Member) bool { return m.Item.ID == d.ItemID })
		if i >= 0 {
			c.Report = source(&s.Members[i], before)
		}
		switch {
		case before.Version == 0 || !d.At.After(before.First):
			if d.Spreads() || i < 0 || s.Members[i].Item.Baseline || c.Report.Headline == e.Headline {
				continue // the first telling has it in its sources, or as its headline
			}
			c.Was = "" // which its readers never saw
		case d.Spreads():
			c.Was, c.Report, c.Reason = "", news.Source{}, spread(s, e, before)
		}
		if c.Reason != "" {
			list = append(list, c)
		}
	}
	return list
}

// maxNamed is how many outlets a reason names.
const maxNamed = 4

// spread says who has a story since it was told. The desk's own words count from
// the story's last development, and from reports of their own: beside the number
// of new sources they would not add up. "" when no reader could see a difference.
func spread(s *news.Story, e news.Entry, before news.Told) string {
	names := joined(s, before.At)
	switch more := e.Publishers - before.Publishers; {
	case len(names) > 0 && len(names) == e.Since && len(names) <= maxNamed:
		return "now also in " + strings.Join(names, ", ")
	case e.Since == 0 && more > 0:
		return strconv.Itoa(e.Publishers) + " outlets have reports of their own now, " + strconv.Itoa(before.Publishers) + " before"
	}
	return ""
}

// joined are the outlets of which the first report of a story came after a time.
func joined(s *news.Story, since time.Time) (names []string) {
	var had, later []string
	for i := range s.Members {
		it := &s.Members[i].Item
		list := &had
		if it.Fetched.After(since) {
			list = &later
		}
		*list = append(*list, it.Publisher)
	}
	for _, name := range later {
		same := func(o string) bool { return news.SameOutlet(o, name) }
		if !slices.ContainsFunc(had, same) && !slices.ContainsFunc(names, same) {
			names = append(names, name)
		}
	}
	return names
}

// entry is a story as a plan's readers see it, with the best words for it.
func (p *Planner) entry(s *news.Story, rules []string, before news.Told) news.Entry {
	e := entry(s, rules, before)
	if p.summarizer == nil {
		return e
	}
	said := p.summarizer.Summarize(s)
	for i := range s.Members {
		m := &s.Members[i]
		if said.Text == "" || m.Item.ID != said.ItemID {
			continue
		}
		e.Summary = said.Text
		if m.Item.URL != e.URL || m.Item.Publisher != e.Sources[0].Name {
			e.SummaryBy = source(m, before)
		}
	}
	return e
}

// newest is when the story's newest report came out.
func newest(s *news.Story) time.Time {
	var at time.Time
	for _, m := range s.Members {
		if m.Item.Published.After(at) {
			at = m.Item.Published
		}
	}
	return at
}

// sources lists each outlet once with its newest report, the lead's outlet
// first, the others in the order in which they came.
func sources(s *news.Story, lead *news.Member, before news.Told) []news.Source {
	var list []news.Source
	add := func(m *news.Member) {
		src := source(m, before)
		i := slices.IndexFunc(list, func(o news.Source) bool { return news.SameOutlet(o.Name, src.Name) })
		switch {
		case i < 0:
			list = append(list, src)
		case i > 0 && src.URL != "": // the lead's own link stays with the headline
			list[i] = src
		}
	}
	add(lead)
	for i := range s.Members {
		add(&s.Members[i])
	}
	return list
}

// source is a report with its outlet, new when it came after the story was told.
func source(m *news.Member, before news.Told) news.Source {
	return news.Source{
		Name: m.Item.Publisher, URL: m.Item.URL, Headline: m.Item.Title, At: m.Item.Published,
		New: before.Version > 0 && m.Item.Fetched.After(before.At),
	}
}

// rank orders stories for a reader: score, then how many independent outlets
// tell them, then the newest; the id settles what is left.
func rank(entries []news.Entry) {
	slices.SortFunc(entries, func(a, b news.Entry) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Publishers, a.Publishers),
			b.At.Compare(a.At), cmp.Compare(a.StoryID, b.StoryID))
	})
}

// sections puts entries under their best rule, in the order of the plan's
// rules, and numbers them as they are read: the front first, then the rest.
func sections(entries []news.Entry, rules []string, title func(rule string) string) []news.Section {
	var list []news.Section
	for _, rule := range rules {
		sec := news.Section{Rule: rule, Title: title(rule)}
		for _, e := range entries {
			if e.Rule == rule {
				sec.Entries = append(sec.Entries, e)
			}
		}
		if len(sec.Entries) > 0 {
			list = append(list, sec)
		}
	}
	number := map[string]int{}
	front, rest := Front(list, FrontStories)
	for _, s := range slices.Concat(front, rest) {
		for _, e := range s.Entries {
			number[e.StoryID] = len(number) + 1
		}
	}
	for _, s := range list {
		for i := range s.Entries {
			s.Entries[i].Number = number[s.Entries[i].StoryID]
		}
	}
	return list
}

// summary is the opening of the body, whole sentences where they fit, without a
// first line that only repeats the headline.
func summary(title, body string) string {
	for block := range strings.SplitSeq(body, "\n\n") {
		block = strings.Join(strings.Fields(block), " ")
		block = strings.TrimLeft(strings.TrimPrefix(block, title), " .:–—-")
		if utf8.RuneCountInString(block) >= 20 {
			return clip(block, maxSummary)
		}
	}
	return ""
}

// clip cuts text to so many characters: after the last whole sentence when that
// keeps half of it, else after a word, with an ellipsis.
func clip(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	sentence, word := 0, 0
	for i, r := range runes[:limit] {
		ends := strings.ContainsRune(".!?…。！？؟", r)
		if ends && (unicode.IsSpace(runes[i+1]) || r > 0x2fff) && !abbreviates(runes[:i]) {
			sentence = i + 1
		}
		if unicode.IsSpace(r) {
			word = i
		}
	}
	switch {
	case sentence >= limit/2:
		return string(runes[:sentence])
	case word >= limit/2:
		return string(runes[:word]) + "…"
	}
	return string(runes[:limit-1]) + "…"
}

// abbreviates says whether a dot after these characters ends a short form ("Mr",
// "U.S", one capital) rather than a sentence.
func abbreviates(before []rune) bool {
	start := len(before)
	for start > 0 && !unicode.IsSpace(before[start-1]) {
		start--
	}
	word := string(before[start:])
	if strings.Contains(word, ".") || utf8.RuneCountInString(word) == 1 {
		return true
	}
	return slices.Contains([]string{"Mr", "Mrs", "Ms", "Dr", "Gen", "Col", "Lt", "Sen", "Rep", "Gov", "St", "Prof", "No"}, word)
}
