package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/rules"
)

func TestHit(t *testing.T) {
	t.Parallel()
	it := &news.Item{
		ID: "i1", FeedID: "courier", Weight: 5, Lang: "en",
		Title: "Castellan in Velkograd",
		Body:  "Rain fell.\n\nThere is no “cease‑fire” on the Ulm yet, said Vereshchynskyy’s office. It waits.",
	}
	got := deskRules(t).Match(it)
	if diff := cmp.Diff([]string{"castellan", "velkograd", "vereshchynsky"}, got.Entities); diff != "" {
		t.Errorf("entities (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"truce", "talks"}, got.Topics); diff != "" {
		t.Errorf("topics (-want +got):\n%s", diff)
	}
	if len(got.Hits) != 1 {
		t.Fatalf("got %d hits, want 1: %+v", len(got.Hits), got.Hits)
	}
	h := got.Hits[0]
	want := news.Hit{
		ItemID: "i1", Rule: "truce", Score: 51, Entities: got.Entities, Negated: true,
		Parts: []news.ScorePart{{What: "rule", Points: 40}, {What: "feed courier", Points: 5}, {What: "2 further entities", Points: 6}},
		Why:   "“cease‑fire” + “Velkograd”",
		Quote: news.Quote{Text: "There is no “cease‑fire” on the Ulm yet, said Vereshchynskyy’s office."},
	}
	spans, marks := h.Spans, h.Quote.Marks
	h.Spans, h.Quote.Marks = nil, nil
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("hit (-want +got):\n%s", diff)
	}
	var said []string
	for _, s := range spans {
		said = append(said, fmt.Sprintf("%s %s %s", s.Field, s.By, it.Text(s.Field)[s.Start:s.End]))
	}
	if diff := cmp.Diff([]string{"title entity:velkograd Velkograd", "body topic:truce cease‑fire", "body Ulm Ulm"}, said); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	var marked []string
	for _, m := range marks {
		marked = append(marked, h.Quote.Text[m[0]:m[1]])
	}
	if diff := cmp.Diff([]string{"cease‑fire", "Ulm"}, marked); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
}

func TestScore(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		it   news.Item
		rule string
		want int
	}{
		"rule alone":         {news.Item{Body: "A truce on the Ulm"}, "truce", 40},
		"boost in title":     {news.Item{Title: "A truce on the Ulm"}, "truce", 60},
		"feed":               {news.Item{FeedID: "courier", Weight: 5, Body: "A truce on the Ulm"}, "truce", 45},
		"capped":             {news.Item{FeedID: "courier", Weight: 90, Title: "A truce on the Ulm"}, "truce", 100},
		"never under zero":   {news.Item{FeedID: "courier", Weight: -90, Title: "A truce on the Ulm"}, "truce", 0},
		"near, other entity": {news.Item{Body: "The status of Ostriv, says Velkograd"}, "ostriv-status", 48},
	}
	rs := deskRules(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, h := range rs.Match(&tt.it).Hits {
				if h.Rule != tt.rule {
					continue
				}
				sum := 0
				for _, p := range h.Parts {
					sum += p.Points
				}
				if h.Score != tt.want || sum != tt.want {
					t.Errorf("got score %d, parts %v, want %d", h.Score, h.Parts, tt.want)
				}
				return
			}
			t.Errorf("rule %s does not match", tt.rule)
		})
	}
}

