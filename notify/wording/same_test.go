package wording_test

import (
	"testing"

	"newswatch/news"
	"newswatch/notify/wording"
)

func TestSame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b string
		want bool
	}{
		"marks and case": {"Strait bridge: closed!", "strait bridge closed", true},
		"another word":   {"Strait bridge closed", "Strait bridge shut", false},
		"apostrophes":    {"Lanta’s chief", "Lanta's chief", true},
		"no words":       {"🚢", "🔥", false},
		"equal":          {"🚢", "🚢", true},
		"no spaces":      {"海峡大橋、閉鎖", "海峡大橋 閉鎖", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := wording.Same(c.a, c.b); got != c.want {
				t.Errorf("Same(%q, %q) = %v", c.a, c.b, got)
			}
		})
	}
}

func TestNothingIsSaidTwice(t *testing.T) {
	t.Parallel()
	const headline = "Strait bridge closes for the third night"
	const said = "The operator blames a fault in the northern bearings of the bridge."
	for name, c := range map[string]struct {
		summary, quote     string
		wantSum, wantQuote bool
	}{
		"two that differ":               {said, "Ferries carry lorries across until Thursday.", true, true},
		"the summary is the headline":   {headline + ".", said, false, true},
		"the quote is the headline":     {said, "Strait bridge closes for a third night", true, false},
		"both are the headline":         {headline, headline, false, false},
		"equal: the quote has the mark": {said, said, false, true},
		"the quote is in the summary":   {said + " Ferries carry lorries across until Thursday.", said, true, false},
		"the summary is in the quote":   {"The operator blames a fault in the bearings.", said, false, true},
		"one word more":                 {"“The operator blames a fault in the northern bearings of the old bridge.”", said, false, true},
		"none":                          {"", "", false, false},
		"only titles":                   {"", said, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			summary, quote := wording.Tells(news.Entry{Headline: headline, Summary: c.summary, Quote: news.Quote{Text: c.quote}})
			if summary != c.wantSum || quote != c.wantQuote {
				t.Errorf("got summary %v, quote %v; want %v, %v", summary, quote, c.wantSum, c.wantQuote)
			}
		})
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	report := func(url, headline string) news.Source {
		return news.Source{Name: "Wire", URL: "https://wire.example/" + url, Headline: headline}
	}
	e := news.Entry{Headline: "Ferry sinks", News: []news.Change{
		{Reason: "a", Report: report("1", "Eight dead")},
		{Reason: "b", Report: report("2", "Ferry sinks!")}, // what stands there already
		{Reason: "c", Report: report("3", "Captain held")},
		{Reason: "now also in Post"},
		{Reason: "d", Report: report("1", "Nine dead"), Was: "Eight dead"},
	}}
	want := []string{"Nine dead", "Captain held"}
	var got []string
	for _, c := range wording.Changes(e) {
		got = append(got, c.Report.Headline)
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %q, want %q", got, want)
	}
	if c, ok := wording.Latest(e); !ok || c.Reason != "d" {
		t.Errorf("Latest = %v, %v", c, ok)
	}
	e.Headline = "Nine dead" // as the edited report has it
	if c, ok := wording.Latest(e); !ok || c.Reason != "c" {
		t.Errorf("Latest = %v, %v; want what does not stand there already", c, ok)
	}
	if _, ok := wording.Latest(news.Entry{}); ok {
		t.Error("nothing is new, and yet there is a latest change")
	}
}

func TestNewsAddsUp(t *testing.T) {
	t.Parallel()
	fresh := func(n int) []news.Source {
		list := []news.Source{{Name: "Wire"}}
		for range n {
			list = append(list, news.Source{Name: "Post", New: true})
		}
		return list
	}
	taken := []news.Change{{Reason: "now also in Post"}}
	signed := []news.Change{{Reason: "now: signed", Report: news.Source{Name: "Post", Headline: "Signed"}}}
	for name, c := range map[string]struct {
		e    news.Entry
		want string
	}{
		"more outlets":             {news.Entry{Since: 2, Sources: fresh(2), News: taken}, "2 more sources"},
		"and one that had it":      {news.Entry{Since: 2, Sources: fresh(3), News: taken}, "3 new reports"},
		"only those that had it":   {news.Entry{Sources: fresh(1)}, "1 new report"},
		"a development":            {news.Entry{Since: 2, Sources: fresh(2), News: append(taken, signed...)}, "Now also in Post; now: signed"},
		"none that anybody listed": {news.Entry{}, "New reports"},
		"reports of their own":     {news.Entry{Sources: fresh(0), News: []news.Change{{Reason: "2 outlets have reports of their own now, 1 before"}}}, "2 outlets have reports of their own now, 1 before"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := wording.News(c.e); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
