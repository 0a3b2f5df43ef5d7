package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"newswatch/news"
)

// TestMuteEndsInOneMessage: what mutes held back comes together at their end,
// whether they ended or were lifted; a single story as an alert of its own.
func TestMuteEndsInOneMessage(t *testing.T) {
	t.Parallel()
	rule := news.Mute{Kind: news.MuteRule, Key: "r", At: noon.Add(-3 * time.Hour), Until: noon}
	source := news.Mute{Kind: news.MuteSource, Key: "Aster", At: noon.Add(-3 * time.Hour), Until: noon}
	before := news.Mute{Kind: news.MuteRule, Key: "r", At: noon.Add(-5 * time.Hour), Until: noon.Add(-4 * time.Hour)}
	for name, c := range map[string]struct {
		said       news.Triage
		publishers int
		stories    int
		want       map[news.DeliveryKind]int
	}{
		"ended":                {news.Triage{Mutes: []news.Mute{rule}}, 1, 30, map[news.DeliveryKind]int{news.KindDigest: 1}},
		"lifted":               {news.Triage{Lifted: []news.Mute{rule}}, 1, 30, map[news.DeliveryKind]int{news.KindDigest: 1}},
		"one of two outlets":   {news.Triage{Mutes: []news.Mute{source}}, 2, 30, map[news.DeliveryKind]int{news.KindDigest: 1}},
		"an outlet too many":   {news.Triage{Mutes: []news.Mute{source}}, 1, 3, map[news.DeliveryKind]int{news.KindAlert: 3}},
		"a single story":       {news.Triage{Lifted: []news.Mute{rule}}, 1, 1, map[news.DeliveryKind]int{news.KindAlert: 1}},
		"ended before it came": {news.Triage{Mutes: []news.Mute{before}}, 1, 3, map[news.DeliveryKind]int{news.KindAlert: 3}},
		"no mute":              {news.Triage{}, 1, 3, map[news.DeliveryKind]int{news.KindAlert: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &shelf{said: c.said}
			for i := range c.stories {
				a, b := fmt.Sprint("a", i), fmt.Sprint("b", i)
				d.untold = append(d.untold, &news.Story{
					ID: fmt.Sprint("s", i), Version: 1, LeadID: a,
					Members: []news.Member{member(a, "Aster", "Ferry "+a, 60+i), member(b, "Borel", "Ferry "+b, 30)},
				})
			}
			plan := urgent()
			plan.Title, plan.MinPublishers, plan.Wait = "Urgent", c.publishers, 24*time.Hour
			sent := d.runPlan(t, plan)
			got := map[news.DeliveryKind]int{}
			for _, m := range d.commit.Deliveries {
				got[m.Kind]++
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) || len(d.commit.Told) != c.stories {
				t.Errorf("got %v that tell %d stories, want %v that tell %d", got, len(d.commit.Told), c.want, c.stories)
			}
			if c.want[news.KindDigest] > 0 && !strings.HasPrefix(sent[news.KindDigest], "Urgent: after the mute") {
				t.Errorf("got %q", sent[news.KindDigest])
			}
		})
	}
}

// TestQuietHoursEnd: an alert is looked at when its quiet hours end, also when
// nothing is to be told but how far stories grew.
func TestQuietHoursEnd(t *testing.T) {
	t.Parallel()
	plan := urgent()
	plan.Quiet = &news.QuietHours{From: 11 * 60, To: 13 * 60}
	d := &shelf{}
	d.runPlan(t, plan)
	if want := noon.Add(time.Hour); !d.commit.Next.Equal(want) {
		t.Errorf("looks again at %v, want %v", d.commit.Next, want)
	}
}

// TestGrownMessages: the message of a story that grew is rewritten whenever it would
// show something else, whatever the number of its outlets is, and else not.
func TestGrownMessages(t *testing.T) {
	t.Parallel()
	story := func(members ...news.Member) *news.Story {
		return &news.Story{ID: "s", Version: 1, LeadID: members[0].Item.ID, Members: members}
	}
	aster, borel, coast := member("a", "Aster", "Ferry capsizes", 90), member("b", "Borel", "Ferry lost", 80), member("c", "Coast", "Ferry sinks", 30)
	again := member("a2", "Aster", "Ferry capsizes", 20)
	told := news.Told{
		StoryID: "s", Version: 1, Sources: 2, Publishers: 2, At: noon.Add(-time.Hour), First: noon.Add(-time.Hour), DeliveryID: "al_1", Destination: "slack:d",
	}
	rewriting := func(told news.Told, s *news.Story) string {
		t.Helper()
		d := &shelf{grown: []*news.Story{s}, told: map[string]news.Told{"s": told}}
		d.run(t)
		if len(d.commit.Deliveries) == 0 {
			return ""
		}
		return d.commit.Deliveries[0].ID
	}
	if id := rewriting(told, story(aster, borel, again)); id != "" {
		t.Errorf("a report of an outlet that it names: rewriting %s", id)
	}
	if id := rewriting(told, story(aster, coast)); id == "" {
		t.Error("no rewriting when one outlet went and another came")
	}
	more := rewriting(told, story(aster, borel, coast))
	if more == "" {
		t.Fatal("no rewriting when an outlet came")
	}
	told.Rewriting = more
	if id := rewriting(told, story(aster, borel, coast)); id != "" {
		t.Errorf("it shows that already: rewriting %s", id)
	}
	if id := rewriting(told, story(aster, borel)); id == "" || id == more {
		t.Errorf("got rewriting %q when the outlet went again, want another than %s", id, more)
	}
}
