// Package metrics counts what the steps of the pipeline tell their observers, reads
// from the store how the state stands, and shows both in the form of Prometheus. It
// stands beside the pipeline and changes nothing in it.
package metrics

import (
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/watcher"
)

// Metrics is what one process counts. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	log      *slog.Logger
	now      func() time.Time
	feeds    *names
	rules    *names

	polls, items, hits, attempts, resolved, rungs, calls, steps *prometheus.CounterVec

	bytes, updates, missed prometheus.Counter

	pollTook, retryAfter, writeTook prometheus.Histogram

	latency, stories *prometheus.HistogramVec

	loaded, loadedAt, hash, wroteAt, pingedAt prometheus.Gauge
}

var _ watcher.Observer = (*Metrics)(nil)

// Config is what Metrics are made of.
type Config struct {
	Version string
	Log     *slog.Logger
	Now     func() time.Time // nil: time.Now
}

// New returns metrics that have counted nothing. They have a registry of their own.
func New(c Config) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), log: c.Log, now: c.Now, feeds: newNames(maxFeeds), rules: newNames(maxRules)}
	if m.now == nil {
		m.now = time.Now
	}
	m.count()
	m.measure()
	m.registry.MustRegister(
		m.polls, m.items, m.hits, m.attempts, m.resolved, m.rungs, m.calls, m.steps, m.bytes, m.updates, m.missed,
		m.pollTook, m.retryAfter, m.writeTook, m.latency, m.stories, m.loaded, m.loadedAt, m.hash, m.wroteAt, m.pingedAt,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.gauge("build_info", "Always 1; its label names the program's version.", prometheus.Labels{"version": c.Version}, func() float64 { return 1 })
	return m
}

// count makes what only rises.
func (m *Metrics) count() {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	}
	one := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
	}
	m.polls = vec("feed_polls_total", "Polls by feed and what they brought: new, unchanged, failed, or busy when the host was held and no request was made.", "feed", "result")
	m.bytes = one("feed_bytes_total", "Bytes of the feeds' documents as they came over the wire, compressed or not.")
	m.items = vec("items_total", "Items of the documents that were read: new, edited, seen before, or too_old to be told after a feed's first poll.", "feed", "result")
	m.hits = vec("matches_total", "Items that a rule matched when they came, also those too old to be told.", "rule")
	m.updates = one("story_updates_total", "Developments of stories.")
	m.attempts = vec("delivery_attempts_total", "Attempts to deliver a message by its kind (digest, alert, followup, update, notice) and outcome (posted, rate_limited, unreachable, refused_config, refused_render, uncertain).", "kind", "outcome")
	m.resolved = vec("delivery_uncertain_resolved_total", "Deliveries without a certain answer that were found, resent, held for a person's word, or skipped (taken for delivered, as the target wants it).", "result")
	m.missed = one("digest_missed_slots_total", "Slots of digests that passed without one and that a later digest made up for.")
	m.rungs = vec("render_rung_total", "Messages that were refused in their form and went to a plainer one, by its rung; 1 is the first.", "rung")
	m.calls = vec("slack_requests_total", "Calls of Slack's methods by what they came to: ok, Slack's error code, unreachable, no_answer; other for a code that we do not know.", "method", "code")
	m.steps = vec("clock_steps_total", "Steps of the wall clock by 5 s or more: back, or ahead, which is also a machine that slept.", "direction")
	for _, direction := range []string{"ahead", "back"} {
		m.steps.WithLabelValues(direction) // there from the start, so that the first one is a rise
	}
}

// measure makes the distributions, and what a process knows of its latest deeds.
func (m *Metrics) measure() {
	opts := func(name, help string, buckets ...float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
	}
	m.pollTook = prometheus.NewHistogram(opts("feed_poll_duration_seconds", "How long polls took, from the request to the last item read.", .05, .1, .25, .5, 1, 2.5, 5, 10, 30))
	m.writeTook = prometheus.NewHistogram(opts("db_write_seconds", "How long write transactions took, with the wait for their turn.", .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10))
	m.retryAfter = prometheus.NewHistogram(opts("slack_retry_after_seconds", "How long Slack asked to wait, each time that it did.", 1, 2, 5, 10, 30, 60, 300, 1800, 3600))
	m.latency = prometheus.NewHistogramVec(opts("delivery_latency_seconds", "From when a message could go at the earliest to when it was posted: of alerts and follow-ups since the newest report in it was fetched, with quiet hours and pauses; of others since it was frozen.",
		.25, .5, 1, 2, 3, 5, 10, 30, 60, 300, 1800, 3600, 21600), []string{"kind"})
	m.stories = prometheus.NewHistogramVec(opts("digest_stories", "Stories of the digests whose slot came, also of empty ones.", 0, 1, 2, 5, 10, 20, 50, 100, 200, 500), []string{"digest"})
	m.loaded = gauge("config_last_reload_successful", "1 while the rule file is in force; 0 when it changed and was not taken, or is away.")
	m.loadedAt = gauge("config_last_reload_success_timestamp_seconds", "When the rules in force were loaded, in Unix time.")
	m.hash = gauge("config_hash", "The first 48 bits of the hash of the rules in force: replicas that differ have different rules.")
	m.wroteAt = gauge("db_last_write_timestamp_seconds", "When this process last committed to the database, in Unix time. A healthy one does so at least every 2 minutes.")
	m.pingedAt = gauge("ping_last_success_timestamp_seconds", "When the dead man's switch was last told that all is well, in Unix time; 0: never, or there is none.")
}

