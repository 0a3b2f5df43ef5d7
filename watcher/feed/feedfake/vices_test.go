package feedfake_test

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/watcher/feed/feedfake"
)

// vices are the ways to misbehave, the row that each breaks, and the feed and
// the time that it takes to show.
func vices() []struct {
	vice vice
	row  int
	feed feedfake.Personality
	days int
} {
	type p = feedfake.Personality
	return []struct {
		vice vice
		row  int
		feed p
		days int
	}{
		{"strips quotes", 1, p{Validators: feedfake.Weak, Rhythm: feedfake.Never}, 1},
		{"formats dates", 1, p{Validators: feedfake.DateOnly, Rhythm: feedfake.Never}, 1},
		{"sends only the date", 1, p{Rhythm: feedfake.Never}, 1},
		{"keeps validators that are gone", 2, p{Validators: feedfake.Dropping}, 1},
		{"keeps validators of an equal body", 3, p{Validators: feedfake.Restless, Rhythm: feedfake.Never}, 1},
		{"keeps old validators at a 304", 4, p{Validators: feedfake.Touched, Rhythm: feedfake.Never}, 1},
		{"keeps what a damaged body gave", 6, p{Trouble: feedfake.Cut, Rhythm: feedfake.Hourly}, 2},
		{"asks without conditions", 7, p{Rhythm: feedfake.Never}, 1},
		{"forgets its validators", 7, p{}, 1},
		{"believes 304s for ever", 7, p{Validators: feedfake.Stuck, Rhythm: feedfake.Hourly}, 12},
		{"takes validators along", 8, p{Move: feedfake.Flip, Rhythm: feedfake.Never}, 3},
		{"asks for deltas of nothing", 9, p{Validators: feedfake.None}, 1},
		{"forgets at a restart", 10, p{}, 2},
		{"asks again after a stop in the midst", 11, p{Slow: true}, 1},
		{"polls each minute", 11, p{}, 1},
		{"polls each minute", 11, p{Validators: feedfake.None}, 1},
		{"knows no freshness", 12, p{Freshness: feedfake.Year}, 1},
		{"knows no freshness", 12, p{Freshness: feedfake.Aged}, 1},
		{"knows no freshness", 12, p{Freshness: feedfake.Expires}, 1},
		{"knows no ttl", 13, p{Hint: feedfake.TTLLong}, 1},
		{"knows no ttl", 13, p{Hint: feedfake.SySix}, 1},
		{"comes in skipped hours", 13, p{Hint: feedfake.SkipNight}, 2},
		{"comes in skipped hours", 13, p{Hint: feedfake.SkipEnd}, 5},
		{"polls once a day", 14, p{}, 2},
		{"loses items", 14, p{Rhythm: feedfake.Hourly}, 1},
		{"loses items", 25, p{Rhythm: feedfake.Hourly, Coding: feedfake.Zstd}, 1},
		{"loses items", 29, p{Rhythm: feedfake.Hourly, Type: "text/html"}, 1},
		{"loses items", 9, p{Rhythm: feedfake.Bursty, Validators: feedfake.ETagOnly, Delta: true}, 2},
		{"reads no archives", 15, p{Rhythm: feedfake.Flood, Archive: true}, 2},
		{"reads whole archives", 15, p{Rhythm: feedfake.Flood, Archive: true}, 2},
		{"always reads archives", 15, p{Rhythm: feedfake.Hourly, Archive: true}, 2},
		{"retries at once", 17, p{Trouble: feedfake.Broken}, 2},
		{"retries at once", 18, p{Trouble: feedfake.Flapping}, 2},
		{"retries at once", 28, p{Trouble: feedfake.Page}, 2},
		{"never climbs the ladder", 17, p{Trouble: feedfake.Broken}, 2},
		{"gives up", 17, p{Trouble: feedfake.Broken}, 4},
		{"asks for what is gone", 19, p{Trouble: feedfake.Gone}, 3},
		{"believes one 410", 17, p{Trouble: feedfake.GoneBack}, 4},
		{"knows no Retry-After", 20, p{Trouble: feedfake.LimitSeconds}, 2},
		{"knows no Retry-After", 20, p{Trouble: feedfake.LimitDate}, 2},
		{"knows no Retry-After", 20, p{Trouble: feedfake.LimitDate850}, 2},
		{"knows no Retry-After", 20, p{Trouble: feedfake.LimitDateC}, 2},
		{"knows no Retry-After", 20, p{Trouble: feedfake.LimitHuge}, 2},
		{"knows no Retry-After", 20, p{Trouble: feedfake.Unavailable}, 2},
		{"knows no reset", 23, p{Trouble: feedfake.LimitReset}, 2},
		{"does not mind a 403", 21, p{Trouble: feedfake.Forbidden}, 2},
		{"does not mind a 403", 21, p{Trouble: feedfake.Challenge}, 2},
		{"follows for ever", 22, p{Move: feedfake.Loop}, 2},
		{"follows for ever", 22, p{Move: feedfake.Chain}, 2},
		{"follows to http", 22, p{Move: feedfake.Downgrade}, 2},
		{"learns every redirect", 22, p{Move: feedfake.Temporary}, 2},
		{"learns every redirect", 22, p{Move: feedfake.Mixed}, 2},
		{"learns every redirect", 22, p{Move: feedfake.Portal301}, 3},
		{"learns at once", 22, p{Move: feedfake.Permanent}, 2},
		{"learns a stranger", 22, p{Move: feedfake.Stranger}, 10},
		{"never learns", 22, p{Move: feedfake.Permanent8}, 10},
		{"never learns", 22, p{Move: feedfake.ToTLS}, 3},
		{"never goes back", 22, p{Move: feedfake.Revert}, 15},
		{"bursts", 23, p{Move: feedfake.Permanent}, 1},
		{"asks twice at once", 23, p{}, 1},
		{"changes its name", 24, p{}, 1},
		{"has no name", 24, p{}, 1},
		{"accepts anything", 24, p{}, 1},
		{"sends cookies", 24, p{}, 1},
		{"says where it came from", 24, p{}, 1},
		{"busts caches", 24, p{}, 1},
		{"closes connections", 24, p{}, 1},
		{"asks with HEAD", 24, p{}, 1},
		{"takes no packed bodies", 25, p{}, 1},
		{"waits without end", 26, p{Trouble: feedfake.Drip}, 2},
		{"keeps what a page gave", 28, p{Trouble: feedfake.Page}, 3},
	}
}

