package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/rules"
)

// foundBy returns what a term finds in a title, as it is written there.
func foundBy(t *testing.T, term, title string) []string {
	t.Helper()
	rs, findings := rules.Compile(&rules.File{
		Topics: []rules.Topic{{ID: "t", Any: []rules.Term{{Text: term}}}},
		Rules:  []rules.Rule{{ID: "r", Score: 1, When: rules.Cond{Term: &rules.Term{Text: "topic:t"}}}},
	})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	it := &news.Item{Title: title}
	r := rs.Match(it)
	checkResult(t, it, r)
	var out []string
	for _, h := range r.Hits {
		for _, s := range h.Spans {
			out = append(out, title[s.Start:s.End])
		}
		if n := len(h.Quote.Marks); n == 0 {
			t.Errorf("%q in %q: no mark in the quote %q", term, title, h.Quote.Text)
		}
	}
	return out
}

// TestTermsMatchThemselves looks for terms where they stand as they are written.
func TestTermsMatchThemselves(t *testing.T) {
	t.Parallel()
	for _, term := range []string{
		"AT&T", "Marks & Spencer", "RFE/RL", "24/7", "1,000 troops", "3.5 percent", "Booking.com", "12:30", "=AT&T", "=RFE/RL",
		"No. 10", "Yahoo! Finance", "Huawei Technologies Co., Ltd", "Foo (Bar)", "C++ developers", "Paris – Ostriv", "U.S. & Canada", "50% rise",
		"troop* & tank*", "cease-fire/truce", "Quay's: harbour", "1,000,000,000,000,000 boats", "“Quay” & “Sons”", "Велькоград/Остров",
	} {
		t.Run(term, func(t *testing.T) {
			t.Parallel()
			bare := strings.TrimSuffix(strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(term, "="), "* ", " "), "*", ""), ")")
			want := strings.TrimSuffix(strings.TrimPrefix(bare, "“"), "”")
			for _, frame := range []string{"%", "Rain in %'s report", "%, he said", "(%)", "It is %.", "“%” again", "a: %; b", "So/%/so", "See\n\n%\n\nthere"} {
				if diff := cmp.Diff([]string{want}, foundBy(t, term, strings.Replace(frame, "%", bare, 1))); diff != "" {
					t.Errorf("in %q (-want +got):\n%s", strings.Replace(frame, "%", bare, 1), diff)
				}
			}
		})
	}
}

// TestSigns looks for terms where other marks stand than theirs, or none.
func TestSigns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		term, title string
		want        bool
	}{
		{"AT&T", "AT & T", true},
		{"AT&T", "AT &\nT", true},
		{"AT&T", "AT T", false},
		{"AT&T", "AT-T", false},
		{"AT&T", "Look at T. Rex", false},
		{"9/11", "open 9-11 a.m.", false},
		{"7.5", "won 7-5, 6-2", false},
		{"No. 10", "there is no 10 percent", false},
		{"AT&T", "“AT”&“T”", true},
		{"AT&T", "AT, T", false},
		{"AT&T", "AT && T", false},
		{"AT&T", "AT &\n\nT", false},
		{"AT&T", "AT\n&\nT", false},
		{"AT T", "AT&T", false},
		{"Marks & Spencer", "Marks&Spencer", true},
		{"Marks & Spencer", "Marks and Spencer", false},
		{"Marks & Spencer", "Marks, Spencer", false},
		{"aa, bb & cc dd", "aa bb & cc dd", true},
		{"aa, bb & cc dd", "aa, bb cc dd", true},
		{"aa, bb & cc dd", "aa & bb, cc dd", false},
		{"aa, bb & cc dd", "aa, bb & cc, dd", false},
		{"3.5 percent", "In 3. 5 percent fell", false},
		{"3.5 percent", "3.\n5 percent", false},
		{"No. 10", "No.10", true},
		{"No. 10", "He said no.\n10 fell", false},
		{"Yahoo! Finance", "Yahoo Finance", true},
		{"Yahoo! Finance", "Yahoo? Finance", false},
		{"=AT&T", "at&t", false},
		{"=Quay&Sons", "QUAY&SONS", true},
		{"rail/boat", "rail/boats", true},
		{"Castellan/Milo", "Castellan's/Milo", true},
		{"U.S. & Canada", "US & Canada", true},
		{"cease-fire/truce", "ceasefire/truce", true},
		{"cease-fire/truce", "cease fire / truce", true},
		{"quay/courier", "see http://quay/courier", false},
	}
	for _, tt := range tests {
		if got := foundBy(t, tt.term, tt.title); len(got) > 0 != tt.want {
			t.Errorf("%q in %q: got %q, want %v", tt.term, tt.title, got, tt.want)
		}
	}
}

// TestExpandSigns lists terms with signs as they are written, and without.
func TestExpandSigns(t *testing.T) {
	t.Parallel()
	rs, _ := rules.Compile(&rules.File{Topics: []rules.Topic{{ID: "t", Any: []rules.Term{
		{Text: "AT&T"}, {Text: "=Marks & Spencer"}, {Text: "troop*/tanks"}, {Text: "aa, bb-cs"},
	}}}})
	got, err := rs.Expand("t")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"AT&T", "=Marks & Spencer", "=Marks Spencer", "troop*/tanks", "troop* tanks",
		"aa, bb cs", "aa, bbcs", "aa bb cs", "aa bbcs",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("forms (-want +got):\n%s", diff)
	}
}
