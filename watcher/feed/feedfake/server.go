package feedfake

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// server is the site behind one personality.
type server struct {
	Personality
	base    string // of its URLs, with the last slash
	start   time.Time
	items   []time.Time
	latency time.Duration
	bad     season         // of its trouble
	swayed  season         // of its redirect
	counts  map[string]int // ETag -> items published under it
	wrote   map[string]written
	words   func(feed string, n int) (title, text string)
}

func newServer(p Personality, start time.Time, cfg Config, rng *rand.Rand) *server {
	s := &server{
		Personality: p, base: p.URL[:strings.LastIndexByte(p.URL, '/')+1], start: start,
		items: timeline(rng, p.Rhythm, start, cfg.Days), counts: map[string]int{}, wrote: map[string]written{}, words: cfg.Words,
		latency: 20*time.Millisecond + time.Duration(rng.Int64N(int64(400*time.Millisecond))),
	}
	if p.Slow {
		s.latency *= 10
	}
	begin := start.Add(hours(rng, 3, 20))
	s.bad = badDays(p.Trouble, begin)
	s.swayed = swayedDays(p.Move, begin)
	return s
}

// badDays is when a trouble holds.
func badDays(t Trouble, begin time.Time) season {
	switch t {
	case "":
		return season{begin: begin.AddDate(100, 0, 0)}
	case Gone:
		return season{begin: begin}
	case GoneBack:
		return season{begin: begin, lasting: 4 * time.Hour}
	case Away:
		return season{begin: begin, every: 9 * 24 * time.Hour, lasting: 60 * time.Hour}
	case LimitHuge:
		return season{begin: begin, lasting: time.Hour}
	case Flapping:
		return season{begin: begin, every: 24 * time.Hour, lasting: 6 * time.Hour}
	case Cut, BadCRC, Page, Drip:
		return season{begin: begin, every: 24 * time.Hour, lasting: 2 * time.Hour}
	case Forbidden, Challenge, LimitSeconds, LimitDate, LimitDate850, LimitDateC, LimitPast, LimitJunk, LimitSilent, LimitReset, Unavailable:
		return season{begin: begin, every: 48 * time.Hour, lasting: 90 * time.Minute}
	}
	return season{begin: begin, every: 72 * time.Hour, lasting: 5 * time.Hour}
}

// swayedDays is when a feed's address leads elsewhere.
func swayedDays(m Move, begin time.Time) season {
	switch m {
	case Chain, Loop, Downgrade:
		return season{begin: begin, every: 48 * time.Hour, lasting: 5 * time.Hour}
	case Portal, Portal301:
		return season{begin: begin, every: 72 * time.Hour, lasting: time.Hour}
	case Revert:
		return season{begin: begin, lasting: 10 * 24 * time.Hour}
	}
	return season{begin: begin}
}

// serves says whether a host name is one of this site's.
func (s *server) serves(host string) bool {
	u, err := url.Parse(s.base)
	return err == nil && (host == u.Host || s.Move == OtherHost && host == "new-"+u.Host)
}

// answer is what the site says to a request at a time. What it says of itself
// in redirects and pages uses the address that it was asked by.
func (s *server) answer(x *exchange, now time.Time) *answer {
	root := x.url[:len(x.url)-len(x.name)]
	if to, status := s.redirect(x.name, root, now); status != 0 {
		a := s.plain(status, now)
		a.header.Set("Location", to)
		a.kind = kindRedirect
		return a
	}
	if a := s.trouble(x, now); a != nil {
		return a
	}
	switch {
	case x.name == "login.html":
		return s.html(now)
	case strings.HasPrefix(x.name, "page"):
		return s.page(x, root, now)
	case !s.known(x.name, now):
		return s.plain(http.StatusNotFound, now)
	}
	return s.feed(x, root, now)
}

// known says whether there is a feed at a name.
func (s *server) known(name string, now time.Time) bool {
	switch name {
	case "feed.xml":
		return true
	case "new.xml":
		return s.Move != Revert || s.swayed.holds(now)
	case "a.xml", "b.xml", strangers, "hop6.xml":
		return true
	}
	return false
}

// redirect is where a name leads, and with which status; 0: nowhere.
func (s *server) redirect(name, root string, now time.Time) (to string, status int) {
	if s.Move == "" || !s.swayed.holds(now) {
		return "", 0
	}
	if name != "feed.xml" {
		return s.onward(name, root)
	}
	switch s.Move {
	case Permanent, Revert:
		return root + "new.xml", http.StatusMovedPermanently
	case Permanent8:
		return root + "new.xml", http.StatusPermanentRedirect
	case Temporary:
		return root + "a.xml", http.StatusFound
	case Mixed:
		return root + "hop1.xml", http.StatusMovedPermanently
	case ToTLS:
		if strings.HasPrefix(root, "http:") {
			return "https" + strings.TrimPrefix(root, "http") + name, http.StatusMovedPermanently
		}
	case Downgrade:
		if strings.HasPrefix(root, "https:") {
			return "http" + strings.TrimPrefix(root, "https") + "a.xml", http.StatusFound
		}
	case OtherHost:
		if !strings.Contains(root, "://new-") {
			return strings.Replace(root, "://", "://new-", 1) + "new.xml", http.StatusMovedPermanently
		}
	case Chain:
		return root + "hop1.xml", http.StatusFound
	case Loop:
		return root + "hop1.xml", http.StatusFound
	case Portal:
		return root + "login.html", http.StatusFound
	case Portal301:
		return root + "login.html", http.StatusMovedPermanently
	case Stranger:
		return root + "other.xml", http.StatusMovedPermanently
	case Flip:
		if int(now.Sub(s.start).Hours())/24%2 == 0 {
			return root + "a.xml", http.StatusFound
		}
		return root + "b.xml", http.StatusFound
	}
	return "", 0
}

