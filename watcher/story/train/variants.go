package main

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"
)

// variant is a set as it might have come in another way: it teaches what one set
// alone would hide, as that stories of texts are never larger than three.
type variant struct {
	set    string
	weight float64
	change func([]row) []row
	rows   []row // before the change
}

func variants() []variant {
	same := func(all []row) []row { return all }
	out := []variant{
		{set: "og2021", weight: 1, change: same},
		{set: "uci2014", weight: 1, change: same},
		{set: "allsides2021", weight: 1, change: same},
		{set: "allsides_excerpt", weight: 1, change: same},
		{set: "ecbplus", weight: 1, change: same},
		{set: "basil", weight: 1, change: same},

		{set: "uci2014", weight: 0.5, change: func(all []row) []row { return slow(all, 5) }},
		{set: "uci2014", weight: 0.5, change: func(all []row) []row { return slow(thin(all, 5), 5) }},
		{set: "uci2014", weight: 0.5, change: func(all []row) []row { return thin(all, 20) }},
		{set: "allsides_excerpt", weight: 0.5, change: func(all []row) []row { return dated(titles(all), 2) }},
		{set: "allsides_excerpt", weight: 0.7, change: func(all []row) []row { return dated(all, 9) }},
		{set: "allsides2021", weight: 0.7, change: func(all []row) []row { return dated(all, 9) }},
		{set: "ecbplus", weight: 0.5, change: func(all []row) []row { return dated(all, 3) }},
		{set: "ecbplus", weight: 0.3, change: func(all []row) []row { return thin(dated(all, 6), 3) }},
		{set: "basil", weight: 0.3, change: func(all []row) []row { return dated(all, 6) }},
		{set: "basil", weight: 0.5, change: summaries},
		{set: "desk", weight: 0.5, change: same},
		{set: "desk", weight: 0.3, change: titles},
	}
	return out
}

// number is a lasting number from 0 to below n for a text.
func number(s string, n int) int {
	sum := sha256.Sum256([]byte(s))
	return int(binary.BigEndian.Uint32(sum[4:]) % uint32(n))
}

// thin keeps one of n items.
func thin(all []row, n int) []row {
	var out []row
	for _, r := range all {
		if number("thin"+r.ID, n) == 0 {
			out = append(out, r)
		}
	}
	return out
}

// slow stretches the time from the first item on: what was told in a day and a half
// goes on for a week.
func slow(all []row, by int) []row {
	out := slices.Clone(all)
	if len(out) == 0 {
		return out
	}
	begin := out[0].item().Published
	for i := range out {
		passed := out[i].item().Published.Sub(begin)
		out[i].Time = begin.Add(passed * time.Duration(by)).Format(time.RFC3339)
	}
	return out
}

// titles drops the texts.
func titles(all []row) []row {
	out := slices.Clone(all)
	for i := range out {
		if out[i].Title != "" {
			out[i].Text = ""
		}
	}
	return out
}

// summaries cuts the texts to what feeds bring.
func summaries(all []row) []row {
	out := slices.Clone(all)
	for i := range out {
		words := strings.Fields(out[i].Text)
		out[i].Text = strings.Join(words[:min(len(words), 45)], " ")
	}
	return out
}

// dated invents times: some twenty stories begin each day, and are told for so
// many days, mostly in the first.
func dated(all []row, span int) []row {
	stories := map[string]bool{}
	for _, r := range all {
		stories[r.Story] = true
	}
	days := len(stories)/20 + 1
	begin := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	out := slices.Clone(all)
	for i := range out {
		minutes := number("day"+out[i].Story, days*24*60)
		late := number("late"+out[i].ID, 100)
		minutes += late * late * span * 24 * 60 / 10_000
		out[i].Time = begin.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339)
	}
	slices.SortStableFunc(out, func(a, b row) int { return strings.Compare(a.Time, b.Time) })
	return out
}
