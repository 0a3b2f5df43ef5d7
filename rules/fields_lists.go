package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// listShape is a list of values of one type.
type listShape struct {
	of     shape
	single bool // one value may stand for a list of one
	lines  bool // ... and a | block for a list with one value a line
	some   bool // may not be empty
}

func (s listShape) words() string {
	w := "a list, each " + s.of.words()
	if s.lines {
		w = "a list, or one a line under a |, each " + s.of.words()
	} else if s.single {
		w = s.of.words() + ", or a list of such"
	}
	return w
}

func (s listShape) schema() map[string]any {
	items := map[string]any{"type": "array", "items": s.of.schema()}
	if s.some {
		items["minItems"] = 1
	}
	switch {
	case s.lines:
		block := map[string]any{"type": "string", "minLength": 1}
		switch t := s.of.(type) {
		case termShape:
			block = t.plain("string")
		case condShape:
			block = termShape{refs: true}.plain("string")
		}
		return map[string]any{"anyOf": []any{items, block, s.of.schema()}}
	case s.single:
		return map[string]any{"anyOf": []any{items, s.of.schema()}}
	}
	return items
}

func (s listShape) read(r *decoder, n *yaml.Node, at spot) any {
	out := []any{}
	each := func(n *yaml.Node) {
		if v := r.value(s.of, n, at); v != nil {
			out = append(out, v)
		}
	}
	switch {
	case n.Kind == yaml.SequenceNode:
		for _, c := range n.Content {
			each(c)
		}
		if len(n.Content) == 0 && s.some {
			r.refuse(n, "no-value", "", "%s is an empty list", at)
			return nil
		}
	case null(n):
		if _, comment := r.comment(n); comment != "" || s.some {
			r.missing(n, at, s)
			return nil
		}
	case s.lines && n.Kind == yaml.ScalarNode && n.Style&yaml.LiteralStyle != 0:
		for _, line := range r.block(n, at) {
			each(line)
		}
	case s.lines && n.Kind == yaml.ScalarNode:
		if !r.glued(n, at) {
			return nil
		}
		each(n)
	case s.single, s.lines:
		each(n)
	default:
		suggestion := ""
		if n.Kind == yaml.MappingNode && len(n.Content) > 0 {
			suggestion = "- " + n.Content[0].Value + ":"
			if m, ok := s.of.(mapShape); ok {
				if _, known := r.kinds[m.kind].key(n.Content[0].Value); !known {
					suggestion = "- id: " + n.Content[0].Value
				}
			}
		}
		r.partial = true
		r.refuse(n, "wrong-type", suggestion, "%s must be a list: put a - before each entry", at)
		return nil
	}
	return out
}

// uncomment is the list that was meant where # made a comment of it.
func (s listShape) uncomment(text string) string {
	if fix, ok := s.of.(interface{ uncomment(string) string }); ok {
		text = fix.uncomment(text)
	} else {
		text = inQuotes(text)
	}
	return "[" + text + "]"
}

// glued reports a text over several lines that YAML glues into one.
func (r *decoder) glued(n *yaml.Node, at spot) bool {
	switch {
	case n.Style&yaml.FoldedStyle != 0:
		r.refuse(n, "folded-list", "|", "a > glues the lines of %s into one; write |", at)
	case n.Style == 0 && len(n.Value) > 1 && n.Value[0] == '-' && n.Value[1] != ' ':
		first, _, _ := strings.Cut(n.Value[1:], " -")
		r.refuse(n, "no-list", "- "+first, "a space is missing after the dash")
	case n.Style == 0 && (strings.Contains(n.Value, ", ") || strings.Contains(n.Value, "; ")):
		items := strings.Trim(strings.ReplaceAll(n.Value, ";", ","), "()")
		r.refuse(n, "no-list", "["+items+"]", "%s is one text with commas in it, not a list", at)
	case n.Style == 0 && r.runsOn(n):
		r.refuse(n, "no-list", "|", "YAML glues these lines of %s into one; put a | after the colon", at)
	default:
		return true
	}
	return false
}

// runsOn tells whether a plain text goes on in the next line.
func (r *decoder) runsOn(n *yaml.Node) bool {
	line := r.doc.line(n.Line)
	if len(line) == 0 || r.quiet {
		return false
	}
	from := min(n.Column-1, len(line))
	return string(line[from:min(from+utf8.RuneCountInString(n.Value), len(line))]) != n.Value
}

// block cuts a | block into its lines, each with its own place. A line that is
// written as if it stood elsewhere in YAML is reported: it would be text here.
func (r *decoder) block(n *yaml.Node, at spot) []*yaml.Node {
	var lines []*yaml.Node
	for i, text := range strings.Split(n.Value, "\n") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		line := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.LiteralStyle, Value: text, Line: n.Line, Column: n.Column}
		if l := n.Line + 1 + i; l <= len(r.doc.lines) {
			line.Line, line.Column = l, len([]rune(leading(r.doc.lines[l-1])))+1
		}
		switch q := text[0]; {
		case strings.HasPrefix(text, "- "):
			r.refuse(line, "block-line", strings.TrimSpace(text[2:]), "under a | no line begins with a dash")
		case strings.HasPrefix(text, "# ") || strings.Contains(text, " # "):
			r.refuse(line, "block-line", "", "under a | a # is text, not a comment; put the comment above %s", at.key)
		case (q == '"' || q == '\'') && len(text) > 1 && text[len(text)-1] == q:
			r.refuse(line, "block-line", text[1:len(text)-1], "under a | nothing is quoted")
		default:
			lines = append(lines, line)
		}
	}
	return lines
}

