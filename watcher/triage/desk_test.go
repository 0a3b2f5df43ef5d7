package triage_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/rules"
	"newswatch/watcher/store"
	"newswatch/watcher/triage"
)

const deskRules = `
version: 1
settings: {timezone: Europe/Vienna, network: {allow: ["127.0.0.0/8"]}}
feeds:
  - {id: a, name: Aster Wire, url: "http://127.0.0.1:1/rss"}
  - {id: b, name: Borel Post World, publisher: Borel Post, url: "http://127.0.0.1:2/rss"}
entities:
  keller: {name: Tom Keller, type: person, surname: [Keller]}
rules:
  - {id: ferries, title: Ferries at sea, when: {any: [ferry]}, score: 50}
  - {id: people, title: People, when: {any: [entity:keller]}, score: 40}
digests:
  - {id: desk, title: The desk, cron: "0 8 * * *", rules: all, to: {slack: desk}}
  - {id: evening, title: Evening, cron: "0 18 * * *", rules: [ferries], to: {slack: evening}}
alerts:
  - {id: urgent, title: Urgent, rules: [people], min_score: 90, to: {slack: urgent}}
`

// desk is a Desk over a store in which two stories were told in #desk, whose id is
// C1: 1 is the ferry's, 2 is Keller's.
type desk struct {
	testing.TB
	*store.Store
	*triage.Desk
	now           time.Time
	ferry, keller string
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{TB: t, now: time.Date(2026, 11, 26, 7, 0, 0, 0, time.UTC)}
	now := func() time.Time { return d.now }
	var err error
	d.Store, err = store.Open(t.Context(), store.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "n.db"), Now: now})
	d.ok(err)
	t.Cleanup(func() { d.ok(d.Store.Close()) })
	rs, report := rules.LoadBytes("rules.yaml", []byte(deskRules), rules.LoadOptions{})
	if rs == nil {
		report.Print(t.Output(), false)
		t.Fatal("the rules are broken")
	}
	d.Desk = triage.New(triage.Config{Store: d.Store, Rules: func() *rules.Ruleset { return rs }, Now: now})
	d.ok(d.SyncFeeds(t.Context(), rs.File.Feeds))
	var plans []news.PlanState
	for _, p := range rs.File.Plans {
		plans = append(plans, news.PlanState{ID: p.ID, Kind: p.Kind, Spec: notify.Spec(p), NextAt: d.now.Add(time.Hour), CreatedAt: d.now})
	}
	d.ok(d.SyncPlans(t.Context(), plans))
	d.ferry = d.tell(rs, "Ferry to Lemba late")
	d.keller = d.tell(rs, "Tom Keller opens a bakery")
	d.post("desk", "C1", d.ferry, d.keller)
	return d
}

