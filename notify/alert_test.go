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

// TestOneMessageAfterTheNight: what became ready in quiet hours comes together, also
// what waited for a second outlet since before them.
func TestOneMessageAfterTheNight(t *testing.T) {
	t.Parallel()
	plan := urgent()
	plan.Title, plan.Quiet, plan.MinPublishers, plan.Wait = "Urgent", &news.QuietHours{From: 10 * 60, To: 12 * 60}, 2, 30*time.Minute
	d := &shelf{}
	for id, members := range map[string][]news.Member{
		"waited":  {member("a", "Aster", "Ferry capsizes", 130)},
		"second":  {member("b", "Borel", "Quay burns", 145), member("b2", "Aster", "Fire at quay", 118)},
		"at once": {member("c", "Coast", "Captain held", 60), member("c2", "Aster", "Captain arrested", 50)},
	} {
		d.untold = append(d.untold, &news.Story{ID: id, Version: 1, LeadID: members[0].Item.ID, Members: members})
	}
	sent := d.runPlan(t, plan)
	if want := "Urgent: while you slept"; len(d.commit.Deliveries) != 1 || len(d.commit.Told) != 3 || !strings.HasPrefix(sent[news.KindDigest], want) {
		t.Errorf("got %v, which tell %d stories; want one message", sent, len(d.commit.Told))
	}
}

// TestCorrectedMessages: people moved items to a story that was told, or from it. Its
// message shows what it is now, though as many outlets have it as before.
func TestCorrectedMessages(t *testing.T) {
	t.Parallel()
	told := news.Told{
		StoryID: "s", Version: 1, Sources: 2, Publishers: 2, At: noon.Add(-time.Hour), First: noon.Add(-time.Hour), DeliveryID: "al_1", Destination: "slack:d",
		Corrected: true,
	}
	s := &news.Story{ID: "s", Version: 1, LeadID: "a", Members: []news.Member{member("a", "Aster", "Ferry capsizes", 90), member("b", "Borel", "Ferry lost", 80)}}
	d := &shelf{grown: []*news.Story{s}, told: map[string]news.Told{"s": told}}
	d.run(t)
	if len(d.commit.Deliveries) != 1 || d.commit.Deliveries[0].ReplyTo != "al_1" {
		t.Fatalf("got %+v, want a rewriting", d.commit.Deliveries)
	}
	told.Rewriting = d.commit.Deliveries[0].ID
	again := &shelf{grown: d.grown, told: map[string]news.Told{"s": told}}
	if again.run(t); len(again.commit.Deliveries) > 0 {
		t.Errorf("it shows that already: %+v", again.commit.Deliveries)
	}
}

// TestOnePointer: two stories that one message told were taken in by a third: the
// message points to that once.
func TestOnePointer(t *testing.T) {
	t.Parallel()
	into := &news.Story{ID: "s", Version: 1, LeadID: "a", Members: []news.Member{member("a", "Aster", "Ferry capsizes", 90), member("b", "Borel", "Ship lost", 60)}}
	told := news.Told{Version: 1, DeliveryID: "al_2", Destination: "slack:d"}
	d := &shelf{ended: []news.TakenIn{
		{StoryID: "x", LeadID: "b", Told: told, Into: into, DeliveryID: "al_1"}, {StoryID: "y", LeadID: "b", Told: told, Into: into, DeliveryID: "al_1"},
	}}
	if d.run(t); len(d.commit.Deliveries) != 1 {
		t.Fatalf("got %d rewritings of one message", len(d.commit.Deliveries))
	}
	for i := range d.ended {
		d.ended[i].Told.Rewriting = d.commit.Deliveries[0].ID
	}
	again := &shelf{ended: d.ended}
	if again.run(t); len(again.commit.Deliveries) > 0 {
		t.Errorf("it points there already: %+v", again.commit.Deliveries)
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