// keyedShape is a mapping from ids to mappings of a kind.
type keyedShape struct{ kind string }

func (s keyedShape) words() string { return "a mapping: each " + s.kind + " under its id" }

func (s keyedShape) schema() map[string]any {
	return map[string]any{"type": "object", "additionalProperties": schemaRef(s.kind)}
}

// keyed is an entity or topic with its id.
type keyed struct {
	id string
	*object
}

func (s keyedShape) read(r *decoder, n *yaml.Node, at spot) any {
	switch {
	case null(n):
		return nil
	case n.Kind != yaml.MappingNode:
		r.partial = true
		r.refuse(n, "wrong-type", firstID(n), "%s must be a mapping: write each id, a colon, and its keys indented below", at)
		return nil
	}
	if spec := r.kinds[s.kind]; r.flat(n, spec) {
		return nil
	}
	out := []any{}
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if !r.fresh(key, seen, spot{owner: at.key}) {
			continue
		}
		id, ok := idShape(s).read(r, key, spot{key: "id", owner: s.kind}).(string)
		if !ok {
			continue
		}
		owner := s.kind + " " + id
		if val.Kind != yaml.MappingNode && !null(val) {
			r.refuse(val, "wrong-type", shorthand(s.kind, val), "%s must be a mapping with the keys %s", owner, strings.Join(r.kinds[s.kind].names(), ", "))
			continue
		}
		if null(val) { // tell it at the id: nothing stands where the value would
			val = &yaml.Node{Kind: yaml.MappingNode, Line: key.Line, Column: key.Column}
		}
		if o, ok := r.value(mapShape(s), val, spot{key: id, owner: owner, root: owner}).(*object); ok {
			o.pos = r.pos(key)
			out = append(out, keyed{id: id, object: o})
		}
	}
	return out
}

// firstID is how an entry of a list would begin as an entry of a mapping.
func firstID(n *yaml.Node) string {
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
		if id := spotIn(n.Content[0], "", spot{}).root; id != "" {
			return strings.TrimSpace(id) + ":"
		}
	}
	return ""
}

// flat reports keys that stand at the level of the ids, under an id without any.
func (r *decoder) flat(n *yaml.Node, spec *kindSpec) bool {
	for i := 2; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if _, ok := spec.key(key.Value); ok && null(n.Content[i-1]) && val.Kind != yaml.MappingNode {
			r.refuse(key, "indentation", "  "+key.Value+":", "%s stands at the level of the ids; indent it below %s", key.Value, n.Content[i-2].Value)
			r.partial = true
			return true
		}
	}
	return false
}

// enumShape is one word of a few.
type enumShape []string

func (s enumShape) words() string {
	if len(s) == 1 {
		return s[0]
	}
	return strings.Join(s[:len(s)-1], ", ") + " or " + s[len(s)-1]
}

func (s enumShape) schema() map[string]any { return map[string]any{"enum": []string(s)} }

func (s enumShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if slices.Contains(s, v) {
		return v
	}
	suggestion := nearest(v, s)
	if suggestion == "" {
		suggestion = s.synonym(strings.ToLower(v))
	}
	r.refuse(n, "bad-value", suggestion, "%s must be %s, not %q", at, s.words(), v)
	return nil
}

func (s enumShape) synonym(word string) string {
	for meant, words := range map[string]string{
		"person":       "human man woman politician people per",
		"place":        "location city country region town loc gpe",
		"organization": "company org agency party government body group",
		"other":        "thing misc product event",
		"title":        "headline heading subject",
		"body":         "content text description summary article",
		"url":          "link href",
		"category":     "tag tags categories",
		"english":      "en yes true on",
		"none":         "no off false never",
		"skip":         "no false never silent nothing drop lose ignore at_most_once",
		"resend":       "retry again repeat send at_least_once",
		"hold":         "wait ask keep manual",
		"post":         "yes true always send",
	} {
		if slices.Contains(s, meant) && slices.Contains(strings.Fields(words), word) {
			return meant
		}
	}
	return ""
}

// boolShape is true or false.
type boolShape struct{}

func (boolShape) words() string          { return "true or false" }
func (boolShape) schema() map[string]any { return map[string]any{"type": "boolean"} }

func (s boolShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	switch strings.ToLower(v) {
	case "true":
		return true
	case "false":
		return false
	case "yes", "on", "y", "1":
		r.refuse(n, "bad-value", "true", "%s must be true or false, not %q", at, v)
	case "no", "off", "n", "0":
		r.refuse(n, "bad-value", "false", "%s must be true or false, not %q", at, v)
	default:
		r.refuse(n, "bad-value", nearest(v, []string{"true", "false"}), "%s must be true or false, not %q", at, v)
	}
	return nil
}

// schemaRef refers to the schema of a kind of mapping.
func schemaRef(kind string) map[string]any {
	return map[string]any{"$ref": fmt.Sprintf("#/definitions/%s", strings.ReplaceAll(kind, " ", "_"))}
}
