package watcher_test

import (
	"fmt"
	"html"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// How a publisher may name its articles. The zero value of each is a decent one.
const (
	guidOpaque    = iota // a number that means nothing
	guidPermalink        // the link, as it is at the time
	guidCounter          // the first link, with a count of the edits behind "#"
	guidShort            // "?p=17"
	guidNone
	guidBlank
	guidSame     // the same for all
	guidRotating // another one at each poll
	guidPlace    // the place in the document
	guidKinds
)

const (
	linkSlug   = iota // words of the first headline
	linkNumber        // a number, and words of the headline of the time
	linkPart          // all on one page, told apart by the fragment
	linkSame          // all on one page
	linkKinds
)

const (
	dateFine  = iota
	dateLocal // in the words of another language
	dateMissing
	dateKinds
)

// article is one true article.
type article struct {
	id        int
	title     string
	slug      string // of its first headline
	edits     int
	guid      string // opaque
	published time.Time
}

// style is how a publisher writes its feed for the time being.
type style struct {
	guid, link, date int
	domain           int // the site moves from one to the next
	folder           int // so do its pages
	guids            int // the opaque guids are counted anew
	secure           bool
	edition          string // prefix of the host
	tracking         string
	slash            bool
}

// publisher writes a feed whose truth it knows.
type publisher struct {
	rng      *rand.Rand
	now      time.Time
	style    style
	articles []*article // all that ever were
	window   []int      // ids of those in the feed, the newest first
	polls    int
}

func newPublisher(rng *rand.Rand, now time.Time) *publisher {
	p := &publisher{rng: rng, now: now}
	p.style = style{guid: rng.IntN(guidKinds), link: rng.IntN(linkKinds), date: rng.IntN(dateKinds), secure: rng.IntN(2) > 0}
	if rng.IntN(2) > 0 { // half of them are decent in most things
		p.style.guid, p.style.link, p.style.date = guidOpaque, linkSlug, dateFine
	}
	for range 2 + rng.IntN(6) {
		p.publish()
	}
	return p
}

func (p *publisher) publish() {
	id := len(p.articles)
	a := &article{
		id: id, title: p.headline(id), guid: fmt.Sprintf("%08x", p.rng.Uint32()),
		published: p.now.Add(-time.Duration(p.rng.IntN(50))*time.Minute - time.Duration(1+p.rng.IntN(58))*time.Second),
	}
	a.slug = fmt.Sprint(slugOf(a.title), "-", id)
	p.articles = append(p.articles, a)
	p.window = slices.Insert(p.window, 0, id)
}

// headline is one that no other article has, save for a few that return daily.
func (p *publisher) headline(id int) string {
	if p.rng.IntN(25) == 0 {
		return generic
	}
	words := strings.Fields("ferry strike ends harbour pier council vote storm bridge closed talks market school fire rescue train delay budget")
	p.rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return fmt.Sprintf("%s %s %s %s %d", words[0], words[1], words[2], words[3], id)
}

const generic = "Weather"

func slugOf(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }

// step lets some time go by: articles come, change, go and come back.
func (p *publisher) step(now time.Time) {
	p.now = now
	for range p.rng.IntN(3) {
		p.publish()
	}
	for _, id := range p.window {
		a := p.articles[id]
		switch p.rng.IntN(12) {
		case 0:
			a.title = p.headline(id) + " again" + strings.Repeat("!", a.edits)
			a.edits++
		case 1:
			a.edits++
		case 2:
			a.published = now.Add(-time.Duration(1+p.rng.IntN(3000)) * time.Second)
		}
	}
	if most := 1 + p.rng.IntN(10); len(p.window) > most {
		p.window = p.window[:most]
	}
	if p.rng.IntN(6) == 0 {
		if id := p.rng.IntN(len(p.articles)); !slices.Contains(p.window, id) {
			p.window = append(p.window, id)
		}
	}
	switch p.rng.IntN(5) {
	case 0:
		p.rng.Shuffle(len(p.window), func(i, j int) { p.window[i], p.window[j] = p.window[j], p.window[i] })
	case 1:
		slices.Reverse(p.window)
	}
}

// churn changes how the feed is written.
func (p *publisher) churn() {
	s := &p.style
	for range 1 + p.rng.IntN(2) {
		switch p.rng.IntN(12) {
		case 0:
			s.guid = p.rng.IntN(guidKinds)
		case 1:
			s.link = p.rng.IntN(linkKinds)
		case 2:
			s.date = p.rng.IntN(dateKinds)
		case 3:
			s.domain++
		case 4:
			s.folder++
		case 5:
			s.guids++
		case 6:
			s.domain, s.folder, s.guids = s.domain+1, s.folder+1, s.guids+1
		case 7, 8:
			s.secure = !s.secure
		case 9:
			s.edition = pickOne(p.rng, "", "www.", "m.", "amp.")
		case 10:
			s.tracking = pickOne(p.rng, "", "utm_source=rss&utm_medium=feed", "at_campaign=64", "fbclid=xyz", "PHPSESSID=1f2e")
		case 11:
			s.slash = !s.slash
		}
	}
}

func pickOne(rng *rand.Rand, all ...string) string { return all[rng.IntN(len(all))] }

// listing is an article as it stands in one document, and what a careful reader
// could know it by.
type listing struct {
	id             int
	guid, link     string
	title          string
	date           time.Time // zero when it has none
	guidID, linkID string    // what stays of guid and link, whatever form they take; "" when they tell nothing
	common         []string  // guid or link that all articles have
	number, path   string
	text           string
}

// document is the feed as it is now.
func (p *publisher) document() []listing {
	p.polls++
	var all []listing
	for i, id := range p.window {
		l := p.list(p.articles[id])
		if p.style.guid == guidPlace {
			l.guid = fmt.Sprint("place-", i)
			l.common = append(l.common, "guid "+l.guid)
		}
		all = append(all, l)
	}
	return all
}

func (p *publisher) list(a *article) listing {
	s := p.style
	l := listing{id: a.id, title: a.title, text: fmt.Sprintf("article=%d; edit %d.", a.id, a.edits)}
	site := fmt.Sprintf("%s.example", pickAt(s.domain, "harbour", "port", "quay", "dock"))
	path := ""
	switch s.link {
	case linkSlug:
		path = fmt.Sprintf("/%s/%s", pickAt(s.folder, "news", "articles/world", "story"), a.slug)
	case linkNumber:
		path = fmt.Sprintf("/%s/%d-%s", pickAt(s.folder, "news", "articles/world", "story"), numberOf(a.id), slugOf(a.title))
		l.number = site + fmt.Sprint("/", pickAt(s.folder, "news", "articles/world", "story"), "/", numberOf(a.id))
	case linkPart:
		path = fmt.Sprintf("/live/%d#post-%d", s.folder%3, a.id)
	case linkSame:
		path = fmt.Sprintf("/live/%d", s.folder%3)
	}
	l.linkID = "link " + site + path
	if s.link == linkSame {
		l.common = append(l.common, l.linkID)
		l.linkID = ""
	}
	if s.link == linkSlug || s.link == linkNumber {
		l.path = path
	}
	l.link = s.url(site, path)
	l.guid, l.guidID = s.guidOf(a, site, l)
	if s.guid == guidRotating {
		l.guid = fmt.Sprintf("r-%d-%d", p.polls, p.rng.Uint32())
	}
	if s.guid == guidSame {
		l.common = append(l.common, "guid "+l.guid)
	}
	if s.date != dateMissing {
		l.date = a.published.Truncate(time.Second)
	}
	return l
}

func pickAt(n int, all ...string) string { return all[n%len(all)] }

func numberOf(id int) int { return 48213 + id*7 + id*7/100 }

// url writes a link in the publisher's present manner.
func (s style) url(site, path string) string {
	path, fragment, _ := strings.Cut(path, "#")
	u := "http://"
	if s.secure {
		u = "https://"
	}
	u += s.edition + site + path
	if s.slash {
		u += "/"
	}
	if s.tracking != "" {
		u += "?" + s.tracking
	}
	if fragment != "" {
		u += "#" + fragment
	}
	return u
}

// guidOf is an article's guid, and what of it lasts.
func (s style) guidOf(a *article, site string, l listing) (guid, lasting string) {
	switch s.guid {
	case guidOpaque:
		guid = fmt.Sprintf("%d-%s", s.guids, a.guid)
		return guid, "guid " + guid
	case guidPermalink:
		return l.link, l.linkID
	case guidCounter:
		path := "/" + a.slug
		return fmt.Sprintf("%s#%d", s.url(site, path), a.edits), "link " + site + path
	case guidShort:
		path := fmt.Sprintf("/?p=%d", a.id+1)
		return strings.Replace(style{secure: s.secure}.url(site, path), "//?", "/?", 1), "link " + site + path
	case guidBlank:
		return " \n ", ""
	case guidSame:
		return "harbour-post", ""
	}
	return "", ""
}

// rss writes a document. Some of its articles stand in it twice.
func (p *publisher) rss(all []listing) (doc string, ends []int) {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour Post</title><link>https://harbour.example/</link>` + "\n")
	ends = make([]int, len(all))
	for i, l := range all {
		b.WriteString(p.item(l))
		ends[i] = b.Len()
		if p.rng.IntN(20) == 0 {
			b.WriteString(p.item(l))
		}
	}
	b.WriteString("</channel></rss>\n")
	return b.String(), ends
}

func (p *publisher) item(l listing) string {
	var b strings.Builder
	b.WriteString("<item><title>" + html.EscapeString(l.title) + "</title>")
	b.WriteString("<link>" + html.EscapeString(l.link) + "</link>")
	if l.guid != "" {
		b.WriteString("<guid>" + html.EscapeString(l.guid) + "</guid>")
	}
	if !l.date.IsZero() {
		b.WriteString("<pubDate>" + p.dateText(l.date) + "</pubDate>")
	}
	b.WriteString("<description>" + l.text + "</description></item>\n")
	return b.String()
}

func (p *publisher) dateText(at time.Time) string {
	if p.style.date == dateLocal {
		months := strings.Fields("gen feb mar apr mag giu lug ago set ott nov dic")
		return fmt.Sprintf("%d %s %d %s GMT", at.Day(), months[at.Month()-1], at.Year(), at.UTC().Format("15:04:05"))
	}
	return at.UTC().Format(time.RFC1123)
}