func (d *desk) ok(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// tell makes a story of a headline.
func (d *desk) tell(rs *rules.Ruleset, headline string) (storyID string) {
	d.Helper()
	ctx := d.Context()
	it := news.Item{ID: news.ItemID("a", headline), FeedID: "a", FeedName: "Aster Wire", Publisher: "Aster Wire", Keys: []string{headline},
		URL: "https://a.example/1", Title: headline, Published: d.now, Fetched: d.now}
	it.Revise()
	m := store.Matched{Item: it, Hits: rs.Match(&it).Hits, RulesHash: rs.Hash}
	d.ok(d.Wake(ctx, news.Hosts))
	leases, err := d.Claim(ctx, news.Hosts, 1, time.Minute)
	d.ok(err)
	d.ok(d.CommitPoll(ctx, leases[0], store.PollCommit{State: news.FeedState{FeedID: "a", PolledAt: d.now, OKAt: d.now, NextAt: d.now.Add(time.Hour), Baselined: true}, Fresh: []store.Matched{m}, Seen: []news.Item{it}}))
	d.ok(d.Release(ctx, leases[0], time.Time{}))
	d.ok(d.Wake(ctx, news.Desk))
	leases, err = d.Claim(ctx, news.Desk, 1, time.Minute)
	d.ok(err)
	head := news.Story{ID: news.StoryID(it.ID), Version: 1, FirstAt: d.now, LastAt: d.now, LeadID: it.ID}
	d.ok(d.CommitGroup(ctx, leases[0], store.GroupCommit{Placed: []store.PlacedItem{{ItemID: it.ID, StoryID: head.ID, Score: 1, Why: "first"}}, Stories: []news.Story{head}}))
	d.ok(d.Release(ctx, leases[0], time.Time{}))
	return head.ID
}

// post posts a digest of stories in a channel.
func (d *desk) post(plan, channel string, stories ...string) {
	d.Helper()
	ctx := d.Context()
	id, to := "dg_"+channel, "slack:"+plan
	c := news.PlanCommit{Next: d.now.Add(time.Hour), Deliveries: []news.Delivery{{
		ID: id, Part: 1, Parts: 1, PlanID: plan, Kind: news.KindDigest, Slot: "s", Destination: to, Payload: []byte("{}"), Stories: stories, State: news.Pending, CreatedAt: d.now}}}
	for i, story := range stories {
		c.Shown = append(c.Shown, news.Shown{DeliveryID: id, Number: i + 1, StoryID: story})
		c.Told = append(c.Told, news.Told{PlanID: plan, StoryID: story, Version: 1, Sources: 1, Publishers: 1, At: d.now, DeliveryID: id})
	}
	d.ok(d.Wake(ctx, news.Plans, plan))
	leases, err := d.Claim(ctx, news.Plans, 1, time.Minute)
	d.ok(err)
	d.ok(d.CommitPlan(ctx, leases[0], c))
	d.ok(d.Release(ctx, leases[0], c.Next))
	leases, err = d.Claim(ctx, news.Destinations, 1, time.Minute)
	d.ok(err)
	sent, _, err := d.Deliverable(ctx, to)
	d.ok(err)
	d.ok(d.Intend(ctx, leases[0], sent))
	sent.State, sent.Receipt, sent.SentAt = news.Sent, news.Receipt{Channel: channel, TS: "1.1"}, d.now
	d.ok(d.Settle(ctx, leases[0], *sent))
	d.ok(d.Release(ctx, leases[0], time.Time{}))
}

// said is what a command typed in #desk is answered.
func (d *desk) said(words string) string {
	d.Helper()
	return d.do(notify.Command{By: "ida", Channel: "C1", Words: strings.Fields(words)})
}

func (d *desk) do(c notify.Command) string {
	d.Helper()
	a, err := d.Do(d.Context(), c)
	if errors.Is(err, notify.ErrAsked) {
		return "? " + err.Error()
	}
	d.ok(err)
	return strings.Join(append([]string{a.Headline}, append(a.Lines, a.Hint)...), "\n")
}

func (d *desk) wants(what, got string, parts ...string) {
	d.Helper()
	for _, p := range parts {
		if !strings.Contains(got, p) {
			d.Errorf("%s:\n%s\nwant in it: %q", what, got, p)
		}
	}
}

func (d *desk) triage() news.Triage {
	d.Helper()
	t, err := d.Triage(d.Context())
	d.ok(err)
	return t
}

func TestMute(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for words, want := range map[string]news.Mute{
		"mute 1":                                  {Kind: news.MuteStory, Key: d.ferry},
		"mute #1 for 24 hours, because seen":      {Kind: news.MuteStory, Key: d.ferry, Reason: "seen"},
		"MUTE story 1 seen":                       {Kind: news.MuteStory, Key: d.ferry, Reason: "seen"},
		"snooze " + d.ferry[:6]:                   {Kind: news.MuteStory, Key: d.ferry},
		"/mute rule ferries":                      {Kind: news.MuteRule, Key: "ferries"},
		"mute rule Ferries at sea 24h":            {Kind: news.MuteRule, Key: "ferries"},
		"mute ferries":                            {Kind: news.MuteRule, Key: "ferries"},
		"mute entity tom keller 1d too much":      {Kind: news.MuteEntity, Key: "keller", Reason: "too much"},
		"mute source “Borel Post”":                {Kind: news.MuteSource, Key: "Borel Post"},
		"mute source the borel post world 1d":     {Kind: news.MuteSource, Key: "Borel Post"},
		"mute feed b until tomorrow 8:00 tabloid": {Kind: news.MuteSource, Key: "Borel Post", Reason: "tabloid"},
	} {
		got := d.said(words)
		m := d.triage().Mutes
		want.At, want.Until, want.By = d.now, d.now.Add(24*time.Hour), "ida"
		if diff := cmp.Diff([]news.Mute{want}, m); diff != "" {
			t.Errorf("%q: - want + got\n%s\n%s", words, diff, got)
		}
		d.wants(words, got, "is muted until Fri 27 Nov 08:00 CET.", "Undo: unmute "+string(want.Kind)+" "+want.Key, want.Reason)
		got = d.said("unmute " + string(want.Kind) + " " + want.Key)
		d.wants("undo of "+words, got, "is muted no more")
		if m := d.triage().Mutes; len(m) > 0 {
			t.Errorf("after %q and its undo: %v", words, m)
		}
	}
}

func TestMuteRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for words, want := range map[string]string{
		"mute 3":                  "The digest desk of 08:00 has the stories 1 to 2, not 3.",
		"mute rule":               "Which rule? For example: mute rule ferries",
		"mute rule ferry":         "Do you mean ferries?",
		"mute entity nobody":      "I know no entity “nobody”.",
		"mute source Daily":       "I know no source “Daily”.",
		"mute 1 forever":          "at most for 90 days",
		"mute 1 5x":               "I cannot read “5x” as a time. For example: 24h",
		"mute ffff0000":           "I know no story ffff0000.",
		"mute nonsense":           "I know no story, rule, entity or source “nonsense”.",
		"unmute":                  "What is meant?",
		"unmute 1":                "“Ferry to Lemba late” is not muted.",
		"unfollow 1":              "is not followed",
		"unflag 1":                "is not flagged",
		"resume":                  "Nothing is paused.",
		"resume desk":             "The digest desk is not paused.",
		"follow":                  "Which story?",
		"flag":                    "Which story?",
		"frobnicate":              "I know no “frobnicate”.",
		"test":                    "Test which headline?",
		"mute 1 until 2026-11-01": "is past",
	} {
		got := d.said(words)
		if !strings.HasPrefix(got, "? ") || !strings.Contains(got, want) {
			t.Errorf("%q:\n%s\nwant it refused with %q", words, got, want)
		}
	}
	got := d.do(notify.Command{By: "ida", Channel: "C9", Words: []string{"mute", "1"}})
	d.wants("elsewhere", got, "? No digest with numbers was posted in this channel yet")
	if _, err := d.Do(t.Context(), notify.Command{Words: []string{"unmute", "rule", "ferries"}}); !errors.Is(err, triage.ErrNothing) {
		t.Errorf("unmute of what is not muted: %v", err)
	}
}