// onward is where the stations of a chain lead.
func (s *server) onward(name, root string) (to string, status int) {
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(name, "hop"), ".xml"))
	if err != nil {
		return "", 0
	}
	switch s.Move {
	case Mixed:
		if n == 1 {
			return root + "hop2.xml", http.StatusFound
		}
		return root + "new.xml", http.StatusMovedPermanently
	case Chain:
		if n < 6 {
			return fmt.Sprintf("%shop%d.xml", root, n+1), http.StatusFound
		}
	case Loop:
		return fmt.Sprintf("%shop%d.xml", root, n%3+1), http.StatusFound
	}
	return "", 0
}

// plain is an answer without a feed.
func (s *server) plain(status int, now time.Time) *answer {
	h := http.Header{"Date": {httpDate(now)}, "Content-Type": {"text/plain"}}
	return &answer{status: status, header: h, body: []byte(http.StatusText(status) + "\n")}
}

// html is a page where a feed should be, with validators of its own.
func (s *server) html(now time.Time) *answer {
	a := s.plain(http.StatusOK, now)
	a.kind = kindNotFeed
	a.header.Set("Content-Type", "text/html; charset=utf-8")
	a.header.Set("ETag", `"page-`+s.ID+`"`)
	a.body = []byte("<!doctype html><html><head><title>Please sign in</title></head><body><p>To read on, sign in.</p></body></html>\n")
	return a
}

// skew is how far the clock of a site that names dates is off.
const skew = 3 * time.Hour

// trouble is the answer of a bad day; nil on a good one.
func (s *server) trouble(x *exchange, now time.Time) *answer {
	if !s.bad.holds(now) || strings.HasPrefix(x.name, "page") {
		return nil
	}
	a := s.plain(http.StatusTooManyRequests, now)
	retry := func(v string) *answer { a.header.Set("Retry-After", v); return a }
	theirs := now.Add(skew).UTC()
	until := theirs.Add(2 * time.Hour)
	dated := func(at time.Time, layout string) *answer {
		a.header.Set("Date", httpDate(theirs))
		return retry(at.Format(layout))
	}
	switch s.Trouble {
	case LimitSeconds:
		return retry("7200")
	case LimitDate:
		return dated(until, http.TimeFormat)
	case LimitDate850:
		return dated(until, "Monday, 02-Jan-06 15:04:05 GMT")
	case LimitDateC:
		return dated(until, time.ANSIC)
	case LimitPast:
		return dated(theirs.Add(-time.Hour), http.TimeFormat)
	case LimitJunk:
		return retry("soon")
	case LimitHuge:
		return retry("1000000000000")
	case LimitReset:
		a.header.Set("X-Ratelimit-Reset", "2700")
		return a
	case LimitSilent:
		return a
	}
	return s.otherTrouble(x, now)
}

func (s *server) otherTrouble(x *exchange, now time.Time) *answer {
	switch s.Trouble {
	case Broken:
		return s.plain(http.StatusInternalServerError, now)
	case Flapping:
		return s.plain(http.StatusNotFound, now)
	case Gone, GoneBack:
		return s.plain(http.StatusGone, now)
	case Unavailable:
		a := s.plain(http.StatusServiceUnavailable, now)
		a.header.Set("Retry-After", "3600")
		return a
	case Forbidden:
		return s.plain(http.StatusForbidden, now)
	case Challenge:
		a := s.html(now)
		a.status = http.StatusForbidden
		a.header.Set("Cf-Mitigated", "challenge")
		return a
	case Refused, Away:
		return &answer{refuse: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}}
	case Reset:
		return &answer{refuse: &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}}
	case Page:
		return s.html(now)
	case Drip:
		a := s.plain(http.StatusOK, now)
		a.kind, a.drip = kindNotFeed, true
		return a
	}
	return s.damaged(x, now)
}

// damaged is a document that breaks off, under the ETag of the whole one.
func (s *server) damaged(x *exchange, now time.Time) *answer {
	a := s.feed(x, x.url[:len(x.url)-len(x.name)], now)
	if a.kind != kindFeed {
		return a
	}
	if s.Trouble == Cut {
		a.kind, a.breaks, a.body = kindDamaged, io.ErrUnexpectedEOF, a.body[:len(a.body)*6/10]
	}
	if n := len(a.body); s.Trouble == BadCRC && a.header.Get("Content-Encoding") == string(Gzip) {
		a.kind = kindDamaged
		a.body = slices.Clone(a.body)
		a.body[n-8] ^= 0xff // the last eight bytes are checksum and length (RFC 1952)
	}
	return a
}

func httpDate(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
