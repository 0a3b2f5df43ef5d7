package metrics_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"newswatch/cmd/newswatch/metrics"
	"newswatch/news"
	"newswatch/notify"
	"newswatch/watcher"
	"newswatch/watcher/store"
)

var update = flag.Bool("update", false, "rewrite the table of metrics in docs/operations.md")

// state is one that a census is read from.
type state struct {
	mu     sync.Mutex
	census store.Census
	err    error
	slow   time.Duration
	reads  int
}

// Census implements metrics.State.
func (s *state) Census(_ context.Context, _ time.Duration, most int) (store.Census, error) {
	s.mu.Lock()
	s.reads++
	c, err, slow := s.census, s.err, s.slow
	s.mu.Unlock()
	time.Sleep(slow)
	c.At = time.Now()
	if len(c.Feeds) > most {
		last := c.Feeds[len(c.Feeds)-1]
		c.Feeds, c.Others = c.Feeds[:most], &store.FeedCensus{OKAt: last.OKAt, Fails: last.Fails}
	}
	return c, err
}

// set changes what the next readings meet.
func (s *state) set(f func(s *state)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

// busy is metrics of which each has a value, and the state behind them.
func busy(t *testing.T) (*metrics.Metrics, *state, *bytes.Buffer) {
	log := &bytes.Buffer{}
	m := metrics.New(metrics.Config{Version: "1.0.0", Log: slog.New(slog.NewTextHandler(log, nil))})
	s := &state{census: store.Census{
		Deliveries: map[news.DeliveryState]int{news.Sent: 7, store.Uncertain: 1, news.Held: 2}, Oldest: time.Now().Add(-time.Minute),
		Stories: 3, Feeds: []store.FeedCensus{{ID: "a", OKAt: time.Now()}, {ID: "b", Fails: 4}},
		Plans: []store.PlanCensus{{ID: "desk", Kind: news.DigestPlan, NextAt: time.Now(), LastAt: time.Now()}, {ID: "urgent", Kind: news.AlertPlan}},
		Due:   map[news.Unit]time.Time{news.Hosts: time.Now().Add(-time.Hour), news.Desk: {}}, Bytes: 4096,
	}}
	m.Watch(t.Context(), s, time.Hour)
	work(m)
	return m, s, log
}

// work gives each metric of a process a value.
func work(m *metrics.Metrics) {
	m.Socket(func() bool { return true })
	m.Loops(func() error { return nil }, func() error { return errors.New("nothing but errors") })
	m.Polled(watcher.Poll{Feed: "a", Result: watcher.PollNew, Took: time.Second, Bytes: 100, New: 2, Edited: 1, Seen: 5, Old: 3, Hits: map[string]int{"truce": 2}})
	m.Polled(watcher.Poll{Feed: "b", Result: watcher.PollFailed, Took: 2 * time.Second})
	m.Polled(watcher.Poll{Feed: "b", Result: watcher.PollBusy, Took: time.Hour})
	m.Developed(2)
	m.Built(news.Plan{ID: "desk"}, notify.Outcome{Slot: "s", Stories: 4, Missed: 2})
	m.Attempted(news.Delivery{Kind: news.KindAlert}, notify.Limited)
	m.Resolved(news.Delivery{}, notify.FoundThere)
	m.Plainer(news.Delivery{Rung: 1})
	m.Delivered(news.Delivery{Kind: news.KindAlert}, 3*time.Second)
	m.Loaded("0123456789abcdef")
	m.ClockStepped(-time.Hour)
	m.Called("chat.postMessage", "ratelimited", 30*time.Second)
	m.Wrote(time.Millisecond)
	m.Pinged()
}

// page is what is shown.
func page(m *metrics.Metrics) string {
	return ask(m, "").Body.String()
}

// scrape reads the page as Prometheus does.
func scrape(t *testing.T, m *metrics.Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(page(m)))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// values are what a page says, by name and labels.
func values(families map[string]*dto.MetricFamily) map[string]float64 {
	values := map[string]float64{}
	for name, f := range families {
		for _, one := range f.GetMetric() {
			key := name
			for _, l := range one.GetLabel() {
				key += " " + l.GetValue()
			}
			switch {
			case one.GetHistogram() != nil:
				values[key+" sum"], values[key+" count"] = one.GetHistogram().GetSampleSum(), float64(one.GetHistogram().GetSampleCount())
			default:
				values[key] = one.GetGauge().GetValue() + one.GetCounter().GetValue()
			}
		}
	}
	return values
}

func TestValues(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, _, _ := busy(t)
		got := values(scrape(t, m))
		now := float64(time.Now().Unix())
		for name, want := range map[string]float64{
			"feed_polls_total a new": 1, "feed_polls_total b failed": 1, "feed_polls_total b busy": 1, "feed_bytes_total": 100,
			"items_total a new": 2, "items_total a edited": 1, "items_total a seen": 5, "items_total a too_old": 3, "matches_total truce": 2,
			"feed_poll_duration_seconds sum": 3, "feed_poll_duration_seconds count": 2,
			"story_updates_total": 2, "stories_open": 3, "digest_stories desk sum": 4, "digest_missed_slots_total": 2,
			"delivery_attempts_total alert rate_limited": 1, "delivery_uncertain_resolved_total found": 1, "render_rung_total 1": 1,
			"delivery_latency_seconds alert sum": 3, "deliveries sent": 7, "deliveries uncertain": 1, "deliveries pending": 0, "delivery_oldest_pending_seconds": 60,
			"config_last_reload_successful": 1, "config_last_reload_success_timestamp_seconds": now, "config_hash": 0x0123456789ab,
			"clock_steps_total back": 1, "clock_steps_total ahead": 0, "slack_requests_total ratelimited chat.postMessage": 1, "slack_retry_after_seconds sum": 30,
			"db_write_seconds count": 1, "db_last_write_timestamp_seconds": now, "db_size_bytes": 4096, "ping_last_success_timestamp_seconds": now,
			"feed_last_success_timestamp_seconds a": now, "feed_last_success_timestamp_seconds b": 0, "feed_consecutive_failures b": 4,
			"digest_next_timestamp_seconds desk": now, "work_overdue_seconds hosts": 3600, "work_overdue_seconds desk": 0,
			"state_readable": 1, "alive": 1, "working": 0, "socketmode_connected": 1, "build_info 1.0.0": 1,
		} {
			if value, there := got["newswatch_"+name]; !there || value != want {
				t.Errorf("%s is %v (there: %v), want %v", name, value, there, want)
			}
		}
		m.Rejected()
		if values(scrape(t, m))["newswatch_config_last_reload_successful"] != 0 {
			t.Error("a rejected rule file does not show")
		}
	})
}

