package story

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"newswatch/news"
)

const (
	// silence ends an event: the next report tells of another one.
	silence = 36 * time.Hour
	// rest ends one too when the next report dates itself after all that were
	// told: outlets sleep at night and go on with the same event in the morning.
	rest = 12 * time.Hour
	// lateLikeness is how alike a late report is to one of the event that it still
	// tells of, however long the silence before it.
	lateLikeness = 0.6
)

// Event is one of the things that happened in a story: a meeting, and four days
// later what was asked there.
type Event struct {
	At    time.Time // when its first report came out
	Items []string  // ids of its members, in the order of their publication
}

// Events parts a story's members into its events, in the order of time. An event
// begins where a story was silent for a day and a half, or for a night when the
// next report gives a later day than all before. A copy belongs to its original,
// and a late report to the event whose words it uses.
func (v *Judge) Events(s *news.Story) []Event {
	members := make([]*news.Member, len(s.Members))
	for i := range s.Members {
		members[i] = &s.Members[i]
	}
	slices.SortStableFunc(members, func(a, b *news.Member) int { return when(&a.Item).Compare(when(&b.Item)) })
	var events []Event
	place := map[string]int{}
	for i, m := range members {
		told := cmp.Or(m.CopyOf, m.Item.ID) // a copy may have come out before its original
		at, known := place[told]
		if !known {
			at = v.eventOf(members[:i], m, place)
		}
		if at < 0 {
			at = len(events)
			events = append(events, Event{At: when(&m.Item)})
		}
		place[m.Item.ID], place[told] = at, at
		events[at].Items = append(events[at].Items, m.Item.ID)
	}
	return events
}

// eventOf is the event that a member tells of, -1 for a new one.
func (v *Judge) eventOf(before []*news.Member, m *news.Member, place map[string]int) int {
	if len(before) == 0 {
		return -1
	}
	last := before[len(before)-1]
	gap := when(&m.Item).Sub(when(&last.Item))
	latest := 0
	for _, at := range place {
		latest = max(latest, at)
	}
	if gap < rest || gap < silence && !v.laterDay(before, m) {
		return latest
	}
	most, like := 0.0, -1
	mine := v.bag(&m.Item)
	for _, o := range before[max(0, len(before)-maxTold):] {
		if l := mine.cosine(v.bag(&o.Item)); l > most {
			most, like = l, place[o.Item.ID]
		}
	}
	if most >= lateLikeness {
		return like
	}
	return -1
}

// laterDay says whether a report's first sentence names a day after the last day
// on which the others came out.
func (v *Judge) laterDay(before []*news.Member, m *news.Member) bool {
	own := v.ownDay(&m.Item)
	return !own.IsZero() && own.After(when(&before[len(before)-1].Item))
}

// ownDay is the day of which a report tells, by its first sentence: a date, or a
// weekday, which is the last one of that name. Zero when it names none.
func (v *Judge) ownDay(it *news.Item) time.Time {
	r, at := v.reader(it), when(it)
	tokens := tokenize(it.Title+"\n"+firstSentence(it.Body), factTokens)
	var own time.Time
	for _, d := range r.days(tokens, at) {
		if !d.at.After(at) && d.at.After(own) {
			own = d.at
		}
	}
	if at.IsZero() || !own.IsZero() {
		return own
	}
	for i := range tokens {
		if v, n := r.weekday.at(tokens, i); n > 0 {
			back := (int(at.Weekday()) - int(v[0]-'0') + 7) % 7
			return at.Truncate(24*time.Hour).AddDate(0, 0, -back)
		}
	}
	return own
}

// resumed says that a member takes a story up after days of silence, with more
// than the old words. What is dated like the old reports came late, and is none.
func (v *Judge) resumed(s *news.Story, m news.Member) string {
	var last time.Time
	for i := range s.Members {
		if at := when(&s.Members[i].Item); at.After(last) {
			last = at
		}
	}
	gap := when(&m.Item).Sub(last)
	if last.IsZero() || gap < silence {
		return ""
	}
	mine := v.bag(&m.Item)
	for _, o := range bounded(s.Members) {
		if mine.cosine(v.bag(&o.Item)) >= lateLikeness {
			return ""
		}
	}
	return fmt.Sprintf(resumedReason+"%d days", int((gap+12*time.Hour)/(24*time.Hour)))
}
