package feedfake_test

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// plan takes in what a poll brought, and sets when the next one comes.
func (c *client) plan(ctx context.Context, s *source, start time.Time, resp *http.Response, body []byte, err error) {
	status := 0
	h := http.Header{}
	if resp != nil {
		status, h = resp.StatusCode, resp.Header
	}
	damaged := err != nil && isFeed(body)
	switch {
	case damaged && c.vice != "keeps what a damaged body gave":
		s.fails, s.goneAt = 0, time.Time{}
		s.next = start.Add(c.spread(max(time.Hour, freshFor(h))))
	case status == 304 && err == nil:
		c.freshen(s, h)
		s.next = start.Add(c.spread(c.interval(s, h)))
	case (status == 200 || status == 226) && isFeed(body):
		c.take(ctx, s, resp, body)
		s.next = start.Add(c.spread(c.interval(s, h)))
	default:
		if c.vice == "keeps what a page gave" && status == 200 && h.Get("Etag") != "" {
			s.junkETag = h.Get("Etag")
		}
		c.fail(s, start, status, h)
	}
}

func (c *client) spread(d time.Duration) time.Duration {
	if c.vice == "polls on the hour" {
		return time.Until(time.Now().Add(d).Truncate(time.Hour).Add(time.Hour))
	}
	return d + time.Duration(c.rng.Int64N(int64(d/10)))
}

// interval is the wait after a good answer.
func (c *client) interval(s *source, h http.Header) time.Duration {
	s.fails, s.goneAt = 0, time.Time{}
	wait := 30 * time.Minute
	if s.etag == "" && s.date == "" && h.Get("Cache-Control") == "" {
		wait = time.Hour
	}
	if c.vice != "knows no freshness" {
		wait = max(wait, freshFor(h)+3*time.Second)
	}
	if c.vice != "knows no ttl" {
		wait = max(wait, s.wait)
	}
	switch c.vice {
	case "polls each minute":
		return time.Minute
	case "polls once a day":
		return 24 * time.Hour
	}
	return wait
}

func (c *client) freshen(s *source, h http.Header) {
	if c.vice == "keeps old validators at a 304" {
		return
	}
	if v := h["Etag"]; len(v) > 0 {
		s.etag = v[0]
	}
	if v := h["Last-Modified"]; len(v) > 0 {
		s.date = v[0]
	}
}

