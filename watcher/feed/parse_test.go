package feed_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"newswatch/watcher/feed"
)

func parse(t testing.TB, body string) *feed.Document {
	t.Helper()
	doc, err := feed.Parse([]byte(body), nil, "https://harbour.example/feeds/rss")
	if err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	return doc
}

func rss(items string) string {
	return `<rss version="2.0"><channel><title>Harbour Post</title>` + items + `</channel></rss>`
}

func atom(entries string) string {
	return `<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour Post</title>` + entries + `</feed>`
}

func TestCharset(t *testing.T) {
	t.Parallel()
	const word = "Čerstvé zprávy – “Ďáblova ocel”"
	text := func(label, s string) string {
		return `<?xml version="1.0" encoding="` + label + `"?>` + rss("<item><title>"+s+"</title></item>")
	}
	in := func(enc encoding.Encoding, s string) string {
		out, err := enc.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	little := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	bare := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	tests := map[string]struct{ body, header, want string }{
		"utf-8":                       {text("utf-8", word), "", word},
		"no label":                    {rss("<item><title>" + word + "</title></item>"), "", word},
		"byte order mark":             {"\ufeff" + text("iso-8859-1", word), "", word},
		"utf-8 labelled latin":        {text("iso-8859-1", word), "", word},
		"utf-8 labelled utf-16":       {text("utf-16", word), "", word},
		"utf-8 labelled nonsense":     {text("utf8mb4", word), "text/xml; charset=us-ascii", word},
		"windows-1250":                {in(charmap.Windows1250, text("windows-1250", word)), "", word},
		"windows-1250 in the header":  {in(charmap.Windows1250, rss("<item><title>"+word+"</title></item>")), "text/xml; charset=windows-1250", word},
		"header with a slip":          {in(charmap.Windows1250, rss("<item><title>"+word+"</title></item>")), "text/xml; charset:windows-1250", word},
		"windows-1252 labelled utf-8": {in(charmap.Windows1252, text("utf-8", "café – “déjà vu”")), "", "café – “déjà vu”"},
		"utf-16 with a mark":          {in(little, text("utf-16", word)), "", word},
		"utf-16 without a mark":       {in(bare, text("utf-16", word)), "", word},
		"utf-32":                      {in(utf32.UTF32(utf32.BigEndian, utf32.UseBOM), text("utf-32", word)), "", word},
		"shift_jis":                   {in(japanese.ShiftJIS, text("shift_jis", "速報です")), "", "速報です"},
		"iso-2022-jp":                 {in(japanese.ISO2022JP, text("iso-2022-jp", "速報です")), "", "速報です"},
		"euc-kr":                      {in(korean.EUCKR, text("euc-kr", "속보입니다")), "", "속보입니다"},
		"one bad byte in utf-8":       {text("utf-8", "Přístav žije \x96 zprávy"), "", "Přístav žije – zprávy"},
		"control characters":          {text("utf-8", "Fer\x00ry \x0bstrike\x1f"), "", "Ferry strike"},
		"references to controls":      {text("utf-8", "Ferry&#x0C; strike&#11;"), "", "Ferry strike"},
		"references to windows-1252":  {text("utf-8", "don&#146;t"), "", "don’t"},
		"controls that meant 1252":    {text("utf-8", "don\u0092t"), "", "don’t"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := feed.Parse([]byte(tc.body), http.Header{"Content-Type": {tc.header}}, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.Entries[0].Title; got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	const good = "<item><title>Second</title><link>https://harbour.example/2</link></item>"
	first := func(inner string) string { return rss("<item>" + inner + "</item>" + good) }
	tests := map[string]struct {
		body      string
		want      string // the first title
		recovered bool
	}{
		"bare ampersand":              {first("<title>Fish & chips &co; &</title>"), "Fish & chips &co; &", false},
		"undeclared entities":         {first("<title>caf&eacute; &mdash; a&nbsp;b &hellip;</title>"), "café — a\u00a0b …", false},
		"declared entity":             {`<!DOCTYPE rss [<!ENTITY hp "Harbour &#38; Post">]>` + first("<title>&hp;</title>"), "Harbour & Post", false},
		"raw markup":                  {first("<title>The <i>Aurora</i> sails</title>"), "The <i>Aurora</i> sails", false},
		"less-than in text":           {first("<title>5 < 6 and <3</title>"), "5 < 6 and <3", false},
		"unclosed title":              {first("<title>First<link>https://harbour.example/1</link>"), "First", false},
		"unclosed item":               {rss("<item><title>First</title>" + good), "First", false},
		"unclosed section":            {first("<title><![CDATA[First</title>"), "First</title>", false},
		"two sections":                {first("<title><![CDATA[Fir]]><![CDATA[st]]></title>"), "First", false},
		"text around a section":       {first("<title> a &amp; <![CDATA[b &amp; c]]></title>"), "a & b &amp; c", false},
		"junk before":                 {"<br />\n<b>Warning</b>: cannot modify header in <b>/x.php</b><br />\n" + first("<title>First</title>"), "First", false},
		"blank lines before":          {"\n\n  " + `<?xml version="1.0"?>` + first("<title>First</title>"), "First", false},
		"junk behind":                 {first("<title>First</title>") + "<script>x()</script><item><title>no</title></item>", "First", false},
		"XML 1.1":                     {`<?xml version="1.1"?>` + first("<title>First</title>"), "First", false},
		"capitals":                    {strings.NewReplacer("item", "ITEM", "title", "Title", "rss", "RSS").Replace(first("<title>First</title>")), "First", false},
		"undeclared prefix":           {first("<dc:date>2027-03-01</dc:date><x:y>z</x:y><title>First</title>"), "First", false},
		"strange names for the usual": {`<rss xmlns:q="http://purl.org/dc/elements/1.1/"><channel><item><q:title>First</q:title></item>` + good + "</channel></rss>", "First", false},
		"cut behind an item":          {strings.TrimSuffix(first("<title>First</title>"), "</channel></rss>"), "First", true},
		"lost its head":               {"<item><title>First</title></item>" + good, "First", true},
		"prefixed root":               {`<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel/><item r:about="x"><title>First</title></item>` + good + "</r:RDF>", "First", false},
		"a long comment first":        {"<!--" + strings.Repeat(" x ", 5000) + "-->" + first("<title>First</title>"), "First", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := parse(t, tc.body)
			if got := doc.Entries[0].Title; got != tc.want || doc.Recovered != tc.recovered {
				t.Errorf("got %q, recovered %v; want %q, %v", got, doc.Recovered, tc.want, tc.recovered)
			}
			if len(doc.Entries) != 2 || doc.Entries[1].Title != "Second" {
				t.Errorf("the next item was hurt: %+v", doc.Entries)
			}
		})
	}
}

// TestCutAnywhere cuts a feed at each byte: whole items are kept, half ones are
// not made up.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	whole := parse(t, harbour)
	for i := range len(harbour) {
		doc, err := feed.Parse([]byte(harbour[:i]), nil, "https://harbour.example/feeds/rss")
		if err != nil {
			continue
		}
		n := len(doc.Entries)
		if diff := cmp.Diff(whole.Entries[:n], doc.Entries, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("cut at %d (-want +got):\n%s", i, diff)
		}
		if want := strings.Count(harbour[:i], "</item"); n != want {
			t.Fatalf("cut at %d: got %d entries, want %d", i, n, want)
		}
		if !doc.Recovered && i < len(harbour)-len("</channel></rss>") {
			t.Fatalf("cut at %d: not marked as recovered", i)
		}
	}
}

func TestNotFeeds(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a page":         "<!DOCTYPE html><html><head><title>Consent</title></head><body>Cookies?</body></html>",
		"nothing":        "",
		"blanks":         " \n ",
		"text":           "404 page not found",
		"other XML":      "<opml version='2.0'><body/></opml>",
		"other JSON":     `{"error":"not found"}`,
		"a JSON list":    `[1,2]`,
		"bytes":          "\x89PNG\r\n\x1a\n\x00\x00",
		"a lone bracket": "<",
	} {
		if _, err := feed.Parse([]byte(body), nil, ""); !errors.Is(err, feed.ErrNotFeed) {
			t.Errorf("%s: got %v, want %v", name, err, feed.ErrNotFeed)
		}
	}
}

func TestVocabularies(t *testing.T) {
	t.Parallel()
	day := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		body string
		want feed.Entry
	}{
		"guid as link": {
			rss(`<item><guid>https://harbour.example/1</guid></item>`),
			feed.Entry{GUID: "https://harbour.example/1", Link: "https://harbour.example/1"},
		},
		"guid that is no link": {
			rss(`<item><guid isPermaLink="false">https://harbour.example/1</guid></item>`),
			feed.Entry{GUID: "https://harbour.example/1"},
		},
		"rdf:about": {
			`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>H</title></channel>` +
				`<item rdf:about="urn:h:1"><link>https://harbour.example/1</link><dc:date>2027-03-01T10:00:00+01:00</dc:date><dc:creator>Ada</dc:creator><dc:subject>sea</dc:subject></item></rdf:RDF>`,
			feed.Entry{GUID: "urn:h:1", Link: "https://harbour.example/1", Author: "Ada", Published: day, Updated: day, Categories: []string{"sea"}},
		},
		"relative link": {
			rss(`<item><link>news/1</link></item>`),
			feed.Entry{Link: "https://harbour.example/feeds/news/1"},
		},
		"relative to the site": {
			`<rss><channel><link>https://www.harbour.example/en/</link><item><link>news/1</link></item></channel></rss>`,
			feed.Entry{Link: "https://www.harbour.example/en/news/1"},
		},
		"relative to xml:base": {
			`<rss xml:base="https://a.example/x/"><channel><link>https://b.example/</link><item xml:base="y/"><link>1</link></item></channel></rss>`,
			feed.Entry{Link: "https://a.example/x/y/1"},
		},
		"original link behind a counter": {
			`<rss xmlns:f="http://rssnamespace.org/feedburner/ext/1.0"><channel><item><link>https://count.example/1</link><f:origLink>https://harbour.example/1</f:origLink></item></channel></rss>`,
			feed.Entry{Link: "https://harbour.example/1"},
		},
		"texts under other names": {
			rss(`<item><description>Short</description><fullitem><![CDATA[<p>Long</p>]]></fullitem></item>`),
			feed.Entry{Summary: "Short", Content: "<p>Long</p>"},
		},
		"xhtml body": {
			rss(`<item><body xmlns="http://www.w3.org/1999/xhtml"><p>Long</p></body></item>`),
			feed.Entry{Content: "<p>Long</p>"},
		},
		"media group": {
			rss(`<item xmlns:media="http://search.yahoo.com/mrss/"><media:group><media:title>T</media:title><media:description>D</media:description></media:group></item>`),
			feed.Entry{Title: "T", Summary: "D"},
		},
		"atom": {
			atom(`<author><name>Desk</name></author><entry xml:lang="de-AT"><id>tag:1</id><link rel="self" href="/s"/><link href="/1"/><title type="text">a &lt; b</title>` +
				`<published>2027-03-01T09:00:00Z</published><category term="sea" label="Sea"/><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content></entry>`),
			feed.Entry{GUID: "tag:1", Link: "https://harbour.example/1", Title: "a &lt; b", Author: "Desk", Lang: "de",
				Published: day, Categories: []string{"Sea"}, Content: "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>x</p></div>"},
		},
		"atom id byte for byte": {
			atom(`<entry><id>HTTP://Harbour.example/a b</id></entry>`),
			feed.Entry{GUID: "HTTP://Harbour.example/a b"},
		},
		"atom 0.3": {
			`<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><id>1</id><issued>2027-03-01T09:00:00Z</issued><modified>2027-03-01T09:00:00Z</modified><content mode="base64" type="text/html">PHA+eDwvcD4=</content></entry></feed>`,
			feed.Entry{GUID: "1", Published: day, Updated: day, Content: "<p>x</p>"},
		},
		"json with loose types": {
			`{"version":"https://jsonfeed.org/version/1.1","items":[{"id":7,"url":"/1","title":"a < b","content_text":"x","authors":{"name":"Ada"},"attachments":"none","tags":"sea","date_published":"2027-03-01T09:00:00Z"}]}`,
			feed.Entry{GUID: "7", Link: "https://harbour.example/1", Title: "a &lt; b", Content: "x", Author: "Ada", Published: day, Categories: []string{"sea"}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := parse(t, tc.body)
			if len(doc.Entries) != 1 {
				t.Fatalf("got %d entries", len(doc.Entries))
			}
			if diff := cmp.Diff(tc.want, doc.Entries[0]); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBrokenJSON(t *testing.T) {
	t.Parallel()
	doc := parse(t, `{"title":"H","items":[{"id":"1"},{"id":"2"},"three",{"id":"4","ti`)
	if len(doc.Entries) != 2 || !doc.Recovered || doc.Title != "H" {
		t.Errorf("got %+v", doc)
	}
}

func TestHugeFeed(t *testing.T) {
	t.Parallel()
	doc := parse(t, rss(strings.Repeat("<item><title>x</title></item>", 2000)))
	if len(doc.Entries) != 500 || doc.Recovered {
		t.Errorf("got %d entries, recovered %v; want 500 and a whole document", len(doc.Entries), doc.Recovered)
	}
}

// The older formats say in attributes, or more than once, what others say in one
// element.
func TestChanged(t *testing.T) {
	t.Parallel()
	want := time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC)
	for name, body := range map[string]string{
		"channel definition": `<CHANNEL HREF="https://h.example/"><ITEM HREF="/1" LASTMOD="2027-03-01T12:00:00+02:00"><TITLE>Pier</TITLE></ITEM></CHANNEL>`,
		"the last of two": `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Pier</title><link href="https://h.example/1"/>` +
			`<updated>2027-01-01T00:00:00Z</updated><updated>2027-03-01T10:00:00Z</updated><updated/></entry></feed>`,
	} {
		doc, err := feed.Parse([]byte(body), nil, "https://h.example/feed")
		if err != nil || len(doc.Entries) != 1 {
			t.Fatalf("%s: %v, %v", name, doc, err)
		}
		if e := doc.Entries[0]; !e.Updated.Equal(want) || e.Link != "https://h.example/1" || e.Title != "Pier" {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}
