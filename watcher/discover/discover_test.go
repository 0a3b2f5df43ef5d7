package discover_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/watcher/discover"
	"newswatch/watcher/feed"
)

const rss = `<rss version="2.0"><channel><title>Aster Wire</title><item><title>A</title></item></channel></rss>`

// site answers without a network, and notes who is asked when.
type site struct {
	pages map[string]string
	moved map[string]string // for now
	good  map[string]string // for good
	asked []string
	at    []time.Time
}

func (s *site) get(_ context.Context, url string) (*feed.Page, error) {
	s.asked, s.at = append(s.asked, url), append(s.at, time.Now())
	if to, moved := s.moved[url]; moved {
		url = to
	}
	good := s.good[url]
	if good != "" {
		url = good
	}
	body, known := s.pages[url]
	if !known {
		return nil, errors.New("status 404 Not Found")
	}
	return &feed.Page{URL: url, Moved: good, Body: []byte(body)}, nil
}

func page(head, body string) string {
	return "<!doctype html><html><head><title>A</title>" + head + "</head><body>" + body + "</body></html>"
}

func TestFeeds(t *testing.T) {
	t.Parallel()
	many := ""
	for i := range 100 {
		many += fmt.Sprintf(`<link rel="alternate" type="application/rss+xml" href="/no/%d">`, i)
	}
	for name, c := range map[string]struct {
		site site
		want string // what is found, by address and way
		most int    // requests
	}{
		"a feed": {
			site{pages: map[string]string{"https://a.example/": rss}},
			"https://a.example/ (this address is a feed)", 1,
		},
		"a feed over a redirect to https": {
			site{pages: map[string]string{"https://www.a.example/": rss}, moved: map[string]string{"https://a.example/": "https://www.a.example/"}},
			"https://www.a.example/ (this address is a feed)", 1,
		},
		"a feed that has moved for good": {
			site{pages: map[string]string{"https://b.example/rss": rss}, good: map[string]string{"https://a.example/": "https://b.example/rss"}},
			"https://b.example/rss (this address is a feed)", 1,
		},
		"a feed that is elsewhere today": {
			site{pages: map[string]string{"https://b.example/rss": rss}, moved: map[string]string{"https://a.example/": "https://b.example/rss"}},
			"https://a.example/ (this address is a feed)", 1,
		},
		"named, in order, comments left out": {
			site{pages: map[string]string{
				"https://a.example/": page(`<link rel="alternate" type="application/rss+xml; charset=utf-8" href="/b?x=1&amp;y=2">
					<LINK REL='ALTERNATE nofollow' TYPE=application/atom+xml HREF=https://feeds.example/c>
					<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
					<link rel="alternate" hreflang="de" href="/de"><link rel="stylesheet" type="text/xml" href="/s">
					<link rel="alternate" type="application/json" href="/api">`, ""),
				"https://a.example/b?x=1&y=2": rss, "https://feeds.example/c": rss, "https://a.example/comments/feed": rss, "https://a.example/api": `{"a":1}`,
			}},
			"https://a.example/b?x=1&y=2 (the page names it); https://feeds.example/c (the page names it)", 4,
		},
		"comments, when there is nothing else": {
			site{pages: map[string]string{
				"https://a.example/":              page(`<link rel="alternate" type="application/rss+xml" href="/comments/feed">`, ""),
				"https://a.example/comments/feed": rss,
			}},
			"https://a.example/comments/feed (the page names it)", 2,
		},
		"relative to a base": {
			site{pages: map[string]string{
				"https://a.example/":      page(`<base href="https://b.example/x/"><link rel="alternate" type="application/rss+xml" href="rss">`, ""),
				"https://b.example/x/rss": rss,
			}},
			"https://b.example/x/rss (the page names it)", 2,
		},
		"linked": {
			site{pages: map[string]string{
				"https://a.example/": page("", `<a href="/about">x</a><a href="https://reader.example/add?u=https://a.example/rss.xml">x</a><a href="mailto:rss@a.example">x</a>
					<a href="//a.example/rss/world.xml#top">x</a><a href="javascript:feed()">x</a>`),
				"https://a.example/rss/world.xml": rss,
			}},
			"https://a.example/rss/world.xml (the page links to it)", 2,
		},
		"at a usual place, the first": {
			site{pages: map[string]string{"https://a.example/news": page("", ""), "https://a.example/rss.xml": rss, "https://a.example/atom.xml": rss}},
			"https://a.example/rss.xml (feeds often stand there)", 5,
		},
		"the page is gone, the feed is not": {
			site{pages: map[string]string{"https://a.example/feed/": rss}},
			"https://a.example/feed/ (feeds often stand there)", 2,
		},
		"two names of one feed": {
			site{
				pages: map[string]string{"https://a.example/": page(`<link rel=alternate type=application/rss+xml href=/1><link rel=alternate type=application/rss+xml href=/2>`, ""), "https://a.example/f": rss},
				moved: map[string]string{"https://a.example/1": "https://a.example/f", "https://a.example/2": "https://a.example/f"},
			},
			"https://a.example/1 (the page names it)", 3,
		},
		"names that lead nowhere": {site{pages: map[string]string{"https://a.example/": page(many, "")}}, "", 25},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { c.site.search(t, c.want, c.most) })
		})
	}
}

