package article

import (
	"fmt"
	"strings"
	"testing"
)

// TestMemoryIsBounded holds that what is remembered does not grow with the
// hosts and articles of the world.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	hs := newHosts()
	inUse := hs.take("in-use.example")
	for i := range 3 * maxKnown {
		h := hs.take(fmt.Sprintf("%d.example", i))
		h.robots["https"] = robots{rules: []rule{{pattern: strings.Repeat("x", maxRules/100)}}}
		hs.put(h)
	}
	if len(hs.known) > maxKnown || hs.size > maxRules+maxRules/50 {
		t.Errorf("knows %d hosts with %d bytes of rules, want at most %d and about %d", len(hs.known), hs.size, maxKnown, maxRules)
	}
	if hs.take("in-use.example") != inUse {
		t.Error("a host in use was forgotten: two could ask it at once")
	}
	for i := range 10 * maxBlocks {
		inUse.dropRepeated(fmt.Sprint(i), fmt.Sprintf("Block %d.\n\nBlock %d.\n\nAll of it.", i, i/4))
	}
	if n := len(inUse.blocks); n > maxBlocks+3 {
		t.Errorf("remembers %d blocks of a host, want at most about %d", n, maxBlocks)
	}
	if got := inUse.dropRepeated("last", "All of it.\n\nA block that is new here."); got != "A block that is new here." {
		t.Errorf("got %q, want what stood in all articles left out", got)
	}
	m := newMemo()
	for i := range 100 {
		m.put(fmt.Sprint(i), result{article: Article{Text: strings.Repeat("x", memoSize/10)}})
		m.put("same", result{article: Article{Text: strings.Repeat("x", 100*i)}})
	}
	size := 0
	for address, one := range m.known {
		size += weight(address, one.result)
	}
	if size != m.size || size > memoSize || len(m.order) != len(m.known) {
		t.Errorf("keeps %d bytes and says %d, of %d articles, want at most %d", size, m.size, len(m.known), memoSize)
	}
}
