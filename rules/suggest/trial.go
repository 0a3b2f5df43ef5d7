package suggest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"newswatch/news"
	"newswatch/rules"
)

// trial is the rule file with changes in it.
type trial struct {
	source  rules.Source
	rules   *rules.Ruleset
	changes []Change
	left    []judged // flagged items that the rule still hits
}

// try makes a change; nil when it cannot be made, breaks the file or one of its
// examples, does not help with a flagged story, or takes away what nobody flagged.
func (r *run) try(ctx context.Context, from *trial, c candidate, f Flagged, hit []judged) (*trial, error) {
	var src rules.Source
	var err error
	change := Change{Place: c.place.String(), Text: c.text}
	if c.text == "" {
		change.Text, change.Score = fmt.Sprint(c.score), true
		src, err = setNumber(from.source, c.place, c.score)
	} else {
		src, err = addTo(from.source, c.place, c.text)
	}
	if err != nil { // a person would have to make this one
		return nil, nil
	}
	rs, report := src.Load(rules.LoadOptions{})
	if rs == nil || report.Failed() > 0 {
		return nil, nil
	}
	left, err := r.hitting(ctx, rs, f)
	if err != nil || !change.Score && spans(left, f.Rule) == spans(hit, f.Rule) {
		return nil, err
	}
	lost, err := r.lost(ctx, rs)
	if err != nil || lost > 0 {
		return nil, err
	}
	return &trial{src, rs, append(slices.Clone(from.changes), change), left}, nil
}

// lost counts the hits that nobody flagged and that other rules do not give.
func (r *run) lost(ctx context.Context, rs *rules.Ruleset) (n int, err error) {
	items := make([]news.Item, len(r.pool))
	for i := range r.pool {
		items[i] = r.pool[i].item
	}
	now, err := judge(ctx, rs, items)
	if err != nil {
		return 0, err
	}
	for i := range r.pool {
		for _, h := range r.pool[i].hits {
			if _, still := now[i].hit(h.Rule); !still && !r.flagged[h.Rule][items[i].ID] {
				n++
			}
		}
	}
	return n, nil
}

// excepts tries phrases under except, one after the other until the rule hits no
// item of the flag any more.
func (r *run) excepts(ctx context.Context, f Flagged, hit []judged) (*trial, error) {
	at := &trial{source: r.source, rules: r.rules}
	for range maxExcepts {
		var next *trial
		for _, c := range allPhrases(at.rules.File, f, hit) {
			t, err := r.try(ctx, at, c, f, hit)
			switch {
			case err != nil:
				return nil, err
			case t != nil && len(t.left) == 0:
				return t, nil
			case t != nil && (next == nil || spans(t.left, f.Rule) < spans(next.left, f.Rule)):
				next = t
			}
		}
		if next == nil {
			return nil, nil
		}
		at, hit = next, next.left
	}
	return nil, nil
}

func spans(list []judged, rule string) (n int) {
	for i := range list {
		h, _ := list[i].hit(rule)
		n += len(h.Spans)
	}
	return n
}

// allPhrases are the phrases of all flagged items, the likeliest of each first.
func allPhrases(file *rules.File, f Flagged, hit []judged) (list []candidate) {
	for i := range hit {
		h, _ := hit[i].hit(f.Rule)
		for _, c := range phrases(file, &hit[i].item, h) {
			if !slices.ContainsFunc(list, func(o candidate) bool { return o.text == c.text && o.place.id == c.place.id }) {
				list = append(list, c)
			}
		}
	}
	return list[:min(maxPhrases, len(list))]
}

// none tries words under none of the rule.
func (r *run) none(ctx context.Context, f Flagged, hit []judged) (*trial, error) {
	flagged := make([]*judged, len(hit))
	for i := range hit {
		flagged[i] = &hit[i]
	}
	common := func(w string) (n int) {
		for i := range r.pool {
			if _, ok := r.pool[i].hit(f.Rule); ok && !r.flagged[f.Rule][r.pool[i].item.ID] && strings.Contains(strings.ToLower(r.pool[i].item.Title+"\n"+r.pool[i].item.Body), w) {
				n++
			}
		}
		return n
	}
	for _, c := range strikes(f.Rule, flagged, common) {
		t, err := r.try(ctx, &trial{source: r.source, rules: r.rules}, c, f, hit)
		if err != nil || t != nil && len(t.left) == 0 {
			return t, err
		}
	}
	return nil, nil
}

// minScore tries a higher min_score of the digests and alerts that want the rule,
// just above the flagged items, where no unflagged one lies below it.
func (r *run) minScore(ctx context.Context, f Flagged, hit []judged) (*trial, error) {
	score := 0
	for i := range hit {
		h, _ := hit[i].hit(f.Rule)
		score = max(score, h.Score)
	}
	at := &trial{source: r.source, rules: r.rules}
	for _, p := range r.rules.File.Plans {
		if !slices.Contains(p.Rules, f.Rule) || p.MinScore > score {
			continue
		}
		below, above := r.around(p, score)
		if below > 0 || above < leastLeft || score >= 100 {
			return nil, nil
		}
		list := string(p.Kind) + "s"
		t, err := r.try(ctx, at, candidate{place: place{list: list, id: p.ID, key: "min_score"}, score: score + 1}, f, hit)
		if err != nil || t == nil {
			return nil, err
		}
		at = t
	}
	if len(at.changes) == 0 {
		return nil, nil
	}
	return at, nil
}

// around counts the unflagged items that a plan tells of, with a score up to one
// and above it.
func (r *run) around(p news.Plan, score int) (below, above int) {
	for i := range r.pool {
		best := -1
		for _, h := range r.pool[i].hits {
			if slices.Contains(p.Rules, h.Rule) && !r.flagged[h.Rule][r.pool[i].item.ID] {
				best = max(best, h.Score)
			}
		}
		switch {
		case best < p.MinScore:
		case best <= score:
			below++
		default:
			above++
		}
	}
	return below, above
}

// keepAway adds the flagged headline to the examples that the rule must not match,
// where it would have done so by its headline alone.
func (r *run) keepAway(f Flagged, hit []judged) {
	before, _ := r.Source.Load(rules.LoadOptions{SkipExamples: true})
	for i := range hit {
		alone := news.Item{Title: hit[i].item.Title}
		was := judged{hits: before.Match(&alone).Hits}
		is := judged{hits: r.rules.Match(&alone).Hits}
		_, did := was.hit(f.Rule)
		if _, does := is.hit(f.Rule); !did || does {
			continue
		}
		src, err := addTo(r.source, place{list: "rules", id: f.Rule, path: []string{"tests"}, key: "no_match"}, alone.Title)
		if err != nil {
			return
		}
		if rs, report := src.Load(rules.LoadOptions{}); rs != nil && report.Failed() == 0 {
			r.source, r.rules = src, rs
		}
		return
	}
}
