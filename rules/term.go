package rules

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// minStem is the least number of letters before a *: a shorter stem finds half
// of a language.
const minStem = 4

// maxPlaces bounds the words of a term, maxSpan the tokens of its hits: each of
// its words may be one with up to maxJoin parts.
const (
	maxPlaces = 16
	maxSpan   = maxPlaces * maxJoin
)

// pattern is one line of a word list, cut into words and compiled: what may
// stand at each place.
type pattern struct {
	lang   string
	places []place
	exact  bool // letter case counts
}

// place is what may stand at one place of a pattern.
type place struct {
	forms  []string // as an editor would write them, the written one first
	stem   bool     // any word that begins so
	joined bool     // a hyphen parts it from the place before
	sign   *signs   // that parts it from the place before; of the place of a sign, itself
}

// termReader makes a reader of terms.
func termReader(f *folder) reader { return reader{f: f, terms: true} }

// inflect makes the forms of a written word, itself first; a nil one makes no
// others. given says that more words follow: of a person, it may be the given name.
type inflect func(word string, given bool) []string

// parseTerm cuts a term into places, which are good until the next call. It
// returns no places when the text has nothing that could be found.
func (r *reader) parseTerm(t Term, forms inflect, plural bool) pattern {
	p := pattern{lang: t.Lang}
	text := strings.TrimSpace(t.Text)
	if rest, ok := strings.CutPrefix(text, "="); ok {
		p.exact, text = true, rest
	}
	r.reset()
	r.read(0, text)
	p.places, r.forms = r.places[:0], slices.Grow(r.forms[:0], len(r.tokens)+2) // so that forms stay where they are
	for i := range r.tokens {
		i := int32(i)
		end := r.end(i)
		written := r.f.cleanWord(text[r.tokens[i].start:end])
		pl := place{joined: r.isJoined(i) && i > 0}
		pl.stem = end < len(text) && text[end] == '*' && !r.is(i, lone)
		if i > 0 && !r.is(i, linked) {
			if pl.sign = r.termSign(i, r.behindPlace(i-1, p.places[i-1].stem)); pl.sign != nil {
				pl.sign.must = isBrief(written) || isBrief(p.places[i-1].forms[0])
			}
		}
		if pl.stem || forms == nil {
			r.forms = append(r.forms, written)
			pl.forms = r.forms[len(r.forms)-1:]
		} else {
			pl.forms = forms(written, int(i) < len(r.tokens)-1)
		}
		p.places = append(p.places, pl)
	}
	r.places = p.places
	if n := len(p.places); plural && !p.exact && n > 0 && !p.places[n-1].stem {
		last := &p.places[n-1]
		last.forms = appendPlurals(last.forms, last.joined)
	}
	return p
}

// isBrief says whether a word is a number or one letter: beside such, a sign makes
// another word, AT&T of "at T.", 7.5 of 7-5.
func isBrief(w string) bool {
	return utf8.RuneCountInString(w) == 1 || strings.Trim(w, "0123456789") == ""
}

// behindPlace returns the byte behind what a term has of a word.
func (r *reader) behindPlace(i int32, stem bool) int {
	if stem {
		return r.end(i) + len("*")
	}
	return r.behind(i)
}

// isPlain reports ASCII letters and digits alone.
func isPlain(s string) bool {
	for i := range len(s) {
		if !asciiWord(s[i]) {
			return false
		}
	}
	return true
}

// appendPlurals appends the English plurals of the first form: of Latin words
// with four letters or more that do not end in s. The end of a word with hyphens
// may be shorter: walk-outs.
func appendPlurals(forms []string, joined bool) []string {
	word := forms[0]
	if n := utf8.RuneCountInString(word); n < 4 && (n < 2 || !joined) || !isLatin(word) {
		return forms
	}
	low := strings.ToLower(word)
	switch {
	case strings.HasSuffix(low, "s"):
		return forms
	case strings.HasSuffix(low, "y") && !strings.ContainsAny(low[len(low)-2:len(low)-1], "aeiou"):
		return append(forms, word[:len(word)-1]+"ies")
	case strings.HasSuffix(low, "x"), strings.HasSuffix(low, "z"), strings.HasSuffix(low, "ch"),
		strings.HasSuffix(low, "sh"), strings.HasSuffix(low, "o"):
		return append(forms, word+"es", word+"s")
	}
	return append(forms, word+"s")
}

func isLatin(word string) bool {
	for _, r := range word {
		if r < utf8.RuneSelf && isASCIILetter(byte(r)) {
			continue
		}
		if !unicode.Is(unicode.Latin, r) {
			return false
		}
	}
	return true
}

func isCyrillic(word string) bool {
	for _, r := range word {
		if !unicode.Is(unicode.Cyrillic, r) {
			return false
		}
	}
	return word != ""
}

// isVaried says whether there are several ways to write the pattern.
func (p pattern) isVaried() bool {
	return slices.ContainsFunc(p.places, func(pl place) bool { return pl.joined || pl.sign != nil })
}

// maxSigned bounds the gaps of a pattern that may have their sign or not, each by
// itself: the further ones have it in ways in which any has.
const maxSigned = 3

// sequences returns the ways to write a pattern: a word with hyphens in parts,
// and in one, a gap with its sign, and without.
func (p pattern) sequences() [][]place {
	ways := [][]place{nil}
	signed, glued := 0, 1
	for i := 0; i < len(p.places); {
		if sign := p.places[i].sign; sign != nil {
			signed++
			ways = sign.appendTo(ways, signed <= maxSigned)
		}
		end := i + 1
		for end < len(p.places) && p.places[end].joined {
			end++
		}
		parts := p.places[i:end]
		next := make([][]place, 0, 2*len(ways))
		for _, way := range ways {
			next = append(next, append(way[:len(way):len(way)], parts...))
			if len(parts) > 1 && glued < 8 {
				next = append(next, append(way[:len(way):len(way)], glue(parts)))
			}
		}
		if len(parts) > 1 {
			glued *= 2
		}
		ways, i = next, end
	}
	return ways
}

// appendTo appends a place of the sign to ways: to each, and not, or as it is with
// the signs before.
func (sg *signs) appendTo(ways [][]place, free bool) [][]place {
	var out [][]place
	for _, way := range ways {
		has := slices.ContainsFunc(way, place.isSign)
		if free || has || sg.must {
			out = append(out, append(way[:len(way):len(way)], place{forms: sg.forms, sign: sg}))
		}
		if (free || !has) && !sg.must {
			out = append(out, way)
		}
	}
	return out
}

// isSign says whether a place of a way is for a sign.
func (pl place) isSign() bool { return isSign(pl.forms[0]) }

// glue makes one place of the parts of a hyphenated word. Only its last part
// keeps its other forms.
func glue(parts []place) place {
	last := parts[len(parts)-1]
	head := ""
	for _, p := range parts[:len(parts)-1] {
		head += p.forms[0]
	}
	whole := place{stem: last.stem}
	for _, form := range last.forms {
		whole.forms = append(whole.forms, head+form)
	}
	return whole
}
