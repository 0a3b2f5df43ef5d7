package health_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/health"
)

func now() time.Time { return time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC) } // a Thursday

func ago(d time.Duration) time.Time { return now().Add(-d) }

const day = 24 * time.Hour

// every gives the moments of n items, the last of them some time ago.
func every(gap time.Duration, n int, last time.Time) []int64 {
	times := make([]int64, n)
	for i := range times {
		times[i] = last.Add(-gap * time.Duration(n-1-i)).Unix()
	}
	return times
}

// fine is a feed that was polled well a minute ago.
func fine(times []int64) news.FeedState {
	return news.FeedState{
		FeedID: "a", PolledAt: ago(time.Minute), OKAt: ago(time.Minute), Baselined: true,
		Memory: news.FeedMemory{Rhythm: news.Rhythm{Times: times}},
	}
}

func failing(c news.FailClass, status, fails int, since time.Duration) news.FeedState {
	return news.FeedState{
		FeedID: "a", PolledAt: ago(time.Minute), OKAt: ago(since + time.Hour), Fails: fails, Error: "fetch: it said no",
		Memory: news.FeedMemory{Class: c, Status: status, FailedAt: ago(since)},
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	away := fine(every(time.Hour, 50, ago(9*day)))
	away.OKAt = ago(9*day - time.Hour)
	old := failing("", 0, 3, 0)
	old.Memory.FailedAt, old.OKAt = time.Time{}, ago(2*day)
	gone := failing(news.FailGone, 410, 2, 3*day)
	gone.Memory.Gone, gone.Memory.GoneAt = true, ago(3*day)
	damaged := fine(nil)
	damaged.Memory.Class, damaged.Memory.FailedAt = news.FailDamaged, ago(2*day)
	friday := time.Date(2026, 3, 6, 18, 0, 0, 0, time.UTC)
	weekend := fine(every(30*time.Minute, 50, friday))
	weekend.OKAt = friday.Add(3*day + 15*time.Hour) // Tuesday morning, after a holiday
	for name, c := range map[string]struct {
		state news.FeedState
		want  health.State
		told  bool
		why   string
	}{
		"never polled":                           {news.FeedState{}, health.New, false, ""},
		"well":                                   {fine(every(time.Hour, 50, ago(2*time.Hour))), health.OK, false, ""},
		"failing for an hour":                    {failing(news.FailMissing, 404, 2, time.Hour), health.Failing, false, "404"},
		"failing for a day":                      {failing(news.FailMissing, 404, 9, day), health.Failing, true, "404"},
		"failing since before this was noted":    {old, health.Failing, true, "it said no"},
		"a server that is broken":                {failing(news.FailServer, 502, 9, day), health.Failing, true, "status 502 Bad Gateway"},
		"blocked once":                           {failing(news.FailBlocked, 403, 1, 0), health.Blocked, false, "bot wall"},
		"blocked twice":                          {failing(news.FailBlocked, 403, 2, 4*time.Hour), health.Blocked, true, "bot wall"},
		"asked to pause":                         {failing(news.FailLimited, 429, 1, time.Hour), health.Limited, false, "pause"},
		"asked to pause for days":                {failing(news.FailLimited, 429, 9, 2*day), health.Limited, true, "pause"},
		"ended":                                  {gone, health.Gone, true, "410"},
		"cut off for days":                       {damaged, health.Damaged, true, "cut off"},
		"hourly, quiet for two days":             {fine(every(time.Hour, 50, ago(2*day))), health.OK, false, ""},
		"hourly, quiet for four days":            {fine(every(time.Hour, 50, ago(4*day))), health.Silent, true, "nothing new for 4 days, it used to bring something about every hour"},
		"weekly, quiet for two weeks":            {fine(every(7*day, 20, ago(14*day))), health.OK, false, ""},
		"weekly, quiet for four weeks":           {fine(every(7*day, 20, ago(28*day))), health.Silent, true, "about every week"},
		"hourly, and the daemon was away":        {away, health.OK, false, ""},
		"one item ever":                          {fine(every(0, 1, ago(40*day))), health.OK, false, ""},
		"all items at once":                      {fine(every(0, 50, ago(40*day))), health.OK, false, ""},
		"one item in a hundred days":             {fine(every(0, 1, ago(100*day))), health.Silent, true, "nothing new for 100 days"},
		"no item ever":                           {fine(nil), health.OK, false, ""},
		"a day of a feed, then a long weekend":   {weekend, health.OK, false, ""},
		"a day of a feed, then a working week":   {fine(every(30*time.Minute, 50, ago(6*day))), health.Silent, true, ""},
		"ten items at once, each week, for long": {fine(batches(10, 7*day, 5, ago(13*day))), health.OK, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := health.Judge(c.state, now())
			if h.State != c.want || h.Told != c.told {
				t.Errorf("got %s, told %v; want %s, told %v (%+v)", h.State, h.Told, c.want, c.told, h)
			}
			if !strings.Contains(h.Why, c.why) || (h.Why == "") != (h.State == health.OK || h.State == health.New) {
				t.Errorf("why: %q, want %q in it", h.Why, c.why)
			}
			if h.Told && (h.Since.IsZero() || h.Advice == "") {
				t.Errorf("%s is told without since when (%s) or what to do (%q)", h.State, h.Since, h.Advice)
			}
		})
	}
}

