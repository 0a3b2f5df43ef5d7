package article_test

import (
	"bytes"
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/text/encoding/htmlindex"

	"newswatch/news"
	"newswatch/watcher/article"
)

// page is one labelled page of testdata/pages: invented, in the layouts that
// news sites use.
type page struct {
	name, url, final, charset string
	title, body               string   // as the feed has them
	html                      []byte   // in its own encoding
	want, not                 []string // what the article must hold and must not
	fallback                  bool     // the feed's own text must stay,
	why                       string   // for a reason that holds this
}

func pages(t testing.TB) (all []page) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "pages", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no labelled pages: %v", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p := page{name: strings.TrimSuffix(filepath.Base(file), ".txtar")}
		for _, f := range a.Files {
			s := strings.TrimSpace(string(f.Data))
			switch f.Name {
			case "url":
				p.url = s
			case "final":
				p.final = s
			case "charset":
				p.charset = s
			case "feed":
				p.title, p.body, _ = strings.Cut(s, "\n")
			case "page.html":
				p.html = f.Data
			case "want":
				p.want = strings.Split(s, "\n")
			case "not":
				p.not = strings.Split(s, "\n")
			case "fallback":
				p.fallback, p.why = true, s
			default:
				t.Fatalf("%s: unknown part %s", file, f.Name)
			}
		}
		p.encode(t)
		all = append(all, p)
	}
	return all
}

func (p *page) encode(t testing.TB) {
	if p.final == "" {
		p.final = p.url
	}
	if p.charset == "" {
		return
	}
	enc, err := htmlindex.Get(p.charset)
	if err != nil {
		t.Fatal(err)
	}
	if p.html, err = enc.NewEncoder().Bytes(p.html); err != nil {
		t.Fatal(err)
	}
}

func (p page) item() news.Item {
	it := news.Item{ID: p.name, Title: p.title, Body: strings.TrimSpace(p.body), URL: p.url}
	it.Revise()
	return it
}

// served answers with the page, without robots.txt.
func (p page) served(_ context.Context, _ news.Feed, url, _ string) (article.Page, error) {
	if url != p.url {
		return article.Page{Status: http.StatusNotFound}, nil
	}
	header := http.Header{"Content-Type": {"text/html"}}
	return article.Page{URL: p.final, Status: http.StatusOK, Header: header, Body: p.html}, nil
}

// What was reached. One wrong sentence of 143 is left: a line in small print
// below a text without any structure.
const (
	leastPrecision = 0.99
	leastRecall    = 1.0
)

func own(string) bool { return true }

// TestQuality measures the sentences that come out of labelled pages, and fails
// when fewer of the right or more of the wrong ones do than once did.
func TestQuality(t *testing.T) {
	t.Parallel()
	var hit, want, wrong int
	for _, p := range pages(t) {
		it := p.item()
		revision := it.Revision
		items := []news.Item{it}
		out := article.New(article.Config{Get: p.served, Own: own}).Read(t.Context(), news.Feed{ID: "f"}, items)[0]
		it = items[0]
		if !out.Settled || it.Revision != revision {
			t.Errorf("%s: settled %v, revision kept %v, want both", p.name, out.Settled, it.Revision == revision)
		}
		if p.fallback {
			if out.Full || it.Body != strings.TrimSpace(p.body) || !strings.Contains(out.Why, p.why) {
				t.Errorf("%s: got full %v, why %q, want the feed's own text because of %q:\n%s", p.name, out.Full, out.Why, p.why, it.Body)
			}
			continue
		}
		if !out.Full {
			t.Errorf("%s: fell back: %s", p.name, out.Why)
		}
		got := squeeze(it.Body)
		missed, wronged := misses(got, p.want), finds(got, p.not)
		want += len(p.want)
		hit += len(p.want) - len(missed)
		wrong += len(wronged)
		t.Logf("%-12s recall %d/%d, wrong %d", p.name, len(p.want)-len(missed), len(p.want), len(wronged))
		for _, s := range missed {
			t.Logf("    misses %q", s)
		}
		for _, s := range wronged {
			t.Logf("    holds %q", s)
		}
	}
	precision, recall := float64(hit)/float64(hit+wrong), float64(hit)/float64(want)
	t.Logf("precision %.3f, recall %.3f of %d sentences", precision, recall, want)
	if precision < leastPrecision || recall < leastRecall {
		t.Errorf("got precision %.3f and recall %.3f, want at least %.3f and %.3f", precision, recall, leastPrecision, leastRecall)
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func misses(got string, want []string) (missed []string) {
	for _, s := range want {
		if !strings.Contains(got, squeeze(s)) {
			missed = append(missed, s)
		}
	}
	return missed
}

func finds(got string, not []string) (found []string) {
	for _, s := range not {
		if strings.Contains(got, squeeze(s)) {
			found = append(found, s)
		}
	}
	return found
}

func BenchmarkExtract(b *testing.B) {
	var set []article.Page
	size := 0
	for _, p := range pages(b) {
		if p.charset != "" {
			continue
		}
		// A page of today is nine tenths script.
		script := append(append([]byte("<script>"), bytes.Repeat([]byte("window.x=[1,2,3];"), 9*len(p.html)/17)...), "</script>"...)
		body := append(script, p.html...)
		set = append(set, article.Page{URL: p.url, Body: body, Header: http.Header{"Content-Type": {"text/html"}}})
		size += len(body)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range set {
			article.Extract(p)
		}
	}
}
