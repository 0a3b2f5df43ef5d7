package feedfake_test

import (
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"newswatch/watcher/feed/feedfake"
)

// vice is one way in which the scripted client misbehaves; "" is none.
type vice string

// client is a poller by the book, small enough to be seen to be right: one
// request at a time, everything remembered. With a vice it breaks one rule.
type client struct {
	t     *testing.T
	fake  *feedfake.Fake
	vice  vice
	rng   *rand.Rand
	feeds []*source
	hosts map[string]*site

	streak []*source         // failures of the network in a row
	names  map[string]string // hosts by URL
	reads  reader
}

// source is one feed as the client knows it.
type source struct {
	feedfake.Personality
	next       time.Time
	home       string // URL of the last whole document
	etag, date string
	body       string
	wholeAt    time.Time
	gap        time.Duration
	wait       time.Duration
	skip       func(time.Time) bool
	fails      int
	before     int // fails before the last poll
	goneAt     time.Time
	gone       bool
	known      map[string]bool
	move       string
	moveSince  time.Time
	movePolls  int
	taken      string
	agent      int
	junkETag   string
	doc        document
}

type site struct{ started, until time.Time }

func newClient(t *testing.T, fake *feedfake.Fake, v vice) *client {
	c := &client{t: t, fake: fake, vice: v, rng: rand.New(rand.NewPCG(7, 7)), hosts: map[string]*site{}, names: map[string]string{}, reads: newReader()}
	for i, p := range fake.Feeds() {
		c.feeds = append(c.feeds, &source{Personality: p, next: time.Now().Add(time.Duration(i) * time.Second), known: map[string]bool{}})
	}
	return c
}

// run polls until a time, and is stopped now and then if restarts is set.
func (c *client) run(end time.Time, restarts bool) {
	for time.Now().Before(end) {
		stop := end
		if restarts {
			stop = time.Now().Add(time.Duration(c.rng.Int64N(int64(6 * time.Hour))))
		}
		ctx, cancel := context.WithCancel(context.Background())
		timer := time.AfterFunc(time.Until(stop), cancel)
		for ctx.Err() == nil && time.Now().Before(end) {
			c.step(ctx, min(time.Until(stop), time.Until(end)))
		}
		timer.Stop()
		cancel()
		if restarts {
			c.fake.Stopped()
			time.Sleep(time.Duration(c.rng.Int64N(int64(5 * time.Minute))))
			c.fake.Started()
		}
		if c.vice == "forgets at a restart" {
			for _, s := range c.feeds {
				s.next = time.Now()
			}
		}
	}
	for _, s := range c.feeds {
		for link := range s.known {
			c.fake.Found(link)
		}
	}
}

// step polls the feed that is due first, or sleeps until one is.
func (c *client) step(ctx context.Context, most time.Duration) {
	s := slices.MinFunc(c.feeds, func(a, b *source) int { return cmp.Compare(c.due(a).Unix(), c.due(b).Unix()) })
	if wait := time.Until(c.due(s)); wait > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(min(wait, max(most, time.Millisecond))):
		}
		return
	}
	c.poll(ctx, s)
}

func (c *client) due(s *source) time.Time {
	if s.gone {
		return time.Now().AddDate(1, 0, 0)
	}
	if c.site(c.host(s.address())).until.After(s.next) && c.vice != "asks the other feeds of a held host" {
		s.next = c.site(c.host(s.address())).until
	}
	if s.next.Before(time.Now()) {
		s.next = time.Now()
	}
	c.leaveOut(s)
	return s.next
}

func (s *source) address() string {
	if s.taken != "" {
		return s.taken
	}
	return s.URL
}

func (c *client) host(raw string) string {
	if c.names[raw] == "" {
		u, _ := url.Parse(raw)
		c.names[raw] = u.Host
	}
	return c.names[raw]
}

func (c *client) site(host string) *site {
	if c.hosts[host] == nil {
		c.hosts[host] = &site{}
	}
	return c.hosts[host]
}

