package rules_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"newswatch/rules"
)

func BenchmarkLoadSample(b *testing.B) {
	src, err := os.ReadFile("../rules.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		rules.LoadBytes("rules.yaml", src, rules.LoadOptions{})
	}
}

// A file of 1,000 people with two names and a rule each, examples included.
func BenchmarkLoadThousandEntities(b *testing.B) {
	var src strings.Builder
	src.WriteString("entities:\n")
	for i := range 1000 {
		fmt.Fprintf(&src, "  person%d:\n    name: Ilya Marten%cov%d\n    type: person\n    also: [Olga Marten%d]\n    surname: [Marten%d]\n", i, 'a'+i%26, i, i, i)
	}
	src.WriteString("rules:\n")
	for i := range 1000 {
		fmt.Fprintf(&src, "  - {id: rule%d, when: {any: [\"entity:person%d\"]}, tests: {match: [Marten%d meets the press], no_match: [Nobody does]}}\n", i, i, i)
	}
	b.SetBytes(int64(src.Len()))
	for b.Loop() {
		if rs, r := rules.LoadBytes("rules.yaml", []byte(src.String()), rules.LoadOptions{}); rs == nil || r.Failed() > 0 {
			b.Fatal(printed(r))
		}
	}
}

// What each load costs before it reads a word.
func BenchmarkLoadEmpty(b *testing.B) {
	for b.Loop() {
		rules.LoadBytes("rules.yaml", []byte("version: 1\n"), rules.LoadOptions{})
	}
}
