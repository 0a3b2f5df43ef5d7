package news

import (
	"net/url"
	"strings"
	"time"
)

// Feed is one source as the desk wrote it: where it is and what it is worth.
type Feed struct {
	ID        string   // unique in the rule file
	Name      string   // what readers see
	URL       string   // http or https
	Lang      string   // BCP 47 primary tag ("en"), "" when unknown
	Publisher string   // the outlet behind the feed; "" means Name
	Weight    int      // added to the score of each of its items
	Tags      []string // for conditions on feeds, such as "paywall"
	Poll      string   // cron expression or duration; "" means Settings.Poll
}

// Outlet is the publisher that counts as one source, however many feeds it has.
func (f Feed) Outlet() string {
	if f.Publisher != "" {
		return f.Publisher
	}
	return f.Name
}

// Host is the unit of politeness: the lower-case host and port of the feed's
// URL. Two feeds of one host are never polled at the same time.
func (f Feed) Host() string {
	u, err := url.Parse(f.URL)
	if err != nil {
		return strings.ToLower(f.URL)
	}
	return strings.ToLower(u.Host)
}

// FeedState is what is remembered of a feed between two polls. It commits in
// the same transaction as the items of the poll that made it: otherwise a crash
// between the two would lose the items for ever, as the next answer is a 304.
type FeedState struct {
	FeedID       string
	FinalURL     string // the URL the validators belong to, after redirects
	ETag         string // opaque, byte for byte as the server sent it (RFC 9110 section 8.8.3)
	LastModified string // opaque, byte for byte as the server sent it (RFC 9110 section 8.8.2)
	BodyHash     string // SHA-256 of the last whole body; equal means nothing to parse
	NextAt       time.Time
	PolledAt     time.Time // last attempt, good or bad
	OKAt         time.Time // last good answer (200 or 304)
	Baselined    bool      // a first successful poll is behind us
	Fails        int       // failures in a row
	Error        string    // of the last poll, "" after a good one
	Items        int       // items in the last document that was read
}
