package bench

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

var ratios = flag.Bool("ratios", false, "measure all engines in turns and print how many times faster newswatch is")

const (
	rounds = 5
	// turn is the least CPU time of an engine in a round: the kernel tells user
	// time by the hundredth of a second.
	turn = 200 * time.Millisecond
	// patience is the time after which an engine sits out the other rounds.
	patience = 5 * time.Second
)

// TestEnginesAgree holds that all look for the same: the others find as much as
// each other, and newswatch plurals and other accents besides.
func TestEnginesAgree(t *testing.T) {
	if *textFile != "" {
		t.Skip("a real text has a term several times, and newswatch counts topics")
	}
	c := corpus(t)
	terms := c.Terms(1_000)[1:] // the first stands in many items several times
	var newswatch, want float64
	for i, e := range engines()[:4] { // of the others one finds parts of words, one takes minutes
		built, err := e.build(t, terms)
		if err != nil {
			t.Logf("%s: %v", e.name, err)
			continue
		}
		p, err := built.scan(part{items: len(c.Items), times: 1})
		if err != nil {
			t.Errorf("%s: %v", e.name, err)
			continue
		}
		if i == 0 {
			newswatch = p.hits
			continue
		}
		want = cmp.Or(want, p.hits)
		if math.Abs(p.hits-want) > want/20 {
			t.Errorf("%s: got %.3f hits an item, want %.3f as the others have", e.name, p.hits, want)
		}
	}
	if want > 0 && (newswatch < want || newswatch > want*1.25) {
		t.Errorf("newswatch: got %.3f hits an item, want %.3f to a quarter more", newswatch, want)
	}
}

// TestRatios measures all engines in one run. They take turns, so that what else
// the machine does meets all of them; the best turn of each is what counts.
func TestRatios(t *testing.T) {
	if !*ratios {
		t.Skip("takes minutes; run with -ratios -v")
	}
	c := corpus(t)
	var rows []row
	for _, n := range sizes {
		t.Run(fmt.Sprintf("terms=%d", n), func(t *testing.T) {
			rows = append(rows, measure(t, c, n))
		})
	}
	fmt.Fprintf(t.Output(), "%d items, %.1f MB, best of up to %d turns\n\n", len(c.Items), float64(c.Bytes)/1e6, rounds)
	printSpeeds(t.Output(), rows)
	printCosts(t.Output(), rows)
	printMissing(t.Output(), rows)
}

// row is what all engines made of the same terms.
type row struct {
	terms   int
	results []*result // in the order of engines
}

// result is the best that an engine did.
type result struct {
	name    string
	missing error // why it did nothing
	built   *built
	part    part
	used    time.Duration
	best    pass
}

// speed is in MB/s, NaN of an engine that did nothing.
func (r *result) speed() float64 {
	if r.missing != nil {
		return math.NaN()
	}
	return r.best.speed()
}

func measure(t *testing.T, c *Corpus, n int) row {
	t.Helper()
	terms, out := c.Terms(n), row{terms: n}
	for _, e := range engines() {
		r := &result{name: e.name, missing: errors.New("too slow to wait for")}
		if n <= e.most {
			r.prepare(t, e, c, terms)
		}
		out.results = append(out.results, r)
	}
	if err := out.results[0].missing; err != nil {
		t.Fatalf("nothing to compare with: %v", err)
	}
	for range rounds {
		for _, r := range out.results {
			if err := r.turn(); err != nil {
				t.Fatalf("%s: %v", r.name, err)
			}
		}
	}
	return out
}

func (r *result) prepare(t *testing.T, e engine, c *Corpus, terms []string) {
	t.Helper()
	if r.built, r.missing = e.build(t, terms); r.missing == nil {
		r.part, r.missing = r.built.partFor(c, turn)
	}
}

func (r *result) turn() error {
	if r.missing != nil || r.used > patience {
		return nil
	}
	began := time.Now()
	p, err := r.built.scan(r.part)
	r.best, r.used = r.best.best(p), r.used+time.Since(began)
	return err
}

func printSpeeds(out io.Writer, rows []row) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	heads, units := []string{""}, []string{"terms"}
	for i, e := range engines() {
		heads, units = append(heads, e.name), append(units, "MB/s")
		if i > 0 {
			heads, units = append(heads, ""), append(units, "ratio")
		}
	}
	printLine(w, heads)
	printLine(w, units)
	for _, row := range rows {
		cells := []string{fmt.Sprint(row.terms)}
		for i, r := range row.results {
			cells = append(cells, short(r.speed()))
			if i > 0 {
				cells = append(cells, short(row.results[0].speed()/r.speed()))
			}
		}
		printLine(w, cells)
	}
}

// printCosts prints what an engine takes besides time to scan.
func printCosts(out io.Writer, rows []row) {
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	printLine(w, []string{"terms", "engine", "hits/item", "allocs/item", "compile ms", "memory MB"})
	for _, row := range rows {
		for _, r := range row.results {
			if r.missing != nil {
				continue
			}
			printLine(w, []string{
				fmt.Sprint(row.terms), r.name, figure("%.2f", r.best.hits), figure("%.2f", r.best.allocs),
				figure("%.1f", r.built.compile.Seconds()*1e3), figure("%.2f", r.built.memory/1e6),
			})
		}
	}
}

func printMissing(out io.Writer, rows []row) {
	fmt.Fprintln(out)
	for _, row := range rows {
		for _, r := range row.results {
			if r.missing != nil {
				fmt.Fprintf(out, "%s at %d terms: %v\n", r.name, row.terms, r.missing)
			}
		}
	}
}

func printLine(w io.Writer, cells []string) { fmt.Fprintln(w, strings.Join(cells, "\t")+"\t") }

// short writes three digits.
func short(f float64) string {
	switch {
	case f >= 100:
		return figure("%.0f", f)
	case f >= 10:
		return figure("%.1f", f)
	}
	return figure("%.2f", f)
}

func figure(format string, f float64) string {
	if math.IsNaN(f) {
		return "-"
	}
	return fmt.Sprintf(format, f)
}
