package bench

import (
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"newswatch/news"
)

// engine is one way to look for terms in text.
type engine struct {
	name  string
	most  int // terms that can be asked for without waiting for minutes
	build func(tb testing.TB, terms []string) (*built, error)
}

// engines has newswatch first, which the others are compared with.
func engines() []engine {
	return []engine{
		{"newswatch", math.MaxInt, inProcess(newswatch)},
		{"hyperscan", math.MaxInt, buildHyperscan},
		{"ahocorasick", math.MaxInt, inProcess(ahoCorasick)},
		{"rg -i -w", math.MaxInt, ripgrep{args: []string{"-i", "-w"}}.build},
		{"rg lowered", math.MaxInt, ripgrep{lower: true}.build},
		{"regexp", 1_000, inProcess(goRegexp)},
	}
}

// built is an engine with its terms.
type built struct {
	compile time.Duration // CPU time
	memory  float64       // bytes held, NaN when it is not known
	scan    func(part) (pass, error)
}

// part is how much of the corpus is read: the first items, so many times.
type part struct{ items, times int }

// pass is what a scan took.
type pass struct {
	cpu    time.Duration // of the process
	start  time.Duration // the part of cpu in which it got ready
	bytes  int           // read in the other part
	hits   float64       // by item
	allocs float64       // by item, NaN when they are not known
}

func (p pass) reading() time.Duration { return p.cpu - p.start }

// speed is in MB/s.
func (p pass) speed() float64 { return float64(p.bytes) / 1e6 / p.reading().Seconds() }

// best takes the better of each figure by itself: cpu and start are disturbed
// independently, and the pair that differs least would only be a lucky one.
func (p pass) best(of pass) pass {
	if p.bytes == 0 {
		return of
	}
	of.cpu, of.start, of.allocs = min(p.cpu, of.cpu), min(p.start, of.start), min(p.allocs, of.allocs)
	return of
}

// partFor finds what an engine needs at least d to read: a part of the corpus,
// or all of it several times.
func (b *built) partFor(c *Corpus, d time.Duration) (part, error) {
	all := len(c.Items)
	for n := min(64, all); ; n = min(4*n, all) {
		p, err := b.scan(part{items: n, times: 1})
		if err != nil {
			return part{}, err
		}
		if p.reading() >= d {
			return part{items: n, times: 1}, nil
		}
		if n == all {
			// A start that was disturbed may hide the time to read.
			once := max(p.reading(), p.start/8, time.Millisecond)
			return part{items: n, times: 1 + int(d/once)}, nil
		}
	}
}

// counter says how often terms stand in an item.
type counter func(*news.Item) int

// prepare makes ready what an engine of this process needs to compile terms.
type prepare func(terms []string) (compile func() (counter, error))

// inProcess builds an engine of this process.
func inProcess(prepare prepare) func(testing.TB, []string) (*built, error) {
	return func(tb testing.TB, terms []string) (*built, error) {
		compile, items := prepare(terms), corpus(tb).Items
		before, start := liveHeap(), cpuTime()
		count, err := compile()
		if err != nil {
			return nil, err
		}
		b := &built{compile: cpuTime() - start, memory: liveHeap() - before}
		// The kernel tells the time of many better than that of one.
		start = cpuTime()
		for n := time.Duration(1); max(b.compile, cpuTime()-start) < time.Second/2; n++ {
			if _, err := compile(); err != nil {
				return nil, err
			}
			b.compile = (cpuTime() - start) / n
		}
		b.scan = func(p part) (pass, error) { return countAll(count, items[:p.items], p.times), nil }
		return b, nil
	}
}

func countAll(count counter, items []*news.Item, times int) pass {
	hits, mallocs, start := 0, allocations(), cpuTime()
	for range times {
		for _, it := range items {
			hits += count(it)
		}
	}
	cpu, n := cpuTime()-start, float64(len(items)*times)
	return pass{
		cpu: cpu, bytes: times * totalSize(items),
		hits: float64(hits) / n, allocs: float64(allocations()-mallocs) / n,
	}
}

func totalSize(items []*news.Item) (n int) {
	for _, it := range items {
		n += size(it)
	}
	return n
}

func allocations() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// perItem runs a benchmark of which an operation is an item.
func perItem(b *testing.B, counts []int, prepare prepare) {
	for _, n := range counts {
		b.Run(fmt.Sprintf("terms=%d", n), func(b *testing.B) {
			count, err := prepare(corpus(b).Terms(n))()
			if err != nil {
				b.Fatal(err)
			}
			hits := 0
			overItems(b, func(it *news.Item) { hits += count(it) })
			b.ReportMetric(float64(hits)/float64(b.N), "hits/op")
		})
	}
}

// perPart runs a benchmark of an engine in another process, of which an
// operation is what it reads in a fifth of a second.
func perPart(b *testing.B, build func(testing.TB, []string) (*built, error)) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("terms=%d", n), func(b *testing.B) {
			c := corpus(b)
			engine, err := build(b, c.Terms(n))
			if err != nil {
				b.Skip(err)
			}
			part, err := engine.partFor(c, time.Second/5)
			if err != nil {
				b.Fatal(err)
			}
			var sum pass
			for b.Loop() {
				p, err := engine.scan(part)
				if err != nil {
					b.Fatal(err)
				}
				sum = pass{cpu: sum.cpu + p.reading(), bytes: sum.bytes + p.bytes, hits: p.hits}
			}
			b.ReportMetric(sum.speed(), "cpuMB/s")
			b.ReportMetric(sum.hits, "hits/item")
		})
	}
}