func TestFollowAndFlag(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.wants("follow", d.said("follow 1"), "“Ferry to Lemba late” is followed until Thu 3 Dec 08:00 CET.", "in desk", "Undo: unfollow "+d.ferry)
	want := news.Follow{StoryID: d.ferry, PlanID: "desk", At: d.now, Until: d.now.Add(7 * 24 * time.Hour), By: "ida"}
	d.same("follow", d.triage().Follows, []news.Follow{want})
	d.wants("by id", d.said("follow story "+d.keller+" 2d"), "in the threads of the messages that told it")
	d.wants("unfollow", d.said("unfollow 1"), "followed no more")
	d.wants("flag", d.said("not this 2: a baker"), "does not belong under rule people", "matched “Tom Keller”", "unflag "+d.keller)
	flags, err := d.Flags(t.Context(), time.Time{})
	d.ok(err)
	d.same("flags", flags, []news.Flag{{StoryID: d.keller, Rule: "people", Items: []string{news.ItemID("a", "Tom Keller opens a bakery")}, At: d.now, By: "ida", Reason: "a baker"}})
	d.wants("unflag", d.said("unflag 2"), "flagged no more")
}

func (d *desk) same(what string, got, want any) {
	d.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		d.Errorf("%s: - want + got\n%s", what, diff)
	}
}

func TestWhyAndTest(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.said("mute rule ferries 2h")
	got := d.said("why 1")
	d.wants("why", got, "“Ferry to Lemba late”: rule ferries (Ferries at sea), score 50", "matched “Ferry”", "1 report of 1 source",
		"told by desk 08:00", "muted: rule ferries, until 10:00 CET, by you", "flag "+d.ferry[:8])
	got = d.said(`test "Keller takes the ferry"`)
	d.wants("test", got, "2 rules match “Keller takes the ferry”.", "ferries, score 50", "people, score 40")
	got = d.said("test rain tomorrow")
	d.wants("test", got, "No rule matches “rain tomorrow”.", "not ferries: nothing of")
}

