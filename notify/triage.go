package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"newswatch/news"
)

// StillNews is how long before the end of a mute something must have happened to
// be told then. What is older has passed: the mute was meant for it, and a week of
// it at once would help nobody. It is told with the next development.
const StillNews = 24 * time.Hour

// wishes are what readers said, as one run of a plan has to respect it.
type wishes struct {
	news.Triage
	plan news.Plan
	made time.Time // when the plan was made: items fetched before are never told by it
	now  time.Time
}

func (p *Planner) wishes(ctx context.Context, plan news.Plan, state news.PlanState) (wishes, error) {
	said, err := p.store.Triage(ctx)
	if err != nil {
		return wishes{}, fmt.Errorf("read what readers said: %w", err)
	}
	return wishes{Triage: said, plan: plan, made: state.CreatedAt, now: p.now()}, nil
}

// batch is what a plan may tell now.
type batch struct {
	stories []*news.Story // without the reports and hits that do not count
	before  map[string]news.Told
	looked  news.Looked
	// recovered is what was told of stories, to be kept; see Recovered.
	recovered []news.Told
	muted     int       // held by mutes
	next      time.Time // when the first of the mutes ends that hold something; zero: none does
}

// sift takes the stories out that mutes hold, and those that passed under mutes
// which have ended.
func (w *wishes) sift(stories []*news.Story, before map[string]news.Told) batch {
	b := batch{before: before}
	for _, s := range stories {
		told := before[s.ID]
		seen, held := w.see(s, told)
		switch {
		case held:
			b.muted++
			if end := w.firstEnd(); b.next.IsZero() || end.Before(b.next) {
				b.next = end
			}
		case !w.passed(s, told):
			b.stories = append(b.stories, seen)
		}
	}
	return b
}

// see is a story as the mutes in force leave it, and whether they leave nothing to
// tell of it.
func (w *wishes) see(s *news.Story, told news.Told) (seen *news.Story, held bool) {
	var inForce []news.Mute
	for _, m := range w.Mutes {
		if news.InForce(m.At, m.Until, w.now) {
			inForce = append(inForce, m)
		}
	}
	return w.under(inForce, s, told)
}

// firstEnd is when the first of the mutes in force ends.
func (w *wishes) firstEnd() (end time.Time) {
	for _, m := range w.Mutes {
		if news.InForce(m.At, m.Until, w.now) && (end.IsZero() || m.Until.Before(end)) {
			end = m.Until
		}
	}
	return end
}

// passed says whether all that is new of a story happened under mutes that were to
// last for long enough.
func (w *wishes) passed(s *news.Story, told news.Told) bool {
	if len(w.Mutes) == 0 {
		return false
	}
	for _, t := range newsTimes(s, told) {
		var then []news.Mute
		for _, m := range w.Mutes {
			if news.InForce(m.At, m.Until.Add(-StillNews), t) {
				then = append(then, m)
			}
		}
		if _, held := w.under(then, s, told); !held {
			return false
		}
	}
	return true
}

// newsTimes are when something happened in a story that a plan has not told: of
// one never told every report counts, later only what was a development.
func newsTimes(s *news.Story, told news.Told) (times []time.Time) {
	if told.Version == 0 {
		for i := range s.Members {
			times = append(times, s.Members[i].Item.Fetched)
		}
		return times
	}
	for _, d := range unheard(s, told) {
		times = append(times, d.At)
	}
	if len(times) == 0 { // nobody knows: it counts as new
		times = append(times, s.LastAt)
	}
	return times
}

// unheard are the developments of a story that a plan which told it does not know.
func unheard(s *news.Story, told news.Told) (list []news.Development) {
	for _, d := range s.Developments {
		if d.Version > told.Version && !slices.Contains(told.Heard, d.Version) {
			list = append(list, d)
		}
	}
	return list
}

// under is a story as mutes leave it, and whether they leave nothing to tell of it.
// Who follows a story wants it whatever the rule and the entity.
func (w *wishes) under(mutes []news.Mute, s *news.Story, told news.Told) (seen *news.Story, held bool) {
	if len(mutes) == 0 {
		return s, false
	}
	out := muteSet{entities: map[string]bool{}}
	followed := w.follows(s.ID)
	for _, m := range mutes {
		switch {
		case m.Kind == news.MuteStory && m.Key == s.ID:
			return s, true
		case m.Kind == news.MuteSource:
			out.sources = append(out.sources, m.Key)
		case followed:
		case m.Kind == news.MuteRule:
			out.rules = append(out.rules, m.Key)
		case m.Kind == news.MuteEntity:
			out.entities[m.Key] = true
		}
	}
	seen = out.without(s)
	if seen == s {
		return s, false
	}
	return seen, !w.tells(seen) || told.Version > 0 && len(unheard(s, told)) > 0 && len(unheard(seen, told)) == 0
}

// tells says whether a story has a hit that the plan tells of.
func (w *wishes) tells(s *news.Story) bool {
	for i := range s.Members {
		it := &s.Members[i].Item
		if it.Baseline || it.Fetched.Before(w.made) {
			continue
		}
		for _, h := range s.Members[i].Hits {
			if h.Score >= w.plan.MinScore && slices.Contains(w.plan.Rules, h.Rule) {
				return true
			}
		}
	}
	return false
}

// hid says whether mutes that are over, by themselves or because they were lifted,
// kept an alert from being told since a time. At their end all of it comes at once.
func (w *wishes) hid(s *news.Story, since time.Time) bool {
	var over []news.Mute
	for _, m := range slices.Concat(w.Mutes, w.Lifted) {
		if m.Until.After(since) && !m.Until.After(w.now) {
			over = append(over, m)
		}
	}
	seen, held := w.under(over, s, news.Told{})
	least := w.plan.MinPublishers
	return held || len(seen.Publishers()) < least && len(s.Publishers()) >= least
}

