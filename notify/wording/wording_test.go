package wording_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/notify/wording"
)

func TestCounts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ got, want string }{
		"one":                {wording.Count(1, "story", "stories"), "1 story"},
		"none":               {wording.Count(0, "story", "stories"), "0 stories"},
		"hundreds":           {wording.Number(904), "904"},
		"thousands":          {wording.Number(1904), "1,904"},
		"millions":           {wording.Number(-1234567), "-1,234,567"},
		"negative hundreds":  {wording.Number(-123), "-123"},
		"all independent":    {wording.Sources(entry(3, 3)), "3 sources"},
		"some independent":   {wording.Sources(entry(7, 5)), "7 sources, 5 independent"},
		"single":             {wording.Sources(entry(1, 1)), ""},
		"grown":              {wording.Growth(news.Entry{Developing: true, Since: 4}), "Developing, +4"},
		"new fact":           {wording.Growth(news.Entry{Developing: true}), "Developing"},
		"first time":         {wording.Growth(news.Entry{Since: 4}), ""},
		"looked":             {wording.Looked(news.Digest{Items: 1, Feeds: 38}), "1 new item, 38 feeds"},
		"nothing counted":    {wording.Looked(news.Digest{}), ""},
		"missed":             {wording.Missed(news.Digest{Missed: 3}), "covers 3 missed runs"},
		"none missed":        {wording.Missed(news.Digest{}), ""},
		"untold":             {wording.Untold(entry(7, 5), 3), " and 4 more"},
		"all told":           {wording.Untold(entry(3, 3), 3), ""},
		"untitled":           {wording.Headline(news.Entry{Number: 4, Headline: " \u200b"}, 100), "Untitled report 4"},
		"join":               {wording.Join(" · ", "", "a", "", "b"), "a · b"},
		"seconds":            {wording.Span(time.Second), "a minute"},
		"minutes":            {wording.Span(12 * time.Minute), "12 minutes"},
		"hours":              {wording.Span(5 * time.Hour), "5 hours"},
		"days":               {wording.Span(50 * time.Hour), "2 days"},
		"spread, all":        {wording.Spread(at(entry(3, 3), 12), time.Unix(0, 0)), "3 independent sources in 12 minutes"},
		"spread, copies":     {wording.Spread(at(entry(7, 5), 12), time.Unix(0, 0)), "7 sources, 5 independent, in 12 minutes"},
		"spread, one":        {wording.Spread(at(entry(1, 1), 12), time.Unix(0, 0)), "1 source"},
		"spread, no start":   {wording.Spread(at(entry(3, 3), 12), time.Time{}), "3 independent sources"},
		"spread, uncounted":  {wording.Spread(at(entry(3, 0), 12), time.Unix(0, 0)), "3 sources in 12 minutes"},
		"line":               {wording.Line(" a\n\tb\u00a0 c "), "a b c"},
		"bidi":               {wording.Line("\u202egnp.exe\u202c\u2066\u200f"), "gnp.exe"},
		"hidden letters":     {wording.Line("cr\u200bi\u00adm\ufeffea\u2060"), "crimea"},
		"escape sequence":    {wording.Line("\x1b[31mred\x1b[0m\x00\x9b"), "[31mred[0m"},
		"persian joiner":     {wording.Line("می\u200cخواهم"), "می\u200cخواهم"},
		"emoji joiner":       {wording.Line("👩\u200d🚀"), "👩\u200d🚀"},
		"joiner in latin":    {wording.Line("a\u200db\u200cc"), "abc"},
		"tag characters":     {wording.Line("a\U000e0041\U000e0042"), "a"},
		"stacked marks":      {wording.Line("e" + strings.Repeat("\u0301", 50)), "e" + strings.Repeat("\u0301", 6)},
		"hidden in a stack":  {wording.Line("e" + strings.Repeat("\u0301\u200b", 50)), "e" + strings.Repeat("\u0301", 6)},
		"bad bytes":          {wording.Line("a\xff\xfeb"), "ab"},
		"fragment":           {wording.Fragment(" in six\nhours "), " in six hours "},
		"empty fragment":     {wording.Fragment("\u200b"), ""},
		"blank fragment":     {wording.Fragment("\n"), " "},
		"block":              {wording.Block("41 | a\r\n\n42 |\tb  \x1b[2J\n", 9), "41 | a\n\n42 |    b  [2J"},
		"long block":         {wording.Block("a\nb\nc", 2), "a\nb\n…"},
		"clip, short":        {wording.Clip("abc", 3), "abc"},
		"clip, at a word":    {wording.Clip("the quick brown fox", 17), "the quick brown…"},
		"clip, in a word":    {wording.Clip("Donaudampfschifffahrt", 6), "Donau…"},
		"clip, to nothing":   {wording.Clip("abc", 0), ""},
		"clip counts points": {wording.Clip("ゼレンスキー", 6), "ゼレンスキー"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.got != test.want {
				t.Errorf("got %q, want %q", test.got, test.want)
			}
		})
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"https://wire.example.com/a?x=1&y=2#z": "https://wire.example.com/a?x=1&y=2#z",
		" HTTP://wire.example.com/a|b> c ":     "http://wire.example.com/a%7Cb%3E%20c",
		"https://wire.example.com/é\u202e":     "https://wire.example.com/%C3%A9%E2%80%AE",
		"https://wire.example.com/?q=\"<x>":    "https://wire.example.com/?q=%22%3Cx%3E",
		"javascript:alert(1)":                  "",
		"data:text/html,x":                     "",
		"//wire.example.com/a":                 "",
		"https:wire.example.com":               "",
		"https://":                             "",
		"/a":                                   "",
		"":                                     "",
	}
	for raw, want := range tests {
		if got := wording.Link(raw); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

func TestLineIsSafeForAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		line := wording.Line(s)
		if again := wording.Line(line); again != line {
			t.Fatalf("not stable: %q, then %q", line, again)
		}
		for _, r := range line {
			if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x200b {
				t.Fatalf("%U is left in %q", r, line)
			}
		}
		limit := rapid.IntRange(0, 50).Draw(t, "limit")
		if n := utf8.RuneCountInString(wording.Clip(line, limit)); n > limit {
			t.Fatalf("%d characters, want at most %d", n, limit)
		}
	})
}

func entry(sources, publishers int) news.Entry {
	return news.Entry{Sources: make([]news.Source, sources), Publishers: publishers}
}

func at(e news.Entry, minutes int) news.Entry {
	e.At = time.Unix(0, 0).Add(time.Duration(minutes) * time.Minute)
	return e
}