// TestTable holds the table of the manual to what there is, by name, type, labels
// and words, and the names to what Prometheus asks of them.
func TestTable(t *testing.T) {
	t.Parallel()
	m, _, _ := busy(t)
	process := metrics.New(metrics.Config{}) // without a state
	work(process)
	own := scrape(t, process)
	var table strings.Builder
	table.WriteString("| metric | type | of | labels | meaning |\n|---|---|---|---|---|\n")
	families := scrape(t, m)
	for _, name := range slices.Sorted(maps.Keys(families)) {
		f := families[name]
		if !strings.HasPrefix(name, "newswatch_") {
			if !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
				t.Errorf("%s: neither ours nor the runtime's", name)
			}
			continue
		}
		labels := map[string]bool{}
		for _, one := range f.GetMetric() {
			for _, l := range one.GetLabel() {
				labels["`"+l.GetName()+"`"] = true
			}
		}
		of := "state"
		if own[name] != nil {
			of = "process"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s |\n", name, strings.ToLower(f.GetType().String()), of, strings.Join(slices.Sorted(maps.Keys(labels)), ", "), f.GetHelp())
	}
	const manual, begin, end = "../../../docs/operations.md", "<!-- the metrics, by go test ./cmd/newswatch/metrics -update -->\n", "<!-- end of the metrics -->"
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	was, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", manual)
	}
	if was == table.String() {
		return
	}
	if !*update {
		t.Fatalf("%s is not what there is; run with -update. It should be:\n%s", manual, &table)
	}
	if err := os.WriteFile(manual, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestNamesAreAsPrometheusWantsThem(t *testing.T) {
	t.Parallel()
	m, _, _ := busy(t)
	problems, err := promlint.New(strings.NewReader(page(m))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// TestLabelsAreBounded: what comes from outside makes no series, and a rule file of
// any size only so many.
func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, s, _ := busy(t)
		s.census.Feeds = nil
		began := time.Now()
		for i := range 6000 {
			id := fmt.Sprintf("feed-%04d", i)
			m.Polled(watcher.Poll{Feed: id, Result: watcher.PollUnchanged, Hits: map[string]int{"rule-" + id: 1}})
			s.census.Feeds = append(s.census.Feeds, store.FeedCensus{ID: id, OKAt: began.Add(-time.Duration(i) * time.Second), Fails: i})
			m.Called("https://hooks.example/"+id, `x"} 1`+id, 0)
			m.Attempted(news.Delivery{Kind: news.DeliveryKind(id)}, notify.Taken)
			m.Plainer(news.Delivery{Rung: i})
		}
		scrape(t, m) // from now on it is known which ids are counted by themselves
		m.Polled(watcher.Poll{Feed: "feed-4999", Result: watcher.PollUnchanged})
		m.Polled(watcher.Poll{Feed: "feed-5000", Result: watcher.PollUnchanged})
		families := scrape(t, m)
		for name, most := range map[string]int{
			"feed_polls_total": 5003, "feed_last_success_timestamp_seconds": 5001, "matches_total": 1002, "slack_requests_total": 2, "delivery_attempts_total": 2, "render_rung_total": 10,
		} {
			if n := len(families["newswatch_"+name].GetMetric()); n > most || n == 0 {
				t.Errorf("%s has %d series, want at most %d", name, n, most)
			}
		}
		got := values(families)
		if n, others := got["newswatch_feed_polls_total feed-4999 unchanged"], got["newswatch_feed_polls_total other unchanged"]; n == 0 || others == 0 {
			t.Errorf("%v polls of the last feed by itself and %v of the others, want some of both", n, others)
		}
		if n := got["newswatch_feed_consecutive_failures other"]; n != 5999 {
			t.Errorf("of the other feeds %v failures show, want the most", n)
		}
		if at := got["newswatch_feed_last_success_timestamp_seconds other"]; at != float64(began.Add(-5999*time.Second).Unix()) {
			t.Errorf("of the other feeds %v is the last success, want the oldest", at)
		}
		if n := got["newswatch_slack_requests_total other other"]; n != 6000 {
			t.Errorf("%v unknown calls, want 6000", n)
		}
	})
}

