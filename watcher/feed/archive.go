package feed

import (
	"bytes"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"newswatch/news"
)

// archivePages is how far back a gap is followed.
const archivePages = 3

// datedLate is how long after its date an item may appear in its feed.
const datedLate = 24 * time.Hour

// headBytes is how much of a document is looked at for who made it.
const headBytes = 8 << 10

// older fetches what a feed brought while nobody looked: the pages before its
// document, up to the first one that holds something known (RFC 5005). It gives
// the document's own items and theirs; what fails is left out. A page may go back
// to before we came: what was there at the last good poll is no news.
func (p *Poller) older(ctx context.Context, j Job, t timing, a *answer, doc *Document, first []news.Item) []news.Item {
	all := first
	have := map[string]bool{}
	for _, it := range first {
		have[it.ID] = true
	}
	seen := map[string]bool{a.url: true}
	for page := 2; page < 2+archivePages; page++ {
		address := pageBefore(a, doc, page)
		if address == "" || seen[address] {
			break
		}
		seen[address] = true
		next, err := p.fetch(ctx, query{feed: j.Feed, url: address})
		if err != nil {
			break
		}
		doc, err = Parse(next.body, next.header, next.url)
		next.release()
		if err != nil {
			break
		}
		items := Items(doc, j.Feed, t.now)
		known, err := j.Known(ctx, items)
		if err != nil {
			break
		}
		if j.RepeatedBlocks > 0 {
			p.documents.dropRepeated(items, nil, j.RepeatedBlocks)
		}
		before := len(all)
		for _, it := range items { // pages shift while items come in
			if !have[it.ID] {
				it.Baseline = it.Dated && it.Published.Before(j.State.OKAt.Add(-datedLate))
				have[it.ID] = true
				all = append(all, it)
			}
		}
		if known > 0 || len(all) == before {
			break
		}
		a = next
	}
	return all
}

// pageBefore is the address of the page before a document; "" when it has none. It
// must lie on the document's own host: no feed sends us to somebody else.
func pageBefore(a *answer, doc *Document, page int) string {
	base, err := url.Parse(a.url)
	if err != nil {
		return ""
	}
	for _, link := range [...]string{doc.Next, doc.PrevArchive} {
		u, err := url.Parse(link)
		if link != "" && err == nil && laneOf(u) == laneOf(base) && (u.Scheme == base.Scheme || u.Scheme == "https") {
			return bare(u)
		}
	}
	if !wordPress(a, base) {
		return ""
	}
	query := base.Query()
	query.Set("paged", strconv.Itoa(page))
	base.RawQuery = query.Encode()
	return base.String()
}

// wordPress says that a feed is made by WordPress, which shows its older pages
// to who counts them.
func wordPress(a *answer, u *url.URL) bool {
	return bytes.Contains(a.body[:min(len(a.body), headBytes)], []byte("wordpress.org/?v=")) || strings.HasSuffix(strings.TrimSuffix(u.Path, "/"), "/feed")
}
