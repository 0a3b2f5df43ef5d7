package article_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"newswatch/news"
	"newswatch/watcher/article"
)

func Example() {
	// What a feed.Poller does in the daemon.
	get := func(_ context.Context, _ news.Feed, url, _ string) (article.Page, error) {
		if strings.HasSuffix(url, "/robots.txt") {
			return article.Page{Status: http.StatusOK, Body: []byte("User-agent: *\nDisallow: /members/")}, nil
		}
		page := `<html><head><title>Quake shakes the Saltara hills</title></head><body>
			<nav><a href="/">Aster Wire</a></nav>
			<article><h1>Quake shakes the Saltara hills</h1>
			<p>A quake of magnitude 5.1 shook the Saltara hills at 04:12 on Friday, the geological service said.
			<p><a href="/2">Read also: Envoy Marlow lands in Morzhen</a>
			<p>Chimneys fell in Brenn and Karrow, but nobody was hurt, according to rescuer Mads Kjell.</article>`
		return article.Page{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte(page)}, nil
	}
	reader := article.New(article.Config{Get: get, Own: func(host string) bool { return host == "aster.example" }})

	items := []news.Item{
		{ID: "1", Title: "Quake shakes the Saltara hills", URL: "https://aster.example/quake"},
		{ID: "2", Title: "Why the hills shake", Body: "For members.", URL: "https://aster.example/members/why"},
	}
	for i, o := range reader.Read(context.Background(), news.Feed{ID: "aster", FullText: true}, items) {
		fmt.Printf("full %v, %d words %q\n", o.Full, o.Words, o.Why)
		fmt.Println(items[i].Body)
	}
	// Output:
	// full true, 34 words ""
	// A quake of magnitude 5.1 shook the Saltara hills at 04:12 on Friday, the geological service said.
	//
	// Chimneys fell in Brenn and Karrow, but nobody was hurt, according to rescuer Mads Kjell.
	// full false, 2 words "the robots.txt of aster.example keeps us out"
	// For members.
}

func ExampleExtract() {
	a, err := article.Extract(article.Page{
		Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		Body: []byte(`<title>Bear cub named</title><script type="application/ld+json">{"@type": "NewsArticle",
			"headline": "Bear cub named Otso", "articleBody": "The zoo of Lindenau has named its bear cub Otso."}</script>`),
	})
	fmt.Println(a.Headlines, err)
	fmt.Println(a.Text)
	// Output:
	// [Bear cub named Bear cub named Otso] <nil>
	// The zoo of Lindenau has named its bear cub Otso.
}
