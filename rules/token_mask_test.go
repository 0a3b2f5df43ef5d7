package rules

import (
	"slices"
	"testing"
)

// FuzzFindRuns holds both ways to find runs to the classes of single bytes.
func FuzzFindRuns(f *testing.F) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	f.Add(all)
	f.Add([]byte("It’s a “cease-fire”, says Ostriv's @desk: 3.5 of 4/5."))
	f.Fuzz(func(t *testing.T, text []byte) {
		blocks := len(text)/block + 1
		text = append(text, make([]byte, blocks*block-len(text))...)
		masks := func() [3][]uint64 {
			return [3][]uint64{make([]uint64, blocks), make([]uint64, blocks), make([]uint64, blocks)}
		}
		want := masks()
		for i, c := range text {
			in, odd := runByte(c)
			want[0][i/block] |= in << (i % block)
			want[1][i/block] |= odd << (i % block)
			if c == '\'' || c == 0xC2 || c == 0xE2 {
				want[2][i/block] |= 1 << (i % block)
			}
		}
		for name, find := range map[string]func(_ []byte, _, _, _ []uint64){"here": findRuns, "anywhere": findRunsAnywhere} {
			got := masks()
			find(text, got[0], got[1], got[2])
			if !slices.EqualFunc(got[:], want[:], slices.Equal) {
				t.Fatalf("%s, of %q: got %x, want %x", name, text, got, want)
			}
		}
	})
}

// runByte says whether a byte is part of a run, and whether it makes it special.
func runByte(c byte) (in, special uint64) {
	switch {
	case asciiWord(c):
		return 1, 0
	case c >= 0x40, c >= '#' && c <= '\'', c == '-', c == '/':
		return 1, 1
	}
	return 0, 0
}
