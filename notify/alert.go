package notify

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"newswatch/news"
)

// alerts tells each story that is ready, and what is new of those told before.
// Stories that quiet hours, a pause or mutes held back come together at their end.
func (p *Planner) alerts(ctx context.Context, plan news.Plan, _ news.PlanState, w *wishes, atOnce bool) (news.PlanCommit, error) {
	now := w.now
	b, err := p.untold(ctx, plan, w, p.told)
	if err != nil {
		return news.PlanCommit{}, err
	}
	commit := news.PlanCommit{At: now, Next: now.Add(idle), Looked: b.looked, Told: b.recovered}
	if !b.next.IsZero() && b.next.Before(commit.Next) {
		commit.Next = b.next
	}
	if end, held := w.heldUntil(now); held && !atOnce {
		commit.Next = end // also for those that only grow
		return commit, nil
	}
	destination, renderer, err := p.routes.Route(plan.To)
	if err != nil {
		return news.PlanCommit{}, err
	}
	run := alertRun{planner: p, plan: plan, now: now, atOnce: atOnce, wishes: w, commit: &commit, destination: destination, renderer: renderer}
	for _, s := range b.stories {
		switch told, again := b.before[s.ID]; {
		case again && run.reaches(told):
			err = run.again(s, told)
		case again: // its message is where nobody looks any more
			err = run.anew(s, told)
		default:
			err = run.first(s)
		}
		if err != nil {
			return news.PlanCommit{}, err
		}
	}
	if err := run.overnight(); err != nil {
		return news.PlanCommit{}, err
	}
	if err := run.refresh(ctx); err != nil {
		return news.PlanCommit{}, err
	}
	return commit, run.pointers(ctx)
}

// refresh rewrites the messages of stories that only grew, or that people corrected:
// the one message a story says what it is now, without a note to anybody.
func (r *alertRun) refresh(ctx context.Context) error {
	grown, err := r.planner.store.Grown(ctx, r.plan.ID, r.now.Add(-freshFor))
	if err != nil {
		return fmt.Errorf("read grown stories: %w", err)
	}
	before, err := r.planner.told(ctx, r.plan.ID, grown)
	if err != nil {
		return err
	}
	for _, s := range grown {
		told := before[s.ID]
		s, held := r.wishes.see(s, told)
		if held {
			continue
		}
		e := r.planner.entry(s, r.plan.Rules, told)
		if !r.reaches(told) || told.Rewriting == "" && !told.Corrected && len(e.Sources) == told.Sources && len(joined(s, told.At)) == 0 {
			continue // the message as it first came says so
		}
		if err := r.rewrite(s, e, told); err != nil {
			return err
		}
	}
	return nil
}

