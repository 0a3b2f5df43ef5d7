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
