package story

import (
	"math"
	"time"
)

// feature is one number that the trees ask about.
type feature struct {
	name string
	of   func(ev *evidence) float64
}

// joinFeatures are what speaks for and against an item being of a story.
func joinFeatures() []feature {
	return []feature{
		{"text centre", func(ev *evidence) float64 { return ev.centre.text }},
		{"text best", func(ev *evidence) float64 { return ev.best.text }},
		{"text mean", func(ev *evidence) float64 { return ev.mean.text }},
		{"text second", func(ev *evidence) float64 { return ev.second }},
		{"head centre", func(ev *evidence) float64 { return ev.centre.head }},
		{"head best", func(ev *evidence) float64 { return ev.best.head }},
		{"head mean", func(ev *evidence) float64 { return ev.mean.head }},
		{"head most", func(ev *evidence) float64 { return ev.headMost }},
		{"name centre", func(ev *evidence) float64 { return ev.centre.name }},
		{"name best", func(ev *evidence) float64 { return ev.best.name }},
		{"name mean", func(ev *evidence) float64 { return ev.mean.name }},
		{"shared", func(ev *evidence) float64 { return ev.best.shared }},
		{"shared names", func(ev *evidence) float64 { return ev.best.sharedName }},
		{"rarest shared", func(ev *evidence) float64 { return ev.best.rare }},
		{"second rarest shared", func(ev *evidence) float64 { return ev.best.rare2 }},
		{"cover", func(ev *evidence) float64 { return ev.best.cover }},
		{"name cover", func(ev *evidence) float64 { return ev.best.nameCover }},
		{"strangers", func(ev *evidence) float64 { return indicator(ev.best.strangers) }},
		{"strangers to all", func(ev *evidence) float64 { return indicator(ev.strangers) }},
		{"numbers", func(ev *evidence) float64 { return ev.best.numbers }},
		{"numbers clash", func(ev *evidence) float64 { return indicator(ev.best.clash) }},
		{"size", func(ev *evidence) float64 { return indicator(!ev.itemText) * math.Log2(float64(ev.members)) }},
		{"both texts", func(ev *evidence) float64 { return indicator(ev.itemText && ev.bestText) }},
		{"one text", func(ev *evidence) float64 { return indicator(ev.itemText != ev.bestText) }},
		{"silence", func(ev *evidence) float64 { return logHours(ev.silent) }},
		{"age", func(ev *evidence) float64 { return logHours(ev.age) }},
		{"nameless", func(ev *evidence) float64 { return indicator(ev.nameless) }},
		{"ahead centre", func(ev *evidence) float64 { return ev.ahead.centre }},
		{"ahead best", func(ev *evidence) float64 { return ev.ahead.best }},
		{"ahead head", func(ev *evidence) float64 { return ev.ahead.head }},
		{"title words", func(ev *evidence) float64 { return float64(ev.titleWords) }},
		{"words", func(ev *evidence) float64 { return math.Log2(float64(1 + ev.words)) }},
		{"documents", func(ev *evidence) float64 { return math.Log2(float64(1 + min(ev.docs, 1000))) }},
	}
}

// logHours is a time on a scale on which a day and two are as far apart as an
// hour and two; -1 when it is not known.
func logHours(d time.Duration) float64 {
	if d < 0 {
		return -1
	}
	return math.Log2(1 + d.Hours())
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

// JoinFeatures names what a Forest for Join is asked with.
func JoinFeatures() []string {
	var names []string
	for _, f := range joinFeatures() {
		names = append(names, f.name)
	}
	return names
}
