package feed

import (
	"bytes"
	"html"
	"strconv"
	"strings"
)

// Bounds on the document's own entities, which could otherwise grow a small
// feed without end ("billion laughs").
const (
	maxEntities    = 256
	maxEntityValue = 1 << 10 // bytes
	maxExpansion   = 4 << 10 // bytes that declared entities may add to one text
	maxReference   = 40      // bytes; HTML's longest name has 31
)

// entities are the general entities that a document type declares. Values are
// put in as they stand and never expanded again.
type entities map[string]string

// declared reads the entities of the document type declaration that starts the
// document. External ones are never fetched.
func declared(doc []byte) entities {
	head := doc[:min(len(doc), 64<<10)]
	if !bytes.Contains(head, []byte("<!ENTITY")) {
		return nil
	}
	ents := entities{}
	for len(ents) < maxEntities {
		at := bytes.Index(head, []byte("<!ENTITY"))
		if at < 0 {
			break
		}
		head = head[at+len("<!ENTITY"):]
		name := bytes.TrimLeft(head, " \t\r\n")
		n := bytes.IndexAny(name, " \t\r\n")
		if n <= 0 {
			continue
		}
		value := bytes.TrimLeft(name[n:], " \t\r\n")
		if len(value) == 0 || value[0] != '"' && value[0] != '\'' {
			continue
		}
		end := bytes.IndexByte(value[1:], value[0])
		if end < 0 || end > maxEntityValue {
			continue
		}
		// References to characters in a value are put in when it is declared
		// (XML 1.0, section 4.5), all others when it is used.
		ents[string(name[:n])] = entities(nil).decodeNumeric(value[1 : 1+end])
	}
	return ents
}

// decode replaces the references in character data, once. References need
// their semicolon: without it "&copy=1" in a link would become a sign. Bare
// ampersands and unknown names stay as text.
func (e entities) decode(b []byte) string {
	amp := bytes.IndexByte(b, '&')
	if amp < 0 {
		return string(b)
	}
	var out strings.Builder
	out.Grow(len(b))
	room := maxExpansion
	for amp >= 0 {
		out.Write(b[:amp])
		b = b[amp:]
		value, n := e.reference(b)
		if grown := len(value) - n; grown > 0 {
			if room -= grown; room < 0 {
				value = ""
			}
		}
		out.WriteString(value)
		b = b[n:]
		amp = bytes.IndexByte(b, '&')
	}
	out.Write(b)
	return out.String()
}

// reference reads the reference at the start of b and says how long it is.
func (e entities) reference(b []byte) (value string, n int) {
	semi := bytes.IndexByte(b[:min(len(b), maxReference)], ';')
	if semi < 2 {
		return "&", 1
	}
	name := b[1:semi]
	if name[0] == '#' {
		if s, ok := numeric(name[1:]); ok {
			return s, semi + 1
		}
		return "&", 1
	}
	switch string(name) {
	case "amp":
		return "&", semi + 1
	case "lt":
		return "<", semi + 1
	case "gt":
		return ">", semi + 1
	case "quot":
		return `"`, semi + 1
	case "apos":
		return "'", semi + 1
	}
	if v, ok := e[string(name)]; ok {
		return v, semi + 1
	}
	if bytes.IndexByte(name, '&') >= 0 { // the reference starts further on
		return "&", 1
	}
	ref := string(b[:semi+1])
	if v := html.UnescapeString(ref); v != ref && !strings.HasSuffix(v, ";") {
		return v, semi + 1
	}
	return "&", 1
}

func (e entities) decodeNumeric(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); {
		if b[i] == '&' {
			if semi := bytes.IndexByte(b[i:min(len(b), i+maxReference)], ';'); semi > 2 && b[i+1] == '#' {
				if s, ok := numeric(b[i+2 : i+semi]); ok {
					out.WriteString(s)
					i += semi + 1
					continue
				}
			}
		}
		out.WriteByte(b[i])
		i++
	}
	return out.String()
}

// numeric reads the number of a character reference. Numbers from 128 to 159
// are meant as windows-1252, as in HTML; illegal ones give nothing.
func numeric(digits []byte) (string, bool) {
	base := 10
	if len(digits) > 0 && (digits[0] == 'x' || digits[0] == 'X') {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	if err != nil {
		return "", false
	}
	if n == 0 || n > 0x10ffff || n >= 0xd800 && n < 0xe000 || illegal(rune(n)) {
		return "", true
	}
	if n >= 0x80 && n < 0xa0 {
		return html.UnescapeString("&#" + strconv.FormatUint(n, 10) + ";"), true
	}
	return string(rune(n)), true
}

// escape writes s as XML character data that also survives in an attribute.
func escape(out *bytes.Buffer, s string) {
	last := 0
	for i := 0; i < len(s); i++ {
		var ref string
		switch s[i] {
		case '&':
			ref = "&amp;"
		case '<':
			ref = "&lt;"
		case '>':
			ref = "&gt;"
		case '"':
			ref = "&quot;"
		default:
			continue
		}
		out.WriteString(s[last:i])
		out.WriteString(ref)
		last = i + 1
	}
	out.WriteString(s[last:])
}
