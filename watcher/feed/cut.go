package feed

import (
	"bytes"
	"errors"
	"fmt"
)

// maxItems is how many entries of one document are read; the rest of a huge
// archive is left alone instead of failing the feed.
const maxItems = 500

// maxItemBytes bounds one item; what lies behind is dropped.
const maxItemBytes = 1 << 20

// maxHeadBytes bounds what stands around the items.
const maxHeadBytes = 256 << 10

// ErrNotFeed says that the bytes are something else than a feed, such as a
// consent page or an error page sent with status 200.
var ErrNotFeed = errors.New("not a feed")

// span is the raw markup of one item.
type span struct {
	from, to int    // in the document, without the name and the end tag
	attrs    []byte // of its start tag
	body     []byte
}

// layout is a document cut at the borders of its items. Each item is then read
// by itself, so that a broken one never costs the others.
type layout struct {
	src    []byte
	names  names
	ents   entities
	root   []byte // attributes of the root element
	header []byte // what stands around the items
	items  []span
	whole  bool // the root element was closed: the document was not cut off
}

// cut finds the root of a feed, behind whatever junk stands before it, and its
// items.
func cut(doc []byte) (*layout, error) {
	c := &cutter{layout: &layout{src: doc, names: newNames()}, scanner: scanner{b: doc}}
	if err := c.findRoot(); err != nil {
		return nil, err
	}
	c.ents = declared(doc[:c.gap])
	c.run()
	return c.layout, nil
}

// cutter is the state of one pass over a document.
type cutter struct {
	*layout
	scanner  scanner
	rootName []byte
	open     bool // an item is
	item     span // the open one
	body     int  // where its body starts
	gap      int  // start of what belongs to the header
}

// findRoot stands on the first element that can hold a feed. Anything before
// it, such as a warning printed by the publisher's software, is junk. Items
// without such an element are a document that lost its head.
func (c *cutter) findRoot() error {
	first, headless := "", -1
	atom := false
	for t := (token{}); c.scanner.next(&t); {
		switch {
		case t.kind == endToken && headless >= 0 && isOneOf(localName(t.name), "item", "entry"):
			c.names.atom = atom
			c.scanner.at, c.gap = headless, headless
			return nil
		case t.kind != startToken:
			continue
		}
		if first == "" {
			first = string(t.name[:min(len(t.name), 40)])
		}
		switch local := localName(t.name); {
		case isOneOf(local, "rss", "rdf", "channel", "feed"):
			c.names.atom = isOneOf(local, "feed")
			c.rootName, c.root, c.gap, c.whole = t.name, t.attrs, t.to, t.closed
			c.names.declare(t.attrs)
			return nil
		case isOneOf(local, "item", "entry") && headless < 0:
			headless, atom = t.from, isOneOf(local, "entry")
		case isOneOf(local, "script", "style"):
			c.scanner.at = t.to + max(0, bytes.Index(c.src[t.to:], []byte("</")))
		}
	}
	if first == "" {
		return fmt.Errorf("%w: no markup in it", ErrNotFeed)
	}
	return fmt.Errorf("%w: its root element is <%s>", ErrNotFeed, first)
}

// run cuts the items out and leaves the rest to the header.
func (c *cutter) run() {
	var t token
	for len(c.items) < maxItems && c.nextTag(&t) {
		switch t.kind {
		case startToken:
			c.start(&t)
		case endToken:
			if c.end(&t) {
				return
			}
		}
	}
	if len(c.items) >= maxItems {
		c.whole = true
		return
	}
	if !c.open {
		c.toHeader(len(c.src))
	}
	// An item that the end of the document cuts off is left for the next poll:
	// half of it may lack the id by which the whole one is known.
}

// nextTag finds the next tag that may be a border or declare a namespace. Others
// it passes over without making tokens of them: all bytes of all feeds go through
// here at each poll.
func (c *cutter) nextTag(t *token) bool {
	s := &c.scanner
	for {
		lt := bytes.IndexByte(s.b[s.at:], '<')
		if lt < 0 {
			s.at = len(s.b)
			return false
		}
		s.at += lt
		if at := c.pass(s.b, s.at+1); at > 0 {
			s.at = at
			continue
		}
		if s.next(t) && t.kind != textToken && t.kind != cdataToken && t.kind != otherToken {
			return true
		}
	}
}

