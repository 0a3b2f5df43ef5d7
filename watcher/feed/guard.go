package feed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"code.dny.dev/ssrf"
	"golang.org/x/net/http/httpproxy"
	"golang.org/x/net/idna"
)

// Bounds of a connection. They stand beside the one deadline of a whole fetch.
const (
	dialTimeout    = 10 * time.Second
	headerTimeout  = 15 * time.Second
	maxHeaderBytes = 256 << 10
)

// errForbidden says that an address is not public and not allowed.
var errForbidden = errors.New("the address is not public; settings.network.allow can name it")

// guard keeps requests away from addresses inside of the operator's network:
// a feed's URL, or a redirect, is written by strangers. It looks at the address
// that is really dialled, after DNS, so that a name cannot change its mind.
type guard struct {
	allow   []netip.Prefix
	ssrf    *ssrf.Guardian
	names   *net.Resolver // nil: the system's
	proxies []string      // host:port of the operator's proxies
}

func newGuard(allow []netip.Prefix, names *net.Resolver, proxies []string) *guard {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		if p.Addr().Unmap().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return &guard{
		allow:   allow,
		ssrf:    ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...)),
		names:   names,
		proxies: proxies,
	}
}

// through is the same guard for who goes through one more proxy, which the
// operator named.
func (g *guard) through(proxy *url.URL) *guard {
	other := *g
	other.proxies = append(slices.Clip(g.proxies), hostPort(proxy))
	return &other
}

// allowed says that an address is in a range that the operator named: its feeds
// are the operator's own.
func (g *guard) allowed(addr netip.Addr) bool {
	addr = addr.Unmap()
	return addr.IsValid() && slices.ContainsFunc(g.allow, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// check refuses what can be known before a request is sent. Behind a proxy it
// is the only check of the target, as the proxy does the dialling.
func (g *guard) check(u *url.URL, proxied bool) error {
	host := strings.ToLower(u.Hostname())
	if slices.Contains(g.proxies, hostPort(u)) {
		return fmt.Errorf("%s: %w", u.Host, errForbidden)
	}
	if proxied {
		host = plainName(host)
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if err := g.ssrf.SafeAddr(addr.Unmap()); err != nil {
			return fmt.Errorf("%s: %w", u.Host, errForbidden)
		}
		return nil
	}
	if proxied && inside(host) {
		return fmt.Errorf("%s: %w", u.Host, errForbidden)
	}
	return nil
}

// plainName is a host as a lenient resolver reads it: without the dot at its end, its
// letters and digits in their plain form (UTS #46).
func plainName(host string) string {
	if plain, err := idna.New(idna.MapForLookup()).ToUnicode(host); err == nil {
		host = plain
	}
	return strings.TrimRight(host, ".")
}

// inside says of a name that is none of the public ones: a host of the proxy's own
// network, or a number that a resolver takes for an address (inet_aton: 127.1,
// 0x7f.0.0.1). What a public name leads to only the proxy knows.
func inside(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last == name || last != "" && last[0] >= '0' && last[0] <= '9' { // no public domain begins with a digit
		return true
	}
	return slices.ContainsFunc(insideNames(), func(s string) bool { return strings.HasSuffix("."+name, s) })
}

// insideNames are the domains that are never public (RFC 6761, RFC 6762, RFC 8375;
// internal: reserved by ICANN in 2024, and the clouds' metadata are found there).
func insideNames() []string {
	return []string{".localhost", ".local", ".localdomain", ".internal", ".home.arpa", ".intranet", ".lan", ".corp", ".home", ".private"}
}

// dial connects to what passes; only the operator's own proxies may stand on
// private addresses.
func (g *guard) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, Resolver: g.names}
	if !slices.Contains(g.proxies, strings.ToLower(addr)) {
		d.Control = g.ssrf.Safe
	}
	conn, err := d.DialContext(ctx, network, addr)
	if errors.Is(err, ssrf.ErrProhibitedIP) || errors.Is(err, ssrf.ErrProhibitedNetwork) {
		return nil, fmt.Errorf("connect to %s: %w", addr, errForbidden)
	}
	return conn, err
}

// proxiesOf lists the addresses of the proxies that the environment names.
func proxiesOf(env *httpproxy.Config) []string {
	var all []string
	for _, raw := range []string{env.HTTPProxy, env.HTTPSProxy} {
		if raw == "" {
			continue
		}
		if !strings.Contains(raw, "://") {
			raw = "http://" + raw
		}
		if u, err := url.Parse(raw); err == nil {
			all = append(all, hostPort(u))
		}
	}
	return all
}

// hostPort is where a URL leads, with its scheme's port when it names none.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
