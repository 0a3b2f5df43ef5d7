package notify

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"newswatch/news"
	"newswatch/schedule"
)

// idle is when a plan that waits for nothing is looked at again; new hits wake
// it before that.
const idle = 24 * time.Hour

// PlanStore is what the planner needs of the store.
type PlanStore interface {
	Plan(ctx context.Context, id string) (news.PlanState, error)
	Untold(ctx context.Context, planID string, rules []string, minScore int) (news.Untold, error)
	Grown(ctx context.Context, planID string, since time.Time) ([]*news.Story, error)
	TakenIn(ctx context.Context, planID string, since time.Time) ([]news.TakenIn, error)
	Told(ctx context.Context, planID string, storyIDs []string) (map[string]news.Told, error)
	CountItems(ctx context.Context, from, to time.Time) (items, feeds int, err error)
	Triage(ctx context.Context) (news.Triage, error)
	CommitPlan(ctx context.Context, l news.Lease, c news.PlanCommit) error
}

// Summarizer finds the sentences that say best what happened in a story.
type Summarizer interface {
	Summarize(s *news.Story) news.Summary
}

// Planner decides what plans tell and when, and freezes it.
type Planner struct {
	store  PlanStore
	routes Routes
	titles func(rule string) string
	now    func() time.Time

	summarizer Summarizer
	recovered  func() *Recovered
}

// PlannerConfig is what a Planner is made of. All fields are required, but Routes
// where there are only previews, the Summarizer, without which the opening of the
// lead item is the summary, and Recovered, when nothing was.
type PlannerConfig struct {
	Store  PlanStore
	Routes Routes
	Titles func(rule string) string // of rules, for the sections
	Now    func() time.Time

	Summarizer Summarizer
	Recovered  func() *Recovered // what was told that the state does not know
}

// Routes says which way out a target has, and what it is called there.
type Routes interface {
	Route(t news.Target) (destination string, r Renderer, err error)
}

// NewPlanner returns a planner.
func NewPlanner(c PlannerConfig) *Planner {
	return &Planner{store: c.Store, routes: c.Routes, titles: c.Titles, now: c.Now, summarizer: c.Summarizer, recovered: c.Recovered}
}

// Outcome says what a run of a plan led to.
type Outcome struct {
	Plan       string
	Slot       string
	Stories    int // told by it
	Missed     int // slots that its digest makes up for
	Deliveries int
	Next       time.Time
}

// Run looks at a plan under its lease: it builds a digest whose slot has come,
// or the alerts that are ready. At once means whatever the schedule, the quiet
// hours, the pauses and the number of publishers say; the schedule stays as it was.
// So is a plan run for which somebody asked.
func (p *Planner) Run(ctx context.Context, l news.Lease, plan news.Plan, atOnce bool) (Outcome, error) {
	state, err := p.store.Plan(ctx, plan.ID)
	if err != nil {
		return Outcome{}, fmt.Errorf("read plan %s: %w", plan.ID, err)
	}
	w, err := p.wishes(ctx, plan, state)
	if err != nil {
		return Outcome{}, err
	}
	build := p.digest
	if plan.Kind == news.AlertPlan {
		build = p.alerts
	}
	commit, err := build(ctx, plan, state, &w, atOnce || !state.AskedAt.IsZero())
	if err != nil {
		return Outcome{}, fmt.Errorf("build %s %s: %w", plan.Kind, plan.ID, err)
	}
	commit.Asked = state.AskedAt
	if err := p.store.CommitPlan(ctx, l, commit); err != nil {
		return Outcome{}, fmt.Errorf("commit %s %s: %w", plan.Kind, plan.ID, err)
	}
	return Outcome{Plan: plan.ID, Slot: commit.Slot, Stories: len(commit.Told), Missed: commit.Missed, Deliveries: len(commit.Deliveries), Next: commit.Next}, nil
}

// FirstLook is when a plan that was not known before is looked at first.
func FirstLook(plan news.Plan, now time.Time) (time.Time, error) {
	if plan.Kind == news.AlertPlan {
		return now, nil
	}
	s, err := schedule.Parse(plan.Cron)
	if err != nil {
		return time.Time{}, fmt.Errorf("schedule of %s: %w", plan.ID, err)
	}
	return s.Next(now, plan.Timezone).At, nil
}

