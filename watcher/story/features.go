package story

import (
	"math"
	"time"
)

// features are the numbers that trees ask about, in order.
type features[T any] []struct {
	name string
	of   func(*T) float64
}

// of appends the numbers of what is asked about to out.
func (fs features[T]) of(asked *T, out []float64) []float64 {
	for i := range fs {
		out = append(out, fs[i].of(asked))
	}
	return out
}

func (fs features[T]) names() []string {
	names := make([]string, len(fs))
	for i := range fs {
		names[i] = fs[i].name
	}
	return names
}

// joinFeatures are what speaks for and against an item being of a story.
func joinFeatures() features[evidence] {
	return features[evidence]{
		{"text centre", func(ev *evidence) float64 { return ev.centre.text }},
		{"text best", func(ev *evidence) float64 { return ev.best.text }},
		{"text mean", func(ev *evidence) float64 { return ev.mean.text }},
		{"text second", func(ev *evidence) float64 { return ev.second }},
		{"text least", func(ev *evidence) float64 { return ev.least }},
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
		// The labelled sets with texts have three reports a story, and so teach nothing
		// of larger ones: there the size is not asked for.
		{"size", func(ev *evidence) float64 { return indicator(!ev.itemText) * math.Log2(float64(ev.members)) }},
		{"both texts", func(ev *evidence) float64 { return indicator(ev.itemText && ev.bestText) }},
		{"one text", func(ev *evidence) float64 { return indicator(ev.itemText != ev.bestText) }},
		{"timed", func(ev *evidence) float64 { return indicator(ev.silent >= 0) }},
		{"silence", func(ev *evidence) float64 { return logHours(min(ev.silent, rested)) }},
		{"age", func(ev *evidence) float64 { return logHours(min(ev.age, rested)) }},
		{"nameless", func(ev *evidence) float64 { return indicator(ev.nameless) }},
		{"ahead centre", func(ev *evidence) float64 { return ev.ahead.centre }},
		{"ahead best", func(ev *evidence) float64 { return ev.ahead.best }},
		{"ahead head", func(ev *evidence) float64 { return ev.ahead.head }},
		{"title words", func(ev *evidence) float64 { return float64(ev.titleWords) }},
		{"words", func(ev *evidence) float64 { return math.Log2(float64(1 + ev.words)) }},
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

// JoinFeatures names what a Forest for Join is asked with.
func JoinFeatures() []string { return joinFeatures().names() }

// mergeFeatures are what speaks for and against two stories being one.
func mergeFeatures() features[bridge] {
	return features[bridge]{
		{"text centre", func(b *bridge) float64 { return b.centre.text }},
		{"head centre", func(b *bridge) float64 { return b.centre.head }},
		{"name centre", func(b *bridge) float64 { return b.centre.name }},
		{"text mean", func(b *bridge) float64 { return b.mean.text }},
		{"head mean", func(b *bridge) float64 { return b.mean.head }},
		{"name mean", func(b *bridge) float64 { return b.mean.name }},
		{"text best", func(b *bridge) float64 { return b.best.text }},
		{"head best", func(b *bridge) float64 { return b.best.head }},
		{"head most", func(b *bridge) float64 { return b.headMost }},
		{"name best", func(b *bridge) float64 { return b.best.name }},
		{"shared", func(b *bridge) float64 { return b.best.shared }},
		{"rarest shared", func(b *bridge) float64 { return b.best.rare }},
		{"cover", func(b *bridge) float64 { return b.best.cover }},
		{"name cover", func(b *bridge) float64 { return b.best.nameCover }},
		{"strangers", func(b *bridge) float64 { return b.strangers }},
		{"numbers clash", func(b *bridge) float64 { return indicator(b.best.clash) }},
		{"item in one", func(b *bridge) float64 { return b.fits }},
		{"item in other", func(b *bridge) float64 { return b.other }},
		{"timed", func(b *bridge) float64 { return indicator(b.silent >= 0) }},
		{"silence", func(b *bridge) float64 { return logHours(b.silent) }},
		{"small", func(b *bridge) float64 { return math.Log2(float64(b.small)) }},
		{"big", func(b *bridge) float64 { return math.Log2(float64(b.big)) }},
		{"both texts", func(b *bridge) float64 { return indicator(b.texts) }},
	}
}

// MergeFeatures names what a Forest for Merge is asked with.
func MergeFeatures() []string { return mergeFeatures().names() }
