package rules

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Schema is the JSON Schema of a rule file, for editors that complete and check
// YAML. It is of draft-07, because the YAML language server reads none later.
func Schema() []byte {
	definitions := map[string]any{}
	var root map[string]any
	for _, k := range kinds() {
		if k.name == "root" {
			root = kindSchema(k)
			continue
		}
		definitions[strings.ReplaceAll(k.name, " ", "_")] = kindSchema(k)
	}
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "newswatch rules"
	root["definitions"] = definitions
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic("rules: encode the schema: " + err.Error()) // only maps, lists and texts are in it
	}
	return out.Bytes()
}

func kindSchema(k *kindSpec) map[string]any {
	properties := map[string]any{}
	var required []string
	for _, f := range k.keys {
		properties[f.name] = fieldSchema(f)
		if f.required && len(f.unless) == 0 {
			required = append(required, f.name)
		}
	}
	s := map[string]any{"type": "object", "description": k.help, "properties": properties, "additionalProperties": false}
	if k.name == "condition" {
		s["minProperties"] = 1
	}
	if k.name == "to" {
		for name, v := range targetSchema() {
			s[name] = v
		}
	}
	if required != nil {
		s["required"] = required
	}
	return s
}

// targetSchema says what holds between the keys of a target.
func targetSchema() map[string]any {
	has := func(keys ...string) map[string]any { return map[string]any{"required": keys} }
	return map[string]any{
		"oneOf": []any{has("slack"), has("slack_webhook"), has("webhook")},
		"allOf": []any{
			map[string]any{
				"if":   map[string]any{"anyOf": []any{has("slack_webhook"), has("webhook")}},
				"then": has("on_uncertain"),
				"else": map[string]any{"properties": map[string]any{"on_uncertain": map[string]any{"enum": []string{"resend", "hold"}}}},
			},
			map[string]any{"not": has("webhook", "mention")},
		},
	}
}

// fieldSchema adds the help to a value's schema. In draft-07 all that stands
// beside a $ref is ignored, so a reference is wrapped.
func fieldSchema(f fieldSpec) map[string]any {
	s := f.shape.schema()
	if _, ref := s["$ref"]; ref {
		s = map[string]any{"allOf": []any{s}}
	}
	switch f.shape.(type) {
	case keyedShape, mapShape, targetShape:
		s = optional(s, f)
	case listShape:
		s = optional(s, f)
	}
	s["description"] = describe(f)
	return s
}

// optional lets a mapping or list be empty: a heading may stay when all below
// it is commented out.
func optional(s map[string]any, f fieldSpec) map[string]any {
	if l, ok := f.shape.(listShape); f.required || ok && l.some {
		return s
	}
	return map[string]any{"anyOf": []any{s, map[string]any{"type": "null"}}}
}

func describe(f fieldSpec) string {
	d := f.help
	if f.def != "" && f.def != "{}" {
		d += " Default: " + f.def + "."
	} else if f.absent != "" {
		d += " Default: " + f.absent + "."
	}
	return d + " Example: " + f.example
}
