package feed_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"html"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"newswatch/watcher/feed"
)

// pieces is an invented feed in parts, to be hurt.
type pieces struct {
	format     string
	head, tail string
	items      []string
	sep        string // between items
	hurt       map[int]bool
	bytes      []byte // set by what changes all of the document
}

func (p *pieces) String() string {
	if p.bytes != nil {
		return string(p.bytes)
	}
	return p.head + strings.Join(p.items, p.sep) + p.tail
}

// edit changes an item, which is then not looked at.
func (p *pieces) edit(i int, change func(string) string) {
	p.items[i] = change(p.items[i])
	p.hurt[i] = true
}

const damageItems = 8

// told is what item n of an invented feed says.
func told(n int) feed.Entry {
	return feed.Entry{
		GUID:      fmt.Sprintf("urn:harbour:%d", 1000+n),
		Link:      fmt.Sprintf("https://harbour.example/news/%d?a=1&b=%d", n, n),
		Title:     fmt.Sprintf("Ferry no. %d reaches Łódź – crews “happy”", n),
		Published: time.Date(2027, 3, 1, n, 30, 0, 0, time.UTC),
	}
}

func damageFormats() []string {
	return []string{"rss 2.0", "rss 2.0, cdata", "rss 0.91", "rdf", "atom 1.0", "atom 0.3", "json"}
}

// damaged makes a whole feed of a format.
func damaged(format string) *pieces {
	p := &pieces{format: format, sep: "\n", hurt: map[int]bool{}}
	const xml = `<?xml version="1.0" encoding="utf-8"?>` + "\n"
	switch format {
	case "rss 2.0", "rss 2.0, cdata":
		p.head, p.tail = xml+`<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Harbour Post</title><link>https://harbour.example/</link>`+"\n", "\n</channel></rss>\n"
	case "rss 0.91":
		p.head, p.tail = xml+`<rss version="0.91"><channel><title>Harbour Post</title><link>https://harbour.example/</link><description>News</description>`+"\n", "\n</channel>\n</rss>\n"
	case "rdf":
		p.head, p.tail = xml+`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://harbour.example/"><title>Harbour Post</title><link>https://harbour.example/</link></channel>`+"\n", "\n</rdf:RDF>\n"
	case "atom 1.0":
		p.head, p.tail = xml+`<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour Post</title><link href="https://harbour.example/"/><id>urn:harbour</id>`+"\n", "\n</feed>\n"
	case "atom 0.3":
		p.head, p.tail = xml+`<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Harbour Post</title><link rel="alternate" type="text/html" href="https://harbour.example/"/>`+"\n", "\n</feed>\n"
	case "json":
		p.head, p.tail, p.sep = `{"version":"https://jsonfeed.org/version/1.1","title":"Harbour Post","home_page_url":"https://harbour.example/","items":[`+"\n", "\n]}\n", ",\n"
	}
	for n := range damageItems {
		p.items = append(p.items, damagedItem(format, told(n)))
	}
	return p
}

