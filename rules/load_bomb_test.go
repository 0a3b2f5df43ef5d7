package rules_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"newswatch/rules"
)

// TestYAMLBombs loads small files that ask a careless reader for gigabytes, or for a
// deeper stack than there is. Each is refused, and costs little.
func TestYAMLBombs(t *testing.T) {
	// Not beside other tests: what is allocated is counted for the whole process.
	var laughs, merges, anchors strings.Builder
	laughs.WriteString("rules:\n  - {id: r0, title: R, when: &a0 {any: [lol, rofl]}}\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&laughs, "  - {id: r%d, title: R, when: &a%d {any: [%s]}}\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	merges.WriteString("rules:\n  - &m0 {id: r0, title: T, when: x}\n")
	for i := 1; i < 3000; i++ {
		fmt.Fprintf(&merges, "  - &m%d {<<: [*m%d, *m%d], id: r%d}\n", i, i-1, i-1, i)
	}
	for i := range 20_000 {
		fmt.Fprintf(&anchors, "x%d: &b%d *b%d\n", i, i, max(i-1, 0))
	}
	const most = 128 << 20 // bytes allocated and freed again, of all
	for name, src := range map[string]string{
		"a billion laughs":     laughs.String(),
		"merged into itself":   merges.String(),
		"anchors of anchors":   anchors.String(),
		"a list of itself":     "feeds: &f [*f]\n",
		"a rule of itself":     "rules: &r [{id: r, title: R, when: {any: *r}}]\n",
		"deep lists":           "feeds: " + strings.Repeat("[", 500_000),
		"deep maps":            "feeds: " + strings.Repeat("{a: ", 100_000),
		"deep conditions":      "rules: [{id: r, title: R, when: " + strings.Repeat("{all: [", 100_000) + "x" + strings.Repeat("]}", 100_000) + "}]\n",
		"deep blocks":          "feeds:\n" + steps(1500),
		"many keys":            "feeds:\n" + strings.Repeat("? ", 50_000),
		"many tags":            "feeds: " + strings.Repeat("!!seq ", 50_000) + "[]\n",
		"many documents":       strings.Repeat("---\nversion: 1\n", 50_000),
		"a number to no end":   "version: " + strings.Repeat("9", 1_000_000) + "\n",
		"a long exponent":      "version: 1e999999999\n",
		"an endless quotation": "feeds: \"" + strings.Repeat("\\", 1_000_001),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			rs, r := rules.LoadBytes("rules.yaml", []byte(strings.Replace("version: 1\n"+src, "version: 1\nversion", "version", 1)), rules.LoadOptions{})
			runtime.ReadMemStats(&after)
			if rs != nil || r.Errors() == 0 {
				t.Error("it was taken")
			}
			if cost := after.TotalAlloc - before.TotalAlloc; cost > most {
				t.Errorf("%d bytes cost %d MB", len(src), cost>>20)
			} else {
				t.Logf("%d KB cost %d MB", len(src)>>10, cost>>20)
			}
		})
	}
}

// steps is a list in a list in a list, each a line.
func steps(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i+1) + "-\n")
	}
	return b.String()
}
