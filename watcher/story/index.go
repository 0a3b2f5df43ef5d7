package story

import (
	"cmp"
	"slices"
	"time"
)

const (
	maxMembers    = 40    // of one story that are kept for comparison; the first stay for its subject, the last for its course
	keptFirst     = 8     // of them, the earliest
	maxCandidates = 8     // stories that are looked at closely for each item
	maxPostings   = 3_000 // looked at for one item, rarest words first
)

// member is a report that later items are compared with.
type member struct {
	id     string
	doc    doc
	sketch []uint32
	citing *citing // nil: a report of the outlet's own, or no text
	slot   int32
	story  *story
}

// story is what is kept of one story.
type story struct {
	id          string
	rank        int // in the order of opening
	members     []*member
	norm        likeness // squared length of the sum of the members' unit vectors
	first, last time.Time
	seen        time.Time // last sign of life, for forgetting
	reports     []*report
	mark        int32  // scratch of candidates
	merged      *story // that took it in
}

// gap is the time between at and the story's nearest end, 0 within it; it is
// negative when either is unknown.
func (s *story) gap(at time.Time) time.Duration {
	switch {
	case at.IsZero() || s.first.IsZero():
		return -1
	case at.Before(s.first):
		return s.first.Sub(at)
	case at.After(s.last):
		return at.Sub(s.last)
	}
	return 0
}

// age is the time between at and the story's beginning, negative when either is
// unknown.
func (s *story) age(at time.Time) time.Duration {
	if at.IsZero() || s.first.IsZero() {
		return -1
	}
	return at.Sub(s.first).Abs()
}

// saw takes the time of a new item in.
func (s *story) saw(at time.Time) {
	if at.IsZero() {
		return
	}
	if s.first.IsZero() || at.Before(s.first) {
		s.first = at
	}
	if at.After(s.last) {
		s.last = at
	}
}

// keep takes a member in. ev is what it was weighed with.
func (s *story) keep(m *member, ev evidence) {
	n := float64(len(s.members))
	s.norm.text += 1 + 2*n*ev.mean.text
	s.norm.head += 1 + 2*n*ev.mean.head
	s.norm.name += 1 + 2*n*ev.mean.name
	m.story = s
	s.members = append(s.members, m)
}

// index finds the stories that an item may belong to.
type index struct {
	lex     *lexicon
	members []*member // by slot; nil: forgotten
	live    int
	length  []float64 // by slot: of the text vector when it came
	score   []float64 // scratch, by slot
	touched []int32
	found   []candidate // scratch
	order   []entry
}

// add makes a member findable. length is that of its text vector.
func (x *index) add(m *member, length float64) {
	m.slot = int32(len(x.members))
	x.members = append(x.members, m)
	x.length = append(x.length, length)
	x.score = append(x.score, 0)
	x.live++
	for _, e := range m.doc.entries {
		t := &x.lex.terms[e.slot]
		t.posts = append(t.posts, m.slot)
	}
}

// drop makes a member unfindable.
func (x *index) drop(m *member) {
	if x.members[m.slot] == m {
		x.members[m.slot] = nil
		x.live--
	}
}

// candidate is a story that shares words with an item.
type candidate struct {
	story *story
	best  float64
	sum   float64
	rank  float64
	like  *member // the member most alike
}

// candidates are the stories most alike q, the most alike first. The postings
// of the rarest words are walked first, until maxPostings are spent.
func (x *index) candidates(q *query) []candidate {
	x.order = append(x.order[:0], q.doc.entries...)
	slices.SortStableFunc(x.order, func(a, b entry) int {
		return cmp.Compare(len(x.lex.terms[a.slot].posts), len(x.lex.terms[b.slot].posts))
	})
	budget := maxPostings
	for _, e := range x.order {
		posts := x.lex.terms[e.slot].posts
		if budget -= len(posts); budget < 0 {
			break
		}
		idf := q.idf(e.slot)
		gain := float64(e.tf) * idf * idf
		for _, slot := range posts {
			if x.members[slot] == nil {
				continue
			}
			if x.score[slot] == 0 {
				x.touched = append(x.touched, slot)
			}
			x.score[slot] += gain
		}
	}
	return x.rank()
}

// rank gathers the touched members by story. Those far below the best are left
// out: a story has a better one, or is not meant.
func (x *index) rank() []candidate {
	high := 0.0
	for _, slot := range x.touched {
		x.score[slot] /= x.length[slot]
		high = max(high, x.score[slot])
	}
	found := x.found[:0]
	for _, slot := range x.touched {
		score := x.score[slot]
		x.score[slot] = 0
		if score < high/4 {
			continue
		}
		m := x.members[slot]
		if m.story.mark == 0 {
			found = append(found, candidate{story: m.story})
			m.story.mark = int32(len(found))
		}
		c := &found[m.story.mark-1]
		c.sum += score
		if score > c.best {
			c.best, c.like = score, m
		}
	}
	x.touched = x.touched[:0]
	x.found = found
	return top(found)
}

// top picks the maxCandidates first by rank; of equals the one found first.
func top(found []candidate) []candidate {
	picked := make([]candidate, 0, maxCandidates+1)
	for _, c := range found {
		c.story.mark = 0
		c.rank = c.best + c.sum/root(c.story.norm.text)
		at := len(picked)
		for at > 0 && picked[at-1].rank < c.rank {
			at--
		}
		if at < maxCandidates {
			picked = slices.Insert(picked, at, c)
			picked = picked[:min(len(picked), maxCandidates)]
		}
	}
	return picked
}

// compact rebuilds the postings when most of what they hold is forgotten.
func (x *index) compact() {
	moved := make([]int32, len(x.members))
	kept := x.members[:0]
	for i, m := range x.members {
		moved[i] = -1
		if m != nil {
			m.slot = int32(len(kept))
			moved[i] = m.slot
			x.length[m.slot] = x.length[i]
			kept = append(kept, m)
		}
	}
	clear(x.members[len(kept):])
	x.members, x.length, x.score = kept, x.length[:len(kept)], make([]float64, len(kept))
	for i := range x.lex.terms {
		t := &x.lex.terms[i]
		posts := t.posts[:0]
		for _, p := range t.posts {
			if moved[p] >= 0 {
				posts = append(posts, moved[p])
			}
		}
		t.posts = slices.Clip(posts)
		if len(posts) == 0 {
			t.posts = nil
		}
	}
	x.lex.prune()
}
