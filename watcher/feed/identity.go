package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"newswatch/text"
)

// maxKeyBytes bounds a key; longer ones are hashed.
const maxKeyBytes = 512

// keyed is an entry with the keys by which it is known again.
type keyed struct {
	entry *Entry
	title string
	keys  []string
}

// identify gives each entry its keys, strongest first. Any of them seen before
// means the same item, because publishers change guids, hosts and schemes of
// what they published. A key that two different entries of one document share
// tells nothing, so it is left out for both; an entry that stands there twice is
// taken once.
func identify(entries []Entry, site string) []keyed {
	all := make([]keyed, 0, len(entries))
	uses := map[string]int{}
	seen := map[string]bool{}
	for i := range entries {
		e := &entries[i]
		k := keyed{entry: e, title: text.Title(clip(e.Title, maxFieldBytes*8))}
		k.title = clip(k.title, maxFieldBytes)
		whole := strings.Join([]string{e.GUID, e.Link, k.title}, "\x00")
		if k.title == "" || e.GUID == "" && e.Link == "" {
			whole = strings.Join([]string{whole, e.Summary, e.Content}, "\x00")
		}
		if seen[whole] || strings.Trim(whole, "\x00") == "" {
			continue
		}
		seen[whole] = true
		k.keys = candidates(e, k.title, site)
		for _, key := range k.keys {
			uses[key]++
		}
		all = append(all, k)
	}
	for i := range all {
		all[i].keys = unshared(all[i].keys, uses)
	}
	return byParts(all)
}

// candidates are the keys that an entry could have, strongest first.
func candidates(e *Entry, title, site string) []string {
	var keys []string
	add := func(kind, value string) {
		key := kind + ":" + value
		if len(key) > maxKeyBytes {
			sum := sha256.Sum256([]byte(key))
			key = kind + "#" + hex.EncodeToString(sum[:16])
		}
		for _, k := range keys {
			if k == key {
				return
			}
		}
		keys = append(keys, key)
	}
	guid := strings.TrimSpace(e.GUID)
	if guid != "" {
		add("guid", guid)
	}
	link, fragment := linkKey(e.Link)
	if link != "" && link != mustLinkKey(site) && strings.ContainsAny(link, "/?") {
		add("link", link)
	} else {
		link = ""
	}
	if plain := withoutCounter(guid); plain != "" {
		add("guid", plain)
		if path := withoutHost(plain); path != "" {
			add("path", path)
		}
	}
	switch {
	case link != "" && fragment != "":
		add("link", link+"#"+fragment)
	case guid == "" && link == "" && title != "":
		add("title", title)
	}
	return keys
}

// unshared are the keys that no other entry of the document has.
func unshared(keys []string, uses map[string]int) []string {
	var own []string
	for _, key := range keys {
		if uses[key] == 1 {
			own = append(own, key)
		}
	}
	return own
}

// byParts gives a key to the entries that are left without: of their link and
// title, or of all that they say when even these repeat. Entries that say the
// same are one.
func byParts(all []keyed) []keyed {
	uses := map[string]int{}
	for _, k := range all {
		if len(k.keys) == 0 {
			uses[k.parts()]++
		}
	}
	seen := map[string]bool{}
	out := all[:0]
	for _, k := range all {
		if len(k.keys) == 0 {
			key := k.parts()
			if uses[key] > 1 || k.title == "" {
				key = k.parts(k.entry.GUID, k.entry.Summary, k.entry.Content)
			}
			if seen[key] {
				continue
			}
			seen[key] = true
			k.keys = []string{key}
		}
		out = append(out, k)
	}
	return out
}

// parts is a key of an entry's link, title and more.
func (k *keyed) parts(more ...string) string {
	link, fragment := linkKey(k.entry.Link)
	sum := sha256.Sum256([]byte(strings.Join(append([]string{link, fragment, k.title}, more...), "\x00")))
	return "parts:" + hex.EncodeToString(sum[:16])
}

// linkKey is a link without what changes while the page stays the same: scheme,
// "www." and its kin, default port, trailing slash, tracking parameters. The
// fragment comes apart, as few pages hold several items.
func linkKey(link string) (key, fragment string) {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || u.Host == "" {
		return "", ""
	}
	host := strings.ToLower(u.Hostname())
	for _, p := range [...]string{"www.", "m.", "amp.", "mobile."} {
		if rest, ok := strings.CutPrefix(host, p); ok && strings.Contains(rest, ".") {
			host = rest
		}
	}
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	key = host + strings.TrimRight(u.EscapedPath(), "/")
	if q := withoutTracking(u.RawQuery); q != "" {
		key += "?" + q
	}
	return key, u.Fragment
}

func mustLinkKey(link string) string {
	key, _ := linkKey(link)
	return key
}

// withoutCounter is a URL guid without the "#2" that some publishers count
// their edits with.
func withoutCounter(guid string) string {
	if !isWeb(guid) {
		return ""
	}
	base, fragment, ok := strings.Cut(guid, "#")
	if ok && fragment != "" && strings.Trim(fragment, "0123456789") == "" {
		return base
	}
	return guid
}

// withoutHost is the rest of a URL guid, "" when it tells too little.
func withoutHost(guid string) string {
	u, err := url.Parse(guid)
	if err != nil || len(u.EscapedPath()) <= 1 && u.RawQuery == "" {
		return ""
	}
	return strings.TrimPrefix(guid, u.Scheme+"://"+u.Host)
}

// webLink is an absolute http or https link without tracking parameters, ""
// for any other.
func webLink(link string) string {
	u, err := url.Parse(strings.TrimSpace(link))
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

func tracking(name, value string) bool {
	for _, prefix := range [...]string{"utm_", "at_", "ns_", "mc_", "pk_", "mtm_", "wt.", "wt_", "hsa_", "_hs"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ysclid", "twclid",
		"ttclid", "igshid", "igsh", "xtor", "cmp", "cmpid", "ocid", "ito", "icid", "ncid", "smid", "ref", "ref_src",
		"ref_url", "spm", "vero_id", "mkt_tok", "mbid", "_ga", "guccounter", "guce_referrer", "taid":
		return true
	case "from", "source", "src", "feed", "origin", "via", "partner", "cid":
		return strings.Contains(value, "rss")
	}
	return false
}
