package feed

import (
	"context"
	"errors"
	"net/http"

	"newswatch/news"
)

// Page is what an address answered with.
type Page struct {
	Status int
	URL    string // after redirects
	Moved  string // where it has moved for good, by its redirects; "" when it has not
	Header http.Header
	Body   []byte // decoded; nil when the status is no success
}

// Get fetches an address that is no feed of the rules, under the same limits as
// one: bytes, time, redirects, the distance between requests to a host, and
// public or allowed addresses only.
func (p *Poller) Get(ctx context.Context, url string) (*Page, error) {
	return p.page(ctx, query{feed: news.Feed{URL: url}, url: url})
}

// Ask fetches an address on behalf of a feed, as Get does: with the feed's
// User-Agent and proxy, and on the feed's own host with its headers and login.
// Accept says what is wanted; "" stands for feeds. An answer of any status is a
// page; an error says that none came.
func (p *Poller) Ask(ctx context.Context, f news.Feed, url, accept string) (*Page, error) {
	page, err := p.page(ctx, query{feed: f, url: url, accept: accept})
	var status *statusError
	if errors.As(err, &status) {
		return page, nil
	}
	return page, err
}

func (p *Poller) page(ctx context.Context, q query) (*Page, error) {
	ctx, cancel := p.within(ctx)
	defer cancel()
	q.page = true
	a, err := p.fetch(ctx, q)
	if err == nil {
		err = a.damaged
	}
	return &Page{Status: a.status, URL: a.url, Moved: a.moved, Header: a.header, Body: a.body}, err
}
