package triage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wording"
	"newswatch/watcher/store"
)

func (r *request) pause(ctx context.Context) (notify.Answer, error) {
	plan, rest, err := r.planOf(ctx, true, func(news.Plan) bool { return true })
	if err != nil {
		return notify.Answer{}, err
	}
	if plan.Timezone != nil {
		r.clock.Zone = plan.Timezone // its days are those of its schedule
	}
	until, err := r.spanAlone(rest, UsualPause)
	if err != nil {
		return notify.Answer{}, err
	}
	said, err := r.inForce(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	if err := r.cfg.Store.Pause(ctx, news.Pause{PlanID: plan.ID, At: r.clock.Now, Until: until, By: r.asker()}); err != nil {
		return notify.Answer{}, fmt.Errorf("pause %s: %w", plan.ID, err)
	}
	after := "Its runs until then pass; the first one after that makes up for them."
	if plan.Kind == news.AlertPlan {
		after = "What it would tell is held, and told together at the end."
	}
	a := notify.Answer{
		Headline: fmt.Sprintf("The %s %s is paused until %s.", plan.Kind, plan.ID, r.until(until)),
		Lines:    []string{after},
		Undo:     []string{"resume", plan.ID},
	}
	for _, p := range said.Pauses {
		if p.PlanID == plan.ID {
			a.Lines = append(a.Lines, r.was("paused", p.Until, p.By))
			a.Undo = append([]string{"pause", plan.ID}, r.back(p.Until, "")...)
		}
	}
	a.Hint = "Undo: " + strings.Join(a.Undo, " ")
	return a, nil
}

func (r *request) resume(ctx context.Context) (notify.Answer, error) {
	said, err := r.inForce(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	paused := func(p news.Plan) bool {
		return slices.ContainsFunc(said.Pauses, func(o news.Pause) bool { return o.PlanID == p.ID })
	}
	if len(r.words) == 0 && !slices.ContainsFunc(r.rules.File.Plans, paused) {
		return notify.Answer{}, &askError{msg: "Nothing is paused.", nothing: true}
	}
	only := paused
	if len(r.words) > 0 {
		only = func(news.Plan) bool { return true }
	}
	plan, rest, err := r.planOf(ctx, false, only)
	if err == nil {
		err = r.allRead(rest)
	}
	if err != nil {
		return notify.Answer{}, err
	}
	ended, err := r.cfg.Store.Resume(ctx, plan.ID)
	if err != nil {
		return notify.Answer{}, fmt.Errorf("resume %s: %w", plan.ID, err)
	}
	if !ended {
		return notify.Answer{}, &askError{msg: fmt.Sprintf("The %s %s is not paused.", plan.Kind, plan.ID), nothing: true}
	}
	next := "What it held is told now."
	if plan.Kind == news.DigestPlan {
		next = "What it held comes with the next run."
		if at, err := notify.FirstLook(plan, r.clock.Now); err == nil {
			next = "What it held comes with the next run, " + r.until(at) + "."
		}
	}
	return notify.Answer{
		Headline: fmt.Sprintf("The %s %s goes on.", plan.Kind, plan.ID), Lines: []string{next},
		Hint: "Send it at once: now " + plan.ID,
	}, nil
}

func (r *request) now(ctx context.Context) (notify.Answer, error) {
	plan, rest, err := r.planOf(ctx, false, func(p news.Plan) bool { return len(r.words) > 0 || p.Kind == news.DigestPlan })
	if err == nil {
		err = r.allRead(rest)
	}
	if err != nil {
		return notify.Answer{}, err
	}
	d, known, err := r.waiting(ctx, plan)
	if err != nil {
		return notify.Answer{}, fmt.Errorf("see what %s has to tell: %w", plan.ID, err)
	}
	if !known {
		return notify.Answer{}, notYet(plan)
	}
	n := len(d.Stories())
	if n == 0 && !plan.PostEmpty {
		a := notify.Answer{Headline: fmt.Sprintf("The %s %s has nothing to tell now.", plan.Kind, plan.ID)}
		if d.Muted > 0 {
			a.Lines = append(a.Lines, wording.Count(d.Muted, "story is", "stories are")+" muted.")
		}
		return a, nil
	}
	err = r.cfg.Store.Ask(ctx, plan.ID)
	if errors.Is(err, store.ErrNotFound) {
		return notify.Answer{}, notYet(plan)
	}
	if err != nil {
		return notify.Answer{}, fmt.Errorf("ask for %s: %w", plan.ID, err)
	}
	return notify.Answer{
		Headline: fmt.Sprintf("The %s %s comes at once, with %s.", plan.Kind, plan.ID, wording.Count(n, "story", "stories")),
		Lines:    []string{"A running newswatch sends it within a second or two; its schedule stays as it is."},
	}, nil
}

func notYet(plan news.Plan) error {
	return asked("The daemon has not taken the %s %s from the rules yet.", plan.Kind, plan.ID)
}
