package metrics

import (
	"fmt"
	"io"
	"slices"
	"strings"

	vm "github.com/VictoriaMetrics/metrics"
)

// family is one metric with all its series, which differ in their labels. Each has a
// set of its own, so that they stand together below one HELP and TYPE: the library's
// own lines have no help, and are switched on for a whole process.
type family struct {
	name, kind, help string
	labels           []string
	bounds           []float64 // of a histogram's buckets
	set              *vm.Set
}

func newFamily(kind, name, help string, labels []string) *family {
	return &family{name: "newswatch_" + name, kind: kind, help: help, labels: labels, set: vm.NewSet()}
}

func counters(name, help string, labels ...string) *family {
	return newFamily("counter", name, help, labels)
}

func gauges(name, help string, labels ...string) *family {
	return newFamily("gauge", name, help, labels)
}

func histograms(name, help string, bounds []float64, labels ...string) *family {
	f := newFamily("histogram", name, help, labels)
	f.bounds = bounds
	return f
}

// counter is the series with those values of the labels; so with the others.
func (f *family) counter(values ...string) *vm.Counter {
	return f.set.GetOrCreateCounter(f.series(values))
}

func (f *family) gauge(values ...string) *vm.Gauge {
	return f.set.GetOrCreateGauge(f.series(values), nil)
}

func (f *family) histogram(values ...string) *vm.PrometheusHistogram {
	return f.set.GetOrCreatePrometheusHistogramExt(f.series(values), f.bounds)
}

// ask shows what can be asked at any time.
func (f *family) ask(value func() float64) { f.set.NewGauge(f.name, value) }

// forget drops the series whose first label has one of those values.
func (f *family) forget(values []string) {
	names := f.set.ListMetricNames() // sorted
	for _, v := range values {
		start := strings.TrimSuffix(f.series([]string{v}), "}")
		for i, _ := slices.BinarySearch(names, start); i < len(names) && strings.HasPrefix(names[i], start); i++ {
			f.set.UnregisterMetric(names[i])
		}
	}
}

// series is the name of a series: name{label="value",...}.
func (f *family) series(values []string) string {
	if len(values) == 0 {
		return f.name
	}
	var b strings.Builder
	b.WriteString(f.name)
	for i, v := range values {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(f.labels[i])
		b.WriteString(`="`)
		b.WriteString(escape(v))
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

// escape is a label's value in the text form: Prometheus knows these three escapes
// and no other, and refuses a page that is not UTF-8.
func escape(v string) string {
	v = strings.ReplaceAll(strings.ToValidUTF8(v, "\uFFFD"), `\`, `\\`)
	return strings.ReplaceAll(strings.ReplaceAll(v, `"`, `\"`), "\n", `\n`)
}

// page writes the text form, version 0.0.4.
type page struct {
	w    io.Writer
	of   *family // what is being written
	head bool    // is written; a family without a series has none
}

func (p *page) begin(f *family) { p.of, p.head = f, false }

// add writes a series of a family of gauges that has none in its set.
func (p *page) add(v float64, labels ...string) {
	fmt.Fprintf(p, "%s %g\n", p.of.series(labels), v)
}

// Write implements io.Writer.
func (p *page) Write(b []byte) (int, error) {
	if !p.head && len(b) > 0 {
		p.head = true
		if _, err := fmt.Fprintf(p.w, "# HELP %s %s\n# TYPE %[1]s %[3]s\n", p.of.name, p.of.help, p.of.kind); err != nil {
			return 0, err
		}
	}
	return p.w.Write(b)
}
