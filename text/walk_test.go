package text

import "testing"

// FuzzWalker holds what the walker reads itself to what the tokenizer reads.
func FuzzWalker(f *testing.F) {
	for _, s := range []string{
		"<p>A <b class=\"x\">b</b><br/>c &amp; d</p>", "a < b <3 </3 <!-- c --> <?x?> </> <", "<a href='x' title=\"y>z\">l</a>",
		"<script>a<b</script>x<style>y</style>", "<p a=b>c<p a = 'b'>d<p/>e<p />f<p / g>h", "<img src=\"x\" alt>i<x y=\"z\">j<List<String>>k",
		"<plaintext><p>a</p>", "<P CLASS=\"x\"\n\tid='y'>a</P\n>b", "<![CDATA[<p>x</p>]]>y", "<p class=\"x\"id='y'>z<p \"q\">r", "<svg><title>x</title></svg>", "<b a=\"", "<b",
	} {
		f.Add(s)
	}
	type seen struct {
		kind  part
		role  role
		name  string
		text  string
		inRaw bool
	}
	read := func(w *walker) []seen {
		var out []seen
		for w.next() {
			s := seen{kind: w.kind}
			if s.kind == textPart {
				s.text, s.inRaw = w.text, w.inRaw
			} else {
				s.role, s.name = w.role, w.name
			}
			if n := len(out); n > 0 && s.kind == textPart && out[n-1].kind == textPart && out[n-1].inRaw == s.inRaw {
				out[n-1].text += s.text
				continue
			}
			out = append(out, s)
		}
		return out
	}
	f.Fuzz(func(t *testing.T, s string) {
		asked := newWalker(s)
		asked.keep = true
		asked.z = tokenizer(s)
		got, want := read(newWalker(s)), read(asked)
		if len(got) != len(want) {
			t.Fatalf("%q: got %+v, want %+v", s, got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%q: part %d: got %+v, want %+v", s, i, got[i], want[i])
			}
		}
	})
}
