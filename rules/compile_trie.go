package rules

import (
	"cmp"
	"slices"
)

// maxPairs bounds the pairs of forms that the first two places of a pattern put
// into the sieve of pairs. Inflected names have hundreds: their first words are
// rare enough alone.
const maxPairs = 16

// symbolKind says what a symbol stands for.
type symbolKind uint8

const (
	ofWords symbolKind = iota // a set of words
	ofStem
	ofSign
)

// trieBuilder collects patterns.
type trieBuilder struct {
	f      *folder
	words  lexicon
	heads  lexicon
	stems  [][]stem     // by head
	named  lexicon      // stems in full
	stem   []int32      // by number in named: the symbol of a stem
	single []int32      // by word: symbol + 1 of the set of this word alone
	double [][2]int32   // by word: another one, and symbol + 1 of the set of both
	sets   links        // sets of words, as paths
	symbol []int32      // by node of sets: its symbol + 1
	member []link       // word and symbol
	forms  rows         // by symbol: its words; of a stem: none
	kinds  []symbolKind // by symbol
	byHead []link       // symbol and head

	links  links
	parent []int32 // by node
	label  []int32 // by node: the symbol before it
	ends   []link  // node and term
	ids    []int32
	buf    []byte
}

// newTrieBuilder makes a builder for about so many terms.
func newTrieBuilder(f *folder, terms int) *trieBuilder {
	return &trieBuilder{
		f: f, words: newLexicon(terms), heads: newLexicon(0), named: newLexicon(0), sets: newLinks(terms), links: newLinks(2 * terms),
		symbol: []int32{0}, parent: []int32{-1}, label: []int32{-1}, forms: rows{starts: []int32{0}},
	}
}

// insert adds one way of writing a term.
func (b *trieBuilder) insert(way []place, term int32) {
	node := int32(0)
	for i := range way {
		symbol := b.symbolOf(&way[i])
		child, isNew := b.links.child(node, symbol)
		if isNew {
			b.parent, b.label = append(b.parent, node), append(b.label, symbol)
		}
		node = child
	}
	// Two ways of one term may be the same, and then follow close on each other.
	for i := len(b.ends) - 1; i >= 0 && b.ends[i].value == term; i-- {
		if b.ends[i].row == node {
			return
		}
	}
	b.ends = append(b.ends, link{node, term})
}

// symbolOf returns the symbol of a place.
func (b *trieBuilder) symbolOf(p *place) int32 {
	if p.stem {
		return b.stemSymbol(p.forms[0])
	}
	b.ids = b.ids[:0]
	for _, form := range p.forms {
		b.buf = b.f.appendWord(b.buf[:0], form)
		if id := b.words.intern(b.buf); !slices.Contains(b.ids, id) {
			b.ids = append(b.ids, id)
		}
	}
	kind := ofWords
	if p.isSign() {
		kind = ofSign
	}
	switch len(b.ids) {
	case 1:
		return b.singleSymbol(b.ids[0], kind)
	case 2:
		return b.doubleSymbol(b.ids[0], b.ids[1], kind)
	}
	return b.setSymbol(kind)
}

// setSymbol returns the symbol of the set of words in b.ids.
func (b *trieBuilder) setSymbol(kind symbolKind) int32 {
	slices.Sort(b.ids)
	set := int32(0)
	for _, id := range b.ids {
		set = b.setChild(set, id)
	}
	if b.symbol[set] == 0 {
		b.symbol[set] = b.newSymbol(kind) + 1
	}
	return b.symbol[set] - 1
}

// doubleSymbol remembers with a word the set of it and one other: most sets are a
// word and its plural.
func (b *trieBuilder) doubleSymbol(word, other int32, kind symbolKind) int32 {
	if missing := int(word) + 1 - len(b.double); missing > 0 {
		b.double = append(b.double, make([][2]int32, missing)...)
	}
	d := &b.double[word]
	if d[1] == 0 || d[0] != other {
		*d = [2]int32{other, b.setSymbol(kind) + 1}
	}
	return d[1] - 1
}

func (b *trieBuilder) singleSymbol(word int32, kind symbolKind) int32 {
	for int(word) >= len(b.single) {
		b.single = append(b.single, 0)
	}
	if b.single[word] == 0 {
		b.single[word] = b.newSymbol(kind) + 1
	}
	return b.single[word] - 1
}

func (b *trieBuilder) setChild(set, label int32) int32 {
	child, isNew := b.sets.child(set, label)
	if isNew {
		b.symbol = append(b.symbol, 0)
	}
	return child
}

// stemSymbol returns the symbol of a stem. A place has one stem and no more.
func (b *trieBuilder) stemSymbol(form string) int32 {
	b.buf = b.f.appendWord(b.buf[:0], form)
	id := b.named.intern(b.buf)
	if int(id) == len(b.stem) {
		b.ids = b.ids[:0]
		b.stem = append(b.stem, b.newSymbol(ofStem))
		b.addStem(b.buf, b.stem[id])
	}
	return b.stem[id]
}

// newSymbol numbers the set of words in b.ids, or a stem.
func (b *trieBuilder) newSymbol(kind symbolKind) int32 {
	s := int32(len(b.kinds))
	b.kinds = append(b.kinds, kind)
	for _, id := range b.ids {
		b.forms.all = append(b.forms.all, id)
		b.member = append(b.member, link{id, s})
	}
	b.forms.starts = append(b.forms.starts, int32(len(b.forms.all)))
	return s
}

