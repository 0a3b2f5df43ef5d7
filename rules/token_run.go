package rules

import "math/bits"

// run reads plain words from the one at byte i on, which must begin with an
// ASCII letter or digit, and returns where step has to go on. Nine of ten words
// of a news text in English are plain: up to sixteen ASCII letters and digits,
// behind one space or a comma or full stop and one. They are found, folded and
// hashed eight bytes at a time, without copying them. All else is for step and
// word, which say what any text means: run must only ever agree with them.
func (r *reader) run(i, limit int) int {
	text, f := r.text, r.sieves
	tokens, prev := r.tokens, r.prev
	t := token{
		sentence: int32(len(r.sentences)), para: int32(len(r.paras) - 1), field: r.field,
		marks: r.opening(),
	}
	for {
		w := plainWord(text, i)
		end := i + w.size
		c := byteAt(text, end)
		if w.size == 0 || c >= 0x80 || c == '\'' || c == '`' || c == '.' && w.size == 1 {
			r.tokens, r.prev, r.gap = tokens, prev, t.marks.gap()
			return r.word(i)
		}
		t.hash, t.start, t.end = mix(w.a, w.b), int32(i), int32(end)
		t.marks |= w.marks
		tokens = append(tokens, t)
		hits := f.alone.has(t.hash) | f.pairs.has(pair(prev, t.hash))<<1
		if f.stemmed {
			hits |= f.heads.has(w.head(t.hash))
		}
		if hits != 0 {
			r.addHits(hits, int32(len(tokens)-1))
		}
		prev = t.hash
		if t.marks&joined != 0 {
			r.tokens = tokens
			r.siftJoined(int32(len(tokens) - 1))
		}
		if c == ' ' && asciiWord(byteAt(text, end+1)) {
			i, t.marks = end+1, linked|spaced
		} else if c == ',' && byteAt(text, end+1) == ' ' && asciiWord(byteAt(text, end+2)) {
			i, t.marks = end+2, 0
		} else {
			r.tokens, r.prev, r.gap = tokens, prev, gap{}
			return end
		}
		if i >= limit {
			r.tokens, r.prev, r.gap = tokens, prev, t.marks.gap()
			return i
		}
	}
}

// addHits notes what the sieves let pass: bit 0 for the token, bit 1 for the
// one before.
func (r *reader) addHits(hits uint64, i int32) {
	if hits&2 != 0 && i > 0 {
		r.candidates = append(r.candidates, i-1)
	}
	if hits&1 != 0 {
		r.candidates = append(r.candidates, i)
	}
}

// gap returns what stands before a token with these marks, for reader.opening.
func (m marks) gap() gap {
	return gap{broken: m&linked == 0, join: m&joined != 0, other: m&spaced == 0}
}

func byteAt(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}

// quickWord is a word of up to sixteen ASCII letters and digits in lower case: its
// first and its last eight bytes, filled up with zeros.
type quickWord struct {
	a, b  uint64
	size  int // 0 when it is longer
	marks marks
}

// plainWord reads the word at byte i.
func plainWord(text string, i int) quickWord {
	x := loadAt(text, i)
	stops := notWord(x)
	if stops == 0 {
		return longWord(text, i, x)
	}
	below := (stops ^ (stops - 1)) >> 8 // the bytes before the first stop
	w := quickWord{a: (x | 0x20*eachByte) & below, size: bits.TrailingZeros64(stops) >> 3, marks: asciiOnly}
	if ^x&below&(0x40*eachByte) == 0 { // digits lack this bit
		w.marks |= allLetters
		if w.size == 1 {
			w.marks |= initial
		}
	}
	return w
}

// longWord reads on behind the first eight bytes.
func longWord(text string, i int, x uint64) quickWord {
	y := loadAt(text, i+8)
	stops := notWord(y)
	if stops == 0 {
		if asciiWord(byteAt(text, i+16)) {
			return quickWord{}
		}
	}
	below := ^uint64(0)
	size := 16
	if stops != 0 {
		below = (stops ^ (stops - 1)) >> 8
		size = 8 + bits.TrailingZeros64(stops)>>3
	}
	w := quickWord{a: x | 0x20*eachByte, b: (y | 0x20*eachByte) & below, size: size, marks: asciiOnly}
	if (^x|^y&below)&(0x40*eachByte) == 0 {
		w.marks |= allLetters
	}
	return w
}

// loadAt reads eight bytes at i, with zeros behind the text's end.
func loadAt(text string, i int) uint64 {
	if i+8 <= len(text) {
		return load(text[i:])
	}
	return loadTail(text[min(i, len(text)):])
}

// head returns the hash of the first letters of a word with this hash.
func (w *quickWord) head(whole uint64) uint64 {
	if w.size <= minStem {
		return whole
	}
	return mix(w.a&(1<<(8*minStem)-1), 0)
}
