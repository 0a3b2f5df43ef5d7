package feedfake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
	"time"
)

// feed is the answer with the feed's document, or with what of it is new, or
// that nothing is.
func (s *server) feed(x *exchange, root string, now time.Time) *answer {
	n := published(s.items, now)
	etag, date := s.validators(x.name, n, now)
	a := &answer{status: http.StatusOK, header: http.Header{"Date": {httpDate(now)}}}
	s.freshness(a.header, now)
	if s.unchanged(x.header, etag, date) {
		a.status = http.StatusNotModified
		s.notModified(a.header, etag, date)
		return a
	}
	set(a.header, "Etag", etag)
	set(a.header, "Last-Modified", date)
	a.kind = kindFeed
	first := max(n-window, 0)
	if old, asked := s.delta(x.header); asked && old < n && n-old < window {
		a.status, a.kind, first = http.StatusIMUsed, kindPartial, old
		a.header.Set("Im", "feed")
	}
	if s.Archive {
		a.next = root + "page2.xml"
	}
	s.write(a, x, root, first, n)
	if s.Type != "" {
		a.header.Set("Content-Type", s.Type)
	}
	return a
}

// page is an archive page: older items, and the way to those before them.
func (s *server) page(x *exchange, root string, now time.Time) *answer {
	var k int
	if _, err := fmt.Sscanf(x.name, "page%d.xml", &k); err != nil || !s.Archive || k < 2 || k > 6 {
		return s.plain(http.StatusNotFound, now)
	}
	a := &answer{status: http.StatusOK, header: http.Header{"Date": {httpDate(now)}}, kind: kindPage}
	if k < 6 {
		a.next = fmt.Sprintf("%spage%d.xml", root, k+1)
	}
	last := max(published(s.items, now)-(k-1)*window, 0)
	s.write(a, x, root, max(last-window, 0), last)
	return a
}

// set keeps a header as it is written, and leaves an empty one out.
func set(h http.Header, name, value string) {
	if value != "" {
		h[name] = []string{value}
	}
}

// validators are those of the document under a name when it has n items. Each
// URL has ETags of its own.
func (s *server) validators(name string, n int, now time.Time) (etag, date string) {
	hour := now.Unix() / 3600
	latest := s.start
	if n > 0 {
		latest = s.items[n-1]
	}
	etag, date = fmt.Sprintf(`"%s-%s-%d"`, s.ID, name, n), httpDate(latest)
	switch s.Validators {
	case ETagOnly, Stuck:
		date = ""
	case DateOnly:
		etag = ""
	case Opaque:
		etag, date = fmt.Sprintf("%s_%s:%d", s.ID, name, n), "Thu, 01 Jan 1970 08:00:00 WST"
	case Weak:
		etag = "W/" + etag
	case Restless:
		etag = fmt.Sprintf(`"%s-%s-%d-%d"`, s.ID, name, n, hour)
	case Touched:
		date = httpDate(time.Unix(hour*3600, 0))
	case Frozen:
		date = "Mon, 05 Jan 2015 00:00:00 GMT"
	case None:
		return "", ""
	case Dropping:
		if now.UTC().Hour()%8 < 2 {
			return "", ""
		}
	}
	if etag != "" {
		s.counts[etag] = n
	}
	return etag, date
}

// unchanged says whether a request's condition fails: the ETag decides when the
// request has one (RFC 9110, section 13.2.2).
func (s *server) unchanged(h http.Header, etag, date string) bool {
	if s.Validators == Stuck {
		return h.Get("If-None-Match") != "" || h.Get("If-Modified-Since") != ""
	}
	if sent := h.Get("If-None-Match"); sent != "" {
		return sent == etag
	}
	return date != "" && h.Get("If-Modified-Since") == date
}

// notModified gives a 304 the headers that it has.
func (s *server) notModified(h http.Header, etag, date string) {
	switch s.Validators {
	case Bare, Stuck:
	case Touched: // the date alone
		set(h, "Last-Modified", date)
		h.Set("Cache-Control", "max-age=7200")
	default:
		set(h, "Etag", etag)
		set(h, "Last-Modified", date)
	}
}

