package rules

import (
	"encoding/binary"
	"math/bits"
)

// Multipliers of hash: odd, with half of their bits set (from wyhash).
const (
	hashA = 0xa0761d6478bd642f
	hashB = 0xe7037ed1a0b428db
)

// mix folds the 128-bit product of two halves into one word.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^hashA, b^hashB)
	return hi ^ lo
}

// pair hashes two neighbouring words by their hashes, which are mixed already.
func pair(first, second uint64) uint64 { return bits.RotateLeft64(first, 29) ^ second }

// hash hashes a folded word, sixteen bytes at a time. Words have no zero bytes,
// so that those which fill the last sixteen bytes up need no length.
func hash(w []byte) uint64 {
	h := uint64(0)
	for len(w) > 16 {
		h = mix(loadTail(w)^h, loadTail(w[8:]))
		w = w[16:]
	}
	if len(w) > 8 {
		return mix(loadTail(w)^h, loadTail(w[8:]))
	}
	return mix(loadTail(w)^h, 0)
}

// foldHash is hash of what an arena has from byte from on, when zeros follow it.
func foldHash(arena []byte, from int) uint64 {
	h, left := uint64(0), len(arena)-from
	w := arena[from : len(arena)+plainSize : cap(arena)]
	for ; left > 16; left -= 16 {
		h = mix(binary.LittleEndian.Uint64(w)^h, binary.LittleEndian.Uint64(w[8:]))
		w = w[16:]
	}
	if left > 8 {
		return mix(binary.LittleEndian.Uint64(w)^h, binary.LittleEndian.Uint64(w[8:]))
	}
	return mix(binary.LittleEndian.Uint64(w)^h, 0)
}

// loadTail reads up to eight bytes; zeros stand for those that are missing.
func loadTail(s []byte) uint64 {
	switch n := len(s); {
	case n >= 8:
		return binary.LittleEndian.Uint64(s)
	case n >= 4: // the bytes in the middle are read twice
		return uint64(binary.LittleEndian.Uint32(s)) | uint64(binary.LittleEndian.Uint32(s[n-4:]))<<(8*(n-4))
	case n >= 2:
		return uint64(s[0]) | uint64(s[n-1])<<(8*(n-1)) | uint64(s[1])<<8
	case n == 1:
		return uint64(s[0])
	}
	return 0
}

// eachByte repeats a byte in a word.
const eachByte = 0x0101010101010101
