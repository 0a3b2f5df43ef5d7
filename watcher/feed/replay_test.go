package feed_test

import (
	"cmp"
	"flag"
	"fmt"
	"math"
	"slices"
	"testing"
)

var policies = flag.Bool("policies", false, "compare the ways to choose an interval at equal numbers of requests")

// tally is what a replay came to. All is weighed so that each feed stands for an
// equal time: captures of fast feeds reach back less far.
type tally struct {
	feeds    int
	requests float64 // a day, of all feeds
	items    float64 // a day, of all feeds
	lost     float64 // of them, never seen
	delays   []delay
}

type delay struct{ seconds, weight float64 }

func (t *tally) perFeed() float64 { return t.requests / float64(t.feeds) }

func (t *tally) String() string {
	return fmt.Sprintf("%5.1f requests and %5.1f items a day; delay: median %5.1f min, mean %5.1f, p90 %5.1f; lost %4.2f %%",
		t.perFeed(), t.items/float64(t.feeds), t.quantile(0.5), t.mean(), t.quantile(0.9), 100*t.lost/t.items)
}

// quantile is a delay in minutes: a share q of the items had less.
func (t *tally) quantile(q float64) float64 {
	slices.SortFunc(t.delays, func(a, b delay) int { return cmp.Compare(a.seconds, b.seconds) })
	rest := 0.0
	for _, d := range t.delays {
		rest += q * d.weight
	}
	for _, d := range t.delays {
		if rest -= d.weight; rest <= 0 {
			return d.seconds / 60
		}
	}
	return math.Inf(1)
}

func (t *tally) mean() float64 {
	sum, weight := 0.0, 0.0
	for _, d := range t.delays {
		sum, weight = sum+d.seconds*d.weight, weight+d.weight
	}
	return sum / weight / 60
}

// replays is how often each feed is replayed, begun at other minutes.
const replays = 4

// Floors under every pause, in seconds: what politeness allows, and next to
// none.
const (
	polite = 15 * 60
	none   = 60
)

// replay polls publishers as a policy wants. Each is polled first when its first
// item is out, or within the hour; what is there then is told to the policy and
// not counted.
func replay(feeds []publisher, start func() policy, floor float64) *tally {
	t := &tally{feeds: len(feeds)}
	for _, f := range feeds {
		weight := float64(day) / float64(f.last-f.first) / replays
		for i := range int64(replays) {
			t.replay(f, start(), floor, f.first+i*hour/replays+f.hash()%(hour/replays), weight)
		}
	}
	return t
}

func (t *tally) replay(f publisher, p policy, floor float64, now int64, weight float64) {
	seen, _ := slices.BinarySearch(f.times, now+1)
	there := f.times[max(0, seen-f.window):seen]
	p.observe(polling{now: now, fresh: there, shown: len(there)})
	for now < f.last {
		now += int64(min(max(p.pause(now), floor), float64(day)))
		upTo, _ := slices.BinarySearch(f.times, now+1)
		lost := max(upTo-seen-f.window, 0)
		fresh := f.times[seen+lost : upTo]
		t.requests += weight
		t.items += weight * float64(upTo-seen)
		t.lost += weight * float64(lost)
		for _, at := range fresh {
			t.delays = append(t.delays, delay{float64(now - at), weight})
		}
		p.observe(polling{now, fresh, min(upTo, f.window), len(fresh) == f.window})
		seen = upTo
	}
}

// evened scales a policy until it asks as often as is wanted.
func evened(feeds []publisher, start func(scale float64) policy, floor, perFeed float64) *tally {
	low, high := math.Log(0.02), math.Log(50.0)
	var best *tally
	for range 10 {
		mid := (low + high) / 2
		t := replay(feeds, func() policy { return start(math.Exp(mid)) }, floor)
		if t.perFeed() > perFeed {
			low = mid
		} else {
			best, high = t, mid
		}
	}
	return best
}