// freshness sets the caching headers.
func (s *server) freshness(h http.Header, now time.Time) {
	switch s.Freshness {
	case MaxAge:
		h.Set("Cache-Control", "max-age=1800")
	case Aged:
		h.Set("Cache-Control", "public, Max-Age=5400")
		h.Set("Age", "1200")
	case Expires:
		h.Set("Date", httpDate(now.Add(5*time.Hour)))
		h.Set("Expires", httpDate(now.Add(5*time.Hour+40*time.Minute)))
	case Past:
		h.Set("Expires", "0")
	case Shared:
		h.Set("Cache-Control", "s-maxage=86400, max-age=600")
	case NoCache:
		h.Set("Cache-Control", "no-cache, max-age=86400")
	case Year:
		h.Set("Cache-Control", "max-age=31536000")
	}
}

// delta is how many items a client has that asks for what is new.
func (s *server) delta(h http.Header) (items int, asked bool) {
	if !s.Delta || !strings.Contains(h.Get("A-Im"), "feed") {
		return 0, false
	}
	items, asked = s.counts[h.Get("If-None-Match")]
	return items, asked
}

// written is a document that was written before: most answers are the same as
// the last one, and packing is slow.
type written struct {
	name, root, accepted string
	first, last          int
	a                    answer
}

// write writes the items from first to before last, newest first.
func (s *server) write(a *answer, x *exchange, root string, first, last int) {
	key := written{name: x.name, root: root, accepted: x.header.Get("Accept-Encoding"), first: first, last: last}
	w := s.wrote[x.name]
	if was := w.a; w.is(key) {
		a.items, a.gaps, a.bodySum, a.hints, a.body = was.items, was.gaps, was.bodySum, was.hints, was.body
		set(a.header, "Content-Type", was.header.Get("Content-Type"))
		set(a.header, "Content-Encoding", was.header.Get("Content-Encoding"))
		return
	}
	s.writeNew(a, x, root, first, last)
	key.a = *a
	key.a.header = a.header.Clone()
	s.wrote[x.name] = key
}

func (w written) is(key written) bool {
	return w.name == key.name && w.root == key.root && w.accepted == key.accepted && w.first == key.first && w.last == key.last
}

func (s *server) writeNew(a *answer, x *exchange, root string, first, last int) {
	d := document{Personality: s.Personality, home: root, next: a.next}
	for i := last - 1; i >= first; i-- {
		e := entry{link: s.link(x.name, root, i), at: s.items[i]}
		if e.title, e.text = s.words(s.ID, i); x.name == strangers {
			e.title, e.text, e.at = fmt.Sprintf("Recipe %d for the pantry", i), fmt.Sprintf("Dish %d of the season.", i), e.at.Add(-17*time.Minute)
		}
		d.entries = append(d.entries, e)
		a.items = append(a.items, e.link)
		if i > first {
			a.gaps = append(a.gaps, s.items[i].Sub(s.items[i-1]))
		}
	}
	plain, contentType := d.bytes()
	sum := fnv.New64a()
	sum.Write(plain)
	a.bodySum = fmt.Sprintf("%x", sum.Sum64())
	a.hints = hintsOf(s.Hint)
	a.header.Set("Content-Type", contentType)
	a.body = s.pack(plain, x.header.Get("Accept-Encoding"), a.header)
}

// strangers is the document of somebody else, to which an address was moved.
const strangers = "other.xml"

// link is where an item stands: always at the feed's own address, whatever URL
// the document was read from. A stranger's items are not ours.
func (s *server) link(name, root string, i int) string {
	if name == strangers {
		return fmt.Sprintf("%sother/%d.html", root, i)
	}
	return fmt.Sprintf("%sitem/%d.html", s.base, i)
}

// pack packs a body as its server does, if the client can unpack that.
func (s *server) pack(plain []byte, accepted string, h http.Header) []byte {
	name, stream := string(s.Coding), string(s.Coding)
	switch s.Coding {
	case "":
		return plain
	case Zlib:
		stream = "zlib"
	case Deflate:
		name, stream = "deflate", "deflate"
	case Unlabeled:
		name, stream = "", "gzip"
	}
	if !strings.Contains(accepted, name) {
		return plain
	}
	set(h, "Content-Encoding", name)
	return pack(stream, plain)
}

// document is a feed to be written.
type document struct {
	Personality
	home, next string
	entries    []entry
}

type entry struct {
	link, title, text string
	at                time.Time
}

