package rules

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"newswatch/news"
)

// Ruleset is a compiled rule file. It never changes and is safe for concurrent
// use.
type Ruleset struct {
	File *File
	Hash string // of the source it was loaded from; "" when compiled by hand

	folder   *folder
	grammar  *grammar
	trie     trie
	sieves   *sieves
	terms    []term
	cased    []casing
	langs    []string // that terms ask for
	slots    []slot
	entities []entity
	topics   []topic
	order    []int32 // topics, those that others build on first
	rules    []rule
	always   []int32 // rules that can hold without any hit
	titles   map[string]string
	feeds    map[string]*news.Feed
	searched fieldSet // by default
	read     fieldSet // all that some rule names
	ignored  []prefix
	names    givenNames
	// byLanguage says that some term or condition asks for a language.
	byLanguage bool
	scratch    sync.Pool
}

// term is a compiled pattern and who wants its hits. Rule files have up to
// 100,000, so what few of them have is elsewhere.
type term struct {
	slot  int32
	cased int32 // number in Ruleset.cased + 1
	lang  int16 // number in Ruleset.langs + 1
}

// casing is what a term asks of the case of letters.
type casing struct {
	exact []place    // with their case, when it counts
	caps  [][]string // by place: the capitalised forms that were generated
}

// slotKind says whose list of hits a slot is.
type slotKind uint8

const (
	fullSlot  slotKind = iota // full names of an entity
	shortSlot                 // its surnames
	maskSlot                  // phrases that are not it
	needSlot                  // what must stand near a surname
	topicSlot                 // terms of a topic
	topicMask                 // phrases that are not the topic
	leafSlot                  // a term in a rule's condition
)

type slot struct {
	kind  slotKind
	owner int32   // entity or topic
	rules []int32 // of a leafSlot: the rules to ask
	label string
}

// parents are what builds on an entity or a topic.
type parents struct {
	topics, rules []int32
}

type entity struct {
	*Entity
	parents
	label       string
	full, short int32 // slots
	mask, need  int32
	needs       []source // entities and topics among what surnames need
	own         map[int32]bool
	initials    []rune
	sex         sex
	isPerson    bool
}

type topic struct {
	*Topic
	parents
	label     string
	any, mask int32 // slots
	sources   []source
	rank      int32 // its place in Ruleset.order
}

// fieldSet is a set of indexes into fields.
type fieldSet uint8

func (s fieldSet) has(field uint8) bool { return s&(1<<field) != 0 }

func setOf(names []news.Field) fieldSet {
	var s fieldSet
	for _, n := range names {
		if i := slices.Index(fields[:], n); i >= 0 {
			s |= 1 << i
		}
	}
	return s
}

// compiler builds a Ruleset.
type compiler struct {
	*Ruleset
	file     *File
	findings []Finding
	insert   func(way []place, term int32) // takes all ways of writing a term
	reader   reader                        // of terms
	leaves   map[Term]int32                // slots, by text and language
	entityID map[string]int32
	topicID  map[string]int32
	plurals  bool
}

// Compile turns a checked file into rules that can be asked. The findings name
// what it cannot use; the Ruleset works with the rest.
func Compile(f *File) (*Ruleset, []Finding) {
	c := newCompiler(f)
	patterns := newTrieBuilder(c.folder, f.terms())
	c.insert = patterns.insert
	c.compile()
	c.trie, c.sieves = patterns.build(c.guarded())
	rs := c.Ruleset // what only compiling needs is not kept
	rs.scratch.New = func() any { return newScratch(rs) }
	return rs, c.findings
}

// terms counts the terms of entities and topics, which most are.
func (f *File) terms() int {
	n := 0
	for i := range f.Entities {
		e := &f.Entities[i]
		n += 1 + len(e.Also) + len(e.Surname) + len(e.Except)
	}
	for i := range f.Topics {
		n += len(f.Topics[i].Any) + len(f.Topics[i].Except)
	}
	return n
}

func newCompiler(f *File) *compiler {
	c := &compiler{
		Ruleset: &Ruleset{
			File: f, folder: sharedFolder(), grammar: newGrammar(), titles: map[string]string{}, feeds: map[string]*news.Feed{},
		},
		file: f, leaves: map[Term]int32{}, entityID: map[string]int32{}, topicID: map[string]int32{},
		plurals: f.Settings.Plurals != "none",
	}
	c.reader = termReader(c.folder)
	return c
}

func (c *compiler) compile() {
	f := c.file
	c.settings()
	for i := range f.Entities {
		c.entityID[f.Entities[i].ID] = int32(i)
	}
	for i := range f.Topics {
		c.topicID[f.Topics[i].ID] = int32(i)
	}
	if slices.ContainsFunc(f.Entities, func(e Entity) bool { return e.Type == person }) {
		c.names = sharedNames()
	}
	c.entities = make([]entity, len(f.Entities))
	for i := range f.Entities {
		c.entity(int32(i))
	}
	c.topics = make([]topic, len(f.Topics))
	for i := range f.Topics {
		c.topic(int32(i))
	}
	c.sortTopics()
	c.rules = make([]rule, len(f.Rules))
	for i := range f.Rules {
		c.rule(int32(i))
	}
	c.terms = slices.Clone(c.terms)
}

