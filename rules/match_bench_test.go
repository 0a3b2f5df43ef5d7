package rules_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"newswatch/news"
	"newswatch/rules"
)

// deskRules is a rule file of the size that a desk writes, with invented names.
func deskRules(t testing.TB) *rules.Ruleset {
	t.Helper()
	return mustLoad(t, "testdata/cases.yaml")
}

// manyTerms is a ruleset of n phrases in one topic.
func manyTerms(t testing.TB, n int) *rules.Ruleset {
	t.Helper()
	var any []rules.Term
	for i := range n {
		any = append(any, rules.Term{Text: fmt.Sprintf("w%dord t%derm x%d", i%(n/2+1), i, i%7)})
	}
	rs, findings := rules.Compile(&rules.File{
		Topics: []rules.Topic{{ID: "many", Any: any}},
		Rules:  []rules.Rule{{ID: "many", Score: 10, When: rules.Cond{Term: &rules.Term{Text: "topic:many"}}}},
	})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	return rs
}

func article(t testing.TB) *news.Item {
	t.Helper()
	src, err := os.ReadFile("testdata/article.txt")
	if err != nil {
		t.Fatal(err)
	}
	title, body, _ := strings.Cut(string(src), "\n\n")
	return &news.Item{ID: "article", Lang: "en", Title: title, Body: body}
}

func BenchmarkMatch(b *testing.B) {
	it := article(b)
	size := int64(len(it.Title) + len(it.Body))
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("terms=%d", n), func(b *testing.B) {
			rs := manyTerms(b, n)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				rs.Match(it)
			}
		})
	}
	b.Run("desk", func(b *testing.B) {
		rs := deskRules(b)
		b.SetBytes(size)
		b.ReportAllocs()
		for b.Loop() {
			rs.Match(it)
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		manyTerms(b, 100_000)
	}
}

func BenchmarkCompileSmall(b *testing.B) {
	for b.Loop() {
		rules.Compile(&rules.File{Entities: []rules.Entity{{ID: "x", Name: "Ostriv", Type: "person"}}})
	}
}
