package notify_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/notify"
)

// muted is a store with stories and what readers said.
type muted struct {
	notify.PlanStore
	stories []*news.Story
	told    map[string]news.Told
	said    news.Triage
}

func (muted) Plan(context.Context, string) (news.PlanState, error) { return news.PlanState{}, nil }

func (m muted) Untold(context.Context, string, []string, int) (news.Untold, error) {
	return news.Untold{Stories: m.stories}, nil
}

func (m muted) Told(context.Context, string, []string) (map[string]news.Told, error) {
	return m.told, nil
}

func (muted) CountItems(context.Context, time.Time, time.Time) (items, feeds int, err error) {
	return 1, 1, nil
}

func (m muted) Triage(context.Context) (news.Triage, error) { return m.said, nil }

var zero = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// tester is a test, of a property or not.
type tester interface {
	Context() context.Context
	Fatal(args ...any)
}

// preview gives the stories that a digest would tell at an hour, and how many it
// says are muted.
func (m muted) preview(t tester, hour int) (told map[string]bool, held int) {
	plan := news.Plan{ID: "desk", Kind: news.DigestPlan, Cron: "0 8 * * *", Timezone: time.UTC, Rules: []string{"r0", "r1", "r2"}}
	p := notify.NewPlanner(notify.PlannerConfig{Store: m, Titles: func(r string) string { return r }, Now: func() time.Time { return at(hour) }})
	d, err := p.Preview(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	told = map[string]bool{}
	for _, id := range d.Stories() {
		told[id] = true
	}
	return told, d.Muted
}

func at(hour int) time.Time { return zero.Add(time.Duration(hour) * time.Hour) }

// drawStory is a story of a few reports within ten days, told before or not.
func drawStory(t *rapid.T, n int) (*news.Story, news.Told) {
	s := &news.Story{ID: fmt.Sprintf("s%d", n), Version: 1}
	hour := rapid.IntRange(0, 200).Draw(t, "first")
	for i := range rapid.IntRange(1, 4).Draw(t, "reports") {
		it := news.Item{ID: fmt.Sprintf("%s-%d", s.ID, i), Title: "t", Fetched: at(hour), Published: at(hour),
			Publisher: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "source")}
		m := news.Member{Item: it}
		for _, r := range rapid.SliceOfNDistinct(rapid.IntRange(0, 2), 1, 2, rapid.ID).Draw(t, "rules") {
			h := news.Hit{ItemID: it.ID, Rule: fmt.Sprintf("r%d", r), Score: 50}
			for _, e := range rapid.SliceOfN(rapid.SampledFrom([]string{"e0", "e1"}), 0, 2).Draw(t, "entities") {
				h.Spans = append(h.Spans, news.Span{By: "entity:" + e})
			}
			m.Hits = append(m.Hits, h)
		}
		if i > 0 {
			s.Version++
			s.Developments = append(s.Developments, news.Development{Version: s.Version, At: at(hour), ItemID: it.ID, Reason: "more"})
		}
		s.Members = append(s.Members, m)
		s.LastAt = at(hour)
		hour += rapid.IntRange(0, 20).Draw(t, "later")
	}
	told := news.Told{StoryID: s.ID}
	if s.Version > 1 && rapid.Bool().Draw(t, "told before") {
		told.Version = rapid.IntRange(1, s.Version-1).Draw(t, "told version")
	}
	return s, told
}

func drawMute(t *rapid.T, stories int) news.Mute {
	from := rapid.IntRange(0, 250).Draw(t, "from")
	m := news.Mute{At: at(from), Until: at(from + rapid.IntRange(1, 120).Draw(t, "hours"))}
	m.Kind = rapid.SampledFrom([]news.MuteKind{news.MuteStory, news.MuteRule, news.MuteEntity, news.MuteSource}).Draw(t, "kind")
	m.Key = map[news.MuteKind]string{
		news.MuteStory: fmt.Sprintf("s%d", rapid.IntRange(0, stories-1).Draw(t, "story")), news.MuteRule: fmt.Sprintf("r%d", rapid.IntRange(0, 2).Draw(t, "rule")),
		news.MuteEntity: rapid.SampledFrom([]string{"e0", "e1"}).Draw(t, "entity"), news.MuteSource: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "source"),
	}[m.Kind]
	return m
}

// newest is when something last happened in a story that was not told.
func newest(s *news.Story, told news.Told) time.Time {
	if told.Version > 0 {
		return s.Developments[len(s.Developments)-1].At
	}
	return s.LastAt
}

