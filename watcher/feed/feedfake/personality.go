package feedfake

import (
	"fmt"
	"math/rand/v2"
	"net"
	"time"
)

// Personality is one feed and the way its server behaves. The zero value of
// each trait is the plain one.
type Personality struct {
	ID         string     `json:"id"`
	URL        string     `json:"url"`
	Format     Format     `json:"format"`
	Rhythm     Rhythm     `json:"rhythm"`
	Validators Validators `json:"validators"`
	Freshness  Freshness  `json:"freshness,omitempty"`
	Hint       Hint       `json:"hint,omitempty"`
	Coding     Coding     `json:"coding,omitempty"`
	Type       string     `json:"type,omitempty"` // content type; "": the format's own
	Move       Move       `json:"move,omitempty"`
	Trouble    Trouble    `json:"trouble,omitempty"`
	Delta      bool       `json:"delta,omitempty"`   // sends only what is new to those who ask so
	Archive    bool       `json:"archive,omitempty"` // has pages with older items
	Slow       bool       `json:"slow,omitempty"`    // takes seconds for each answer
}

// Format is what a feed is written in.
type Format string

// The formats.
const (
	RSS  Format = "rss"
	Atom Format = "atom"
	RDF  Format = "rdf"
	JSON Format = "json"
)

// Rhythm is when a feed brings news.
type Rhythm string

// The rhythms.
const (
	Hourly Rhythm = "hourly"
	Bursty Rhythm = "bursty" // a dozen in an hour, then nothing for half a day
	Daily  Rhythm = "daily"
	Weekly Rhythm = "weekly"
	Never  Rhythm = "never"
	Flood  Rhythm = "flood" // 50 at once, more than the document holds
)

// Validators is what a feed gives to ask again with.
type Validators string

// The kinds of validators.
const (
	Both     Validators = "both"
	ETagOnly Validators = "etag"
	DateOnly Validators = "date"
	Opaque   Validators = "opaque"   // an ETag without quotes, a date in no form of HTTP
	Weak     Validators = "weak"     // W/"..."
	Restless Validators = "restless" // another ETag each hour for the same body
	Touched  Validators = "touched"  // another date each hour for the same body, told by a 304
	Frozen   Validators = "frozen"   // the date never changes, the ETag does
	Bare     Validators = "bare"     // 304s that repeat no validator
	Dropping Validators = "dropping" // both, but none at some hours of the day
	Stuck    Validators = "stuck"    // 304 to any condition, for ever
	None     Validators = "none"
)

// Freshness is what a feed's caching headers say.
type Freshness string

// The kinds of caching headers.
const (
	MaxAge  Freshness = "max-age"  // 30 min
	Aged    Freshness = "aged"     // max-age=5400, of which 20 min are over
	Expires Freshness = "expires"  // in 40 min, by a clock that is 5 h ahead
	Past    Freshness = "past"     // Expires: 0
	Shared  Freshness = "shared"   // s-maxage of a day, max-age of 10 min
	NoCache Freshness = "no-cache" // beside a max-age of a day
	Year    Freshness = "year"
)

// Hint is what a feed's document says of when to ask.
type Hint string

// The kinds of hints.
const (
	TTLHour   Hint = "ttl=60"
	TTLLong   Hint = "ttl=180"
	TTLJunk   Hint = "ttl=100000"
	SyHalf    Hint = "sy=hourly/2"
	SySix     Hint = "sy=daily/4"
	SkipNight Hint = "skipHours"
	SkipEnd   Hint = "skipDays"
	SkipAll   Hint = "skipHours=all" // nothing would be left: it means nothing
)

// Coding is how a body is packed.
type Coding string

// The codings.
const (
	Gzip      Coding = "gzip"
	Zlib      Coding = "deflate"
	Deflate   Coding = "raw deflate"
	Brotli    Coding = "br"
	Zstd      Coding = "zstd"
	Unlabeled Coding = "unlabelled gzip"
)

// Move is where a feed's address leads.
type Move string

// The redirects.
const (
	Permanent  Move = "301"
	Permanent8 Move = "308"
	Temporary  Move = "302"
	Mixed      Move = "301-302-301"
	ToTLS      Move = "http-https"
	Downgrade  Move = "https-http" // at some hours
	OtherHost  Move = "301 host"
	Chain      Move = "chain" // six hops, at some hours
	Loop       Move = "loop"  // at some hours
	Portal     Move = "portal"
	Portal301  Move = "portal 301"
	Revert     Move = "revert"   // a 301 that is taken back after ten days
	Stranger   Move = "stranger" // a 301 to a feed of other things
	Flip       Move = "flip"     // 302 to one of two addresses in turn
)

// Trouble is what goes wrong on a feed's bad days.
type Trouble string

// The troubles.
const (
	Broken       Trouble = "500"
	Flapping     Trouble = "404"
	GoneBack     Trouble = "410 and back"
	Gone         Trouble = "410"
	LimitSeconds Trouble = "429 seconds"
	LimitDate    Trouble = "429 date"
	LimitDate850 Trouble = "429 date RFC 850"
	LimitDateC   Trouble = "429 date asctime"
	LimitPast    Trouble = "429 past"
	LimitJunk    Trouble = "429 junk"
	LimitHuge    Trouble = "429 huge"
	LimitSilent  Trouble = "429 bare"
	LimitReset   Trouble = "429 reset"
	Unavailable  Trouble = "503"
	Forbidden    Trouble = "403"
	Challenge    Trouble = "403 challenge"
	Refused      Trouble = "refused"
	Away         Trouble = "refused for days"
	Reset        Trouble = "reset"
	Drip         Trouble = "drip"
	Cut          Trouble = "cut"
	BadCRC       Trouble = "crc"
	Page         Trouble = "html"
)

