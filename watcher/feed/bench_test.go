package feed_test

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
	"golang.org/x/sys/unix"

	"newswatch/watcher/feed"
)

var captures = flag.String("corpus", "", "folder of labelled feeds, whose real captures are measured too")

// document is a feed to measure with, and how it was two items ago.
type document struct {
	body, before []byte
	items        int
}

// generated are feeds as they are in the wild: RSS with texts in CDATA, RSS with
// escaped markup, short RSS, Atom with XHTML, RDF.
func generated() []document {
	const items = 31
	var all []document
	for kind := range 5 {
		all = append(all, document{
			body:   []byte(inventedFeed(kind, 0, items)),
			before: []byte(inventedFeed(kind, 2, items)),
			items:  items,
		})
	}
	return all
}

// inventedFeed writes a feed of some kind whose newest item is skipped ones older.
func inventedFeed(kind, skipped, items int) string {
	var out strings.Builder
	heads := [...]string{
		`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Harbour Post</title><atom:link href="https://harbour.example/feed" rel="self"/><link>https://harbour.example</link>`,
		`<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour Post</title><link rel="self" href="https://harbour.example/feed"/><link href="https://harbour.example/"/><id>tag:harbour.example,2027:feed</id>`,
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://harbour.example/"><title>Harbour Post</title><link>https://harbour.example/</link></channel>`,
	}
	tails := [...]string{"</channel></rss>", "</feed>", "</rdf:RDF>"}
	envelope := [...]int{0, 0, 0, 1, 2}[kind]
	out.WriteString(heads[envelope])
	fmt.Fprintf(&out, "<lastBuildDate>%d</lastBuildDate>\n", skipped)
	for i := range items {
		inventedItem(&out, kind, 1000-skipped-i)
	}
	out.WriteString(tails[envelope])
	return out.String()
}

func inventedItem(out *strings.Builder, kind, n int) {
	r := rand.New(rand.NewPCG(uint64(kind), uint64(n)))
	words := func(count int) string {
		vocabulary := strings.Fields("the harbour board met ferry operators on Monday after crews said that ice, fog & storms had closed two piers of the old port — “again”, as Ada Quill put it; trains to Nordhavn run hourly until the bridge opens")
		var b strings.Builder
		for i := range count {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(vocabulary[r.IntN(len(vocabulary))])
		}
		return b.String()
	}
	html := func(paragraphs int) string {
		var b strings.Builder
		for range paragraphs {
			fmt.Fprintf(&b, "<p>%s <a href=\"https://harbour.example/%d?a=1&amp;b=2\" class=\"more\">%s</a> %s.</p>\n", words(25), r.IntN(1e6), words(3), words(20))
		}
		return strings.ReplaceAll(b.String(), " & ", " &amp; ")
	}
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	when := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Hour)
	link := fmt.Sprintf("https://harbour.example/news/2027/03/%d-%s", n, strings.ReplaceAll(strings.Trim(escape(words(4)), ",;"), " ", "-"))
	switch kind {
	case 0:
		fmt.Fprintf(out, "<item>\n<title>%s</title>\n<link>%s</link>\n<dc:creator><![CDATA[Ada Quill]]></dc:creator>\n<pubDate>%s</pubDate>\n<category><![CDATA[Port]]></category>\n<category><![CDATA[Weather]]></category>\n<guid isPermaLink=\"false\">https://harbour.example/?p=%d</guid>\n<description><![CDATA[%s]]></description>\n<content:encoded><![CDATA[%s]]></content:encoded>\n<media:content url=\"https://harbour.example/%d.jpg\" medium=\"image\"><media:title type=\"html\">Pier</media:title></media:content>\n</item>\n",
			escape(words(9)), link, when.Format(time.RFC1123Z), n, html(1), html(8), n)
	case 1:
		fmt.Fprintf(out, "<item><title>%s</title><link>%s</link><description>%s</description><pubDate>%s</pubDate><guid>%s</guid></item>\n",
			escape(words(9)), link, escape(html(2)), when.Format(time.RFC1123), link)
	case 2:
		fmt.Fprintf(out, "<item><title><![CDATA[%s]]></title><description><![CDATA[%s]]></description><link>%s?at_medium=RSS&amp;at_campaign=KARANGA</link><guid isPermaLink=\"false\">%s#0</guid><pubDate>%s</pubDate><media:thumbnail width=\"240\" height=\"135\" url=\"https://harbour.example/%d.jpg\"/></item>\n",
			words(8), words(22), link, link, when.Format(time.RFC1123), n)
	case 3:
		fmt.Fprintf(out, "<entry><id>tag:harbour.example,2027:%d</id><title>%s</title><link rel=\"alternate\" type=\"text/html\" href=\"%s\"/><published>%s</published><updated>%s</updated><author><name>Ada Quill</name></author><category term=\"port\"/><content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">%s</div></content></entry>\n",
			n, escape(words(9)), link, when.Format(time.RFC3339), when.Format(time.RFC3339), html(4))
	case 4:
		fmt.Fprintf(out, "<item rdf:about=\"%s\"><title>%s</title><link>%s</link><description>%s</description><dc:date>%s</dc:date><dc:creator>Desk</dc:creator><dc:subject>Port</dc:subject></item>\n",
			link, escape(words(9)), link, escape(words(40)), when.Format(time.RFC3339))
	}
}

