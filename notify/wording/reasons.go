package wording

import (
	"slices"
	"strings"

	"newswatch/news"
)

const (
	nowMark       = " now "
	wasMark       = ", was "
	newMark       = "new: "
	correctedMark = "headline corrected"
)

// Reasons are what developed, of a story that was told since then, each once: what rose
// twice is told from its first number to its last.
func Reasons(e news.Entry) []string {
	var list []string
	for _, c := range e.News {
		for r := range strings.SplitSeq(c.Reason, "; ") {
			r = Line(r)
			switch same := slices.IndexFunc(list, func(o string) bool { return sameSubject(o, r) }); {
			case r == "":
			case same < 0:
				list = append(list, r)
			default:
				list[same] = grewFurther(list[same], r)
			}
		}
	}
	return list
}

// sameSubject says whether two reasons tell of one thing, which the later knows
// better.
func sameSubject(a, b string) bool {
	if Same(a, b) || a == correctedMark && strings.HasPrefix(b, correctedMark) || b == correctedMark && strings.HasPrefix(a, correctedMark) {
		return true
	}
	if strings.HasPrefix(a, newMark) && strings.HasPrefix(b, newMark) {
		return true
	}
	if strings.HasPrefix(a, correctedMark) && strings.HasPrefix(b, correctedMark) { // the later corrects the earlier
		_, was, _ := strings.Cut(b, wasMark)
		head, _, _ := strings.Cut(a, wasMark)
		return was != "" && head == correctedMark+": "+was
	}
	subject, _, counts := strings.Cut(a, nowMark)
	other, _, also := strings.Cut(b, nowMark)
	return counts && also && strings.EqualFold(subject, other)
}

// grewFurther is the later reason, with the number from which the earlier one rose,
// or the names of both.
func grewFurther(earlier, later string) string {
	if names, ok := strings.CutPrefix(later, newMark); ok {
		return merged(earlier, names)
	}
	switch correctedMark { // without saying what
	case later:
		return earlier
	case earlier:
		return later
	}
	head, _, again := strings.Cut(later, wasMark)
	if !again || Same(earlier, later) {
		return later
	}
	if _, was, ok := strings.Cut(earlier, wasMark); ok {
		return head + wasMark + was
	}
	return head
}

// merged adds those names to "new: A, B" that it does not have.
func merged(earlier, names string) string {
	had := strings.Split(strings.TrimPrefix(earlier, newMark), ", ")
	for name := range strings.SplitSeq(names, ", ") {
		if !slices.ContainsFunc(had, func(o string) bool { return Same(o, name) }) {
			had = append(had, name)
		}
	}
	return newMark + strings.Join(had, ", ")
}

// Latest is the newest change that a report brought; false when there is none, or
// when the report's headline is the story's: then nothing more is new than what
// stands there.
func Latest(e news.Entry) (news.Change, bool) {
	list := Beyond(e)
	if len(list) == 0 {
		return news.Change{}, false
	}
	return list[0], true
}

// Beyond are those of the Changes that say more than the story's headline, for
// where it stands beside them. What it was before an edit stands in the reasons.
func Beyond(e news.Entry) []news.Change {
	return slices.DeleteFunc(Changes(e), func(c news.Change) bool { return Same(Line(c.Report.Headline), Line(e.Headline)) })
}

// Changes are the changes that a report brought, the newest first, each report
// once and none that only has the story's own headline.
func Changes(e news.Entry) []news.Change {
	var list []news.Change
	for _, c := range slices.Backward(e.News) {
		h := Line(c.Report.Headline)
		twice := slices.ContainsFunc(list, func(o news.Change) bool {
			return Line(o.Report.Headline) == h || o.Report.URL != "" && o.Report.URL == c.Report.URL
		})
		if h != "" && !twice && (Edited(c) || !Same(h, e.Headline)) {
			list = append(list, c)
		}
	}
	return list
}

// Reports are what a note on a story lists: the reports that brought a change, the
// newest first, then the other new ones.
func Reports(e news.Entry) []news.Change {
	list := Changes(e)
	for _, s := range e.Sources {
		same := func(c news.Change) bool {
			return news.SameOutlet(c.Report.Name, s.Name) && Line(c.Report.Headline) == Line(s.Headline)
		}
		if s.New && !slices.ContainsFunc(list, same) {
			list = append(list, news.Change{Report: s})
		}
	}
	return list
}

// Edited says whether a change is one of a headline that a reader can see.
func Edited(c news.Change) bool {
	was := Line(c.Was)
	return was != "" && was != Line(c.Report.Headline)
}
