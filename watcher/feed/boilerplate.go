package feed

import (
	"hash/maphash"
	"slices"
	"strings"

	"newswatch/news"
)

// dropRepeated takes the blocks out of the items' bodies that stand in at least
// n items of the document: "follow us", a list of other articles, a footer. They
// say nothing about any one item, and must be neither matched nor shown. The
// items' revisions stay those of what the feed said: a block that becomes
// boilerplate by a later item edits no earlier one.
//
// others are the blocks of the document's other items. The blocks of the items,
// as they were, come back under the hash of each item's first key.
func (d *documents) dropRepeated(items []news.Item, others []uint64, n int) map[uint32][]uint64 {
	in := make(map[uint64]int, len(others)) // block -> items that have it
	for _, block := range others {
		in[block]++
	}
	texts := make(map[uint32][]uint64, len(items))
	for i := range items {
		own := d.textBlocks(items[i].Body)
		texts[d.name(items[i].Keys[0])] = own
		for _, block := range own {
			in[block]++
		}
	}
	for i := range items {
		var kept []string
		for block := range strings.SplitSeq(items[i].Body, "\n\n") {
			if in[d.textBlock(block)] < n {
				kept = append(kept, block)
			}
		}
		items[i].Body = strings.Join(kept, "\n\n")
	}
	return texts
}

// textBlocks are the hashes of a body's blocks, each once.
func (d *documents) textBlocks(body string) []uint64 {
	var all []uint64
	for block := range strings.SplitSeq(body, "\n\n") {
		all = append(all, d.textBlock(block))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// textBlock hashes a block without regard to its spacing and letter case.
func (d *documents) textBlock(block string) uint64 {
	return maphash.String(d.seed, strings.ToLower(strings.Join(strings.Fields(block), " ")))
}
