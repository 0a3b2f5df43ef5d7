package feed

import "math/bits"

// Phase is the place from 0 to below 1 of the i-th feed of those that share a
// schedule, for Job.Phase: the van der Corput sequence, bits of the index in
// reverse. However many feeds there are, they lie about evenly; hashes would
// leave some in the same second.
func Phase(i int) float64 {
	return float64(bits.Reverse64(uint64(i))>>11) / (1 << 53)
}
