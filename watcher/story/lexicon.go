package story

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
)

//go:embed background.txt
var background string

const (
	// priorDocs is the number of invented documents behind background.txt.
	priorDocs = 200
	// agingDocs is the number of documents after which all counts of a
	// language are halved: it bounds the memory and lets old news fade.
	agingDocs = 1 << 16
)

// lexicon knows how common each word is in the stream so far. It holds no
// words, only 32-bit hashes of language and word: at a million words one in
// four thousand shares its place with another, which no decision hangs on.
type lexicon struct {
	langs map[string]*language
	slots map[uint32]int32
	terms []term
	free  []int32
}

// language counts the documents of one language.
type language struct {
	name  string
	docs  int
	prior map[string]uint8 // word -> invented documents that hold it
	stop  map[string]bool

	inflects bool // words are compared by their beginnings
	nouns    bool // all nouns are written with a capital
}

// term is what is known of one word in one language.
type term struct {
	hash         uint32
	df           uint32  // documents of the stream that hold it
	lower, upper uint32  // how it was written where a capital means a name
	logDF        float64 // log of df with the prior
	prior        uint8
	live         bool
	posts        []int32 // members that hold it, in order of arrival
}

func newLexicon() *lexicon {
	l := &lexicon{langs: map[string]*language{}, slots: map[uint32]int32{}}
	for line := range strings.Lines(background) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] == "#" {
			continue
		}
		tier, err := strconv.ParseUint(fields[1], 10, 8)
		if err != nil {
			continue
		}
		lang := l.language(fields[0])
		for _, w := range fields[2:] {
			if key := fold(w); tier == 0 {
				lang.stop[key] = true
			} else if lang.prior[key] == 0 {
				lang.prior[key] = uint8(tier)
			}
		}
	}
	return l
}

// language returns the counts of a language by its primary tag.
func (l *lexicon) language(name string) *language {
	lang := l.langs[name]
	if lang == nil {
		lang = &language{name: name, prior: map[string]uint8{}, stop: map[string]bool{}, inflects: inflects(name), nouns: name == "de" || name == "lb"}
		l.langs[name] = lang
	}
	return lang
}

// slot returns the place of a word, and makes one for a new word.
func (l *lexicon) slot(lang *language, key string) int32 {
	h := hash32(lang.name, key)
	if i, ok := l.slots[h]; ok {
		return i
	}
	t := term{hash: h, prior: lang.prior[key], live: true}
	t.refresh()
	var i int32
	if n := len(l.free); n > 0 {
		i = l.free[n-1]
		l.free = l.free[:n-1]
		l.terms[i] = t
	} else {
		i = int32(len(l.terms))
		l.terms = append(l.terms, t)
	}
	l.slots[h] = i
	return i
}

// count takes a document into the counts.
func (l *lexicon) count(d *doc) {
	d.lang.docs++
	for _, e := range d.entries {
		t := &l.terms[e.slot]
		t.df++
		t.refresh()
	}
	if d.lang.docs >= agingDocs {
		l.age()
	}
}

// age halves all counts.
func (l *lexicon) age() {
	for _, lang := range l.langs {
		lang.docs /= 2
	}
	for i := range l.terms {
		t := &l.terms[i]
		t.df, t.lower, t.upper = t.df/2, t.lower/2, t.upper/2
		t.refresh()
	}
}

// prune gives back the places of words that no kept member and no count holds.
func (l *lexicon) prune() {
	for i := range l.terms {
		if t := &l.terms[i]; t.live && t.df <= 1 && len(t.posts) == 0 {
			delete(l.slots, t.hash)
			*t = term{}
			l.free = append(l.free, int32(i))
		}
	}
}

func (t *term) refresh() {
	t.logDF = math.Log(float64(t.df) + float64(t.prior) + 0.5)
}

// logDocs is the log of the number of documents behind the counts of lang:
// the weight of a word is logDocs - logDF.
func (lang *language) logDocs() float64 {
	return math.Log(float64(lang.docs) + priorDocs + 1)
}

// hash32 is FNV-1a over the parts with a NUL between them.
func hash32(parts ...string) uint32 {
	h := uint32(2166136261)
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint32(p[i])) * 16777619
		}
		h *= 16777619
	}
	return h
}
