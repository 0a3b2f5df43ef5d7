package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"newswatch/rules"
)

// Whatever the bytes, loading ends with findings that lie inside the file.
func FuzzLoadBytes(f *testing.F) {
	seedRules(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		rs, r := rules.LoadBytes("rules.yaml", src, rules.LoadOptions{})
		if (rs == nil) != (r.Errors() > 0) {
			t.Fatalf("got rules %v with %d errors", rs != nil, r.Errors())
		}
		checkFindings(t, src, r)
	})
}

// The same of reading alone.
func FuzzRead(f *testing.F) {
	seedRules(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		_, r := rules.ReadOnly("rules.yaml", src)
		checkFindings(t, src, r)
	})
}

func seedRules(f *testing.F) {
	f.Helper()
	names, err := filepath.Glob("testdata/mistakes/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	for _, src := range []string{"", "\xef\xbb\xbf", "---\n---\n", "a: &x [*x]\n", "? [a]\n: b\n", "topics: {a: {any: |}}\n", "\xff\xfea", "feeds:\r- id: x\r", "[[[[[["} {
		f.Add([]byte(src))
	}
}

func checkFindings(t *testing.T, src []byte, r *rules.Report) {
	t.Helper()
	var out strings.Builder
	r.Print(&out, true)
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(string(src), "?")), "\n")
	for _, f := range r.Findings {
		if f.Line < 1 || f.Line > len(lines) || f.Column < 1 || f.Column > utf8.RuneCountInString(lines[f.Line-1])+1 {
			t.Fatalf("%d:%d is outside of the file: %s", f.Line, f.Column, f.Message)
		}
		if f.Message == "" || f.Code == "" {
			t.Fatalf("a finding without words: %+v", f)
		}
	}
}

// A list means the same in brackets, behind dashes and under a |.
func TestListStylesMeanTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOfN(rapid.SampledFrom([]string{
			"truce", "peace plan", "cease-fire", "recogni*", "=ICE", "перемир*", "прекращени* огня", "停火", "entity:ostrova",
			"no", "1.0", "12:30", "null", "U.S. envoy", "Marten's deal", "true",
		}), 1, 8).Draw(t, "terms")
		styles := map[string]string{
			"flow":   "[" + strings.Join(terms, ", ") + "]",
			"dashes": "\n      - " + strings.Join(terms, "\n      - "),
			"block":  "|\n      " + strings.Join(terms, "\n      "),
			"quoted": `["` + strings.Join(terms, `", "`) + `"]`,
			"folded": "[\n      " + strings.Join(terms, ",\n      ") + ",\n    ]",
		}
		want := loadTopic(t, styles["flow"])
		for name, list := range styles {
			if diff := cmp.Diff(want, loadTopic(t, list)); diff != "" {
				t.Fatalf("%s differs from flow:\n%s", name, diff)
			}
		}
	})
}

func loadTopic(t *rapid.T, list string) []string {
	src := "entities:\n  ostrova: {name: Ostrova, type: place}\ntopics:\n  truce:\n    any: " + list + "\n"
	file, r := rules.ReadOnly("rules.yaml", []byte(src))
	if r.Errors() > 0 {
		t.Fatalf("%s\n%s", src, printed(r))
	}
	lines := strings.Split(src, "\n")
	var texts []string
	for _, term := range file.Topics[0].Any {
		texts = append(texts, term.Text)
		line := []rune(lines[term.Pos.Line-1])
		if at := strings.TrimPrefix(string(line[term.Pos.Column-1:]), `"`); !strings.HasPrefix(at, term.Text) {
			t.Fatalf("%q is said to stand at %d:%d, where %q stands", term.Text, term.Pos.Line, term.Pos.Column, at)
		}
	}
	return texts
}
