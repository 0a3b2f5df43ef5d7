package story

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// word is one word of a text, in the form in which words are compared.
type word struct {
	key     string // folded: lower case, no accents, no plural ending
	raw     string // as it stands in the text
	upper   bool   // begins with a capital letter
	number  bool   // holds a digit
	opening bool   // stands at the start of a sentence, where a capital says nothing
}

// maxWordBytes cuts off what is no word: base64, long addresses.
const maxWordBytes = 48

// split cuts a text into at most limit words.
func split(text string, limit int) []word {
	var words []word
	opening := true
	for len(text) > 0 && len(words) < limit {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case isCJK(r):
			words, text = appendBigrams(words, text)
			opening = false
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			raw := text[:wordEnd(text)]
			text = text[len(raw):]
			words = appendWord(words, raw, opening)
			opening = false
		default:
			if strings.ContainsRune(".!?:;\n\"“”„«»‘|", r) {
				opening = true
			}
			text = text[size:]
		}
	}
	return words[:min(len(words), limit)]
}

// wordEnd is the length of the word at the start of text. Apostrophes, hyphens
// and, in numbers, points and commas belong to it when the word goes on after
// them.
func wordEnd(text string) int {
	end, last := 0, rune(0)
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		if isCJK(r) {
			break
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			next, _ := utf8.DecodeRuneInString(text[end+size:])
			joins := isApostrophe(r) && unicode.IsLetter(next) ||
				r == '-' && (unicode.IsLetter(next) || unicode.IsDigit(next)) ||
				(r == '.' || r == ',') && unicode.IsDigit(last) && unicode.IsDigit(next)
			if !joins {
				break
			}
		}
		last = r
		end += size
	}
	return end
}

// appendWord adds one word of the text, or its parts: "Marlow-Osten" is two
// names, "cease-fire" is one word spelled otherwise.
func appendWord(words []word, raw string, opening bool) []word {
	if len(raw) > maxWordBytes {
		return words
	}
	if strings.Contains(raw, "-") && !isSpellingHyphen(raw) {
		for part := range strings.SplitSeq(raw, "-") {
			if part != "" {
				words = appendWord(words, part, opening)
				opening = false
			}
		}
		return words
	}
	first, _ := utf8.DecodeRuneInString(raw)
	key := fold(raw)
	if key == "" {
		return words
	}
	return append(words, word{
		key: key, raw: raw, opening: opening,
		upper:  unicode.IsUpper(first),
		number: strings.ContainsAny(key, "0123456789"),
	})
}

// isSpellingHyphen tells a hyphen inside one lower-case word with a short
// first part (cease-fire, e-mail, co-operate) from one that joins two.
func isSpellingHyphen(raw string) bool {
	first, rest, _ := strings.Cut(raw, "-")
	return len(first) <= 5 && !strings.Contains(rest, "-") && strings.IndexFunc(raw, func(r rune) bool {
		return r != '-' && !unicode.IsLower(r)
	}) < 0
}

// fold brings a word into the form that is compared.
func fold(raw string) string {
	s := respelled(raw)
	if s != "" && isDigit(rune(s[0])) {
		return s
	}
	return stem(s)
}

// respelled is a word in lower case and one spelling, with all its endings but
// the possessive one.
func respelled(raw string) string {
	s := strings.ToLower(raw)
	if !isASCII(s) {
		s = stripMarks(s)
	}
	if i := strings.IndexByte(s, '\''); i >= 0 {
		if tail := s[i+1:]; tail == "s" || tail == "" {
			s = s[:i]
		} else {
			s = s[:i] + tail
		}
	}
	if s != "" && isDigit(rune(s[0])) {
		return foldNumber(s)
	}
	return respell(s)
}

// stripMarks takes accents off and brings apostrophes and styled letters (bold
// mathematical ones are a favourite of spammers) into their plain form.
func stripMarks(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		switch {
		case isApostrophe(r):
			b.WriteByte('\'')
		case r == 'ß':
			b.WriteString("ss")
		case r == 'ё':
			b.WriteRune('е')
		case !unicode.IsMark(r):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// foldNumber makes 194,000 and 194K the same number.
func foldNumber(s string) string {
	whole := s
	if i := strings.IndexByte(s, ','); i >= 0 && len(s)-i > 3 {
		whole = strings.ReplaceAll(s, ",", "")
	}
	if head, ok := strings.CutSuffix(whole, "k"); ok && !strings.ContainsAny(head, ".,") {
		return head + "000"
	}
	return whole
}

// respell brings names that reach English by two roads into one spelling.
func respell(s string) string {
	if i := strings.LastIndex(s, "sk"); i > 1 {
		switch s[i+2:] {
		case "y", "yy", "iy", "ij", "yi", "i", "yj":
			return s[:i+2] + "y"
		}
	}
	switch s {
	case "kiev":
		return "kyiv"
	case "lugansk":
		return "luhansk"
	case "zaporozhye", "zaporizhia", "zaporizhzhya", "zaporozhzhia":
		return "zaporizhzhia"
	case "kharkov":
		return "kharkiv"
	case "odessa":
		return "odesa"
	case "lvov":
		return "lviv"
	}
	return s
}

// stem takes an English plural ending off; it serves Spanish, Portuguese and
// French as well. Stronger stemmers grouped no better.
func stem(s string) string {
	n := len(s)
	switch {
	case n < 4 || s[n-1] != 's':
		return s
	case strings.HasSuffix(s, "ies") && n > 4:
		return s[:n-3] + "y"
	case strings.HasSuffix(s, "shes"), strings.HasSuffix(s, "ches"), strings.HasSuffix(s, "xes"), strings.HasSuffix(s, "sses"):
		return s[:n-2]
	case strings.HasSuffix(s, "ss"), strings.HasSuffix(s, "us"), strings.HasSuffix(s, "is"):
		return s
	}
	return s[:n-1]
}

// appendBigrams adds the pairs of neighbours of a run of Chinese or Japanese
// characters, which is written without spaces.
func appendBigrams(words []word, text string) ([]word, string) {
	var last string
	for {
		r, size := utf8.DecodeRuneInString(text)
		if !isCJK(r) {
			return words, text
		}
		char := text[:size]
		if last != "" {
			words = append(words, word{key: last + char, raw: last + char})
		}
		last, text = char, text[size:]
	}
}

func isCJK(r rune) bool {
	return r >= 0x2E80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == 'ʼ' || r == '`' }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isTitleCase says whether a headline Capitalises Most Words, so that a
// capital in it does not mark a name.
func isTitleCase(words []word) bool {
	upper, all := 0, 0
	for _, w := range words {
		if w.opening || w.number || utf8.RuneCountInString(w.raw) < 4 {
			continue
		}
		all++
		if w.upper {
			upper++
		}
	}
	return all > 0 && upper*10 >= all*7
}
