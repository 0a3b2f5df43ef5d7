package feed

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"newswatch/news"
)

// accept is what feeds are served as. Publishers turn readers away that do not
// ask for a feed.
const accept = "application/atom+xml, application/rss+xml, application/feed+json, " +
	"application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"

// secretMark begins the value of a header that is a secret's name.
const secretMark = "secret:"

// dress is what a request for a feed wears: our own headers, the feed's, and
// its login. The latter two may be secrets, and go to the feed's own host only.
type dress struct {
	origin  *url.URL
	agent   string
	accept  string
	own     http.Header
	secrets []string
	state   news.FeedState // its validators, for the address that they belong to
}

// dressFor reads the secrets of a feed. One that is missing ends the poll before
// a request is made: without it, each one would count as a failed login.
func (p *Poller) dressFor(q query) (*dress, error) {
	f := q.feed
	origin, err := url.Parse(f.URL)
	if err != nil {
		return nil, errors.New("the address cannot be read")
	}
	d := &dress{
		origin: origin, agent: cmp.Or(f.UserAgent, p.cfg.UserAgent), accept: cmp.Or(q.accept, accept),
		own: http.Header{}, state: q.state,
	}
	if f.Login != "" {
		login, err := p.secret(f.Login)
		if err != nil {
			return nil, err
		}
		user, password, whole := strings.Cut(login, ":")
		if !whole {
			return nil, fmt.Errorf("the secret %s does not hold user:password", f.Login)
		}
		req := &http.Request{Header: d.own}
		req.SetBasicAuth(user, password)
		d.secrets = append(d.secrets, login, password)
	}
	for _, h := range f.Headers {
		value := h.Value
		if name, is := strings.CutPrefix(value, secretMark); is {
			if value, err = p.secret(name); err != nil {
				return nil, err
			}
			d.secrets = append(d.secrets, value)
		}
		d.own.Set(h.Name, value)
	}
	return d, nil
}

func (p *Poller) secret(name string) (string, error) {
	if p.cfg.Secret == nil {
		return "", fmt.Errorf("the secret %s is not set", name)
	}
	s, err := p.cfg.Secret(name)
	if err != nil {
		return "", fmt.Errorf("the secret %s cannot be read: %w", name, err)
	}
	if s.Reveal() == "" {
		return "", fmt.Errorf("the secret %s is not set", name)
	}
	return s.Reveal(), nil
}

// put dresses a request, the first one or a hop of a redirect: via are those
// before it. Once they have left the feed's host, nothing of the feed's own is
// sent any more.
func (d *dress) put(req *http.Request, via []*http.Request) {
	for name := range d.own {
		req.Header.Del(name)
	}
	req.Header.Del("Referer")
	req.Header.Set("User-Agent", d.agent)
	req.Header.Set("Accept", d.accept)
	req.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	home := d.home(req.URL)
	for _, r := range via {
		home = home && d.home(r.URL)
	}
	if home {
		for name, values := range d.own {
			req.Header[name] = values
		}
	}
	d.condition(req)
}

// home says that an address is on the feed's own host: its port too, or https
// where the feed has http.
func (d *dress) home(u *url.URL) bool {
	if !strings.EqualFold(u.Hostname(), d.origin.Hostname()) {
		return false
	}
	return u.Scheme == d.origin.Scheme && hostPort(u) == hostPort(d.origin) || upgraded(d.origin, u)
}

// upgraded says that b is on the host of a, but https instead of http.
func upgraded(a, b *url.URL) bool {
	return a.Scheme == "http" && b.Scheme == "https" && strings.EqualFold(a.Hostname(), b.Hostname()) &&
		(a.Port() == "" || a.Port() == "80") && (b.Port() == "" || b.Port() == "443")
}

// condition makes a request conditional when it goes to the URL that the
// validators belong to (RFC 9110, section 8.8), and only then. They go back as
// they came, byte for byte. Who has a validator may be told of what is new only
// (RFC 3229).
func (d *dress) condition(req *http.Request) {
	for _, name := range [...]string{"If-None-Match", "If-Modified-Since", "A-IM"} {
		req.Header.Del(name)
	}
	if d.state.FinalURL != "" && d.state.FinalURL != bare(req.URL) {
		return
	}
	if d.state.ETag != "" {
		req.Header["If-None-Match"] = []string{d.state.ETag}
	}
	if d.state.LastModified != "" {
		req.Header["If-Modified-Since"] = []string{d.state.LastModified}
	}
	if conditional(req) {
		req.Header.Set("A-IM", "feed")
	}
}

func conditional(req *http.Request) bool {
	return len(req.Header["If-None-Match"])+len(req.Header["If-Modified-Since"]) > 0
}

// bare is an address without a login in it.
func bare(u *url.URL) string {
	if u.User == nil {
		return u.String()
	}
	plain := *u
	plain.User = nil
	return plain.String()
}

// hide takes the feed's secrets out of an error: a server may send them back.
func (d *dress) hide(err error) error {
	text := err.Error()
	for _, s := range d.secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, news.Secret(s).String())
		}
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
