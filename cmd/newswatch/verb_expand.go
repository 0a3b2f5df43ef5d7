package main

import (
	"fmt"
	"strings"

	"newswatch/rules"
)

// maxKnown is how many ids an error lists.
const maxKnown = 30

type expandCmd struct {
	ID   string `arg:"" help:"Id of an entity or a topic; entity:ID or topic:ID where both have it."`
	JSON bool   `name:"json" help:"Print one JSON object: {\"id\",\"kind\",\"name\",\"forms\":[...]}."`
}

// Help is the long text of -h.
func (expandCmd) Help() string {
	return help(`Lists every form in which an entity or a topic is found, one a line, in the order of the file: spellings and case endings that
were added by themselves too. Case and accents do not matter, unless = says exactly so; * says that more letters may follow, entity:
and topic: that all forms of another one count. A form that is wrong goes into the entity's without.`,
		"newswatch expand kellogg\nnewswatch expand topic:ceasefire --json | jq -r .forms[]",
		"0 listed; 2 unknown id, or an invalid file")
}

// expansion is the list as programs read it.
type expansion struct {
	ID    string   `json:"id"`
	Kind  string   `json:"kind"` // "entity" or "topic"
	Name  string   `json:"name"` // of a topic its id
	Forms []string `json:"forms"`
}

// Run lists.
func (c *expandCmd) Run(a *app) error {
	rs, err := a.draft(a.Rules)
	if err != nil {
		return err
	}
	x, known := lookUp(rs.File, c.ID)
	if !known {
		if near := rs.Nearest(c.ID); near != "" {
			return usagef("no entity or topic %q in %s; did you mean %q?", c.ID, a.Rules, near)
		}
		return usagef("no entity or topic %q in %s; there are %s", c.ID, a.Rules, idsOf(rs.File))
	}
	if x.Forms, err = rs.Expand(x.Kind + ":" + x.ID); err != nil {
		return usagef("%v", err)
	}
	if c.JSON {
		return a.json(true).Encode(x)
	}
	_, err = fmt.Fprintln(a.out, strings.Join(x.Forms, "\n"))
	return err
}

// lookUp finds what an id names. An entity comes before a topic of the same id.
func lookUp(f *rules.File, id string) (expansion, bool) {
	kind, name, cut := strings.Cut(id, ":")
	if !cut {
		kind, name = "", id
	}
	for _, e := range f.Entities {
		if e.ID == name && (kind == "" || kind == "entity") {
			return expansion{ID: name, Kind: "entity", Name: e.Name}, true
		}
	}
	for _, t := range f.Topics {
		if t.ID == name && (kind == "" || kind == "topic") {
			return expansion{ID: name, Kind: "topic", Name: name}, true
		}
	}
	return expansion{}, false
}

// idsOf lists what can be expanded.
func idsOf(f *rules.File) string {
	var ids []string
	for _, e := range f.Entities {
		ids = append(ids, e.ID)
	}
	for _, t := range f.Topics {
		ids = append(ids, t.ID)
	}
	if len(ids) == 0 {
		return "none"
	}
	if more := len(ids) - maxKnown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:maxKnown], ", "), more)
	}
	return strings.Join(ids, ", ")
}
