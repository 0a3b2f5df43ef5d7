package rules

import (
	"cmp"
	"slices"
)

// trie holds all patterns by their symbols: what may stand at a place, a set of
// words or a stem. It is built once and never changes. A word of a text has all
// the symbols whose sets it is in.
type trie struct {
	words   dictionary
	several rows       // symbols of words that have more than one
	heads   dictionary // the number of a head, in stems
	stems   [][]stem   // by head: the stems that begin so
	nodes   []node     // the root first, the children of a node side by side
	ends    rows       // terms of the nodes that have more than one
	signs   int32      // the first symbol of a sign; those of words are below
}

// node is a place in the trie. The k-th child of the root is behind symbol k.
type node struct {
	symbol int32 // that leads here
	child  int32 // the first one; those behind signs are the last
	count  int32 // of children
	term   int32 // that ends here; -1: none; below: row -2-term of trie.ends
}

// fewChildren are looked through one by one; more are in order.
const fewChildren = 8

// stem is what follows the first letters of a stem, and its symbol.
type stem struct {
	rest   string
	symbol int32
}

// rows are lists of numbers in one piece of memory.
type rows struct {
	starts []int32
	all    []int32
}

func (r *rows) row(i int32) []int32 { return r.all[r.starts[i]:r.starts[i+1]] }

// link is one number of a list.
type link struct{ row, value int32 }

// newRows makes n lists of links; each keeps the order of its links.
func newRows(n int, list []link) rows {
	r := rows{starts: make([]int32, n+1), all: make([]int32, len(list))}
	for _, l := range list {
		r.starts[l.row+1]++
	}
	for i := range n {
		r.starts[i+1] += r.starts[i]
	}
	next := slices.Clone(r.starts)
	for _, l := range list {
		r.all[next[l.row]] = l.value
		next[l.row]++
	}
	return r
}

// next returns the node behind a symbol; 0 when there is none.
func (t *trie) next(from, symbol int32) int32 {
	n := &t.nodes[from]
	if from == 0 {
		if symbol < n.count {
			return 1 + symbol
		}
		return 0
	}
	children := t.nodes[n.child : n.child+n.count]
	if len(children) > fewChildren {
		i, ok := slices.BinarySearchFunc(children, symbol, func(c node, symbol int32) int { return cmp.Compare(c.symbol, symbol) })
		if ok {
			return n.child + int32(i)
		}
		return 0
	}
	for i := range children {
		if children[i].symbol == symbol {
			return n.child + int32(i)
		}
	}
	return 0
}

// isSigned says whether a sign leads on from a node that has children.
func (t *trie) isSigned(node int32) bool {
	n := &t.nodes[node]
	return t.nodes[n.child+n.count-1].symbol >= t.signs
}

// fetch brings what the first two steps from some tokens need close, for all of
// them at once: with 100,000 terms each step waits for memory, and one step by
// itself for one piece after the other. The sum has no meaning, but it keeps the
// reading from being compiled away.
func (t *trie) fetch(tokens []token, candidates []int32) (sum int32) {
	for _, i := range candidates {
		sum += t.words.first(tokens[i].hash).symbol
		if int(i)+1 < len(tokens) {
			sum += t.words.first(tokens[i+1].hash).symbol
		}
	}
	for _, i := range candidates {
		if s := t.words.first(tokens[i].hash).symbol; s >= 0 && s < t.nodes[0].count {
			sum += t.nodes[s+1].child
		}
	}
	for _, i := range candidates {
		if s := t.words.first(tokens[i].hash).symbol; s >= 0 && s < t.nodes[0].count {
			if n := &t.nodes[s+1]; n.count > 0 {
				sum += t.nodes[n.child].term
			}
		}
	}
	return sum
}