func damagedItem(format string, e feed.Entry) string {
	title, link := html.EscapeString(e.Title), html.EscapeString(e.Link)
	switch format {
	case "rss 2.0":
		return fmt.Sprintf("<item>\n<title>%s</title>\n<link>%s</link>\n<description>The &lt;b&gt;board&lt;/b&gt; met. &lt;p&gt;More.&lt;/p&gt;</description>\n<guid isPermaLink=\"false\">%s</guid>\n<pubDate>%s</pubDate>\n<dc:creator>Ada Quill</dc:creator>\n</item>", title, link, e.GUID, e.Published.Format(time.RFC1123Z))
	case "rss 2.0, cdata":
		return fmt.Sprintf("<item><title><![CDATA[%s]]></title><link>%s</link><guid isPermaLink='false'>%s</guid><pubDate>%s</pubDate><description><![CDATA[<p>The <b>board</b> met.</p>]]></description></item>", e.Title, link, e.GUID, e.Published.Format(time.RFC1123Z))
	case "rss 0.91":
		return fmt.Sprintf("<item>\n  <title>%s</title>\n  <link>%s</link>\n  <guid isPermaLink=\"false\">%s</guid>\n  <description>The board met.</description>\n  <pubDate>%s</pubDate>\n</item>", title, link, e.GUID, e.Published.Format(time.RFC1123Z))
	case "rdf":
		return fmt.Sprintf("<item rdf:about=\"%s\">\n<title>%s</title>\n<link>%s</link>\n<description>The board met.</description>\n<dc:date>%s</dc:date>\n</item>", e.GUID, title, link, e.Published.Format(time.RFC3339))
	case "atom 1.0":
		return fmt.Sprintf("<entry>\n<title>%s</title>\n<link href=\"%s\"/>\n<id>%s</id>\n<published>%s</published>\n<updated>%[4]s</updated>\n<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>The <b>board</b> met.</p></div></content>\n</entry>", title, link, e.GUID, e.Published.Format(time.RFC3339))
	case "atom 0.3":
		return fmt.Sprintf("<entry>\n<title mode=\"escaped\">%s</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"%s\"/>\n<id>%s</id>\n<issued>%s</issued>\n<modified>%[4]s</modified>\n<summary>The board met.</summary>\n</entry>", title, link, e.GUID, e.Published.Format(time.RFC3339))
	}
	return fmt.Sprintf("{\"id\":%q,\n\"url\":%q,\n\"title\":%q,\n\"content_html\":\"<p class=\\\"x\\\">The <b>board</b> met.</p>\",\n\"date_published\":%q}", e.GUID, e.Link, e.Title, e.Published.Format(time.RFC3339))
}

// insert puts junk somewhere into a text.
func insert(r *rand.Rand, s, junk string) string {
	at := r.IntN(len(s) + 1)
	return s[:at] + junk + s[at:]
}

// between puts junk between two items.
func (p *pieces) between(i int, junk string) {
	if i == 0 {
		p.head += junk
		return
	}
	p.items[i-1] += junk
}

// cutOut takes out one of the places that a text has.
func cutOut(r *rand.Rand, s, what string) string {
	if n := strings.Count(s, what); n > 0 {
		return swapAt(r, s, what, "")
	}
	return s
}

func swapAt(r *rand.Rand, s, what, with string) string {
	n := strings.Count(s, what)
	if n == 0 {
		return s
	}
	at := 0
	for skip := r.IntN(n); ; skip-- {
		i := strings.Index(s[at:], what)
		if skip == 0 {
			return s[:at+i] + with + s[at+i+len(what):]
		}
		at += i + len(what)
	}
}

// recode writes all of the document in another encoding.
func (p *pieces) recode(t *testing.T, enc func(string) (string, error)) {
	s, err := enc(strings.NewReplacer("Ł", "L", "ź", "z", "ó", "o").Replace(p.String()))
	if err != nil {
		t.Fatal(err)
	}
	p.bytes = []byte(s)
}

// plainTitle is a title without the letters that few encodings have.
func plainTitle(s string) string {
	return strings.NewReplacer("Ł", "L", "ź", "z", "ó", "o").Replace(s)
}

// damage is a kind of damage; item i is where it is done.
type damage struct {
	markup, json bool // what it may be done to
	do           func(t *testing.T, r *rand.Rand, p *pieces, i int)
}

func hurtItem(change func(r *rand.Rand, s string) string) func(*testing.T, *rand.Rand, *pieces, int) {
	return func(_ *testing.T, r *rand.Rand, p *pieces, i int) {
		p.edit(i, func(s string) string { return change(r, s) })
	}
}

func junkBetween(junk string) func(*testing.T, *rand.Rand, *pieces, int) {
	return func(_ *testing.T, _ *rand.Rand, p *pieces, i int) { p.between(i, junk) }
}

