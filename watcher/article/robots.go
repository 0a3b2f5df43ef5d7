package article

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"newswatch/news"
)

// Bounds of a robots.txt (RFC 9309, sections 2.4 and 2.5).
const (
	maxRobots    = 500 << 10 // bytes; the rest is not read
	robotsAge    = 24 * time.Hour
	robotsRetry  = 10 * time.Minute // after one that could not be had
	maxDelay     = 10 * time.Second // of Crawl-delay; more would starve a feed
	maxRuleBytes = 2 << 10
)

// robots is what one host says in its robots.txt to us.
type robots struct {
	rules []rule
	delay time.Duration // of Crawl-delay
	deny  bool          // it could not be had: nothing is allowed
	until time.Time     // ask again then
}

// rule is a line of a group. The one with the longest pattern that fits an
// address decides, and of equals the one that allows.
type rule struct {
	pattern string // as normalised; * is any run of bytes, $ at the end the end
	allow   bool
}

// allowed says why the host does not let us read an address, "" when it does.
// It reports false when the time ran out before robots.txt was read.
func (r *Reader) allowed(ctx context.Context, f news.Feed, h *host, u *url.URL) (why string, ok bool) {
	rb, known := h.robotsOf(u.Scheme)
	if !known || time.Now().After(rb.until) {
		if why = h.held(); why != "" {
			return why, true
		}
		if !h.pause(ctx, r.gap(h)) {
			return "", false
		}
		if rb, ok = r.askRobots(ctx, f, h, u, rb); !ok {
			return "", false
		}
	}
	switch {
	case rb.deny:
		return "the robots.txt of " + h.name + " could not be had", true
	case !rb.allows(target(u)):
		return "the robots.txt of " + h.name + " keeps us out", true
	}
	return "", true
}

// askRobots fetches a robots.txt. One that cannot be had means that nothing is
// allowed, unless an older one is known.
func (r *Reader) askRobots(ctx context.Context, f news.Feed, h *host, u *url.URL, old robots) (robots, bool) {
	address := u.Scheme + "://" + u.Host + "/robots.txt"
	p, err := r.get(ctx, f, h, address, "text/plain, */*;q=0.1")
	if err != nil && ctx.Err() != nil {
		return robots{}, false // broken off by us
	}
	rb := robots{until: time.Now().Add(robotsAge)}
	switch {
	case err != nil:
		h.failed()
		rb = unreachable(old)
	case p.Status >= 500 || p.Status == http.StatusTooManyRequests:
		rb = unreachable(old)
	case p.Status >= 200 && p.Status < 300:
		rb.rules, rb.delay = parseRobots(p.Body, r.cfg.Token)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.robots[u.Scheme] = rb
	return rb, true
}

func unreachable(old robots) robots {
	old.deny = old.deny || old.until.IsZero()
	old.until = time.Now().Add(robotsRetry)
	return old
}

func (h *host) robotsOf(scheme string) (robots, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	rb, known := h.robots[scheme]
	return rb, known
}

// target is the part of an address that the rules are about.
func target(u *url.URL) string {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return normalise(path)
}

// allows decides on a normalised path. robots.txt itself is always allowed.
func (rb robots) allows(path string) bool {
	if path == "/robots.txt" {
		return true
	}
	allow, length := true, -1
	for _, r := range rb.rules {
		if n := len(r.pattern); (n > length || n == length && r.allow) && fits(r.pattern, path) {
			allow, length = r.allow, n
		}
	}
	return allow
}

// fits matches a path with a pattern, from its start. Each run between two
// stars takes its first place, so that the work is linear.
func fits(pattern, path string) bool {
	pattern, toEnd := strings.CutSuffix(pattern, "$")
	first, rest, starred := strings.Cut(pattern, "*")
	path, ok := strings.CutPrefix(path, first)
	if !ok {
		return false
	}
	for starred {
		var part string
		part, rest, starred = strings.Cut(rest, "*")
		if !starred && toEnd {
			return strings.HasSuffix(path, part)
		}
		i := strings.Index(path, part)
		if i < 0 {
			return false
		}
		path = path[i+len(part):]
	}
	return !toEnd || path == ""
}

// parseRobots keeps of a robots.txt the groups for the token, or those for all
// when it names none for it. A line that cannot be read is passed over.
func parseRobots(body []byte, token string) (rules []rule, delay time.Duration) {
	var own, all group
	current := []*group{}
	inAgents := false
	for line := range bytes.FieldsFuncSeq(body[:min(len(body), maxRobots)], func(r rune) bool { return r == '\n' || r == '\r' }) {
		key, value, ok := field(line)
		if !ok {
			continue
		}
		if key == "user-agent" || key == "useragent" {
			if !inAgents {
				current = current[:0]
			}
			inAgents = true
			switch {
			case product(value) == strings.ToLower(token):
				own.named = true
				current = append(current, &own)
			case value == "*" || strings.HasPrefix(value, "* "):
				current = append(current, &all)
			}
			continue
		}
		for _, g := range current {
			g.add(key, value)
		}
		inAgents = inAgents && key != "allow" && key != "disallow" && key != "crawl-delay"
	}
	if own.named {
		return own.rules, own.delay
	}
	return all.rules, all.delay
}

// group is what a robots.txt says to one crawler, in however many places.
type group struct {
	named bool
	rules []rule
	delay time.Duration
}

func (g *group) add(key, value string) {
	switch key {
	case "allow", "disallow":
		if value == "" || len(value) > maxRuleBytes {
			return
		}
		if value[0] != '/' && value[0] != '*' {
			value = "/" + value
		}
		g.rules = append(g.rules, rule{pattern: normalise(value), allow: key == "allow"})
	case "crawl-delay":
		if n, err := strconv.ParseFloat(value, 64); err == nil && n > 0 {
			g.delay = time.Duration(min(n, maxDelay.Seconds()) * float64(time.Second))
		}
	}
}

// field reads "key: value # comment".
func field(line []byte) (key, value string, ok bool) {
	line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	line, _, _ = bytes.Cut(line, []byte("#"))
	k, v, ok := bytes.Cut(line, []byte(":"))
	return strings.ToLower(string(bytes.TrimSpace(k))), string(bytes.TrimSpace(v)), ok
}

// product is the product token that a user-agent line names, without a version
// (RFC 9309, section 2.2.1).
func product(value string) string {
	end := strings.IndexFunc(value, func(r rune) bool {
		return r != '-' && r != '_' && (r|0x20 < 'a' || r|0x20 > 'z')
	})
	if end >= 0 {
		value = value[:end]
	}
	return strings.ToLower(value)
}

// normalise writes each byte of a path in one way, so that patterns and paths
// can be compared (RFC 9309, section 2.2.2): what needs no escape has none.
func normalise(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		escaped := false
		if c == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				c, escaped = byte(n), true
				i += 2
			}
		}
		if c >= 0x80 || c <= ' ' || escaped && !unreserved(c) {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// unreserved characters mean the same with and without an escape (RFC 3986,
// section 2.3).
func unreserved(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
