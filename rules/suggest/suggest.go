// Package suggest proposes changes of a rule file from what readers flagged as not
// belonging under its rules. It stands beside the pipeline, between the store and
// an editor who decides: it reads and never writes. A proposal is only made when
// the real matcher says that it takes the flagged items away, breaks no example of
// the file, and takes nothing else away that the rules brought.
package suggest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"newswatch/news"
	"newswatch/rules"
	"newswatch/rules/backtest"
)

const (
	maxPool    = 5000 // stored items that a change is held against, the newest
	maxExcepts = 3    // phrases for one flagged story
	leastLeft  = 5    // items that a higher min_score must leave, for it to be a choice
)

// NothingGood is the problem of a flagged story that no change was found for.
const NothingGood = "nothing was found that takes it away and nothing else: reword the rule by hand, or mute the story"

// Config says what is looked at. All fields are required.
type Config struct {
	Source  rules.Source // the rule file as it is
	Archive backtest.Archive
	Record  backtest.Record
	Since   time.Time // from when on stored items are looked at
	Flags   []Flagged
}

// Flagged is a story that somebody said does not belong under a rule.
type Flagged struct {
	news.Flag
	Headline string
	Items    []news.Item // of the flag, as far as they are still stored
}

// Proposal is what is proposed for one flagged story.
type Proposal struct {
	Flagged
	Why     string // what made the rule hit, in words
	Field   news.Field
	Changes []Change // none: see Problem
	Problem string   // why nothing is proposed
}

// Change is one line that is added or changed.
type Change struct {
	Place string // "entity kellogg > except"
	Text  string // what is added there, or the number that is set
	Score bool   // a min_score is set
}

// Report is all that is proposed.
type Report struct {
	Proposals []Proposal
	Held      int    // unflagged items against which each change was held, none of which it takes away
	Patch     []byte // a unified diff of all changes together; empty: none
}

// judged is an item with what the rules say of it now.
type judged struct {
	item news.Item
	hits []news.Hit
}

func (j *judged) hit(rule string) (news.Hit, bool) {
	for _, h := range j.hits {
		if h.Rule == rule {
			return h, true
		}
	}
	return news.Hit{}, false
}

// matchedAt says whether something that a rule looks for stands at a place of the
// headline.
func (j *judged) matchedAt(start, end int) bool {
	for _, h := range j.hits {
		for _, s := range h.Spans {
			if s.Field == news.Title && s.Start < end && s.End > start {
				return true
			}
		}
	}
	return false
}

// run is one search for proposals.
type run struct {
	Config
	pool    []judged // unflagged items that rules hit
	flagged map[string]map[string]bool
	source  rules.Source // with the changes so far
	rules   *rules.Ruleset
	before  *rules.Ruleset // without them
}

// Run looks for proposals.
func Run(ctx context.Context, c Config) (*Report, error) {
	rs, report := c.Source.Load(rules.LoadOptions{})
	if rs == nil || report.Failed() > 0 {
		return nil, errors.New("the rule file itself is not good: newswatch check says why")
	}
	r := &run{Config: c, source: c.Source, rules: rs, before: rs, flagged: map[string]map[string]bool{}}
	for _, f := range c.Flags {
		if r.flagged[f.Rule] == nil {
			r.flagged[f.Rule] = map[string]bool{}
		}
		for _, id := range f.Flag.Items {
			r.flagged[f.Rule][id] = true
		}
	}
	if err := r.readPool(ctx); err != nil {
		return nil, err
	}
	out := &Report{Held: len(r.pool)}
	for _, f := range c.Flags {
		p, err := r.propose(ctx, f)
		if err != nil {
			return nil, err
		}
		out.Proposals = append(out.Proposals, p)
	}
	for _, name := range c.Source.Files() {
		short := filepath.ToSlash(filepath.Clean(name))
		out.Patch = append(out.Patch, unified(short, c.Source.File(name), r.source.File(name))...)
	}
	return out, nil
}

// unified is a diff as patch reads it.
func unified(name string, old, changed []byte) []byte {
	d := string(diff.Diff(name, old, name, changed))
	_, d, _ = strings.Cut(d, "\n") // its own first line is no part of the form
	return []byte(d)
}

// readPool reads the items that rules hit, with what the rules say of them now.
func (r *run) readPool(ctx context.Context) error {
	var recent []news.Item
	err := r.Archive.Items(ctx, r.Since, func(it news.Item) error {
		if recent = append(recent, it); len(recent) >= 2*maxPool {
			var err error
			recent, err = r.hitOnes(ctx, recent)
			recent = recent[max(0, len(recent)-maxPool):]
			return err
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read stored items: %w", err)
	}
	if recent, err = r.hitOnes(ctx, recent); err != nil {
		return err
	}
	recent = recent[max(0, len(recent)-maxPool):]
	r.pool, err = judge(ctx, r.rules, recent)
	return err
}

// hitOnes keeps the items that had a hit when they came.
func (r *run) hitOnes(ctx context.Context, items []news.Item) ([]news.Item, error) {
	hits, err := backtest.Recorded(r.Record).Hits(ctx, items)
	if err != nil {
		return nil, err
	}
	var kept []news.Item
	for i, it := range items {
		if len(hits[i]) > 0 {
			kept = append(kept, it)
		}
	}
	return kept, nil
}

func judge(ctx context.Context, rs *rules.Ruleset, items []news.Item) ([]judged, error) {
	hits, err := backtest.Rules(rs).Hits(ctx, items)
	if err != nil {
		return nil, fmt.Errorf("match stored items: %w", err)
	}
	list := make([]judged, len(items))
	for i := range items {
		list[i] = judged{items[i], hits[i]}
	}
	return list, nil
}

// propose looks for changes that take a flagged story away, and keeps those that
// it finds.
func (r *run) propose(ctx context.Context, f Flagged) (Proposal, error) {
	p := Proposal{Flagged: f}
	was, err := r.hitting(ctx, r.before, f)
	if err != nil {
		return p, err
	}
	switch {
	case len(f.Items) == 0:
		p.Problem = "its items are not stored any more"
		return p, nil
	case len(was) == 0:
		p.Problem = "the rule does not match it any more"
		return p, nil
	}
	h, _ := was[0].hit(f.Rule)
	p.Why = h.Why
	if len(h.Spans) > 0 {
		p.Field = h.Spans[0].Field
	}
	hit, err := r.hitting(ctx, r.rules, f)
	if err != nil || len(hit) == 0 {
		p.Problem = "what is proposed above takes it away too"
		return p, err
	}
	for _, search := range []func(context.Context, Flagged, []judged) (*trial, error){r.excepts, r.none, r.minScore} {
		best, err := search(ctx, f, hit)
		if err != nil {
			return p, err
		}
		if best != nil {
			p.Changes = best.changes
			r.source, r.rules = best.source, best.rules
			r.keepAway(f, hit)
			return p, nil
		}
	}
	p.Problem = NothingGood
	return p, nil
}

// hitting are the items of a flag that its rule hits.
func (r *run) hitting(ctx context.Context, rs *rules.Ruleset, f Flagged) (hit []judged, err error) {
	all, err := judge(ctx, rs, f.Items)
	for _, j := range all {
		if _, ok := j.hit(f.Rule); ok {
			hit = append(hit, j)
		}
	}
	return hit, err
}
