package story_test

import (
	"fmt"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/story"
)

// member makes a member that came some time after noon.
func member(id, outlet string, after time.Duration, rule string, entities ...string) news.Member {
	return news.Member{
		Item: news.Item{ID: id, Publisher: outlet, Fetched: noon.Add(after)},
		Hits: []news.Hit{{ItemID: id, Rule: rule, Entities: entities}},
	}
}

// spanned adds places where the rule of m matched, each another thing.
func spanned(m news.Member, in news.Field, starts ...int) news.Member {
	m.Item.Title, m.Item.Body = "Truce in sight for the valley of the two dams", "The truce is near. It rained."
	for _, start := range starts {
		by := fmt.Sprintf("topic:%s%d", in, start)
		m.Hits[0].Spans = append(m.Hits[0].Spans, news.Span{Field: in, Start: start, End: start + 5, By: by})
	}
	return m
}

func headed(m news.Member, title string) news.Member {
	m.Item.Title = title
	return m
}

func texted(m news.Member, body string) news.Member {
	m.Item.Title, m.Item.Body = "What is known", body
	return m
}

func copyOf(m news.Member, id string) news.Member {
	m.CopyOf = id
	return m
}

func TestDevelop(t *testing.T) {
	named := func(id string) string { return "the " + id }
	judge := story.NewJudge(story.Names{Rule: named, Entity: named})
	t.Parallel()
	first := member("1", "Wire", 0, "talks", "quill")
	for name, c := range map[string]struct {
		members      []news.Member
		developments []news.Development
		next         news.Member
		want         string
	}{
		"first member":       {nil, nil, first, ""},
		"nothing new":        {[]news.Member{first}, nil, member("2", "Post", time.Hour, "talks", "quill"), ""},
		"new rule":           {[]news.Member{first}, nil, member("2", "Post", time.Hour, "truce", "quill"), "now also: the truce"},
		"new entity":         {[]news.Member{first}, nil, headed(member("2", "Post", time.Hour, "talks", "quill", "vale"), "Vale joins Quill"), "new: the vale"},
		"entity in the text": {[]news.Member{first}, nil, texted(member("2", "Post", time.Hour, "talks", "vale"), "Vale was there as well."), ""},
		"entity in the first sentence, later": {
			[]news.Member{first}, nil, texted(member("2", "Post", 4*time.Hour, "talks", "vale"), "Vale was there as well."), "new: the vale",
		},
		"entity further down, later": {
			[]news.Member{first}, nil, texted(member("2", "Post", 4*time.Hour, "talks", "vale"), "It rained. Vale was there as well."), "",
		},
		"entity of two untold outlets, later": {
			[]news.Member{first, texted(member("2", "Post", 4*time.Hour, "talks", "vale"), "It rained. Vale was there.")}, nil,
			texted(member("3", "Review", 5*time.Hour, "talks", "vale"), "The sun shone. Vale came by train."), "new: the vale",
		},
		"new rule in the headline": {[]news.Member{first}, nil, spanned(member("2", "Post", time.Hour, "truce"), news.Title, 0, 40), "now also: the truce"},
		"new rule half in the headline": {
			[]news.Member{first}, nil, spanned(spanned(member("2", "Post", time.Hour, "truce"), news.Title, 0), news.Body, 300), "",
		},
		"new rule in the text": {[]news.Member{first}, nil, spanned(member("2", "Post", 5*time.Hour, "truce"), news.Body, 300, 310), ""},
		"new rule in two texts": {
			[]news.Member{first, spanned(member("2", "Post", 5*time.Hour, "truce"), news.Body, 300)}, nil,
			spanned(member("3", "Review", 6*time.Hour, "truce"), news.Body, 200), "now also: the truce",
		},
		"new rule in the first sentence, at once": {[]news.Member{first}, nil, spanned(member("2", "Post", time.Hour, "truce"), news.Body, 3), ""},
		"new rule in the first sentence, later":   {[]news.Member{first}, nil, spanned(member("2", "Post", 5*time.Hour, "truce"), news.Body, 3), "now also: the truce"},
		"copy with new rule":                      {[]news.Member{first}, nil, copyOf(member("2", "Post", time.Hour, "truce", "vale"), "1"), ""},
		"entity within the hour": {
			[]news.Member{first, member("2", "Post", time.Minute, "talks", "vale")},
			[]news.Development{{Version: 2, At: noon.Add(time.Minute), ItemID: "2", Reason: "new: the vale"}},
			member("3", "Review", 20*time.Minute, "talks", "moen"), "",
		},
		"entity told again after the hour": {
			[]news.Member{first, member("2", "Post", time.Minute, "talks", "vale"), member("3", "Review", 20*time.Minute, "talks", "moen")},
			[]news.Development{{Version: 2, At: noon.Add(time.Minute), ItemID: "2", Reason: "new: the vale"}},
			headed(member("4", "Courier", 2*time.Hour, "talks", "moen"), "Moen to follow"), "new: the moen",
		},
		"second new outlet": {
			[]news.Member{first, member("2", "Post", time.Minute, "talks")}, nil, member("3", "Review", time.Hour, "talks"), "",
		},
		"third new outlet": {
			[]news.Member{first, member("2", "Post", time.Minute, "talks"), member("3", "Review", 2*time.Minute, "talks")}, nil,
			member("4", "Courier", time.Hour, "talks"), "3 more outlets: Post, Review and Courier",
		},
		"copies are no outlets": {
			[]news.Member{first, copyOf(member("2", "Post", time.Minute, "talks"), "1"), member("3", "Review", 2*time.Minute, "talks")}, nil,
			member("4", "Courier", time.Hour, "talks"), "",
		},
		"an outlet counts once": {
			[]news.Member{first, member("2", "Post", time.Minute, "talks"), member("3", "Post", 2*time.Minute, "talks")}, nil,
			member("4", "Wire", time.Hour, "talks"), "",
		},
		"outlets since the last development": {
			[]news.Member{first, member("2", "Post", 0, "talks"), member("3", "Review", 0, "truce"), member("4", "Courier", 0, "talks")},
			[]news.Development{{Version: 2, At: noon, ItemID: "3", Reason: "now also: the truce"}},
			member("5", "Times", time.Hour, "talks"), "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &news.Story{FirstAt: noon, Members: c.members, Developments: c.developments}
			got, developed := judge.Develop(s, c.next)
			if got != c.want || developed != (c.want != "") {
				t.Errorf("got %q, %v, want %q", got, developed, c.want)
			}
		})
	}
}

