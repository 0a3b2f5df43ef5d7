package rules

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"newswatch/news"
)

// fields are the searchable fields in the order in which they are read; a
// token's field is an index into it.
var fields = [...]news.Field{news.Title, news.Body, news.Author, news.URL, news.Category}

// findAddresses notes where URLs with a scheme and e-mail addresses stand in the text: their
// words are nobody's. The work is linear in the text.
func (r *reader) findAddresses() {
	r.findURLs("://", schemeStart)
	r.findMail()
	r.sortBlanks()
}

// findWeb adds the addresses without a scheme.
func (r *reader) findWeb() {
	r.findURLs("www.", wordStart)
	r.sortBlanks()
}

// seekWeb notes whether there is such an address in a part of the text.
func (r *reader) seekWeb(part string) {
	if r.web == webUnseen && strings.Contains(part, "www.") {
		r.web = webSeen
	}
}

func (r *reader) sortBlanks() {
	if len(r.blanks) > 1 {
		slices.SortStableFunc(r.blanks, func(a, b [2]int) int { return cmp.Compare(a[0], b[0]) })
	}
}

func (r *reader) findURLs(sign string, start func(text string, at int) int) {
	for i := 0; ; {
		k := strings.Index(r.text[i:], sign)
		if k < 0 {
			return
		}
		at := i + k
		i = at + len(sign)
		from := start(r.text, at)
		if from < 0 {
			continue
		}
		end := addressEnd(r.text, i)
		r.blanks = append(r.blanks, [2]int{from, end})
		i = end
	}
}

// schemeStart goes back over the scheme in front of "://"; -1 when there is none.
func schemeStart(text string, at int) int {
	i := at
	for i > 0 && at-i < 12 && isASCIILetter(text[i-1]) {
		i--
	}
	if i == at {
		return -1
	}
	return i
}

func wordStart(text string, at int) int {
	if at > 0 && (isASCIILetter(text[at-1]) || text[at-1] == '/') {
		return -1
	}
	return at
}

// addressEnd returns where the URL that runs over byte at ends: at white space,
// a quote, an angle bracket, or a script that writes no spaces.
func addressEnd(text string, at int) int {
	for i, c := range text[at:] {
		if unicode.IsSpace(c) || isSingle(c) || strings.ContainsRune(`"<>«»“”„‘’。、，！？）」』`, c) {
			return at + i
		}
	}
	return len(text)
}

// maxLocal is the length of an address before the @ (RFC 5321 section 4.5.3.1.1).
const maxLocal = 64

func (r *reader) findMail() {
	for i := 0; ; {
		k := strings.IndexByte(r.text[i:], '@')
		if k < 0 {
			return
		}
		at := i + k
		i = at + 1
		from := at
		for from > 0 && at-from < maxLocal && isMailByte(r.text[from-1]) {
			from--
		}
		end := i
		for end < len(r.text) && isMailByte(r.text[end]) {
			end++
		}
		domain := strings.TrimRight(r.text[i:end], ".-_+")
		if from < at && strings.Contains(domain, ".") {
			r.blanks = append(r.blanks, [2]int{from, i + len(domain)})
		}
		i = max(i, end)
	}
}

func isASCIILetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isMailByte(c byte) bool {
	return isASCIILetter(c) || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_' || c == '+' || c == '%'
}

// maxAbbreviation is the length of the longest one in ASCII letters.
const maxAbbreviation = 6

// isAbbreviation knows words that a full stop follows without ending a
// sentence, in folded form. A sentence that does end there is the price.
func isAbbreviation(word []byte) bool {
	switch string(word) {
	case "mr", "mrs", "ms", "dr", "prof", "gen", "lt", "col", "maj", "sgt", "capt", "cmdr", "cpl",
		"brig", "adm", "sen", "rep", "gov", "pres", "hon", "rev", "amb", "sec", "min", "st", "mt",
		"jr", "sr", "vs", "inc", "ltd", "corp", "dept", "est", "approx", "etc", "jan", "feb", "aug",
		"sept", "oct", "nov", "dec", "fr", "hr", "usw", "bzw", "mme", "mlle", "sra", "srta",
		"ген", "гр", "им", "ім", "ул", "вул", "тыс", "тис", "млн", "млрд", "проф", "акад", "др",
		"обл", "гос", "зам", "пер", "просп", "чл", "см":
		return true
	}
	return false
}
