package article_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/watcher/article"
)

// site is a server in memory.
type site struct {
	robots func() (int, string, error)
	page   func(url string) (int, http.Header, string, error)
	asked  []request
}

type request struct {
	url string
	at  time.Time
}

// of gives the requests for articles.
func (s *site) articles() (all []request) {
	for _, r := range s.asked {
		if !strings.HasSuffix(r.url, "/robots.txt") {
			all = append(all, r)
		}
	}
	return all
}

const story = `<article><h1>Bridge at Karrow lit again</h1><p>The iron bridge at Karrow gets its lamps back, ` +
	`the ministry said on Friday. Sixty-two lamps will be cast after the originals, of which two survive.</p></article>`

func (s *site) get(ctx context.Context, _ news.Feed, url, _ string) (article.Page, error) {
	s.asked = append(s.asked, request{url, time.Now()})
	if strings.HasSuffix(url, "/robots.txt") {
		if s.robots == nil {
			return article.Page{Status: http.StatusNotFound}, nil
		}
		status, body, err := s.robots()
		return article.Page{Status: status, Body: []byte(body)}, err
	}
	p := article.Page{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte(story)}
	if s.page == nil {
		return p, nil
	}
	status, header, body, err := s.page(url)
	if header == nil {
		header = p.Header
	}
	return article.Page{Status: status, Header: header, Body: []byte(body)}, err
}

func items(urls ...string) (all []news.Item) {
	for _, u := range urls {
		all = append(all, news.Item{ID: u, Title: "Bridge at Karrow lit again", URL: u})
	}
	return all
}

func TestRobots(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		robots, path string
		allowed      bool
	}{
		"disallowed":                     {"User-agent: *\nDisallow: /a", "/a/b", false},
		"not below":                      {"User-agent: *\nDisallow: /a", "/b/a", true},
		"longer allows":                  {"User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b", true},
		"longer disallows":               {"User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b", false},
		"of equals the one that allows":  {"User-agent: *\nDisallow: /a\nAllow: /a", "/a", true},
		"own group only":                 {"User-agent: newswatch\nAllow: /\nUser-agent: *\nDisallow: /", "/x", true},
		"own group, whatever its place":  {"User-agent: *\nAllow: /\nUser-agent: newswatch\nDisallow: /", "/x", false},
		"own group without rules":        {"User-agent: newswatch\nDisallow:\nUser-agent: *\nDisallow: /", "/x", true},
		"a name that ours begins with":   {"User-agent: news\nDisallow: /", "/x", true},
		"a name that begins with ours":   {"User-agent: newswatcher\nDisallow: /", "/x", true},
		"ours with a version":            {"User-agent: newswatch/2.0\nDisallow: /", "/x", false},
		"any case":                       {"USER-AGENT: NewsWatch\nDISALLOW: /", "/x", false},
		"paths keep their case":          {"User-agent: *\nDisallow: /A", "/a", true},
		"groups of one name join":        {"User-agent: newswatch\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUser-agent: newswatch\nDisallow: /b", "/b", false},
		"two names of a group":           {"User-agent: x\nUser-agent: newswatch\nDisallow: /", "/y", false},
		"a sitemap does not part names":  {"User-agent: newswatch\nSitemap: https://a.example/s.xml\nUser-agent: y\nDisallow: /", "/x", false},
		"another's group":                {"User-agent: bingbot\nDisallow: /", "/x", true},
		"a rule before any name":         {"Disallow: /\nUser-agent: *\nDisallow: /b", "/c", true},
		"a bad line":                     {"hello\nUser-agent: *\nDisallow /x\nDisallow: /b", "/b", false},
		"a bad delay":                    {"User-agent: *\nCrawl-delay: soon\nDisallow: /b", "/b", false},
		"a star is anchored before it":   {"User-agent: *\nDisallow: /private*x", "/open/private/x", true},
		"a star":                         {"User-agent: *\nDisallow: /a*c", "/abbbc/d", false},
		"stars":                          {"User-agent: *\nDisallow: /*/b/*/d", "/a/b/c/d", false},
		"a star and the end":             {"User-agent: *\nDisallow: /*.pdf$", "/a.pdf/b.pdf", false},
		"a star and not the end":         {"User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x=1", true},
		"the end":                        {"User-agent: *\nDisallow: /a$", "/ab", true},
		"a star at the end":              {"User-agent: *\nDisallow: /a*", "/a", false},
		"only a star":                    {"User-agent: *\nDisallow: *", "/x", false},
		"a star first":                   {"User-agent: *\nDisallow: *secret", "/a/secret", false},
		"length in bytes of the pattern": {"User-agent: *\nDisallow: /a.b.c.d*x\nAllow: /a.b.c.d.ex", "/a.b.c.d.ex", true},
		"a path without a slash":         {"User-agent: *\nDisallow: a", "/a", false},
		"comments":                       {"User-agent: * # all\nDisallow: /a # this", "/a", false},
		"old line ends":                  {"User-agent: *\rDisallow: /a\r", "/a", false},
		"a byte order mark":              {"\xef\xbb\xbfUser-agent: *\nDisallow: /a", "/a", false},
		"spaces before the colon":        {"User-agent : *\nDisallow : /a", "/a", false},
		"an escape in the rule":          {"User-agent: *\nDisallow: /caf%c3%a9", "/café", false},
		"an escape in the path":          {"User-agent: *\nDisallow: /café", "/caf%C3%A9", false},
		"an escape that is not needed":   {"User-agent: *\nDisallow: /%61b", "/ab", false},
		"an escaped slash is no slash":   {"User-agent: *\nDisallow: /a/b", "/a%2Fb", true},
		"a query":                        {"User-agent: *\nDisallow: /*?print=", "/a?print=1", false},
		"HTML":                           {"<html><body>User-agent: x</body></html>", "/x", true},
		"nothing":                        {"", "/x", true},
		"behind what is read of it":      {"#" + strings.Repeat("x", 500<<10) + "\nUser-agent: *\nDisallow: /", "/x", true},
		"stars that could be tried for ever": {"User-agent: *\nDisallow: /" + strings.Repeat("*a", 900) + "b",
			"/" + strings.Repeat("a", 2_000), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &site{robots: func() (int, string, error) { return http.StatusOK, tt.robots, nil }}
			got := article.New(article.Config{Get: s.get, Own: own}).
				Read(t.Context(), news.Feed{}, items("https://a.example"+tt.path))[0]
			if got.Full != tt.allowed || !got.Settled || len(s.articles()) == 1 != tt.allowed {
				t.Errorf("got %+v after %d requests, want allowed %v", got, len(s.articles()), tt.allowed)
			}
		})
	}
}

