package suggest

import (
	"context"
	"errors"
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
	rs, _ := src.Load(rules.LoadOptions{SkipExamples: true})
	if rs == nil {
		return nil, nil
	}
	t := &trial{source: src, rules: rs, changes: append(slices.Clone(from.changes), change)}
	if !change.Score { // a score changes no match
		if t.left, err = r.hitting(ctx, rs, f); err != nil || spans(t.left, f.Rule) == spans(hit, f.Rule) {
			return nil, err
		}
		for _, harm := range []func(context.Context, *rules.Ruleset, *rules.Ruleset) (bool, error){r.loses, r.gains} {
			if harmed, err := harm(ctx, from.rules, rs); err != nil || harmed {
				return nil, err
			}
		}
	}
	if _, report := src.Load(rules.LoadOptions{}); report.Failed() > 0 {
		return nil, nil
	}
	return t, nil
}

// batch is how many items are matched before it is asked whether that is enough.
const batch = 250

// errEnough ends a read of the archive.
var errEnough = errors.New("enough is known")

// loses says whether an item loses a hit that nobody flagged.
func (r *run) loses(ctx context.Context, _, rs *rules.Ruleset) (bool, error) {
	for pool := range slices.Chunk(r.pool, batch) {
		items := make([]news.Item, len(pool))
		for i := range pool {
			items[i] = pool[i].item
		}
		now, err := judge(ctx, rs, items)
		if err != nil {
			return false, err
		}
		for i := range pool {
			for _, h := range pool[i].hits {
				if _, still := now[i].hit(h.Rule); !still && !r.flagged[h.Rule][items[i].ID] {
					return true, nil
				}
			}
		}
	}
	return false, nil
}

// gains says whether any stored item gains a hit: what is taken out of a topic may
// have kept another rule closed.
func (r *run) gains(ctx context.Context, before, rs *rules.Ruleset) (bool, error) {
	var items []news.Item
	look := func() error {
		now, err := judge(ctx, rs, items)
		if err != nil {
			return err
		}
		now = slices.DeleteFunc(now, func(j judged) bool { return len(j.hits) == 0 })
		items = items[:0]
		for i := range now {
			items = append(items, now[i].item)
		}
		was, err := judge(ctx, before, items)
		items = items[:0]
		for i := range was {
			for _, h := range now[i].hits {
				if _, had := was[i].hit(h.Rule); !had {
					return errEnough
				}
			}
		}
		return err
	}
	err := r.Archive.Items(ctx, r.Since, func(it news.Item) error {
		if items = append(items, it); len(items) < batch {
			return nil
		}
		return look()
	})
	if err == nil {
		err = look()
	}
	if errors.Is(err, errEnough) {
		return true, nil
	}
	return false, err
}

// excepts tries phrases under except, one after the other until the rule hits no
// item of the flag any more.
func (r *run) excepts(ctx context.Context, f Flagged, hit []judged) (*trial, error) {
	at := &trial{source: r.source, rules: r.rules}
	for range maxExcepts {
		var next *trial
		for _, c := range r.allPhrases(at.rules.File, f, hit) {
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
func (r *run) allPhrases(file *rules.File, f Flagged, hit []judged) (list []candidate) {
	for i := range hit {
		h, _ := hit[i].hit(f.Rule)
		for _, c := range r.phrases(file, &hit[i].item, h) {
			if !slices.ContainsFunc(list, func(o candidate) bool { return o.text == c.text && o.place.id == c.place.id }) {
				list = append(list, c)
			}
		}
	}
	return list[:min(maxPhrases, len(list))]
}

// none tries phrases and words under none of the rule.
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
	for _, c := range r.strikes(f.Rule, flagged, common) {
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
