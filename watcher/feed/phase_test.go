package feed_test

import (
	"testing"

	"newswatch/watcher/feed"
)

// TestPhasesSpreadFeeds holds that no second of an hour has more than three times
// as many feeds as the mean, nor two where there are fewer feeds than seconds.
func TestPhasesSpreadFeeds(t *testing.T) {
	t.Parallel()
	for _, feeds := range []int{1, 2, 10, 500, 1800, 5000, 20000} {
		var seconds [3600]int
		most := 0
		for i := range feeds {
			p := feed.Phase(i)
			if p < 0 || p >= 1 {
				t.Fatalf("feed %d: phase %v, want from 0 to below 1", i, p)
			}
			s := int(p * 3600)
			seconds[s]++
			most = max(most, seconds[s])
		}
		t.Logf("%d feeds: at most %d in a second", feeds, most)
		if limit := max(3*float64(feeds)/3600, 1); float64(most) > limit {
			t.Errorf("%d feeds: %d in one second, want at most %.1f", feeds, most, limit)
		}
	}
}
