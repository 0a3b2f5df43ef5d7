package triage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wording"
)

// story reads from the words which story is meant.
func (r *request) story(ctx context.Context) (subject, []string, error) {
	words := r.words
	if len(words) > 0 && strings.EqualFold(words[0], "story") {
		words = words[1:]
	}
	return r.storySubject(ctx, words)
}

// storyAlone is story for commands that say nothing else.
func (r *request) storyAlone(ctx context.Context) (subject, error) {
	s, rest, err := r.story(ctx)
	if err == nil {
		err = r.allRead(rest)
	}
	return s, err
}

func (r *request) follow(ctx context.Context) (notify.Answer, error) {
	s, rest, err := r.story(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	until, err := r.spanAlone(rest, UsualFollow)
	if err != nil {
		return notify.Answer{}, err
	}
	said, err := r.inForce(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	f := news.Follow{StoryID: s.key, PlanID: s.plan, At: r.clock.Now, Until: until, By: r.asker()}
	if err := r.cfg.Store.Follow(ctx, f); err != nil {
		return notify.Answer{}, fmt.Errorf("follow story %s: %w", s.key, err)
	}
	where := "in the threads of the messages that told it"
	if s.plan != "" {
		where = "in the thread of the message that told it in " + s.plan
	}
	a := notify.Answer{
		Headline: fmt.Sprintf("%s is followed until %s.", s.words, r.until(until)),
		Lines:    []string{"What develops is told at once, " + where + "."},
		Undo:     []string{"unfollow", s.key},
	}
	for _, o := range said.Follows {
		if o.StoryID != s.key {
			continue
		}
		a.Lines = append(a.Lines, fmt.Sprintf("Followed since %s by %s, until %s.", r.until(o.At), r.by(o.By), r.until(o.Until)))
		if o.PlanID == s.plan {
			a.Undo = append([]string{"follow", s.key}, r.back(o.Until, "")...)
		}
	}
	for _, m := range said.Mutes {
		if m.Kind == news.MuteStory && m.Key == s.key {
			a.Lines = append(a.Lines, fmt.Sprintf("It is muted no more: %s muted it until %s.", r.by(m.By), r.until(m.Until)))
		}
	}
	a.Hint = "Undo: " + strings.Join(a.Undo, " ")
	return a, nil
}

func (r *request) unfollow(ctx context.Context) (notify.Answer, error) {
	s, err := r.storyAlone(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	followed, err := r.cfg.Store.Unfollow(ctx, s.key)
	if err != nil {
		return notify.Answer{}, fmt.Errorf("unfollow story %s: %w", s.key, err)
	}
	if !followed {
		return notify.Answer{}, &askError{msg: s.words + " is not followed.", nothing: true}
	}
	return notify.Answer{Headline: s.words + " is followed no more.", Lines: []string{"It is told as any other story."}}, nil
}

func (r *request) flag(ctx context.Context) (notify.Answer, error) {
	s, rest, err := r.story(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	hit, _, ok := s.story.BestHit(r.rulesOf(s.plan))
	if !ok {
		return notify.Answer{}, asked("No rule matches %s any more.", s.words)
	}
	f := news.Flag{StoryID: s.key, Rule: hit.Rule, At: r.clock.Now, By: r.asker(), Reason: wording.Clip(strings.Join(reason(rest), " "), maxReason)}
	for i := range s.story.Members {
		m := &s.story.Members[i]
		if slices.ContainsFunc(m.Hits, func(h news.Hit) bool { return h.Rule == hit.Rule }) {
			f.Items = append(f.Items, m.Item.ID)
		}
	}
	if err := r.cfg.Store.Flag(ctx, f); err != nil {
		return notify.Answer{}, fmt.Errorf("flag story %s: %w", s.key, err)
	}
	return notify.Answer{
		Headline: fmt.Sprintf("Noted: %s does not belong under rule %s.", s.words, hit.Rule),
		Lines: []string{
			"It matched " + cmp.Or(wording.Line(hit.Why), "the rule's condition") + ".",
			"Nothing changes by itself: newswatch suggest proposes a change of the rules from all that was noted.",
		},
		Hint: fmt.Sprintf("Until then: mute %s. Undo: unflag %s", s.key, s.key),
		Undo: []string{"unflag", s.key},
	}, nil
}

// rulesOf are the rules of a plan, in its order; nil, which means all, where none
// is meant.
func (r *request) rulesOf(planID string) []string {
	for _, p := range r.rules.File.Plans {
		if p.ID == planID {
			return p.Rules
		}
	}
	return nil
}

func (r *request) unflag(ctx context.Context) (notify.Answer, error) {
	s, err := r.storyAlone(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	n, err := r.cfg.Store.Unflag(ctx, s.key)
	if err != nil {
		return notify.Answer{}, fmt.Errorf("unflag story %s: %w", s.key, err)
	}
	if n == 0 {
		return notify.Answer{}, &askError{msg: s.words + " is not flagged.", nothing: true}
	}
	return notify.Answer{Headline: s.words + " is flagged no more."}, nil
}
