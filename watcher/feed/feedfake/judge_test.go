package feedfake_test

import (
	"flag"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/watcher/feed/feedfake"
)

var days = flag.Int("days", 2, "simulated days of a poller by the book")

// wednesday is where the virtual clocks begin.
func wednesday() {
	time.Sleep(time.Until(time.Date(2000, 3, 1, 7, 20, 0, 0, time.UTC)))
}

func printed(r feedfake.Report) string {
	var b strings.Builder
	r.Print(&b)
	return b.String()
}

// TestPollerByTheBookIsNotBlamed: a judge that blames everybody proves nothing.
func TestPollerByTheBookIsNotBlamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wednesday()
		fake := feedfake.New(feedfake.Config{Seed: 1, Days: *days + 1, Outages: true})
		newClient(t, fake, "").run(time.Now().AddDate(0, 0, *days), true)
		r := fake.Report()
		t.Log(printed(r))
		if r.Total != 0 {
			t.Errorf("%d breaches", r.Total)
		}
	})
}
