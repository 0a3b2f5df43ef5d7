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
		"a name twice":     {[]string{"new: Marlow", "new: Keller, marlow"}, []string{"new: Marlow, Keller"}},
		"other marks":      {[]string{"now: signed", "Now: signed."}, []string{"Now: signed."}},
		"corrected twice":  {[]string{"headline corrected: 12, was 14", "headline corrected: 11, was 12"}, []string{"headline corrected: 11, was 14"}},
		"two corrections":  {[]string{"headline corrected: 12, was 14", "headline corrected: Ada, was Ida"}, []string{"headline corrected: 12, was 14", "headline corrected: Ada, was Ida"}},
		"which is said":    {[]string{"headline corrected: 12, was 14", "headline corrected"}, []string{"headline corrected: 12, was 14"}},
		"which is not":     {[]string{"headline corrected", "headline corrected: 12, was 14"}, []string{"headline corrected: 12, was 14"}},
		"empty":            {[]string{"", " ; "}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := wording.Reasons(because(c.reasons...)); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// because is an entry that developed for these reasons.
func because(reasons ...string) news.Entry {
	e := news.Entry{Developing: true}
	for _, r := range reasons {
		e.News = append(e.News, news.Change{Reason: r})
	}
	return e
}