func TestBindings(t *testing.T) {
	t.Parallel()
	rs := deskRules(t)
	tests := map[string]struct {
		it   news.Item
		want bool
	}{
		"feed with the tag":    {news.Item{FeedID: "ticker", Body: "a truce"}, true},
		"feed without the tag": {news.Item{FeedID: "courier", Body: "a truce"}, false},
		"none holds":           {news.Item{FeedID: "ticker", Body: "a football truce"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := slices.ContainsFunc(rs.Match(&tt.it).Hits, func(h news.Hit) bool { return h.Rule == "wire-only" })
			if got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func term(text string) *rules.Term { return &rules.Term{Text: text} }

// TestConditions asks conditions that the sample file does not have.
func TestConditions(t *testing.T) {
	t.Parallel()
	leaf := func(text string) rules.Cond { return rules.Cond{Term: term(text)} }
	author := rules.Cond{In: []news.Field{news.Author}, Any: []rules.Cond{leaf("Brunn")}}
	tests := map[string]struct {
		when rules.Cond
		it   news.Item
		want bool
	}{
		"author":             {author, news.Item{Author: "Halka Brunn"}, true},
		"author only there":  {author, news.Item{Title: "Halka Brunn"}, false},
		"title is no author": {leaf("Brunn"), news.Item{Author: "Halka Brunn"}, false},
		"url":                {rules.Cond{In: []news.Field{news.URL}, Term: term("harbour")}, news.Item{URL: "https://courier.example/harbour/1"}, true},
		"categories part":    {rules.Cond{In: []news.Field{news.Category}, Term: term("quiet waters")}, news.Item{Categories: []string{"quiet", "waters"}}, false},
		"lang":               {rules.Cond{Lang: []string{"ru"}, Term: term("мир")}, news.Item{Body: "мир сегодня, ёлки"}, true},
		"lang of the script": {rules.Cond{Lang: []string{"ru"}, Term: term("мир")}, news.Item{Body: "мир і їжа"}, false},
		"lang alone":         {rules.Cond{Lang: []string{"fr"}}, news.Item{Lang: "fr-CA"}, true},
		"none alone":         {rules.Cond{None: []rules.Cond{leaf("truce")}}, news.Item{Body: "rain"}, true},
		"none fails":         {rules.Cond{None: []rules.Cond{leaf("truce")}}, news.Item{Body: "truce"}, false},
		"paragraph": {
			rules.Cond{Near: &rules.Near{A: []rules.Cond{leaf("boat")}, B: []rules.Cond{leaf("quay")}, Within: rules.Within{Unit: rules.Paragraph}}},
			news.Item{Body: "A boat. A long way. The quay."}, true,
		},
		"other paragraph": {
			rules.Cond{Near: &rules.Near{A: []rules.Cond{leaf("boat")}, B: []rules.Cond{leaf("quay")}, Within: rules.Within{Unit: rules.Paragraph}}},
			news.Item{Body: "A boat.\n\nThe quay."}, false,
		},
		"not near itself": {
			rules.Cond{Near: &rules.Near{A: []rules.Cond{leaf("boat")}, B: []rules.Cond{leaf("boat")}, Within: rules.Within{Words: 5}}},
			news.Item{Body: "One boat."}, false,
		},
		"abbreviations do not end a sentence": {
			rules.Cond{Near: &rules.Near{A: []rules.Cond{leaf("boat")}, B: []rules.Cond{leaf("quay")}, Within: rules.Within{Unit: rules.Sentence}}},
			news.Item{Body: "The boat of Mr. J. Brunn of the U.S. left the quay."}, true,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rs, findings := rules.Compile(&rules.File{Rules: []rules.Rule{{ID: "r", When: tt.when, Score: 1}}})
			if len(findings) > 0 {
				t.Fatal(findings)
			}
			if got := len(rs.Match(&tt.it).Hits) > 0; got != tt.want {
				t.Errorf("got %v, want %v; %+v", got, tt.want, rs.Explain(&tt.it).Misses)
			}
		})
	}
}

func TestLanguageTerms(t *testing.T) {
	t.Parallel()
	rs, _ := rules.Compile(&rules.File{
		Feeds:  []news.Feed{{ID: "gazette", Lang: "fr"}},
		Topics: []rules.Topic{{ID: "dish", Any: []rules.Term{{Text: "poutine", Lang: "fr"}}}},
	})
	for lang, want := range map[string]int{"fr": 1, "fr-CA": 1, "en": 0, "": 0} {
		if got := len(rs.Match(&news.Item{Lang: lang, Body: "une poutine"}).Topics); got != want {
			t.Errorf("lang %q: got %d topics, want %d", lang, got, want)
		}
	}
	if got := len(rs.Match(&news.Item{FeedID: "gazette", Body: "une poutine"}).Topics); got != 1 {
		t.Errorf("language of the feed: got %d topics, want 1", got)
	}
}

func TestCompileFindings(t *testing.T) {
	t.Parallel()
	at := rules.Pos{File: "rules.yaml", Line: 3, Column: 7}
	tests := map[string]struct {
		file rules.File
		want []string
	}{
		"nothing to find": {rules.File{Topics: []rules.Topic{{ID: "t", Any: []rules.Term{{Text: "?!", Pos: at}}}}}, []string{"empty-term"}},
		"unknown entity":  {rules.File{Topics: []rules.Topic{{ID: "t", Any: []rules.Term{{Text: "entity:x", Pos: at}}}}}, []string{"unknown-entity"}},
		"unknown topic":   {rules.File{Rules: []rules.Rule{{ID: "r", When: rules.Cond{Term: &rules.Term{Text: "topic:x", Pos: at}}}}}, []string{"unknown-topic"}},
		"cycle": {rules.File{Topics: []rules.Topic{
			{ID: "a", Any: []rules.Term{{Text: "topic:b", Pos: at}}, Pos: at},
			{ID: "b", Any: []rules.Term{{Text: "topic:a", Pos: at}}, Pos: at},
		}}, []string{"topic-cycle"}},
		"too long": {rules.File{Topics: []rules.Topic{{ID: "t", Any: []rules.Term{{Text: strings.Repeat("word ", 17), Pos: at}}}}}, []string{"long-term"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rs, findings := rules.Compile(&tt.file)
			var got []string
			for _, f := range findings {
				got = append(got, f.Code)
				if f.Pos != at || f.Severity != rules.SeverityError {
					t.Errorf("finding %+v, want an error at %v", f, at)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
			rs.Match(&news.Item{Title: "word"})
		})
	}
}

func TestLongText(t *testing.T) {
	t.Parallel()
	rs := deskRules(t)
	it := &news.Item{Body: strings.Repeat("слово ", 200_000) + "Ostriv truce"}
	got := rs.Explain(it)
	if len(got.Entities) > 0 || !slices.ContainsFunc(got.Notes, func(n string) bool { return strings.Contains(n, "1024 KiB") }) {
		t.Errorf("got entities %v and notes %v, want none and one about the length", got.Entities, got.Notes)
	}
}

// TestHostile feeds texts that would take a quadratic matcher minutes.
func TestHostile(t *testing.T) {
	t.Parallel()
	rs := deskRules(t)
	pieces := map[string]string{
		"hyphens": "a-", "mail": "a@b.", "urls": "http://", "names": "Ostriv status ", "needs": "Odintsov ",
		"lower": "castellan vereshchynsky ", "masks": "Castellan Tower ", "accents": "e\u0301\u0302", "hashtags": "#ostrivostriv ",
		"apostrophes": "a'", "dots": "U.", "quotes": ".\"”", "hangul": "베", "jamo": "\u1100\u1161\u11a8", "lines": "a\n", "blocks": "Related\n\n",
		"bangs": "!", "breves": "\u0306", "soft": "a'\u200b", "near": "Castellan\n\nmet\n\n",
		"slashes": "a//", "webs": "www.", "signs": "://", "ats": "@", "dashes": "a—", "genitives": "ab’s ", "letters": "ж", "pairs": "ж ",
		"broken": "\xd0", "leads": "\xe2\x80", "breaks": "a-\n", "elisions": "l’", "plain": "a ", "capitals": "OSTRIV ", "marks": "“", "initials": "a. ", "acronyms": "U.S. ", "long": "internationalisations ", "hosts": "www.x ", "camel": "#aBcD", "truce": "truce status Ostriv ",
	}
	for name, piece := range pieces {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			it := &news.Item{Body: strings.Repeat(piece, 1<<20/len(piece))}
			start := time.Now()
			rs.Match(it)
			// A loaded machine needs seconds, with the race detector half a minute; quadratic
			// work would need hours.
			if d := time.Since(start); d > 3*time.Minute {
				t.Errorf("took %v", d)
			}
		})
	}
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	rs := deskRules(t)
	it := article(t)
	want := rs.Match(it)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				rs.Match(&news.Item{Title: "Ostriv truce", Body: "Milo Castellan met Odintsov"})
				if diff := cmp.Diff(want, rs.Match(it)); diff != "" {
					t.Errorf("another result (-want +got):\n%s", diff)
				}
			}
		})
	}
	wg.Wait()
}

