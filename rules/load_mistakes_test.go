package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"newswatch/rules"
)

// Each file of testdata/mistakes holds one mistake that people make. Its first
// line says where it is and what was meant: "# want 4:5 also".
func TestMistakes(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/mistakes/*.yaml")
	if err != nil || len(names) < 60 {
		t.Fatalf("got %d mistakes, %v; want 60 at least", len(names), err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(src), "\n")
			place, suggestion, _ := strings.Cut(strings.TrimPrefix(first, "# want "), " ")
			_, report := rules.LoadBytes("rules.yaml", src, rules.LoadOptions{})
			if n := report.Errors(); n != 1 {
				t.Errorf("got %d errors, want 1:\n%s", n, printed(report))
			}
			for _, f := range report.Findings {
				if fmt.Sprintf("%d:%d", f.Line, f.Column) == place && f.Suggestion == suggestion {
					return
				}
			}
			t.Errorf("want %s and %q, got:\n%s", place, suggestion, printed(report))
		})
	}
}

func printed(r *rules.Report) string {
	var b strings.Builder
	r.Print(&b, false)
	return b.String()
}