// poll asks for a feed, follows its redirects, and plans the next poll.
func (c *client) poll(ctx context.Context, s *source) {
	start := time.Now()
	s.before = s.fails
	asked := s.next
	if c.vice != "asks again after a stop in the midst" {
		s.next = start.Add(15 * time.Minute) // noted before asking: a stop in the midst counts
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience())
	defer cancel()
	if c.vice == "asks again after a stop in the midst" && c.rng.IntN(5) == 0 {
		ctx, cancel = context.WithCancel(ctx)
		defer time.AfterFunc(30*time.Millisecond, cancel).Stop()
	}
	resp, body, err := c.fetch(ctx, s)
	if errors.Is(context.Cause(ctx), context.Canceled) {
		if c.vice == "asks again after a stop in the midst" {
			s.next = asked
		}
		return
	}
	c.network(s, resp == nil && err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, errRedirect))
	c.plan(ctx, s, start, resp, body, err)
	c.leaveOut(s)
}

// leaveOut puts a poll off until the document wants one.
func (c *client) leaveOut(s *source) {
	for s.skip != nil && s.skip(s.next) && c.vice != "comes in skipped hours" {
		s.next = s.next.Truncate(time.Hour).Add(time.Hour)
	}
}

func (c *client) patience() time.Duration {
	if c.vice == "waits without end" {
		return 3 * time.Minute
	}
	return 30 * time.Second
}

// network guesses whether the whole network is down, and then counts nobody's
// failure.
func (c *client) network(s *source, failed bool) {
	if !failed || c.vice == "counts outages" {
		c.streak = nil
		return
	}
	c.streak = append(c.streak, s)
}

var errRedirect = errors.New("a redirect that may not be followed")

// fetch asks, and follows redirects.
func (c *client) fetch(ctx context.Context, s *source) (*http.Response, []byte, error) {
	at := s.address()
	var chain []*http.Response
	for hop := 0; ; hop++ {
		resp, body, err := c.ask(ctx, s, at)
		if err != nil || resp.StatusCode < 300 || resp.StatusCode > 308 || resp.StatusCode == 304 {
			if err == nil {
				c.learn(s, chain, resp, body)
			}
			return resp, body, err
		}
		chain = append(chain, resp)
		to := resp.Header.Get("Location")
		if hop >= 5 && c.vice != "follows for ever" || hop > 8 {
			return nil, nil, errRedirect
		}
		if strings.HasPrefix(at, "https:") && strings.HasPrefix(to, "http:") && c.vice != "follows to http" {
			return nil, nil, errRedirect
		}
		if c.vice == "learns every redirect" {
			s.taken = to
		}
		at = to
	}
}

// learn takes the permanent beginning of a chain over when it is proven.
func (c *client) learn(s *source, chain []*http.Response, last *http.Response, body []byte) {
	if last.StatusCode != 304 && !isFeed(body) || last.StatusCode >= 400 || s.taken != "" || c.vice == "never learns" {
		return
	}
	to := ""
	for _, r := range chain {
		if r.StatusCode != 301 && r.StatusCode != 308 {
			break
		}
		to = r.Header.Get("Location")
	}
	if to != s.move {
		s.move, s.moveSince, s.movePolls = to, time.Now(), 0
	}
	if to == "" || strings.HasSuffix(to, "other.xml") && c.vice != "learns a stranger" {
		return
	}
	s.movePolls++
	tls := strings.TrimPrefix(to, "https") == strings.TrimPrefix(s.URL, "http")
	if s.movePolls >= 3 && time.Since(s.moveSince) > 7*24*time.Hour+time.Minute || tls || c.vice == "learns at once" {
		s.taken = to
	}
}

func isFeed(body []byte) bool {
	head := string(body[:min(len(body), 200)])
	return strings.Contains(head, "<rss") || strings.Contains(head, "<rdf:RDF") || strings.Contains(head, "/Atom") || strings.Contains(head, "jsonfeed")
}