// checkResult holds a result to what every caller relies on.
func checkResult(t interface{ Errorf(string, ...any) }, it *news.Item, r rules.Result) {
	last := 101
	for _, h := range r.Hits {
		if h.Score < 0 || h.Score > 100 || h.Score > last {
			t.Errorf("score %d after %d", h.Score, last)
		}
		last = h.Score
		for _, s := range h.Spans {
			text := it.Text(s.Field)
			if s.Start < 0 || s.Start >= s.End || s.End > len(text) || !utf8.RuneStart(text[s.Start]) {
				t.Errorf("span %+v is not in %q", s, text)
			}
		}
		end := 0
		for _, m := range h.Quote.Marks {
			if m[0] < end || m[0] >= m[1] || m[1] > len(h.Quote.Text) || !utf8.ValidString(h.Quote.Text[m[0]:m[1]]) {
				t.Errorf("mark %v in quote %q", m, h.Quote.Text)
			}
			end = m[1]
		}
		if !utf8.ValidString(h.Why) || utf8.RuneCountInString(h.Why) > 90 {
			t.Errorf("why %q", h.Why)
		}
		if h.Quote.Text == "" || len(h.Quote.Text) > 500 {
			t.Errorf("quote of %d bytes for rule %s", len(h.Quote.Text), h.Rule)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{
		"Ostriv truce status", "Milo Castellan met Odintsov.", "cease-\nfire U.S. Ulm", "O\u0301striv#CamelCase@x.y",
		"베레신이\u1100\u1161", "للرمان", "http://a.b/c d@e.f", "’s’’-–—", "1.2.3 A.B.C", "\xff\xfe\x00", "Related\n\n©\n\n",
	} {
		f.Add(s, s)
	}
	rs := deskRules(f)
	f.Fuzz(func(t *testing.T, title, body string) {
		it := &news.Item{Title: strings.ToValidUTF8(title, ""), Body: strings.ToValidUTF8(body, "")}
		r := rs.Match(it)
		checkResult(t, it, r)
		if diff := cmp.Diff(r, rs.Explain(it).Result); diff != "" {
			t.Errorf("Explain gives another result (-Match +Explain):\n%s", diff)
		}
	})
}

// TestProperties mixes words that matter with marks that may part them.
func TestProperties(t *testing.T) {
	t.Parallel()
	rs := deskRules(t)
	words := []string{
		"Ostriv", "truce", "cease-fire", "Castellan", "Milo", "met", "status", "Odintsov", "Velkograd", "relief", "sanctions",
		"Marolia", "no", "Mr.", ".", ",", "\n\n", "\n", "“", "”", "-", "Jr.", "Group", "Igor", "OSTRIV", "peace", "plan", "перемирия", "奥斯特里夫",
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 30).Draw(t, name), rapid.SampledFrom([]string{" ", ""}).Draw(t, "sep"))
		}
		it := &news.Item{Title: draw("title"), Body: draw("body")}
		r := rs.Match(it)
		checkResult(t, it, r)
		longer := *it
		longer.Body += "\n\nNothing happened at sea that day."
		if diff := cmp.Diff(r.Entities, rs.Match(&longer).Entities); diff != "" {
			t.Errorf("a paragraph about nothing changed the entities of %q:\n%s", it.Body, diff)
		}
	})
}

