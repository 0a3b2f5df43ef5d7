package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"newswatch/news"
)

// maxQuote bounds a quote in bytes: a text without full stops is one sentence.
const maxQuote = 480

// leadIn is how much of a long sentence stands before its first match.
const leadIn = 120

// quote returns the sentence with the most distinct matches; among equals the
// body's, because readers see the title anyway, and the first.
func (s *scratch) quote(found []evidence) news.Quote {
	best, most := -1, 0
	for from := 0; from < len(found); {
		sentence := s.reader.sentence(found[from].at.start)
		to := from
		var by []string
		for to < len(found) && s.reader.sentence(found[to].at.start) == sentence {
			if !slices.Contains(by, found[to].by) {
				by = append(by, found[to].by)
			}
			to++
		}
		worth := 2 * len(by)
		if fields[s.field(found[from].at)] == news.Body {
			worth++
		}
		if worth > most {
			best, most = from, worth
		}
		from = to
	}
	if best < 0 {
		return news.Quote{}
	}
	return s.quoteAt(found[best:])
}

// quoteAt quotes the sentence of the first hit, with the marks of all hits in it.
func (s *scratch) quoteAt(found []evidence) news.Quote {
	r, first := &s.reader, found[0].at.start
	n := r.sentence(first)
	st := r.layout.sentences[n]
	text := r.texts[st.field]
	from, to := int(st.start), s.sentenceEnd(found, n)
	for from < to && isSpaceAt(text, from) {
		_, size := utf8.DecodeRuneInString(text[from:])
		from += size
	}
	to = from + len(strings.TrimRightFunc(text[from:to], unicode.IsSpace))
	from, to, open, cut := window(text, from, to, int(r.tokens[first].start))
	q := news.Quote{Text: strings.Map(oneSpace, text[from:to])}
	for _, e := range found {
		end := r.end(e.at.end - 1)
		if r.sentence(e.at.start) != n || end > to {
			break
		}
		q.Marks = addMark(q.Marks, int(r.tokens[e.at.start].start)-from, end-from)
	}
	if open {
		q.Text = "…" + q.Text
		for i := range q.Marks {
			q.Marks[i][0] += len("…")
			q.Marks[i][1] += len("…")
		}
	}
	if cut {
		q.Text += "…"
	}
	return q
}

// sentenceEnd returns the byte at which a sentence ends in which some hits begin; a
// term may run over its end: Yahoo! Finance.
func (s *scratch) sentenceEnd(found []evidence, n int) int {
	r, last := &s.reader, n
	for _, e := range found {
		if r.sentence(e.at.start) != n {
			break
		}
		last = max(last, r.sentence(e.at.end-1))
	}
	return int(r.layout.sentences[last].end)
}

// oneSpace keeps the length of ASCII line ends, so that marks stay where they are.
func oneSpace(r rune) rune {
	if r == '\n' || r == '\r' || r == '\t' {
		return ' '
	}
	return r
}

func isSpaceAt(text string, i int) bool {
	r, _ := utf8.DecodeRuneInString(text[i:])
	return unicode.IsSpace(r)
}

// window shortens the sentence from..to around byte at, on the edges of words.
func window(text string, from, to, at int) (int, int, bool, bool) {
	if to-from <= maxQuote {
		return from, to, false, false
	}
	open, cut := false, false
	if at-from > leadIn {
		open = true
		from = at - leadIn
		if i := strings.IndexByte(text[from:at], ' '); i >= 0 {
			from += i + 1
		}
		for !utf8.RuneStart(text[from]) {
			from++
		}
	}
	if to-from > maxQuote {
		cut = true
		to = from + maxQuote
		if i := strings.LastIndexByte(text[at:to], ' '); i > 0 && strings.TrimSpace(text[at:at+i]) != "" {
			to = at + i
		}
		for !utf8.RuneStart(text[to]) {
			to--
		}
	}
	return from, to, open, cut
}

// addMark appends a mark; one that touches the last is merged into it.
func addMark(marks [][2]int, from, to int) [][2]int {
	if n := len(marks); n > 0 && from < marks[n-1][1] {
		marks[n-1][1] = max(marks[n-1][1], to)
		return marks
	}
	return append(marks, [2]int{from, to})
}

const (
	maxWhy  = 80 // characters
	maxSaid = 32 // characters of one match in it
)

// why says in words what made a condition hold: “truce” + “Kyiv”.
func (s *scratch) why(k *cond) string {
	out, length := "", 0
	for _, part := range s.reasons(k, s.rs.searched, nil) {
		n := utf8.RuneCountInString(part)
		if out != "" {
			if length+n+3 > maxWhy {
				break
			}
			out += " + "
			length += 3
		}
		out += part
		length += n
	}
	return out
}

// reasons appends one reason for each part of a condition that holds.
func (s *scratch) reasons(k *cond, in fieldSet, out []string) []string {
	if k.in != 0 {
		in = k.in
	}
	if k.leaf {
		out = s.addReason(out, s.gather([]cond{*k}, in, nil))
	}
	for i := range k.all {
		out = s.reasons(&k.all[i], in, out)
	}
	for i := range k.any {
		mark := len(s.evidence)
		ok := s.holds(&k.any[i], in)
		s.evidence = s.evidence[:mark]
		if ok {
			out = s.reasons(&k.any[i], in, out)
			break
		}
	}
	if k.near != nil {
		out = append(out, s.nearReason(k.near, in))
	}
	if k.least != nil {
		list := s.gather(k.least.of, in, nil)
		if n := s.count(list); n > 0 {
			out = append(out, fmt.Sprintf("%s and such, %d times", s.said(list[0].at), n))
		}
	}
	return out
}

func (s *scratch) addReason(out []string, list []evidence) []string {
	if len(list) == 0 {
		return out
	}
	if said := s.said(list[0].at); !slices.Contains(out, said) {
		out = append(out, said)
	}
	return out
}

// nearReason names the closest pair.
func (s *scratch) nearReason(n *near, in fieldSet) string {
	var best [2]evidence
	least := int32(-1)
	s.nearPairs(n, in, func(a, b evidence) {
		d := max(distance(a.at, b.at), distance(b.at, a.at))
		if least < 0 || d < least {
			best, least = [2]evidence{a, b}, d
		}
	})
	if least < 0 {
		return ""
	}
	return s.said(best[0].at) + " near " + s.said(best[1].at)
}

// said quotes a hit as the item writes it.
func (s *scratch) said(at span) string {
	r := &s.reader
	text := r.texts[s.field(at)][r.tokens[at.start].start:r.end(at.end-1)]
	text = strings.Join(strings.Fields(text), " ")
	if c := []rune(text); len(c) > maxSaid {
		text = string(c[:maxSaid-1]) + "…"
	}
	return "“" + text + "”"
}
