package rules

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// symbols number what may stand at a place of a pattern: a set of forms, or a
// stem. A word of a text has all the symbols whose sets it is in.
type symbols struct {
	f     *folder
	ids   map[string]int32
	words map[string][]int32
	stems map[string][]stem // by their first letters
	count int32
	sieve sieve // what is not in it is in neither map
}

// sieve keeps most words of a text away from the maps: one bit for the hash of
// each word and of each stem's first letters.
type sieve struct {
	bits  []uint64
	shift uint8
}

// newSieve makes a sieve in which n entries fill a sixteenth.
func newSieve(n int) sieve {
	size := bits.Len(uint(max(n, 64)*16 - 1))
	return sieve{make([]uint64, 1<<(size-6)), uint8(64 - size)}
}

func (s sieve) add(key string) {
	h := hash([]byte(key)) >> s.shift
	s.bits[h/64] |= 1 << (h % 64)
}

func (s sieve) has(key []byte) bool {
	h := hash(key) >> s.shift
	return s.bits[h/64]&(1<<(h%64)) != 0
}

// hash mixes the first and the last eight bytes of a word and its length. Long
// words that differ only between share it, which costs a look-up.
func hash(w []byte) uint64 {
	var a, b uint64
	switch n := len(w); {
	case n >= 8:
		a, b = binary.LittleEndian.Uint64(w), binary.LittleEndian.Uint64(w[n-8:])
	case n >= 4:
		a, b = uint64(binary.LittleEndian.Uint32(w)), uint64(binary.LittleEndian.Uint32(w[n-4:]))
	case n > 0:
		a, b = uint64(w[0])|uint64(w[n/2])<<8, uint64(w[n-1])
	}
	const odd1, odd2 = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
	h := (a ^ uint64(len(w))<<56) * odd1
	h ^= h >> 29
	h = (h ^ b) * odd2
	return h ^ h<<32
}

// stem is what follows the first letters of a stem, and its symbol.
type stem struct {
	rest   string
	symbol int32
}

func (s *symbols) init(f *folder) {
	s.f, s.ids, s.words, s.stems = f, map[string]int32{}, map[string][]int32{}, map[string][]stem{}
}

// of returns the symbol of a place.
func (s *symbols) of(p place) int32 {
	folded := make([]string, 0, len(p.forms))
	for _, form := range p.forms {
		if w := s.f.foldWord(form); !slices.Contains(folded, w) {
			folded = append(folded, w)
		}
	}
	slices.Sort(folded)
	key := strings.Join(folded, "\x00")
	if p.stem {
		key += "*"
	}
	id, ok := s.ids[key]
	if ok {
		return id
	}
	id = s.count
	s.count++
	s.ids[key] = id
	for _, w := range folded {
		if p.stem {
			head := w[:headLen([]byte(w))]
			s.stems[head] = append(s.stems[head], stem{w[len(head):], id})
		} else {
			s.words[w] = append(s.words[w], id)
		}
	}
	return id
}

// table returns the symbols without what only compiling needs.
func (s *symbols) table() symbols {
	out := symbols{words: s.words, stems: s.stems, count: s.count, sieve: newSieve(len(s.words) + len(s.stems))}
	for w := range s.words {
		out.sieve.add(w)
	}
	for head := range s.stems {
		out.sieve.add(head)
	}
	return out
}

// headLen returns the bytes of the first minStem letters of a word; all of a
// shorter one.
func headLen(w []byte) int {
	if len(w) >= minStem && binary.LittleEndian.Uint32(w)&0x80808080 == 0 {
		return minStem
	}
	n := 0
	for range minStem {
		if n == len(w) {
			break
		}
		_, size := utf8.DecodeRune(w[n:])
		n += size
	}
	return n
}

// trie holds all patterns by their symbols. Node 0 is the root.
type trie struct {
	symbols
	next map[uint64]int32 // node and symbol -> node
	ends map[int32][]int32
	size int32
}

func (t *trie) child(node, symbol int32) int32 {
	if t.next == nil {
		t.next, t.ends, t.size = map[uint64]int32{}, map[int32][]int32{}, 1
	}
	key := uint64(node)<<32 | uint64(symbol)
	if n, ok := t.next[key]; ok {
		return n
	}
	n := t.size
	t.size++
	t.next[key] = n
	return n
}

func (t *trie) end(node, term int32) {
	if !slices.Contains(t.ends[node], term) {
		t.ends[node] = append(t.ends[node], term)
	}
}

// edge says that the words of so many tokens have a symbol.
type edge struct {
	symbol int32
	length int32
}

// maxJoin bounds the parts of a hyphenated word that are tried as one:
// cessez-le-feu has three.
const maxJoin = 4

// addEdges finds the symbols of all tokens, alone and joined. The edges of one
// token are next to each other.
func (s *scratch) addEdges() {
	s.edges = s.edges[:0]
	tokens := s.reader.tokens
	for i := range tokens {
		t := &tokens[i]
		t.edge = int32(len(s.edges))
		w := s.reader.folded(*t)
		s.addWord(w, 1)
		if !t.ascii || t.plural || s.german || t.hashtag {
			s.addAlternatives(t, w)
		}
		for n := 1; n < maxJoin && i+n < len(tokens) && tokens[i+n].joined; n++ {
			s.addWord(s.reader.arena[t.fold:tokens[i+n].foldEnd], n+1)
		}
	}
}

// found is a hit of a term, in tokens; end is behind the last one.
type found struct {
	term       int32
	start, end int32
}

// scan walks the trie from every token and notes the hits of all terms, in the
// order of their starts.
func (s *scratch) scan() {
	s.found = s.found[:0]
	for i := range s.reader.tokens {
		from := len(s.found)
		for _, e := range s.edgesOf(int32(i)) {
			if node, ok := s.rs.trie.next[uint64(e.symbol)]; ok {
				s.walk(node, int32(i), int32(i)+e.length, from)
			}
		}
	}
}

func (s *scratch) edgesOf(i int32) []edge {
	from, to := s.reader.tokens[i].edge, int32(len(s.edges))
	if int(i)+1 < len(s.reader.tokens) {
		to = s.reader.tokens[i+1].edge
	}
	return s.edges[from:to]
}

// walk goes on from a node that the tokens start to end led to.
func (s *scratch) walk(node, start, end int32, from int) {
	if ends := s.rs.trie.ends[node]; ends != nil && !s.isPrefixed(end) {
		for _, term := range ends {
			f := found{term, start, end}
			if !slices.Contains(s.found[from:], f) {
				s.found = append(s.found, f)
			}
		}
	}
	if int(end) >= len(s.reader.tokens) || !s.reader.tokens[end].linked {
		return
	}
	for _, e := range s.edgesOf(end) {
		if next, ok := s.rs.trie.next[uint64(node)<<32|uint64(e.symbol)]; ok {
			s.walk(next, start, end+e.length, from)
		}
	}
}

// isPrefixed reports that the token before end is "co" or "ex" with a hyphen:
// "Kellogg co-chairs" is not the company.
func (s *scratch) isPrefixed(end int32) bool {
	t := s.reader.tokens
	return int(end) < len(t) && t[end].joined && t[end-1].ascii && t[end-1].foldEnd-t[end-1].fold <= 2
}
