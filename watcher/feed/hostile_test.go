package feed_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// Bounds on what one poll of a hostile feed may cost, its body included. The time
// is the processor's; a machine with other work needs more of it than an idle one,
// and the race detector ten times as much.
const (
	hostileHeap = 64 << 20
	hostileTime = 5 * time.Second
)

// TestHostileDocuments polls the worst documents that we could think of.
func TestHostileDocuments(t *testing.T) {
	if raced {
		t.Skip("measures what things cost, which the race detector changes")
	}
	nested := func(n int, open, end string) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	counted := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i, i)
		}
		return b.String()
	}
	rssItem := func(inner string) string { return rss("<item><title>t</title>" + inner + "</item>") }
	words := strings.Repeat("the harbour board met & the “ferry” line said ", 20)
	tests := map[string]func() stream{
		"nested namespaces":   func() stream { return whole(rssItem(counted(20_000, `<a xmlns:p%d="http://x.example/%d">`))) },
		"namespaces in a row": func() stream { return whole(rss(counted(100_000, `<a xmlns:p%d="http://x.example/%d"/>`))) },
		"deep nesting": func() stream {
			return whole(rssItem("<description>" + nested(1_000_000, "<div>", "</div>") + "</description>"))
		},
		"deep items":               func() stream { return fill("<rss><channel>", "<item>", "") },
		"deep entries":             func() stream { return fill("<feed>", "<entry><content type='xhtml'>", "") },
		"unclosed elements":        func() stream { return whole(rssItem(strings.Repeat(counted(4000, "<t%d><title %d>"), 10))) },
		"unclosed sections":        func() stream { return fill("<rss>", "<![CDATA[</item>", "") },
		"unclosed section":         func() stream { return fill("<rss><item><title><![CDATA[", "<p>x</p>", "") },
		"unclosed comments":        func() stream { return fill("<rss>", "<!-- <item>", "") },
		"unclosed quotes":          func() stream { return fill("<rss>", `<a b="`, "") },
		"unclosed quotes, one end": func() stream { return fill("<rss>", `<a b="`, ">") },
		"quotes of two kinds":      func() stream { return fill("<rss>", `<a b="<a c='`, ">") },
		"doctypes":                 func() stream { return fill("<rss>", "<!DOCTYPE [", "") },
		"instructions":             func() stream { return fill("<rss>", "<?x ", "") },
		"ampersands": func() stream {
			return fill("<rss><channel><item><description>", "&", "</description></item></channel></rss>")
		},
		"ampersands in items": func() stream {
			return fill("<rss><channel>", "<item><description>"+strings.Repeat("&", 50_000)+"</description></item>", "")
		},
		"ampersands in atom": func() stream {
			return fill("<feed>", "<entry><id>1</id><title>t</title><summary>"+strings.Repeat("&", 50_000)+"</summary></entry>", "")
		},
		"entities": func() stream {
			return fill(`<!DOCTYPE r [<!ENTITY a "`+strings.Repeat("x", 1000)+`">]><rss><channel>`, "<item><description>"+strings.Repeat("&a;", 1000)+"</description></item>", "")
		},
		"nested entities": func() stream {
			return whole(`<!DOCTYPE r [<!ENTITY a "&b;&b;&b;"><!ENTITY b "&a;&a;&a;">]>` + rssItem("<description>&a;</description>"))
		},
		"millions of items": func() stream { return fill("<rss><channel>", "<item/>", "") },
		"huge items": func() stream {
			return fill("<rss><channel>", "<item><title>"+words+"</title><description>"+strings.Repeat(words, 30)+"</description></item>", "")
		},
		"huge items, twice": func() stream {
			return fill("<rss><channel>", "<item><content:encoded>"+strings.Repeat(words, 15)+"</content:encoded><description>"+strings.Repeat(words, 15)+"</description></item>", "")
		},
		"huge title":      func() stream { return fill("<rss><channel><item><title>", "word ", "</title></item></channel></rss>") },
		"huge feed title": func() stream { return fill("<rss><channel><title>", "word ", "</title></channel></rss>") },
		"huge links": func() stream {
			return fill("<rss><channel>", "<item><link>"+strings.Repeat("x/", 50_000)+"</link></item>", "")
		},
		"nested media":       func() stream { return whole(rssItem(strings.Repeat("<media:group>", 75_000))) },
		"names of an author": func() stream { return fill("<feed><entry><author>", "<name>", "") },
		"authors": func() stream {
			return fill("<feed>", "<entry>"+strings.Repeat("<author><name>x</name></author>", 1000)+"</entry>", "")
		},
		"categories": func() stream {
			return fill("<rss>", "<item>"+strings.Repeat("<category>x</category>", 1000)+"</item>", "")
		},
		"links of atom": func() stream {
			return fill("<feed>", "<entry>"+strings.Repeat("<link href='x'/>", 1000)+"</entry>", "")
		},
		"attributes":        func() stream { return fill("<rss><channel><item><link ", "a='b' ", "/></item></channel></rss>") },
		"open tags":         func() stream { return fill("", "<", "") },
		"names":             func() stream { return fill("<rss><item>", "<abcdefgh", "") },
		"many names":        func() stream { return whole(rssItem(counted(200_000, "<a%d:b%d/>"))) },
		"headers":           func() stream { return fill("<rss><channel>", "<x>"+words+"</x>", "</channel></rss>") },
		"blanks":            func() stream { return fill("", " ", "") },
		"controls":          func() stream { return fill("<rss><channel>", "<item><title>\x01a\x02</title></item>", "") },
		"controls all over": func() stream { return fill("<rss><channel><item><title>", "\x01", "") },
		"windows-1252": func() stream {
			return fill("<rss><channel>", "<item><description>"+strings.Repeat("\x96\x80", 50_000)+"</description></item>", "")
		},
		"windows-1252, labelled": func() stream {
			return fill(`<?xml version="1.0" encoding="windows-1252"?><rss><channel>`, "<item><description>"+strings.Repeat("\x96\x80", 50_000)+"</description></item>", "")
		},
		"utf-16": func() stream {
			wide := func(s string) string {
				out, err := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(s)
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			return fill("\xff\xfe"+wide("<rss><channel>"), wide("<item><description>"+strings.Repeat("語", 5000)+"</description></item>"), "")
		},
		"base64": func() stream {
			return fill("<feed>", "<entry><content mode='base64'>"+strings.Repeat("QUFB", 20_000)+"</content></entry>", "")
		},
		"nested json":         func() stream { return fill(`{"items":[`, "[", "") },
		"json without an end": func() stream { return fill(`{"items":[`, `{"id":"1"},`, "") },
		"json of quotes":      func() stream { return fill(`{"items":[`, `"`, "") },
		"json of backslashes": func() stream { return fill(`{"items":["`, `\\`, "") },
		"json of names":       func() stream { return fill(`{`, `"a":1,`, "") },
		"json, huge items": func() stream {
			return fill(`{"items":[`, `{"id":"1","content_text":"`+strings.Repeat("word & ", 20_000)+`"},`, "")
		},
		"json, tags": func() stream {
			return fill(`{"items":[`, `{"id":"1","tags":[`+strings.Repeat(`"x",`, 20_000)+`]},`, "")
		},
		"json, broken items": func() stream {
			return fill(`{"items":[`, `{"id":"1","tags":[`+strings.Repeat(`'x',`, 20_000)+`]},`, "")
		},
		"more than is read": func() stream {
			s := fill("<rss><channel>", "<item><title>"+words+"</title></item>", "")
			s.times *= 3
			return s
		},
	}
	for name, make := range tests {
		t.Run(name, func(t *testing.T) {
			body := make()
			heap, took := cost(func() { pollStream(t, body) })
			t.Logf("%d KiB: %d MiB, %v", body.size()>>10, heap>>20, took.Round(time.Millisecond))
			if heap > hostileHeap || took > hostileTime {
				t.Errorf("%d KiB took %d MiB and %v, want at most %d MiB and %v", body.size()>>10, heap>>20, took, hostileHeap>>20, hostileTime)
			}
		})
	}
}

