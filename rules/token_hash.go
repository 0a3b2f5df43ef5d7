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

// load reads eight bytes, the first one lowest.
func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// loadTail reads up to eight bytes; zeros stand for those that are missing.
func loadTail(s []byte) uint64 {
	if len(s) >= 8 {
		return binary.LittleEndian.Uint64(s)
	}
	x := uint64(0)
	for i := len(s) - 1; i >= 0; i-- {
		x = x<<8 | uint64(s[i])
	}
	return x
}

// eachByte repeats a byte in a word.
const eachByte = 0x0101010101010101
