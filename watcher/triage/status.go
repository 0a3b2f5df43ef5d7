package triage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wording"
	"newswatch/watcher/health"
	"newswatch/watcher/store"
)

const (
	maxNamed  = 5                  // feeds in trouble that are named
	homeSpan  = 7 * 24 * time.Hour // over which rules are counted
	stalePoll = 2 * time.Hour      // after the last poll the daemon is thought to be away
	lateSend  = 5 * time.Minute    // from its making on a message should have been sent
)

// Home is the state at a glance.
func (d *Desk) Home(ctx context.Context) (notify.Home, error) {
	r := &request{Desk: d, rules: d.cfg.Rules(), clock: d.clock()}
	return r.home(ctx)
}

func (r *request) home(ctx context.Context) (h notify.Home, err error) {
	h.At, h.Location = r.clock.Now, r.clock.Zone
	said, err := r.inForce(ctx)
	if err != nil {
		return h, err
	}
	states, err := r.feedStates(ctx)
	if err != nil {
		return h, err
	}
	h.Feeds.Words = r.feeds(&h.Feeds, states).Words()
	pending, err := r.cfg.Store.Pending(ctx)
	if err != nil {
		return h, fmt.Errorf("count deliveries: %w", err)
	}
	h.Held = pending[news.Held]
	if h.Headline, h.Healthy, err = r.judge(ctx, h); err != nil {
		return h, err
	}
	for _, p := range r.rules.File.Plans {
		one, err := r.homePlan(ctx, p, said.Pauses)
		if err != nil {
			return h, err
		}
		h.Plans = append(h.Plans, one)
	}
	if h.Rules, err = r.homeRules(ctx); err != nil {
		return h, err
	}
	for _, m := range said.Mutes {
		what := r.mutedWords(ctx, m)
		if m.Kind == news.MuteStory {
			what = "story " + what
		}
		h.Mutes = append(h.Mutes, notify.HomeMute{What: what, Until: m.Until, By: m.By, Reason: m.Reason, Undo: append([]string{"unmute"}, undo(m)...)})
	}
	for _, f := range said.Follows {
		h.Followed = append(h.Followed, notify.HomeStory{
			ID: f.StoryID, Headline: strings.Trim(r.mutedWords(ctx, news.Mute{Kind: news.MuteStory, Key: f.StoryID}), "“”"),
			Until: f.Until, By: f.By, Undo: []string{"unfollow", f.StoryID},
		})
	}
	return h, nil
}

func (r *request) feedStates(ctx context.Context) (map[string]news.FeedState, error) {
	list, err := r.cfg.Store.FeedStates(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the feeds' states: %w", err)
	}
	states := make(map[string]news.FeedState, len(list))
	for _, s := range list {
		states[s.FeedID] = s
	}
	return states, nil
}

// feeds counts the feeds of the rules, and names those in trouble.
func (r *request) feeds(into *notify.HomeFeeds, states map[string]news.FeedState) health.Tally {
	type troubled struct {
		name  string
		state health.State
	}
	tally, bad := health.Tally{}, []troubled(nil)
	for _, f := range r.rules.File.Feeds {
		s := states[f.ID]
		into.Total++
		if s.PolledAt.After(into.LastPoll) {
			into.LastPoll = s.PolledAt
		}
		state := health.Judge(s, r.clock.Now).State
		tally[state]++
		if state.Failing() {
			bad = append(bad, troubled{f.Name, state})
		} else {
			into.Well++
		}
	}
	slices.SortStableFunc(bad, func(a, b troubled) int { return a.state.Compare(b.state) })
	for _, b := range bad[:min(maxNamed, len(bad))] {
		into.Failing = append(into.Failing, b.name)
	}
	return tally
}

// judge says all that is wrong, the worst first.
func (r *request) judge(ctx context.Context, h notify.Home) (headline string, healthy bool, err error) {
	var wrong []string
	if h.Held > 0 {
		wrong = append(wrong, wording.Count(h.Held, "message waits", "messages wait")+" for a person: newswatch outbox list --state held")
	}
	switch {
	case h.Feeds.LastPoll.IsZero():
		wrong = append(wrong, "Nothing was polled yet")
	case r.clock.Now.Sub(h.Feeds.LastPoll) > stalePoll:
		wrong = append(wrong, "Nothing was polled since "+r.clock.Ago(h.Feeds.LastPoll)+": is newswatch running?")
	}
	late, oldest, err := r.cfg.Store.Overdue(ctx, r.clock.Now.Add(-lateSend))
	if err != nil {
		return "", false, fmt.Errorf("count what waits: %w", err)
	}
	if late > 0 {
		wrong = append(wrong, wording.Count(late, "message is", "messages are")+" not sent yet, the oldest of "+r.clock.Ago(oldest)+": newswatch outbox")
	}
	refused, err := r.refusedRules(ctx)
	if err != nil {
		return "", false, err
	}
	if refused != "" {
		wrong = append(wrong, refused)
	}
	healthy = len(wrong) == 0
	if failing := h.Feeds.Total - h.Feeds.Well; failing > 0 {
		wrong = append(wrong, fmt.Sprintf("%d of %s", failing, wording.Count(h.Feeds.Total, "feed fails", "feeds fail")))
		healthy = healthy && failing*10 <= h.Feeds.Total
	}
	if len(wrong) == 0 {
		return "Healthy", true, nil
	}
	return strings.Join(wrong, "; "), healthy, nil
}

