package feed_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// with is the harbour feed with elements of its channel.
func with(elements string) string { return strings.Replace(harbour, "<item>", elements+"<item>", 1) }

func TestNextPoll(t *testing.T) {
	t.Parallel()
	imf := func(d time.Duration) string { return noon.Add(d).Format(http.TimeFormat) }
	rfc850 := func(d time.Duration) string { return noon.Add(d).Format("Monday, 02-Jan-06 15:04:05 GMT") }
	tag := func(headers ...string) []string { return append([]string{"ETag", `"1"`}, headers...) }
	tests := map[string]struct {
		headers []string
		body    string
		want    time.Duration
		reason  string
	}{
		"bare":                      {nil, harbour, time.Hour, "floor of 60 min"},
		"an etag":                   {tag(), harbour, 15 * time.Minute, "floor of 15 min"},
		"last-modified":             {[]string{"Last-Modified", imf(-time.Hour)}, harbour, 15 * time.Minute, "floor of 15 min"},
		"cache-control":             {[]string{"Cache-Control", "public"}, harbour, 15 * time.Minute, "floor of 15 min"},
		"max-age":                   {[]string{"Cache-Control", "public, max-age=3600"}, harbour, time.Hour, "max-age=3600"},
		"max-age in capitals":       {[]string{"Cache-Control", "Max-Age=3600"}, harbour, time.Hour, "max-age=3600"},
		"max-age in quotes":         {[]string{"Cache-Control", `max-age="3600"`}, harbour, time.Hour, "max-age=3600"},
		"max-age with blanks":       {[]string{"Cache-Control", "public ,  max-age = 3600 "}, harbour, time.Hour, "max-age=3600"},
		"max-age on a second line":  {[]string{"Cache-Control", "public", "Cache-Control", "max-age=3600"}, harbour, time.Hour, "max-age=3600"},
		"max-age minus age":         {[]string{"Cache-Control", "max-age=3600", "Age", "1800"}, harbour, 30 * time.Minute, "max-age=3600"},
		"age past max-age":          {[]string{"Cache-Control", "max-age=3600", "Age", "7200"}, harbour, 15 * time.Minute, "floor"},
		"junk age":                  {[]string{"Cache-Control", "max-age=3600", "Age", "old"}, harbour, time.Hour, "max-age=3600"},
		"max-age for a year":        {[]string{"Cache-Control", "max-age=31536000"}, harbour, 5 * time.Hour, "max-age=31536000"},
		"max-age overflow":          {[]string{"Cache-Control", "max-age=99999999999999999999"}, harbour, 5 * time.Hour, "max-age"},
		"max-age negative":          {[]string{"Cache-Control", "max-age=-1"}, harbour, 15 * time.Minute, "floor"},
		"max-age junk":              {[]string{"Cache-Control", "max-age=an hour"}, harbour, 15 * time.Minute, "floor"},
		"max-age nothing":           {[]string{"Cache-Control", "max-age="}, harbour, 15 * time.Minute, "floor"},
		"max-age 0":                 {[]string{"Cache-Control", "max-age=0"}, harbour, 15 * time.Minute, "floor"},
		"no-cache":                  {[]string{"Cache-Control", "no-cache, max-age=3600"}, harbour, 15 * time.Minute, "floor"},
		"no-store after max-age":    {[]string{"Cache-Control", "max-age=3600, no-store"}, harbour, 15 * time.Minute, "floor"},
		"no-cache beats expires":    {[]string{"Cache-Control", "no-cache", "Date", imf(0), "Expires", imf(2 * time.Hour)}, harbour, 15 * time.Minute, "floor"},
		"shared":                    {[]string{"Cache-Control", "s-maxage=7200"}, harbour, 15 * time.Minute, "floor"},
		"shared and private":        {[]string{"Cache-Control", "s-maxage=60, max-age=7200"}, harbour, 2 * time.Hour, "max-age=7200"},
		"must-revalidate":           {[]string{"Cache-Control", "must-revalidate, max-age=1800"}, harbour, 30 * time.Minute, "max-age=1800"},
		"expires":                   {tag("Date", imf(-time.Hour), "Expires", imf(time.Hour)), harbour, 2 * time.Hour, "Expires"},
		"expires by a wrong clock":  {tag("Date", imf(-1000*time.Hour), "Expires", imf(-998*time.Hour)), harbour, 2 * time.Hour, "Expires"},
		"expires as RFC 850":        {tag("Date", rfc850(0), "Expires", rfc850(2*time.Hour)), harbour, 2 * time.Hour, "Expires"},
		"expires as asctime":        {tag("Date", noon.Format(time.ANSIC), "Expires", noon.Add(2*time.Hour).Format(time.ANSIC)), harbour, 2 * time.Hour, "Expires"},
		"expires without date":      {tag("Expires", imf(2*time.Hour)), harbour, 15 * time.Minute, "floor"},
		"expires in the past":       {tag("Date", imf(0), "Expires", imf(-time.Hour)), harbour, 15 * time.Minute, "floor"},
		"expires 0":                 {tag("Date", imf(0), "Expires", "0"), harbour, 15 * time.Minute, "floor"},
		"expires -1":                {tag("Date", imf(0), "Expires", "-1"), harbour, 15 * time.Minute, "floor"},
		"expires in a year":         {tag("Date", imf(0), "Expires", imf(8760*time.Hour)), harbour, 5 * time.Hour, "Expires"},
		"max-age beats expires":     {[]string{"Cache-Control", "max-age=1800", "Date", imf(0), "Expires", imf(3 * time.Hour)}, harbour, 30 * time.Minute, "max-age=1800"},
		"age does not cut expires":  {tag("Age", "3600", "Date", imf(0), "Expires", imf(2*time.Hour)), harbour, 2 * time.Hour, "Expires"},
		"pragma says nothing":       {tag("Pragma", "no-cache"), harbour, 15 * time.Minute, "floor of 15 min"},
		"retry-after":               {tag("Retry-After", "3600"), harbour, time.Hour, "Retry-After"},
		"retry-after a date":        {tag("Date", imf(time.Hour), "Retry-After", imf(2*time.Hour)), harbour, time.Hour, "Retry-After"},
		"retry-after beats max-age": {tag("Cache-Control", "max-age=1800", "Retry-After", "7200"), harbour, 2 * time.Hour, "Retry-After"},
		"ttl":                       {tag(), with("<ttl>90</ttl>"), 90 * time.Minute, "ttl of 90 min"},
		"ttl beats max-age":         {[]string{"Cache-Control", "max-age=1800"}, with("<ttl>90</ttl>"), 90 * time.Minute, "ttl of 90 min"},
		"max-age beats ttl":         {[]string{"Cache-Control", "max-age=7200"}, with("<ttl>90</ttl>"), 2 * time.Hour, "max-age=7200"},
		"ttl of a year":             {tag(), with("<ttl>525600</ttl>"), 15 * time.Minute, "floor"},
		"ttl of nothing":            {tag(), with("<ttl>0</ttl>"), 15 * time.Minute, "floor"},
		"ttl junk":                  {tag(), with("<ttl>hourly</ttl>"), 15 * time.Minute, "floor"},
		"skipped hours":             {tag(), with("<skipHours><hour>12</hour><hour>13</hour></skipHours>"), 2 * time.Hour, "skipHours"},
		"other hours":               {tag(), with("<skipHours><hour>3</hour></skipHours>"), 15 * time.Minute, "floor"},
		"all hours": {tag(), with("<skipHours>" + strings.Join(eachNumber(24, "<hour>%d</hour>"), "") + "</skipHours>"),
			15 * time.Minute, "floor"},
		"skipped days": {tag(), with("<skipDays><day>Monday</day><day>Tuesday</day></skipDays>"), 36 * time.Hour, "skipDays"},
		"skipped days and hours": {tag(), with("<skipHours><hour>0</hour></skipHours><skipDays><day>Monday</day></skipDays>"),
			13 * time.Hour, "skipHours"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := poller(t, feed.Config{Transport: &script{answers: []func(*http.Request) *http.Response{answer(200, tc.body, tc.headers...)}}})
			r := p.Poll(t.Context(), job(address))
			if got := r.State.NextAt.Sub(noon); got != tc.want {
				t.Errorf("got after %v, want %v; error %v", got, tc.want, r.Err)
			}
			if m := r.State.Memory; !strings.Contains(m.Reason, tc.reason) || !slices.ContainsFunc(m.Bounds, func(b news.Bound) bool { return b.Name == m.Reason }) {
				t.Errorf("reason: got %q of %v, want %q", m.Reason, m.Bounds, tc.reason)
			}
		})
	}
}

