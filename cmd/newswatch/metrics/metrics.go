// Package metrics counts what the steps of the pipeline tell their observers, reads
// from the store how the state stands, and shows both in the form of Prometheus. It
// stands beside the pipeline and changes nothing in it.
package metrics

import (
	"compress/gzip"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	vm "github.com/VictoriaMetrics/metrics"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/watcher"
)

// Metrics is what one process counts. It is safe for concurrent use.
type Metrics struct {
	log      *slog.Logger
	now      func() time.Time
	feeds    *names
	rules    *names
	state    atomic.Pointer[census] // nil: nobody watches it
	families []*family              // all of the process

	polls, items, hits, attempts, resolved, rungs, calls, steps *family

	bytes, updates, missed *vm.Counter

	pollTook, retryAfter, writeTook *vm.PrometheusHistogram

	latency, stories *family

	loaded, loadedAt, hash, wroteAt, pingedAt *vm.Gauge

	alive, working, socket *family
}

var _ watcher.Observer = (*Metrics)(nil)

// Config is what Metrics are made of.
type Config struct {
	Version string
	Log     *slog.Logger
	Now     func() time.Time // nil: time.Now
}

// New returns metrics that have counted nothing. They are registered nowhere else.
func New(c Config) *Metrics {
	m := &Metrics{log: c.Log, now: c.Now, feeds: newNames(maxFeeds), rules: newNames(maxRules)}
	if m.now == nil {
		m.now = time.Now
	}
	m.count()
	m.measure()
	m.note()
	m.has(gauges("build_info", "Always 1; its label names the program's version.", "version")).gauge(c.Version).Set(1)
	return m
}

// has adds a family.
func (m *Metrics) has(f *family) *family {
	m.families = append(m.families, f)
	return f
}

// count makes what only rises.
func (m *Metrics) count() {
	m.polls = m.has(counters("feed_polls_total", "Polls by feed and what they brought: new, unchanged, failed, or busy when nothing was asked or read: the host was held, or its publisher wants none at this hour, or too many other large documents were in hand.", "feed", "result"))
	m.bytes = m.has(counters("feed_bytes_total", "Bytes of the feeds' documents as they came over the wire, compressed or not.")).counter()
	m.items = m.has(counters("items_total", "Items of the documents that were read: new, edited, seen before, or too_old to be told after a feed's first poll.", "feed", "result"))
	m.hits = m.has(counters("matches_total", "Items that a rule matched when they came, also those too old to be told.", "rule"))
	m.updates = m.has(counters("story_updates_total", "Developments of stories.")).counter()
	m.attempts = m.has(counters("delivery_attempts_total", "Attempts to deliver a message by its kind (digest, alert, followup, update, notice) and outcome (posted, rate_limited, unreachable, refused_config, refused_render, uncertain).", "kind", "outcome"))
	m.resolved = m.has(counters("delivery_uncertain_resolved_total", "Deliveries without a certain answer that were found, resent, held for a person's word, or skipped (taken for delivered, as the target wants it).", "result"))
	m.missed = m.has(counters("digest_missed_slots_total", "Slots of digests that passed without one and that a later digest made up for.")).counter()
	m.rungs = m.has(counters("render_rung_total", "Messages that were refused in their form and went to a plainer one, by its rung; 1 is the first.", "rung"))
	m.calls = m.has(counters("slack_requests_total", "Calls of Slack's methods by what they came to: ok, Slack's error code, unreachable, no_answer; other for a code that we do not know.", "code", "method"))
	m.steps = m.has(counters("clock_steps_total", "Steps of the wall clock by 5 s or more: back, or ahead, which is also a machine that slept.", "direction"))
	for _, direction := range []string{"ahead", "back"} {
		m.steps.counter(direction) // there from the start, so that the first one is a rise
	}
}

// measure makes the distributions.
func (m *Metrics) measure() {
	m.pollTook = m.has(histograms("feed_poll_duration_seconds", "How long polls took, from the request to the last item read.", []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30})).histogram()
	m.writeTook = m.has(histograms("db_write_seconds", "How long write transactions took, with the wait for their turn.", []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10})).histogram()
	m.retryAfter = m.has(histograms("slack_retry_after_seconds", "How long Slack asked to wait, each time that it did.", []float64{1, 2, 5, 10, 30, 60, 300, 1800, 3600})).histogram()
	m.latency = m.has(histograms("delivery_latency_seconds", "From when a message could go at the earliest to when it was posted: of alerts and follow-ups since the newest report in it was fetched, with quiet hours and pauses; of others since it was frozen.",
		[]float64{.25, .5, 1, 2, 3, 5, 10, 30, 60, 300, 1800, 3600, 21600}, "kind"))
	m.stories = m.has(histograms("digest_stories", "Stories of the digests whose slot came, also of empty ones.", []float64{0, 1, 2, 5, 10, 20, 50, 100, 200, 500}, "digest"))
}

