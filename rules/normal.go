package rules

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// class says what a character is to the tokenizer.
type class uint8

const (
	separator  class = iota // breaks a phrase
	letter                  // of a word
	digit                   // of a word
	single                  // a token by itself: scripts that do not part words
	ignorable               // not there: soft hyphen, zero width, direction marks, accents
	apostrophe              // inside a word or a quote
	hyphen                  // joins and parts
	enDash                  // parts words of a phrase
	quote                   // may stand inside a phrase
	space                   // white space but line ends
	lineEnd                 // a line break
	stop                    // a full stop: of a sentence or an abbreviation
	terminator              // ends a sentence
	connector               // may stand inside a phrase: underscore, middle dot
	tag                     // # and @: what follows may be CamelCase
)

// tableSize covers Latin, Greek, Cyrillic, Hebrew and Arabic.
const tableSize = 0x800

// folder folds characters: one spelling for all that a reader takes for the
// same. It holds a table so that common scripts cost one look-up a character.
type folder struct {
	class  [tableSize]class
	folded [tableSize]string
	cased  [tableSize]string // folded in all but the case
	quick  [tableSize]uint16 // folded forms of letters that are one letter, the first byte lowest; 0 for others
	print  [printSize]class  // of the marks of print from U+2000 on
	caser  cases.Caser
}

// printStart and printSize say where the dashes and quotes of print are.
const (
	printStart = 0x2000
	printSize  = 0x70
	// The first two bytes of those before U+2040 in UTF-8.
	printLead0, printLead1 = 0xE2, 0x80
)

// sharedFolder is the folder of all rulesets: it takes a millisecond to make and
// never changes.
var sharedFolder = sync.OnceValue(newFolder)

func newFolder() *folder {
	f := &folder{caser: cases.Fold()}
	for r := rune(0); r < tableSize; r++ {
		f.class[r] = classify(r)
		f.folded[r] = f.fold(r)
		f.cased[r] = cleanRunes(string(r))
		switch s := f.folded[r]; {
		case f.class[r] != letter || r < utf8.RuneSelf:
		case len(s) == 2 && s[0] >= utf8.RuneSelf:
			f.quick[r] = uint16(s[0]) | uint16(s[1])<<8
		case len(s) == 1:
			f.quick[r] = uint16(s[0])
		}
	}
	for i := range f.print {
		f.print[i] = classify(rune(printStart + i))
	}
	return f
}

// classOf returns the class of r.
func (f *folder) classOf(r rune) class {
	if r < tableSize {
		return f.class[r]
	}
	switch {
	case r >= printStart && r < printStart+printSize:
		return f.print[r-printStart]
	case isPlainSingle(r):
		return single
	}
	return classify(r)
}

// appendRune appends what stands for r in folded text.
func (f *folder) appendRune(out []byte, r rune) []byte {
	if r < tableSize {
		return append(out, f.folded[r]...)
	}
	if isPlainSingle(r) {
		return utf8.AppendRune(out, r)
	}
	return append(out, f.fold(r)...)
}

// isS says of a character whether it stands for an s: also a wide one, or one
// with an accent.
func (f *folder) isS(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r|0x20 == 's'
	case r < tableSize:
		return f.folded[r] == "s"
	}
	return f.classOf(r) == letter && f.fold(r) == "s"
}

func (f *folder) fold(r rune) string {
	if r == utf8.RuneError {
		return ""
	}
	return f.foldSegment(string(r))
}

// foldSegment folds a character with all that combines with it: compatibility
// forms, case, accents.
func (f *folder) foldSegment(s string) string {
	return plain(f.caser.String(norm.NFKC.String(s)))
}

// foldWord folds a word without loose accents.
func (f *folder) foldWord(s string) string {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if isCombining(r) {
			return f.foldSegment(s)
		}
		out = f.appendRune(out, r)
	}
	return string(out)
}

// appendWord appends the folded form of a word; of a sign, which has none, itself.
func (f *folder) appendWord(out []byte, s string) []byte {
	switch {
	case isPlain(s):
		return appendLower(out, s)
	case isSign(s):
		return append(out, s...)
	}
	return append(out, f.foldWord(s)...)
}

// cleanWord drops from a written word what a reader would not miss: all but the
// case of its letters is folded.
func (f *folder) cleanWord(s string) string {
	if isPlain(s) {
		return s
	}
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r >= tableSize || isCombining(r) {
			return cleanRunes(s)
		}
		out = append(out, f.cased[r]...)
	}
	return string(out)
}

func cleanRunes(s string) string {
	return strings.Map(func(r rune) rune {
		switch classify(r) {
		case letter, digit, single:
			return r
		}
		return -1
	}, foldCased(s))
}

// foldCased folds all but the case.
func foldCased(s string) string { return plain(norm.NFKC.String(s)) }

