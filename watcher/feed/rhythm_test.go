package feed_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// drawTimes draws dates as feeds give them around a poll, most of them sane.
func drawTimes(t *rapid.T, polled time.Time) []time.Time {
	date := rapid.OneOf(
		rapid.Map(rapid.Int64Range(0, 3*day), func(ago int64) time.Time { return polled.Add(-time.Duration(ago) * time.Second) }),
		rapid.Map(rapid.Int64Range(0, 60), func(ago int64) time.Time { return polled.Add(-time.Duration(ago) * time.Minute) }),
		rapid.SampledFrom([]time.Time{{}, time.Unix(0, 0), time.Unix(-1, 0), polled, polled.AddDate(1, 0, 0),
			time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), polled.AddDate(-30, 0, 0)}),
	)
	return rapid.SliceOfN(date, 0, 100).Draw(t, "appeared")
}

// drawRhythm learns from a random life of a feed, with clocks that are set back
// now and then.
func drawRhythm(t *rapid.T, check func(before, after news.Rhythm, waited time.Duration, gap bool)) (news.Rhythm, time.Time) {
	var r news.Rhythm
	now := time.Unix(start, 0)
	for range rapid.IntRange(0, 60).Draw(t, "polls") {
		step := rapid.OneOf(rapid.Just(feed.Pause(r)), rapid.Map(rapid.Int64Range(-2*day, 40*day),
			func(s int64) time.Duration { return time.Duration(s) * time.Second })).Draw(t, "step")
		now = now.Add(step)
		gap := rapid.Bool().Draw(t, "gap")
		next := feed.Observe(r, now, drawTimes(t, now), gap, 1)
		if check != nil {
			check(r, next, step, gap)
		}
		r = next
	}
	return r, now
}

func TestRhythmKeepsItsBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, _ := drawRhythm(t, func(before, after news.Rhythm, waited time.Duration, gap bool) {
			if before.Polled == 0 {
				return
			}
			most := 3 * max(before.Interval, waited) / 2
			if gap {
				most = before.Interval / 2
			}
			if after.Interval > max(most, time.Minute) {
				t.Fatalf("interval grew from %v to %v after a wait of %v, want at most %v", before.Interval, after.Interval, waited, most)
			}
		})
		if !slices.IsSorted(r.Times) || len(slices.Compact(slices.Clone(r.Times))) != len(r.Times) || len(r.Times) > 50 {
			t.Fatalf("times %v: want at most 50, rising", r.Times)
		}
		if p := feed.Pause(r); p != 0 && (p < time.Minute || p > 6*time.Hour) {
			t.Fatalf("pause %v, want 0 or from a minute to six hours", p)
		}
		if r.Polled != 0 && feed.Pause(r) == 0 {
			t.Fatal("no pause after a poll")
		}
	})
}

// TestRhythmIsSmall holds the size of what is stored with each poll.
func TestRhythmIsSmall(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, _ := drawRhythm(t, nil)
		stored, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if len(stored) > 1200 {
			t.Fatalf("%d bytes: %s", len(stored), stored)
		}
		var back news.Rhythm
		if err := json.Unmarshal(stored, &back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(len(r.Times), len(back.Times)); d != "" || back.Interval != r.Interval || back.Hours != r.Hours {
			t.Fatalf("stored %+v, got back %+v", r, back)
		}
	})
}

// TestRhythmBelievesNoAbsurdDate holds that dates outside of the time since the
// last poll tell only that something came: as one item, however many they are.
func TestRhythmBelievesNoAbsurdDate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, _ := drawRhythm(t, nil)
		if r.Polled == 0 {
			return
		}
		last := time.Unix(r.Polled, 0)
		now := last.Add(time.Hour)
		absurd := rapid.OneOf(
			rapid.SampledFrom([]time.Time{{}, time.Unix(0, 0), now, now.AddDate(0, 0, 1), now.AddDate(8000, 0, 0), last, last.AddDate(-1, 0, 0)}),
			rapid.Map(rapid.Int64Range(0, 9*day), func(ago int64) time.Time { return last.Add(-time.Duration(ago) * time.Second) }))
		dates := rapid.SliceOfN(absurd, 1, 200).Draw(t, "absurd")
		got := feed.Observe(r, now, dates, false, 1)
		want := feed.Observe(r, now, []time.Time{now}, false, 1)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%v made another rhythm than one item without a date (-want +got):\n%s", dates, d)
		}
	})
}

func TestRhythmLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, now := drawRhythm(t, nil)
		before := r
		before.Times = slices.Clone(r.Times)
		now = now.Add(time.Hour)
		feed.Observe(r, now, drawTimes(t, now), true, 1)
		if d := cmp.Diff(before, r); d != "" {
			t.Fatalf("changed (-before +after):\n%s", d)
		}
	})
}

// settled asks a feed for two weeks, as it wants to be asked, and returns the
// mean pause of the second.
func settled(items func(from, to time.Time) []time.Time) time.Duration {
	var r news.Rhythm
	now := time.Unix(start, 0)
	polls := 0
	for last, end := now, now.Add(14*24*time.Hour); now.Before(end); {
		r = feed.Observe(r, now, items(last, now), false, 1)
		last = now
		now = now.Add(feed.Pause(r))
		if now.After(end.Add(-7 * 24 * time.Hour)) {
			polls++
		}
	}
	return 7 * 24 * time.Hour / time.Duration(polls)
}

// itemEach brings an item each so often, at no steady minute.
func itemEach(gap time.Duration) func(from, to time.Time) []time.Time {
	gap += 7 * time.Second
	return func(from, to time.Time) []time.Time {
		var out []time.Time
		for at := from.Truncate(gap).Add(gap); !at.After(to); at = at.Add(gap) {
			out = append(out, at)
		}
		return out
	}
}

