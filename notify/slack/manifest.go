package slack

import (
	_ "embed" // for the manifest
	"slices"
)

//go:embed manifest.yaml
var manifest []byte

// Manifest is the YAML of a Slack app with exactly the scopes that the Channel
// uses. Each team makes its own internal app of it: such apps keep the normal
// rate limits for reading history.
func Manifest() []byte { return slices.Clone(manifest) }
