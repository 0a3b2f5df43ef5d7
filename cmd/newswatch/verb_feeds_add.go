package main

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"newswatch/news"
	"newswatch/notify/wording"
	"newswatch/text"
	"newswatch/watcher/discover"
	"newswatch/watcher/feed"
)

const (
	searchPause = time.Second // between two requests to a site
	wholeText   = 1_200       // characters: most articles are longer, most teasers far shorter
)

type feedsAddCmd struct {
	URL string `arg:"" name:"url" help:"Address of a feed, or of a page whose feeds are looked for."`
}

// Help is the long text of -h.
func (feedsAddCmd) Help() string {
	return help("Fetches a feed as the daemon would and prints the YAML that adds it: paste it under feeds: in the rules, and check id, name and publisher. What was found is told on stderr: how many items, the newest, whether whole articles or headlines only. Nothing is written.",
		"newswatch feeds add https://news.example/rss\nnewswatch feeds add news.example",
		"0 printed; 1 no feed there, or all are in the rules already; 2 wrong usage, or invalid rules")
}

// Run tries.
func (c *feedsAddCmd) Run(ctx context.Context, a *app) error {
	n, err := a.newFeeds()
	if err != nil {
		return err
	}
	found, err := a.searchFeeds(ctx, c.URL)
	if err != nil {
		return err
	}
	added := 0
	for _, f := range found {
		if id, known := n.known(f.URL, f.Answered); known {
			fmt.Fprintf(a.err, "%s is in %s already, as %s\n", hidden(f.URL), n.path, id)
			continue
		}
		added++
		f.describe(a)
		entry := n.add(news.Feed{
			Name: text.Title(f.Doc.Title), URL: f.URL, Lang: langCode(f.Doc.Lang), Publisher: n.publisher(text.Title(f.Doc.Title), f.URL),
		})
		fmt.Fprintln(a.out, feedYAML(entry))
	}
	if added == 0 {
		return silently(exitNot)
	}
	fmt.Fprintf(a.err, "paste %s under feeds: in %s\n", map[bool]string{true: "this", false: "what you want of this"}[added == 1], n.path)
	return nil
}

// langCode is a language as rules take it.
func langCode(lang string) string {
	if len(lang) < 2 || len(lang) > 3 || strings.Trim(lang, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return lang
}

// foundFeed is a feed that a search brought.
type foundFeed struct{ discover.Found }

// searchFeeds looks for feeds at an address as a person writes it.
func (a *app) searchFeeds(ctx context.Context, address string) ([]foundFeed, error) {
	if !strings.Contains(address, "://") {
		address = "https://" + strings.TrimPrefix(address, "//")
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, usagef("%q is no http or https address", address)
	}
	get, allow, err := a.fetcher()
	if err != nil {
		return nil, err
	}
	cfg := discover.Config{
		Get: get, Pause: searchPause,
		Try:    func(url string) { fmt.Fprintf(a.err, "asking %s\n", hidden(url)) },
		Failed: func(_ string, err error) { fmt.Fprintf(a.err, "%v; looking for feeds elsewhere on the site\n", err) },
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		cfg.Pause = 0 // the operator's own server
	}
	list, err := discover.Feeds(ctx, cfg, u.String())
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &exitError{exitNot, fmt.Sprintf("%s: %v\n%s", hidden(address), err, nextTry(err))}
	}
	found := make([]foundFeed, len(list))
	for i, f := range list {
		found[i] = foundFeed{f}
	}
	return found, nil
}

// nextTry is what to do when there is no feed.
func nextTry(err error) string {
	switch {
	case strings.Contains(err.Error(), "status 403"), strings.Contains(err.Error(), "status 401"):
		return "the publisher does not let newswatch in; if the address works in a browser, the feed may still do with headers:, login: or user_agent: in the rules"
	case strings.Contains(err.Error(), "status 429"), strings.Contains(err.Error(), "status 503"):
		return "the server asks for a pause: try again later"
	case strings.Contains(err.Error(), "status "):
		return "open the address in a browser; if that works, try again later"
	case strings.Contains(err.Error(), discover.ErrNone.Error()):
		return "look on the site for a page named RSS or feeds and give its address; newswatch parse URL shows what one address answers"
	}
	return "try the address in a browser; for one in your own network name the range in settings.network.allow"
}

