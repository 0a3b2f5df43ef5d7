package feed

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// page is a link without what changes while what it shows stays the same: scheme,
// spelling of the host, default port, escapes, session, tracking parameters, the
// AMP edition. Any two of its forms are one page to a reader.
type page struct {
	host     string // "www." and its kin cut off
	path     string // decoded, no slash at its end
	query    string // sorted, without tracking
	fragment string // "" when it only counts or tracks
	counter  string // of a fragment that may count edits, or the posts of a live page
}

// pageOf reads a link; ok is false when it is none to a host.
func pageOf(link string) (p page, ok bool) {
	u, err := parseLink(link)
	if err != nil || u.Host == "" {
		return page{}, false
	}
	p = page{host: plainHost(u.Hostname()), path: plainPath(u.Path), query: plainQuery(u.RawQuery)}
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		p.host += ":" + port
	}
	switch f := strings.TrimSpace(u.Fragment); {
	case isCounter(f):
		p.counter = f
	case !idleFragment(f):
		p.fragment = norm.NFC.String(f)
	}
	if p.host == "" {
		return page{}, false
	}
	return p, true
}

// parseLink also takes a percent sign that begins no escape, which publishers
// leave in links made of headlines.
func parseLink(link string) (*url.URL, error) {
	link = strings.TrimSpace(link)
	u, err := url.Parse(link)
	if err == nil || !strings.Contains(link, "%") {
		return u, err
	}
	var b strings.Builder
	for i := range len(link) {
		b.WriteByte(link[i])
		if link[i] == '%' && (i+2 >= len(link) || !isHex(link[i+1]) || !isHex(link[i+2])) {
			b.WriteString("25")
		}
	}
	return url.Parse(b.String())
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// plainHost is a host in lower case, in ASCII, without the dot of the root and
// the prefixes of a site's editions.
func plainHost(host string) string {
	host = strings.TrimRight(strings.ToLower(host), ".")
	if ascii, err := idna.Punycode.ToASCII(host); err == nil {
		host = ascii
	}
	for _, p := range [...]string{"www.", "m.", "amp.", "mobile."} {
		if rest, ok := strings.CutPrefix(host, p); ok && strings.Contains(rest, ".") {
			host = rest
		}
	}
	return host
}

// plainPath is a decoded path without session, the marks of the AMP edition and
// slashes that say nothing.
func plainPath(path string) string {
	if i := strings.Index(strings.ToLower(path), ";jsessionid="); i >= 0 {
		rest := path[i+1:]
		_, after, _ := strings.Cut(rest, "/")
		path = path[:i] + strings.Repeat("/", min(len(after), 1)) + after
	}
	var parts []string
	for part := range strings.SplitSeq(norm.NFC.String(path), "/") {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if n := len(parts); n > 1 && parts[n-1] == "amp" {
		parts = parts[:n-1]
	} else if n > 1 && parts[0] == "amp" {
		parts = parts[1:]
	}
	if n := len(parts); n > 0 {
		last := strings.TrimSuffix(parts[n-1], ".amp")
		parts[n-1] = strings.Replace(last, ".amp.htm", ".htm", 1)
	}
	if len(parts) == 0 {
		return ""
	}
	return "/" + strings.Join(parts, "/")
}

// plainQuery is a query without tracking, in one order and one way of escaping.
func plainQuery(raw string) string {
	var kept []string
	for part := range strings.SplitSeq(withoutTracking(raw), "&") {
		name, value, _ := strings.Cut(strings.ToLower(part), "=")
		switch {
		case part == "" || name == "amp" || name == "outputtype" && value == "amp":
			continue
		case isSession(name):
			continue
		}
		if plain, err := url.QueryUnescape(part); err == nil {
			part = norm.NFC.String(plain)
		}
		kept = append(kept, part)
	}
	slices.Sort(kept)
	return strings.Join(kept, "&")
}

func isSession(name string) bool {
	switch name {
	case "phpsessid", "jsessionid", "aspsessionid", "sessionid", "session_id", "cfid", "cftoken", "sid":
		return true
	}
	return false
}

// isCounter says whether a fragment is a short number, such as publishers count
// their edits with.
func isCounter(fragment string) bool {
	return fragment != "" && len(fragment) <= 3 && strings.Trim(fragment, "0123456789") == ""
}

// idleFragment says whether a fragment shows the same page all the same.
func idleFragment(fragment string) bool {
	lower := strings.ToLower(fragment)
	switch lower {
	case "", "comments", "respond", "disqus_thread", "top", "content", "main":
		return true
	}
	name, value, ok := strings.Cut(lower, "=")
	return ok && (tracking(strings.TrimLeft(name, "?&"), value) || name == "echobox")
}

// key names the page. A site's front page has no key: all its items may link
// there.
func (p page) key() string {
	rest := p.rest()
	if rest == "" {
		return ""
	}
	if p.fragment != "" {
		rest += "#" + p.fragment
	}
	return p.host + rest
}

// rest is what follows the host.
func (p page) rest() string {
	if p.query == "" {
		return p.path
	}
	return p.path + "?" + p.query
}

// number is the article's number in a path whose words follow the headline, with
// the folder it counts in: 48213 of "/news/48213-ferry-strike-ends". It is sure
// when nothing else is likely to be written so.
func (p page) number() (key string, sure bool) {
	parts := strings.Split(p.path, "/")
	last := len(parts) - 1
	name := strings.TrimRight(parts[last], "_-.")
	if base, ext, ok := cutLast(name, "."); ok && len(ext) <= 5 && base != "" {
		name = base
	}
	digits, words := edgeNumber(name)
	folder := strings.Join(parts[:last], "/")
	sure = digits != "" && (len(digits) >= 7 || !isRound(digits))
	if digits == "" && last > 1 && isNumber(parts[last-1]) && !isNumber(name) {
		digits, words = parts[last-1], name
		folder = strings.Join(parts[:last-1], "/")
		sure = len(digits) >= 7
	}
	if digits == "" || isDay(digits) || strings.Trim(words, "0123456789-_.") == "" {
		return "", false
	}
	return p.host + folder + "/" + digits, sure
}

// edgeNumber parts a slug from the number that it begins or ends with.
func edgeNumber(slug string) (digits, words string) {
	isSep := func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == ',' }
	if i := strings.IndexFunc(slug, isSep); i > 0 && isNumber(slug[:i]) {
		return slug[:i], slug[i+1:]
	}
	if i := strings.LastIndexFunc(slug, isSep); i > 0 && isNumber(slug[i+1:]) {
		return slug[i+1:], slug[:i]
	}
	return "", ""
}

// isNumber says whether s can be the number of an article: shorter ones count
// pages, parts and years.
func isNumber(s string) bool {
	return len(s) >= 5 && len(s) <= 19 && strings.Trim(s, "0123456789") == ""
}

// isRound is true of numbers that headlines are made of.
func isRound(digits string) bool { return strings.HasSuffix(digits, "00") }

// isDay is true of a day or a month without separators.
func isDay(digits string) bool {
	if len(digits) != 6 && len(digits) != 8 || digits[0] != '1' && digits[0] != '2' {
		return false
	}
	century, month := digits[:2], digits[4:6]
	return (century == "19" || century == "20") && month >= "01" && month <= "12" && (len(digits) == 6 || digits[6:] >= "01" && digits[6:] <= "31")
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// webLink is an absolute http or https link without tracking parameters, ""
// for any other.
func webLink(link string) string {
	u, err := parseLink(link)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || len(link) > 8<<10 {
		return ""
	}
	u.RawQuery = withoutTracking(u.RawQuery)
	u.ForceQuery = false
	return u.String()
}

// withoutTracking drops the parameters that say where a reader came from. The
// others keep their order and their spelling.
func withoutTracking(query string) string {
	if query == "" {
		return ""
	}
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if part != "" && !tracking(strings.ToLower(name), strings.ToLower(value)) {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}

// tracking says whether a parameter, in lower case, only tells where a reader
// came from. One that may also choose what is shown counts with a value that
// names feeds.
func tracking(name, value string) bool {
	for _, prefix := range [...]string{"utm_", "at_", "ns_", "mc_", "pk_", "mtm_", "matomo_", "piwik_", "wt.", "wt_",
		"hsa_", "_hs", "ga_", "itm_", "stm_", "oly_", "vero_", "__twitter_", "fb_action", "fb_source", "fb_ref"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ysclid", "twclid", "ttclid",
		"li_fat_id", "igshid", "igsh", "epik", "wickedid", "xtor", "xtref", "cmp", "cmpid", "cmp_id", "ocid", "ito",
		"icid", "ncid", "smid", "smtyp", "sr_share", "ref", "ref_src", "ref_url", "referrer", "spm", "mkt_tok", "mbid",
		"_ga", "_gl", "guccounter", "guce_referrer", "guce_referrer_sig", "taid", "cvid", "traffic_source", "ftag",
		"rssfeed", "__s", "trk", "trkcampaign", "_openstat", "echobox", "partner_id":
		return true
	case "from", "source", "src", "feed", "origin", "via", "partner", "cid", "campaign", "medium", "channel", "rss":
		return strings.Contains(value, "rss") || name == "rss" && value == "1"
	}
	return false
}