func (b *trieBuilder) addStem(w []byte, symbol int32) {
	n := headLen(w)
	head := b.heads.intern(w[:n])
	if int(head) == len(b.stems) {
		b.stems = append(b.stems, nil)
	}
	b.stems[head] = append(b.stems[head], stem{string(w[n:]), symbol})
	b.byHead = append(b.byHead, link{symbol, head})
}

// build returns the trie and the sieves before it, through which guarded words
// pass too.
func (b *trieBuilder) build(guarded []uint64) (trie, *sieves) {
	sv := b.sieves(guarded)
	names, signs := b.rename()
	for i := range b.member {
		b.member[i].value = names[b.member[i].value]
	}
	for _, list := range b.stems {
		for i := range list {
			list[i].symbol = names[list[i].symbol]
		}
	}
	t := trie{signs: signs, heads: b.heads.dictionary, stems: b.stems}
	b.assign(&t)
	b.layOut(&t, names)
	return t, sv
}

// assign gives the words their symbols.
func (b *trieBuilder) assign(t *trie) {
	symbols := newRows(len(b.words.hashes), b.member)
	only := make([]int32, len(b.words.hashes))
	var several []link
	count := int32(0)
	for w := range only {
		list := symbols.row(int32(w))
		if len(list) == 1 {
			only[w] = list[0]
			continue
		}
		for _, s := range list {
			several = append(several, link{count, s})
		}
		count++
		only[w] = -count
	}
	t.words = b.words.translate(only)
	t.several = newRows(int(count), several)
}

// rename gives the symbols that lead out of the root the first numbers, in the
// order of the root's children, and signs the last, of which it returns the first.
func (b *trieBuilder) rename() (names []int32, signs int32) {
	names = make([]int32, len(b.kinds))
	for i := range names {
		names[i] = -1
	}
	next := int32(0)
	for i, p := range b.parent {
		if p == 0 {
			names[b.label[i]] = next
			next++
		}
	}
	for _, isSign := range [...]bool{false, true} {
		signs = next
		for i := range names {
			if names[i] < 0 && (b.kinds[i] == ofSign) == isSign {
				names[i] = next
				next++
			}
		}
	}
	return names, signs
}

// layOut puts the children of each node side by side, ordered by symbol.
func (b *trieBuilder) layOut(t *trie, names []int32) {
	family := make([]link, 0, len(b.parent)-1)
	for i, p := range b.parent[1:] {
		family = append(family, link{p, int32(i + 1)})
	}
	children := newRows(len(b.parent), family)
	for i := range b.parent {
		if row := children.row(int32(i)); i > 0 && len(row) > 1 {
			slices.SortFunc(row, func(x, y int32) int { return cmp.Compare(names[b.label[x]], names[b.label[y]]) })
		}
	}
	terms := newRows(len(b.parent), b.ends)
	var several []link
	count := int32(0)
	of := func(old int32) node {
		n := node{symbol: -1, child: 1 + children.starts[old], count: children.starts[old+1] - children.starts[old], term: -1}
		if old > 0 {
			n.symbol = names[b.label[old]]
		}
		switch list := terms.row(old); len(list) {
		case 0:
		case 1:
			n.term = list[0]
		default:
			for _, term := range list {
				several = append(several, link{count, term})
			}
			n.term = -2 - count
			count++
		}
		return n
	}
	t.nodes = make([]node, len(b.parent))
	t.nodes[0] = of(0)
	for i, old := range children.all {
		t.nodes[i+1] = of(old)
	}
	t.ends = newRows(int(count), several)
}

// sieves makes the sieves from the first two places of all patterns.
func (b *trieBuilder) sieves(guarded []uint64) *sieves {
	var pairs, first, heads []uint64
	alone := guarded
	stemmed := make(map[int32][]int32, len(b.byHead))
	for _, l := range b.byHead {
		stemmed[l.row] = append(stemmed[l.row], l.value)
	}
	isAlone := make([]bool, len(b.parent))
	for _, end := range b.ends {
		isAlone[end.row] = true
	}
	hashes := b.words.hashes
	for i := range b.parent {
		p := b.parent[i]
		if p > 0 && b.kinds[b.label[p]] == ofSign {
			p = b.parent[p] // signs are no words of the text
		}
		if p <= 0 || b.parent[p] != 0 || b.kinds[b.label[i]] == ofSign {
			continue
		}
		one, two := b.forms.row(b.label[p]), b.forms.row(b.label[i])
		if b.kinds[b.label[i]] == ofStem || len(one)*len(two) > maxPairs {
			isAlone[p] = true
			continue
		}
		for _, x := range one {
			for _, y := range two {
				pairs = append(pairs, pair(hashes[x], hashes[y]))
			}
		}
	}
	for i := range b.parent {
		if b.parent[i] != 0 {
			continue
		}
		for _, head := range stemmed[b.label[i]] {
			heads = append(heads, b.heads.hashes[head])
		}
		for _, w := range b.forms.row(b.label[i]) {
			first = append(first, hashes[w])
			if isAlone[i] {
				alone = append(alone, hashes[w])
			}
		}
	}
	return &sieves{
		alone: newSieve(alone), pairs: newSieve(pairs), first: newSieve(first), heads: newSieve(heads), stemmed: len(heads) > 0,
	}
}
