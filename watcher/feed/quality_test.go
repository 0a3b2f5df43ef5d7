package feed_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"html"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	nethtml "golang.org/x/net/html"

	"newswatch/watcher/feed"
)

var results = flag.String("results", "", "write what was read of each file of the corpus here, as JSON lines")

// corpus is the folder of labelled feeds; tests that measure are skipped
// without it.
func corpus(t testing.TB) string {
	t.Helper()
	shared := os.Getenv("NEWSWATCH_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(shared, "corpus", "feeds")
	if _, err := os.Stat(filepath.Join(dir, "files.jsonl")); err != nil {
		t.Skipf("no labelled feeds in %s: set NEWSWATCH_SHARED to measure quality", dir)
	}
	return dir
}

func eachLine[T any](t testing.TB, path string, do func(T)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		do(v)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
}

type corpusFile struct {
	File    string
	Source  string
	Real    bool
	Root    string
	Headers map[string]string
}

type expectation struct {
	File   string
	Kind   string
	Entry  int
	Value  any
	Text   string
	Prefix bool
	Oracle string
}

type line struct {
	File string `json:"file"`
	OK   bool   `json:"ok"`
	Err  string `json:"err,omitempty"`
	*feed.Document
}

// TestQuality measures Parse on labelled feeds and fails when it falls behind
// what it once reached.
func TestQuality(t *testing.T) {
	dir := corpus(t)
	docs := readCorpus(t, dir)
	if *results != "" {
		writeResults(t, docs)
	}
	hit, all := map[string]int{}, map[string]int{}
	eachLine(t, filepath.Join(dir, "expectations.jsonl"), func(e expectation) {
		kinds := []string{"all", "kind " + e.Kind, "oracle " + e.Oracle}
		for _, k := range kinds {
			all[k]++
			if meets(docs[e.File], e) {
				hit[k]++
			}
		}
	})
	for _, k := range slices.Sorted(maps.Keys(all)) {
		t.Logf("%-22s %5d/%5d  %.2f %%", k, hit[k], all[k], 100*float64(hit[k])/float64(all[k]))
	}
	for kind, floor := range map[string]float64{
		"all": 0.996, "oracle mutated": 1, "oracle strict-xml": 1, "oracle rss-parser": 1, "oracle feedparser": 0.984,
		"kind count": 1, "kind min_count": 1, "kind title": 0.992, "kind link": 0.997, "kind id": 0.998,
		"kind published": 1, "kind updated": 0.984,
	} {
		if got := float64(hit[kind]) / float64(all[kind]); got < floor {
			t.Errorf("%s: got %.4f of the checks, want at least %.4f", kind, got, floor)
		}
	}
}

func readCorpus(t *testing.T, dir string) map[string]line {
	docs := map[string]line{}
	eachLine(t, filepath.Join(dir, "files.jsonl"), func(f corpusFile) {
		body, err := os.ReadFile(filepath.Join(dir, f.File))
		if err != nil {
			t.Fatal(err)
		}
		header := http.Header{}
		for k, v := range f.Headers {
			header.Set(k, v)
		}
		l := line{File: f.File}
		l.Document, err = feed.Parse(body, header, "")
		if l.OK = err == nil; !l.OK {
			l.Err = err.Error()
		}
		docs[f.File] = l
	})
	return docs
}

func writeResults(t *testing.T, docs map[string]line) {
	f, err := os.Create(*results)
	if err != nil {
		t.Fatal(err)
	}
	enc := json.NewEncoder(f)
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		if err := enc.Encode(docs[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// meets says whether a document fulfils an expectation.
func meets(l line, e expectation) bool {
	doc := l.Document
	if doc == nil {
		doc = &feed.Document{}
	}
	switch e.Kind {
	case "count":
		return l.OK && float64(len(doc.Entries)) == e.Value
	case "min_count":
		return float64(len(doc.Entries)) >= e.Value.(float64)
	case "feed_title":
		return sameText(doc.Title, e)
	}
	if e.Entry >= len(doc.Entries) {
		return false
	}
	x := doc.Entries[e.Entry]
	switch e.Kind {
	case "title":
		return sameText(x.Title, e)
	case "summary", "content":
		return sameText(x.Summary, e) || sameText(x.Content, e)
	case "author":
		got, want := visible(x.Author), squeeze(e.Text)
		return got != "" && (strings.Contains(got, want) || strings.Contains(want, got))
	case "published":
		return sameTime(x.Published, x.Updated, e)
	case "updated":
		return sameTime(x.Updated, x.Published, e)
	case "id":
		return strings.TrimSpace(x.GUID) == strings.TrimSpace(e.Value.(string))
	case "link":
		return unquote(x.Link) == unquote(e.Value.(string))
	}
	return false
}

func sameText(got string, e expectation) bool {
	got, want := visible(got), squeeze(e.Text)
	if e.Prefix {
		return got != "" && strings.HasPrefix(got, want)
	}
	return got == want
}

func sameTime(first, second time.Time, e expectation) bool {
	if first.IsZero() {
		first = second
	}
	want, err := time.Parse(time.RFC3339, e.Value.(string))
	return err == nil && !first.IsZero() && first.Truncate(time.Second).Equal(want)
}

func unquote(s string) string {
	s = html.UnescapeString(strings.TrimSpace(s))
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// visible is the text of HTML without its white space.
func visible(s string) string {
	var out strings.Builder
	z := nethtml.NewTokenizer(strings.NewReader(s))
	skip := 0
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			return squeeze(out.String())
		case nethtml.StartTagToken:
			if name, _ := z.TagName(); string(name) == "script" || string(name) == "style" {
				skip++
			}
		case nethtml.EndTagToken:
			if name, _ := z.TagName(); skip > 0 && (string(name) == "script" || string(name) == "style") {
				skip--
			}
		case nethtml.TextToken:
			if skip == 0 {
				out.Write(z.Text())
			}
		}
	}
}

func squeeze(s string) string {
	s = strings.NewReplacer("\u200b", "", "\ufeff", "").Replace(s)
	return strings.Join(strings.Fields(s), "")
}

// TestDatesQuality measures ParseDate on labelled dates.
func TestDatesQuality(t *testing.T) {
	type labelled struct {
		Input, Oracle string
		Expect        any
	}
	misses := 0
	eachLine(t, filepath.Join(corpus(t), "dates.jsonl"), func(d labelled) {
		got, ok := feed.ParseDate(d.Input)
		want, _ := d.Expect.(string)
		good := ok && got.UTC().Format(time.RFC3339) == want
		switch want {
		case "":
			good = !ok
		case "valid":
			good = ok
		}
		if !good {
			misses++
			t.Logf("%q: got %v %v, want %v", d.Input, got, ok, d.Expect)
		}
	})
	if misses > 0 {
		t.Errorf("%d dates were read wrong", misses)
	}
}