// ask sends one request and reads its answer whole.
func (c *client) ask(ctx context.Context, s *source, at string) (*http.Response, []byte, error) {
	h := c.site(c.host(at))
	if wait := time.Until(h.started.Add(time.Second)); wait > 0 && c.vice != "bursts" {
		time.Sleep(wait)
	}
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	h.started = time.Now()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	c.dress(req, s)
	resp, err := c.fake.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	if c.vice == "asks twice at once" {
		if again, err := c.fake.RoundTrip(req.Clone(ctx)); err == nil {
			again.Body.Close()
		}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(unpack(resp))
	return resp, body, err
}

// unpack undoes a body's coding.
func unpack(resp *http.Response) io.Reader {
	switch resp.Header.Get("Content-Encoding") {
	case "br":
		return brotli.NewReader(resp.Body)
	case "zstd":
		r, _ := zstd.NewReader(resp.Body, zstd.WithDecoderConcurrency(1))
		return r
	case "deflate":
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			return io.MultiReader(bytes.NewReader(raw), failing{err})
		}
		if r, err := zlib.NewReader(bytes.NewReader(raw)); err == nil {
			return r
		}
		return flate.NewReader(bytes.NewReader(raw))
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return io.MultiReader(bytes.NewReader(raw), failing{err})
	}
	if bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
		if r, err := gzip.NewReader(bytes.NewReader(raw)); err == nil {
			return r
		}
	}
	return bytes.NewReader(raw)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// dress gives a request its headers.
func (c *client) dress(req *http.Request, s *source) {
	req.Header.Set("User-Agent", "script/1 (+https://script.example/about)")
	req.Header.Set("Accept", "application/rss+xml, application/atom+xml, */*;q=0.1")
	req.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	switch c.vice {
	case "changes its name":
		s.agent++
		req.Header.Set("User-Agent", "script/"+strconv.Itoa(s.agent)+" (+https://script.example/about)")
	case "has no name":
		req.Header.Set("User-Agent", "Go-http-client/1.1")
	case "accepts anything":
		req.Header.Set("Accept", "*/*")
	case "takes no packed bodies":
		req.Header.Del("Accept-Encoding")
	case "sends cookies":
		req.Header.Set("Cookie", "seen=1")
	case "says where it came from":
		req.Header.Set("Referer", "https://script.example/")
	case "busts caches":
		req.URL.RawQuery = "t=" + strconv.FormatInt(time.Now().Unix(), 10)
	case "closes connections":
		req.Close = true
	case "asks with HEAD":
		req.Method = http.MethodHead
	case "asks for deltas of nothing":
		req.Header.Set("A-Im", "feed")
	}
	c.condition(req, s)
}

// condition makes a request conditional.
func (c *client) condition(req *http.Request, s *source) {
	if strings.Contains(req.URL.Path, "/page") {
		return
	}
	if c.vice == "keeps what a page gave" && s.junkETag != "" {
		req.Header["If-None-Match"] = []string{s.junkETag}
		return
	}
	if s.home != req.URL.String() && c.vice != "takes validators along" {
		return
	}
	if s.etag == "" && s.date == "" || c.vice == "asks without conditions" {
		return
	}
	if time.Since(s.wholeAt) > max(8*24*time.Hour, 10*s.gap) && c.vice != "believes 304s for ever" {
		return
	}
	etag, date := s.etag, s.date
	switch c.vice {
	case "strips quotes":
		etag = strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)
	case "formats dates":
		if t, err := http.ParseTime(date); err == nil {
			date = t.UTC().Format(time.RFC1123)
		}
	case "sends only the date":
		if date != "" {
			etag = ""
		}
	}
	if etag != "" {
		req.Header["If-None-Match"] = []string{etag}
	}
	if date != "" {
		req.Header["If-Modified-Since"] = []string{date}
	}
	req.Header.Set("A-Im", "feed")
}
