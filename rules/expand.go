package rules

import (
	"fmt"
	"slices"
	"strings"
)

// maxExpanded bounds the forms that Expand lists of one term: a phrase of many
// inflected words has thousands.
const maxExpanded = 2000

// Expand lists all forms in which an entity or a topic is found, each once, in
// the order of the file. id may carry its kind, as in "entity:kyiv".
func (rs *Ruleset) Expand(id string) ([]string, error) {
	c := &compiler{Ruleset: rs, file: rs.File, reader: termReader(rs.folder)}
	kind, name, cut := strings.Cut(id, ":")
	if !cut {
		kind, name = "", id
	}
	for i := range rs.File.Entities {
		if e := &rs.File.Entities[i]; e.ID == name && kind != "topic" {
			return c.expandEntity(e), nil
		}
	}
	for i := range rs.File.Topics {
		if t := &rs.File.Topics[i]; t.ID == name && kind != "entity" {
			return c.expandTopic(t), nil
		}
	}
	return nil, fmt.Errorf("expand %q: there is no such entity or topic", id)
}

// Nearest is the id of an entity or topic that was probably meant by one that
// there is not, "" when none comes near.
func (rs *Ruleset) Nearest(id string) string {
	kind, name, cut := strings.Cut(id, ":")
	if !cut {
		kind, name = "", id
	}
	var known []string
	for _, e := range rs.File.Entities {
		if kind != "topic" {
			known = append(known, e.ID)
		}
	}
	for _, t := range rs.File.Topics {
		if kind != "entity" {
			known = append(known, t.ID)
		}
	}
	near := nearest(name, known)
	if near != "" && cut {
		near = kind + ":" + near
	}
	return near
}

// NearestFeed is the id of a feed that was probably meant by one that there is
// not, "" when none comes near.
func (rs *Ruleset) NearestFeed(id string) string {
	known := make([]string, len(rs.File.Feeds))
	for i, f := range rs.File.Feeds {
		known[i] = f.ID
	}
	return nearest(id, known)
}

// idleStrikes warns of what stands under without and strikes nothing.
func (rs *Ruleset) idleStrikes() []Finding {
	c := &compiler{Ruleset: rs, file: rs.File, reader: termReader(rs.folder)}
	var found []Finding
	for i := range rs.File.Entities {
		e := rs.File.Entities[i]
		struck := e.Without
		if len(struck) == 0 {
			continue
		}
		e.Without = nil
		made := map[string]bool{}
		for _, form := range c.expandEntity(&e) {
			for word := range strings.FieldsSeq(form) {
				made[c.folder.foldWord(word)] = true
			}
		}
		for _, w := range struck {
			if made[c.folder.foldWord(c.folder.cleanWord(w.Text))] {
				continue
			}
			message := fmt.Sprintf("%q is no form that is added to entity %s, so it strikes nothing", w.Text, e.ID)
			if strings.Contains(w.Text, " ") {
				message = fmt.Sprintf("%q strikes nothing: without takes single words", w.Text)
			}
			found = append(found, Finding{Pos: w.Pos, Severity: SeverityWarning, Code: "without-idle", Message: message})
		}
	}
	return found
}

func (c *compiler) expandEntity(e *Entity) []string {
	var out []string
	made := c.inflection(e)
	for _, t := range slices.Concat(e.fullNames(), e.shortNames()) {
		out = c.expand(out, t, made, false)
	}
	return out
}

func (c *compiler) expandTopic(t *Topic) []string {
	var out []string
	for _, term := range t.Any {
		if text := strings.TrimSpace(term.Text); strings.HasPrefix(text, "entity:") || strings.HasPrefix(text, "topic:") {
			out = addForm(out, text)
			continue
		}
		out = c.expand(out, term, nil, c.file.Settings.Plurals != "none")
	}
	return out
}

func (c *compiler) expand(out []string, t Term, made inflect, plural bool) []string {
	p := c.reader.parseTerm(t, made, plural)
	for _, way := range p.sequences() {
		lines := []string{""}
		for i, pl := range way {
			lines = appendPlace(lines, pl, i > 0 && !way[i-1].isSign())
		}
		for _, line := range lines {
			if p.exact {
				line = "=" + line
			}
			out = addForm(out, line)
		}
	}
	return out
}

// appendPlace adds each form of a place to each line so far.
func appendPlace(lines []string, pl place, space bool) []string {
	var out []string
	for _, line := range lines {
		if pl.isSign() {
			out = append(out, line+pl.sign.written)
			continue
		}
		for _, form := range pl.forms {
			if len(out) == maxExpanded {
				return out
			}
			if pl.stem {
				form += "*"
			}
			if space && !isSingle([]rune(form)[0]) {
				form = " " + form
			}
			out = append(out, line+form)
		}
	}
	return out
}

func addForm(out []string, form string) []string {
	if slices.Contains(out, form) {
		return out
	}
	return append(out, form)
}