// bytes is the document in its format, and its content type.
func (d document) bytes() ([]byte, string) {
	var b bytes.Buffer
	switch d.Format {
	case JSON:
		return d.json(), "application/feed+json"
	case Atom:
		fmt.Fprintf(&b, `<?xml version="1.0" encoding="utf-8"?>`+"\n"+`<feed xmlns="http://www.w3.org/2005/Atom"><id>%s</id><title>The %s gazette</title>`, d.home, d.ID)
		if d.next != "" {
			fmt.Fprintf(&b, `<link rel="next" href="%s"/>`, d.next)
		}
		for _, e := range d.entries {
			at := e.at.UTC().Format(time.RFC3339)
			fmt.Fprintf(&b, "<entry><id>%s</id><title>%s</title><link href=%q/><updated>%s</updated><published>%s</published><summary>%s</summary></entry>\n",
				e.link, e.title, e.link, at, at, e.text)
		}
		b.WriteString("</feed>\n")
		return b.Bytes(), "application/atom+xml"
	case RDF:
		d.rdf(&b)
		return b.Bytes(), "application/rdf+xml"
	}
	d.rss(&b)
	return b.Bytes(), "application/rss+xml"
}

// gazette is what an item says of which nobody says anything else.
func gazette(feed string, n int) (title, text string) {
	return fmt.Sprintf("Notice %d of the %s gazette", n, feed), fmt.Sprintf("What the gazette printed under number %d.", n)
}

func (d document) rss(b *bytes.Buffer) {
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>` + "\n" +
		`<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>`)
	fmt.Fprintf(b, "<title>The %s gazette</title><link>%s</link>%s", d.ID, d.home, d.hint())
	if d.next != "" {
		fmt.Fprintf(b, `<atom:link rel="next" href="%s"/>`, d.next)
	}
	for _, e := range d.entries {
		fmt.Fprintf(b, "<item><guid>%s</guid><title>%s</title><link>%s</link><pubDate>%s</pubDate><description>%s</description></item>\n",
			e.link, e.title, e.link, e.at.UTC().Format(time.RFC1123Z), e.text)
	}
	b.WriteString("</channel></rss>\n")
}

func (d document) rdf(b *bytes.Buffer) {
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>` + "\n" +
		`<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">`)
	fmt.Fprintf(b, `<channel rdf:about=%q><title>The %s gazette</title><link>%s</link>%s`, d.home, d.ID, d.home, d.hint())
	if d.next != "" {
		fmt.Fprintf(b, `<atom:link rel="next" href="%s"/>`, d.next)
	}
	b.WriteString("</channel>\n")
	for _, e := range d.entries {
		fmt.Fprintf(b, "<item rdf:about=%q><title>%s</title><link>%s</link><dc:date>%s</dc:date><description>%s</description></item>\n",
			e.link, e.title, e.link, e.at.UTC().Format(time.RFC3339), e.text)
	}
	b.WriteString("</rdf:RDF>\n")
}

// hint is the part of a document that says when to ask.
func (d document) hint() string {
	list := func(outer, inner string, from, to int) string {
		s := "<" + outer + ">"
		for h := from; h < to; h++ {
			s += fmt.Sprintf("<%s>%d</%s>", inner, h, inner)
		}
		return s + "</" + outer + ">"
	}
	switch d.Hint {
	case TTLHour, TTLLong, TTLJunk:
		return "<ttl>" + strings.TrimPrefix(string(d.Hint), "ttl=") + "</ttl>"
	case SyHalf:
		return "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"
	case SySix:
		return "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
	case SkipNight:
		return list("skipHours", "hour", 0, 5)
	case SkipAll:
		return list("skipHours", "hour", 0, 24)
	case SkipEnd:
		return "<skipDays><day>Saturday</day><day>Sunday</day></skipDays>"
	}
	return ""
}

func (d document) json() []byte {
	type item struct {
		ID        string `json:"id"`
		URL       string `json:"url"`
		Title     string `json:"title"`
		Text      string `json:"content_text"`
		Published string `json:"date_published"`
	}
	doc := struct {
		Version string `json:"version"`
		Title   string `json:"title"`
		Home    string `json:"home_page_url"`
		Next    string `json:"next_url,omitempty"`
		Items   []item `json:"items"`
	}{Version: "https://jsonfeed.org/version/1.1", Title: "The " + d.ID + " gazette", Home: d.home, Next: d.next, Items: []item{}}
	for _, e := range d.entries {
		doc.Items = append(doc.Items, item{e.link, e.link, e.title, e.text, e.at.UTC().Format(time.RFC3339)})
	}
	out, _ := json.Marshal(doc) // strings always marshal
	return out
}
