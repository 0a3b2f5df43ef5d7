package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
)

// unseen says of a character that no reader sees it: controls, which a terminal
// obeys (those of 8 bits too), marks that turn the text around them, what parts lines.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// seen is a message of ours with whatever foreign words are in it; its lines stay.
func seen(message string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unseen(r) {
			return unicode.ReplacementChar
		}
		return r
	}, message)
}

// seenJSON writes JSON with each character that is not seen as an escape: its values
// are the same to a program, and nothing to a terminal. Only strings can hold one.
type seenJSON struct{ to io.Writer }

// Write takes whole values.
func (w seenJSON) Write(p []byte) (int, error) {
	if !bytes.ContainsFunc(p, escaped) {
		return w.to.Write(p)
	}
	var out bytes.Buffer
	out.Grow(len(p) + len(p)/8)
	for _, r := range string(p) {
		switch {
		case !escaped(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	if _, err := w.to.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// escaped says that a character is written as an escape; encoding/json sees to those below.
func escaped(r rune) bool { return r >= 0x7f && unseen(r) }