// eachNumber is a format for each number below n.
func eachNumber(n int, format string) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(format, i))
	}
	return all
}

// What a document asks for outlives it: a 304 has no document, and neither has
// the poller that comes after a restart.
func TestHintsOutliveTheirDocument(t *testing.T) {
	t.Parallel()
	s := &script{answers: []func(*http.Request) *http.Response{
		answer(200, with("<ttl>90</ttl><skipHours><hour>13</hour></skipHours>"), "ETag", `"1"`), answer(304, ""),
	}}
	j := job(address)
	for range 2 {
		j.State = poller(t, feed.Config{Transport: s}).Poll(t.Context(), j).State
		if got := j.State.NextAt.Sub(noon); got != 2*time.Hour {
			t.Errorf("got after %v, want 2h: 90 minutes, and not at one o'clock; %+v", got, j.State.Memory.Bounds)
		}
	}
}

// A hold on its host, or a pause of ours, may have made the poll late.
func TestAPollThatComesLateKeepsOutOfSkippedHours(t *testing.T) {
	t.Parallel()
	afternoon := news.FeedHints{SkipHours: 0b111 << 12}
	for name, tc := range map[string]struct {
		hints news.FeedHints
		wish  func(time.Time) time.Time
		now   time.Duration // since noon; it was due a moment before
		force bool
		want  time.Duration // since noon; 0: it is asked
	}{
		"until three":                     {afternoon, every(time.Minute), 0, false, 3 * time.Hour},
		"no schedule":                     {afternoon, nil, 0, false, 3 * time.Hour},
		"a daily turn that has come":      {afternoon, daily(11, 0), 10 * time.Minute, false, 3 * time.Hour},
		"a weekday":                       {news.FeedHints{SkipDays: 1 << time.Monday}, every(time.Minute), 0, false, 12 * time.Hour},
		"free hours":                      {news.FeedHints{SkipHours: 1 << 11}, every(time.Minute), 0, false, 0},
		"in a hurry":                      {afternoon, every(time.Minute), 0, true, 0},
		"no hour is free":                 {news.FeedHints{SkipHours: 1<<24 - 1}, every(time.Minute), 0, false, 0},
		"no turn of its is in a free one": {afternoon, daily(12, 0), time.Minute + 1234, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: []func(*http.Request) *http.Response{answer(200, harbour, "ETag", `"1"`)}}
			now := noon.Add(tc.now)
			j := job(address)
			j.Force, j.Wish, j.State.NextAt, j.State.Memory.Hints = tc.force, tc.wish, now.Add(-time.Second), tc.hints
			r := poller(t, feed.Config{Transport: s, Now: func() time.Time { return now }}).Poll(t.Context(), j)
			switch {
			case tc.want == 0 && len(s.requests) != 1:
				t.Errorf("got %d requests, next after %v; want one now", len(s.requests), r.State.NextAt.Sub(noon))
			case tc.want != 0 && (len(s.requests) != 0 || !r.Busy || r.Err != nil || r.State.NextAt.Sub(noon) != tc.want || !strings.Contains(r.State.Memory.Reason, "skipHours")):
				t.Errorf("got %d requests and %+v, want none until %v after noon", len(s.requests), r, tc.want)
			}
		})
	}
}

