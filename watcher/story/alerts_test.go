package story_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"newswatch/watcher/story"
)

// mostMixed is the share of items in a story of others that a desk may be asked
// to bear; alerts are counted at the threshold that gives it.
const mostMixed = 0.05

// mostAlerts is how often a desk is told of one story then, at most: a ceiling a
// little over what was measured.
const mostAlerts = 2.35

// alertTally counts what a desk would see of a grouping.
type alertTally struct{ items, mixed, stories, alerts int }

// add counts one group of labels. An item is mixed when most of its story are
// of another label; a label is told of once for each story it lies in.
func (a *alertTally) add(gold, predicted []string) {
	both := map[[2]string]int{}
	labels := map[string]bool{}
	size, most := map[string]int{}, map[string]int{}
	for i := range gold {
		labels[gold[i]] = true
		key := [2]string{gold[i], predicted[i]}
		both[key]++
		size[predicted[i]]++
		most[predicted[i]] = max(most[predicted[i]], both[key])
	}
	a.items += len(gold)
	a.stories += len(labels)
	a.alerts += len(both)
	for p, n := range size {
		a.mixed += n - most[p]
	}
}

func (a alertTally) perStory() float64 { return float64(a.alerts) / float64(max(a.stories, 1)) }
func (a alertTally) share() float64    { return float64(a.mixed) / float64(max(a.items, 1)) }

func (a alertTally) plus(b alertTally) alertTally {
	return alertTally{a.items + b.items, a.mixed + b.mixed, a.stories + b.stories, a.alerts + b.alerts}
}

func (a alertTally) String() string {
	return fmt.Sprintf("%.2f alerts a story at %.1f %% mixed", a.perStory(), 100*a.share())
}

func TestAlertTally(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		gold, predicted string
		want            alertTally
	}{
		{"AABB", "xxyy", alertTally{items: 4, stories: 2, alerts: 2}},
		{"AABB", "xxxx", alertTally{items: 4, stories: 2, alerts: 2, mixed: 2}},
		{"AABB", "wxyz", alertTally{items: 4, stories: 2, alerts: 4}},
		{"AAAAABBCCCCC", "xxxxxyyyyyyy", alertTally{items: 12, stories: 3, alerts: 3, mixed: 2}},
		{"AAB", "xxx", alertTally{items: 3, stories: 2, alerts: 2, mixed: 1}},
	} {
		var got alertTally
		got.add(strings.Split(c.gold, ""), strings.Split(c.predicted, ""))
		if got != c.want {
			t.Errorf("%s as %s: got %+v, want %+v", c.gold, c.predicted, got, c.want)
		}
	}
}

// alertSets are the public sets that are counted together. The languages of
// og2021 are counted each by itself: nobody is asked to join reports across them.
func alertSets(t *testing.T) map[string][]row {
	t.Helper()
	sets := map[string][]row{}
	for _, name := range []string{"og2021", "uci2014", "allsides2021", "allsides_excerpt", "ecbplus", "basil"} {
		sets[name] = readRows[row](t, filepath.Join(sharedDir(t, "stories"), name+".jsonl.gz"))
	}
	return sets
}

// alertsAt groups all sets at a threshold.
func alertsAt(sets map[string][]row, threshold float64) map[string]alertTally {
	tallies := map[string]alertTally{}
	var mu sync.Mutex
	var running sync.WaitGroup
	for name, rows := range sets {
		running.Go(func() {
			stories, _ := group(rows, story.Config{Threshold: threshold})
			parts := map[string][2][]string{}
			for i, r := range rows {
				part := ""
				if name == "og2021" {
					part = r.Lang
				}
				x := parts[part]
				parts[part] = [2][]string{append(x[0], r.Story), append(x[1], stories[i])}
			}
			var a alertTally
			for _, x := range parts {
				a.add(x[0], x[1])
			}
			mu.Lock()
			defer mu.Unlock()
			tallies[name] = a
		})
	}
	running.Wait()
	return tallies
}

// TestAlerts counts how often a desk would be told of one story when the
// threshold is set so that no more than mostMixed of the items lie wrong.
func TestAlerts(t *testing.T) {
	if testing.Short() {
		t.Skip("groups the public sets several times over")
	}
	t.Parallel()
	sets := alertSets(t)
	seen := map[int]map[string]alertTally{} // by hundredths of the threshold
	at := func(step int) (all alertTally) {
		fresh := seen[step] == nil
		if fresh {
			seen[step] = alertsAt(sets, float64(step)/100)
		}
		for _, a := range seen[step] {
			all = all.plus(a)
		}
		if fresh {
			t.Logf("threshold %.2f: %v", float64(step)/100, all)
		}
		return all
	}
	// The mixed share falls as the threshold rises, so halving finds the crossing.
	low, high := 10, 95
	for high-low > 3 {
		if mid := (low + high) / 2; at(mid).share() > mostMixed {
			low = mid
		} else {
			high = mid
		}
	}
	a, b := at(low), at(high)
	if a.share() <= mostMixed || b.share() > mostMixed {
		t.Fatalf("the mixed share does not cross %v: %v, %v", mostMixed, a, b)
	}
	part := (a.share() - mostMixed) / (a.share() - b.share())
	alerts := a.perStory() + part*(b.perStory()-a.perStory())
	for name, tally := range seen[low] {
		t.Logf("threshold %.2f, %s: %v", float64(low)/100, name, tally)
	}
	t.Logf("%.2f alerts a story at %.0f %% mixed, threshold %.3f", alerts, 100*mostMixed, (float64(low)+part*float64(high-low))/100)
	if alerts > mostAlerts {
		t.Errorf("got %.2f alerts a story, want at most %v", alerts, mostAlerts)
	}
}
