package main_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestNothingLeadsInside has feeds and pages of an allowed address lead to one that is
// not, in every way in which a document names an address: the program follows none.
// 127.0.0.2 is the outside here, 127.0.0.1 the inside.
func TestNothingLeadsInside(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("127.0.0.2 is an address only on Linux")
	}
	t.Parallel()
	inside := serveAt(t, "127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the inside was asked for %s %s", r.Method, r.URL)
	}))
	var mu sync.Mutex
	asked := map[string]int{}
	open := "" // the one of two outside whose robots.txt lets us in
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
		in, out := "http://"+inside, "http://"+r.Host
		switch r.URL.Path {
		case "/robots.txt":
			if mu.Lock(); r.Host == open {
				defer mu.Unlock()
				http.NotFound(w, r)
				return
			}
			mu.Unlock()
			http.Redirect(w, r, in+"/robots.txt", http.StatusFound)
		case "/page":
			fmt.Fprintf(w, `<html><head><link rel="canonical" href="%[1]s/c"><link rel="amphtml" href="%[1]s/amp"><link rel="icon" href="%[1]s/favicon.ico">
				<link rel="alternate" type="application/rss+xml" href="%[1]s/rss"><link rel="alternate" type="application/rss+xml" href="%[2]s/away">
				<meta http-equiv="refresh" content="0; url=%[1]s/refresh"><base href="%[1]s/base/"></head>
				<body><p>A truce.</p><img src="%[1]s/img"><iframe src="%[1]s/frame"></iframe><a href="%[1]s/feed.xml">RSS</a><a href="rss.xml">feed</a></body></html>`, in, out)
		case "/away", "/news/2":
			http.Redirect(w, r, in+"/away", http.StatusMovedPermanently)
		case "/refresh":
			w.Header().Set("Refresh", "0; url="+in+"/header")
			w.Header().Set("Link", "<"+in+`/hub>; rel="hub", <`+in+`/self>; rel="self", <`+in+`/next>; rel="next", <`+in+`/prev>; rel="prev-archive"`)
			fmt.Fprintf(w, "<html><meta http-equiv=refresh content='0;url=%s/meta'>", in)
		case "/news/1":
			fmt.Fprintf(w, `<html><script type="application/ld+json">{"@type":"NewsArticle","url":"%[1]s/ld","articleBody":"A truce."}</script>
				<link rel="canonical" href="%[1]s/canonical"><link rel="next" href="%[1]s/page2"><p>A truce.</p></html>`, in)
		default:
			w.Header().Set("Link", "<"+in+`/hub>; rel="hub", <`+in+`/archive>; rel="prev-archive"`)
			var items strings.Builder
			for i, link := range []string{"http://" + open + "/news/1", "http://" + open + "/news/2", out + "/news/1", in + "/news/3", "http://localhost" + inside[strings.LastIndex(inside, ":"):] + "/news/4", "file:///etc/passwd", "//" + inside + "/news/5"} {
				fmt.Fprintf(&items, `<item><guid isPermaLink="false">%d%d</guid><link>%s</link><comments>%s/comments</comments><title>Truce %d</title><description>A truce.</description>`+
					`<enclosure url="%s/enclosure" type="audio/mpeg" length="1"/><media:thumbnail url="%s/thumb"/><source url="%s/source">S</source><pubDate>%s</pubDate></item>`,
					time.Now().UnixNano(), i, link, in, i, in, in, in, time.Now().Add(-time.Minute).UTC().Format(time.RFC1123Z))
			}
			fmt.Fprintf(w, `<?xml version="1.0"?><!DOCTYPE rss SYSTEM "%[1]s/dtd" [<!ENTITY x SYSTEM "%[1]s/entity"><!ENTITY %% p SYSTEM "%[1]s/parameter"> %%p;]>
				<?xml-stylesheet href="%[1]s/style" type="text/xsl"?>
				<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" xmlns:xi="http://www.w3.org/2001/XInclude" xml:base="%[1]s/base"><channel>
				<title>W &x;</title><link>%[1]s/home</link><image><url>%[1]s/image</url></image><docs>%[1]s/docs</docs><cloud domain="127.0.0.1" port="80" path="/cloud"/>
				<atom:link rel="hub" href="%[1]s/hub"/><atom:link rel="self" href="%[1]s/self"/><atom:link rel="prev-archive" href="%[1]s/archive"/><atom:link rel="next" href="%[1]s/next"/>
				<xi:include href="%[1]s/include"/>%[2]s</channel></rss>`, in, &items)
		}
	})
	outside, other := serveAt(t, "127.0.0.2:0", handler), serveAt(t, "127.0.0.2:0", handler)
	mu.Lock()
	open = other
	mu.Unlock()
	s := &stage{t: t, dir: t.TempDir(), db: "sqlite://state.db", env: append(os.Environ(), "NEWSWATCH_LISTEN=off", "TZ=UTC")}
	s.write("rules.yaml", fmt.Sprintf(`version: 1
settings: {timezone: UTC, network: {allow: ["127.0.0.2/32"]}}
feeds:
  - {id: a, name: Aster Wire, url: "http://%[1]s/a", lang: en, full_text: true}
  - {id: away, name: Away, url: "http://%[1]s/away", lang: en}
  - {id: refresh, name: Refresh, url: "http://%[1]s/refresh", lang: en}
rules: [{id: truce, title: Truce, when: truce}]
digests: [{id: desk, cron: "0 8 * * *", rules: all, to: {slack: desk}}]
`, outside))
	for range 3 { // a feed's older pages are read when a later poll shows only new items
		s.hear("once", "--now", "--backfill", "1d")
	}
	for _, path := range []string{"/a", "/page", "/away", "/refresh", "/news/1"} {
		s.hear("feeds", "discover", "http://"+outside+path)
		s.hear("feeds", "add", "http://"+outside+path)
		s.hear("parse", "http://"+outside+path)
		s.hear("match", "--url", "http://"+outside+path)
	}
	s.hear("digest", "desk", "--html")
	mu.Lock()
	defer mu.Unlock()
	for _, path := range []string{"/a", "/page", "/away", "/refresh", "/robots.txt", "/news/1", "/news/2"} {
		if asked[path] == 0 {
			t.Errorf("%s was never asked for: the test does not see what it leads to; asked: %v", path, asked)
		}
	}
}

// serveAt serves at an address of this machine, and gives it with its port.
func serveAt(t *testing.T, addr string, h http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { _ = srv.Close() })
	return l.Addr().String()
}
