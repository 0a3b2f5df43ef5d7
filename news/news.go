// Package news holds the nouns of the pipeline, in the order in which the data
// flows through it:
//
//	Feed -> Item -> Hit -> Story -> Digest -> Delivery
//
// It stands before everything else: every package may import it, it imports
// nothing of ours, and it does nothing but name things and compute their ids.
package news

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// id hashes parts into a short stable id. The parts are separated by a NUL,
// which none of them can contain, so no two lists of parts collide by gluing.
func id(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}