func daily(hour, minute int) func(time.Time) time.Time {
	return func(after time.Time) time.Time {
		at := time.Date(after.Year(), after.Month(), after.Day(), hour, minute, 0, 0, time.UTC)
		if !at.After(after) {
			at = at.AddDate(0, 0, 1)
		}
		return at
	}
}

// One that is late each day is asked each day, and what is noted of it does not grow.
func TestLateEachDay(t *testing.T) {
	t.Parallel()
	c := &clock{noon.Add(5 * time.Second)}
	s := &script{answers: []func(*http.Request) *http.Response{answer(200, harbour)}}
	j := job(address)
	j.Force, j.Wish, j.State.NextAt = false, daily(11, 59), c.at.Add(-time.Minute)
	j.State.Memory.Hints.SkipHours = 1 << 12
	p := poller(t, feed.Config{Transport: s, Now: c.now})
	for range 20 {
		j.State = p.Poll(t.Context(), j).State
		j.State.Memory.Hints.SkipHours = 1 << 12 // the harbour's document names none
		c.at = j.State.NextAt.Add(65 * time.Second)
	}
	if len(s.requests) != 10 || len(j.State.Memory.Bounds) > 5 {
		t.Errorf("got %d requests in 20 polls, each second one put off, and %d bounds", len(s.requests), len(j.State.Memory.Bounds))
	}
}

