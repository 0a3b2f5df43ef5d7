package feedfake

import (
	"slices"
	"time"
)

// cache is what a client must have kept of a feed to ask for it again.
type cache struct {
	home     string               // URL of the last whole document
	sets     map[string]validated // by URL: of its last whole document
	doubt    bool                 // the client may not have seen what was sent last
	why      int                  // row that a stale validator breaks now
	old      map[string]bool      // validators that were replaced
	foreigns map[string]int       // validators that must never be sent -> row
	spoiled  map[int]bool         // rows that there are foreigns of
	wholeAt  time.Time            // last whole document
	otherAt  time.Time            // last answer that was not a 304
	gap      time.Duration        // median between the items of the last document
	body     string
}

type validated struct{ url, etag, date string }

func (v validated) empty() bool { return v.etag == "" && v.date == "" }

func newCache() cache {
	return cache{sets: map[string]validated{}, old: map[string]bool{}, foreigns: map[string]int{}, spoiled: map[int]bool{}, why: 2}
}

func validatorsOf(x *exchange) validated {
	one := func(name string) string {
		if v := x.answer.header[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	return validated{url: x.url, etag: one("Etag"), date: one("Last-Modified")}
}

// replace takes the validators of a whole document.
func (c *cache) replace(x *exchange) {
	now := validatorsOf(x)
	c.retire(c.sets[x.url], now)
	c.why = 2
	if c.body == x.answer.bodySum && x.url == c.home && !now.empty() {
		c.why = 3
	}
	c.home, c.sets[x.url], c.doubt, c.body = x.url, now, false, x.answer.bodySum
	c.wholeAt, c.otherAt = x.start, x.start
	if len(x.answer.gaps) > 0 && x.answer.kind == kindFeed {
		gaps := slices.Clone(x.answer.gaps)
		slices.Sort(gaps)
		c.gap = gaps[len(gaps)/2]
	}
}

// freshen takes what a 304 brings.
func (c *cache) freshen(x *exchange) {
	was, now := c.sets[x.url], validatorsOf(x)
	if c.doubt { // what was asked with is what the client has
		was = validated{url: x.url, etag: header(x, "If-None-Match"), date: header(x, "If-Modified-Since")}
	}
	if now.etag == "" {
		now.etag = was.etag
	}
	if now.date == "" {
		now.date = was.date
	}
	if now != was {
		c.why = 4
	}
	c.retire(was, now)
	c.sets[x.url], c.doubt = now, false
}

func (c *cache) retire(was, now validated) {
	for _, v := range []string{was.etag, was.date} {
		if v != "" && v != now.etag && v != now.date {
			c.old[v] = true
		}
	}
}

// foreign notes validators that belong to no whole document.
func (c *cache) foreign(x *exchange, row int) {
	v := validatorsOf(x)
	for _, s := range []string{v.etag, v.date} {
		if s != "" {
			c.foreigns[s], c.spoiled[row] = row, true
		}
	}
	c.otherAt = x.start
}

// unsure is for when the client may or may not have taken an answer: until the
// next one that it did, both what the answer brought and what was before pass.
func (c *cache) unsure(x *exchange) {
	if x.answer != nil {
		c.doubt = true
	}
}

// conditions judges the validators of a request: rows 1 to 9 and 28.
func (j *judge) conditions(v *view, x *exchange) {
	c := &v.cache
	sent := validated{url: x.url}
	sent.etag, sent.date = header(x, "If-None-Match"), header(x, "If-Modified-Since")
	if header(x, "A-Im") != "" {
		j.check(9, x, !sent.empty(), "asks for a delta without saying of what")
	}
	due := c.sets[x.url]
	j.judged(1)
	for _, row := range []int{6, 28} {
		if c.spoiled[row] {
			j.judged(row)
		}
	}
	if x.url != c.home {
		j.judged(8)
	}
	switch {
	case sent.empty() && (due.empty() || x.url != c.home):
		return
	case sent.empty():
		j.unconditional(v, x)
		return
	case sent == due:
		j.judged(c.why)
		j.escape(v, x)
		return
	}
	row, words := c.fault(sent, due)
	if c.doubt && row != 6 && row != 28 {
		return
	}
	if row >= 2 && row <= 4 {
		j.judged(row)
	}
	j.breach(row, x, "%s: sent ETag %q and date %q, due are %q and %q", words, sent.etag, sent.date, due.etag, due.date)
}

// fault is which rule a wrong pair of validators breaks.
func (c *cache) fault(sent, due validated) (row int, words string) {
	for _, pair := range [][2]string{{sent.etag, due.etag}, {sent.date, due.date}} {
		s := pair[0]
		if s == pair[1] || s == "" {
			continue
		}
		if row := c.foreigns[s]; row != 0 {
			return row, "the validators of a body that was no whole feed"
		}
		for url, other := range c.sets {
			if url != sent.url && (s == other.etag || s == other.date) {
				return 8, "the validators of another URL"
			}
		}
		if c.old[s] {
			return c.why, "a validator that was replaced"
		}
		return 1, "a validator that was never given"
	}
	return 1, "only one of two validators"
}

func header(x *exchange, name string) string {
	if v := x.header[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// When a client must doubt an unbroken row of 304s, and how much later it still
// may begin to.
const (
	escapeAfter = 8 * 24 * time.Hour
	escapeGrace = 48 * time.Hour
)

// unconditional judges a request without the validators that it could have: it
// may come when there were only 304s for long.
func (j *judge) unconditional(v *view, x *exchange) {
	c := &v.cache
	if c.doubt {
		return
	}
	least := max(escapeAfter, 5*c.gap) // ten gaps, but of which items is the client's choice
	j.check(7, x, x.start.Sub(c.wholeAt) >= least-time.Hour, "asks without the validators that it was given, %s after the last whole answer",
		x.start.Sub(c.wholeAt).Round(time.Minute))
}

// escape judges whether a request should have been unconditional for once.
func (j *judge) escape(v *view, x *exchange) {
	c := &v.cache
	most := max(escapeAfter, 20*c.gap) + escapeGrace
	since := x.start.Sub(c.otherAt)
	if since < escapeAfter {
		j.judged(7)
		return
	}
	late := since - j.downtime(c.otherAt, x.start)
	j.check(7, x, late < most, "has seen only 304s for %s and never doubts them", since.Round(time.Hour))
	if late >= most {
		c.otherAt = x.start // once is enough
	}
}
