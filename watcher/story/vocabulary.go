package story

import (
	_ "embed"
	"strings"
)

//go:embed facts.txt
var factsTable string

// vocabulary is facts.txt, by list and language.
type vocabulary map[listKey]*phrases

// listKey names one list of one language; "*" stands for all languages.
type listKey struct{ list, lang string }

// phrases finds words and runs of words.
type phrases struct {
	whole map[string][]phrase // by the first word
	stems []phrase            // forms that end in *
}

// phrase is one form: its words, and what its line says of it.
type phrase struct {
	words []string
	value string
}

// newVocabulary reads the table that is built in.
func newVocabulary() vocabulary {
	v := vocabulary{}
	for line := range strings.Lines(factsTable) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[0] == "#" {
			continue
		}
		key := listKey{fields[0], fields[1]}
		if v[key] == nil {
			v[key] = &phrases{whole: map[string][]phrase{}}
		}
		for _, form := range fields[3:] {
			v[key].add(form, strings.ReplaceAll(fields[2], "_", " "))
		}
	}
	return v
}

func (p *phrases) add(form, value string) {
	if stem, ok := strings.CutSuffix(form, "*"); ok {
		p.stems = append(p.stems, phrase{[]string{tokenKey(stem)}, value})
		return
	}
	words := strings.Split(form, "_")
	for i := range words {
		words[i] = tokenKey(words[i])
	}
	p.whole[words[0]] = append(p.whole[words[0]], phrase{words, value})
}

// list is a list of a language, never nil.
func (v vocabulary) list(name, lang string) *phrases {
	if p := v[listKey{name, lang}]; p != nil {
		return p
	}
	return &phrases{}
}

// at finds the longest form that begins at token i; length is 0 when none does.
func (p *phrases) at(tokens []token, i int) (value string, length int) {
	for _, f := range p.whole[tokens[i].key] {
		if len(f.words) > length && matches(tokens[i:], f.words) {
			value, length = f.value, len(f.words)
		}
	}
	if length > 0 {
		return value, length
	}
	for _, f := range p.stems {
		if strings.HasPrefix(tokens[i].key, f.words[0]) {
			return f.value, 1
		}
	}
	return "", 0
}

// before finds the longest form that ends right before token i.
func (p *phrases) before(tokens []token, i int) (value string, length int) {
	for n := min(maxForm, i); n > 0; n-- {
		if value, length = p.at(tokens[:i], i-n); length == n {
			return value, length
		}
	}
	return "", 0
}

// maxForm is how many words the longest form that is looked for before a word has.
const maxForm = 4

// has says whether any form begins at one of the tokens.
func (p *phrases) has(tokens []token) bool {
	for i := range tokens {
		if _, n := p.at(tokens, i); n > 0 {
			return true
		}
	}
	return false
}

func matches(tokens []token, words []string) bool {
	if len(tokens) < len(words) {
		return false
	}
	for i, w := range words {
		if tokens[i].key != w {
			return false
		}
	}
	return true
}

// token is a word as facts are read from it: not stemmed, as "signs" and "sign"
// say other things, and with the clause that it stands in.
type token struct {
	key      string
	raw      string // with signs of currency and percent
	clause   int
	sentence int
}

// tokenize cuts a text into at most limit tokens. A clause ends at a mark that
// parts, and at "and".
func tokenize(text string, limit int) []token {
	var tokens []token
	clause, sentence := 0, 0
	for field := range strings.FieldsFuncSeq(joinDigits(text), isGap) {
		if len(tokens) == limit {
			break
		}
		raw := strings.TrimLeft(field, parting)
		if len(raw) < len(field) {
			clause++
		}
		bare := strings.TrimRight(raw, parting)
		if key := tokenKey(bare); key != "" && len(bare) <= maxWordBytes {
			if isAnd(key) {
				clause++
			}
			tokens = append(tokens, token{key, bare, clause, sentence})
		}
		if len(bare) < len(raw) {
			clause++
		}
		if strings.ContainsAny(raw[len(bare):], ".!?") {
			sentence++
		}
	}
	return tokens
}

// parting are the marks that stand between clauses.
const parting = ".,;:!?()[]{}\"“”„«»‘’'…–—-|/*"

func isGap(r rune) bool {
	return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\u00a0' || r == '\u202f' || r == '—' || r == '–'
}

// joinDigits takes the hard spaces out of numbers: 12 400 is one in French and Russian.
func joinDigits(text string) string {
	if !strings.ContainsAny(text, "\u00a0\u202f") {
		return text
	}
	runes := []rune(text)
	kept := runes[:0]
	for i, r := range runes {
		inside := i > 0 && i+1 < len(runes) && isDigit(runes[i-1]) && isDigit(runes[i+1])
		if (r == '\u00a0' || r == '\u202f') && inside {
			continue
		}
		kept = append(kept, r)
	}
	return string(kept)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func tokenKey(raw string) string {
	key := strings.ToLower(raw)
	if !isASCII(key) {
		key = stripMarks(key)
	}
	return strings.TrimSuffix(key, "'s")
}

func isAnd(key string) bool {
	switch key {
	case "and", "und", "y", "et", "e", "и", "та", "і", "&":
		return true
	}
	return false
}
