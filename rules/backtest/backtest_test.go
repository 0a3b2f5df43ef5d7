package backtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/rules"
	"newswatch/rules/backtest"
)

var update = flag.Bool("update", false, "rewrite the expected report in testdata")

// archive is items in memory, sorted by when they were fetched.
type archive []news.Item

func (a archive) Items(ctx context.Context, since time.Time, fn func(news.Item) error) error {
	for _, it := range a {
		if it.Fetched.Before(since) {
			continue
		}
		if err := errors.Join(ctx.Err(), fn(it)); err != nil {
			return err
		}
	}
	return nil
}

func (a archive) CountItems(_ context.Context, from, to time.Time) (items, feeds int, err error) {
	for _, it := range a {
		if it.Fetched.After(from) && !it.Fetched.After(to) {
			items++
		}
	}
	return items, 0, nil
}

// verdicts judges by a table: item, rule, score.
type verdicts map[string]map[string]int

func (v verdicts) Hits(_ context.Context, items []news.Item) ([][]news.Hit, error) {
	hits := make([][]news.Hit, len(items))
	for i, it := range items {
		for _, rule := range slices.Sorted(maps.Keys(v[it.ID])) {
			hits[i] = append(hits[i], news.Hit{ItemID: it.ID, Rule: rule, Score: v[it.ID][rule], Why: "by " + rule})
		}
	}
	return hits, nil
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	when, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// TestReport holds two rule files against a few items and reads the whole report:
// a word that was added, a mask, a rule that came and one that went, a boost, a
// feed whose weight changed, a baseline, a feed that is not in the file, and an
// item just after midnight in Vienna.
func TestReport(t *testing.T) {
	t.Parallel()
	item := func(id, feed, when, title string, change ...func(*news.Item)) news.Item {
		it := news.Item{ID: id, FeedID: feed, FeedName: "Feed " + feed, URL: "https://x.example/" + id, Title: title, Lang: "en", Fetched: at(t, when)}
		for _, c := range change {
			c(&it)
		}
		return it
	}
	baseline := func(it *news.Item) { it.Baseline = true }
	items := archive{
		item("old", "aster", "2026-03-01 10:00", "A truce before the time that is asked for"),
		item("a", "aster", "2026-03-10 10:00", "A truce for the valley"),
		item("b", "borel", "2026-03-10 11:00", "Cease-fire in the valley"),
		item("c", "aster", "2026-03-10 23:30", "The quay is closed"),
		item("d", "borel", "2026-03-11 08:00", "Quay Street is closed"),
		item("e", "aster", "2026-03-11 09:00", "The ferries wait for the storm", baseline),
		item("f", "third", "2026-03-11 10:00", "Cease-fire is over", baseline),
		item("g", "aster", "2026-03-11 11:00", "Nothing happened"),
		item("h", "aster", "2026-03-12 00:00", "A truce after the time that is asked for"),
	}
	before, after := load(t, "testdata/before.yaml"), load(t, "testdata/after.yaml")
	report, err := backtest.Run(t.Context(), backtest.Config{
		Archive: items, Since: at(t, "2026-03-10 00:00"), Until: at(t, "2026-03-12 00:00"), Location: after.File.Settings.Timezone,
		Before: backtest.Side{Judge: backtest.Rules(before), File: before.File},
		After:  backtest.Side{Judge: backtest.Rules(after), File: after.File},
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/report.json", report)
}

func golden(t *testing.T, path string, v any) {
	t.Helper()
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got.String(), string(want))
}

// Rules of which only hits are known come last, and who wants every rule of the
// new file loses them.
func TestUnknownRulesAreGone(t *testing.T) {
	t.Parallel()
	when := at(t, "2026-03-10 10:00")
	report, err := backtest.Run(t.Context(), backtest.Config{
		Archive: archive{{ID: "a", Fetched: when}}, Since: when, Until: when.Add(time.Hour),
		Before: backtest.Side{Judge: verdicts{"a": {"zebra": 1, "yak": 2}}},
		After: backtest.Side{Judge: verdicts{}, File: &rules.File{
			Rules: []rules.Rule{{ID: "new"}, {ID: "newer"}},
			Plans: []news.Plan{{ID: "all", Rules: []string{"new", "newer"}, MinScore: 2}, {ID: "some", Rules: []string{"new"}}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range report.Rules {
		got = append(got, fmt.Sprint(r.ID, " ", r.Title, " ", r.Gone, " ", r.Lost))
	}
	for _, p := range report.Plans {
		got = append(got, fmt.Sprint(p.ID, " ", p.Lost))
	}
	equal(t, got, []string{"new new false 0", "newer newer false 0", "yak yak true 1", "zebra zebra true 1", "all 1", "some 0"})
}

func TestNothingStored(t *testing.T) {
	t.Parallel()
	when := at(t, "2026-03-10 10:00")
	for name, items := range map[string]archive{
		"nothing at all":    nil,
		"before the time":   {{ID: "a", Fetched: when.Add(-time.Hour)}},
		"just at its end":   {{ID: "a", Fetched: when.Add(time.Hour)}},
		"years after it":    {{ID: "a", Fetched: when.AddDate(9, 0, 0)}},
		"before and behind": {{ID: "a", Fetched: when.Add(-time.Hour)}, {ID: "b", Fetched: when.Add(2 * time.Hour)}},
	} {
		report, err := backtest.Run(t.Context(), backtest.Config{
			Archive: items, Since: when, Until: when.Add(time.Hour),
			Before: backtest.Side{Judge: verdicts{}}, After: backtest.Side{Judge: verdicts{}, File: &rules.File{}},
		})
		if err != nil || report.Items != 0 || report.Matched.Changed() {
			t.Errorf("%s: got %+v, %v", name, report, err)
		}
	}
}

// However many workers read, and however the items are spread over the time, the
// report is that of a plain count.
func TestWorkersAgree(t *testing.T) {
	t.Parallel()
	for name, spread := range map[string]struct {
		burst int // items that come at one moment
		step  time.Duration
	}{
		"all at once":           {50_000, 0},
		"in two bursts":         {25_000, 20 * 24 * time.Hour},
		"one each millisecond":  {1, time.Millisecond},
		"many each millisecond": {333, time.Millisecond},
		"over the whole time":   {7, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			workersAgree(t, spread.burst, spread.step)
		})
	}
}

func workersAgree(t *testing.T, burst int, step time.Duration) {
	const items = 50_000 // several spans
	start := at(t, "2026-03-10 00:00")
	file := &rules.File{
		Rules: []rules.Rule{{ID: "a"}, {ID: "b"}, {ID: "c"}},
		Plans: []news.Plan{{ID: "p", Rules: []string{"a", "c"}, MinScore: 50}, {ID: "q", Rules: []string{"b"}}},
	}
	random := rand.New(rand.NewPCG(uint64(burst), uint64(step)))
	stored, before, after := make(archive, items), verdicts{}, verdicts{}
	for i := range stored {
		id := fmt.Sprintf("%05d", i)
		stored[i] = news.Item{ID: id, Fetched: start.Add(time.Duration(i/burst) * step), Baseline: i%9 == 0}
		if i%16 == 0 {
			before[id], after[id] = verdict(random), verdict(random)
		}
	}
	run := func(workers int) (*backtest.Report, []int) {
		var calls []int
		report, err := backtest.Run(t.Context(), backtest.Config{
			Archive: stored, Since: start, Until: start.AddDate(0, 0, 30), Workers: workers,
			Before: backtest.Side{Judge: before}, After: backtest.Side{Judge: after, File: file},
			Progress: func(done, total int) {
				if done > total {
					t.Errorf("%d of %d done", done, total)
				}
				calls = append(calls, done)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return report, calls
	}
	one, calls := run(1)
	if !slices.IsSorted(calls) || calls[len(calls)-1] != items {
		t.Errorf("progress ends with %d of %d", calls[len(calls)-1], items)
	}
	many, _ := run(3)
	equal(t, many, one)
	checkCounts(t, one, before, after)
}

// verdict makes hits by chance.
func verdict(random *rand.Rand) map[string]int {
	hits := map[string]int{}
	for _, rule := range []string{"a", "b", "c"} {
		if random.IntN(4) == 0 {
			hits[rule] = random.IntN(100)
		}
	}
	return hits
}

// checkCounts compares a report with a count of its own.
func checkCounts(t *testing.T, report *backtest.Report, before, after verdicts) {
	for _, rule := range report.Rules {
		var want backtest.Delta
		for id := range before {
			b, was := before[id][rule.ID]
			a, is := after[id][rule.ID]
			for _, c := range []struct {
				n  *int
				on bool
			}{
				{&want.Before, was}, {&want.After, is}, {&want.New, is && !was}, {&want.Lost, was && !is},
				{&want.Higher, was && is && a > b}, {&want.Lower, was && is && a < b},
			} {
				if c.on {
					*c.n++
				}
			}
		}
		got := rule.Delta
		var days backtest.Counts
		for _, d := range got.Days {
			days.Before, days.After, days.New, days.Lost = days.Before+d.Before, days.After+d.After, days.New+d.New, days.Lost+d.Lost
		}
		if days != got.Counts {
			t.Errorf("%s: the days sum up to %+v, the whole is %+v", rule.ID, days, got.Counts)
		}
		if !slices.IsSortedFunc(got.NewItems, func(a, b backtest.Example) int { return b.Fetched.Compare(a.Fetched) }) || len(got.NewItems) > 5 {
			t.Errorf("%s: the examples are not the five newest: %+v", rule.ID, got.NewItems)
		}
		got.Days, got.NewItems, got.LostItems, got.ScoredItems = nil, nil, nil, nil
		equal(t, got, want)
	}
}

// broken fails in one way or another.
type broken struct {
	archive
	items, count, hits error
}

func (b broken) Items(ctx context.Context, since time.Time, fn func(news.Item) error) error {
	return errors.Join(b.archive.Items(ctx, since, fn), b.items)
}

func (b broken) CountItems(ctx context.Context, from, to time.Time) (items, feeds int, err error) {
	items, feeds, _ = b.archive.CountItems(ctx, from, to)
	return items, feeds, b.count
}

func (b broken) Hits(_ context.Context, items []news.Item) ([][]news.Hit, error) {
	return make([][]news.Hit, len(items)), b.hits
}

// record fails to say what was stored.
type record struct{ err error }

func (r record) Hits(context.Context, []string) (map[string][]news.Hit, error) { return nil, r.err }

func TestErrorsComeBack(t *testing.T) {
	t.Parallel()
	when := at(t, "2026-03-10 10:00")
	failed := errors.New("it failed")
	for name, b := range map[string]broken{"items": {items: failed}, "count": {count: failed}, "hits": {hits: failed}} {
		b.archive = archive{{ID: "a", Fetched: when}}
		side := backtest.Side{Judge: b, File: &rules.File{}}
		_, err := backtest.Run(t.Context(), backtest.Config{Archive: b, Before: side, After: side, Since: when, Until: when.Add(time.Hour)})
		if !errors.Is(err, failed) {
			t.Errorf("%s: got %v, want %v", name, err, failed)
		}
	}
	_, err := backtest.Recorded(record{failed}).Hits(t.Context(), []news.Item{{ID: "a"}})
	if !errors.Is(err, failed) {
		t.Errorf("got %v, want %v", err, failed)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	when := at(t, "2026-03-10 10:00")
	items := make(archive, 5000)
	for i := range items {
		items[i] = news.Item{ID: fmt.Sprint(i), Fetched: when}
	}
	side := backtest.Side{Judge: verdicts{}, File: &rules.File{}}
	_, err := backtest.Run(ctx, backtest.Config{
		Archive: items, Before: side, After: side, Since: when, Until: when.Add(time.Hour),
		Progress: func(done, _ int) {
			cancel()
			if done > 4*250 {
				t.Errorf("went on to %d items", done)
			}
		},
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func equal[T any](t testing.TB, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