func junkInside(junk string) func(*testing.T, *rand.Rand, *pieces, int) {
	return hurtItem(func(r *rand.Rand, s string) string { return insert(r, s, junk) })
}

func junkBefore(junk string) func(*testing.T, *rand.Rand, *pieces, int) {
	return func(_ *testing.T, _ *rand.Rand, p *pieces, _ int) { p.head = junk + p.head }
}

const phpWarning = "<br />\n<b>Warning</b>:  Undefined array key \"x\" in <b>/var/www/feed.php</b> on line <b>17</b><br />\n"

func gzipped() string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	fmt.Fprint(w, strings.Repeat("harbour ferry <item> ", 30))
	w.Close()
	return b.String()
}

// damages are the kinds of damage, none of which is taken from the corpus.
func damages() map[string]damage {
	all := map[string]damage{
		"cut off": {true, true, func(_ *testing.T, r *rand.Rand, p *pieces, i int) {
			at := r.IntN(len(p.items[i]))
			p.items[i], p.tail = p.items[i][:at], ""
			p.items = p.items[:i+1]
			for n := i; n < damageItems; n++ {
				p.hurt[n] = true
			}
		}},
		"bytes lost over a border": {true, true, func(_ *testing.T, r *rand.Rand, p *pieces, i int) {
			i = min(i, damageItems-2)
			p.hurt[i], p.hurt[i+1] = true, true
			p.items[i] = p.items[i][:r.IntN(len(p.items[i]))]
			p.items[i+1] = p.items[i+1][r.IntN(len(p.items[i+1])):]
			p.items = slices.Concat(p.items[:i], []string{p.items[i] + p.items[i+1]}, p.items[i+2:])
		}},
		"bytes sent twice": {true, true, hurtItem(func(r *rand.Rand, s string) string {
			a, b := r.IntN(len(s)), r.IntN(len(s))
			return s[:max(a, b)] + s[min(a, b):]
		})},
		"bytes lost": {true, true, hurtItem(func(r *rand.Rand, s string) string {
			a, b := r.IntN(len(s)), r.IntN(len(s))
			return s[:min(a, b)] + s[max(a, b):]
		})},
		"nul bytes":          {true, true, junkInside("\x00\x00\x00")},
		"nul bytes between":  {true, true, junkBetween(strings.Repeat("\x00", 100))},
		"mark in the middle": {true, true, junkInside("\ufeff")},
		"marks between":      {true, true, junkBetween("\ufeff")},
		"two marks before":   {true, true, junkBefore("\ufeff\ufeff")},
		"gzip inside":        {true, false, junkInside(gzipped())},
		"gzip between":       {true, false, junkBetween(gzipped())},
		"chunk size between": {true, true, junkBetween("\r\n1f40\r\n")},
		"chunk size inside":  {true, true, junkInside("\r\n1f40\r\n")},
		"chunk size before":  {true, true, junkBefore("1f40\r\n")},
		"warning before":     {true, true, junkBefore(phpWarning)},
		"warning inside":     {true, false, junkInside(phpWarning)},
		"warning between":    {true, false, junkBetween(phpWarning)},
		"warning after":      {true, true, func(_ *testing.T, _ *rand.Rand, p *pieces, _ int) { p.tail += phpWarning }},
		"headers before":     {true, true, junkBefore("HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nX-Cache: HIT\r\n\r\n")},
		"script before":      {true, true, junkBefore("<script>if (a < b && c) { document.write('<item>') }</script>")},
		"script between":     {true, false, junkBetween("<script>if (a < b && c) { x('</p>') }</script>")},
		"script after":       {true, true, func(_ *testing.T, _ *rand.Rand, p *pieces, _ int) { p.tail += "<script>var a = '<item>';</script>" }},
		"comment after":      {true, true, func(_ *testing.T, _ *rand.Rand, p *pieces, _ int) { p.tail += "<!-- served by cache -->" }},
		"one item in latin-1": {true, true, hurtItem(func(_ *rand.Rand, s string) string {
			out, _ := charmap.Windows1252.NewEncoder().String(plainTitle(s))
			return out
		})},
		"another feed behind": {true, true, func(_ *testing.T, _ *rand.Rand, p *pieces, _ int) { p.tail += p.String() }},
		"line ends of old": {true, true, func(_ *testing.T, _ *rand.Rand, p *pieces, _ int) {
			p.bytes = []byte(strings.ReplaceAll(p.String(), "\n", "\r"))
		}},
		"windows-1252 as utf-8": {true, true, func(t *testing.T, _ *rand.Rand, p *pieces, _ int) {
			p.recode(t, charmap.Windows1252.NewEncoder().String)
		}},
		"utf-16 as utf-8": {true, true, func(t *testing.T, _ *rand.Rand, p *pieces, _ int) {
			p.recode(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String)
		}},
		"utf-16 with a mark": {true, true, func(t *testing.T, _ *rand.Rand, p *pieces, _ int) {
			p.recode(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String)
		}},
	}
	maps.Copy(all, markupDamages())
	maps.Copy(all, envelopeDamages())
	maps.Copy(all, jsonDamages())
	return all
}

