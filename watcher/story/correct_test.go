package story_test

import (
	"testing"
	"time"

	"newswatch/news"
)

func TestCorrect(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ was, is, other, want string }{
		"not edited":             {"", "Ferry sinks off Lemba", "", ""},
		"same":                   {"Ferry sinks off Lemba", "Ferry sinks off Lemba", "", ""},
		"number down":            {"Ferry sinks off Lemba, 14 dead", "Ferry sinks off Lemba, 12 dead", "", "headline corrected: 12, was 14"},
		"number up":              {"Ferry sinks off Lemba, 8 dead", "Ferry sinks off Lemba, 12 dead", "", "death toll now 12, was 8"},
		"number that was told":   {"Ferry sinks off Lemba, 8 dead", "Ferry sinks off Lemba, 12 dead", "Twelve dead as ferry sinks", "headline corrected: 12, was 8"},
		"spelling of a number":   {"Ferry sinks off Lemba, twelve dead", "Ferry sinks off Lemba, 12 dead", "", ""},
		"name":                   {"Envoy Quill to lead the talks", "Envoy Moen to lead the talks", "", "headline corrected: Moen, was Quill"},
		"name in title case":     {"Envoy Quill To Lead The Talks", "Envoy Moen To Lead The Talks", "", ""},
		"verb":                   {"Parliament of Osten approves the plan", "Parliament of Osten rejects the plan", "", "now: rejected"},
		"verb that was told":     {"Parliament of Osten approves the plan", "Parliament of Osten rejects the plan", "Osten rejects plan", "headline corrected: rejects, was approves"},
		"synonym":                {"Conductor dies in a fire", "Conductor killed in a fire", "", ""},
		"happened":               {"Osten to sign the truce", "Osten signs the truce", "", "now: signed"},
		"a word more":            {"Ferry sinks off Lemba", "Ferry sinks off Lemba at night", "", ""},
		"written anew":           {"Ferry sinks off Lemba", "Divers look for the missing of Tuesday night", "", ""},
		"mark":                   {"Ferry sinks off Lemba", "Correction: Barge sinks off Lemba", "", "headline corrected: Barge, was Ferry"},
		"mark and new words":     {"Ferry sinks off Lemba", "Correction: what we know of the accident on Tuesday", "", "headline corrected"},
		"first word":             {"Ferry sinks off Lemba", "Barge sinks off Lemba", "", ""},
		"another kind of a mark": {"Corrected: Barge sinks off Lemba", "Corrected: Barge sinks near Lemba", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := news.Member{Item: report("Wire", 0, c.is, "").item(), TitleWas: c.was}
			s := &news.Story{FirstAt: noon, Members: []news.Member{m}}
			if c.other != "" {
				s.Members = append(s.Members, news.Member{Item: report("Post", 1, c.other, "").item()})
			}
			got, developed := plain().Correct(s, m)
			if got != c.want || developed != (c.want != "") {
				t.Errorf("got %q, %v, want %q", got, developed, c.want)
			}
			s.Developments = []news.Development{{ItemID: m.Item.ID, At: noon, Reason: got}}
			if again, developed := plain().Correct(s, m); developed {
				t.Errorf("got %q a second time", again)
			}
		})
	}
}

func TestCopiesAndOldItemsCorrectNothing(t *testing.T) {
	t.Parallel()
	m := news.Member{Item: report("Wire", 0, "Ferry sinks, 12 dead", "").item(), TitleWas: "Ferry sinks, 8 dead"}
	s := &news.Story{FirstAt: noon, Members: []news.Member{m}}
	repeats, old := m, m
	repeats.CopyOf, old.Item.Baseline = "x", true
	for _, m := range []news.Member{repeats, old} {
		if reason, developed := plain().Correct(s, m); developed {
			t.Errorf("got %q", reason)
		}
	}
}

func TestCorrectionAsAnItemOfItsOwn(t *testing.T) {
	t.Parallel()
	s := &news.Story{FirstAt: noon, Members: []news.Member{{Item: report("Wire", 0, "Ferry sinks off Lemba", "").item()}}}
	got, _ := plain().Develop(s, news.Member{Item: report("Wire", 1, "Correction: Barge, not ferry, sank off Lemba", "").item()})
	if want := "correction by Wire"; got != want {
		t.Errorf("got %q after %s, want %q", got, time.Hour, want)
	}
}
