package bench

import (
	"fmt"
	"testing"

	"newswatch/news"
)

// counter says how often terms stand in an item.
type counter func(*news.Item) int

// prepare makes ready what an engine of this process needs to compile terms.
type prepare func(terms []string) (compile func() (counter, error))

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