// take takes in a document.
func (c *client) take(ctx context.Context, s *source, resp *http.Response, body []byte) {
	one := func(name string) string {
		if v := resp.Header[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	etag, date := one("Etag"), one("Last-Modified")
	switch {
	case c.vice == "keeps validators that are gone" && etag+date == "":
		etag, date = s.etag, s.date
	case c.vice == "keeps validators of an equal body" && s.body == string(body):
		etag, date = s.etag, s.date
	}
	if s.body != string(body) {
		s.doc = c.reads.read(string(body))
	}
	s.etag, s.date, s.home, s.wholeAt, s.body = etag, date, resp.Request.URL.String(), time.Now(), string(body)
	if c.vice == "forgets its validators" {
		s.etag, s.date = "", ""
	}
	links := s.doc.links
	if c.vice == "loses items" && len(links) > 3 {
		links = links[3:]
	}
	gap := len(s.known) > 0 && resp.StatusCode == 200 && !slices.ContainsFunc(links, func(l string) bool { return s.known[l] })
	gap = gap && len(links) > 0 && !strings.HasSuffix(s.home, "other.xml")
	for _, l := range links {
		s.known[l] = true
	}
	s.wait, s.skip = s.doc.wait, s.doc.skip
	if resp.StatusCode == 200 {
		s.gap = s.doc.gap
	}
	if s.doc.next != "" && (gap || c.vice == "always reads archives") && c.vice != "reads no archives" {
		c.archives(ctx, s, s.doc.next)
	}
}

func (c *client) archives(ctx context.Context, s *source, next string) {
	most := 3
	if c.vice == "reads whole archives" {
		most = 10
	}
	for range most {
		_, body, err := c.ask(ctx, s, next)
		if err != nil || !isFeed(body) {
			return
		}
		page := c.reads.read(string(body))
		for _, l := range page.links {
			s.known[l] = true
		}
		if next = page.next; next == "" {
			return
		}
	}
}

// document is what the client reads of a feed.
type document struct {
	links []string
	next  string
	wait  time.Duration
	skip  func(time.Time) bool
	gap   time.Duration // median distance of the items
}

// reader reads documents with the coarsest of means.
type reader struct{ link, next, ttl, sy, hour, date *regexp.Regexp }

func newReader() reader {
	return reader{
		link: regexp.MustCompile(`https?://[^"<]+/(?:item|other)/\d+\.html`),
		next: regexp.MustCompile(`(?:rel="next" href="|"next_url":")([^"]+)"`),
		ttl:  regexp.MustCompile(`<ttl>(\d+)</ttl>`),
		sy:   regexp.MustCompile(`<sy:updatePeriod>(\w+)</sy:updatePeriod><sy:updateFrequency>(\d+)`),
		hour: regexp.MustCompile(`<hour>(\d+)</hour>`),
		date: regexp.MustCompile(`(?:<pubDate>|<published>|<dc:date>|"date_published":")([^<"]+)`),
	}
}

func (r reader) read(body string) (d document) {
	d.links = r.link.FindAllString(body, -1)
	slices.Sort(d.links)
	d.links = slices.Compact(d.links)
	if m := r.next.FindStringSubmatch(body); m != nil {
		d.next = m[1]
	}
	d.wait, d.skip = r.wishes(body)
	d.gap = r.gap(body)
	return d
}

// wishes are what the document says of when to ask.
func (r reader) wishes(body string) (wait time.Duration, skip func(time.Time) bool) {
	if m := r.ttl.FindStringSubmatch(body); m != nil {
		if n, _ := strconv.Atoi(m[1]); n <= 1440 {
			wait = time.Duration(n) * time.Minute
		}
	}
	if m := r.sy.FindStringSubmatch(body); m != nil {
		n, _ := strconv.Atoi(m[2])
		wait = map[string]time.Duration{"hourly": time.Hour, "daily": 24 * time.Hour}[m[1]] / time.Duration(n)
	}
	days := strings.Contains(body, "<skipDays>")
	hours := r.hour.FindAllStringSubmatch(body, -1)
	return wait, func(t time.Time) bool {
		t = t.UTC()
		if days && (t.Weekday() == time.Saturday || t.Weekday() == time.Sunday) {
			return true
		}
		return len(hours) < 24 && slices.ContainsFunc(hours, func(m []string) bool { return m[1] == strconv.Itoa(t.Hour()) })
	}
}

func (r reader) gap(body string) time.Duration {
	var at []time.Time
	for _, m := range r.date.FindAllStringSubmatch(body, -1) {
		for _, layout := range []string{time.RFC3339, time.RFC1123Z} {
			if t, err := time.Parse(layout, m[1]); err == nil {
				at = append(at, t)
			}
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	var gaps []time.Duration
	for i := 1; i < len(at); i++ {
		gaps = append(gaps, at[i].Sub(at[i-1]))
	}
	slices.Sort(gaps)
	if len(gaps) == 0 {
		return 0
	}
	return gaps[len(gaps)/2]
}

// freshFor is how long an answer is fresh.
func freshFor(h http.Header) time.Duration {
	control := strings.ToLower(h.Get("Cache-Control"))
	if strings.Contains(control, "no-cache") {
		return 0
	}
	if m := regexp.MustCompile(`(?:^|[ ,])max-age=(\d+)`).FindStringSubmatch(control); m != nil {
		n, _ := strconv.Atoi(m[1])
		age, _ := strconv.Atoi(h.Get("Age"))
		return min(time.Duration(n-age)*time.Second, 5*time.Hour)
	}
	expires, err := http.ParseTime(h.Get("Expires"))
	date, dateErr := http.ParseTime(h.Get("Date"))
	if err != nil || dateErr != nil {
		return 0
	}
	return min(max(expires.Sub(date), 0), 5*time.Hour)
}

// fail plans after a failure.
func (c *client) fail(s *source, start time.Time, status int, h http.Header) {
	now := time.Now()
	s.fails = s.before + 1
	wait := min(15*time.Minute<<min(s.fails-1, 8), 24*time.Hour)
	switch {
	case c.vice == "retries at once":
		wait = time.Minute
	case c.vice == "gives up":
		wait = 60 * 24 * time.Hour
	case c.vice == "never climbs the ladder":
		wait = 15 * time.Minute
	}
	if status == http.StatusForbidden && c.vice != "does not mind a 403" {
		wait = max(wait, 4*time.Hour)
	}
	s.next = now.Add(wait)
	c.hold(s, now, wait, status, h)
	c.gone(s, start, status)
	if s.taken != "" && status == http.StatusNotFound && c.vice != "never goes back" {
		s.taken, s.move = "", ""
	}
	if down := c.down(); down {
		for _, other := range c.streak {
			other.fails = other.before
			other.next = now.Add(15 * time.Minute)
			c.leaveOut(other)
		}
		c.streak = c.streak[len(c.streak)-10:]
	}
}

// down says whether so many hosts failed in a row that it is the network.
func (c *client) down() bool {
	hosts := map[string]bool{}
	for _, s := range c.streak {
		hosts[c.host(s.URL)] = true
	}
	return len(c.streak) >= 10 && len(hosts) > 5
}

// hold keeps a host alone that asks for it.
func (c *client) hold(s *source, now time.Time, wait time.Duration, status int, h http.Header) {
	asked := time.Duration(0)
	v := h.Get("Retry-After")
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		asked = time.Duration(min(n, 7*24*3600)) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		if date, err := http.ParseTime(h.Get("Date")); err == nil {
			asked = max(at.Sub(date), 0)
		}
	}
	if n, err := strconv.Atoi(h.Get("X-Ratelimit-Reset")); err == nil && c.vice != "knows no reset" {
		asked = time.Duration(n) * time.Second
	}
	switch {
	case c.vice == "knows no Retry-After":
		return
	case status == http.StatusTooManyRequests && asked == 0:
		asked = min(wait, 6*time.Hour)
	case status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable:
		return
	}
	until := now.Add(asked + time.Second)
	c.site(c.host(s.address())).until = until
	if until.After(s.next) {
		s.next = until
	}
}

// gone follows the 410s.
func (c *client) gone(s *source, start time.Time, status int) {
	if status != http.StatusGone && status != 0 {
		s.goneAt = time.Time{}
		return
	}
	if status == 0 {
		return
	}
	if s.goneAt.IsZero() {
		s.goneAt = start
	}
	s.gone = start.Sub(s.goneAt) >= 6*time.Hour && c.vice != "asks for what is gone" || c.vice == "believes one 410"
}