// plain strips accents and merges letters that writers take for one another. й
// and ї stay: they are letters of their own, not и and і with an accent.
func plain(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch r {
		case 'й', 'ї', 'Й', 'Ї':
			out.WriteRune(r)
			continue
		}
		for _, d := range norm.NFD.String(string(r)) {
			if m := merge(d); m >= 0 && isWordRune(m) {
				out.WriteRune(m)
			}
		}
	}
	return norm.NFC.String(out.String())
}

// merge maps letters that NFD leaves alone to the one that stands for them; -1
// for marks that do not count.
func merge(r rune) rune {
	switch r {
	case 'ł':
		return 'l'
	case 'Ł':
		return 'L'
	case 'ø':
		return 'o'
	case 'Ø':
		return 'O'
	case 'đ':
		return 'd'
	case 'Đ':
		return 'D'
	case 'ı':
		return 'i'
	case 'ٱ':
		return 'ا'
	case 'ة':
		return 'ه'
	case 'ى', 'ی':
		return 'ي'
	case 'ک':
		return 'ك'
	}
	if isAccent(r) || isInvisible(r) {
		return -1
	}
	return r
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) }

// isAccent reports combining marks that do not make another letter: those of
// Latin, Greek and Cyrillic, Hebrew points, Arabic vowel marks. Marks of Indic
// scripts and of kana are vowels and sounds: they stay.
func isAccent(r rune) bool {
	switch {
	case r >= 0x0300 && r <= 0x036F, r >= 0x0483 && r <= 0x0489, r >= 0x0591 && r <= 0x05C7,
		r >= 0x0610 && r <= 0x061A, r >= 0x064B && r <= 0x065F, r == 0x0670,
		r >= 0x06D6 && r <= 0x06ED, r >= 0x1AB0 && r <= 0x1AFF, r >= 0x1DC0 && r <= 0x1DFF,
		r >= 0x20D0 && r <= 0x20FF, r >= 0xFE20 && r <= 0xFE2F:
		return unicode.Is(unicode.M, r)
	}
	return false
}

// isInvisible reports characters that a reader does not see at all.
func isInvisible(r rune) bool {
	switch {
	case r == 0x00AD, r == 0x034F, r == 0x061C, r == 0x0640, r == 0xFEFF,
		r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E,
		r >= 0x2060 && r <= 0x206F, r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0100 && r <= 0xE01EF:
		return true
	}
	return false
}

// isSingle reports scripts that write no spaces between words, and Hangul,
// which glues particles to names: each character is a token.
func isSingle(r rune) bool {
	if r < 0x0E00 {
		return false
	}
	return r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// isPlainSingle reports the characters of Chinese, Japanese and Korean text that
// fold into themselves and need no look at a table.
func isPlainSingle(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0xAC00 && r <= 0xD7A3 || r >= 0x3041 && r <= 0x3096 || r >= 0x30A1 && r <= 0x30FA
}

// isCombining reports characters that change the one before them, so that both
// must be folded together.
func isCombining(r rune) bool {
	return r == 0x0306 || r == 0x0308 || r == 0x3099 || r == 0x309A || r == 0xFF9E || r == 0xFF9F ||
		r >= 0x1160 && r <= 0x11FF
}

func classify(r rune) class {
	switch r {
	case '\n', '\r', '\u2028', '\u2029', '\u0085', '\v', '\f':
		return lineEnd
	case '\'', '’', 'ʼ', '`', '´', '‘', '＇', '′', 'ʹ', 'ʻ':
		return apostrophe
	case '-', '‐', '‑', '－', '﹣', '־':
		return hyphen
	case '–':
		return enDash
	case '"', '“', '”', '„', '‟', '«', '»', '‹', '›', '‚', '「', '」', '『', '』', '《', '》', '〈', '〉', '＂',
		'®', '™': // of a brand, as invisible to a reader as a quote
		return quote
	case '.':
		return stop
	case '!', '?', '…', '。', '！', '？', '؟', '۔', '।', '｡', '‼', '⁇', '⁉':
		return terminator
	case '_', '·', '・', '･', '‧':
		return connector
	case '#', '@', '＃', '＠':
		return tag
	}
	return classifyLetter(r)
}

func classifyLetter(r rune) class {
	switch {
	case isAccent(r), isInvisible(r):
		return ignorable
	case isSingle(r) && (unicode.IsLetter(r) || unicode.IsMark(r)), r == 0xFF9E, r == 0xFF9F:
		return single
	case unicode.IsLetter(r), unicode.IsMark(r), unicode.Is(unicode.Other_Alphabetic, r): // Ⓐ is of the last
		return letter
	case unicode.IsDigit(r):
		return digit
	case unicode.IsSpace(r):
		return space
	}
	return separator
}
