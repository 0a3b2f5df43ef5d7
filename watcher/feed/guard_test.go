package feed_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"newswatch/watcher/feed"
)

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} }

func TestForbiddenAddresses(t *testing.T) {
	t.Parallel()
	p := poller(t, feed.Config{Timeout: 5 * time.Second})
	for _, url := range []string{
		"http://127.0.0.1/rss", "http://localhost:1/rss", "http://localhost./rss", "http://[::1]/rss",
		"http://[::ffff:127.0.0.1]/rss", "http://10.1.2.3/rss", "http://192.168.0.1/rss", "http://172.16.0.9/",
		"http://169.254.169.254/latest/meta-data", "http://100.64.0.1/", "http://0.0.0.0/", "http://224.0.0.1/",
		"http://[fe80::1]/", "http://[fc00::1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
		"http://2130706433/", "file:///etc/passwd", "gopher://harbour.example/", "://", "",
	} {
		r := p.Poll(t.Context(), job(url))
		if r.Err == nil {
			t.Errorf("%s was fetched", url)
		}
		if r.State.NextAt.IsZero() {
			t.Errorf("%s: no time for the next poll", url)
		}
	}
}

func TestForbiddenRedirects(t *testing.T) {
	t.Parallel()
	var target string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target, http.StatusFound)
	}))
	defer srv.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.Error("a forbidden address was reached")
		fmt.Fprint(w, harbour)
	}))
	defer other.Close()
	_, port, err := net.SplitHostPort(other.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := poller(t, feed.Config{Allow: loopback(), Timeout: 5 * time.Second})
	for _, target = range []string{
		"http://169.254.169.254/latest", "http://127.0.0.2:" + port + "/", "http://[::ffff:127.0.0.2]:" + port + "/",
		"ftp://127.0.0.1/", "file:///etc/passwd", srv.URL, "//[::1]:" + port,
	} {
		if r := p.Poll(t.Context(), job(srv.URL)); r.Err == nil || len(r.Items) > 0 {
			t.Errorf("a redirect to %s was followed", target)
		}
	}
}

func TestRedirectsAreCounted(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if left := len(r.URL.Path) - 1; left > 0 {
			http.Redirect(w, r, r.URL.Path[:left], http.StatusFound)
			return
		}
		fmt.Fprint(w, harbour)
	}))
	defer srv.Close()
	p := poller(t, feed.Config{Allow: loopback()})
	if r := p.Poll(t.Context(), job(srv.URL+"/12345")); r.Err != nil || r.State.FinalURL != srv.URL+"/" {
		t.Errorf("five redirects: got %v, %s", r.Err, r.State.FinalURL)
	}
	if r := p.Poll(t.Context(), job(srv.URL+"/123456")); r.Err == nil {
		t.Error("six redirects were followed")
	}
}

func TestNoWayFromHTTPSToHTTP(t *testing.T) {
	t.Parallel()
	s := &script{answers: []func(*http.Request) *http.Response{
		answer(301, "", "Location", "http://harbour.example/rss"), answer(200, harbour),
	}}
	if r := poller(t, feed.Config{Transport: s}).Poll(t.Context(), job(address)); r.Err == nil {
		t.Error("a redirect from https to http was followed")
	}
}

func TestSlowAndEndlessServers(t *testing.T) {
	t.Parallel()
	tests := map[string]http.HandlerFunc{
		"drip": func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < len(harbour) && r.Context().Err() == nil; i++ {
				fmt.Fprint(w, harbour[i:i+1])
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		},
		"silence": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"headers": func(w http.ResponseWriter, _ *http.Request) {
			for i := range 1000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
			}
		},
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(handler)
			defer srv.Close()
			p := poller(t, feed.Config{Allow: loopback(), Timeout: 300 * time.Millisecond})
			start := time.Now()
			r := p.Poll(t.Context(), job(srv.URL))
			if r.Err == nil || time.Since(start) > 5*time.Second {
				t.Errorf("got %v after %v", r.Err, time.Since(start))
			}
		})
	}
}

