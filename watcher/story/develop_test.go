package story_test

import (
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

func copyOf(m news.Member, id string) news.Member {
	m.CopyOf = id
	return m
}

func TestDevelop(t *testing.T) {
	named := func(id string) string { return "the " + id }
	names := story.Names{Rule: named, Entity: named}
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
		"new entity":         {[]news.Member{first}, nil, member("2", "Post", time.Hour, "talks", "quill", "vale"), "new: the vale"},
		"copy with new rule": {[]news.Member{first}, nil, copyOf(member("2", "Post", time.Hour, "truce", "vale"), "1"), ""},
		"entity within the hour": {
			[]news.Member{first, member("2", "Post", time.Minute, "talks", "vale")},
			[]news.Development{{Version: 2, At: noon.Add(time.Minute), ItemID: "2", Reason: "new: the vale"}},
			member("3", "Review", 20*time.Minute, "talks", "moen"), "",
		},
		"entity told again after the hour": {
			[]news.Member{first, member("2", "Post", time.Minute, "talks", "vale"), member("3", "Review", 20*time.Minute, "talks", "moen")},
			[]news.Development{{Version: 2, At: noon.Add(time.Minute), ItemID: "2", Reason: "new: the vale"}},
			member("4", "Courier", 2*time.Hour, "talks", "moen"), "new: the moen",
		},
		"second new outlet": {
			[]news.Member{first, member("2", "Post", time.Minute, "talks")}, nil, member("3", "Review", time.Hour, "talks"), "",
		},
		"third new outlet": {
			[]news.Member{first, member("2", "Post", time.Minute, "talks"), member("3", "Review", 2*time.Minute, "talks")}, nil,
			member("4", "Courier", time.Hour, "talks"), "taken up by more outlets",
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
			got, developed := story.Develop(s, c.next, names)
			if got != c.want || developed != (c.want != "") {
				t.Errorf("got %q, %v, want %q", got, developed, c.want)
			}
		})
	}
}

func TestLead(t *testing.T) {
	t.Parallel()
	item := func(id string, weight int, body string) news.Member {
		return news.Member{Item: news.Item{ID: id, Weight: weight, Body: body}}
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
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := story.Lead(&news.Story{LeadID: c.lead, Members: c.members}); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
