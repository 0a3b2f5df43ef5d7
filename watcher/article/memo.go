package article

import (
	"hash/maphash"
	"maps"
	"strings"
	"sync"
	"time"
)

// Bounds of what is kept in mind of articles.
const (
	memoAge  = 10 * time.Minute // an edit is seen after it
	memoSize = 4 << 20          // bytes of text
)

// memo keeps the articles read last: a publisher's feeds share many, and each
// is asked for once.
type memo struct {
	mu    sync.Mutex
	known map[string]remembered
	order []string // of known, the oldest first
	size  int
}

type remembered struct {
	result
	at time.Time
}

func newMemo() *memo { return &memo{known: map[string]remembered{}} }

func (m *memo) get(address string) (result, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	one, known := m.known[address]
	return one.result, known && time.Since(one.at) < memoAge
}

func (m *memo) put(address string, r result) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, known := m.known[address]; known {
		m.size -= weight(address, old.result)
	} else {
		m.order = append(m.order, address)
	}
	m.known[address] = remembered{r, time.Now()}
	m.size += weight(address, r)
	for m.size > memoSize {
		first := m.order[0]
		m.order = m.order[1:]
		m.size -= weight(first, m.known[first].result)
		delete(m.known, first)
	}
}

// weight is about how many bytes an entry takes.
func weight(address string, r result) int {
	n := 200 + 2*len(address) + len(r.article.Text)
	for _, h := range r.article.Headlines {
		n += 16 + len(h)
	}
	return n
}

// sighting is where a block of text was seen on a host.
type sighting struct {
	address uint64 // of the last article that had it
	times   uint8
}

// Bounds of repeated blocks.
const (
	maxBlocks  = 512 // per host, then those seen once are forgotten
	maxRepeats = 2   // articles that may have a block before it is the host's
	maxDropped = 3   // what is dropped is at most a third of a text
)

// dropRepeated takes out of a text the blocks that stood in two other articles
// of the host: offers, notes on the author, lines about the agency. A text that
// is repeated for the most part is one article at several addresses, and stays.
func (h *host) dropRepeated(address, text string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forgetBlocks()
	at := maphash.String(h.seed, address)
	var kept []string
	dropped := 0
	for block := range strings.SplitSeq(text, "\n\n") {
		key := maphash.String(h.seed, folded(block))
		s := h.blocks[key]
		if s.times >= maxRepeats && s.address != at {
			dropped += len(block)
		} else {
			kept = append(kept, block)
		}
		if s.times == 0 || s.address != at {
			h.blocks[key] = sighting{address: at, times: min(s.times+1, maxRepeats+1)}
		}
	}
	if dropped*maxDropped > len(text) {
		return text
	}
	return strings.Join(kept, "\n\n")
}

func (h *host) forgetBlocks() {
	if len(h.blocks) < maxBlocks {
		return
	}
	maps.DeleteFunc(h.blocks, func(_ uint64, s sighting) bool { return s.times < maxRepeats })
	if len(h.blocks) >= maxBlocks/2 {
		clear(h.blocks)
	}
}
