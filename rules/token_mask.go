package rules

import "encoding/binary"

// findRunsAnywhere sets, for each byte of a text of whole blocks, a bit in word when it
// may be part of a word, and a bit in special when it is no ASCII letter or digit
// then: bytes of other scripts and of the marks of print, apostrophes, hyphens,
// and signs that are rare enough not to matter. In print it sets a bit for each byte
// with which a mark of print may begin: apostrophes, and C2 and E2.
func findRunsAnywhere(text []byte, word, special, print []uint64) {
	for b := range word {
		var w, s, p uint64
		x := text[b*block : (b+1)*block]
		for i := 0; i < block; i += 8 {
			eight := binary.LittleEndian.Uint64(x[i : i+8])
			in, odd := classesOf(eight)
			w |= gather(in) << i
			s |= gather(odd) << i
			p |= gather(marksOfPrint(eight)) << i
		}
		word[b], special[b], print[b] = w, s, p
	}
}

// gather moves the highest bits of eight bytes together.
func gather(x uint64) uint64 { return x >> 7 * 0x0102040810204080 >> 56 }

// classesOf sets the highest bit of each byte that is part of a run, and of each
// that makes a run special: those from # to ', - and /, those from @ to DEL but
// letters, and all that are not ASCII.
func classesOf(x uint64) (word, special uint64) {
	const high = 0x80 * eachByte
	low := x &^ high
	folded := low | 0x20*eachByte
	letters := (folded + (0x80-'a')*eachByte) &^ (folded + (0x7F-'z')*eachByte)
	aboveDigits := low + (0x7F-'9')*eachByte
	digits := (low + (0x80-'0')*eachByte) &^ aboveDigits
	slash := (low + (0x80-'/')*eachByte) &^ aboveDigits // and digits
	quotes := (low + (0x80-'#')*eachByte) &^ (low + (0x7F-'\'')*eachByte)
	hyphens := ^((low ^ '-'*eachByte) + 0x7F*eachByte)
	word = (x | low<<1 | slash | quotes | hyphens) & high
	return word, word &^ ((letters | digits) &^ x)
}

// marksOfPrint sets the highest bit of each byte that begins a mark of print.
func marksOfPrint(x uint64) uint64 {
	const high = 0x80 * eachByte
	leads := x&^(0x20*eachByte) ^ 0xC2*eachByte
	apostrophes := x ^ '\''*eachByte
	return (isZero(leads) | isZero(apostrophes)) & high
}

// isZero sets the highest bit of each byte that is 0.
func isZero(x uint64) uint64 {
	const low = 0x7F * eachByte
	return ^(x&low + low | x)
}
