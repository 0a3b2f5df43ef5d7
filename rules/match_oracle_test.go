package rules

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	diff "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"newswatch/news"
)

// oracle finds terms in the plainest way there is: it reads character by
// character, keeps the words of patterns in maps, and walks from every token.
// The engine has to find the same.
type oracle struct {
	rs    *Ruleset
	ids   map[string]int32
	words map[string][]int32 // folded word -> symbols
	stems map[string][]int32 // folded stem -> symbols
	next  map[[2]int32]int32 // node, symbol -> node
	ends  map[int32][]int32  // node -> terms
}

// newOracle compiles a file for the oracle and for the engine.
func newOracle(f *File) *oracle {
	o := &oracle{
		ids: map[string]int32{}, words: map[string][]int32{}, stems: map[string][]int32{},
		next: map[[2]int32]int32{}, ends: map[int32][]int32{},
	}
	c := newCompiler(f)
	patterns := newTrieBuilder(c.folder, 1)
	c.insert = func(way []place, term int32) {
		o.insert(c.folder, way, term)
		patterns.insert(way, term)
	}
	c.compile()
	c.trie, c.sieves = patterns.build(c.guarded())
	o.rs = c.Ruleset
	return o
}

func (o *oracle) insert(f *folder, way []place, term int32) {
	node := int32(0)
	for _, p := range way {
		step := [2]int32{node, o.symbol(f, p)}
		if o.next[step] == 0 {
			o.next[step] = int32(len(o.next) + 1)
		}
		node = o.next[step]
	}
	o.ends[node] = append(o.ends[node], term)
}

func (o *oracle) symbol(f *folder, p place) int32 {
	var folded []string
	for _, form := range p.forms {
		if !strings.HasPrefix(form, "\x00") {
			form = f.foldWord(form)
		}
		folded = append(folded, form)
	}
	key := fmt.Sprint(folded, p.stem)
	id, ok := o.ids[key]
	if ok {
		return id
	}
	id = int32(len(o.ids))
	o.ids[key] = id
	table := o.words
	if p.stem {
		table = o.stems
	}
	for _, w := range folded {
		table[w] = append(table[w], id)
	}
	return id
}

// read cuts an item into tokens without readRuns: one character after the other,
// with all addresses known before, and the layout taken down on the way.
func (o *oracle) read(it *news.Item) *scratch {
	s := newScratch(o.rs)
	s.reset(it)
	r := &s.reader
	for i, name := range fields {
		if r.texts[i] = it.Text(name); o.rs.read.has(uint8(i)) && name != news.URL {
			r.enter(uint8(i))
			r.findAddresses()
		}
	}
	o.readFields(s)
	r.findWeb()
	o.readFields(s)
	body := uint8(slices.Index(fields[:], news.Body))
	all := slices.Clone(r.layout.paragraphs)
	r.enter(body)
	for i, p := range all {
		end := int32(len(r.tokens))
		if i+1 < len(all) {
			end = all[i+1].first
		}
		if p.field == body && s.isIgnored(r.texts[body][p.start:p.end], p.first, end) {
			r.addAddress(int(p.start), int(p.end))
		}
	}
	r.sortAddresses()
	o.readFields(s)
	return s
}

func (o *oracle) readFields(s *scratch) {
	r := &s.reader
	r.rewind()
	for i, name := range fields {
		text := s.item.Text(name)
		for k := i; k < len(r.firsts); k++ {
			r.firsts[k] = math.MaxInt32
		}
		r.firsts[i] = int32(len(r.tokens))
		if r.texts[i] = text; !o.rs.read.has(uint8(i)) || text == "" {
			r.texts[i] = ""
			continue
		}
		r.enter(uint8(i))
		r.layout.open = true
		r.layout.enter(r, r.firsts[i])
		for at := 0; at < len(text); {
			at = r.stepOver(at)
		}
		r.layout.leave(r)
	}
	r.firsts[len(fields)] = int32(len(r.tokens))
	r.layout.known, r.layout.open = true, false
}