// one is a single feed with a personality, the other traits being plain.
func one(p feedfake.Personality) []feedfake.Personality {
	if p.Format == "" {
		p.Format = feedfake.RSS
	}
	if p.Rhythm == "" {
		p.Rhythm = feedfake.Daily
	}
	if p.Validators == "" {
		p.Validators = feedfake.Both
	}
	p.ID, p.URL = "p001", "https://h1.example/p001/feed.xml"
	if p.Move == feedfake.ToTLS {
		p.URL = "http://h1.example/p001/feed.xml"
	}
	return []feedfake.Personality{p}
}

func judgeClient(t *testing.T, feeds []feedfake.Personality, v vice, days int) (r feedfake.Report) {
	synctest.Test(t, func(t *testing.T) {
		wednesday()
		fake := feedfake.New(feedfake.Config{Seed: 3, Feeds: feeds, Days: days + 1})
		newClient(t, fake, v).run(time.Now().AddDate(0, 0, days), v == "forgets at a restart")
		r = fake.Report()
	})
	return r
}

// TestEachViceIsCaught: the rule that a client breaks is the one that it is
// blamed by, and without its vice nobody blames it.
func TestEachViceIsCaught(t *testing.T) {
	t.Parallel()
	for _, test := range vices() {
		t.Run(string(test.vice), func(t *testing.T) {
			t.Parallel()
			if r := judgeClient(t, one(test.feed), test.vice, test.days); r.Row(test.row).Breaches == 0 {
				t.Errorf("row %d has no breach:\n%s", test.row, printed(r))
			}
			if r := judgeClient(t, one(test.feed), "", test.days); r.Total != 0 {
				t.Errorf("without the vice there are breaches:\n%s", printed(r))
			}
		})
	}
}

// TestEachRowIsTested: a rule that nobody was seen to break may not work.
func TestEachRowIsTested(t *testing.T) {
	t.Parallel()
	tested := map[int]bool{5: true, 16: true, 27: true} // by the tests below
	for _, test := range vices() {
		tested[test.row] = true
	}
	for _, row := range feedfake.New(feedfake.Config{}).Report().Rows {
		if !tested[row.Row] {
			t.Errorf("no client breaks row %d, %s", row.Row, row.Name)
		}
	}
}

// plainFeeds are n feeds without a fault, each on a host of its own.
func plainFeeds(n int) []feedfake.Personality {
	var all []feedfake.Personality
	for i := range n {
		p := one(feedfake.Personality{})[0]
		p.ID = fmt.Sprintf("p%03d", i+1)
		p.URL = fmt.Sprintf("https://h%d.example/%s/feed.xml", i+1, p.ID)
		all = append(all, p)
	}
	return all
}