func TestRobotsThatCannotBeHad(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status  int
		err     error
		allowed bool
	}{
		"not found":   {http.StatusNotFound, nil, true},
		"forbidden":   {http.StatusForbidden, nil, true},
		"too many":    {http.StatusTooManyRequests, nil, false},
		"server":      {http.StatusInternalServerError, nil, false},
		"unreachable": {0, errors.New("connection refused"), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &site{robots: func() (int, string, error) { return tt.status, "", tt.err }}
			got := article.New(article.Config{Get: s.get, Own: own}).Read(t.Context(), news.Feed{}, items("https://a.example/1"))[0]
			if got.Full != tt.allowed || !got.Settled {
				t.Errorf("got %+v, want allowed %v", got, tt.allowed)
			}
		})
	}
}

// TestRobotsAreKept holds that they are asked for once a day, and that those
// of yesterday count while there are none of today.
func TestRobotsAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		status, n := http.StatusOK, 0
		s := &site{robots: func() (int, string, error) {
			n++
			return status, "User-agent: *\nDisallow: /a", nil
		}}
		r := article.New(article.Config{Get: s.get})
		read := func(url string) article.Outcome { return r.Read(t.Context(), news.Feed{}, items(url))[0] }
		for _, step := range []struct {
			after  time.Duration
			status int
			url    string
			full   bool
			asked  int
		}{
			{0, 200, "https://a.example/b1", true, 1},
			{23 * time.Hour, 200, "https://a.example/b2", true, 1},
			{0, 200, "http://a.example/b3", true, 2}, // another scheme is another robots.txt
			{2 * time.Hour, 503, "https://a.example/b4", true, 3},
			{0, 503, "https://a.example/a", false, 3},
			{11 * time.Minute, 404, "https://a.example/a2", true, 4},
		} {
			time.Sleep(step.after)
			status = step.status
			if got := read(step.url); got.Full != step.full || n != step.asked {
				t.Errorf("%s: got %+v after %d requests for robots.txt, want full %v after %d", step.url, got, n, step.full, step.asked)
			}
		}
	})
}

func TestCrawlDelay(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		robots string
		want   time.Duration
	}{
		"none":     {"User-agent: *\nAllow: /", time.Second},
		"five":     {"User-agent: *\nCrawl-delay: 5", 5 * time.Second},
		"half":     {"User-agent: *\nCrawl-delay: 0.5", time.Second},
		"too long": {"User-agent: *\nCrawl-delay: 86400", 10 * time.Second},
		"others'":  {"User-agent: newswatch\nAllow: /\nUser-agent: *\nCrawl-delay: 5", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &site{robots: func() (int, string, error) { return http.StatusOK, tt.robots, nil }}
				article.New(article.Config{Get: s.get}).Read(t.Context(), news.Feed{}, items("https://a.example/1", "https://a.example/2"))
				asked := s.articles()
				if len(asked) != 2 || asked[1].at.Sub(asked[0].at) != tt.want {
					t.Errorf("got requests %v, want two, %s apart", asked, tt.want)
				}
			})
		})
	}
}
