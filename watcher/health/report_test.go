package health_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/watcher/health"
)

// desk is a desk with these feeds' states, by their ids.
func desk(told map[string]health.Told, states ...news.FeedState) health.Desk {
	d := health.Desk{States: map[string]news.FeedState{}, Told: told, Zone: time.UTC, Now: now()}
	for _, s := range states {
		d.Feeds = append(d.Feeds, news.Feed{ID: s.FeedID, URL: "https://" + s.FeedID + ".example/rss"})
		d.States[s.FeedID] = s
	}
	return d
}

func named(id string, s news.FeedState) news.FeedState {
	s.FeedID = id
	return s
}

func TestReport(t *testing.T) {
	t.Parallel()
	gaps := fine(every(time.Hour, 50, ago(time.Hour)))
	gaps.Memory.Gaps, gaps.Memory.GapAt = 2, ago(3*time.Hour)
	d := desk(map[string]health.Told{"borel": {State: health.Failing}, "dunmore": {State: health.Silent}, "no-more": {State: health.Gone}},
		named("aster", fine(every(time.Hour, 50, ago(time.Hour)))),
		named("borel", failing(news.FailMissing, 404, 9, 5*day)),
		named("corvo", failing(news.FailMissing, 404, 9, 2*day)),
		named("dunmore", fine(every(time.Hour, 50, ago(time.Hour)))),
		named("esker", fine(every(time.Hour, 50, ago(9*day)))),
		named("fjord", failing(news.FailBlocked, 403, 4, 400*day)),
		named("gull", gaps),
		named("harbour", failing(news.FailServer, 500, 2, time.Hour)),
	)
	r := health.NewReport(d)
	want := `Feeds need a look: 2 failing, 1 blocked, 1 silent, 1 with gaps, 1 back again
Failing: 404: there is nothing at its address (2)
  + corvo  since Tue 10 Mar 12:00
    borel  since Sat 7 Mar 12:00
  -> it has moved or was ended: newswatch feeds discover finds what the site offers now
Silent (1)
  + esker  nothing new for 9 days, it used to bring something about every hour
  -> see on its site whether it was ended; newswatch feeds discover finds what is offered there now
Blocked: 403: the publisher's bot wall, or a ban (1)
  + fjord  since 5 Feb 2025
  -> try a user_agent: that names you, or ask the publisher to let newswatch in; it never pretends to be a browser
Gaps: items may have been missed (1)
  + gull  last Thu 12 Mar 09:00
  -> more came at once than the feed shows: give it a shorter poll: or min_interval:
Back again: dunmore
3 other feeds are well. newswatch feeds lists all, newswatch feeds explain ID shows one in full.`
	got := strings.Join([]string{r.Headline + ": " + r.Subject, r.Detail, r.Footer}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !r.News || !r.Trouble {
		t.Errorf("news %v, trouble %v; want both", r.News, r.Trouble)
	}
	d.Told = r.Told
	if again := health.NewReport(d); again.News {
		t.Errorf("told twice:\n%s", again.Detail)
	}
}

// When nothing can be reached, it is said once that the fault is here.
func TestReportOfAnOutage(t *testing.T) {
	t.Parallel()
	var states []news.FeedState
	for i := range 50 {
		states = append(states, named(fmt.Sprintf("f%02d", i), failing(news.FailNetwork, 0, 9, day)))
	}
	r := health.NewReport(desk(nil, states...))
	first, _, _ := strings.Cut(r.Detail, "\n")
	if !strings.Contains(first, "this machine's network") || !strings.Contains(r.Detail, "and 44 more") || strings.Count(r.Detail, "\n") > 12 {
		t.Errorf("got\n%s", r.Detail)
	}
}

// A feed that is well for a moment between two failures, and one that fails for
// another reason, is no news.
func TestReportKeepsQuietOfFlapping(t *testing.T) {
	t.Parallel()
	told := health.NewReport(desk(nil, named("a", failing(news.FailMissing, 404, 9, 2*day)))).Told
	for name, s := range map[string]news.FeedState{
		"failing anew":             failing(news.FailMissing, 404, 1, time.Hour),
		"failing in another way":   failing(news.FailBlocked, 403, 9, 3*day),
		"asked to pause meanwhile": failing(news.FailLimited, 429, 1, time.Hour),
	} {
		r := health.NewReport(desk(told, named("a", s)))
		if r.News || r.Told["a"].State == "" {
			t.Errorf("%s: news %v, told %v; want no news of a feed that is still known as failing", name, r.News, r.Told)
		}
	}
	gone := failing(news.FailGone, 410, 3, 3*day)
	gone.Memory.Gone = true
	if r := health.NewReport(desk(told, named("a", gone))); !r.News {
		t.Error("that a failing feed is gone for good is no news")
	}
}

// Whatever becomes of feeds from day to day: nothing is told twice, what is told
// fits into a message, and a feed that is well is never called otherwise.
func TestReportsOfAnyDays(t *testing.T) {
	t.Parallel()
	classes := []news.FailClass{"", news.FailNetwork, news.FailMissing, news.FailBlocked, news.FailLimited, news.FailServer, news.FailDamaged, news.FailOther}
	rapid.Check(t, func(t *rapid.T) {
		feeds := rapid.IntRange(1, 60).Draw(t, "feeds")
		var told map[string]health.Told
		for range rapid.IntRange(1, 5).Draw(t, "days") {
			var states []news.FeedState
			for i := range feeds {
				s := fine(every(time.Hour, 20, ago(time.Hour)))
				if c := rapid.SampledFrom(classes).Draw(t, "class"); c != "" {
					s = failing(c, 0, rapid.IntRange(1, 5).Draw(t, "fails"), time.Duration(rapid.IntRange(0, 99).Draw(t, "hours"))*time.Hour)
				}
				s.Memory.Gaps = rapid.IntRange(0, 2).Draw(t, "gaps")
				states = append(states, named(fmt.Sprintf("f%02d", i), s))
			}
			d := desk(told, states...)
			r := health.NewReport(d)
			if n := strings.Count(r.Detail, "\n"); n > 30 {
				t.Errorf("%d lines", n)
			}
			d.Told = r.Told
			if again := health.NewReport(d); again.News {
				t.Errorf("told twice: %s", again.Detail)
			}
			if r.News && r.Detail == "" {
				t.Error("there is news, but nothing is told")
			}
			for _, s := range states {
				if s.Fails == 0 && s.Memory.Class == "" && r.Told[s.FeedID].State != "" {
					t.Errorf("%s is well, and known as %s", s.FeedID, r.Told[s.FeedID].State)
				}
			}
			told = r.Told
		}
	})
}