// Spec is a plan's schedule as it is compared between two rule files.
func Spec(plan news.Plan) string {
	if plan.Kind == news.AlertPlan {
		return "alert"
	}
	return plan.Cron + " " + plan.Timezone.String()
}

// digest builds the newest slot that has come; earlier ones that were missed
// are made up for by the same message.
func (p *Planner) digest(ctx context.Context, plan news.Plan, state news.PlanState, w *wishes, atOnce bool) (news.PlanCommit, error) {
	sched, err := schedule.Parse(plan.Cron)
	if err != nil {
		return news.PlanCommit{}, err
	}
	next := sched.Next(w.now, plan.Timezone).At
	t := w.turn(sched, state, atOnce)
	switch {
	case t.paused:
		return news.PlanCommit{At: w.now, Next: next}, nil
	case !t.due:
		return p.followups(ctx, plan, w, next)
	}
	d, commit, err := p.compose(ctx, plan, state, w, t.slot)
	if err != nil {
		return news.PlanCommit{}, err
	}
	d.Missed, d.Next, commit.Missed, commit.Next = t.missed, next, t.missed, next
	if !t.extra {
		commit.Slot = t.slot.Name
	}
	if len(d.Sections) == 0 && !plan.PostEmpty {
		return commit, nil
	}
	commit.Shown = shown(d)
	commit.Deliveries, err = p.freeze(plan, d, w.now)
	return commit, err
}

// turn is what becomes of a digest when it is looked at.
type turn struct {
	slot   schedule.Slot
	missed int  // earlier slots that it makes up for
	due    bool // it is built
	extra  bool // ... beside its schedule, which stays as it is
	paused bool
}

// turn finds the slot that has come. One that came while the plan was paused
// passes: the next one makes up for it. What is asked for at once is built in a
// slot of its own, unless a slot has come anyway.
func (w *wishes) turn(sched *schedule.Schedule, state news.PlanState, atOnce bool) (t turn) {
	t.slot, t.missed, t.due = sched.Latest(since(state.LastAt, state), w.now, w.plan.Timezone)
	_, t.paused = w.paused(w.now)
	if _, then := w.paused(t.slot.At); then || t.paused {
		t.due = false
	}
	asked := state.AskedAt
	if !atOnce || t.due && !asked.IsZero() {
		return t
	}
	if asked.IsZero() {
		asked = w.now
	}
	return turn{slot: schedule.Slot{At: w.now, Name: "now:" + strconv.FormatInt(asked.UnixMilli(), 10)}, due: true, extra: true}
}

// Preview is the digest that a plan would send now, without any trace of it. It
// needs neither the Routes nor a lease.
func (p *Planner) Preview(ctx context.Context, plan news.Plan) (news.Digest, error) {
	state, err := p.store.Plan(ctx, plan.ID)
	if err != nil {
		return news.Digest{}, fmt.Errorf("read plan %s: %w", plan.ID, err)
	}
	w, err := p.wishes(ctx, plan, state)
	if err != nil {
		return news.Digest{}, err
	}
	d, _, err := p.compose(ctx, plan, state, &w, schedule.Slot{At: p.now(), Name: "preview"})
	if err != nil {
		return news.Digest{}, fmt.Errorf("preview %s: %w", plan.ID, err)
	}
	d.Next, err = FirstLook(plan, p.now())
	return d, err
}

// since is the time of a plan's last digest: of a plan without any, the one when it
// was made.
func since(last time.Time, state news.PlanState) time.Time {
	if last.IsZero() {
		return state.CreatedAt
	}
	return last
}

