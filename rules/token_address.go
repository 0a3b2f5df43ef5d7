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

// address is a part of a field whose words are nobody's: a URL, an e-mail
// address, a block that is ignored.
type address struct{ from, to int }

// findAddresses notes where URLs and e-mail addresses stand in the field, but
// those of findWeb. The work is linear in its text.
func (r *reader) findAddresses() {
	r.findURLs()
	r.findHosts()
	r.findMail()
	r.sortAddresses()
}

// sortAddresses brings the addresses of the field into order, without those that
// lie inside another.
func (r *reader) sortAddresses() {
	list := r.addresses[r.field]
	slices.SortStableFunc(list, func(a, b address) int { return cmp.Compare(a.from, b.from) })
	kept := list[:0]
	for _, b := range list {
		if n := len(kept); n == 0 || b.to > kept[n-1].to {
			kept = append(kept, b)
		}
	}
	r.addresses[r.field] = kept
}

func (r *reader) addAddress(from, to int) {
	r.addresses[r.field] = append(r.addresses[r.field], address{from, to})
}

// seekURL and seekMail note whether there may be an address around the slash, or
// the @, at byte i.
func (r *reader) seekURL(i int) {
	if r.text[i] != '/' || i == 0 || i+1 == len(r.text) {
		return
	}
	if r.text[i-1] == ':' && r.text[i+1] == '/' || r.hostBefore(i) < i {
		r.suspect = true
	}
}

func (r *reader) seekMail(i int) {
	if r.text[i] == '@' && i > 0 && isMailByte(r.text[i-1]) && i+1 < len(r.text) && isMailByte(r.text[i+1]) {
		r.suspect = true
	}
}

func (r *reader) findURLs() {
	const sign = "://"
	for i := 0; ; {
		k := strings.Index(r.text[i:], sign)
		if k < 0 {
			return
		}
		at := i + k
		i = at + len(sign)
		from := at
		for from > 0 && at-from < maxScheme && isASCIILetter(r.text[from-1]) {
			from--
		}
		if from == at {
			continue
		}
		end := addressEnd(r.text, i)
		r.addAddress(from, end)
		i = end
	}
}

// maxScheme bounds the letters of a scheme: of those in use, few have more than five.
const maxScheme = 12

// findHosts adds the URLs without a scheme that begin with a host in front of a
// slash: t.me/name.
func (r *reader) findHosts() {
	for i := 0; ; {
		k := strings.IndexByte(r.text[i:], '/')
		if k < 0 {
			return
		}
		at := i + k
		i = at + 1
		if from := r.hostBefore(at); from < at {
			i = addressEnd(r.text, i)
			r.addAddress(from, i)
		}
	}
}

// Bounds of the letters of a top domain: few names have longer ones.
const (
	minTop = 2
	maxTop = 10
)

// hostBefore returns where the host begins that ends in front of the slash at
// byte i; i when there is none, or no path behind it. People forget the space
// between sentences: "Gone.Truce/peace" has no host, for a capital begins what
// stands before or behind the dot.
func (r *reader) hostBefore(i int) int {
	top := i
	for top > 0 && i-top <= maxTop && isLowerByte(r.text[top-1]) {
		top--
	}
	if n := i - top; n < minTop || n > maxTop || top < 2 || r.text[top-1] != '.' || !asciiWord(r.text[top-2]) {
		return i
	}
	from, first := top-1, byte(0)
	for from > 0 && isHostByte(r.text[from-1]) {
		from--
		if isASCIILetter(r.text[from]) {
			first = r.text[from]
		}
	}
	if c, size := r.decode(i + 1); size == 0 || endsAddress(c) || !isLowerByte(first) {
		return i
	}
	return from
}

func isLowerByte(c byte) bool { return 'a' <= c && c <= 'z' }
func isHostByte(c byte) bool  { return asciiWord(c) || c == '.' || c == '-' }

// webAt says whether an address without a scheme begins with the token i:
// www.example.
func (r *reader) webAt(i int32) bool {
	f, end := r.fieldOf(i), r.end(i)
	text := r.texts[f]
	return end < len(text) && text[end] == '.' && string(r.folded(i)) == "www" && fields[f] != news.URL
}

// hasWeb says whether there is such an address.
func (r *reader) hasWeb() bool { return slices.ContainsFunc(r.candidates, r.webAt) }

// findWeb adds the addresses without a scheme, which begin with a token, to
// those of all fields. The fields must then be read again.
func (r *reader) findWeb() {
	for f := range fields {
		r.enter(uint8(f))
		end := 0
		for i := r.firsts[f]; i < r.firsts[f+1]; i++ {
			if from := int(r.tokens[i].start); from >= end && r.webAt(i) {
				end = addressEnd(r.text, from)
				r.addAddress(from, end)
			}
		}
		if end > 0 {
			r.sortAddresses()
		}
	}
}

// addressEnd returns where the URL that runs over byte at ends: at white space,
// a quote, an angle bracket, or a script that writes no spaces.
func addressEnd(text string, at int) int {
	for i, c := range text[at:] {
		if endsAddress(c) {
			return at + i
		}
	}
	return len(text)
}

func endsAddress(c rune) bool {
	return unicode.IsSpace(c) || isSingle(c) || strings.ContainsRune(`"<>«»“”„‘’。、，！？）」』`, c)
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
			r.addAddress(from, i+len(domain))
		}
		i = max(i, end)
	}
}

func isASCIILetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isMailByte(c byte) bool {
	return isASCIILetter(c) || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_' || c == '+' || c == '%'
}
