package feed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// secrets are those of the desk in these tests.
func secrets(name string) (news.Secret, error) {
	switch name {
	case "HARBOUR_LOGIN":
		return "desk:hunter2", nil
	case "HARBOUR_KEY":
		return "sesame7", nil
	case "LOCKED":
		return "", errors.New("permission denied")
	}
	return "", nil
}

func keyed() feed.Job {
	j := job(address)
	j.Feed.UserAgent, j.Feed.Login = "Harbour Reader/2", "HARBOUR_LOGIN"
	j.Feed.Headers = []news.Header{{Name: "X-Api-Key", Value: "secret:HARBOUR_KEY"}, {Name: "Accept", Value: "text/xml"}}
	return j
}

func TestOwnHeaders(t *testing.T) {
	t.Parallel()
	s := &script{answers: []func(*http.Request) *http.Response{answer(200, harbour)}}
	p := poller(t, feed.Config{Transport: s, Secret: secrets})
	if r := p.Poll(t.Context(), keyed()); r.Err != nil {
		t.Fatal(r.Err)
	}
	h := s.last().Header
	user, password, _ := s.last().BasicAuth()
	got := []string{h.Get("User-Agent"), h.Get("X-Api-Key"), h.Get("Accept"), user, password}
	want := []string{"Harbour Reader/2", "sesame7", "text/xml", "desk", "hunter2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

// A login and a key are for the feed's own host, and for nobody that it sends us to.
func TestSecretsStayWithTheirHost(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		from string
		hops []string
		want []bool // whether each request had the secrets
	}{
		"same host":         {"https://harbour.example/rss", []string{"https://harbour.example/feed"}, []bool{true, true}},
		"another host":      {"https://harbour.example/rss", []string{"https://evil.example/feed"}, []bool{true, false}},
		"below it":          {"https://harbour.example/rss", []string{"https://cdn.harbour.example/feed"}, []bool{true, false}},
		"above it":          {"https://www.harbour.example/rss", []string{"https://harbour.example/feed"}, []bool{true, false}},
		"another port":      {"https://harbour.example/rss", []string{"https://harbour.example:8443/feed"}, []bool{true, false}},
		"port in full":      {"https://harbour.example/rss", []string{"https://harbour.example:443/feed"}, []bool{true, true}},
		"upgraded":          {"http://harbour.example/rss", []string{"https://harbour.example/rss"}, []bool{true, true}},
		"there and back":    {"https://harbour.example/rss", []string{"https://evil.example/a", "https://harbour.example/steal"}, []bool{true, false, false}},
		"back to http":      {"https://harbour.example/rss", []string{"http://harbour.example/rss"}, []bool{true}},
		"letters and a dot": {"https://harbour.example/rss", []string{"https://HARBOUR.example/feed"}, []bool{true, true}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{}
			for _, hop := range tc.hops {
				s.answers = append(s.answers, answer(302, "", "Location", hop))
			}
			s.answers = append(s.answers, answer(200, harbour))
			j := keyed()
			j.Feed.URL = tc.from
			poller(t, feed.Config{Transport: s, Secret: secrets}).Poll(t.Context(), j)
			var got []bool
			for _, r := range s.requests {
				key, login := r.Header.Get("X-Api-Key") != "", r.Header.Get("Authorization") != ""
				if key != login {
					t.Errorf("%s: key %v, login %v", r.URL, key, login)
				}
				if !key && r.Header.Get("Accept") == "text/xml" {
					t.Errorf("%s: a header of the feed's own", r.URL)
				}
				got = append(got, key)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("secrets (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMissingSecretsEndThePoll(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"HERALD_LOGIN": "the secret HERALD_LOGIN is not set", "LOCKED": "the secret LOCKED cannot be read: permission denied"} {
		for _, login := range []bool{true, false} {
			s := &script{answers: []func(*http.Request) *http.Response{answer(200, harbour)}}
			j := job(address)
			if login {
				j.Feed.Login = name
			} else {
				j.Feed.Headers = []news.Header{{Name: "X-Key", Value: "secret:" + name}}
			}
			r := poller(t, feed.Config{Transport: s, Secret: secrets}).Poll(t.Context(), j)
			if len(s.requests) != 0 || r.Err == nil || !strings.Contains(r.State.Error, want) || r.State.Memory.Class != news.FailSetup {
				t.Errorf("%s: %d requests, %v, class %s", name, len(s.requests), r.Err, r.State.Memory.Class)
			}
		}
	}
	if r := poller(t, feed.Config{Transport: &script{}}).Poll(t.Context(), keyed()); r.Err == nil {
		t.Error("a login without any secrets was sent")
	}
}

// TestSecretsNeverShow sends the secrets back in all that a server can say.
func TestSecretsNeverShow(t *testing.T) {
	t.Parallel()
	echo := func(code int, header string) func(*http.Request) *http.Response {
		return answer(code, "hunter2 sesame7", header, "https://x.example/%zz?hunter2&sesame7")
	}
	answers := map[string]func(*http.Request) *http.Response{
		"junk location": echo(302, "Location"),
		"refused":       echo(401, "WWW-Authenticate"),
		"encoding":      answer(200, harbour, "Content-Encoding", "hunter2, sesame7"),
		"one encoding":  answer(200, harbour, "Content-Encoding", "sesame7"),
		"scheme":        answer(302, "", "Location", "sesame7://x.example/"),
		"loop":          answer(302, "", "Location", address+"?hunter2"),
		"no feed":       answer(200, "<html>hunter2 sesame7</html>"),
		"cut":           answer(200, harbour[:400], "Content-Length", "hunter2"),
		"good":          answer(200, harbour, "ETag", `"1"`),
		"down":          func(*http.Request) *http.Response { panic("sesame7 desk:hunter2") },
	}
	for name, reply := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := poller(t, feed.Config{Transport: &script{answers: []func(*http.Request) *http.Response{reply}}, Secret: secrets})
			r := p.Poll(t.Context(), keyed())
			raw, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprintf("%s %v %+v", raw, r.Err, r)
			for _, secret := range []string{"hunter2", "sesame7", "ZGVzazpodW50ZXIy"} {
				if strings.Contains(text, secret) {
					t.Errorf("%q shows in %s", secret, text)
				}
			}
		})
	}
}

func TestDelta(t *testing.T) {
	t.Parallel()
	one := strings.Replace(harbour[:strings.Index(harbour, "<item>")], "Post", "Post", 1) +
		"<item><title>Night ferry returns</title><link>https://harbour.example/n/3</link><guid>h3</guid></item></channel></rss>"
	for _, status := range []int{226, 206} {
		s := &script{answers: []func(*http.Request) *http.Response{
			answer(200, harbour, "ETag", `"1"`), answer(status, one, "ETag", `"2"`, "IM", "feed"), answer(304, ""),
		}}
		p := poller(t, feed.Config{Transport: s})
		j := job(address)
		j.Known = remember()
		j.State = p.Poll(t.Context(), j).State
		if got := s.last().Header.Get("A-IM"); got != "" {
			t.Errorf("A-IM without a validator: %q", got)
		}
		r := p.Poll(t.Context(), j)
		if got := s.last().Header.Get("A-IM"); got != "feed" {
			t.Errorf("A-IM with a validator: %q", got)
		}
		if len(r.Items) != 1 || r.Gap || r.State.Memory.Gaps != 0 || r.State.Items != 3 || r.State.Error != "" {
			t.Errorf("status %d: %d items, gap %v, %d items in the document, error %q", status, len(r.Items), r.Gap, r.State.Items, r.State.Error)
		}
		j.State = r.State
		p.Poll(t.Context(), j)
		if got := s.last().Header.Get("If-None-Match"); got != `"2"` {
			t.Errorf("status %d: the next request has the validator %s", status, got)
		}
	}
}

// A proxy that the rules name may stand on a private address; the feeds that go
// through it may neither name it nor use it to reach others, and those that do
// not go through it cannot reach it at all.
func TestProxyOfAFeed(t *testing.T) {
	t.Parallel()
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		fmt.Fprint(w, harbour)
	}))
	defer proxy.Close()
	p := poller(t, feed.Config{Timeout: 5 * time.Second})
	j := job("http://harbour.example/rss")
	j.Feed.Proxy = proxy.URL
	if r := p.Poll(t.Context(), j); r.Err != nil || len(r.Items) != 3 {
		t.Fatalf("got %d items, %v", len(r.Items), r.Err)
	}
	for _, through := range []string{proxy.URL, "none", ""} {
		for _, url := range []string{proxy.URL, "http://192.168.0.1/", "http://intranet/", "http://metadata.localhost/"} {
			j := job(url)
			j.Feed.Proxy = through
			if r := p.Poll(t.Context(), j); r.Err == nil {
				t.Errorf("%s was fetched through %q", url, through)
			}
		}
	}
	if len(asked) != 1 {
		t.Errorf("the proxy was asked for %q", asked)
	}
	j.Feed.Proxy = "http://[::1"
	if r := p.Poll(t.Context(), j); r.Err == nil {
		t.Error("a proxy that cannot be read was used")
	}
}

