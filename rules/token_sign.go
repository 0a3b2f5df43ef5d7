package rules

import (
	"slices"
	"unicode/utf8"
)

// A sign is all marks that stand between two words and may end a phrase. Where a
// term has one, a text may have the same one there; anywhere else it ends the
// phrase. A sign is kept as a word that no text has: a zero byte and the marks. A
// space follows a mark that ends a sentence there: 3.5 is not "in 3. 5 others".

// maxSign bounds the bytes of a sign.
const maxSign = plainSize

// isSign says whether a word is one.
func isSign[T string | []byte](word T) bool { return len(word) > 0 && word[0] == 0 }

// signBefore returns the sign between a token and the one before, nil when there
// is none; it is good until the next call.
func (r *reader) signBefore(i int32) []byte {
	f := r.fieldOf(i)
	if i == r.firsts[f] {
		return nil
	}
	r.enter(f)
	return r.sign(i-1, r.behind(i-1), int(r.tokens[i].start))
}

// sign reads the sign behind the token last, from byte at to byte to, between
// which there is no other token.
func (r *reader) sign(last int32, at, to int) []byte {
	r.signed = append(r.signed[:0], 0)
	if at < to && r.text[at] == '.' && at == r.end(last) && r.isShort(last) {
		at++
	}
	lines, ends := 0, false
	for at < to {
		c, size := r.decode(at)
		switch cl := r.f.classOf(c); cl {
		case ignorable, quote, apostrophe, connector, tag:
		case lineEnd:
			if c == '\r' && at+1 < to && r.text[at+1] == '\n' {
				size = 2
			}
			if lines++; lines > 1 || ends {
				return nil
			}
		case space:
			if n := len(r.signed); ends && r.signed[n-1] != ' ' {
				r.signed = append(r.signed, ' ')
			}
		case separator, hyphen, enDash, stop, terminator:
			ends = cl == stop || cl == terminator
			r.signed = utf8.AppendRune(r.signed, c)
		default: // words that are nobody's
			return nil
		}
		if len(r.signed) > maxSign {
			return nil
		}
		at += size
	}
	if len(r.signed) == 1 {
		return nil
	}
	return r.signed
}

// signs are what a term asks for between two of its words.
type signs struct {
	forms   []string // each as good as the first
	must    bool     // a text must have it too
	written string   // the first one as the term has it
}

// termSign returns the sign that a term has between a token and the one before,
// from byte at on; nil where no phrase ends.
func (r *reader) termSign(i int32, at int) *signs {
	to := int(r.tokens[i].start)
	r.enter(0)
	r.last, r.gap, r.at = i-1, gap{}, at
	r.skim(to)
	if !r.gap.broken {
		return nil
	}
	sign := r.sign(i-1, at, to)
	if sign == nil {
		return nil
	}
	out := &signs{forms: []string{string(sign)}, written: r.text[at:to]}
	if bare := slices.DeleteFunc(sign, func(c byte) bool { return c == ' ' }); len(bare) < len(out.forms[0]) {
		out.forms = append(out.forms, string(bare))
	}
	return out
}
