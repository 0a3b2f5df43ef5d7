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
	if t.sieve.has(h) != 0 {
		if word, ok := t.words.find(h, w); ok {
			for _, symbol := range t.of.row(word) {
				s.edges = append(s.edges, edge{symbol, length})
			}
		}
	}
	if len(t.stems) == 0 {
		return
	}
	head := w[:headLen(w)]
	h = hash(head)
	if t.sieve.has(h) == 0 {
		return
	}
	if n, ok := t.heads.find(h, head); ok {
		for _, st := range t.stems[n] {
			if rest := w[len(head):]; len(rest) >= len(st.rest) && string(rest[:len(st.rest)]) == st.rest {
				s.edges = append(s.edges, edge{st.symbol, length})
			}
		}
	}
}

// addForm adds a word that may stand for a token.
func (s *scratch) addForm(w []byte) { s.addWord(hash(w), w, 1) }

// addAlternatives finds what else a token may be: the family of "the Zelenskys’
// home", a German word without its ending, the words of a hashtag in lower case,
// an Arabic word without what is glued to it, a word in which letters of another
// alphabet pass for its own.
func (s *scratch) addAlternatives(t *token, w []byte) {
	if t.is(possessive) {
		s.addForm(w[:len(w)-1])
	}
	if s.german && !t.is(lone) {
		s.addGerman(w)
	}
	if t.is(hashtag) && t.is(asciiOnly) {
		s.addRunOn(w)
	}
	if t.is(lone) || t.is(asciiOnly) {
		return
	}
	if isArabic(w) {
		s.addArabic(string(w))
		return
	}
	if repaired, ok := repairHomoglyphs(string(w)); ok {
		s.addForm([]byte(repaired))
	}
}

// minGerman is the least number of bytes that must be left of a German word.
const minGerman = 4

// addGerman takes off the endings of the genitive (Putins), of plurals
// (Waffenruhen) and of what comes from a town (Kiewer).
func (s *scratch) addGerman(w []byte) {
	for _, ending := range [...]string{"s", "es", "e", "n", "en", "er"} {
		if rest, ok := bytes.CutSuffix(w, []byte(ending)); ok && len(rest) >= minGerman {
			s.addForm(rest)
		}
	}
}

// Bounds of a hashtag in lower case that is cut into words: shorter ones are a
// word, longer ones are nothing that people read.
const (
	minRunOn = 8
	maxRunOn = 48
)

// addRunOn cuts a hashtag in lower case into words of the rules and common
// short words: #crimeaisukraine. All of it must be such words.
func (s *scratch) addRunOn(w []byte) {
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
			s.addForm(w[i:j])
		}
		i = j
	}
}

// isKnown says whether a part of a hashtag is a word of the rules or a filler.
func (s *scratch) isKnown(w []byte) bool {
	if len(w) >= minStem {
		if _, ok := s.rs.trie.words.find(hash(w), w); ok {
			return true
		}
	}
	return isFiller(string(w))
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

// addArabic takes off the conjunctions و and ف, then the prepositions ب, ل and
// ك, then the article ال; لل is ل with the article.
func (s *scratch) addArabic(w string) {
	bases := [4]string{w}
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
			s.addForm([]byte(base))
		}
		if rest, ok := strings.CutPrefix(base, "لل"); ok && len(rest) >= minArabic {
			s.addForm([]byte("ال" + rest))
			s.addForm([]byte(rest))
		}
		if rest, ok := strings.CutPrefix(base, "ال"); ok && len(rest) >= minArabic {
			s.addForm([]byte(rest))
		}
	}
}

func cutLetter(w string, letters ...string) (string, bool) {
	for _, l := range letters {
		if rest, ok := strings.CutPrefix(w, l); ok && len(rest) >= minArabic {
			return rest, true
		}
	}
	return w, false
}

// repairHomoglyphs replaces Cyrillic letters in a mostly Latin word, or the
// other way round, by those that look the same. It reports false for words of
// one alphabet, and for those that it cannot repair.
func repairHomoglyphs(w string) (string, bool) {
	latin, cyrillic := 0, 0
	for _, r := range w {
		switch {
		case r < utf8.RuneSelf && isASCIILetter(byte(r)):
			latin++
		case r >= 0x0400 && r <= 0x04FF:
			cyrillic++
		default:
			return "", false
		}
	}
	if latin == 0 || cyrillic == 0 {
		return "", false
	}
	from, to := []rune("асеорхуіјѕ"), []rune("aceopxyijs")
	if cyrillic > latin {
		from, to = to, from
	}
	ok := true
	fixed := strings.Map(func(r rune) rune {
		if i := slices.Index(from, r); i >= 0 {
			return to[i]
		}
		if (r < utf8.RuneSelf) == (cyrillic > latin) {
			ok = false
		}
		return r
	}, w)
	return fixed, ok
}
