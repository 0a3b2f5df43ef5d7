//go:build unix && !race

package article_test

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"newswatch/watcher/article"
)

// hostile are pages that are made to cost much. Each is written out until it
// has the size of the largest body that a fetch lets through.
func hostile() map[string][]byte {
	const size = 16 << 20
	repeat := func(s string) []byte { return bytes.Repeat([]byte(s), size/len(s)) }
	numbered := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	after := func(head, s string) []byte { return append([]byte(head), repeat(s)...) }
	return map[string][]byte{
		"text":                    repeat("All work and no play makes a dull page, "),
		"paragraphs":              repeat("<p>All work and no play, said the man, makes a dull page.</p>"),
		"short paragraphs":        repeat("<p>a, b"),
		"deep divs":               append(bytes.Repeat([]byte("<div>"), 100_000), "All work and no play."...),
		"deep divs to the limit":  after(strings.Repeat("<div>", 58), "<p>All work, no play, and more of it.</p>"),
		"depth again and again":   repeat(strings.Repeat("<div>", 58) + "x" + strings.Repeat("</div>", 58)),
		"deep spans":              repeat("<span>a,"),
		"attributes in one tag":   append(append([]byte("<p "), bytes.Repeat([]byte("a=b "), 1_000_000)...), ">x"...),
		"classes in one tag":      append(append([]byte("<p "), bytes.Repeat([]byte("class=b "), 1_000_000)...), ">x"...),
		"attributes in many tags": repeat("<p " + strings.Repeat("class=abc ", 40) + ">x"),
		"one long class":          append(append([]byte(`<p class="`), repeat("related ")...), `">x`...),
		"tables":                  repeat("<table><tr><td>"),
		"a huge table":            after("<table>", "<tr><td>a,<td>b,"),
		"text between rows":       after("<table>", "a<tr>"),
		"formatting, reopened":    after("<p>"+numbered(`<b id=%d>`, 500), "<p>x"),
		"links, reopened":         after("<p><a href=x>", "<p>x, y"),
		"links in tables":         repeat("<a href=x><table><tr><td>"),
		"lists":                   repeat("<ul><li>a, b"),
		"nested lists, closed":    repeat("<ul><li>a, b</ul>"),
		"line breaks":             repeat("<br>"),
		"text with line breaks":   repeat("a, b<br><br>"),
		"open comments":           repeat("<!--"),
		"comments":                repeat("<!---->"),
		"open scripts":            repeat("<script>"),
		"open drawings":           repeat("<svg>"),
		"open drawings and ends":  repeat("<svg></x>"),
		"open titles":             repeat("<title>"),
		"quotes":                  repeat(`<a href="`),
		"less-than signs":         repeat("<"),
		"ampersands":              repeat("&"),
		"entities":                repeat("&lt;"),
		"headings":                repeat("<h1>a</h1>"),
		"articles":                repeat("<article><h2><a href=/x>a</a></h2><p>b"),
		"articles in articles":    after("<article><h1>a</h1>", "<article><h2><a href=/x>a, b</a></h2>"),
		"boxes":                   repeat("<div class=related><a href=/x>a</a> b</div>"),
		"linked data":             repeat(`<script type="application/ld+json">{"@type":"NewsArticle","articleBody":"a"}</script>`),
		"deep linked data":        append([]byte(`<script type="application/ld+json">`), bytes.Repeat([]byte(`[`), 500_000)...),
		"long linked data":        []byte(`<script type="application/ld+json">{"@type":"NewsArticle","articleBody":"` + strings.Repeat("a, ", 170_000) + `"}</script>`),
		"nested linked data":      []byte(`<script type="application/ld+json">` + strings.Repeat(`{"@graph":`, 9_000) + "1" + strings.Repeat("}", 9_000) + `</script>`),
		"another encoding":        append([]byte(`<meta charset="shift_jis">`), bytes.Repeat([]byte{0x83, 0x41}, size/2)...),
		"selects":                 repeat("<select><option>"),
		"templates":               repeat("<template>"),
		"forms":                   repeat("<form><input>"),
		"framesets":               repeat("<frameset><frame>"),
		"custom elements":         repeat("<x-y>a, b"),
		"definition lists":        repeat("<dl><dt>a<dd>b"),
		"bodies":                  repeat("<body class=a><html class=b>"),
		"quotations":              repeat("<blockquote>a, b, c, d"),
		"figures":                 repeat("<figure><figcaption>a, b"),
		"sections":                repeat("<section><p>All work and no play, and more.</section>"),
	}
}

// What a page may cost. The CPU time is twice the goal of a second, as machines
// differ; what is not linear in a page takes minutes.
const (
	maxCPU  = 2 * time.Second
	maxPeak = 64 << 20 // bytes
)

// TestHostilePagesCostLittle is not parallel: it measures the whole process.
func TestHostilePagesCostLittle(t *testing.T) {
	for name, body := range hostile() {
		t.Run(name, func(t *testing.T) {
			p := article.Page{URL: "https://a.example/b", Body: body, Header: http.Header{"Content-Type": {"text/html"}}}
			cpu, peak := cost(func() { article.Extract(p) })
			t.Logf("%4d ms, %4.1f MiB", cpu.Milliseconds(), float64(peak)/(1<<20))
			if cpu > maxCPU || peak > maxPeak {
				t.Errorf("took %s and %d bytes, want at most %s and %d", cpu, peak, maxCPU, maxPeak)
			}
		})
	}
}

// cost measures the CPU time of a call, and by how much the live heap grew.
func cost(do func()) (cpu time.Duration, peak uint64) {
	// The collector runs early, so that what is measured is alive.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				runtime.ReadMemStats(&now)
				if now.HeapAlloc > before.HeapAlloc {
					peak = max(peak, now.HeapAlloc-before.HeapAlloc)
				}
			}
		}
	}()
	start := used()
	do()
	cpu = used() - start
	close(stop)
	<-done
	return cpu, peak
}

func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