// Who crashed in the midst of a poll comes back in a free hour.
func TestBrokenOffKeepsOutOfSkippedHours(t *testing.T) {
	t.Parallel()
	st := news.FeedState{ETag: `"1"`, PolledAt: noon}
	if got := feed.BrokenOff(job(address).Feed, st, noon).Sub(noon); got != 15*time.Minute {
		t.Errorf("got after %v, want the floor", got)
	}
	st.Memory.Hints.SkipHours = 0b11 << 12
	if got := feed.BrokenOff(job(address).Feed, st, noon).Sub(noon); got != 2*time.Hour {
		t.Errorf("got after %v, want two o'clock", got)
	}
}

// The operator's own server is owed no free hours.
func TestOwnServerHasNoSkippedHours(t *testing.T) {
	t.Parallel()
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		fmt.Fprint(w, with("<skipHours><hour>12</hour></skipHours>"))
	}))
	defer srv.Close()
	j := job(strings.Replace(srv.URL, "127.0.0.1", "localhost", 1))
	j.Force, j.Wish = false, every(time.Second)
	for range 3 { // each with a poller that knows nothing yet
		now := noon.Add(time.Duration(asked) * time.Minute)
		allow := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
		j.State = poller(t, feed.Config{Allow: allow, Now: func() time.Time { return now }}).Poll(t.Context(), j).State
	}
	if asked != 3 {
		t.Errorf("got %d requests in three polls: %+v", asked, j.State)
	}
}

// A 304 says itself how long it is fresh.
func TestUnchangedIsFreshAsItSays(t *testing.T) {
	t.Parallel()
	s := &script{answers: []func(*http.Request) *http.Response{
		answer(200, harbour, "ETag", `"1"`), answer(304, "", "Cache-Control", "max-age=7200"), answer(304, ""),
	}}
	p := poller(t, feed.Config{Transport: s})
	j := job(address)
	for _, want := range []time.Duration{15 * time.Minute, 2 * time.Hour, 15 * time.Minute} {
		j.State = p.Poll(t.Context(), j).State
		if got := j.State.NextAt.Sub(noon); got != want {
			t.Errorf("got after %v, want %v", got, want)
		}
	}
}

