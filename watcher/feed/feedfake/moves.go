package feedfake

import (
	"net/http"
	"net/url"
	"time"
)

// What proves that a permanent redirect is one.
const (
	movePolls = 3
	moveFor   = 7 * 24 * time.Hour
	moveGrace = 2 // polls that may still ask the old address then
	backAfter = 48 * time.Hour
)

// move is a permanent redirect, as far as a client has seen it.
type move struct {
	to     string // where the permanent beginning of the chain leads
	since  time.Time
	polls  int
	shared bool            // the feed there is the one that was known
	proven map[string]bool // addresses that may be asked first
	late   int             // good polls of the old address since it was proven
	taken  string          // the address that is asked first now
	deadAt time.Time       // first failure of it in a row
}

// address judges which URL a poll begins with: row 22.
func (j *judge) address(v *view, x *exchange) {
	m := &v.move
	if x.url == v.URL {
		if m.taken != "" && m.deadAt.IsZero() && !j.stoppedSince(v.polled) {
			j.check(22, x, false, "asks the old address again, %s is well", m.taken)
		}
		m.taken, m.deadAt = "", time.Time{}
		if m.to != "" && m.proven[m.to] {
			j.check(22, x, m.late <= moveGrace, "asks the old address, which has led to %s for %s and %d polls", m.to, x.start.Sub(m.since).Round(time.Hour), m.polls)
		}
		return
	}
	if x.name == "" || !m.proven[x.url] {
		j.check(22, x, false, "begins with %s, which is not proven to be the feed's address", x.url)
		return
	}
	j.judged(22)
	m.taken = x.url
	if !m.deadAt.IsZero() {
		j.check(22, x, x.start.Sub(m.deadAt)-j.downtime(m.deadAt, x.start) < backAfter, "asks only %s, which has failed for %s, and not the feed's own address", x.url, x.start.Sub(m.deadAt).Round(time.Hour))
	}
}

// learn takes in how a good poll came to its document.
func (j *judge) learn(v *view, x *exchange) {
	m := &v.move
	if v.first != v.URL {
		m.deadAt = time.Time{}
		return
	}
	to := permanent(v.hops)
	if to != m.to {
		m.to, m.since, m.polls, m.shared, m.late = to, v.polled, 0, true, 0
	}
	if to == "" {
		return
	}
	if x.answer.kind == kindFeed && !shares(v, x) {
		m.shared = false
	}
	m.polls++
	if m.proven[to] {
		m.late++
	}
	if m.polls >= movePolls && v.polled.Sub(m.since) >= moveFor && m.shared || secured(v.URL, to) {
		m.proven[to] = true
	}
}

// shares says whether a document is one of the feed that was known. The items
// of a stranger have other links.
func shares(v *view, x *exchange) bool { return x.name != strangers }

// permanent is where the permanent beginning of a chain leads; "" when the chain
// does not begin so.
func permanent(hops []*exchange) (to string) {
	for _, h := range hops {
		if s := h.answer.status; s != http.StatusMovedPermanently && s != http.StatusPermanentRedirect {
			break
		}
		to = h.answer.header.Get("Location")
	}
	return to
}

// secured says whether a redirect only leads from http to https.
func secured(from, to string) bool {
	a, err := url.Parse(from)
	b, err2 := url.Parse(to)
	return err == nil && err2 == nil && a.Scheme == "http" && b.Scheme == "https" && a.Host == b.Host && a.Path == b.Path
}

// dead notes that the address which was taken fails.
func (m *move) dead(x *exchange) {
	if m.taken != "" && m.deadAt.IsZero() {
		m.deadAt = x.start
	}
}