// pack compresses with one of the content codings.
func pack(t testing.TB, coding string, body []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&buf)
	case "zlib":
		w = zlib.NewWriter(&buf)
	case "flate":
		w, _ = flate.NewWriter(&buf, 9)
	case "br":
		w = brotli.NewWriter(&buf)
	case "zstd":
		w, _ = zstd.NewWriter(&buf)
	default:
		return body
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestContentCodings(t *testing.T) {
	t.Parallel()
	whole := []byte(harbour)
	tests := map[string]struct {
		header string
		body   []byte
		items  int
		fails  bool
	}{
		"gzip":                     {"gzip", pack(t, "gzip", whole), 3, false},
		"gzip without saying so":   {"", pack(t, "gzip", whole), 3, false},
		"plain labelled gzip":      {"gzip", whole, 3, false},
		"deflate as zlib":          {"deflate", pack(t, "zlib", whole), 3, false},
		"deflate raw":              {"deflate", pack(t, "flate", whole), 3, false},
		"br":                       {"br", pack(t, "br", whole), 3, false},
		"zstd":                     {"zstd", pack(t, "zstd", whole), 3, false},
		"two on top of each other": {"gzip, br", pack(t, "br", pack(t, "gzip", whole)), 3, false},
		"unknown":                  {"compress", whole, 0, true},
		"many":                     {"gzip, gzip, gzip", whole, 0, true},
		"gzip bomb":                {"gzip", pack(t, "gzip", make([]byte, 64<<20)), 0, true},
		"br bomb":                  {"br", pack(t, "br", make([]byte, 64<<20)), 0, true},
		"zstd bomb":                {"zstd", pack(t, "zstd", make([]byte, 64<<20)), 0, true},
		"cut gzip":                 {"gzip", pack(t, "gzip", whole)[:300], 2, false},
		"gzip with a wrong sum":    {"gzip", wrongSum(pack(t, "gzip", whole)), 3, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := &script{answers: []func(*http.Request) *http.Response{
				answer(200, string(tc.body), "Content-Encoding", tc.header, "ETag", `"1"`),
			}}
			r := poller(t, feed.Config{Transport: tr}).Poll(t.Context(), job(address))
			if tc.fails != (r.State.Fails > 0) || len(r.Items) < tc.items {
				t.Errorf("got %d items, error %v", len(r.Items), r.Err)
			}
			if !tc.fails && (r.Bytes > int64(len(tc.body)) || r.Bytes < int64(len(tc.body))-8) { // less a checksum that no one asked for
				t.Errorf("counted %d bytes over the wire, want %d", r.Bytes, len(tc.body))
			}
			damaged := strings.HasPrefix(name, "cut") || strings.Contains(name, "wrong")
			if !tc.fails && damaged != (r.State.ETag == "") {
				t.Errorf("got validator %q, error %v", r.State.ETag, r.Err)
			}
		})
	}
}

func wrongSum(b []byte) []byte {
	b = bytes.Clone(b)
	b[len(b)-6] ^= 0xff
	return b
}

// TestCutBody sends less than the header promises.
func TestCutBody(t *testing.T) {
	t.Parallel()
	cut := true
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(harbour)))
		if cut {
			fmt.Fprint(w, harbour[:len(harbour)*3/4])
			return
		}
		fmt.Fprint(w, harbour)
	}))
	defer srv.Close()
	p := poller(t, feed.Config{Allow: loopback()})
	j := job(srv.URL)
	r := p.Poll(t.Context(), j)
	if len(r.Items) == 0 || r.State.ETag != "" || r.State.Error == "" || r.State.Baselined {
		t.Fatalf("cut body: got %d items, %+v", len(r.Items), r.State)
	}
	cut, j.State = false, r.State
	r = p.Poll(t.Context(), j)
	if len(r.Items)+r.Cached != 3 || r.State.ETag != `"1"` || !r.State.Baselined || r.State.Error != "" {
		t.Errorf("whole body: got %d items, %+v", len(r.Items), r.State)
	}
}

func TestLongBody(t *testing.T) {
	t.Parallel()
	long := strings.Replace(harbour, "</channel>", strings.Repeat("<item><title>Filler</title></item>", 1000)+"</channel>", 1)
	tr := &script{answers: []func(*http.Request) *http.Response{answer(200, long)}}
	r := poller(t, feed.Config{Transport: tr, MaxBytes: int64(len(harbour))}).Poll(t.Context(), job(address))
	if len(r.Items) < 3 || r.State.Fails != 0 || !r.State.Baselined {
		t.Errorf("got %d items, %+v", len(r.Items), r.State)
	}
}

