package triage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"newswatch/news"
	"newswatch/notify/wording"
	"newswatch/watcher/store"
)

// subject is what a command is about.
type subject struct {
	kind  news.MuteKind
	key   string
	words string      // “Quay closed”, rule ferries
	story *news.Story // of a story
	plan  string      // of a story called by its number: the plan that told it there
}

var subjectUsage = []string{"mute 3", "mute rule ID", "mute entity ID", "mute source NAME"}

// subject reads from the beginning of the words what the command is about, and
// gives the words behind it.
func (r *request) subject(ctx context.Context) (s subject, rest []string, err error) {
	words := r.words
	only, ok, err := r.onlyStory(ctx)
	switch {
	case err != nil:
		return s, nil, err
	case ok && (len(words) == 0 || looksLikeTime(words[0]) && !looksLikeStory(words[0])):
		return only, words, nil
	case len(words) == 0:
		return s, nil, asked("What is meant?").like(subjectUsage...)
	}
	switch strings.ToLower(words[0]) {
	case "story", "stories", "number", "no", "no.", "item", "#":
		return r.storySubject(ctx, words[1:])
	case "rule", "topic":
		return r.named(news.MuteRule, words[1:])
	case "entity", "person", "place", "name":
		return r.named(news.MuteEntity, words[1:])
	case "source", "feed", "outlet", "publisher", "paper":
		return r.named(news.MuteSource, words[1:])
	}
	if _, _, ok := r.ofDigest(words); ok || looksLikeStory(words[0]) {
		return r.storySubject(ctx, words)
	}
	for _, kind := range []news.MuteKind{news.MuteRule, news.MuteEntity, news.MuteSource} {
		if key, rest, ok := r.longest(kind, words); ok {
			return r.subjectOf(kind, key), rest, nil
		}
	}
	return s, nil, asked("I know no story, rule, entity or source %s.", quoted(words[0])).like(subjectUsage...)
}

func (r *request) subjectOf(kind news.MuteKind, key string) subject {
	return subject{kind: kind, key: key, words: string(kind) + " " + key}
}

// looksLikeStory says whether a word can be a number in a digest or a story's id.
func looksLikeStory(w string) bool {
	_, numbered := numberOf(w)
	return numbered || isID(w) && strings.ContainsAny(w, "0123456789")
}

// isID says whether a word can be a story's id, or how one begins.
func isID(w string) bool {
	id := strings.ToLower(w)
	return len(id) >= leastID && len(id) <= 16 && strings.Trim(id, "0123456789abcdef") == ""
}

// named finds a rule, an entity or a source.
func (r *request) named(kind news.MuteKind, words []string) (subject, []string, error) {
	if len(words) == 0 {
		return subject{}, nil, asked("Which %s?", kind).like("mute " + string(kind) + " " + r.example(kind))
	}
	key, rest, ok := r.longest(kind, words)
	if !ok {
		return subject{}, nil, asked("I know no %s %s.%s", kind, quoted(words[0]), r.nearest(kind, words[0])).like("mute " + string(kind) + " " + r.example(kind) + " 24h")
	}
	return r.subjectOf(kind, key), rest, nil
}

// known are the ids of a kind, each with the other names that it goes by.
func (r *request) known(kind news.MuteKind) (list [][]string) {
	switch kind {
	case news.MuteRule:
		for _, rule := range r.rules.File.Rules {
			list = append(list, []string{rule.ID, rule.Title})
		}
	case news.MuteEntity:
		for _, e := range r.rules.File.Entities {
			list = append(list, []string{e.ID, e.Name})
		}
	case news.MuteSource:
		for _, f := range r.rules.File.Feeds {
			list = append(list, []string{f.Outlet(), f.Name, f.ID})
		}
	}
	return list
}

// longest is the id that the most of the first words name, with the words behind.
func (r *request) longest(kind news.MuteKind, words []string) (key string, rest []string, ok bool) {
	known := r.known(kind)
	for n := len(words); n > 0; n-- {
		name := strings.Trim(strings.Join(words[:n], " "), "“”\"'`")
		for _, names := range known {
			if slices.ContainsFunc(names, func(o string) bool {
				return o != "" && (strings.EqualFold(o, name) || kind == news.MuteSource && news.SameOutlet(o, name))
			}) {
				return names[0], words[n:], true
			}
		}
	}
	return "", nil, false
}

func (r *request) example(kind news.MuteKind) string {
	if known := r.known(kind); len(known) > 0 {
		return known[0][0]
	}
	return "NAME"
}

