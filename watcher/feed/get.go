package feed

import (
	"context"
	"net/http"

	"newswatch/news"
)

// Page is what an address answered with.
type Page struct {
	URL    string // after redirects
	Header http.Header
	Body   []byte // decoded
}

// Get fetches an address that is no feed of the rules, under the same limits as
// one: bytes, time, redirects, the distance between requests to a host, and
// public or allowed addresses only.
func (p *Poller) Get(ctx context.Context, url string) (*Page, error) {
	ctx, cancel := p.within(ctx)
	defer cancel()
	a, err := p.fetch(ctx, news.Feed{URL: url}, url, news.FeedState{})
	if err == nil {
		err = a.damaged
	}
	if err != nil {
		return nil, err
	}
	return &Page{URL: a.url, Header: a.header, Body: a.body}, nil
}
