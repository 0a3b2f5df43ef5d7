package notify_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wording"
)

var noon = time.Date(2027, 1, 12, 12, 0, 0, 0, time.UTC)

// shelf is a store with stories, what was told of them, and what a plan commits.
type shelf struct {
	notify.PlanStore
	untold, grown []*news.Story
	told          map[string]news.Told
	ended         []news.TakenIn
	state         news.PlanState
	said          news.Triage
	commit        news.PlanCommit
}

func (d *shelf) Triage(context.Context) (news.Triage, error) { return d.said, nil }

func (d *shelf) Plan(context.Context, string) (news.PlanState, error) { return d.state, nil }

func (d *shelf) Untold(context.Context, string, []string, int) (news.Untold, error) {
	return news.Untold{Stories: d.untold}, nil
}

func (d *shelf) Grown(context.Context, string, time.Time) ([]*news.Story, error) { return d.grown, nil }

func (d *shelf) TakenIn(context.Context, string, time.Time) ([]news.TakenIn, error) {
	return d.ended, nil
}

func (d *shelf) Told(context.Context, string, []string) (map[string]news.Told, error) {
	return d.told, nil
}

func (d *shelf) CountItems(context.Context, time.Time, time.Time) (items, feeds int, err error) {
	return 0, 0, nil
}

func (d *shelf) CommitPlan(_ context.Context, _ news.Lease, c news.PlanCommit) error {
	d.commit = c
	return nil
}

// plain is a way out that writes what an alert shows in a few words.
type plain struct{ notify.Renderer }

func (plain) Route(news.Target) (string, notify.Renderer, error) { return "slack:d", plain{}, nil }

func (plain) Alert(a news.Alert) (news.Message, error) { return written(a), nil }

func (plain) Followup(a news.Alert) (news.Message, error) { return written(a), nil }

func (plain) Digest(d news.Digest) ([]news.Message, error) {
	words := []string{d.Title, wording.Missed(d)}
	for _, s := range d.Sections {
		words = append(words, s.Title+":")
		for _, e := range s.Entries {
			words = append(words, strconv.Itoa(e.Number)+" "+e.Headline)
		}
	}
	if d.Waiting > 0 {
		words = append(words, strconv.Itoa(d.Waiting)+" wait")
	}
	return []news.Message{{Payload: []byte(wording.Join(" | ", words...)), Stories: d.Stories()}}, nil
}

func written(a news.Alert) news.Message {
	words := []string{a.Entry.Headline, wording.Growth(a.Entry), strings.Join(wording.Reasons(a.Entry), "; ")}
	for _, c := range wording.Changes(a.Entry) {
		words = append(words, "by "+c.Report.Name+": "+c.Report.Headline)
		if wording.Edited(c) {
			words = append(words, "was: "+c.Was)
		}
	}
	if a.Entry.OneWith.Name != "" {
		words = append(words, "one with "+a.Entry.OneWith.Headline)
	}
	return news.Message{Payload: []byte(wording.Join(" | ", words...)), Stories: []string{a.Entry.StoryID}}
}

func urgent() news.Plan {
	return news.Plan{ID: "urgent", Kind: news.AlertPlan, Rules: []string{"r"}, Timezone: time.UTC, MinPublishers: 1}
}

// run runs the alert plan and gives what it would send, by kind.
func (d *shelf) run(t *testing.T) map[news.DeliveryKind]string { return d.runPlan(t, urgent()) }

func (d *shelf) runPlan(t *testing.T, plan news.Plan) map[news.DeliveryKind]string {
	t.Helper()
	p := notify.NewPlanner(notify.PlannerConfig{
		Store: d, Routes: plain{}, Titles: strings.ToUpper, Now: func() time.Time { return noon },
	})
	if _, err := p.Run(t.Context(), news.Lease{}, plan, false); err != nil {
		t.Fatal(err)
	}
	sent := map[news.DeliveryKind]string{}
	for _, m := range d.commit.Deliveries {
		sent[m.Kind] = string(m.Payload)
	}
	return sent
}

// member is a report that came so many minutes before noon.
func member(id, outlet, title string, ago int) news.Member {
	at := noon.Add(-time.Duration(ago) * time.Minute)
	return news.Member{
		Item: news.Item{ID: id, Publisher: outlet, Title: title, URL: "https://" + id + ".example/", Fetched: at, Published: at},
		Hits: []news.Hit{{ItemID: id, Rule: "r", Score: 50}},
	}
}