// TestDetectionDelay replays publishers: at no more requests than hourly polls
// make, items must be found in half of the time. Price and priors were chosen on
// one half of the captures and on seed 1.
func TestDetectionDelay(t *testing.T) {
	if raced {
		t.Skip("runs for long, on one goroutine")
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("invented, seed %d", seed+1), func(t *testing.T) { holdDelay(t, invented(seed+1), *policies) })
	}
	t.Run("captured, chosen on", func(t *testing.T) { holdDelay(t, halfOf(captured(t), 0), true) })
	t.Run("captured, held out", func(t *testing.T) { holdDelay(t, halfOf(captured(t), 1), true) })
}

// holdDelay replays with the floor that politeness sets, and, if wanted, with
// next to none and a price at which the requests are as many as hourly polls
// make.
func holdDelay(t *testing.T, feeds []publisher, bare bool) {
	fixed := replay(feeds, func() policy { return hourly{} }, polite)
	t.Logf("%d feeds; hourly  %v", len(feeds), fixed)
	hold := func(name string, ours *tally) {
		t.Logf("%-16s %v", name, ours)
		if got, want := ours.quantile(0.5), fixed.quantile(0.5)/2; got > want {
			t.Errorf("%s: median delay %.1f minutes, want at most %.1f", name, got, want)
		}
		if ours.perFeed() > fixed.perFeed() {
			t.Errorf("%s: %.1f requests a day and feed, want at most %.1f", name, ours.perFeed(), fixed.perFeed())
		}
		if ours.lost > fixed.lost {
			t.Errorf("%s: lost %.3f of %.1f items, want at most %.3f", name, ours.lost, ours.items, fixed.lost)
		}
	}
	hold("floor 15 minutes", replay(feeds, func() policy { return &learned{worth: 1} }, polite))
	if bare {
		hold("floor 1 minute", evened(feeds, contenders()[0].start, none, fixed.perFeed()))
	}
}

// TestBusyWindow holds what an adaptive interval is worth to a feed that shows
// ten items and now and then brings dozens within the hour.
func TestBusyWindow(t *testing.T) {
	feeds := invented(1)
	feeds = slices.DeleteFunc(feeds, func(f publisher) bool { return f.class != "agency, in bursts" })
	for i := range feeds {
		feeds[i].window = 10
	}
	fixed := replay(feeds, func() policy { return hourly{} }, polite)
	deaf := replay(feeds, func() policy { return &learned{worth: 1, deaf: true} }, polite)
	ours := replay(feeds, func() policy { return &learned{worth: 1} }, polite)
	t.Logf("hourly            %v", fixed)
	t.Logf("gaps not told     %v", deaf)
	t.Logf("ours              %v", ours)
	if ours.lost > fixed.lost/4 {
		t.Errorf("lost %.2f items a day, want at most a quarter of %.2f", ours.lost, fixed.lost)
	}
}

// TestPolicies compares the policies at as many requests as hourly polls make,
// and shows ours by kind of feed.
func TestPolicies(t *testing.T) {
	if !*policies {
		t.Skip("takes minutes: run with -policies")
	}
	sets := map[string][]publisher{"invented": invented(2), "captured": captured(t)}
	for set, feeds := range sets {
		for name, floor := range map[string]float64{"floor 15 minutes": polite, "floor 1 minute": none} {
			fixed := replay(feeds, func() policy { return hourly{} }, floor)
			t.Logf("%s, %s, %-32s %v", set, name, "hourly", fixed)
			for _, c := range contenders() {
				t.Logf("%s, %s, %-32s %v", set, name, c.name, evened(feeds, c.start, floor, fixed.perFeed()))
			}
		}
	}
	kinds := map[string][]publisher{}
	for _, f := range sets["invented"] {
		kinds[f.class] = append(kinds[f.class], f)
	}
	for kind, feeds := range kinds {
		t.Logf("%-32s %v", kind, replay(feeds, func() policy { return &learned{worth: 1} }, polite))
	}
}

func halfOf(feeds []publisher, half int64) []publisher {
	return slices.DeleteFunc(feeds, func(f publisher) bool { return f.hash()>>8&1 != half })
}