func TestMinInterval(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ least, want time.Duration }{
		{0, time.Hour}, {5 * time.Minute, 5 * time.Minute}, {time.Second, time.Minute}, {3 * time.Hour, 3 * time.Hour},
	} {
		p := poller(t, feed.Config{Transport: &script{answers: []func(*http.Request) *http.Response{answer(200, harbour)}}})
		j := job(address)
		j.Feed.MinInterval = tc.least
		if got := p.Poll(t.Context(), j).State.NextAt.Sub(noon); got != tc.want {
			t.Errorf("min_interval %v: next poll after %v, want %v", tc.least, got, tc.want)
		}
	}
}

// A schedule proposes: the first of its turns at or after all bounds is taken,
// and one that a bound moves by less than a minute is late, not lost.
func TestTurns(t *testing.T) {
	t.Parallel()
	quarter := every(15 * time.Minute)
	tests := map[string]struct {
		at    time.Duration // after noon
		wish  func(time.Time) time.Time
		phase float64
		age   time.Duration
		want  time.Duration // after noon
	}{
		"on time":                {0, quarter, 0, 0, 15 * time.Minute},
		"a little late":          {20 * time.Second, quarter, 0, 0, 15*time.Minute + 20*time.Second},
		"too late":               {2 * time.Minute, quarter, 0, 0, 30 * time.Minute},
		"at its place":           {5 * time.Minute, quarter, 1. / 3, 0, 20 * time.Minute},
		"late at its place":      {5*time.Minute + time.Second, quarter, 1. / 3, 0, 20*time.Minute + time.Second},
		"after freshness":        {5 * time.Minute, quarter, 1. / 3, 20 * time.Minute, 35 * time.Minute},
		"hourly":                 {30 * time.Minute, every(time.Hour), 0.5, 0, 90 * time.Minute},
		"every six hours":        {3 * time.Minute, every(6 * time.Hour), 0.5, 0, 6*time.Hour + 3*time.Minute},
		"six hours, asked early": {0, every(6 * time.Hour), 0.5, 0, 6*time.Hour + 3*time.Minute},
		"no schedule":            {0, nil, 0.5, 0, 15 * time.Minute},
		"one that never comes":   {0, func(time.Time) time.Time { return time.Time{} }, 0.5, 0, 15 * time.Minute},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := noon.Add(tc.at)
			headers := []string{"ETag", `"1"`, "Cache-Control", fmt.Sprintf("max-age=%d", int(tc.age.Seconds()))}
			p := poller(t, feed.Config{
				Transport: &script{answers: []func(*http.Request) *http.Response{answer(200, harbour, headers...)}},
				Now:       func() time.Time { return now },
			})
			j := job(address)
			j.Wish, j.Phase = tc.wish, tc.phase
			if got := p.Poll(t.Context(), j).State.NextAt.Sub(noon); got != tc.want {
				t.Errorf("got noon and %v, want %v", got, tc.want)
			}
		})
	}
}

func TestFeedsAreSpreadOverTheirInterval(t *testing.T) {
	t.Parallel()
	const feeds = 5000
	p := poller(t, feed.Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return answer(200, "<rss version='2.0'><channel><title>A</title></channel></rss>", "ETag", `"1"`)(r), nil
	})})
	seconds := map[int64]int{}
	for k := range feeds {
		j := job(fmt.Sprintf("https://h%d.example/rss", k))
		j.Feed.ID, j.Wish, j.Phase = fmt.Sprint(k), every(time.Hour), float64(k)/feeds
		next := p.Poll(t.Context(), j).State.NextAt
		if wait := next.Sub(noon); wait < 15*time.Minute || wait >= 2*time.Hour {
			t.Fatalf("feed %d is asked after %v", k, wait)
		}
		seconds[next.Unix()%3600]++
	}
	for s, n := range seconds {
		if mean := feeds / 3600.; float64(n) > 3*mean {
			t.Errorf("second %d of the hour has %d feeds, the mean is %.1f", s, n, mean)
		}
	}
}

