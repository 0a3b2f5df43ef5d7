package rules

import "math/bits"

// sieve says of a hash that it is not in a set, or that it may be. Each entry
// sets two bits of one word, so that a look-up touches one cache line.
type sieve struct {
	bits  []uint64
	shift uint8
}

// newSieve makes a sieve with room for the hashes: 16 to 32 bits for each, of
// which 1 to 2 in a hundred others pass.
func newSieve(hashes []uint64) sieve {
	size := max(bits.Len(uint(len(hashes)*16)), 7) - 6
	s := sieve{make([]uint64, 1<<size), uint8(64 - size)}
	for _, h := range hashes {
		s.bits[h>>s.shift] |= 1<<(h&63) | 1<<(h>>6&63)
	}
	return s
}

// has returns 1 for a hash that may be in the set, else 0.
func (s *sieve) has(h uint64) uint64 {
	w := s.bits[h>>s.shift]
	return w >> (h & 63) & (w >> (h >> 6 & 63)) & 1
}

// sieves tell of most tokens that no term begins there. A term whose first two
// places have few forms is in pairs, so that a common first word costs nothing.
type sieves struct {
	alone   sieve // words that are a term, or begin one that is not in pairs
	pairs   sieve // the first two words of terms
	first   sieve // all words with which terms begin
	heads   sieve // the first letters of stems with which terms begin
	stemmed bool  // there are such stems
}

// noSieves let nothing pass: for readers of terms.
func noSieves() *sieves {
	none := newSieve(nil)
	return &sieves{alone: none, pairs: none, first: none, heads: none}
}

// sift notes a token as a candidate if a term may begin there, or at the token
// before. w is its folded form.
func (r *reader) sift(t *token, w []byte) {
	i := int32(len(r.tokens) - 1)
	f := r.sieves
	before, here := f.pairs.has(pair(r.prev, t.hash)), f.alone.has(t.hash)
	if f.stemmed {
		here |= f.heads.has(hash(w[:headLen(w)]))
	}
	if isOdd(t, w) {
		here, before = 1, before|f.first.has(r.prev)
	}
	r.prev = t.hash
	if before != 0 && i > 0 {
		r.candidates = append(r.candidates, i-1)
	}
	if here != 0 {
		r.candidates = append(r.candidates, i)
	}
	if t.is(joined) {
		r.siftJoined(i)
	}
}

// isOdd says whether other words may stand for a token, see addAlternatives.
func isOdd(t *token, w []byte) bool {
	switch {
	case t.is(possessive), t.is(asciiOnly) && t.is(hashtag), isArabic(w):
		return true
	case t.is(asciiOnly), t.is(lone):
		return false
	}
	latin, other := false, false
	for _, c := range w {
		latin, other = latin || isASCIILetter(c), other || c >= 0x80
	}
	return latin && other
}

// isArabic tells by the lead bytes of the Arabic block.
func isArabic(w []byte) bool { return w[0] >= 0xD8 && w[0] <= 0xDB }

// siftJoined looks whether the parts of a word with hyphens up to token i begin
// a term as one word, or may follow the first word of one.
func (r *reader) siftJoined(i int32) {
	for k := i; k > 0 && i-k < maxJoin-1 && r.tokens[k].is(joined); {
		k--
		whole := r.whole(k, i)
		if r.sieves.first.has(hash(whole)) != 0 || r.sieves.stemmed && r.sieves.heads.has(hash(whole[:headLen(whole)])) != 0 {
			r.addCandidate(k)
		}
		if k > 0 && r.sieves.first.has(r.tokens[k-1].hash) != 0 {
			r.addCandidate(k - 1)
		}
	}
}

func (r *reader) addCandidate(i int32) {
	r.candidates = append(r.candidates, i)
	r.unsorted = true
}

// whole returns the folded forms of tokens from..to as one word; it is good
// until the next call.
func (r *reader) whole(from, to int32) []byte {
	r.joined = r.joined[:0]
	for i := from; i <= to; i++ {
		r.joined = append(r.joined, r.folded(&r.tokens[i])...)
	}
	return r.joined
}
