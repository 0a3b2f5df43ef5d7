package rules

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// addWord finds the symbols of a word over so many tokens.
func (s *scratch) addWord(h uint64, w []byte, length int32) {
	t := &s.rs.trie
	if symbol, ok := t.words.find(h, w); ok {
		if symbol >= 0 {
			s.addEdge(edge{symbol, length})
		} else {
			for _, symbol := range t.several.row(-1 - symbol) {
				s.addEdge(edge{symbol, length})
			}
		}
	}
	if len(t.stems) == 0 {
		return
	}
	head := w[:headLen(w)]
	if n, ok := t.heads.find(hash(head), head); ok {
		for _, st := range t.stems[n] {
			if rest := w[len(head):]; len(rest) >= len(st.rest) && string(rest[:len(st.rest)]) == st.rest {
				s.addEdge(edge{st.symbol, length})
			}
		}
	}
}

// addEdge puts an edge on the stack, unless the token has it already: forms of a
// word may have one stem, and to walk behind each would double with every word.
func (s *scratch) addEdge(e edge) {
	if !slices.Contains(s.edges[s.base:], e) {
		s.edges = append(s.edges, e)
	}
}

// speller finds what else a token may be: the family of "the Zelenskys’ home", a
// word without its ending, the words of a hashtag in lower case, an Arabic
// word without what is glued to it, a word in which letters of another alphabet
// pass for its own.
type speller struct {
	endings []string            // that are taken off words
	known   func(w []byte) bool // says whether some term has this word
	add     func(w []byte)      // takes what was found; w is good until it returns
	buf     []byte
}

// alternatives finds those of a token with some marks and the folded form w.
func (s *speller) alternatives(m marks, w []byte) {
	if m&possessive != 0 {
		s.add(w[:len(w)-1])
	}
	if len(s.endings) > 0 && m&lone == 0 {
		s.cutEndings(w)
	}
	if m&hashtag != 0 && m&asciiOnly != 0 {
		s.cutHashtag(w)
	}
	if m&(lone|asciiOnly) != 0 {
		return
	}
	if isArabic(w) {
		s.cutArabic(w)
		return
	}
	latin, cyrillic := repairHomoglyphs(string(w))
	for _, repaired := range [...]string{latin, cyrillic} {
		if repaired != "" {
			s.add([]byte(repaired))
		}
	}
}

// cutEndings takes off the endings of a word.
func (s *speller) cutEndings(w []byte) {
	for _, ending := range s.endings {
		if rest, ok := bytes.CutSuffix(w, []byte(ending)); ok && len(rest) >= minBase {
			s.add(rest)
		}
	}
}

// Bounds of a hashtag in lower case that is cut into words: shorter ones are a
// word, longer ones are nothing that people read.
const (
	minRunOn = 8
	maxRunOn = 48
)

// cutHashtag cuts a hashtag in lower case into words of the rules and common
// short words: #crimeaisukraine. All of it must be such words.
func (s *speller) cutHashtag(w []byte) {
	if len(w) < minRunOn || len(w) > maxRunOn {
		return
	}
	var ends [maxRunOn + 1]bool // where words from there on reach the end
	ends[len(w)] = true
	for i := len(w) - 1; i >= 0; i-- {
		for j := i + 1; j <= len(w) && !ends[i]; j++ {
			ends[i] = ends[j] && s.isKnown(w[i:j])
		}
	}
	if !ends[0] {
		return
	}
	for i := 0; i < len(w); {
		j := len(w)
		for !ends[j] || !s.isKnown(w[i:j]) {
			j--
		}
		if !isFiller(string(w[i:j])) {
			s.add(w[i:j])
		}
		i = j
	}
}

// isKnown says whether a part of a hashtag is a word of the rules or a filler.
func (s *speller) isKnown(w []byte) bool {
	return len(w) >= minStem && s.known(w) || isFiller(string(w))
}

// isFiller knows the words that hashtags put between those that matter.
func isFiller(w string) bool {
	switch w {
	case "a", "and", "are", "at", "be", "by", "for", "free", "from", "help", "in", "is", "live", "must",
		"my", "never", "new", "news", "no", "not", "now", "of", "on", "our", "out", "save", "stand",
		"stands", "stop", "support", "the", "to", "today", "talks", "under", "up", "war", "we", "will", "with":
		return true
	}
	return false
}

// minArabic is the least number of bytes that must be left of an Arabic word:
// three letters.
const minArabic = 6

// cutArabic takes off the conjunctions و and ف, then the prepositions ب, ل and
// ك, then the article ال; لل is ل with the article.
func (s *speller) cutArabic(w []byte) {
	bases := [4][]byte{w}
	n := 1
	if rest, ok := cutLetter(w, "و", "ف"); ok {
		bases[n] = rest
		n++
	}
	for _, base := range bases[:n] {
		if rest, ok := cutLetter(base, "ب", "ل", "ك"); ok {
			bases[n] = rest
			n++
		}
	}
	for i, base := range bases[:n] {
		if i > 0 {
			s.add(base)
		}
		if rest, ok := cutPrefix(base, "لل"); ok {
			s.buf = append(append(s.buf[:0], "ال"...), rest...)
			s.add(s.buf)
			s.add(rest)
		}
		if rest, ok := cutPrefix(base, "ال"); ok {
			s.add(rest)
		}
	}
}

func cutLetter(w []byte, letters ...string) ([]byte, bool) {
	for _, l := range letters {
		if rest, ok := cutPrefix(w, l); ok {
			return rest, true
		}
	}
	return nil, false
}

// cutPrefix cuts a prefix from an Arabic word of which enough is left.
func cutPrefix(w []byte, prefix string) ([]byte, bool) {
	if len(w) < len(prefix)+minArabic || string(w[:len(prefix)]) != prefix {
		return nil, false
	}
	return w[len(prefix):], true
}

// Letters of both alphabets that look the same; the last five of each case as
// capitals only, but most words come folded.
var (
	cyrillicTwins = []rune("асеорхуіјѕвкмнтАСЕОРХУІЈЅВКМНТ")
	latinTwins    = []rune("aceopxyijsbkmhtACEOPXYIJSBKMHT")
)

// repairHomoglyphs writes a word that has letters of both alphabets in Latin ones
// alone, and in Cyrillic ones alone, by those that look the same. Where that
// cannot be, and for words of one alphabet, there is nothing.
func repairHomoglyphs(w string) (latin, cyrillic string) {
	hasLatin, hasCyrillic := false, false
	for _, r := range w {
		switch {
		case r < utf8.RuneSelf && isASCIILetter(byte(r)):
			hasLatin = true
		case r >= 0x0400 && r <= 0x04FF:
			hasCyrillic = true
		default:
			return "", ""
		}
	}
	if !hasLatin || !hasCyrillic {
		return "", ""
	}
	return replaceTwins(w, cyrillicTwins, latinTwins), replaceTwins(w, latinTwins, cyrillicTwins)
}

// replaceTwins returns nothing if a letter has no twin in the alphabet of to.
func replaceTwins(w string, from, to []rune) string {
	ok := true
	fixed := strings.Map(func(r rune) rune {
		if i := slices.Index(from, r); i >= 0 {
			return to[i]
		}
		ok = ok && (r < utf8.RuneSelf) == (to[0] < utf8.RuneSelf)
		return r
	}, w)
	if !ok {
		return ""
	}
	return fixed
}
