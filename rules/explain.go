package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"newswatch/news"
)

// Explanation is a Result, and why the other rules did not match.
type Explanation struct {
	Result
	Misses []Miss   // nearest first
	Notes  []string // names that were cut, text that was not read
}

// Miss is a rule that did not match, and the first condition that failed.
type Miss struct {
	Rule   string
	Title  string
	Failed string // in words
	Held   int    // conditions that held
	Of     int    // conditions in all
}

// Explain says which rules an item meets, and of each other what it lacks.
func (rs *Ruleset) Explain(it *news.Item) Explanation {
	s := rs.scratch.Get().(*scratch)
	defer rs.scratch.Put(s)
	s.wantNotes = true
	s.find(it)
	s.wantNotes = false
	out := Explanation{Result: s.result(), Notes: s.notes()}
	for i := range rs.rules {
		r := &rs.rules[i]
		s.evidence = s.evidence[:0]
		if s.holds(&r.when, rs.searched) {
			continue
		}
		held, of, failed := s.lack(&r.when, rs.searched)
		out.Misses = append(out.Misses, Miss{Rule: r.ID, Title: rs.Title(r.ID), Failed: failed, Held: held, Of: of})
	}
	slices.SortStableFunc(out.Misses, func(a, b Miss) int { return cmp.Compare(b.Held*a.Of, a.Held*b.Of) })
	return out
}

func (s *scratch) notes() []string {
	var out []string
	if s.cut {
		out = append(out, fmt.Sprintf("the text is longer than %d KiB: the rest was not searched", maxText>>10))
	}
	for _, c := range s.cuts {
		note := fmt.Sprintf("%s is not %s: %s", s.said(c.at), s.rs.entities[c.entity].label, c.why)
		if !slices.Contains(out, note) {
			out = append(out, note)
		}
	}
	return out
}

// lack counts the parts of a condition that hold, and names the first that does
// not.
func (s *scratch) lack(k *cond, in fieldSet) (held, of int, failed string) {
	if k.in != 0 {
		in = k.in
	}
	add := func(h, n int, f string) {
		held, of = held+h, of+n
		if failed == "" {
			failed = f
		}
	}
	if len(k.lang) > 0 || k.feeds != nil {
		add(s.lackBound(k))
	}
	if k.leaf {
		add(s.lackLeaf(k, in))
	}
	for i := range k.all {
		add(s.lack(&k.all[i], in))
	}
	if len(k.any) > 0 {
		add(s.lackAny(k, in))
	}
	if k.near != nil {
		add(s.lackNear(k.near, in))
	}
	if k.least != nil {
		add(s.lackLeast(k.least, in))
	}
	for i := range k.none {
		add(s.lackNone(&k.none[i], in))
	}
	return held, of, failed
}

func (s *scratch) lackBound(k *cond) (int, int, string) {
	switch {
	case s.bound(k):
		return 1, 1, ""
	case len(k.lang) > 0 && !slices.Contains(k.lang, s.lang):
		lang := s.lang
		if lang == "" {
			lang = "unknown"
		}
		return 0, 1, fmt.Sprintf("the language is %s, not %s", lang, strings.Join(k.lang, " or "))
	}
	return 0, 1, fmt.Sprintf("the feed is %q, not one of %s", s.item.FeedID, strings.Join(k.said, ", "))
}

func (s *scratch) lackLeaf(k *cond, in fieldSet) (int, int, string) {
	if len(s.gather([]cond{*k}, in, nil)) > 0 {
		return 1, 1, ""
	}
	return 0, 1, s.absent([]cond{*k}, in)
}

// lackAny takes the line that comes nearest; of terms alone it names them all.
func (s *scratch) lackAny(k *cond, in fieldSet) (held, of int, failed string) {
	of = 1
	for i := range k.any {
		h, o, f := s.lack(&k.any[i], in)
		if f == "" {
			return h, o, ""
		}
		if failed == "" || h*of > held*o {
			held, of, failed = h, o, f
		}
	}
	if held == 0 && !slices.ContainsFunc(k.any, func(k cond) bool { return !k.leaf }) {
		failed = s.absent(k.any, in)
	}
	return held, of, failed
}

// absent says that nothing of some leaves stands in the fields.
func (s *scratch) absent(leaves []cond, in fieldSet) string {
	if list := s.gather(leaves, ^fieldSet(0), nil); len(list) > 0 {
		return fmt.Sprintf("%s stands only outside of the %s", s.said(list[0].at), in.names())
	}
	var names []string
	for _, k := range leaves {
		if len(names) == 4 {
			names = append(names, "...")
			break
		}
		names = append(names, s.label(&k))
	}
	return "nothing of " + strings.Join(names, ", ")
}

func (f fieldSet) names() string {
	var names []string
	for i, n := range fields {
		if f.has(uint8(i)) {
			names = append(names, string(n))
		}
	}
	return strings.Join(names, " or ")
}

// lackNear counts three conditions: one side, the other, and that they meet.
func (s *scratch) lackNear(n *near, in fieldSet) (int, int, string) {
	as, bs := s.gather(n.a, in, nil), s.gather(n.b, in, nil)
	held, failed := 0, ""
	if len(as) > 0 {
		held++
	} else {
		failed = s.absent(n.a, in)
	}
	if len(bs) > 0 {
		held++
	} else if failed == "" {
		failed = s.absent(n.b, in)
	}
	if held < 2 {
		return held, 3, failed
	}
	met := false
	s.nearPairs(n, in, func(evidence, evidence) { met = true })
	if met {
		return 3, 3, ""
	}
	return 2, 3, s.apart(n, as, bs)
}

// apart says how far the closest hits of both sides are from each other.
func (s *scratch) apart(n *near, as, bs []evidence) string {
	others := newNeighbours(bs)
	for _, loose := range []Within{{Words: maxText}, {Unit: WholeItem}} {
		var best [2]evidence
		least := int32(-1)
		for _, a := range as {
			if b, ok := others.closest(s, a.at, loose, false, true); ok {
				if d := max(distance(a.at, b.at), distance(b.at, a.at)); least < 0 || d < least {
					best, least = [2]evidence{a, b}, d
				}
			}
		}
		if least < 0 {
			continue
		}
		what := s.said(best[0].at) + " and " + s.said(best[1].at)
		if loose.Words == 0 {
			return what + " stand in different paragraphs"
		}
		return what + n.tooFar(int(least))
	}
	return "both sides are the same words"
}

func (n *near) tooFar(words int) string {
	switch {
	case n.within.Words == 0:
		return fmt.Sprintf(" do not stand in the same %s", n.within.Unit)
	case words <= n.within.Words:
		return " stand in the wrong order"
	}
	return fmt.Sprintf(" are %d words apart, %d are allowed", words, n.within.Words)
}

func (s *scratch) lackLeast(l *atLeast, in fieldSet) (int, int, string) {
	n := s.count(s.gather(l.of, in, nil))
	if n >= l.times {
		return 1, 1, ""
	}
	return 0, 1, fmt.Sprintf("%d of %d matches", n, l.times)
}

func (s *scratch) lackNone(k *cond, in fieldSet) (int, int, string) {
	mark := len(s.evidence)
	holds := s.holds(k, in)
	found := slices.Clone(s.evidence[mark:])
	s.evidence = s.evidence[:mark]
	switch {
	case !holds:
		return 1, 1, ""
	case len(found) == 0:
		return 0, 1, "a condition under none holds"
	}
	return 0, 1, s.said(found[0].at) + " stands there, and is under none"
}