func batches(size int, gap time.Duration, n int, last time.Time) (times []int64) {
	for i := range n {
		for j := range size {
			times = append(times, last.Add(-gap*time.Duration(n-1-i)).Unix()+int64(j))
		}
	}
	return times
}

// Each kind of failure has words of its own, and a way on.
func TestExplainEveryFailure(t *testing.T) {
	t.Parallel()
	said := map[string]news.FailClass{}
	for _, c := range []news.FailClass{
		news.FailNetwork, news.FailTimeout, news.FailTLS, news.FailForbidden, news.FailRedirect, news.FailGone, news.FailMissing,
		news.FailBlocked, news.FailLimited, news.FailServer, news.FailNotFeed, news.FailDamaged, news.FailBomb, news.FailOther,
	} {
		what, advice := health.Explain(c, 0)
		if other, twice := said[what]; twice || advice == "" {
			t.Errorf("%s: %q, %q (as %s)", c, what, advice, other)
		}
		said[what] = c
	}
}

// outlet is how often a feed brings something in an hour of the week.
type outlet struct {
	name string
	rate func(at time.Time) float64
}

func workdays(at time.Time) bool { return at.Weekday() != time.Saturday && at.Weekday() != time.Sunday }

func officeHours(at time.Time) bool { return at.Hour() >= 8 && at.Hour() < 18 }

func outlets() []outlet {
	when := func(ok func(time.Time) bool, rate float64) func(time.Time) float64 {
		return func(at time.Time) float64 {
			if ok(at) {
				return rate
			}
			return 0
		}
	}
	office := func(at time.Time) bool { return workdays(at) && officeHours(at) }
	return []outlet{
		{name: "agency, round the clock", rate: func(time.Time) float64 { return 12 }},
		{name: "paper, by day", rate: when(officeHours, 3)},
		{name: "paper, by day and sleepy at weekends", rate: func(at time.Time) float64 {
			switch {
			case !officeHours(at):
				return 0.02
			case workdays(at):
				return 4
			}
			return 0.1
		}},
		{name: "ministry, in office hours", rate: when(office, 2)},
		{name: "institute, now and then", rate: when(office, 0.15)},
		{name: "columnist, on Mondays", rate: when(func(at time.Time) bool { return at.Weekday() == time.Monday && at.Hour() == 9 }, 1)},
		{name: "blog, twice a week at random", rate: func(time.Time) float64 { return 2.0 / 168 }},
		{name: "blog, twice a month at random", rate: func(time.Time) float64 { return 2.0 / 720 }},
	}
}

// kept is how many moments a feed's state remembers.
const kept = 50

// A year of each kind of outlet with a look each morning: living feeds are called
// silent hardly ever, and dead ones before long.
func TestSilenceOverAYear(t *testing.T) {
	t.Parallel()
	for _, o := range outlets() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			wrong, late := 0, time.Duration(0)
			for seed := range uint64(20) {
				alarms, delay := year(o, rand.New(rand.NewPCG(seed, 7)))
				wrong += alarms
				late = max(late, delay)
			}
			t.Logf("%d false alarms in 20 years, a dead feed is told of after %s at the latest", wrong, late)
			if wrong > 4 {
				t.Errorf("%d false alarms in 20 years, want 4 at most", wrong)
			}
			if late > 200*day {
				t.Errorf("a dead feed is told of after %s", late)
			}
		})
	}
}

// year plays an outlet that dies after a year. An alarm is a silence that begins.
func year(o outlet, rnd *rand.Rand) (alarms int, delay time.Duration) {
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	died := start.Add(365 * day)
	var times []int64
	silent := false
	for at := start; ; at = at.Add(time.Hour) {
		if at.Before(died) && rnd.Float64() < 1-math.Exp(-o.rate(at)) {
			times = append(times, at.Unix()+rnd.Int64N(3600))
			times = times[max(0, len(times)-kept):]
		}
		if at.Hour() != 8 {
			continue
		}
		s := news.FeedState{PolledAt: at, OKAt: at, Memory: news.FeedMemory{Rhythm: news.Rhythm{Times: times}}}
		was := silent
		silent = health.Judge(s, at).State == health.Silent
		switch {
		case at.Before(died) && silent && !was:
			alarms++
		case !at.Before(died) && silent, at.Sub(died) > 400*day:
			return alarms, at.Sub(time.Unix(times[len(times)-1], 0))
		}
	}
}
