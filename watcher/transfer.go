package watcher

import (
	"slices"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

// develops says whether a member that is about to join a story is news in it, and
// why. What was there before we came is none.
func develops(s *news.Story, m news.Member, judge *story.Judge) (reason string, developed bool) {
	if m.Item.Baseline {
		return "", false
	}
	return judge.Develop(s, m)
}

// raise gives a story a new version, which an item brought.
func raise(s *news.Story, it news.Item, at time.Time, reason, titleWas string) news.Development {
	s.Version++
	d := news.Development{Version: s.Version, At: at, ItemID: it.ID, Reason: reason, TitleWas: titleWas}
	s.Developments = append(s.Developments, d)
	return d
}

// takeIn moves all items of a story into an older one and ends it. A plan that
// told only the younger one knows of the older one what the two have in common.
func takeIn(into, from *news.Story, at time.Time, judge *story.Judge) store.Transfer {
	t := store.Transfer{Known: []int{1}}
	t.At, t.From, t.Into, t.Items = at, from.ID, into.ID, itemIDs(from.Members)
	for _, v := range versions(into) {
		if v.number > 1 && isNews(from, v.member, at, judge) == "" {
			t.Known = append(t.Known, v.number)
		}
	}
	t.Carried = carry(into, from, at, judge, func(string) bool { return true })
	into.Members = append(into.Members, from.Members...)
	slices.SortStableFunc(into.Members, func(a, b news.Member) int { return a.Item.Fetched.Compare(b.Item.Fetched) })
	into.FirstAt, into.LastAt = earliest(into.FirstAt, from.FirstAt), latest(into.LastAt, from.LastAt)
	from.LeadID, from.MergedInto = from.Lead().Item.ID, into.ID
	return t
}

// carry raises a story by what items that it gains had brought to the one that
// they come from, as far as it is news here too. Each is held against the story
// as it was: they come together, none of them hides another.
func carry(into, from *news.Story, at time.Time, judge *story.Judge, moves func(itemID string) bool) (carried []store.Carried) {
	was := *into
	for _, v := range versions(from) {
		if !moves(v.member.Item.ID) {
			continue
		}
		reason := isNews(&was, v.member, at, judge)
		if reason == "" && story.OfHeadline(v.reason) {
			reason = v.reason
		}
		if reason != "" {
			d := raise(into, v.member.Item, at, reason, v.titleWas)
			carried = append(carried, store.Carried{From: v.number, Into: d.Version})
		}
	}
	return carried
}

// isNews says why a member of another story would be news in this one if it came
// at a time, "" when it would be none. The pause after the last rise holds up what
// creeps on, not what another story rose for: that comes only this once.
func isNews(s *news.Story, m news.Member, at time.Time, judge *story.Judge) string {
	if n := len(s.Developments); n > 0 {
		at = latest(at, s.Developments[n-1].At.Add(story.Pause))
	}
	m.Item.Fetched = at
	reason, _ := develops(s, m, judge)
	return reason
}

// version is one version of a story with the member that brought it, and why it is
// one.
type version struct {
	number   int
	member   news.Member
	reason   string
	titleWas string
}

// versions of a story, those whose members it still has. The first report is
// version 1.
func versions(s *news.Story) []version {
	list := []version{{number: 1, member: s.Members[0]}}
	for _, d := range s.Developments {
		for _, m := range s.Members {
			if m.Item.ID == d.ItemID {
				list = append(list, version{d.Version, m, d.Reason, d.TitleWas})
				break
			}
		}
	}
	return list
}

func itemIDs(members []news.Member) []string {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.Item.ID
	}
	return ids
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