// edges are the symbols of a token and their lengths.
func (o *oracle) edges(r *reader, lang string, i int32) []edge {
	var out []edge
	add := func(w string, length int32) {
		for _, symbol := range o.words[w] {
			out = append(out, edge{symbol, length})
		}
		for stem, symbols := range o.stems {
			// A stem of less than four letters is a word: the loader refuses it.
			if w == stem || utf8.RuneCountInString(stem) >= minStem && strings.HasPrefix(w, stem) {
				for _, symbol := range symbols {
					out = append(out, edge{symbol, length})
				}
			}
		}
	}
	word := func(i int32) string { return string(r.folded(i)) }
	add(word(i), 1)
	spell := speller{
		endings: endingsOf(lang),
		known:   func(w []byte) bool { return len(o.words[string(w)]) > 0 },
		add:     func(w []byte) { add(string(w), 1) },
	}
	spell.alternatives(r.marksOf(i), []byte(word(i)))
	whole := word(i)
	for n := int32(1); n < maxJoin && int(i+n) < len(r.tokens) && r.is(i+n, joined); n++ {
		whole += word(i + n)
		add(whole, n+1)
	}
	return out
}

// signBefore returns the marks between a token and the one before, as a sign: those
// that are no part of a word and no quote, without the dot of an abbreviation.
func (o *oracle) signBefore(r *reader, i int32) string {
	f := r.fieldOf(i)
	if f != r.fieldOf(i-1) {
		return ""
	}
	r.enter(f)
	at, to := r.behind(i-1), r.tokens[i].start
	gap := r.texts[f][at:to]
	if at == r.end(i-1) && (r.is(i-1, initial) || isAbbreviation(r.folded(i-1))) {
		gap = strings.TrimPrefix(gap, ".")
	}
	gap = strings.ReplaceAll(gap, "\r\n", "\n")
	gap = strings.Map(func(c rune) rune {
		switch cl := classify(c); cl {
		case ignorable, quote, apostrophe, connector, tag:
			return -1
		case lineEnd:
			return '\n'
		case space:
			return ' '
		}
		return c
	}, gap)
	if strings.ContainsFunc(gap, func(c rune) bool { return classify(c) == letter || classify(c) == digit || classify(c) == single }) ||
		strings.Count(gap, "\n") > 1 {
		return ""
	}
	var out []rune
	ends := func(c rune) bool { return classify(c) == stop || classify(c) == terminator }
	marks := []rune(gap)
	for k, c := range marks {
		before := k > 0 && ends(marks[k-1])
		switch {
		case c != ' ' && c != '\n':
			out = append(out, c)
		case before && strings.Contains(leadingSpace(marks[k:]), "\n"):
			return ""
		case before:
			out = append(out, ' ')
		}
	}
	if sign := "\x00" + string(out); sign != "\x00" && len(sign) <= maxSign {
		return sign
	}
	return ""
}

// leadingSpace is the white space with which a text begins.
func leadingSpace(text []rune) string {
	n := 0
	for n < len(text) && (text[n] == ' ' || text[n] == '\n') {
		n++
	}
	return string(text[:n])
}

func (o *oracle) find(it *news.Item) (*reader, []found) {
	s := o.read(it)
	r, lang := &s.reader, s.language()
	var out []found
	var walk func(node, start, end int32)
	walk = func(node, start, end int32) {
		for _, e := range o.edges(r, lang, end) {
			next, ok := o.next[[2]int32{node, e.symbol}]
			if !ok {
				continue
			}
			behind := end + e.length
			glued := int(behind) < len(r.tokens) && r.is(behind, joined) && r.is(behind-1, asciiOnly) &&
				len(r.folded(behind-1)) <= 2
			if !glued {
				for _, term := range o.ends[next] {
					out = append(out, found{term, start, behind})
				}
			}
			switch {
			case int(behind) == len(r.tokens):
			case r.is(behind, linked):
				walk(next, start, behind)
			default:
				for _, symbol := range o.words[o.signBefore(r, behind)] {
					if crossed, ok := o.next[[2]int32{next, symbol}]; ok {
						walk(crossed, start, behind)
					}
				}
			}
		}
	}
	for i := range r.tokens {
		walk(0, int32(i), int32(i))
	}
	return r, ordered(out)
}

