package news_test

import (
	"slices"
	"testing"

	"newswatch/news"
)

func TestSourcesAndPublishers(t *testing.T) {
	t.Parallel()
	member := func(id, publisher, copyOf string) news.Member {
		return news.Member{Item: news.Item{ID: id, Publisher: publisher}, CopyOf: copyOf}
	}
	for name, c := range map[string]struct {
		members             []news.Member
		sources, publishers []string
	}{
		"none":          {nil, nil, nil},
		"two feeds":     {[]news.Member{member("a", "Wire", ""), member("b", "Wire", "")}, []string{"Wire"}, []string{"Wire"}},
		"a copy":        {[]news.Member{member("a", "Wire", ""), member("b", "Post", "a")}, []string{"Wire", "Post"}, []string{"Wire"}},
		"copy and own":  {[]news.Member{member("a", "Wire", ""), member("b", "Post", "a"), member("c", "Post", "")}, []string{"Wire", "Post"}, []string{"Wire", "Post"}},
		"written twice": {[]news.Member{member("a", "The Southern Post", ""), member("b", "southern post", ""), member("c", "Southern-Post", "")}, []string{"The Southern Post"}, []string{"The Southern Post"}},
		"look alike":    {[]news.Member{member("a", "Radio 1", ""), member("b", "Radio 2", ""), member("c", "Radio+", "")}, []string{"Radio 1", "Radio 2", "Radio+"}, []string{"Radio 1", "Radio 2", "Radio+"}},
		"only marks":    {[]news.Member{member("a", "!!!", ""), member("b", "???", "")}, []string{"!!!", "???"}, []string{"!!!", "???"}},
		"other scripts": {[]news.Member{member("a", "Вечірній кур’єр", ""), member("b", "ВЕЧІРНІЙ КУР’ЄР", "")}, []string{"Вечірній кур’єр"}, []string{"Вечірній кур’єр"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &news.Story{Members: c.members}
			if got := s.Sources(); !slices.Equal(got, c.sources) {
				t.Errorf("got the sources %q, want %q", got, c.sources)
			}
			if got := s.Publishers(); !slices.Equal(got, c.publishers) {
				t.Errorf("got the publishers %q, want %q", got, c.publishers)
			}
		})
	}
}
