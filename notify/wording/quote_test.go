package wording_test

import (
	"slices"
	"testing"

	"newswatch/news"
	"newswatch/notify/wording"
)

func TestPieces(t *testing.T) {
	t.Parallel()
	type p = wording.Piece
	tests := map[string]struct {
		quote news.Quote
		limit int
		want  []p
	}{
		"marked":             {news.Quote{Text: "the old pier fell", Marks: [][2]int{{8, 12}}}, 99, []p{{"the old ", false}, {"pier", true}, {" fell", false}}},
		"no marks":           {news.Quote{Text: "the old pier"}, 99, []p{{"the old pier", false}}},
		"at the ends":        {news.Quote{Text: "old pier", Marks: [][2]int{{0, 3}, {4, 8}}}, 99, []p{{"old", true}, {" ", false}, {"pier", true}}},
		"side by side":       {news.Quote{Text: "old pier", Marks: [][2]int{{0, 2}, {2, 3}}}, 99, []p{{"old", true}, {" pier", false}}},
		"nothing to see":     {news.Quote{Text: "a\u200bb", Marks: [][2]int{{1, 4}}}, 99, []p{{"ab", false}}},
		"marks that are off": {news.Quote{Text: "pier", Marks: [][2]int{{2, 1}, {0, 9}, {1, 2}, {0, 3}}}, 99, []p{{"p", false}, {"i", true}, {"er", false}}},
		"cut":                {news.Quote{Text: "the old pier", Marks: [][2]int{{4, 7}}}, 5, []p{{"the ", false}, {"…", true}}},
		"empty":              {news.Quote{}, 99, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := wording.Pieces(tc.quote, tc.limit); !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}
