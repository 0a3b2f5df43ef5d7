package story

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"newswatch/news"
)

const (
	copyTitleWords = 5              // a shorter headline is no evidence
	copyTitleSpan  = 72 * time.Hour // the same headline after that is a new report
	copyTitleKept  = 64             // latest reports under one headline that are looked at
	copyTextWords  = 50             // a shorter text is no evidence
	copyShare      = 0.5            // of the three-word runs of the shorter text
	sketchSize     = 128
	twinSpan       = 15 * time.Minute // two feeds of one outlet bring one item within that
)

// copies finds items that repeat a report.
type copies struct {
	byURL   map[uint64]*report
	byTitle map[uint64][]*report
}

// report is what is kept of an item to know its copies by.
type report struct {
	story     *story
	original  string // id of the item whose report it is
	publisher string
	feed      string
	at        time.Time
	url       uint64
	title     uint64
	member    *member
	repeats   bool // scratch: the item found is a copy, not only the same story
}

func newCopies() copies {
	return copies{byURL: map[uint64]*report{}, byTitle: map[uint64][]*report{}}
}

// find returns the report that an item repeats, and why; nil when none.
func (c *copies) find(it *news.Item, m *member, found []candidate) (*report, string) {
	if r := c.byURL[urlKey(it.URL)]; r != nil && it.URL != "" {
		same := r.feed == "" || r.feed != it.FeedID || r.title == titleKey(it)
		r.repeats = same
		if same {
			return r, "same address as " + named(r.publisher)
		}
		return r, "same address, other headline"
	}
	if key := titleKey(it); key != 0 {
		for _, r := range slices.Backward(c.byTitle[key]) {
			if c.sameTitle(it, m, r) {
				r.repeats = true
				return r, "same headline as " + named(r.publisher)
			}
		}
	}
	for _, cand := range found {
		if cand.like == nil || len(m.sketch) == 0 {
			continue
		}
		if share := overlap(m.sketch, cand.like.sketch); share >= copyShare {
			return &report{story: cand.story, original: cand.like.id, repeats: true},
				fmt.Sprintf("same text: %.0f %% of it", share*100)
		}
	}
	return nil, ""
}

// sameTitle says whether the same headline makes it a copy of r. A column that
// comes every day under one name is none: within one outlet the headline
// counts only when two of its feeds bring it at one time.
func (c *copies) sameTitle(it *news.Item, m *member, r *report) bool {
	at := when(it)
	apart := at.Sub(r.at).Abs()
	if at.IsZero() || r.at.IsZero() {
		apart = 0
	}
	if it.Publisher != "" && news.SameOutlet(it.Publisher, r.publisher) {
		return it.FeedID != r.feed && apart <= twinSpan
	}
	if apart > copyTitleSpan {
		return false
	}
	if r.member != nil && len(m.sketch) > 0 && len(r.member.sketch) > 0 {
		return overlap(m.sketch, r.member.sketch) > 0.1
	}
	return true
}

// remember keeps what later copies of an item are known by.
func (c *copies) remember(it *news.Item, m *member, s *story, copyOf string) {
	r := &report{
		story: s, original: it.ID, publisher: it.Publisher, feed: it.FeedID, at: when(it),
		url: urlKey(it.URL), title: titleKey(it),
	}
	if copyOf != "" {
		r.original = copyOf
	} else {
		r.member = m
	}
	if r.url != 0 && c.byURL[r.url] == nil {
		c.byURL[r.url] = r
	}
	if r.title != 0 {
		had := c.byTitle[r.title]
		c.byTitle[r.title] = append(had[max(0, len(had)-copyTitleKept+1):], r)
	}
	s.reports = append(s.reports, r)
}

// forget drops the reports of a story.
func (c *copies) forget(s *story) {
	for _, r := range s.reports {
		if c.byURL[r.url] == r {
			delete(c.byURL, r.url)
		}
		left := slices.DeleteFunc(c.byTitle[r.title], func(o *report) bool { return o == r })
		if len(left) == 0 {
			delete(c.byTitle, r.title)
		} else {
			c.byTitle[r.title] = left
		}
	}
}

// same says why two items are copies by themselves, "" when they are not.
func (c *copies) same(a, b *news.Item) string {
	one := newCopies()
	ma, mb := &member{sketch: sketch(a.Body)}, &member{id: b.ID, sketch: sketch(b.Body)}
	s := &story{}
	one.remember(b, mb, s, "")
	r, why := one.find(a, ma, []candidate{{story: s, like: mb}})
	if r == nil || !r.repeats {
		return ""
	}
	return why
}

func named(publisher string) string {
	if publisher == "" {
		return "an earlier report"
	}
	return publisher
}