// pointers rewrite the messages of stories that others took in: each says with
// which it is one, as nothing more will come to it.
func (r *alertRun) pointers(ctx context.Context) error {
	ended, err := r.planner.store.TakenIn(ctx, r.plan.ID, r.now.Add(-freshFor))
	if err != nil {
		return fmt.Errorf("read stories that were taken in: %w", err)
	}
	done := map[string]bool{}
	for _, one := range ended {
		told := one.Told
		if one.DeliveryID == told.DeliveryID || !r.reaches(told) || done[told.DeliveryID] {
			continue // its message stands for the other story
		}
		done[told.DeliveryID] = true // two that split and joined may have told it
		if err := r.show(pointer(one), told, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// freshFor is how long after its last report, or its correction, a story's message
// is still brought up to date. The desk's memory of stories is a few days.
const freshFor = 14 * 24 * time.Hour

// pointer is a story that another took in, in the words with which it was told.
func pointer(one news.TakenIn) news.Entry {
	lead := one.Into.Lead()
	into := source(lead, news.Told{})
	for i := range one.Into.Members {
		if m := &one.Into.Members[i]; m.Item.ID == one.LeadID {
			lead = m
		}
	}
	return news.Entry{
		StoryID: one.StoryID, Version: one.Told.Version, Headline: lead.Item.Title, URL: lead.Item.URL,
		Sources: []news.Source{source(lead, news.Told{})}, At: lead.Item.Published, OneWith: into,
	}
}

// rewrite brings a story's one message up to date.
func (r *alertRun) rewrite(s *news.Story, e news.Entry, told news.Told) error {
	// The message tells all that developed, its thread one by one.
	e.News = changes(s, e, told, func(d news.Development) bool { return !slices.Contains(told.Heard, d.Version) })
	return r.show(e, told, firstHit(s, r.plan))
}

// show rewrites the message that told a story, unless it shows this already. It
// keeps its id in its metadata: that is still what it is. A line in a digest is not
// rewritten.
func (r *alertRun) show(e news.Entry, told news.Told, since time.Time) error {
	if !strings.HasPrefix(told.DeliveryID, "al_") {
		return nil
	}
	a := r.alert(told.DeliveryID, e, since)
	a.Kind, a.ReplyTo = news.KindUpdate, told.DeliveryID
	m, err := r.renderer.Alert(a) // its id follows from what it shows
	if err != nil {
		return fmt.Errorf("render story %s anew: %w", e.StoryID, err)
	}
	id := news.RewritingID(r.plan.ID, e.StoryID, m.Payload)
	if id == told.Rewriting {
		return nil
	}
	return r.deliver(news.Delivery{ID: id, Kind: news.KindUpdate, ReplyTo: told.DeliveryID}, a, Renderer.Alert)
}

// alertRun is one look at an alert plan.
type alertRun struct {
	planner *Planner
	plan    news.Plan
	now     time.Time
	atOnce  bool
	wishes  *wishes
	commit  *news.PlanCommit
	held    []held // ready, and held back by quiet hours, a pause or mutes until now

	destination string // where the plan's messages go now
	renderer    Renderer
}

// reaches says whether the message that told a story stands where the plan's
// readers look: it was not given up, and the plan has not moved since.
func (r *alertRun) reaches(told news.Told) bool {
	return told.Destination == r.destination && !told.Dropped
}

// wait asks for another look at a time.
func (r *alertRun) wait(t time.Time) {
	if t.Before(r.commit.Next) {
		r.commit.Next = t
	}
}

// first tells a story when enough independent outlets have it, or when it has
// waited long enough for them.
func (r *alertRun) first(s *news.Story) error {
	since := firstHit(s, r.plan)
	ready := r.atOnce || len(s.Publishers()) >= r.plan.MinPublishers || !r.now.Before(since.Add(r.plan.Wait))
	if !ready {
		r.wait(since.Add(r.plan.Wait))
		return nil
	}
	e := r.planner.entry(s, r.plan.Rules, news.Told{})
	one := held{entry: e, since: since, ready: readyAt(s, r.plan, since)}
	if _, quiet := r.wishes.heldUntil(one.ready); quiet || r.wishes.hid(s, since) {
		r.held = append(r.held, one)
		return nil
	}
	return r.tellFirst(one)
}

// held is a story that could have been told before.
type held struct {
	entry news.Entry
	since time.Time // when its first hit came
	ready time.Time // when it could be told
}

func (r *alertRun) tellFirst(h held) error {
	return r.tell(news.AlertID(news.KindAlert, r.plan.ID, h.entry.StoryID, 0), h.entry, h.since)
}

// readyAt is when a story had enough independent outlets, or had waited long enough
// for them.
func readyAt(s *news.Story, plan news.Plan, since time.Time) time.Time {
	over := since.Add(plan.Wait)
	for i := range s.Members {
		came := s.Members[i].Item.Fetched
		known := news.Story{Members: s.Members[:i+1]}
		switch {
		case !came.Before(over):
			return over
		case !came.Before(since) && len(known.Publishers()) >= plan.MinPublishers:
			return came
		}
	}
	return over
}

// anew tells a story by a message of its own again: the first one went to a
// channel that the plan has left, or was given up.
func (r *alertRun) anew(s *news.Story, told news.Told) error {
	return r.tell(news.AlertID(news.KindAlert, r.plan.ID, s.ID, s.Version), r.planner.entry(s, r.plan.Rules, told), firstHit(s, r.plan))
}

func (r *alertRun) tell(id string, e news.Entry, since time.Time) error {
	d := news.Delivery{ID: id, Kind: news.KindAlert}
	err := r.deliver(d, r.alert(id, e, since), Renderer.Alert)
	r.commit.Told = append(r.commit.Told, tell(r.plan, []news.Entry{e}, nil, id, r.now)...)
	return err
}

// again rewrites the message of a story that has developed and adds a note to
// its thread, the note not before the cooldown is over unless the story jumped or
// somebody follows it.
func (r *alertRun) again(s *news.Story, told news.Told) error {
	e := r.planner.entry(s, r.plan.Rules, told)
	since := firstHit(s, r.plan)
	if err := r.rewrite(s, e, told); err != nil {
		return err
	}
	over := told.At.Add(r.plan.Cooldown)
	jumped := r.plan.UnlessPublishers > 0 && e.Publishers-told.Publishers >= r.plan.UnlessPublishers
	if r.now.Before(over) && !jumped && !r.atOnce && !r.wishes.follows(s.ID) {
		r.wait(over)
		return nil
	}
	id := news.AlertID(news.KindFollowup, r.plan.ID, s.ID, s.Version)
	d := news.Delivery{
		ID: id, Kind: news.KindFollowup, ReplyTo: told.DeliveryID,
		Broadcast: r.plan.BroadcastAt > 0 && e.Publishers >= r.plan.BroadcastAt,
	}
	err := r.deliver(d, r.alert(id, e, since), Renderer.Followup)
	r.commit.Told = append(r.commit.Told, tell(r.plan, []news.Entry{e}, map[string]news.Told{s.ID: told}, id, r.now)...)
	return err
}

// alert is what is told of a story, under the id of a message.
func (r *alertRun) alert(id string, e news.Entry, since time.Time) news.Alert {
	return news.Alert{
		DeliveryID: id, PlanID: r.plan.ID, Title: r.plan.Title, RuleTitle: r.planner.titles(e.Rule), Entry: e,
		FirstSeen: since, Mention: r.plan.To.Mention, Location: r.plan.Timezone,
	}
}

// deliver renders an alert and freezes it as the given delivery.
func (r *alertRun) deliver(d news.Delivery, a news.Alert, render func(Renderer, news.Alert) (news.Message, error)) error {
	a.Kind, a.ID, a.ReplyTo = d.Kind, d.ID, d.ReplyTo
	m, err := render(r.renderer, a)
	if err != nil {
		return fmt.Errorf("render %s of story %s: %w", d.Kind, a.Entry.StoryID, err)
	}
	if len(m.Payload) == 0 {
		return nil // this way out shows nothing of it
	}
	d.Part, d.Parts, d.PlanID, d.Slot = 1, 1, r.plan.ID, "v"+strconv.Itoa(a.Entry.Version)
	d.Destination, d.Payload, d.Stories = r.destination, m.Payload, m.Stories
	d.State, d.CreatedAt, d.NotBefore = news.Pending, r.now, r.now
	r.commit.Deliveries = append(r.commit.Deliveries, d)
	return nil
}

// overnight tells what quiet hours, a pause or mutes held: one story as an alert of
// its own, several in one message.
func (r *alertRun) overnight() error {
	switch len(r.held) {
	case 0:
		return nil
	case 1:
		return r.tellFirst(r.held[0])
	}
	entries, from := make([]news.Entry, len(r.held)), r.now
	for i, h := range r.held {
		entries[i] = h.entry
		if h.since.Before(from) {
			from = h.since
		}
	}
	rank(entries)
	slot := "quiet:" + r.now.In(r.plan.Timezone).Format("2006-01-02T15:04") + " " + r.plan.Timezone.String()
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.StoryID
	}
	d := news.Digest{
		DeliveryID: news.DigestID(r.plan.ID, "quiet:"+strings.Join(ids, " ")), PlanID: r.plan.ID, Title: r.plan.Title + ": " + r.while(), Slot: slot,
		From: from, To: r.now, Location: r.plan.Timezone, Sections: sections(entries, r.plan.Rules, r.planner.titles),
	}
	list, err := r.planner.freeze(r.plan, d, r.now)
	if err != nil {
		return err
	}
	r.commit.Deliveries = append(r.commit.Deliveries, list...)
	r.commit.Shown = append(r.commit.Shown, shown(d)...)
	r.commit.Told = append(r.commit.Told, tell(r.plan, entries, nil, d.DeliveryID, r.now)...)
	return nil
}

// while says what held the stories.
func (r *alertRun) while() string {
	asleep := func(h held) bool {
		_, quiet := quietUntil(r.plan.Quiet, h.ready, r.plan.Timezone)
		return quiet
	}
	paused := func(h held) bool {
		_, paused := r.wishes.paused(h.ready)
		return paused
	}
	switch {
	case slices.ContainsFunc(r.held, asleep):
		return "while you slept"
	case slices.ContainsFunc(r.held, paused):
		return "while paused"
	}
	return "after the mute"
}

// firstHit is when the first item came that the plan tells of.
func firstHit(s *news.Story, plan news.Plan) time.Time {
	for i := range s.Members {
		m := &s.Members[i]
		one := news.Story{Members: s.Members[i : i+1]}
		if hit, _, ok := one.BestHit(plan.Rules); ok && hit.Score >= plan.MinScore && !m.Item.Baseline {
			return m.Item.Fetched
		}
	}
	return s.FirstAt
}
