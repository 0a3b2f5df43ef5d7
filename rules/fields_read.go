package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// shape is the type of a value: it reads one, describes itself in words for
// messages and the manual, and as JSON Schema for editors.
type shape interface {
	read(r *decoder, n *yaml.Node, at spot) any // nil after a finding
	words() string
	schema() map[string]any
}

// spot says in words where a value stands.
type spot struct {
	key   string // "score"
	owner string // "rule ceasefire", or "near of rule ceasefire"
	root  string // the nearest owner with an id: "rule ceasefire"
}

func (p spot) String() string {
	if p.owner == "" {
		return p.key
	}
	for _, kind := range []string{"to", "condition", "tests"} { // the key says enough
		if p.owner == kind+" of "+p.root {
			return p.key + " of " + p.root
		}
	}
	return p.key + " of " + p.owner
}

// object is a mapping that was read: only keys with good values are in it.
type object struct {
	pos    Pos
	values map[string]any
	places map[string]Pos // of the values
	keys   map[string]Pos // of the keys themselves
}

// get is the value of a key, or the zero value when there is none.
func get[T any](o *object, key string) T {
	v, _ := o.values[key].(T)
	return v
}

// list is the value of a key that holds a list.
func list[T any](o *object, key string) []T {
	var out []T
	for _, v := range get[[]any](o, key) {
		if t, ok := v.(T); ok {
			out = append(out, t)
		}
	}
	return out
}

// decoder reads the values of one file into what all files share.
type decoder struct {
	*loader
	doc   *document
	quiet bool // reads a default, whose place is not in the file
}

func (r *decoder) pos(n *yaml.Node) Pos {
	return r.doc.finding(n, "", "").Pos
}

// refuse reports an error at a node.
func (r *decoder) refuse(n *yaml.Node, code, suggestion, format string, args ...any) {
	if r.quiet || r.doc.mended[n.Line] {
		return
	}
	message := fmt.Sprintf(format, args...)
	if inner, curly := uncurled(n); curly && code != "unknown-key" {
		message += "; curly quotes are letters to YAML"
		suggestion = inner
	}
	r.report(r.doc.at(n.Line, n.Column, code, message, suggestion))
}

// uncurled is what stands in curly quotes, as word processors make them.
func uncurled(n *yaml.Node) (inner string, ok bool) {
	if n.Kind != yaml.ScalarNode || n.Style != 0 {
		return "", false
	}
	first, size := utf8.DecodeRuneInString(n.Value)
	last, lastSize := utf8.DecodeLastRuneInString(n.Value)
	if len(n.Value) < size+lastSize || !strings.ContainsRune("“”„«‘’‚", first) || !strings.ContainsRune("“”»‘’", last) {
		return "", false
	}
	return n.Value[size : len(n.Value)-lastSize], true
}

// value reads one value, after what holds for values of every type.
func (r *decoder) value(s shape, n *yaml.Node, at spot) any {
	switch {
	case n.Kind == yaml.AliasNode:
		r.refuse(n, "yaml-anchor", inQuotes("*"+n.Value), "a * refers to an anchor, which is not supported; quote the text or write it out")
		return nil
	case n.Anchor != "" && n.Kind != yaml.ScalarNode:
		r.refuse(n, "yaml-anchor", "", "a & names an anchor, which is not supported; delete it, and write the list out where it is used")
		return nil
	case n.Anchor != "":
		r.refuse(n, "yaml-anchor", inQuotes(strings.TrimSpace("&"+n.Anchor+" "+n.Value)), "a & names an anchor, which is not supported; quote the text")
		return nil
	case n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!str" && n.Kind == yaml.ScalarNode:
		r.refuse(n, "yaml-tag", inQuotes(strings.TrimSpace(n.Tag+" "+n.Value)), "a ! makes a tag of this word, not a text; quote it")
		return nil
	}
	return s.read(r, n, at)
}

