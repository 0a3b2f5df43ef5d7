package feed_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func broken(err error) roundTrip {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func TestClasses(t *testing.T) {
	t.Parallel()
	says := func(status int, body string, headers ...string) http.RoundTripper {
		return &script{answers: []func(*http.Request) *http.Response{answer(status, body, headers...)}}
	}
	tests := map[string]struct {
		server http.RoundTripper
		class  news.FailClass
		status int
		words  string
	}{
		"no name":      {broken(&net.OpError{Op: "dial", Err: &net.DNSError{Name: "harbour.example", Err: "no such host", IsNotFound: true}}), news.FailNetwork, 0, "look up harbour.example: no such host"},
		"refused":      {broken(&net.OpError{Op: "dial", Err: errors.New("connection refused")}), news.FailNetwork, 0, "connection refused"},
		"hung up":      {broken(io.EOF), news.FailNetwork, 0, "EOF"},
		"slow":         {broken(&net.OpError{Op: "dial", Err: context.DeadlineExceeded}), news.FailTimeout, 0, "deadline"},
		"certificate":  {broken(&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "harbour.example"}}), news.FailTLS, 0, "certificate"},
		"no TLS":       {broken(tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}), news.FailTLS, 0, "TLS"},
		"missing":      {says(404, ""), news.FailMissing, 404, "404 Not Found"},
		"gone":         {says(410, ""), news.FailGone, 410, "ended the feed"},
		"login":        {says(401, ""), news.FailBlocked, 401, "wants a login"},
		"blocked":      {says(403, ""), news.FailBlocked, 403, "does not let us in"},
		"bot wall":     {says(403, "<html>", "cf-mitigated", "challenge"), news.FailBlocked, 403, "Cloudflare"},
		"bot wall 503": {says(503, "<html>", "Cf-Mitigated", "challenge"), news.FailBlocked, 503, "Cloudflare"},
		"lawyers":      {says(451, ""), news.FailBlocked, 451, "451"},
		"limited":      {says(429, ""), news.FailLimited, 429, "429"},
		"maintenance":  {says(503, "", "Retry-After", "600"), news.FailLimited, 503, "503"},
		"overloaded":   {says(503, ""), news.FailServer, 503, "503"},
		"error":        {says(500, ""), news.FailServer, 500, "500"},
		"teapot":       {says(418, ""), news.FailServer, 418, "418"},
		"empty":        {says(204, ""), news.FailServer, 204, "204"},
		"page":         {says(200, "<!DOCTYPE html><html><body>Accept cookies?</body></html>"), news.FailNotFeed, 200, "parse feed"},
		"nothing":      {says(200, ""), news.FailNotFeed, 200, "empty"},
		"circle":       {says(302, "", "Location", address), news.FailRedirect, 302, "in a circle, back to harbour.example"},
		"downgrade":    {says(301, "", "Location", "http://harbour.example/rss"), news.FailRedirect, 301, "from https to http"},
		"junk":         {says(302, "", "Location", "http://%zz/"), news.FailRedirect, 0, "cannot be read"},
		"cut":          {says(200, harbour[:len(harbour)*6/10]), news.FailDamaged, 200, "damaged"},
		"good":         {says(200, harbour), "", 200, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := poller(t, feed.Config{Transport: tc.server}).Poll(t.Context(), job(address))
			m := r.State.Memory
			if m.Class != tc.class || m.Status != tc.status || !strings.Contains(r.State.Error, tc.words) || (tc.words == "") != (r.Err == nil) {
				t.Errorf("got %q, status %d, %v; want %q, status %d, %q", m.Class, m.Status, r.Err, tc.class, tc.status, tc.words)
			}
			if failed := r.Err != nil; failed != m.FailedAt.Equal(noon) || (r.State.Fails > 0) != (failed && tc.class != news.FailDamaged) {
				t.Errorf("%d failures, the first at %v", r.State.Fails, m.FailedAt)
			}
		})
	}
}

func TestClassOfADeadline(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer srv.Close()
	p := poller(t, feed.Config{Allow: loopback(), Timeout: 200 * time.Millisecond})
	r := p.Poll(t.Context(), job(srv.URL))
	if r.State.Memory.Class != news.FailTimeout || !strings.Contains(r.State.Error, "no whole answer within 200ms") {
		t.Errorf("got %s, %v", r.State.Memory.Class, r.Err)
	}
}

