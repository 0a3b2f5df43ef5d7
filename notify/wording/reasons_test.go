package wording_test

import (
	"slices"
	"testing"

	"newswatch/news"
	"newswatch/notify/wording"
)

func TestReasons(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ reasons, want []string }{
		"none":             {nil, nil},
		"one":              {[]string{"now: signed"}, []string{"now: signed"}},
		"the same twice":   {[]string{"taken up by more outlets", "taken up by more outlets"}, []string{"taken up by more outlets"}},
		"two in one":       {[]string{"now: signed; new: Marlow", "new: Marlow"}, []string{"now: signed", "new: Marlow"}},
		"two names":        {[]string{"new: Marlow", "now: signed", "new: Keller"}, []string{"new: Marlow, Keller", "now: signed"}},
		"a toll that rose": {[]string{"death toll now 10, was 8", "new: Marlow", "death toll now 12, was 10"}, []string{"death toll now 12, was 8", "new: Marlow"}},
		"a first toll":     {[]string{"death toll now 10", "death toll now 12, was 10"}, []string{"death toll now 12"}},
		"two tolls":        {[]string{"death toll now 10; injured now 30"}, []string{"death toll now 10", "injured now 30"}},
		"outlets":          {[]string{"3 more outlets: A, B and C", "4 more outlets: D, E, F and G"}, []string{"7 more outlets"}},
		"outlets once":     {[]string{"3 more outlets: A, B and C"}, []string{"3 more outlets: A, B and C"}},
		"empty":            {[]string{"", " ; "}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := wording.Reasons(news.Entry{Reasons: c.reasons}); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
