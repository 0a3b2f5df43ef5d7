package feedfake

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const startGap = time.Second // between two requests to one host

// host judges what a host sees of a client: rows 20 and 23.
func (j *judge) host(x *exchange) {
	h := j.hosts[x.host]
	if h == nil {
		h = &hostView{inFlight: map[*exchange]bool{}}
		j.hosts[x.host] = h
	}
	j.check(23, x, len(h.inFlight) == 0, "runs beside another request to %s", x.host)
	if !h.started.IsZero() {
		since := x.start.Sub(h.started)
		j.check(23, x, since >= startGap-10*time.Millisecond, "comes %s after another request to %s", since.Round(time.Millisecond), x.host)
	}
	if !h.until.IsZero() {
		j.check(h.row, x, j.clock.reached(h.until, h.held, x.start), "comes %s too soon for %s: %s",
			h.until.Sub(x.start).Round(time.Second), x.host, h.why)
	}
	h.started = x.start
	h.inFlight[x] = true
}

// holdHost notes that nobody may ask a host before a time.
func (j *judge) holdHost(host string, now, until time.Time, row int, why string) {
	h := j.hosts[host]
	if h == nil {
		h = &hostView{inFlight: map[*exchange]bool{}}
		j.hosts[host] = h
	}
	if until.After(h.until) {
		h.held, h.until, h.row, h.why = now, until, row, why
	}
}

// hostOfURL is the host of an address, or of the other when it is empty.
func hostOfURL(address, other string) string {
	if address == "" {
		address = other
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// inward says whether a host name means something inside of a network.
func inward(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	addr = addr.Unmap()
	return err == nil && (!addr.IsGlobalUnicast() || addr.IsPrivate())
}

// manners judges the form of a request: rows 24 and 25.
func (j *judge) manners(v *view, x *exchange) {
	agent := header(x, "User-Agent")
	if v.agent == "" {
		v.agent = agent
	}
	j.check(24, x, x.method == http.MethodGet, "is a %s", x.method)
	j.check(24, x, agent == v.agent, "calls itself %q, before it was %q", agent, v.agent)
	j.check(24, x, named(agent), "its User-Agent %q names no program and no page about it", agent)
	accept := header(x, "Accept")
	j.check(24, x, strings.Contains(accept, "application/rss+xml") && strings.Contains(accept, "application/atom+xml"), "does not say that it accepts feeds: %q", accept)
	j.check(24, x, x.query == "", "adds the query %q", x.query)
	j.check(24, x, !x.closes && !strings.EqualFold(header(x, "Connection"), "close"), "closes its connection")
	for _, name := range []string{"Cookie", "Referer"} {
		j.check(24, x, header(x, name) == "", "sends a %s", name)
	}
	j.check(25, x, strings.Contains(header(x, "Accept-Encoding"), "gzip"), "does not accept packed bodies")
}

// named says whether a User-Agent has the form name/version (+url).
func named(agent string) bool {
	name, rest, ok := strings.Cut(agent, "/")
	return ok && name != "" && name != "Go-http-client" && strings.Contains(rest, "+http")
}
