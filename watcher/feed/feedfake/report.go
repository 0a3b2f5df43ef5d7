package feedfake

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	rowCount     = 29
	keptBreaches = 20 // of each row; the others are only counted
)

// rowNames are the rules in short, by their number.
func rowNames() [rowCount + 1]string {
	return [...]string{
		1: "validators go back as they came", 2: "validators are replaced by each 200", 3: "also by an equal body", 4: "304s freshen",
		5: "no item is lost by a stop", 6: "no validators of a damaged body", 7: "conditional, but not for ever", 8: "validators stay with their URL",
		9: "deltas", 10: "no request too many after a start", 11: "least distance of polls", 12: "Cache-Control and Expires", 13: "ttl, sy, skipHours, skipDays",
		14: "each feed is asked and read", 15: "gaps are filled from archives", 16: "polls are spread", 17: "waits after failures", 18: "404", 19: "410",
		20: "Retry-After holds the host", 21: "403", 22: "redirects", 23: "one request a host at a time", 24: "form of the request",
		25: "packed bodies", 26: "no endless wait", 27: "public addresses only", 28: "pages that are no feed", 29: "wrong content types",
	}
}

// Breach is one rule broken by one request.
type Breach struct {
	Row   int       `json:"row"`
	Feed  string    `json:"feed,omitempty"`
	Time  time.Time `json:"time"`
	URL   string    `json:"url,omitempty"`
	Words string    `json:"words"`
}

// String is a line for people.
func (b Breach) String() string {
	return fmt.Sprintf("row %d, %s, %s: %s (%s)", b.Row, b.Feed, b.Time.UTC().Format("02 Jan 15:04:05"), b.Words, b.URL)
}

// Score is the judgement by one rule.
type Score struct {
	Row      int    `json:"row"`
	Name     string `json:"name"`
	Judged   int    `json:"judged"`
	Breaches int    `json:"breaches"`
}

// Report is the judgement of a poller.
type Report struct {
	Seed     uint64    `json:"seed"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Feeds    int       `json:"feeds"`
	Hosts    int       `json:"hosts"`
	Requests int       `json:"requests"`
	Starts   int       `json:"restarts"`
	Items    int       `json:"items"` // that were delivered
	Total    int       `json:"breaches"`
	Rows     []Score   `json:"rows"`
	First    []Breach  `json:"first_breaches"` // some of each row
}

// Row is the judgement by one rule.
func (r Report) Row(n int) Score { return r.Rows[n-1] }

// report closes the account at a time.
func (j *judge) report(now time.Time, seed uint64) Report {
	r := Report{Seed: seed, From: j.start, To: now, Feeds: len(j.feeds), Hosts: len(j.hosts), Requests: j.requests, Starts: len(j.down), Items: len(j.lost)}
	score := j.score
	for row := range score {
		score[row].kept = append([]Breach(nil), score[row].kept...)
	}
	open := &judge{start: j.start, feeds: j.feeds, hosts: j.hosts, down: j.down, score: score}
	for _, id := range j.order {
		open.unpolled(j.feeds[id], now)
	}
	if len(j.found) > 0 {
		for _, l := range j.lost {
			row := l.row
			if l.killed {
				row = 5
			}
			open.check(row, l.x, j.found[l.link], "was given %s, which was never found", l.link)
		}
	}
	names := rowNames()
	for row := 1; row <= rowCount; row++ {
		t := open.score[row]
		r.Rows = append(r.Rows, Score{row, names[row], t.judged, t.breaches})
		r.First = append(r.First, t.kept...)
		r.Total += t.breaches
	}
	return r
}

// unpolled judges a feed that was not asked up to the end.
func (j *judge) unpolled(v *view, now time.Time) {
	if v.deadline.IsZero() {
		return
	}
	x := &exchange{feed: v.Personality, url: v.URL, start: now}
	j.check(v.dueTo, x, !now.After(j.extended(v, now)), "is not asked for any more, last %s ago", now.Sub(v.polled).Round(time.Minute))
}

// Print writes the table, and the first breaches of each row.
func (r Report) Print(w io.Writer) {
	fmt.Fprintf(w, "%s, %d feeds on %d hosts, %d requests, %d restarts, %d items\n\n",
		r.To.Sub(r.From).Round(time.Minute), r.Feeds, r.Hosts, r.Requests, r.Starts, r.Items)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "row\tjudged\tbreaches\t  rule")
	for _, s := range r.Rows {
		fmt.Fprintf(t, "%d\t%d\t%d\t  %s\n", s.Row, s.Judged, s.Breaches, s.Name)
	}
	t.Flush()
	fmt.Fprintf(w, "\n%d breaches\n", r.Total)
	row := 0
	for _, b := range r.First {
		if b.Row != row {
			row = b.Row
			fmt.Fprintln(w, strings.Repeat("-", 40))
		}
		fmt.Fprintln(w, b)
	}
}
