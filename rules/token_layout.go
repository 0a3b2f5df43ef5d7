package rules

import (
	"cmp"
	"slices"
)

// stretch is a sentence or a paragraph of a field.
type stretch struct {
	first      int32 // its first token
	start, end int32 // bytes
	field      uint8
}

// layout says where sentences and paragraphs end. Most items have no hit, and of
// those with one few are asked for their layout: it is read when it is asked for.
type layout struct {
	known      bool
	open       bool // being read
	sentences  []stretch
	paragraphs []stretch
	sentence   stretch // the open one
}

func (l *layout) reset() {
	l.known, l.open = false, false
	l.sentences, l.paragraphs = l.sentences[:0], l.paragraphs[:0]
}

// sentence and paragraph return the numbers of those that a token is in.
func (r *reader) sentence(i int32) int  { return stretchOf(r.laidOut().sentences, i) }
func (r *reader) paragraph(i int32) int { return stretchOf(r.laidOut().paragraphs, i) }

func stretchOf(list []stretch, token int32) int {
	n, _ := slices.BinarySearchFunc(list, token+1, func(s stretch, t int32) int { return cmp.Compare(s.first, t) })
	return n - 1
}

// laidOut reads the layout of all fields, once for each item.
func (r *reader) laidOut() *layout {
	l := &r.layout
	if l.known {
		return l
	}
	l.known, l.open = true, true
	for f := range fields {
		if r.texts[f] == "" {
			continue
		}
		r.enter(uint8(f))
		l.enter(r, r.firsts[f])
		last := int32(-1)
		for i := r.firsts[f]; i < r.firsts[f+1]; i++ {
			start := int(r.tokens[i].start)
			if last < 0 || !r.follows(last, start) {
				r.approach(last, start)
			}
			last = i
		}
		r.approach(last, len(r.text))
		l.leave(r)
	}
	l.open = false
	return l
}

// follows says whether one space alone parts a token from the byte at.
func (r *reader) follows(last int32, at int) bool {
	end := r.end(last)
	return end == at-1 && r.text[end] == ' '
}

// enter begins the first sentence and the first paragraph of a field.
func (l *layout) enter(r *reader, first int32) {
	l.sentence = stretch{first: first, field: r.field}
	l.paragraphs = append(l.paragraphs, stretch{first: first, end: int32(len(r.text)), field: r.field})
}

func (l *layout) leave(r *reader) { l.endParagraph(r, len(r.text), len(r.text)) }

// endSentence ends the sentence that runs up to byte at, and takes the quotes
// and brackets that close behind it. Without a token it is none yet.
func (l *layout) endSentence(r *reader, at int) {
	if !l.open {
		return
	}
	if r.last < l.sentence.first {
		l.sentence.start = int32(at)
		return
	}
	for {
		c, size := r.decode(at)
		cl := r.f.classOf(c)
		if size == 0 || cl != terminator && cl != stop && c != '”' && c != '’' && c != '"' && c != '»' && c != ')' && c != '」' && c != '』' {
			break
		}
		at += size
	}
	l.sentence.end = int32(at)
	l.sentences = append(l.sentences, l.sentence)
	l.sentence.first, l.sentence.start = r.last+1, int32(at)
}

// endParagraph ends the sentence and the paragraph at byte at; the next one
// begins at byte next.
func (l *layout) endParagraph(r *reader, at, next int) {
	if !l.open {
		return
	}
	if int(l.sentence.start) < at {
		l.endSentence(r, at)
	}
	l.paragraphs[len(l.paragraphs)-1].end = int32(at)
	if next < len(r.text) {
		first := max(r.last+1, r.firsts[r.field])
		l.paragraphs = append(l.paragraphs, stretch{first: first, start: int32(next), end: int32(len(r.text)), field: r.field})
	}
}
