package notify_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/notify"
)

func TestFirstLookAndSpec(t *testing.T) {
	t.Parallel()
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	plan := news.Plan{ID: "desk", Kind: news.DigestPlan, Cron: "0 8 * * *", Timezone: vienna}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	got, err := notify.FirstLook(plan, now)
	if want := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC); err != nil || !got.Equal(want) {
		t.Errorf("FirstLook = %v, %v; want %v", got, err, want)
	}
	if got := notify.Spec(plan); got != "0 8 * * * Europe/Vienna" {
		t.Errorf("Spec = %q", got)
	}
	plan.Cron = "never"
	if _, err := notify.FirstLook(plan, now); err == nil || !strings.Contains(err.Error(), "desk") {
		t.Errorf("FirstLook of a broken schedule = %v, want an error that names the plan", err)
	}
}

// oneStory is a store with one story to tell.
type oneStory struct {
	notify.PlanStore
	story *news.Story
}

func (oneStory) Plan(context.Context, string) (news.PlanState, error) { return news.PlanState{}, nil }

func (o oneStory) Untold(context.Context, string, []string, int) (news.Untold, error) {
	return news.Untold{Stories: []*news.Story{o.story}}, nil
}

func (oneStory) Told(context.Context, string, []string) (map[string]news.Told, error) {
	return nil, nil
}

func (oneStory) Triage(context.Context) (news.Triage, error) { return news.Triage{}, nil }

func (oneStory) CountItems(context.Context, time.Time, time.Time) (items, feeds int, err error) {
	return 2, 2, nil
}

// said is a summarizer that always says the same.
type said news.Summary

func (s said) Summarize(*news.Story) news.Summary { return news.Summary(s) }

func TestSummaryNamesWhoseWordsItQuotes(t *testing.T) {
	t.Parallel()
	hit := []news.Hit{{Rule: "r", Score: 50}}
	story := &news.Story{ID: "s", Version: 1, LeadID: "a", Members: []news.Member{
		{Item: news.Item{ID: "a", Publisher: "Wire", URL: "https://wire.example/a", Title: "Bridge closed", Body: "The bridge is closed until Thursday."}, Hits: hit},
		{Item: news.Item{ID: "b", Publisher: "Post", URL: "https://post.example/b", Title: "Cracks", Body: "Cracks were found in two pylons."}, Hits: hit},
	}}
	for name, c := range map[string]struct {
		summarizer notify.Summarizer
		text, by   string
	}{
		"none":          {nil, "The bridge is closed until Thursday.", ""},
		"nothing found": {said{}, "The bridge is closed until Thursday.", ""},
		"the lead's":    {said{"It is closed.", "a"}, "It is closed.", ""},
		"another's":     {said{"Cracks were found.", "b"}, "Cracks were found.", "Post"},
		"of no member":  {said{"It rains.", "z"}, "The bridge is closed until Thursday.", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := notify.NewPlanner(notify.PlannerConfig{
				Store: oneStory{story: story}, Titles: func(string) string { return "" }, Now: time.Now, Summarizer: c.summarizer,
			})
			d, err := p.Preview(t.Context(), news.Plan{ID: "desk", Kind: news.DigestPlan, Cron: "0 8 * * *", Timezone: time.UTC, Rules: []string{"r"}})
			if err != nil {
				t.Fatal(err)
			}
			e := d.Sections[0].Entries[0]
			if e.Summary != c.text || e.SummaryBy.Name != c.by {
				t.Errorf("got %q by %q, want %q by %q", e.Summary, e.SummaryBy.Name, c.text, c.by)
			}
			if c.by != "" && e.SummaryBy.URL != "https://post.example/b" {
				t.Errorf("the summary leads to %s", e.SummaryBy.URL)
			}
		})
	}
}

// TestADigestCoversTheTimeSinceTheLastOne: whether that was made by hand or not, and
// whatever slots there were between them with nothing to send.
func TestADigestCoversTheTimeSinceTheLastOne(t *testing.T) {
	t.Parallel()
	made := noon.AddDate(0, 0, -9)
	plan := news.Plan{ID: "desk", Kind: news.DigestPlan, Title: "Desk", Rules: []string{"ports"}, Cron: "0 8,12 * * *", Timezone: time.UTC}
	for name, c := range map[string]struct{ slot, sent, want time.Time }{
		"by hand since the slot":  {noon.Add(-4 * time.Hour), noon.Add(-time.Hour), noon.Add(-time.Hour)},
		"nothing in the slot":     {noon.Add(-4 * time.Hour), noon.Add(-28 * time.Hour), noon.Add(-28 * time.Hour)},
		"none was sent until now": {noon.Add(-4 * time.Hour), time.Time{}, made},
	} {
		p := notify.NewPlanner(notify.PlannerConfig{
			Store: &shelf{state: news.PlanState{CreatedAt: made, LastAt: c.slot, SentAt: c.sent}}, Titles: strings.ToUpper, Now: func() time.Time { return noon },
		})
		d, err := p.Preview(t.Context(), plan)
		if err != nil || !d.From.Equal(c.want) {
			t.Errorf("%s: got the time from %s, %v; want %s", name, d.From, err, c.want)
		}
	}
}
