package feed

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"newswatch/news"
)

// keptRoutes is how many ways to servers stay open beside the common one.
const keptRoutes = 16

// route is a way to servers: the transport that holds its connections, behind
// the checks that each request must pass.
type route struct {
	http.RoundTripper
	proxy func(*http.Request) (*url.URL, error)
	close func() // its idle connections
	used  uint64
}

// routeKey is what makes feeds need a transport of their own.
type routeKey struct {
	proxy string
	http1 bool
}

// routes opens a way for each proxy and kind of HTTP that feeds ask for, and
// closes those that went unused for longest.
type routes struct {
	guard   *guard
	limiter *limiter
	proxy   func(*http.Request) (*url.URL, error) // as the environment says
	fixed   http.RoundTripper                     // for all requests in place of our own; nil: none

	mu   sync.Mutex
	open map[routeKey]*route
	uses uint64
}

// of is the way to a feed's server.
func (r *routes) of(f news.Feed) (*route, error) {
	key := routeKey{f.Proxy, f.HTTP1}
	r.mu.Lock()
	defer r.mu.Unlock()
	way := r.open[key]
	if way == nil {
		var err error
		if way, err = r.make(key); err != nil {
			return nil, err
		}
		r.trim()
		r.open[key] = way
	}
	r.uses++
	way.used = r.uses
	return way, nil
}

// trim makes room for one more way.
func (r *routes) trim() {
	if len(r.open) <= keptRoutes {
		return
	}
	var oldest routeKey
	least := r.uses + 1
	for key, way := range r.open {
		if (key != routeKey{}) && way.used < least {
			oldest, least = key, way.used
		}
	}
	r.open[oldest].close()
	delete(r.open, oldest)
}

func (r *routes) make(key routeKey) (*route, error) {
	if r.fixed != nil {
		return &route{
			RoundTripper: &limited{limiter: r.limiter, next: r.fixed, proxy: http.ProxyURL(nil)},
			proxy:        http.ProxyURL(nil), close: func() {},
		}, nil
	}
	g, proxy := r.guard, r.proxy
	switch key.proxy {
	case "":
	case "none":
		proxy = http.ProxyURL(nil)
	default:
		u, err := url.Parse(key.proxy)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("the proxy's address cannot be read")
		}
		g, proxy = g.through(u), http.ProxyURL(u)
	}
	t := newTransport(g, proxy, key.http1)
	return &route{
		RoundTripper: &guarded{guard: g, proxy: proxy, next: &limited{limiter: r.limiter, next: t, proxy: proxy}},
		proxy:        proxy, close: t.CloseIdleConnections,
	}, nil
}

// newTransport makes a transport for many feeds. Bodies come as they were sent:
// what they grow to is bounded by our own decompression.
func newTransport(g *guard, proxy func(*http.Request) (*url.URL, error), http1 bool) *http.Transport {
	t := &http.Transport{
		Proxy:                  proxy,
		DialContext:            g.dial,
		ForceAttemptHTTP2:      !http1,
		DisableCompression:     true,
		MaxIdleConns:           128,              // as many hosts are polled at the same time
		MaxIdleConnsPerHost:    1,                // no host is asked twice at once
		IdleConnTimeout:        10 * time.Second, // the feeds of a host are polled a second apart
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	if http1 {
		t.Protocols = new(http.Protocols)
		t.Protocols.SetHTTP1(true)
	}
	return t
}

// guarded checks each request before it is sent.
type guarded struct {
	*guard
	next  http.RoundTripper
	proxy func(*http.Request) (*url.URL, error)
}

func (g *guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return nil, fmt.Errorf("the scheme %q is not http or https", req.URL.Scheme)
	}
	if err := g.check(req.URL, proxied(g.proxy, req)); err != nil {
		return nil, err
	}
	return g.next.RoundTrip(req)
}

func proxied(proxy func(*http.Request) (*url.URL, error), req *http.Request) bool {
	via, err := proxy(req)
	return err == nil && via != nil
}