// TestProxy sends public names through the operator's proxy, which may stand on
// a private address; feeds may neither name it nor use it to reach others.
func TestProxy(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		fmt.Fprint(w, harbour)
	}))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("NO_PROXY", "")
	p := poller(t, feed.Config{Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	r := p.Poll(t.Context(), job("http://harbour.example/rss"))
	if r.Err != nil || len(r.Items) != 3 {
		t.Fatalf("got %d items, %v", len(r.Items), r.Err)
	}
	if wait := r.State.NextAt.Sub(noon); wait < 30*time.Minute {
		t.Errorf("a proxy made a public server ours: next poll after %v", wait)
	}
	for _, url := range []string{proxy.URL, "http://192.168.0.1/", "http://intranet/", "http://metadata.localhost/"} {
		if r := p.Poll(t.Context(), job(url)); r.Err == nil {
			t.Errorf("%s was fetched", url)
		}
	}
	if len(asked) != 1 {
		t.Errorf("the proxy was asked for %q", asked)
	}
}

// TestAddressesInDisguise asks for inside addresses in every spelling that some
// resolver, kernel or translator takes for one: directly, and through a proxy, which
// would resolve the name itself.
func TestAddressesInDisguise(t *testing.T) {
	asked := make(chan string, 100)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.String()
		fmt.Fprint(w, harbour)
	}))
	defer proxy.Close()
	literals := []string{
		// loopback: short, octal, hexadecimal, one number, in IPv6 in all its ways
		"127.1", "127.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "127.000.000.001", "127.0.0.1.",
		"127.255.255.254", "0", "0.0.0.0", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]",
		"[0:0:0:0:0:ffff:127.0.0.1]", "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1", "localhost", "LOCALHOST", "localhost.", "a.localhost", "a.localhost.",
		// translated (NAT64, 6to4, Teredo) and tunnelled
		"[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a9fe:a9fe]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::1]", "[fe80::5efe:7f00:1]",
		// private, of a link, of a site, of carriers, of clouds
		"10.0.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.100.100.200", "169.254.169.254", "0xa9fea9fe", "169.254.43518", "2852039166",
		"[::ffff:169.254.169.254]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "192.0.0.192",
		"metadata.google.internal", "instance-data.ec2.internal.", "printer.local", "router.home.arpa", "localhost.localdomain",
		// for no host of the Internet
		"192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
		"[ff02::1]", "[100::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[2001:10::1]", "intranet", "intranet.",
	}
	names := resolver(t, func(int) []string { return []string{"127.0.0.1"} })
	for _, way := range []string{"none", proxy.URL} {
		p := poller(t, feed.Config{Timeout: 5 * time.Second, Resolver: names})
		for _, host := range literals {
			j := job("http://" + host + ":8080/rss")
			j.Feed.Proxy = way
			r := p.Poll(t.Context(), j)
			if r.Err == nil {
				t.Errorf("%s was fetched (proxy %s)", host, way)
			}
		}
	}
	close(asked)
	for url := range asked {
		t.Errorf("the proxy was asked for %s", url)
	}
}

// TestNothingIsKeptForAServer: a cookie would let publishers know a reader again, and
// would go along to whoever a redirect leads to.
func TestNothingIsKeptForAServer(t *testing.T) {
	t.Parallel()
	polls := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Cookie", "Referer", "Authorization", "Origin"} {
			if v := r.Header.Get(name); v != "" {
				t.Errorf("%s was sent: %s", name, v)
			}
		}
		w.Header().Set("Set-Cookie", "id=1; Path=/; Max-Age=100000")
		if r.URL.Path == "/rss" {
			http.Redirect(w, r, "/there", http.StatusFound)
			return
		}
		polls++
		fmt.Fprint(w, harbour)
	}))
	defer srv.Close()
	p := poller(t, feed.Config{Allow: loopback()})
	j := job(srv.URL + "/rss")
	for range 2 {
		r := p.Poll(t.Context(), j)
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		j.State = r.State
	}
	if polls != 2 {
		t.Errorf("got %d polls, want 2", polls)
	}
}
