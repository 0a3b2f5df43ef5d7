package opml_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"newswatch/cmd/newswatch/opml"
	"newswatch/news"
)

const list = `<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head><title/></head>
  <body>
    <outline text="World &amp; News">
      <outline text="Aster Wire" title="Aster" type="rss" xmlUrl="https://aster.example/rss?a=1&amp;b=2" htmlUrl="https://aster.example/"/>
      <outline text="Deep">
        <outline TEXT='Borel Post' XMLURL='http://borel.example/feed' language="de-AT" category="/Paywall,aster"></outline>
      </outline>
    </outline>
    <outline text="Corvo" type="rss" xmlurl="feed://corvo.example/atom.xml"/>
  </body>
</opml>`

func TestRead(t *testing.T) {
	t.Parallel()
	feeds, problems, err := opml.Read(strings.NewReader(list))
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	want := []opml.Outline{
		{Feed: news.Feed{Name: "Aster", URL: "https://aster.example/rss?a=1&b=2", Tags: []string{"world-&-news"}}, Line: 6},
		{Feed: news.Feed{Name: "Borel Post", URL: "http://borel.example/feed", Lang: "de", Tags: []string{"world-&-news", "deep", "paywall", "aster"}}, Line: 8},
		{Feed: news.Feed{Name: "Corvo", URL: "https://corvo.example/atom.xml"}, Line: 11},
	}
	if diff := cmp.Diff(want, feeds); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Lists as they come: what can be read is, the rest is told with its line.
func TestReadWhatIsInTheWild(t *testing.T) {
	t.Parallel()
	cyrillic := `<?xml version="1.0" encoding="windows-1251"?><opml><body><outline text="Вестник" xmlUrl="https://a.example/"/></body></opml>`
	cp1251, err := charmap.Windows1251.NewEncoder().String(cyrillic)
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(cyrillic, "windows-1251", "utf-16"))
	if err != nil {
		t.Fatal(err)
	}
	deep := strings.Repeat(`<outline text="f">`, 100_000)
	for name, c := range map[string]struct {
		in       string
		names    string
		problems string
	}{
		"bare ampersands and HTML's entities":  {`<opml><outline text="A &amp; B & C&nbsp;&eacute;" xmlUrl="https://a.example/?x=1&copy=2&y">`, "A & B & C é https://a.example/?x=1&copy=2&y", ""},
		"windows-1251":                         {cp1251, "Вестник https://a.example/", ""},
		"UTF-8 that says it is windows-1251":   {cyrillic, "Вестник https://a.example/", ""},
		"UTF-16":                               {utf16, "Вестник https://a.example/", ""},
		"Latin-1 that says nothing":            {"<opml><outline text=\"Caf\xe9\" xmlUrl=\"https://a.example/\"/>", "Café https://a.example/", ""},
		"without quotes, and cut off":          {"<opml><body><outline text=A xmlUrl=https://a.example/rss></outline><outline text=\"B", "A https://a.example/rss", ""},
		"less-than in a name":                  {`<opml><outline text="A < B" xmlUrl="https://a.example/"/></opml>`, "A < B https://a.example/", ""},
		"no address":                           {"<opml>\n<outline text=\"A\"/>\n<outline type=\"rss\" text=\"B\">\n</opml>", "", `2: outline "A" has no xmlUrl; 3: outline "B" has no xmlUrl`},
		"not the web":                          {"<opml>\n\n<outline text=\"A\" xmlUrl=\"file:///etc/passwd\"/><outline text=\"B\" xmlUrl=\"javascript:alert(1)\"/>", "", `3: outline "A": "file:///etc/passwd" is no http or https address; 3: outline "B": "https://javascript:alert(1)" is no http or https address`},
		"a link as some readers store it":      {`<opml><outline type="rss" text="A" url="https://a.example/"/><outline type="link" text="B" url="https://b.example/"/>`, "A https://a.example/", ""},
		"a hundred thousand folders":           {deep + `<outline text="A" xmlUrl="https://a.example/">` + strings.Repeat("</outline>", 100_000), "A https://a.example/", ""},
		"end tags of nothing":                  {`<opml></outline></outline><outline text="A" xmlUrl="https://a.example/">`, "A https://a.example/", ""},
		"a doctype with entities of its own":   {`<!DOCTYPE opml [<!ENTITY a "&b;&b;"><!ENTITY b "boo">]><opml><outline text="&a;" xmlUrl="https://a.example/"/>`, "&a; https://a.example/", ""},
		"commented out":                        {`<opml><!-- <outline text="A" xmlUrl="https://a.example/"/> --><outline text="B" xmlUrl="https://b.example/"/>`, "B https://b.example/", ""},
		"a name over several lines, no scheme": {"<opml><outline text=\"A\n  wire\" xmlUrl=\"www.a.example/rss\"/>", "A wire https://www.a.example/rss", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			feeds, problems, err := opml.Read(strings.NewReader(c.in))
			if err != nil {
				t.Fatal(err)
			}
			var names, lines []string
			for _, f := range feeds {
				names = append(names, f.Name+" "+f.URL)
			}
			for _, p := range problems {
				lines = append(lines, fmt.Sprintf("%d: %s", p.Line, p.Text))
			}
			if got := strings.Join(names, "; "); got != c.names {
				t.Errorf("got %q, want %q", got, c.names)
			}
			if got := strings.Join(lines, "; "); got != c.problems {
				t.Errorf("problems: got %q, want %q", got, c.problems)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"a page":      "<html><body><p>No list here.</p></body></html>",
		"nothing":     "",
		"too much":    "<opml>" + strings.Repeat(" ", opml.MaxBytes),
		"one big tag": `<opml><outline text="` + strings.Repeat("a", 2<<20) + `"/>`,
	} {
		if _, _, err := opml.Read(strings.NewReader(in)); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
	if _, _, err := opml.Read(strings.NewReader("{}")); !errors.Is(err, opml.ErrNotOPML) {
		t.Errorf("JSON: got %v, want %v", err, opml.ErrNotOPML)
	}
}

// What is written comes back.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-z0-9ßжя&<>"'’-]{1,12}( [A-Za-z&<>"']{1,9}){0,2}`)
	tag := rapid.StringMatching(`[a-zж&<"'-]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		var want []news.Feed
		for i := range rapid.IntRange(1, 9).Draw(t, "feeds") {
			want = append(want, news.Feed{
				ID: fmt.Sprintf("f%d", i), Name: word.Draw(t, "name"), URL: "https://a.example/" + rapid.StringMatching(`[a-z?=&%]{0,20}`).Draw(t, "path"),
				Lang: rapid.SampledFrom([]string{"", "en", "fil"}).Draw(t, "lang"), Publisher: rapid.SampledFrom([]string{"", "A & B"}).Draw(t, "publisher"),
				Weight: rapid.IntRange(-100, 100).Draw(t, "weight"), Poll: rapid.SampledFrom([]string{"", "15m", "*/5 * * * *"}).Draw(t, "poll"),
				FullText: rapid.Bool().Draw(t, "full"), Tags: rapid.SliceOfNDistinct(tag, 0, 4, rapid.ID[string]).Draw(t, "tags"),
			})
			if len(want[i].Tags) == 0 {
				want[i].Tags = nil
			}
		}
		want = parsable(want)
		var text bytes.Buffer
		if err := opml.Write(&text, "Desk", want); err != nil {
			t.Fatal(err)
		}
		outlines, problems, err := opml.Read(&text)
		if err != nil || len(problems) > 0 {
			t.Fatal(err, problems, text.String())
		}
		var got []news.Feed
		for _, o := range outlines {
			got = append(got, o.Feed)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// parsable takes out addresses that no rule file would take.
func parsable(feeds []news.Feed) (good []news.Feed) {
	for _, f := range feeds {
		if f.Host() == "a.example" {
			good = append(good, f)
		}
	}
	if good == nil {
		good = []news.Feed{{ID: "a", Name: "A", URL: "https://a.example/"}}
	}
	return good
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(list))
	f.Add([]byte("<opml><outline text=A xmlUrl=//b></outline"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		feeds, _, err := opml.Read(bytes.NewReader(raw))
		for _, o := range feeds {
			if err != nil || o.Line < 1 || o.URL == "" {
				t.Errorf("%+v, %v", o, err)
			}
		}
	})
}
