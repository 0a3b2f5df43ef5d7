package feed

import (
	"context"
	"hash/maphash"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"newswatch/news"
)

const (
	// wholeAfter is after how long a document is read as a whole again: the store
	// keeps what it knows of an item for as long as the item is seen.
	wholeAfter = 20 * time.Hour

	// maxRemembered bounds what is remembered of all feeds, in numbers of eight
	// bytes: 32 MiB. Past it, some feeds are read as a whole at each poll.
	maxRemembered = 4 << 20
)

// source is a document that was cut into items, none of which is read yet.
type source interface {
	// count is how many items there are, and block the bytes of one.
	count() int
	block(i int) []byte
	// bearing writes all of the document that bears on its items.
	bearing(h *maphash.Hash)
	// read returns the entries of items, and where each of them stands. What
	// cannot be read is left out.
	read(places []int) (entries []Entry, at []int)
	// document is what the document says of itself, without entries.
	document() *Document
}

// documents remembers the items of the feeds' last documents by hashes, so that
// only new ones are read. It holds none of their text. The hashes have a seed of
// their own in each process: no publisher can make two items look alike.
type documents struct {
	seed maphash.Seed

	mu   sync.Mutex
	of   map[string]*memory // by feed
	size int                // of all of them
}

// memory is what is remembered of one document. An item is in it when nothing by
// which it is known stands at another item of the document too: what such
// neighbours mean is only seen by reading them together.
type memory struct {
	token   uint64 // in the state of the poll that read the document
	wholeAt time.Time
	bearing uint64
	counted bool // texts are noted

	blocks []uint64 // of each item, its bytes
	names  []uint32 // of all items, what each is known by; two that look alike by chance are read together
	texts  []uint64 // of all items, the blocks of their text
	ends   []end    // of each item in names and texts
}

// end is where the names and the texts of an item end, and those of the next one
// start.
type end struct{ names, texts uint32 }

func newDocuments() *documents {
	return &documents{seed: maphash.MakeSeed(), of: map[string]*memory{}}
}

// reading is what a poll got from a document.
type reading struct {
	*Document
	items  []news.Item // those that were read: all but the cached ones
	cached int         // items that were read by an earlier poll and have not changed
	token  uint64      // belongs into the state of the feed, beside the items
	tally  tally
}

// total is how many items the document has.
func (r *reading) total() int { return len(r.items) + r.cached }

// read reads what is new in an answer's document. An item counts as read when the
// state that comes in is the one that went out with it: a poll whose state was
// not kept, because its transaction failed, is as good as none.
//
// When something that is read turns out to be known, all of the document is: a
// publisher may pass a guid on from an item that stands there to a new one, and
// only who sees both can tell that from an edit.
func (d *documents) read(ctx context.Context, j Job, body []byte, header http.Header, base string, now time.Time) (r *reading, err error) {
	defer caught(&err)
	src, err := open(body, header, base)
	if err != nil {
		return nil, err
	}
	r, m := d.pass(j, src, d.recall(j, now), header, now)
	r.tally = tallyOf(ctx, j, r)
	if r.cached > 0 && r.tally.known > r.cached {
		r, m = d.pass(j, src, nil, header, now)
		r.tally = tallyOf(ctx, j, r)
	}
	d.keep(j.Feed.ID, m)
	return r, nil
}

// pass reads the items of a document that are not remembered, and says what is to
// be remembered of it.
func (d *documents) pass(j Job, src source, old *memory, header http.Header, now time.Time) (*reading, *memory) {
	p := d.plan(src, old, header)
	p.take(d, src)
	r := &reading{Document: src.document(), cached: len(p.kept), token: rand.Uint64()}
	r.finish(header)
	r.Entries, r.Recovered = p.entries, r.Recovered || p.lost > 0
	r.items = itemsOf(r.Document, p.entries, p.names, j.Feed, now)
	m := &memory{token: r.token, wholeAt: now, bearing: p.bearing, counted: j.RepeatedBlocks > 0}
	if len(p.kept) > 0 {
		m.wholeAt = p.old.wholeAt
	}
	var texts map[uint32][]uint64
	if m.counted {
		texts = d.dropRepeated(r.items, p.keptTexts(), j.RepeatedBlocks)
	}
	p.remember(m, texts)
	return r, m
}

// recall returns what is remembered of a feed, nil when that is not to be relied
// on or all of the document is due again.
func (d *documents) recall(j Job, now time.Time) *memory {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.of[j.Feed.ID]
	if m == nil || m.token != j.State.Memory.Read || now.Before(m.wholeAt) || now.Sub(m.wholeAt) >= wholeAfter {
		return nil
	}
	if j.RepeatedBlocks > 0 && !m.counted {
		return nil
	}
	return m
}

func (d *documents) keep(feedID string, m *memory) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.size += m.size() - d.of[feedID].size()
	d.of[feedID] = m
	for id, other := range d.of {
		if d.size <= maxRemembered {
			return
		}
		d.size -= other.size()
		delete(d.of, id)
	}
}

func (m *memory) size() int {
	if m == nil {
		return 0
	}
	const itself = 32
	return itself + len(m.blocks)*2 + len(m.names)/2 + len(m.texts)
}

// plan says which items of a document are read, and holds what was.
type plan struct {
	old     *memory // what is remembered
	bearing uint64
	blocks  []uint64
	unread  []int
	kept    []keptItem

	entries []Entry
	names   []naming       // of each entry
	read    []readItem     // of each entry
	uses    map[uint32]int // names -> how many of the read items have it
	lost    int            // items that could not be read
}

