package rules

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// edge says that the words of so many tokens have a symbol.
type edge struct {
	symbol int32
	length int32
}

// maxJoin bounds the parts of a hyphenated word that are tried as one:
// cessez-le-feu has three.
const maxJoin = 4

// addEdges finds the symbols of a token, alone and joined with those behind it,
// and puts them on the stack.
func (s *scratch) addEdges(i int32) {
	r := &s.reader
	w := r.folded(i)
	s.base = len(s.edges)
	s.addWord(r.tokens[i].hash, w, 1)
	if !r.is(i, asciiOnly) || r.is(i, possessive|hashtag) || len(s.speller.endings) > 0 {
		s.speller.alternatives(r.marksOf(i), w)
	}
	for n := int32(1); n < maxJoin && int(i+n) < len(r.tokens) && r.isJoined(i+n); n++ {
		whole := r.whole(i, i+n)
		s.addWord(hash(whole), whole, n+1)
	}
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

// found is a hit of a term, in tokens; end is behind the last one.
type found struct {
	term       int32
	start, end int32
}

// scan walks the trie from every candidate and notes the hits of all terms, in
// the order of their starts.
func (s *scratch) scan() {
	s.found, s.edges = s.found[:0], s.edges[:0]
	if s.reader.unsorted {
		slices.Sort(s.reader.candidates)
	}
	s.fetched += s.rs.trie.fetch(s.reader.tokens, s.reader.candidates)
	last := int32(-1)
	for _, i := range s.reader.candidates {
		if i != last {
			s.walk(0, i, i, len(s.found))
		}
		last = i
	}
}

// walk goes on from a node that the tokens start to end led to. Hits of this
// start are in s.found from its index on.
func (s *scratch) walk(from, start, end int32, index int) {
	mark := len(s.edges)
	s.addEdges(end)
	for i := mark; i < len(s.edges); i++ {
		e := s.edges[i]
		node := s.rs.trie.next(from, e.symbol)
		if node == 0 {
			continue
		}
		behind := end + e.length
		s.noteTerms(node, start, behind, index)
		switch {
		case s.rs.trie.nodes[node].count == 0 || int(behind) == len(s.reader.tokens):
		case s.reader.is(behind, linked):
			s.walk(node, start, behind, index)
		case s.rs.trie.isSigned(node):
			s.cross(node, start, behind, index)
		}
	}
	s.edges = s.edges[:mark]
}

// cross is walk where the sign before the token end ends all phrases but those
// that have it too.
func (s *scratch) cross(from, start, end int32, index int) {
	sign := s.reader.signBefore(end)
	if sign == nil {
		return
	}
	mark := len(s.edges)
	s.base = mark
	s.addWord(hash(sign), sign, 0)
	for i := mark; i < len(s.edges); i++ {
		if node := s.rs.trie.next(from, s.edges[i].symbol); node != 0 {
			s.walk(node, start, end, index)
		}
	}
	s.edges = s.edges[:mark]
}

// noteTerms notes hits of the terms that end at a node.
func (s *scratch) noteTerms(node, start, end int32, index int) {
	term := s.rs.trie.nodes[node].term
	if term == -1 || s.isPrefixed(end) {
		return
	}
	// Terms of one node differ; another way of writing a term ends at another node.
	before := s.found[index:]
	if term >= 0 {
		s.noteTerm(found{term, start, end}, before)
		return
	}
	for _, term := range s.rs.trie.ends.row(-2 - term) {
		s.noteTerm(found{term, start, end}, before)
	}
}

func (s *scratch) noteTerm(f found, before []found) {
	if !slices.Contains(before, f) {
		s.found = append(s.found, f)
	}
}

// isPrefixed reports that the token before end is "co" or "ex" with a hyphen:
// "Kellogg co-chairs" is not the company.
func (s *scratch) isPrefixed(end int32) bool {
	r := &s.reader
	return int(end) < len(r.tokens) && r.isJoined(end) && r.is(end-1, asciiOnly) && len(r.folded(end-1)) <= 2
}
