package article_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/watcher/article"
)

// numbered gives n items of one host.
func numbered(host string, n int) []news.Item {
	var urls []string
	for i := range n {
		urls = append(urls, fmt.Sprintf("https://%s/%d", host, i))
	}
	return items(urls...)
}

func settled(out []article.Outcome) (n int) {
	for _, o := range out {
		if o.Settled {
			n++
		}
	}
	return n
}

func TestFallbacks(t *testing.T) {
	t.Parallel()
	html := func(body string) func(string) (int, http.Header, string, error) {
		return func(string) (int, http.Header, string, error) { return http.StatusOK, nil, body, nil }
	}
	status := func(n int) func(string) (int, http.Header, string, error) {
		return func(string) (int, http.Header, string, error) { return n, nil, story, nil }
	}
	kind := func(v string) func(string) (int, http.Header, string, error) {
		return func(string) (int, http.Header, string, error) {
			return http.StatusOK, http.Header{"Content-Type": {v}}, story, nil
		}
	}
	tests := map[string]struct {
		url  string
		page func(string) (int, http.Header, string, error)
		why  string // "" for the article
	}{
		"article":            {page: html(story)},
		"XHTML":              {page: kind("application/xhtml+xml; charset=utf-8")},
		"no type":            {page: kind("")},
		"a broken type":      {page: kind("text/html; charset")},
		"a document":         {page: kind("application/pdf"), why: "not HTML"},
		"JSON":               {page: kind("application/json"), why: "not HTML"},
		"no address":         {url: " ", why: "no address"},
		"a mail address":     {url: "mailto:desk@a.example", why: "no address"},
		"an odd address":     {url: "https://a.example/%zz", why: "no address"},
		"gone":               {page: status(http.StatusGone), why: "status 410 Gone"},
		"not found":          {page: status(http.StatusNotFound), why: "status 404 Not Found"},
		"forbidden":          {page: status(http.StatusForbidden), why: "does not let us in"},
		"too many requests":  {page: status(http.StatusTooManyRequests), why: "status 429"},
		"a failing server":   {page: status(http.StatusBadGateway), why: "status 502"},
		"nothing":            {page: html(""), why: "no article"},
		"a line":             {page: html("<p>Bridge at Karrow lit again"), why: "no article"},
		"something else":     {page: html("<p>" + strings.Repeat("Log in to go on reading here. ", 9)), why: "another article"},
		"nested too deep":    {page: html(strings.Repeat("<div>", 80) + story), why: "nested too deep"},
		"nested past limits": {page: html(strings.Repeat("<div>", 2_000) + story), why: "read the page"},
		"no answer": {page: func(string) (int, http.Header, string, error) {
			return 0, nil, "", errors.New("connection reset")
		}, why: "no answer: connection reset"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := tt.url
			if url == "" {
				url = "https://a.example/1"
			}
			s := &site{page: tt.page}
			all := items(strings.TrimSpace(url))
			all[0].Body = "Lamps return."
			got := article.New(article.Config{Get: s.get, Own: own}).Read(t.Context(), news.Feed{}, all)[0]
			full := tt.why == ""
			if !got.Settled || got.Full != full || !strings.Contains(got.Why, tt.why) {
				t.Errorf("got %+v, want settled, full %v, %q", got, full, tt.why)
			}
			if !strings.HasPrefix(all[0].Body, "Lamps return.") || strings.Contains(all[0].Body, "Sixty-two lamps") != full {
				t.Errorf("got the body %q", all[0].Body)
			}
		})
	}
}

// TestBudget holds that a Read keeps its time, that items which were not
// reached are said so, and come first the next time.
func TestBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		r := article.New(article.Config{Get: s.get})
		all := numbered("a.example", 60)
		start := time.Now()
		out := r.Read(t.Context(), news.Feed{URL: "https://a.example/feed"}, all)
		if took := time.Since(start); took > 25*time.Second || settled(out) < 20 || settled(out) > 24 {
			t.Errorf("settled %d items in %s, want about 23 within 25 s", settled(out), took)
		}
		for i, o := range out {
			if o.Settled != (all[i].Body != "") || !o.Settled && o.Why == "" {
				t.Errorf("item %d: %+v with the body %q", i, o, all[i].Body)
			}
		}
		time.Sleep(time.Minute)
		// Newer items come in front of those that were not reached.
		rest := append(numbered("a.example", 1), all[settled(out):]...)
		rest[0].ID, rest[0].URL = "new", "https://a.example/new"
		again := r.Read(t.Context(), news.Feed{URL: "https://a.example/feed"}, rest)
		if again[0].Settled || !again[1].Settled {
			t.Errorf("got %+v for the newest and %+v for one that waits, want the latter first", again[0], again[1])
		}
	})
}

