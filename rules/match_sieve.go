package rules

import "math/bits"

// sieve says of a hash that it is not in a set, or that it may be. Each entry
// sets two bits of one word, so that a look-up touches one cache line.
type sieve struct {
	bits []uint64 // as many as a power of two
}

// newSieve makes a sieve with room for the hashes: 16 to 32 bits for each, of
// which 1 to 2 in a hundred others pass.
func newSieve(hashes []uint64) sieve {
	s := sieve{make([]uint64, 1<<bits.Len(uint(len(hashes)/4)))}
	for _, h := range hashes {
		s.bits[s.index(h)] |= 1<<(h&63) | 1<<(h>>6&63)
	}
	return s
}

func (s *sieve) index(h uint64) uint64 { return h >> 12 & uint64(len(s.bits)-1) }

// has returns 1 for a hash that may be in the set, else 0.
func (s *sieve) has(h uint64) uint64 {
	w := s.bits[s.index(h)]
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

// sift notes the tokens at which a term may begin. It is a loop of its own after
// reading: so both keep what they need in registers.
func (r *reader) sift(f *sieves) {
	alone, pairs := f.alone, f.pairs
	before := uint64(0)
	for i := range r.tokens {
		t := &r.tokens[i]
		h := t.hash
		here, ahead := alone.has(h), pairs.has(pair(before, h))
		before = h
		if f.stemmed {
			here |= f.heads.has(r.headHash(t))
		}
		if t.marks&(odd|joined) != 0 {
			r.siftOdd(f, int32(i), here|ahead)
			continue
		}
		if here|ahead == 0 {
			continue
		}
		if ahead != 0 && i > 0 {
			r.candidates = append(r.candidates, int32(i-1))
		}
		if here != 0 {
			r.candidates = append(r.candidates, int32(i))
		}
	}
}

// siftOdd sifts a token that more than one word may stand for.
func (r *reader) siftOdd(f *sieves, i int32, hit uint64) {
	t := &r.tokens[i]
	if i > 0 && (hit != 0 || t.is(odd) && f.first.has(r.tokens[i-1].hash) != 0) {
		r.candidates = append(r.candidates, i-1)
	}
	if hit != 0 || t.is(odd) {
		r.candidates = append(r.candidates, i)
	}
	if t.is(joined) {
		r.siftJoined(f, i)
	}
}

// headHash returns the hash of the first letters of a token.
func (r *reader) headHash(t *token) uint64 {
	text := r.texts[t.field]
	switch {
	case t.fold != 0:
		w := r.folded(t)
		return hash(w[:headLen(w)])
	case t.end-t.start <= minStem:
		return t.hash
	}
	s := text[t.start : t.start+minStem]
	return mix(uint64(s[0])|uint64(s[1])<<8|uint64(s[2])<<16|uint64(s[3])<<24|0x20*(eachByte&0xFFFFFFFF), 0)
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
func (r *reader) siftJoined(f *sieves, i int32) {
	for k := i; k > 0 && i-k < maxJoin-1 && r.tokens[k].is(joined); {
		k--
		whole := r.whole(k, i)
		if f.first.has(hash(whole)) != 0 || f.stemmed && f.heads.has(hash(whole[:headLen(whole)])) != 0 {
			r.addCandidate(k)
		}
		if k > 0 && f.first.has(r.tokens[k-1].hash) != 0 {
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
