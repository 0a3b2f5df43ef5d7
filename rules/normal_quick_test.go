package rules

import "testing"

// TestPlainSingles holds what the folder knows without a table to the tables.
func TestPlainSingles(t *testing.T) {
	t.Parallel()
	f := newFolder()
	for r := rune(0); r < 0x30000; r++ {
		if got, want := f.classOf(r), classify(r); got != want {
			t.Errorf("class of %U: got %d, want %d", r, got, want)
		}
		if isPlainSingle(r) {
			if got := f.fold(r); got != string(r) {
				t.Errorf("%U folds into %q, not into itself", r, got)
			}
		}
	}
}