func ordered(list []found) []found {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), cmp.Compare(a.term, b.term))
	})
	return slices.Compact(list)
}

// compare holds the engine to the oracle: tokens, sentences, paragraphs, hits.
func (o *oracle) compare(t interface{ Fatalf(string, ...any) }, it *news.Item) {
	s := newScratch(o.rs)
	s.find(it)
	r, hits := o.find(it)
	at := diff.AllowUnexported(stretch{}, found{})
	seen := func(r *reader) []string {
		var out []string
		for i := range r.tokens {
			at := int32(i)
			all := r.marksOf(at)
			if r.tokens[at].end >= 0 {
				all |= r.opening(at)
			}
			out = append(out, fmt.Sprintf("%s %x %d-%d in %d, marks %b", r.folded(at), r.tokens[at].hash, r.tokens[at].start, r.end(at), r.fieldOf(at), all))
		}
		return out
	}
	if d := diff.Diff(seen(r), seen(&s.reader)); d != "" {
		t.Fatalf("tokens of %q (-oracle +engine):\n%s", it.Title+"\x00"+it.Body, d)
	}
	want, got := r.laidOut(), s.reader.laidOut()
	if d := diff.Diff([][]stretch{want.sentences, want.paragraphs}, [][]stretch{got.sentences, got.paragraphs}, at, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("sentences and paragraphs of %q (-oracle +engine):\n%s", it.Title+"\x00"+it.Body, d)
	}
	if d := diff.Diff(hits, ordered(s.found), at, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("hits in %q (-oracle +engine):\n%s", it.Title+"\x00"+it.Body, d)
	}
}

// fileOf makes a rule file of terms, one a line: names of people and places,
// words of topics and of rules in turn.
func fileOf(lines string) *File {
	f := &File{
		Entities: []Entity{{ID: "p", Name: "Milo Castellan", Type: person}, {ID: "t", Name: "Велькоград", Type: town}},
		Topics:   []Topic{{ID: "a"}},
	}
	for i, line := range strings.Split(lines, "\n") {
		t := Term{Text: line}
		switch i % 5 {
		case 0:
			f.Topics[0].Any = append(f.Topics[0].Any, t)
		case 1:
			f.Entities[0].Also = append(f.Entities[0].Also, t)
		case 2:
			f.Entities[1].Also = append(f.Entities[1].Also, t)
		case 3:
			f.Entities[0].Surname = append(f.Entities[0].Surname, t)
		case 4:
			f.Rules = append(f.Rules, Rule{ID: fmt.Sprint(i), When: Cond{Term: &t}})
		}
	}
	return f
}

// pieces are words that terms and texts are made of, and what parts them.
func pieces() (words, marks []string) {
	words = strings.Fields(`Ostriv truce truces cease fire ceasefire met status Castellan CASTELLAN castellan Milo Мило
		Верещинський Верещинского перемир'я перемирия огня огонь прекращени 奥斯特里夫 停战 휴전 ヴェレシチン أوستريف والرمان للرمان الرمان
		U.S. U.S a I 19 3.5 x1 2024 co ex Jr Mr no Łódź ﬁnal Ｏｓｔｒｉｖ é e\u0301 й и\u0306 İ ß Оstriv Waffenruhe Waffenruhen
		eightlet ninelette sixteenletterswd seventeenletterswd internationalisation www www.x.y WWW. me@x.example http://a.b/truce
		t.me/truce met.truce/Ostriv truce. .met / x1. and/or Met.truce/met
		#OstrivTruce #ostrivtruce #truceinostriv @castellanMet city cities City's Ostrivs Castellans’
		Ostrivern truces’ Mетs jusqu ś Ｓ ｓ ſ`)
	marks = []string{" ", " ", " ", " ", " ", "", "-", "-", "‑", "–", " – ", "—", ", ", ". ", ".", "! ", "? ", "…", ": ", "; ", "\n", "\n\n", "\r\n", "\t",
		"'", "’", "'s ", "’s ", "’ｓ ", "'in ", "’ın", "s’ ", "l’", "d'", " “", "” ", "\"", " (", ") ", "_", "·", "\u00ad", "\u200b", "\u0306", "/", "*", "&", " & ", "+", ". & ", "; ", ".,", "! ”", "\n& ", "-\n", "\v", "\u2028", "«", "» "}
	return words, marks
}

