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

// naming is what an entry by itself says of what it is known by.
type naming struct {
	title string
	says  []string // hashes of what it says; another entry with any of them is the same, listed twice
	keys  []string // strongest first
	signs news.Signs
}

// keyed is an entry with what it is known again by among the others of its
// document.
type keyed struct {
	naming
	entry  *Entry
	again  int      // other listings of it
	shared []string // keys that another entry of the document has too
}

// identify gives each entry what it is known again by. An entry that stands
// there twice is taken once.
func identify(entries []Entry, names []naming) []keyed {
	all := distinct(entries, names)
	uses := map[string]int{}
	for i := range all {
		all[i].count(uses)
	}
	for i := range all {
		all[i].void(uses)
	}
	return all
}

// distinct folds the entries that say the same: all of it, or all but a guid or a
// link that differs from one listing to the next, as when an article stands in two
// sections. The folded one has the keys of all.
func distinct(entries []Entry, names []naming) []keyed {
	first := make([]int, len(entries)) // of each entry: the one it repeats, or itself
	place := map[string]int{}          // of an entry, by what it says
	root := func(n int) int {
		for first[n] != n {
			n = first[n]
		}
		return n
	}
	for n := range entries {
		first[n] = n
		for _, s := range names[n].says {
			if m, again := place[s]; again {
				a, b := root(m), root(n)
				first[max(a, b)] = min(a, b)
			}
			place[s] = n
		}
	}
	out := make([]keyed, 0, len(entries))
	at := map[int]int{} // of a first one in out
	for n := range entries {
		r := root(n)
		if len(names[n].says) == 0 {
			continue
		}
		if r == n {
			at[n] = len(out)
			out = append(out, keyed{entry: &entries[n], naming: names[n]})
			continue
		}
		o := &out[at[r]]
		if names[n].signs.Whole < o.signs.Whole { // of the same one, in whatever order they stand
			o.signs = names[n].signs
		}
		if o.again < maxAgain {
			o.again++
			o.keys = union(slices.Clip(o.keys), names[n].keys)
		}
	}
	return out
}

// namingsOf are those of all entries of a document of a site.
func namingsOf(entries []Entry, site string) []naming {
	home, _ := pageOf(site)
	names := make([]naming, len(entries))
	for i := range entries {
		names[i] = namingOf(&entries[i], home)
	}
	return names
}

// namingOf reads what an entry says; one that says nothing has none.
func namingOf(e *Entry, home page) naming {
	n := naming{title: cleanTitle(e.Title)}
	guid := strings.TrimSpace(e.GUID)
	link, linked := pageOf(e.Link)
	if guid+strings.TrimSpace(e.Link)+n.title+e.Summary+e.Content == "" {
		return n
	}
	text := strings.TrimSpace(e.Link)
	if linked {
		text = link.host + link.rest() + "#" + link.fragment + link.counter
	}
	body := hashed("body", e.Summary, e.Content)
	date := strconv.FormatInt(e.Published.Unix(), 10)
	n.signs.Whole = hashed("whole", body, guid, text, n.title)
	n.says = []string{n.signs.Whole}
	if n.title != "" && guid+text != "" {
		n.says = append(n.says, hashed("listed", guid, text, n.title))
	}
	if linked && link.key() != "" {
		n.says = append(n.says, hashed("linked", body, text, n.title, date))
	}
	if guid != "" && n.title != "" && !e.Published.IsZero() {
		n.says = append(n.says, hashed("named", body, guid, n.title, date))
	}
	n.keys = candidates(e, n.title, home, link, linked)
	n.sign(e, link)
	return n
}

// all is all by which an entry may turn out to be the same as another one of its
// document, or to be known by less because of it.
func (n *naming) all() []string {
	names := slices.Concat(n.says, n.keys)
	for _, sign := range [...]string{n.signs.Title, n.signs.Path, n.signs.Number} {
		if sign != "" {
			names = append(names, sign)
		}
	}
	return names
}

// candidates are the keys that an entry could have, strongest first. Any one of
// them means the same item, because publishers change guids, hosts and schemes of
// what they published.
func candidates(e *Entry, title string, home, link page, linked bool) []string {
	var keys []string
	add := func(kind, value string) {
		if value != "" {
			keys = union(keys, []string{bounded(kind, value)})
		}
	}
	guid := norm.NFC.String(strings.TrimSpace(e.GUID))
	if isPlaceholder(guid) {
		guid = ""
	}
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

// sign adds what makes an item known again only together.
func (n *naming) sign(e *Entry, p page) {
	if n.title != "" {
		n.signs.Title = bounded("title", norm.NFC.String(n.title))
	}
	if p.key() == "" {
		p, _ = pageOf(e.GUID)
	}
	if p.key() != "" && len(p.rest()) >= minPath {
		n.signs.Path = bounded("path", p.rest())
	}
	if number, sure := p.number(); number != "" && !sure {
		n.signs.Number = bounded("maybe", number)
	}
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
