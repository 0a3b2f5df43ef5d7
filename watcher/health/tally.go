package health

import (
	"strings"

	"newswatch/notify/wording"
)

// Tally counts feeds by their states.
type Tally map[State]int

// Words counts in words, the worst first: "24 feeds: 1 failing, 23 ok".
func (t Tally) Words() string {
	total := 0
	var parts []string
	for _, s := range States() {
		if n := t[s]; n > 0 {
			total += n
			parts = append(parts, wording.Number(n)+" "+s.Word())
		}
	}
	text := wording.Count(total, "feed", "feeds")
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return text
}

// Word is the state as people read it.
func (s State) Word() string {
	if s == New {
		return "never polled"
	}
	return string(s)
}

// Failing says whether a feed in this state does not answer as it should.
func (s State) Failing() bool {
	switch s {
	case Gone, Failing, Blocked, Limited, Damaged:
		return true
	}
	return false
}