// titleKey is the headline without the outlet's name, 0 when it is too short
// to be evidence. Only the words count: outlets that carry one report write
// "Cease-Fire", "cease-fire" and "ceasefire" over it, each in the style of its
// house.
func titleKey(it *news.Item) uint64 {
	words := split(stripTail(it.Title, it.Publisher), titleWords)
	var key []byte
	evidence := len(words)
	for _, w := range words {
		for part := range strings.SplitSeq(w.raw, "-") {
			key = appendRun(key, respelled(part))
		}
		if w.number {
			evidence++ // a number says as much as two words
		}
	}
	if evidence < copyTitleWords {
		return 0
	}
	return hash64(string(key))
}

// appendRun writes words into one, but never two numbers: a match of 1-11 is
// not one of 11-1.
func appendRun(key []byte, part string) []byte {
	if len(key) > 0 && part != "" && isDigit(rune(key[len(key)-1])) && isDigit(rune(part[0])) {
		key = append(key, ' ')
	}
	return append(key, part...)
}

// stripTail takes " - Outlet" or " | Outlet" off a headline. Here, unlike in
// stripOutlet, a few capitalised words are enough: cutting off too much only
// costs a copy when the rest is the same as well.
func stripTail(title, publisher string) string {
	for _, sep := range []string{" - ", " | ", " – ", " — "} {
		i := strings.LastIndex(title, sep)
		if i <= 0 {
			continue
		}
		tail := split(title[i+len(sep):], 5)
		if outletKey(title[i+len(sep):]) == outletKey(publisher) || len(tail) <= 3 && allUpper(tail) {
			return title[:i]
		}
	}
	return title
}

func allUpper(words []word) bool {
	for _, w := range words {
		if !w.upper {
			return false
		}
	}
	return len(words) > 0
}

// urlKey is a hash of the address without what does not change the page: the
// scheme, www. m. amp., tracking parameters, the fragment. A front page is no
// identity: 0.
func urlKey(raw string) uint64 {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return 0
	}
	host := strings.ToLower(u.Host)
	for _, p := range []string{"www.", "m.", "mobile.", "amp."} {
		host = strings.TrimPrefix(host, p)
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	path = strings.TrimSuffix(strings.TrimSuffix(path, "/amp"), ".amp")
	query := u.Query()
	for k := range query {
		if isTracking(strings.ToLower(k)) {
			query.Del(k)
		}
	}
	if path == "" && len(query) == 0 {
		return 0
	}
	return hash64(host + path + "?" + query.Encode())
}

func isTracking(key string) bool {
	if strings.HasPrefix(key, "utm_") || strings.HasPrefix(key, "at_") || strings.HasPrefix(key, "mc_") {
		return true
	}
	switch key {
	case "fbclid", "gclid", "dclid", "msclkid", "igshid", "ref", "ref_src", "cmp", "cmpid", "ocid", "ncid",
		"ns_mchannel", "ns_source", "ns_campaign", "ftag", "partner", "smid", "sref", "taid", "wt_mc", "xtor",
		"source", "rss", "feed", "outputtype", "amp":
		return true
	}
	return false
}

// sketch is the smallest hashes of the runs of three words of a text, in
// order; nil for a text too short to be evidence.
func sketch(body string) []uint32 {
	words := split(body, 600)
	if len(words) <= copyTextWords {
		return nil
	}
	hashes := make([]uint32, 0, len(words))
	for i := range len(words) - 2 {
		hashes = append(hashes, mix(hash32(words[i].key, words[i+1].key, words[i+2].key)))
	}
	slices.Sort(hashes)
	hashes = slices.Compact(hashes)
	return slices.Clone(hashes[:min(len(hashes), sketchSize)])
}

// overlap estimates the share of the runs of the shorter text that stand in
// the other as well. Below the lower of the two highest hashes both sketches
// are complete; under eight runs there say nothing.
func overlap(a, b []uint32) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	bound := min(a[len(a)-1], b[len(b)-1])
	i, j, na, nb, both := 0, 0, 0, 0, 0
	for i < len(a) && a[i] <= bound || j < len(b) && b[j] <= bound {
		switch {
		case j == len(b) || b[j] > bound || i < len(a) && a[i] < b[j]:
			i, na = i+1, na+1
		case i == len(a) || a[i] > bound || b[j] < a[i]:
			j, nb = j+1, nb+1
		default:
			i, j, na, nb, both = i+1, j+1, na+1, nb+1, both+1
		}
	}
	if shorter := min(na, nb); shorter >= 8 {
		return float64(both) / float64(shorter)
	}
	return 0
}

// mix spreads a hash so that its order is that of chance.
func mix(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

// hash64 is FNV-1a; it is 1 at least, as 0 means none.
func hash64(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return max(h, 1)
}
