package notify_test

import (
	"fmt"
	"testing"
	"time"

	"newswatch/news"
)

// told is what the plan said of a story an hour ago, by a message of its own.
func told(version int) map[string]news.Told {
	at := noon.Add(-time.Hour)
	return map[string]news.Told{"s": {
		StoryID: "s", Version: version, Sources: 1, Publishers: 1, At: at, First: at, DeliveryID: "al_1", Destination: "slack:d",
	}}
}

// developed is a story with so many outlets that has developed since it was told.
func developed(outlets int) *news.Story {
	s := &news.Story{ID: "s", Version: 2, LeadID: "m0", Developments: []news.Development{development(2, "m1", "now: signed", "", 10)}}
	for i := range outlets {
		s.Members = append(s.Members, member(fmt.Sprintf("m%d", i), fmt.Sprintf("Outlet %d", i), fmt.Sprintf("Report %d", i), 90-i*80/outlets))
	}
	return s
}

// TestCooldown: inside of it only the message is rewritten, unless the story jumped;
// the note follows when it is over.
func TestCooldown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outlets, unless int
		cooldown        time.Duration
		note            bool
		next            time.Time
	}{
		"none":                    {2, 0, 0, true, noon.Add(24 * time.Hour)},
		"not over":                {2, 0, 4 * time.Hour, false, noon.Add(3 * time.Hour)},
		"just over":               {2, 0, time.Hour, true, noon.Add(24 * time.Hour)},
		"a jump":                  {6, 5, 4 * time.Hour, true, noon.Add(24 * time.Hour)},
		"less than a jump":        {5, 5, 4 * time.Hour, false, noon.Add(3 * time.Hour)},
		"a jump without a number": {9, 0, 4 * time.Hour, false, noon.Add(3 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &shelf{untold: []*news.Story{developed(c.outlets)}, told: told(1)}
			plan := urgent()
			plan.Cooldown, plan.UnlessPublishers = c.cooldown, c.unless
			sent := d.runPlan(t, plan)
			if _, note := sent[news.KindFollowup]; note != c.note {
				t.Errorf("got a note: %v, want %v", note, c.note)
			}
			if _, rewritten := sent[news.KindUpdate]; !rewritten {
				t.Error("the message was not rewritten")
			}
			if wants := len(d.commit.Told) == 1; wants != c.note {
				t.Errorf("noted as told: %v, want %v", wants, c.note)
			}
			if !d.commit.Next.Equal(c.next) {
				t.Errorf("looked at again at %s, want %s", d.commit.Next, c.next)
			}
		})
	}
}

func TestBroadcast(t *testing.T) {
	t.Parallel()
	for outlets, want := range map[int]bool{3: false, 4: true, 9: true} {
		d := &shelf{untold: []*news.Story{developed(outlets)}, told: told(1)}
		plan := urgent()
		plan.BroadcastAt = 4
		d.runPlan(t, plan)
		for _, m := range d.commit.Deliveries {
			if got := m.Broadcast; got != (want && m.Kind == news.KindFollowup) {
				t.Errorf("%d publishers, %s: broadcast %v", outlets, m.Kind, got)
			}
			if m.ReplyTo != "al_1" {
				t.Errorf("%s stands under %q", m.Kind, m.ReplyTo)
			}
		}
	}
}