func development(version int, itemID, reason, was string, ago int) news.Development {
	return news.Development{Version: version, ItemID: itemID, Reason: reason, TitleWas: was, At: noon.Add(-time.Duration(ago) * time.Minute)}
}

// TestWhatIsNew tells a story again: its note has what came since the last note,
// its one message all that came since the message did.
func TestWhatIsNew(t *testing.T) {
	t.Parallel()
	told := news.Told{
		StoryID: "s", Version: 1, Sources: 1, Publishers: 1, At: noon.Add(-60 * time.Minute), First: noon.Add(-60 * time.Minute),
		DeliveryID: "al_1", Destination: "slack:d",
	}
	later := told
	later.Version, later.At = 2, noon.Add(-15*time.Minute)
	first := member("a", "Aster", "Ferry capsizes", 90)
	for name, c := range map[string]struct {
		told         news.Told
		members      []news.Member
		developments []news.Development
		note, update string
	}{
		"a report": {
			told, []news.Member{first, member("b", "Borel", "Ferry: 14 dead", 30)},
			[]news.Development{development(2, "b", "death toll now 14, was 8", "", 30)},
			"Ferry capsizes | Developing, +1 | death toll now 14, was 8 | by Borel: Ferry: 14 dead",
			"Ferry capsizes | Developing, +1 | death toll now 14, was 8 | by Borel: Ferry: 14 dead",
		},
		"a headline that was edited": {
			told, []news.Member{member("a", "Aster", "Ferry capsizes, 12 dead", 90)},
			[]news.Development{development(2, "a", "headline corrected: 12, was 14", "Ferry capsizes, 14 dead", 5)},
			"Ferry capsizes, 12 dead | Developing | headline corrected: 12, was 14 | by Aster: Ferry capsizes, 12 dead | was: Ferry capsizes, 14 dead",
			"Ferry capsizes, 12 dead | Developing | headline corrected: 12, was 14 | by Aster: Ferry capsizes, 12 dead | was: Ferry capsizes, 14 dead",
		},
		"outlets that took it up": {
			told, []news.Member{first, member("b", "Borel", "Ferry sinks", 30), member("c", "Coast", "Ferry lost", 20)},
			[]news.Development{development(2, "c", "3 more outlets: Aster, Borel and Coast", "", 20)},
			"Ferry capsizes | Developing, +2 | now also in Borel, Coast",
			"Ferry capsizes | Developing, +2 | now also in Borel, Coast",
		},
		"the second note": {
			later, []news.Member{first, member("b", "Borel", "Ferry: 14 dead", 30), member("c", "Coast", "Captain held", 10)},
			[]news.Development{development(2, "b", "death toll now 14", "", 30), development(3, "c", "now: arrested", "", 10)},
			"Ferry capsizes | Developing, +2 | now: arrested | by Coast: Captain held",
			"Ferry capsizes | Developing, +2 | death toll now 14; now: arrested | by Coast: Captain held | by Borel: Ferry: 14 dead",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &news.Story{ID: "s", Version: 1 + len(c.developments), LeadID: "a", Members: c.members, Developments: c.developments}
			d := &shelf{untold: []*news.Story{s}, told: map[string]news.Told{"s": c.told}}
			want := map[news.DeliveryKind]string{news.KindFollowup: c.note, news.KindUpdate: c.update}
			if diff := cmp.Diff(want, d.run(t)); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFirstTelling: a story that developed before anybody heard of it is told with
// that, and its message keeps it.
func TestFirstTelling(t *testing.T) {
	t.Parallel()
	old := member("o", "Old Post", "Ferry: 5 dead, says an old report", 50)
	old.Item.Baseline = true
	s := &news.Story{ID: "s", Version: 6, LeadID: "a", Members: []news.Member{
		member("a", "Aster", "Ferry capsizes, 2 dead", 90), member("b", "Borel", "Ferry: 8 dead", 60), old, member("c", "Coast", "Captain held, 9 dead", 30),
	}}
	s.Developments = []news.Development{
		development(2, "a", "headline corrected: 2, was 1", "Ferry capsizes, 1 dead", 80),
		development(3, "b", "death toll now 8, was 2", "Ferry: 7 dead", 60),
		development(4, "o", "death toll now 5", "", 50),
		development(5, "c", "3 more outlets: Aster, Borel and Coast", "", 30),
		development(6, "c", "now: arrested", "", 30),
	}
	d := &shelf{untold: []*news.Story{s}}
	want := "Ferry capsizes, 2 dead | death toll now 8, was 2; now: arrested | by Coast: Captain held, 9 dead | by Borel: Ferry: 8 dead"
	if got := d.run(t)[news.KindAlert]; got != want {
		t.Errorf("alert: got %q, want %q", got, want)
	}
	s.Version, s.Members = 7, append(s.Members, member("e", "Ember", "Ship raised", 1))
	s.Developments = append(s.Developments, development(7, "e", "now: raised", "", 1))
	d = &shelf{untold: []*news.Story{s}, told: map[string]news.Told{"s": {
		StoryID: "s", Version: 6, Sources: 4, Publishers: 4, At: noon.Add(-20 * time.Minute), First: noon.Add(-20 * time.Minute), DeliveryID: "al_1", Destination: "slack:d",
	}}}
	sent := d.run(t)
	if got, want := sent[news.KindUpdate], "Ferry capsizes, 2 dead | Developing, +1 | death toll now 8, was 2; now: arrested; now: raised | "+
		"by Ember: Ship raised | by Coast: Captain held, 9 dead | by Borel: Ferry: 8 dead"; got != want {
		t.Errorf("rewriting: got %q, want %q", got, want)
	}
	if got, want := sent[news.KindFollowup], "Ferry capsizes, 2 dead | Developing, +1 | now: raised | by Ember: Ship raised"; got != want {
		t.Errorf("note: got %q, want %q", got, want)
	}
}

// TestReportsOfTheirOwn: outlets that only repeated a report have their own now.
// No source is new, so their number cannot stand for what is.
func TestReportsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := &news.Story{ID: "s", Version: 2, LeadID: "a", Developments: []news.Development{development(2, "c", "3 more outlets: A, B and C", "", 5)}}
	s.Members = []news.Member{member("a", "Aster", "Ferry capsizes", 90), member("b", "Borel", "Ferry capsizes", 80), member("c", "Borel", "Ferry lost", 5)}
	s.Members[1].CopyOf = "a"
	d := &shelf{untold: []*news.Story{s}, told: map[string]news.Told{"s": {
		StoryID: "s", Version: 1, Sources: 2, Publishers: 1, At: noon.Add(-time.Hour), First: noon.Add(-time.Hour), DeliveryID: "al_1", Destination: "slack:d",
	}}}
	want := "Ferry capsizes | Developing | 2 outlets have reports of their own now, 1 before"
	if got := d.run(t)[news.KindFollowup]; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPointer: the message of a story that another took in says with which it is
// one, once, and only where that is another message of ours.
func TestPointer(t *testing.T) {
	t.Parallel()
	into := &news.Story{ID: "s", Version: 1, LeadID: "a", Members: []news.Member{member("a", "Aster", "Ferry capsizes", 90), member("b", "Borel", "Ship lost", 60)}}
	told := news.Told{StoryID: "y", Version: 1, DeliveryID: "al_2", Destination: "slack:d"}
	for name, c := range map[string]struct {
		change func(*news.TakenIn)
		want   string
	}{
		"told by another message":  {func(*news.TakenIn) {}, "Ship lost | one with Ferry capsizes"},
		"told by the same message": {func(e *news.TakenIn) { e.DeliveryID = "al_2" }, ""},
		"told in a digest":         {func(e *news.TakenIn) { e.Told.DeliveryID = "dg_2" }, ""},
		"given up":                 {func(e *news.TakenIn) { e.Told.Dropped = true }, ""},
		"in a channel of before":   {func(e *news.TakenIn) { e.Told.Destination = "slack:old" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := news.TakenIn{StoryID: "y", LeadID: "b", Told: told, Into: into, DeliveryID: "al_1"}
			c.change(&one)
			d := &shelf{ended: []news.TakenIn{one}}
			sent := d.run(t)
			if got := sent[news.KindUpdate]; got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			if c.want == "" {
				return
			}
			again := &shelf{ended: []news.TakenIn{one}}
			again.run(t)
			if a, b := d.commit.Deliveries[0], again.commit.Deliveries[0]; a.ID != b.ID || a.ReplyTo != "al_2" {
				t.Errorf("got ids %s and %s for %s, want one that rewrites al_2", a.ID, b.ID, a.ReplyTo)
			}
		})
	}
}
