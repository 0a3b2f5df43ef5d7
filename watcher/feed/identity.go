package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"newswatch/news"
)

const (
	maxKeyBytes = 512 // of a key; longer ones are hashed
	maxAgain    = 8   // listings of one entry of which the keys count
	minPath     = 12  // bytes of a path that is hardly used twice
)

// keyed is an entry with what it is known again by.
type keyed struct {
	entry  *Entry
	again  []*Entry // the other listings of it
	title  string
	keys   []string // strongest first
	shared []string // keys that another entry of the document has too
	signs  news.Signs
}

// identify gives each entry what it is known again by. An entry that stands
// there twice is taken once.
func identify(entries []Entry, site string) []keyed {
	all := distinct(entries)
	uses := map[string]int{}
	for i := range all {
		k := &all[i]
		k.keys = candidates(k.entry, k.title, site)
		for _, e := range k.again {
			k.keys = union(k.keys, candidates(e, k.title, site))
		}
		k.signs = signs(k.entry, k.title, k.signs.Whole)
		k.count(uses)
	}
	for i := range all {
		all[i].void(uses)
	}
	return all
}

// distinct folds the entries that say the same: all of it, or all but a guid or a
// link that differs from one listing to the next, as when an article stands in two
// sections. The folded one has the keys of all.
func distinct(entries []Entry) []keyed {
	all := make([]keyed, 0, len(entries))
	first := make([]int, 0, len(entries)) // of each of all: the one it repeats, or itself
	place := map[string]int{}             // of an entry in all, by what it says
	root := func(n int) int {
		for first[n] != n {
			n = first[n]
		}
		return n
	}
	for i := range entries {
		k := keyed{entry: &entries[i], title: cleanTitle(entries[i].Title)}
		says := k.says()
		if len(says) == 0 {
			continue
		}
		n := len(all)
		all, first = append(all, k), append(first, n)
		for _, s := range says {
			if m, again := place[s]; again {
				a, b := root(m), root(n)
				first[max(a, b)] = min(a, b)
			}
			place[s] = n
		}
	}
	var out []keyed
	at := map[int]int{} // of a first one in out
	for n, k := range all {
		r := root(n)
		if r == n {
			at[n] = len(out)
			out = append(out, k)
		} else if o := &out[at[r]]; len(o.again) < maxAgain {
			o.again = append(o.again, k.entry)
		}
	}
	return out
}

// says are hashes of what an entry says; another one with any of them is the same,
// listed twice.
func (k *keyed) says() []string {
	e := k.entry
	guid := strings.TrimSpace(e.GUID)
	link, paged := linkText(e.Link)
	if guid+link+k.title+e.Summary+e.Content == "" {
		return nil
	}
	k.signs.Whole = hashed("whole", e.Summary, e.Content, guid, link, k.title)
	says := []string{k.signs.Whole}
	if k.title != "" && guid+link != "" {
		says = append(says, hashed("listed", guid, link, k.title))
	}
	if paged {
		says = append(says, hashed("linked", e.Summary, e.Content, link, k.title, e.Published.UTC().String()))
	}
	if guid != "" && k.title != "" && !e.Published.IsZero() {
		says = append(says, hashed("named", e.Summary, e.Content, guid, k.title, e.Published.UTC().String()))
	}
	return says
}

// linkText is what two links to the same page have in common; paged is false when
// that is no page of its own.
func linkText(link string) (text string, paged bool) {
	p, ok := pageOf(link)
	if !ok {
		return strings.TrimSpace(link), false
	}
	return p.host + p.rest() + "#" + p.fragment + p.counter, p.key() != ""
}