// compose takes what the plan has not told yet and puts it in order, and notes
// that it is told.
func (p *Planner) compose(ctx context.Context, plan news.Plan, state news.PlanState, w *wishes, slot schedule.Slot) (d news.Digest, c news.PlanCommit, err error) {
	b, err := p.untold(ctx, plan, w, p.told)
	if err != nil {
		return d, c, err
	}
	now := w.now
	from := since(state.SentAt, state)
	after := from
	if state.SentAt.IsZero() {
		after = from.Add(-time.Millisecond) // what came in its first instant counts
	}
	items, feeds, err := p.store.CountItems(ctx, after, now)
	if err != nil {
		return d, c, fmt.Errorf("count items: %w", err)
	}
	entries := make([]news.Entry, 0, len(b.stories))
	for _, s := range b.stories {
		entries = append(entries, p.entry(s, plan.Rules, b.before[s.ID]))
	}
	rank(entries)
	waiting := 0
	if plan.MaxStories > 0 && len(entries) > plan.MaxStories {
		waiting = len(entries) - plan.MaxStories
		entries = entries[:plan.MaxStories]
	}
	d = news.Digest{
		DeliveryID: news.DigestID(plan.ID, slot.Name), PlanID: plan.ID, Title: plan.Title, Slot: slot.Name,
		From: from, To: now, Items: items, Feeds: feeds, Waiting: waiting, Muted: b.muted, Location: plan.Timezone,
		Sections: sections(entries, plan.Rules, p.titles),
	}
	return d, news.PlanCommit{At: now, Looked: b.looked, Told: append(b.recovered, tell(plan, entries, b.before, d.DeliveryID, now)...)}, nil
}

// untold is what the plan has to tell, as readers want it; told gives what they
// know.
func (p *Planner) untold(ctx context.Context, plan news.Plan, w *wishes, told toldBefore) (batch, error) {
	untold, err := p.store.Untold(ctx, plan.ID, plan.Rules, plan.MinScore)
	if err != nil {
		return batch{}, fmt.Errorf("read untold stories: %w", err)
	}
	before, err := told(ctx, plan.ID, untold.Stories)
	if err != nil {
		return batch{}, err
	}
	stories, recovered, err := p.recover(plan, untold.Stories, before)
	if err != nil {
		return batch{}, err
	}
	b := w.sift(stories, before)
	b.looked, b.recovered = untold.Looked, recovered
	return b, nil
}

// toldBefore gives what a plan said of stories, by their ids.
type toldBefore func(ctx context.Context, planID string, stories []*news.Story) (map[string]news.Told, error)

// told is what the plan last said of stories, of those that it told.
func (p *Planner) told(ctx context.Context, planID string, stories []*news.Story) (map[string]news.Told, error) {
	ids := make([]string, len(stories))
	for i, s := range stories {
		ids[i] = s.ID
	}
	before, err := p.store.Told(ctx, planID, ids)
	if err != nil {
		return nil, fmt.Errorf("read what was told: %w", err)
	}
	return before, nil
}

// tell notes that the plan told these entries. A story keeps the message that
// first showed it: later notes belong to its thread.
func tell(plan news.Plan, entries []news.Entry, before map[string]news.Told, deliveryID string, now time.Time) []news.Told {
	told := make([]news.Told, 0, len(entries))
	for _, e := range entries {
		t := news.Told{
			PlanID: plan.ID, StoryID: e.StoryID, Version: e.Version, Sources: len(e.Sources),
			Publishers: e.Publishers, Score: e.Score, At: now, DeliveryID: deliveryID,
		}
		if b, again := before[e.StoryID]; again {
			t.DeliveryID, t.Notes = b.DeliveryID, b.Notes+1
		}
		told = append(told, t)
	}
	return told
}

// freeze renders a digest and makes a delivery of each of its messages.
func (p *Planner) freeze(plan news.Plan, d news.Digest, now time.Time) ([]news.Delivery, error) {
	destination, renderer, err := p.routes.Route(plan.To)
	if err != nil {
		return nil, err
	}
	messages, err := renderer.Digest(d)
	if err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	list := make([]news.Delivery, len(messages))
	for i, m := range messages {
		list[i] = news.Delivery{
			ID: d.DeliveryID, Part: i + 1, Parts: len(messages), PlanID: plan.ID, Kind: news.KindDigest,
			Slot: d.Slot, Destination: destination, Payload: m.Payload, Stories: m.Stories,
			State: news.Pending, CreatedAt: now, NotBefore: now,
		}
	}
	return list, nil
}
