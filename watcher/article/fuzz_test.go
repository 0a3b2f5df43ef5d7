package article_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"newswatch/news"
	"newswatch/watcher/article"
)

// FuzzArticle holds that no page panics, that what comes out of one is clean
// text within its bounds, and that nothing of the feed's own text is lost.
func FuzzArticle(f *testing.F) {
	for _, p := range pages(f) {
		f.Add(p.html, p.title, p.body)
	}
	for _, s := range []string{"<", "<a href=\"", "<!-->", "<script>", "<title></", "</", "<p class=\xff\"'>", "<\xff>", "<svg></sv"} {
		f.Add([]byte(s), "Title", "Body")
	}
	f.Fuzz(func(t *testing.T, html []byte, title, body string) {
		get := func(_ context.Context, _ news.Feed, url, _ string) (article.Page, error) {
			if strings.HasSuffix(url, "/robots.txt") {
				return article.Page{Status: http.StatusOK, Body: html[:min(len(html), 20)]}, nil
			}
			return article.Page{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}, Body: html}, nil
		}
		items := []news.Item{{ID: "1", URL: "https://a.example/b", Title: title, Body: body}}
		out := article.New(article.Config{Get: get, Own: own}).Read(t.Context(), news.Feed{}, items)[0]
		got := items[0].Body
		switch {
		case !out.Settled || out.Full == (out.Why != ""):
			t.Errorf("got %+v, want it settled, full or with a reason", out)
		case !out.Full && got != body:
			t.Errorf("got the body %q though it fell back, want %q", got, body)
		case out.Full && len(got) > 1<<20+len(body)+2:
			t.Errorf("got %d bytes", len(got))
		case out.Full && utf8.ValidString(body) && !utf8.ValidString(got):
			t.Errorf("got a body that is not UTF-8: %q", got)
		}
	})
}

// FuzzRobots holds that no robots.txt panics or takes long.
func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /*a$", "/a%2fb")
	f.Add("\xef\xbb\xbfuser-agent:newswatch\ncrawl-delay:1e99\nallow:%", "/%")
	f.Fuzz(func(t *testing.T, robots, path string) {
		s := &site{robots: func() (int, string, error) { return http.StatusOK, robots, nil }}
		out := article.New(article.Config{Get: s.get, Own: own}).Read(t.Context(), news.Feed{}, items("https://a.example/"+path))[0]
		if !out.Settled {
			t.Errorf("got %+v, want it settled", out)
		}
	})
}
