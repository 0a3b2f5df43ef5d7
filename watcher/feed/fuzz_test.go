package feed_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// fuzzTime is what a fuzzed input of at most fuzzBytes may take the processor; it
// takes milliseconds, and would take minutes if the work were quadratic.
const (
	fuzzTime  = 3 * time.Second
	fuzzBytes = 1 << 20
)

// FuzzParse reads two documents of one feed after the other.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		harbour, atom(`<entry><title type="xhtml"><div>x</div></title></entry>`), `{"items":[{"id":1}]}`,
		"<rdf:RDF><item rdf:about='x'/>", "<rss><item><![CDATA[", "<!DOCTYPE x [<!ENTITY a 'b'>]><rss>&a;", "\xff\xfe<\x00r\x00",
		"<pre>&lt;rss&gt;&lt;item&gt;", "x({'items':[{id:1,}]})", rss("<item><title>&#xfdd0;0&#xd83d;</title></item>"),
	} {
		f.Add([]byte(harbour), []byte(s), "text/xml; charset=utf-8", "https://harbour.example/")
	}
	for format := range 5 {
		f.Add([]byte(inventedFeed(format, 1, 3)), []byte(inventedFeed(format, 0, 3)), "", "https://harbour.example/")
	}
	f.Fuzz(func(t *testing.T, before, body []byte, contentType, base string) {
		if len(before)+len(body) > fuzzBytes || !utf8.ValidString(base) || strings.ContainsRune(base, 0) {
			return
		}
		start := cpuTime()
		header := http.Header{"Content-Type": {contentType}, "Link": {contentType}}
		doc, err := feed.Parse(body, header, base)
		if err != nil {
			if !errors.Is(err, feed.ErrNotFeed) { // a panic that was caught
				t.Fatal(err)
			}
			return
		}
		checkDocument(t, doc)
		checkSteady(t, before, body, header, base)
		if took := cpuTime() - start; took > fuzzTime {
			t.Fatalf("took %v", took)
		}
	})
}

// checkDocument says that all texts are clean.
func checkDocument(t *testing.T, doc *feed.Document) {
	texts := []string{doc.Title, doc.Lang, doc.Link, doc.Self, doc.Hub, doc.Next, doc.PrevArchive}
	for _, e := range doc.Entries {
		texts = append(texts, e.GUID, e.Link, e.Title, e.Summary, e.Content, e.Author, e.Lang)
		texts = append(texts, e.Categories...)
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsRune(s, '\ufdd0') || strings.ContainsRune(s, 0) {
			t.Fatalf("a text is not clean: %q", s)
		}
	}
}

// checkSteady says that reading what is new finds what reading all does.
func checkSteady(t *testing.T, before, body []byte, header http.Header, base string) {
	all, r := feed.NewReader(), feed.NewReader()
	j := job(base)
	_, want, err := all.Read(j, body, header, base, noon)
	if err != nil {
		t.Fatal(err)
	}
	had := map[string]news.Item{}
	if state, items, err := r.Read(j, before, header, base, noon); err == nil {
		j.State = state
		for _, it := range items {
			had[it.ID] = it
		}
	}
	_, items, err := r.Read(j, body, header, base, noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		had[it.ID] = it
	}
	for _, it := range want {
		if it.ID == "" || len(it.Keys) == 0 || it.Published.After(noon) || strings.ContainsRune(it.Title+it.Body, 0) {
			t.Fatalf("bad item %+v", it)
		}
		got := had[it.ID]
		if !it.Dated { // then its place among those read decides, by a millisecond
			got.Published = it.Published
		}
		if diff := cmp.Diff(it, got); diff != "" {
			t.Fatalf("item (-all +new):\n%s", diff)
		}
	}
}

// FuzzBody decodes bodies in all codings.
func FuzzBody(f *testing.F) {
	for _, coding := range []string{"gzip", "deflate", "br", "zstd"} {
		f.Add(pack(f, coding, []byte(harbour)), coding)
		f.Add(pack(f, coding, make([]byte, 1<<20)), coding)
		f.Add(pack(f, coding, []byte(harbour))[:100], coding+", gzip")
	}
	f.Add([]byte(harbour), "")
	f.Fuzz(func(t *testing.T, body []byte, coding string) {
		const most = 4 << 20
		start := cpuTime()
		resp := &http.Response{Header: http.Header{"Content-Encoding": {coding}}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
		out, damaged, err := feed.ReadBody(resp, most)
		if len(out) > most || len(out) > 1<<20 && len(out) > 200*len(body)+(64<<10) {
			t.Fatalf("%d bytes became %d", len(body), len(out))
		}
		if err != nil && (out != nil || damaged != nil) {
			t.Fatalf("a body that must not be read, and was: %v", err)
		}
		if coding == "" && !bytes.HasPrefix(body, []byte{0x1f, 0x8b}) && !bytes.Equal(out, body[:min(len(body), most)]) {
			t.Fatal("a plain body was changed")
		}
		if took := cpuTime() - start; took > fuzzTime {
			t.Fatalf("took %v", took)
		}
	})
}
