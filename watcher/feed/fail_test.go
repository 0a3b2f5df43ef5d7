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

// net_ is a network that can be down.
type network struct {
	down  bool
	alive map[string]bool // hosts that answer all the same
	dead  map[string]bool // hosts that never do
	slow  func()          // is called while a request waits, once
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	if slow := n.slow; slow != nil {
		n.slow = nil
		slow()
		return nil, &net.OpError{Op: "dial", Err: errors.New("i/o timeout")}
	}
	if n.down && !n.alive[r.URL.Host] || n.dead[r.URL.Host] {
		return nil, &net.OpError{Op: "dial", Err: errors.New("network is unreachable")}
	}
	return answer(200, harbour)(r), nil
}

func TestOutage(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	n := &network{alive: map[string]bool{"h3.example": true}, dead: map[string]bool{"h0.example": true}}
	p := poller(t, feed.Config{Now: c.now, Transport: n})
	const feeds = 30
	states := make([]news.FeedState, feeds)
	round := func() (counted, down int) {
		for i := range feeds {
			c.at = c.at.Add(5 * time.Second)
			j := job(fmt.Sprintf("https://h%d.example/rss", i))
			j.Feed.ID, j.State = fmt.Sprint(i), states[i]
			r := p.Poll(t.Context(), j)
			switch {
			case !r.DownSince.IsZero():
				down++
				if wait := r.State.NextAt.Sub(c.at); r.Err == nil || r.State.Fails != max(0, j.State.Fails-1) && r.State.Fails != j.State.Fails || wait < time.Minute || wait > 5*time.Minute {
					t.Errorf("in an outage: %v, %d failures after %d, next after %v", r.Err, r.State.Fails, j.State.Fails, wait)
				}
			case r.Err != nil:
				counted++
			}
			states[i] = r.State
		}
		return counted, down
	}
	if counted, down := round(); counted != 1 || down != 0 {
		t.Fatalf("all is well: %d failures counted, %d not", counted, down)
	}
	began := c.at
	n.down = true
	if counted, down := round(); counted > 18 || down < 10 {
		t.Errorf("the network breaks: %d failures counted, %d not", counted, down)
	}
	for range 5 {
		if counted, down := round(); counted != 0 || down != feeds-1 {
			t.Errorf("the network is down: %d failures counted, %d not", counted, down)
		}
	}
	for i, st := range states {
		if i != 0 && st.Fails != 0 {
			t.Errorf("feed %d has %d failures, as if they were its own", i, st.Fails)
		}
	}
	if since := p.Poll(t.Context(), feedOf(5, states)).DownSince; since.Before(began) || since.After(began.Add(time.Minute)) {
		t.Errorf("down since %v, want soon after %v", since, began)
	}
	n.down = false
	round()
	if counted, down := round(); counted != 1 || down != 0 {
		t.Errorf("it is well again: %d failures counted, %d not", counted, down)
	}
}

func feedOf(i int, states []news.FeedState) feed.Job {
	j := job(fmt.Sprintf("https://h%d.example/rss", i))
	j.Feed.ID, j.State = fmt.Sprint(i), states[i]
	return j
}

// Some dead hosts are no outage, nor are hosts that have long been dead, nor is
// one that lasts while others answer.
func TestNoOutage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		dead, all int
		failed    bool // they have been dead before
		rounds    int
		down      bool // in the last round
	}{
		"four of four":        {4, 4, false, 3, false},
		"five of five":        {5, 5, false, 3, true},
		"eight of ten":        {8, 10, false, 3, false},
		"nine of ten":         {9, 10, false, 3, true},
		"nine, long dead":     {9, 10, true, 3, false},
		"nine, for two hours": {9, 10, false, 24, false},
		"all, for two hours":  {10, 10, false, 24, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{noon}
			n := &network{dead: map[string]bool{}}
			for i := range tc.dead {
				n.dead[fmt.Sprintf("h%d.example", i)] = true
			}
			p := poller(t, feed.Config{Now: c.now, Transport: n})
			states := make([]news.FeedState, tc.all)
			var down bool
			for range tc.rounds {
				for i := range states {
					j := feedOf(i, states)
					if tc.failed && i < tc.dead {
						j.State.Fails, j.State.Memory.FailedAt = 3, noon.Add(-100*time.Hour)
						j.State.Memory.Class = news.FailNetwork
					}
					r := p.Poll(t.Context(), j)
					states[i] = r.State
					down = down || !r.DownSince.IsZero()
				}
				c.at = c.at.Add(5 * time.Minute)
				if c.at.Before(noon.Add(time.Duration(tc.rounds) * 5 * time.Minute)) {
					down = false
				}
			}
			if down != tc.down {
				t.Errorf("down: got %v, want %v", down, tc.down)
			}
		})
	}
}

