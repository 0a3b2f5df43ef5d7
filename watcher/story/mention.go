package story

import (
	"slices"

	"newswatch/news"
)

// rule names the first rule that nobody told and that the member hits where news
// stands; "" for none.
func (c *comparison) rule() string {
	for i := range c.m.Hits {
		h := &c.m.Hits[i]
		if slices.ContainsFunc(c.told, func(o news.Member) bool { return hits(&o, h.Rule) }) {
			continue
		}
		if c.hitLeads(h) || c.second(func(o *news.Member) bool { return hits(o, h.Rule) }) {
			return "now also: " + c.judge.names.Rule(h.Rule)
		}
	}
	return ""
}

func hits(m *news.Member, rule string) bool {
	return slices.ContainsFunc(m.Hits, func(h news.Hit) bool { return h.Rule == rule })
}

// second says whether another outlet that was not told yet has it too.
func (c *comparison) second(has func(*news.Member) bool) bool {
	return !c.early() && slices.ContainsFunc(c.since, func(o news.Member) bool {
		return o.CopyOf == "" && !news.SameOutlet(o.Item.Publisher, c.m.Item.Publisher) && has(&o)
	})
}

// hitLeads says whether a rule matches where news stands: with two of the things
// that it asks for, or with all where it has less. A hit that does not say where
// it matched is taken at its word.
func (c *comparison) hitLeads(h *news.Hit) bool {
	var all, leading []string
	for _, s := range h.Spans {
		all = union(all, []string{s.By})
		if c.leadSpan(s) {
			leading = union(leading, []string{s.By})
		}
	}
	return len(leading) >= min(2, len(all))
}

// leadSpan says whether a match stands where news stands.
func (c *comparison) leadSpan(s news.Span) bool {
	if s.Field == news.Title {
		return true
	}
	it := &c.m.Item
	return s.Field == news.Body && (it.Title == "" || !c.early()) && s.Start < len(firstSentence(it.Body))
}

// entities says which of the desk's entities nobody told.
func (c *comparison) entities() string {
	var names []string
	for _, id := range newEntities(c.told, c.m) {
		if c.leads(id) {
			names = append(names, c.judge.names.Entity(id))
		}
	}
	if len(names) == 0 || c.pausing() {
		return ""
	}
	return "new: " + listed(names)
}

// leads says whether an entity is named where news stands, by a match there or by
// the last word of its name, or whether a second outlet has it too.
func (c *comparison) leads(id string) bool {
	matched := func(h news.Hit) bool {
		return slices.ContainsFunc(h.Spans, func(s news.Span) bool { return s.By == "entity:"+id && c.leadSpan(s) })
	}
	if slices.ContainsFunc(c.m.Hits, matched) {
		return true
	}
	where := c.m.Item.Title
	if where == "" || !c.early() {
		where += "\n" + firstSentence(c.m.Item.Body)
	}
	if name := tokenize(c.judge.names.Entity(id), 16); len(name) > 0 {
		last := name[len(name)-1].key
		if slices.ContainsFunc(tokenize(where, factTokens), func(t token) bool { return t.key == last }) {
			return true
		}
	}
	return c.second(func(o *news.Member) bool { return mentions(o, id) })
}

// newEntities are the entities of m that no member told.
func newEntities(told []news.Member, m news.Member) []string {
	var ids []string
	for _, h := range m.Hits {
		for _, id := range h.Entities {
			had := slices.Contains(ids, id) || slices.ContainsFunc(told, func(o news.Member) bool { return mentions(&o, id) })
			if !had {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func mentions(m *news.Member, id string) bool {
	return slices.ContainsFunc(m.Hits, func(h news.Hit) bool { return slices.Contains(h.Entities, id) })
}
