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

	// How its server is asked.
	MinInterval time.Duration // replaces our least time between two polls; 0: ours
	UserAgent   string        // in place of ours
	Headers     []Header      // sent along with each request to the feed's own host
	Login       string        // name of the secret that holds user:password
	Proxy       string        // http, https or socks5 URL, "none" for no proxy; "": as the environment says
	HTTP1       bool          // never HTTP/2
	FullText    bool          // fetch each new item's page and search its article
}

// Header is a header of a request. A value "secret:NAME" stands for the secret
// of that name.
type Header struct{ Name, Value string }

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
	Memory       FeedMemory
}

// FeedMemory is the part of a feed's state that only its poller reads. It is
// stored as JSON, so fields may come; one that is gone from here is forgotten.
type FeedMemory struct {
	URL      string    `json:"url,omitempty"`      // the feed's address as the rules had it: another one starts afresh
	Reason   string    `json:"reason,omitempty"`   // what decided NextAt, in words: "max-age=3600 of the server"
	Bounds   []Bound   `json:"bounds,omitempty"`   // all that had a say in NextAt
	Class    FailClass `json:"class,omitempty"`    // kind of the last poll's failure
	Status   int       `json:"status,omitempty"`   // HTTP status of the last answer, 0 when none came
	FailedAt time.Time `json:"failed_at,omitzero"` // first of the failures in a row
	Ours     bool      `json:"ours,omitempty"`     // the last failure was our network's, and is not counted
	WholeAt  time.Time `json:"whole_at,omitzero"`  // last answer that was not a 304
	NewAt    time.Time `json:"new_at,omitzero"`    // last poll that brought an item not known before
	Gaps     int       `json:"gaps,omitempty"`     // polls in which nothing was known any more: items may have been missed
	GapAt    time.Time `json:"gap_at,omitzero"`    // of the last one
	GoneAt   time.Time `json:"gone_at,omitzero"`   // first 410 of those in a row
	Gone     bool      `json:"gone,omitempty"`     // 410 for good: not asked any more
	Articles Articles  `json:"articles,omitzero"`  // of the last poll that looked for any
	Hints    FeedHints `json:"hints,omitzero"`     // what the publisher asks of readers
	Rhythm   Rhythm    `json:"rhythm,omitzero"`    // when the feed brings news
	Move     Move      `json:"move,omitzero"`      // a permanent redirect, being learned or learned
	Read     uint64    `json:"read,omitempty"`     // which reading of the document its poller may still have in mind
}

// Bound is one of the things that keep a feed from being asked: what it is, in
// words, and until when.
type Bound struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// Articles is what became of the articles behind the items of a poll.
type Articles struct {
	At      time.Time `json:"at,omitzero"`
	Asked   int       `json:"asked,omitempty"`   // items
	Full    int       `json:"full,omitempty"`    // of them that have the article's text
	Waiting int       `json:"waiting,omitempty"` // whose turn has not come
	Why     string    `json:"why,omitempty"`     // one of the others has the feed's text
}

// FeedHints are a document's own wishes on when it is asked.
type FeedHints struct {
	TTL       time.Duration `json:"ttl,omitempty"`        // RSS ttl
	Period    time.Duration `json:"period,omitempty"`     // between updates, by RSS 1.0's syndication module
	SkipHours uint32        `json:"skip_hours,omitempty"` // bit h: not in hour h, GMT
	SkipDays  uint8         `json:"skip_days,omitempty"`  // bit d: not on weekday d, 0 is Sunday, GMT
}

// Rhythm is what is learned of when a feed brings news. Counts are in hundredths
// of an item, lose a fourteenth each day and are kept by UTC.
type Rhythm struct {
	Times    []int64       `json:"times,omitempty"`    // when its latest items appeared, Unix seconds, rising, at most 50
	Interval time.Duration `json:"interval,omitempty"` // between polls, as now thought best; 0: nothing is known
	Polled   int64         `json:"polled,omitempty"`   // last good poll, Unix seconds
	Since    int64         `json:"since,omitempty"`    // from when on the counts are whole, Unix seconds
	Offset   int64         `json:"offset,omitempty"`   // seconds that its five minutes are after the hour's
	Faded    int64         `json:"faded,omitempty"`    // day on which the counts were last lowered, since 1970
	Hours    [24]uint32    `json:"hours,omitzero"`     // items by hour of the day
	Days     [7]uint32     `json:"days,omitzero"`      // items by weekday, 0 is Sunday
	Minutes  [12]uint32    `json:"minutes,omitzero"`   // items by five minutes of the hour, of those whose time is known
}

// Move is a permanent redirect: where to, and how well it is proven.
type Move struct {
	URL     string    `json:"url,omitempty"`
	Since   time.Time `json:"since,omitzero"` // first seen
	Polls   int       `json:"polls,omitempty"`
	Foreign bool      `json:"foreign,omitempty"`   // nothing was known there when it was first seen: another feed
	Kept    bool      `json:"kept,omitempty"`      // proven: polls go there
	Checked time.Time `json:"checked_at,omitzero"` // of one that is kept: when the old address was last asked
	Fails   int       `json:"fails,omitempty"`     // of one that is kept: polls in a row that found no feed there
	Next    *Move     `json:"next,omitempty"`      // of one that is kept: where it leads on to, being learned
}

// FailClass tells the kinds of failures of a poll apart.
type FailClass string

// The kinds of failures.
const (
	FailNetwork   FailClass = "network"    // no connection: name, route, refusal
	FailTimeout   FailClass = "timeout"    // no whole answer in time
	FailTLS       FailClass = "tls"        // the server's certificate or handshake
	FailForbidden FailClass = "forbidden"  // the address is not public and not allowed
	FailRedirect  FailClass = "redirect"   // a loop, too many, or one that may not be followed
	FailGone      FailClass = "gone"       // 410
	FailMissing   FailClass = "missing"    // 404
	FailBlocked   FailClass = "blocked"    // 401, 403, a bot wall
	FailLimited   FailClass = "limited"    // 429, or 503 that names a time
	FailServer    FailClass = "server"     // any other status
	FailNotFeed   FailClass = "not_a_feed" // something else than a feed
	FailDamaged   FailClass = "damaged"    // a feed that broke off or lost items
	FailSetup     FailClass = "setup"      // nothing was asked: a secret of the feed is not set, or of no use
	FailBomb      FailClass = "bomb"       // too large for what was sent
	FailOther     FailClass = "other"
)
