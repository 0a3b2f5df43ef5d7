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

// Get fetches an address that a person named, under the same limits as a feed:
// bytes, time, redirects, and public or allowed addresses only.
func (p *Poller) Get(ctx context.Context, url string) (*Page, error) {
	a, err := p.fetch(ctx, news.Feed{URL: url}, news.FeedState{})
	if err == nil {
		err = a.damaged
	}
	if err != nil {
		return nil, err
	}
	return &Page{URL: a.url, Header: a.header, Body: a.body}, nil
}
