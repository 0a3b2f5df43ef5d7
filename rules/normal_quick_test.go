package rules

import (
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

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

// TestCleanWord holds the table of written letters to what it was made from.
func TestCleanWord(t *testing.T) {
	t.Parallel()
	f := newFolder()
	for _, w := range []string{"Łódź", "Київ", "e\u0301té", "и\u0306", "soft\u00adhyphen", "ﬁn", "Ｏｓ", "ΆΣ", "İstanbul", "перемир’я", "ой\u0301"} {
		if got, want := f.cleanWord(w), cleanRunes(w); got != want {
			t.Errorf("clean %q: got %q, want %q", w, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.StringOf(rapid.RuneFrom(nil, unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Mn)).Draw(t, "word")
		if got, want := f.cleanWord(w), cleanRunes(w); got != want {
			t.Fatalf("clean %q: got %q, want %q", w, got, want)
		}
	})
}

// TestNicknames wants all names of the table of nicknames to be given names.
func TestNicknames(t *testing.T) {
	t.Parallel()
	names := sharedNames()
	for _, n := range nicknames {
		for _, name := range append(n.names, n.short) {
			if _, ok := names[name]; !ok {
				t.Errorf("%s is no given name", name)
			}
		}
	}
}