// pass returns where the scan goes on behind the "<" of a tag that is of no
// interest, 0 for others. Of borders, the last letters are known: that of "item",
// "entry" and the root.
func (c *cutter) pass(b []byte, at int) int {
	from := at
	if from < len(b) && b[from] == '/' {
		from++
	}
	if from >= len(b) || !isNameStart(b[from]) {
		return 0
	}
	n := nameLen(b[from:])
	if from+n >= len(b) {
		return 0
	}
	switch last := b[from+n-1]; {
	case last == 'm' || last == 'M' || last == 'y' || last == 'Y':
		return 0
	case len(c.rootName) > 0 && last == c.rootName[len(c.rootName)-1]:
		return 0
	case from > at || b[from+n] == '>':
		return from + n
	}
	return 0
}

// toHeader adds what lies between the last item and at to the header.
func (c *cutter) toHeader(at int) {
	piece := c.src[min(c.gap, at):at]
	if len(c.items) > 0 {
		piece = bytes.TrimSpace(piece) // mostly nothing else stands between items
	}
	c.header = append(c.header, clipBytes(piece, maxHeadBytes-len(c.header))...)
}

func (c *cutter) start(t *token) {
	if len(t.attrs) > len("xmlns:") {
		c.names.declare(t.attrs)
	}
	if !c.isItem(t.name, t.attrs) {
		return
	}
	if c.open { // the one before was never closed
		c.finish(t.from)
	}
	c.toHeader(t.from)
	c.open, c.body, c.gap = true, t.to, t.to
	c.item = span{from: t.from + len("<") + len(t.name), attrs: t.attrs}
	if t.closed {
		c.finish(t.to)
	}
}

// end closes an item or, when it says so, the document.
func (c *cutter) end(t *token) bool {
	switch {
	case c.open && c.isItem(t.name, nil):
		c.finish(t.from)
		c.gap = t.to
	case bytes.Equal(t.name, c.rootName):
		c.whole = true
		c.finish(t.from)
		c.toHeader(t.from)
		c.gap = t.to
		return !isOneOf(localName(t.name), "channel") && !c.goesOn(t.to) // RDF's items follow its channel
	}
	return false
}

// goesOn says that an item follows at once: the root was closed too early.
func (c *cutter) goesOn(at int) bool {
	s := scanner{b: c.src, at: at}
	for t := (token{}); s.next(&t); {
		switch t.kind {
		case startToken:
			return c.isItem(t.name, t.attrs)
		case textToken:
			if len(bytes.TrimSpace(t.text)) > 0 {
				return false
			}
		}
	}
	return false
}

// finish closes the open item.
func (c *cutter) finish(at int) {
	if !c.open {
		return
	}
	c.item.to = at
	c.item.body = clipBytes(c.src[min(c.body, at):at], maxItemBytes)
	if c.items == nil {
		const usual = 64
		c.items = make([]span, 0, usual)
	}
	c.items = append(c.items, c.item)
	c.open, c.gap = false, at
}

func (c *cutter) isItem(name, attrs []byte) bool {
	switch name[len(name)-1] { // spares the rest for nearly all
	case 'm', 'M', 'y', 'Y':
	default:
		return false
	}
	if !isOneOf(localName(name), "item", "entry") {
		return false
	}
	key := c.names.key(name, attrs)
	if c.names.atom {
		return key == "entry"
	}
	return key == "item"
}

// localName is a name without its prefix.
func localName(name []byte) []byte {
	return name[bytes.LastIndexByte(name, ':')+1:]
}

// isOneOf compares in any case.
func isOneOf(name []byte, words ...string) bool {
	for _, w := range words {
		if len(name) == len(w) && hasPrefixFold(name, w) {
			return true
		}
	}
	return false
}