// TestPatience holds that news are not held back for long.
func TestPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := article.New(article.Config{Get: (&site{}).get, Budget: time.Millisecond})
		for i := range 4 {
			out := r.Read(t.Context(), news.Feed{}, numbered("a.example", 1))[0]
			if want := i == 3; out.Settled != want || out.Full {
				t.Errorf("after %d tries: got %+v, want settled %v", i+1, out, want)
			}
			time.Sleep(4 * time.Minute)
		}
	})
}

// TestNoPatience is for a single pass, after which nobody comes again.
func TestNoPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := numbered("a.example", 60)
		out := article.New(article.Config{Get: (&site{}).get, Patience: -1}).Read(t.Context(), news.Feed{}, all)
		if settled(out) != 60 || !out[0].Full || out[59].Full || out[59].Why != "its turn did not come in time" {
			t.Errorf("settled %d of 60, the last %+v, want all, the last with the feed's own text", settled(out), out[59])
		}
	})
}

// TestOneAtATime holds that a host is asked by one at a time and with a pause,
// whatever runs at the same time, and that hosts do not wait for each other.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var inside [2]atomic.Int32
		get := func(ctx context.Context, _ news.Feed, url, _ string) (article.Page, error) {
			n := &inside[strings.Count(url, "b.example")]
			if n.Add(1) > 1 {
				t.Errorf("%s: asked while another request was under way", url)
			}
			time.Sleep(300 * time.Millisecond)
			n.Add(-1)
			return article.Page{Status: http.StatusOK, Body: []byte(story)}, nil
		}
		r := article.New(article.Config{Get: get})
		start := time.Now()
		done := make(chan []article.Outcome)
		for i := range 3 {
			go func() {
				all := append(numbered("a.example", 2), numbered("b.example", 2)...)
				for j := range all {
					all[j].URL += fmt.Sprint("x", i)
				}
				done <- r.Read(t.Context(), news.Feed{}, all)
			}()
		}
		for range 3 {
			if out := <-done; settled(out) != 4 {
				t.Errorf("settled %d of 4", settled(out))
			}
		}
		// Each host: robots.txt and 6 pages of 0.3 s, and a second between two.
		if took := time.Since(start); took != 7*300*time.Millisecond+6*time.Second {
			t.Errorf("took %s, want 8.1s", took)
		}
	})
}

func TestHostAsksForAPause(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header string
		want   time.Duration
	}{
		"seconds":   {"120", 2 * time.Minute},
		"nothing":   {"", 10 * time.Minute},
		"junk":      {"soon", 10 * time.Minute},
		"a date":    {time.Date(2000, 1, 1, 0, 5, 0, 0, time.UTC).Format(http.TimeFormat), 5*time.Minute - time.Second},
		"the past":  {time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC).Format(http.TimeFormat), time.Second},
		"for years": {"999999999", time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &site{}
				s.page = func(string) (int, http.Header, string, error) {
					if len(s.articles()) > 1 {
						return http.StatusOK, nil, story, nil
					}
					return http.StatusTooManyRequests, http.Header{"Retry-After": {tt.header}}, "", nil
				}
				r := article.New(article.Config{Get: s.get})
				out := r.Read(t.Context(), news.Feed{}, numbered("a.example", 9))
				if settled(out) != 9 && tt.want > time.Second {
					t.Errorf("settled %d of 9, want all with the feed's own text", settled(out))
				}
				first := s.articles()[0].at
				for time.Since(first) < 2*time.Hour && len(s.articles()) == 1 {
					r.Read(t.Context(), news.Feed{}, items("https://a.example/later"))
					time.Sleep(100 * time.Millisecond)
				}
				if got := s.articles()[1].at.Sub(first).Round(time.Second); got != tt.want {
					t.Errorf("asked again after %s, want %s", got, tt.want)
				}
			})
		})
	}
}

// TestHostThatIsDown holds that a host without an answer does not cost each
// item of a feed a whole deadline.
func TestHostThatIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{page: func(string) (int, http.Header, string, error) { return http.StatusOK, nil, story, nil }}
		get := func(ctx context.Context, f news.Feed, url, accept string) (article.Page, error) {
			if p, err := s.get(ctx, f, url, accept); strings.HasSuffix(url, "/robots.txt") {
				return p, err
			}
			<-ctx.Done()
			return article.Page{}, ctx.Err()
		}
		out := article.New(article.Config{Get: get}).Read(t.Context(), news.Feed{}, numbered("a.example", 9))
		if settled(out) != 9 || len(s.articles()) != 2 {
			t.Errorf("settled %d of 9 after %d requests, want all after 2", settled(out), len(s.articles()))
		}
		if want := "no answer: none within 10s"; out[0].Why != want {
			t.Errorf("got %q, want %q", out[0].Why, want)
		}
	})
}

func TestBrokenOffReadSettlesNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	get := func(ctx context.Context, _ news.Feed, _, _ string) (article.Page, error) {
		cancel()
		return article.Page{}, ctx.Err()
	}
	r := article.New(article.Config{Get: get, Own: own, Patience: -1})
	if n := settled(r.Read(ctx, news.Feed{}, numbered("a.example", 3))); n != 0 {
		t.Errorf("settled %d items, want none: it says nothing about them", n)
	}
}

// TestRedirectAsksTheOtherHost holds that the robots.txt of the host that a
// redirect led to counts too.
func TestRedirectAsksTheOtherHost(t *testing.T) {
	t.Parallel()
	for deny, want := range map[string]bool{"": true, "User-agent: *\nDisallow: /": false} {
		get := func(_ context.Context, _ news.Feed, url, _ string) (article.Page, error) {
			switch url {
			case "https://proxy.example/robots.txt":
				return article.Page{Status: http.StatusNotFound}, nil
			case "https://a.example/robots.txt":
				return article.Page{Status: http.StatusOK, Body: []byte(deny)}, nil
			}
			return article.Page{URL: "https://a.example/real", Status: http.StatusOK, Body: []byte(story)}, nil
		}
		out := article.New(article.Config{Get: get, Own: own}).Read(t.Context(), news.Feed{}, numbered("proxy.example", 1))[0]
		if out.Full != want || !out.Settled {
			t.Errorf("with %q there: got %+v, want full %v", deny, out, want)
		}
	}
}

func TestSharedArticleIsAskedForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		r := article.New(article.Config{Get: s.get})
		for _, f := range []string{"world", "europe", "front"} {
			if out := r.Read(t.Context(), news.Feed{ID: f}, items("https://a.example/1#"+f))[0]; !out.Full {
				t.Errorf("feed %s: got %+v, want the article", f, out)
			}
		}
		if n := len(s.articles()); n != 1 {
			t.Errorf("asked %d times, want once", n)
		}
		time.Sleep(11 * time.Minute)
		r.Read(t.Context(), news.Feed{ID: "world"}, items("https://a.example/1"))
		if n := len(s.articles()); n != 2 {
			t.Errorf("asked %d times, want again after a while: it may have been edited", n)
		}
	})
}

// TestRepeatedBlocks holds that what stands in each article of a host is taken
// out from the third on, but never the most of one.
func TestRepeatedBlocks(t *testing.T) {
	t.Parallel()
	const offer = "Read us for a month, and pay when you like."
	s := &site{page: func(url string) (int, http.Header, string, error) {
		n := url[strings.LastIndexByte(url, '/')+1:]
		own := strings.Repeat("Lamp no. "+n+" of the bridge at Karrow is lit again. ", 6)
		return http.StatusOK, nil, "<article><p>" + own + "</p><p>" + offer + "</p></article>", nil
	}}
	all := numbered("a.example", 4)
	out := article.New(article.Config{Get: s.get, Own: own}).Read(t.Context(), news.Feed{}, all)
	for i := range all {
		if got, want := strings.Contains(all[i].Body, offer), i < 2; got != want || !out[i].Full {
			t.Errorf("article %d: %+v, has the offer: %v, want %v", i, out[i], got, want)
		}
	}
	same := &site{}
	all = numbered("a.example", 5)
	article.New(article.Config{Get: same.get, Own: own}).Read(t.Context(), news.Feed{}, all)
	for i := range all {
		if all[i].Body != all[0].Body {
			t.Errorf("article %d, one of several addresses of one text: got %q, want %q", i, all[i].Body, all[0].Body)
		}
	}
}

// TestNothingThatMatchedIsLost holds that each block of the feed's own text is
// found in what an item has in the end.
func TestNothingThatMatchedIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sentence := rapid.SampledFrom([]string{
			"The iron bridge at Karrow gets its lamps back", "Sixty-two lamps will be cast after the originals",
			"By Petra Lindqvist", "Two lamps survive…", "Click here [...]", "the ministry said on Friday. Sixty-two",
		})
		blocks := rapid.SliceOfN(sentence, 0, 4).Draw(t, "blocks")
		all := items("https://a.example/1")
		all[0].Body = strings.Join(blocks, "\n\n")
		all[0].Revise()
		before := all[0]
		article.New(article.Config{Get: (&site{}).get, Own: own}).Read(t.Context(), news.Feed{}, all)
		for _, b := range blocks {
			if !strings.Contains(squeeze(all[0].Body), strings.TrimRight(b, " .…[]")) {
				t.Fatalf("lost %q in %q", b, all[0].Body)
			}
		}
		before.Body = all[0].Body
		if all[0].Revision != before.Revision {
			t.Fatal("the revision has changed: each later poll would look like an edit")
		}
	})
}
