package store

import (
	"cmp"
	"slices"
	"time"

	"newswatch/news"
)

// How much each piece of evidence counts that an entry is a stored item.
const (
	keyScore    = 4 // a key leads there
	sameScore   = 3 // and so much more when the text is that of the item, to the letter
	signScore   = 2 // a sign leads there
	dateScore   = 2 // it was published in the same second
	dayScore    = 1 // it is dated the same, by a date without a time
	hintScore   = 1 // the text is that of the item, another name, and no date
	sharedScore = 1 // a key leads there that tells nothing any more from this document on

	enough      = 4 // makes them the same
	enoughMoved = 3 // does so when a whole document is told anew
	fewestMoved = 3 // entries of such a document
)

// key is an identity key, and how it is stored.
type key struct{ name, hash string }

func keyOf(name string) key {
	if name == "" {
		return key{}
	}
	return key{name, shortHash(name)}
}

// mark is what an entry is known again by.
type mark struct {
	id                         string // proposed for a new item: made of the first key
	keys, shared               []key
	title, path, number, whole key
	revision                   string
	published                  time.Time
	dated                      bool
}

func marksOf(items []news.Item) []mark {
	marks := make([]mark, len(items))
	for i, it := range items {
		m := mark{id: it.ID, revision: it.Revision, published: it.Published, dated: it.Dated}
		for _, k := range it.Keys {
			m.keys = append(m.keys, keyOf(k))
		}
		for _, k := range it.Shared {
			m.shared = append(m.shared, keyOf(k))
		}
		m.title, m.path, m.number = keyOf(it.Signs.Title), keyOf(it.Signs.Path), keyOf(it.Signs.Number)
		if m.whole = keyOf(it.Signs.Whole); m.whole.name == "" {
			m.whole = keyOf("id:" + it.ID)
		}
		marks[i] = m
	}
	return marks
}

// hashes appends the hashes of everything that could lead to an item.
func (m *mark) hashes(all []string) []string {
	for _, keys := range [...][]key{m.keys, m.shared, {m.title, m.path, m.number, m.whole}} {
		for _, k := range keys {
			if k.hash != "" {
				all = append(all, k.hash)
			}
		}
	}
	return all
}

// group is one item of the document: an entry, with those that share a key.
type group struct {
	mark
	own    []key       // the keys of all that are not void
	item   *storedItem // nil when it is new
	id     string
	folded bool // an entry that says more of it stands in the document too
}

// resolution says which item each entry of a document is.
type resolution struct {
	seen   map[string]seenRow
	groups []group
	of     []int          // a mark's index in groups
	void   map[string]key // by hash: keys that are proven to tell nothing
}

// resolve finds the item of each entry of a document. An item is one entry at most:
// the one that says most of it. Another one to which some old key leads all the
// same is no edit of it but news, and that key is void from then on.
func resolve(feedID string, marks []mark, seen map[string]seenRow) *resolution {
	r := &resolution{seen: seen, void: map[string]key{}}
	r.fold(marks)
	claims := r.claims()
	if !r.assign(claims, enough) {
		r.assignMoved(claims)
	}
	r.part()
	for i := range r.groups {
		if g := &r.groups[i]; g.item != nil {
			g.id = g.item.id
		} else {
			g.id = r.newID(feedID, g)
		}
	}
	return r
}

// fold makes one group of marks that share a living key.
func (r *resolution) fold(marks []mark) {
	place := map[string]int{}
	for _, m := range marks {
		keys := r.living(&m)
		at := len(r.groups)
		for _, k := range keys {
			if n, ok := place[k.hash]; ok {
				at = n
				break
			}
		}
		if at == len(r.groups) {
			r.groups = append(r.groups, group{mark: m})
		}
		g := &r.groups[at]
		for _, k := range keys {
			if !slices.Contains(g.own, k) {
				g.own = append(g.own, k)
			}
			if _, ok := place[k.hash]; !ok {
				place[k.hash] = at
			}
		}
		r.of = append(r.of, at)
	}
}

// living are the keys that are not void. An entry that has none is known by its
// title, or by all that it says when titles tell nothing either.
func (r *resolution) living(m *mark) []key {
	keys := make([]key, 0, len(m.keys))
	for _, k := range m.keys {
		if !r.isVoid(k) {
			keys = append(keys, k)
		}
	}
	switch {
	case len(keys) > 0:
		return keys
	case m.title.hash != "" && !r.isVoid(m.title):
		return []key{m.title}
	}
	return []key{m.whole}
}

func (r *resolution) isVoid(k key) bool {
	if _, void := r.void[k.hash]; void {
		return true
	}
	row, had := r.seen[k.hash]
	return had && row.item.id == ""
}

// leads is the item that a key leads to; nil when there is none.
func (r *resolution) leads(k key) *storedItem {
	if k.hash == "" || r.isVoid(k) {
		return nil
	}
	return r.seen[k.hash].item
}

// claim is how well an entry fits an item.
type claim struct {
	group int
	item  *storedItem
	score int
}

// claims weighs each entry against each item that anything of it leads to, best
// first.
func (r *resolution) claims() []claim {
	var all []claim
	for i := range r.groups {
		var own []claim
		vote := func(k key, score int) {
			item := r.leads(k)
			if item == nil {
				return
			}
			n := slices.IndexFunc(own, func(c claim) bool { return c.item == item })
			if n < 0 {
				n, own = len(own), append(own, claim{group: i, item: item})
			}
			own[n].score += score
		}
		g := &r.groups[i]
		for _, k := range g.own {
			vote(k, keyScore)
		}
		for _, k := range g.shared {
			vote(k, sharedScore)
		}
		named := len(own) // the rest is hinted at by signs alone
		for _, k := range [...]key{g.title, g.path, g.number} {
			if !slices.Contains(g.own, k) {
				vote(k, signScore)
			}
		}
		for j := range own {
			own[j].score += g.likeness(own[j].item, j < named)
		}
		all = append(all, own...)
	}
	slices.SortStableFunc(all, func(a, b claim) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.group, b.group)) // then the strongest key counts
	})
	return all
}