// capturedDocuments are the real feeds of the corpus from 8 KiB on. How one was two items
// ago is made up: without the first two; now it lacks two near the end.
func capturedDocuments(b *testing.B) []document {
	if *captures == "" {
		b.Skip("name a folder of labelled feeds with -corpus to measure real captures")
	}
	var all []document
	eachLine(b, filepath.Join(*captures, "files.jsonl"), func(f corpusFile) {
		body, err := os.ReadFile(filepath.Join(*captures, f.File))
		if err != nil {
			b.Fatal(err)
		}
		doc, err := feed.Parse(body, nil, "")
		if !f.Real || f.Root == "json" || len(body) < 8<<10 || err != nil || len(doc.Entries) < 5 {
			return
		}
		starts := itemStarts(body)
		if n := len(starts); n == len(doc.Entries) {
			before := append(bytes.Clone(body[:starts[0]]), body[starts[2]:]...)
			now := append(bytes.Clone(body[:starts[n-3]]), body[starts[n-1]:]...)
			all = append(all, document{body: now, before: before, items: n - 2})
		}
	})
	return all
}

// itemStarts is where the items of a well-formed feed start.
func itemStarts(body []byte) (starts []int) {
	for _, tag := range []string{"<item>", "<item ", "<entry>", "<entry "} {
		for from := 0; ; {
			i := bytes.Index(body[from:], []byte(tag))
			if i < 0 {
				break
			}
			starts = append(starts, from+i)
			from += i + len(tag)
		}
	}
	slices.Sort(starts)
	return starts
}

// eachSet measures the generated feeds and, when there are some, the captured.
func eachSet(b *testing.B, measure func(b *testing.B, docs []document)) {
	b.Run("generated", func(b *testing.B) { measure(b, generated()) })
	b.Run("captured", func(b *testing.B) { measure(b, capturedDocuments(b)) })
}

// report measures by the processor's time of this process, garbage collection
// included. As the machine may have other work, which slows the caches too, it
// reports the best of many stretches of 30 ms.
func report(b *testing.B, docs []document, newItems int, do func(d *document)) {
	const stretch = 30 * time.Millisecond
	var size, items int
	for i := range docs {
		size += (len(docs[i].body) + len(docs[i].before)) / 2
		items += docs[i].items
	}
	if newItems > 0 {
		items = newItems
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	best, rounds, since := 0.0, 0, 0
	start := cpuTime()
	for b.Loop() {
		for i := range docs {
			do(&docs[i])
		}
		rounds, since = rounds+1, since+1
		if now := cpuTime(); now-start > stretch {
			best = max(best, float64(size)*float64(since)/1e6/(now-start).Seconds())
			start, since = now, 0
		}
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(best, "MB/cpu-s")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(rounds*items), "allocs/item")
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// BenchmarkGofeed is plain gofeed, for comparison.
func BenchmarkGofeed(b *testing.B) {
	eachSet(b, func(b *testing.B, docs []document) {
		p := gofeed.NewParser()
		report(b, docs, 0, func(d *document) {
			if _, err := p.Parse(bytes.NewReader(d.body)); err != nil && *captures == "" {
				b.Fatal(err)
			}
		})
	})
}

// BenchmarkCold reads all of a document.
func BenchmarkCold(b *testing.B) {
	eachSet(b, func(b *testing.B, docs []document) {
		report(b, docs, 0, func(d *document) {
			if _, err := feed.Parse(d.body, nil, ""); err != nil {
				b.Fatal(err)
			}
		})
	})
}

// BenchmarkSteady takes each document from its received body to its two new items:
// hash of the body, charset, cut, hashes of the items, and all that makes an item
// of the new ones. A feed goes back and forth between two documents, each of which
// has two items that the other one lacks.
func BenchmarkSteady(b *testing.B) { steady(b, true) }

// BenchmarkSteadyWithoutSum leaves out the hash of the body, whose cost is that of
// BenchmarkUnchanged.
func BenchmarkSteadyWithoutSum(b *testing.B) { steady(b, false) }

func steady(b *testing.B, summed bool) {
	eachSet(b, func(b *testing.B, docs []document) {
		r := feed.NewReader()
		jobs := make([]feed.Job, len(docs))
		for i, d := range docs {
			jobs[i] = job(address)
			jobs[i].Feed.ID = fmt.Sprint(i)
			jobs[i].State, _, _ = r.Read(jobs[i], d.before, nil, address, noon)
		}
		found, polls := 0, 0
		report(b, docs, 2*len(docs), func(d *document) {
			var sum [sha256.Size]byte
			if summed {
				sum = sha256.Sum256(d.body)
			}
			j := &jobs[polls%len(docs)]
			state, items, err := r.Read(*j, d.body, nil, address, noon)
			if err != nil || string(sum[:]) == j.State.BodyHash {
				b.Fatal(err)
			}
			j.State = state
			d.body, d.before = d.before, d.body
			found, polls = found+len(items), polls+1
		})
		b.ReportMetric(float64(found)/float64(polls), "new/poll")
		b.ReportMetric(float64(r.Bytes())/float64(len(docs)), "held-B/feed")
	})
}

// BenchmarkUnchanged finds out that a body is the one of last time.
func BenchmarkUnchanged(b *testing.B) {
	eachSet(b, func(b *testing.B, docs []document) {
		report(b, docs, 0, func(d *document) {
			if sum := sha256.Sum256(d.body); sum == [32]byte{} {
				b.Fatal("no sum")
			}
		})
	})
}