// markupDamages hurt the markup of one item.
func markupDamages() map[string]damage {
	all := map[string]func(*rand.Rand, string) string{
		"end tag lost":   func(r *rand.Rand, s string) string { return dropMatch(r, s, "</", ">") },
		"start tag lost": func(r *rand.Rand, s string) string { return dropStart(r, s) },
		"end tags swapped": func(_ *rand.Rand, s string) string {
			return strings.NewReplacer("</title>", "</link>", "</link>", "</title>").Replace(s)
		},
		"end of item lost": func(_ *rand.Rand, s string) string {
			return strings.NewReplacer("</item>", "", "</entry>", "").Replace(s)
		},
		"item ends twice":    func(_ *rand.Rand, s string) string { return s + s[strings.LastIndex(s, "</"):] },
		"less-than lost":     func(r *rand.Rand, s string) string { return cutOut(r, s, "<") },
		"greater-than lost":  func(r *rand.Rand, s string) string { return cutOut(r, s, ">") },
		"slash lost":         func(r *rand.Rand, s string) string { return swapAt(r, s, "</", "<") },
		"quote lost":         func(r *rand.Rand, s string) string { return cutOut(r, s, `"`) },
		"quotes lost":        func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, `"`, "") },
		"typographic quotes": func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, `"`, "”") },
		"comment not closed": func(r *rand.Rand, s string) string { return insert(r, s, "<!-- draft ") },
		"comment inside":     func(r *rand.Rand, s string) string { return insert(r, s, "<!-- a > b -- <item> -->") },
		"section not closed": func(r *rand.Rand, s string) string { return insert(r, s, "<![CDATA[") },
		"section nested": func(_ *rand.Rand, s string) string {
			return strings.Replace(s, "</title>", "<![CDATA[ a <![CDATA[ b ]]> c ]]></title>", 1)
		},
		"section end astray":     func(r *rand.Rand, s string) string { return insert(r, s, "]]>") },
		"instruction inside":     func(r *rand.Rand, s string) string { return insert(r, s, "<?php echo '</item>'; ?>") },
		"instruction not closed": func(r *rand.Rand, s string) string { return insert(r, s, "<?php ") },
		"case of tags": func(_ *rand.Rand, s string) string {
			return strings.NewReplacer("<item", "<ITEM", "</title", "</TITLE", "<link", "<Link", "<entry", "<Entry").Replace(s)
		},
		"attribute twice":         func(_ *rand.Rand, s string) string { return strings.Replace(s, "<title", `<title a="1" a="2"`, 1) },
		"attribute without value": func(_ *rand.Rand, s string) string { return strings.Replace(s, "<title", `<title hidden =`, 1) },
		"blanks in tags": func(_ *rand.Rand, s string) string {
			return strings.NewReplacer("</title>", "</title \t\n>", "<link>", "<link\r\n>", "</item>", "</item >").Replace(s)
		},
		"blanks before names": func(r *rand.Rand, s string) string { return swapAt(r, s, "<", "< ") },
		"entity unknown": func(_ *rand.Rand, s string) string {
			return strings.Replace(s, "</title>", "&unknown; &nbsp &#xZZ; &;</title>", 1)
		},
		"references to nothing": func(_ *rand.Rand, s string) string {
			return strings.Replace(s, "</title>", "&#0;&#x1F;&#xFFFF;&#99999999;</title>", 1)
		},
		"less-than in text": func(_ *rand.Rand, s string) string { return strings.Replace(s, "</title>", " 3<4 <5 <a <</title>", 1) },
		"html in a title": func(_ *rand.Rand, s string) string {
			return strings.Replace(s, "</title>", " <b>x <i>y</b> <br> <img src=x></title>", 1)
		},
		"html not closed": func(_ *rand.Rand, s string) string { return strings.Replace(s, "The ", "<div><p><item The ", 1) },
		"markup in an attribute": func(_ *rand.Rand, s string) string {
			return strings.Replace(s, "<title", `<title note="a < b > c </title>"`, 1)
		},
		"escaped item":     func(_ *rand.Rand, s string) string { return html.EscapeString(s) },
		"item in an item":  func(r *rand.Rand, s string) string { return insert(r, s, "<item><title>Advertisement</title></item>") },
		"item opens twice": func(_ *rand.Rand, s string) string { return s[:strings.Index(s, ">")+1] + s },
		"prefix without name": func(_ *rand.Rand, s string) string {
			return strings.NewReplacer("<title", "<x:title", "</title", "</x:title").Replace(s)
		},
		"tag in a tag":  func(_ *rand.Rand, s string) string { return strings.Replace(s, "<title", "<title <br/>", 1) },
		"binary inside": func(r *rand.Rand, s string) string { return insert(r, s, "\x89PNG\r\n\x1a\n\x00<\xff\xfe\x01\"'>\x80") },
	}
	out := map[string]damage{}
	for name, change := range all {
		out[name] = damage{true, false, hurtItem(change)}
	}
	return out
}

