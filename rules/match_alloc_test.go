package rules_test

import (
	"strings"
	"testing"

	"newswatch/news"
	"newswatch/rules"
)

// TestNoAllocation reads texts of several scripts in which no rule finds
// anything.
func TestNoAllocation(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector a sync.Pool forgets at random")
	}
	rs, findings := rules.Compile(&rules.File{
		Entities: []rules.Entity{{ID: "c", Name: "Milo Castellan", Type: "person"}},
		Topics:   []rules.Topic{{ID: "t", Any: []rules.Term{{Text: "cease-fire"}, {Text: "armist*"}, {Text: "trêve", Lang: "fr"}}}},
		Rules:    []rules.Rule{{ID: "r", When: rules.Cond{Term: &rules.Term{Text: "topic:t"}}}},
	})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	for name, text := range map[string]string{
		"english":  "Rain fell on the harbour’s quay, “again”, said J. Brunn; well-known e-mails to a.b@quay.example or http://quay.example. Café.\n\n",
		"german":   "Regen fiel auf den Kai des Hafens, sagten Journalisten; viele Straßen und Brücken waren gesperrt.\n\n",
		"russian":  "Дождь шёл над гаванью, «снова», сообщил Ю. Брунн. Ещё раз: перемир'я немає.\n\n",
		"chinese":  "雨落在港口上，官员说。停战谈判仍在继续。\n\n",
		"korean":   "항구에 비가 내렸다. 회담은 계속된다.\n\n",
		"arabic":   "سقط المطر على الميناء، وقال المسؤول للصحفيين إن المحادثات مستمرة.\n\n",
		"hashtags": "#QuayRain #rainonthequay @harbourOffice www.quay.example quay.example/rain\n\n",
	} {
		it := &news.Item{Lang: map[string]string{"german": "de"}[name], Title: text[:strings.Index(text, "\n")], Body: strings.Repeat(text, 20)}
		rs.Match(it)
		if n := testing.AllocsPerRun(50, func() { rs.Match(it) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
