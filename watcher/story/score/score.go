// Package score says how good a grouping is. It stands beside the pipeline: the
// trainer and the quality tests of watcher/story measure with it.
//
// Pairwise figures count unordered pairs of items; B-cubed averages over items
// (Bagga & Baldwin 1998). Languages are counted by themselves, so that nobody is
// asked to join reports across them, and their counts are pooled.
package score

import "crypto/sha256"

// Row is an item with its story and the story that it was put in.
type Row struct {
	Lang, Gold, Predicted string
}

// Figures are what a grouping reaches.
type Figures struct {
	Pair, BCubed float64 // F1, 0 to 1
	Spread       float64 // stories that the items of one are put in, on average: 1 is one alert a story
	Mixed        float64 // share of the items in a story whose most items are of another
}

// Tally counts groupings, each by itself. The zero value is empty.
type Tally struct {
	items, together, predicted, gold int
	precision, recall                float64
	stories, parts, mixed            int
}

// Add counts one grouping.
func (t *Tally) Add(rows []Row) {
	byLang := map[string][]Row{}
	for _, r := range rows {
		byLang[r.Lang] = append(byLang[r.Lang], r)
	}
	for _, part := range byLang {
		t.add(part)
	}
}

func (t *Tally) add(rows []Row) {
	gold, predicted, both := map[string]int{}, map[string]int{}, map[[2]string]int{}
	for _, r := range rows {
		gold[r.Gold]++
		predicted[r.Predicted]++
		both[[2]string{r.Gold, r.Predicted}]++
	}
	t.items += len(rows)
	t.mixed += len(rows)
	t.stories += len(gold)
	t.parts += len(both)
	for _, n := range gold {
		t.gold += pairs(n)
	}
	most := map[string]int{} // items of the largest part of each predicted story
	for key, n := range both {
		t.together += pairs(n)
		t.precision += float64(n*n) / float64(predicted[key[1]])
		t.recall += float64(n*n) / float64(gold[key[0]])
		most[key[1]] = max(most[key[1]], n)
	}
	for id, n := range predicted {
		t.predicted += pairs(n)
		t.mixed -= most[id]
	}
}

// Figures of all that was counted: all zero when that is nothing, so that an empty
// set never looks well grouped.
func (t *Tally) Figures() Figures {
	if t.items == 0 {
		return Figures{}
	}
	items := float64(t.items)
	return Figures{
		Pair:   f1(ratio(t.together, t.predicted), ratio(t.together, t.gold)),
		BCubed: f1(t.precision/items, t.recall/items),
		Spread: float64(t.parts) / float64(t.stories),
		Mixed:  float64(t.mixed) / items,
	}
}

func pairs(n int) int { return n * (n - 1) / 2 }

// ratio is 1 of nothing: who joins no pair joins no wrong one.
func ratio(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

func f1(p, r float64) float64 {
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

// Fold is the half, 0 or 1, in which a story is when stories are parted for
// cross-validation: what was fitted on one half is scored on the other.
func Fold(story string) int {
	sum := sha256.Sum256([]byte(story))
	return int(sum[1] & 1)
}

// Settled are the stories of items when all have come: one that was taken in by
// another counts as that.
func Settled(stories []string, into map[string]string) []string {
	last := make([]string, len(stories))
	for i, id := range stories {
		for range into { // a chain is no longer than that, and a circle ends
			next, taken := into[id]
			if !taken {
				break
			}
			id = next
		}
		last[i] = id
	}
	return last
}