// TestWait: a story waits for independent outlets, at most so long.
func TestWait(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		publishers int
		wait       time.Duration // of a story that came 10 minutes ago
		tell       bool
		next       time.Time
	}{
		"enough":            {1, time.Hour, true, noon.Add(24 * time.Hour)},
		"too few":           {2, time.Hour, false, noon.Add(50 * time.Minute)},
		"has waited":        {2, 10 * time.Minute, true, noon.Add(24 * time.Hour)},
		"has nearly waited": {2, 11 * time.Minute, false, noon.Add(time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &news.Story{ID: "s", Version: 1, LeadID: "a", Members: []news.Member{member("a", "Aster", "Ferry sinks", 10), member("b", "Borel", "Ferry sinks", 5)}}
			s.Members[1].CopyOf = "a"
			d := &shelf{untold: []*news.Story{s}}
			plan := urgent()
			plan.MinPublishers, plan.Wait = c.publishers, c.wait
			if _, tell := d.runPlan(t, plan)[news.KindAlert]; tell != c.tell {
				t.Errorf("told: %v, want %v", tell, c.tell)
			}
			if !d.commit.Next.Equal(c.next) {
				t.Errorf("looked at again at %s, want %s", d.commit.Next, c.next)
			}
		})
	}
}

// scored is a story of one report with a hit of a rule.
func scored(id, rule string, score, outlets int) *news.Story {
	s := &news.Story{ID: id, Version: 1, LeadID: id + "0"}
	for i := range outlets {
		m := member(fmt.Sprintf("%s%d", id, i), fmt.Sprintf("Outlet %d", i), "Story "+id, 60)
		m.Hits = []news.Hit{{ItemID: m.Item.ID, Rule: rule, Score: score}}
		s.Members = append(s.Members, m)
	}
	return s
}

// TestDigestOrder: sections in the order of the rules, stories by score and then by
// how many have them; what is over the limit waits, and the digest says so.
func TestDigestOrder(t *testing.T) {
	t.Parallel()
	d := &shelf{untold: []*news.Story{
		scored("a", "fees", 50, 1), scored("b", "ports", 60, 1), scored("c", "ports", 60, 3), scored("d", "ports", 90, 1), scored("e", "fees", 20, 1), scored("f", "fees", 10, 9),
	}}
	d.state.LastAt = noon.Add(-4 * time.Hour)
	plan := news.Plan{ID: "desk", Kind: news.DigestPlan, Title: "Desk", Rules: []string{"ports", "fees"}, Cron: "0 12 * * *", Timezone: time.UTC, MaxStories: 4}
	want := "Desk | PORTS: | 1 Story d | 2 Story c | 3 Story b | FEES: | 4 Story a | 2 wait"
	if got := d.runPlan(t, plan)[news.KindDigest]; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := len(d.commit.Told); got != 4 {
		t.Errorf("%d stories are noted as told, want the 4 shown", got)
	}
}

// TestEmptyAndMissed: an empty digest is sent only where the plan says so, and one
// digest makes up for all slots that were missed.
func TestEmptyAndMissed(t *testing.T) {
	t.Parallel()
	plan := news.Plan{ID: "desk", Kind: news.DigestPlan, Title: "Desk", Rules: []string{"ports"}, Cron: "0 8,12 * * *", Timezone: time.UTC}
	for name, c := range map[string]struct {
		post   bool
		last   time.Duration
		want   string
		told   *news.Story
		slotAt string
	}{
		"skipped":     {false, 4 * time.Hour, "", nil, "2027-01-12T12:00 UTC"},
		"posted":      {true, 4 * time.Hour, "Desk", nil, "2027-01-12T12:00 UTC"},
		"three days":  {false, 72 * time.Hour, "Desk | covers 5 missed runs | PORTS: | 1 Story a", scored("a", "ports", 50, 1), "2027-01-12T12:00 UTC"},
		"no slot yet": {true, 0, "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &shelf{state: news.PlanState{LastAt: noon.Add(-c.last)}}
			if c.told != nil {
				d.untold = []*news.Story{c.told}
			}
			plan := plan
			plan.PostEmpty = c.post
			if got := d.runPlan(t, plan)[news.KindDigest]; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := d.commit.Slot; got != c.slotAt {
				t.Errorf("got slot %q, want %q", got, c.slotAt)
			}
			if next := time.Date(2027, 1, 13, 8, 0, 0, 0, time.UTC); !d.commit.Next.Equal(next) {
				t.Errorf("next at %s, want %s", d.commit.Next, next)
			}
		})
	}
}
