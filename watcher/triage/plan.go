package triage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"newswatch/news"
	"newswatch/notify/wording"
	"newswatch/rules"
	"newswatch/watcher/store"
)

// planOf finds a digest or alert by the first words, by id or title. Without such
// words it is the one whose button was pressed, the only one that posts in the
// channel, or the only one there is. timed says that a time may stand instead.
func (r *request) planOf(ctx context.Context, timed bool, only func(news.Plan) bool) (plan news.Plan, rest []string, err error) {
	fit := slices.DeleteFunc(slices.Clone(r.rules.File.Plans), func(p news.Plan) bool { return !only(p) })
	words := r.words
	if len(words) > 0 && (strings.EqualFold(words[0], "digest") || strings.EqualFold(words[0], "alert")) {
		words = words[1:]
	}
	for n := len(words); n > 0; n-- {
		name := strings.Trim(strings.Join(words[:n], " "), "“”\"'`")
		for _, p := range fit {
			if strings.EqualFold(p.ID, name) || strings.EqualFold(p.Title, name) {
				return p, words[n:], nil
			}
		}
	}
	if len(words) > 0 && !(timed && looksLikeTime(words[0])) {
		return plan, nil, r.noPlan(words[0], fit)
	}
	here, err := r.plansHere(ctx, fit)
	switch {
	case err != nil:
		return plan, nil, err
	case len(here) == 1:
		return here[0], words, nil
	}
	return plan, nil, asked("Which one? There are %s.", planIDs(here)).like(r.Words[0] + " " + firstID(here))
}

// noPlan says that a name is unknown, and which may have been meant.
func (r *request) noPlan(name string, fit []news.Plan) error {
	var names []string
	for _, p := range fit {
		names = append(names, p.ID)
	}
	if near := rules.Meant(strings.ToLower(name), names); near != "" {
		return asked("I know no digest or alert %s. Do you mean %s?", quoted(name), near)
	}
	return asked("I know no digest or alert %s. There are %s.", quoted(name), planIDs(fit))
}

// plansHere are those that are meant where none is named: that of the button which
// was pressed, those that post in the channel, else all.
func (r *request) plansHere(ctx context.Context, fit []news.Plan) (here []news.Plan, err error) {
	is := func(news.Plan) bool { return true }
	switch {
	case r.Message != "":
		d, err := r.cfg.Store.Delivery(ctx, r.Message, 1)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("read the message: %w", err)
		}
		if err == nil {
			is = func(p news.Plan) bool { return p.ID == d.PlanID }
		}
	case r.Channel != "":
		destination, err := r.cfg.Store.DestinationIn(ctx, r.Channel)
		if err != nil {
			return nil, fmt.Errorf("see what posts in the channel: %w", err)
		}
		is = func(p news.Plan) bool { return p.To.Slack != "" && "slack:"+p.To.Slack == destination }
	}
	for _, p := range fit {
		if is(p) {
			here = append(here, p)
		}
	}
	if len(here) == 0 {
		here = fit
	}
	return here, nil
}

// allRead refuses words that are left over: what they ask for is not done.
func (r *request) allRead(rest []string) error {
	if len(rest) == 0 {
		return nil
	}
	verb, _ := verbOf(r.Words)
	for _, v := range verbs() {
		if v.name == verb {
			return asked("I do not understand %s there, so nothing was done.", quoted(strings.Join(rest, " "))).like(v.usage)
		}
	}
	return asked("I do not understand %s there, so nothing was done.", quoted(strings.Join(rest, " ")))
}

func planIDs(plans []news.Plan) string {
	ids := make([]string, len(plans))
	for i, p := range plans {
		ids[i] = wording.Line(p.ID)
	}
	if len(ids) == 0 {
		return "none"
	}
	return strings.Join(ids, ", ")
}

func firstID(plans []news.Plan) string {
	if len(plans) == 0 {
		return "ID"
	}
	return plans[0].ID
}
