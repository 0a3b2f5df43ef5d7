package score_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"newswatch/watcher/story/score"
)

// rows reads "story>predicted: n" pairs: so many items of a story that were put in
// that one. A language may stand before: "de/story>predicted".
func rows(t *testing.T, parts map[string]int) []score.Row {
	t.Helper()
	var out []score.Row
	for part, n := range parts {
		lang, rest, found := strings.Cut(part, "/")
		if !found {
			lang, rest = "en", part
		}
		gold, predicted, found := strings.Cut(rest, ">")
		if !found {
			t.Fatalf("%q is no story>predicted", part)
		}
		out = append(out, slices.Repeat([]score.Row{{Lang: lang, Gold: gold, Predicted: predicted}}, n)...)
	}
	return out
}

// harmonic is the F1 of a precision and a recall.
func harmonic(p, r float64) float64 { return 2 * p * r / (p + r) }

// TestFigures holds the figures to what was worked out by hand. The first two are
// the examples of Bagga & Baldwin 1998: twelve items in chains of five, two and
// five, of which an answer has joined two.
func TestFigures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		parts map[string]int
		want  score.Figures
	}{
		"Bagga & Baldwin, small chain joined to a large one": {
			map[string]int{"a>1": 5, "b>2": 2, "c>2": 5},
			// B-cubed precision: five items at 1, two at 2/7, five at 5/7.
			score.Figures{Pair: harmonic(21.0/31, 1), BCubed: harmonic(16.0/21, 1), Spread: 1, Mixed: 2.0 / 12},
		},
		"Bagga & Baldwin, two large chains joined": {
			map[string]int{"a>1": 5, "b>2": 2, "c>1": 5},
			// B-cubed precision: ten items at 1/2, two at 1.
			score.Figures{Pair: harmonic(21.0/46, 1), BCubed: harmonic(7.0/12, 1), Spread: 1, Mixed: 5.0 / 12},
		},
		"as it should be": {map[string]int{"a>1": 3, "b>2": 1}, score.Figures{Pair: 1, BCubed: 1, Spread: 1}},
		"torn in two": {
			map[string]int{"a>1": 2, "a>2": 2},
			score.Figures{Pair: harmonic(1, 2.0/6), BCubed: harmonic(1, 0.5), Spread: 2},
		},
		"each by itself": {
			map[string]int{"a>1": 1, "a>2": 1},
			score.Figures{Pair: 0, BCubed: harmonic(1, 0.5), Spread: 2},
		},
		"nothing to join, nothing joined": {map[string]int{"a>1": 1, "b>2": 1}, score.Figures{Pair: 1, BCubed: 1, Spread: 1}},
		"all joined": {
			map[string]int{"a>1": 1, "b>1": 1},
			score.Figures{Pair: 0, BCubed: harmonic(0.5, 1), Spread: 1, Mixed: 0.5},
		},
		"a story of two languages, apart": {
			map[string]int{"en/a>1": 2, "de/a>2": 2}, score.Figures{Pair: 1, BCubed: 1, Spread: 1},
		},
		"two stories of two languages, together": {
			map[string]int{"en/a>1": 2, "de/b>1": 2}, score.Figures{Pair: 1, BCubed: 1, Spread: 1},
		},
		// English: 2 of 2 pairs right. German: one story of three torn into two and one.
		"languages pooled by their counts": {
			map[string]int{"en/a>1": 2, "de/a>2": 2, "de/a>3": 1},
			score.Figures{Pair: harmonic(1, 2.0/4), BCubed: harmonic(1, (2+2*2.0/3+1.0/3)/5), Spread: 3.0 / 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tally score.Tally
			tally.Add(rows(t, c.parts))
			checkFigures(t, tally.Figures(), c.want)
		})
	}
}

func checkFigures(t *testing.T, got, want score.Figures) {
	t.Helper()
	for name, pair := range map[string][2]float64{
		"pair": {got.Pair, want.Pair}, "B-cubed": {got.BCubed, want.BCubed}, "spread": {got.Spread, want.Spread}, "mixed": {got.Mixed, want.Mixed},
	} {
		if !(math.Abs(pair[0]-pair[1]) < 1e-9) {
			t.Errorf("%s: got %.6f, want %.6f", name, pair[0], pair[1])
		}
	}
}

func TestFiguresOfNothing(t *testing.T) {
	t.Parallel()
	var tally score.Tally
	checkFigures(t, tally.Figures(), score.Figures{})
	tally.Add(nil)
	checkFigures(t, tally.Figures(), score.Figures{})
}