// nearest lists what a slip of the hand may have meant, "" when nothing comes near.
func (r *request) nearest(kind news.MuteKind, word string) string {
	var near []string
	word = strings.ToLower(strings.Trim(word, "“”\"'`"))
	for _, names := range r.known(kind) {
		for _, name := range names {
			name = strings.ToLower(name)
			if len(word) >= 3 && (strings.Contains(name, word) || strings.Contains(word, name) && name != "" || len(name) >= 3 && name[:3] == word[:3]) && len(near) < 5 {
				near = append(near, names[0])
				break
			}
		}
	}
	if len(near) == 0 {
		return ""
	}
	return " Do you mean " + strings.Join(near, ", ") + "?"
}

const (
	leastID    = 4 // characters that say which story is meant
	fewMatches = 5
)

// storySubject finds a story by its number in a digest, by its id, or by how that
// begins. A button on an alert needs no more.
func (r *request) storySubject(ctx context.Context, words []string) (s subject, rest []string, err error) {
	plan, words, _ := r.ofDigest(words)
	if len(words) == 0 || !looksLikeStory(words[0]) && !isID(words[0]) {
		if s, ok, err := r.onlyStory(ctx); err != nil || ok {
			return s, words, err
		}
		return s, nil, asked("Which story? Say its number in the digest.").like(r.usage(), r.usage()+" (of story 3)")
	}
	id := strings.ToLower(words[0])
	if n, ok := numberOf(words[0]); ok {
		if id, plan, err = r.numbered(ctx, plan, n); err != nil {
			return s, nil, err
		}
	} else if id, err = r.meant(ctx, id); err != nil {
		return s, nil, err
	}
	s, err = r.storyOf(ctx, id, plan)
	return s, words[1:], err
}

// usage is an example of the command that was asked.
func (r *request) usage() string {
	verb, _ := verbOf(r.Words)
	return verb + " 3"
}

// storyOf is a story as a subject.
func (r *request) storyOf(ctx context.Context, id, plan string) (subject, error) {
	found, err := r.cfg.Store.Stories(ctx, []string{id})
	if err != nil {
		return subject{}, fmt.Errorf("read story %s: %w", id, err)
	}
	if found[id] == nil {
		return subject{}, asked("Story %s is not kept any more.", id)
	}
	s := found[id]
	return subject{kind: news.MuteStory, key: s.ID, words: quoted(s.Lead().Item.Title), story: s, plan: plan}, nil
}

// onlyStory is the story of the message whose button was pressed, when it shows
// just one.
func (r *request) onlyStory(ctx context.Context) (s subject, ok bool, err error) {
	if r.Message == "" {
		return s, false, nil
	}
	d, err := r.cfg.Store.Delivery(ctx, r.Message, 1)
	if errors.Is(err, store.ErrNotFound) || err == nil && len(d.Stories) != 1 {
		return s, false, nil
	}
	if err != nil {
		return s, false, fmt.Errorf("read the message: %w", err)
	}
	s, err = r.storyOf(ctx, d.Stories[0], d.PlanID)
	return s, err == nil, err
}

// meant is the one story whose id begins so.
func (r *request) meant(ctx context.Context, prefix string) (string, error) {
	ids, err := r.cfg.Store.StoriesLike(ctx, prefix, fewMatches)
	switch {
	case err != nil:
		return "", fmt.Errorf("find story: %w", err)
	case len(ids) == 1:
		return ids[0], nil
	case len(ids) > 1:
		return "", asked("Several stories begin with %s: %s.", prefix, strings.Join(ids, ", "))
	}
	return "", asked("I know no story %s.", wording.Clip(prefix, 40)).like("newswatch stories lists them")
}

// planOf finds a digest or alert by the first words, by id or title; without words
// it is the one whose digest stands in the channel, or the only one there is.
func (r *request) planOf(ctx context.Context, only func(news.Plan) bool) (plan news.Plan, rest []string, err error) {
	var fit []news.Plan
	for _, p := range r.rules.File.Plans {
		if only(p) {
			fit = append(fit, p)
		}
	}
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
	if d, err := r.digest(ctx, ""); err == nil {
		for _, p := range fit {
			if p.ID == d.PlanID && (r.Channel != "" || r.Message != "") {
				return p, words, nil
			}
		}
	}
	if len(fit) == 1 && (len(words) == 0 || looksLikeTime(words[0])) {
		return fit[0], words, nil
	}
	return plan, nil, asked("Which one? There are %s.", planIDs(fit)).like(r.Words[0] + " " + firstID(fit))
}

// looksLikeTime says whether a word begins to say how long something lasts.
func looksLikeTime(w string) bool {
	switch strings.ToLower(w) {
	case "until", "till", "til", "for", "a", "an", "one":
		return true
	}
	return digit(w)
}

func planIDs(plans []news.Plan) string {
	ids := make([]string, len(plans))
	for i, p := range plans {
		ids[i] = p.ID
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