// TestNoBoundIsBroken holds a feed's times against any sequence of answers: it is
// never asked before any of its bounds, and never put off for more than 8 days.
func TestNoBoundIsBroken(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		var reply func(*http.Request) *http.Response
		p, err := feed.New(feed.Config{
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) { return reply(r), nil }),
			HostGap:   -1, Now: func() time.Time { return now },
		})
		if err != nil {
			t.Fatal(err)
		}
		j := job(address)
		j.Force = false
		j.Wish = every(time.Duration(rapid.IntRange(1, 1440).Draw(t, "minutes")) * time.Minute)
		j.Phase = rapid.Float64Range(0, 0.999).Draw(t, "phase")
		known := 0
		j.Known = func(context.Context, []news.Item) (int, error) { return known, nil }
		var last time.Time
		for i := range rapid.IntRange(1, 12).Draw(t, "polls") {
			var wait time.Duration // that the server asks for
			reply, wait = anyAnswer(t, i)
			known = rapid.IntRange(0, 3).Draw(t, "known")
			if !j.State.NextAt.IsZero() {
				now = j.State.NextAt.Add(time.Duration(rapid.IntRange(0, 90_000).Draw(t, "late")) * time.Millisecond)
			}
			if i > 0 && now.Sub(last) < 15*time.Minute && !j.State.Memory.Gone {
				t.Fatalf("asked again after %v", now.Sub(last))
			}
			r := p.Poll(context.Background(), j)
			j.State = r.State
			if r.Busy { // it came too late, into an hour that is to be skipped
				if at := r.State.NextAt; !at.After(now) || at.Sub(now) > 50*time.Hour {
					t.Fatalf("put off by %v", at.Sub(now))
				}
				continue
			}
			last = now
			next := r.State.NextAt.Sub(now)
			if next < max(wait, 15*time.Minute) || next > 8*24*time.Hour {
				t.Fatalf("next poll after %v; the server asked for %v; %v", next, wait, r.Err)
			}
			for _, b := range r.State.Memory.Bounds {
				if b.At.After(r.State.NextAt) && !strings.Contains(b.Name, "schedule") {
					t.Fatalf("next poll %v is before the bound %v", r.State.NextAt, b)
				}
			}
			if r.State.Memory.Reason == "" {
				t.Fatal("no reason is given")
			}
		}
	})
}

// anyAnswer draws what a server may say, and how long it wants us to wait.
func anyAnswer(t *rapid.T, i int) (func(*http.Request) *http.Response, time.Duration) {
	var headers []string
	var wait time.Duration
	if rapid.Bool().Draw(t, "validator") {
		headers = append(headers, "ETag", fmt.Sprintf(`"%d"`, i))
	}
	if s := rapid.SampledFrom([]int{0, 60, 3600, 1e6}).Draw(t, "max-age"); s > 0 {
		headers = append(headers, "Cache-Control", fmt.Sprintf("max-age=%d", s))
		wait = min(time.Duration(s)*time.Second, 5*time.Hour)
	}
	status := rapid.SampledFrom([]int{200, 200, 226, 206, 304, 301, 403, 404, 410, 429, 500, 503}).Draw(t, "status")
	if status >= 300 {
		wait = 0
	}
	if s := rapid.SampledFrom([]int{0, 10, 7200, 1e9}).Draw(t, "retry-after"); s > 0 {
		headers = append(headers, "Retry-After", fmt.Sprint(s))
		wait = max(wait, min(time.Duration(s)*time.Second, 7*24*time.Hour))
	}
	if status == 301 { // to itself: a failure without an answer's headers
		wait = 0
		headers = []string{"Location", address}
	}
	elements := rapid.SampledFrom([]string{
		"", "<ttl>120</ttl>", "<skipDays><day>Sunday</day></skipDays>", "<skipHours><hour>1</hour><hour>2</hour></skipHours>",
	}).Draw(t, "elements")
	body := with(elements)
	if status >= 300 {
		body = ""
	} else if elements == "<ttl>120</ttl>" {
		wait = max(wait, 2*time.Hour)
	}
	if rapid.IntRange(0, 5).Draw(t, "cut") == 0 {
		body = body[:len(body)*2/3]
	}
	return answer(status, body+fmt.Sprintf("<!-- %d -->", i), headers...), wait
}