func (s *site) search(t *testing.T, want string, most int) {
	start := "https://a.example/"
	if s.pages["https://a.example/news"] != "" {
		start = "https://a.example/news"
	}
	found, err := discover.Feeds(t.Context(), discover.Config{Get: s.get, Pause: time.Second}, start)
	if (err != nil) != (want == "") {
		t.Errorf("error %v", err)
	}
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%s (%s)", f.URL, f.By))
		if f.Doc == nil || f.Doc.Title != "Aster Wire" {
			t.Errorf("%s was not read: %+v", f.URL, f.Doc)
		}
	}
	if g := strings.Join(got, "; "); g != want {
		t.Errorf("got %q, want %q", g, want)
	}
	if len(s.asked) > most {
		t.Errorf("asked %d times, want %d at most: %v", len(s.asked), most, s.asked)
	}
	for i := 1; i < len(s.at); i++ {
		if d := s.at[i].Sub(s.at[i-1]); d < time.Second {
			t.Errorf("asked %s only %s after %s", s.asked[i], d, s.asked[i-1])
		}
	}
	slices.Sort(s.asked)
	if n := len(slices.Compact(slices.Clone(s.asked))); n != len(s.asked) {
		t.Errorf("asked twice: %v", s.asked)
	}
}

// A site that does not answer is not asked again and again.
func TestFeedsOfADeadSite(t *testing.T) {
	t.Parallel()
	dead := errors.New("look up a.example: no such host")
	n := 0
	_, err := discover.Feeds(t.Context(), discover.Config{Get: func(context.Context, string) (*feed.Page, error) {
		n++
		return nil, dead
	}}, "https://a.example/")
	if !errors.Is(err, dead) || n != 1 {
		t.Errorf("asked %d times, got %v", n, err)
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"http://a.example/rss", "https://www.A.example:443/rss/"}, {"https://a.example", "https://a.example/"}, {"https://a.example/?x=1", "http://a.example?x=1"},
	} {
		if discover.Same(pair[0]) != discover.Same(pair[1]) {
			t.Errorf("%s and %s are not the same", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{
		{"https://a.example/rss", "https://a.example/Rss"}, {"https://a.example/?x=1", "https://a.example/?x=2"}, {"https://a.example:8080/", "https://a.example/"},
	} {
		if discover.Same(pair[0]) == discover.Same(pair[1]) {
			t.Errorf("%s and %s are the same", pair[0], pair[1])
		}
	}
}

func FuzzLinks(f *testing.F) {
	f.Add(page(`<base href="//b/"><link rel=alternate type=application/rss+xml href="x">`, `<a href="/feed">x</a>`))
	f.Fuzz(func(t *testing.T, body string) {
		s := &site{pages: map[string]string{"https://a.example/": body}}
		_, _ = discover.Feeds(t.Context(), discover.Config{Get: s.get}, "https://a.example/")
		if len(s.asked) > 28 {
			t.Errorf("asked %d times", len(s.asked))
		}
		for _, a := range s.asked {
			if !strings.HasPrefix(a, "http://") && !strings.HasPrefix(a, "https://") {
				t.Errorf("asked %q", a)
			}
		}
	})
}
