// Package newswatch carries the sample rule file and its schema, so that the
// command can write them where there is no checkout. It stands outside of the
// pipeline and holds nothing but these files.
package newswatch

import _ "embed"

//go:embed rules.yaml
var rules string

//go:embed rules.schema.json
var schema string

// Rules is a complete, commented rule file: "newswatch init" writes it.
func Rules() []byte { return []byte(rules) }

// Schema is the JSON Schema of rule files, for editors.
func Schema() []byte { return []byte(schema) }
