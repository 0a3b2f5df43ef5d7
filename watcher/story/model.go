package story

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
)

// modelJSON holds the weights and says what they were fitted on.
//
//go:embed model.json
var modelJSON []byte

// defaultThreshold is where the mean over six public story sets was best.
const defaultThreshold = 0.4

// silentCap is the silence beyond which a longer one says no more: a story
// that rested for a day comes back as likely as one that rested for three.
const silentCap = 24.0 // hours

// model is a logistic over the features of evidence.
type model struct {
	Features []struct {
		Name   string
		Weight float64
	}
}

// newModel decodes the weights that are built in.
func newModel() *model {
	m := new(model)
	if err := json.Unmarshal(modelJSON, m); err != nil {
		panic(fmt.Sprintf("story: decode model.json: %v", err))
	}
	return m
}

// score turns evidence into a number from 0 to 1.
func (m *model) score(ev *evidence) float64 {
	x := 0.0
	for i, f := range ev.features() {
		x += m.Features[i].Weight * f
	}
	return 1 / (1 + math.Exp(-x))
}

// features are the numbers that the score is made of, in the order of
// model.json. Likenesses stand by themselves and, as they run higher or lower
// with it, times the story's size, the presence of texts and the silence.
func (ev *evidence) features() [39]float64 {
	centre, best := ev.centre.text, ev.best.text
	centreHead, bestHead := ev.centre.head, ev.best.head
	centreName, bestName := ev.centre.name, ev.best.name
	shared, names := ev.best.shared/4, ev.best.sharedName/4
	size := math.Log2(float64(ev.members))
	text, half := when1(ev.itemText && ev.bestText), when1(ev.itemText != ev.bestText)
	nameless := when1(ev.nameless)
	timed, gap := 0.0, 0.0
	if ev.silent >= 0 {
		timed, gap = 1, math.Log2(1+min(ev.silent.Hours(), silentCap))/4
	}
	return [39]float64{
		1, centre, best, ev.mean.text, centreHead, bestHead, centreName, bestName, shared, names,
		size, size * centre, size * best, size * bestHead, size * centreName,
		text, text * centre, text * best, text * bestHead, text * bestName, half, half * best,
		timed, gap, gap * best, gap * text, nameless, nameless * best,
		text * shared, text * names, best * best, centre * centre,
		ev.best.cover, ev.best.nameCover, when1(ev.best.strangers),
		text * ev.best.cover, text * ev.best.nameCover, text * when1(ev.best.strangers), half * ev.best.cover,
	}
}

func when1(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