// A server that named a time is not asked sooner, whatever the hurry.
func TestForceKeepsRetryAfter(t *testing.T) {
	t.Parallel()
	for _, headers := range [][]string{{"Retry-After", "3600"}, {"X-RateLimit-Reset", "3600"}} {
		c := &clock{noon}
		s := &script{answers: []func(*http.Request) *http.Response{answer(429, "", headers...), answer(200, harbour)}}
		p := poller(t, feed.Config{Transport: s, Now: c.now})
		j := job(address)
		j.State = p.Poll(t.Context(), j).State
		c.at = noon.Add(59 * time.Minute)
		if r := p.Poll(t.Context(), j); len(s.requests) != 1 || !r.Unchanged || !r.State.NextAt.Equal(j.State.NextAt) {
			t.Errorf("%s: %d requests, next at %v", headers[0], len(s.requests), r.State.NextAt)
		}
		c.at = noon.Add(time.Hour)
		if r := p.Poll(t.Context(), j); len(s.requests) != 2 || r.Err != nil {
			t.Errorf("%s: %d requests, %v", headers[0], len(s.requests), r.Err)
		}
	}
}

// A feed is asked by how often it brings news, unless its own schedule says
// otherwise: that sets its interval, and nothing else.
func TestPaceOfAFeed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		url    string
		fixed  bool
		paced  bool
		status int
	}{
		"common schedule": {address, false, true, 200},
		"its own":         {address, true, false, 200},
		"our own server":  {"http://10.1.2.3/rss", false, false, 200},
		"after a failure": {address, false, true, 500},
		"its own, failed": {address, true, false, 500},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{noon}
			s := &script{answers: []func(*http.Request) *http.Response{
				answer(200, harbour, "ETag", `"1"`), answer(tc.status, window(10, 0, ""), "ETag", `"2"`),
			}}
			p := poller(t, feed.Config{Transport: s, Now: c.now, Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
			j := job(tc.url)
			j.Fixed, j.Known = tc.fixed, remember()
			j.State = p.Poll(t.Context(), j).State
			c.at = c.at.Add(6 * time.Hour)
			st := p.Poll(t.Context(), j).State
			if tc.status == 500 { // the pace outweighs the first step of the ladder
				if got := st.NextAt.Sub(c.at) > 30*time.Minute; got != tc.paced {
					t.Errorf("after a failure the next poll is after %v", st.NextAt.Sub(c.at))
				}
				return
			}
			paced := slices.ContainsFunc(st.Memory.Bounds, func(b news.Bound) bool { return strings.HasPrefix(b.Name, "adaptive") })
			if paced != tc.paced || st.Memory.Rhythm.Interval == 0 {
				t.Errorf("paced: got %v, want %v; %v", paced, tc.paced, st.Memory.Bounds)
			}
		})
	}
}

// What was missed once is asked for sooner.
func TestAGapQuickensThePace(t *testing.T) {
	t.Parallel()
	c := &clock{noon}
	s := &script{answers: []func(*http.Request) *http.Response{
		answer(200, window(10, 0, "")), answer(200, window(20, 10, "")),
	}}
	p := poller(t, feed.Config{Transport: s, Now: c.now})
	j := job(address)
	j.Fixed, j.Known = false, remember()
	j.State = p.Poll(t.Context(), j).State
	before := j.State.Memory.Rhythm.Interval
	c.at = c.at.Add(6 * time.Hour)
	r := p.Poll(t.Context(), j)
	if after := r.State.Memory.Rhythm.Interval; !r.Gap || after > before/2 {
		t.Errorf("gap %v, interval %v after %v", r.Gap, after, before)
	}
}
