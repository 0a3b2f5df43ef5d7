package story

import (
	"math"
	"time"
)

// feature is one number that the trees ask about.
type feature struct {
	name  string
	rises int // 1: more of it speaks for one story, -1: against it, 0: it depends
	of    func(ev *evidence) float64
}

// joinFeatures are what speaks for and against an item being of a story.
func joinFeatures() []feature {
	return []feature{
		{"text centre", 0, func(ev *evidence) float64 { return ev.centre.text }},
		{"text best", 0, func(ev *evidence) float64 { return ev.best.text }},
		{"text mean", 0, func(ev *evidence) float64 { return ev.mean.text }},
		{"text second", 0, func(ev *evidence) float64 { return ev.second }},
		{"text least", 0, func(ev *evidence) float64 { return ev.least }},
		{"head centre", 0, func(ev *evidence) float64 { return ev.centre.head }},
		{"head best", 0, func(ev *evidence) float64 { return ev.best.head }},
		{"head mean", 0, func(ev *evidence) float64 { return ev.mean.head }},
		{"head most", 0, func(ev *evidence) float64 { return ev.headMost }},
		{"name centre", 0, func(ev *evidence) float64 { return ev.centre.name }},
		{"name best", 0, func(ev *evidence) float64 { return ev.best.name }},
		{"name mean", 0, func(ev *evidence) float64 { return ev.mean.name }},
		{"shared", 0, func(ev *evidence) float64 { return ev.best.shared }},
		{"shared names", 0, func(ev *evidence) float64 { return ev.best.sharedName }},
		{"rarest shared", 0, func(ev *evidence) float64 { return ev.best.rare }},
		{"second rarest shared", 0, func(ev *evidence) float64 { return ev.best.rare2 }},
		{"cover", 0, func(ev *evidence) float64 { return ev.best.cover }},
		{"name cover", 0, func(ev *evidence) float64 { return ev.best.nameCover }},
		{"strangers", 0, func(ev *evidence) float64 { return indicator(ev.best.strangers) }},
		{"strangers to all", 0, func(ev *evidence) float64 { return indicator(ev.strangers) }},
		{"numbers", 0, func(ev *evidence) float64 { return ev.best.numbers }},
		{"numbers clash", 0, func(ev *evidence) float64 { return indicator(ev.best.clash) }},
		{"size", 0, func(ev *evidence) float64 { return indicator(!ev.itemText) * math.Log2(float64(ev.members)) }},
		{"both texts", 0, func(ev *evidence) float64 { return indicator(ev.itemText && ev.bestText) }},
		{"one text", 0, func(ev *evidence) float64 { return indicator(ev.itemText != ev.bestText) }},
		{"timed", 0, func(ev *evidence) float64 { return indicator(ev.silent >= 0) }},
		{"silence", 0, func(ev *evidence) float64 { return logHours(min(ev.silent, rested)) }},
		{"age", 0, func(ev *evidence) float64 { return logHours(min(ev.age, rested)) }},
		{"nameless", 0, func(ev *evidence) float64 { return indicator(ev.nameless) }},
		{"ahead centre", 0, func(ev *evidence) float64 { return ev.ahead.centre }},
		{"ahead best", 0, func(ev *evidence) float64 { return ev.ahead.best }},
		{"ahead head", 0, func(ev *evidence) float64 { return ev.ahead.head }},
		{"title words", 0, func(ev *evidence) float64 { return float64(ev.titleWords) }},
		{"words", 0, func(ev *evidence) float64 { return math.Log2(float64(1 + ev.words)) }},
	}
}

// rested is the silence beyond which a longer one says no more: a story that
// rested for a day comes back as likely as one that rested for three.
const rested = 24 * time.Hour

// logHours is a time on a scale on which a day and two are as far apart as an
// hour and two; 0 when it is not known.
func logHours(d time.Duration) float64 {
	return math.Log2(1 + max(d, 0).Hours())
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// features appends the numbers that the trees see to out.
func (q *query) join(ev *evidence, out []float64) []float64 {
	for i := range q.table {
		out = append(out, q.table[i].of(ev))
	}
	return out
}

// JoinFeatures names what a Forest for Join is asked with, and says of each whether
// more of it speaks for one story (1) or against it (-1).
func JoinFeatures() (names []string, rises []int) {
	for _, f := range joinFeatures() {
		names, rises = append(names, f.name), append(rises, f.rises)
	}
	return names, rises
}
