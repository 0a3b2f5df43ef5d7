package feed_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/watcher/feed"
)

func TestHints(t *testing.T) {
	t.Parallel()
	const sy = `<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">`
	period := func(p, f string) string {
		return sy + p + "</sy:updatePeriod><sy:updateFrequency>" + f + "</sy:updateFrequency>"
	}
	ttl := func(d time.Duration) news.FeedHints { return news.FeedHints{TTL: d} }
	tests := map[string]struct {
		header string
		want   news.FeedHints
	}{
		"none":                  {"", news.FeedHints{}},
		"ttl":                   {"<ttl> 45 </ttl>", ttl(45 * time.Minute)},
		"ttl in CDATA":          {"<ttl><![CDATA[45]]></ttl>", ttl(45 * time.Minute)},
		"ttl of zero":           {"<ttl>0</ttl>", ttl(0)},
		"ttl below zero":        {"<ttl>-5</ttl>", ttl(0)},
		"ttl in seconds":        {"<ttl>3600</ttl>", ttl(0)},
		"ttl in words":          {"<ttl>often</ttl>", ttl(0)},
		"ttl that is none":      {"<ttl>NaN</ttl>", ttl(0)},
		"a day":                 {"<ttl>1440</ttl>", ttl(24 * time.Hour)},
		"hourly":                {period("hourly", "1"), ttl(time.Hour)},
		"twice an hour":         {period(" Hourly ", "2"), ttl(30 * time.Minute)},
		"every two hours":       {period("hourly", "0.5"), ttl(2 * time.Hour)},
		"with a comma":          {period("hourly", "0,5"), ttl(2 * time.Hour)},
		"misspelt":              {period("dayly", "4"), ttl(6 * time.Hour)},
		"always":                {period("always", "1"), ttl(0)},
		"only a frequency":      {"<sy:updateFrequency>3</sy:updateFrequency>", ttl(8 * time.Hour)},
		"only a period":         {sy + "hourly</sy:updatePeriod>", ttl(time.Hour)},
		"weekly is capped":      {period("weekly", "1"), ttl(24 * time.Hour)},
		"a frequency of zero":   {period("hourly", "0"), ttl(time.Hour)},
		"more than each minute": {period("hourly", "100"), ttl(0)},
		"the longer of both":    {"<ttl>15</ttl>" + period("hourly", "1"), ttl(time.Hour)},
		"hours":                 {"<skipHours><hour>0</hour><hour>3</hour><hour> 23 </hour><hour>25</hour><hour>x</hour></skipHours>", news.FeedHints{SkipHours: 1 | 1<<3 | 1<<23}},
		"hour 24":               {"<skiphours>\n<hour>24</hour>\n</skiphours>", news.FeedHints{SkipHours: 1}},
		"hours in a list":       {"<skipHours>1, 2,3</skipHours>", news.FeedHints{SkipHours: 1<<1 | 1<<2 | 1<<3}},
		"all hours":             {"<skipHours>0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23</skipHours>", news.FeedHints{}},
		"days":                  {"<skipDays><day>Sunday</day><day>saturday</day><day>Someday</day></skipDays>", news.FeedHints{SkipDays: 1 | 1<<6}},
		"days behind the item":  {"<item><title>A</title></item><skipDays><day>Monday</day></skipDays>", news.FeedHints{SkipDays: 1 << 1}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, rss(tc.header)).Hints; got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestRelations(t *testing.T) {
	t.Parallel()
	const space = ` xmlns:atom="http://www.w3.org/2005/Atom"`
	tests := map[string]struct {
		body   string
		header http.Header
		want   feed.Relations
	}{
		"atom": {
			atom(`<link rel="self" href="/feed"/><link rel="hub" href="https://hub.example/"/><link rel="next" href="?page=2"/><link rel="prev-archive" href="2027/02"/>`), nil,
			feed.Relations{Self: "https://harbour.example/feed", Hub: "https://hub.example/", Next: "https://harbour.example/feeds/rss?page=2", PrevArchive: "https://harbour.example/feeds/2027/02"},
		},
		"rss": {
			rss(`<atom:link` + space + ` REL="Self" href="https://harbour.example/rss"/><a:link xmlns:a="http://www.w3.org/2005/Atom" rel="http://www.iana.org/assignments/relation/next" href="/2"/>`), nil,
			feed.Relations{Self: "https://harbour.example/rss", Next: "https://harbour.example/2"},
		},
		"link without its namespace": {
			rss(`<link rel="hub" href="https://hub.example/">`), nil,
			feed.Relations{Hub: "https://hub.example/"},
		},
		"two in one": {
			atom(`<link rel="self next" href="/1"/><link rel="next" href="/2"/>`), nil,
			feed.Relations{Self: "https://harbour.example/1", Next: "https://harbour.example/1"},
		},
		"those of entries are theirs": {
			atom(`<entry><link rel="next" href="/2"/></entry>`), nil, feed.Relations{},
		},
		"header": {
			atom(`<link rel="hub" href="https://other.example/"/>`),
			http.Header{"Link": {`<https://hub.example/>; rel="hub", </self>; rel=self`, `<broken; rel=next`}},
			feed.Relations{Hub: "https://hub.example/", Self: "https://harbour.example/self"},
		},
		"json": {
			`{"feed_url":"/f","next_url":"f?p=2","hubs":[7,{"type":"rssCloud","url":"/no"},{"type":"WebSub","url":"https://hub.example/"}],"items":[]}`, nil,
			feed.Relations{Self: "https://harbour.example/f", Next: "https://harbour.example/feeds/f?p=2", Hub: "https://hub.example/"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := feed.Parse([]byte(tc.body), tc.header, "https://harbour.example/feeds/rss")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, doc.Relations); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
		})
	}
}

func TestArchive(t *testing.T) {
	t.Parallel()
	if doc := parse(t, atom(`<h:archive xmlns:h="http://purl.org/syndication/history/1.0"/>`)); !doc.Archive {
		t.Error("fh:archive was not seen")
	}
	if doc := parse(t, atom(`<link rel="prev-archive" href="/2"/>`)); doc.Archive {
		t.Error("a document that has an archive is none itself")
	}
}