func TestNoProxy(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, harbour) }))
	defer srv.Close()
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("NO_PROXY", "")
	names := resolver(t, func(int) []string { return []string{"127.0.0.1"} })
	p := poller(t, feed.Config{Allow: loopback(), Resolver: names})
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	j := job("http://harbour.example:" + port + "/rss")
	if r := p.Poll(t.Context(), j); r.Err == nil {
		t.Error("the proxy of the environment was not asked")
	}
	j.Feed.Proxy = "none"
	if r := p.Poll(t.Context(), j); r.Err != nil {
		t.Errorf("without a proxy: %v", r.Err)
	}
}

// A name may not change its mind between a check and the connection: what is
// dialled is what is checked.
func TestNamesThatFlip(t *testing.T) {
	t.Parallel()
	hits := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		hits++
		w.Header().Set("Connection", "close")
		fmt.Fprint(w, harbour)
	}))
	defer srv.Close()
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		answers func(int) []string
		good    []bool // of one poll after the other
		allow   string
	}{
		"stays":               {func(int) []string { return []string{"127.0.0.1"} }, []bool{true, true}, "127.0.0.1/32"},
		"flips":               {func(n int) []string { return []string{[]string{"127.0.0.1", "127.0.0.2"}[min(n/2, 1)]} }, []bool{true, false}, "127.0.0.1/32"},
		"private beside":      {func(int) []string { return []string{"10.0.0.7", "127.0.0.2"} }, []bool{false}, "127.0.0.1/32"},
		"private":             {func(int) []string { return []string{"127.0.0.1"} }, []bool{false}, "127.0.0.3/32"},
		"one of many allowed": {func(int) []string { return []string{"127.0.0.2", "127.0.0.1"} }, []bool{true}, "127.0.0.1/32"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			hits = 0
			p := poller(t, feed.Config{
				Allow: []netip.Prefix{netip.MustParsePrefix(tc.allow)}, Resolver: resolver(t, tc.answers), Timeout: 5 * time.Second,
			})
			want := 0
			for _, good := range tc.good {
				if good {
					want++
				}
				r := p.Poll(t.Context(), job("http://harbour.example:"+port+"/rss"))
				if (r.Err == nil) != good {
					t.Errorf("got %v, want good %v", r.Err, good)
				}
				if !good && r.State.Memory.Class != news.FailForbidden {
					t.Errorf("class %s, want %s", r.State.Memory.Class, news.FailForbidden)
				}
			}
			if hits != want {
				t.Errorf("the server was reached %d times, want %d", hits, want)
			}
		})
	}
}