func TestLead(t *testing.T) {
	t.Parallel()
	item := func(id string, weight int, body string) news.Member {
		return news.Member{Item: news.Item{ID: id, Weight: weight, Title: "Bridge over the strait closed", Body: body}}
	}
	old := func(m news.Member) news.Member {
		m.Item.Baseline = true
		return m
	}
	for name, c := range map[string]struct {
		lead    string
		members []news.Member
		want    string
	}{
		"none":                             {"", nil, ""},
		"heaviest":                         {"", []news.Member{item("a", 5, "x"), item("b", 8, "x"), item("c", 8, "x")}, "b"},
		"with a text":                      {"", []news.Member{item("a", 5, ""), item("b", 5, "x")}, "b"},
		"earliest":                         {"", []news.Member{item("a", 5, "x"), item("b", 5, "x")}, "a"},
		"a little heavier changes nothing": {"a", []news.Member{item("a", 5, "x"), item("b", 8, "x")}, "a"},
		"clearly heavier":                  {"a", []news.Member{item("a", 5, "x"), item("b", 10, "x")}, "b"},
		"heavier without text":             {"a", []news.Member{item("a", 5, "x"), item("b", 10, "")}, "a"},
		"text where the lead has none":     {"a", []news.Member{item("a", 5, ""), item("b", 5, "x")}, "b"},
		"lead is gone":                     {"z", []news.Member{item("a", 5, "x")}, "a"},
		"heavier copy":                     {"", []news.Member{item("a", 5, "x"), copyOf(item("b", 8, "x"), "a")}, "a"},
		"clearly heavier copy":             {"", []news.Member{item("a", 5, "x"), copyOf(item("b", 10, "x"), "a")}, "b"},
		"copy with the text":               {"", []news.Member{item("a", 5, ""), copyOf(item("b", 5, "x"), "a")}, "a"},
		"baseline":                         {"", []news.Member{old(item("a", 9, "x")), item("b", 1, "x")}, "b"},
		"baseline comes later":             {"a", []news.Member{item("a", 1, "x"), old(item("b", 9, "x"))}, "a"},
		"cut off":                          {"a", []news.Member{headed(item("a", 5, "x"), "The bridge over the strait is…"), item("b", 5, "x")}, "b"},
		"shouted":                          {"", []news.Member{headed(item("a", 6, "x"), "BRIDGE OVER STRAIT CLOSED"), item("b", 5, "x")}, "b"},
		"shouted, clearly heavier":         {"", []news.Member{headed(item("a", 10, "x"), "BRIDGE OVER STRAIT CLOSED"), item("b", 5, "x")}, "a"},
		"heavier, cut off":                 {"a", []news.Member{item("a", 5, "x"), headed(item("b", 20, "x"), "The bridge over the...")}, "a"},
		"without a headline":               {"", []news.Member{headed(item("a", 5, "x"), ""), item("b", 5, "x")}, "b"},
		"short capitals":                   {"a", []news.Member{headed(item("a", 5, "x"), "NATO, UN"), item("b", 5, "x")}, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := story.Lead(&news.Story{LeadID: c.lead, Members: c.members}); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
