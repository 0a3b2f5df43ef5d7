package text_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"newswatch/text"
)

func TestSentences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"none":               {" \n\n ", nil},
		"two":                {"It rained. The fair went on!", []string{"It rained.", "The fair went on!"}},
		"quoted":             {"“It rained.” He left.", []string{"“It rained.”", "He left."}},
		"short forms":        {"Mr. Moen met J. Quill of the U.S. Senate on Jan. 5. They spoke.", []string{"Mr. Moen met J. Quill of the U.S. Senate on Jan. 5. They spoke."}},
		"number":             {"It cost 3.5 million. Nobody paid.", []string{"It cost 3.5 million.", "Nobody paid."}},
		"German day":         {"Am 25. April regnete es. Dann nicht.", []string{"Am 25. April regnete es.", "Dann nicht."}},
		"small letter after": {"The site sarriko. example is down.", []string{"The site sarriko. example is down."}},
		"lines":              {"Bridge closed\nLorries wait. For hours.\n\nMore", []string{"Bridge closed", "Lorries wait.", "For hours.", "More"}},
		"no space in Han":    {"雨が降った。祭りは続いた。", []string{"雨が降った。", "祭りは続いた。"}},
		"broken bytes":       {"It \xffrained. So.", []string{"It \xffrained.", "So."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := slices.Collect(text.Sentences(c.text)); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestSentencesLoseNothing holds for any text that the sentences are all of it
// but the space between them, in its order.
func TestSentencesLoseNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("aB1 .!?…\n\"”。é\u00a0"))).Draw(t, "text")
		joined := strings.Join(slices.Collect(text.Sentences(s)), "")
		if got, want := strings.Join(strings.Fields(joined), ""), strings.Join(strings.Fields(s), ""); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		n := 0
		for range text.Sentences(s) {
			if n++; n == 2 {
				break
			}
		}
	})
}