// candidates are the keys that an entry could have, strongest first. Any one of
// them means the same item, because publishers change guids, hosts and schemes of
// what they published.
func candidates(e *Entry, title, site string) []string {
	var keys []string
	add := func(kind, value string) {
		if value != "" {
			keys = union(keys, []string{bounded(kind, value)})
		}
	}
	home, _ := pageOf(site)
	guid := norm.NFC.String(strings.TrimSpace(e.GUID))
	if isPlaceholder(guid) {
		guid = ""
	}
	link, linked := pageOf(e.Link)
	permalink, isLink := page{}, false
	if isWeb(strings.ToLower(clip(guid, 8))) {
		permalink, isLink = pageOf(guid)
	}
	if !isLink {
		add("guid", guid)
	}
	for _, p := range [...]page{link, permalink} {
		if p.key() == home.key() {
			continue
		}
		add("link", p.key())
		if p.counter != "" && p.key() != "" {
			add("link", p.key()+"#"+p.counter)
		}
		if number, sure := p.number(); sure {
			add("number", number)
		}
	}
	if !linked {
		add("raw", strings.TrimSpace(e.Link)) // whatever it is, it is the publisher's name for the item
	}
	if link.host == "news.google.com" {
		for _, key := range storyKeys(title, e.Published) {
			add("story", key)
		}
	}
	return keys
}

// storyKeys know a report again for up to 48 hours, at a site that gives the same
// report a new guid and a new link time and again. The title ends with the name of
// the publisher there.
func storyKeys(title string, published time.Time) []string {
	if title == "" || published.IsZero() {
		return nil
	}
	day := published.Unix() / (24 * 60 * 60)
	title = strings.ToLower(title)
	return []string{strconv.FormatInt(day, 10) + " " + title, strconv.FormatInt(day+1, 10) + " " + title}
}

// signs are what makes an item known again only together.
func signs(e *Entry, title, whole string) news.Signs {
	s := news.Signs{Whole: whole}
	if title != "" {
		s.Title = bounded("title", norm.NFC.String(title))
	}
	p, ok := pageOf(e.Link)
	if !ok || p.key() == "" {
		p, ok = pageOf(e.GUID)
	}
	if ok && len(p.rest()) >= minPath {
		s.Path = bounded("path", p.rest())
	}
	if number, sure := p.number(); number != "" && !sure {
		s.Number = bounded("maybe", number)
	}
	return s
}

// count adds an entry's keys and signs to how often each is used in the document.
func (k *keyed) count(uses map[string]int) {
	for _, key := range k.keys {
		uses[key]++
	}
	for _, sign := range [...]string{k.signs.Title, k.signs.Path, k.signs.Number} {
		if sign != "" {
			uses[sign]++
		}
	}
}

// void takes from an entry what another one of the document has too: that tells
// nothing of either. An entry that is left without a key is known by its title,
// or by all that it says when even the title repeats.
func (k *keyed) void(uses map[string]int) {
	var own []string
	for _, key := range k.keys {
		if uses[key] == 1 {
			own = append(own, key)
		} else {
			k.shared = append(k.shared, key)
		}
	}
	for _, sign := range [...]*string{&k.signs.Title, &k.signs.Path, &k.signs.Number} {
		if uses[*sign] > 1 {
			k.shared = append(k.shared, *sign)
			*sign = ""
		}
	}
	if k.keys = own; len(own) == 0 {
		k.keys = []string{firstNonEmpty(k.signs.Title, k.signs.Whole)}
	}
}

// isPlaceholder is true of what programs write where a guid is missing.
func isPlaceholder(guid string) bool {
	switch strings.ToLower(guid) {
	case "n/a", "na", "none", "null", "(null)", "nil", "undefined", "unknown", "false", "true", "nan", "0", "-", "#",
		"guid", "id", "[object object]":
		return true
	}
	return false
}

// bounded is a key of a kind, hashed when it is long.
func bounded(kind, value string) string {
	if len(kind)+1+len(value) > maxKeyBytes {
		return hashed(kind, value)
	}
	return kind + ":" + value
}

// hashed is a key of a kind that stands for several values.
func hashed(kind string, values ...string) string {
	h := sha256.New()
	for _, v := range values {
		h.Write([]byte(strconv.Itoa(len(v)) + ":" + v))
	}
	return kind + "#" + hex.EncodeToString(h.Sum(nil)[:16])
}

// union is a with what only b has.
func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}