// text is the text of a scalar, whatever YAML takes it for: no, 1.0 and 12:30
// stay what they are.
func (r *decoder) text(n *yaml.Node, at spot, s shape) (string, bool) {
	switch {
	case n.Kind == yaml.SequenceNode:
		r.refuse(n, "wrong-type", "", "%s must be %s, not a list", at, s.words())
	case n.Kind == yaml.MappingNode && allNull(n):
		r.refuse(n, "wrong-type", "["+strings.Join(keysOf(n), ", ")+"]", "%s must be %s; a list stands in brackets, not braces", at, s.words())
	case n.Kind == yaml.MappingNode:
		if len(n.Content) == 2 && n.Content[0].Kind == yaml.ScalarNode && n.Content[1].Kind == yaml.ScalarNode {
			whole := n.Content[0].Value + ": " + n.Content[1].Value
			r.refuse(n, "wrong-type", inQuotes(whole), "%s must be %s; the colon makes a mapping of it, so quote it", at, s.words())
			break
		}
		r.refuse(n, "wrong-type", "", "%s must be %s, not a mapping", at, s.words())
	case null(n):
		r.missing(n, at, s)
	case strings.TrimSpace(n.Value) == "":
		r.refuse(n, "no-value", "", "%s is empty; it must be %s", at, s.words())
	default:
		return strings.TrimSpace(n.Value), true
	}
	return "", false
}

// allNull tells {a, b} from a mapping with values.
func allNull(n *yaml.Node) bool {
	for i := 1; i < len(n.Content); i += 2 {
		if !null(n.Content[i]) {
			return false
		}
	}
	return len(n.Content) > 0 && n.Style&yaml.FlowStyle != 0
}

func keysOf(n *yaml.Node) []string {
	var keys []string
	for i := 0; i < len(n.Content); i += 2 {
		keys = append(keys, n.Content[i].Value)
	}
	return keys
}

// null tells whether nothing was written where a value should be.
func null(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == "" && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0
}

// missing reports that nothing was written, or only what YAML takes for a comment.
func (r *decoder) missing(n *yaml.Node, at spot, s shape) {
	column, comment := r.comment(n)
	if comment == "" {
		r.refuse(n, "no-value", "", "%s has no value; it must be %s", at, s.words())
		return
	}
	suggestion := inQuotes(comment)
	if fix, ok := s.(interface{ uncomment(string) string }); ok {
		suggestion = fix.uncomment(comment)
	}
	here := *n
	here.Column = column
	r.refuse(&here, "yaml-comment", suggestion, "everything from # on is a comment, so %s has no value; quote it", at)
}

// comment is what stands behind a # that touches a word, where a value should be.
func (r *decoder) comment(n *yaml.Node) (column int, text string) {
	line := r.doc.line(n.Line)
	i := min(max(n.Column-1, 0), len(line))
	for i < len(line) && (line[i] == ' ' || line[i] == '-' || line[i] == ':') {
		i++
	}
	if i == len(line) || line[i] != '#' {
		return 0, ""
	}
	rest := strings.TrimSpace(string(line[i:]))
	if before := string(line[:i]); strings.ContainsAny(before, "[{") {
		if end := strings.IndexAny(rest, ",]}"); end > 0 {
			rest = strings.TrimSpace(rest[:end])
		}
	}
	if len(rest) < 2 || rest[1] == ' ' || rest[1] == '#' || rest[1] == '-' {
		return 0, ""
	}
	return i + 1, rest
}

// mapShape is a mapping with the keys of a kind.
type mapShape struct{ kind string }

func (s mapShape) words() string          { return "a mapping (" + s.kind + ")" }
func (s mapShape) schema() map[string]any { return schemaRef(s.kind) }

func (s mapShape) read(r *decoder, n *yaml.Node, at spot) any {
	if o := r.object(n, s.kind, at); o != nil {
		return o
	}
	return nil
}

// object reads a mapping by the table of fields.
func (r *decoder) object(n *yaml.Node, kind string, at spot) *object {
	if null(n) {
		if _, comment := r.comment(n); comment != "" {
			r.missing(n, at, mapShape{kind})
			return nil
		}
		n = &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Column: n.Column}
	}
	if n.Kind != yaml.MappingNode {
		r.notMapping(n, kind, at)
		return nil
	}
	spec := r.kinds[kind]
	in := spotIn(n, kind, at)
	o := &object{pos: r.pos(n), values: map[string]any{}, places: map[string]Pos{}, keys: map[string]Pos{}}
	seen := map[string]*yaml.Node{}
	var unknown []*yaml.Node // keys and their values by turns
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if !r.fresh(key, seen, in) {
			continue
		}
		if f, ok := spec.key(key.Value); ok {
			r.field(o, f, key, val, in)
		} else {
			unknown = append(unknown, key, val)
		}
	}
	r.unknownKeys(o, unknown, seen, spec, in)
	r.complete(n, o, spec, seen, in)
	return o
}