// TestTruncated reads a text that ends within a letter.
func TestTruncated(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"\xd0", "truce \xd0", "\xd0\x9c\xd0", "well-\xd0", "é\xe2\x80", "it\xe2\x80\x99"} {
		if got := deskRules(t).Match(&news.Item{Title: "x", Body: body}); len(got.Hits) > 0 {
			t.Errorf("%q: got hits %v", body, got.Hits)
		}
	}
}

// TestShortNames finds people by what their given names are called in short.
func TestShortNames(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]string{
		"Thomas Marlow":    {"Tom Marlow", "Tommy Marlow", "Том Марлоу", "Thomas Marlow"},
		"Robert Marlow":    {"Bob Marlow"},
		"Elizabeth Marlow": {"Liz Marlow", "Beth Marlow"},
		"Daniel Marlow":    {"Dan Marlow", "Danny Marlow"},
		"Natalia Marlow":   {"Natasha Marlow"},
	} {
		rs, findings := rules.Compile(&rules.File{Entities: []rules.Entity{{
			ID: "m", Name: name, Type: "person", Surname: []rules.Term{{Text: "Marlow"}, {Text: "Марлоу"}},
		}}})
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		for _, text := range texts {
			if got := rs.Match(&news.Item{Title: text + " spoke"}).Entities; len(got) != 1 {
				t.Errorf("%s is not found as %s", name, text)
			}
		}
		if got := rs.Match(&news.Item{Title: "Oscar Marlow spoke"}).Entities; len(got) > 0 {
			t.Errorf("%s is found as Oscar", name)
		}
	}
}