// A request that waits while the network comes back fails with it.
func TestOutageEndsWhileWeWait(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	n := &network{down: true}
	p := poller(t, feed.Config{Now: c.now, Transport: n})
	states := make([]news.FeedState, 10)
	round := func() {
		for i := range states {
			c.at = c.at.Add(time.Second)
			states[i] = p.Poll(t.Context(), feedOf(i, states)).State
		}
	}
	round()
	round()
	n.slow = func() {
		n.down = false
		round()
	}
	r := p.Poll(t.Context(), feedOf(9, states))
	if wait := r.State.NextAt.Sub(c.at); r.Err == nil || !r.DownSince.IsZero() || !r.State.Memory.Ours || wait > 5*time.Minute {
		t.Errorf("got %v, down since %v, next after %v; want it tried again soon, and the network well", r.Err, r.DownSince, wait)
	}
	n.slow = func() { // one that began before the network went
		n.down = true
		round()
		round()
		n.down = false
		round()
	}
	if r = p.Poll(t.Context(), feedOf(9, states)); !r.State.Memory.Ours || r.State.Fails != 0 {
		t.Errorf("began before: got %d failures and %v, want none of its own", r.State.Fails, r.Err)
	}
	c.at = c.at.Add(time.Minute)
	n.slow = func() {}
	if r = p.Poll(t.Context(), feedOf(9, states)); r.State.Memory.Ours || r.State.Fails != 1 {
		t.Errorf("after the outage: got %d failures and %v, want one of its own", r.State.Fails, r.Err)
	}
}

// Many requests that outlive an outage are not another one.
func TestManyOutliveAnOutage(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	n := &network{}
	p := poller(t, feed.Config{Now: c.now, Transport: n})
	states := make([]news.FeedState, 30)
	poll := func(i int) feed.Result {
		c.at = c.at.Add(time.Second)
		r := p.Poll(t.Context(), feedOf(i, states))
		states[i] = r.State
		return r
	}
	for i := range states {
		poll(i)
	}
	n.down = true
	for i := range 20 {
		poll(i)
	}
	if poll(0).DownSince.IsZero() {
		t.Fatal("the network is down, and nobody sees it")
	}
	var wait func(i int) // each request begins before the one before it ends
	wait = func(i int) {
		if i == len(states) {
			n.down = false
			poll(0)
			poll(1)
			return
		}
		n.slow = func() { wait(i + 1) }
		if r := poll(i); !r.DownSince.IsZero() || !r.State.Memory.Ours || r.State.Fails != 0 {
			t.Errorf("feed %d: down since %v, %d failures, %v; want it ours, and the network well", i, r.DownSince, r.State.Fails, r.Err)
		}
	}
	wait(20)
}

// Who failed by itself before an outage keeps that count, and no more.
func TestFailuresOfAnOutageAreTakenBack(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	n := &network{}
	p := poller(t, feed.Config{Now: c.now, Transport: n})
	states := make([]news.FeedState, 10)
	for i := range states {
		states[i].Fails = i % 3
		states[i].Memory.FailedAt, states[i].Memory.Status, states[i].Memory.Class = noon.Add(-time.Hour), 500, news.FailServer
	}
	n.down = true
	excused := 0
	var since time.Time
	for range 2 {
		for i := range states {
			c.at = c.at.Add(time.Second)
			r := p.Poll(t.Context(), feedOf(i, states))
			states[i], since = r.State, r.DownSince
		}
		for i := range states {
			if feed.Excused(states[i], since, noon) {
				excused++
			}
		}
	}
	if excused != 4 { // the fifth host makes it an outage
		t.Errorf("%d feeds were excused, want 4", excused)
	}
	for i, st := range states {
		if st.Fails != i%3 || !st.Memory.Ours || feed.Excused(st, since, noon) {
			t.Errorf("feed %d has %d failures, want its own %d", i, st.Fails, i%3)
		}
	}
}
