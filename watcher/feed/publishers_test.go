package feed_test

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"newswatch/watcher/feed"
)

// publisher is a feed of which all is known: when its items appear, and how
// many its document shows.
type publisher struct {
	name, class string
	times       []int64
	window      int
	first, last int64 // the time that is replayed
}

const (
	hour = int64(3600)
	day  = 24 * hour
)

// hash parts feeds in a way that does not depend on their order.
func (p publisher) hash() int64 {
	h := fnv.New32a()
	h.Write([]byte(p.name))
	return int64(h.Sum32())
}

// captured returns the publishers behind the real captures of the corpus whose
// items have dates. The newest 28 days of each are taken: one that goes back for
// years would else count for more requests than all others together.
func captured(t *testing.T) []publisher {
	t.Helper()
	dir := corpus(t)
	var out []publisher
	eachLine(t, filepath.Join(dir, "files.jsonl"), func(f corpusFile) {
		if !f.Real {
			return
		}
		body, err := os.ReadFile(filepath.Join(dir, f.File))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := feed.Parse(body, http.Header{}, "https://feeds.example/")
		if err != nil {
			return
		}
		var times []int64
		for _, e := range doc.Entries {
			if at := e.Published.Unix(); at > 0 {
				times = append(times, at)
			}
		}
		slices.Sort(times)
		if len(times) < 10 {
			return
		}
		last := times[len(times)-1]
		from, _ := slices.BinarySearch(times, last-28*day)
		times = times[from:]
		if len(times) < 8 || last-times[0] < 2*hour {
			return
		}
		out = append(out, publisher{f.File, "captured", times, len(doc.Entries), times[0], last})
	})
	return out
}

// weeks is how long an invented publisher is replayed; it begins on a Monday.
const (
	weeks = 4
	start = int64(1767571200)
)

// invented returns publishers of the kinds that a desk has, drawn with a seed:
// a few that are fast, many that are slow.
func invented(seed uint64) []publisher {
	kinds := []struct {
		class  string
		n      int
		window int
		draw   func(*draw)
	}{
		{"agency, in bursts", 2, 40, func(d *draw) { d.bursts(30) }},
		{"big paper, day and night", 1, 50, func(d *draw) { d.daily(120) }},
		{"paper, day and night", 3, 30, func(d *draw) { d.daily(50) }},
		{"batches, once an hour", 2, 25, (*draw).batches},
		{"even, day and night alike", 3, 30, func(d *draw) { d.poisson(24, always) }},
		{"office hours, no weekends", 4, 20, func(d *draw) { d.poisson(48, office) }},
		{"local paper", 6, 20, func(d *draw) { d.daily(8) }},
		{"newsletter at 7:00", 4, 20, (*draw).newsletter},
		{"weekly magazine", 4, 20, (*draw).magazine},
		{"blog", 8, 10, func(d *draw) { d.poisson(0.4, always) }},
		{"silent for two weeks, then back", 3, 30, (*draw).comeback},
		{"dead", 4, 10, (*draw).dead},
	}
	var out []publisher
	for i, k := range kinds {
		for j := range k.n {
			r := rand.New(rand.NewPCG(seed, uint64(100*i+j)))
			d := &draw{Rand: r, zone: r.Float64() * 24}
			k.draw(d)
			slices.Sort(d.times)
			name := fmt.Sprintf("%s %d", k.class, j)
			out = append(out, publisher{name, k.class, d.times, k.window, start, start + weeks*7*day})
		}
	}
	return out
}

// draw invents the times of one publisher.
type draw struct {
	*rand.Rand
	zone  float64 // hours ahead of UTC
	times []int64
}

func (d *draw) add(at float64) {
	if at >= 0 && at < float64(weeks*7*day) {
		d.times = append(d.times, start+int64(at))
	}
}

// local is the hour of the day and the day of the week, 0 is Monday.
func (d *draw) local(at float64) (hours float64, weekday int) {
	at = at/3600 + d.zone
	return math.Mod(at, 24), int(at/24) % 7
}

func always(float64, int) float64 { return 1 }

func office(hours float64, weekday int) float64 {
	if weekday >= 5 || hours < 8 || hours >= 18 {
		return 0
	}
	return 1
}

// dayAndNight has a mean of about 0.6 and a peak of 1.
func dayAndNight(hours float64, _ int) float64 {
	switch {
	case hours < 6:
		return 0.1
	case hours < 8, hours >= 18 && hours < 22:
		return 0.6
	case hours < 18:
		return 1
	}
	return 0.25
}

// poisson draws items at a rate a day where the shape is 1.
func (d *draw) poisson(rate float64, shape func(hours float64, weekday int) float64) {
	d.thinned(rate, shape, d.add)
}

func (d *draw) thinned(rate float64, shape func(float64, int) float64, add func(float64)) {
	for at := 0.0; at < float64(weeks*7*day); {
		at += d.ExpFloat64() * float64(day) / rate
		if d.Float64() < shape(d.local(at)) {
			add(at)
		}
	}
}

func (d *draw) daily(items float64) { d.poisson(items/0.6, dayAndNight) }

// bursts gives each of the reports three more on average, within the hour.
func (d *draw) bursts(reports float64) {
	d.thinned(reports/0.6, dayAndNight, func(at float64) {
		d.add(at)
		for d.Float64() < 0.75 {
			d.add(at + d.ExpFloat64()*20*60)
		}
	})
}

// batches come at the same minute of each hour from 6 to 22.
func (d *draw) batches() {
	minute := d.Float64() * 3600
	for h := range weeks * 7 * 24 {
		at := float64(h)*3600 + minute
		if hours, _ := d.local(at); hours < 6 || hours > 22 {
			continue
		}
		for range d.IntN(8) {
			d.add(at + d.Float64()*120)
		}
	}
}

func (d *draw) newsletter() {
	for n := range weeks * 7 {
		at := (float64(24*n) + math.Mod(31-d.zone, 24)) * 3600
		if _, weekday := d.local(at); weekday >= 5 {
			continue
		}
		at += d.NormFloat64() * 240
		for range 1 + d.IntN(4) {
			d.add(at + d.Float64()*60)
		}
	}
}

func (d *draw) magazine() {
	weekday, hours := d.IntN(5), 9+d.Float64()*9
	for n := range weeks {
		at := (float64((7*n+weekday)*24) + hours + d.NormFloat64()/4) * 3600
		for range 8 + d.IntN(8) {
			d.add(at + d.Float64()*900)
		}
	}
}

func (d *draw) comeback() {
	d.daily(30)
	from, to := start+5*day, start+19*day
	d.times = slices.DeleteFunc(d.times, func(at int64) bool { return at > from && at < to })
}

func (d *draw) dead() {
	for range 10 {
		d.add(d.Float64() * float64(2*day))
	}
}
