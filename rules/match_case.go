package rules

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What the letters of a paragraph are.
const (
	unread  uint8 = iota
	mixed         // capitals where grammar wants them
	loud          // A HEADLINE IN CAPITALS
	quiet         // no capital at all
	noCases       // a script without them
)

// letters says what the letters of the paragraph of a token are.
func (s *scratch) letters(at int32) uint8 {
	n, all := s.reader.paragraph(at), s.reader.layout.paragraphs
	for len(s.loud) < len(all) {
		s.loud = append(s.loud, unread)
	}
	if s.loud[n] == unread {
		p := all[n]
		s.loud[n] = lettersOf(s.reader.texts[p.field][p.start:p.end])
	}
	return s.loud[n]
}

// loudLetters is the least number of letters of a paragraph that can be called
// loud: fewer are one acronym.
const loudLetters = 6

func lettersOf(text string) uint8 {
	upper, lower := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	switch {
	case upper == 0 && lower == 0:
		return noCases
	case upper == 0:
		return quiet
	case upper+lower >= loudLetters && lower*10 <= upper:
		return loud
	}
	return mixed
}

// written returns a token as the item writes it, without what nobody sees.
func (s *scratch) written(i int32) string {
	return s.rs.folder.cleanWord(s.reader.written(i))
}

// isExact says whether a hit has the letter case of its term.
func (s *scratch) isExact(places []place, f found) bool {
	if int(f.end-f.start) != len(places) {
		return s.isExactJoined(places, f)
	}
	for i, p := range places {
		if !s.isForm(f.start+int32(i), p) {
			return false
		}
	}
	return true
}

// isForm says whether a token is one of the forms of a place, also with letters
// of another alphabet.
func (s *scratch) isForm(at int32, p place) bool {
	w := s.written(at)
	latin, cyrillic := repairHomoglyphs(w)
	return s.isWrittenForm(w, at, p) || latin != "" && s.isWrittenForm(latin, at, p) ||
		cyrillic != "" && s.isWrittenForm(cyrillic, at, p)
}

// isWrittenForm compares a word with the forms of a place, also with the s of a
// family or of a genitive.
func (s *scratch) isWrittenForm(w string, at int32, p place) bool {
	base := w
	if n := len(w); n > 1 && (len(s.speller.endings) > 0 || s.reader.is(at, possessive)) && w[n-1]|0x20 == 's' {
		base = w[:n-1]
	}
	return slices.ContainsFunc(p.forms, func(form string) bool {
		return s.sameCase(w, form, p.stem, at) || base != w && s.sameCase(base, form, p.stem, at)
	})
}

// isExactJoined compares where hyphens made other tokens than the term has.
func (s *scratch) isExactJoined(places []place, f found) bool {
	w, form := "", ""
	for i := f.start; i < f.end; i++ {
		w += s.written(i)
	}
	for _, p := range places {
		form += p.forms[0]
	}
	return s.sameCase(w, form, places[len(places)-1].stem, f.start)
}

// sameCase compares a written word with a form. ALL CAPS stand for a form with
// lower-case letters, and so does a hashtag without a capital, for there nobody
// minds them; a form in capitals counts only where not all is loud.
func (s *scratch) sameCase(w, form string, stem bool, at int32) bool {
	upper := strings.ToUpper(form)
	if stem {
		w = w[:min(len(w), len(form))]
	}
	if form != upper {
		return w == form || w == upper || s.reader.is(at, hashtag) && w == strings.ToLower(form)
	}
	return w == form && (s.letters(at) != loud || strings.IndexFunc(form, unicode.IsLetter) < 0)
}

// isLowered says whether a hit is a generated form of a name, but written as an
// ordinary word in a text that has capitals.
func (s *scratch) isLowered(caps [][]string, f found) bool {
	if int(f.end-f.start) != len(caps) {
		return false
	}
	for i, forms := range caps {
		if len(forms) == 0 {
			continue
		}
		w := s.written(f.start + int32(i))
		if isUpperFirst(w) || s.letters(f.start) == quiet {
			continue
		}
		if slices.ContainsFunc(forms, func(form string) bool { return strings.EqualFold(form, w) }) {
			return true
		}
	}
	return false
}

// language returns the item's language: its own, its feed's, else what its
// script tells. Latin script tells nothing.
func (s *scratch) language() string {
	if s.item.Lang != "" {
		return primary(s.item.Lang)
	}
	if f := s.rs.feeds[s.item.FeedID]; f != nil && f.Lang != "" {
		return primary(f.Lang)
	}
	if !s.rs.byLanguage {
		return ""
	}
	return scriptLanguage(s.item.Title, s.item.Body[:min(len(s.item.Body), languageSample)])
}

// languageSample is how many bytes of a body tell its script.
const languageSample = 2 << 10

// letterCounts are letters by script, and those that tell Ukrainian from Russian.
type letterCounts struct {
	latin, cyrillic, han, kana, hangul, arabic, hebrew, greek int
	ukrainian, russian                                        int
}

// scriptLanguage tells the language of some texts by their letters.
func scriptLanguage(texts ...string) string {
	var n letterCounts
	for _, text := range texts {
		for _, r := range text {
			n.add(r)
		}
	}
	// A character of the scripts without spaces weighs as much as several letters.
	best, most := "", n.latin
	for _, c := range [...]struct {
		lang string
		n    int
	}{
		{"ru", n.cyrillic}, {"zh", 3 * (n.han + n.kana)}, {"ko", 3 * n.hangul},
		{"ar", n.arabic}, {"he", n.hebrew}, {"el", n.greek},
	} {
		if c.n > most {
			best, most = c.lang, c.n
		}
	}
	switch {
	case best == "ru" && n.ukrainian > n.russian:
		return "uk"
	case best == "zh" && n.kana*10 > n.han:
		return "ja"
	}
	return best
}

func (n *letterCounts) add(r rune) {
	switch {
	case r < utf8.RuneSelf:
		if isASCIILetter(byte(r)) {
			n.latin++
		}
	case r < 0x250:
		if unicode.IsLetter(r) {
			n.latin++
		}
	case r >= 0x400 && r < 0x530:
		n.cyrillic++
		switch unicode.ToLower(r) {
		case 'і', 'ї', 'є', 'ґ':
			n.ukrainian++
		case 'ы', 'э', 'ъ', 'ё':
			n.russian++
		}
	case unicode.Is(unicode.Han, r):
		n.han++
	case unicode.In(r, unicode.Hiragana, unicode.Katakana):
		n.kana++
	case isHangul(r):
		n.hangul++
	case unicode.Is(unicode.Arabic, r):
		n.arabic++
	case unicode.Is(unicode.Hebrew, r):
		n.hebrew++
	case unicode.Is(unicode.Greek, r):
		n.greek++
	}
}