func TestMoreNewsMeansShorterPauses(t *testing.T) {
	t.Parallel()
	before := time.Duration(0)
	for _, gap := range []time.Duration{2 * time.Minute, 11 * time.Minute, 47 * time.Minute, 3 * time.Hour, 13 * time.Hour, 80 * time.Hour} {
		got := settled(itemEach(gap))
		t.Logf("an item each %v: asked each %v", gap, got.Round(time.Second))
		if got <= before {
			t.Errorf("an item each %v: asked each %v, want more than %v", gap, got, before)
		}
		before = got
	}
	if before > 6*time.Hour {
		t.Errorf("asked each %v, want at most 6 hours", before)
	}
}

// TestBrokenDatesDoNotDrivePolls asks feeds that date their items in odd ways,
// one each two hours, and holds their pace near to that of a sane feed.
func TestBrokenDatesDoNotDrivePolls(t *testing.T) {
	t.Parallel()
	sane := itemEach(2 * time.Hour)
	want := settled(sane)
	for name, date := range map[string]func(item, polled time.Time) time.Time{
		"always now":        func(_, polled time.Time) time.Time { return polled },
		"1970":              func(time.Time, time.Time) time.Time { return time.Unix(0, 0) },
		"a day ahead":       func(item, _ time.Time) time.Time { return item.AddDate(0, 0, 1) },
		"wrong zone":        func(item, _ time.Time) time.Time { return item.Add(-5 * time.Hour) },
		"the day's start":   func(item, _ time.Time) time.Time { return item.Truncate(24 * time.Hour) },
		"all the same time": func(time.Time, time.Time) time.Time { return time.Unix(start-1000, 0) },
	} {
		got := settled(func(from, to time.Time) []time.Time {
			items := sane(from, to)
			for i := range items {
				items[i] = date(items[i], to)
			}
			return items
		})
		t.Logf("%s: asked each %v, sane dates %v", name, got.Round(time.Second), want.Round(time.Second))
		if got < want*2/3 || got > want*3/2 {
			t.Errorf("%s: asked each %v, want about %v", name, got, want)
		}
	}
}

// TestSilentFeedRests follows a feed that ends.
func TestSilentFeedRests(t *testing.T) {
	t.Parallel()
	r := feed.Observe(news.Rhythm{}, time.Unix(start, 0), []time.Time{time.Unix(start-5000, 0), time.Unix(start-900, 0)}, false, 1)
	if got := feed.Pause(r); got > time.Hour {
		t.Errorf("after the first poll: %v, want at most an hour", got)
	}
	want := map[int64]time.Duration{10: 6 * time.Hour, 60: 6 * time.Hour}
	for now := time.Unix(start, 0); now.Unix() < start+61*day; {
		now = now.Add(feed.Pause(r))
		r = feed.Observe(r, now, nil, false, 1)
		silent := (now.Unix() - start) / day
		if most := want[silent]; most != 0 && (feed.Pause(r) > most || feed.Pause(r) <= most/2) {
			t.Errorf("day %d: asked again after %v, want up to %v", silent, feed.Pause(r), most)
		}
	}
	now := time.Unix(r.Polled, 0).Add(24 * time.Hour)
	for range 10 {
		r = feed.Observe(r, now, itemEach(20*time.Minute)(now.Add(-time.Hour), now), false, 1)
		now = now.Add(time.Hour)
	}
	if got := feed.Pause(r); got > time.Hour {
		t.Errorf("it is back, and asked each %v, want at most an hour", got)
	}
}

func TestNothingKnown(t *testing.T) {
	t.Parallel()
	if got := feed.Pause(news.Rhythm{}); got != 0 {
		t.Errorf("got %v, want 0", got)
	}
	if got := feed.Observe(news.Rhythm{}, time.Time{}, []time.Time{{}}, true, 1); got.Polled != 0 {
		t.Errorf("a poll at no time was learned from: %+v", got)
	}
}

// TestRhythmSpreadsFeeds polls many feeds in the same seconds whose items come on
// the hour, and holds that they do not all come back in one.
func TestRhythmSpreadsFeeds(t *testing.T) {
	t.Parallel()
	const feeds = 3000
	var seconds [300]int
	for i := range int64(feeds) {
		now := time.Unix(start+day+i%3, 0)
		var there []time.Time
		for h := range int64(20) {
			if (h+i)%7 < 3 || i>>h&1 == 1 {
				there = append(there, time.Unix(start+h*hour, 0))
			}
		}
		r := feed.Observe(news.Rhythm{}, now, there, false, 1)
		for range 6 {
			now = now.Add(feed.Pause(r))
			r = feed.Observe(r, now, []time.Time{now.Truncate(time.Hour)}, false, 1)
		}
		seconds[now.Unix()%300]++
	}
	if most := slices.Max(seconds[:]); most > 3*feeds/300 {
		t.Errorf("%d of %d feeds are asked in the same second of 300, want at most %d", most, feeds, 3*feeds/300)
	}
}

func BenchmarkObserve(b *testing.B) {
	var r news.Rhythm
	now := time.Unix(start, 0)
	for range 500 {
		now = now.Add(20 * time.Minute)
		r = feed.Observe(r, now, []time.Time{now.Add(-7 * time.Minute)}, false, 1)
	}
	now = now.Add(20 * time.Minute)
	b.ReportAllocs()
	for b.Loop() {
		feed.Observe(r, now, []time.Time{now.Add(-7 * time.Minute)}, false, 1)
	}
}