// TestGoneFeedsAreForgotten: an id that the rules name no more keeps no series.
func TestGoneFeedsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, s, _ := busy(t)
		scrape(t, m)
		s.set(func(s *state) { s.census.Feeds, s.census.Plans = s.census.Feeds[:1], nil })
		time.Sleep(6 * time.Second)
		scrape(t, m) // reads it, and may have shown the counters before
		got := values(scrape(t, m))
		for name := range got {
			if strings.Contains(name, " b ") || strings.HasSuffix(name, " b") || strings.Contains(name, "desk ") {
				t.Errorf("%s is still there", name)
			}
		}
		if got["newswatch_feed_polls_total a new"] != 1 {
			t.Error("what stays lost its count")
		}
	})
}

// TestScrapesCostTheDatabaseLittle: at most a reading in 5 s, and 1 % of the time.
func TestScrapesCostTheDatabaseLittle(t *testing.T) {
	t.Parallel()
	for slow, most := range map[time.Duration]int{0: 13, 10 * time.Millisecond: 13, time.Second: 1} {
		synctest.Test(t, func(t *testing.T) {
			m, s, _ := busy(t)
			s.set(func(s *state) { s.slow = slow })
			for range 60 {
				if got := values(scrape(t, m)); got["newswatch_state_readable"] != 1 {
					t.Error("not readable")
				}
				time.Sleep(time.Second)
			}
			s.set(func(s *state) {
				if s.reads > most || s.reads == 0 {
					t.Errorf("a reading takes %s: %d readings in 60 scrapes of a minute, want at most %d", slow, s.reads, most)
				}
			})
		})
	}
}

// TestStateThatCannotBeRead: its gauges go, and a scrape never waits for long.
func TestStateThatCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, s, log := busy(t)
		scrape(t, m)
		s.set(func(s *state) { s.slow = time.Hour })
		time.Sleep(6 * time.Second)
		began := time.Now()
		got := values(scrape(t, m))
		if took := time.Since(began); took > 3*time.Second || got["newswatch_deliveries sent"] != 7 {
			t.Errorf("took %s and shows %v sent, want the last reading within 3 s", took, got["newswatch_deliveries sent"])
		}
		time.Sleep(11 * time.Minute)
		if got := values(scrape(t, m)); got["newswatch_state_readable"] != 0 {
			t.Error("what was read long ago is shown as if it were now")
		}
		time.Sleep(time.Hour)
		s.set(func(s *state) { s.slow, s.err = 0, errors.New("disk I/O error") })
		time.Sleep(200 * time.Hour) // as many times as the last one took
		for range 3 {
			got = values(scrape(t, m))
			time.Sleep(6 * time.Second)
		}
		if _, there := got["newswatch_deliveries sent"]; there || got["newswatch_state_readable"] != 0 {
			t.Errorf("deliveries show: %v, readable %v, want neither", there, got["newswatch_state_readable"])
		}
		if n := strings.Count(log.String(), "disk I/O"); n != 1 {
			t.Errorf("%d lines in the log, want one an outage: %s", n, log)
		}
		s.set(func(s *state) { s.err = nil })
		time.Sleep(6 * time.Second)
		if got := values(scrape(t, m)); got["newswatch_state_readable"] != 1 || got["newswatch_deliveries sent"] != 7 {
			t.Error("it does not come back")
		}
	})
}