// refusedRules says since when the rule file is not the rules in force, "" while
// it is.
func (r *request) refusedRules(ctx context.Context) (string, error) {
	since, err := r.cfg.Store.Meta(ctx, store.RulesBadSince)
	if err != nil || since == "" {
		return "", err
	}
	why, err := r.cfg.Store.Meta(ctx, store.RulesBadWhy)
	if err != nil {
		return "", err
	}
	ms, err := strconv.ParseInt(since, 10, 64)
	if err != nil {
		return "", fmt.Errorf("read since when the rules are refused: %w", err)
	}
	return fmt.Sprintf("The rule file is refused since %s (%s), the rules loaded before hold", r.clock.At(time.UnixMilli(ms)), wording.Clip(wording.Line(why), 150)), nil
}

func (r *request) homePlan(ctx context.Context, p news.Plan, pauses []news.Pause) (notify.HomePlan, error) {
	one := notify.HomePlan{ID: p.ID, Kind: p.Kind, Title: cmp.Or(p.Title, p.ID), To: p.To}
	for _, pause := range pauses {
		if pause.PlanID == p.ID && pause.Until.After(one.Paused) {
			one.Paused, one.By = pause.Until, pause.By
		}
	}
	d, known, err := r.waiting(ctx, p)
	if err != nil {
		return one, fmt.Errorf("see what %s has to tell: %w", p.ID, err)
	}
	if known {
		one.Ready, one.Muted = len(d.Stories())+d.Waiting, d.Muted
	}
	if p.Kind == news.DigestPlan {
		after := r.clock.Now
		if one.Paused.After(after) {
			after = one.Paused.Add(-time.Millisecond) // a slot at the very end of a pause counts
		}
		if one.Next, err = notify.FirstLook(p, after); err != nil {
			return one, err
		}
	}
	return one, nil
}

func (r *request) homeRules(ctx context.Context) (list []notify.HomeRule, err error) {
	since := r.clock.Now.Add(-homeSpan)
	counts, err := r.cfg.Store.RuleCounts(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("count what rules brought: %w", err)
	}
	flags, err := r.cfg.Store.Flags(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("read flags: %w", err)
	}
	for _, rule := range r.rules.File.Rules {
		one := notify.HomeRule{ID: rule.ID, Title: r.rules.Title(rule.ID), Items: counts[rule.ID].Items, Stories: counts[rule.ID].Stories}
		flagged, last := map[string]bool{}, ""
		for _, f := range flags {
			if f.Rule == rule.ID {
				flagged[f.StoryID], last = true, f.StoryID
			}
		}
		one.Flags = len(flagged)
		if last != "" {
			if s, err := r.storyOf(ctx, last, ""); err == nil {
				one.Example = s.story.Lead().Item.Title
			}
		}
		list = append(list, one)
	}
	return list, nil
}

// status says in lines what Home shows.
func (r *request) status(ctx context.Context) (notify.Answer, error) {
	if err := r.allRead(r.words); err != nil {
		return notify.Answer{}, err
	}
	h, err := r.home(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	a := notify.Answer{Headline: h.Headline + ".", Hint: "why 3, mute 3, follow 3, flag 3; help lists all"}
	if h.Healthy && h.Headline == "Healthy" {
		a.Headline = h.Headline + ": " + h.Feeds.Words + "."
	} else {
		a.Lines = append(a.Lines, h.Feeds.Words)
	}
	if len(h.Feeds.Failing) > 0 {
		line := "in trouble: " + wording.Line(strings.Join(h.Feeds.Failing, ", "))
		if more := h.Feeds.Total - h.Feeds.Well - len(h.Feeds.Failing); more > 0 {
			line += fmt.Sprintf(" and %d more", more)
		}
		a.Lines = append(a.Lines, line+"; newswatch feeds --failing says why")
	}
	a.Lines = append(a.Lines, "last poll "+r.clock.Ago(h.Feeds.LastPoll))
	for _, p := range h.Plans {
		a.Lines = append(a.Lines, r.planLine(p))
	}
	for i, m := range h.Mutes {
		if i == maxNamed {
			a.Lines = append(a.Lines, fmt.Sprintf("and %d more mutes; mutes lists them", len(h.Mutes)-i))
			break
		}
		a.Lines = append(a.Lines, fmt.Sprintf("muted: %s, until %s, by %s", m.What, r.until(m.Until), r.by(m.By)))
	}
	for _, f := range h.Followed {
		a.Lines = append(a.Lines, fmt.Sprintf("followed: %s, until %s, by %s", quoted(f.Headline), r.until(f.Until), r.by(f.By)))
	}
	return a, nil
}

// planLine says what a plan tells next.
func (r *request) planLine(p notify.HomePlan) string {
	var parts []string
	switch {
	case !p.Paused.IsZero():
		parts = append(parts, "paused until "+r.until(p.Paused)+" by "+r.by(p.By))
	case p.Kind == news.AlertPlan:
		parts = append(parts, "at once")
	}
	if p.Kind == news.DigestPlan {
		parts = append(parts, "next "+r.until(p.Next))
	}
	if p.Ready > 0 || p.Kind == news.DigestPlan {
		parts = append(parts, wording.Count(p.Ready, "story waits", "stories wait"))
	}
	if p.Muted > 0 {
		parts = append(parts, wording.Number(p.Muted)+" muted")
	}
	return fmt.Sprintf("%s %s: %s", p.Kind, p.ID, strings.Join(parts, ", "))
}