// quirk gives a personality the trait that it is drawn for.
type quirk func(*Personality)

func troubled(t Trouble) quirk { return func(p *Personality) { p.Trouble = t } }
func moved(m Move) quirk       { return func(p *Personality) { p.Move = m } }

// quirks are the odd feeds, in the order in which they are dealt out: each
// comes once before any comes twice.
func quirks(address string) []quirk {
	all := []quirk{
		func(p *Personality) { p.Rhythm, p.Archive = Flood, true },
		func(p *Personality) { p.Rhythm = Flood },
		func(p *Personality) { p.Delta, p.Validators, p.Rhythm = true, ETagOnly, Hourly },
		func(p *Personality) { p.Validators = Stuck },
		func(p *Personality) { p.Type = "text/html; charset=utf-8" },
		func(p *Personality) { p.Type = "application/octet-stream" },
		func(p *Personality) { p.Slow = true },
		func(*Personality) {}, func(*Personality) {}, func(*Personality) {}, func(*Personality) {},
	}
	troubles := []Trouble{Broken, Flapping, GoneBack, Gone, Forbidden, Challenge, Refused, Away, Reset, Drip, Cut, BadCRC, Page}
	moves := []Move{Permanent, Permanent8, Temporary, Mixed, Chain, Loop, Portal, Portal301, Revert, Stranger, Flip}
	if host, _, _ := net.SplitHostPort(address); host == "" {
		troubles = append(troubles, LimitSeconds, LimitDate, LimitDate850, LimitDateC, LimitPast,
			LimitJunk, LimitHuge, LimitSilent, LimitReset, Unavailable)
	}
	if address == "" {
		moves = append(moves, ToTLS, Downgrade, OtherHost)
	}
	for _, t := range troubles {
		all = append(all, troubled(t))
	}
	for _, m := range moves {
		all = append(all, moved(m))
	}
	return all
}

// draw makes n personalities. Three of ten share a host with nine others, one
// with one other.
func draw(rng *rand.Rand, n int, address string) []Personality {
	odd := quirks(address)
	order := rng.Perm(len(odd))
	all := make([]Personality, n)
	for i := range all {
		p := &all[i]
		*p = ordinary(rng)
		odd[order[i%len(odd)]](p)
		p.ID = fmt.Sprintf("p%03d", i+1)
		p.URL = site(p, hostOf(i, n, p), address) + p.ID + "/feed.xml"
		settle(p)
	}
	return all
}

// hostOf is the number of a feed's host. A week's hold is for a host of its own.
func hostOf(i, n int, p *Personality) int {
	switch {
	case p.Trouble == LimitHuge || p.Move == OtherHost:
		return 1000 + i
	case i >= n*7/10:
		return 20000 + i/10
	case i >= n*6/10:
		return 30000 + i/2
	}
	return 1000 + i
}

// site is the root of the site on a host.
func site(p *Personality, number int, address string) string {
	switch host, port, _ := net.SplitHostPort(address); {
	case address == "" && p.Move == ToTLS:
		return fmt.Sprintf("http://h%d.example/", number)
	case address == "":
		return fmt.Sprintf("https://h%d.example/", number)
	case host == "":
		return fmt.Sprintf("http://127.1.%d.%d:%s/", number>>8, number&255, port)
	}
	return "http://" + address + "/"
}

// ordinary draws the traits that any feed has.
func ordinary(rng *rand.Rand) Personality {
	return Personality{
		Format:     pick(rng, RSS, RSS, Atom, RDF, JSON),
		Rhythm:     pick(rng, Hourly, Hourly, Bursty, Daily, Weekly, Never),
		Validators: pick(rng, Both, Both, ETagOnly, DateOnly, Opaque, Weak, Restless, Touched, Frozen, Bare, Dropping, None),
		Freshness:  pick(rng, "", "", MaxAge, Aged, Expires, Past, Shared, NoCache, Year),
		Hint:       pick(rng, "", "", "", TTLHour, TTLLong, TTLJunk, SyHalf, SySix, SkipNight, SkipEnd, SkipAll),
		Coding:     pick(rng, "", Gzip, Gzip, Zlib, Deflate, Brotli, Zstd, Unlabeled),
	}
}

// settle takes back what does not go together.
func settle(p *Personality) {
	switch p.Hint {
	case "":
	case SyHalf, SySix:
		if p.Format != RSS && p.Format != RDF {
			p.Format = RDF
		}
	default:
		p.Format = RSS
	}
	if p.Archive && p.Format == JSON {
		p.Format = Atom
	}
	if p.Trouble == BadCRC {
		p.Coding = Gzip
	}
	if p.Trouble == Cut || p.Trouble == Drip {
		p.Coding = ""
	}
	if p.Type == "text/html; charset=utf-8" && p.Format == JSON {
		p.Format = RSS
	}
}

func pick[T any](rng *rand.Rand, from ...T) T { return from[rng.IntN(len(from))] }

// season is when a trouble holds: for lasting in each every, from begin on.
type season struct {
	begin          time.Time
	every, lasting time.Duration // every 0: once, lasting 0: for ever
}

func (s season) holds(t time.Time) bool {
	if t.Before(s.begin) {
		return false
	}
	since := t.Sub(s.begin)
	if s.every > 0 {
		since %= s.every
	}
	return s.lasting == 0 || since < s.lasting
}
