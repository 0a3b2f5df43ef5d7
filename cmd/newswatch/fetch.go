package main

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/net/html"

	"newswatch/rules"
	"newswatch/watcher/feed"
)

// fetch reads an address that the user names, under the limits that hold for
// feeds. Private addresses are those that the rule file allows, if there is one.
func (a *app) fetch(ctx context.Context, url string) (*feed.Page, error) {
	cfg := feed.Config{UserAgent: userAgent(), Secret: a.secretNamed}
	if src, err := rules.Read(a.Rules); err == nil {
		if rs, _ := src.Load(rules.LoadOptions{SkipExamples: true}); rs != nil {
			cfg.Allow = rs.File.Settings.Allow
		}
	}
	poller, err := feed.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("prepare fetching: %w", err)
	}
	page, err := poller.Get(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", url, err)
	}
	return page, nil
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
