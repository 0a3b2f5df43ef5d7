package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// gluedKey reports "poll:15m" and "poll 15m", which YAML takes for a text.
func (r *decoder) gluedKey(n *yaml.Node, text string, spec *kindSpec) (string, bool) {
	for _, f := range spec.keys {
		rest, ok := strings.CutPrefix(text, f.name)
		switch {
		case !ok || rest == "":
		case rest[0] == ':':
			r.refuse(n, "unknown-key", f.name+": "+rest[1:], "a space is missing after the colon of %q", f.name)
			return f.name, true
		case rest[0] == ' ', rest[0] == '=', strings.HasPrefix(rest, "："):
			r.refuse(n, "unknown-key", f.name+": "+strings.TrimLeft(rest, " =："), "a colon is missing after %q", f.name)
			return f.name, true
		}
	}
	return "", false
}

// unknownKeys reports the keys that the mapping does not have, and reads what
// they hold as what was probably meant, so that all else that is wrong is told
// too, and no id is missed.
func (r *decoder) unknownKeys(o *object, pairs []*yaml.Node, seen map[string]*yaml.Node, spec *kindSpec, in spot) {
	pairs = r.outsideWhen(pairs, seen, spec, in)
	lost := r.lostKey(pairs, seen, spec, in)
	for i := 0; i+1 < len(pairs); i += 2 {
		key, val := pairs[i], pairs[i+1]
		meant := r.unknownKey(key, val, seen, spec, in, lost)
		f, ok := spec.key(meant)
		if !ok || seen[meant] != nil {
			continue
		}
		seen[meant] = key
		reader := r
		if len(val.Content) == 0 { // a single value of a wrong guess would only be wrong once more
			reader = r.hushed()
		}
		reader.field(o, f, key, val, in)
	}
}

// outsideWhen reports keys of a condition that stand beside where "when" should,
// and returns the rest.
func (r *decoder) outsideWhen(pairs []*yaml.Node, seen map[string]*yaml.Node, spec *kindSpec, in spot) (rest []*yaml.Node) {
	if _, ok := spec.key("when"); !ok || seen["when"] != nil {
		return pairs
	}
	var first *yaml.Node
	for i := 0; i+1 < len(pairs); i += 2 {
		if _, ok := r.kinds["condition"].key(pairs[i].Value); !ok {
			rest = append(rest, pairs[i], pairs[i+1])
			continue
		}
		if first == nil {
			first = pairs[i]
			r.refuse(first, "unknown-key", "when: {"+first.Value+": ...}", "%s is part of a condition%s; put it under when", first.Value, in.inside())
			seen["when"] = first
		}
		r.hushed().value(condShape{}, &yaml.Node{Kind: yaml.MappingNode, Content: pairs[i : i+2]}, in)
	}
	return rest
}

// lostKey is the one required key that is not there, when one key stands there
// that means nothing, but whose value would fit: "until" for "to".
func (r *decoder) lostKey(pairs []*yaml.Node, seen map[string]*yaml.Node, spec *kindSpec, in spot) string {
	if len(pairs) != 2 || null(pairs[1]) {
		return ""
	}
	var missing []fieldSpec
	for _, f := range spec.keys {
		if f.required && seen[f.name] == nil && !slices.ContainsFunc(f.unless, func(k string) bool { return seen[k] != nil }) {
			missing = append(missing, f)
		}
	}
	if len(missing) != 1 {
		return ""
	}
	if _, isID := missing[0].shape.(idShape); isID || r.hushed().value(missing[0].shape, pairs[1], in) == nil {
		return ""
	}
	return missing[0].name
}

// unknownKey reports a key that the mapping does not have, and returns the one
// that was probably meant.
func (r *decoder) unknownKey(key, val *yaml.Node, seen map[string]*yaml.Node, spec *kindSpec, in spot, lost string) string {
	if null(val) {
		if name, ok := r.gluedKey(key, key.Value, spec); ok {
			return name
		}
	}
	suggestion := r.suggestKey(key.Value, spec, seen)
	if suggestion == "" && r.homes(key.Value) == "" {
		suggestion = lost
	}
	if spec.name == "to" && strings.Contains(val.Value, "://") {
		r.conceal(val)
	}
	hint := ""
	if suggestion == "" {
		if hint = r.homes(key.Value); hint == "" {
			if suggestion = nearest(key.Value, r.allKeys); suggestion != "" {
				hint = r.homes(suggestion)
			}
		}
	} else if there := seen[suggestion]; there != nil {
		hint = fmt.Sprintf("; %s stands in line %d already, so put both into one", suggestion, there.Line)
	}
	r.refuse(key, "unknown-key", suggestion, "unknown key %q%s%s", key.Value, in.inside(), hint)
	return suggestion
}

// suggestKey is the key of a mapping that a word means; of two that are as near
// the one that is not there yet.
func (r *decoder) suggestKey(word string, spec *kindSpec, seen map[string]*yaml.Node) string {
	names := spec.names()
	if i := slices.IndexFunc(names, func(n string) bool { return bare(n) == bare(word) }); i >= 0 {
		return names[i]
	}
	known := func(meant []string) string {
		for _, m := range meant {
			if slices.Contains(names, m) {
				return m
			}
		}
		return ""
	}
	if s := known(r.confused[strings.ToLower(word)]); s != "" {
		return s
	}
	absent := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return seen[n] != nil })
	for _, candidates := range [][]string{absent, names} {
		if s := nearest(word, candidates); s != "" {
			return s
		}
	}
	for _, near := range r.confusedWords {
		if len(near) >= 3 && editDistance(bare(word), bare(near)) == 1 {
			if s := known(r.confused[near]); s != "" {
				return s
			}
		}
	}
	if utf8.RuneCountInString(word) < 3 { // too short for nearest, but hardly anything else can be meant
		return only(names, func(n string) bool { return len(n) <= 3 && editDistance(word, n) == 1 })
	}
	return ""
}

// homes names the mappings that do have such a key.
func (r *decoder) homes(word string) string {
	var kinds []string
	for _, k := range r.order {
		if _, ok := k.key(word); ok && k.name != "root" {
			kinds = append(kinds, k.name)
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	return "; it belongs into " + strings.Join(kinds, " or ")
}
