package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

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

// Every key of the sample file, with two letters swapped or one missing, is told
// at its place, alone, with the right one.
func TestEveryKeyMisspelt(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(src, &root); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(src), "\n")
	seen := map[string]int{} // a few of each key are enough
	for _, key := range keysBelow(&root, "") {
		if seen[key.Value]++; seen[key.Value] > 4 {
			continue
		}
		if len(key.Value) < 2 {
			continue // a and b of near
		}
		slip := key.Value[:1] + key.Value[2:] // "nme"
		if len(key.Value) == 2 {
			slip = key.Value[1:] + key.Value[:1]
		}
		edited := slices.Clone(lines)
		line := []rune(edited[key.Line-1])
		edited[key.Line-1] = string(line[:key.Column-1]) + slip + string(line[key.Column-1+len(key.Value):])
		_, report := rules.LoadBytes("rules.yaml", []byte(strings.Join(edited, "\n")), rules.LoadOptions{SkipExamples: true})
		f := rules.Finding{}
		if report.Errors() > 0 {
			f = report.Faults().Findings[0]
		}
		if report.Errors() != 1 || f.Line != key.Line || f.Column != key.Column || f.Suggestion != key.Value {
			t.Errorf("%s for %s in line %d, column %d:\n%s", slip, key.Value, key.Line, key.Column, printed(report.Faults()))
		}
	}
}

// keysBelow are the keys of all mappings but those of ids.
func keysBelow(n *yaml.Node, under string) (keys []*yaml.Node) {
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			keys = append(keys, keysBelow(c, "")...)
		}
		return keys
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if under != "entities" && under != "topics" {
			keys = append(keys, n.Content[i])
		}
		keys = append(keys, keysBelow(n.Content[i+1], n.Content[i].Value)...)
	}
	return keys
}

func printed(r *rules.Report) string {
	var b strings.Builder
	r.Print(&b, false)
	return b.String()
}
