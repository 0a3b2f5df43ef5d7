package rules_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"newswatch/news"
	"newswatch/rules"
	"newswatch/text"
)

// labelled is one line of a file of labelled cases.
type labelled struct {
	ID, Lang, Title, Text string
	Expect                map[string]bool
	Hard                  bool
	Why                   string
}

// shared returns the path of something in the shared folder; the test is
// skipped where there is none.
func shared(t testing.TB, path ...string) string {
	t.Helper()
	root := os.Getenv("NEWSWATCH_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	name := filepath.Join(append([]string{root}, path...)...)
	if _, err := os.Stat(name); err != nil {
		t.Skipf("no labelled data: %v (set NEWSWATCH_SHARED)", err)
	}
	return name
}

func mustLoad(t testing.TB, name string) *rules.Ruleset {
	t.Helper()
	rs, report, err := rules.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	if rs == nil || report.Failed() > 0 {
		var out strings.Builder
		report.Print(&out, false)
		t.Fatalf("%s does not load:\n%s", name, out.String())
	}
	return rs
}

func readCases(t testing.TB, name string) []labelled {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []labelled
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c labelled
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
}

func (c labelled) item() *news.Item {
	return &news.Item{ID: c.ID, Lang: c.Lang, Title: text.Title(c.Title), Body: text.Visible(c.Text)}
}

// score counts the expectations that hold, and tells of the plain ones that do
// not.
func score(t testing.TB, rs *rules.Ruleset, cases []labelled) (plain, plainOf, hard, hardOf int) {
	t.Helper()
	for _, c := range cases {
		got := rs.Match(c.item())
		for what, want := range c.Expect {
			held := found(got, what) == want
			switch {
			case c.Hard && held:
				hard, hardOf = hard+1, hardOf+1
			case c.Hard:
				hardOf++
				t.Logf("hard: %s: %s should be %v: %s", c.ID, what, want, c.Why)
			case held:
				plain, plainOf = plain+1, plainOf+1
			default:
				plainOf++
				t.Errorf("%s: %s should be %v: %s", c.ID, what, want, c.Why)
			}
		}
	}
	return plain, plainOf, hard, hardOf
}

// found says whether a result has "entity:ID", "topic:ID" or "rule:ID".
func found(r rules.Result, what string) bool {
	kind, id, _ := strings.Cut(what, ":")
	switch kind {
	case "entity":
		return slices.Contains(r.Entities, id)
	case "topic":
		return slices.Contains(r.Topics, id)
	case "rule":
		return slices.ContainsFunc(r.Hits, func(h news.Hit) bool { return h.Rule == id })
	}
	panic(fmt.Sprintf("expectation %q is of no kind", what))
}

func TestQualityShared(t *testing.T) {
	t.Parallel()
	const leastHard = 9
	rs := mustLoad(t, shared(t, "design", "rules.yaml"))
	cases := readCases(t, shared(t, "corpus", "rules", "cases.jsonl"))
	plain, plainOf, hard, hardOf := score(t, rs, cases)
	fmt.Printf("rule cases: plain %d of %d, hard %d of %d\n", plain, plainOf, hard, hardOf)
	if hard < leastHard {
		t.Errorf("%d of the hard ones hold, want %d at least", hard, leastHard)
	}
}

// TestQualityOwn scores the project's own cases, of all kinds that the rule
// language promises something about.
func TestQualityOwn(t *testing.T) {
	t.Parallel()
	plain, plainOf, _, _ := score(t, deskRules(t), readCases(t, "testdata/cases.jsonl"))
	fmt.Printf("own rule cases: %d of %d\n", plain, plainOf)
}
