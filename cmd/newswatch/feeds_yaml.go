package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"

	"newswatch/news"
	"newswatch/notify/wording"
	"newswatch/rules"
	"newswatch/watcher/discover"
)

const (
	maxFeedID   = 32 // characters of an id that we make
	maxFeedName = 80
)

// newFeeds makes entries for feeds that are to be added to the rules: their ids
// are new there, and those that are there already are known.
type newFeeds struct {
	path       string
	ids        map[string]bool
	addresses  map[string]string // by discover.Same: the feed's id
	publishers map[string]string // by registered domain
}

// newFeeds reads the rules that feeds are to be added to; there may be none yet.
func (a *app) newFeeds() (*newFeeds, error) {
	n := &newFeeds{path: a.Rules, ids: map[string]bool{}, addresses: map[string]string{}, publishers: map[string]string{}}
	if _, err := rules.Read(a.Rules); errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	rs, err := a.draft(a.Rules)
	if err != nil {
		return nil, err
	}
	for _, f := range rs.File.Feeds {
		n.take(f)
	}
	return n, nil
}

func (n *newFeeds) take(f news.Feed) {
	n.ids[strings.ToLower(f.ID)] = true
	n.addresses[discover.Same(f.URL)] = f.ID
	if domain := domainOf(f.URL); domain != "" && f.Publisher != "" {
		n.publishers[domain] = f.Publisher
	}
}

// known is the id of the feed that has one of the addresses already.
func (n *newFeeds) known(addresses ...string) (id string, known bool) {
	for _, address := range addresses {
		if id, known := n.addresses[discover.Same(address)]; known {
			return id, true
		}
	}
	return "", false
}

// add gives a feed an id of its own, keeps its other words within bounds, and
// takes it for known from now on.
func (n *newFeeds) add(f news.Feed) news.Feed {
	f.Name = wording.Clip(wording.Line(f.Name), maxFeedName)
	if f.Name == "" {
		f.Name = f.Host()
	}
	f.Publisher = wording.Clip(wording.Line(f.Publisher), maxFeedName)
	f.Tags = slices.Clone(f.Tags)
	for i := range f.Tags {
		f.Tags[i] = wording.Line(f.Tags[i])
	}
	f.ID = n.freeID(f)
	n.take(f)
	return f
}

func (n *newFeeds) freeID(f news.Feed) string {
	id := slug(f.ID)
	if id == "" {
		id = slug(f.Name)
	}
	if id == "" {
		id, _, _ = strings.Cut(domainOf(f.URL), ".")
	}
	if id = slug(id); id == "" {
		id = "feed"
	}
	free := id
	for i := 2; n.ids[free]; i++ {
		free = fmt.Sprintf("%s-%d", id, i)
	}
	return free
}

// slug is a text as an id: Latin letters and digits, with hyphens between words.
// It is "" for a text that is mostly in another script.
func slug(text string) string {
	var b strings.Builder
	kept, lost := 0, 0
	latin := strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ı", "i") // what NFKD leaves whole
	for _, c := range norm.NFKD.String(latin.Replace(strings.ToLower(text))) {
		switch {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			b.WriteRune(c)
			kept++
		case unicode.IsLetter(c):
			lost++
		case !unicode.IsMark(c) && c != '\'' && c != '’':
			b.WriteByte(' ')
		}
	}
	if kept == 0 || lost > kept {
		return ""
	}
	id := ""
	for word := range strings.FieldsSeq(b.String()) {
		longer := strings.TrimPrefix(id+"-"+word, "-")
		if len(longer) > maxFeedID {
			if id == "" {
				id = longer[:maxFeedID]
			}
			break
		}
		id = longer
	}
	return id
}

// domainOf is the domain that the owner of an address has registered, "" for
// none, such as an IP address.
func domainOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(u.Hostname()))
	if err != nil || strings.Trim(domain, "0123456789.") == "" {
		return ""
	}
	return domain
}

// publisher guesses who is behind a feed: the publisher of another feed of the
// same domain, or the part of the title that the domain is named after.
func (n *newFeeds) publisher(title, address string) string {
	domain := domainOf(address)
	if p := n.publishers[domain]; p != "" {
		return p
	}
	label, _, _ := strings.Cut(domain, ".")
	title = wording.Line(title)
	for _, cut := range []string{" | ", " - ", " – ", " — ", " :: ", " » ", " > ", ": "} {
		parts := strings.Split(title, cut)
		for _, part := range parts {
			if len(parts) > 1 && label != "" && core(part) == core(label) {
				return part
			}
		}
	}
	return ""
}

// core is a name without case, spaces and its article.
func core(name string) string {
	return strings.TrimPrefix(strings.Join(strings.FieldsFunc(strings.ToLower(name), func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c)
	}), ""), "the")
}

// feedYAML is a feed as a line of the list feeds: in a rule file.
func feedYAML(f news.Feed) string {
	parts := []string{"id: " + scalar(f.ID), "name: " + scalar(f.Name)}
	add := func(key, value string) {
		if value != "" {
			parts = append(parts, key+": "+value)
		}
	}
	if f.Publisher != "" && f.Publisher != f.Name {
		add("publisher", scalar(f.Publisher))
	}
	parts = append(parts, "url: "+quoted(f.URL))
	add("lang", f.Lang)
	if f.Lang == "no" {
		parts[len(parts)-1] = `lang: "no"` // else it is a boolean
	}
	if f.Weight != 0 {
		add("weight", fmt.Sprint(f.Weight))
	}
	if len(f.Tags) > 0 {
		tags := make([]string, len(f.Tags))
		for i, t := range f.Tags {
			tags[i] = scalar(t)
		}
		add("tags", "["+strings.Join(tags, ", ")+"]")
	}
	if f.Poll != "" {
		add("poll", quoted(f.Poll))
	}
	if f.FullText {
		add("full_text", "true")
	}
	return "  - {" + strings.Join(parts, ", ") + "}"
}

// scalar writes a text plainly where YAML takes it for a text even inside of
// braces, else in quotes.
func scalar(text string) string {
	switch strings.ToLower(text) {
	case "", "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return quoted(text)
	}
	for i, c := range text {
		plain := unicode.IsLetter(c) || i > 0 && (unicode.IsDigit(c) || strings.ContainsRune(" .-_&/", c))
		if !plain {
			return quoted(text)
		}
	}
	if strings.HasSuffix(text, " ") {
		return quoted(text)
	}
	return text
}

// quoted writes a text in double quotes: what JSON writes, YAML reads alike. What
// would turn the text around it on a screen is written as a number.
func quoted(text string) string {
	var raw, b strings.Builder
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string has no error
	for _, c := range strings.TrimSuffix(raw.String(), "\n") {
		if unicode.Is(unicode.Cf, c) {
			fmt.Fprintf(&b, "\\U%08x", c)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}