// A mute never loses a story for ever: whatever is muted, each story is told,
// counted as muted, or passed under mutes that had a day to go when it happened;
// when the mutes are over all else is told, and when they are lifted all is.
func TestMutesLoseNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := muted{told: map[string]news.Told{}}
		for n := range rapid.IntRange(1, 5).Draw(t, "stories") {
			s, told := drawStory(t, n)
			m.stories = append(m.stories, s)
			if told.Version > 0 {
				m.told[s.ID] = told
			}
		}
		for range rapid.IntRange(0, 5).Draw(t, "mutes") {
			m.said.Mutes = append(m.said.Mutes, drawMute(t, len(m.stories)))
		}
		now := rapid.IntRange(0, 400).Draw(t, "now")
		told, held := m.preview(t, now)
		passed := 0
		for _, s := range m.stories {
			if !told[s.ID] && mayHavePassed(m.said.Mutes, newest(s, m.told[s.ID])) {
				passed++
			}
		}
		if len(told)+held+passed < len(m.stories) {
			t.Fatalf("%d told, %d muted, at most %d passed, of %d stories", len(told), held, passed, len(m.stories))
		}
		over := 400 // all mutes are
		if told, held = m.preview(t, over); held > 0 {
			t.Fatalf("%d muted when all mutes are over", held)
		}
		for _, s := range m.stories {
			if !told[s.ID] && !mayHavePassed(m.said.Mutes, newest(s, m.told[s.ID])) {
				t.Fatalf("story %s is lost: its newest of %v was not told", s.ID, newest(s, m.told[s.ID]))
			}
			s.Version++
			s.Developments = append(s.Developments, news.Development{Version: s.Version, At: at(over - 1), ItemID: s.Members[0].Item.ID})
			s.Members[len(s.Members)-1].Item.Fetched = at(over - 1)
		}
		if told, _ = m.preview(t, over); len(told) < len(m.stories) {
			t.Fatalf("%d told of %d stories that developed after the mutes", len(told), len(m.stories))
		}
		m.said.Mutes = nil
		if told, held = m.preview(t, now); len(told) < len(m.stories) || held > 0 {
			t.Fatalf("%d told of %d stories without a mute, %d muted", len(told), len(m.stories), held)
		}
	})
}

// mayHavePassed says whether something happened while a mute had a day to go.
func mayHavePassed(mutes []news.Mute, t time.Time) bool {
	for _, m := range mutes {
		if news.InForce(m.At, m.Until.Add(-notify.StillNews), t) {
			return true
		}
	}
	return false
}

// Who follows a story is told whatever rule or entity is muted.
func TestFollowedStoriesAreTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, told := drawStory(t, 0)
		m := muted{stories: []*news.Story{s}, told: map[string]news.Told{s.ID: told}}
		for range rapid.IntRange(1, 5).Draw(t, "mutes") {
			if mute := drawMute(t, 1); mute.Kind == news.MuteRule || mute.Kind == news.MuteEntity {
				m.said.Mutes = append(m.said.Mutes, mute)
			}
		}
		m.said.Follows = []news.Follow{{StoryID: s.ID, At: zero, Until: at(1000)}}
		if got, held := m.preview(t, rapid.IntRange(0, 400).Draw(t, "now")); len(got) != 1 || held != 0 {
			t.Fatalf("%d told, %d muted", len(got), held)
		}
	})
}

// A mute of a source means an outlet, also when a feed of another one has an id of
// the same letters.
func TestMutedSourceIsAnOutlet(t *testing.T) {
	t.Parallel()
	m := muted{said: news.Triage{Mutes: []news.Mute{{Kind: news.MuteSource, Key: "a", At: zero, Until: at(48)}}}}
	for id, publisher := range map[string]string{"s1": "Borel", "s2": "A"} {
		it := news.Item{ID: id, FeedID: "a", Publisher: publisher, Title: "t", Fetched: at(1), Published: at(1)}
		m.stories = append(m.stories, &news.Story{ID: id, Version: 1, LeadID: id, LastAt: at(1), Members: []news.Member{
			{Item: it, Hits: []news.Hit{{ItemID: id, Rule: "r0", Score: 50}}},
		}})
	}
	if told, held := m.preview(t, 2); !told["s1"] || told["s2"] || held != 1 {
		t.Errorf("told %v, %d muted", told, held)
	}
}
