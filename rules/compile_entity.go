package rules

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// entity compiles the i-th entity.
func (c *compiler) entity(i int32) {
	src := &c.file.Entities[i]
	e := &c.entities[i]
	*e = entity{Entity: src, label: "entity:" + src.ID, isPerson: src.Type == person}
	e.full = c.slot(fullSlot, i, e.label)
	e.short = c.slot(shortSlot, i, e.label)
	e.mask, e.need = -1, -1
	made := c.inflection(src)
	for _, t := range src.fullNames() {
		c.use(t, made, src.kind(), false, e.full)
		c.ownNames(e, t)
	}
	for _, t := range src.shortNames() {
		c.use(t, made, src.kind(), false, e.short)
	}
	if len(src.Except) > 0 {
		e.mask = c.slot(maskSlot, i, e.label)
	}
	for _, t := range src.Except {
		c.use(t, made, src.kind(), true, e.mask)
	}
	if src.Needs != nil {
		c.needs(e, i)
	}
}

func (c *compiler) needs(e *entity, i int32) {
	e.need = c.slot(needSlot, i, e.label)
	for _, t := range e.Needs.Any {
		s, isRef, ok := c.ref(t)
		switch {
		case !ok:
		case isRef:
			e.needs = append(e.needs, s)
		default:
			c.use(t, nil, "", true, e.need)
		}
	}
}

// kind tells terms apart that are written alike but inflected otherwise.
func (e *Entity) kind() string {
	kind := e.Type
	for _, w := range e.Without {
		kind += "\x00" + w.Text
	}
	return kind
}

// fullNames are the names of which one mention is enough.
func (e *Entity) fullNames() []Term {
	full := slices.Clone(e.Also)
	if e.Type != person || strings.Contains(strings.TrimSpace(e.Name), " ") {
		full = append([]Term{{Text: e.Name, Pos: e.Pos}}, full...)
	}
	return full
}

// shortNames are the surnames, and a person's name of one word.
func (e *Entity) shortNames() []Term {
	short := slices.Clone(e.Surname)
	if e.Type == person && !strings.Contains(strings.TrimSpace(e.Name), " ") {
		short = append(short, Term{Text: e.Name, Pos: e.Pos})
	}
	return short
}

// inflection makes the forms of an entity's words, without those that the
// editor struck.
func (c *compiler) inflection(e *Entity) inflect {
	struck := map[string]bool{}
	for _, w := range e.Without {
		struck[c.folder.foldWord(c.folder.cleanWord(w.Text))] = true
	}
	return func(word string, given bool) []string {
		out := c.grammar.forms(e.Type, word)
		if e.Type == person && given {
			out = c.names.variants(c.folder, out)
		}
		if len(struck) == 0 {
			return out
		}
		return slices.DeleteFunc(out, func(form string) bool {
			return form != word && struck[c.folder.foldWord(form)]
		})
	}
}

// ownNames notes the given names of a person, so that "Igor Dmitriev" is not
// taken for Kirill.
func (c *compiler) ownNames(e *entity, full Term) {
	if !e.isPerson {
		return
	}
	words := strings.Fields(strings.TrimPrefix(full.Text, "="))
	if len(words) < 2 {
		return
	}
	if e.own == nil {
		e.own = map[int32]bool{}
	}
	first := unknownSex
	for _, w := range words[:len(words)-1] {
		if g, ok := c.names[string(c.folder.foldWord(c.folder.cleanWord(w)))]; ok {
			for _, name := range c.names.bearers(g) {
				e.own[name] = true
			}
			if first == unknownSex { // José María is a man
				first = sexOf(g)
			}
		}
	}
	e.sex |= first
	if r, _ := utf8.DecodeRuneInString(words[0]); unicode.IsUpper(r) {
		e.initials = append(e.initials, unicode.ToLower(r))
	}
}

func isUpperFirst(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

// topic compiles the i-th topic; what it builds on is linked by sortTopics.
func (c *compiler) topic(i int32) {
	src := &c.file.Topics[i]
	t := &c.topics[i]
	*t = topic{Topic: src, label: "topic:" + src.ID, mask: -1}
	t.any = c.slot(topicSlot, i, t.label)
	for _, term := range src.Any {
		s, isRef, ok := c.ref(term)
		switch {
		case !ok:
		case isRef:
			t.sources = append(t.sources, s)
		default:
			c.use(term, nil, "", true, t.any)
		}
	}
	if len(src.Except) == 0 {
		return
	}
	t.mask = c.slot(topicMask, i, t.label)
	for _, term := range src.Except {
		c.use(term, nil, "", true, t.mask)
	}
}

// sortTopics orders topics so that each comes after those it builds on, and
// links entities and topics to their parents. A cycle is a finding, and is cut.
func (c *compiler) sortTopics() {
	const (
		unseen = iota
		open
		done
	)
	state := make([]uint8, len(c.topics))
	var visit func(i int32)
	visit = func(i int32) {
		state[i] = open
		t := &c.topics[i]
		t.sources = slices.DeleteFunc(t.sources, func(s source) bool {
			if s.kind == entitySource {
				c.entities[s.index].topics = append(c.entities[s.index].topics, i)
				return false
			}
			if state[s.index] == open {
				c.errorf(t.Pos, "topic-cycle", "topic %q builds on itself through topic %q", t.ID, c.topics[s.index].ID)
				return true
			}
			if state[s.index] == unseen {
				visit(s.index)
			}
			c.topics[s.index].topics = append(c.topics[s.index].topics, i)
			return false
		})
		state[i] = done
		t.rank = int32(len(c.order))
		c.order = append(c.order, i)
	}
	for i := range c.topics {
		if state[i] == unseen {
			visit(int32(i))
		}
	}
}
