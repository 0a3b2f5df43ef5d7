package story_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/watcher/story"
)

func TestSummarize(t *testing.T) {
	t.Parallel()
	wire := "A bridge over the Strait of Orme was closed on Monday after an inspector found cracks in two pylons. Lorries are sent over the old ferry until Thursday."
	post := "Traffic stood still in Sarriko. The bridge over the Strait of Orme is closed because of cracks in two of its pylons, an inspector said on Monday. It will be looked at bolt by bolt."
	for name, c := range map[string]struct {
		rows []row
		text string
		item string
	}{
		"none":           {nil, "", ""},
		"without a text": {[]row{report("Wire", 0, "Bridge closed", "")}, "", ""},
		"one report":     {[]row{report("Wire", 0, "Bridge closed", wire)}, wire, "Wire"},
		"the nearest to all": {
			[]row{report("Post", 0, "Bridge closed", "Fishermen have a good year, they say, and the weather is fine in all of the harbours."), report("Wire", 1, "Bridge closed", wire), report("Review", 2, "Cracks", post)},
			wire, "Wire",
		},
		"boilerplate":    {[]row{report("Wire", 0, "Bridge closed", "Sign up for our newsletter and never miss a thing about the bridge. This site uses cookies to serve you the bridge better.")}, "", ""},
		"cut off":        {[]row{report("Wire", 0, "Bridge closed", "A bridge over the Strait of Orme was closed on Monday after an inspector found…")}, "", ""},
		"teaser dots":    {[]row{report("Wire", 0, "Bridge closed", "A bridge over the Strait of Orme was closed on Monday after an inspector...")}, "", ""},
		"headline again": {[]row{report("Wire", 0, "A bridge over the Strait of Orme is closed for a week", "A bridge over the Strait of Orme is closed for a week.")}, "", ""},
		"shouted":        {[]row{report("Wire", 0, "Bridge closed", "THE BRIDGE OVER THE STRAIT OF ORME IS CLOSED UNTIL THURSDAY.")}, "", ""},
		"address":        {[]row{report("Wire", 0, "Bridge closed", "More about the bridge over the strait is at https://wire.example/bridge for you.")}, "", ""},
		"Ukrainian":      {[]row{in("uk", report("Wire", 0, "Міст закрито", "Міст через протоку закрили в понеділок через тріщини у двох опорах. Підпишіться на наш канал, щоб не пропустити новини про міст."))}, "Міст через протоку закрили в понеділок через тріщини у двох опорах.", "Wire"},
		"paragraphs stay apart": {
			[]row{report("Wire", 0, "Bridge closed", strings.Replace(wire, ". ", ".\n\n", 1))}, strings.SplitAfter(wire, ".")[0], "Wire",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := plain().Summarize(tellAll(plain(), c.rows))
			if got.Text != c.text || !strings.HasPrefix(got.ItemID, c.item) || (c.item == "") != (got.ItemID == "") {
				t.Errorf("got %+v, want %q of %s", got, c.text, c.item)
			}
		})
	}
}

func TestSummaryOfCopiesAndOldItems(t *testing.T) {
	t.Parallel()
	text := "A bridge over the Strait of Orme was closed on Monday."
	s := tellAll(plain(), []row{report("Old", 0, "Bridge closed", text), report("Wire", 1, "Bridge closed", "The harbour master closed the bridge over the strait.")})
	s.Members[0].Item.Baseline, s.LeadID = true, ""
	if got := plain().Summarize(s); got.ItemID != s.Members[1].Item.ID {
		t.Errorf("got the words of %s, want those of the report that is no baseline", got.ItemID)
	}
}

// TestSummaryIsQuoted holds for any texts that a summary stands in its item word
// for word, and is never long.
func TestSummaryIsQuoted(t *testing.T) {
	t.Parallel()
	judge := plain()
	sentences := rapid.SampledFrom([]string{
		"The bridge over the strait was closed on Monday.", "Lorries wait for the old ferry, as they did before the bridge was built!",
		"Sign up for our newsletter to read of bridges.", "short.", "no capital at the start of this sentence.", "\n\n", "\n", "  ", "…", "\xff\xfe",
		strings.Repeat("A long sentence about the bridge goes on and on ", 9) + ".", "Міст закрили в понеділок через тріщини у двох опорах.",
	})
	rapid.Check(t, func(t *rapid.T) {
		s := &news.Story{}
		for i := range rapid.IntRange(1, 5).Draw(t, "members") {
			body := strings.Join(rapid.SliceOfN(sentences, 0, 8).Draw(t, "body"), " ")
			s.Members = append(s.Members, news.Member{Item: news.Item{ID: string(rune('a' + i)), Title: "Bridge closed", Body: body, Lang: "en"}})
		}
		s.LeadID = story.Lead(s)
		got := judge.Summarize(s)
		if got == (news.Summary{}) {
			return
		}
		for _, m := range s.Members {
			if m.Item.ID == got.ItemID && strings.Contains(m.Item.Body, got.Text) && got.Text != "" && utf8.RuneCountInString(got.Text) <= 240 &&
				!strings.Contains(got.Text, "newsletter") {
				return
			}
		}
		t.Fatalf("%+v stands in no member", got)
	})
}

func BenchmarkSummarize(b *testing.B) {
	judge := plain()
	var rows []row
	for i := range 40 {
		rows = append(rows, report("outlet "+string(rune('a'+i%26)), float64(i), "Bridge closed", strings.Repeat("The bridge over the strait was closed on Monday because of cracks. ", 40)))
	}
	s := tellAll(judge, rows)
	for b.Loop() {
		judge.Summarize(s)
	}
}

func BenchmarkDevelop(b *testing.B) {
	judge := plain()
	var rows []row
	for i := range 200 {
		rows = append(rows, report("outlet", float64(i)/10, "Bridge closed", strings.Repeat("The bridge over the strait was closed on Monday because of cracks. ", 40)))
	}
	s := tellAll(judge, rows)
	m := news.Member{Item: report("other", 21, "Two killed on the bridge", rows[0].Text).item()}
	for b.Loop() {
		judge.Develop(s, m)
	}
}

func TestSummaryOfEqualReportsIsAlwaysTheFirst(t *testing.T) {
	t.Parallel()
	text := "A bridge over the Strait of Orme was closed on Monday after an inspector found cracks in two pylons."
	s := tellAll(plain(), []row{
		report("Lead", 0, "Bridge closed", "Closed."), report("Post", 1, "Cracks in the pylons", text), report("Wire", 2, "Ferry is back", text),
	})
	s.LeadID = s.Members[0].Item.ID
	for range 200 {
		if got := plain().Summarize(s); got.ItemID != s.Members[1].Item.ID {
			t.Fatalf("got the words of %s, want those of the first of two that say the same", got.ItemID)
		}
	}
}