// TestHoldIsForAllFeedsOfAHost: what one feed was told holds for its neighbour.
func TestHoldIsForAllFeedsOfAHost(t *testing.T) {
	t.Parallel()
	feeds := plainFeeds(2)
	feeds[0].Trouble = feedfake.LimitSeconds
	feeds[1].URL = "https://h1.example/p002/feed.xml"
	if r := judgeClient(t, feeds, "asks the other feeds of a held host", 2); r.Row(20).Breaches == 0 {
		t.Errorf("row 20 has no breach:\n%s", printed(r))
	}
	if r := judgeClient(t, feeds, "", 2); r.Total != 0 {
		t.Errorf("without the vice there are breaches:\n%s", printed(r))
	}
}

// TestOutagesAreNobodysFault: who counts them as the feeds' failures comes back
// to the feeds too late.
func TestOutagesAreNobodysFault(t *testing.T) {
	t.Parallel()
	run := func(v vice) (r feedfake.Report) {
		synctest.Test(t, func(t *testing.T) {
			wednesday()
			fake := feedfake.New(feedfake.Config{Seed: 3, Feeds: plainFeeds(40), Days: 3, Outages: true})
			newClient(t, fake, v).run(time.Now().AddDate(0, 0, 2), false)
			r = fake.Report()
		})
		return r
	}
	if r := run("counts outages"); r.Row(17).Breaches == 0 {
		t.Errorf("row 17 has no breach:\n%s", printed(r))
	}
	if r := run(""); r.Total != 0 {
		t.Errorf("without the vice there are breaches:\n%s", printed(r))
	}
}

// ask sends one request by the book.
func ask(t *testing.T, fake *feedfake.Fake, url string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Error(err)
		return
	}
	newClient(t, feedfake.New(feedfake.Config{Feeds: one(feedfake.Personality{})}), "").dress(req, &source{})
	resp, err := fake.RoundTrip(req)
	if err != nil {
		return // of what is not there
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

// TestStampede: many polls in one second are a breach, when not all feeds are new.
func TestStampede(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		feeds := plainFeeds(40)
		fake := feedfake.New(feedfake.Config{Feeds: feeds, Days: 1})
		for range 2 {
			var all sync.WaitGroup
			for _, p := range feeds {
				all.Go(func() { ask(t, fake, p.URL) })
			}
			all.Wait()
			if fake.Report().Row(16).Breaches != 0 {
				break
			}
			time.Sleep(2 * time.Hour)
		}
		if r := fake.Report(); r.Row(16).Breaches != 1 || r.To.Sub(r.From) < time.Hour {
			t.Errorf("row 16 has not one breach, in the second round:\n%s", printed(r))
		}
	})
}

// TestInwardAddresses: the request itself is the breach, whatever it finds.
func TestInwardAddresses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://169.254.169.254/latest", "http://localhost./", "http://[::ffff:127.0.0.1]/", "http://10.0.0.7:8080/feed"} {
		synctest.Test(t, func(t *testing.T) {
			fake := feedfake.New(feedfake.Config{Feeds: plainFeeds(1)})
			ask(t, fake, url)
			if r := fake.Report(); r.Row(27).Breaches != 1 {
				t.Errorf("%s: row 27 has not one breach:\n%s", url, printed(r))
			}
		})
	}
}

// TestItemsLostByAStop: what was delivered right before a stop must be found all
// the same, as the next answer may be a 304.
func TestItemsLostByAStop(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			fake := feedfake.New(feedfake.Config{Feeds: plainFeeds(1)})
			ask(t, fake, fake.Feeds()[0].URL)
			fake.Stopped()
			fake.Started()
			for i := range 100 {
				if i%2 == 0 || !lost {
					fake.Found(fmt.Sprintf("https://h1.example/p001/item/%d.html", i))
				}
			}
			if r := fake.Report(); (r.Row(5).Breaches > 0) != lost {
				t.Errorf("lost %v:\n%s", lost, printed(r))
			}
		})
	}
}

// TestPollerThatNeverPolls: it breaks no rule of requests, and is not perfect.
func TestPollerThatNeverPolls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := feedfake.New(feedfake.Config{Feeds: plainFeeds(5)})
		time.Sleep(24 * time.Hour)
		if r := fake.Report(); r.Row(14).Breaches != 5 {
			t.Errorf("row 14 has not five breaches:\n%s", printed(r))
		}
	})
}