// field reads the value of one key into its object.
func (r *decoder) field(o *object, f fieldSpec, key, val *yaml.Node, in spot) {
	in.key = f.name
	if null(val) && val.Line > key.Line { // a comment after the key hides what was written
		val = &yaml.Node{Kind: val.Kind, Tag: val.Tag, Line: key.Line, Column: key.Column + len([]rune(key.Value))}
	}
	if v := r.value(f.shape, val, in); v != nil {
		o.values[f.name] = v
		o.places[f.name], o.keys[f.name] = r.pos(val), r.pos(key)
	}
}

// spotIn is the place of what stands in a mapping.
func spotIn(n *yaml.Node, kind string, at spot) spot {
	id := ""
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "id" {
			id = n.Content[i+1].Value
		}
	}
	switch {
	case kind == "root":
		return spot{}
	case id != "":
		return spot{owner: kind + " " + id, root: kind + " " + id}
	case at.root == kind+" "+at.key: // an entity or topic under its own key
		return spot{owner: at.root, root: at.root}
	case at.root != "":
		return spot{owner: kind + " of " + at.root, root: at.root}
	}
	return spot{owner: kind}
}

// fresh reports keys that are no words or stand twice.
func (r *decoder) fresh(key *yaml.Node, seen map[string]*yaml.Node, in spot) bool {
	if key.Kind != yaml.ScalarNode || key.Value == "" {
		r.refuse(key, "bad-key", "", "a key must be a word")
		return false
	}
	if first := seen[key.Value]; first != nil {
		r.refuse(key, "duplicate-key", "", "%q stands twice%s; first in line %d", key.Value, in.inside(), first.Line)
		return false
	}
	seen[key.Value] = key
	return true
}

func (p spot) inside() string {
	if p.owner == "" {
		return ""
	}
	return " in " + p.owner
}

// complete fills defaults in and reports required keys that are not there.
func (r *decoder) complete(n *yaml.Node, o *object, spec *kindSpec, seen map[string]*yaml.Node, in spot) {
	for _, f := range spec.keys {
		if seen[f.name] != nil {
			continue
		}
		if f.required && !slices.ContainsFunc(f.unless, func(k string) bool { return seen[k] != nil }) {
			owner := in.owner
			if owner == "" {
				owner = spec.name
			}
			others := ""
			if len(f.unless) > 0 {
				others = ", or " + strings.Join(f.unless, " or ")
			}
			r.refuse(n, "missing-key", "", "%s has no %s; add %s: %s%s", owner, f.name, f.name, f.example, others)
		}
		if f.def == "" {
			continue
		}
		in.key = f.name
		if v := f.shape.read(r.hushed(), r.defaults[f.def], in); v != nil {
			o.values[f.name] = v
		}
	}
}

// hushed is a decoder that reads the same and reports nothing.
func (r *decoder) hushed() *decoder {
	h := *r
	h.quiet = true
	return &h
}

func (r *decoder) notMapping(n *yaml.Node, kind string, at spot) {
	keys := strings.Join(r.kinds[kind].names(), ", ")
	if n.Kind == yaml.ScalarNode {
		if _, ok := r.gluedKey(n, n.Value, r.kinds[kind]); ok {
			return
		}
	}
	what := "a text"
	if n.Kind == yaml.SequenceNode {
		what = "a list"
	}
	r.refuse(n, "wrong-type", shorthand(kind, n), "%s must be a mapping with the keys %s, not %s", at, keys, what)
}

// shorthand is what was meant by a text or a list where a mapping must stand.
func shorthand(kind string, n *yaml.Node) string {
	if n.Kind == yaml.SequenceNode {
		return map[string]string{"topic": "any:", "surname_needs": "any:", "tests": "match:", "network": "allow:", "at_least": "of:"}[kind]
	}
	switch kind {
	case "to":
		if strings.Contains(n.Value, "://") { // the address of a webhook: it is not repeated
			return "{webhook: DESK_HOOK, on_uncertain: resend}"
		}
		return "{slack: " + strings.TrimLeft(strings.TrimPrefix(n.Value, "slack:"), "# ") + "}"
	case "operators":
		return "{to: {slack: " + strings.TrimLeft(n.Value, "# ") + "}}"
	case "keep":
		return "{items: " + n.Value + "}"
	case "network":
		return "{allow: " + n.Value + "}"
	case "quiet_hours":
		if from, to, ok := strings.Cut(n.Value, "-"); ok {
			return fmt.Sprintf("{from: %q, to: %q}", strings.TrimSpace(from), strings.TrimSpace(to))
		}
	}
	return ""
}
