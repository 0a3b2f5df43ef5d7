package story

import (
	"slices"
	"strings"
	"time"

	"newswatch/news"
)

const (
	// newPublishers is how many more outlets make a development of their own.
	newPublishers = 3
	// entityPause is the time between two rises for entities alone: fuller
	// reports name one more person each, and that is one piece of news.
	entityPause = time.Hour

	// clearlyHeavier is by how much a feed must outweigh the lead's to take its place.
	clearlyHeavier = 5
)

// entityReason begins the reasons of rises that an entity alone brought.
const entityReason = "new: "

// Names gives the desk's words for what its rule file calls by an id.
type Names struct {
	Rule, Entity func(id string) string
}

// Develop says whether a story really develops with a member that is about to
// join, and why: it brings a rule or an entity of the desk's that had not been
// told, or it is the third new publisher since the last development. A copy
// never develops a story. Entities alone raise a story once an hour at most;
// one that came within that hour counts when it is told again after it.
func Develop(s *news.Story, m news.Member, names Names) (reason string, developed bool) {
	if m.CopyOf != "" || len(s.Members) == 0 {
		return "", false
	}
	told, since := s.Members[:tellingEnd(s)], s.Members[tellingEnd(s):]
	if id := newRule(s.Members, m); id != "" {
		return "now also: " + names.Rule(id), true
	}
	if ids := newEntities(told, m); len(ids) > 0 && !pausing(s, arrival(m.Item)) {
		for i := range ids {
			ids[i] = names.Entity(ids[i])
		}
		return entityReason + strings.Join(ids, ", "), true
	}
	if moreOutlets(told, append(slices.Clip(since), m)) >= newPublishers {
		return "taken up by more outlets", true
	}
	return "", false
}

// tellingEnd is how many members were there at the last development: what they
// said is told. Before the first development that is the first member.
func tellingEnd(s *news.Story) int {
	if len(s.Developments) == 0 {
		return 1
	}
	brought := func(id string) bool {
		return slices.ContainsFunc(s.Developments, func(d news.Development) bool { return d.ItemID == id })
	}
	// Not the last development's item: one that came with another story may be old.
	for i := range slices.Backward(s.Members) {
		if brought(s.Members[i].Item.ID) {
			return i + 1
		}
	}
	last := s.Developments[len(s.Developments)-1]
	n := 0
	for n < len(s.Members) && !arrival(s.Members[n].Item).After(last.At) {
		n++
	}
	return n
}

func newRule(members []news.Member, m news.Member) string {
	for _, h := range m.Hits {
		had := slices.ContainsFunc(members, func(o news.Member) bool {
			return slices.ContainsFunc(o.Hits, func(oh news.Hit) bool { return oh.Rule == h.Rule })
		})
		if !had {
			return h.Rule
		}
	}
	return ""
}

// newEntities are the entities of m that no member told.
func newEntities(told []news.Member, m news.Member) []string {
	var ids []string
	for _, h := range m.Hits {
		for _, id := range h.Entities {
			had := slices.Contains(ids, id) || slices.ContainsFunc(told, func(o news.Member) bool {
				return slices.ContainsFunc(o.Hits, func(oh news.Hit) bool { return slices.Contains(oh.Entities, id) })
			})
			if !had {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func pausing(s *news.Story, at time.Time) bool {
	for _, d := range slices.Backward(s.Developments) {
		if strings.HasPrefix(d.Reason, entityReason) {
			return at.Sub(d.At) < entityPause
		}
	}
	return false
}

// moreOutlets counts the outlets with a report of their own among since that
// have none among told.
func moreOutlets(told, since []news.Member) int {
	before, all := news.Story{Members: told}, news.Story{Members: slices.Concat(told, since)}
	return len(all.Publishers()) - len(before.Publishers())
}

// Lead is the id of the member that stands for a story: of the heaviest feed,
// with a text, the earliest. A lead that is set gives way only to a clearly
// better one: a feed that weighs at least five more and has no less text, or
// no lighter feed that has a text where the lead has none.
func Lead(s *news.Story) string {
	if len(s.Members) == 0 {
		return ""
	}
	lead := slices.IndexFunc(s.Members, func(m news.Member) bool { return m.Item.ID == s.LeadID })
	margin := clearlyHeavier
	if s.LeadID == "" || lead < 0 {
		lead, margin = 0, 1
	}
	for i := range s.Members {
		if better(&s.Members[i].Item, &s.Members[lead].Item, margin) {
			lead = i
		}
	}
	return s.Members[lead].Item.ID
}

func better(a, lead *news.Item, margin int) bool {
	fuller := a.Body != "" && lead.Body == ""
	if a.Weight-lead.Weight >= margin {
		return fuller || a.Body != "" || lead.Body == ""
	}
	return fuller && a.Weight >= lead.Weight
}

// arrival is when the desk saw an item.
func arrival(it news.Item) time.Time {
	if it.Fetched.IsZero() {
		return it.Published
	}
	return it.Fetched
}