// resolver answers the n-th question for a name with the addresses of answers(n).
func resolver(t *testing.T, answers func(n int) []string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		buf := make([]byte, 1500)
		for n := 0; ; n++ {
			size, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:size]) != nil || len(m.Questions) == 0 {
				return
			}
			reply := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true}, Questions: m.Questions}
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				for _, a := range answers(n) {
					reply.Answers = append(reply.Answers, dnsmessage.Resource{
						Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
						Body:   &dnsmessage.AResource{A: netip.MustParseAddr(a).As4()},
					})
				}
			}
			out, err := reply.Pack()
			if err != nil {
				return
			}
			if _, err := server.WriteTo(out, from); err != nil {
				return
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// A page that is asked for on behalf of a feed is the feed's to pay for: its
// login goes along on its own host, its User-Agent everywhere.
func TestAsk(t *testing.T) {
	t.Parallel()
	s := &script{answers: []func(*http.Request) *http.Response{answer(200, "<html>"), answer(404, "no")}}
	p := poller(t, feed.Config{Transport: s, Secret: secrets})
	f := keyed().Feed
	f.Headers = f.Headers[:1]
	for i, want := range []struct {
		url    string
		status int
		login  bool
		body   string
	}{{"https://harbour.example/n/1", 200, true, "<html>"}, {"https://other.example/n/1", 404, false, ""}} {
		page, err := p.Ask(t.Context(), f, want.url, "text/html")
		if err != nil || page.Status != want.status || page.URL != want.url || string(page.Body) != want.body {
			t.Errorf("page %d: %+v, %v", i, page, err)
		}
		h := s.last().Header
		if login := h.Get("Authorization") != "" && h.Get("X-Api-Key") != ""; login != want.login {
			t.Errorf("page %d: login %v, want %v", i, login, want.login)
		}
		if h.Get("Accept") != "text/html" || h.Get("User-Agent") != f.UserAgent || h.Get("A-IM") != "" {
			t.Errorf("page %d was asked for with %v", i, h)
		}
	}
}