// TestIgnoredBesideOtherFields ignores blocks of the body also where a rule asks
// for other fields.
func TestIgnoredBesideOtherFields(t *testing.T) {
	t.Parallel()
	rs, findings := rules.Compile(&rules.File{
		Settings: news.Settings{IgnoreBlocks: []string{"Read more"}},
		Rules: []rules.Rule{
			{ID: "truce", When: rules.Cond{Term: &rules.Term{Text: "truce"}}},
			{ID: "world", When: rules.Cond{Term: &rules.Term{Text: "world"}, In: []news.Field{news.URL}}},
		},
	})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	got := rs.Match(&news.Item{Body: "A row.\n\nRead more: truce talks", URL: "https://quay.example/world/budget"})
	if len(got.Hits) != 1 || got.Hits[0].Rule != "world" {
		t.Errorf("got hits %v, want world alone", got.Hits)
	}
}

// TestManyStems walks a term of many equal stems, of which each word of the text
// has several forms.
func TestManyStems(t *testing.T) {
	t.Parallel()
	rs, findings := rules.Compile(&rules.File{Topics: []rules.Topic{{
		ID: "t", Any: []rules.Term{{Text: strings.TrimSpace(strings.Repeat("hafenstadt* ", 16))}},
	}}})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	got := rs.Match(&news.Item{Lang: "de", Body: strings.Repeat("Hafenstadten ", 40)})
	if len(got.Topics) != 1 {
		t.Errorf("got topics %v, want t", got.Topics)
	}
}

// TestInitialOfTheNext leaves a name alone whose neighbour begins with an initial.
func TestInitialOfTheNext(t *testing.T) {
	t.Parallel()
	rs, findings := rules.Compile(&rules.File{Entities: []rules.Entity{
		{ID: "g", Name: "Антон Градов", Type: "person", Surname: []rules.Term{{Text: "Градов"}}},
	}})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	for text, want := range map[string]int{
		"Звонок Градова В. Одинцову": 1, "Why Lindeners Still Miss Градов": 1,
		"Градов В. И., министр": 0, "Градов А. И., министр": 1,
	} {
		if got := rs.Match(&news.Item{Lang: "ru", Title: text}).Entities; len(got) != want {
			t.Errorf("%q: got %v, want %d", text, got, want)
		}
	}
}
