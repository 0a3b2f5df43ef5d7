// Package discover finds the feeds of a site: those that a page names, links to,
// or that stand where feeds mostly stand. Each one is fetched and read before it
// is offered. It asks few questions, one after the other, and stops early.
package discover

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"newswatch/watcher/feed"
)

// Bounds on what one search asks of a site.
const (
	mostNamed  = 10 // feeds that a page names
	mostLinked = 6  // links that look like feeds
	mostFound  = 12
)

// Ways in which a feed was found.
const (
	Itself = "this address is a feed"
	Named  = "the page names it"
	Linked = "the page links to it"
	Usual  = "feeds often stand there"
)

// Config says how to search.
type Config struct {
	// Get fetches an address under the limits that hold for feeds.
	Get func(ctx context.Context, url string) (*feed.Page, error)
	// Pause is the time between two requests.
	Pause time.Duration
	// Try hears of each address before it is asked; it may be nil.
	Try func(url string)
	// Failed hears of it when the address itself has no answer of use, and the
	// site is searched; it may be nil.
	Failed func(url string, err error)
}

// Found is a feed that was read.
type Found struct {
	URL      string // to poll
	Answered string // where it came from, after redirects
	By       string // how it was found
	Doc      *feed.Document
}

// ErrNone says that a site was searched and has no feed that could be found.
var ErrNone = errors.New("no feed found")

// Feeds searches at an address. An error is that of the address itself, or
// ErrNone.
func Feeds(ctx context.Context, cfg Config, address string) ([]Found, error) {
	s := search{Config: cfg, asked: map[string]bool{}}
	page, err := s.get(ctx, address)
	if err != nil && !answered(err) {
		return nil, err
	}
	if err != nil && cfg.Failed != nil {
		cfg.Failed(address, err)
	}
	var l links
	base := address
	if page != nil {
		base = page.URL
		if doc, err := feed.Parse(page.Body, page.Header, page.URL); err == nil {
			return []Found{{URL: keep(address, page), Answered: page.URL, By: Itself, Doc: doc}}, nil
		}
		l = linksOf(page.Body, page.URL)
	}
	s.each(ctx, l.named, Named, mostNamed)
	if len(s.found) == 0 {
		s.each(ctx, l.linked, Linked, mostLinked)
	}
	if len(s.found) == 0 {
		s.each(ctx, l.comments, Named, 1)
	}
	for _, at := range usual(base) {
		if len(s.found) > 0 {
			break // one is enough: the other places mostly hold the same
		}
		s.each(ctx, []string{at}, Usual, 1)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(s.found) > 0:
		return s.found, nil
	case err != nil:
		return nil, err
	}
	return nil, ErrNone
}

// answered says whether an error is a server's word that there is nothing at an
// address: then another one of the site may do better. One that keeps us out, or
// asks for a pause, is left alone.
func answered(err error) bool {
	for _, status := range [...]string{"status 400", "status 404", "status 405", "status 406", "status 410"} {
		if strings.Contains(err.Error(), status) {
			return true
		}
	}
	return false
}

// search is one search in progress.
type search struct {
	Config
	asked map[string]bool
	found []Found
}

// each reads the feeds among some addresses, asking at most so many.
func (s *search) each(ctx context.Context, addresses []string, by string, most int) {
	for _, address := range addresses {
		if most == 0 || len(s.found) == mostFound || ctx.Err() != nil {
			return
		}
		if s.asked[Same(address)] {
			continue
		}
		most--
		page, err := s.get(ctx, address)
		if err != nil {
			continue
		}
		doc, err := feed.Parse(page.Body, page.Header, page.URL)
		if err != nil || slices.ContainsFunc(s.found, func(f Found) bool { return Same(f.Answered) == Same(page.URL) }) {
			continue
		}
		s.found = append(s.found, Found{URL: keep(address, page), Answered: page.URL, By: by, Doc: doc})
	}
}

func (s *search) get(ctx context.Context, address string) (*feed.Page, error) {
	if len(s.asked) > 0 {
		timer := time.NewTimer(s.Pause)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
		}
	}
	s.asked[Same(address)] = true
	if s.Try != nil {
		s.Try(address)
	}
	return s.Get(ctx, address)
}

// usual is where feeds mostly stand: beside the page, then at the front of its
// site. The order is that of how common they are.
func usual(base string) []string {
	u, err := url.Parse(base)
	if err != nil {
		return nil
	}
	front := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}
	var list []string
	if dir := strings.TrimSuffix(u.Path, "/"); dir != "" {
		list = append(list, front.ResolveReference(&url.URL{Path: dir + "/feed/"}).String())
	}
	for _, path := range []string{"/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json", "/feeds/all.atom.xml", "/rss/index.xml"} {
		list = append(list, front.ResolveReference(&url.URL{Path: path}).String())
	}
	return list
}

// keep is the address to poll: the one that was asked, or where that has moved
// for good. What lies behind other redirects may be elsewhere tomorrow, unless it
// is the same place under a better name.
func keep(asked string, page *feed.Page) string {
	if page.Moved != "" {
		asked = page.Moved
	}
	if Same(asked) == Same(page.URL) {
		return page.URL
	}
	return asked
}

// Same is a form of an address that is equal for two that differ only in how
// they are written: the scheme, www., a slash at the end.
func Same(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	host := strings.TrimPrefix(strings.ToLower(u.Host), "www.")
	if port := u.Port(); port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	same := host + strings.TrimSuffix(u.EscapedPath(), "/")
	if u.RawQuery != "" {
		same += "?" + u.RawQuery
	}
	return same
}