// stream is a body that comes from the wire: only its parts are in memory.
type stream struct {
	head, unit, tail string
	times            int // of unit
}

func whole(body string) stream { return stream{head: body} }

// fill makes a body as long as is read of one.
func fill(head, unit, tail string) stream {
	const full = 16 << 20
	return stream{head, unit, tail, (full - len(head) - len(tail)) / len(unit)}
}

func (s stream) size() int { return len(s.head) + s.times*len(s.unit) + len(s.tail) }

func (s stream) reader() io.Reader {
	return io.MultiReader(strings.NewReader(s.head), &repeater{unit: s.unit, left: s.times}, strings.NewReader(s.tail))
}

type repeater struct {
	unit     string
	at, left int
}

func (r *repeater) Read(p []byte) (n int, err error) {
	for n < len(p) && r.left > 0 {
		m := copy(p[n:], r.unit[r.at:])
		n += m
		if r.at += m; r.at == len(r.unit) {
			r.at, r.left = 0, r.left-1
		}
	}
	if r.left == 0 && n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// pollStream polls a feed that sends the body, from the wire to the items.
func pollStream(t *testing.T, body stream) {
	p, err := feed.New(feed.Config{
		Now: func() time.Time { return noon },
		Transport: roundTripper(func(r *http.Request) *http.Response {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Request: r, Body: io.NopCloser(body.reader())}
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := p.Poll(t.Context(), feed.Job{Feed: news.Feed{ID: "hostile", URL: address}, RepeatedBlocks: 3, Force: true})
	if r.Err != nil && !errors.Is(r.Err, feed.ErrNotFeed) {
		t.Log(r.Err)
	}
	for _, it := range r.Items {
		if it.ID == "" || len(it.Keys) == 0 {
			t.Errorf("an item is not known by anything: %.200v", it)
		}
	}
}

// cost is how far the heap grew while something ran, and how long that took the
// processor.
func cost(run func()) (heap uint64, took time.Duration) {
	runtime.GC()
	debug.FreeOSMemory()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	before, peak := sample[0].Value.Uint64(), uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64())
			select {
			case <-stop:
				return
			case <-time.After(500 * time.Microsecond):
			}
		}
	}()
	start := cpuTime()
	run()
	took = cpuTime() - start
	close(stop)
	<-done
	return peak - min(before, peak), took
}
