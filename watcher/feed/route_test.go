package feed

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
)

func TestHTTP1(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	for http1, want := range map[bool]string{true: "HTTP/1.1", false: "HTTP/2.0"} {
		tr := newTransport(newGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, nil, nil), http.ProxyURL(nil), http1)
		tr.TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		defer tr.CloseIdleConnections()
		resp, err := (&http.Client{Transport: tr}).Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.Proto != want {
			t.Errorf("http1 %v: got %s, want %s", http1, resp.Proto, want)
		}
	}
}

func TestRoutesAreShared(t *testing.T) {
	t.Parallel()
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	of := func(f news.Feed) *route {
		way, err := p.routes.of(f)
		if err != nil {
			t.Fatal(err)
		}
		return way
	}
	plain := of(news.Feed{ID: "a"})
	for i := range 100 {
		if of(news.Feed{Proxy: fmt.Sprintf("http://proxy%d.example:3128", i)}) == plain {
			t.Fatal("a feed with a proxy goes without")
		}
		if of(news.Feed{ID: "b"}) != plain {
			t.Fatal("two feeds without wishes have two transports")
		}
	}
	if n := len(p.routes.open); n > keptRoutes+1 {
		t.Errorf("%d transports are kept, want %d", n, keptRoutes+1)
	}
}

func TestIdleHostsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(time.Second, time.Minute, func(netip.Addr) bool { return false })
		most := 0
		for i := range 10_000 {
			leave, err := l.enter(t.Context(), fmt.Sprintf("h%d.example", i))
			if err != nil {
				t.Fatal(err)
			}
			leave()
			time.Sleep(10 * time.Millisecond)
			most = max(most, len(l.lanes))
		}
		if most > 2*keptLanes {
			t.Errorf("%d hosts were kept, want at most %d", most, 2*keptLanes)
		}
	})
}
