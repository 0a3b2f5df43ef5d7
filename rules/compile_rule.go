package rules

import (
	"cmp"
	"slices"
	"strings"
)

type rule struct {
	*Rule
	when   cond
	boosts []boost
}

type boost struct {
	when cond
	add  int
	text string // why it was added
}

// sourceKind says where the hits of a leaf come from.
type sourceKind uint8

const (
	termSource sourceKind = iota
	entitySource
	topicSource
)

// source is a list of hits: a slot's, an entity's or a topic's.
type source struct {
	kind  sourceKind
	index int32
}

// cond is a compiled condition: all parts that are present must hold.
type cond struct {
	leaf  bool
	src   source
	text  string // the term as written, for people
	all   []cond
	any   []cond
	none  []cond
	near  *near
	least *atLeast
	in    fieldSet // 0: as the condition around it
	lang  []string
	feeds map[string]bool
	said  []string // feeds as written
}

type near struct {
	a, b    []cond
	within  Within
	ordered bool
}

type atLeast struct {
	times int
	of    []cond
}

// rule compiles the i-th rule and tells what it listens to that it does.
func (c *compiler) rule(i int32) {
	src := &c.file.Rules[i]
	c.titles[src.ID] = src.Title
	r := &c.rules[i]
	r.Rule = src
	r.when = c.cond(&src.When)
	for j := range src.Boosts {
		b := &src.Boosts[j]
		r.boosts = append(r.boosts, boost{when: c.cond(&b.When), add: b.Add, text: boostText(&b.When)})
	}
	if canBeEmpty(&r.when) {
		c.always = append(c.always, i)
		return
	}
	c.listen(i, &r.when)
}

func (c *compiler) cond(src *Cond) cond {
	out := cond{in: setOf(src.In), said: src.Feeds}
	c.read |= out.in
	c.byLanguage = c.byLanguage || len(src.Lang) > 0
	for _, l := range src.Lang {
		out.lang = append(out.lang, primary(l))
	}
	out.feeds = c.feedSet(src.Feeds)
	if src.Term != nil {
		c.leaf(&out, *src.Term)
	}
	out.all, out.any, out.none = c.conds(src.All), c.conds(src.Any), c.conds(src.None)
	if n := src.Near; n != nil {
		out.near = &near{a: c.conds(n.A), b: c.conds(n.B), within: n.Within, ordered: n.Ordered}
	}
	if l := src.AtLeast; l != nil {
		out.least = &atLeast{times: l.Times, of: c.conds(l.Of)}
	}
	return out
}

func (c *compiler) conds(src []Cond) []cond {
	var out []cond
	for i := range src {
		out = append(out, c.cond(&src[i]))
	}
	return out
}

func (c *compiler) leaf(out *cond, t Term) {
	s, isRef, ok := c.ref(t)
	out.leaf, out.text = true, strings.TrimSpace(t.Text)
	if !isRef {
		s.index = c.leafSlot(t)
	}
	if !ok {
		s.index = -1
	}
	out.src = s
}

// leafSlot returns the slot of a plain term; equal terms of all rules share one.
func (c *compiler) leafSlot(t Term) int32 {
	key := Term{Text: strings.TrimSpace(t.Text), Lang: t.Lang}
	if id, ok := c.leaves[key]; ok {
		return id
	}
	id := c.slot(leafSlot, -1, key.Text)
	c.leaves[key] = id
	c.use(t, nil, "", true, id)
	return id
}

// feedSet resolves feed ids and tags; nil when none are named.
func (c *compiler) feedSet(names []string) map[string]bool {
	if len(names) == 0 {
		return nil
	}
	set := map[string]bool{}
	for _, name := range names {
		wanted, isTag := strings.CutPrefix(name, "tag:")
		for id, feed := range c.feeds {
			if !isTag && id == name || isTag && slices.Contains(feed.Tags, wanted) {
				set[id] = true
			}
		}
	}
	return set
}

// canBeEmpty says whether a condition may hold in an item that has no hits.
func canBeEmpty(k *cond) bool {
	switch {
	case k.leaf, k.near != nil, k.least != nil && k.least.times > 0:
		return false
	case slices.ContainsFunc(k.all, func(k cond) bool { return !canBeEmpty(&k) }):
		return false
	case len(k.any) > 0:
		return slices.ContainsFunc(k.any, func(k cond) bool { return canBeEmpty(&k) })
	}
	return true
}

// listen enters the rule with sources of hits without which its condition cannot
// hold. All parts of a condition must hold, so one part is enough: the one with
// the fewest hits to be expected.
func (c *compiler) listen(i int32, k *cond) {
	for _, s := range c.triggers(k) {
		var list *[]int32
		switch s.kind {
		case termSource:
			list = &c.slots[s.index].rules
		case entitySource:
			list = &c.entities[s.index].rules
		default:
			list = &c.topics[s.index].rules
		}
		if !slices.Contains(*list, i) {
			*list = append(*list, i)
		}
	}
}

// triggers returns sources of which one must have a hit when a condition holds
// that cannot hold without any.
func (c *compiler) triggers(k *cond) []source {
	var parts [][]source
	if k.leaf {
		parts = append(parts, known(k.src))
	}
	for i := range k.all {
		if !canBeEmpty(&k.all[i]) {
			parts = append(parts, c.triggers(&k.all[i]))
		}
	}
	if len(k.any) > 0 && !slices.ContainsFunc(k.any, func(k cond) bool { return canBeEmpty(&k) }) {
		parts = append(parts, c.anyTriggers(k.any))
	}
	if k.near != nil {
		parts = append(parts, c.anyTriggers(k.near.a), c.anyTriggers(k.near.b))
	}
	if k.least != nil && k.least.times > 0 {
		parts = append(parts, c.anyTriggers(k.least.of))
	}
	if len(parts) == 0 {
		return nil
	}
	return slices.MinFunc(parts, func(a, b []source) int { return cmp.Compare(noise(a), noise(b)) })
}

func (c *compiler) anyTriggers(list []cond) []source {
	var out []source
	for i := range list {
		out = append(out, c.triggers(&list[i])...)
	}
	return out
}

// known returns a source; none for a name that the file does not have, which
// never has a hit.
func known(s source) []source {
	if s.index < 0 {
		return nil
	}
	return []source{s}
}

// noise guesses how often some sources have hits: a term seldom, a name more
// often, a topic of many words most.
func noise(list []source) int {
	n := 0
	for _, s := range list {
		n += [...]int{termSource: 1, entitySource: 2, topicSource: 4}[s.kind]
	}
	return n
}

// boostText names a boost by its field, else by its first words.
func boostText(k *Cond) string {
	if len(k.In) > 0 {
		names := make([]string, len(k.In))
		for i, f := range k.In {
			names[i] = string(f)
		}
		return "in " + strings.Join(names, ", ")
	}
	words := firstTerms(k, nil)
	if len(words) > 2 {
		words = append(words[:2], "...")
	}
	return strings.Join(words, ", ")
}

func firstTerms(k *Cond, out []string) []string {
	if k.Term != nil {
		out = append(out, k.Term.Text)
	}
	for _, list := range [][]Cond{k.All, k.Any} {
		for i := range list {
			out = firstTerms(&list[i], out)
		}
	}
	if k.Near != nil {
		for i := range k.Near.A {
			out = firstTerms(&k.Near.A[i], out)
		}
	}
	return out
}