// likeness is what date and text say beside keys and signs. A full hour is often
// no time at all, but a day; and few words are often said twice, so that they
// count little when only signs lead to the item.
func (m *mark) likeness(it *storedItem, named bool) (score int) {
	dated := m.dated && it.dated
	switch {
	case !dated || ms(m.published) != ms(it.published):
	case m.published.Minute() == 0 && m.published.Second() == 0:
		score = dayScore
	default:
		score = dateScore
	}
	switch {
	case !it.stored || it.revision != m.revision:
	case named:
		score += sameScore
	case !dated:
		score = hintScore
	}
	return score
}

// assign gives entries the items that they fit best, and says whether any got one.
func (r *resolution) assign(claims []claim, least int) bool {
	taken := map[*storedItem]bool{}
	for _, c := range claims {
		if g := &r.groups[c.group]; c.score >= least && g.item == nil && !taken[c.item] {
			g.item, taken[c.item] = c.item, true
		}
	}
	return len(taken) > 0
}

// assignMoved knows a document again in which nothing is known: a publisher that
// changes its system may change all guids and all links in one night, and some make
// up new guids at each poll. Title and day, or title and text, are enough when they
// fit for many entries and for at least half of all.
func (r *resolution) assignMoved(claims []claim) {
	if !r.assign(claims, enoughMoved) {
		return
	}
	moved := 0
	for _, g := range r.groups {
		if g.item != nil {
			moved++
		}
	}
	if moved >= fewestMoved && 2*moved >= len(r.groups) {
		return
	}
	for i := range r.groups {
		r.groups[i].item = nil
	}
}

// part voids the keys by which an entry leads to the item of another one of the
// same document. An entry that has no key besides is that item, listed twice,
// unless the other one came to it against its own keys: then guids or links pass
// from item to item.
func (r *resolution) part() {
	owner := map[*storedItem]int{}
	for i, g := range r.groups {
		if g.item != nil {
			owner[g.item] = i
		}
	}
	strays := func(g *group) (keys []key) {
		for _, k := range slices.Concat(g.own, []key{g.title, g.path, g.number}) {
			if item := r.leads(k); item != nil && item != g.item {
				if _, owned := owner[item]; owned {
					keys = append(keys, k)
				}
			}
		}
		return keys
	}
	astray := make([][]key, len(r.groups))
	for i := range r.groups {
		astray[i] = strays(&r.groups[i])
	}
	for i := range r.groups {
		g := &r.groups[i]
		if g.item == nil && len(astray[i]) > 0 && r.listedTwice(g, astray, owner) {
			g.item, g.folded = r.leads(g.own[0]), true
			continue
		}
		for _, k := range astray[i] {
			r.void[k.hash] = k
		}
	}
}

// listedTwice says whether all keys of an entry lead to the item of another one,
// to which that one's keys lead too.
func (r *resolution) listedTwice(g *group, astray [][]key, owner map[*storedItem]int) bool {
	item := r.leads(g.own[0])
	for _, k := range g.own {
		if item == nil || r.leads(k) != item {
			return false
		}
	}
	other, owned := owner[item]
	return owned && !slices.ContainsFunc(r.groups[other].own, func(k key) bool { return slices.Contains(astray[other], k) })
}

// newID is the proposed id when the key it is made of is new. Else another item
// may have it, and the first key that no item ever had makes another one.
func (r *resolution) newID(feedID string, g *group) string {
	for _, k := range append(r.living(&g.mark), g.title, g.whole) {
		if _, had := r.seen[k.hash]; k.hash == "" || had || r.isVoid(k) {
			continue
		}
		if k == g.keys[0] {
			return g.mark.id
		}
		return news.ItemID(feedID, k.name)
	}
	return news.ItemID(feedID, "again:"+g.whole.name)
}

// rows are the keys to write: new ones, those that led to another item or have
// become void, and those that were last seen before a time. All that an entry has
// leads to its item from then on, so that reading it again ends there too.
func (r *resolution) rows(marks []mark, stale time.Time) []seenKey {
	var rows []seenKey
	written := map[string]bool{}
	write := func(k key, item string, alias bool) {
		row, had := r.seen[k.hash]
		same := had && row.item.id == item
		if k.hash == "" || written[k.hash] || same && !row.last.Before(stale) {
			return
		}
		written[k.hash] = true
		rows = append(rows, seenKey{key: k, item: item, alias: alias && !had, voided: item == "" && !same})
	}
	for _, k := range r.void {
		write(k, "", false)
	}
	for i := range marks {
		m, g := &marks[i], &r.groups[r.of[i]]
		for _, k := range m.shared {
			write(k, "", false)
		}
		for _, k := range append(r.living(m), m.title, m.path, m.number) {
			if !r.isVoid(k) {
				write(k, g.id, g.item != nil)
			}
		}
		for _, k := range m.keys {
			if r.isVoid(k) {
				write(k, "", false)
			}
		}
	}
	return rows
}

// seenKey is a row of the table of what was seen.
type seenKey struct {
	key
	item   string // "" when the key is void
	alias  bool   // a new key of a known item
	voided bool   // void from now on
}
