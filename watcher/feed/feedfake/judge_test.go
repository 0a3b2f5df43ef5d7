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

// TestClockOfThePoller: which hour it is, a poller knows by its own clock; and it is
// blamed as ever once that is put right.
func TestClockOfThePoller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wednesday()
		feeds := one(feedfake.Personality{Hint: feedfake.SkipNight}) // from 0 to 5 o'clock
		fake := feedfake.New(feedfake.Config{Feeds: feeds, Days: 4})
		at := func(day, hour, minute int, do func()) {
			time.Sleep(time.Until(time.Date(2000, 3, day, hour, minute, 0, 0, time.UTC)))
			do()
		}
		breaches := func(row int, want int, what string) {
			t.Helper()
			if r := fake.Report(); r.Row(row).Breaches != want {
				t.Errorf("%s: got %d breaches of row %d, want %d:\n%s", what, r.Row(row).Breaches, row, want, printed(r))
			}
		}
		poll := func() { ask(t, fake, feeds[0].URL) }
		at(1, 8, 0, poll)
		at(1, 14, 0, poll)
		at(1, 20, 0, poll)
		at(2, 2, 0, func() { fake.SetClock(-50 * time.Minute) })
		at(2, 5, 20, poll)
		breaches(13, 1, "half past four by its own clock")
		at(2, 6, 0, poll)
		breaches(13, 1, "ten past five by its own clock")
		at(2, 14, 1, poll)
		breaches(14, 1, "eight hours after the poll before it, with a clock that was wrong all the time")
		at(2, 15, 0, func() { fake.SetClock(0) })
		at(2, 20, 0, poll)
		at(3, 4, 30, poll)
		breaches(13, 2, "half past four by a clock that is right again")
	})
}
