package slack

import (
	_ "embed" // for the manifest
	"slices"
)

//go:embed manifest.yaml
var manifest []byte

// Manifest is the YAML of a Slack app with exactly the scopes that are used. Each
// team makes its own internal app of it: such apps keep the normal rate limits
// for reading history.
func Manifest() []byte { return slices.Clone(manifest) }

// Scopes are what the manifest asks for.
func Scopes() []string {
	return []string{
		"chat:write", "channels:history", "groups:history", "channels:read", "groups:read", "usergroups:read", "commands",
	}
}