const namespace = "newswatch"

// gauge shows what can be asked at any time.
func (m *Metrics) gauge(name, help string, labels prometheus.Labels, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: labels}, value))
}

// Handler shows the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: complaints{m.log}, ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})
}

// Gatherer gives the metrics to who wants them in another form.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// complaints are the library's own.
type complaints struct{ log *slog.Logger }

// Println implements promhttp.Logger.
func (c complaints) Println(v ...any) {
	c.log.Warn("metrics are not whole", "err", fmt.Sprint(v...))
}

// Polled counts a poll.
func (m *Metrics) Polled(p watcher.Poll) {
	feed := m.feeds.label(p.Feed)
	m.polls.WithLabelValues(feed, string(p.Result)).Inc()
	if p.Result == watcher.PollBusy {
		return
	}
	m.pollTook.Observe(p.Took.Seconds())
	m.bytes.Add(float64(p.Bytes))
	for _, c := range []struct {
		result string
		n      int
	}{{"new", p.New}, {"edited", p.Edited}, {"seen", p.Seen}, {"too_old", p.Old}} {
		if c.n > 0 {
			m.items.WithLabelValues(feed, c.result).Add(float64(c.n))
		}
	}
	for rule, n := range p.Hits {
		m.hits.WithLabelValues(m.rules.label(rule)).Add(float64(n))
	}
}

// Developed counts developments of stories.
func (m *Metrics) Developed(n int) { m.updates.Add(float64(n)) }

// Built counts a digest.
func (m *Metrics) Built(plan news.Plan, o notify.Outcome) {
	m.stories.WithLabelValues(plan.ID).Observe(float64(o.Stories))
	m.missed.Add(float64(o.Missed))
}

// Attempted counts an attempt to deliver.
func (m *Metrics) Attempted(d news.Delivery, v notify.Verdict) {
	m.attempts.WithLabelValues(kind(d), string(v)).Inc()
}

// Resolved counts what was made of an uncertain delivery.
func (m *Metrics) Resolved(_ news.Delivery, r notify.Resolution) {
	m.resolved.WithLabelValues(string(r)).Inc()
}

// Plainer counts a message that went to a plainer form.
func (m *Metrics) Plainer(d news.Delivery) {
	m.rungs.WithLabelValues(strconv.Itoa(min(d.Rung, 9))).Inc()
}

// Delivered counts how long a message waited.
func (m *Metrics) Delivered(d news.Delivery, waited time.Duration) {
	m.latency.WithLabelValues(kind(d)).Observe(waited.Seconds())
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
	m.steps.WithLabelValues(direction).Inc()
}

// Called counts a call of a method of Slack's.
func (m *Metrics) Called(method, code string, retryAfter time.Duration) {
	m.calls.WithLabelValues(known(methods(), method), known(codes(), code)).Inc()
	if retryAfter > 0 {
		m.retryAfter.Observe(retryAfter.Seconds())
	}
}

// Wrote counts a commit to the database.
func (m *Metrics) Wrote(took time.Duration) {
	m.writeTook.Observe(took.Seconds())
	m.wroteAt.Set(seconds(m.now()))
}

// Pinged notes that the dead man's switch was told.
func (m *Metrics) Pinged() { m.pingedAt.Set(seconds(m.now())) }

// Socket shows whether Slack can reach us.
func (m *Metrics) Socket(connected func() bool) {
	m.gauge("socketmode_connected", "1 while commands and buttons from Slack are heard. Only of a process with SLACK_APP_TOKEN.", nil, func() float64 { return truth(connected()) })
}

// Loops shows whether the loops go round and do their work.
func (m *Metrics) Loops(alive, working func() error) {
	m.gauge("alive", "1 while each loop of this process ends a step at least every 3 minutes, be it with an error.", nil, func() float64 { return truth(alive() == nil) })
	m.gauge("working", "1 while each loop of this process does so without an error.", nil, func() float64 { return truth(working() == nil) })
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
