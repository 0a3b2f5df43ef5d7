package rules

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"newswatch/news"
)

// TestAskedRules wants every rule that holds to be asked: Match asks only rules
// that listen to some hit, Explain asks all.
func TestAskedRules(t *testing.T) {
	t.Parallel()
	words := strings.Fields("truce ostriv envoy castellan quay marlow rain")
	rapid.Check(t, func(t *rapid.T) {
		f := &File{
			Entities: []Entity{{ID: "c", Name: "Milo Castellan", Type: person, Surname: []Term{{Text: "Castellan"}}, Except: []Term{{Text: "castellan quay"}}}},
			Topics:   []Topic{{ID: "a", Any: []Term{{Text: "truce"}, {Text: "entity:c"}}}, {ID: "b", Any: []Term{{Text: "envoy"}, {Text: "topic:a"}}, Except: []Term{{Text: "envoy rain"}}}},
		}
		for i := range rapid.IntRange(1, 6).Draw(t, "rules") {
			f.Rules = append(f.Rules, Rule{ID: fmt.Sprint(i), When: drawCond(t, words, 3)})
		}
		rs, findings := Compile(f)
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		for range 5 {
			text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(append(words, "Milo", "Castellan")), 0, 12).Draw(t, "text"), " ")
			it := &news.Item{Title: text, Body: text, FeedID: "f"}
			if e := rs.Explain(it); len(e.Hits)+len(e.Misses) != len(f.Rules) {
				t.Fatalf("%q: %d rules hold as asked and %d do not, of %d", text, len(e.Hits), len(e.Misses), len(f.Rules))
			}
		}
	})
}

func drawCond(t *rapid.T, words []string, depth int) Cond {
	leaf := rapid.Custom(func(t *rapid.T) Cond {
		return Cond{Term: &Term{Text: rapid.SampledFrom(append([]string{"entity:c", "topic:a", "topic:b"}, words...)).Draw(t, "term")}}
	})
	leaves := rapid.SliceOfN(leaf, 1, 3)
	if depth == 0 {
		return leaf.Draw(t, "leaf")
	}
	several := func() []Cond {
		out := make([]Cond, rapid.IntRange(1, 3).Draw(t, "parts"))
		for i := range out {
			out[i] = drawCond(t, words, depth-1)
		}
		return out
	}
	var k Cond
	for _, part := range rapid.SliceOfN(rapid.IntRange(0, 6), 1, 2).Draw(t, "keys") {
		switch part {
		case 0:
			k.Term = leaf.Draw(t, "leaf").Term
		case 1:
			k.All = several()
		case 2:
			k.Any = several()
		case 3:
			k.None = several()
		case 4:
			k.Near = &Near{A: leaves.Draw(t, "a"), B: leaves.Draw(t, "b"), Within: Within{Words: 4}}
		case 5:
			k.AtLeast = &AtLeast{Times: rapid.IntRange(0, 2).Draw(t, "times"), Of: leaves.Draw(t, "of")}
		case 6:
			k.In = []news.Field{news.Title}
		}
	}
	return k
}