// note makes what a process knows of its latest deeds, and of itself.
func (m *Metrics) note() {
	m.loaded = m.has(gauges("config_last_reload_successful", "1 while the rule file is in force; 0 when it changed and was not taken, or is away.")).gauge()
	m.loadedAt = m.has(gauges("config_last_reload_success_timestamp_seconds", "When the rules in force were loaded, in Unix time.")).gauge()
	m.hash = m.has(gauges("config_hash", "The first 48 bits of the hash of the rules in force: replicas that differ have different rules.")).gauge()
	m.wroteAt = m.has(gauges("db_last_write_timestamp_seconds", "When this process last committed to the database, in Unix time. A healthy one does so at least every 2 minutes.")).gauge()
	m.pingedAt = m.has(gauges("ping_last_success_timestamp_seconds", "When the dead man's switch was last told that all is well, in Unix time; 0: never, or there is none.")).gauge()
	m.alive = m.has(gauges("alive", "1 while each loop of this process ends a step at least every 3 minutes, be it with an error."))
	m.working = m.has(gauges("working", "1 while each loop of this process does so without an error."))
	m.socket = m.has(gauges("socketmode_connected", "1 while commands and buttons from Slack are heard. Only of a process with SLACK_APP_TOKEN."))
}

// Handler shows the metrics, to a few at a time.
func (m *Metrics) Handler() http.Handler {
	turn := make(chan struct{}, 4)
	return http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
			m.show(w, r)
		default:
			http.Error(w, "4 scrapes are under way: ask again later", http.StatusServiceUnavailable)
		}
	}), 10*time.Second, "the metrics could not be read within 10 s")
}

// show answers a scrape, compressed for who takes that as it is: no one else need be.
func (m *Metrics) show(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	p := &page{w: w}
	if slices.Contains(strings.Split(strings.ReplaceAll(r.Header.Get("Accept-Encoding"), " ", ""), ","), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer func() { _ = z.Close() }() // fails only when nobody waits any more
		p.w = z
	}
	for _, f := range m.families {
		p.begin(f)
		f.set.WritePrometheus(p)
	}
	if c := m.state.Load(); c != nil {
		c.show(p)
	}
	p.machine()
}

// Polled counts a poll.
func (m *Metrics) Polled(p watcher.Poll) {
	feed := m.feeds.label(p.Feed)
	m.polls.counter(feed, string(p.Result)).Inc()
	if p.Result == watcher.PollBusy {
		return
	}
	m.pollTook.Update(p.Took.Seconds())
	m.bytes.AddInt64(p.Bytes)
	for _, c := range []struct {
		result string
		n      int
	}{{"new", p.New}, {"edited", p.Edited}, {"seen", p.Seen}, {"too_old", p.Old}} {
		if c.n > 0 {
			m.items.counter(feed, c.result).Add(c.n)
		}
	}
	for rule, n := range p.Hits {
		m.hits.counter(m.rules.label(rule)).Add(n)
	}
}

// Developed counts developments of stories.
func (m *Metrics) Developed(n int) { m.updates.Add(n) }

// Built counts a digest.
func (m *Metrics) Built(plan news.Plan, o notify.Outcome) {
	m.stories.histogram(plan.ID).Update(float64(o.Stories))
	m.missed.Add(o.Missed)
}

// Attempted counts an attempt to deliver.
func (m *Metrics) Attempted(d news.Delivery, v notify.Verdict) {
	m.attempts.counter(kind(d), string(v)).Inc()
}

// Resolved counts what was made of an uncertain delivery.
func (m *Metrics) Resolved(_ news.Delivery, r notify.Resolution) {
	m.resolved.counter(string(r)).Inc()
}

// Plainer counts a message that went to a plainer form.
func (m *Metrics) Plainer(d news.Delivery) {
	m.rungs.counter(strconv.Itoa(min(d.Rung, 9))).Inc()
}

// Delivered counts how long a message waited.
func (m *Metrics) Delivered(d news.Delivery, waited time.Duration) {
	m.latency.histogram(kind(d)).Update(waited.Seconds())
}

// Loaded notes the rules in force.
func (m *Metrics) Loaded(hash string) {
	m.loaded.Set(1)
	m.loadedAt.Set(seconds(m.now()))
	n, err := strconv.ParseUint(hash[:min(12, len(hash))], 16, 64)
	if err != nil {
		n = 0
	}
	m.hash.Set(float64(n))
}

// Rejected notes that the rule file is not the rules in force.
func (m *Metrics) Rejected() { m.loaded.Set(0) }

// ClockStepped counts a step of the clock.
func (m *Metrics) ClockStepped(by time.Duration) {
	direction := "ahead"
	if by < 0 {
		direction = "back"
	}
	m.steps.counter(direction).Inc()
}

// Called counts a call of a method of Slack's.
func (m *Metrics) Called(method, code string, retryAfter time.Duration) {
	m.calls.counter(known(codes(), code), known(methods(), method)).Inc()
	if retryAfter > 0 {
		m.retryAfter.Update(retryAfter.Seconds())
	}
}

// Wrote counts a commit to the database.
func (m *Metrics) Wrote(took time.Duration) {
	m.writeTook.Update(took.Seconds())
	m.wroteAt.Set(seconds(m.now()))
}

// Pinged notes that the dead man's switch was told.
func (m *Metrics) Pinged() { m.pingedAt.Set(seconds(m.now())) }

// Socket shows whether Slack can reach us.
func (m *Metrics) Socket(connected func() bool) {
	m.socket.ask(func() float64 { return truth(connected()) })
}

// Loops shows whether the loops go round and do their work.
func (m *Metrics) Loops(alive, working func() error) {
	m.alive.ask(func() float64 { return truth(alive() == nil) })
	m.working.ask(func() float64 { return truth(working() == nil) })
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// seconds is a time in Unix time, 0 for none.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