// What a feed went through is remembered until it is good again.
func TestFailuresAreRemembered(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	s := &script{answers: []func(*http.Request) *http.Response{
		answer(200, harbour, "ETag", `"1"`), answer(500, ""), answer(404, ""), answer(304, ""),
	}}
	p := poller(t, feed.Config{Transport: s, Now: c.now})
	j := job(address)
	j.State = p.Poll(t.Context(), j).State
	whole := j.State.Memory.WholeAt
	if !whole.Equal(noon) {
		t.Errorf("the first whole answer at %v", whole)
	}
	for i := range 2 {
		c.at = c.at.Add(time.Hour)
		j.State = p.Poll(t.Context(), j).State
		if m := j.State.Memory; j.State.Fails != i+1 || !m.FailedAt.Equal(noon.Add(time.Hour)) {
			t.Errorf("%d failures, the first at %v", j.State.Fails, m.FailedAt)
		}
	}
	c.at = c.at.Add(time.Hour)
	j.State = p.Poll(t.Context(), j).State
	if m := j.State.Memory; j.State.Fails != 0 || m.Class != "" || m.Status != 304 || !m.FailedAt.IsZero() || j.State.Error != "" || !j.State.OKAt.Equal(c.at) {
		t.Errorf("after a good poll: %+v", j.State)
	}
}

// Since when a feed has come damaged is not forgotten by the next damaged poll.
func TestDamageLasts(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	cut := harbour[:len(harbour)*6/10]
	p := poller(t, feed.Config{Now: c.now, Transport: &script{answers: []func(*http.Request) *http.Response{
		answer(200, cut), answer(200, cut+" "), answer(200, harbour), answer(200, cut),
	}}})
	j := job(address)
	for i, want := range []time.Time{noon, noon, {}, noon.Add(3 * time.Hour)} {
		c.at = noon.Add(time.Duration(i) * time.Hour)
		j.State = p.Poll(t.Context(), j).State
		if got := j.State.Memory.FailedAt; !got.Equal(want) {
			t.Errorf("poll %d: damaged since %v, want %v", i, got, want)
		}
	}
}

func TestGone(t *testing.T) {
	t.Parallel()
	gone, good, silent := answer(410, ""), answer(200, harbour), func(*http.Request) *http.Response { return nil }
	type step struct {
		after  time.Duration
		answer func(*http.Request) *http.Response
	}
	tests := map[string]struct {
		steps []step
		gone  bool
	}{
		"once":                 {[]step{{0, gone}}, false},
		"twice, too soon":      {[]step{{0, gone}, {5 * time.Hour, gone}}, false},
		"twice, six hours":     {[]step{{0, gone}, {6 * time.Hour, gone}}, true},
		"thrice":               {[]step{{0, gone}, {time.Hour, gone}, {5 * time.Hour, gone}}, true},
		"with a good one":      {[]step{{0, gone}, {6 * time.Hour, good}, {time.Hour, gone}}, false},
		"with another failure": {[]step{{0, gone}, {3 * time.Hour, answer(500, "")}, {4 * time.Hour, gone}}, false},
		"with silence":         {[]step{{0, gone}, {3 * time.Hour, silent}, {4 * time.Hour, gone}}, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{noon}
			var reply func(*http.Request) *http.Response
			asked := 0
			p := poller(t, feed.Config{Now: c.now, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				asked++
				if resp := reply(r); resp != nil {
					return resp, nil
				}
				return nil, io.EOF
			})})
			j := job(address)
			for _, s := range tc.steps {
				c.at, reply = c.at.Add(s.after), s.answer
				j.State = p.Poll(t.Context(), j).State
			}
			if j.State.Memory.Gone != tc.gone {
				t.Fatalf("gone: got %v, want %v", j.State.Memory.Gone, tc.gone)
			}
			if !tc.gone {
				return
			}
			if wait := j.State.NextAt.Sub(c.at); wait > 7*24*time.Hour {
				t.Errorf("the next look at it is after %v", wait)
			}
			asked, j.Force = 0, false
			c.at = c.at.Add(30 * 24 * time.Hour)
			if r := p.Poll(t.Context(), j); asked != 0 || !r.State.Memory.Gone || !r.State.NextAt.After(c.at) {
				t.Errorf("a feed that is gone was asked %d times; next at %v", asked, r.State.NextAt)
			}
			reply = good
			moved := j
			moved.Feed.URL = "https://harbour.example/new"
			if r := p.Poll(t.Context(), moved); asked != 1 || r.State.Memory.Gone || r.Err != nil {
				t.Errorf("at its new address it was asked %d times: %v", asked, r.Err)
			}
			j.Force = true
			if r := p.Poll(t.Context(), j); asked != 2 || r.State.Memory.Gone || r.Err != nil {
				t.Errorf("by force it was asked %d times: %v", asked-1, r.Err)
			}
		})
	}
}

