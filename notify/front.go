package notify

import (
	"slices"

	"newswatch/news"
)

// FrontStories is how many stories of a digest are shown whole, if all goes
// well; the others are lines behind them.
const FrontStories = 10

// Front takes the n best stories out of the sections, at least two of each
// section as far as n goes, and leaves the rest; both keep the given order.
func Front(sections []news.Section, n int) (front, rest []news.Section) {
	total := 0
	for _, s := range sections {
		total += len(s.Entries)
	}
	if total <= n {
		return sections, nil
	}
	chosen := choose(sections, n)
	for i, s := range sections {
		in, out := s, s
		in.Entries, out.Entries = nil, nil
		for j, e := range s.Entries {
			if chosen[place{i, j}] {
				in.Entries = append(in.Entries, e)
			} else {
				out.Entries = append(out.Entries, e)
			}
		}
		if len(in.Entries) > 0 {
			front = append(front, in)
		}
		if len(out.Entries) > 0 {
			rest = append(rest, out)
		}
	}
	return front, rest
}

// place is a story's section and its index in it.
type place struct{ section, entry int }

// choose ranks all stories, the best of each section first, then the second
// best of each, then the others, and takes the first n.
func choose(sections []news.Section, n int) map[place]bool {
	type candidate struct {
		place
		round, score int
	}
	var all []candidate
	for i, s := range sections {
		var own []candidate
		for j, e := range s.Entries {
			own = append(own, candidate{place: place{i, j}, score: e.Score})
		}
		slices.SortStableFunc(own, func(a, b candidate) int { return b.score - a.score })
		for k := range own {
			own[k].round = min(k, 2)
		}
		all = append(all, own...)
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		if a.round != b.round {
			return a.round - b.round
		}
		return b.score - a.score
	})
	chosen := map[place]bool{}
	for _, c := range all[:n] {
		chosen[c.place] = true
	}
	return chosen
}
