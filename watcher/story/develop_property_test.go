package story_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"newswatch/news"
)

// TestDevelopments holds for any reports, hostile ones among them: a copy tells
// nothing, no fact is told twice, a reason is short, and the events of the story
// hold each of its members once.
func TestDevelopments(t *testing.T) {
	t.Parallel()
	judge := plain()
	said := rapid.OneOf(
		rapid.SampledFrom([]string{
			"Ferry sinks, 8 dead", "Ferry: death toll rises to 12", "Captain arrested", "Truce signed", "Truce to be signed", "Twelve dead",
			"$1.5bn offer", "Vote on 20 June", "Correction: barge, not ferry", "Quill resigns", "", "\xff\xfe 99999999999999999999 dead",
			"1,,2..3 killed", "€€€", "- - -", "12 12 12 12 killed dead", "“”\"„", "killed", "25. April",
		}),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		s := &news.Story{FirstAt: noon}
		var told []string
		for i := range rapid.IntRange(1, 12).Draw(t, "members") {
			at := noon.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour)
			m := news.Member{Item: news.Item{
				ID: fmt.Sprint(i), Publisher: rapid.SampledFrom([]string{"A", "B", "C", "D", ""}).Draw(t, "outlet"),
				Lang: rapid.SampledFrom([]string{"en", "de", "uk", "", "xx"}).Draw(t, "lang"), Published: at, Fetched: at,
				Title: said.Draw(t, "title"), Body: said.Draw(t, "first") + ". " + said.Draw(t, "second"),
			}}
			m.Item.Revise()
			if i > 0 && rapid.IntRange(0, 4).Draw(t, "copy") == 0 {
				m.CopyOf = "0"
			}
			reason, developed := judge.Develop(s, m)
			if developed != (reason != "") || developed && m.CopyOf != "" || len(reason) > 400 {
				t.Fatalf("got %q, %v of %+v", reason, developed, m)
			}
			if developed {
				for part := range strings.SplitSeq(reason, "; ") {
					if strings.HasPrefix(part, "now: ") && slices.Contains(told, part) {
						t.Fatalf("%q is told twice", part)
					}
					told = append(told, part)
				}
				s.Developments = append(s.Developments, news.Development{ItemID: m.Item.ID, At: at, Reason: reason})
			}
			s.Members = append(s.Members, m)
		}
		held := 0
		for _, e := range judge.Events(s) {
			held += len(e.Items)
		}
		if held != len(s.Members) {
			t.Fatalf("the events hold %d of %d members", held, len(s.Members))
		}
		edited := s.Members[0]
		edited.TitleWas = said.Draw(t, "title before")
		judge.Correct(s, edited)
	})
}