// A server that answers 304 to everything would freeze its feed for ever.
func TestEscapeFromUnchanged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		always bool    // 304 also to who does not ask for changes
		times  []int64 // hours before noon at which items appeared
		want   []int   // days after which it is asked for all
	}{
		"honest":          {false, nil, []int{8, 16, 24}},
		"304 to anything": {true, nil, []int{8, 16, 24}},
		"a slow feed":     {false, []int64{150, 100, 50, 0}, []int{20}},
		"a very slow one": {false, []int64{300, 200, 100, 0}, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{noon}
			var whole []int
			first := true
			p := poller(t, feed.Config{Now: c.now, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				conditional := r.Header.Get("If-None-Match") != ""
				day := int(c.at.Sub(noon) / (24 * time.Hour))
				if !conditional && !first {
					whole = append(whole, day)
				}
				if first || !conditional && !tc.always {
					first = false
					return answer(200, harbour, "ETag", `"1"`)(r), nil
				}
				return answer(304, "")(r), nil
			})})
			j := job(address)
			j.State.Memory.Rhythm.Times = nil
			for range 24*30 - 1 {
				j.State = p.Poll(t.Context(), j).State
				j.State.Memory.Rhythm = news.Rhythm{}
				for _, h := range tc.times {
					j.State.Memory.Rhythm.Times = append(j.State.Memory.Rhythm.Times, noon.Add(-time.Duration(h)*time.Hour).Unix())
				}
				c.at = c.at.Add(time.Hour)
			}
			if fmt.Sprint(whole) != fmt.Sprint(tc.want) {
				t.Errorf("asked for all on days %v, want %v", whole, tc.want)
			}
		})
	}
}

// That a request went out without a condition proves nothing of a server that it did
// not reach.
func TestEscapeFromUnchangedBehindCircles(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	var whole []int
	p := poller(t, feed.Config{Now: c.now, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		gone := c.at.Sub(noon)
		switch {
		case r.URL.Path == "/now" && r.Header.Get("If-None-Match") != "":
			return answer(304, "")(r), nil
		case r.URL.Path == "/now":
			whole = append(whole, int(gone/(24*time.Hour)))
			return answer(200, harbour, "ETag", `"1"`)(r), nil
		case int(gone/time.Hour)%3 == 2:
			return answer(302, "", "Location", r.URL.Path)(r), nil
		}
		return answer(302, "", "Location", "/now")(r), nil
	})})
	j := job(address)
	for range 24 * 20 {
		j.State = p.Poll(t.Context(), j).State
		j.State.Memory.Rhythm = news.Rhythm{}
		c.at = c.at.Add(time.Hour)
	}
	if want := []int{0, 8, 16}; !slices.Equal(whole, want) {
		t.Errorf("asked for all on days %v, want %v", whole, want)
	}
}

// A server that has only 304s, and does not give the whole to who doubts it, is
// believed again for a while: it may have nothing new.
func TestDoubtThatIsRefused(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(*http.Request) *http.Response{
		"429": answer(429, "", "Retry-After", "3600"), "503": answer(503, ""), "403": answer(403, ""), "no feed": answer(200, "<html><body>wait</body></html>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{noon}
			first := true
			p := poller(t, feed.Config{Now: c.now, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				switch {
				case r.Header.Get("If-None-Match") != "":
					return answer(304, "")(r), nil
				case first:
					first = false
					return answer(200, harbour, "ETag", `"1"`)(r), nil
				}
				return refuse(r), nil
			})})
			j := job(address)
			j.Force = false
			var refused []int
			for c.at.Before(noon.AddDate(0, 0, 30)) {
				j.State = p.Poll(t.Context(), j).State
				j.State.Memory.Rhythm = news.Rhythm{}
				if j.State.Fails > 0 {
					refused = append(refused, int(c.at.Sub(noon)/(24*time.Hour)))
				}
				c.at = j.State.NextAt
			}
			if want := []int{8, 16, 24}; !slices.Equal(refused, want) {
				t.Errorf("refused on days %v, want %v", refused, want)
			}
		})
	}
}

func TestRateLimitReset(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		reset  string
		want   time.Duration
	}{
		"seconds":         {429, "7200", 2 * time.Hour},
		"fractions":       {429, "7200.5", 2*time.Hour + 500*time.Millisecond},
		"a Unix time":     {429, fmt.Sprint(noon.Add(3 * time.Hour).Unix()), 3 * time.Hour},
		"passed":          {429, fmt.Sprint(noon.Add(-time.Hour).Unix()), 15 * time.Minute},
		"far too long":    {429, "900000000", 7 * 24 * time.Hour},
		"far ahead":       {429, "99999999999999", 7 * 24 * time.Hour},
		"negative":        {429, "-5", 15 * time.Minute},
		"junk":            {429, "soon", 15 * time.Minute},
		"NaN":             {429, "NaN", 15 * time.Minute},
		"infinite":        {429, "Inf", 7 * 24 * time.Hour},
		"not after a 429": {500, "7200", 15 * time.Minute},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := poller(t, feed.Config{Transport: &script{answers: []func(*http.Request) *http.Response{
				answer(tc.status, "", "X-RateLimit-Reset", tc.reset),
			}}}).Poll(t.Context(), job(address))
			if got := r.State.NextAt.Sub(noon); got < tc.want || got > tc.want*11/10 {
				t.Errorf("next poll after %v, want %v", got, tc.want)
			}
			if r.HostUntil.IsZero() == (tc.status == 429) || tc.status == 429 && r.HostUntil.Sub(noon) < tc.want {
				t.Errorf("the host is held until %v", r.HostUntil)
			}
		})
	}
}