// follows says whether somebody wants all developments of a story from the plan.
func (w *wishes) follows(storyID string) bool {
	return slices.ContainsFunc(w.Follows, func(f news.Follow) bool {
		return f.StoryID == storyID && (f.PlanID == "" || f.PlanID == w.plan.ID) && news.InForce(f.At, f.Until, w.now)
	})
}

// paused is until when the plan was paused at a time; ok is false when it was not.
func (w *wishes) paused(t time.Time) (until time.Time, ok bool) {
	for _, p := range w.Pauses {
		if p.PlanID == w.plan.ID && news.InForce(p.At, p.Until, t) && p.Until.After(until) {
			until, ok = p.Until, true
		}
	}
	return until, ok
}

// heldUntil is until when an alert is held at a time, by quiet hours or a pause.
func (w *wishes) heldUntil(t time.Time) (until time.Time, held bool) {
	until, held = quietUntil(w.plan.Quiet, t, w.plan.Timezone)
	if end, paused := w.paused(t); paused && end.After(until) {
		return end, true
	}
	return until, held
}

// muteSet is what does not count.
type muteSet struct {
	rules    []string
	sources  []string
	entities map[string]bool
}

// without is a story without the reports and hits that do not count, and without
// what those brought; the story itself when all of it counts.
func (m muteSet) without(s *news.Story) *news.Story {
	seen, cut := *s, false
	seen.Members, seen.Developments = nil, nil
	gone := map[string]bool{}
	for _, member := range s.Members {
		if slices.ContainsFunc(m.sources, func(name string) bool { return news.SameOutlet(name, member.Item.Publisher) }) {
			gone[member.Item.ID], cut = true, true
			continue
		}
		hits := slices.DeleteFunc(slices.Clone(member.Hits), m.silences)
		cut = cut || len(hits) < len(member.Hits)
		member.Hits = hits
		seen.Members = append(seen.Members, member)
	}
	if !cut {
		return s
	}
	for i, member := range seen.Members {
		if gone[member.CopyOf] { // it now stands for the report that it repeats
			seen.Members[i].CopyOf = ""
			for j := i + 1; j < len(seen.Members); j++ {
				if seen.Members[j].CopyOf == member.CopyOf {
					seen.Members[j].CopyOf = member.Item.ID
				}
			}
		}
	}
	for _, d := range s.Developments {
		if !gone[d.ItemID] {
			seen.Developments = append(seen.Developments, d)
		}
	}
	return &seen
}

// silences says whether a hit does not count: its rule is muted, or every entity
// among what matched is.
func (m muteSet) silences(h news.Hit) bool {
	if slices.Contains(m.rules, h.Rule) {
		return true
	}
	if len(m.entities) == 0 {
		return false
	}
	found := false
	for _, span := range h.Spans {
		if id, ok := strings.CutPrefix(span.By, "entity:"); ok {
			found = true
			if !m.entities[id] {
				return false
			}
		}
	}
	return found
}

// followups tells what developed in the stories that readers follow, each in the
// thread of the digest that showed it. For everybody else it is not told yet.
func (p *Planner) followups(ctx context.Context, plan news.Plan, w *wishes, next time.Time) (news.PlanCommit, error) {
	commit := news.PlanCommit{At: w.now, Next: next}
	if !slices.ContainsFunc(w.Follows, func(f news.Follow) bool { return w.follows(f.StoryID) }) {
		return commit, nil
	}
	b, err := p.untold(ctx, plan, w, p.toldInThread)
	if err != nil {
		return news.PlanCommit{}, err
	}
	commit.Looked = b.looked
	destination, renderer, err := p.routes.Route(plan.To)
	if err != nil {
		return news.PlanCommit{}, err
	}
	run := alertRun{planner: p, plan: plan, now: w.now, wishes: w, commit: &commit, destination: destination, renderer: renderer}
	for _, s := range b.stories {
		told, again := b.before[s.ID]
		if !again || told.Version >= s.Version || !w.follows(s.ID) || !run.reaches(told) {
			continue
		}
		if err := run.again(s, told); err != nil {
			return news.PlanCommit{}, err
		}
	}
	for i := range commit.Told {
		commit.Told[i].PlanID = news.ThreadOf(plan.ID)
	}
	return commit, nil
}

// toldInThread is what those know who follow stories: what the plan told, and what
// it told in the thread since.
func (p *Planner) toldInThread(ctx context.Context, planID string, stories []*news.Story) (map[string]news.Told, error) {
	told, err := p.told(ctx, planID, stories)
	if err != nil {
		return nil, err
	}
	noted, err := p.told(ctx, news.ThreadOf(planID), stories)
	for id, t := range told {
		n := noted[id]
		heard := slices.Concat(t.Heard, n.Heard)
		if n.Version > t.Version {
			n.PlanID, n.DeliveryID, n.Destination, n.First, n.Dropped = t.PlanID, t.DeliveryID, t.Destination, t.First, t.Dropped
			t = n
		}
		t.Heard = heard
		told[id] = t
	}
	return told, err
}

// shown are the numbers of a digest's stories.
func shown(d news.Digest) (list []news.Shown) {
	for _, s := range d.Sections {
		for _, e := range s.Entries {
			list = append(list, news.Shown{DeliveryID: d.DeliveryID, Number: e.Number, StoryID: e.StoryID})
		}
	}
	return list
}
