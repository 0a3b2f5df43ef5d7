package feed

import (
	"strings"

	"newswatch/news"
)

// dropRepeated takes the blocks out of the items' bodies that stand in at least
// n items of the document: "follow us", a list of other articles, a footer. They
// say nothing about any one item, and must be neither matched nor shown. n 0
// switches it off. The items' revisions stay those of what the feed said: a block
// that becomes boilerplate by a later item edits no earlier one.
func dropRepeated(items []news.Item, n int) {
	if n <= 0 || len(items) < n {
		return
	}
	in := map[string]int{} // block -> items that have it
	for i := range items {
		own := map[string]bool{}
		for block := range strings.SplitSeq(items[i].Body, "\n\n") {
			own[folded(block)] = true
		}
		for block := range own {
			in[block]++
		}
	}
	for i := range items {
		var kept []string
		for block := range strings.SplitSeq(items[i].Body, "\n\n") {
			if in[folded(block)] < n {
				kept = append(kept, block)
			}
		}
		items[i].Body = strings.Join(kept, "\n\n")
	}
}

// folded is a block without regard to its spacing and letter case.
func folded(block string) string {
	return strings.ToLower(strings.Join(strings.Fields(block), " "))
}