// TestGroupingsArePooled holds that each grouping is counted by itself: stories of
// one name in two of them are not one.
func TestGroupingsArePooled(t *testing.T) {
	t.Parallel()
	var tally score.Tally
	tally.Add(rows(t, map[string]int{"a>1": 2}))
	tally.Add(rows(t, map[string]int{"a>1": 1, "a>2": 1}))
	checkFigures(t, tally.Figures(), score.Figures{Pair: harmonic(1, 0.5), BCubed: harmonic(1, 0.75), Spread: 1.5})
}

// TestFiguresAreFair holds what must be so of any grouping: the figures lie within
// their bounds, neither names nor order count, precision and recall change places
// with the labels, and what is as labelled is perfect.
func TestFiguresAreFair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringOfN(rapid.RuneFrom([]rune("abcd")), 1, 1, -1)
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) score.Row {
			return score.Row{Lang: rapid.SampledFrom([]string{"en", "uk"}).Draw(t, "lang"), Gold: id.Draw(t, "gold"), Predicted: id.Draw(t, "predicted")}
		}), 1, 40).Draw(t, "rows")
		of := func(change func(score.Row) score.Row) score.Figures {
			var tally score.Tally
			var changed []score.Row
			for _, r := range list {
				changed = append(changed, change(r))
			}
			tally.Add(rapid.Permutation(changed).Draw(t, "order"))
			return tally.Figures()
		}
		near := func(what string, got, want float64) {
			if math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: got %f, want %f", what, got, want)
			}
		}
		f := of(func(r score.Row) score.Row { return r })
		if f.Pair < 0 || f.Pair > 1 || f.BCubed <= 0 || f.BCubed > 1+1e-9 || f.Spread < 1 || f.Mixed < 0 || f.Mixed >= 1 {
			t.Errorf("out of bounds: %+v", f)
		}
		renamed := of(func(r score.Row) score.Row { r.Predicted = "x" + r.Predicted; return r })
		near("pair, other names", renamed.Pair, f.Pair)
		near("B-cubed, other names", renamed.BCubed, f.BCubed)
		swapped := of(func(r score.Row) score.Row { r.Gold, r.Predicted = r.Predicted, r.Gold; return r })
		near("pair, labels as answer", swapped.Pair, f.Pair)
		near("B-cubed, labels as answer", swapped.BCubed, f.BCubed)
		right := of(func(r score.Row) score.Row { r.Predicted = r.Gold; return r })
		near("pair, as labelled", right.Pair, 1)
		near("B-cubed, as labelled", right.BCubed, 1)
		near("spread, as labelled", right.Spread, 1)
		near("mixed, as labelled", right.Mixed, 0)
	})
}

func TestSettled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stories []string
		into    map[string]string
		want    []string
	}{
		"none":                {nil, nil, []string{}},
		"nothing merged":      {[]string{"a", "b", "a"}, nil, []string{"a", "b", "a"}},
		"merged":              {[]string{"a", "b"}, map[string]string{"b": "a"}, []string{"a", "a"}},
		"a chain":             {[]string{"d", "c", "b", "x"}, map[string]string{"d": "c", "c": "b", "b": "a"}, []string{"a", "a", "a", "x"}},
		"taken in unseen":     {[]string{"b"}, map[string]string{"b": "a", "z": "y"}, []string{"a"}},
		"two into one":        {[]string{"a", "b", "c"}, map[string]string{"b": "a", "c": "a"}, []string{"a", "a", "a"}},
		"itself, by mistake":  {[]string{"a"}, map[string]string{"a": "a"}, []string{"a"}},
		"the nameless stayed": {[]string{""}, map[string]string{"b": "a"}, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := score.Settled(c.stories, c.into); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	// A circle has no end that is right; it must only have one.
	if got := score.Settled([]string{"a"}, map[string]string{"a": "b", "b": "a"}); len(got) != 1 {
		t.Errorf("got %q, want one story", got)
	}
}

// TestFold holds the halves: the models in testdata were fitted by them, and would
// be scored on what they have seen if they moved.
func TestFold(t *testing.T) {
	t.Parallel()
	for story, want := range map[string]int{"": 0, "a": 1, "abc": 0} { // the last bit of the second byte of SHA-256
		if got := score.Fold(story); got != want {
			t.Errorf("%q: got half %d, want %d", story, got, want)
		}
	}
	const stories = 1000
	second := 0
	for i := range stories {
		second += score.Fold(fmt.Sprint("story ", i))
	}
	if second < stories*45/100 || second > stories*55/100 {
		t.Errorf("got %d of %d stories in the second half", second, stories)
	}
}