// dropMatch takes out one of the places from open to its end.
func dropMatch(r *rand.Rand, s, open, end string) string {
	marked := swapAt(r, s, open, "\x02")
	i := strings.IndexByte(marked, '\x02')
	if i < 0 {
		return s
	}
	n := strings.Index(marked[i:], end)
	return marked[:i] + marked[i+n+len(end):]
}

func dropStart(r *rand.Rand, s string) string {
	var starts []int
	for i := 1; i+1 < len(s); i++ { // that of the item stays
		if s[i] == '<' && s[i+1] != '/' && s[i+1] != '!' {
			starts = append(starts, i)
		}
	}
	i := starts[r.IntN(len(starts))]
	return s[:i] + s[i+strings.IndexByte(s[i:], '>')+1:]
}

// envelopeDamages hurt what stands around the items, all of which must survive.
func envelopeDamages() map[string]damage {
	all := map[string]func(r *rand.Rand, p *pieces, i int){
		"tail lost": func(_ *rand.Rand, p *pieces, _ int) { p.tail = "" },
		"root lost": func(_ *rand.Rand, p *pieces, _ int) { p.head = p.head[strings.Index(p.head, "<title"):] },
		"root doubled": func(_ *rand.Rand, p *pieces, _ int) {
			at := strings.Index(p.head, "\n") + 1
			p.head = p.head[:at] + p.head[at:] + p.head[at:]
		},
		"root not closed": func(_ *rand.Rand, p *pieces, _ int) {
			at := strings.Index(p.head, "\n") + 1
			gt := at + strings.IndexByte(p.head[at:], '>')
			p.head = p.head[:gt] + p.head[gt+1:]
		},
		"names not declared": func(_ *rand.Rand, p *pieces, _ int) {
			for _, part := range strings.Fields(p.head) {
				if part, _, _ = strings.Cut(part, ">"); strings.HasPrefix(part, "xmlns") {
					p.head = strings.ReplaceAll(p.head, part, "")
				}
			}
		},
		"names declared wrong": func(_ *rand.Rand, p *pieces, _ int) {
			p.head = strings.NewReplacer("http://", "https://", "2005/Atom", "2005/atom/", "atom/ns#", "atom/ns").Replace(p.head)
		},
		"quote lost in the root": func(r *rand.Rand, p *pieces, _ int) {
			at := strings.Index(p.head, "\n") + 1
			p.head = p.head[:at] + cutOut(r, p.head[at:], `"`)
		},
		"declaration not closed": func(_ *rand.Rand, p *pieces, _ int) { p.head = strings.Replace(p.head, "?>", "", 1) },
		"declaration cut":        func(_ *rand.Rand, p *pieces, _ int) { p.head = strings.Replace(p.head, "<?xml", "xml", 1) },
		"declaration twice":      func(_ *rand.Rand, p *pieces, _ int) { p.head = p.head[:strings.Index(p.head, "\n")+1] + p.head },
		"version 2.7": func(_ *rand.Rand, p *pieces, _ int) {
			p.head = strings.Replace(p.head, `version="1.0"`, `version="2.7"`, 1)
		},
		"label unknown": func(_ *rand.Rand, p *pieces, _ int) {
			p.head = strings.Replace(p.head, "utf-8", "utf8mb4_unicode_ci", 1)
		},
		"label of another": func(_ *rand.Rand, p *pieces, _ int) { p.head = strings.Replace(p.head, "utf-8", "shift_jis", 1) },
		"label utf-16":     func(_ *rand.Rand, p *pieces, _ int) { p.head = strings.Replace(p.head, "utf-8", "utf-16", 1) },
		"doctype with a subset": func(_ *rand.Rand, p *pieces, _ int) {
			p.head = strings.Replace(p.head, "?>", "?><!DOCTYPE rss [<!ELEMENT item (title)><!ENTITY x \"<item>\"> <!-- > ] -->]>", 1)
		},
		"doctype not closed": func(_ *rand.Rand, p *pieces, _ int) { p.head = strings.Replace(p.head, "?>", "?><!DOCTYPE rss [\n", 1) },
		"style sheets": func(_ *rand.Rand, p *pieces, _ int) {
			p.head = strings.Replace(p.head, "?>", "?><?xml-stylesheet href=\"a.xsl\" type=\"text/xsl\"?><?x <item> ?>", 1)
		},
		"in a page": func(_ *rand.Rand, p *pieces, _ int) {
			p.head, p.tail = "<!DOCTYPE html><html><head><title>Feed</title><meta charset=utf-8></head><body>"+p.head, p.tail+"</body></html>"
		},
		"escaped in a page": func(_ *rand.Rand, p *pieces, _ int) {
			p.bytes = []byte("<html><body><pre>" + html.EscapeString(p.String()) + "</pre></body></html>")
		},
		"escaped": func(_ *rand.Rand, p *pieces, _ int) { p.bytes = []byte(html.EscapeString(p.String())) },
		"in a SOAP envelope": func(_ *rand.Rand, p *pieces, _ int) {
			p.head, p.tail = strings.Replace(p.head, "?>", `?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`, 1), p.tail+"</s:Body></s:Envelope>"
		},
		"channel ends early":       func(_ *rand.Rand, p *pieces, i int) { p.between(i, "</channel>") },
		"root ends early":          func(_ *rand.Rand, p *pieces, i int) { p.between(i, p.tail) },
		"items behind the end":     func(_ *rand.Rand, p *pieces, _ int) { p.head, p.tail = p.head+p.tail, "" },
		"end tags astray":          func(_ *rand.Rand, p *pieces, i int) { p.between(i, "</div></p></image></title></b>") },
		"comment open in the head": func(_ *rand.Rand, p *pieces, _ int) { p.head += "<!-- generated " },
		"section open in the head": func(_ *rand.Rand, p *pieces, _ int) { p.head += "<description><![CDATA[News" },
		"element open in the head": func(_ *rand.Rand, p *pieces, _ int) { p.head += "<image><url>https://harbour.example/x.png<width>3" },
		"quote open in the head":   func(_ *rand.Rand, p *pieces, _ int) { p.head += `<generator uri="x>Software</generator>` },
		"page between": func(_ *rand.Rand, p *pieces, i int) {
			p.between(i, "<html><body><h1>Gateway timeout</h1><p>a < b</body></html>")
		},
		"tabs for blanks": func(_ *rand.Rand, p *pieces, _ int) { p.head = strings.ReplaceAll(p.head, " ", "\t\n ") },
	}
	out := map[string]damage{}
	for name, do := range all {
		out[name] = damage{true, false, func(_ *testing.T, r *rand.Rand, p *pieces, i int) { do(r, p, i) }}
	}
	return out
}

