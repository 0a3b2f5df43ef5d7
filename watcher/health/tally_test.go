package health_test

import (
	"testing"

	"newswatch/watcher/health"
)

func TestTally(t *testing.T) {
	t.Parallel()
	for want, tally := range map[string]health.Tally{
		"0 feeds":                         {},
		"1 feed: 1 ok":                    {health.OK: 1},
		"4 feeds: 1 failing, 3 ok":        {health.OK: 3, health.Failing: 1},
		"3 feeds: 1 gone, 2 never polled": {health.New: 2, health.Gone: 1},
	} {
		if got := tally.Words(); got != want {
			t.Errorf("%v: got %q, want %q", tally, got, want)
		}
	}
}
