package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"newswatch/text"
)

func TestTitle(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"plain":                {"Ferry strike ends", "Ferry strike ends"},
		"white space":          {"  Ferry\n\tstrike  ends ", "Ferry strike ends"},
		"entity":               {"Ferries &amp; trains", "Ferries & trains"},
		"escaped twice":        {"The port&amp;#8217;s end", "The port’s end"},
		"escaped thrice stays": {"a &amp;amp;amp; b", "a &amp; b"},
		"inline tags":          {"A <b>big</b> <i>day</i>", "A big day"},
		"tag inside a word":    {"Har<b>bour</b>", "Harbour"},
		"block tags":           {"<p>One</p><p>Two</p>", "One Two"},
		"line break":           {"One<br/>Two", "One Two"},
		"link":                 {`<a href="http://ferries.example/x?a=1&amp;b=2">Go</a> on`, "Go on"},
		"unknown tag":          {"How we left </kubernetes> behind", "How we left </kubernetes> behind"},
		"generic":              {"Why List<String> is slow", "Why List<String> is slow"},
		"less than":            {"Rates < 3% and > 2%", "Rates < 3% and > 2%"},
		"heart":                {"I </3 ferries", "I </3 ferries"},
		"open end":             {"All <b", "All"},
		"open unknown end":     {"All <bo", "All <bo"},
		"script":               {"A<script>alert('x')</script>B", "A B"},
		"open script":          {"Why <script> is slow", "Why is slow"},
		"comment":              {"A<!-- b -->C", "AC"},
		"cdata":                {"<![CDATA[Boats & trains]]>", "Boats & trains"},
		"nul":                  {"A\x00B\x07C", "ABC"},
		"bad UTF-8":            {"A\xffB\xc3", "AB"},
		"Windows quotes":       {"The port\u0092s \u0093end\u0094", "The port’s “end”"},
		"misread quotes":       {"The portâ€™s â€œendâ€\u009d", "The port’s “end”"},
		"nbsp":                 {"A&nbsp;B\u2003C", "A B C"},
		"bare ampersand":       {"AT&T and R&D", "AT&T and R&D"},
		"foreign with value":   {`<x:y z="hidden">A`, "A"},
		"empty":                {"", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := text.Title(tt.in); got != tt.want {
				t.Errorf("Title(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"plain paragraphs":    {"One.\n\nTwo.", "One.\n\nTwo."},
		"plain lines":         {"One\r\ntwo", "One\ntwo"},
		"many blank lines":    {"One\n \n\n\nTwo", "One\n\nTwo"},
		"blocks":              {"<p>One</p><p>Two</p>", "One\n\nTwo"},
		"source lines fold":   {"<p>One\ntwo</p>\n<p>three</p>", "One two\n\nthree"},
		"inline keeps lines":  {"<b>One</b>\n\ntwo", "One\n\ntwo"},
		"hyphen at line end":  {"<p>har-\nbour</p>", "har-\nbour"},
		"print's hyphen":      {"<p>har‐\n bour</p>", "har‐\nbour"},
		"hyphen, line break":  {"<p>har-<br/>\nbour</p>", "har-\nbour"},
		"hyphen, block end":   {"<p>har-</p>\n<p>bour</p>", "har-\n\nbour"},
		"soft hyphen":         {"<p>har\u00ad\nbour ma\u00adster</p>", "har\u00adbour ma\u00adster"},
		"soft hyphen, plain":  {"har\u00ad\nbour\u00ad\n\nx", "har\u00adbour\u00ad\n\nx"},
		"breaks of two kinds": {"One<br />\ntwo<br />\n<br />\nthree", "One\ntwo\n\nthree"},
		"line break":          {"One<br>two<br/><br/>three", "One\ntwo\n\nthree"},
		"pre":                 {"<pre>a\nb</pre>", "a\nb"},
		"list":                {"<ul><li>a<li>b</ul>", "a\n\nb"},
		"script and style":    {"A<script>x()</script><style>b{}</style>B", "AB"},
		"nav and figure":      {"<nav><ul><li>Home</ul></nav><p>A</p><figure><img><figcaption>x</figcaption></figure>", "A"},
		"nested dropped":      {"A<aside>x<aside>y</aside>z</aside>B", "A\n\nB"},
		"never closed":        {"A<aside>B", "AB"},
		"attributes":          {`<img alt="Nobody" title='x'><div class="harbour">Rain</div>`, "Rain"},
		"escaped twice":       {"&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two &amp;amp; three&lt;/p&gt;", "One\n\nTwo & three"},
		"entity twice":        {"<p>The port&amp;#8217;s end</p>", "The port’s end"},
		"talk of tags":        {"<p>the &lt;p&gt; tag</p>", "the <p> tag"},
		"unknown tag":         {"<p>use </kubernetes> now</p>", "use </kubernetes> now"},
		"open end":            {"<p>One <a href=", "One"},
		"iframe":              {"A<iframe src=x>y</iframe>B", "AB"},
		"control reference":   {"A&#0;B&#7;C", "A\ufffdBC"},
		"Windows dash":        {"One\u0097two", "One—two"},
		"misread dash":        {"<p>Oneâ€”twoÂ\u00a0three</p>", "One—two three"},
		"nbsp":                {"A&nbsp;B", "A B"},
		"table":               {"<table><tr><td>a</td><td>b</td></tr></table>", "a\n\nb"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := text.Visible(tt.in); got != tt.want {
				t.Errorf("Visible(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"deep":       strings.Repeat("<div><aside>", 200_000),
		"open tags":  strings.Repeat("<a ", 200_000),
		"entities":   strings.Repeat("&amp;", 400_000),
		"angles":     strings.Repeat("<", 500_000),
		"attributes": "<p " + strings.Repeat("a=b ", 200_000) + ">",
		"long":       strings.Repeat("word ", 2<<20),
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := text.Visible(in); len(got) > 4<<20 {
				t.Errorf("Visible gave %d bytes, want at most 4 MiB", len(got))
			}
			if got := text.Title(in); len(got) > 32<<10 {
				t.Errorf("Title gave %d bytes, want at most 32 KiB", len(got))
			}
		})
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{
		"", "<p>a</p>", "&lt;b&gt;", "<script>", "</x>", "a\x00\xff", "<!--", "<![CDATA[x]]>",
		"<aside><p>x</aside>", "&#x110000;&#xd800;&#0;", "<br", "-\n\x01",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, got := range map[string]string{"Title": text.Title(s), "Visible": text.Visible(s)} {
			if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x01\r") {
				t.Errorf("%s(%q) = %q: not clean", name, s, got)
			}
			if strings.TrimSpace(got) != got {
				t.Errorf("%s(%q) = %q: space at an edge", name, s, got)
			}
		}
		if strings.Contains(text.Title(s), "\n") {
			t.Errorf("Title(%q) has lines", s)
		}
		if strings.Contains(text.Visible(s), "\n\n\n") {
			t.Errorf("Visible(%q) has empty blocks", s)
		}
	})
}

func BenchmarkVisible(b *testing.B) {
	page := strings.Repeat("<p>The <b>harbour</b> board &amp; the ferry line met <a href=\"http://x.example/\">again</a> on Monday.</p>\n", 200)
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		text.Visible(page)
	}
}
