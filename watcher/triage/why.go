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
	"newswatch/rules"
	"newswatch/text"
	"newswatch/watcher/store"
)

func (r *request) why(ctx context.Context) (notify.Answer, error) {
	s, err := r.storyAlone(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	best, by, ok := s.story.BestHit(r.rulesOf(s.plan))
	if !ok {
		return notify.Answer{Headline: s.words + " is matched by no rule any more."}, nil
	}
	a := notify.Answer{
		Headline: fmt.Sprintf("%s: %s, score %d", s.words, r.ruleWords(best.Rule), best.Score),
		Hint:     fmt.Sprintf("All of it: newswatch story %s. Not this? flag %s", s.key[:min(8, len(s.key))], s.key[:min(8, len(s.key))]),
	}
	a.Lines = append(a.Lines, hitLines(best)...)
	if best.Quote.Text != "" {
		a.Lines = append(a.Lines, fmt.Sprintf("in %s of %s", quoted(best.Quote.Text), wording.Line(by.Item.Publisher)))
	}
	if others := otherRules(s.story, best.Rule); len(others) > 0 {
		a.Lines = append(a.Lines, "also matched by "+strings.Join(others, ", "))
	}
	a.Lines = append(a.Lines, r.grouped(s.story))
	told, err := r.toldLines(ctx, s.story)
	if err != nil {
		return notify.Answer{}, err
	}
	a.Lines = append(a.Lines, told...)
	said, err := r.inForce(ctx)
	if err != nil {
		return notify.Answer{}, err
	}
	for _, m := range said.Mutes {
		if m.Kind == news.MuteStory && m.Key == s.key || m.Kind == news.MuteRule && m.Key == best.Rule {
			a.Lines = append(a.Lines, "muted: "+r.muteLine(ctx, m))
		}
	}
	return a, nil
}

// ruleWords names a rule by id and title.
func (r *request) ruleWords(id string) string {
	if title := wording.Line(r.rules.Title(id)); title != "" && title != id {
		return fmt.Sprintf("rule %s (%s)", id, title)
	}
	return "rule " + id
}

// hitLines say what matched, and how the score comes about.
func hitLines(h news.Hit) (lines []string) {
	if why := wording.Line(h.Why); why != "" {
		lines = append(lines, "matched "+why)
	}
	var parts []string
	for _, p := range h.Parts {
		parts = append(parts, fmt.Sprintf("%s %+d", wording.Line(p.What), p.Points))
	}
	if len(parts) > 1 {
		lines = append(lines, "score: "+strings.Join(parts, ", "))
	}
	return lines
}

func otherRules(s *news.Story, best string) (list []string) {
	for _, m := range s.Members {
		for _, h := range m.Hits {
			if h.Rule != best && !slices.Contains(list, h.Rule) {
				list = append(list, h.Rule)
			}
		}
	}
	return list
}

// grouped says how wide the story is told.
func (r *request) grouped(s *news.Story) string {
	line := wording.Count(len(s.Members), "report", "reports") + " of " + wording.Count(len(s.Sources()), "source", "sources")
	if n := len(s.Publishers()); n < len(s.Sources()) {
		line += fmt.Sprintf(", %d independent", n)
	}
	if len(s.Members) > 1 {
		line += ", within " + wording.Span(s.LastAt.Sub(s.FirstAt))
	}
	return line + "; first seen " + r.clock.At(s.FirstAt)
}

// toldLines say which digests and alerts told a story.
func (r *request) toldLines(ctx context.Context, s *news.Story) (lines []string, err error) {
	for _, p := range r.rules.File.Plans {
		told, err := r.cfg.Store.Told(ctx, p.ID, []string{s.ID})
		if err != nil {
			return nil, fmt.Errorf("read what %s told: %w", p.ID, err)
		}
		if t, ok := told[s.ID]; ok {
			line, err := r.toldLine(ctx, p.ID, t)
			if err != nil {
				return nil, err
			}
			if t.Version < s.Version {
				line += ", and has developed since"
			}
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		lines = []string{"told by no digest or alert yet"}
	}
	return lines, nil
}

// toldLine says whether the message that tells a story was posted.
func (r *request) toldLine(ctx context.Context, planID string, t news.Told) (string, error) {
	d, err := r.messageOf(ctx, t)
	if err != nil {
		return "", err
	}
	switch d.State {
	case news.Pending:
		return "will be told by " + planID + ": its message waits to be sent", nil
	case news.Sending:
		return "being told by " + planID + ": its message was sent " + r.clock.Ago(d.StartedAt) + ", without a certain answer yet", nil
	case news.Held:
		return "not told by " + planID + ": its message is held; newswatch outbox says why", nil
	case news.Dropped:
		return "not told by " + planID + ": its message was given up", nil
	}
	if !d.SentAt.IsZero() {
		t.At = d.SentAt
	}
	return fmt.Sprintf("told by %s %s", planID, r.clock.Ago(t.At)), nil
}

// messageOf is the part of a delivery that shows a story; one that is forgotten is
// zero.
func (r *request) messageOf(ctx context.Context, t news.Told) (d news.Delivery, err error) {
	for part := 1; part == 1 || part <= d.Parts; part++ {
		next, err := r.cfg.Store.Delivery(ctx, t.DeliveryID, part)
		if errors.Is(err, store.ErrNotFound) {
			return d, nil
		}
		if err != nil {
			return d, fmt.Errorf("read the message that told the story: %w", err)
		}
		if d = next; slices.Contains(d.Stories, t.StoryID) {
			break
		}
	}
	return d, nil
}

// nearMisses is how many rules are listed that nearly matched.
const nearMisses = 3

func (r *request) test(context.Context) (notify.Answer, error) {
	headline := strings.Trim(strings.Join(r.words, " "), "“”\"'` ")
	if headline == "" {
		return notify.Answer{}, asked("Test which headline?").like(`test "Envoys agree on a truce"`)
	}
	a := TestAnswer(r.rules, news.Item{ID: "text", Title: text.Title(headline)})
	a.Hint = "With a whole text: newswatch match --file article.html"
	return a, nil
}

// TestAnswer says which rules an item meets and what the nearest of the others lack.
func TestAnswer(rs *rules.Ruleset, it news.Item) notify.Answer {
	ex := rs.Explain(&it)
	a := notify.Answer{Headline: "No rule matches " + quoted(it.Title) + "."}
	if n := len(ex.Hits); n > 0 {
		a.Headline = fmt.Sprintf("%s %s.", wording.Count(n, "rule matches", "rules match"), quoted(it.Title))
	}
	for _, h := range ex.Hits {
		a.Lines = append(a.Lines, fmt.Sprintf("%s, score %d: %s", h.Rule, h.Score, strings.Join(hitLines(h), "; ")))
	}
	for _, m := range ex.Misses[:min(nearMisses, len(ex.Misses))] {
		if m.Held > 0 || len(ex.Hits) == 0 {
			a.Lines = append(a.Lines, fmt.Sprintf("not %s: %s", m.Rule, wording.Line(m.Failed)))
		}
	}
	return a
}
