package main

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"

	"golang.org/x/net/html"

	"newswatch/rules"
	"newswatch/watcher/feed"
)

// fetch reads an address that the user names, under the limits that hold for
// feeds.
func (a *app) fetch(ctx context.Context, url string) (*feed.Page, error) {
	get, _, err := a.fetcher()
	if err != nil {
		return nil, err
	}
	return get(ctx, url)
}

// fetcher is fetch for more than one address, and the private ranges that may be
// asked: those that the rule file allows, if there is one.
func (a *app) fetcher() (get func(context.Context, string) (*feed.Page, error), allow []netip.Prefix, err error) {
	contact := ""
	if src, err := rules.Read(a.Rules); err == nil {
		if rs, _ := src.Load(rules.LoadOptions{SkipExamples: true}); rs != nil {
			allow, contact = rs.File.Settings.Allow, rs.File.Settings.Contact
		}
	}
	poller, err := feed.New(feed.Config{UserAgent: userAgent(contact), Allow: allow, Secret: a.secretOfRules})
	if err != nil {
		return nil, nil, fmt.Errorf("prepare fetching: %w", err)
	}
	return func(ctx context.Context, url string) (*feed.Page, error) {
		page, err := poller.Get(ctx, url)
		if err != nil {
			return nil, fmt.Errorf("fetch %s: %w", hidden(url), err)
		}
		return page, nil
	}, allow, nil
}

// pageTitle is the title that a page of HTML gives itself.
func pageTitle(page []byte) string {
	z := html.NewTokenizer(bytes.NewReader(page))
	for inTitle := false; ; {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken:
			name, _ := z.TagName()
			inTitle = string(name) == "title"
		case html.TextToken:
			if inTitle {
				return string(z.Text())
			}
		}
	}
}