// drawText makes a text of words, marks and some terms as they are written.
func drawText(t *rapid.T, label string, most int, terms []string) string {
	words, marks := pieces()
	word := rapid.SampledFrom(words)
	part := rapid.OneOf(word, word, word, rapid.SampledFrom(terms), rapid.StringN(0, 3, 9))
	var b strings.Builder
	for range rapid.IntRange(0, most).Draw(t, label) {
		b.WriteString(part.Draw(t, "word"))
		b.WriteString(rapid.SampledFrom(marks).Draw(t, "mark"))
	}
	return strings.ToValidUTF8(b.String(), "")
}

func drawTerm(t *rapid.T) string {
	words, _ := pieces()
	gaps := []string{" ", " ", " ", "-", "&", " & ", "/", ".", ". ", ": ", ", ", "! ", " – ", ".,", "'s: "}
	var b strings.Builder
	b.WriteString(rapid.SampledFrom([]string{"", "", "", "="}).Draw(t, "exact"))
	for i := range rapid.IntRange(1, 4).Draw(t, "words") {
		if i > 0 {
			b.WriteString(rapid.SampledFrom(gaps).Draw(t, "gap"))
		}
		b.WriteString(rapid.SampledFrom(words).Draw(t, "word"))
		b.WriteString(rapid.SampledFrom([]string{"", "", "", "*"}).Draw(t, "stem"))
	}
	return b.String()
}

func TestEngineAgainstOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var lines []string
		for range rapid.IntRange(1, 20).Draw(t, "terms") {
			lines = append(lines, drawTerm(t))
		}
		f := fileOf(strings.Join(lines, "\n"))
		f.Settings.IgnoreBlocks = []string{"no", "Mr Jr", "©"}
		if rapid.Bool().Draw(t, "fields") {
			f.Rules = append(f.Rules, Rule{ID: "in", When: Cond{Term: &Term{Text: "truce"}, In: []news.Field{news.URL, news.Author, news.Category}}})
		}
		o := newOracle(f)
		for range 5 {
			lang := rapid.SampledFrom([]string{"en", "", "de", "uk", "sv", "tr"}).Draw(t, "lang")
			o.compare(t, &news.Item{
				Lang: lang, Title: drawText(t, "title", 10, lines), Body: drawText(t, "body", 60, lines),
				URL: drawText(t, "url", 3, lines), Author: drawText(t, "author", 3, lines), Categories: []string{drawText(t, "category", 3, lines)},
			})
		}
	})
}

func FuzzEngineAgainstOracle(f *testing.F) {
	f.Add("truce\nCastellan\ncease-fire*\n=Ostriv\nstatus quo", "Ostriv's truce", "A cease-\nfire in Ostriv. U.S. status-quo, “now”", "en")
	f.Add("перемир'я\nВерещинський\nОстров-Град\nالرمان\n停战", "#ostrivtruce www.x.y", "Оstriv перемир’ям; للرمان 停战\n\n베레신", "de")
	f.Add("Ostriv\nmet", "", "Ostriv-www.x.y #OstrivTruceOstriv_l’x1", "sv")
	f.Add("Ostriv\nmet", "met-\u00ad #OstrivTruce_l’x1", "said.met/Ostriv t.me/Ostriv’ｓ", "tr")
	f.Add("AT&T\nMarks & Spencer\n24/7\n=3.5 percent\nNo. 10\nCo., Ltd", "(AT&T) 24 / 7: Marks &\nSpencer", "No.\n10, 3.5 percent 3. 5 percent No. 10; Co., Ltd", "en")
	f.Fuzz(func(t *testing.T, terms, title, body, lang string) {
		if len(terms) > 2_000 || len(title)+len(body) > 5_000 {
			t.Skip("long inputs take long and show no more")
		}
		newOracle(fileOf(terms)).compare(t, &news.Item{Lang: lang, Title: title, Body: body})
	})
}