// keptItem is an item that need not be read: its place in the document and in
// the memory.
type keptItem struct{ place, old int }

// readItem is where an entry stands in the document, and what it is known by.
type readItem struct {
	place int
	names []uint32
}

func (d *documents) plan(src source, old *memory, header http.Header) *plan {
	var h maphash.Hash
	h.SetSeed(d.seed)
	src.bearing(&h)
	h.WriteString(header.Get("Content-Language"))
	p := &plan{old: old, bearing: h.Sum64(), blocks: make([]uint64, src.count()), uses: map[uint32]int{}}
	if old == nil || old.bearing != p.bearing {
		p.old = &memory{}
	}
	p.kept = make([]keptItem, 0, min(len(p.blocks), len(p.old.blocks)))
	taken := make([]bool, len(p.old.blocks))
	next := 0 // items mostly stand in the order of last time
	for i := range p.blocks {
		p.blocks[i] = maphash.Bytes(d.seed, src.block(i))
		if next >= len(taken) || p.old.blocks[next] != p.blocks[i] {
			next = slices.Index(p.old.blocks, p.blocks[i])
		}
		if next < 0 || taken[next] { // a second one like it is read
			p.unread = append(p.unread, i)
			next = max(next, 0)
			continue
		}
		taken[next] = true
		p.kept = append(p.kept, keptItem{i, next})
		next++
	}
	return p
}

// take reads the items that are new, and the kept ones that share something with
// these: what such neighbours are known by depends on each other.
func (p *plan) take(d *documents, src source) {
	p.add(d, src, p.unread)
	var again []int
	p.kept = slices.DeleteFunc(p.kept, func(k keptItem) bool {
		shares := slices.ContainsFunc(p.old.namesOf(k.old), func(name uint32) bool { return p.uses[name] > 0 })
		if shares {
			again = append(again, k.place)
		}
		return shares
	})
	if len(again) > 0 {
		p.add(d, src, again)
		p.inOrder()
	}
}

func (p *plan) add(d *documents, src source, places []int) {
	entries, at := src.read(places)
	p.lost += len(places) - len(at)
	named := namingsOf(entries, src.document().Link)
	for i, place := range at {
		names := d.names(&named[i])
		for _, name := range names {
			p.uses[name]++
		}
		p.read = append(p.read, readItem{place, names})
	}
	p.entries, p.names = append(p.entries, entries...), append(p.names, named...)
}

// inOrder sorts the entries as they stand in the document.
func (p *plan) inOrder() {
	order := make([]int, len(p.read))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return p.read[a].place - p.read[b].place })
	p.entries, p.names, p.read = ordered(p.entries, order), ordered(p.names, order), ordered(p.read, order)
}

func ordered[T any](all []T, order []int) []T {
	out := make([]T, len(order))
	for i, from := range order {
		out[i] = all[from]
	}
	return out
}

func (m *memory) namesOf(i int) []uint32 {
	from := uint32(0)
	if i > 0 {
		from = m.ends[i-1].names
	}
	return m.names[from:m.ends[i].names]
}

func (m *memory) textsOf(i int) []uint64 {
	from := uint32(0)
	if i > 0 {
		from = m.ends[i-1].texts
	}
	return m.texts[from:m.ends[i].texts]
}

// keptTexts are the hashes of the text blocks of all kept items.
func (p *plan) keptTexts() []uint64 {
	var all []uint64
	for _, k := range p.kept {
		all = append(all, p.old.textsOf(k.old)...)
	}
	return all
}

// remember notes the items that need not be read next time: those kept, and of
// those read now the ones that share nothing with another. The texts are those of
// the items, by any of their names.
func (p *plan) remember(m *memory, texts map[uint32][]uint64) {
	for _, k := range p.kept {
		m.add(p.blocks[k.place], p.old.namesOf(k.old), p.old.textsOf(k.old))
	}
	for _, r := range p.read {
		if slices.ContainsFunc(r.names, func(name uint32) bool { return p.uses[name] > 1 }) {
			continue
		}
		var own []uint64
		known := !m.counted
		for _, name := range r.names {
			if t, ok := texts[name]; ok {
				own, known = t, true
			}
		}
		if known {
			m.add(p.blocks[r.place], r.names, own)
		}
	}
	// It is held for long: no room that is not used.
	m.blocks, m.names, m.texts, m.ends = exact(m.blocks), exact(m.names), exact(m.texts), exact(m.ends)
}

func exact[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return append(make([]T, 0, len(s)), s...)
}

func (m *memory) add(block uint64, names []uint32, texts []uint64) {
	m.blocks = append(m.blocks, block)
	m.names, m.texts = append(m.names, names...), append(m.texts, texts...)
	m.ends = append(m.ends, end{uint32(len(m.names)), uint32(len(m.texts))})
}

// names are the hashes of all that an entry may share with another one of its
// document, so that the two are one, or are known by less.
func (d *documents) names(n *naming) []uint32 {
	keys := n.all()
	hashes := make([]uint32, len(keys))
	for i, key := range keys {
		hashes[i] = d.name(key)
	}
	slices.Sort(hashes)
	return slices.Compact(hashes)
}

func (d *documents) name(key string) uint32 { return uint32(maphash.String(d.seed, key)) }