func TestPauseAndNow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.wants("pause", d.said("pause evening until MON 08:00"), "The digest evening is paused until Mon 30 Nov 08:00 CET.", "makes up for them", "Undo: resume evening")
	d.wants("pause here", d.said("pause 2h"), "The digest desk is paused until 10:00 CET.")
	d.wants("pause an alert", d.said("pause Urgent"), "The alert urgent is paused until Fri 27 Nov 08:00 CET.", "told together")
	d.same("pauses", len(d.triage().Pauses), 3)
	d.wants("mutes", d.said("mutes"), "Nothing is muted.", "paused: evening, until Mon 30 Nov 08:00 CET, by you")
	d.wants("status", d.said("status"), "digest evening: paused until Mon 30 Nov 08:00 CET by you, next Mon 30 Nov 18:00 CET, 1 story waits")
	d.wants("resume", d.said("resume evening"), "The digest evening goes on.", "18:00 CET")
	d.wants("now", d.said("now evening"), "The digest evening comes at once, with 1 story.")
	state, err := d.Plan(t.Context(), "evening")
	d.ok(err)
	d.same("asked", state.AskedAt.Equal(d.now), true)
	d.wants("nothing", d.said("now"), "The digest desk has nothing to tell now.")
	got := d.do(notify.Command{By: "ida", Words: []string{"now"}})
	d.wants("which", got, "? Which one? There are desk, evening. For example: now desk")
}

func TestStatusAndHome(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.said("mute source Borel Post 3d tabloid")
	d.said("mute 1")
	d.said("follow 2")
	d.said("flag 2 a baker")
	h, err := d.Home(t.Context())
	d.ok(err)
	want := notify.Home{
		At: d.now, Headline: "Healthy: 2 feeds: 1 never polled, 1 ok", Healthy: true,
		Feeds: notify.HomeFeeds{Total: 2, Well: 2, LastPoll: d.now},
		Plans: []notify.HomePlan{
			{ID: "desk", Kind: news.DigestPlan, Title: "The desk", To: news.Target{Slack: "desk"}, Next: d.now.AddDate(0, 0, 1)},
			{ID: "evening", Kind: news.DigestPlan, Title: "Evening", To: news.Target{Slack: "evening"}, Next: d.now.Add(10 * time.Hour), Muted: 1},
			{ID: "urgent", Kind: news.AlertPlan, Title: "Urgent", To: news.Target{Slack: "urgent"}},
		},
		Rules: []notify.HomeRule{
			{ID: "ferries", Title: "Ferries at sea", Items: 1, Stories: 1},
			{ID: "people", Title: "People", Items: 1, Stories: 1, Flags: 1, Example: "Tom Keller opens a bakery"},
		},
		Mutes: []notify.HomeMute{
			{What: "story “Ferry to Lemba late”", Until: d.now.Add(24 * time.Hour), By: "ida", Undo: []string{"unmute", "story", d.ferry}},
			{What: "source Borel Post", Until: d.now.Add(72 * time.Hour), By: "ida", Reason: "tabloid", Undo: []string{"unmute", "source", "Borel Post"}},
		},
		Followed: []notify.HomeStory{{ID: d.keller, Headline: "Tom Keller opens a bakery", Until: d.now.Add(7 * 24 * time.Hour), By: "ida", Undo: []string{"unfollow", d.keller}}},
	}
	want.Location = h.Location
	if diff := cmp.Diff(want, h, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }), cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
		t.Errorf("home: - want + got\n%s", diff)
	}
	for _, m := range h.Mutes { // what undoes a mute does so
		d.wants("undo", d.do(notify.Command{By: "ole", Words: m.Undo}), "muted no more")
	}
	d.wants("status", d.said("status"), "Healthy: 2 feeds", "last poll 08:00 (a minute ago)", "digest evening: next 18:00 CET, 1 story waits", "alert urgent: at once", "followed: “Tom Keller opens a bakery”")
	d.now = d.now.Add(3 * time.Hour)
	d.wants("later", d.said("status"), "Nothing was polled since 08:00 (3 hours ago): is newswatch running?")
}

