package rules

import (
	"fmt"
	"sort"
	"strings"

	"newswatch/news"

	"go.yaml.in/yaml/v4"
)

// ids are the ids of each kind, with their places.
type ids map[string]map[string]Pos

// add notes an id; when there is one already it returns that one's place and false.
func (ids ids) add(kind, id string, at Pos) (Pos, bool) {
	if ids[kind] == nil {
		ids[kind] = map[string]Pos{}
	}
	if first, ok := ids[kind][id]; ok {
		return first, false
	}
	ids[kind][id] = at
	return at, true
}

func (ids ids) of(kind string) []string {
	var names []string
	for id := range ids[kind] {
		names = append(names, id)
	}
	sort.Strings(names)
	return names
}

// ref is a mention of an id, to be looked up when all files are read.
type ref struct {
	kind, id string
	prefix   string // as it is written: "entity:", "tag:"
	pos      Pos
	at       spot
	mended   bool
}

func (r *decoder) refer(n *yaml.Node, kind, id, prefix string, at spot) {
	if !r.quiet {
		r.refs = append(r.refs, ref{kind, id, prefix, r.pos(n), at, r.doc.mended[n.Line]})
	}
}

// planPlace is a digest or alert with its place, for what is checked later.
type planPlace struct {
	news.Plan
	pos, quiet Pos
	places     map[string]Pos // of its values
}

// resolve looks up what the files refer to.
func (l *loader) resolve(file *File) {
	for _, f := range file.Feeds {
		for _, tag := range f.Tags {
			l.ids.add("tag", tag, Pos{})
		}
	}
	known := map[string][]string{}
	for _, r := range l.refs {
		if _, ok := l.ids[r.kind][r.id]; ok || r.mended || l.partial {
			continue
		}
		if known[r.kind] == nil {
			known[r.kind] = l.ids.of(r.kind)
		}
		l.unknown(r, known[r.kind])
	}
	l.cycles(file)
	for _, p := range l.plans {
		l.checkPlan(p)
	}
	l.checkTargets()
}

// unknown reports an id that is nowhere, with the nearest that is. An id of the
// other kind of reference comes first: entity:ceasefire for topic:ceasefire.
func (l *loader) unknown(r ref, known []string) {
	suggestion := ""
	for _, other := range []string{"entity", "topic"} {
		if _, ok := l.ids[other][r.id]; ok && r.prefix != "" && r.kind != "tag" {
			suggestion = other + ":" + r.id
		}
	}
	if _, ok := l.ids["tag"][r.id]; ok && r.kind == "feed" {
		suggestion = "tag:" + r.id
	}
	if _, ok := l.ids["feed"][r.id]; ok && r.kind == "tag" {
		suggestion = r.id
	}
	if suggestion == "" {
		if id := l.closest(r, known); id != "" {
			suggestion = r.prefix + id
		}
	}
	message := fmt.Sprintf("unknown %s %q%s", r.kind, r.id, spot{owner: r.at.root}.inside())
	if len(l.ids[r.kind]) == 0 {
		message = fmt.Sprintf("unknown %s %q: the file has no %s at all", r.kind, r.id, r.kind)
	}
	l.report(Finding{Pos: r.pos, Severity: SeverityError, Code: "unknown-" + r.kind, Message: message, Suggestion: suggestion})
}

// closest is the id that was probably meant: a slip away, or the one that the
// word begins or is part of. It looks through no more ids in a load than an
// editor could have meant: a file of 5 MB may have 50,000 ids and as many slips.
func (l *loader) closest(r ref, known []string) string {
	if l.compared += len(known); l.compared > maxCompared {
		return ""
	}
	if id := nearest(r.id, known); id != "" {
		return id
	}
	if like := only(known, func(id string) bool { return alike(id, r.id, 4) }); like != "" {
		return like
	}
	return only(known, func(id string) bool { return strings.HasPrefix(bare(id), bare(r.id)) && len(r.id) > 1 })
}

const maxCompared = 500_000

// alike says whether one of two ids is part of the other, and not a short one.
func alike(a, b string, least int) bool {
	return len(b) >= least && strings.Contains(bare(a), bare(b)) || len(a) >= least && strings.Contains(bare(b), bare(a))
}

// only is the one that is so, "" when there are several.
func only(all []string, is func(string) bool) string {
	found := ""
	for _, s := range all {
		if is(s) {
			if found != "" {
				return ""
			}
			found = s
		}
	}
	return found
}

// checkPlan reports what single values cannot show.
func (l *loader) checkPlan(p planPlace) {
	if p.Quiet != nil && p.Quiet.From == p.Quiet.To {
		l.report(Finding{Pos: p.quiet, Severity: SeverityError, Code: "bad-time",
			Message: fmt.Sprintf("quiet_hours of %s %s begin and end at the same time", p.Kind, p.ID)})
	}
	if len(p.Rules) == 0 && !l.partial {
		l.report(Finding{Pos: p.pos, Severity: SeverityError, Code: "no-rules",
			Message: fmt.Sprintf("%s %s has no rules: the file has none", p.Kind, p.ID)})
	}
}
