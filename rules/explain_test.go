package rules_test

import (
	"slices"
	"strings"
	"testing"

	"newswatch/news"
	"newswatch/rules"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	rs := deskRules(t)
	tests := map[string]struct {
		it     news.Item
		rule   string
		failed string
		held   int
		of     int
	}{
		"nothing":         {news.Item{Body: "rain"}, "ostriv-status", "nothing of entity:ostriv", 0, 3},
		"one side":        {news.Item{Body: "Ostriv sleeps"}, "ostriv-status", "nothing of status, recogni*, cede, province", 1, 3},
		"too far":         {news.Item{Body: "Ostriv one two three four five six seven eight nine status"}, "ostriv-status", "“Ostriv” and “status” are 10 words apart, 8 are allowed", 2, 3},
		"paragraphs":      {news.Item{Body: "Ostriv\n\nstatus"}, "ostriv-status", "“Ostriv” and “status” stand in different paragraphs", 2, 3},
		"order":           {news.Item{Body: "Marolia sanctions"}, "relief-ordered", "“sanctions” and “Marolia” stand in the wrong order", 2, 3},
		"sentence":        {news.Item{Body: "Castellan slept. He met nobody."}, "shuttle", "“Castellan” and “met” do not stand in the same sentence", 2, 3},
		"half of all":     {news.Item{Body: "a truce"}, "truce", "nothing of entity:ostriv, entity:velkograd, Ulm, Marolia*", 1, 2},
		"feed":            {news.Item{FeedID: "courier", Body: "a truce"}, "wire-only", `the feed is "courier", not one of tag:wire`, 2, 3},
		"none":            {news.Item{FeedID: "ticker", Body: "a football truce"}, "wire-only", "“football” stands there, and is under none", 2, 3},
		"too few matches": {news.Item{Body: "Ostriv and Ostriv"}, "insistent", "2 of 3 matches", 0, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := rs.Explain(&tt.it)
			i := slices.IndexFunc(got.Misses, func(m rules.Miss) bool { return m.Rule == tt.rule })
			if i < 0 {
				t.Fatalf("rule %s is no miss", tt.rule)
			}
			m := got.Misses[i]
			if m.Failed != tt.failed || m.Held != tt.held || m.Of != tt.of {
				t.Errorf("got %q (%d of %d), want %q (%d of %d)", m.Failed, m.Held, m.Of, tt.failed, tt.held, tt.of)
			}
			if m.Title != rs.Title(tt.rule) {
				t.Errorf("title %q, want %q", m.Title, rs.Title(tt.rule))
			}
		})
	}
}

func TestExplainNotes(t *testing.T) {
	t.Parallel()
	rs := deskRules(t)
	for body, want := range map[string]string{
		"Odintsov won the regatta.":    "“Odintsov” is not entity:odintsov: nothing that surname_needs",
		"Igor Odintsov of Velkograd":   "“Odintsov” is not entity:odintsov: another given name",
		"Castellan Group buys a hotel": "“Castellan” is not entity:castellan: it is part of a phrase under except",
		"Milo Castellan Jr. sings":     "“Milo Castellan” is not entity:castellan: it is a junior",
	} {
		got := rs.Explain(&news.Item{Body: body}).Notes
		if !slices.ContainsFunc(got, func(n string) bool { return strings.HasPrefix(n, want) }) {
			t.Errorf("%s: got notes %q, want one that begins %q", body, got, want)
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	rs := deskRules(t)
	for id, want := range map[string][]string{
		"vereshchynsky":    {"Taras Vereshchynsky", "Vereshchynskyy", "Верещинського", "Тарасом Верещинським", "ヴェレシチン"},
		"castellan":        {"=Castellan", "Gen Castellan", "Кастелланом"},
		"entity:velkograd": {"Велькограде", "Харкова", "Велькі Луки"},
		"truce":            {"cease fire", "ceasefire", "ceasefires", "truces", "перемир*", "прекращени* огня", "停战"},
		"talks":            {"topic:truce", "entity:castellan"},
	} {
		got, err := rs.Expand(id)
		if err != nil {
			t.Error(err)
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%s does not expand to %q; it does to %q", id, w, got)
			}
		}
		if n := len(slices.Compact(slices.Sorted(slices.Values(got)))); n != len(got) {
			t.Errorf("%s expands to %d forms, only %d of them distinct", id, len(got), n)
		}
	}
	if _, err := rs.Expand("nobody"); err == nil {
		t.Error("expanding an unknown id gave no error")
	}
}
