// Package newswatch carries the sample rule file, so that the command can write
// it where there is no checkout. It stands outside of the pipeline and holds
// nothing but this file.
package newswatch

import _ "embed"

//go:embed rules.yaml
var rules string

// Rules is a complete, commented rule file: "newswatch init" writes it.
func Rules() []byte { return []byte(rules) }
