package feed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// toUTF8 decodes a document by evidence, because labels lie: byte order mark,
// the shape of the first bytes, whether the bytes are UTF-8 at all, and only
// then the XML declaration, the header, and windows-1252. What remains illegal
// in XML 1.0 (section 2.2) is dropped.
func toUTF8(body []byte, header http.Header) []byte {
	if enc, skip := byMark(body); skip > 0 {
		return legalise(decodeWith(enc, body[skip:]))
	}
	if enc := byShape(body); enc != nil {
		return legalise(decodeWith(enc, body))
	}
	declared := declaredCharset(body)
	if sevenBit(declared) && bytes.IndexByte(body, 0x1b) >= 0 {
		if enc := lookupCharset(declared); enc != nil {
			return legalise(decodeWith(enc, body))
		}
	}
	if utf8.Valid(body) {
		return legalise(body)
	}
	return legalise(decodeLegacy(body, declared, headerCharset(header)))
}

// byMark reads a byte order mark. UTF-32's starts with UTF-16's, so it comes
// first.
func byMark(b []byte) (encoding.Encoding, int) {
	switch {
	case bytes.HasPrefix(b, []byte{0xef, 0xbb, 0xbf}):
		return nil, 3
	case bytes.HasPrefix(b, []byte{0xff, 0xfe, 0, 0}):
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), 4
	case bytes.HasPrefix(b, []byte{0, 0, 0xfe, 0xff}):
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), 4
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), 2
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), 2
	}
	return nil, 0
}

// byShape recognises wide encodings and EBCDIC by how "<" or "{" and what
// follows look in them (XML 1.0, appendix F).
func byShape(b []byte) encoding.Encoding {
	if len(b) < 8 {
		return nil
	}
	opens := func(c byte) bool { return c == '<' || c == '{' || c == ' ' || c == '\n' || c == '\r' || c == '\t' }
	switch {
	case b[0] == 0 && b[1] == 0 && b[2] == 0 && opens(b[3]):
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	case opens(b[0]) && b[1] == 0 && b[2] == 0 && b[3] == 0:
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	case b[0] == 0 && opens(b[1]) && b[2] == 0 && b[3] != 0:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case opens(b[0]) && b[1] == 0 && b[2] != 0 && b[3] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case bytes.HasPrefix(b, []byte{0x4c, 0x6f, 0xa7, 0x94}): // "<?xm" in EBCDIC
		return charmap.CodePage037
	}
	return nil
}

// declaredCharset is the label of the XML declaration, lower case.
func declaredCharset(body []byte) string {
	head := body[:min(len(body), 1024)]
	at := bytes.Index(head, []byte("<?xml"))
	if at < 0 {
		return ""
	}
	end := bytes.IndexByte(head[at:], '>')
	if end < 0 {
		end = len(head) - at
	}
	return labelIn(string(head[at : at+end]))
}

// labelIn finds the value behind "encoding=" in an XML declaration.
func labelIn(decl string) string {
	decl = strings.ToLower(decl)
	_, rest, ok := strings.Cut(decl, "encoding")
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, " \t\r\n=")
	if rest == "" {
		return ""
	}
	rest = strings.TrimLeft(rest, "\"' ")
	if end := strings.IndexAny(rest, "\"'? \t\r\n"); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

// headerCharset is the charset of Content-Type, lower case. Feeds are served
// with "charset:x" and other slips, so a broken header is searched by hand.
func headerCharset(h http.Header) string {
	ct := h.Get("Content-Type")
	if _, params, err := mime.ParseMediaType(ct); err == nil {
		return strings.ToLower(strings.Trim(params["charset"], `"' `))
	}
	_, rest, ok := strings.Cut(strings.ToLower(ct), "charset")
	if !ok {
		return ""
	}
	return strings.Trim(rest, `=:"'; `)
}

// sevenBit names encodings whose bytes are ASCII, and thus valid UTF-8, though
// they mean something else.
func sevenBit(label string) bool {
	return strings.HasPrefix(label, "iso-2022-") || label == "hz-gb-2312"
}

func lookupCharset(label string) encoding.Encoding {
	if label == "" {
		return nil
	}
	if enc, name := charset.Lookup(label); enc != nil && name != "replacement" {
		return enc
	}
	if enc, err := ianaindex.IANA.Encoding(label); err == nil && enc != nil {
		return enc
	}
	return nil
}

// decodeLegacy decodes bytes that are not valid UTF-8. Without a label to trust,
// valid sequences stay UTF-8, as they hardly ever come by chance, and only the
// other bytes are read as windows-1252: aggregated feeds mix both.
func decodeLegacy(body []byte, labels ...string) []byte {
	good, bad := countUTF8(body)
	var encs []encoding.Encoding
	for _, l := range labels {
		if strings.HasPrefix(l, "utf-") || l == "utf8" || l == "us-ascii" || l == "ascii" {
			continue
		}
		if enc := lookupCharset(l); enc != nil {
			encs = append(encs, enc)
		}
	}
	// Text in a double-byte encoding forms valid UTF-8 pairs by chance, so a
	// label asks for stronger evidence against it.
	if good < 4*bad {
		for _, enc := range encs {
			if out := decodeWith(enc, body); !manyLosses(out) {
				return out
			}
		}
	}
	return patchUTF8(body)
}

