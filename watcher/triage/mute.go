package triage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wording"
)

// maxReason bounds the reason that somebody gives.
const maxReason = 200 // characters

// mute alone, where no one story is meant, asks what is muted.
func (r *request) mute(ctx context.Context) (notify.Answer, error) {
	if _, ok, err := r.onlyStory(ctx); len(r.words) == 0 && !ok && err == nil {
		return r.mutes(ctx)
	}
	s, rest, err := r.subject(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	until, why, err := r.span(rest, UsualMute)
	if err != nil {
		return notify.Answer{}, err
	}
	m := news.Mute{Kind: s.kind, Key: s.key, At: r.clock.Now, Until: until, By: r.asker(), Reason: wording.Clip(strings.Join(why, " "), maxReason)}
	if err := r.cfg.Store.Mute(ctx, m); err != nil {
		return notify.Answer{}, fmt.Errorf("mute %s: %w", s.words, err)
	}
	a := notify.Answer{Headline: fmt.Sprintf("%s is muted until %s.", capital(s.words), r.until(until))}
	a.Lines = append(a.Lines, effect(s.kind))
	if m.Reason != "" {
		a.Lines = append(a.Lines, "Reason: "+m.Reason)
	}
	a.Undo = append([]string{"unmute"}, undo(m)...)
	a.Hint = "Undo: " + strings.Join(a.Undo, " ")
	return a, nil
}

// effect says what a mute does.
func effect(kind news.MuteKind) string {
	switch kind {
	case news.MuteRule:
		return "Its matches do not count until then; a story that other rules match is told under those. What is still news is told at the end."
	case news.MuteEntity:
		return "Matches that rest on it alone do not count until then. What is still news is told at the end."
	case news.MuteSource:
		return "Its reports make no message until then and do not count among a story's sources; what others tell is told."
	}
	return "Nothing of it is told until then; what develops is told at the end, as far as it is still news."
}

// capital writes words of ours as they begin a sentence.
func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// undo are the words that name a mute to unmute.
func undo(m news.Mute) []string { return []string{string(m.Kind), m.Key} }

func (r *request) unmute(ctx context.Context) (notify.Answer, error) {
	inForce, err := r.inForce(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	if len(r.words) == 0 {
		return notify.Answer{}, asked("What is meant?").like("unmute 3", "unmute rule ID; mutes lists what is muted")
	}
	kind, key, words, err := r.mutedSubject(ctx, inForce.Mutes)
	if err != nil {
		return notify.Answer{}, err
	}
	n, err := r.cfg.Store.Unmute(ctx, kind, key)
	if err != nil {
		return notify.Answer{}, fmt.Errorf("unmute %s: %w", words, err)
	}
	if n == 0 {
		return notify.Answer{}, &askError{msg: capital(words) + " is not muted.", nothing: true}
	}
	return notify.Answer{
		Headline: capital(words) + " is muted no more.",
		Lines:    []string{"What the mute held is told now, or in the next digest."},
		Hint:     "Mute it again: " + strings.Join([]string{"mute", string(kind), key}, " "),
	}, nil
}

// mutedSubject finds what is to be unmuted, first among what is muted: a rule may
// be gone from the file since.
func (r *request) mutedSubject(ctx context.Context, mutes []news.Mute) (kind news.MuteKind, key, words string, err error) {
	said := r.words
	if len(said) > 1 && slices.Contains([]news.MuteKind{news.MuteStory, news.MuteRule, news.MuteEntity, news.MuteSource}, news.MuteKind(strings.ToLower(said[0]))) {
		kind, said = news.MuteKind(strings.ToLower(said[0])), said[1:]
	}
	name := strings.Trim(strings.Join(said, " "), "“”\"'`")
	for _, m := range mutes {
		if (kind == "" || kind == m.Kind) && strings.EqualFold(m.Key, name) {
			return m.Kind, m.Key, r.mutedWords(ctx, m), nil
		}
	}
	s, _, err := r.subject(ctx)
	return s.kind, s.key, s.words, err
}

// mutedWords names what a mute is about.
func (r *request) mutedWords(ctx context.Context, m news.Mute) string {
	if m.Kind == news.MuteStory {
		if s, err := r.storyOf(ctx, m.Key, ""); err == nil {
			return s.words
		}
	}
	return string(m.Kind) + " " + wording.Clip(wording.Line(m.Key), 80)
}

// inForce is what readers said that holds now.
func (r *request) inForce(ctx context.Context) (news.Triage, error) {
	said, err := r.cfg.Store.Triage(ctx)
	if err != nil {
		return said, fmt.Errorf("read what readers said: %w", err)
	}
	now := r.clock.Now
	said.Mutes = slices.DeleteFunc(said.Mutes, func(m news.Mute) bool { return !news.InForce(m.At, m.Until, now) })
	said.Follows = slices.DeleteFunc(said.Follows, func(f news.Follow) bool { return !news.InForce(f.At, f.Until, now) })
	said.Pauses = slices.DeleteFunc(said.Pauses, func(p news.Pause) bool { return !news.InForce(p.At, p.Until, now) })
	return said, nil
}

func (r *request) mutes(ctx context.Context) (notify.Answer, error) {
	said, err := r.inForce(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	a := notify.Answer{Headline: "Nothing is muted.", Hint: "Mute: mute 3 24h, mute source NAME until MON 08:00"}
	if n := len(said.Mutes); n > 0 {
		a.Headline = wording.Count(n, "mute is", "mutes are") + " in force."
		a.Hint = "Undo: unmute with the words of a line, such as unmute " + strings.Join(undo(said.Mutes[0]), " ")
	}
	for _, m := range said.Mutes {
		a.Lines = append(a.Lines, r.muteLine(ctx, m))
	}
	for _, f := range said.Follows {
		a.Lines = append(a.Lines, fmt.Sprintf("followed: story %s %s, until %s, by %s", f.StoryID, r.mutedWords(ctx, news.Mute{Kind: news.MuteStory, Key: f.StoryID}), r.until(f.Until), r.by(f.By)))
	}
	for _, p := range said.Pauses {
		a.Lines = append(a.Lines, fmt.Sprintf("paused: %s, until %s, by %s", p.PlanID, r.until(p.Until), r.by(p.By)))
	}
	return a, nil
}

// muteLine is a mute in a line: what, until when, by whom and why.
func (r *request) muteLine(ctx context.Context, m news.Mute) string {
	line := r.mutedWords(ctx, m)
	if m.Kind == news.MuteStory {
		line = "story " + m.Key + " " + line
	}
	line += fmt.Sprintf(", until %s, by %s", r.until(m.Until), r.by(m.By))
	if m.Reason != "" {
		line += ": " + wording.Line(m.Reason)
	}
	return line
}