func jsonDamages() map[string]damage {
	items := map[string]func(*rand.Rand, string) string{
		"comma too many": func(_ *rand.Rand, s string) string { return strings.Replace(s, "}", ",}", 1) },
		"comma missing":  func(r *rand.Rand, s string) string { return swapAt(r, s, ",\n", "\n") },
		"brace missing":  func(_ *rand.Rand, s string) string { return strings.TrimSuffix(s, "}") },
		"brace too many": func(_ *rand.Rand, s string) string { return s + "}" },
		"colon missing":  func(r *rand.Rand, s string) string { return swapAt(r, s, `":"`, `" "`) },
		"single quotes":  func(_ *rand.Rand, s string) string { return strings.NewReplacer(`\"`, `"`, `"`, "'").Replace(s) },
		"names without quotes": func(_ *rand.Rand, s string) string {
			return strings.NewReplacer(`"id"`, "id", `"title"`, "title").Replace(s)
		},
		"no value": func(_ *rand.Rand, s string) string {
			return strings.Replace(s, "{", `{"a":,"b":NaN,"c":undefined,"d":-Infinity,"e":0x1f,`, 1)
		},
		"other types": func(_ *rand.Rand, s string) string {
			return strings.Replace(s, "{", `{"tags":{"a":1},"authors":7,"attachments":"x","summary":["a"],`, 1)
		},
		"comments": func(_ *rand.Rand, s string) string {
			return strings.Replace(s, "{", "{ // the \"item\" {\n /* ] } */", 1)
		},
		"quotes in a string": func(_ *rand.Rand, s string) string { return strings.Replace(s, "Ferry", `"Ferry" said`, 1) },
		"lines in a string":  func(_ *rand.Rand, s string) string { return strings.Replace(s, "Ferry", "Ferry\n\n\tline", 1) },
		"escapes unknown":    func(_ *rand.Rand, s string) string { return strings.Replace(s, "Ferry", `Ferry \x41 \' \q \u12`, 1) },
		"half a pair":        func(_ *rand.Rand, s string) string { return strings.Replace(s, "Ferry", `Ferry \ud83d x`, 1) },
		"string not closed":  func(r *rand.Rand, s string) string { return swapAt(r, s, "\",\n", ",\n") },
		"no object":          func(*rand.Rand, string) string { return `"three", 4, null, [5]` },
		"nested too deep": func(_ *rand.Rand, s string) string {
			return strings.Replace(s, "{", `{"x":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+",", 1)
		},
	}
	all := map[string]func(p *pieces, i int){
		"json in a call":      func(p *pieces, _ int) { p.head, p.tail = "/**/callback("+p.head, p.tail+");" },
		"json in a variable":  func(p *pieces, _ int) { p.head, p.tail = "var feed = "+p.head, p.tail+";" },
		"json behind a guard": func(p *pieces, _ int) { p.head = ")]}',\n" + p.head },
		"json behind a loop":  func(p *pieces, _ int) { p.head = "for(;;);" + p.head },
		"json in a page":      func(p *pieces, _ int) { p.head, p.tail = "<html><body><pre>"+p.head, p.tail+"</pre></body></html>" },
		"json head comma":     func(p *pieces, _ int) { p.head = strings.Replace(p.head, "{", `{,"x":[1,2,],`, 1) },
		"json tail lost":      func(p *pieces, _ int) { p.tail = "" },
		"json commas between": func(p *pieces, i int) { p.between(i, ",,"); p.tail = "," + p.tail },
		"json no commas":      func(p *pieces, _ int) { p.sep = "\n" },
		"json head unquoted": func(p *pieces, _ int) {
			p.head = strings.NewReplacer(`"items"`, "items", `"title"`, `'title'`).Replace(p.head)
		},
		"json closed early": func(p *pieces, i int) { p.between(i, "]") },
	}
	out := map[string]damage{}
	for name, change := range items {
		out["json "+name] = damage{false, true, hurtItem(change)}
	}
	for name, do := range all {
		out[name] = damage{false, true, func(_ *testing.T, _ *rand.Rand, p *pieces, i int) { do(p, i) }}
	}
	return out
}

// TestDamageOutside hurts feeds in many ways and places: what lies outside of the
// damage must survive, title, link, id and date.
func TestDamageOutside(t *testing.T) {
	if raced {
		t.Skip("runs for long, on one goroutine")
	}
	t.Parallel()
	const seeds, floor = 24, 0.95
	kinds := damages()
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		good, all, worst := 0, 0, ""
		for _, format := range damageFormats() {
			if kind := kinds[name]; format == "json" && !kind.json || format != "json" && !kind.markup {
				continue
			}
			for seed := range uint64(seeds) {
				r := rand.New(rand.NewPCG(seed, 7))
				p := damaged(format)
				kinds[name].do(t, r, p, r.IntN(damageItems))
				g, a := survivors(p)
				if good, all = good+g, all+a; g < a && worst == "" {
					worst = fmt.Sprintf("%s, seed %d: %d of %d", format, seed, g, a)
				}
			}
		}
		share := float64(good) / float64(all)
		if share < 1 {
			t.Logf("%-26s %5d/%5d  %6.2f %%  %s", name, good, all, 100*share, worst)
		}
		if share < floor {
			t.Errorf("%s: %.2f %% of what lies outside survives, want at least %.0f %%", name, 100*share, 100*floor)
		}
	}
	t.Logf("%d kinds of damage", len(kinds))
}

// survivors counts the checks outside of the damage, and those that hold.
func survivors(p *pieces) (good, all int) {
	doc, err := feed.Parse([]byte(p.String()), nil, "https://harbour.example/feed")
	if err != nil {
		doc = &feed.Document{}
	}
	for n := range damageItems {
		if p.hurt[n] {
			continue
		}
		want := told(n)
		all += 4
		i := slices.IndexFunc(doc.Entries, func(e feed.Entry) bool { return e.GUID == want.GUID })
		if i < 0 {
			continue
		}
		got := doc.Entries[i]
		good++
		if got.Link == want.Link {
			good++
		}
		if title := html.UnescapeString(got.Title); title == want.Title || title == plainTitle(want.Title) {
			good++
		}
		if got.Published.Equal(want.Published) {
			good++
		}
	}
	return good, all
}

// TestDamageIsDone says that each kind of damage changes the document.
func TestDamageIsDone(t *testing.T) {
	t.Parallel()
	for name, kind := range damages() {
		changed := false
		for _, format := range damageFormats() {
			if format == "json" && !kind.json || format != "json" && !kind.markup {
				continue
			}
			p := damaged(format)
			before := p.String()
			kind.do(t, rand.New(rand.NewPCG(1, 7)), p, 3)
			changed = changed || before != p.String()
		}
		if !changed {
			t.Errorf("%s: the document is as before", name)
		}
	}
}