// countUTF8 counts the valid multi-byte sequences and the invalid bytes.
func countUTF8(b []byte) (good, bad int) {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good, bad
}

// manyLosses says that decoding gave more replacement characters than a few
// damaged bytes explain: the label is wrong.
func manyLosses(b []byte) bool {
	lost := bytes.Count(b, []byte("\uFFFD"))
	return lost > 3 && lost > len(b)/200
}

// maxDecoded bounds a decoded document, as the encodings of old take less space
// than UTF-8. What lies behind is dropped, like that of a longer body.
const maxDecoded = 16 << 20 // bytes

// patchUTF8 keeps valid sequences and reads each other byte as windows-1252.
func patchUTF8(b []byte) []byte {
	limit := max(maxDecoded, len(b))
	_, bad := countUTF8(b)
	out := make([]byte, 0, min(len(b)+2*bad, limit)) // such a byte takes up to three
	for i := 0; i < len(b) && len(out) < limit-utf8.UTFMax; {
		if b[i] < utf8.RuneSelf {
			out = append(out, b[i])
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			if c := charmap.Windows1252.DecodeByte(b[i]); c != utf8.RuneError {
				out = utf8.AppendRune(out, c)
			}
			i++
			continue
		}
		out = append(out, b[i:i+n]...)
		i += n
	}
	return out
}

func decodeWith(enc encoding.Encoding, b []byte) []byte {
	if enc == nil {
		if utf8.Valid(b) {
			return b
		}
		return patchUTF8(b)
	}
	out := transformed(enc.NewDecoder(), b)
	if len(out) == 0 {
		return patchUTF8(b)
	}
	return out
}

// transformed decodes as far as that works and fits.
func transformed(dec transform.Transformer, b []byte) []byte {
	limit := max(maxDecoded, len(b))
	out := make([]byte, 0, min(len(b)+len(b)/2+utf8.UTFMax, limit))
	for {
		n, read, err := dec.Transform(out[len(out):cap(out)], b, true)
		out, b = out[:len(out)+n], b[read:]
		if !errors.Is(err, transform.ErrShortDst) || cap(out) == limit {
			return out
		}
		grown := make([]byte, len(out), min(cap(out)+cap(out)/2, limit))
		copy(grown, out)
		out = grown
	}
}

// legalise drops the characters that XML 1.0 forbids, and reads the control
// characters from U+0080 on as the windows-1252 characters that they were meant
// to be. It copies only when there are any.
func legalise(b []byte) []byte {
	first := firstSuspect(b)
	if first == len(b) {
		return b
	}
	out := append(make([]byte, 0, len(b)), b[:first]...)
	limit := max(maxDecoded, len(b))
	for i := first; i < len(b) && len(out) < limit-utf8.UTFMax; {
		if c := b[i]; c >= ' ' && c < utf8.RuneSelf {
			out = append(out, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r >= 0x80 && r < 0xa0:
			if c := charmap.Windows1252.DecodeByte(byte(r)); c != utf8.RuneError {
				out = utf8.AppendRune(out, c)
			}
		case illegal(r) || r == utf8.RuneError && n <= 1:
		default:
			out = append(out, b[i:i+n]...)
		}
		i += n
	}
	return out
}

// firstSuspect is where the first character stands that legalise changes: a
// control character, or one with the lead bytes of U+0080 to U+009F or of the
// noncharacters.
func firstSuspect(b []byte) int {
	at := firstControl(b)
	for _, lead := range [...]byte{0xc2, 0xef} {
		for i := 0; ; {
			n := bytes.IndexByte(b[i:at], lead)
			if n < 0 {
				break
			}
			i += n
			if r, _ := utf8.DecodeRune(b[i:]); illegal(r) || r >= 0x80 && r < 0xa0 {
				at = i
				break
			}
			i++
		}
	}
	return at
}

// firstControl is where the first character below the space stands that is no
// white space. It looks at eight bytes at a time, as documents are long.
func firstControl(b []byte) int {
	const high, spaces = 0x8080808080808080, 0x2020202020202020
	i := 0
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		if (x-spaces)&^x&high == 0 {
			continue
		}
		for j, c := range b[i : i+8] {
			if c < 0x20 && c != '\n' && c != '\t' && c != '\r' {
				return i + j
			}
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < 0x20 && c != '\n' && c != '\t' && c != '\r' {
			return i
		}
	}
	return len(b)
}

// illegal says that XML 1.0, production 2, has no such character, or advises
// against it because Unicode never will have it.
func illegal(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff ||
		r >= 0xfdd0 && r <= 0xfdef
}