// describe says on stderr what a feed holds.
func (f foundFeed) describe(a *app) {
	c := wording.Clock{Now: time.Now(), Zone: time.Local}
	fmt.Fprintf(a.err, "%s: %s", wording.Line(text.Title(f.Doc.Title)), count(len(f.Doc.Entries), "item"))
	if at := f.newest(); !at.IsZero() {
		fmt.Fprintf(a.err, ", the newest %s", c.Ago(at))
	}
	fmt.Fprintln(a.err)
	switch n := f.usualText(); {
	case len(f.Doc.Entries) == 0:
		fmt.Fprintln(a.err, "  there is nothing in it now")
	case n == 0:
		fmt.Fprintln(a.err, "  headlines only; with full_text: true the articles are fetched too")
	case f.teasers():
		fmt.Fprintf(a.err, "  headlines with short texts, of about %s; with full_text: true the articles are fetched too\n", wording.Count(n, "character", "characters"))
	default:
		fmt.Fprintf(a.err, "  texts of about %s\n", wording.Count(n, "character", "characters"))
	}
	if f.Doc.Recovered {
		fmt.Fprintln(a.err, "  it is damaged: what could be read of it was")
	}
	if f.Answered != f.URL {
		fmt.Fprintf(a.err, "  it answers from %s\n", hidden(f.Answered))
	}
}

// newest is the date of the newest item, zero when none has one. Dates in the
// future are not believed.
func (f foundFeed) newest() (at time.Time) {
	limit := time.Now().Add(24 * time.Hour)
	for _, e := range f.Doc.Entries {
		if e.Published.After(at) && e.Published.Before(limit) {
			at = e.Published
		}
	}
	return at
}

// usualText is the median length of the items' texts.
func (f foundFeed) usualText() int {
	if len(f.Doc.Entries) == 0 {
		return 0
	}
	var lengths []int
	for _, e := range f.Doc.Entries {
		lengths = append(lengths, textLength(e))
	}
	slices.Sort(lengths)
	return lengths[len(lengths)/2]
}

func textLength(e feed.Entry) int {
	return max(utf8.RuneCountInString(text.Visible(e.Content)), utf8.RuneCountInString(text.Visible(e.Summary)))
}

// teasers says whether the feed carries no whole articles.
func (f foundFeed) teasers() bool { return len(f.Doc.Entries) > 0 && f.usualText() < wholeText }

type feedsDiscoverCmd struct {
	URL  string `arg:"" name:"url" help:"Address of a site, or of a page of it."`
	JSON bool   `name:"json" help:"One feed a line, as JSON."`
}

// Help is the long text of -h.
func (feedsDiscoverCmd) Help() string {
	return help("Finds the feeds of a site: those that the page names, else those that it links to, else at the places where feeds mostly stand. Each one that is listed was fetched and read. It asks at most 28 addresses, one a second.",
		"newswatch feeds discover https://news.example/", "0 found; 1 none found, or the site does not answer; 2 wrong usage, or invalid rules")
}

// foundLine is a found feed as programs read it.
type foundLine struct {
	URL    string    `json:"url"`
	Title  string    `json:"title"`
	Lang   string    `json:"lang,omitempty"`
	Items  int       `json:"items"`
	Newest time.Time `json:"newest,omitzero"`
	Text   int       `json:"text"` // characters of the usual item's text
	By     string    `json:"by"`
	Known  string    `json:"known,omitempty"` // the feed's id in the rules
}

// Run searches.
func (c *feedsDiscoverCmd) Run(ctx context.Context, a *app) error {
	n, err := a.newFeeds()
	if err != nil {
		return err
	}
	found, err := a.searchFeeds(ctx, c.URL)
	if err != nil {
		return err
	}
	for _, f := range found {
		id, _ := n.known(f.URL, f.Answered)
		line := foundLine{
			URL: hidden(f.URL), Title: wording.Line(text.Title(f.Doc.Title)), Lang: f.Doc.Lang, Items: len(f.Doc.Entries),
			Newest: f.newest().UTC(), Text: f.usualText(), By: f.By, Known: id,
		}
		if c.JSON {
			if err := a.json(false).Encode(line); err != nil {
				return err
			}
			continue
		}
		line.print(a)
	}
	return nil
}

func (l foundLine) print(a *app) {
	fmt.Fprintf(a.out, "%s\n    %s: %s", wording.Link(l.URL), l.Title, count(l.Items, "item"))
	if !l.Newest.IsZero() {
		fmt.Fprintf(a.out, ", the newest from %s", l.Newest.Local().Format("2 Jan 2006 15:04"))
	}
	fmt.Fprintf(a.out, "; %s", l.By)
	if l.Known != "" {
		fmt.Fprintf(a.out, "; in the rules as %s", l.Known)
	}
	fmt.Fprintln(a.out)
}