// A number means the newest digest of the channel, or of the digest that is named
// before it; where neither says which, it is refused.
func TestNumbers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ask := func(words string) string {
		return d.do(notify.Command{By: "ida", Words: strings.Fields(words)})
	}
	d.wants("one digest", ask("mute 1"), "“Ferry to Lemba late” is muted", "The digest desk of 08:00 shows it as 1.")
	d.now = d.now.Add(time.Hour)
	d.post("evening", "C2", d.keller)
	d.wants("two", ask("mute 1"), "? Several digests have numbers: desk, evening. Say of which one. For example: mute desk 3")
	for words, want := range map[string]string{
		"mute desk 1 2h":            "“Ferry to Lemba late” is muted until 11:00 CET.",
		"follow evening 1":          "The digest evening of 09:00 shows it as 1.",
		"why The desk 2":            "“Tom Keller opens a bakery”",
		"flag digest desk #2 again": "“Tom Keller opens a bakery” does not belong",
		"mute evening 2":            "? The digest evening of 09:00 has the stories 1 to 1, not 2.",
		"mute urgent 1":             "? No digest with numbers was posted by urgent yet",
		"mute ferries 3 days":       "Rule ferries is muted until Sun 29 Nov 09:00 CET.",
	} {
		d.wants(words, ask(words), want)
	}
	d.wants("in its channel", d.do(notify.Command{By: "ida", Channel: "C2", Words: []string{"mute", "1"}}), "“Tom Keller opens a bakery” is muted")
	d.wants("in the other one", d.said("mute 1"), "“Ferry to Lemba late” is muted")
	d.wants("named there", d.said("mute evening 1"), "“Tom Keller opens a bakery” is muted")
}

// A button names the message that it stands on: its numbers, or its one story.
func TestButtons(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	got := d.do(notify.Command{By: "ida", Channel: "C9", Message: "dg_C1", Words: []string{"mute", "2"}})
	d.wants("mute of a digest", got, "“Tom Keller opens a bakery” is muted")
	d.alert("al_1", d.ferry)
	got = d.do(notify.Command{By: "ida", Channel: "C9", Message: "al_1", Words: []string{"follow"}})
	d.wants("follow of an alert", got, "“Ferry to Lemba late” is followed", "in urgent")
	got = d.do(notify.Command{By: "ida", Channel: "C9", Message: "al_1", Words: []string{"mute", "3d"}})
	d.wants("mute of an alert", got, "“Ferry to Lemba late” is muted")
}

// alert notes an alert.
func (d *desk) alert(id, storyID string) {
	d.Helper()
	d.ok(d.EnqueueNotice(d.Context(), news.Delivery{ID: id, Part: 1, Parts: 1, PlanID: "urgent", Kind: news.KindAlert, Destination: "slack:urgent", Stories: []string{storyID}, CreatedAt: d.now}))
}

// What comes from Slack is foreign: whatever was typed is done or refused.
func FuzzDo(f *testing.F) {
	for _, seed := range []string{"mute 1 24h", "not this 2", "why", "follow story 1 until until", "mute source “Borel Post” for a", "pause digest", "now alert", "unmute source source", "mute rule \x00", "test “", "mute \u200b"} {
		f.Add(seed, true)
	}
	d := newDesk(f)
	f.Fuzz(func(t *testing.T, words string, button bool) {
		c := notify.Command{By: "ida", Channel: "C1", Words: strings.Fields(words)}
		if button {
			c.Message = "dg_C1"
		}
		a, err := d.Do(t.Context(), c)
		switch {
		case err != nil && !errors.Is(err, notify.ErrAsked):
			t.Fatalf("%q: %v", words, err)
		case err == nil && a.Headline == "":
			t.Fatalf("%q: no answer", words)
		}
	})
}

// Who said something in Slack is kept by name and id: an id alone tells others
// nothing.
func TestNames(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	slack := func(id, name, words string) string {
		return d.do(notify.Command{By: id, ByName: name, Channel: "C1", Words: strings.Fields(words)})
	}
	slack("U0READER01", "ida.berg", "mute 1")
	slack("U0READER02", "x (U0READER01)\n"+strings.Repeat("y", 100), "pause desk")
	slack("U0READER03", "", "follow 2")
	d.wants("the others", slack("U0READER04", "ole", "mutes"), "by ida.berg (U0READER01)", "by x (U0READER01) yyy", "by U0READER03")
	d.wants("ida", slack("U0READER01", "ida", "mutes"), "Lemba late”, until Fri 27 Nov 08:00 CET, by you", "by x (U0READER01) yyy")
	h, err := d.Home(t.Context())
	d.ok(err)
	d.same("at home", h.Mutes[0].By, "ida.berg (U0READER01)")
}
