package article

import (
	"strings"
	"unicode"
)

// eachWord gives the words of a text, in lower case. Scripts that do not part
// words give pairs of characters.
func eachWord(s string, do func(word string)) {
	var word []rune
	flush := func() {
		if len(word) > 0 {
			do(string(word))
		}
		word = word[:0]
	}
	var last rune // an unparted character just before, else 0
	for _, r := range s {
		switch {
		case unparted(r):
			flush()
			if last != 0 {
				do(string([]rune{last, r}))
			}
			last = r
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			word = append(word, unicode.ToLower(r))
		default:
			flush()
		}
		last = 0
	}
	flush()
}

// unparted says that a character belongs to a script without spaces between words.
func unparted(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func countWords(s string) (n int) {
	eachWord(s, func(string) { n++ })
	return n
}

// stemSize is how many letters of a word tell it from others: endings differ
// between a headline and the text below it.
const stemSize = 5

// stems are the words of a text that tell it from others: long ones, cut, and
// numbers. A syllable of Korean or a character of Chinese says as much as two
// or three letters.
func stems(s string) map[string]bool {
	set := map[string]bool{}
	eachWord(s, func(word string) {
		r := []rune(word)
		dense := unicode.Is(unicode.Hangul, r[0]) || unparted(r[0])
		switch {
		case dense && len(r) > 1:
			set[string(r[:2])] = true
		case len(r) >= 4 || unicode.IsDigit(r[0]) && len(r) > 1:
			set[string(r[:min(len(r), stemSize)])] = true
		}
	})
	return set
}

// shared is how many stems of the first set are in the second, and what part of
// the first that is.
func shared(of, in map[string]bool) (n int, part float64) {
	for s := range of {
		if in[s] {
			n++
		}
	}
	if len(of) == 0 {
		return 0, 0
	}
	return n, float64(n) / float64(len(of))
}

// folded is a text without regard to its spacing and letter case.
func folded(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}