func (c *compiler) settings() {
	for i := range c.file.Feeds {
		c.feeds[c.file.Feeds[i].ID] = &c.file.Feeds[i]
	}
	c.searched = setOf(c.file.Settings.SearchIn)
	if c.searched == 0 {
		c.searched = setOf([]news.Field{news.Title, news.Body})
	}
	c.read = c.searched
	for _, text := range c.file.Settings.IgnoreBlocks {
		c.ignored = append(c.ignored, c.prefix(text))
	}
}

func (c *compiler) prefix(text string) prefix {
	r := &c.reader
	r.reset()
	r.read(0, text)
	p := prefix{raw: strings.TrimSpace(text)}
	for i := range r.tokens {
		p.words = append(p.words, string(r.folded(int32(i))))
		p.hashes = append(p.hashes, r.tokens[i].hash)
	}
	return p
}

// guarded returns the hashes of words that are no terms, but at which something
// else may begin: an address, a block that is ignored.
func (c *compiler) guarded() []uint64 {
	out := []uint64{hash([]byte("www"))}
	for _, p := range c.ignored {
		if len(p.hashes) > 0 {
			out = append(out, p.hashes[0])
		}
	}
	return out
}

func (c *compiler) errorf(pos Pos, code, format string, args ...any) {
	c.findings = append(c.findings, Finding{
		Pos: pos, Severity: SeverityError, Code: code, Message: fmt.Sprintf(format, args...),
	})
}

func (c *compiler) slot(kind slotKind, owner int32, label string) int32 {
	c.slots = append(c.slots, slot{kind: kind, owner: owner, label: label})
	return int32(len(c.slots) - 1)
}

// use sends the hits of a term to a slot.
func (c *compiler) use(t Term, forms inflect, kind string, plural bool, slot int32) {
	p := c.reader.parseTerm(t, forms, plural && c.plurals)
	if len(p.places) > maxPlaces {
		c.errorf(t.Pos, "long-term", "%q has %d words; at most %d can be found", t.Text, len(p.places), maxPlaces)
		return
	}
	if len(p.places) == 0 {
		c.errorf(t.Pos, "empty-term", "%q has no letter or digit that could be found", t.Text)
		return
	}
	id := int32(len(c.terms))
	c.terms = append(c.terms, term{slot: slot, lang: c.lang(p.lang)})
	c.pattern(id, p, kind)
}

// lang returns the number of a language that a term asks for, 0 for none.
func (c *compiler) lang(tag string) int16 {
	if tag == "" {
		return 0
	}
	c.byLanguage = true
	lang := primary(tag)
	i := slices.Index(c.langs, lang)
	if i < 0 {
		i = len(c.langs)
		c.langs = append(c.langs, lang)
	}
	return int16(i + 1)
}

// pattern hands on all ways of writing a pattern, and keeps what it asks of
// the case of letters.
func (c *compiler) pattern(id int32, p pattern, kind string) {
	if p.isJoined() {
		for _, way := range p.sequences() {
			c.insert(way, id)
		}
	} else {
		c.insert(p.places, id)
	}
	var k casing
	if p.exact {
		k.exact = slices.Clone(p.places)
		for i := range k.exact {
			k.exact[i].forms = slices.Clone(k.exact[i].forms)
		}
	}
	if strings.HasPrefix(kind, person) || strings.HasPrefix(kind, town) {
		k.caps = capitalised(p.places)
	}
	if k.exact != nil || k.caps != nil {
		c.cased = append(c.cased, k)
		c.terms[id].cased = int32(len(c.cased))
	}
}

// capitalised returns, by place, the forms that were generated for a name with
// a capital letter: in lower case they are other words (Путина is a person,
// путина the fishing season). Nil when there are none.
func capitalised(places []place) [][]string {
	out := make([][]string, len(places))
	found := false
	for i, pl := range places {
		if len(pl.forms) > 1 && isCyrillic(pl.forms[0]) && isUpperFirst(pl.forms[0]) && !isAdjective(pl.forms[0]) {
			out[i] = pl.forms[1:]
			found = true
		}
	}
	if !found {
		return nil
	}
	return out
}

// isAdjective says whether a name is declined as an adjective: its other forms
// are no more likely to be ordinary words than itself.
func isAdjective(name string) bool {
	return endsIn(name, "ский", "цкий", "ський", "цький")
}

// ref resolves "entity:ID" and "topic:ID"; isRef is false for plain terms.
func (c *compiler) ref(t Term) (s source, isRef, ok bool) {
	kind, id, cut := strings.Cut(strings.TrimSpace(t.Text), ":")
	id = strings.TrimSpace(id)
	var table map[string]int32
	switch {
	case cut && kind == "entity":
		s.kind, table = entitySource, c.entityID
	case cut && kind == "topic":
		s.kind, table = topicSource, c.topicID
	default:
		return s, false, true
	}
	s.index, ok = table[id]
	if !ok {
		c.errorf(t.Pos, "unknown-"+kind, "there is no %s %q", kind, id)
	}
	return s, true, ok
}

// Title returns the title of a rule; its id when it has none or is unknown.
func (rs *Ruleset) Title(ruleID string) string {
	if t := rs.titles[ruleID]; t != "" {
		return t
	}
	return ruleID
}

// primary returns the primary subtag of a language tag: "zh" of "zh-TW".
func primary(lang string) string {
	lang, _, _ = strings.Cut(strings.ReplaceAll(lang, "_", "-"), "-")
	return strings.ToLower(lang)
}
