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
const defaultThreshold = 0.3

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
	if want := len(new(evidence).features()); len(m.Features) != want {
		panic(fmt.Sprintf("story: model.json has %d features, want %d", len(m.Features), want))
	}
	return m
}

// Under these a score counts in proportion only, so that nearness in time
// never joins what has little in common, a story does not grow into a giant by
// its last member alone, and two events of one kind stay two: headlines that
// name different people, places and numbers must be all the more alike.
const (
	leastBest      = 0.15 // likeness to the most alike member
	leastStrangers = 0.8  // the same when the names in the headlines differ
	leastCentre    = 0.12 // likeness to the story as a whole
	leastShared    = 1.6  // words in common, counting one that nobody else uses as 1
)

// score turns evidence into a number from 0 to 1.
func (m *model) score(ev *evidence) float64 {
	x := 0.0
	for i, f := range ev.features() {
		x += m.Features[i].Weight * f
	}
	least := leastBest
	if ev.strangers {
		least = leastStrangers
	}
	common := min(1, ev.best.text/least) * min(1, ev.centre.text/leastCentre) * min(1, ev.best.shared/leastShared)
	return common / (1 + math.Exp(-x))
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
	text, half := indicator(ev.itemText && ev.bestText), indicator(ev.itemText != ev.bestText)
	nameless := indicator(ev.nameless)
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
		ev.best.cover, ev.best.nameCover, indicator(ev.best.strangers),
		text * ev.best.cover, text * ev.best.nameCover, text * indicator(ev.best.strangers), half * ev.best.cover,
	}
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
