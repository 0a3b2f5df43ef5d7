package rules

import "math/bits"

// sieve says of a hash that it is not in a set, or that it may be. Each entry
// sets two bits of one word, so that a look-up touches one cache line.
type sieve struct {
	bits []uint64 // as many as a power of two
}

// newSieve makes a sieve with room for the hashes: 64 to 128 bits for each, of
// which less than one in a thousand others pass, as long as that fits into a fast
// cache; 16 to 32, of which one in a hundred passes, for more.
func newSieve(hashes []uint64) sieve {
	words := len(hashes)
	if words > 8<<10 {
		words /= 4
	}
	s := sieve{make([]uint64, 1<<bits.Len(uint(words)))}
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
		h := r.tokens[i].hash
		here, ahead := alone.has(h), pairs.has(pair(before, h))
		before = h
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
	if f.stemmed {
		r.siftHeads(f)
	}
	for i := range r.words {
		if w := &r.words[i]; w.marks&(odd|joined) != 0 {
			r.siftSpecial(f, w)
		}
	}
}

// siftHeads sifts the tokens by their first letters.
func (r *reader) siftHeads(f *sieves) {
	n := len(r.candidates)
	for i := range r.tokens {
		if f.heads.has(r.headHash(int32(i))) != 0 {
			r.candidates = append(r.candidates, int32(i))
		}
	}
	r.unsorted = r.unsorted || n > 0 && len(r.candidates) > n
}

// siftSpecial sifts a token that more than one word may stand for.
func (r *reader) siftSpecial(f *sieves, w *word) {
	i := w.token
	if w.marks&odd != 0 {
		if i > 0 && f.first.has(r.tokens[i-1].hash) != 0 {
			r.addCandidate(i - 1)
		}
		r.addCandidate(i)
	}
	if w.marks&joined != 0 {
		r.siftJoined(f, i)
	}
}

// headHash returns the hash of the first letters of a token.
func (r *reader) headHash(i int32) uint64 {
	t := &r.tokens[i]
	switch {
	case t.end < 0:
		w := r.folded(i)
		return hash(w[:headLen(w)])
	case t.end-t.start <= minStem:
		return t.hash
	}
	s := r.texts[r.fieldOf(i)][t.start : t.start+minStem]
	return mix(uint64(s[0])|uint64(s[1])<<8|uint64(s[2])<<16|uint64(s[3])<<24|0x20*(eachByte&0xFFFFFFFF), 0)
}

// isOdd says of a word with some marks whether other words may stand for it, see
// speller.
func isOdd(m marks, folded []byte) bool {
	switch {
	case m&possessive != 0, m&asciiOnly != 0 && m&hashtag != 0, isArabic(folded):
		return true
	case m&(asciiOnly|lone) != 0:
		return false
	}
	latin, other := false, false
	for _, c := range folded {
		latin, other = latin || isASCIILetter(c), other || c >= 0x80
	}
	return latin && other
}

// isArabic tells by the lead bytes of the Arabic block.
func isArabic(w []byte) bool { return w[0] >= 0xD8 && w[0] <= 0xDB }

// siftJoined looks whether the parts of a word with hyphens up to token i begin
// a term as one word, or may follow the first word of one.
func (r *reader) siftJoined(f *sieves, i int32) {
	for k := i; k > 0 && i-k < maxJoin-1 && r.is(k, joined); {
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
