package rules

import (
	"slices"
	"strings"

	"newswatch/news"
)

// prefix is how a block begins that is not searched.
type prefix struct {
	words  []string
	hashes []uint64
	raw    string // when it has no words, such as ©
}

// maxIgnored is the most words of a block that is ignored for how it begins.
const maxIgnored = 12

// ignoreBlocks takes the blocks out of the body that begin as an editor said
// that boilerplate begins, and says whether there are any: the fields must then
// be read again.
func (s *scratch) ignoreBlocks() bool {
	r := &s.reader
	body := uint8(slices.Index(fields[:], news.Body))
	if !s.mayIgnore(body) {
		return false
	}
	before, all := len(r.addresses[body]), r.laidOut().paragraphs
	r.enter(body)
	for i, p := range all {
		end := r.firsts[body+1]
		if i+1 < len(all) && all[i+1].field == body {
			end = all[i+1].first
		}
		if p.field == body && s.isIgnored(r.texts[body][p.start:p.end], p.first, end) {
			r.addAddress(int(p.start), int(p.end))
		}
	}
	if len(r.addresses[body]) == before {
		return false
	}
	r.sortAddresses()
	return true
}

// mayIgnore says whether some block may be ignored: without looking where blocks
// begin, which most items need not be asked.
func (s *scratch) mayIgnore(body uint8) bool {
	r := &s.reader
	return slices.ContainsFunc(s.rs.ignored, func(p prefix) bool {
		if len(p.words) == 0 {
			return p.raw != "" && strings.Contains(r.texts[body], p.raw)
		}
		return slices.ContainsFunc(r.candidates, func(i int32) bool { return s.begins(p, i, r.firsts[body+1]) })
	})
}

// begins says whether the words of a prefix stand from the token i on, before end.
func (s *scratch) begins(p prefix, i, end int32) bool {
	if int(end-i) < len(p.words) {
		return false
	}
	for k, h := range p.hashes {
		at := i + int32(k)
		if s.reader.tokens[at].hash != h || string(s.reader.folded(at)) != p.words[k] {
			return false
		}
	}
	return true
}

// isIgnored says whether a block with the tokens from..end is ignored.
func (s *scratch) isIgnored(text string, from, end int32) bool {
	text = strings.TrimSpace(text)
	if end-from > maxIgnored && !strings.HasSuffix(text, ":") {
		return false
	}
	return slices.ContainsFunc(s.rs.ignored, func(p prefix) bool {
		if len(p.words) == 0 {
			return p.raw != "" && strings.HasPrefix(text, p.raw)
		}
		return s.begins(p, from, end)
	})
}
