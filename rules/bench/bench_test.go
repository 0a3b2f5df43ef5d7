// Package bench measures the matcher of package rules beside other ways to look
// for many terms in text. It is a module of its own so that what it compares
// with is no dependency of newswatch.
//
//	go test -bench . -benchtime 1s                 each engine by itself
//	go test -run Ratios -ratios -v                 all in turns, and what newswatch is times as fast as
//	go test -run 'Ratios/terms=1000$' -ratios -v   one size instead of four, which take about three minutes
//
// The corpus is generated. With -text=FILE.jsonl all of that takes real texts: an
// object a line, with title, text and lang. Speed is text by CPU time of one
// core, not by the clock, since others use the machine too. Neither the time to
// compile the terms nor that to read files is counted.
//
// newswatch folds case, accents and kinds of letters, knows hyphens, possessives
// and plurals, parts sentences, and evaluates topics and rules. All others only
// find terms, and each does less even of that:
//
//   - hyperscan: literals of Hyperscan or Vectorscan, in a process of its own.
//     Case of ASCII letters alone; the callback looks for whole words.
//   - ahocorasick: coregx/ahocorasick, the fastest automaton in Go that we found.
//     Case and whole words; the text is put in lower case first, which counts.
//   - rg -i -w: ripgrep -F -i -w. Case and whole words; of terms that overlap the
//     first alone, and how many instead of where.
//   - rg lowered: ripgrep -F on terms and text that are in lower case already.
//     Parts of words too; else as above.
//   - regexp: one expression of package regexp. Case and whole words, whose bounds
//     are of ASCII; of terms that overlap the first alone.
//
// What is not installed is left out. For all of it on Debian:
//
//	apt-get install gcc pkg-config libhyperscan-dev ripgrep
package bench

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"newswatch/news"
	"newswatch/rules"
	"newswatch/text"
)

var sizes = []int{100, 1_000, 10_000, 100_000}

var textFile = flag.String("text", "", "measure on the title and text of these JSON lines instead of a generated corpus")

// loadCorpus makes the corpus once for all benchmarks.
var loadCorpus = sync.OnceValues(func() (*Corpus, error) {
	if *textFile != "" {
		return ReadCorpus(*textFile)
	}
	return NewCorpus(), nil
})

func corpus(tb testing.TB) *Corpus {
	tb.Helper()
	c, err := loadCorpus()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// file spreads terms over topics of a hundred, and asks for two topics near
// each other and a word that no item has: what items mention is found, and no rule
// holds, as with most news.
func file(terms []string) *rules.File {
	f := &rules.File{}
	for i := 0; i < len(terms); i += 100 {
		t := rules.Topic{ID: fmt.Sprintf("t%d", i/100)}
		for _, text := range terms[i:min(i+100, len(terms))] {
			t.Any = append(t.Any, rules.Term{Text: text})
		}
		f.Topics = append(f.Topics, t)
	}
	topic := func(i int) rules.Cond {
		return rules.Cond{Term: &rules.Term{Text: "topic:" + f.Topics[i%len(f.Topics)].ID}}
	}
	for i := range f.Topics {
		near := &rules.Near{A: []rules.Cond{topic(i)}, B: []rules.Cond{topic(i + 1)}, Within: rules.Within{Words: 5}}
		when := rules.Cond{All: []rules.Cond{{Term: &rules.Term{Text: "zzyzx"}}, {Near: near}}}
		f.Rules = append(f.Rules, rules.Rule{ID: fmt.Sprintf("r%d", i), Score: 10, When: when})
	}
	return f
}

// newswatch counts topics that an item has, not the places of their terms.
func newswatch(terms []string) func() (counter, error) {
	f := file(terms)
	return func() (counter, error) {
		rs, findings := rules.Compile(f)
		if len(findings) > 0 {
			return nil, fmt.Errorf("rules that do not compile: %v", findings)
		}
		return func(it *news.Item) int { return len(rs.Match(it).Topics) }, nil
	}
}

func compiled(tb testing.TB, terms []string) counter {
	tb.Helper()
	count, err := newswatch(terms)()
	if err != nil {
		tb.Fatal(err)
	}
	return count
}

// overItems runs f over the corpus, an item an iteration, and reports bytes and
// user CPU time: wall time says little on a machine that others use too.
func overItems(b *testing.B, f func(*news.Item)) {
	c := corpus(b)
	b.ReportAllocs()
	f(c.Items[0])
	start, bytes, i := cpuTime(), 0, 0
	for b.Loop() {
		it := c.Items[i%len(c.Items)]
		f(it)
		bytes += size(it)
		i++
	}
	b.ReportMetric(float64(bytes)/1e6/(cpuTime()-start).Seconds(), "cpuMB/s")
	b.SetBytes(int64(bytes / max(i, 1)))
}

func BenchmarkMatch(b *testing.B) { perItem(b, sizes, newswatch) }

// BenchmarkMatchNothing looks for terms that stand nowhere: no allocation.
func BenchmarkMatchNothing(b *testing.B) {
	terms := make([]string, 1_000)
	for i := range terms {
		terms[i] = fmt.Sprintf("qx%dq zq%dx", i, i)
	}
	count := compiled(b, terms)
	overItems(b, func(it *news.Item) { count(it) })
}

// BenchmarkEndToEnd turns HTML into text and looks for 1,000 terms in it.
func BenchmarkEndToEnd(b *testing.B) {
	count := compiled(b, corpus(b).Terms(1_000))
	raw := map[*news.Item]string{}
	for _, it := range corpus(b).Items {
		raw[it] = "<p>" + strings.ReplaceAll(it.Body, "\n\n", "</p>\n<p class=\"body\">") + "</p>"
	}
	overItems(b, func(it *news.Item) {
		read := news.Item{Lang: it.Lang, Title: text.Title(it.Title), Body: text.Visible(raw[it])}
		count(&read)
	})
}

// BenchmarkSum adds up bytes: what the machine can do at this moment.
func BenchmarkSum(b *testing.B) {
	sum := 0
	overItems(b, func(it *news.Item) {
		for i := range len(it.Body) {
			sum += int(it.Body[i])
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("terms=%d", n), func(b *testing.B) {
			f := file(corpus(b).Terms(n))
			before := liveHeap()
			rs, _ := rules.Compile(f)
			held := liveHeap() - before
			runtime.KeepAlive(rs)
			b.ReportAllocs()
			start := cpuTime()
			for b.Loop() {
				rules.Compile(f)
			}
			b.ReportMetric((cpuTime()-start).Seconds()*1e3/float64(b.N), "cpu-ms/op")
			b.ReportMetric(held/1e6, "live-MB")
			runtime.KeepAlive(f)
		})
	}
}

// liveHeap returns the bytes in use after a collection.
func liveHeap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
