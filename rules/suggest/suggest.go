// Package suggest proposes changes of a rule file from what readers flagged as not
// belonging under its rules. It stands beside the pipeline, between the store and
// an editor who decides: it reads and never writes. A proposal is only made when
// the real matcher says that it takes the flagged items away, breaks no example of
// the file, takes nothing else away that the rules brought, and brings nothing new.
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
	// leastLeft are the items that speak for a rule: what takes none of fewer away
	// has not been tried on anything, and a higher min_score must leave as many.
	leastLeft = 5
)

// Config says what is looked at. All fields are required.
type Config struct {
	Source  rules.Source // the rule file as it is
	Archive backtest.Archive
	Record  backtest.Record
	Since   time.Time // from when on stored items are looked at
	Flags   []Flagged
	// Progress is told now and then how many flagged stories are done, of how many.
	Progress func(done, total int)
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
	Held    int      // unflagged items of the rule, none of which a change takes away
	Problem string   // why nothing is proposed
	Failed  bool     // nothing was found, and a person would have to look
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
	Held      int    // items with a match against which each change was held, none of which loses one
	Items     int    // items in all against which each change was held, none of which gains one
	Folder    string // that the names in the patch are relative to
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
	items   int            // stored
	words   frequencies
}

// Run looks for proposals.
func Run(ctx context.Context, c Config) (*Report, error) {
	rs, report := c.Source.Load(rules.LoadOptions{})
	if rs == nil || report.Failed() > 0 {
		return nil, errors.New("the rule file itself is not good: newswatch check says why")
	}
	r := &run{Config: c, source: c.Source, rules: rs, before: rs, flagged: map[string]map[string]bool{}, words: frequencies{seen: map[string]int{}}}
	if r.Progress == nil {
		r.Progress = func(int, int) {}
	}
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
	out := &Report{Held: len(r.pool), Items: r.items, Folder: "."}
	for i, f := range c.Flags {
		r.Progress(i, len(c.Flags))
		p, err := r.propose(ctx, f)
		if err != nil {
			return nil, err
		}
		out.Proposals = append(out.Proposals, p)
	}
	for _, name := range c.Source.Files() {
		out.Folder = filepath.Dir(name) // all files of a source lie in one
		out.Patch = append(out.Patch, unified(filepath.Base(name), c.Source.File(name), r.source.File(name))...)
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
		r.items++
		r.words.add(&it)
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
	if p.Held = r.unflagged(f.Rule); p.Held < leastLeft {
		p.Problem, p.Failed = fmt.Sprintf("a change could be held against only %d other stored items of the rule, and must be against %d: "+
			"wait, look further back, or reword the rule by hand", p.Held, leastLeft), true
		return p, nil
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
	p.Problem, p.Failed = "nothing was found that takes it away and nothing else, and brings nothing new: reword the rule by hand, or mute the story", true
	return p, nil
}

// unflagged counts the items that a rule hits and nobody flagged.
func (r *run) unflagged(rule string) (n int) {
	for i := range r.pool {
		if _, ok := r.pool[i].hit(rule); ok && !r.flagged[rule][r.pool[i].item.ID] {
			n++
		}
	}
	return n
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
