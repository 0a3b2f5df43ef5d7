package feed_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// harbour is a small whole feed.
const harbour = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Harbour Post</title><link>https://harbour.example/</link>
<item><title>Ferry strike ends</title><link>https://harbour.example/n/2</link><guid>h2</guid>
<pubDate>Mon, 01 Mar 2027 09:00:00 GMT</pubDate><description>Crews go back to work.</description></item>
<item><title>New pier opens</title><link>https://harbour.example/n/1</link><guid>h1</guid>
<pubDate>Sat, 27 Feb 2027 09:00:00 GMT</pubDate></item>
<item><title>Opening hours</title><link>https://harbour.example/hours</link></item>
</channel></rss>`

// noon is when the tests take place.
var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// script answers requests one by one; the last answer repeats.
type script struct {
	answers  []func(*http.Request) *http.Response
	requests []*http.Request
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests = append(s.requests, r)
	i := min(len(s.requests), len(s.answers)) - 1
	resp := s.answers[i](r)
	resp.Request = r
	return resp, nil
}

func (s *script) last() *http.Request { return s.requests[len(s.requests)-1] }

// answer makes a response; headers are name, value, name, value.
func answer(status int, body string, headers ...string) func(*http.Request) *http.Response {
	return func(*http.Request) *http.Response {
		h := http.Header{}
		for i := 0; i+1 < len(headers); i += 2 {
			h.Add(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
	}
}

func poller(t *testing.T, cfg feed.Config) *feed.Poller {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return noon }
	}
	if cfg.HostGap == 0 {
		cfg.HostGap = -1 // see TestRequestsToAHostKeepTheirDistance
	}
	p, err := feed.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func every(d time.Duration) func(time.Time) time.Time {
	return func(after time.Time) time.Time { return after.Truncate(d).Add(d) }
}

func job(url string) feed.Job {
	return feed.Job{Feed: news.Feed{ID: "harbour", Name: "Harbour Post", URL: url}, Wish: every(time.Minute), Fixed: true, Force: true}
}

const address = "https://harbour.example/rss"

func TestValidators(t *testing.T) {
	t.Parallel()
	type check struct{ ETag, Modified string }
	tests := map[string]struct {
		answers []func(*http.Request) *http.Response
		want    []check // what each later request asks with
	}{
		"byte for byte": {
			[]func(*http.Request) *http.Response{
				answer(200, harbour, "ETag", `foo`, "Last-Modified", "Thu, 01 Jan 1970 08:00:00 WST"),
			},
			[]check{{"foo", "Thu, 01 Jan 1970 08:00:00 WST"}},
		},
		"a 200 replaces both and clears what it lacks": {
			[]func(*http.Request) *http.Response{
				answer(200, harbour, "ETag", `W/"a"`, "Last-Modified", "yesterday"),
				answer(200, harbour+"<!-- 2 -->", "ETag", `W/"b"`),
			},
			[]check{{`W/"a"`, "yesterday"}, {`W/"b"`, ""}},
		},
		"the same body still brings new validators": {
			[]func(*http.Request) *http.Response{
				answer(200, harbour, "ETag", `"1"`),
				answer(200, harbour, "ETag", `"2"`),
			},
			[]check{{`"1"`, ""}, {`"2"`, ""}},
		},
		"a 304 freshens what it names": {
			[]func(*http.Request) *http.Response{
				answer(200, harbour, "ETag", `"1"`, "Last-Modified", "monday"),
				answer(304, "", "Last-Modified", "tuesday"),
			},
			[]check{{`"1"`, "monday"}, {`"1"`, "tuesday"}},
		},
		"a cut document keeps the old ones": {
			[]func(*http.Request) *http.Response{
				answer(200, harbour, "ETag", `"1"`),
				answer(200, harbour[:len(harbour)*6/10], "ETag", `"2"`),
			},
			[]check{{`"1"`, ""}, {`"1"`, ""}},
		},
		"a failure keeps them": {
			[]func(*http.Request) *http.Response{
				answer(200, harbour, "ETag", `"1"`),
				answer(500, "", "ETag", `"error"`),
				answer(200, "<html><body>Accept cookies?</body></html>", "ETag", `"page"`),
			},
			[]check{{`"1"`, ""}, {`"1"`, ""}, {`"1"`, ""}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: tc.answers}
			p := poller(t, feed.Config{Transport: s})
			j := job(address)
			j.State = p.Poll(t.Context(), j).State
			var got []check
			for range tc.want {
				j.State = p.Poll(t.Context(), j).State
				h := s.last().Header
				got = append(got, check{h.Get("If-None-Match"), h.Get("If-Modified-Since")})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("validators (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValidatorsBelongToTheirAddress(t *testing.T) {
	t.Parallel()
	to := func(url string) func(*http.Request) *http.Response { return answer(302, "", "Location", url) }
	target := "https://b.example/rss"
	s := &script{answers: []func(*http.Request) *http.Response{
		to(target), answer(200, harbour, "ETag", `"b"`),
		to(target), answer(304, ""),
		to("https://c.example/rss"), answer(200, harbour, "ETag", `"c"`),
	}}
	p := poller(t, feed.Config{Transport: s})
	j := job(address)
	for range 3 {
		r := p.Poll(t.Context(), j)
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		j.State = r.State
	}
	var got []string
	for _, r := range s.requests {
		got = append(got, r.URL.Host+" "+r.Header.Get("If-None-Match")+r.Header.Get("Referer"))
	}
	want := []string{"harbour.example ", "b.example ", "harbour.example ", `b.example "b"`, "harbour.example ", "c.example "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	s := &script{answers: []func(*http.Request) *http.Response{answer(200, harbour, "Set-Cookie", "a=b")}}
	p := poller(t, feed.Config{Transport: s, UserAgent: "newswatch/1 (+https://desk.example)"})
	p.Poll(t.Context(), job(address))
	p.Poll(t.Context(), job(address))
	h := s.last().Header
	if got := h.Get("User-Agent"); got != "newswatch/1 (+https://desk.example)" {
		t.Errorf("User-Agent: got %q", got)
	}
	if !strings.Contains(h.Get("Accept"), "application/rss+xml") {
		t.Errorf("Accept: got %q", h.Get("Accept"))
	}
	for _, name := range []string{"Cookie", "Referer", "Cache-Control", "Pragma"} {
		if h.Get(name) != "" {
			t.Errorf("%s: got %q, want none", name, h.Get(name))
		}
	}
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		backfill time.Duration
		later    bool
		want     []bool
	}{
		"no backfill":        {0, false, []bool{true, true, true}},
		"a day of backfill":  {24 * time.Hour, false, []bool{false, true, true}},
		"not the first poll": {0, true, []bool{false, false, false}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := poller(t, feed.Config{Transport: &script{answers: []func(*http.Request) *http.Response{answer(200, harbour)}}})
			j := job(address)
			j.Backfill, j.State.Baselined = tc.backfill, tc.later
			r := p.Poll(t.Context(), j)
			var got []bool
			for _, it := range r.Items {
				got = append(got, it.Baseline)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || !r.State.Baselined {
				t.Errorf("baseline (-want +got):\n%s; state %v", diff, r.State.Baselined)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	date := noon.Add(time.Hour).Format(http.TimeFormat) // the server's clock is an hour ahead
	tests := map[string]struct {
		answer func(*http.Request) *http.Response
		fails  int // before this one
		wait   time.Duration
		host   time.Duration
	}{
		"first":                    {answer(500, ""), 0, 15 * time.Minute, 0},
		"third":                    {answer(502, ""), 2, time.Hour, 0},
		"thirtieth":                {answer(404, ""), 29, 24 * time.Hour, 0},
		"blocked":                  {answer(403, ""), 0, 4 * time.Hour, 0},
		"429 in seconds":           {answer(429, "", "Retry-After", "7200"), 0, 2 * time.Hour, 2 * time.Hour},
		"429 as IMF date":          {answer(429, "", "Date", date, "Retry-After", noon.Add(4*time.Hour).Format(http.TimeFormat)), 0, 3 * time.Hour, 3 * time.Hour},
		"429 as RFC 850 date":      {answer(429, "", "Date", date, "Retry-After", noon.Add(4*time.Hour).Format("Monday, 02-Jan-06 15:04:05 GMT")), 0, 3 * time.Hour, 3 * time.Hour},
		"429 as asctime":           {answer(429, "", "Date", date, "Retry-After", noon.Add(4*time.Hour).Format(time.ANSIC)), 0, 3 * time.Hour, 3 * time.Hour},
		"429 in the past":          {answer(429, "", "Date", date, "Retry-After", noon.Format(http.TimeFormat)), 0, 15 * time.Minute, 15 * time.Minute},
		"429 with junk":            {answer(429, "", "Retry-After", "soon"), 0, 15 * time.Minute, 15 * time.Minute},
		"429 for ever":             {answer(429, "", "Retry-After", "1000000000000"), 0, 7 * 24 * time.Hour, 7 * 24 * time.Hour},
		"503 with a time":          {answer(503, "", "Retry-After", "3600"), 0, time.Hour, time.Hour},
		"503 without":              {answer(503, ""), 0, 15 * time.Minute, 0},
		"a page":                   {answer(200, "<!DOCTYPE html><html><body>Consent</body></html>"), 0, 15 * time.Minute, 0},
		"304 without having asked": {answer(304, ""), 0, 15 * time.Minute, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := poller(t, feed.Config{Transport: &script{answers: []func(*http.Request) *http.Response{tc.answer}}})
			j := job(address)
			j.State.Fails = tc.fails
			r := p.Poll(t.Context(), j)
			if r.Err == nil || r.State.Error == "" || r.State.Fails != tc.fails+1 {
				t.Fatalf("got no failure: %+v", r.State)
			}
			if got := r.State.NextAt.Sub(noon); got < tc.wait || got > tc.wait*11/10 {
				t.Errorf("next poll: got after %v, want %v and up to a tenth more", got, tc.wait)
			}
			host := time.Duration(0)
			if !r.HostUntil.IsZero() {
				host = r.HostUntil.Sub(noon)
			}
			if host < tc.host || host > tc.host*11/10 {
				t.Errorf("hold on the host: got %v, want %v", host, tc.host)
			}
		})
	}
}

func TestNextPollOfOwnServer(t *testing.T) {
	t.Parallel()
	headers := map[string]string{}
	status := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range headers {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, harbour)
	}))
	defer srv.Close()
	p := poller(t, feed.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	j := job(srv.URL)
	j.Wish = every(2 * time.Second)
	for _, tc := range []struct {
		status  int
		headers map[string]string
		want    time.Duration
	}{
		{200, nil, 2 * time.Second},
		{200, map[string]string{"Cache-Control": "max-age=5"}, 6 * time.Second},
		{200, map[string]string{"Retry-After": "9"}, 10 * time.Second},
		{500, nil, 2 * time.Second},
		{500, nil, 4 * time.Second},
		{429, map[string]string{"Retry-After": "30"}, 30 * time.Second},
	} {
		status, headers = tc.status, tc.headers
		r := p.Poll(t.Context(), j)
		j.State = r.State
		j.State.Memory.Bounds = nil // or a Retry-After would hold
		if got := r.State.NextAt.Sub(noon); got != tc.want {
			t.Errorf("status %d, %v: got %v, want %v; error %v", tc.status, tc.headers, got, tc.want, r.Err)
		}
	}
}

func TestNotBefore(t *testing.T) {
	t.Parallel()
	s := &script{answers: []func(*http.Request) *http.Response{answer(200, harbour)}}
	p := poller(t, feed.Config{Transport: s})
	j := job(address)
	j.Force, j.State.NextAt = false, noon.Add(time.Hour)
	if r := p.Poll(t.Context(), j); len(s.requests) != 0 || r.State.NextAt != j.State.NextAt {
		t.Errorf("a poll before its time made %d requests", len(s.requests))
	}
	j.Force = true
	if r := p.Poll(t.Context(), j); len(s.requests) != 1 || len(r.Items) != 3 {
		t.Errorf("a forced poll made %d requests and gave %d items", len(s.requests), len(r.Items))
	}
}

func TestPanicIsAFailure(t *testing.T) {
	t.Parallel()
	p := poller(t, feed.Config{Transport: &script{answers: []func(*http.Request) *http.Response{
		func(*http.Request) *http.Response { panic("boom") },
	}}})
	broken := job(address)
	broken.Wish = func(time.Time) time.Time { panic("no such day") }
	for _, j := range []feed.Job{job(address), broken} {
		if r := p.Poll(t.Context(), j); r.Err == nil || !r.State.NextAt.After(noon) {
			t.Errorf("got %+v", r)
		}
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	t.Parallel()
	p := poller(t, feed.Config{})
	r := p.Poll(t.Context(), job("http://desk:hunter2@127.0.0.1:9/rss?token=hunter2"))
	if r.Err == nil || strings.Contains(r.State.Error, "hunter2") {
		t.Errorf("got %v", r.Err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("shutting down"))
	p := poller(t, feed.Config{})
	r := p.Poll(ctx, job("https://harbour.example/rss"))
	if r.Err == nil || r.State.NextAt.IsZero() {
		t.Errorf("got %+v", r)
	}
}
